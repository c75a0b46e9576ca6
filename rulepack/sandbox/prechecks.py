"""What Kibana checks by hand: in the body before it looks for the rule, then what the alerting framework refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rulepack.sandbox import defaults
from rulepack.sandbox.answers import Payload, siem
from rulepack.sandbox.context import FIVE_THRESHOLD_FIELDS, Context, Settings

# Exception lists of this type belong to one rule.
RULE_DEFAULT = "rule_default"
_OLD_THRESHOLD_FIELDS = 3
_LAST_WEEKDAY = 7


def check_body(body: Payload, settings: Settings, *, creating: bool = False) -> None:
    """Refuse a body that fits the schema but not itself; all reasons at once, as a list."""
    reasons = [
        *_pair(body, "timeline_id", "timeline_title"),
        *_timeline_texts(body),
        *(_pair(body, "concurrent_searches", "items_per_search") if creating else ()),
        *_threshold(body.get("threshold"), settings),
    ]
    if reasons:
        raise siem(400, reasons)


def check_selectors(body: Mapping[str, Any]) -> None:
    """Refuse a request that names its rule twice, or not at all."""
    if body.get("id") is not None and body.get("rule_id") is not None:
        raise siem(400, ['both "id" and "rule_id" cannot exist, choose one or the other'])
    if body.get("id") is None and body.get("rule_id") is None:
        raise siem(400, ['either "id" or "rule_id" must be set'])


def _pair(body: Payload, one: str, other: str) -> Iterator[str]:
    for first, second in ((one, other), (other, one)):
        if body.get(first) is not None and body.get(second) is None:
            yield f'when "{first}" exists, "{second}" must also exist'


def _timeline_texts(body: Payload) -> Iterator[str]:
    for name in ("timeline_id", "timeline_title"):
        if body.get(name) == "":
            yield f'"{name}" cannot be an empty string'


def _threshold(threshold: Payload | None, settings: Settings) -> Iterator[str]:
    if threshold is None:
        return
    names = threshold["field"] if isinstance(threshold["field"], list) else [threshold["field"]]
    if settings.version < FIVE_THRESHOLD_FIELDS and len(names) > _OLD_THRESHOLD_FIELDS:
        yield f"Number of fields must be {_OLD_THRESHOLD_FIELDS} or less"
    if any(one["field"] in names for one in threshold.get("cardinality") or ()):
        yield "Cardinality of a field that is being aggregated on is always 1"


def check_default_list(context: Context, space: str, body: Payload, rule: str | None = None) -> None:
    """Refuse two `rule_default` lists, or one that is another rule's; `rule` is the id of the rule if it exists."""
    named = [one for one in body.get("exceptions_list") or () if one["type"] == RULE_DEFAULT]
    if len(named) > 1:
        raise siem(500, "More than one default exception list found on rule")
    if not named:
        return
    taken = [
        other["id"]
        for other in context.state.shelf("rules", space)
        if rule is None or rule not in (other["id"], other["rule_id"])
        if any(
            one["type"] == RULE_DEFAULT and one["list_id"] == named[0]["list_id"] for one in other["exceptions_list"]
        )
    ]
    if taken:
        subject = "default exception list" if rule is None else f"default exception list for rule: {rule}"
        raise siem(409, f"{subject} already exists in rule(s): {','.join(taken)}")


def check_licence(rule_type: str, settings: Settings) -> None:
    """Refuse a machine learning rule on a licence without it; nothing else is licensed at this point."""
    if rule_type == "machine_learning" and settings.licence == "basic":
        raise siem(403, "Your license does not support machine learning. Please upgrade your license.")


def check_alerting(rule: Payload, verb: str, connectors: Mapping[str, Payload | None], *, secrets: bool) -> None:
    """Refuse what the alerting framework refuses once the detection engine is content.

    `connectors` are those that actions name, None for one that is not there; `secrets` whether they must have theirs.
    """
    if defaults.seconds_of(rule["interval"]) is None:
        raise siem(
            400,
            f"Error validating {verb} data - [schedule.interval]: string is not a valid duration: {rule['interval']}",
        )
    usual = [one for one in rule["actions"] if one["action_type_id"] not in defaults.SYSTEM_ACTIONS]
    for number, action in enumerate(usual):
        if "group" not in action:
            raise siem(
                400,
                f"Error validating {verb} data - [actions.{number}.group]: "
                "expected value of type [string] but got [undefined]",
            )
    reasons = [*(_without_secrets(connectors) if secrets else ()), *_action_reasons(usual, rule["interval"])]
    if len(reasons) == 1:
        raise siem(400, f"Failed to validate actions due to the following error: {reasons[0]}")
    if reasons:
        listed = "\n".join(f"- {reason}" for reason in reasons)
        raise siem(400, f"Failed to validate actions due to the following {len(reasons)} errors:\n{listed}")
    for action in rule["actions"]:
        if connectors[action["id"]] is None:
            raise siem(
                400, f"Failed to load action {action['id']} (404): Saved object [action/{action['id']}] not found"
            )


def _without_secrets(connectors: Mapping[str, Payload | None]) -> Iterator[str]:
    names = [one["name"] for one in connectors.values() if one is not None and one.get("is_missing_secrets")]
    if names:
        yield f"Invalid connectors: {', '.join(names)}"


def _action_reasons(actions: list[Payload], interval: str) -> Iterator[str]:
    uuids = [action["uuid"] for action in actions]
    if len(set(uuids)) < len(uuids):
        yield "Actions have duplicated UUIDs"
    groups = sorted({action["group"] for action in actions} - {"default"})
    if groups:
        yield f"Invalid action groups: {', '.join(groups)}"
    every = defaults.seconds_of(interval) or 0
    for action in actions:
        throttle = action["frequency"]["throttle"]
        if action["frequency"]["notifyWhen"] == "onThrottleInterval" and throttle is None:
            yield f"Action frequency lacks a throttle: {action['group']}"
        if (defaults.seconds_of(throttle) or every) < every:
            yield (
                f"Action throttle cannot be shorter than the schedule interval of {interval}: "
                f"{action['group']} ({throttle})"
            )
        yield from _filter_reasons(action.get("alerts_filter"))


def _filter_reasons(alerts_filter: Payload | None) -> Iterator[str]:
    if alerts_filter is None:
        return
    if not alerts_filter.get("query") and not alerts_filter.get("timeframe"):
        yield "Action's alertsFilter must have either query or timeframe"
    timeframe = alerts_filter.get("timeframe")
    if isinstance(timeframe, dict):
        days = timeframe.get("days")
        if not isinstance(days, list) or not all(type(day) is int and 1 <= day <= _LAST_WEEKDAY for day in days):
            yield "Action's alertsFilter has days that are not numbers from 1 to 7"
