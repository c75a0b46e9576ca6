"""Constants of ES|QL: numbers, texts, time spans, lists and maps of options."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final, NoReturn

from rulepack.query.base import MAX_DEPTH, MAX_ERRORS
from rulepack.query.esql import ast
from rulepack.query.esql import words as w
from rulepack.query.esql.cursor import Cursor
from rulepack.query.esql.functions import nearest, shorten
from rulepack.query.esql.inner import offsets
from rulepack.query.esql.patterns import PatternProblems

# What a time span is counted in: https://www.elastic.co/docs/reference/query-languages/esql/esql-time-spans
UNITS: Final = frozenset({
    "millisecond", "milliseconds", "ms", "second", "seconds", "sec", "s", "minute", "minutes", "min", "m",
    "hour", "hours", "h", "day", "days", "d", "week", "weeks", "w", "month", "months", "mo",
    "quarter", "quarters", "q", "year", "years", "yr", "y",
})  # fmt: skip
_NUMBERS: Final = frozenset({"integer", "decimal"})
_ITEMS: Final = frozenset({"string", "integer", "decimal", "true", "false", "-", "+"})
_BOOLEANS: Final = {"true": True, "false": False}
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r"}
_LONG: Final = 2**63
_UNSIGNED_LONG: Final = 2**64
# Python refuses to read longer integers; a double holds 309 digits at most.
_DIGITS: Final = 400


class ConstantParser(Cursor):
    """Reads constants; expressions are read by what is built on it."""

    def higher(self, start: int) -> None:
        """Count one more level of the tree that was read last."""
        self.height += 1
        if self.height > MAX_DEPTH:
            self.too_deep(start)

    def constant(self, expected: str = "a value") -> ast.Constant:
        """A number, text, truth value, null, time span, list or parameter."""
        kind = self.kind
        start, end = self.start, self.ends[self.position]
        if kind == "string":
            return self.string()
        if kind in _NUMBERS or (kind in {"-", "+"} and self.kinds[self.position + 1] in _NUMBERS):
            return self._number()
        if kind in _BOOLEANS:
            self.position += 1
            return ast.Literal(_BOOLEANS[kind], "boolean", start=start, end=end)
        if kind == "null":
            self.position += 1
            return ast.Literal(None, "null", start=start, end=end)
        if kind == "parameter":
            self.position += 1
            return self.parameter(start, end)
        if kind != "[":
            self._no_constant(expected)
        return self._array()

    def _no_constant(self, expected: str) -> NoReturn:
        hints = {
            "not": "put the negation in parentheses: (NOT a)",
            "{": "a map is the last argument of a function, or stands after WITH",
            "*": "* stands in COUNT(*), KEEP and DROP only",
            "where": "WHERE is a command of its own: put | before it",
        }
        if self.kind == ")" and self.depth:
            start, end = self.start, self.ends[self.position]
            self.fail(f") stands where {expected} should stand", start, end, "write a value before it")
        self.unexpected(expected, hints.get(self.kind))

    def string(self) -> ast.Literal:
        """Text in quotes, what it means: escapes are undone in "...", there are none in three quotes."""
        start, end = self.starts[self.position], self.ends[self.position]
        self.position += 1
        text = self.text[start:end]
        if text.startswith('"""') and len(text) >= 6:  # noqa: PLR2004 (three quotes at either end)
            return ast.Literal(text[3:-3], "string", start=start, end=end)
        text = text[1:-1]
        if "\\" in text:
            text = _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text)
        return ast.Literal(text, "string", start=start, end=end)

    def say_within(self, text: ast.Literal, problems: PatternProblems) -> None:
        """Note what is wrong within a text, at the places in the query that its characters have."""
        places: list[int] | None = None
        for found in islice(problems(str(text.value)), MAX_ERRORS):
            places = places or offsets(text, self.text)
            self.say(found.kind, found.message, places[found.start], places[found.end], found.hint)

    def _number(self) -> ast.Literal | ast.TimeSpan:
        first = self.position
        sign = self.text[self.start] if self.kinds[first] in {"-", "+"} else ""
        self.position += bool(sign)
        start, end = self.starts[first], self.ends[self.position]
        kind = self.kinds[self.position]
        digits = ("-" if sign == "-" else "") + self.text[self.start : end]
        self.position += 1
        if kind == "integer":
            short = len(digits) <= _DIGITS
            if short and self.kind == "name" and not self._begins_something():
                return self._time_span(int(digits), start)
            if short and -_LONG <= (value := int(digits)) < _UNSIGNED_LONG:
                return ast.Literal(value, "integer", start=start, end=end)
        number = float(digits)
        if number in {float("inf"), float("-inf")}:
            self.say("semantics", f"{shorten(digits)} is larger than any number", start, end, "write a smaller one")
        return ast.Literal(number, "decimal", start=start, end=end)

    def _begins_something(self) -> bool:
        """Whether the word behind a number is no unit: the next column, or the query behind a setting."""
        return self.kinds[self.position + 1] == "=" or self.word() in w.SOURCE_COMMANDS

    def _time_span(self, value: int, start: int) -> ast.TimeSpan:
        unit_start, end = self.start, self.ends[self.position]
        unit = self.text[unit_start:end]
        if "." in unit:
            self.unexpected("an operator")
        self.position += 1
        if unit.lower() not in UNITS:
            hint = nearest(unit.lower(), UNITS) or "a number before a word is a time span, such as `5 minutes`"
            self.say("semantics", f"{shorten(unit)} is no unit of time", unit_start, end, hint)
        return ast.TimeSpan(value, unit.lower(), start=start, end=end)

    def _array(self) -> ast.Array:
        opened = self.position
        self.position += 1
        items: list[ast.Literal] = []
        while True:
            if self.kinds[self.position] not in _ITEMS:
                self.unexpected("a constant", "a list holds numbers, texts or truth values, all of one kind")
            position = self.position
            item = self.constant()
            assert isinstance(item, ast.Literal | ast.TimeSpan)
            if isinstance(item, ast.TimeSpan):
                self.fail("a list holds no time spans", item.start, item.end, "compare with each of them")
            if items and _family(item) != _family(items[0]):
                message = f"a list of {items[0].kind} values holds no {item.kind}"
                self.fail(message, self.starts[position], self.last_end, "write all of one kind")
            items.append(item)
            if not self.take(","):
                break
        self.close("]", opened)
        return ast.Array(tuple(items), start=self.starts[opened], end=self.last_end)

    def map(self) -> ast.Map:
        """Named options in braces."""
        opened = self.position
        self.expect("{", "a map of options", 'write {"key": value}')
        self.deeper()
        entries: list[tuple[ast.Literal, ast.MapValue]] = []
        height = 0
        while not (self.kind == "}" and not entries):
            if self.kind != "string":
                self.unexpected("a key in quotes", 'a key is text in double quotes: {"key": value}')
            key = self.string()
            self.expect(":", "a colon", 'write {"key": value}')
            self.height = 1
            value = self.map() if self.kind == "{" else self.constant()
            height = max(height, self.height)
            entries.append((key, value))
            if not self.take(","):
                break
        self.close("}", opened)
        self.depth -= 1
        self.height = height
        self.higher(self.starts[opened])
        return ast.Map(tuple(entries), start=self.starts[opened], end=self.last_end)


def _family(item: ast.Literal) -> str:
    return "number" if item.kind in _NUMBERS else item.kind
