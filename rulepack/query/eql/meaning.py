"""What an EQL query demands of events, in the one form of all languages (`rulepack.query.logic`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rulepack.query.eql import ast
from rulepack.query.eql.render import expression
from rulepack.query.eql.uses import constant, fields_of, sides
from rulepack.query.logic import Always, Logic, Not, Opaque, Step, Test, Value, conjunction, disjunction

_WILD = re.compile(r"[*?]")
# Functions that say the same as a pattern: where the text stands between wildcards.
_AS_PATTERNS = {"startsWith": (False, True), "endsWith": (True, False), "stringContains": (True, True)}


def steps(statement: ast.Statement) -> tuple[Step, ...]:
    """One step, or one for each event of a sequence or sample; the keys of all stand before a step's own."""
    query = statement.query
    shared = () if isinstance(query, ast.Event) else tuple(key.name for key in query.keys)
    until = query.until if isinstance(query, ast.Sequence) else None
    return tuple(
        Step(
            logic(item.event.condition),
            item.event.category,
            shared + tuple(key.name for key in item.keys),
            item.missing,
            item is until,
            item.runs,
            item.start,
            item.end,
        )
        for item in ast.items_of(statement)
    )


def logic(node: ast.Expression) -> Logic:
    """A condition in the common form; Opaque where it is more than tests of single fields."""
    return _FORMS[type(node)](node)


def _opaque(node: ast.Expression) -> Logic:
    return Opaque(expression(node), tuple(dict.fromkeys(fields_of(node))), node.start, node.end)


def _literal(node: ast.Literal) -> Logic:
    if isinstance(node.value, bool):
        return Always(node.value, node.start, node.end)
    return _opaque(node)


def _field(node: ast.Field) -> Logic:
    return Test(node.name, "is", (Value(value=True, start=node.start, end=node.end),), start=node.start, end=node.end)


def _not(node: ast.Not) -> Logic:
    return Not(logic(node.operand), node.start, node.end)


def _and(node: ast.And) -> Logic:
    return conjunction([_FORMS[type(part)](part) for part in node.parts], node.start, node.end)


def _or(node: ast.Or) -> Logic:
    return disjunction([_FORMS[type(part)](part) for part in node.parts], node.start, node.end)


def _comparison(node: ast.Comparison) -> Logic:
    left, operator, right = sides(node)
    value = constant(right)
    if value is None or not isinstance(left, ast.Field):
        return _opaque(node)
    start, end = node.start, node.end
    if value[0] is None:
        if operator not in ("==", "!="):
            return _opaque(node)
        exists = Test(left.name, "exists", start=start, end=end)
        return exists if operator == "!=" else Not(exists, start, end)
    values = (Value(value[0], start=right.start, end=right.end),)
    if operator == "==":
        return Test(left.name, "is", values, start=start, end=end)
    if operator == "!=":
        return Not(Test(left.name, "is", values, start=start, end=end), start, end)
    return Test(left.name, operator, values, start=start, end=end)


def _pattern(node: ast.Pattern) -> Logic:
    field = node.operand
    if not isinstance(field, ast.Field) or not all(value.type == "string" for value in node.values):
        return _opaque(node)
    operator = node.operator
    folded = operator in (":", "like~", "regex~")
    if operator in ("regex", "regex~"):
        values = tuple([Value(value.value, start=value.start, end=value.end) for value in node.values])
        return Test(field.name, "regex", values, folded, node.start, node.end)
    texts = [str(value.value) for value in node.values]
    if any("*" in text or "?" in text for text in texts):
        values = tuple([_like(text, value) for text, value in zip(texts, node.values, strict=True)])
        return Test(field.name, "like", values, folded, node.start, node.end)
    values = tuple([Value(value.value, start=value.start, end=value.end) for value in node.values])
    return Test(field.name, "is", values, folded, node.start, node.end)


def _like(text: str, node: ast.Literal) -> Value:
    """A pattern in its parts. EQL has no escape for a wildcard."""
    return Value(text, tuple(_WILD.split(text)), "".join(_WILD.findall(text)), node.start, node.end)


def _in(node: ast.In) -> Logic:
    values = [constant(value) for value in node.values]
    if not isinstance(node.operand, ast.Field) or any(value is None or value[0] is None for value in values):
        return _opaque(node)
    test = Test(
        node.operand.name,
        "is",
        tuple(
            [
                Value(value[0], start=place.start, end=place.end)
                for value, place in zip(values, node.values, strict=True)
                if value is not None
            ]
        ),
        node.folded,
        node.start,
        node.end,
    )
    return Not(test, node.start, node.end) if node.negated else test


def _call(node: ast.Call) -> Logic:
    shape = _AS_PATTERNS.get(node.name)
    if shape is None or len(node.arguments) != 2:  # noqa: PLR2004 (a field and a text)
        return _opaque(node)
    field, text = node.arguments
    if not isinstance(field, ast.Field) or not isinstance(text, ast.Literal) or not isinstance(text.value, str):
        return _opaque(node)
    before, behind = shape
    parts = ("",) * before + (text.value,) + ("",) * behind
    value = Value("*" * before + text.value + "*" * behind, parts, "*" * (before + behind), text.start, text.end)
    return Test(field.name, "like", (value,), node.folded, node.start, node.end)


_FORMS: dict[type, Callable[[Any], Logic]] = {
    ast.Literal: _literal,
    ast.Field: _field,
    ast.Call: _call,
    ast.Negative: _opaque,
    ast.Arithmetic: _opaque,
    ast.Comparison: _comparison,
    ast.Pattern: _pattern,
    ast.In: _in,
    ast.Not: _not,
    ast.And: _and,
    ast.Or: _or,
}
