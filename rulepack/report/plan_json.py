"""A plan, and what became of it, as JSON."""

from __future__ import annotations

from typing import Any

from rulepack.deploy.apply import Applied
from rulepack.deploy.change import Change, Kind
from rulepack.deploy.plan import Plan
from rulepack.deploy.write import Result
from rulepack.diagnostics import Diagnostic
from rulepack.report import json


def render(plan: Plan, diagnostics: tuple[Diagnostic, ...] = ()) -> str:
    """The plan for programs: place, counts, every rule with its fields, old and new."""
    return json.encode(_plan(plan) | {"diagnostics": [json.entry(found) for found in diagnostics]})


def render_applied(plan: Plan, applied: Applied) -> str:
    """The plan with a result for each rule that was to be written."""
    results = {outcome.change.rule_id: str(outcome.result) for outcome in applied.outcomes}
    payload = _plan(plan)
    for change in payload["changes"]:
        if change["rule_id"] in results and change["kind"] in {"create", "update"}:
            change["result"] = results[change["rule_id"]]
    payload["results"] = {str(result): applied.count(result) for result in Result}
    payload["stopped"] = applied.stopped
    return json.encode(payload | {"diagnostics": [json.entry(found) for found in applied.diagnostics]})


def _plan(plan: Plan) -> dict[str, Any]:
    place = plan.place
    return {
        "pack": plan.package.manifest.pack,
        "package": plan.package.manifest.version or None,
        "target": str(plan.target),
        "place": {"url": place.url, "space": place.space, "version": str(place.version) if place.version else None},
        "counts": {str(kind): len(changes) for kind, changes in plan.by_kind.items()}
        | {"prebuilt in Kibana": plan.prebuilt},
        "changes": [_change(plan, change) for change in plan.changes],
    }


def _change(plan: Plan, change: Change) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "kind": str(change.kind),
        "rule_id": change.rule_id,
        "name": change.name,
        "file": change.file,
        "ids": list(change.ids),
    }
    if change.kind is Kind.CREATE:
        payload["enabled"] = bool(change.body.get("enabled"))
    if change.kind is Kind.UPDATE:
        payload["revision"] = change.revision
        payload["fields"] = [{"field": one.field, "old": one.old, "new": one.new} for one in change.fields]
    if missing := plan.missing_lists(change.body):
        payload["missing_exception_lists"] = list(missing)
    if change.kibana_only:
        payload["only_in_kibana"] = list(change.kibana_only)
    if change.reason:
        payload["reason"] = change.reason
    return payload
