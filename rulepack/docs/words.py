"""Values of a rule in words: times, suppression, exception lists, actions, what is done on the host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rulepack.docs.markdown import code, link, text
from rulepack.rule import Rule
from rulepack.rule.action import Action, ExceptionListReference
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
_UNIT_NAMES = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "M": "month", "y": "year"}
_DURATION = re.compile(r"(?:now-)?(\d+)([smhd])")
_LENGTH = re.compile(r"now-(\d+)([smhdwMy])")
_DATE = re.compile(r"(\d{4})/(\d{2})/(\d{2})")
# Where Elastic tells what an integration collects, and how to set it up.
_INTEGRATIONS = "https://www.elastic.co/docs/reference/integrations/"
_PACKAGE = re.compile(r"[a-z0-9_]+")
# What Kibana calls the types of connectors that rules use.
_CONNECTORS = {
    ".bedrock": "Amazon Bedrock",
    ".cases": "Cases",
    ".cases-webhook": "Webhook - Case Management",
    ".crowdstrike": "CrowdStrike",
    ".d3security": "D3 Security",
    ".email": "Email",
    ".gemini": "Google Gemini",
    ".gen-ai": "OpenAI",
    ".index": "Index",
    ".inference": "AI Connector",
    ".jira": "Jira",
    ".microsoft_defender_endpoint": "Microsoft Defender for Endpoint",
    ".opsgenie": "Opsgenie",
    ".pagerduty": "PagerDuty",
    ".resilient": "IBM Resilient",
    ".sentinelone": "SentinelOne",
    ".server-log": "Server log",
    ".servicenow": "ServiceNow ITSM",
    ".servicenow-itom": "ServiceNow ITOM",
    ".servicenow-sir": "ServiceNow SecOps",
    ".slack": "Slack",
    ".slack_api": "Slack API",
    ".swimlane": "Swimlane",
    ".teams": "Microsoft Teams",
    ".thehive": "TheHive",
    ".tines": "Tines",
    ".torq": "Torq",
    ".webhook": "Webhook",
    ".xmatters": "xMatters",
}


def date(value: str) -> str:
    """A day as everybody reads it, `2026-11-21`, for the `2026/11/21` of rule files."""
    return _DATE.sub(r"\1-\2-\3", value)


def sentence(text: str) -> str:
    """A text with a full stop, if it ends in no other sign."""
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?", ":", ")")) else f"{text}."


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


def length(start: str) -> str | None:
    """How long ago `now-14d` is: `14 days`; None for other date math."""
    match = _LENGTH.fullmatch(start)
    return counted(int(match[1]), _UNIT_NAMES[match[2]]) if match else None


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 rule`, `2 rules`, `1,550 rules`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


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
    time = found.duration
    shown += " and run" if time is None else f" in {counted(time.value, _UNIT_NAMES[time.unit])}"
    if by_field and found.missing_fields_strategy:
        kept = found.missing_fields_strategy == "doNotSuppress"
        shown += "; events without such a field are " + ("not suppressed" if kept else "suppressed together")
    return shown


def named(title: str | None, any_id: str | None) -> str:
    """Something by its title and its id, or by the one that there is."""
    if title and any_id:
        return f"{text(title)} ({code(any_id)})"
    return text(title) if title else code(any_id or "")


def integration(package: str) -> str:
    """A link to what Elastic says of an integration; its name alone if that is none that a package can have."""
    return link(_INTEGRATIONS + package, package) if _PACKAGE.fullmatch(package) else code(package)


def exception_list(found: ExceptionListReference, names: Mapping[str, str]) -> str:
    """An exception list by its name, if that is known, and by its id; and what kind of list it is."""
    name, kind = names.get(found.list_id), found.type.replace("_", " ")
    return f"{text(name)} ({code(found.list_id)}, {kind})" if name else f"{code(found.list_id)} ({kind})"


def connector(found: Action) -> str:
    """The connector of an action: its id, and what it is."""
    return f"{code(found.id)} ({_kind(found)})"


def _kind(found: Action) -> str:
    return _CONNECTORS.get(found.action_type_id) or code(found.action_type_id)


def action(found: Action) -> str:
    """What is sent, and how often."""
    shown = f"{_kind(found)} through connector {code(found.id)}"
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
