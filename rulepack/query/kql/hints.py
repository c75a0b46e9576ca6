"""What is wrong with a KQL query at a place, and what to write instead."""

from __future__ import annotations

import re
from typing import Final

from rulepack.query.base import MAX_DEPTH, QueryError, shown
from rulepack.query.kql.lexer import NOT, SPACE

_BEFORE: Final = re.compile(rf"([^{SPACE}]+)[{SPACE}]*$")
_MARK: Final = re.compile(rf'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^{SPACE}\\():<>"{{}}]++|.', re.DOTALL)
_FIELD: Final = re.compile(r"[A-Za-z_@][A-Za-z0-9_@*-]*(?:\.[A-Za-z0-9_@*-]+)*")
_WORD: Final = re.compile(rf"[^{SPACE}]+$")
_LAST_WORDS: Final = 200  # characters before an error that are looked at
SIGNS: Final = {
    "==": "KQL compares with `:`, as in `field: value`",
    "=": "KQL compares with `:`, as in `field: value`",
    "!=": "write `not field: value`",
    "<>": "write `not field: value`",
    "=~": "KQL compares with `:`, as in `field: value`",
    "&&": "KQL writes `and`",
    "||": "KQL writes `or`",
    "in": "a list of values is `field: (a or b)`",
    "like": "KQL compares with `:`, and `*` in an unquoted value is a wildcard: `field: abc*`",
    "matches": "KQL has no regular expressions; `*` in an unquoted value is a wildcard: `field: abc*`",
    "and": "put a space after `and`",
    "or": "put a space after `or`",
    "not": "put a space after `not`",
}
_OTHER_LANGUAGES: Final = (
    (
        re.compile(r"\s*[a-z_]+\s+where\s", re.IGNORECASE),
        'this looks like EQL; its rules have type = "eql" and language = "eql"',
    ),
    (
        re.compile(r"\s*(?:sequence|sample)\b[^\[]*\[", re.IGNORECASE),
        'this looks like EQL; its rules have type = "eql" and language = "eql"',
    ),
    (
        re.compile(r"\s*(?:from|row|show|ts)\s[^|]+\|", re.IGNORECASE),
        'this looks like ES|QL; its rules have type = "esql" and language = "esql"',
    ),
)


def other_language(text: str) -> str | None:
    """The hint that a query is none of KQL, if it looks like one of another language."""
    return next((hint for pattern, hint in _OTHER_LANGUAGES if pattern.match(text)), None)


def _before(text: str) -> str:
    """The last word of a text."""
    found = _BEFORE.search(text[-_LAST_WORDS:])
    return found[1] if found else ""


def _syntax(message: str, start: int, end: int, hint: str | None) -> QueryError:
    return QueryError("syntax", message, start, end, hint)


def _mark(text: str, at: int) -> str:
    found = _MARK.match(text, at)
    return found[0] if found else ""


def unexpected(text: str, at: int, first: int, *, in_values: bool) -> QueryError:
    """Something behind an operand, where `and`, `or` or the end should be; the operands began at `first`."""
    mark = _mark(text, at)
    if mark == ":":
        return _second_colon(text, at, in_values=in_values)
    if NOT.match(text, at):
        return _hidden_not(text, at)
    if mark == "\\":
        return _bad_escape(text, at)
    before = _before(text[first:at])
    if before.lower() in SIGNS:
        start = first + text[first:at].rfind(before)
        return _syntax(f"did not expect {shown(before)} here", start, start + len(before), SIGNS[before.lower()])
    return _syntax(
        f"did not expect {shown(mark)} here",
        at,
        at + len(mark),
        _joining_hint(mark, before, after_quote=text[at - 1] == '"'),
    )


def _joining_hint(mark: str, before: str, *, after_quote: bool) -> str:
    """What to do about something that nothing joins to what stands before it."""
    if mark in SIGNS:
        return SIGNS[mark]
    if mark.startswith(","):
        return "put `or` between the values, not a comma"
    if mark == "(" and _FIELD.fullmatch(before):
        return "KQL has no functions; put `and` or `or` before a parenthesis, or quote the text"
    if mark in {"<", ">"}:
        return "a range is `field > value`; to search for the character, quote the text"
    if mark == "{":
        return "a nested field is `field: { ... }`; to search for the character, quote the text"
    if after_quote:
        return "put `and` or `or` before it, unless a quote before it is missing or one too many"
    return "put `and` or `or` before it; a text with quotes or brackets in it must be quoted"


def _second_colon(text: str, at: int, *, in_values: bool) -> QueryError:
    word = _WORD.search(text[max(0, at - _LAST_WORDS) : at].rstrip())
    name = word[0] if word else ""
    start = text.rfind(name, 0, at) if name else at
    if in_values:
        return _syntax(
            "did not expect `:` among the values",
            at,
            at + 1,
            "quote a value with `:` in it; fields stand before the `(`",
        )
    spaced = start > 0 and text[start - 1] in " \t\r\n\u00a0"
    if spaced and _FIELD.fullmatch(name) and text[at + 1 : at + 2] not in {"\\", "/"}:
        return _syntax(
            f"`and` or `or` is missing before {shown(name)}", start, at + 1, f"write `and {shown(name)}: ...`"
        )
    return _syntax(
        "did not expect `:` in a value", at, at + 1, 'quote a value with `:` in it, as in `field: "C:\\\\dir"`'
    )


def _hidden_not(text: str, at: int) -> QueryError:
    if text[at - 1 : at].isspace():
        hint = "write `and not`, or quote the value"
        return _syntax("`not` stands after a value", at, at + 3, hint)
    word = _before(text[: at + 3])
    return _syntax(
        f"Kibana reads the end of {shown(word)} as `not`",
        at,
        at + 3,
        "quote the value: `not` and a space end a text even in a word",
    )


def _bad_escape(text: str, at: int) -> QueryError:
    mark = text[at : at + 2]
    return _syntax(
        f"{shown(mark)} is no escape",
        at,
        at + len(mark),
        "write `\\\\` for a backslash, here and in quotes, and quote spaces",
    )


def unopened(text: str, at: int) -> QueryError:
    """A closing bracket too many."""
    return _syntax(f"`{text[at]}` closes nothing", at, at + 1, "take it away, or open it before")


def unclosed(text: str, opened: int) -> QueryError:
    """A bracket that is open at the end."""
    bracket = text[opened]
    return _syntax(f"`{bracket}` is never closed", opened, opened + 1, f"add `{')' if bracket == '(' else '}'}`")


def closed_wrongly(text: str, opened: int, at: int) -> QueryError:
    """A bracket that is closed by one of the other kind."""
    return _syntax(
        f"`{text[at]}` closes a `{text[opened]}`", at, at + 1, f"write `{')' if text[opened] == '(' else '}'}`"
    )


def too_deep(text: str, at: int) -> QueryError:
    """More brackets and `not` in one another than are read."""
    end = at + (1 if text[at] in "({" else len("not"))
    return _syntax(f"more than {MAX_DEPTH} brackets and `not` in one another", at, end, "split it into several rules")


def twice_not(text: str, at: int) -> QueryError:
    """`not not`."""
    return _syntax(f"`{text[at : at + 3]}` stands after `not`", at, at + 3, "take both away, or write `not (not ...)`")


def ended(text: str) -> QueryError:
    """The end, where something is still missing."""
    length = len(text)
    trimmed = len(text.rstrip())
    found = _BEFORE.search(text[max(0, trimmed - _LAST_WORDS) : trimmed])
    if not found:
        return _syntax("nothing stands here", length, length, None)
    word = found[1]
    return _syntax(
        f"the query ends after {shown(word)}", trimmed - len(word), trimmed, "say what follows, or take it away"
    )


def empty(text: str, at: int) -> QueryError:
    """A closing bracket, where a query or value is still missing."""
    return _syntax(f"nothing stands before `{text[at]}`", at, at + 1, "say what follows, or take the brackets away")


def unterminated(text: str, at: int) -> QueryError:
    """A quote that nothing closes."""
    hint = 'close it with `"`'
    if '\\"' in text[at:]:
        hint = 'close it with `"`; `\\"` is a quote within the text, so write `\\\\` for a backslash before the last'
    line_end = text.find("\n", at)
    return _syntax("the quote is never closed", at, len(text) if line_end < 0 else line_end, hint)


def misplaced(text: str, at: int) -> QueryError:
    """Something that begins neither a query nor a value, where one should be."""
    mark = _mark(text, at)
    end = at + len(mark)
    before = _before(text[:at])
    if NOT.match(text, at):
        return _syntax("`not` stands before a value", at, at + 3, "write `not field: value` or `field: (not value)`")
    if mark == "\\":
        return _bad_escape(text, at)
    if mark in {"<", ">"} and before.endswith(":"):
        return _syntax(f"`{mark}` stands after `:`", at, end, f"take the `:` away, as in `field {mark} value`")
    if mark in {"<", ">"} and before.endswith(("<", ">")):
        return _syntax(
            f"`{before[-1]}{mark}` is no operator", at, end, "write `<`, `<=`, `>`, `>=`, or `not field: value`"
        )
    if mark == ":" and before.endswith(":"):
        return _syntax("`:` stands after `:`", at, end, "take one away; a value that begins with `:` must be quoted")
    if mark in {":", "<", ">"}:
        return _syntax(
            f"no field stands before `{mark}`", at, end, "write `field: value`; quote a text that holds the character"
        )
    return _syntax(f"did not expect {shown(mark)} here", at, end, "a value with this character in it must be quoted")
