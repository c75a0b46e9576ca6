"""RP42x: investigation guide and setup guide."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulepack.checks.base import Context, Found, check
from rulepack.diagnostics import Severity
from rulepack.emit import PLACEHOLDER, find_setup, plugin_text
from rulepack.rule import Rule

_NOTE = ("rule", "note")
# No request may be longer, unless who runs Kibana allows it (`server.maxPayload`).
_MOST_BYTES = 1024 * 1024


def _placeholders(guide: str) -> Iterator[tuple[re.Match[str], str, int]]:
    """Every `$osquery_0` of a guide: where, which kind, which number."""
    for match in PLACEHOLDER.finditer(guide):
        if not match["dollar"]:
            yield match, match["kind"] or match["kind2"], int(match["number"] or match["number2"])


@check("RP422", "unresolved-placeholder", Severity.WARNING)
def unresolved_placeholder(rule: Rule, context: Context) -> Iterator[Found]:
    """A placeholder in the investigation guide has no plugin in [transform].

    Why: an analyst sees `$osquery_0` where a button should be.

    Instead: add the plugin, or correct the number; they count from 0 for each kind.
    """
    if rule.note is None or "$" not in rule.note:
        return
    for match, kind, number in _placeholders(rule.note):
        refused = getattr(rule.transform, kind) is None and context.names(rule, "transform", kind)
        if rule.transform.plugin(kind, number) is None and not refused:
            there = len(getattr(rule.transform, kind) or ())
            hint = f"the last one is ${kind}_{there - 1}" if there else f"add [[transform.{kind}]], or remove it"
            message = f"{match[0]} has no plugin: there {'is' if there == 1 else 'are'} {there} [[transform.{kind}]]"
            yield context.inside(rule, _NOTE, match.start(), len(match[0]), message, hint)


@check("RP423", "unused-plugin", Severity.WARNING)
def unused_plugin(rule: Rule, context: Context) -> Iterator[Found]:
    """A plugin in [transform] is not used in the investigation guide.

    Why: nobody will ever see it; often a placeholder has the wrong number.

    Instead: put its placeholder into the guide, or remove the plugin.
    """
    if rule.note is None and context.names(rule, "rule", "note"):
        return
    used = {(kind, number) for _, kind, number in _placeholders(rule.note or "")}
    for kind in ("osquery", "investigate"):
        for number in range(len(getattr(rule.transform, kind) or ())):
            if (kind, number) not in used:
                message = f"this plugin is not used: ${kind}_{number} is not in the investigation guide"
                hint = f"put ${kind}_{number} where the button should be"
                yield context.at(rule, ("transform", kind, number), message, hint)


@check("RP424", "two-setup-guides", Severity.WARNING)
def two_setup_guides(rule: Rule, context: Context) -> Iterator[Found]:
    """The investigation guide has a Setup section although the rule has a setup guide.

    Why: Kibana shows the field `setup` on a tab of its own; the section stays in the guide and readers find two.

    Instead: move the section's text into `setup`.
    """
    if rule.setup is None or rule.note is None:
        return
    lines = rule.note.split("\n")
    section = find_setup(lines)
    if section is not None:
        start = sum(len(line) + 1 for line in lines[: section[0]])
        message = "the guide has a Setup section besides the field setup"
        yield context.inside(rule, _NOTE, start, len(lines[section[0]]), message, "move its text into setup")


@check("RP425", "guide-too-long", Severity.ERROR)
def guide_too_long(rule: Rule, context: Context) -> Iterator[Found]:
    """The investigation guide, with its plugins in place, is longer than Kibana takes.

    Why: Kibana refuses a request of more than 1 MB, and every `$osquery_0` stands for the whole plugin.

    Instead: shorten the guide, or put each plugin into it once.
    """
    if rule.note is None:
        return
    lengths: dict[tuple[str, int], int] = {}
    total = len(rule.note.encode())
    for _, kind, number in _placeholders(rule.note) if rule.transform.osquery or rule.transform.investigate else ():
        if (kind, number) not in lengths:
            plugin = rule.transform.plugin(kind, number)
            lengths[kind, number] = len(plugin_text(kind, plugin).encode()) if plugin else 0
        total += lengths[kind, number]
    if total > _MOST_BYTES:
        message = f"with its plugins in place the guide has {total / _MOST_BYTES:,.1f} MB; Kibana takes 1 MB at most"
        yield context.at(rule, _NOTE, message, "shorten it, or put each plugin into it once", key=True)
