"""Which fields an EQL query uses, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from rulepack.query.base import FieldUse
from rulepack.query.eql import ast
from rulepack.query.logic import Scalar

# A `?` may stand apart from the name that it marks.
_MARK = re.compile(r"\?(?:[ \t\r\n]|//[^\r\n]*|/\*(?s:.*?)\*/)*")
_FLIPPED: dict[str, ast.ComparisonOperator] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def uses(statement: ast.Statement, text: str) -> tuple[FieldUse, ...]:
    """Every use of a field, in the order of the text. Steps are numbered from 1; a single event has no number."""
    gatherer = _Gatherer(text)
    if isinstance(statement.query, ast.Event):
        gatherer.event(statement.query)
    else:
        gatherer.keys(statement.query.keys)
        for number, item in enumerate(ast.items_of(statement), 1):
            gatherer.step = number
            gatherer.event(item.event)
            gatherer.keys(item.keys)
    return tuple(gatherer.found)


def constant(node: ast.Expression) -> tuple[Scalar] | None:
    """The value of a constant, with its sign, in a tuple of its own since it may be None; None for all else."""
    if isinstance(node, ast.Literal):
        return (node.value,)
    if isinstance(node, ast.Negative) and isinstance(node.operand, ast.Literal):
        value = node.operand.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (-value,)
    return None


def sides(node: ast.Comparison) -> tuple[ast.Expression, ast.ComparisonOperator, ast.Expression]:
    """A comparison with its constant on the right, if it has one on either side."""
    if constant(node.left) is not None and constant(node.right) is None:
        return node.right, _FLIPPED[node.operator], node.left
    return node.left, node.operator, node.right


class _Gatherer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[FieldUse] = []
        self.step: int | None = None
        self.category: str | None = None

    def event(self, event: ast.Event) -> None:
        self.category = event.category
        self.visit(event.condition)

    def keys(self, keys: tuple[ast.Field, ...]) -> None:
        for key in keys:
            self.add(key, "join")

    def add(self, node: ast.Field, how: Any, operator: str | None = None, values: tuple[Scalar, ...] = ()) -> None:
        start = node.start
        if node.optional:
            mark = _MARK.match(self.text, start)
            start = mark.end() if mark else start
        category = None if how == "join" and self.step is None else self.category
        self.found.append(
            FieldUse(
                node.name, start, node.end, how, operator, values, node.optional, step=self.step, category=category
            )
        )

    def visit(self, node: ast.Expression) -> None:
        _VISITS[type(node)](self, node)

    def field(self, node: ast.Field) -> None:
        """A field that is a condition by itself."""
        self.add(node, "compared", "==", (True,))

    def parts(self, node: ast.And | ast.Or) -> None:
        for part in node.parts:
            _VISITS[type(part)](self, part)

    def operand(self, node: ast.Not) -> None:
        self.visit(node.operand)

    def negative(self, node: ast.Negative) -> None:
        self.inner((node.operand,), "calculated", "-")

    def arithmetic(self, node: ast.Arithmetic) -> None:
        self.inner((node.left, node.right), "calculated", node.operator)

    def call(self, node: ast.Call) -> None:
        self.inner(node.arguments, "function", f"{node.name}~" if node.folded else node.name)

    def inner(self, nodes: tuple[ast.Expression, ...], how: str, operator: str) -> None:
        """Values that something is made of: fields among them are used with the constants beside them."""
        values: tuple[Scalar, ...] | None = None
        for node in nodes:
            if isinstance(node, ast.Field):
                if values is None:
                    values = tuple([value[0] for value in map(constant, nodes) if value is not None])
                self.add(node, how, operator, values)
            else:
                self.visit(node)

    def comparison(self, node: ast.Comparison) -> None:
        left, operator, right = sides(node)
        value = constant(right)
        if isinstance(left, ast.Field):
            how = "exists" if value == (None,) and operator in ("==", "!=") else "compared"
            self.add(left, how, operator, value or ())
        else:
            self.visit(left)
        if isinstance(right, ast.Field):
            self.add(right, "compared", _FLIPPED[operator], constant(left) or ())
        else:
            self.visit(right)

    def pattern(self, node: ast.Pattern) -> None:
        if isinstance(node.operand, ast.Field):
            self.add(node.operand, "compared", node.operator, tuple([value.value for value in node.values]))
        else:
            self.visit(node.operand)

    def membership(self, node: ast.In) -> None:
        operator = "in~" if node.folded else "in"
        if isinstance(node.operand, ast.Field):
            values = tuple([value[0] for value in map(constant, node.values) if value is not None])
            self.add(node.operand, "compared", operator, values)
        else:
            self.visit(node.operand)
        for value in node.values:
            if isinstance(value, ast.Field):
                self.add(value, "compared", operator)
            elif not isinstance(value, ast.Literal):
                self.visit(value)

    def nothing(self, node: ast.Literal) -> None:
        """A constant uses no field."""


_VISITS: dict[type, Callable[[_Gatherer, Any], None]] = {
    ast.Literal: _Gatherer.nothing,
    ast.Field: _Gatherer.field,
    ast.Call: _Gatherer.call,
    ast.Negative: _Gatherer.negative,
    ast.Arithmetic: _Gatherer.arithmetic,
    ast.Comparison: _Gatherer.comparison,
    ast.Pattern: _Gatherer.pattern,
    ast.In: _Gatherer.membership,
    ast.Not: _Gatherer.operand,
    ast.And: _Gatherer.parts,
    ast.Or: _Gatherer.parts,
}


def fields_of(node: ast.Expression) -> Iterator[str]:
    """The names of the fields in a condition or value."""
    gatherer = _Gatherer("")
    gatherer.visit(node)
    for use in gatherer.found:
        yield use.name
