"""The two tables that a rule's page begins with: what it does and when, and whose it is and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rulepack.docs import words
from rulepack.docs.markdown import code, text
from rulepack.fit import Fit, Standing
from rulepack.rule import Rule
from rulepack.rule.esql import EsqlRule
from rulepack.rule.machine_learning import MachineLearningRule
from rulepack.rule.query import SavedQueryRule

if TYPE_CHECKING:
    from rulepack.docs.view import RuleView

# Kibana's defaults, for what a file does not name.
DEFAULT_INTERVAL = "5m"
DEFAULT_FROM = "now-6m"
DEFAULT_TO = "now"
DEFAULT_MAX_SIGNALS = 100

Row = tuple[str, str]


def facts(view: RuleView) -> Iterator[Row]:
    """What the page's first table says: label and Markdown. Nothing is left unsaid: a default is named as one."""
    rule = view.rule
    language = f", {view.language_label}" if view.language_label and view.language_label != view.type_label else ""
    yield "Rule type", f"{view.type_label}{language} ({code(rule.type)})"
    yield from searched(rule)
    yield "Severity", rule.severity
    yield "Risk score", str(rule.risk_score)
    yield "Runs every", rule.interval or f"{DEFAULT_INTERVAL} (default)"
    yield "Searches from", window(rule)
    yield "Maximum alerts per run", str(rule.max_signals or f"{DEFAULT_MAX_SIGNALS} (default)")
    if view.is_building_block:
        yield "Building block", "yes: its alerts are hidden, and feed other rules"
    if rule.enabled is not None:
        yield "Enabled", "yes" if rule.enabled else "no"
    # By it the rule is found for ever, whatever it is called.
    yield "Rule id", code(rule.rule_id)


def searched(rule: Rule) -> Iterator[Row]:
    """Where the rule searches."""
    index, data_view = getattr(rule, "index", None), getattr(rule, "data_view_id", None)
    if isinstance(rule, MachineLearningRule):
        yield "Machine learning jobs", words.codes(rule.jobs)
        yield "Anomaly threshold", str(rule.anomaly_threshold)
    elif isinstance(rule, EsqlRule):
        yield "Index patterns", "named in the query"
    elif data_view:
        yield "Data view", code(data_view)
        if index:
            yield "Index patterns", f"{words.codes(index)} (the data view counts)"
    else:
        yield "Index patterns", words.codes(index) if index else "the space's default index patterns"
    if isinstance(rule, SavedQueryRule):
        yield "Saved query", code(rule.saved_id)


def window(rule: Rule) -> str:
    """From when to when a rule searches, and how much that overlaps with the run before."""
    start, end = rule.from_, rule.to
    shown = code(start) if start else f"{code(DEFAULT_FROM)} (default)"
    if end and end != DEFAULT_TO:
        return f"{shown} to {code(end)}"
    length = words.seconds(start or DEFAULT_FROM)
    interval = words.seconds(rule.interval or DEFAULT_INTERVAL)
    if length is not None and interval is not None and length > interval:
        shown += f", {words.duration(length - interval)} additional look-back"
    return shown


def about(view: RuleView) -> Iterator[Row]:
    """Whose the rule is and where it comes from: label and Markdown."""
    rule, meta = view.rule, view.rule.metadata
    yield "Tags", words.codes(rule.tags) if rule.tags else "no tags"
    if view.version is not None:
        yield "Version", str(view.version)
    yield from _stacks(view.fits)
    yield "Authors", ", ".join(map(text, rule.author)) if rule.author else "not named"
    yield "License", text(rule.license) if rule.license else "not named"
    yield "Source", view.source_link
    for name, value in (
        ("Maturity", meta.maturity),
        ("Created", words.date(meta.creation_date or "")),
        ("Last changed", words.date(meta.updated_date or "")),
        ("Deprecated", words.date(meta.deprecation_date or "")),
        ("Needs stack", f"{meta.min_stack_version} or newer" if meta.min_stack_version else None),
        ("Because", meta.min_stack_comments),
    ):
        if value:
            yield name, text(value)
    if meta.integrations:
        yield "Integrations", ", ".join(map(words.integration, meta.integrations))
    for name, value in (
        ("Operating systems", ", ".join(meta.os_type_list or ())),
        ("Promotes alerts", "of another product" if meta.promotion else None),
        ("Remark", meta.comments),
    ):
        if value:
            yield name, text(value)
    for name, own in meta.own.items():
        shown = ", ".join(map(str, own)) if isinstance(own, list | tuple) else str(own)
        yield text(name.replace("_", " ").capitalize()), text(shown)


def _stacks(fits: tuple[Fit, ...]) -> Iterator[Row]:
    """Which of the pack's stack versions get the rule, and what keeps it from the others."""
    there = [one for one in fits if one.standing is not Standing.LEFT_OUT]
    if fits:
        yield "Stack versions", ", ".join(map(_stack, there)) or "none"
    lacking: dict[str, list[str]] = {}
    for one in fits:
        # Of what the file itself says, "Needs stack" tells below.
        if one.standing is Standing.LEFT_OUT and not one.noted:
            lacking.setdefault(one.reasons[0], []).append(str(one.stack))
    for reason, versions in lacking.items():
        yield f"Not for {', '.join(versions)}", text(reason)


def _stack(fit: Fit) -> str:
    return f"{fit.stack} (without {', '.join(fit.dropped)})" if fit.dropped else str(fit.stack)
