"""A KQL tree as text again."""

from __future__ import annotations

import re
from typing import Final

from rulepack.query.kql.ast import And, Is, Literal, Nested, Node, Not, Or, Range, Wildcard, text_of
from rulepack.query.kql.lexer import SPACE

_INVISIBLE: Final = r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
_IN_QUOTES: Final = re.compile(rf'[\\"{_INVISIBLE}]')
# `not` before a space, or at the end where one may follow, has no escape but that of its first letter.
_UNQUOTED: Final = re.compile(
    rf"""[\\():<>"*{{}}{_INVISIBLE}]|[nN](?=[oO][tT](?:[{SPACE}]|$))|(?<=[{SPACE}])(?:[aA][nN][dD]|[oO][rR])(?=[{SPACE}]|$)"""
)
_WHITE: Final = {"\t": "\\t", "\r": "\\r", "\n": "\\n"}


# What binds less than And and Not, or is a group of its own within an equal.
_IN_AND: Final = (Or, And)
_IN_NOT: Final = (Or, And, Not)


def render(node: Node) -> str:
    """The text of a tree. Parsing it gives the same tree."""
    return _render(node, ())


def _render(node: Node, wrapped: type | tuple[type, ...]) -> str:
    """The text of a node, in parentheses if it is one of some types.

    One frame for each node: trees are as deep as Python's stack allows for.
    """
    if isinstance(node, (Or, And)):
        joint, inner = (" or ", Or) if isinstance(node, Or) else (" and ", _IN_AND)
        parts = []
        for part in node.parts:
            parts.append(_render(part, inner))  # noqa: PERF401 (a comprehension is a frame more)
        text = joint.join(parts)
    elif isinstance(node, Not):
        text = f"not {_render(node.part, _IN_NOT)}"
    elif isinstance(node, Nested):
        text = f"{_value(node.field)}: {{ {_render(node.query, ())} }}"
    elif isinstance(node, Range):
        text = f"{_value(node.field)} {node.operator} {_value(node.value)}"
    elif isinstance(node, Is):
        field = "" if node.field is None else f"{_value(node.field)}: "
        text = field + _render(node.values, _IN_NOT)
    else:
        text = _value(node)
    return f"({text})" if isinstance(node, wrapped) else text


def _value(node: Literal | Wildcard) -> str:
    if isinstance(node, Wildcard):
        return "*".join(_UNQUOTED.sub(_escaped, part) for part in node.parts)
    if node.quoted:
        return f'"{_IN_QUOTES.sub(_escaped, str(node.value))}"'
    return _unquoted(text_of(node))


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
