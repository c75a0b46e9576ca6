"""What EQL compares with constants and lists: `in`, `like`, `regex`, `:` and the forms that ignore case."""

from __future__ import annotations

from rulepack.query.eql import ast
from rulepack.query.eql.cursor import Cursor, UnreadableError, shown
from rulepack.query.eql.lexer import KEYWORDS, is_closed, is_plain, number_value, string_value

PATTERNS: dict[str, ast.PatternOperator] = {
    ":": ":", "like": "like", "like~": "like~", "regex": "regex", "regex~": "regex~",
}  # fmt: skip
LISTS = {"in": False, "in~": True}
CONSTANTS: dict[str, tuple[bool | None, ast.LiteralType]] = {
    "true": (True, "boolean"), "false": (False, "boolean"), "null": (None, "null"),
}  # fmt: skip


class Lists(Cursor):
    """Reads constants, and the lists of values behind an operator."""

    __slots__ = ()

    def condition(self) -> ast.Expression | None:
        """A condition, as one value of a list; `Expressions` has it."""
        raise NotImplementedError

    def constant(self) -> ast.Literal | None:
        """The constant that is next, or None if something else is."""
        at = self.at
        word = self.texts[at]
        first = word[:1]
        start, end = self.starts[at], self.ends[at]
        if first == '"':
            if is_plain(word):
                value = word[1:-1]
            elif is_closed(word):
                value = string_value(word, start, self.errors)
            else:
                raise self.unexpected("a value")
            literal = ast.Literal(value, "string", start, end)
        elif word in CONSTANTS:
            literal = ast.Literal(*CONSTANTS[word], start, end)
        elif first and (first in "0123456789" or (first == "." and len(word) > 1)):
            number = number_value(word)
            if number is None:
                raise self.failure("this number is too large", "the largest is about 1.8e308")
            literal = ast.Literal(number, "integer" if isinstance(number, int) else "double", start, end)
        elif first in ("'", "?") and len(word) > 1:
            literal = self._old_string(word)
        else:
            return None
        self.at += 1
        return literal

    def plain_strings(self) -> list[ast.Literal]:
        """As many strings without escapes as are next with a comma behind each; nearly all long lists are of these."""
        texts, starts, ends = self.texts, self.starts, self.ends
        at = self.at
        found = []
        while texts[at + 1 : at + 2] == [","] and is_plain(word := texts[at]):
            found.append(ast.Literal(word[1:-1], "string", starts[at], ends[at]))
            at += 2
        self.at = at
        return found

    def _old_string(self, word: str) -> ast.Literal:
        """A string as Endgame's EQL has it: an error, but what it means is clear."""
        start, end = self.starts[self.at], self.ends[self.at]
        if word[0] == "?":
            value, hint = word[2:-1], f'raw strings are in three double quotes: """{shown(word[2:-1])}"""'
        elif is_closed(word):
            value, hint = word[1:-1], f'strings are in double quotes: "{shown(word[1:-1])}"'
        else:
            raise self.unexpected("a value")
        self.note(f"{shown(word)} is no string in Elasticsearch", start, end, hint)
        return ast.Literal(value, "string", start, end)

    def pattern(self, operand: ast.Expression, operator: str) -> ast.Pattern:
        """The patterns behind an operator: one constant, or several in parentheses."""
        height = self.height
        self.at += 1
        if self.texts[self.at] == "(":
            values = self._constants(operator)
        else:
            value = self.constant()
            if value is None:
                raise self._no_constant(operator)
            values = (value,)
        self.height = height + 1
        return ast.Pattern(PATTERNS[operator], operand, values, operand.start, self.last_end())

    def _no_constant(self, operator: str) -> UnreadableError:
        word = self.texts[self.at]
        if word == "[":
            return self.failure("unexpected [", f'lists are in parentheses: {operator} ("a", "b")')
        if word[:1].isalpha() and word not in KEYWORDS:
            return self.failure(
                f"{operator} compares with constants only, not {shown(word)}",
                "put text in double quotes; fields cannot be compared with fields",
            )
        return self.unexpected(f"a constant after {operator}")

    def _constants(self, operator: str) -> tuple[ast.Literal, ...]:
        opened = self.at
        texts = self.texts
        self.at += 1
        values = self.plain_strings()
        while True:
            value = self.constant()
            if value is None:
                if texts[self.at] == ")":
                    self.no_value(values)
                    break
                if self._second_comma():
                    continue
                self._no_constant(operator)
                self.leave()
                raise UnreadableError
            values.append(value)
            if not self._goes_on(opened):
                break
        self.at += 1
        return tuple(values)

    def no_value(self, values: list[ast.Literal] | list[ast.Expression]) -> None:
        """A list that ends where a value should stand: empty, or with a comma too many."""
        if values:
            at = self.at - 1
            self.note("a comma after the last value", self.starts[at], self.ends[at], "remove it")
        else:
            self.note("an empty list", self.starts[self.at - 1], self.ends[self.at], 'name the values: ("a", "b")')

    def _second_comma(self) -> bool:
        """Whether a comma stands where a value should: an error, but the list goes on behind it."""
        if self.texts[self.at] != ",":
            return False
        self.note("a comma too many", self.starts[self.at], self.ends[self.at], "remove it")
        self.at += 1
        return True

    def _goes_on(self, opened: int) -> bool:
        """Behind a value of a list: whether another follows. A comma that is missing is noted."""
        word = self.texts[self.at]
        if word == ",":
            self.at += 1
            return True
        if word == ")":
            return False
        if word[:1] == '"':
            last = self.at - 1
            self.note(
                "a comma is missing between two values", self.starts[last], self.ends[self.at], "put a , between them"
            )
            return True
        if word in ("", "]", "|"):
            raise self.failure("this ( is never closed", "add the ) that belongs to it", opened)
        self.unexpected(", or )")
        self.leave()
        raise UnreadableError

    def membership(self, operand: ast.Expression, operator: str, *, negated: bool) -> ast.In:
        """The list behind `in`."""
        height = self.height
        self.at += 1
        if self.texts[self.at] != "(":
            values = self._single(operator)
        else:
            values = self._expressions()
            height = max(height, self.height)
        self.rise(height + 1)
        return ast.In(operand, values, LISTS[operator], negated, operand.start, self.last_end())

    def _single(self, operator: str) -> tuple[ast.Expression, ...]:
        """A value behind `in` without parentheses: an error, but a clear one."""
        at = self.at
        value = self.constant()
        hint = f'write {operator} ("a", "b"), with the values in parentheses'
        if value is None:
            raise self.failure(f"no list after {operator}", hint)
        self.note(f"no list after {operator}", self.starts[at], self.ends[at], hint)
        if self.texts[self.at] == ",":
            self.leave()
        return (value,)

    def _expressions(self) -> tuple[ast.Expression, ...]:
        opened = self.at
        texts = self.texts
        height = 1
        self.at += 1
        values: list[ast.Expression] = [*self.plain_strings()]
        while True:
            at = self.at
            following = texts[at + 1] if texts[at] else ""
            value = self.constant() if following in (",", ")") or following[:1] == '"' else None
            if value is None:
                if texts[at] == ")":
                    self.no_value(values)
                    break
                if self._second_comma():
                    continue
                expression = self.condition()
                if expression is not None:
                    values.append(expression)
                    height = max(height, self.height)
            else:
                values.append(value)
            if not self._goes_on(opened):
                break
        self.at += 1
        self.height = height
        if not values:
            raise UnreadableError
        return tuple(values)

    def negated(self, operand: ast.Expression) -> ast.Expression:
        """What stands behind `value not`: `in`, and nothing else."""
        at = self.at
        self.at += 1
        word = self.corrected()
        if word in LISTS:
            return self.membership(operand, word, negated=True)
        if word in PATTERNS:
            name = self.text[operand.start : operand.end]
            self.note(
                f"not {word} does not exist",
                self.starts[at],
                self.ends[self.at],
                f"put not before the field: not {shown(name)} {word} ...",
            )
            return ast.Not(self.pattern(operand, word), operand.start, self.last_end())
        self.at = at
        raise self.failure("unexpected not", "join two conditions with and, or; only in has a not before it")
