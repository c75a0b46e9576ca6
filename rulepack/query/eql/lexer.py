"""EQL text to tokens, and the values of strings and numbers.

A token is its own text: no two kinds look alike, since strings begin with a quote. The regular expression matches every
character, so that what is no EQL becomes a token too, and the parser says what is wrong with it and where. Quantifiers
are possessive: no text takes more than linear time.
"""

from __future__ import annotations

import re
from itertools import accumulate, compress
from operator import sub

from rulepack.query.base import QueryError

KEYWORDS = frozenset(
    "and any by false in join like maxspan not null of or regex sample sequence true until where with".split()  # noqa: SIM905
)
# Words behind which a `~` makes an operator that ignores case.
FOLDED_KEYWORDS = frozenset({"in~", "like~", "regex~"})
_NAME = "[A-Za-z_@][A-Za-z0-9_]*+"
_EXPONENT = "(?:[eE][+-]?[0-9]++)?"
_TOKEN = re.compile(
    r"[ \t\r\n]++"
    rf"|{_NAME}(?:\.{_NAME})*+~?"
    # Raw strings first; then strings that are never closed, up to the end of their line.
    r'|"""[^\r\n]*?""""?"?|"""[^\r\n]*+|"(?:[^"\\\r\n]++|\\[^\r\n])*+"?'
    rf"|[0-9]++(?:\.[0-9]*+)?{_EXPONENT}|\.[0-9]++{_EXPONENT}"
    r"|==|!=|<=|>=|!\[|&&|\|\||<>"
    r"|//[^\r\n]*+|/\*(?s:.*?)\*/|/\*(?s:.*+)"
    r"|`(?:[^`]++|``)*+`?"
    # Quotes of Endgame's EQL, which Elasticsearch reads only to refuse them.
    r"""|\?"(?:\\"|[^"\r\n])*+"|\?'(?:\\'|[^'\r\n])*+'|'(?:[^'\\\r\n]++|\\[^\r\n])*+'?"""
    r"|(?s:.)"
)
_PLAIN_NAME = re.compile(_NAME)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]*)\}|(.))", re.DOTALL)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_LONGEST_CODE = 8
_LAST_CODE = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_LARGEST_LONG = 2**63 - 1
_LONG_DIGITS = 19


class Tokens:
    """The tokens of a text without white space and comments: texts, starts and ends, and an empty one at the end."""

    __slots__ = ("ends", "starts", "texts")

    def __init__(self, text: str) -> None:
        pieces = _pieces(text)
        kept = [piece[0] not in " \t\r\n" for piece in pieces]
        if "//" in text or "/*" in text:
            kept = [
                keep and not (piece[0] == "/" and is_comment(piece)) for keep, piece in zip(kept, pieces, strict=True)
            ]
        self.texts = list(compress(pieces, kept))
        self.ends = list(compress(accumulate(map(len, pieces)), kept))
        self.starts = list(map(sub, self.ends, map(len, self.texts)))
        self.texts.append("")
        self.starts.append(len(text))
        self.ends.append(len(text))


def is_comment(piece: str) -> bool:
    """Whether a token is a comment; one that is never closed is not."""
    return piece[:2] == "//" or (piece[:2] == "/*" and piece[-2:] == "*/" and len(piece) > 3)  # noqa: PLR2004


def is_plain(word: str) -> bool:
    """Whether a token is a string in single double quotes that means what stands between them."""
    return word[:1] == '"' and word[1:2] != '"' and word[-1] == '"' and "\\" not in word


def _pieces(text: str) -> list[str]:
    pieces: list[str] = _TOKEN.findall(text)
    if text.count("/*") > 1 and any("/*" in piece[2:] for piece in pieces if piece[:2] == "/*"):
        return _nested_pieces(text)
    return pieces


def _nested_pieces(text: str) -> list[str]:
    """As `_TOKEN` has it, but for comments within comments, which Elasticsearch counts where they are balanced."""
    closed: dict[int, int] = {}
    open_: list[int] = []
    for edge in _COMMENT_EDGE.finditer(text):
        if edge[0] == "/*":
            open_.append(edge.start())
        elif open_:
            closed[open_.pop()] = edge.end()
    pieces = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        assert match is not None  # the last alternative takes any character
        end = match.end()
        if match[0][:2] == "/*":
            end = max(end, closed.get(position, end))
        pieces.append(text[position:end])
        position = end
    return pieces


def is_name(text: str) -> bool:
    """Whether a text can stand as a field name, or part of one, without backticks."""
    return _PLAIN_NAME.fullmatch(text) is not None and text not in KEYWORDS


def string_value(word: str, start: int, errors: list[QueryError]) -> str:
    """What a string in double quotes means; a wrong escape is added to `errors` at its place and left as it is.

    https://www.elastic.co/docs/reference/query-languages/eql/eql-syntax#eql-syntax-escape-characters
    """
    if word[:3] == '"""':
        return word[3:-3]
    inner = word[1:-1]
    if "\\" not in inner:
        return inner

    def undone(match: re.Match[str]) -> str:
        code, letter = match.groups()
        if code is None:
            if letter in _ESCAPES:
                return _ESCAPES[letter]
            message, hint = f"\\{letter} is no escape", f'write \\\\{letter} for a backslash, or a raw string """..."""'
            if letter == "u":
                message, hint = "\\u needs a code in braces", "write it as in \\u{200f}, with 2 to 8 hexadecimal digits"
        elif not 1 < len(code) <= _LONGEST_CODE:
            what = "long" if code[1:] else "short"
            message, hint = f"\\u{{{code[:12]}}} is too {what}", "a character's code has 2 to 8 hexadecimal digits"
        elif int(code, 16) > _LAST_CODE or int(code, 16) in _SURROGATES:
            message, hint = f"\\u{{{code}}} is no character", "codes end at 10FFFF, and D800 to DFFF are no characters"
        else:
            return chr(int(code, 16))
        place = start + 1 + match.start()
        errors.append(QueryError("syntax", message, place, place + len(match[0]), hint))
        return match[0]

    return _ESCAPE.sub(undone, inner)


def is_closed(word: str) -> bool:
    """Whether a string, old or new, or a name in backticks ends with the quote that it began with."""
    quote = word[0] if word[0] != "?" else word[1]
    if word[:3] == '"""':
        return len(word) > 5 and word.endswith('"""')  # noqa: PLR2004 (two times three quotes)
    if len(word) == 1 or word[-1] != quote:
        return False
    if quote == "`":
        return word.count("`") % 2 == 0
    # A quote behind an odd number of backslashes is part of the string.
    body = word[:-1]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 0


def number_value(word: str) -> int | float | None:
    """The value of a number; what is beyond 64 bits is a float, and None what is beyond that."""
    if word.isdecimal():
        digits = word.lstrip("0")
        if len(digits) <= _LONG_DIGITS and int(digits or "0") <= _LARGEST_LONG:
            return int(digits or "0")
    value = float(word)
    return None if value == float("inf") else value
