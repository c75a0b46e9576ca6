"""The place in the tokens of a query where its parser is, what it says of unexpected ones, and names."""

from __future__ import annotations

import re
from typing import NoReturn

from rulepack.query.base import MAX_DEPTH, ErrorKind, QueryError
from rulepack.query.esql import words as w
from rulepack.query.esql.ast import Column, ColumnPattern, Name, NamePattern, Parameter
from rulepack.query.esql.functions import shorten
from rulepack.query.esql.lexer import read_tokens

_PIECE = re.compile(r"`((?:[^`]++|``)++)`|\*|[^`*]+")
# For the text and what should stand there, in a message.
_ROOM = 66
_NAMED = frozenset({"a value", "a field name", "a column"})
_UNUSABLE = "a rule has no values for parameters: write the value itself"
# What SQL has after other clauses, without a pipe.
_CLAUSES_OF_SQL = frozenset({"having", "group", "order", "join", "union"})


class BrokenCommandError(Exception):
    """A command that cannot be read further; what is wrong with it has been said."""


class Cursor:
    """The tokens of a query, the one that is next, and the errors found so far."""

    def __init__(self, text: str) -> None:
        tokens = read_tokens(text)
        self.text = text
        self.kinds = tokens.kinds
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.errors: list[QueryError] = tokens.errors
        self.position = 0
        self.depth = 0  # of parentheses and functions
        self.height = 0  # of the tree of the expression that was read last

    # ---- Errors ------------------------------------------------------------------------------------------------------

    def say(self, kind: ErrorKind, message: str, start: int, end: int, hint: str | None = None) -> None:
        """Note an error and go on."""
        self.errors.append(QueryError(kind, message, start, end, hint))

    def fail(self, message: str, start: int, end: int, hint: str | None = None) -> NoReturn:
        """Note a syntax error after which the command cannot be read further."""
        self.say("syntax", message, start, end, hint)
        raise BrokenCommandError

    def unexpected(self, expected: str, hint: str | None = None) -> NoReturn:
        """Say that the next token does not fit, and what would."""
        kind = self.kinds[self.position]
        start, end = self.starts[self.position], self.ends[self.position]
        if kind == "bad":
            raise BrokenCommandError
        if kind in {"eof", "|", "close"}:
            place = self.ends[self.position - 1] if self.position else 0
            what = {"eof": "the query", "|": "the command", "close": "the subquery"}[kind]
            end = end if kind == "|" else place
            self.fail(f"{what} ends where {expected} should stand", place, end, hint or f"add {expected}")
        shown = self._cut(start, end, _ROOM - len(expected))
        if kind == ")" and not self.depth:
            self.fail(
                f"{shown} closes nothing that is open here", start, end, hint or "leave it out, or open it before"
            )
        self.fail(
            f"{shown} stands where {expected} should stand", start, end, hint or self._hint(kind, shown, expected)
        )

    def _hint(self, kind: str, shown: str, expected: str) -> str:
        if kind in {"and", "or"}:
            return f"write a condition before {shown}, or leave it out"
        if kind in w.EXPRESSION_WORDS and expected in _NAMED:
            return f"{shown} is a word of ES|QL: as a name it stands in backticks"
        if kind == ";":
            return "a query has no semicolon at its end; commands are joined by |"
        if shown.lower() in _CLAUSES_OF_SQL:
            return w.FOREIGN_COMMANDS[shown.lower()]
        return "something is missing before it, or it is left over"

    def _cut(self, start: int, end: int, room: int) -> str:
        text = self.text[start : min(end, start + _ROOM)]
        return text if end - start <= room else text[: room - 1] + "…"

    def deeper(self) -> None:
        """Go one level deeper; raises BrokenCommandError beyond MAX_DEPTH."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.too_deep(self.starts[self.position])

    def too_deep(self, start: int) -> NoReturn:
        """Say that the tree is too deep."""
        hint = "split the condition over several WHERE or EVAL"
        self.fail(f"this is nested more than {MAX_DEPTH} deep", start, self.ends[self.position], hint)

    # ---- Tokens ------------------------------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self.kinds[self.position]

    @property
    def start(self) -> int:
        """The first character of the next token."""
        return self.starts[self.position]

    @property
    def last_end(self) -> int:
        """The character behind the token that was read last."""
        return self.ends[self.position - 1] if self.position else 0

    def take(self, kind: str) -> bool:
        """Whether the next token is of a kind; it is then read."""
        if self.kinds[self.position] == kind:
            self.position += 1
            return True
        return False

    def expect(self, kind: str, expected: str, hint: str | None = None) -> None:
        """Read a token of a kind."""
        if not self.take(kind):
            self.unexpected(expected, hint)

    def close(self, kind: str, opened: int) -> None:
        """Read the mark that closes what the token number `opened` opens."""
        if self.kinds[self.position] == kind:
            self.position += 1
            return
        if self.kinds[self.position] in {"|", "eof", "close", "open"}:
            start, end = self.starts[opened], self.ends[opened]
            mark = ")" if kind == "close" else kind
            self.fail(f"this {self.text[start:end]} is not closed", start, end, f"close it with {mark}")
        closing = ")" if kind == "close" else kind
        if self.kinds[self.position] in {"name", "string", "integer", "decimal", "quoted"}:
            self.unexpected(f"a comma, an operator or {closing}")
        self.unexpected(f"{closing}")

    def word(self) -> str:
        """The text of the next token in lower case."""
        return self.text[self.starts[self.position] : self.ends[self.position]].lower()

    # ---- Names -------------------------------------------------------------------------------------------------------

    def name(self, expected: str = "a field name") -> Name:
        """A name: words joined by dots, each in backticks or not, or with a parameter among them."""
        position = self.position
        kind = self.kinds[position]
        start, end = self.starts[position], self.ends[position]
        if kind == "name" and self.kinds[position + 1] != ".":
            self.position = position + 1
            return Column(self.text[start:end], start=start, end=end)
        parts = []
        parameter = False
        while True:
            kind = self.kinds[self.position]
            part = self.text[self.start : self.ends[self.position]]
            if kind == "quoted":
                part = part[1:-1].replace("``", "`")
            elif kind == "parameter":
                parameter = True
            elif kind != "name":
                self._no_name(expected)
            parts.append(part)
            self.position += 1
            if not self.take("."):
                break
        name, end = ".".join(parts), self.last_end
        return self.parameter(start, end) if parameter else Column(name, start=start, end=end)

    def _no_name(self, expected: str) -> NoReturn:
        hint = None
        if self.kind == "string":
            content = self.text[self.start : self.ends[self.position]].strip('"')
            hint = f"a name stands in backticks or without any: {shorten(f'`{content}`')}"
        self.unexpected(expected, hint)

    def parameter(self, start: int, end: int) -> Parameter:
        """A parameter between two places, which is no use in a rule."""
        text = "".join(self.text[start:end].split())
        self.say("unusable", f"{shorten(text)} is a parameter", start, end, _UNUSABLE)
        return Parameter(text, start=start, end=end)

    def pattern(self, expected: str = "a field name") -> NamePattern:
        """A name in which there may be wildcards, where the lexer is in a command of such names."""
        position = self.position
        start, text = self.starts[position], self.text
        if self.kinds[position] == "name" and self.kinds[position + 1] != ".":
            end = self.ends[position]
            self.position = position + 1
            return self._split_pattern(text[start:end], start, end)
        pieces: list[str] = []
        parameter = False
        while True:
            kind = self.kinds[self.position]
            if kind == "parameter":
                parameter = True
            elif kind != "name":
                self._no_name(expected)
            pieces.append(text[self.start : self.ends[self.position]])
            self.position += 1
            if not self.take("."):
                break
        name, end = ".".join(pieces), self.last_end
        if parameter:
            return self.parameter(start, end)
        return self._split_pattern(name, start, end)

    def _split_pattern(self, name: str, start: int, end: int) -> NamePattern:
        if "*" not in name and "`" not in name:
            return Column(name, start=start, end=end)
        parts = [""]
        for match in _PIECE.finditer(name):
            if match[0] == "*":
                parts.append("")
            else:
                parts[-1] += match[0] if match[1] is None else match[1].replace("``", "`")
        if len(parts) == 1:
            return Column(parts[0], start=start, end=end)
        return ColumnPattern(tuple(parts), start=start, end=end)

    def plain_pattern(self) -> Name:
        """A name without wildcards, where the lexer is in a command of names with wildcards."""
        name = self.pattern()
        if isinstance(name, ColumnPattern):
            self.fail(f"{shorten(name.name)} is a pattern", name.start, name.end, "name one field")
        return name
