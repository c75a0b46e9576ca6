"""What tactics and techniques of other ATT&CK versions are in the one that rules are moved to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rulepack.errors import DataError
from rulepack.frozen import frozen
from rulepack.reference import Attack
from rulepack.reference.attack_table import Table, Tactic, Technique, sort_key


@frozen
class Unclear:
    """Why rulepack leaves something to a person, and what may help; `deprecated` if it was given up by ATT&CK."""

    reason: str
    hint: str | None = None
    deprecated: bool = False


@dataclass(frozen=True)
class Target:
    """One version of ATT&CK, and how what other versions say is said in it."""

    attack: Attack
    table: Table
    _became: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, attack: Attack, version: str) -> Target:
        """The version with this number (`19` and `19.0` are the same); raises DataError if it is not known."""
        for table in attack.tables:
            if sort_key(table.version)[0] and _plain(table.version) == _plain(version):
                return cls(attack, table)
        raise DataError(
            f"there is no ATT&CK {version} here, only {', '.join(attack.versions)}",
            "`rulepack reference update --attack FILE|URL` adds the version of a STIX bundle",
        )

    @property
    def version(self) -> str:
        """Its number."""
        return self.table.version

    @cached_property
    def knows_the_past(self) -> bool:
        """Whether the version's table says what was revoked; rulepack's own hold active techniques only."""
        return any(technique.status != "active" for technique in self.table.techniques)

    def tactic(self, tactic_id: str) -> Tactic | None:
        """The version's tactic with an id."""
        return self._tactics.get(tactic_id)

    def tactic_name(self, tactic_id: str) -> str:
        """What to call a tactic: its name in this version, or else in the newest that has it."""
        known = self.tactic(tactic_id) or next(iter(self.attack.tactics(tactic_id)), None)
        return known.name if known is not None else tactic_id

    def technique(self, technique_id: str) -> Technique | Unclear:
        """The active technique of this version that has the id, or has replaced it, over however many steps."""
        seen: set[str] = set()
        current = technique_id
        while current not in seen:
            seen.add(current)
            found = self._techniques.get(current) or next(self._abandoned(current), None)
            if found is None:
                return self._absent(technique_id)
            if found.status == "active":
                return found
            if found.status == "deprecated":
                return Unclear(f"{found} is deprecated, and nothing has replaced it", deprecated=True)
            if found.replaced_by is None:
                return Unclear(f"{found} was revoked, and nothing says by what it was replaced")
            current = found.replaced_by
        return Unclear(f"{technique_id} was revoked, and what replaced it leads in a circle")

    def place(self, old_id: str, technique: Technique, tactic_id: str) -> str | Unclear:
        """The tactic of this version under which a technique goes that stood, with its old id, under a tactic.

        It stays where it is, if it can; else it follows its tactic, if that was divided or renumbered; else it goes to
        the only tactic that it has left.
        """
        tactics = technique.tactics
        if tactic_id in tactics:
            return tactic_id
        old_name = self.tactic_name(tactic_id)
        if old_id == technique.id and not self.attack.in_tactic(old_id, tactic_id):
            return Unclear(f"{technique} was never a technique of {old_name}", "`rulepack explain RP302`")
        following = [each for each in tactics if each in self.became(tactic_id)]
        for choice in (following, tactics):
            if len(choice) == 1:
                return choice[0]
        where = ", ".join(map(self.tactic_name, tactics)) or "no tactic"
        return Unclear(f"{technique} has left {tactic_id} {old_name}", f"in ATT&CK {self.version} it is in {where}")

    def became(self, tactic_id: str) -> frozenset[str]:
        """The tactics of this version that a tactic of others has become: itself, or what it was divided into.

        A tactic that another version does not have has come from the one that held more than half of its techniques.
        """
        if tactic_id not in self._became:
            self._became[tactic_id] = frozenset(self._heirs(tactic_id))
        return self._became[tactic_id]

    def is_name_of_another(self, name: str, any_id: str) -> bool:
        """Whether a name belongs to other ids in the versions known, and never to this one."""
        ids = self.attack.ids_of(name)
        return bool(ids) and any_id not in ids

    def _heirs(self, tactic_id: str) -> Iterator[str]:
        if tactic_id in self._tactics:
            yield tactic_id
        before = next((table for table in self._others if tactic_id in {each.id for each in table.tactics}), None)
        if before is None:
            return
        known = {each.id for each in before.tactics}
        was_there = {each.id: each.tactics for each in before.techniques if each.status == "active"}
        for tactic in self.table.tactics:
            if tactic.id in known and tactic_id in self._tactics:
                continue
            # Of the techniques that both versions have: those in the new tactic, or those in one that is gone.
            new = {each.id for each in self.table.techniques if tactic.id in each.tactics and each.id in was_there}
            old = {each for each, tactics in was_there.items() if tactic_id in tactics and each in self._techniques}
            judged = new if tactic_id in self._tactics else old
            if tactic.id != tactic_id and 2 * len(new & old) > len(judged):
                yield tactic.id

    def _absent(self, technique_id: str) -> Unclear:
        named = next(iter(self.attack.techniques(technique_id)), None)
        if named is None:
            return Unclear(f"{technique_id} is not in any ATT&CK version known here", "`rulepack explain RP301`")
        same = [each for each in self.table.techniques if each.name == named.name and each.status == "active"]
        hint = f"{same[0].id} has the same name there" if len(same) == 1 else None
        return Unclear(f"{named} is not in ATT&CK {self.version}", hint)

    def _abandoned(self, technique_id: str) -> Iterator[Technique]:
        """What other versions say of a technique that this one does not have, if they have given it up."""
        for table in self._others:
            yield from (each for each in table.techniques if each.id == technique_id and each.status != "active")

    @cached_property
    def _others(self) -> tuple[Table, ...]:
        """The other versions, older ones first asked, the nearest first."""
        mine = sort_key(self.version)
        older = [table for table in self.attack.tables if sort_key(table.version) < mine]
        newer = [table for table in self.attack.tables if sort_key(table.version) > mine]
        return (*reversed(older), *newer)

    @cached_property
    def _tactics(self) -> dict[str, Tactic]:
        return {tactic.id: tactic for tactic in self.table.tactics}

    @cached_property
    def _techniques(self) -> dict[str, Technique]:
        return {technique.id: technique for technique in self.table.techniques}


def _plain(version: str) -> str:
    return version.strip().lower().removeprefix("v").removesuffix(".0")
