r"""Lucene text to tokens, by the rules of its classic query parser: the longest token wins, then the one named first.

Odd corners that follow from them: `AND` is an operator and `ANDROID` a term; `a&&b` is one term; `- ` with a blank is a
term; in a range only a blank ends a value, so that a line break belongs to it; `\/` never ends a regular expression
that another slash could end.
Source: https://lucene.apache.org/core/9_12_0/queryparser/org/apache/lucene/queryparser/classic/package-summary.html
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from rulepack.query.base import MAX_ERRORS, QueryError

Kind = Literal[
    "TERM", "PREFIX", "WILD", "STAR", "BARE", "PHRASE", "REGEX", "RANGE", "BAD",
    "AND", "OR", "NOT", "+", "-", "(", ")", ":", "FUZZY", "BOOST", "END",
]  # fmt: skip

BLANK: Final = " \t\n\r\u3000"
# Of one query; a hundred thousand values are fewer. Beyond it only an answer in time is of use.
MOST_TOKENS: Final = 250_000
_START: Final = rf'(?:[^{BLANK}+\-!():^\[\]"{{}}~*?\\/]|\\.)'
_MORE: Final = rf'(?:[^{BLANK}!():^\[\]"{{}}~*?\\/]|\\.)'
_TOKEN: Final = re.compile(
    rf"""(?P<blank>[{BLANK}]++)
    |(?P<term>{_START}{_MORE}*+)(?P<wild>[*?](?:{_MORE}|[*?])*+)?
    |(?P<star>[*?](?:{_MORE}|[*?])*+)
    |(?P<mark>[():])
    |(?P<phrase>"[^"\\]*+(?:\\.[^"\\]*+)*+")
    |(?P<bare>[+\-!][{BLANK}])
    |(?P<sign>[+\-!])
    |(?P<fuzzy>~{_MORE}*+)
    |(?P<boost>\^(?:[0-9]++(?:\.[0-9]++)?)?)
    |(?P<regex>/)
    |(?P<range>[\[{{])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final[dict[str, Kind]] = {"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR", "NOT": "NOT"}
_SIGNS: Final[dict[str, Kind]] = {"+": "+", "-": "-", "!": "NOT"}
_OTHERS: Final[dict[str, Kind]] = {"phrase": "PHRASE", "bare": "BARE", "fuzzy": "FUZZY", "boost": "BOOST"}
_MARKS: Final[dict[str, Kind]] = {"(": "(", ")": ")", ":": ":"}
_VALUE: Final = re.compile(r"[^ \]}]++")
_BRACKET: Final = re.compile(r"[\[\]{}()]")


class Token(NamedTuple):
    """A token and its place."""

    kind: Kind
    start: int
    end: int


class TooManyErrorsError(Exception):
    """There is no use in reading on: raised when the most errors that a query reports have been found."""


class Errors(list[QueryError]):
    """The errors of a query."""

    def add(self, message: str, start: int, end: int, hint: str) -> None:
        """Add a syntax error. Raises TooManyErrorsError with the last one that is reported."""
        self.append(QueryError("syntax", message, start, end, hint))
        if len(self) >= MAX_ERRORS:
            raise TooManyErrorsError


class RangeParts(NamedTuple):
    """Where the two values of a range stand."""

    low: slice
    high: slice


def tokenize(text: str, errors: Errors) -> tuple[list[Token], dict[int, RangeParts]]:
    """All tokens, with END as the last, and the values of ranges by where these start; adds to `errors`.

    Raises TooManyErrorsError where there is no use in reading on.
    """
    tokens: list[Token] = []
    ranges: dict[int, RangeParts] = {}
    position, size = 0, len(text)
    while position < size:
        found = _TOKEN.match(text, position)
        if not found:
            token = _unreadable(text, position, errors)
        elif found.lastgroup == "blank":
            position = found.end()
            continue
        elif found.lastgroup == "regex":
            token = _regex(text, position, errors)
        elif found.lastgroup == "range":
            token = _range(text, position, errors, ranges)
        else:
            token = Token(_kind(found, errors), position, found.end())
        tokens.append(token)
        position = token.end
        if len(tokens) > MOST_TOKENS:
            hint = "put long lists of values into a value list, or into the indices of an indicator match rule"
            errors.add(f"the query has more than {MOST_TOKENS:,} words and operators", token.start, position, hint)
            raise TooManyErrorsError
    tokens.append(Token("END", size, size))
    return tokens, ranges


def _kind(found: re.Match[str], errors: Errors) -> Kind:
    group, image = found.lastgroup, found[0]
    if group == "term":
        return _WORDS.get(image, "TERM")
    if group == "wild":
        return "PREFIX" if found["wild"] == "*" else "WILD"
    if group == "star":
        return "STAR" if image == "*" else "WILD"
    if group == "mark":
        return _MARKS[image]
    if group == "sign":
        return _SIGNS[image]
    if group == "boost" and image == "^":
        errors.add(
            "no number follows ^",
            found.start(),
            found.end(),
            r"write a boost such as ^2 or ^0.5, or \^ for the character",
        )
    return _OTHERS[group or ""]


def _unreadable(text: str, start: int, errors: Errors) -> Token:
    """What no token can begin with: a phrase without its end, a bracket that closes nothing, a last backslash."""
    if text[start] == '"':
        errors.add(
            'the phrase is never closed with "', start, len(text), 'add the closing ", or write \\" for the character'
        )
        return Token("BAD", start, len(text))
    if text[start] == "\\":
        errors.add("nothing is escaped by the last backslash", start, start + 1, r"write \\ for a backslash")
    else:
        errors.add(
            f"{text[start]} closes no range",
            start,
            start + 1,
            f"write \\{text[start]} for the character, or quote the value",
        )
    return Token("BAD", start, start + 1)


def closing(text: str, start: int, mark: str) -> int:
    r"""Where the mark that closes a text stands; -1 if nowhere.

    It is the first without a backslash before it, otherwise the last: tokens are as long as they can be.
    """
    end = text.find(mark, start)
    while end > start and text[end - 1] == "\\":
        following = text.find(mark, end + 1)
        if following < 0:
            return end
        end = following
    return end


def _regex(text: str, start: int, errors: Errors) -> Token:
    end = closing(text, start + 1, "/")
    if end >= 0:
        return Token("REGEX", start, end + 1)
    hint = r"write \/ for the character or quote the value; a regular expression is closed with /"
    errors.add("/ begins a regular expression that never ends", start, start + 1, hint)
    return Token("BAD", start, start + 1)


def _range(text: str, start: int, errors: Errors, ranges: dict[int, RangeParts]) -> Token:
    """A range up to its closing bracket; one that is wrong ends where the next clause seems to begin."""
    pieces: list[slice] = []
    position = start + 1
    while len(pieces) < len("abc"):
        piece = _piece(text, position)
        if piece.start == piece.stop:
            break
        pieces.append(piece)
        position = piece.stop
    end = _piece(text, position)
    closed = text[end.start : end.start + 1] in {"]", "}"}
    if closed and len(pieces) == len("abc") and text[pieces[1]] == "TO":
        ranges[start] = RangeParts(pieces[0], pieces[2])
        return Token("RANGE", start, end.start + 1)
    bracket = _BRACKET.search(text, position)
    resume = bracket.end() if bracket and bracket[0] in "]}" else position
    _broken_range(text, start, pieces, resume if bracket and resume != position else None, errors)
    return Token("BAD", start, resume)


def _piece(text: str, position: int) -> slice:
    """A value or TO within a range, from a position on; an empty slice at a bracket or the end of the text.

    A line break or tabulator is a blank only where nothing but it could be read.
    """
    size = len(text)
    while position < size and text[position] in BLANK:
        if text[position] != " ":
            value = _VALUE.match(text, position)
            if value and value.end() > position + 1:
                break
        position += 1
    value = _VALUE.match(text, position)
    end = value.end() if value else position
    if text[position : position + 1] == '"' and text[position + 1 : position + 2] not in {'"', ""}:
        end = max(end, closing(text, position + 1, '"') + 1)
    return slice(position, end)


def _broken_range(text: str, start: int, pieces: list[slice], end: int | None, errors: Errors) -> None:
    """Say what is wrong with a range of which `pieces` could be read; `end` is where it was closed."""
    sample = "write it as [1 TO 5], [1 TO *] or {1 TO 5}"
    last = pieces[-1].stop if pieces else start + 1
    if not pieces:
        errors.add(f"{text[start]} begins a range without values", start, end or last, sample)
    elif len(pieces) > 1 and text[pieces[1]] != "TO":
        white = any(text[piece][:1] in BLANK or "\n" in text[piece] or "\t" in text[piece] for piece in pieces)
        hint = "TO must be in capitals" if text[pieces[1]].upper() == "TO" else sample
        if white:
            hint = "in a range only a plain blank separates; remove line breaks and tabulators"
        errors.add("TO is missing in a range", pieces[1].start, pieces[1].stop, hint)
    elif end is None:
        errors.add(
            f"{text[start]} begins a range that is never closed",
            start,
            last,
            "close it with ] or }, or quote the value",
        )
    elif len(pieces) == len("abc"):
        errors.add("a range has more than two values", last, end, 'quote a value that has blanks: ["a b" TO "c d"]')
    else:
        errors.add("a range needs two values", start, end, sample)
