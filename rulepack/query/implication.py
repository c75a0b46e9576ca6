"""Whether one condition follows from another, or cannot hold together with it. "No" always means "not surely"."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rulepack.query.logic import Always, And, Logic, Not, Or, Test
from rulepack.query.wildcard import Glob, covers, disjoint, globs_of, text_of

_VALUES = ("is", "like")
_RANGES = ("<", "<=", ">", ">=")
# Comparing every value with every other: more than any rule needs, and a hostile one ends in a moment.
_MOST_PAIRS = 20_000
_MOST_PARTS = 200


def conjuncts(logic: Logic) -> tuple[Logic, ...]:
    """The conditions that must all hold."""
    return logic.parts if isinstance(logic, And) else (logic,)


def _few(parts: tuple[Logic, ...]) -> bool:
    return len(parts) <= _MOST_PARTS


class Reasoner:
    """Compares conditions, which must live as long as it does; the values of each test are made ready once."""

    def __init__(self) -> None:
        self._globs: dict[tuple[int, bool], list[Glob]] = {}

    def globs(self, test: Test, *, folded: bool) -> list[Glob]:
        """The values of an `is` or `like` test, ready to compare."""
        key = (id(test), folded)
        found = self._globs.get(key)
        if found is None:
            found = self._globs[key] = globs_of(test, folded=folded)
        return found

    def implies(self, narrow: Logic, wide: Logic) -> bool:
        """Whether `wide` holds wherever `narrow` does."""
        if isinstance(narrow, Test) and isinstance(wide, Test):
            return self.test_implies(narrow, wide)
        if narrow == wide or wide == Always(value=True) or narrow == Always(value=False):
            return True
        if isinstance(wide, And):
            return _few(wide.parts) and all(self.implies(narrow, part) for part in wide.parts)
        if isinstance(narrow, Or):
            return _few(narrow.parts) and all(self.implies(part, wide) for part in narrow.parts)
        if isinstance(narrow, And) and _few(narrow.parts) and any(self.implies(part, wide) for part in narrow.parts):
            return True
        if isinstance(wide, Or):
            return _few(wide.parts) and any(self.implies(narrow, part) for part in wide.parts)
        return isinstance(narrow, Not) and isinstance(wide, Not) and self.implies(wide.part, narrow.part)

    def test_implies(self, narrow: Test, wide: Test) -> bool:
        """The same for two tests; also right for a field that holds several values."""
        if narrow.field != wide.field:
            return False
        if wide.operator == "exists":
            return True
        if narrow.operator in _VALUES and wide.operator in _VALUES:
            return next(self.uncovered(narrow, wide), None) is None
        if narrow.operator in _RANGES and wide.operator in _RANGES and narrow.operator[0] == wide.operator[0]:
            return _range_implies(narrow, wide)
        if narrow.operator == "is" and wide.operator in _RANGES:
            values = [number_of(value.value) for value in narrow.values]
            return all(number is not None and _within(number, wide) for number in values)
        return narrow == wide

    def uncovered(self, narrow: Test, wide: Test) -> Iterator[int]:
        """The numbers of the values of one test (`is` or `like`) that another does not surely cover."""
        if narrow.folded and not wide.folded:
            yield from range(len(narrow.values))
            return
        wides = self.globs(wide, folded=wide.folded)
        exact = {glob.text for glob in wides}
        wild = [glob for glob in wides if glob.wild]
        if len(wild) * len(narrow.values) > _MOST_PAIRS:
            wild = []
        for number, glob in enumerate(self.globs(narrow, folded=wide.folded)):
            if glob.text not in exact and not any(covers(one, glob) for one in wild):
                yield number

    def exclude(self, one: Test, other: Test) -> bool:
        """Whether no single value can pass both tests of the same field."""
        if one.operator in _VALUES and other.operator in _VALUES:
            if len(one.values) * len(other.values) > _MOST_PAIRS:
                return False
            # Whether case counts is no matter here: what differs in more than case differs either way.
            mine, theirs = self.globs(one, folded=True), self.globs(other, folded=True)
            return all(disjoint(a, b) for a in mine for b in theirs)
        if one.operator in _RANGES and other.operator == "is":
            one, other = other, one
        if one.operator == "is" and other.operator in _RANGES:
            values = [number_of(value.value) for value in one.values]
            return all(number is not None and not _within(number, other) for number in values)
        if one.operator in _RANGES and other.operator in _RANGES:
            return _ranges_exclude(one, other)
        return False


def number_of(value: object) -> float | None:
    """A value as a number, whether it is one or a text that is one."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value) if isinstance(value, (int, float)) else float(str(value))
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _bound(test: Test) -> float | None:
    return number_of(test.values[0].value) if len(test.values) == 1 else None


def _within(number: float, test: Test) -> bool:
    """Whether a number passes a range test; unknown bounds are passed."""
    bound = _bound(test)
    if bound is None:
        return True
    return {"<": number < bound, "<=": number <= bound, ">": number > bound, ">=": number >= bound}[test.operator]


def _range_implies(narrow: Test, wide: Test) -> bool:
    inner, outer = _bound(narrow), _bound(wide)
    if inner is None or outer is None:
        return False
    if inner == outer:
        return narrow.operator == wide.operator or wide.operator in ("<=", ">=")
    return inner < outer if narrow.operator.startswith("<") else inner > outer


def _ranges_exclude(one: Test, other: Test) -> bool:
    if one.operator[0] == other.operator[0]:
        return False
    upper, lower = (one, other) if one.operator.startswith("<") else (other, one)
    most, least = _bound(upper), _bound(lower)
    if most is None or least is None:
        return False
    # 3 < x < 4 holds for some numbers, if not for whole ones: that is not judged.
    return most < least or (most == least and upper.operator + lower.operator != "<=>=")


def spelled_value(test: Test, number: int = 0) -> str:
    """A value of a test as people write it: wildcards as they are."""
    value = test.values[number]
    if test.operator == "like" and value.parts:
        return "".join(part + mark for part, mark in zip(value.parts, (*value.wild, ""), strict=True))
    return text_of(value.value)
