"""A KQL tree as text again."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from rulepack.query.kql.ast import And, Is, Literal, Nested, Node, Not, Or, Range, Wildcard, text_of
from rulepack.query.kql.lexer import SPACE

_Group: TypeAlias = And | Or | Not

_INVISIBLE: Final = r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
_IN_QUOTES: Final = re.compile(rf'[\\"{_INVISIBLE}]')
# `not` before a space, or at the end where one may follow, has no escape but that of its first letter.
_UNQUOTED: Final = re.compile(
    rf"""[\\():<>"*{{}}{_INVISIBLE}]|[nN](?=[oO][tT](?:[{SPACE}]|$))|(?<=[{SPACE}])(?:[aA][nN][dD]|[oO][rR])(?=[{SPACE}]|$)"""
)
_WHITE: Final = {"\t": "\\t", "\r": "\\r", "\n": "\\n"}


def render(node: Node) -> str:
    """The text of a tree. Parsing it gives the same tree."""
    if isinstance(node, Is):
        values = _inside(node.values) if isinstance(node.values, _Group) else _value(node.values)
        if node.field is None:
            return values
        return f"{_value(node.field)}: {f'({values})' if isinstance(node.values, _Group) else values}"
    if isinstance(node, Range):
        return f"{_value(node.field)} {node.operator} {_value(node.value)}"
    if isinstance(node, Nested):
        return f"{_value(node.field)}: {{ {render(node.query)} }}"
    return _inside(node) if isinstance(node, _Group) else _value(node)


def _inside(node: Node) -> str:
    """And, Or and Not, with parentheses around those parts that bind less, or that are groups of their own."""
    if isinstance(node, Or):
        return " or ".join(_part(part, (Or,)) for part in node.parts)
    if isinstance(node, And):
        return " and ".join(_part(part, (Or, And)) for part in node.parts)
    if isinstance(node, Not):
        return f"not {_part(node.part, (Or, And, Not))}"
    return render(node)


def _part(node: Node, wrapped: tuple[type, ...]) -> str:
    text = render(node)
    return f"({text})" if isinstance(node, wrapped) else text


def _value(node: Node) -> str:
    if isinstance(node, Literal):
        if node.quoted:
            return f'"{_IN_QUOTES.sub(_escaped, str(node.value))}"'
        return _unquoted(text_of(node))
    if isinstance(node, Wildcard):
        return "*".join(_UNQUOTED.sub(_escaped, part) for part in node.parts)
    return render(node)


def _unquoted(text: str) -> str:
    # A text that is all white space is trimmed to nothing, and nothing cannot be written otherwise.
    return _UNQUOTED.sub(_escaped, text) or "\\t"


def _escaped(found: re.Match[str]) -> str:
    text = found[0]
    if text in _WHITE:
        return _WHITE[text]
    if text in "nN" or not text.isprintable():
        return f"\\u{ord(text):04x}"
    return f"\\{text}"
