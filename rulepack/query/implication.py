"""Whether one condition follows from another, or cannot hold together with it. "No" always means "not surely"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from rulepack.frozen import frozen
from rulepack.query.logic import Always, And, Logic, Nested, Not, Or, Scalar, Test
from rulepack.query.types import family, is_integer_type, to_number
from rulepack.query.wildcard import Glob, covers, disjoint, globs_of, text_of

_VALUES = ("is", "like")
_RANGES = ("<", "<=", ">", ">=")
# Comparisons of values for one condition: ten times what any public rule needs, and less than a second.
_MOST_WORK = 500_000
# One word for every tokenizer that Elasticsearch has, and for text in which words are looked for a word.
_ONE_WORD = re.compile(r"[A-Za-z0-9_]*")


@frozen
class Fields:
    """What is known about fields, as far as conclusions rest on it.

    `types` gives all Elasticsearch types that a field may have, none where that is not known. `single` tells whether a
    field surely never holds two values at once. `by_words` says that the language (KQL, Lucene) looks for words where
    a field is text, and takes a text for a number, an address or a date where the field is one.
    """

    types: Callable[[str], tuple[str, ...]]
    single: Callable[[str], bool]
    by_words: bool


def conjuncts(logic: Logic) -> tuple[Logic, ...]:
    """The conditions that must all hold."""
    return logic.parts if isinstance(logic, And) else (logic,)


class Reasoner:
    """Compares conditions, which must live as long as it does; what it found out about each is kept.

    Hostile conditions would have it compare for hours: after much work it knows nothing any more.
    """

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._globs: dict[tuple[int, bool], list[Glob]] = {}
        self._keys: dict[int, int] = {}
        self._numbers: dict[object, int] = {}
        self._kinds: dict[str, Literal["whole", "number", "unknown"]] = {}
        self._left = _MOST_WORK

    def spend(self, work: int) -> bool:
        """Whether that many comparisons may still be made; they are counted."""
        self._left -= work
        return self._left >= 0

    def globs(self, test: Test, *, folded: bool) -> list[Glob]:
        """The values of an `is` or `like` test, ready to compare."""
        key = (id(test), folded)
        found = self._globs.get(key)
        if found is None:
            found = self._globs[key] = globs_of(test, folded=folded)
        return found

    def key(self, logic: Logic) -> int:
        """A number that is the same for conditions that are alike, wherever they stand; each is looked at once."""
        found = self._keys.get(id(logic))
        if found is None:
            found = self._keys[id(logic)] = self._numbers.setdefault(self._content(logic), len(self._numbers))
        return found

    def _content(self, logic: Logic) -> object:
        if isinstance(logic, And | Or):
            return type(logic), frozenset(map(self.key, logic.parts))
        if isinstance(logic, Not):
            return Not, self.key(logic.part)
        if isinstance(logic, Nested):
            return logic.path, self.key(logic.part)
        if isinstance(logic, Test) and logic.operator in _VALUES:
            texts = frozenset([glob.text for glob in self.globs(logic, folded=logic.folded)])
            return logic.field, texts, logic.folded
        return logic

    def whole(self, name: str) -> bool:
        """Whether a field's values are surely compared with as a whole."""
        return not self.fields.by_words or self._kind(name) == "whole"

    def _kind(self, name: str) -> Literal["whole", "number", "unknown"]:
        """How the values of a field are compared: as whole texts, as whole numbers, or in a way that is not known."""
        found = self._kinds.get(name)
        if found is None:
            types = self.fields.types(name)
            if types and all(family(one) in ("keyword", "boolean") for one in types):
                found = "whole"
            else:
                found = "number" if types and all(map(is_integer_type, types)) else "unknown"
            self._kinds[name] = found
        return found

    def number_of(self, test: Test, value: Scalar) -> float | None:
        """A value as the number that it surely is for the field; None if it may be something else."""
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, int):
            return value
        return to_number(text_of(value)) if self._kind(test.field) == "number" else None

    def implies(self, narrow: Logic, wide: Logic) -> bool:
        """Whether `wide` holds wherever `narrow` does."""
        if not self.spend(1):
            return False
        if isinstance(narrow, Test) and isinstance(wide, Test):
            return self.test_implies(narrow, wide)
        if isinstance(wide, Always) and wide.value:
            return True
        if isinstance(narrow, Always) and not narrow.value:
            return True
        if type(narrow) is type(wide) and self.key(narrow) == self.key(wide):
            return True
        if isinstance(wide, And):
            return all(self.implies(narrow, part) for part in wide.parts)
        if isinstance(narrow, Or):
            return all(self.implies(part, wide) for part in narrow.parts)
        if isinstance(narrow, And) and any(self.implies(part, wide) for part in narrow.parts):
            return True
        if isinstance(wide, Or):
            return any(self.implies(narrow, part) for part in wide.parts)
        return isinstance(narrow, Not) and isinstance(wide, Not) and self.implies(wide.part, narrow.part)

    def test_implies(self, narrow: Test, wide: Test) -> bool:
        """The same for two tests; also right for a field that holds several values."""
        if narrow.field != wide.field:
            return False
        if wide.operator == "exists":
            return all(value.value is not None for value in narrow.values)
        if narrow.operator in _VALUES and wide.operator in _VALUES:
            return next(self.uncovered(narrow, wide), None) is None
        if narrow.operator in _RANGES and wide.operator in _RANGES and narrow.operator[0] == wide.operator[0]:
            return self._range_implies(narrow, wide)
        if narrow.operator == "is" and wide.operator in _RANGES:
            return self._within(narrow, wide) == {True}
        return self.key(narrow) == self.key(wide)

    def uncovered(self, narrow: Test, wide: Test) -> Iterator[int]:
        """The numbers of the values of one test (`is` or `like`) that another does not surely cover."""
        if narrow.folded and not wide.folded:
            yield from range(len(narrow.values))
            return
        wides = self.globs(wide, folded=wide.folded)
        exact = {glob.text for glob in wides}
        wild = [glob for glob in wides if glob.wild]
        if not self.spend(len(wides) + len(narrow.values) * (1 + len(wild))):
            wild = []
        whole = not wild or self.whole(wide.field)
        for number, glob in enumerate(self.globs(narrow, folded=wide.folded)):
            if glob.text not in exact and not any(self.covers(one, glob, whole=whole) for one in wild):
                yield number

    def covers(self, wide: Glob, narrow: Glob, *, whole: bool) -> bool:
        """Whether a pattern surely covers another value of a field, of which `whole` is known."""
        return covers(wide, narrow) and (whole or _within_words(wide, narrow))

    def exclude(self, one: Test, other: Test) -> bool:
        """Whether no event can pass both tests, which are of the same field."""
        if not self.fields.single(one.field):
            return False
        if one.operator in _VALUES and other.operator in _VALUES:
            return self._values_exclude(one, other)
        if one.operator in _RANGES and other.operator == "is":
            one, other = other, one
        if one.operator == "is" and other.operator in _RANGES:
            return self._within(one, other) == {False}
        if one.operator in _RANGES and other.operator in _RANGES:
            return self._ranges_exclude(one, other)
        return False

    def _values_exclude(self, one: Test, other: Test) -> bool:
        if not self.spend(len(one.values) * len(other.values)):
            return False
        kind = self._kind(one.field)
        if kind == "whole":
            # Whether case counts is no matter here: what differs in more than case differs either way.
            mine, theirs = self.globs(one, folded=True), self.globs(other, folded=True)
            return all(disjoint(a, b) for a in mine for b in theirs)
        if kind == "number" and one.operator == other.operator == "is":
            numbers = [{self.number_of(test, value.value) for value in test.values} for test in (one, other)]
            return None not in numbers[0] | numbers[1] and numbers[0].isdisjoint(numbers[1])
        return False

    def _within(self, test: Test, allowed: Test) -> set[bool | None]:
        """Whether the numbers of a test pass a range; None for what is not known."""
        if not self.spend(len(test.values)):
            return {None}
        bound = self._bound(allowed)
        numbers = {self.number_of(test, value.value) for value in test.values}
        if bound is None:
            return {None}
        return {None if number is None else _passes(number, allowed.operator, bound) for number in numbers}

    def _bound(self, test: Test) -> float | None:
        return self.number_of(test, test.values[0].value) if len(test.values) == 1 else None

    def _range_implies(self, narrow: Test, wide: Test) -> bool:
        inner, outer = self._bound(narrow), self._bound(wide)
        if inner is None or outer is None:
            return self.key(narrow) == self.key(wide)
        if inner == outer:
            return narrow.operator == wide.operator or wide.operator in ("<=", ">=")
        return inner < outer if narrow.operator.startswith("<") else inner > outer

    def _ranges_exclude(self, one: Test, other: Test) -> bool:
        if one.operator[0] == other.operator[0]:
            return False
        upper, lower = (one, other) if one.operator.startswith("<") else (other, one)
        most, least = self._bound(upper), self._bound(lower)
        if most is None or least is None:
            return False
        # 3 < x < 4 holds for some numbers, if not for whole ones: that is not judged.
        return most < least or (most == least and upper.operator + lower.operator != "<=>=")


def _within_words(wide: Glob, narrow: Glob) -> bool:
    """Whether a pattern that covers another does so in a text as well, where each pattern is held against each word."""
    if not all(_ONE_WORD.fullmatch(segment) for segment in wide.segments):
        return False
    if all(_ONE_WORD.fullmatch(segment) for segment in narrow.segments):
        return True
    # `*word*` is right for whatever holds these letters in a row, unless blanks make several patterns of it.
    inside = wide.segments[0] == wide.segments[-1] == "" and len(wide.segments) == 3  # noqa: PLR2004 (* word *)
    return inside and not (narrow.wild and any(character.isspace() for character in narrow.text))


def _passes(number: float, operator: str, bound: float) -> bool:
    return {"<": number < bound, "<=": number <= bound, ">": number > bound, ">=": number >= bound}[operator]


def spelled_value(test: Test, number: int = 0) -> str:
    """A value of a test as people write it: wildcards as they are."""
    value = test.values[number]
    if test.operator == "like" and value.parts:
        return "".join(part + mark for part, mark in zip(value.parts, (*value.wild, ""), strict=True))
    return "null" if value.value is None else text_of(value.value)
