"""esql rules: rows of an ES|QL query."""

from __future__ import annotations

from typing import ClassVar

from rulepack.fields import Choice, Text
from rulepack.rule.base import Rule, suppression
from rulepack.rule.suppression import AlertSuppression
from rulepack.schema import key, model


@model
class EsqlRule(Rule):
    """Fires for each row that an ES|QL query gives; the query itself names the indices."""

    implied_language: ClassVar[str | None] = "esql"

    language: str = key(Choice("esql", required=True), "Always `esql`.")
    query: str = key(Text(required=True), "The query.")
    alert_suppression: AlertSuppression | None = suppression("8.15")
