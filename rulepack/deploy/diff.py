"""A rule of the pack against the same rule in Kibana: what differs, and what to write.

Only fields that the file names are compared. Both sides are plain JSON; how Kibana rewrites what it is sent is evened
out first. Facts: the semantics of Kibana's detection engine API (its server source and API integration tests).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rulepack import schema
from rulepack.deploy.change import FieldChange, Payload
from rulepack.rule import RULE_TYPES
from rulepack.schema import Table

# What the server makes and nobody sends.
SERVER_ONLY = frozenset(
    (
        "id", "created_at", "created_by", "updated_at", "updated_by", "revision", "immutable", "rule_source",
        "execution_summary", "outcome", "alias_target_id", "alias_purpose",
    )
)  # fmt: skip
# What Kibana takes and never gives back, so that it cannot be compared.
NEVER_RETURNED = frozenset(("throttle", "outcome", "alias_target_id", "alias_purpose"))
# Tags that serverless Kibana adds by itself.
SERVER_TAGS = frozenset(("Missing Universal Api Key", "Missing Elastic Cloud API Key"))
MANAGED_BY = "Managed by: rulepack/"
# What Kibana fills in for a field that is not there; other fields stay away, which counts as empty.
DEFAULTS: Payload = {
    "interval": "5m", "from": "now-6m", "to": "now", "max_signals": 100, "version": 1, "language": "kuery",
    "threat_indicator_path": "threat.indicator", "enabled": False,
}  # fmt: skip
_EMPTY: tuple[Any, ...] = (None, "", [], {})
# Fields that are only ever joined: what somebody adds to them meanwhile is not overwritten.
JOINED = frozenset(("tags", "exceptions_list"))


def compare(wanted: Payload, server: Payload) -> tuple[FieldChange, ...]:
    """The fields that the file names and that Kibana has otherwise, in the order of their names."""
    changes = []
    for name in sorted(wanted.keys() - NEVER_RETURNED):
        ours, theirs = wanted[name], server.get(name)
        same = _SAME.get(name, _same_value)
        if not same(ours, theirs, wanted):
            changes.append(FieldChange(name, theirs, ours))
    return tuple(changes)


def only_in_kibana(wanted: Payload, server: Payload) -> tuple[str, ...]:
    """What Kibana has and the file does not name: fields with a value of their own, tags, exception lists, actions."""
    names = [
        name
        for name, value in server.items()
        if name not in wanted
        and name not in SERVER_ONLY | {"enabled", "rule_id", "meta"}
        and value not in _EMPTY
        and value != DEFAULTS.get(name)
    ]
    extra_tags = [
        tag for tag in server.get("tags") or () if tag not in wanted.get("tags", ()) and not is_bookkeeping(tag)
    ]
    names = sorted(set(names) - {"tags"}) + [f"tag {tag!r}" for tag in extra_tags]
    if "exceptions_list" in wanted:
        ours = {_list_key(one) for one in wanted["exceptions_list"]}
        names += [
            f"exception list {one.get('list_id')!r}"
            for one in server.get("exceptions_list") or ()
            if _list_key(one) not in ours
        ]
    if "actions" in wanted:
        names += [
            f"action of connector {one.get('id')!r}"
            for one in _unmatched(wanted["actions"], server.get("actions") or ())
        ]
    return tuple(names)


def overlay(wanted: Payload, server: Payload, managed_tag: str) -> Payload:
    """The body for a PUT: Kibana's own rule with what the file names laid over it.

    Tags, exception lists and actions are joined: what analysts added stays. Keys within a table that rulepack does not
    know stay as well. The rule is addressed by `id`.
    """
    body = {name: value for name, value in server.items() if name not in SERVER_ONLY and name != "rule_id"}
    model = RULE_TYPES.get(server.get("type", ""))
    known = {one.name: one.field for one in schema.keys(model).values()} if model else {}
    for name, value in wanted.items():
        if name == "rule_id":
            continue
        field = known.get(name)
        body[name] = _keep_unknown(field.cls, value, server.get(name)) if isinstance(field, Table) else value
    body["tags"] = join_tags(wanted.get("tags") or (), server.get("tags") or (), managed_tag)
    if "exceptions_list" in wanted:
        body["exceptions_list"] = _join_lists(wanted["exceptions_list"], server.get("exceptions_list") or ())
    if "actions" in wanted:
        body["actions"] = _join_actions(wanted["actions"], server.get("actions") or ())
    if "meta" in wanted and isinstance(server.get("meta"), Mapping):
        body["meta"] = {**server["meta"], **wanted["meta"]}
    if "required_fields" in body:
        fields = body["required_fields"] or ()
        body["required_fields"] = [{key: one[key] for key in one if key != "ecs"} for one in fields]
    body["id"] = server["id"]
    return body


def join_tags(wanted: Sequence[str], server: Sequence[str], managed_tag: str) -> list[str]:
    """The file's tags, then those that only Kibana has, then the tag that says who manages the rule; each once."""
    others = [tag for tag in server if not is_bookkeeping(tag)]
    return list(dict.fromkeys((*wanted, *others, managed_tag)))


def not_kept(sent: Payload, answer: Payload) -> tuple[str, ...]:
    """The fields that were sent and did not come back as they were."""
    known = {name: value for name, value in sent.items() if name not in SERVER_ONLY}
    return tuple(change.field for change in compare(known, answer))


def is_bookkeeping(tag: str) -> bool:
    """Whether a tag is bookkeeping: rulepack's own, or the server's."""
    return tag.startswith(MANAGED_BY) or tag in SERVER_TAGS


def _same_value(ours: Any, theirs: Any, _: Payload) -> bool:
    return bool(ours == theirs) or (ours in _EMPTY and theirs in _EMPTY)


def _same_tags(ours: Any, theirs: Any, _: Payload) -> bool:
    """Order does not matter, and more tags in Kibana are an analyst's."""
    return set(ours) <= set(theirs or ())


def _same_one_or_many(ours: Any, theirs: Any, _: Payload) -> bool:
    return _as_list(ours) == _as_list(theirs)


def _same_threshold(ours: Any, theirs: Any, _: Payload) -> bool:
    def even(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {**value, "field": _as_list(value.get("field")), "cardinality": value.get("cardinality") or []}

    return bool(even(ours) == _without_unknown("threshold", even(theirs), "threshold"))


def _same_required_fields(ours: Any, theirs: Any, _: Payload) -> bool:
    """Whether a field is in ECS is Kibana's to say."""

    def even(value: Any) -> list[tuple[Any, Any]]:
        return [(one.get("name"), one.get("type")) for one in value or ()]

    return even(ours) == even(theirs)


def _same_lists(ours: Any, theirs: Any, _: Payload) -> bool:
    """The list's id differs from space to space; more lists in Kibana are an analyst's."""
    return {_list_key(one) for one in ours} <= {_list_key(one) for one in theirs or ()}


def _same_actions(ours: Any, theirs: Any, _: Payload) -> bool:
    """Every action of the file is there with all that the file says of it; more are an analyst's."""
    left = list(theirs or ())
    for action in ours:
        match = _take(left, lambda one, action=action: _covers(one, action))  # type: ignore[misc]
        if match is None:
            return False
    return True


def _same_named(ours: Any, theirs: Any, _: Payload) -> bool:
    """A free table in which Kibana keeps things of its own: what the file names is the same."""
    theirs = theirs if isinstance(theirs, Mapping) else {}
    return all(theirs.get(key) == value for key, value in ours.items())


def _same_table(name: str) -> Callable[[Any, Any, Payload], bool]:
    """A table of a known model: the same but for keys that rulepack does not know."""
    return lambda ours, theirs, wanted: bool(ours == _without_unknown(name, theirs, str(wanted.get("type"))))


_SAME: dict[str, Callable[[Any, Any, Payload], bool]] = {
    "tags": _same_tags,
    "machine_learning_job_id": _same_one_or_many,
    "threshold": _same_threshold,
    "required_fields": _same_required_fields,
    "exceptions_list": _same_lists,
    "actions": _same_actions,
    "meta": _same_named,
    "alert_suppression": _same_table("alert_suppression"),
    "investigation_fields": _same_table("investigation_fields"),
}


def _as_list(value: Any) -> list[Any]:
    if value in _EMPTY:
        return []
    return [value] if isinstance(value, str) else list(value)


def _list_key(one: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return one.get("list_id"), one.get("namespace_type"), one.get("type")


def _covers(server: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether an action in Kibana says all that the file's says; Kibana fills in frequency, group and uuid."""
    return all(server.get(key) == value for key, value in wanted.items() if key != "uuid")


def _is_same_action(server: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether it is the same use of the same connector, perhaps with other params."""
    return server.get("id") == wanted.get("id") and server.get("group") == wanted.get("group", server.get("group"))


def _take(left: list[Any], fits: Callable[[Any], bool]) -> Any:
    """The first that fits, taken out of the list; None if none does."""
    for number, one in enumerate(left):
        if fits(one):
            return left.pop(number)
    return None


def _pair(
    wanted: Sequence[Payload], server: Sequence[Payload]
) -> tuple[list[tuple[Payload, Payload | None]], list[Payload]]:
    """Each action of the file with the one in Kibana that it stands for, exact matches first; and those left over."""
    left = list(server)
    exact = [_take(left, lambda one, action=action: _covers(one, action)) for action in wanted]  # type: ignore[misc]
    pairs = [
        (action, match or _take(left, lambda one, action=action: _is_same_action(one, action)))  # type: ignore[misc]
        for action, match in zip(wanted, exact, strict=True)
    ]
    return pairs, left


def _unmatched(wanted: Sequence[Payload], server: Sequence[Payload]) -> list[Payload]:
    return _pair(wanted, server)[1]


def _join_actions(wanted: Sequence[Payload], server: Sequence[Payload]) -> list[Payload]:
    """The file's actions laid over those they stand for (uuid, frequency, filter), then those that only Kibana has."""
    pairs, left = _pair(wanted, server)
    return [*({**(match or {}), **action} for action, match in pairs), *left]


def _join_lists(wanted: Sequence[Payload], server: Sequence[Payload]) -> list[Payload]:
    """The file's exception lists, with the ids that Kibana knows them by, then those that only Kibana has."""
    by_key = {_list_key(one): one for one in server}
    ours = [by_key.get(_list_key(one), one) for one in wanted]
    keys = {_list_key(one) for one in wanted}
    return [*ours, *(one for one in server if _list_key(one) not in keys)]


def _keep_unknown(cls: type, wanted: Any, server: Any) -> Any:
    """The file's table with what Kibana has in it under keys that rulepack does not know."""
    if not isinstance(wanted, Mapping) or not isinstance(server, Mapping):
        return wanted
    known = {one.name for one in schema.keys(cls).values()}
    return {**{key: value for key, value in server.items() if key not in known}, **wanted}


def _without_unknown(name: str, server: Any, rule_type: str) -> Any:
    """Kibana's table without keys that rulepack does not know."""
    model = RULE_TYPES.get(rule_type)
    field = next((one.field for one in schema.keys(model).values() if one.name == name), None) if model else None
    if not isinstance(server, Mapping) or not isinstance(field, Table):
        return server
    known = {one.name for one in schema.keys(field.cls).values()}
    return {key: value for key, value in server.items() if key in known}
