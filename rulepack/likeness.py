"""Which word somebody meant who wrote another: the one most like it, or the one that a slip of the finger leads to."""

from __future__ import annotations

from collections.abc import Iterable

_LIKENESS = 0.6
# Nobody mistypes more than this; comparing takes time that grows with the square of the length.
_LONGEST_TYPO = 100
# How far a single wrong letter is. Nearer, letters were swapped, doubled or lost; but `param9` is as good as `param1`.
WRONG_LETTER = 0.8


def closest(word: str, words: Iterable[str], likeness: float = _LIKENESS) -> str | None:
    """The word that someone who typed `word` most likely meant, whatever its case; None if none is as like as that.

    `likeness` is the ratio of difflib's SequenceMatcher: 1 for the same word.
    """
    if len(word) > _LONGEST_TYPO:
        return None
    import difflib  # noqa: PLC0415 (only on errors)

    by_lower = {candidate.lower(): candidate for candidate in words}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=likeness)
    return by_lower[near[0]] if near else None


def slip(written: str, meant: str) -> float | None:
    """How likely one slip of the finger made one of the other: the lower, the likelier; None if no single one does.

    Two letters swapped, one doubled or lost, or the wrong case come before a letter too many and a wrong one.
    """
    if not -1 <= len(written) - len(meant) <= 1:
        return None
    start = 0
    shorter = min(len(written), len(meant))
    while start < shorter and written[start] == meant[start]:
        start += 1
    left, right = written[start:], meant[start:]
    if len(left) == len(right):
        if left[:2] == right[1::-1] and left[2:] == right[2:]:
            return 0.1
        if left[1:] == right[1:]:
            return 0.4 if left.casefold() == right.casefold() else WRONG_LETTER
    elif len(left) == len(right) + 1 and left[1:] == right:
        # What is one too many stands beside its like, if it was doubled.
        return 0.2 if start and written[start - 1] == left[0] else 0.6
    elif len(left) + 1 == len(right) and left == right[1:]:
        return 0.3
    return None
