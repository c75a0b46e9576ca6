"""Builds STIX objects as MITRE writes them, as few keys as will do."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def bundle(*objects: Object) -> Object:
    return {"type": "bundle", "id": "bundle--1", "objects": list(objects)}


def tactic(number: str, name: str, **more: Any) -> Object:
    shortname = name.lower().replace(" ", "-")
    return _attack("x-mitre-tactic", number, {"name": name, "x_mitre_shortname": shortname, **more})


def technique(number: str, name: str, *tactics: str, **more: Any) -> Object:
    phases = [{"kill_chain_name": "mitre-attack", "phase_name": each} for each in tactics]
    return _attack("attack-pattern", number, {"name": name, "kill_chain_phases": phases, **more})


def matrix(*numbers: str) -> Object:
    return {
        "type": "x-mitre-matrix",
        "id": "x-mitre-matrix--1",
        "tactic_refs": [f"x-mitre-tactic--{number}" for number in numbers],
    }


def relation(kind: str, source: str, target: str, **more: Any) -> Object:
    return {
        "type": "relationship",
        "id": f"relationship--{kind}-{source}-{target}",
        "relationship_type": kind,
        "source_ref": f"attack-pattern--{source}",
        "target_ref": f"attack-pattern--{target}",
        **more,
    }


def collection(version: Any) -> Object:
    return {"type": "x-mitre-collection", "id": "x-mitre-collection--1", "x_mitre_version": version}


def small() -> Object:
    """Two tactics, three techniques, and one of each kind that is gone."""
    return bundle(
        collection("20.1"),
        tactic("TA0002", "Execution"),
        tactic("TA0001", "Initial Access"),
        matrix("TA0001", "TA0002"),
        technique("T1059", "Command and Scripting Interpreter", "execution"),
        technique("T1059.004", "Unix Shell", "execution"),
        technique("T1190", "Exploit Public-Facing Application", "initial-access"),
        technique("T1086", "PowerShell", "execution", revoked=True),
        technique("T1064", "Scripting", "execution", x_mitre_deprecated=True),
        relation("subtechnique-of", "T1059.004", "T1059"),
        relation("revoked-by", "T1086", "T1059.004"),
    )


def _attack(kind: str, number: str, more: Object) -> Object:
    return {
        "type": kind,
        "id": f"{kind}--{number}",
        "modified": "2026-05-01T00:00:00.000Z",
        "external_references": [{"source_name": "mitre-attack", "external_id": number}],
        **more,
    }
