"""What Kibana accepts in a KQL query though it does something else than it looks like."""

from __future__ import annotations

import re
from typing import Final

from rulepack.query.base import MAX_ERRORS, QueryError, shown
from rulepack.query.kql.ast import Literal, Wildcard, text_of
from rulepack.query.kql.hints import SIGNS, other_language
from rulepack.query.kql.lexer import OPERATORS, SPACE
from rulepack.query.kql.parser import Role, Unquoted

_SIGN: Final = re.compile(r"(?:^|(?<=\s))(?:==?|!=|=~|<>|&&|\|\|)(?=\s|$)|^=|^!=")
_LAST_OPERATOR: Final = re.compile(rf"(?<=[{SPACE}])(?:and|or|not)$|^(?:and|or)(?=[{SPACE}])", re.IGNORECASE)
# Escapes outside of quotes are stepped over, and a quote that is never closed is read once only.
_QUOTED: Final = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+)(?:"|\\?\Z)|\\.', re.DOTALL)
_MEANT: Final = "take it away, say what it joins, or quote the text if it is meant"
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_DRIVE: Final = re.compile(r"[A-Za-z]:$")
_WHITE: Final = {"t": "a tab", "r": "a carriage return", "n": "a line break"}
# Control characters but tab and line ends, zero-width and bidirectional ones, and halves of characters.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SURROGATES: Final = range(0xD800, 0xE000)


def complete(text: str, errors: list[QueryError], unquoted: Unquoted) -> list[QueryError]:
    """The errors of a query with the traps in it, in the order of the text.

    `unquoted` are the unquoted texts that are more than one plain word.
    """
    found = [*errors, *_invisible(text)]
    if errors:
        hint = other_language(text)
        if hint:
            first = errors[0]
            found[0] = QueryError(first.kind, first.message, first.start, first.end, hint)
    else:
        other = other_language(text)
        if other and unquoted and unquoted[0][0] == "free text":
            literal = unquoted.pop(0)[1]
            raw = text[literal.start : literal.end]
            found.append(_trap(f"{shown(raw)} is read as free text", literal.start, literal.end, other))
        for role, literal in unquoted:
            found += _spaced_field(text, literal) if role == "field" else _text(text, literal, role)
            if len(found) >= MAX_ERRORS:
                break
    if "\\" in text:
        found += _white_escapes(text)
    return sorted(found, key=lambda error: error.start)[:MAX_ERRORS]


def is_plain(text: str) -> bool:
    """Whether nothing in a query is invisible."""
    return _INVISIBLE.search(text) is None


def _trap(message: str, start: int, end: int, hint: str) -> QueryError:
    return QueryError("trap", message, start, end, hint)


def _spaced_field(text: str, field: Literal | Wildcard) -> list[QueryError]:
    name = text_of(field)
    if name in OPERATORS:
        return [_trap(f"`{name}` is the name of a field here", field.start, field.end, _MEANT)]
    if not re.search(r"\s", name):
        return []
    return [
        _trap(
            f"the field's name is {shown(name)}, with its spaces",
            field.start,
            field.end,
            other_language(text) or "put `and` or `or` between the words, or quote the name if it is right",
        )
    ]


def _text(text: str, literal: Literal | Wildcard, role: Role) -> list[QueryError]:
    """The traps in an unquoted value, or in free text."""
    start, end = literal.start, literal.end
    raw = text[start:end]
    if isinstance(literal, Literal) and literal.value is None:
        hint = "write `not field: *` for events without the field, or quote the word"
        return [QueryError("semantics", "Elasticsearch refuses to compare with null", start, end, hint)]
    if len(raw) > 1 and raw[0] == raw[-1] == "'":
        return [_trap("single quotes are part of the text", start, end, 'quote with `"`')]
    if raw in OPERATORS:
        # In small letters only: OR is Oregon.
        return [_trap(f"`{raw}` is a word of the text here", start, end, _MEANT)]
    sign = _SIGN.search(raw)
    # A value with wildcards cannot be quoted, so a sign within it is meant.
    if sign and (sign.start() == 0 or role == "free text" or isinstance(literal, Literal)):
        return [
            _trap(
                f"`{sign[0]}` is part of the text {shown(raw)}",
                start + sign.start(),
                start + sign.end(),
                f"{SIGNS[sign[0]]}; quote the text if it is meant",
            )
        ]
    word = _LAST_OPERATOR.search(raw)
    if word:
        return [
            _trap(
                f"`{word[0]}` is a word of the text {shown(raw)}",
                start + word.start(),
                start + word.end(),
                _MEANT,
            )
        ]
    return []


def _white_escapes(text: str) -> list[QueryError]:
    r"""`\t`, `\r` and `\n` that are meant as the names of folders: behind a drive, or beside other backslashes."""
    found = []
    for literal in _QUOTED.finditer(text):
        raw = literal[1]
        if raw is None or "\\" not in raw:
            continue
        escapes = list(_ESCAPE.finditer(raw))
        as_path = any(escape[1].isalnum() and escape[1] not in "trnu" for escape in escapes)
        for escape in escapes:
            if escape[1] in _WHITE and (as_path or _DRIVE.search(raw[max(0, escape.start() - 3) : escape.start()])):
                start = literal.start() + escape.start()
                message = f"`{escape[0]}` is {_WHITE[escape[1]]}"
                found.append(_trap(message, start, start + 2, "write `\\\\` for a backslash"))
                break
        if len(found) == MAX_ERRORS:
            break
    return found


def _invisible(text: str) -> list[QueryError]:
    """Characters that nobody sees, and those that cannot be sent to Kibana at all."""
    found = []
    for match in _INVISIBLE.finditer(text):
        start, end = match.span()
        code = ord(match[0])
        if code in _SURROGATES:
            message = f"U+{code:04X} is half of a character, which no file can hold"
            found.append(QueryError("syntax", message, start, end, "take it away, or write the whole character"))
        else:
            hint = f"take it away, or write it as `\\u{code:04x}` if it is meant"
            found.append(_trap(f"the invisible character U+{code:04X}", start, end, hint))
        if len(found) == MAX_ERRORS:
            break
    return found
