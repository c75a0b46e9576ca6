"""What Kibana makes of a body: what it fills in, what it rewrites, and what it takes but never keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from rulepack.reference import Reference
from rulepack.sandbox.answers import Payload

# Every rule has these, whatever its type; a list is never changed in place, so that one instance does for all.
COMMON: dict[str, Any] = {
    "enabled": False,
    "version": 1,
    "interval": "5m",
    "from": "now-6m",
    "to": "now",
    "max_signals": 100,
    "author": [],
    "tags": [],
    "references": [],
    "false_positives": [],
    "threat": [],
    "setup": "",
    "output_index": "",
    "risk_score_mapping": [],
    "severity_mapping": [],
    "related_integrations": [],
    "required_fields": [],
    "exceptions_list": [],
    "actions": [],
}
KQL = {"language": "kuery"}
BY_TYPE: dict[str, dict[str, Any]] = {
    "query": {**KQL, "query": ""},
    "saved_query": KQL,
    "threshold": KQL,
    "threat_match": {**KQL, "threat_indicator_path": "threat.indicator"},
    "new_terms": KQL,
    "eql": {},
    "esql": {},
    "machine_learning": {},
}
# A PUT that leaves one of these out keeps it; it resets all else.
KEPT_BY_PUT = ("enabled", "version")
NEVER_KEPT = ("throttle", "outcome", "alias_target_id", "alias_purpose")
# What a rule has from Kibana, and a body cannot set.
SERVER_FIELDS = (
    "id",
    "rule_id",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "revision",
    "immutable",
    "rule_source",
    "execution_summary",
)
# What a system action (the likes of .cases) has; it takes no group, frequency or filter.
SYSTEM_ACTION_FIELDS = ("id", "action_type_id", "params", "uuid")
SYSTEM_ACTIONS = (".cases", ".workflows")
# How an action is told to run by a rule-level throttle that is no duration.
EACH_RUN = {"summary": True, "notifyWhen": "onActiveAlert", "throttle": None}
_DURATION = re.compile(r"([1-9]\d*)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def complete(body: Mapping[str, Any], new_uuid: Any) -> Payload:
    """What Kibana keeps of a body: defaults filled in, values rewritten, the rest as it came."""
    rule = {**COMMON, **BY_TYPE[body["type"]], **body}
    for name in NEVER_KEPT:
        rule.pop(name, None)
    if isinstance(rule.get("machine_learning_job_id"), str):
        rule["machine_learning_job_id"] = [rule["machine_learning_job_id"]]
    threshold = rule.get("threshold")
    if threshold is not None and isinstance(threshold["field"], str):
        rule["threshold"] = {**threshold, "field": [threshold["field"]] if threshold["field"] else []}
    rule["required_fields"] = [{**one, "ecs": is_ecs(one)} for one in rule["required_fields"]]
    rule["actions"] = complete_actions(rule["actions"], body.get("throttle"), new_uuid)
    return rule


def complete_actions(actions: Iterable[Mapping[str, Any]], throttle: str | None, new_uuid: Any) -> list[Payload]:
    """Actions with what Kibana adds to each: a uuid, and a frequency where it has none."""
    result = []
    for action in actions:
        one = dict(action)
        one.setdefault("uuid", new_uuid())
        if one["action_type_id"] in SYSTEM_ACTIONS:
            one = {name: one[name] for name in SYSTEM_ACTION_FIELDS}
        elif "frequency" not in one:
            one["frequency"] = frequency_of(throttle)
        result.append(one)
    return result


def frequency_of(throttle: str | None) -> Payload:
    """The frequency that a rule-level throttle stands for."""
    if throttle is None or _DURATION.fullmatch(throttle) is None:
        return dict(EACH_RUN)
    return {"summary": True, "notifyWhen": "onThrottleInterval", "throttle": throttle}


def seconds_of(duration: object) -> int | None:
    """How long a duration such as 5m is; None for anything else."""
    match = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    return int(match[1]) * _SECONDS[match[2]] if match else None


def is_ecs(field: Mapping[str, Any]) -> bool:
    """Whether ECS has a field of this name and this very type."""
    return bool(_ecs_types().get(field["name"]) == field["type"])


@cache
def _ecs_types() -> Mapping[str, str]:
    return Reference().ecs.fields
