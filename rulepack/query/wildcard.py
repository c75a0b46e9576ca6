"""Values and wildcard patterns compared: what covers what, what can have nothing in common.

A pattern is a `Value` of a `like` test: literal parts with `*` (any text) or `?` (one character) between them.
"""

from __future__ import annotations

from typing import NamedTuple

from rulepack.query.logic import Scalar, Test, Value

# What stands for wildcards in a glob's text: characters for private use, which no value has a reason to hold.
_STAR = "\ue000"
_MARK = "\ue001"
# Longer ones are not compared character by character: no rule has them, and a hostile one would cost minutes.
_MOST_WORK = 1_000_000


class Glob(NamedTuple):
    """A value or pattern made ready to compare: its text, and the segments of it that stand between `*`."""

    text: str
    segments: tuple[str, ...]
    # The literal text before the first wildcard, and the one behind the last.
    head: str
    tail: str
    # Whether `?` is among it, so that characters have to be looked at one by one.
    marked: bool

    @classmethod
    def of(cls, text: str) -> Glob:
        """The glob of a text in which wildcards are the characters for them."""
        segments = tuple(text.split(_STAR))
        head, tail, marked = segments[0], segments[-1], _MARK in text
        if marked:
            head, tail = head.partition(_MARK)[0], tail.rpartition(_MARK)[2]
        return cls(text, segments, head, tail, marked)

    @property
    def wild(self) -> bool:
        """Whether it has wildcards."""
        return self.marked or len(self.segments) > 1


def text_of(value: Scalar) -> str:
    """A value as text, the same for all languages: KQL has `true` and `4` as texts, EQL as a boolean and a number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def glob_of(value: Value, *, like: bool, folded: bool) -> Glob:
    """A value as a glob; in lower case where case does not count."""
    if like and value.wild:
        pieces = [value.parts[0]]
        for mark, part in zip(value.wild, value.parts[1:], strict=True):
            pieces += (_STAR if mark == "*" else _MARK, part)
        text = "".join(pieces)
    else:
        text = value.parts[0] if like and value.parts else text_of(value.value)
    if folded:
        text = text.lower()
    return Glob.of(text)


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
        return len(wide.text) * len(text) <= _MOST_WORK and _matches(wide.text, text)
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
    """Glob matching with one point to go back to, so that it is never exponential."""
    at, where, star, mark = 0, 0, -1, 0
    while where < len(text):
        unit = pattern[at] if at < len(pattern) else ""
        if unit == _STAR:
            star, mark = at, where
            at += 1
        elif unit and (unit == text[where] or (unit == _MARK and text[where] != _STAR)):
            at += 1
            where += 1
        elif star >= 0:
            mark += 1
            at, where = star + 1, mark
        else:
            return False
    return not pattern[at:].strip(_STAR)
