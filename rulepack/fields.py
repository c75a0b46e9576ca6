"""The kinds of values that rule files hold, each strict.

Each refuses with a `Problem` instead of a sentence, so that one place can turn every refusal into a diagnostic. Strict:
TOML has types, so `"5"` is no integer and `1` is no boolean. What marshmallow says of a whole table is in `judge`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from itertools import islice
from typing import Any, TypeAlias

from rulepack.diagnostics import MOST
from rulepack.frozen import frozen
from rulepack.likeness import closest

# Kibana is written in JavaScript: beyond this an integer changes its value on the way.
MAX_INTEGER = 2**53 - 1

# A longer integer is shown by its size.
_SHOWN_BITS = 80
# How much of a text is read, for each character that is shown of it.
_FOLDED = 20

# What Kibana's date math takes as a duration: whole number and unit. Nine digits of seconds are thirty years.
DURATION = re.compile(r"[1-9][0-9]{0,8}[smhd]")
DATE_MATH = re.compile(
    r"(?:now|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?(?:\|\|)?)"
    r"(?:[+-][0-9]{1,9}[yMwdhHms]|/[yMwdhHms])*"
)


@frozen
class Problem:
    """One reason to refuse a value: `kind` is `type`, `value` or `missing`; `path` leads on from the field."""

    kind: str
    message: str
    hint: str | None = None
    path: tuple[str | int, ...] = ()


def kind_of(value: object) -> str:
    """The TOML name of a value's type, with its article: `a string`, `an array`."""
    if isinstance(value, bool):
        return "a boolean"
    for python_type, name in (
        (str, "a string"),
        (int, "an integer"),
        (float, "a float"),
        ((date, time), "a date or time"),
        ((list, tuple), "an array"),
        (Mapping, "a table"),
    ):
        if isinstance(value, python_type):
            return name
    return "null"


# How a value of another type is written in TOML as what it must be.
_WRITE = {
    "a string": "put quotes around it",
    "a string or an array of strings": "put quotes around it",
    "an integer": "write a whole number, without quotes",
    "a boolean (true or false)": "write true or false, without quotes",
    "an array": "put it in brackets",
    "a table": "give it a [header] of its own, or write { key = value }",
}


_EXAMPLES = {
    "a string": '"..."',
    "a string or an array of strings": '"..."',
    "an array": "[...]",
    "a table": "{ ... }",
    "a boolean (true or false)": "true, or false",
}


def how_to_write(want: str, value: object) -> str | None:
    """What to do about a value of another type than the one that is wanted."""
    if isinstance(value, (list, tuple)) and want == "a table":
        return "write its header in single brackets, and only once"
    if isinstance(value, Mapping) and want == "an array":
        return "write its header in double brackets, [[...]]"
    if isinstance(value, (list, tuple, Mapping)) and want == "a string":
        return "write one text in quotes"
    if isinstance(value, str) and want == "an array":
        return f"put it in brackets: [{quote(value)}]"
    return _WRITE.get(want)


# Problems of a value, or of a table or an array by the names and numbers of what is in it.
Problems: TypeAlias = "list[Problem] | dict[Any, Problems]"


class RefusedError(ValueError):
    """A value that cannot be taken, with all that is wrong with it."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(problems)
        self.problems = problems


class Field:
    """Base of all: what a value must be, and what to say of one that is not."""

    want = "a value"

    def __init__(self, *, required: bool = False) -> None:
        self.required = required
        # What messages call it; a model's field is called by its name in the file.
        self.label = "the value"

    def call(self, label: str) -> None:
        """Give the field its name for messages."""
        self.label = label

    def deserialize(self, value: Any) -> Any:
        """The value as the model has it; raises RefusedError."""
        raise NotImplementedError

    def missing(self) -> Problem:
        """What to say where the field is not."""
        return Problem("missing", f"missing required field {self.label}", self.example())

    def wrong_type(self, value: object) -> RefusedError:
        """The refusal of a value of another type."""
        message = f"{self.label} is {kind_of(value)}, but must be {self.want}"
        return refuse("type", message, how_to_write(self.want, value))

    def example(self) -> str:
        """A hint for someone who has to add this field."""
        return f"add {self.label} = {_EXAMPLES.get(self.want, '...')}"


def refuse(kind: str, message: str, hint: str | None = None) -> RefusedError:
    """A refusal for one reason."""
    return RefusedError([Problem(kind, message, hint)])


class Text(Field):
    """A string; `empty=False` refuses one without a visible character."""

    want = "a string"

    def __init__(
        self,
        *,
        empty: bool = True,
        pattern: re.Pattern[str] | None = None,
        hint: str | None = None,
        required: bool = False,
    ) -> None:
        self.empty = empty
        self.pattern = pattern
        self.pattern_hint = hint
        super().__init__(required=required)

    def deserialize(self, value: Any) -> str:
        """The string itself."""
        if not isinstance(value, str):
            raise self.wrong_type(value)
        if not self.empty and not value.strip():
            raise refuse("value", f"{self.label} is empty", self.pattern_hint or "write something in it")
        if self.pattern is not None and self.pattern.fullmatch(value) is None:
            raise refuse("value", f"{self.label} cannot be {quote(value)}", self.pattern_hint)
        return value

    def example(self) -> str:
        """The pattern's hint, which shows a good value."""
        return self.pattern_hint or super().example()


class Choice(Field):
    """One of a few strings."""

    want = "a string"

    def __init__(self, *choices: str, required: bool = False) -> None:
        self.choices = choices
        super().__init__(required=required)

    def deserialize(self, value: Any) -> str:
        """The string itself."""
        if not isinstance(value, str):
            raise self.wrong_type(value)
        if value not in self.choices:
            near = closest(value, self.choices)
            choices = join_or(self.choices)
            raise refuse(
                "value", f"{self.label} cannot be {quote(value)}", f"did you mean {near}?" if near else f"use {choices}"
            )
        return value

    def example(self) -> str:
        """The choices."""
        return f"add {self.label}, which is {join_or(self.choices)}"


class Whole(Field):
    """An integer between two bounds, both included."""

    want = "an integer"

    def __init__(self, *, least: int = -MAX_INTEGER, most: int = MAX_INTEGER, required: bool = False) -> None:
        self.least = least
        self.most = most
        super().__init__(required=required)

    def deserialize(self, value: Any) -> int:
        """The integer itself."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong_type(value)
        if not self.least <= value <= self.most:
            hint = "use a smaller number" if value > self.most == MAX_INTEGER else f"use {self._range()}"
            raise refuse("value", f"{self.label} is {short_number(value)}, out of range", hint)
        return value

    def _range(self) -> str:
        if self.most == MAX_INTEGER:
            return f"{self.least} or more"
        return f"a whole number from {self.least} to {self.most}"

    def example(self) -> str:
        """The range."""
        return f"add {self.label}, which is {self._range()}"


class Flag(Field):
    """true or false."""

    want = "a boolean (true or false)"

    def deserialize(self, value: Any) -> bool:
        """The boolean itself."""
        if not isinstance(value, bool):
            raise self.wrong_type(value)
        return value


class Many(Field):
    """An array of one kind of thing, as a tuple; `most` and `least` bound its length."""

    want = "an array"

    def __init__(self, inner: Field, *, least: int = 0, most: int | None = None, required: bool = False) -> None:
        self.inner = inner
        self.least = least
        self.most = most
        super().__init__(required=required)

    def call(self, label: str) -> None:
        """Give the field, and what is in it, its name for messages."""
        super().call(label)
        self.inner.call(label)

    def deserialize(self, value: Any) -> tuple[Any, ...]:
        """A tuple of the entries."""
        if not isinstance(value, (list, tuple)):
            raise self.wrong_type(value)
        if len(value) < self.least:
            raise refuse("value", f"{self.label} is empty", f"name at least {self.least}")
        if self.most is not None and len(value) > self.most:
            message = f"{self.label} has {len(value)} entries, but may have at most {self.most}"
            raise refuse("value", message, f"remove {len(value) - self.most}")
        try:
            return tuple(map(self.inner.deserialize, value))
        except RefusedError:
            raise RefusedError(self._problems(value)) from None

    def _problems(self, value: Iterable[Any]) -> dict[Any, Problems]:
        """What is wrong with the entries, by their numbers."""
        errors: dict[Any, Problems] = {}
        for index, item in enumerate(value):
            try:
                self.inner.deserialize(item)
            except RefusedError as refused:
                errors[index] = refused.problems
                if len(errors) > MOST:
                    break
        return errors


class OneOrMany(Field):
    """A string or an array of strings, kept in the shape the file has."""

    want = "a string or an array of strings"

    def __init__(self, *, least: int = 0, most: int | None = None, required: bool = False) -> None:
        self.many = Many(Text(empty=False), least=least, most=most)
        super().__init__(required=required)

    def call(self, label: str) -> None:
        """Give the field, and the array that it may be, its name for messages."""
        super().call(label)
        self.many.call(label)

    def deserialize(self, value: Any) -> str | tuple[str, ...]:
        """The string, or a tuple of the strings."""
        if isinstance(value, str):
            if self.many.least and not value.strip():
                raise refuse("value", f"{self.label} is empty", "write something in it")
            return value
        if not isinstance(value, (list, tuple)):
            raise self.wrong_type(value)
        return self.many.deserialize(value)


class Json(Field):
    """Anything that JSON can carry, untouched: action params, filters, meta.

    `table=True` asks for a table; `sent=False` says that it never goes to Kibana, so that it may be anything.
    """

    def __init__(self, *, table: bool = False, sent: bool = True, required: bool = False) -> None:
        self.sent = sent
        self.want = "a table" if table else "a value"
        self.table = table
        super().__init__(required=required)

    def deserialize(self, value: Any) -> Any:
        """The value itself."""
        if value is None or (self.table and not isinstance(value, Mapping)):
            raise self.wrong_type(value)
        problems = list(islice(_beyond_json(value, ()), MOST + 1)) if self.sent else []
        if problems:
            raise RefusedError(problems)
        return value


def _beyond_json(value: object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """What JSON or JavaScript cannot carry: dates, NaN, infinity, integers beyond 2^53."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _beyond_json(item, (*path, name))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _beyond_json(item, (*path, index))
    elif isinstance(value, (date, time)):
        yield Problem("type", "a date or time cannot be sent to Kibana", "put quotes around it", path)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem("value", f"{value} cannot be sent to Kibana", "use a finite number", path)
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        message = f"{short_number(value)} is beyond 2^53 - 1 and would change its value in Kibana"
        yield Problem("value", message, "use a smaller number, or put quotes around it", path)


def join_or(words: Iterable[str]) -> str:
    """`a, b or c`."""
    listed = list(words)
    if len(listed) <= 1:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} or {listed[-1]}"


def join_and(words: Iterable[str]) -> str:
    """`a, b and c`."""
    listed = list(words)
    if len(listed) <= 1:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} and {listed[-1]}"


def short(value: str, limit: int = 48) -> str:
    """A value on one line, cut when it is long."""
    folded = " ".join(value[: limit * _FOLDED].split())
    return folded if len(folded) <= limit and len(value) <= limit * _FOLDED else folded[: limit - 1] + "…"


def quote(value: str, limit: int = 48) -> str:
    """A value in double quotes on one line, cut when it is long."""
    return f'"{short(value, limit)}"'


def spelled(name: str) -> str:
    """The name of a key as messages show it: in quotes where nobody would see it otherwise."""
    return short(name) if name and name == name.strip() else quote(name)


def short_number(value: int) -> str:
    """An integer in digits, or its size when that would fill the line."""
    bits = value.bit_length()
    return str(value) if bits <= _SHOWN_BITS else f"a number of {bits} bits"
