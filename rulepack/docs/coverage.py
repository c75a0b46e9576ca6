"""What of MITRE ATT&CK the rules of a pack cover, tactic by tactic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rulepack.docs.view import RuleView
from rulepack.reference import Attack
from rulepack.reference.attack import Tactic, Technique


@dataclass(frozen=True, slots=True)
class CoveredTechnique:
    """A technique or sub-technique, and the rules that detect it itself."""

    technique: Technique
    rules: tuple[RuleView, ...]
    subtechniques: tuple[CoveredTechnique, ...] = ()

    @property
    def covered(self) -> bool:
        """Whether a rule detects it or one of its sub-techniques."""
        return bool(self.rules) or any(one.rules for one in self.subtechniques)


@dataclass(frozen=True, slots=True)
class CoveredTactic:
    """A column of the matrix: a tactic, its techniques, and the rules that are mapped to it in any way."""

    tactic: Tactic
    techniques: tuple[CoveredTechnique, ...]
    rules: tuple[RuleView, ...]

    @property
    def covered(self) -> tuple[CoveredTechnique, ...]:
        """The techniques that a rule detects."""
        return tuple(one for one in self.techniques if one.covered)

    @property
    def uncovered(self) -> tuple[CoveredTechnique, ...]:
        """The techniques that no rule detects."""
        return tuple(one for one in self.techniques if not one.covered)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A technique that the matrix does not have where a rule puts it: of another version, or a wrong mapping."""

    tactic: str
    id: str
    name: str
    rules: tuple[RuleView, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The matrix of one version of ATT&CK with the pack's rules in it.

    `elsewhere` are mappings that this version does not have; `unmapped` are rules without a mapping.
    """

    version: str
    tactics: tuple[CoveredTactic, ...]
    elsewhere: tuple[Elsewhere, ...]
    unmapped: tuple[RuleView, ...]

    @classmethod
    def of(cls, rules: Iterable[RuleView], attack: Attack) -> Coverage:
        """The coverage by some rules, in the version of ATT&CK that they were mapped to."""
        listed = tuple(rules)
        by_place: dict[_Place, dict[str, RuleView]] = {}
        for view in listed:
            for place in _places(view):
                by_place.setdefault(place, {})[view.rule.file] = view
        ids = {(place.tactic_id, place.id) for place in by_place}
        version = _version(ids, attack)
        found = {(place.tactic_id, place.id): tuple(views.values()) for place, views in by_place.items()}
        tactics = tuple(
            CoveredTactic(
                column.tactic,
                tuple(
                    CoveredTechnique(
                        cell.technique,
                        found.get((column.tactic.id, cell.technique.id), ()),
                        tuple(
                            CoveredTechnique(sub, found.get((column.tactic.id, sub.id), ()))
                            for sub in cell.subtechniques
                        ),
                    )
                    for cell in column.techniques
                ),
                found.get((column.tactic.id, column.tactic.id), ()),
            )
            for column in attack.matrix(version)
        )
        known = _known(version, attack)
        elsewhere = sorted(
            (
                Elsewhere(place.tactic_name, place.id, place.name, tuple(views.values()))
                for place, views in by_place.items()
                if (place.tactic_id, place.id) not in known
            ),
            key=lambda one: (one.tactic, one.id, one.name),
        )
        return cls(version, tactics, tuple(elsewhere), tuple(view for view in listed if not view.rule.threat))

    @property
    def covered_tactics(self) -> int:
        """How many tactics have a rule."""
        return sum(1 for one in self.tactics if one.rules)

    @property
    def techniques(self) -> tuple[int, int]:
        """How many techniques are covered, of how many there are; each counts once, in however many tactics it is."""
        return _count(one.technique.id for tactic in self.tactics for one in tactic.covered), _count(
            one.technique.id for tactic in self.tactics for one in tactic.techniques
        )

    @property
    def subtechniques(self) -> tuple[int, int]:
        """The same for sub-techniques."""
        every = [sub for tactic in self.tactics for one in tactic.techniques for sub in one.subtechniques]
        return _count(one.technique.id for one in every if one.rules), _count(one.technique.id for one in every)


def _count(ids: Iterable[str]) -> int:
    return len(set(ids))


class _Place(NamedTuple):
    """Where a rule is mapped to: a tactic itself, or a technique or sub-technique under a tactic."""

    tactic_id: str
    tactic_name: str
    id: str
    name: str


def _places(view: RuleView) -> Iterator[_Place]:
    for threat in view.rule.threat or ():
        tactic = threat.tactic
        yield _Place(tactic.id, tactic.name, tactic.id, tactic.name)
        for technique in threat.technique or ():
            yield _Place(tactic.id, tactic.name, technique.id, technique.name)
            for sub in technique.subtechnique or ():
                yield _Place(tactic.id, tactic.name, sub.id, sub.name)


def _known(version: str, attack: Attack) -> set[tuple[str, str]]:
    """Every tactic, and every technique under its tactics, of one version."""
    known = set()
    for column in attack.matrix(version):
        known.add((column.tactic.id, column.tactic.id))
        for cell in column.techniques:
            known.update((column.tactic.id, one.id) for one in (cell.technique, *cell.subtechniques))
    return known


def _version(used: set[tuple[str, str]], attack: Attack) -> str:
    """The version that has most of what the rules are mapped to; of equals, the newest."""
    return max(reversed(attack.versions), key=lambda version: len(used & _known(version, attack)))
