"""Connectors as lines of a file: a saved object without secrets goes out, and comes in."""

from __future__ import annotations

from typing import Any

from rulepack.sandbox import connectors
from rulepack.sandbox.answers import Payload, Request
from rulepack.sandbox.context import Context
from rulepack.sandbox.ndjson import failure
from rulepack.sandbox.transport import has_connectors

OBJECT_TYPE = "action"
# Types of connectors that have no secrets to miss.
NO_SECRETS = (".index", ".server-log")
SETTINGS_PAGE = "/app/management/insightsAndAlerting/triggersActionsConnectors"


def export_line(connector: Payload) -> Payload:
    """A connector as a saved object."""
    kind = connector["connector_type_id"]
    return {
        "attributes": {
            "actionTypeId": kind,
            "config": connector["config"],
            "isMissingSecrets": kind not in NO_SECRETS,
            "name": connector["name"],
            "secrets": {},
        },
        "coreMigrationVersion": "8.8.0",
        "id": connector["id"],
        "managed": False,
        "references": [],
        "type": OBJECT_TYPE,
        "typeMigrationVersion": "10.1.0",
    }


def import_connectors(context: Context, request: Request, lines: list[Payload], *, overwrite: bool) -> Payload:
    """Import lines and give the part of the answer that is about them."""
    errors: list[Payload] = []
    warnings: list[Payload] = []
    count = 0
    if lines and not has_connectors(request, context.settings):
        text = "You may not have actions privileges required to import actions: Unable to bulk_create action"
        errors.append(failure(403, text))
        lines = []
    lacking = 0
    for line in lines:
        error = _refused(context, request.space, line, overwrite=overwrite)
        if error is not None:
            errors.append(error)
            continue
        attributes = line["attributes"]
        missing = attributes.get("isMissingSecrets", False) is True
        body = {
            "name": attributes["name"],
            "connector_type_id": attributes["actionTypeId"],
            "config": attributes.get("config"),
        }
        connectors.put_connector(context, request.space, body, line["id"], missing_secrets=missing)
        lacking += missing
        count += 1
    if lacking:
        warnings.append(_warning(lacking))
    return {
        "action_connectors_success": not errors,
        "action_connectors_success_count": count,
        "action_connectors_errors": errors,
        "action_connectors_warnings": warnings,
    }


def _refused(context: Context, space: str, line: Payload, *, overwrite: bool) -> Payload | None:
    """What is wrong with a line; None if it can be stored."""
    id_ = line.get("id")
    if not isinstance(id_, str) or not id_:
        return failure(400, "Unknown Saved Object import error: a saved object without an id")
    if line.get("type") != OBJECT_TYPE:
        return failure(400, "Unsupported SO action type", id=id_)
    if not _is_connector(line["attributes"]):
        return failure(400, "Unknown Saved Object import error: attributes that are not those of a connector", id=id_)
    there = context.state.shelf(connectors.KIND, space).get(id_) is not None
    if id_ in context.preconfigured or (there and not overwrite):
        return failure(409, "Saved Object already exists", id=id_)
    return None


def _is_connector(attributes: Any) -> bool:
    return (
        isinstance(attributes, dict)
        and all(isinstance(attributes.get(name), str) for name in ("name", "actionTypeId"))
        and isinstance(attributes.get("config", {}), dict)
    )


def _warning(count: int) -> Payload:
    has = "connector has" if count == 1 else "connectors have"
    return {
        "type": "action_required",
        "message": f"{count} {has} sensitive information that require updates.",
        "actionPath": SETTINGS_PAGE,
        "buttonLabel": "Go to connectors",
    }
