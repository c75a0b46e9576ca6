"""The fields that a rule names outside its queries: where each stands, and in which indices it must be."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.checks.queries import filter_fields
from rulepack.frozen import frozen
from rulepack.rule import Rule
from rulepack.rule.base import SearchRule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.rule.threshold import ThresholdRule
from rulepack.schema import Path


@frozen
class NamedField:
    """A field that a rule names: where in the file (at the name of a key if `is_key`), and the indices that have it."""

    path: Path
    name: str
    index: tuple[str, ...]
    is_key: bool = False


# Fields that name one field each.
_SINGLE = (
    "timestamp_override",
    "timestamp_field",
    "event_category_override",
    "tiebreaker_field",
    "rule_name_override",
)


def named_fields(rule: Rule) -> Iterator[NamedField]:
    """Every field that a rule's settings, filters and actions name outside of queries.

    Only of rules that search indices: the columns of an ES|QL query are its own, and ML jobs are not in the file.
    """
    if isinstance(rule, SearchRule):
        index = rule.index or ()
        for path, name in (*_settings(rule), *_of_type(rule)):
            if name:
                yield NamedField(("rule", *path), name, index)
    if isinstance(rule, ThreatMatchRule):
        for number, group in enumerate(rule.threat_mapping):
            for entry_number, entry in enumerate(group.entries):
                path = ("rule", "threat_mapping", number, "entries", entry_number)
                yield NamedField((*path, "field"), entry.field, rule.index or ())
                yield NamedField((*path, "value"), entry.value, rule.threat_index)
    for path, one, where in filter_fields(rule):
        yield NamedField(path, one.name, where, one.is_key)


def _settings(rule: SearchRule) -> Iterator[tuple[Path, str]]:
    for name in _SINGLE:
        value = getattr(rule, name, None)
        if isinstance(value, str):
            yield (name,), value
    for table in ("severity_mapping", "risk_score_mapping"):
        for number, mapping in enumerate(getattr(rule, table) or ()):
            yield (table, number, "field"), mapping.field
    suppression = getattr(rule, "alert_suppression", None)
    for number, name in enumerate(getattr(suppression, "group_by", None) or ()):
        yield ("alert_suppression", "group_by", number), name
    if rule.investigation_fields is not None:
        for number, name in enumerate(rule.investigation_fields.field_names):
            # They are looked for in the alert, which has fields of its own.
            if not name.startswith("kibana."):
                yield ("investigation_fields", "field_names", number), name


def _of_type(rule: SearchRule) -> Iterator[tuple[Path, str]]:
    """The fields of a threshold, or of new terms in either shape."""
    if isinstance(rule, ThresholdRule):
        field = rule.threshold.field
        if isinstance(field, str):
            yield ("threshold", "field"), field
        else:
            yield from ((("threshold", "field", number), name) for number, name in enumerate(field))
        for number, one in enumerate(rule.threshold.cardinality or ()):
            yield ("threshold", "cardinality", number, "field"), one.field
    if isinstance(rule, NewTermsRule):
        path = ("new_terms", "value") if rule.new_terms is not None else ("new_terms_fields",)
        yield from (((*path, number), name) for number, name in enumerate(rule.fields_and_window[0]))
