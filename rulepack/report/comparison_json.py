"""What differs between two packages, revisions or servers, as JSON."""

from __future__ import annotations

from typing import Any

from rulepack.package.compare import Comparison, Kind, RuleChange
from rulepack.report import json

FORMAT = 1


def render(comparison: Comparison) -> str:
    """The comparison for programs: counts, and every rule that differs with its fields, old and new."""
    return json.encode(
        {
            "format": FORMAT,
            "old": comparison.old,
            "new": comparison.new,
            "counts": {str(kind): len(comparison.of(kind)) for kind in Kind} | {"same": comparison.same},
            "changes": [_change(change, "rule_id") for change in comparison.changes],
            "exception_lists": [_change(change, "list_id") for change in comparison.lists],
        }
    )


def _change(change: RuleChange, id_name: str) -> dict[str, Any]:
    row = {
        "kind": str(change.kind),
        id_name: change.rule_id,
        "name": change.name,
        "old_name": change.old_name,
        "file": change.file or None,
        "old_version": change.old_version,
        "new_version": change.new_version,
        "reason": change.reason,
        "replacement": change.replacement,
    }
    kept = {name: value for name, value in row.items() if value is not None}
    return {**kept, "fields": [{"field": one.field, "old": one.old, "new": one.new} for one in change.fields]}
