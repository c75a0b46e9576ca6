"""The threat tables of one rule, moved step by step to another version of ATT&CK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulepack.edit import Delete, Edit, Insert, Move, Set
from rulepack.frozen import frozen
from rulepack.locator import Path
from rulepack.migrate.target import Target, Unclear
from rulepack.reference.attack_table import Tactic, Technique
from rulepack.rule.threat import ATTACK

THREAT = ("rule", "threat")
Steps = list[Edit]


@frozen
class Left:
    """Something that is left for a person: where in the data, why, and what may help."""

    path: Path
    reason: str
    hint: str | None = None


@dataclass
class Mapper:
    """What is to be done to the threat tables of a rule; `follows` says which tactics came of which, by name."""

    target: Target
    drop_deprecated: bool = False
    follows: dict[str, list[str]] = field(default_factory=dict)

    def left(self, data: Mapping[str, Any]) -> Iterator[Left]:
        """Everything that needs a person. An entry that holds such a thing stays as it is, for it is one statement."""
        for number, entry in _entries(data, self.target):
            yield from self._unclear((*THREAT, number), entry)

    def step(self, data: Mapping[str, Any]) -> Steps | None:
        """The next edits; None when all is as it should be."""
        for number, entry in _entries(data, self.target):
            if not any(self._unclear((*THREAT, number), entry)):
                steps = self._entry_step(data, number, entry)
                if steps:
                    return steps
        return None

    def _unclear(self, path: Path, entry: Mapping[str, Any]) -> Iterator[Left]:
        tactic = entry["tactic"]
        techniques = entry.get("technique") or []
        if self.target.is_name_of_another(tactic["name"], tactic["id"]):
            yield Left((*path, "tactic", "name"), f"{tactic['id']} is not called {tactic['name']}", "correct one")
        if not techniques and isinstance(alone := self._lone_tactic(tactic), Unclear):
            yield Left((*path, "tactic", "id"), alone.reason, alone.hint)
        for place, one in _within(path, techniques):
            if (found := self._problem(one, tactic["id"])) is not None:
                yield Left((*place, "id"), found.reason, found.hint)

    def _problem(self, one: Mapping[str, Any], tactic_id: str) -> Unclear | None:
        """What keeps a technique or sub-technique from being moved."""
        technique = self.target.technique(one["id"])
        if isinstance(technique, Unclear):
            dropped = technique.deprecated and self.drop_deprecated and not one.get("subtechnique")
            return None if dropped else technique
        if self.target.is_name_of_another(one["name"], one["id"]):
            return Unclear(f"{one['id']} is not called {one['name']}", "correct the id or the name")
        place = self.target.place(one["id"], technique, tactic_id)
        if isinstance(place, Unclear):
            return place
        parent = self.target.technique(technique.parent_id) if technique.parent_id else None
        if isinstance(parent, Unclear) or (parent is not None and place not in parent.tactics):
            return Unclear(f"{technique} stands alone in ATT&CK {self.target.version}, without its technique")
        return None

    def _lone_tactic(self, tactic: Mapping[str, Any]) -> Tactic | Unclear:
        """What becomes of a tactic without techniques."""
        known = self.target.tactic(tactic["id"])
        if known is not None and known.name == tactic["name"]:
            return known
        heirs = sorted(self.target.became(tactic["id"]))
        if len(heirs) == 1 and (heir := self.target.tactic(heirs[0])) is not None:
            return heir
        names = " and ".join(map(self.target.tactic_name, heirs))
        what = f"{tactic['id']} {tactic['name']}"
        if not heirs:
            return Unclear(f"{what} is not in ATT&CK {self.target.version}")
        return Unclear(f"{what} was divided, and no technique says into which", f"choose: {names}")

    def _entry_step(self, data: Mapping[str, Any], number: int, entry: Mapping[str, Any]) -> Steps:
        path, old = (*THREAT, number), entry["tactic"]
        techniques = entry.get("technique") or []
        if not techniques:
            tactic = self._lone_tactic(old)
            return self._tactic_steps(path, old, tactic) if isinstance(tactic, Tactic) else []
        places = {self._place(one, old["id"]) for _, one in _within(path, techniques)} - {None}
        if len(places) == 1 and (new := self.target.tactic(str(next(iter(places))))) is not None:
            # All of it goes to one place: only the tactic changes, unless that place is there already.
            same = [each for each, other in _entries(data, self.target) if other["tactic"]["id"] == new.id]
            if (not same or same == [number]) and (steps := self._tactic_steps(path, old, new)):
                return steps
        for index, technique in enumerate(techniques):
            here = (*path, "technique", index)
            for place, sub in enumerate(technique.get("subtechnique") or []):
                if steps := self._steps(data, (*here, "subtechnique", place), sub, old, technique):
                    return steps
            if steps := self._steps(data, here, technique, old):
                return steps
        known = self.target.tactic(old["id"])
        return self._tactic_steps(path, old, known) if known is not None else []

    def _tactic_steps(self, path: Path, old: Mapping[str, Any], new: Tactic) -> Steps:
        if old["name"] != new.name:
            self._follow(old["name"], new.name)
        return self._fields((*path, "tactic"), old, new)

    def _fields(self, path: Path, old: Mapping[str, Any], new: Tactic | Technique) -> Steps:
        """What makes a table's id, name and page those of this version."""
        url = self.target.attack.url(new.id) or old["reference"]
        steps: Steps = [
            Set((*path, key), value) for key, value in (("name", new.name), ("id", new.id)) if old[key] != value
        ]
        if old["reference"].rstrip("/") != url.rstrip("/"):
            steps.append(Set((*path, "reference"), url))
        return steps

    def _place(self, one: Mapping[str, Any], tactic_id: str) -> str | None:
        technique = self.target.technique(one["id"])
        place = self.target.place(one["id"], technique, tactic_id) if isinstance(technique, Technique) else None
        return place if isinstance(place, str) else None

    def _steps(
        self,
        data: Mapping[str, Any],
        path: Path,
        one: Mapping[str, Any],
        tactic: Mapping[str, Any],
        above: Mapping[str, Any] | None = None,
    ) -> Steps:
        """What brings a technique, or a sub-technique that stands under the one `above`, to where it belongs."""
        new = self.target.technique(one["id"])
        if isinstance(new, Unclear):
            return [Delete(path)]  # deprecated, and to be dropped
        place = self._place(one, tactic["id"])
        assert place is not None
        if above is not None and place == self._place(above, tactic["id"]):
            carrier = self.target.technique(above["id"])
            if isinstance(carrier, Technique) and carrier.id == new.parent_id:
                # It stays under its technique, wherever that goes.
                return self._settle(data, path, path[:-1], one, new)
        to = self._list_for(data, path, new, place)
        if isinstance(to, Insert):
            return [to]
        steps = self._settle(data, path, to, one, new)
        if steps and place != tactic["id"]:
            self._follow(tactic["name"], self.target.tactic_name(place))
        return steps

    def _list_for(self, data: Mapping[str, Any], path: Path, new: Technique, place: str) -> Path | Insert:
        """The list that a technique belongs in; or what must be inserted first for it to be there."""
        entries = {number: entry["tactic"]["id"] for number, entry in _entries(data, self.target)}
        own = int(path[2])
        number = own if entries[own] == place else next((each for each, of in entries.items() if of == place), None)
        if number is None:
            tactic = self.target.tactic(place)
            assert tactic is not None
            return Insert((*THREAT, own + 1), {"framework": ATTACK, "tactic": self._table(tactic)})
        base = (*THREAT, number, "technique")
        if new.parent_id is None:
            return base
        techniques = data["rule"]["threat"][number].get("technique") or []
        for index, technique in enumerate(techniques):
            if technique["id"] == new.parent_id:
                return (*base, index, "subtechnique")
        parent = self.target.technique(new.parent_id)
        assert isinstance(parent, Technique)
        return Insert((*base, len(techniques)), self._table(parent))

    def _settle(self, data: Mapping[str, Any], path: Path, to: Path, one: Mapping[str, Any], new: Technique) -> Steps:
        """Put a table into a list under its new id; where that is in the list already, the two become one."""
        there: Any = data
        for part in to:
            there = there[part] if not isinstance(there, Mapping) else there.get(part) or []
        for index, other in enumerate(there):
            if other["id"] == new.id and (*to, index) != path and (path[:-1] != to or index < int(path[-1])):
                if one.get("subtechnique"):
                    return [Move((*path, "subtechnique", 0), (*to, index, "subtechnique"))]
                return [Delete(path), *self._emptied(data, path, to)]
        steps = self._fields(path, one, new)
        if path[:-1] == to:
            return steps
        return [*steps, Move(path, to), *self._emptied(data, path, to)]

    @staticmethod
    def _emptied(data: Mapping[str, Any], path: Path, to: Path) -> Steps:
        """Take away the entry that a technique has left, if it was its last."""
        entry = path[: len(THREAT) + 1]
        is_last = len(path) == len(entry) + 2 and len(data["rule"]["threat"][entry[-1]]["technique"]) == 1
        return [Delete(entry)] if is_last and to[: len(entry)] != entry else []

    def _table(self, new: Tactic | Technique) -> dict[str, str]:
        return {"id": new.id, "name": new.name, "reference": self.target.attack.url(new.id) or ""}

    def _follow(self, old: str, new: str) -> None:
        names = self.follows.setdefault(old, [])
        if new not in names:
            names.append(new)


def _entries(data: Mapping[str, Any], target: Target) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The threat entries of ATT&CK; other frameworks stay as they are."""
    for number, entry in enumerate(data["rule"].get("threat") or []):
        if entry["framework"] == ATTACK and not target.attack.is_atlas(entry["tactic"]["id"]):
            yield number, entry


def _within(path: Path, techniques: list[Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every technique and sub-technique, with its path."""
    for index, technique in enumerate(techniques):
        here = (*path, "technique", index)
        yield here, technique
        for place, sub in enumerate(technique.get("subtechnique") or []):
            yield (*here, "subtechnique", place), sub
