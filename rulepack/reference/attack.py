"""MITRE ATT&CK: tactics and techniques over all known versions, what was revoked, and by what replaced."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rulepack.errors import DataError
from rulepack.frozen import frozen
from rulepack.likeness import closest
from rulepack.reference.attack_table import NOTICE, TACTIC_ID, TECHNIQUE_ID, State, Table, Tactic, Technique, sort_key

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NOTICE", "Attack", "Cell", "Column", "State", "Status", "Tactic", "Technique"]

_ATLAS_ID = re.compile(r"AML\.(?:TA\d{4}|T\d{4}(?:\.\d{3})?)")
# What people write for T1059.004: t1059.004, T1059/004, T1059-4, 1059.004, T1O59.004
_LOOSE_ID = re.compile(r"(TA?|)[ -]?([\dO]{3,5})(?:[./_ -]([\dO]{1,4}))?/?")
_NAME_LIKENESS = 0.75
_ID_LIKENESS = 0.85
# Ids whose form is remembered; ATT&CK has a thousand.
_MOST_REMEMBERED = 4_096


class Status(NamedTuple):
    """How a technique stands in the newest version that holds it, and the technique to use instead."""

    state: State
    replaced_by: Technique | None
    version: str


class Cell(NamedTuple):
    """A technique in a column of the matrix, with its sub-techniques."""

    technique: Technique
    subtechniques: tuple[Technique, ...]


class Column(NamedTuple):
    """A tactic and its techniques, by name."""

    tactic: Tactic
    techniques: tuple[Cell, ...]


@frozen(slots=False, eq=False)
class Attack:
    """All known versions of ATT&CK at once: what any of them says is right. Tables are oldest first.

    Tuples of answers are newest first: a tactic whose name changed has the new name before the old one.
    """

    tables: tuple[Table, ...]

    @classmethod
    def of(cls, tables: Iterable[Table]) -> Attack:
        """The tables in order; of two with the same version, the later one counts."""
        by_version = {table.version: table for table in tables}
        return cls(tuple(by_version[version] for version in sorted(by_version, key=sort_key)))

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that are known, oldest first."""
        return tuple(table.version for table in self.tables)

    def tactics(self, tactic_id: str) -> tuple[Tactic, ...]:
        """What the versions know under a tactic's id, each different name once."""
        return tuple(self._tactics.get(tactic_id, ()))

    def techniques(self, technique_id: str) -> tuple[Technique, ...]:
        """What the versions know under the id of a technique or sub-technique, each different form once."""
        return self._forms.get(technique_id, ())

    def is_known(self, any_id: str) -> bool:
        """Whether any version has it, be it revoked or deprecated since."""
        return any_id in self._techniques or any_id in self._tactics

    def in_tactic(self, technique_id: str, tactic_id: str) -> bool:
        """Whether any version puts the technique into the tactic."""
        return any(tactic_id in technique.tactics for technique, _ in self._techniques.get(technique_id, ()))

    def status(self, technique_id: str) -> Status | None:
        """How a technique stands; None if no version has it.

        Only the project's own data can say "revoked" or "deprecated": what is shipped holds active techniques alone.
        """
        found = self._techniques.get(technique_id)
        if not found:
            return None
        technique, version = found[0]
        return Status(technique.status, self._current(technique.replaced_by), version)

    def tactic_by_name(self, name: str) -> Tactic | None:
        """The tactic of that name in any version, whatever its case."""
        return self._tactic_names.get(_fold(name))

    def by_name(self, name: str) -> Technique | None:
        """The active technique of that name, whatever its case; None if several share it (`Steganography`)."""
        found = self._technique_names.get(_fold(name), ())
        return found[0] if len(found) == 1 else None

    def ids_of(self, name: str) -> frozenset[str]:
        """Every id that any version has given a name, whatever its case: of tactics, techniques, revoked ones too."""
        return self._ids_by_name.get(_fold(name), frozenset())

    def close(self, id_or_name: str) -> Tactic | Technique | None:
        """What was probably meant; its `str()` reads `T1059.001 PowerShell`.

        Where a rule gives an id and a name, ask with the name: ids are so dense that most typos are other ids.
        """
        if match := _LOOSE_ID.fullmatch(id_or_name.strip().upper()):
            return self._close_id(*match.groups())
        return self._close_name(_fold(id_or_name))

    def matrix(self, version: str | None = None) -> tuple[Column, ...]:
        """The active techniques of a version by tactic, in the order of the kill chain; by default of the newest."""
        table = self._table(version)
        return tuple(Column(tactic, _cells(table, tactic.id)) for tactic in table.tactics)

    def places(self, version: str) -> frozenset[tuple[str, str]]:
        """Where a mapping can be in a version: each tactic's id with itself, and with each technique under it."""
        if version not in self._places:
            columns = self.matrix(version)
            found = {(column.tactic.id, column.tactic.id) for column in columns}
            for column in columns:
                for cell in column.techniques:
                    found.update((column.tactic.id, one.id) for one in (cell.technique, *cell.subtechniques))
            self._places[version] = frozenset(found)
        return self._places[version]

    def version_of(self, used: set[tuple[str, str]]) -> str:
        """The version that has most of some places; of equals, the newest."""
        return max(reversed(self.versions), key=lambda version: len(used & self.places(version)))

    @cached_property
    def _places(self) -> dict[str, frozenset[tuple[str, str]]]:
        return {}

    @staticmethod
    @lru_cache(maxsize=_MOST_REMEMBERED)
    def is_atlas(any_id: str) -> bool:
        """Whether it has the form of a MITRE ATLAS id, such as `AML.T0051`; ATLAS data is not here."""
        return _ATLAS_ID.fullmatch(any_id) is not None

    @staticmethod
    @lru_cache(maxsize=_MOST_REMEMBERED)
    def url(any_id: str) -> str | None:
        """The page of a tactic or technique, known or not; None if it has not the form of an ATT&CK id."""
        if TACTIC_ID.fullmatch(any_id):
            return f"https://attack.mitre.org/tactics/{any_id}/"
        if TECHNIQUE_ID.fullmatch(any_id):
            return f"https://attack.mitre.org/techniques/{any_id.replace('.', '/')}/"
        return None

    def _table(self, version: str | None) -> Table:
        for table in reversed(self.tables):
            if version in (None, table.version):
                return table
        known = ", ".join(self.versions)
        raise DataError(
            f"there is no ATT&CK {version} here, only {known}", "rulepack reference update --attack FILE|URL adds one"
        )

    def _current(self, technique_id: str | None) -> Technique | None:
        """The technique if it is active, else what has replaced it; versions may each replace it once more."""
        seen: set[str] = set()
        while technique_id in self._techniques and technique_id not in seen:
            seen.add(technique_id)
            technique, _ = self._techniques[technique_id][0]
            if technique.status == "active":
                return technique
            technique_id = technique.replaced_by
        return None

    def _close_id(self, prefix: str, number: str, sub: str | None) -> Tactic | Technique | None:
        # The letter O for a zero, a missing T, missing or surplus zeros: what is left then must be an id.
        digits = number.replace("O", "0")
        if prefix == "TA":
            guess = f"TA{int(digits):04}"
            return self.tactics(guess)[0] if self.is_known(guess) else None
        parent = f"T{digits}"
        guess = f"{parent}.{int(sub.replace('O', '0')):03}" if sub else parent
        if self.is_known(guess):
            return self._current(guess)
        if sub and (technique := self._current(parent)):
            return technique
        return self._current(self._only_like(guess))

    def _only_like(self, guess: str) -> str | None:
        """The one id that looks most like it; None if several do equally, for then any would be a guess."""
        import difflib  # noqa: PLC0415 (only for ids that are wrong)

        likeness: dict[str, float] = {}
        for each in difflib.get_close_matches(guess, self._techniques, n=2, cutoff=_ID_LIKENESS):
            likeness[each] = difflib.SequenceMatcher(None, each, guess).ratio()
        best = max(likeness.values(), default=0.0)
        found = [each for each, ratio in likeness.items() if ratio == best]
        return found[0] if len(found) == 1 else None

    def _close_name(self, name: str) -> Tactic | Technique | None:
        guess = closest(name, self._names, _NAME_LIKENESS)
        return self.by_name(guess) or self.tactic_by_name(guess) if guess else None

    @cached_property
    def _tactics(self) -> dict[str, list[Tactic]]:
        tactics: dict[str, list[Tactic]] = {}
        for table in reversed(self.tables):
            for tactic in table.tactics:
                known = tactics.setdefault(tactic.id, [])
                if tactic not in known:
                    known.append(tactic)
        return tactics

    @cached_property
    def _techniques(self) -> dict[str, list[tuple[Technique, str]]]:
        techniques: dict[str, list[tuple[Technique, str]]] = {}
        for table in reversed(self.tables):
            for technique in table.techniques:
                techniques.setdefault(technique.id, []).append((technique, table.version))
        return techniques

    @cached_property
    def _forms(self) -> dict[str, tuple[Technique, ...]]:
        """The techniques of each id, each different form once."""
        known = self._techniques.items()
        return {any_id: tuple(dict.fromkeys([technique for technique, _ in each])) for any_id, each in known}

    @cached_property
    def _tactic_names(self) -> dict[str, Tactic]:
        # Oldest first, so that the newest wins.
        return {_fold(tactic.name): tactic for table in self.tables for tactic in table.tactics}

    @cached_property
    def _technique_names(self) -> dict[str, tuple[Technique, ...]]:
        """Per name, the techniques of the newest version that has it: numbers move between versions."""
        names: dict[str, tuple[Technique, ...]] = {}
        for table in self.tables:
            own: dict[str, list[Technique]] = {}
            for technique in table.techniques:
                # What a later version has revoked is no good suggestion.
                if technique.status == self._techniques[technique.id][0][0].status == "active":
                    own.setdefault(_fold(technique.name), []).append(technique)
            names.update((name, tuple(techniques)) for name, techniques in own.items())
        return names

    @cached_property
    def _ids_by_name(self) -> dict[str, frozenset[str]]:
        ids: dict[str, frozenset[str]] = {}
        named = [(tactic.name, any_id) for any_id in self._tactics for tactic in self.tactics(any_id)]
        named += [(technique.name, any_id) for any_id in self._techniques for technique in self.techniques(any_id)]
        for name, any_id in named:
            ids[_fold(name)] = ids.get(_fold(name), frozenset()) | {any_id}
        return ids

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return (*self._technique_names, *self._tactic_names)


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())


def _cells(table: Table, tactic_id: str) -> tuple[Cell, ...]:
    active = [technique for technique in table.techniques if technique.status == "active"]
    by_id = {technique.id: technique for technique in active}
    families: dict[str, list[Technique]] = {}
    for technique in active:
        if tactic_id in technique.tactics:
            # A sub-technique brings its parent along, should that be in other tactics only.
            family = families.setdefault(technique.parent_id or technique.id, [])
            if technique.parent_id:
                family.append(technique)
    cells = (Cell(by_id[each], tuple(sorted(subs, key=_by_name))) for each, subs in families.items() if each in by_id)
    return tuple(sorted(cells, key=lambda cell: _by_name(cell.technique)))


def _by_name(technique: Technique) -> tuple[str, str]:
    return (technique.name.casefold(), technique.id)
