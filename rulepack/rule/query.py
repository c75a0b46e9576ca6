"""query and saved_query rules: events that match a KQL or Lucene query."""

from __future__ import annotations

from typing import ClassVar

from rulepack.fields import Choice, Text
from rulepack.rule.base import SearchRule, suppression
from rulepack.rule.suppression import AlertSuppression
from rulepack.schema import key, model

KQL_OR_LUCENE = ("kuery", "lucene")


@model
class QueryRule(SearchRule):
    """Fires for each event that matches a query."""

    implied_language: ClassVar[str | None] = "kuery"

    language: str | None = key(Choice(*KQL_OR_LUCENE), "The language of the query.")
    query: str | None = key(Text(), "The query.")
    saved_id: str | None = key(Text(), "A saved query that the query was taken from.")
    alert_suppression: AlertSuppression | None = suppression("8.8")


@model
class SavedQueryRule(SearchRule):
    """Fires for each event that matches a query saved in Kibana, whatever it says at the time."""

    implied_language: ClassVar[str | None] = "kuery"

    language: str | None = key(Choice(*KQL_OR_LUCENE), "The language of the query.")
    query: str | None = key(Text(), "A query to fall back on when the saved one is gone.")
    saved_id: str = key(Text(empty=False, required=True), "The saved query's id in Kibana.")
    alert_suppression: AlertSuppression | None = suppression("8.8")
