"""What is particular to a rule's type, and how its alerts are made: the tables below the query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rulepack.docs import words
from rulepack.docs.facts import Row
from rulepack.docs.markdown import code
from rulepack.rule import Rule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.query import SavedQueryRule
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.rule.threshold import ThresholdRule

if TYPE_CHECKING:
    from rulepack.docs.view import RuleView

DEFAULT_INDICATOR_PATH = "threat.indicator"


def by_type(rule: Rule) -> Iterator[Row]:
    """What only rules of this type have, without what has a table of its own: label and Markdown."""
    if isinstance(rule, ThresholdRule):
        fields, least = rule.threshold.fields, rule.threshold.value
        yield "Group by", words.codes(fields) if fields else "nothing: all events together"
        yield "Threshold", f"{words.counted(least, 'event')} or more"
        for one in rule.threshold.cardinality or ():
            yield "Different values", f"{one.value} or more of {code(one.field)}"
    elif isinstance(rule, NewTermsRule):
        fields, start = rule.fields_and_window
        yield "New terms in", words.codes(fields)
        length = words.length(start)
        yield "Compared with the time since", f"{code(start)} ({length})" if length else code(start)
    elif isinstance(rule, ThreatMatchRule):
        yield "Indicator index patterns", words.codes(rule.threat_index)
        path = rule.threat_indicator_path
        yield "Indicator path", code(path) if path else f"{code(DEFAULT_INDICATOR_PATH)} (default)"


def settings(view: RuleView) -> Iterator[Row]:
    """How the rule's alerts are made, and what is done with them: label and Markdown."""
    rule = view.rule
    yield from _tuning(rule)
    suppression = words.suppression(rule)
    if suppression is not None:
        yield "Alert suppression", suppression
    if rule.investigation_fields:
        yield "Fields to look at first", words.codes(rule.investigation_fields.field_names)
    for one_list in rule.exceptions_list or ():
        yield "Exception list", words.exception_list(one_list, view.exception_names)
    for action in rule.actions or ():
        yield "Action", words.action(action)
    for response in rule.response_actions or ():
        yield "Response action", words.response_action(response.action_type_id, response.params)


def _tuning(rule: Rule) -> Iterator[Row]:
    """Settings that are shown only where a file has them."""
    saved = None if isinstance(rule, SavedQueryRule) else getattr(rule, "saved_id", None)
    for name, value in (
        ("Query taken from", saved),
        ("Event category from", getattr(rule, "event_category_override", None)),
        ("Order of events from", getattr(rule, "timestamp_field", None)),
        ("Tiebreaker", getattr(rule, "tiebreaker_field", None)),
        ("Searches at a time", getattr(rule, "concurrent_searches", None)),
        ("Indicators in each", getattr(rule, "items_per_search", None)),
        ("Alert name from", rule.rule_name_override),
        ("Alerts namespace", rule.namespace),
        ("Actions at most every", rule.throttle),
        ("Timestamp from", rule.timestamp_override),
    ):
        if value:
            yield name, code(value)
    if rule.timestamp_override_fallback_disabled:
        yield "Events without that timestamp", "ignored"
    if rule.timeline_title or rule.timeline_id:
        yield "Timeline template", words.named(rule.timeline_title, rule.timeline_id)
