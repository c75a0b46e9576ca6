"""KQL text to its tree: recursive descent over Kibana's grammar, going on behind each error."""

from __future__ import annotations

import re
from typing import Final, TypeAlias
from typing import Literal as OneOf

from rulepack.query.base import MAX_DEPTH, MAX_ERRORS, QueryError
from rulepack.query.kql import hints
from rulepack.query.kql.ast import And, Is, Literal, Nested, Node, Not, Or, Range, RangeOperator, Wildcard
from rulepack.query.kql.lexer import GAP, JOINT, MARK, NOT, OPERATORS, QUOTED, SPACE, WORDS, quoted, words

_RANGES: Final[dict[str, RangeOperator]] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CLOSERS: Final = {"(": ")", "{": "}"}
# What can end the part of a query that is skipped after an error, and what such an end can hide in.
_LANDMARK: Final = re.compile(
    rf'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\\.|[(){{}}]|[{SPACE}](?=(?:and|or)[{SPACE}])', re.DOTALL | re.IGNORECASE
)

# What can make an unquoted text a trap.
_ODD: Final = re.compile(r"[\s=']|&&|\|\||null")


class _Hopeless(Exception):  # noqa: N818 (it ends the reading, and says nothing)
    """There is no use in reading on."""


Role: TypeAlias = OneOf["field", "value", "free text"]
Unquoted: TypeAlias = list[tuple[Role, Literal | Wildcard]]


def read(text: str) -> tuple[Node | None, list[QueryError], Unquoted]:
    """The tree of a query, its syntax errors, and its unquoted texts that are more than one plain word.

    Each of those comes with its role.

    With errors the tree is what could be saved, and None if nothing could.
    """
    parser = _Parser(text)
    try:
        tree = parser.query()
    except _Hopeless:
        tree = None
    return tree, parser.errors, parser.odd


class _Parser:
    """Where it is in the text, and what it has found.

    `opened` is the place of the bracket that the parser is in, None outside of all. `in_values` says that it is in a
    group of values, as in `field: (a or b)`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.end = 0  # of the last thing that was read, without the spaces behind it
        self.depth = 0
        self.lost = False  # an error has swallowed the rest, closing brackets and all
        self.errors: list[QueryError] = []
        self.odd: Unquoted = []

    def query(self) -> Node | None:
        """The whole text. One without anything in it means `*: *`."""
        start = self._skip()
        if start == len(self.text):
            everything = Wildcard(("", ""), start, start)
            return Is(everything, everything, start, start)
        return self._chain(None, in_values=False)

    def _skip(self) -> int:
        found = GAP.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return self.at

    def _report(self, error: QueryError) -> None:
        self.errors.append(error)
        if len(self.errors) >= MAX_ERRORS:
            raise _Hopeless

    def _deeper(self, at: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._report(hints.too_deep(self.text, at))
            raise _Hopeless

    def _chain(self, opened: int | None, *, in_values: bool) -> Node | None:
        """Queries or values joined with `and` and `or`, up to the bracket that closes them, or the end."""
        alternatives: list[Node] = []
        parts: list[Node] = []
        start = first = self.at
        while True:
            part = self._operand(opened, in_values=in_values)
            if part is not None:
                parts.append(part)
            end = self.end
            joint = JOINT.match(self.text, self.at) or self._bridge(opened, first, in_values=in_values)
            if joint is not None:
                self.at = joint.end()
                if joint[1]:
                    continue
            if parts:
                alternatives.append(parts[0] if len(parts) == 1 else And(tuple(parts), first, end))
            if joint is None:
                break
            parts = []
            first = self.at
        if len(alternatives) > 1:
            return Or(tuple(alternatives), start, end)
        return alternatives[0] if alternatives else None

    def _bridge(self, opened: int | None, first: int, *, in_values: bool) -> re.Match[str] | None:
        """The `and` or `or` behind an operand, None where the chain ends; what stands between is an error."""
        while True:
            joint = JOINT.match(self.text, self.at)
            if joint is not None:
                return joint
            at = self._skip()
            if at == len(self.text):
                return None
            if self.text[at] not in ")}":
                self._stray(at, first, in_values=in_values)
            elif opened is not None:
                return None
            else:
                self._report(hints.unopened(self.text, at))
                self.at = at + 1

    def _stray(self, at: int, first: int, *, in_values: bool) -> None:
        """Say what is wrong with something behind an operand, and go on behind it."""
        mark = self.text[at]
        if mark == '"' and QUOTED.match(self.text, at) is None:
            self._unterminated(at)
            return
        self._report(hints.unexpected(self.text, at, first, in_values=in_values))
        # What is in brackets or quotes goes with them.
        self._resume(at if mark in '({"' else at + 1)

    def _unterminated(self, at: int) -> None:
        self.lost = True
        self._report(hints.unterminated(self.text, at))
        self.at = len(self.text)

    def _resume(self, at: int) -> None:
        """Go to the next `and`, `or` or closing bracket of the chain, from `at` on."""
        depth = 0
        for found in _LANDMARK.finditer(self.text, at):
            mark = found[0]
            if mark in _CLOSERS:
                depth += 1
            elif mark in {")", "}"} and depth:
                depth -= 1
            elif not depth and mark[0] not in '"\\':
                self.at = found.start()
                return
        self.lost = True
        self.at = len(self.text)

    def _operand(self, opened: int | None, *, in_values: bool) -> Node | None:
        """A query or a value, with or without `not`."""
        start = self.at
        if self.text[start : start + 1] not in {"n", "N"}:
            return self._unit(opened, in_values=in_values)
        negation = NOT.match(self.text, start)
        if negation is None:
            return self._unit(opened, in_values=in_values)
        self.at = negation.end()
        again = NOT.match(self.text, self.at)
        if again is not None:
            self._report(hints.twice_not(self.text, again.start()))
            while again is not None:
                self.at = again.end()
                again = NOT.match(self.text, self.at)
        self._deeper(start)
        part = self._unit(opened, in_values=in_values)
        self.depth -= 1
        return None if part is None else Not(part, start, self.end)

    def _unit(self, opened: int | None, *, in_values: bool) -> Node | None:
        """Parentheses, a value, free text, or a field and what it is compared with."""
        text = self.text
        start = self.at
        if text.startswith("(", start):
            return self._group(in_values=in_values)
        literal = self._literal(opened)
        if literal is None or in_values:
            return literal
        mark = MARK.match(text, self.at)
        if self.odd and self.odd[-1][1] is literal:
            self.odd[-1] = ("free text" if mark is None else "field", literal)
        if mark is None:
            return Is(None, literal, literal.start, literal.end)
        self.at = mark.end()
        if mark[1] != ":":
            bound = self._literal(opened)
            return None if bound is None else Range(literal, _RANGES[mark[1]], bound, literal.start, bound.end)
        if text.startswith("{", self.at):
            query = self._group(in_values=False)
            return None if query is None else Nested(literal, query, literal.start, self.end)
        values = self._group(in_values=True) if text.startswith("(", self.at) else self._literal(opened)
        return None if values is None else Is(literal, values, literal.start, self.end)

    def _group(self, *, in_values: bool) -> Node | None:
        """What is in parentheses or braces."""
        opened = self.at
        self._deeper(opened)
        self.at = opened + 1
        self._skip()
        node = self._chain(opened, in_values=in_values)
        self.depth -= 1
        self._skip()
        if self.at < len(self.text):
            if self.text[self.at] != _CLOSERS[self.text[opened]]:
                self._report(hints.closed_wrongly(self.text, opened, self.at))
            self.at += 1
        elif not self.lost:
            self._report(hints.unclosed(self.text, opened))
        self.end = self.at
        return node

    def _literal(self, opened: int | None) -> Literal | Wildcard | None:
        """A quoted or unquoted text. Where there is none, that is said, and what stands there is stepped over."""
        text, at = self.text, self.at
        literal: Literal | Wildcard
        found = QUOTED.match(text, at) if text.startswith('"', at) else WORDS.match(text, at)
        if found is None:
            self._missing(opened)
            return None
        raw = found[0]
        self.at = found.end()
        if raw[0] == '"':
            literal = quoted(raw, at)
        else:
            literal = words(raw, at)
            if _ODD.search(text, literal.start, literal.end) or text[literal.start : literal.end] in OPERATORS:
                self.odd.append(("value", literal))
        self.end = literal.end
        return literal

    def _missing(self, opened: int | None) -> None:
        """Say what is wrong where a query or value should be, and go on behind it."""
        text, at = self.text, self.at
        mark = text[at : at + 1]
        if not mark:
            self.lost = True
            self._report(hints.ended(text))
        elif mark in {")", "}"} and opened is None:
            self._report(hints.unopened(text, at))
            self.at = at + 1
        elif mark in {")", "}"}:
            self._report(hints.empty(text, at))
        elif mark == '"':
            self._unterminated(at)
        else:
            self._report(hints.misplaced(text, at))
            self._resume(at if mark == "{" else at + 1)
