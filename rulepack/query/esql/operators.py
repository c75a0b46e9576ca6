"""Operators of ES|QL judged: what they compare, calculate and match, and what Elasticsearch would refuse."""

from __future__ import annotations

from typing import Any, Final

from rulepack.query.esql import ast, types
from rulepack.query.esql.reader import CONSTANTS, Reader, Readers
from rulepack.query.esql.types import LABELS, Family
from rulepack.query.logic import Scalar

_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _logical(reader: Reader, node: ast.And | ast.Or) -> Family:
    word = "an operand of AND" if isinstance(node, ast.And) else "an operand of OR"
    for part in node.parts:
        reader.condition(part, word)
    return "boolean"


def _not(reader: Reader, node: ast.Not) -> Family:
    reader.condition(node.operand, "the operand of NOT")
    return "boolean"


def _comparison(reader: Reader, node: ast.Comparison) -> Family:
    left = _side(reader, node.left, node.operator, node.right)
    right = _side(reader, node.right, _MIRRORED.get(node.operator, node.operator), node.left)
    _compare(reader, node.left, left, node.right, right)
    if node.operator not in {"==", "!="}:
        family = right if types.ordered(left) else left
        if not types.ordered(family):
            hint = "compare dates: a > b - 5 minutes" if family == "span" else "use == or !="
            reader.report("type", f"{node.operator} cannot compare what is {LABELS[family or 'null']}", node, hint)
    return "boolean"


def _side(reader: Reader, node: ast.Expression, operator: str, other: ast.Expression) -> Family | None:
    if isinstance(other, ast.Literal):
        return reader.read(node, "compared", operator, (other.value,))
    return reader.read(node, "compared", operator)


def _compare(reader: Reader, left_node: Any, left: Family | None, right_node: Any, right: Family | None) -> None:
    """Report two operands that cannot be equal because of what they are."""
    if not types.comparable(left, right, left_node, right_node):
        assert left is not None
        assert right is not None
        place = right_node if isinstance(right_node, CONSTANTS) or not isinstance(left_node, CONSTANTS) else left_node
        message = f"{reader.words(left_node)} is {LABELS[left]}, but {reader.words(right_node)} is {LABELS[right]}"
        reader.report("type", message, place, _comparison_hint(left, right, right_node))
        return
    for family, node in ((left, right_node), (right, left_node)):
        wanted = types.unreadable(family, node)
        if wanted:
            hint = None
            if wanted == "a date":
                hint = "use NOW() - 5 minutes, or a date such as 2026-01-31T00:00:00Z"
            elif "/" in str(node.value):
                hint = "use CIDR_MATCH for a range of addresses"
            reader.report("type", f"{reader.words(node)} is not {wanted}", node, hint)


def _in(reader: Reader, node: ast.In) -> Family:
    values = tuple(value.value for value in node.values if isinstance(value, ast.Literal))
    left = reader.read(node.operand, "compared", "in", values)
    for value in node.values:
        _compare(reader, node.operand, left, value, reader.read(value, "compared"))
    return "boolean"


def _in_subquery(reader: Reader, node: ast.InSubquery) -> Family:
    reader.read(node.operand, "compared", "in")
    if reader.nested is not None:
        reader.nested(node)
    return "boolean"


def _like(reader: Reader, node: ast.Like) -> Family:
    values = tuple(one.value for one in node.patterns if isinstance(one, ast.Literal))
    family = reader.read(node.operand, "compared", node.operator, values)
    if family not in {None, "null", "string"}:
        message = f"{node.operator.upper()} needs a text, but {reader.words(node.operand)} is {LABELS[family]}"
        hint = "use CIDR_MATCH" if family == "ip" else f"use TO_STRING({reader.words(node.operand)})"
        reader.report("type", message, node.operand, hint)
    return "boolean"


def _match(reader: Reader, node: ast.Match) -> Family:
    value = node.value
    reader.searches(":", node)
    values: tuple[Scalar, ...] = (value.value,) if isinstance(value, ast.Literal) else ()
    if isinstance(value, ast.Array):
        values = tuple(item.value for item in value.items)
    reader.read(node.column, "compared", ":", values)
    return "boolean"


def _is_null(reader: Reader, node: ast.IsNull) -> Family:
    reader.read(node.operand, "exists")
    return "boolean"


def _arithmetic(reader: Reader, node: ast.Arithmetic) -> Family | None:
    left, right = reader.read(node.left, "calculated"), reader.read(node.right, "calculated")
    # A text in quotes beside a date or a time span is read as one.
    if types.is_text(node.left) and right in {None, "date", "span"}:
        left = None
    if types.is_text(node.right) and left in {None, "date", "span"}:
        right = None
    fits, family = types.calculated(left, node.operator, right)
    if fits:
        return family
    side, wrong = (node.left, left) if left not in {"number", "date", "span", None} else (node.right, right)
    hint = None
    if wrong == "string":
        word = reader.words(side)
        hint = "use CONCAT to join texts" if node.operator == "+" else f"use TO_DOUBLE({word})"
    reader.report("type", f"cannot calculate with {reader.words(side)}, which is {LABELS[wrong or 'null']}", side, hint)
    return None


def _sign(reader: Reader, node: ast.Sign) -> Family | None:
    family = reader.read(node.operand, "calculated")
    if family in {None, "null", "number", "span"}:
        return family
    reader.report("type", f"{reader.words(node.operand)} is {LABELS[family]}, which has no sign", node)
    return None


def _comparison_hint(left: Family, right: Family, right_node: Any) -> str | None:
    if left == "string" and right == "number" and isinstance(right_node, ast.Literal):
        return f'use "{right_node.value}", or convert the field with TO_DOUBLE or TO_LONG'
    if left == "number" and types.is_number(right_node):
        return f"use {right_node.value} without quotes"
    if left == "string" and right == "boolean" and isinstance(right_node, ast.Literal):
        return f'use "{str(right_node.value).lower()}"'
    return None


OPERATORS: Final[Readers] = {
    ast.And: _logical,
    ast.Or: _logical,
    ast.Not: _not,
    ast.Comparison: _comparison,
    ast.In: _in,
    ast.InSubquery: _in_subquery,
    ast.Like: _like,
    ast.Match: _match,
    ast.IsNull: _is_null,
    ast.Arithmetic: _arithmetic,
    ast.Sign: _sign,
}
