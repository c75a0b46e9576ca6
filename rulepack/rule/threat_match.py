"""threat_match (indicator match) rules: events that share a value with an indicator."""

from __future__ import annotations

from typing import Any, ClassVar

from rulepack.fields import Choice, Flag, Json, Many, Text, Whole
from rulepack.rule.base import SearchRule, suppression
from rulepack.rule.query import KQL_OR_LUCENE
from rulepack.rule.suppression import AlertSuppression
from rulepack.schema import key, model, tables


@model
class MappingEntry:
    """A field of the event and the field of the indicator that must agree."""

    field: str = key(Text(empty=False, required=True), "The field of the event.")
    type: str = key(Choice("mapping", required=True), "Always `mapping`.")
    value: str = key(Text(empty=False, required=True), "The field of the indicator.")
    negate: bool | None = key(Flag(), "true when they must differ.", since="9.2")


@model
class ThreatMapping:
    """Entries that must all hold; the rule fires when any group does."""

    entries: tuple[MappingEntry, ...] = key(tables(MappingEntry, required=True), "All of these.")


@model
class ThreatMatchRule(SearchRule):
    """Fires when an event matches an indicator of a threat intelligence feed."""

    implied_language: ClassVar[str | None] = "kuery"

    language: str | None = key(Choice(*KQL_OR_LUCENE), "The language of the query.")
    query: str = key(Text(required=True), "The query for events.")
    saved_id: str | None = key(Text(), "A saved query that the query was taken from.")
    threat_index: tuple[str, ...] = key(Many(Text(), required=True), "The index patterns of the indicators.")
    threat_query: str = key(Text(required=True), "The query for indicators.", fold=True)
    threat_language: str | None = key(Choice(*KQL_OR_LUCENE), "The language of that query.")
    threat_filters: tuple[Any, ...] | None = key(Many(Json()), "Filters for indicators.")
    threat_indicator_path: str | None = key(
        Text(), "Where in a document the indicator is; threat.indicator by default."
    )
    threat_mapping: tuple[ThreatMapping, ...] = key(
        tables(ThreatMapping, least=1, required=True), "Which fields must agree."
    )
    concurrent_searches: int | None = key(Whole(least=1), "How many searches at a time.")
    items_per_search: int | None = key(Whole(least=1), "How many indicators in each.")
    alert_suppression: AlertSuppression | None = suppression("8.13")
