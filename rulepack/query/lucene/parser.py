"""Lucene tokens to a tree: descent over the grammar of its classic query parser, going on behind each error.

Source: https://lucene.apache.org/core/9_12_0/queryparser/org/apache/lucene/queryparser/classic/QueryParser.html
"""

from __future__ import annotations

import re
from typing import Final, Literal

from rulepack.query.base import MAX_DEPTH, QueryError, shown
from rulepack.query.lucene.ast import (
    Bad,
    Clause,
    Field,
    Group,
    Leaf,
    Part,
    Phrase,
    Range,
    Regex,
    Wildcard,
    Word,
    Words,
)
from rulepack.query.lucene.lexer import Errors, Kind, RangeParts, Token, TooManyErrorsError, tokenize

_OPERANDS: Final = frozenset({"TERM", "PREFIX", "WILD", "STAR", "BARE", "PHRASE", "REGEX", "RANGE", "BAD"})
# A term that one of these follows is no part of a text of several terms.
_ENDS_WORDS: Final = frozenset({":", "STAR", "FUZZY", "BOOST", "AND", "OR"})
_NAMES: Final = frozenset({"TERM", "STAR", "PREFIX", "WILD", "PHRASE"})  # the last three with an error
_JOINTS: Final = frozenset({"AND", "OR"})
_ENDS: Final = frozenset({")", "END"})
_SIGNS: Final[dict[Kind, Literal["+", "NOT"]]] = {"+": "+", "-": "NOT", "NOT": "NOT"}
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_WILD: Final = re.compile(r"\\(.)|([*?])", re.DOTALL)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def read(text: str) -> tuple[Group | None, list[Token], tuple[QueryError, ...]]:
    """The tree of a query (None where nothing could be saved), its tokens, and its syntax errors in order."""
    errors = Errors()
    tokens: list[Token] = []
    tree = None
    try:
        tokens, ranges = tokenize(text, errors)
        tree = _Parser(text, tokens, ranges, errors).query()
    except TooManyErrorsError:
        pass
    return tree, tokens, tuple(sorted(errors, key=lambda error: (error.start, error.end)))


class _Parser:
    """Where it is among the tokens."""

    def __init__(self, text: str, tokens: list[Token], ranges: dict[int, RangeParts], errors: Errors) -> None:
        self.text = text
        self.tokens = tokens
        self.ranges = ranges
        self.errors = errors
        # Two more, so that looking ahead needs no check.
        self.kinds: list[Kind] = [*(token.kind for token in tokens), "END", "END"]
        self.simple = "\\" not in text and not _SURROGATE.search(text)  # nothing in it has to be unescaped
        self.at = 0
        self.depth = 0

    def kind(self) -> Kind:
        return self.kinds[self.at]

    def image(self, token: Token) -> str:
        return self.text[token.start : token.end]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def query(self) -> Group:
        """The whole text."""
        clauses = self.clauses()
        while self.kind() == ")":
            token = self.take()
            self.errors.add(") closes nothing", token.start, token.end, r"remove it, or write \) for the character")
            clauses += self.clauses(first=not clauses)
        return Group(tuple(clauses), outermost=True, start=0, end=len(self.text))

    def clauses(self, *, first: bool = True) -> list[Clause]:
        """Clauses up to a closing parenthesis or the end of the text."""
        clauses: list[Clause] = []
        kinds, tokens = self.kinds, self.tokens
        while (kind := kinds[self.at]) not in _ENDS:
            start = tokens[self.at].start
            if kind == "TERM" and kinds[self.at + 1] == "TERM" and kinds[self.at + 2] not in _ENDS_WORDS:
                words = self.words()
                clauses.append(Clause("", "", words, words.start, words.end))
                continue
            joint: Literal["", "AND", "OR"] = ""
            sign: Literal["", "+", "NOT"] = ""
            operator = None
            if kind in _JOINTS:
                joint = self.joint(first=first and not clauses)
                operator = tokens[self.at - 1] if joint else None
            while kinds[self.at] in _SIGNS:
                operator = self.sign(again=sign != "")
                sign = _SIGNS[operator.kind]
            part = self.part(operator)
            if part:
                clauses.append(Clause(joint, sign, part, start, part.end))
        return clauses

    def joint(self, *, first: bool) -> Literal["", "AND", "OR"]:
        """What joins the next clause to the one before; all but the first of several is an error."""
        joint: Literal["", "AND", "OR"] = ""
        while (kind := self.kind()) in _JOINTS:
            token = self.take()
            image = self.image(token)
            if joint:
                self.errors.add(f"{image} follows another operator", token.start, token.end, "remove one of the two")
            elif first:
                hint = f'write a clause before it, or quote it to search for the word: "{image}"'
                self.errors.add(f"{image} has nothing before it", token.start, token.end, hint)
                continue
            joint = "AND" if kind == "AND" else "OR"
        return joint

    def sign(self, *, again: bool) -> Token:
        token = self.take()
        if again:
            message = f"{self.image(token)} follows another + or NOT"
            self.errors.add(message, token.start, token.end, "only one may stand before a clause")
        return token

    def words(self) -> Words:
        first = self.take()
        texts = [self.plain(first)]
        last = first
        while self.kinds[self.at] == "TERM" and self.kinds[self.at + 1] not in _ENDS_WORDS:
            last = self.take()
            texts.append(self.plain(last))
        return Words(tuple(texts), first.start, last.end)

    def part(self, operator: Token | None) -> Part | None:
        """A clause without what joins it; None, with an error, where none stands."""
        kind, token = self.kinds[self.at], self.tokens[self.at]
        if self.kinds[self.at + 1] == ":" and kind in _NAMES:
            return self.field()
        if kind == "(":
            return self.group()
        if kind in _OPERANDS:
            return self.leaf()
        if kind in {")", "END", "AND", "OR"}:
            if operator:
                image = self.image(operator)
                hint = f'write a clause after it, or quote it to search for the word: "{image}"'
                self.errors.add(f"{image} has nothing after it", operator.start, operator.end, hint)
            return None
        self.take()
        if kind == ":":
            hint = r"write field:value; in a value write \: or quote it"
            self.errors.add(": has no field before it", token.start, token.end, hint)
            if self.kind() in _SIGNS:
                self.take()
            readable = self.kind() == "(" or self.kind() in _OPERANDS
            return self.part(None) if readable else Bad(token.start, token.end)
        image = self.image(token)
        message = f"{shown(image)} has no term before it" if kind == "FUZZY" else f"{image} cannot stand here"
        hint = f"put it right after a term, or write \\{image[0]} for the character"
        self.errors.add(message, token.start, token.end, hint)
        return Bad(token.start, token.end)

    def field(self) -> Field:
        name, colon = self.take(), self.take()
        image = self.image(name)
        if name.kind in {"PREFIX", "WILD"}:
            hint = "write " + shown(re.sub(r"(?<!\\)([*?])", r"\\\1", image)) + ":"
            self.errors.add("a wildcard in a field name must be escaped", name.start, name.end, hint)
        elif name.kind == "PHRASE":
            hint = r"write the name without quotation marks, a blank in it as \ "
            self.errors.add("a field name cannot be quoted", name.start, name.end, hint)
        kind = self.kind()
        if kind in {")", "END", "AND", "OR"}:
            hint = "write a value, or field:* if the field must only exist"
            self.errors.add(f"{shown(image)}: has no value", name.start, colon.end, hint)
            part: Leaf | Group = Bad(colon.end, colon.end)
        else:
            part = self.value(colon)
        return Field(self.plain(name), part, name.start, name.end, part.end)

    def value(self, colon: Token) -> Leaf | Group:
        """What stands behind a field's colon."""
        if self.kind() in _SIGNS:
            self.signed_value()
        while self.kind() == ":":
            self.second_colon()
        if self.kind() == "(":
            return self.group()
        if self.kind() not in _OPERANDS:
            return Bad(colon.end, colon.end)
        part = self.leaf()
        if self.kind() == ":":
            self.second_colon()
            while self.kind() == ":" or (
                self.kind() in _OPERANDS and self.tokens[self.at].start == self.tokens[self.at - 1].end
            ):
                self.take()
            return Bad(part.start, self.tokens[self.at - 1].end)
        return part

    def signed_value(self) -> None:
        token = self.take()
        image = self.image(token)
        if token.kind == "NOT":
            hint = "put it before the field: NOT field:value, or in parentheses: field:(NOT value)"
        else:
            hint = (
                f'write "{image}..." or \\{image} for a value that begins with it, or put the {image} before the field'
            )
        self.errors.add(f"{image} cannot stand right after :", token.start, token.end, hint)

    def second_colon(self) -> None:
        token = self.take()
        hint = r"write \: for the character, or quote the value"
        self.errors.add("a second : in one clause", token.start, token.end, hint)
        while self.kind() == ":":
            self.take()

    def group(self) -> Group:
        opened = self.take()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            hint = "split the query into several rules"
            self.errors.add(f"more than {MAX_DEPTH} parentheses in one another", opened.start, opened.end, hint)
            raise TooManyErrorsError
        clauses = self.clauses()
        self.depth -= 1
        end = self.tokens[self.at - 1].end
        if self.kind() == ")":
            end = self.take().end
            if not clauses and self.tokens[self.at - 2] is opened:
                self.errors.add(
                    "the parentheses are empty", opened.start, end, "write a query into them, or remove them"
                )
        else:
            hint = r"close it with ), or write \( for the character"
            self.errors.add("( is never closed", opened.start, opened.end, hint)
        return Group(tuple(clauses), boost=self.boost(), start=opened.start, end=max(end, self.tokens[self.at - 1].end))

    def boost(self) -> str | None:
        return self.image(self.take())[1:] if self.kind() == "BOOST" else None

    def leaf(self) -> Leaf:
        """A term of any kind, with its boost and its fuzziness in either order."""
        token = self.take()
        if token.kind == "RANGE":
            return self.range(token)
        boost = fuzzy = None
        if self.kinds[self.at] in {"BOOST", "FUZZY"}:
            boost = self.boost()
            fuzzy = self.image(self.take())[1:] if self.kind() == "FUZZY" else None
            if boost is None:
                boost = self.boost()
        image, start, end = self.image(token), token.start, self.tokens[self.at - 1].end
        if token.kind == "BAD":
            return Bad(start, end)
        if token.kind == "BARE":
            return Word(image[0], True, boost, fuzzy, start, end)  # noqa: FBT003 (the second is `bare`)
        if token.kind == "TERM":
            return Word(self.plain(token), False, boost, fuzzy, start, end)  # noqa: FBT003 (see above)
        if token.kind == "PHRASE":
            return Phrase(self.unescape(image[1:-1], start + 1), boost, fuzzy, start, end)
        if token.kind == "REGEX":
            self.check_escapes(image, start)
            return Regex(image[1:-1], boost, fuzzy, start, end)
        if token.kind == "PREFIX":
            return Wildcard((self.unescape(image[:-1], start), ""), "*", boost, fuzzy, start, end)
        self.check_escapes(image, start)
        parts, wild = _split(image)
        return Wildcard(parts, wild, boost, fuzzy, start, end)

    def range(self, token: Token) -> Range:
        parts = self.ranges[token.start]
        boost = self.boost()
        return Range(
            self.bound(parts.low),
            self.bound(parts.high),
            self.text[token.start] == "[",
            self.text[token.end - 1] == "]",
            boost,
            token.start,
            self.tokens[self.at - 1].end,
        )

    def bound(self, place: slice) -> str | None:
        raw, start = self.text[place], place.start
        if raw[0] == '"' and raw[-1] == '"' and len(raw) > len('""'):
            raw, start = raw[1:-1], start + 1
        value = self.unescape(raw, start)
        return None if value == "*" else value

    def plain(self, token: Token) -> str:
        return self.unescape(self.image(token), token.start)

    def unescape(self, raw: str, start: int) -> str:
        if self.simple:
            return raw
        if "\\" in raw:
            self.check_escapes(raw, start)
            raw = _ESCAPE.sub(_meant, raw)
        return _joined(raw)

    def check_escapes(self, raw: str, start: int) -> None:
        r"""Report each `\u` without four hexadecimal digits, and a backslash at the end."""
        position = raw.find("\\")
        while position >= 0:
            if raw.startswith("u", position + 1):
                digits = raw[position + 2 : position + 6]
                if not _HEX.fullmatch(digits):
                    place = start + position
                    self.errors.add(
                        r"\u must be followed by four hexadecimal digits",
                        place,
                        place + 2 + len(digits),
                        r"write \\u for a backslash and a u, as in a Windows path",
                    )
            elif position + 1 == len(raw):
                hint = r"write \\ for a backslash"
                self.errors.add(
                    "nothing is escaped by the last backslash", start + position, start + position + 1, hint
                )
            position = raw.find("\\", position + 2)


_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")


def _meant(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]


def _split(image: str) -> tuple[tuple[str, ...], str]:
    r"""The literal texts of a term with wildcards and the wildcards between them; here `\u` has no meaning."""
    parts: list[str] = []
    wild: list[str] = []
    pieces: list[str] = []
    at = 0
    for found in _WILD.finditer(image):
        pieces.append(image[at : found.start()])
        at = found.end()
        if found[1]:
            pieces.append(found[1])
        else:
            parts.append(_joined("".join(pieces)))
            wild.append(found[2])
            pieces = []
    parts.append(_joined("".join([*pieces, image[at:]])))
    return tuple(parts), "".join(wild)


def _joined(text: str) -> str:
    """The text with the two halves of a character put together, as Java does."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
