"""What of MITRE ATT&CK the rules of a pack cover, tactic by tactic."""

from __future__ import annotations

from collections.abc import Iterable

from rulepack.docs.brief import Brief
from rulepack.frozen import frozen
from rulepack.reference import Attack
from rulepack.reference.attack import Cell, Tactic, Technique
from rulepack.rule.threat import ATTACK

# A tactic's id, and the id of a technique or sub-technique under it or the tactic's own once more.
_Place = tuple[str, str]
_ByFile = dict[str, Brief]


@frozen
class CoveredTechnique:
    """A technique or sub-technique, and the rules that detect just it.

    A rule that names a sub-technique stands there, not at the technique above it; `count` has it in both.
    """

    technique: Technique
    rules: tuple[Brief, ...]
    count: int
    subtechniques: tuple[CoveredTechnique, ...] = ()

    @property
    def every(self) -> tuple[Brief, ...]:
        """The rules that `count` has: those that detect just it, then those of its sub-techniques; each once."""
        below = {brief.file: brief for sub in self.subtechniques for brief in sub.rules}
        return (*self.rules, *below.values())


@frozen
class CoveredTactic:
    """A column of the matrix: a tactic, its techniques, and the rules that are mapped to it in any way.

    `alone` are the rules that name no technique with the tactic.
    """

    tactic: Tactic
    techniques: tuple[CoveredTechnique, ...]
    rules: tuple[Brief, ...]
    alone: tuple[Brief, ...]

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
    rules: tuple[Brief, ...]


@frozen
class Coverage:
    """The matrix of one version of ATT&CK with the pack's rules in it.

    `elsewhere` are mappings that the matrix does not have; `unmapped` are rules without any mapping.
    """

    version: str
    tactics: tuple[CoveredTactic, ...]
    elsewhere: tuple[Elsewhere, ...]
    unmapped: tuple[Brief, ...]

    @classmethod
    def of(cls, rules: Iterable[Brief], attack: Attack, version: str | None = None) -> Coverage:
        """The coverage by some rules, by default in the version of ATT&CK that most of them are mapped to."""
        listed = tuple(rules)
        places = _by_place(listed)
        version = version or attack.version_of(set(places))
        known = attack.places(version)
        return cls(
            version,
            tuple(_tactic(column.tactic, column.techniques, places) for column in attack.matrix(version)),
            tuple(_elsewhere(listed, known)),
            tuple(brief for brief in listed if not brief.places),
        )

    @property
    def places(self) -> dict[str, tuple[Technique, frozenset[str]]]:
        """Every technique and sub-technique by id, with the files of the rules that detect it in whatever tactic."""
        found: dict[str, tuple[Technique, set[str]]] = {}
        for tactic in self.tactics:
            for technique in tactic.techniques:
                for one in (technique, *technique.subtechniques):
                    _, files = found.setdefault(one.technique.id, (one.technique, set()))
                    files.update(brief.file for brief in one.every)
        return {any_id: (technique, frozenset(files)) for any_id, (technique, files) in sorted(found.items())}

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


def _by_place(rules: tuple[Brief, ...]) -> dict[_Place, _ByFile]:
    """The rules mapped to each place of ATT&CK, in their order."""
    places: dict[_Place, _ByFile] = {}
    for brief in rules:
        for one in brief.places:
            if one.framework == ATTACK:
                places.setdefault((one.tactic, one.id), {})[brief.file] = brief
    return places


def _tactic(tactic: Tactic, cells: tuple[Cell, ...], places: dict[_Place, _ByFile]) -> CoveredTactic:
    rules = places.get((tactic.id, tactic.id), {})
    techniques = tuple(_technique(tactic.id, cell, places) for cell in cells)
    below = {brief.file for one in techniques for brief in one.every}
    return CoveredTactic(tactic, techniques, tuple(rules.values()), _without(rules, below))


def _technique(tactic_id: str, cell: Cell, places: dict[_Place, _ByFile]) -> CoveredTechnique:
    rules = places.get((tactic_id, cell.technique.id), {})
    below: set[str] = set()
    subtechniques = []
    for sub in cell.subtechniques:
        found = places.get((tactic_id, sub.id), {})
        below.update(found)
        subtechniques.append(CoveredTechnique(sub, tuple(found.values()), len(found)))
    return CoveredTechnique(cell.technique, _without(rules, below), len(below | set(rules)), tuple(subtechniques))


def _without(rules: _ByFile, files: set[str]) -> tuple[Brief, ...]:
    return tuple(brief for file, brief in rules.items() if file not in files)


def _elsewhere(rules: tuple[Brief, ...], known: frozenset[_Place]) -> list[Elsewhere]:
    """The mappings that are in no column, by framework, tactic and id."""
    found: dict[tuple[str, str, str, str], _ByFile] = {}
    for brief in rules:
        for one in brief.places:
            if one.framework != ATTACK or (one.tactic, one.id) not in known:
                place = (one.framework, one.tactic_name, one.id, one.name)
                found.setdefault(place, {})[brief.file] = brief
    return [Elsewhere(*place, tuple(briefs.values())) for place, briefs in sorted(found.items())]
