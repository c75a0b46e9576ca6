"""A STIX 2 bundle of MITRE ATT&CK (`enterprise-attack`) to one table, with what was revoked and deprecated."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from rulepack.frozen import frozen
from rulepack.reference.attack_table import TACTIC_ID, TECHNIQUE_ID, State, Table, Tactic, Technique
from rulepack.reference.storage import UnreadableError

Objects: TypeAlias = dict[str, dict[str, Any]]

# The names of the enterprise matrix; bundles of all domains hold mobile and ICS under other ones.
_DOMAIN = "enterprise-attack"
_KILL_CHAIN = "mitre-attack"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_bundle(payload: Any, version: str | None = None) -> Table:
    """The enterprise techniques of a bundle; raises `UnreadableError` with what is wrong with it.

    `version` is for bundles that do not say theirs; without it, such a bundle is named by its newest date.
    """
    objects = _objects(payload)
    tactics = _tactics(objects)
    techniques = _Techniques(objects, {tactic.shortname: tactic.id for tactic in tactics}).read()
    if not any(technique.status == "active" for technique in techniques):
        raise UnreadableError("it holds no active enterprise techniques")
    return Table(version or _version(objects), tactics, techniques)


def stated_version(payload: Any) -> str | None:
    """The ATT&CK version that a bundle says it is; many do not."""
    for each in _objects(payload).values():
        # Not `spec_version` or `x_mitre_attack_spec_version`: those count the format, not the content.
        if each["type"] == "x-mitre-collection" and isinstance(version := each.get("x_mitre_version"), str):
            return version
    return None


def _version(objects: Objects) -> str:
    dates = [date[0] for each in objects.values() if (date := _DATE.match(str(each.get("modified"))))]
    if not dates:
        raise UnreadableError("it says neither its version nor a date")
    return str(max(dates))


def _objects(payload: Any) -> Objects:
    """The objects by STIX id, in their order; of several versions of one, the newest."""
    if not isinstance(payload, dict) or payload.get("type") != "bundle":
        raise UnreadableError('it is not a STIX bundle (no "type": "bundle")')
    listed = payload.get("objects")
    if not isinstance(listed, list):
        raise UnreadableError('it is not a STIX bundle (no list of "objects")')
    objects: Objects = {}
    for place, each in enumerate(listed):
        if not isinstance(each, dict) or not isinstance(each.get("id"), str) or not isinstance(each.get("type"), str):
            raise UnreadableError(f"object {place} of the bundle has no id or no type")
        known = objects.get(each["id"])
        if known is None or str(each.get("modified", "")) > str(known.get("modified", "")):
            objects[each["id"]] = each
    return objects


def _attack_id(each: dict[str, Any]) -> str | None:
    references = each.get("external_references")
    for reference in references if isinstance(references, list) else ():
        if isinstance(reference, dict) and reference.get("source_name") == "mitre-attack":
            external_id = reference.get("external_id")
            return external_id if isinstance(external_id, str) else None
    return None


def _is_enterprise(each: dict[str, Any]) -> bool:
    return _DOMAIN in _list(each, "x_mitre_domains", [_DOMAIN])


def _list(each: dict[str, Any], key: str, default: list[Any]) -> list[Any]:
    value = each.get(key, default)
    if not isinstance(value, list):
        raise UnreadableError(f"{key} of {each['id']} is no list")
    return value


def _text(each: dict[str, Any], key: str) -> str:
    value = each.get(key)
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"{_attack_id(each) or each['id']} has no {key}")
    return value


def _state(each: dict[str, Any]) -> State:
    if each.get("revoked") is True:
        return "revoked"
    return "deprecated" if each.get("x_mitre_deprecated") is True else "active"


def _tactics(objects: Objects) -> tuple[Tactic, ...]:
    """The active tactics, in the order of the matrix."""
    tactics: dict[str, Tactic] = {}
    order: list[str] = []
    for each in objects.values():
        if not _is_enterprise(each) or _state(each) != "active":
            continue
        if each["type"] == "x-mitre-matrix":
            order += [ref for ref in _list(each, "tactic_refs", []) if isinstance(ref, str)]
        elif each["type"] == "x-mitre-tactic" and TACTIC_ID.fullmatch(tactic_id := _attack_id(each) or ""):
            tactics[each["id"]] = Tactic(tactic_id, _text(each, "name"), _text(each, "x_mitre_shortname"))
    if not tactics:
        raise UnreadableError("it holds no enterprise tactics")
    # What the matrix does not name comes last, in the order of the bundle.
    return tuple(tactics[ref] for ref in dict.fromkeys([*order, *tactics]) if ref in tactics)


@frozen
class _Techniques:
    """Reads the techniques of a bundle; `tactic_ids` are by shortname."""

    objects: Objects
    tactic_ids: dict[str, str]

    def read(self) -> tuple[Technique, ...]:
        revoked_by = self._relations("revoked-by")
        parents = self._relations("subtechnique-of")
        techniques: dict[str, Technique] = {}
        for stix_id, each in self.objects.items():
            technique_id = self._id(stix_id)
            if technique_id is None:
                continue
            technique = self._technique(technique_id, each, revoked_by)
            if technique.status == "active":
                self._check_parent(technique, parents.get(stix_id))
            # Some ids were given out again; then the active technique is meant.
            if technique_id not in techniques or techniques[technique_id].status != "active":
                techniques[technique_id] = technique
        return tuple(techniques[each] for each in sorted(techniques))

    def _technique(self, technique_id: str, each: dict[str, Any], revoked_by: dict[str, str]) -> Technique:
        status = _state(each)
        replaced_by = self._end(each["id"], revoked_by) if status == "revoked" else None
        return Technique(technique_id, _text(each, "name"), self._tactics(each, status), replaced_by, status)

    def _tactics(self, each: dict[str, Any], status: State) -> tuple[str, ...]:
        found: set[str] = set()
        for phase in _list(each, "kill_chain_phases", []):
            if not isinstance(phase, dict) or phase.get("kill_chain_name") != _KILL_CHAIN:
                continue
            if tactic := self.tactic_ids.get(str(phase.get("phase_name"))):
                found.add(tactic)
            elif status == "active":
                # A revoked technique may well name a tactic that is gone, too.
                raise UnreadableError(f"{_attack_id(each)} is in an unknown tactic, {phase.get('phase_name')}")
        return tuple(tactic for tactic in self.tactic_ids.values() if tactic in found)

    def _id(self, stix_id: str) -> str | None:
        each = self.objects.get(stix_id)
        if each is None or each["type"] != "attack-pattern" or not _is_enterprise(each):
            return None
        technique_id = _attack_id(each)
        return technique_id if technique_id and TECHNIQUE_ID.fullmatch(technique_id) else None

    def _relations(self, kind: str) -> dict[str, str]:
        """Source to target of the relationships of one kind that still hold between techniques."""
        return {
            _text(each, "source_ref"): _text(each, "target_ref")
            for each in self.objects.values()
            if each["type"] == "relationship"
            and each.get("relationship_type") == kind
            and _state(each) == "active"
            and self._id(str(each.get("target_ref"))) is not None
        }

    def _end(self, stix_id: str, revoked_by: dict[str, str]) -> str | None:
        """Where the chain of replacements ends; None if in nothing usable, or in a circle."""
        seen = {stix_id}
        while (following := revoked_by.get(stix_id)) is not None and following not in seen:
            seen.add(following)
            stix_id = following
        return self._id(stix_id) if _state(self.objects[stix_id]) == "active" else None

    def _check_parent(self, technique: Technique, parent: str | None) -> None:
        parent_id = self._id(parent) if parent else None
        if parent_id and parent_id != technique.parent_id:
            raise UnreadableError(f"{technique.id} is a sub-technique of {parent_id}, which its number contradicts")
