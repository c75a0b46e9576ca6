"""Values and wildcard patterns compared: what matches, what covers what, what can have nothing in common.

A pattern is a `Value` of a `like` test: literal parts with `*` (any text) or `?` (one character) between them.
"""

from __future__ import annotations

from rulepack.query.logic import Scalar, Test, Value

Pattern = tuple[tuple[str, ...], str]
# Longer ones are not compared: no rule has them, and a hostile one would cost minutes.
_MOST_WORK = 1_000_000


def text_of(value: Scalar) -> str:
    """A value as text, the same for all languages: KQL has `true` and `4` as texts, EQL as a boolean and a number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def pattern_of(value: Value, *, like: bool, folded: bool) -> Pattern:
    """A value as literal parts and the wildcards between them; in lower case where case does not count."""
    parts, wild = (value.parts, value.wild) if like and value.parts else ((text_of(value.value),), "")
    return (tuple(part.lower() for part in parts), wild) if folded else (tuple(parts), wild)


def patterns_of(test: Test, *, folded: bool | None = None) -> list[Pattern]:
    """The values of an `is` or `like` test as patterns; in lower case if the test, or the caller, says so."""
    fold = test.folded if folded is None else folded
    return [pattern_of(value, like=test.operator == "like", folded=fold) for value in test.values]


def covers(wide: Pattern, narrow: Pattern) -> bool:
    """Whether everything that `narrow` matches is matched by `wide`. False means "not surely".

    A wildcard of `narrow` is taken for a character of its own, which only a wildcard of `wide` can stand for.
    """
    if not wide[1]:
        return wide == narrow
    pattern, text = _units(wide), _units(narrow)
    return len(pattern) * len(text) <= _MOST_WORK and _matches(pattern, text)


def disjoint(one: Pattern, other: Pattern) -> bool:
    """Whether no text matches both. False means "not surely"."""
    if not one[1] and not other[1]:
        return one != other
    if not one[1]:
        return not covers(other, one)
    if not other[1]:
        return not covers(one, other)
    # Both have wildcards: they part where the texts before the first one, or behind the last one, differ.
    (head, *_), (other_head, *_) = one[0], other[0]
    (*_, tail), (*_, other_tail) = one[0], other[0]
    heads = head.startswith(other_head) or other_head.startswith(head)
    tails = tail.endswith(other_tail) or other_tail.endswith(tail)
    return not (heads and tails)


def _units(pattern: Pattern) -> list[str]:
    """Single characters and wildcards in order; wildcards as one-element strings that no text holds."""
    parts, wild = pattern
    units = list(parts[0])
    for mark, part in zip(wild, parts[1:], strict=True):
        units.append("\0*" if mark == "*" else "\0?")
        units += part
    return units


def _matches(pattern: list[str], text: list[str]) -> bool:
    """Glob matching with one point to go back to, so that it is never exponential."""
    at, where, star, mark = 0, 0, -1, 0
    while where < len(text):
        unit = pattern[at] if at < len(pattern) else None
        if unit == "\0*":
            star, mark = at, where
            at += 1
        elif unit is not None and (unit == text[where] or (unit == "\0?" and text[where] != "\0*")):
            at += 1
            where += 1
        elif star >= 0:
            mark += 1
            at, where = star + 1, mark
        else:
            return False
    return all(unit == "\0*" for unit in pattern[at:])
