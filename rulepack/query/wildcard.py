"""Values and wildcard patterns compared: what covers what, what can have nothing in common.

A pattern is a `Value` of a `like` test: literal parts with `*` (any text) or `?` (one character) between them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rulepack.query.logic import Scalar, Test, Value

# What stands for wildcards in a glob's text: characters for private use, which no value has a reason to hold.
_STAR = "\ue000"
_MARK = "\ue001"
# Longer ones are not compared character by character: no rule has them, and hostile ones would cost minutes.
_LONGEST_MARKED = 2_000
_MOST_WORK = 1_000_000
# Stands for a value that is none, which is not the empty text.
_NOTHING = "\ue002"


class Glob(NamedTuple):
    """A value or pattern made ready to compare: its text, and the segments of it that stand between `*`."""

    text: str
    segments: tuple[str, ...]
    # The literal text before the first wildcard, and the one behind the last.
    head: str
    tail: str
    # Whether `?` is among it, so that characters have to be looked at one by one.
    marked: bool
    # Whether it has wildcards.
    wild: bool

    @classmethod
    def of(cls, text: str) -> Glob:
        """The glob of a text in which wildcards are the characters for them."""
        if text.isascii():  # without any, as most are
            return cls(text, (text,), text, text, False, False)  # noqa: FBT003 (one for each value: names take time)
        segments = tuple(text.split(_STAR))
        head, tail, marked = segments[0], segments[-1], _MARK in text
        if marked:
            head, tail = head.partition(_MARK)[0], tail.rpartition(_MARK)[2]
        return cls(text, segments, head, tail, marked, marked or len(segments) > 1)

    @property
    def core(self) -> str:
        """Its longest text between wildcards: it is in everything that the glob matches."""
        return max(self.text.replace(_MARK, _STAR).split(_STAR), key=len)


def text_of(value: Scalar) -> str:
    """A value as text, the same for all languages: KQL has `true` and `4` as texts, EQL as a boolean and a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOTHING if value is None else str(value)


def _folded(text: str) -> str:
    """A text in lower case, each character by itself, so that `?` stands for as many as before."""
    low = text.lower()
    # Only an s at the end of a Greek word is not what each character by itself gives, but for what becomes two.
    if len(low) == len(text) and "\u03a3" not in text:
        return low
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def _spelled(value: Value, *, like: bool, folded: bool) -> str:
    if like and value.wild:
        pieces = [value.parts[0]]
        for mark, part in zip(value.wild, value.parts[1:], strict=True):
            pieces += (_STAR if mark == "*" else _MARK, part)
        text = "".join(pieces)
    else:
        text = value.parts[0] if like and value.parts else text_of(value.value)
    return _folded(text) if folded else text


def glob_of(value: Value, *, like: bool, folded: bool) -> Glob:
    """A value as a glob; in lower case where case does not count."""
    return Glob.of(_spelled(value, like=like, folded=folded))


def texts_of(test: Test, *, folded: bool) -> set[str]:
    """The texts of the globs of an `is` or `like` test: two tests with the same ones match the same."""
    like = test.operator == "like"
    return {_spelled(value, like=like, folded=folded) for value in test.values}


def globs_of(test: Test, *, folded: bool) -> list[Glob]:
    """The values of an `is` or `like` test as globs."""
    like = test.operator == "like"
    return [glob_of(value, like=like, folded=folded) for value in test.values]


def covers(wide: Glob, narrow: Glob) -> bool:
    """Whether everything that `narrow` matches is matched by `wide`. False means "not surely".

    A wildcard of `narrow` is taken for a character of its own, which only a wildcard of `wide` can stand for.
    """
    text, segments = narrow.text, wide.segments
    if not text.startswith(wide.head) or not text.endswith(wide.tail):
        return False
    if wide.marked:
        length = len(wide.text)
        return length <= _LONGEST_MARKED and length * len(text) <= _MOST_WORK and _matches(wide.text, text)
    if len(segments) == 1:
        return wide.text == text
    # Taking each segment where it comes first leaves the most for the others.
    at, end = len(wide.head), len(text) - len(wide.tail)
    if at > end:
        return False
    for segment in segments[1:-1]:
        found = text.find(segment, at, end)
        if found < 0:
            return False
        at = found + len(segment)
    return True


def disjoint(one: Glob, other: Glob) -> bool:
    """Whether no text matches both. False means "not surely"."""
    if not one.wild:
        return not covers(other, one)
    if not other.wild:
        return not covers(one, other)
    # Both have wildcards: they part where the texts before the first one, or behind the last one, differ.
    heads = one.head.startswith(other.head) or other.head.startswith(one.head)
    tails = one.tail.endswith(other.tail) or other.tail.endswith(one.tail)
    return not (heads and tails)


def _matches(pattern: str, text: str) -> bool:
    """Glob matching with all ways to match followed at once: a bit for each number of units that may be matched."""
    masks, any_one, loops, units = _automaton(pattern)
    state = 1
    for character in text:
        accepted = state & masks.get(character, 0 if character == _STAR else any_one)
        state = accepted << 1 | state & loops
        if not state:
            return False
    return bool(state >> units & 1)


@lru_cache(maxsize=128)
def _automaton(pattern: str) -> tuple[dict[str, int], int, int, int]:
    """For each character, the units of a pattern that take it; those that take any; where a star is; how many units."""
    masks: dict[str, int] = {}
    any_one = loops = number = 0
    for unit in pattern:
        if unit == _STAR:
            loops |= 1 << number
        else:
            if unit == _MARK:
                any_one |= 1 << number
            else:
                masks[unit] = masks.get(unit, 0) | 1 << number
            number += 1
    return {unit: mask | any_one for unit, mask in masks.items()}, any_one, loops, number
