"""A Lucene tree as text again: parsing it gives the same tree."""

from __future__ import annotations

import re
from typing import Final

from rulepack.query.lucene.ast import Bad, Clause, Field, Group, Part, Phrase, Range, Regex, Wildcard, Word, Words

_SPECIAL: Final = re.compile(r'[ \t\n\r\u3000!():^\[\]"{}~*?\\/]')
# What nobody sees, what is no blank for Lucene though it looks like one, and halves of characters: as an escape.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u2069\ud800-\udfff\ufeff]"
)
_IN_QUOTES: Final = re.compile(r'["\\]')
_PLAIN_BOUND: Final = re.compile(r'[^\s\]}"\\]+')
_OPERATORS: Final = frozenset({"AND", "OR", "NOT", "&&", "||"})


def render(node: Part | Clause) -> str:
    """The text of a tree or a part of it; nothing for what could not be read."""
    if isinstance(node, Group):
        return _group(node)
    if isinstance(node, Clause):
        sign = "NOT " if node.sign == "NOT" else node.sign
        return f"{node.joint} {sign}{render(node.part)}" if node.joint else f"{sign}{render(node.part)}"
    if isinstance(node, Field):
        return f"{_word(node.name) if node.name != '*' else '*'}:{render(node.part)}"
    if isinstance(node, Words):
        return " ".join(_word(text) for text in node.texts)
    return _leaf(node)


def _group(node: Group) -> str:
    inner = " ".join(render(clause) for clause in node.clauses)
    return inner if node.outermost else f"({inner}){_boost(node.boost)}"


def _leaf(node: Word | Wildcard | Phrase | Regex | Range | Bad) -> str:
    if isinstance(node, Range):
        opening, closing = "{["[node.with_low], "}]"[node.with_high]
        return f"{opening}{_bound(node.low)} TO {_bound(node.high)}{closing}{_boost(node.boost)}"
    if isinstance(node, Word):
        text = f"{node.text} " if node.bare else _word(node.text)
    elif isinstance(node, Wildcard):
        text = _wildcard(node)
    elif isinstance(node, Phrase):
        text = '"' + _seen(_IN_QUOTES.sub(r"\\\g<0>", node.text)) + '"'
    elif isinstance(node, Regex):
        text = f"/{node.pattern}/"
    else:
        return ""
    fuzzy = f"~{node.fuzzy}" if node.fuzzy is not None else ""
    return f"{text}{_boost(node.boost)}{fuzzy}"


def _boost(boost: str | None) -> str:
    return f"^{boost}" if boost is not None else ""


def _word(text: str) -> str:
    escaped = _seen(_SPECIAL.sub(r"\\\g<0>", text))
    return f"\\{escaped}" if text[:1] in {"+", "-"} or text in _OPERATORS else escaped


def _wildcard(node: Wildcard) -> str:
    if node.wild == "*" and not node.parts[1]:
        return f"{_word(node.parts[0])}*"
    # Here an escape with a code would be the letter u.
    first, *others = node.parts
    pieces = ["\\" if first[:1] in {"+", "-"} else "", _SPECIAL.sub(r"\\\g<0>", first)]
    for wild, part in zip(node.wild, others, strict=True):
        pieces += [wild, _SPECIAL.sub(r"\\\g<0>", part)]
    return "".join(pieces)


def _bound(text: str | None) -> str:
    if text is None:
        return "*"
    if _PLAIN_BOUND.fullmatch(text):
        return _seen(text)
    # With \u, as a backslash before a quotation mark would make the value end elsewhere.
    return '"' + _seen(_IN_QUOTES.sub(_code, text)) + '"'


def _seen(text: str) -> str:
    return _UNSEEN.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
