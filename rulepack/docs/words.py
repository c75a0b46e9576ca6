"""Values of a rule in words: times, suppression, what is done on the host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rulepack.docs.markdown import code, text
from rulepack.rule import Rule
from rulepack.rule.action import Action
from rulepack.rule.suppression import AlertSuppression

TYPE_LABELS = {
    "query": "Custom query",
    "saved_query": "Saved query",
    "eql": "Event correlation",
    "esql": "ES|QL",
    "threshold": "Threshold",
    "threat_match": "Indicator match",
    "machine_learning": "Machine learning",
    "new_terms": "New terms",
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNIT_NAMES = {"s": "second", "m": "minute", "h": "hour"}
_DURATION = re.compile(r"(?:now-)?(\d+)([smhd])")
_DATE = re.compile(r"(\d{4})/(\d{2})/(\d{2})")


def date(value: str) -> str:
    """A day as everybody reads it, `2026-11-21`, for the `2026/11/21` of rule files."""
    return _DATE.sub(r"\1-\2-\3", value)


def seconds(value: str) -> int | None:
    """The length of `5m` or of `now-5m` in seconds; None for anything else."""
    match = _DURATION.fullmatch(value)
    return int(match[1]) * _UNITS[match[2]] if match else None


def duration(length: int) -> str:
    """Seconds as people write them: `4m`, `1h`, `90s`."""
    for unit in ("d", "h", "m"):
        if length % _UNITS[unit] == 0:
            return f"{length // _UNITS[unit]}{unit}"
    return f"{length}s"


def codes(values: tuple[str, ...]) -> str:
    """A list of code spans."""
    return ", ".join(map(code, values))


def suppression(rule: Rule) -> str | None:
    """Alert suppression of a rule of any type; None without it."""
    found = getattr(rule, "alert_suppression", None)
    if found is None:
        return None
    by_field = isinstance(found, AlertSuppression)
    shown = f"one alert for each {codes(found.group_by)}" if by_field else "one alert for each group"
    length = found.duration
    if length is None:
        shown += " and run"
    else:
        shown += f" in {length.value} {_UNIT_NAMES[length.unit]}{'' if length.value == 1 else 's'}"
    if by_field and found.missing_fields_strategy:
        kept = found.missing_fields_strategy == "doNotSuppress"
        shown += "; events without such a field are " + ("not suppressed" if kept else "suppressed together")
    return shown


def named(title: str | None, any_id: str | None) -> str:
    """Something by its title and its id, or by the one that there is."""
    if title and any_id:
        return f"{text(title)} ({code(any_id)})"
    return text(title) if title else code(any_id or "")


def action(found: Action) -> str:
    """What is sent, and how often."""
    shown = f"{code(found.action_type_id)} through connector {code(found.id)}"
    if found.frequency is not None:
        shown += ", one message for all alerts of a run" if found.frequency.summary else ", a message for each alert"
        shown += f", at most every {text(found.frequency.throttle)}" if found.frequency.throttle else ""
    return shown


def response_action(kind: str, params: Mapping[str, Any]) -> str:
    """A response action: who acts, and what is done."""
    if kind == ".endpoint":
        comment = params.get("comment")
        return f"Elastic Defend: {code(str(params.get('command', '')))}" + (
            f" ({text(str(comment))})" if comment else ""
        )
    what = params.get("query") or params.get("saved_query_id") or params.get("pack_id")
    return f"Osquery: {code(str(what))}" if what else "Osquery"
