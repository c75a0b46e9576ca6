"""Traps in the words of a Lucene query: terms that look like operators, operators within what looks like one value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rulepack.query.base import QueryError, shown
from rulepack.query.lucene.lexer import Token

_TERMS: Final = frozenset({"TERM", "PREFIX", "WILD", "STAR", "PHRASE", "REGEX", "RANGE"})
_BEFORE: Final = _TERMS | {")", "FUZZY", "BOOST"}
_BEHIND: Final = _TERMS | {"("}
_SIGNS: Final = frozenset({"+", "-", "NOT"})
_WORDS: Final = frozenset({"and", "or", "not"})
_ESCAPING: Final = frozenset({"TERM", "PREFIX", "WILD", "PHRASE"})
_ESCAPED_WORDS: Final = frozenset({r"\AND", r"\OR", r"\NOT"})
_COMPARISONS: Final = frozenset({"=", "==", "!=", "=~", "<>", "<", ">", "<=", ">="})
# Blanks for others: Lucene knows only the blank, tabulator, line feed, carriage return and U+3000.
_NO_BLANK: Final = re.compile("[\v\f\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f]")
# Control characters, zero-width and bidirectional ones, and halves of characters.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SURROGATES: Final = range(0xD800, 0xE000)
_LOST: Final = re.compile(r"\\(?:(?P<code>u[0-9a-fA-F]{4})|(?P<kept>[^0-9A-Za-z])|(?P<lost>[0-9A-Za-z]))", re.DOTALL)
_JOINED: Final = re.compile(r"&&|\|\|")


def trap(message: str, start: int, end: int, hint: str) -> QueryError:
    """An error of the kind `trap`."""
    return QueryError("trap", message, start, end, hint)


def find(text: str, tokens: list[Token]) -> Iterator[QueryError]:
    """What the tokens of a query that parses show."""
    if not text.isascii() or not text.isprintable():
        yield from _characters(text)
    joined = False
    for at, token in enumerate(tokens[:-1]):
        before, behind = tokens[at - 1] if at else None, tokens[at + 1]
        if token.kind == "TERM":
            yield from _term(text, token, before, behind)
        elif token.kind == "BARE":
            sign = text[token.start]
            hint = f'write {sign} right before a clause, or quote it to search for it: "{sign}"'
            yield trap(f"{sign} with a blank after it is a search term", token.start, token.start + 1, hint)
        if token.kind in _ESCAPING and "\\" in (image := text[token.start : token.end]) and image not in _ESCAPED_WORDS:
            yield from _backslash(text, token)
        was_joined, joined = joined, _joins(token, behind, tokens[at + 2] if at + 2 < len(tokens) else behind)
        if joined and not was_joined:
            yield _split(text, token, behind)


def _term(text: str, token: Token, before: Token | None, behind: Token) -> Iterator[QueryError]:
    image = text[token.start : token.end]
    kind_before = before.kind if before else "END"
    if image.lower() in _WORDS and kind_before != ":" and behind.kind != ":":
        begins = behind.kind in _BEHIND or behind.kind in _SIGNS
        if begins and (kind_before in _BEFORE or image.lower() == "not"):
            hint = f'write {image.upper()} for the operator, or "{image}" for the word'
            yield trap(f"{image} is a search term: operators are in capitals", token.start, token.end, hint)
    elif image in _COMPARISONS:
        hint = "write field:value; field:>10 or field:[10 TO *] for a range, without a blank after the colon or sign"
        yield trap(f"{image} alone is a search term", token.start, token.end, hint)
    elif image in {"&", "|"}:
        hint = f"write {'AND' if image == '&' else 'OR'}, or \\{image} for the word"
        yield trap(f"{image} is a search term", token.start, token.end, hint)
    elif joined := _JOINED.search(image):
        start = token.start + joined.start()
        hint = f"put a blank on either side for the operator, or write \\{joined[0][0]}\\{joined[0][0]}"
        yield trap(f"{joined[0]} is part of the term {shown(image)}", start, start + 2, hint)
    elif image[0] in "\u201c\u201d\u201e":
        yield trap(f"{image[0]} does not quote: it is part of the term", token.start, token.start + 1, 'quote with "')
    elif image[0] == "'" and len(image) > 1:
        last = image if image[-1] == "'" or behind.kind != "TERM" else text[behind.start : behind.end]
        if last[-1] == "'":
            yield trap("' does not quote: it is part of the term", token.start, token.start + 1, 'quote with "')


def _backslash(text: str, token: Token) -> Iterator[QueryError]:
    r"""The first backslash that stands before a letter or digit: it is dropped (`C:\\Windows` has none left)."""
    for found in _LOST.finditer(text, token.start, token.end):
        if found["lost"]:
            start = found.start()
            yield trap(
                f"\\{found['lost']} is {found['lost']}: the backslash is dropped",
                start,
                start + 2,
                r"write \\ for a backslash",
            )
            return


def _joins(token: Token, behind: Token, after: Token) -> bool:
    """Whether two clauses touch, so that they look like one value."""
    if token.end != behind.start or token.kind not in _BEFORE:
        return False
    if behind.kind in _SIGNS:
        return behind.end == after.start and (after.kind in _BEHIND)
    return behind.kind in _TERMS or (behind.kind == "(" and token.kind != ")")


def _split(text: str, token: Token, behind: Token) -> QueryError:
    image = text[behind.start : behind.end]
    if behind.kind == "REGEX":
        message = f"{shown(image)} is a regular expression, and a clause of its own"
        return trap(message, behind.start, behind.end, r"write \/ for the character, or quote the value")
    if behind.kind in _SIGNS:
        message = f"{image} is an operator here, which ends what stands before it"
        return trap(message, behind.start, behind.end, f"write \\{image} for the character, or quote the value")
    message = f"{shown(image)} begins a clause of its own, joined with OR"
    return trap(message, token.start, behind.end, "put AND or OR between them, or quote the value if it is one")


def _characters(text: str) -> Iterator[QueryError]:
    """Characters that nobody sees, and blanks that are none."""
    for found in _NO_BLANK.finditer(text):
        message = f"U+{ord(found[0]):04X} is no blank for Lucene, but part of a term"
        yield trap(message, found.start(), found.end(), "write a plain blank")
    for found in _INVISIBLE.finditer(text):
        code = ord(found[0])
        if code in _SURROGATES:
            message = f"U+{code:04X} is half of a character, which no file can hold"
            hint = "take it away, or write the whole character"
            yield QueryError("syntax", message, found.start(), found.end(), hint)
        else:
            hint = f"take it away, or write \\u{code:04x} if it is meant"
            yield trap(f"the invisible character U+{code:04X}", found.start(), found.end(), hint)
