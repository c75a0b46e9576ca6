"""What must be there for a rule to work: data, integrations, fields, and what it names in Kibana."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rulepack.docs import words
from rulepack.docs.facts import Row
from rulepack.docs.markdown import code, text
from rulepack.docs.settings import DEFAULT_INDICATOR_PATH
from rulepack.rule import Rule
from rulepack.rule.esql import EsqlRule
from rulepack.rule.machine_learning import MachineLearningRule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.query import SavedQueryRule
from rulepack.rule.threat_match import ThreatMatchRule

if TYPE_CHECKING:
    from rulepack.docs.view import RuleView

# A query can name hundreds of fields, as a list of exclusions does.
_MOST_FIELDS = 40


def needs(view: RuleView) -> Iterator[Row]:
    """What the rule needs: label and Markdown, the data first."""
    rule = view.rule
    yield from _events(rule)
    if isinstance(rule, NewTermsRule):
        start = rule.fields_and_window[1]
        yield "History", f"events since {code(start)}: what they do not have counts as new"
    elif isinstance(rule, ThreatMatchRule):
        path = rule.threat_indicator_path or DEFAULT_INDICATOR_PATH
        yield "Indicators", f"in {words.codes(rule.threat_index)}, below {code(path)}"
    if not rule.related_integrations and rule.metadata.integrations:
        yield "Integrations", ", ".join(map(words.integration, rule.metadata.integrations))
    if rule.timestamp_override:
        otherwise = (
            "events without it are ignored"
            if rule.timestamp_override_fallback_disabled
            else "where it lacks, `@timestamp`"
        )
        yield "Time of an event", f"{code(rule.timestamp_override)}; {otherwise}"
    fields = () if rule.required_fields else view.query_fields
    if fields:
        more = f" and {len(fields) - _MOST_FIELDS} more" if len(fields) > _MOST_FIELDS else ""
        yield "Fields that the query uses", words.codes(fields[:_MOST_FIELDS]) + more
    yield from _in_kibana(view)
    if rule.metadata.min_stack_version:
        yield "Stack", f"{text(rule.metadata.min_stack_version)} or newer"
    if view.setup:
        yield "Setup", f"[what to set up]({view.way_to('Setup')})"


def _events(rule: Rule) -> Iterator[Row]:
    """Where the events are that the rule searches."""
    index, data_view = getattr(rule, "index", None), getattr(rule, "data_view_id", None)
    if isinstance(rule, MachineLearningRule):
        jobs = "job" if len(rule.jobs) == 1 else "jobs"
        yield "Anomalies", f"of the machine learning {jobs} {words.codes(rule.jobs)}, installed and running"
    elif isinstance(rule, EsqlRule):
        yield "Events", "in the indices that the query names"
    elif data_view:
        yield "Events", f"in the data view {code(data_view)}"
    elif index:
        yield "Events", f"in {words.codes(index)}"
    else:
        yield "Events", "in the space's default index patterns"


def _in_kibana(view: RuleView) -> Iterator[Row]:
    """What the rule names that must be in the same space."""
    rule = view.rule
    if isinstance(rule, SavedQueryRule):
        yield "Saved query", code(rule.saved_id)
    if rule.timeline_title or rule.timeline_id:
        yield "Timeline template", words.named(rule.timeline_title, rule.timeline_id)
    if rule.exceptions_list:
        shown = dict.fromkeys(words.named(view.exception_names.get(o.list_id), o.list_id) for o in rule.exceptions_list)
        yield "Exception lists", ", ".join(shown)
    if rule.actions:
        yield "Connectors", ", ".join(dict.fromkeys(map(words.connector, rule.actions)))
