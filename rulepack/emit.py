"""A rule as the body that Kibana takes: setup guide, plugins, type-specific shapes."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from rulepack import schema
from rulepack.rule.base import Rule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.transform import Investigate, Osquery, Transform
from rulepack.stack import StackVersion

Payload = dict[str, Any]
NO_PLUGINS = schema.empty(Transform)

# `$osquery_0` or `${osquery_0}`; `$$` is how a guide writes a dollar sign before such a name.
PLACEHOLDER = re.compile(
    r"\$(?:(?P<dollar>\$)"
    r"|(?P<kind>osquery|investigate)_(?P<number>[0-9]{1,9})\b"
    r"|\{(?P<kind2>osquery|investigate)_(?P<number2>[0-9]{1,9})\})"
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# What a heading says is looked at apart: one pattern for both would be slow on long lines.
_HEADING = re.compile(r" {0,3}(#{1,6})([ \t]|$)")
_SETUP = re.compile(r"[ \t]*setup(?:[ \t]+#+)?[ \t]*", re.IGNORECASE)
# Connectors that take no frequency, so that a missing throttle stays missing.
_SYSTEM_ACTIONS = (".cases", ".workflows")


def to_api(rule: Rule, stack: StackVersion | None = None) -> Payload:
    """The body for `POST /api/detection_engine/rules`: only fields that the file names, as Kibana names them.

    `stack` is the version of the Kibana that is to take it; None stands for the newest. The body is plain JSON data.
    """
    # A copy: who changes the body does not change the rule.
    return copy.deepcopy(shared_body(rule, stack))


def shared_body(rule: Rule, stack: StackVersion | None = None) -> Payload:
    """The same, but not to be changed: what is free data in the rule is the rule's own."""
    body = schema.dump(rule, stack)
    if rule.note is not None:
        body["note"] = render_plugins(rule.note, rule.transform)
        _move_setup(body, stack)
    for threat in body.get("threat", ()):
        threat.setdefault("technique", [])
    for action in body.get("actions", ()):
        if "frequency" in action and action.get("action_type_id") not in _SYSTEM_ACTIONS:
            action["frequency"].setdefault("throttle", None)
    if isinstance(rule, NewTermsRule) and rule.new_terms is not None:
        fields, window = rule.fields_and_window
        body["new_terms_fields"] = list(fields)
        body["history_window_start"] = window
    return body


def render_plugins(guide: str, transform: Transform) -> str:
    """The guide with each placeholder replaced by its plugin, as Kibana's Markdown reads it.

    A placeholder without a plugin stays as it is (RP422 says so), and without a [transform] so does everything.
    """
    if transform.osquery is None and transform.investigate is None:
        return guide

    def replace(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        kind = match["kind"] or match["kind2"]
        plugin = transform.plugin(kind, int(match["number"] or match["number2"]))
        return match[0] if plugin is None else plugin_text(kind, plugin)

    return PLACEHOLDER.sub(replace, guide)


def plugin_text(kind: str, plugin: Osquery | Investigate) -> str:
    """A plugin as it stands in a guide that Kibana reads."""
    data = json.dumps(schema.dump(plugin), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"!{{{kind}{data}}}"


def split_setup(guide: str) -> tuple[str, str | None]:
    """The guide without its level-2 `Setup` section, and that section's text without the heading."""
    lines = guide.split("\n")
    found = find_setup(lines)
    if found is None:
        return guide, None
    start, end = found
    return "\n".join(lines[:start] + lines[end:]).strip("\n"), "\n".join(lines[start + 1 : end]).strip("\n")


def find_setup(lines: list[str]) -> tuple[int, int] | None:
    """Where a guide's level-2 `Setup` section is: the number of its heading, and of the first line behind it.

    The section ends at the next heading of any level, as Kibana's packages have it.
    """
    start = None
    fence = None
    for number, line in enumerate(lines):
        marker = _FENCE.match(line)
        if fence is not None:
            if marker and marker[1][0] == fence[0] and len(marker[1]) >= len(fence) and not line.strip(" `~"):
                fence = None
            continue
        if marker:
            fence = marker[1]
            continue
        heading = _HEADING.match(line)
        if heading is None:
            continue
        if start is not None:
            return start, number
        if len(heading[1]) == 2 and _SETUP.fullmatch(line, heading.end()):  # noqa: PLR2004 (a level-2 heading)
            start = number
    return None if start is None else (start, len(lines))


def _move_setup(body: Payload, stack: StackVersion | None) -> None:
    """Move the Setup section out of the guide, unless the rule has a setup guide or the stack lacks the field."""
    if "setup" in body or (stack is not None and stack < StackVersion(8, 3)):
        return
    guide, setup = split_setup(body["note"])
    if setup is not None:
        body["note"] = guide
        body["setup"] = setup
