"""What of MITRE ATT&CK the rules of a pack cover, tactic by tactic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rulepack.docs.view import RuleView
from rulepack.frozen import frozen
from rulepack.reference import Attack
from rulepack.reference.attack import Cell, Tactic, Technique
from rulepack.rule.threat import ATTACK

# A tactic's id, and the id of a technique or sub-technique under it or the tactic's own once more.
_Place = tuple[str, str]
_Views = dict[str, RuleView]


@frozen
class CoveredTechnique:
    """A technique or sub-technique, and the rules that detect just it.

    A rule that names a sub-technique stands there, not at the technique above it; `count` has it in both.
    """

    technique: Technique
    rules: tuple[RuleView, ...]
    count: int
    subtechniques: tuple[CoveredTechnique, ...] = ()


@frozen
class CoveredTactic:
    """A column of the matrix: a tactic, its techniques, and the rules that are mapped to it in any way.

    `alone` are the rules that name no technique with the tactic.
    """

    tactic: Tactic
    techniques: tuple[CoveredTechnique, ...]
    rules: tuple[RuleView, ...]
    alone: tuple[RuleView, ...]

    @property
    def covered(self) -> tuple[CoveredTechnique, ...]:
        """The techniques that a rule detects, or one of whose sub-techniques it detects."""
        return tuple(one for one in self.techniques if one.count)

    @property
    def uncovered(self) -> tuple[CoveredTechnique, ...]:
        """The techniques that no rule detects."""
        return tuple(one for one in self.techniques if not one.count)


@frozen
class Elsewhere:
    """A mapping to what the matrix does not have there: another version's, another framework's, or a wrong one."""

    framework: str
    tactic: str
    id: str
    name: str
    rules: tuple[RuleView, ...]


@frozen
class Coverage:
    """The matrix of one version of ATT&CK with the pack's rules in it.

    `elsewhere` are mappings that the matrix does not have; `unmapped` are rules without any mapping.
    """

    version: str
    tactics: tuple[CoveredTactic, ...]
    elsewhere: tuple[Elsewhere, ...]
    unmapped: tuple[RuleView, ...]

    @classmethod
    def of(cls, rules: Iterable[RuleView], attack: Attack) -> Coverage:
        """The coverage by some rules, in the version of ATT&CK that most of them are mapped to."""
        listed = tuple(rules)
        places = _by_place(listed)
        version = attack.version_of(set(places))
        known = attack.places(version)
        return cls(
            version,
            tuple(_tactic(column.tactic, column.techniques, places) for column in attack.matrix(version)),
            tuple(_elsewhere(listed, known)),
            tuple(view for view in listed if not view.rule.threat),
        )

    @property
    def covered_tactics(self) -> int:
        """How many tactics have a rule."""
        return sum(1 for one in self.tactics if one.rules)

    @property
    def techniques(self) -> tuple[int, int]:
        """How many techniques are covered, of how many there are; each counts once, in however many tactics it is."""
        return _count(one for tactic in self.tactics for one in tactic.covered), _count(
            one for tactic in self.tactics for one in tactic.techniques
        )

    @property
    def subtechniques(self) -> tuple[int, int]:
        """The same for sub-techniques."""
        every = [sub for tactic in self.tactics for one in tactic.techniques for sub in one.subtechniques]
        return _count(one for one in every if one.rules), _count(every)


def _count(found: Iterable[CoveredTechnique]) -> int:
    return len({one.technique.id for one in found})


class _Mapping(NamedTuple):
    """What a rule is mapped to: a tactic, or a technique or sub-technique under it."""

    framework: str
    tactic_id: str
    tactic: str
    id: str
    name: str


def _mappings(view: RuleView) -> Iterator[_Mapping]:
    for threat in view.rule.threat or ():
        tactic = threat.tactic
        above = (threat.framework, tactic.id, tactic.name)
        yield _Mapping(*above, tactic.id, tactic.name)
        for technique in threat.technique or ():
            yield _Mapping(*above, technique.id, technique.name)
            for sub in technique.subtechnique or ():
                yield _Mapping(*above, sub.id, sub.name)


def _by_place(rules: tuple[RuleView, ...]) -> dict[_Place, _Views]:
    """The rules mapped to each place of ATT&CK, in their order."""
    places: dict[_Place, _Views] = {}
    for view in rules:
        for one in _mappings(view):
            if one.framework == ATTACK:
                places.setdefault((one.tactic_id, one.id), {})[view.rule.file] = view
    return places


def _tactic(tactic: Tactic, cells: tuple[Cell, ...], places: dict[_Place, _Views]) -> CoveredTactic:
    views = places.get((tactic.id, tactic.id), {})
    techniques = tuple(_technique(tactic.id, cell, places) for cell in cells)
    below = {
        view.rule.file for one in techniques for view in (*one.rules, *(v for s in one.subtechniques for v in s.rules))
    }
    return CoveredTactic(tactic, techniques, tuple(views.values()), _without(views, below))


def _technique(tactic_id: str, cell: Cell, places: dict[_Place, _Views]) -> CoveredTechnique:
    views = places.get((tactic_id, cell.technique.id), {})
    below: set[str] = set()
    subtechniques = []
    for sub in cell.subtechniques:
        found = places.get((tactic_id, sub.id), {})
        below.update(found)
        subtechniques.append(CoveredTechnique(sub, tuple(found.values()), len(found)))
    return CoveredTechnique(cell.technique, _without(views, below), len(below | set(views)), tuple(subtechniques))


def _without(views: _Views, files: set[str]) -> tuple[RuleView, ...]:
    return tuple(view for file, view in views.items() if file not in files)


def _elsewhere(rules: tuple[RuleView, ...], known: frozenset[_Place]) -> list[Elsewhere]:
    """The mappings that are in no column, by framework, tactic and id."""
    found: dict[tuple[str, str, str, str], _Views] = {}
    for view in rules:
        for one in _mappings(view):
            if one.framework != ATTACK or (one.tactic_id, one.id) not in known:
                place = (one.framework, one.tactic, one.id, one.name)
                found.setdefault(place, {})[view.rule.file] = view
    return [Elsewhere(*place, tuple(views.values())) for place, views in sorted(found.items())]
