"""What changed in the coverage of ATT&CK, as JSON; what is covered is written by `rulepack.docs.exports`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rulepack.docs.coverage import Coverage
from rulepack.docs.coverage_compare import CountChange, CoverageChange
from rulepack.report import json

FORMAT = 1


def render_changes(change: CoverageChange, old: str, new: str) -> str:
    """The changes for programs: each technique with how many rules detected it, and how many do."""
    return json.encode(
        {
            "format": FORMAT,
            "attack": change.new.version,
            "old": _side(old, change.old),
            "new": _side(new, change.new),
            "gained": _rows(change.gained),
            "lost": _rows(change.lost),
            "counts": _rows(change.counts),
        }
    )


def _side(label: str, coverage: Coverage) -> dict[str, Any]:
    counts = {"techniques": coverage.techniques, "subtechniques": coverage.subtechniques}
    return {"label": label, **{name: {"covered": one[0], "of": one[1]} for name, one in counts.items()}}


def _rows(changes: Iterable[CountChange]) -> list[dict[str, Any]]:
    return [{"id": one.technique.id, "name": one.technique.name, "old": one.old, "new": one.new} for one in changes]
