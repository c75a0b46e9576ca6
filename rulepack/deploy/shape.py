"""The shape of what Kibana gives: looked at once, so that nothing behind it meets a surprise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rulepack.deploy.change import Payload

_LIST_KEYS = ("list_id", "namespace_type", "type")


def unreadable(rule: Payload) -> str | None:
    """Why a rule as Kibana gives it cannot be compared; None when it can. What is missing or null counts as empty."""
    for name in ("id", "rule_id", "type"):
        if not _is_name(rule.get(name)):
            return f"{name} is no text"
    if rule.get("revision") is not None and not isinstance(rule["revision"], int):
        return "revision is no number"
    for name, is_one in _MANY.items():
        value = rule.get(name)
        if value is not None and not (isinstance(value, list) and all(map(is_one, value))):
            return f"{name} is no list of what it should be"
    threshold = rule.get("threshold")
    if isinstance(threshold, Mapping) and not _is_one_or_many(threshold.get("field")):
        return "threshold.field is neither a text nor a list"
    if not _is_one_or_many(rule.get("machine_learning_job_id")):
        return "machine_learning_job_id is neither a text nor a list"
    return None


def unsendable(body: Payload) -> str | None:
    """Why a body cannot be sent as JSON in UTF-8; None when it can. Only a value of Kibana's own can be at fault."""
    for name, value in body.items():
        try:
            json.dumps({name: value}, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:
            return f"{name} holds half a character, or a number that is none"
    return None


def list_ids(lists: Any) -> dict[tuple[str, str], str]:
    """Kibana's id of each exception list, by list_id and namespace_type."""
    names = ((one.get("list_id"), one.get("namespace_type"), one.get("id")) for one in lists)
    return {(name, space): id_ for name, space, id_ in names if _is_name(name) and _is_name(space) and _is_name(id_)}


def text_of(value: Any) -> str:
    """A text that is only shown; empty for what is none."""
    return value if isinstance(value, str) else ""


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list_reference(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_name(value.get(name)) for name in _LIST_KEYS)


def _is_one_or_many(value: Any) -> bool:
    return value is None or isinstance(value, str | list)


_MANY = {
    "tags": lambda value: isinstance(value, str),
    "exceptions_list": _is_list_reference,
    "actions": _is_table,
    "required_fields": _is_table,
}
