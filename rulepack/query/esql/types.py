"""The types of ES|QL expressions, in families, and which of them may be compared and calculated with.

What is not known (None) fits everywhere. https://www.elastic.co/docs/reference/query-languages/esql/esql-types
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from rulepack.query import types
from rulepack.query.esql.ast import Array, Expression, TimeSpan
from rulepack.query.esql.ast import Literal as Constant

Family: TypeAlias = Literal["string", "number", "boolean", "date", "ip", "version", "geo", "span", "null"]

# Families of fields that ES|QL does not read, or reads in a way of its own, are not judged.
_OF_FIELDS: Final[dict[str, Family]] = {
    "keyword": "string",
    "text": "string",
    "number": "number",
    "boolean": "boolean",
    "ip": "ip",
    "date": "date",
    "version": "version",
    "geo": "geo",
}
_OF_LITERALS: Final[dict[str, Family]] = {
    "string": "string",
    "integer": "number",
    "decimal": "number",
    "boolean": "boolean",
    "null": "null",
}
# A text in quotes is read as one of these where one is needed.
# https://www.elastic.co/docs/reference/query-languages/esql/esql-implicit-casting
_FROM_TEXT: Final = frozenset({"boolean", "date", "ip", "version", "span", "geo"})
_ORDERED: Final = frozenset({"number", "date", "ip", "version", "string"})
# For people: what is compared or wanted.
LABELS: Final[dict[str, str]] = {
    "string": "keyword",
    "number": "a number",
    "whole": "a whole number",
    "date": "a date",
    "span": "a time span",
    "geo": "a shape",
    "null": "null",
    "ip": "ip",
    "boolean": "boolean",
    "version": "version",
}


def of_field(es_type: str | None) -> Family | None:
    """The family of a field by its Elasticsearch type; None where the type is not known or not judged."""
    return None if es_type is None else _OF_FIELDS.get(types.family(es_type))


def of_constant(node: Expression) -> Family | None:
    """The family of a constant; None for what is none, and for a parameter."""
    if isinstance(node, Constant):
        return _OF_LITERALS[node.kind]
    if isinstance(node, TimeSpan):
        return "span"
    if isinstance(node, Array):
        families = {_OF_LITERALS[item.kind] for item in node.items}
        return families.pop() if len(families) == 1 else None
    return None


def is_text(node: Expression) -> bool:
    """Whether a node is a text in quotes, which is read as a date, an IP address, ... where one is needed."""
    return isinstance(node, Constant) and node.kind == "string"


def takes(wanted: frozenset[str], given: Family | None, node: Expression) -> bool:
    """Whether an argument fits the families that a function takes (empty: any)."""
    if not wanted or given is None or given == "null" or given in wanted:
        return True
    if given == "number":
        return "whole" in wanted and not (isinstance(node, Constant) and node.kind == "decimal")
    # A text that is a number is read as one here, too.
    return is_text(node) and (not wanted.isdisjoint(_FROM_TEXT) or is_number(node))


def is_number(node: Expression) -> bool:
    """Whether a node is a text in quotes that holds a number."""
    return isinstance(node, Constant) and isinstance(node.value, str) and types.to_number(node.value) is not None


def comparable(left: Family | None, right: Family | None, left_node: Expression, right_node: Expression) -> bool:
    """Whether two operands may be compared for being equal."""
    if left is None or right is None or left == right or "null" in {left, right}:
        return True
    return (is_text(right_node) and left in _FROM_TEXT) or (is_text(left_node) and right in _FROM_TEXT)


def ordered(family: Family | None) -> bool:
    """Whether values of a family are less and greater than one another."""
    return family is None or family == "null" or family in _ORDERED


def unreadable(family: Family | None, node: Expression) -> str | None:
    """What is wrong with a text in quotes that is compared with a family of another kind; None if nothing is."""
    if not (isinstance(node, Constant) and isinstance(node.value, str)):
        return None
    if family == "ip" and not types.is_ip(node.value):
        return "an IP address"
    if family == "date" and (node.value.startswith("now") or not types.is_date(node.value)):
        return "a date"
    return None


def calculated(left: Family | None, operator: str, right: Family | None) -> tuple[bool, Family | None]:
    """Whether two operands may be calculated with, and what comes out: `+ - * / %`."""
    if "null" in {left, right}:
        return True, right if left == "null" else left
    if left is None or right is None:
        other = right if left is None else left
        if other in {None, "number"}:
            return True, "number" if operator in "*/%" else None
        return operator in "+-" and other in {"date", "span"}, None
    if left == right == "number":
        return True, "number"
    if left == "date" and right == "span" and operator in "+-":
        return True, "date"
    if left == "span" and right == "date" and operator == "+":
        return True, "date"
    if left == right == "span" and operator in "+-":
        return True, "span"
    if left == right == "geo":
        return True, None
    # Dense vectors aside, nothing else is a number; those have no family.
    return False, None
