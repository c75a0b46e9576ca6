"""What somebody wants of coverage: which rules, which part of the matrix, and how much of it must be covered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from rulepack.docs.brief import Brief
from rulepack.docs.coverage import Coverage, CoveredTactic, CoveredTechnique
from rulepack.frozen import frozen
from rulepack.reference.attack import Tactic, Technique

_MINIMUM = re.compile(r"([0-9]{1,6})(?:(\.[0-9]{1,6})?\s*(%))?")
_ALL = 100


@frozen
class Chosen:
    """Which rules count: of one of the platforms, and with one of the data sources, and with one of the tags.

    Case does not matter; what names nothing leaves all.
    """

    platforms: tuple[str, ...] = ()
    data_sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def of(self, rules: Iterable[Brief]) -> tuple[Brief, ...]:
        """Those of some rules that count."""
        return tuple(brief for brief in rules if all(_meet(has, wanted) for _, has, wanted in self._pairs(brief)))

    def unknown(self, rules: Iterable[Brief]) -> Iterator[tuple[str, str, frozenset[str]]]:
        """What is asked for and no rule has: its kind, the value, and the values of that kind that there are."""
        known: dict[str, set[str]] = {}
        for brief in rules:
            for kind, has, _ in self._pairs(brief):
                known.setdefault(kind, set()).update(has)
        asked = (("platform", self.platforms), ("data source", self.data_sources), ("tag", self.tags))
        for kind, wanted in asked:
            for value in wanted:
                if not _meet(known.get(kind, ()), (value,)):
                    yield kind, value, frozenset(known.get(kind, ()))

    def _pairs(self, brief: Brief) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        yield "platform", brief.platforms, self.platforms
        yield "data source", brief.data_sources, self.data_sources
        yield "tag", brief.tags, self.tags


def _meet(has: Iterable[str], wanted: tuple[str, ...]) -> bool:
    return not wanted or not {one.casefold() for one in has}.isdisjoint(one.casefold() for one in wanted)


def tactic_of(coverage: Coverage, word: str) -> Tactic | None:
    """The tactic that somebody names by its id, its name or its short name, whatever the case."""
    for one in coverage.tactics:
        tactic = one.tactic
        if word.casefold() in (tactic.id.casefold(), tactic.name.casefold(), tactic.shortname.casefold()):
            return tactic
    return None


def part(coverage: Coverage, tactics: Iterable[str] = (), techniques: Iterable[str] = ()) -> Coverage:
    """The part of a matrix with some tactics, and of these some techniques and sub-techniques, all by their ids.

    Without tactics, or without techniques, all of them. What is mapped elsewhere is in no part.
    """
    chosen, ids = set(tactics), set(techniques)
    if not chosen and not ids:
        return coverage
    columns = [one for one in coverage.tactics if not chosen or one.tactic.id in chosen]
    if ids:
        columns = [column for one in columns if (column := _column(one, ids)).techniques]
    return replace(coverage, tactics=tuple(columns), elsewhere=(), unmapped=())


def _column(column: CoveredTactic, ids: set[str]) -> CoveredTactic:
    cells = tuple(cell for one in column.techniques if (cell := _part_of(one, ids)) is not None)
    rules = {brief.file: brief for cell in cells for brief in cell.every}
    return replace(column, techniques=cells, rules=tuple(rules.values()), alone=())


def _part_of(cell: CoveredTechnique, ids: set[str]) -> CoveredTechnique | None:
    """A technique if it is asked for, or with those of its sub-techniques that are."""
    if cell.technique.id in ids:
        return cell
    subs = tuple(sub for sub in cell.subtechniques if sub.technique.id in ids)
    if not subs:
        return None
    count = len({brief.file for sub in subs for brief in sub.rules})
    return CoveredTechnique(cell.technique, (), count, subs)


@frozen
class Minimum:
    """How many techniques must be covered: a number of them, or so many of a hundred."""

    least: Fraction
    percent: bool

    @classmethod
    def parse(cls, text: str) -> Minimum:
        """`120`, `40%` or `37.5%`; raises ValueError for anything else."""
        match = _MINIMUM.fullmatch(text.strip())
        least = Fraction(f"{match[1]}{match[2] or ''}") if match else Fraction(0)
        if match is None or not least or (match[3] and least > _ALL):
            raise ValueError(f"{text!r} is neither a number of techniques, such as 120, nor a share, such as 40%")
        return cls(least, match[3] is not None)

    def __str__(self) -> str:
        shown = f"{float(self.least):g}"
        return f"{shown}%" if self.percent else shown

    def is_met(self, coverage: Coverage) -> bool:
        """Whether so many techniques are covered; never by nothing."""
        covered, every = coverage.techniques
        return covered > 0 and (covered * _ALL >= self.least * every if self.percent else covered >= self.least)


def share(counts: tuple[int, int]) -> str:
    """How many of a hundred, cut to one decimal: what is not quite 40% must not read as that."""
    covered, every = counts
    tenths = covered * _ALL * 10 // every if every else 0
    return f"{tenths // 10}.{tenths % 10}%"


def missing(coverage: Coverage, required: Iterable[str]) -> tuple[Tactic | Technique, ...]:
    """Which of some tactics, techniques and sub-techniques, by id, no rule is mapped to, in the order given."""
    places = coverage.places
    columns = {one.tactic.id: one for one in coverage.tactics}
    found: list[Tactic | Technique] = []
    for any_id in dict.fromkeys(required):
        if any_id in columns:
            found += [] if columns[any_id].rules else [columns[any_id].tactic]
        elif not places[any_id][1]:
            found.append(places[any_id][0])
    return tuple(found)
