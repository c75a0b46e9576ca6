"""Names that somebody may have meant: fields that differ from what was written by a letter, a dot or the case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from rulepack.likeness import slip

# Part of a name to what may follow it; _END holds the whole name where one ends.
Tree: TypeAlias = dict[str, Any]

# No part has a dot, but some are empty.
_END = "."
# Rules of the same data ask for the same names again and again.
_MOST_REMEMBERED = 5_000
# What people write differently: process.commandLine, process-command_line.
_SEPARATORS = re.compile(r"[._@\s-]+")
# No field name is longer; what is, is no slip of the finger.
_MOST_CHARACTERS = 200
# Two slips in a short name make another name of it.
_LEAST_FOR_TWO = 8
_LEAST_PART_FOR_TWO = 5


class Names:
    """The names of a schema, made ready to be searched for close ones."""

    def __init__(self, names: Iterable[str]) -> None:
        self._tree: Tree = {}
        self._loose: dict[str, list[str]] = {}
        self._ends: dict[tuple[str, str], list[str]] = {}
        self._found: dict[str, dict[str, float]] = {}
        for name in names:
            node = self._tree
            parts = name.split(".")
            for part in parts:
                node = node.setdefault(part, {})
            node[_END] = name
            self._loose.setdefault(_loosen(name), []).append(name)
            self._ends.setdefault((parts[0], parts[-1]), []).append(name)

    def close(self, name: str) -> dict[str, float]:
        """Names like the given one, with how far they are: below 1 for one slip of the finger, below 2 for two."""
        found = self._found.get(name)
        if found is None:
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            found = self._found[name] = self._search(name)
        return found

    def _search(self, name: str) -> dict[str, float]:
        if len(name) > _MOST_CHARACTERS:
            return {}
        parts = name.split(".")
        found = dict(_walk(self._tree, parts, 0, 1))
        for same in self._loose.get(_loosen(name), ()):
            found.setdefault(same, 0.5)
        if not found and len(name) >= _LEAST_FOR_TWO:
            found = dict(_walk(self._tree, parts, 0, 2))
        if not found and len(parts) > 1:
            # Parts left out or too many: file.sha256 for file.hash.sha256.
            same_ends = [each for each in self._ends.get((parts[0], parts[-1]), ()) if _is_shortened(each, name)]
            found = {each: 3.0 + abs(len(each) - len(name)) / 100 for each in same_ends}
        if not found and len(parts) > 1 and self._is_leaf(parts[:-1]):
            # Something below a field that holds a value: process.name.keyword.
            found = {name.rpartition(".")[0]: 3.0}
        found.pop(name, None)
        return found

    def _is_leaf(self, parts: list[str]) -> bool:
        node: Tree | None = self._tree
        for part in parts:
            node = node.get(part) if node else None
        return node is not None and list(node) == [_END]


class Slips:
    """Whether one slip of the finger (two letters swapped, one lost or too many, the case) makes one of some names.

    Much faster than `Names`, and as fast for any number of names; it does not say which name it is.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)
        self._folded = {name.casefold() for name in self._names}
        self._shorter = {each for name in self._names if len(name) <= _MOST_CHARACTERS for each in _without_one(name)}

    def holds(self, name: str) -> bool:
        """Whether the name is such a slip."""
        if len(name) > _MOST_CHARACTERS or not self._names:
            return False
        if name in self._shorter or name.casefold() in self._folded or not self._names.isdisjoint(_without_one(name)):
            return True
        pairs = range(len(name) - 1)
        return any(name[:at] + name[at + 1] + name[at] + name[at + 2 :] in self._names for at in pairs)


def _is_shortened(one: str, other: str) -> bool:
    """Whether either name is the other without some of its parts."""
    short, long = sorted((one.split("."), other.split(".")), key=len)
    rest = iter(long)
    return all(part in rest for part in short)


def _without_one(name: str) -> Iterator[str]:
    return (name[:at] + name[at + 1 :] for at in range(len(name)))


# Packages have most of their names in common.
@lru_cache(maxsize=16_384)
def _loosen(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


def _walk(node: Tree, parts: list[str], index: int, budget: int) -> Iterator[tuple[str, float]]:
    """Every name below a node that the parts spell, with at most `budget` slips in them."""
    # Without recursion: a name may have any number of parts.
    waiting: list[tuple[Tree, int, int, float]] = [(node, index, budget, 0.0)]
    while waiting:
        node, index, budget, distance = waiting.pop()
        if index == len(parts):
            if _END in node:
                yield node[_END], distance
            continue
        part = parts[index]
        if part in node:
            waiting.append((node[part], index + 1, budget, distance))
        if not budget:
            continue
        for other, below in node.items():
            if other not in (part, _END) and -budget <= len(other) - len(part) <= budget:
                slips = slip(part, other)
                if slips is None and budget > 1:
                    slips = _two_slips(part, other)
                if slips is not None:
                    waiting.append((below, index + 1, budget - (1 if slips < 1 else 2), distance + slips))


def _two_slips(written: str, meant: str) -> float | None:
    """Whether two slips made one of the other, both long enough for that; one wrong letter at most."""
    if min(len(written), len(meant)) < _LEAST_PART_FOR_TWO:
        return None
    # A wrong letter takes one away and brings another; two letters lost or too many make two differ: that is seen fast.
    if len({*written} ^ {*meant}) > 2:  # noqa: PLR2004 (so it is for any two slips)
        return None
    previous: list[float] = []
    row: list[float] = list(range(len(meant) + 1))
    for index, letter in enumerate(written, 1):
        before, previous, row = previous, row, [index]
        for column, other in enumerate(meant, 1):
            best = min(previous[column] + 1, row[-1] + 1, previous[column - 1] + 1.5 * (letter != other))
            if index > 1 and column > 1 and letter == meant[column - 2] and written[index - 2] == other:
                best = min(best, before[column - 2] + 1)
            row.append(best)
        if min(row) > 2:  # noqa: PLR2004 (it says so in its name)
            return None
    return 1.5 if row[-1] <= 2 else None  # noqa: PLR2004 (the same)
