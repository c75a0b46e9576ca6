"""Connectors: what actions send by. Secrets go in and never come out, not even into the state file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulepack.fields import Json, Text
from rulepack.sandbox import bodies
from rulepack.sandbox.answers import Answer, Payload, Request, core, ok, refuse_body
from rulepack.sandbox.context import Context
from rulepack.sandbox.defaults import SYSTEM_ACTIONS
from rulepack.schema import key, model

KIND = "connectors"


@model
class ConnectorBody:
    """A new connector."""

    name: str = key(Text(required=True), "Its name.")
    connector_type_id: str = key(Text(required=True), "Its type, such as .slack.")
    config: Mapping[str, Any] | None = key(Json(table=True), "Its settings.")
    secrets: Mapping[str, Any] | None = key(Json(table=True), "What nobody may see.")


@model
class ConnectorUpdate:
    """A changed connector; its type stays."""

    name: str = key(Text(required=True), "Its name.")
    config: Mapping[str, Any] | None = key(Json(table=True), "Its settings.")
    secrets: Mapping[str, Any] | None = key(Json(table=True), "What nobody may see.")


MODELS: tuple[type, ...] = (ConnectorBody, ConnectorUpdate)


def system_connectors() -> list[Payload]:
    """The connectors that every Kibana has."""
    return [
        {"id": f"system-connector-{kind}", "name": kind.strip(".").title(), "connector_type_id": kind, "system": True}
        for kind in SYSTEM_ACTIONS
    ]


def preconfigured(body: Payload) -> Payload:
    """A connector from Kibana's own settings, as it is shown."""
    return {
        "id": body["id"],
        "name": body.get("name", body["id"]),
        "connector_type_id": body["connector_type_id"],
        "is_preconfigured": not body.get("system", False),
        "is_deprecated": False,
        "is_system_action": body.get("system", False),
    }


def create(context: Context, request: Request) -> Answer:
    """POST: a new connector, under the id of the path if it names one."""
    body = _read(ConnectorBody, context, request)
    if body["connector_type_id"] in SYSTEM_ACTIONS:
        raise core(400, f"System action creation is forbidden. Action type: {body['connector_type_id']}.")
    id_ = request.path_id
    if id_ in context.preconfigured:
        raise core(400, f"This {id_} already exists in a preconfigured action.")
    with context.state.lock:
        if id_ and context.state.shelf(KIND, request.space).get(id_) is not None:
            raise core(409, f"Saved object [action/{id_}] conflict")
        return ok(put_connector(context, request.space, body, id_))


def put_connector(
    context: Context, space: str, body: Payload, id_: str = "", *, missing_secrets: bool = False
) -> Payload:
    """Store a connector without its secrets and give it back."""
    made = {
        "id": id_ or context.state.new_id(),
        "name": body["name"],
        "connector_type_id": body["connector_type_id"],
        "config": body.get("config") or {},
        "is_preconfigured": False,
        "is_deprecated": False,
        "is_system_action": False,
        "is_missing_secrets": missing_secrets,
    }
    return context.state.put(KIND, space, made).data


def replace(context: Context, request: Request) -> Answer:
    """PUT: other settings for a connector of the same type."""
    body = _read(ConnectorUpdate, context, request)
    _refuse_preconfigured(context, request.path_id, "update")
    with context.state.lock:
        old = _find(context, request)
        new = {**old, "name": body["name"], "config": body.get("config") or {}, "is_missing_secrets": False}
        return ok(context.state.put(KIND, request.space, new).data)


def read(context: Context, request: Request) -> Answer:
    """GET: one connector."""
    return ok(context.preconfigured.get(request.path_id) or _find(context, request))


def delete(context: Context, request: Request) -> Answer:
    """DELETE: nothing is sent back, and rules keep the id."""
    _refuse_preconfigured(context, request.path_id, "delete")
    with context.state.lock:
        context.state.drop(KIND, request.space, _find(context, request)["id"])
    return Answer(204)


def find(context: Context, request: Request) -> Answer:
    """GET: all connectors with how many rules use each; system connectors are not listed."""
    used: dict[str, int] = {}
    for rule in context.state.shelf("rules", request.space):
        for id_ in {action["id"] for action in rule["actions"]}:
            used[id_] = used.get(id_, 0) + 1
    shown = [one for one in context.preconfigured.values() if not one["is_system_action"]]
    every = [*context.state.shelf(KIND, request.space), *shown]
    return ok([{**one, "referenced_by_count": used.get(one["id"], 0)} for one in every])


def _read(cls: type, context: Context, request: Request) -> Payload:
    body, issues = bodies.conform(cls, request.table(), context.settings.version)
    if issues:
        raise refuse_body(issues)
    return body


def _find(context: Context, request: Request) -> Payload:
    found = context.state.shelf(KIND, request.space).get(request.path_id)
    if found is None:
        raise core(404, f"Saved object [action/{request.path_id}] not found")
    return found


def _refuse_preconfigured(context: Context, id_: str, verb: str) -> None:
    if id_ in context.preconfigured:
        raise core(400, f"Preconfigured action {id_} is not allowed to {verb}.")
