"""eql rules: events, sequences and samples in the Event Query Language."""

from __future__ import annotations

from typing import ClassVar

from rulepack.fields import Choice, Text
from rulepack.rule.base import SearchRule, suppression
from rulepack.rule.suppression import AlertSuppression
from rulepack.schema import key, model


@model
class EqlRule(SearchRule):
    """Fires for each event, sequence or sample that matches an EQL query."""

    implied_language: ClassVar[str | None] = "eql"

    language: str = key(Choice("eql", required=True), "Always `eql`.")
    query: str = key(Text(required=True), "The query.")
    event_category_override: str | None = key(Text(), "A field used in place of event.category.", since="8.0")
    tiebreaker_field: str | None = key(Text(), "A field that orders events of one timestamp.", since="8.0")
    timestamp_field: str | None = key(Text(), "A field that orders events in place of @timestamp.", since="8.0")
    alert_suppression: AlertSuppression | None = suppression("8.14")
