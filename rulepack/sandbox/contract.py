"""Where Kibana and rulepack's models differ: what only one of the two refuses in the body of a rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rulepack.fields import Choice, Flag, Json, Text
from rulepack.sandbox.answers import js_type
from rulepack.sandbox.wording import UNDEFINED, choices
from rulepack.schema import Path, Table, key, model, tables

# Strings that Kibana wants to have a visible character. Models ask the same of more strings, which Kibana takes.
NOT_BLANK = frozenset(
    {
        "actions.uuid",
        "exceptions_list.id",
        "exceptions_list.list_id",
        "history_window_start",
        "investigation_fields.field_names",
        "related_integrations.integration",
        "related_integrations.package",
        "related_integrations.version",
        "required_fields.name",
        "required_fields.type",
        "threat_mapping.entries.field",
        "threat_mapping.entries.value",
    }
)
# Strings of at least one character, be it a blank.
NOT_EMPTY = frozenset({"name", "description"})
# Where a pattern of ours is Kibana's too; `interval` is looked at later, by the alerting layer, and `to` never.
PATTERNS = {"from": "Failed to parse date-math expression", "actions.frequency.throttle": "Invalid"}
# A rule file must name a rule_id; Kibana makes one up.
MAY_BE_MISSING = frozenset({"rule_id"})
# A rule file cannot write null; Kibana wants it here.
MAY_BE_NULL = frozenset({"actions.frequency.throttle"})

_THROTTLE = re.compile(r"no_actions|rule|[1-9]\d*[smhd]")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@model
class OsqueryQuery:
    """One of the queries of an Osquery response action."""

    id: str = key(Text(required=True), "Its id.")
    query: str = key(Text(required=True), "Its SQL.")
    ecs_mapping: Mapping[str, Any] | None = key(Json(table=True), "Columns as ECS fields.")
    version: str | None = key(Text(), "The least version of Osquery.")
    platform: str | None = key(Text(), "The platforms.")
    removed: bool | None = key(Flag(), "Whether to report what is gone.")
    snapshot: bool | None = key(Flag(), "Whether to report everything each time.")


@model
class OsqueryParams:
    """What an Osquery response action does."""

    query: str | None = key(Text(), "The SQL.")
    ecs_mapping: Mapping[str, Any] | None = key(Json(table=True), "Columns as ECS fields.")
    queries: tuple[OsqueryQuery, ...] | None = key(tables(OsqueryQuery), "Several queries.")
    pack_id: str | None = key(Text(), "A pack of queries.")
    saved_query_id: str | None = key(Text(), "A saved query.")
    timeout: float | None = key(Json(), "Seconds.")


@model
class IsolateParams:
    """Isolates the host."""

    command: str = key(Choice("isolate", required=True), "The command.")
    comment: str | None = key(Text(), "Why.")


@model
class ProcessConfig:
    """Which process."""

    field: str = key(Text(required=True), "The field of the alert that holds it.")
    overwrite: bool | None = key(Flag(), "Whether to take process.pid in its place.")


@model
class ProcessParams:
    """Kills or suspends a process."""

    command: str = key(Choice("kill-process", "suspend-process", required=True), "The command.")
    comment: str | None = key(Text(), "Why.")
    config: ProcessConfig = key(Table(ProcessConfig, required=True), "Which process.")


@model
class RunscriptParams:
    """Runs a script."""

    command: str = key(Choice("runscript", required=True), "The command.")
    comment: str | None = key(Text(), "Why.")
    config: Mapping[str, Any] | None = key(Json(table=True), "Which script.")


ENDPOINT_PARAMS: dict[str, type] = {
    "isolate": IsolateParams,
    "kill-process": ProcessParams,
    "suspend-process": ProcessParams,
    "runscript": RunscriptParams,
}


def is_uuid(text: object) -> bool:
    """Whether a text has the form of a UUID."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def stricter(body: Mapping[str, Any], *, partial: bool) -> Iterator[tuple[Path, str]]:
    """What Kibana refuses in a rule's body and our model lets pass: path and Kibana's reason."""
    if body.get("description") == "":
        yield ("description",), "String must contain at least 1 character(s)"
    throttle = body.get("throttle")
    if isinstance(throttle, str) and _THROTTLE.fullmatch(throttle) is None:
        yield ("throttle",), "Invalid"
    if body.get("type") == "new_terms" and not partial:
        # A file may write both in a table of their own, so the model cannot demand them.
        for name, wanted in (("new_terms_fields", "array"), ("history_window_start", "string")):
            if name not in body:
                yield (name,), f"Expected {wanted}, {UNDEFINED}"
    actions = body.get("actions")
    for number, action in enumerate(actions if isinstance(actions, list) else ()):
        frequency = action.get("frequency") if isinstance(action, dict) else None
        if isinstance(frequency, dict):
            if "throttle" not in frequency:
                yield ("actions", number, "frequency", "throttle"), f"Expected string, {UNDEFINED}"
            elif frequency["throttle"] == "":
                yield ("actions", number, "frequency", "throttle"), "Invalid"


def params_model(action: Mapping[str, Any]) -> tuple[type | None, str]:
    """The model for the params of a response action, or None and Kibana's reason to refuse them."""
    if action.get("action_type_id") == ".osquery":
        return OsqueryParams, ""
    command = action["params"].get("command")
    found = ENDPOINT_PARAMS.get(command) if isinstance(command, str) else None
    return found, f"Invalid discriminator value. Expected {choices(ENDPOINT_PARAMS)}"


def osquery_issues(params: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with the free parts of Osquery params: mappings and the timeout."""
    timeout = params.get("timeout", 0)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        yield (*path, "timeout"), f"Expected number, received {js_type(timeout)}"
    yield from _mapping_issues(params.get("ecs_mapping"), (*path, "ecs_mapping"))
    queries = params.get("queries")
    for number, query in enumerate(queries if isinstance(queries, list) else ()):
        if isinstance(query, dict):
            yield from _mapping_issues(query.get("ecs_mapping"), (*path, "queries", number, "ecs_mapping"))


def _mapping_issues(mapping: Any, path: Path) -> Iterator[tuple[Path, str]]:
    for column, target in mapping.items() if isinstance(mapping, dict) else ():
        if not isinstance(target, dict):
            yield (*path, column), f"Expected object, received {js_type(target)}"
            continue
        field = target.get("field", "")
        if not isinstance(field, str):
            yield (*path, column, "field"), f"Expected string, received {js_type(field)}"
        value = target.get("value", "")
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            yield (*path, column, "value"), "Invalid input"
