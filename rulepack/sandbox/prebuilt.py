"""Rules that come from Elastic: what may not be changed about them, and what their rule_source says."""

from __future__ import annotations

from typing import Any

from rulepack.sandbox import defaults
from rulepack.sandbox.answers import Answer, Payload, Request, ok, siem
from rulepack.sandbox.context import CUSTOMIZED_FIELDS, RULE_SOURCE, Context, Settings

INTERNAL = {"type": "internal"}
NOT_CUSTOMIZABLE = ("author", "license")
# Changing these does not make a prebuilt rule a customised one.
NO_CUSTOMIZATION = frozenset({"actions", "exceptions_list", "enabled", "meta", "version", *defaults.SERVER_FIELDS})
# What Kibana calls the fields that it compares together.
_QUERY = {"query", "language", "filters", "saved_id"}
_GROUPS = {
    **dict.fromkeys(("interval", "from", "to"), "rule_schedule"),
    **dict.fromkeys(("index", "data_view_id"), "data_source"),
    **dict.fromkeys(("threat_query", "threat_language", "threat_filters"), "threat_query"),
    **dict.fromkeys(("timeline_id", "timeline_title"), "timeline_template"),
    **dict.fromkeys(("timestamp_override", "timestamp_override_fallback_disabled"), "timestamp_override"),
    **dict.fromkeys(("event_category_override", "timestamp_field", "tiebreaker_field"), "eql_query"),
    "building_block_type": "building_block",
}
_QUERY_NAMES = {"eql": "eql_query", "esql": "esql_query"}


def check_customizable(old: Payload, body: Payload, *, partial: bool) -> None:
    """Refuse another author or licence for a prebuilt rule; a PUT that leaves them out names another too."""
    if not old["immutable"]:
        return
    for name in NOT_CUSTOMIZABLE:
        if partial and name not in body:
            continue
        if body.get(name) != old.get(name):
            raise siem(400, f'Cannot update "{name}" field for prebuilt rules')


def rule_source(context: Context, old: Payload, rule: Payload) -> Payload:
    """Where a rule comes from, worked out anew with each change."""
    if not old["immutable"]:
        return INTERNAL
    base = context.state.assets.get((old["rule_id"], rule["version"]))
    if base is None:
        # Nothing to compare with: once customised, always customised.
        was = old.get("rule_source", {}).get("is_customized", False)
        customized = was or bool(_differing(old, rule))
        return external(context.settings, has_base=False, customized=customized)
    return from_base(context, base, rule)


def from_base(context: Context, base: Payload, rule: Payload) -> Payload:
    """The source of a rule that was made from an asset."""
    fields = _differing(defaults.complete(_client_part(base), context.state.new_id), rule)
    return external(context.settings, has_base=True, fields=fields)


def origin(settings: Settings, source: Payload) -> Payload:
    """What a rule says of where it comes from: old versions of Kibana have no `rule_source`."""
    shown = {"rule_source": source} if settings.version >= RULE_SOURCE else {}
    return {"immutable": source["type"] != INTERNAL["type"], **shown}


def external(
    settings: Settings, *, has_base: bool = True, customized: bool = False, fields: tuple[str, ...] = ()
) -> Payload:
    """The source of a prebuilt rule, in the shape that the version has."""
    source: Payload = {"type": "external", "is_customized": customized or bool(fields)}
    if settings.version >= CUSTOMIZED_FIELDS:
        source["has_base_version"] = has_base
        source["customized_fields"] = [{"field_name": name} for name in fields]
    return source


def _client_part(rule: Payload) -> Payload:
    return {name: value for name, value in rule.items() if name not in defaults.SERVER_FIELDS}


def _differing(one: Payload, other: Payload) -> tuple[str, ...]:
    """What Kibana calls the fields in which two rules differ, of those that count as customisation."""
    names = {name for name in {*one, *other} - NO_CUSTOMIZATION if one.get(name) != other.get(name)}
    return tuple(sorted({_shown(name, other["type"]) for name in names}))


def _shown(name: str, rule_type: Any) -> str:
    if name in _QUERY:
        return _QUERY_NAMES.get(rule_type, "kql_query")
    return _GROUPS.get(name, name)


def status(context: Context, request: Request) -> Answer:
    """How many prebuilt rules are installed, installable and out of date."""
    newest: dict[str, int] = {}
    for rule_id, version in context.state.assets:
        newest[rule_id] = max(version, newest.get(rule_id, 0))
    rules = list(context.state.shelf("rules", request.space))
    installed = {rule["rule_id"]: rule["version"] for rule in rules if rule["immutable"]}
    return ok(
        {
            "rules_custom_installed": sum(not rule["immutable"] for rule in rules),
            "rules_installed": len(installed),
            "rules_not_installed": len(newest.keys() - installed.keys()),
            "rules_not_updated": sum(newest.get(one, 0) > version for one, version in installed.items()),
            "timelines_installed": 0,
            "timelines_not_installed": 0,
            "timelines_not_updated": 0,
        }
    )
