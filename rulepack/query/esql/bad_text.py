"""Text that is no token of ES|QL: what is wrong with it, where it ends, and what to write instead."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from rulepack.frozen import frozen

_LINE = re.compile(r"[^\r\n]*")
_SINGLE = re.compile(r"'((?:[^'\\\r\n]++|\\[^\r\n])*+)'")
_CURLY = re.compile(r"[\u201c\u201d\u201e]([^\u201c\u201d\u201e\r\n]*)[\u201c\u201d\u201e]")
_RUN = re.compile(r"[^\x00-\x7f]+")
_SHOWN: Final = 40


@frozen
class Misread:
    """What stands there instead of a token: from where to where, as what kind of token it may pass, and what to say."""

    start: int
    end: int
    kind: str
    message: str
    hint: str | None


def misread(text: str, start: int) -> Misread:
    """What to say of the character at `start`, with which no token begins, and what belongs to it."""
    character = text[start]
    if character == '"':
        return _unclosed_string(text, start)
    if character == "'":
        return _single_quotes(text, start)
    if character == "`":
        end = len(text)
        return Misread(start, end, "bad", "this backtick is not closed", "close the name with another backtick")
    if character in "\u201c\u201d\u201e" and (match := _CURLY.match(text, start)):
        hint = f'write "{_cut(match[1])}" with straight quotes'
        return Misread(start, match.end(), "string", "the quotes are typographic ones", hint)
    if character.isspace() or unicodedata.category(character) in {"Cf", "Zs"}:
        name = unicodedata.name(character, f"U+{ord(character):04X}")
        return Misread(start, start + 1, "bad", f"{name} is no white space to ES|QL", "replace it by a plain space")
    return _character(text, start)


def _character(text: str, start: int) -> Misread:
    character = text[start]
    end = start + 1
    if character > "\x7f" and (match := _RUN.match(text, start)):
        end = match.end()
    shown = _cut(text[start:end])
    if not shown.isprintable():
        shown = " ".join(f"U+{ord(one):04X}" for one in text[start : min(end, start + 8)])
    hints = {
        "~": "compare with == or LIKE; for any case use TO_LOWER(field)",
        "^": "use POW(base, exponent)",
        "\\": "a backslash stands in strings only",
        "&": "write AND",
        "#": "a comment begins with //",
        ";": "a query has no semicolon at its end; commands are joined by |",
    }
    hint = hints.get(character, "names with other than letters, digits, _ and @ stand in backticks: `name`")
    return Misread(start, end, "bad", f"{shown} cannot stand here", hint)


def _unclosed_string(text: str, start: int) -> Misread:
    line = _LINE.match(text, start)
    end = line.end() if line else start + 1
    if start >= 2 and text[start - 2 : start] == '""':  # noqa: PLR2004 (three quotes, of which two were read as "")
        close = text.find('"""', start)
        if close < 0:
            return Misread(start - 2, end, "bad", 'this """ string is not closed', 'close it with """ on the same line')
        hint = "a string ends on the line where it begins; join parts with CONCAT"
        return Misread(start - 2, close + 3, "bad", 'this """ string goes over several lines', hint)
    return Misread(start, end, "bad", "this string is not closed", 'close it with " on the same line')


def _single_quotes(text: str, start: int) -> Misread:
    match = _SINGLE.match(text, start)
    if match is None:
        line = _LINE.match(text, start)
        end = line.end() if line else start + 1
        return Misread(start, end, "bad", "strings stand in double quotes", 'write "..."')
    content = match[1]
    quoted = f'"{content}"' if '"' not in content else f'"""{content}"""'
    return Misread(start, match.end(), "string", "strings stand in double quotes", f"write {_cut(quoted)}")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
