"""threshold rules: how many events there are."""

from __future__ import annotations

from typing import ClassVar

from rulepack.fields import Choice, OneOrMany, Text, Whole
from rulepack.rule.base import SearchRule
from rulepack.rule.query import KQL_OR_LUCENE
from rulepack.rule.suppression import ThresholdSuppression
from rulepack.schema import Table, key, model, tables


@model
class Cardinality:
    """How many different values of a field there must be."""

    field: str = key(Text(required=True), "The field.")
    value: int = key(Whole(least=0, required=True), "How many different values, at least.")


@model
class Threshold:
    """What is counted, by what, and from how many on."""

    field: str | tuple[str, ...] = key(OneOrMany(most=5, required=True), "The fields to group by; empty for none.")
    value: int = key(Whole(least=1, required=True), "How many events, at least.")
    cardinality: tuple[Cardinality, ...] | None = key(tables(Cardinality), "How many different values besides.")

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to group by, whichever shape the file has."""
        if isinstance(self.field, str):
            return (self.field,) if self.field else ()
        return self.field


@model
class ThresholdRule(SearchRule):
    """Fires when a count of matching events reaches a value."""

    implied_language: ClassVar[str | None] = "kuery"

    language: str | None = key(Choice(*KQL_OR_LUCENE), "The language of the query.")
    query: str = key(Text(required=True), "The query.")
    saved_id: str | None = key(Text(), "A saved query that the query was taken from.")
    threshold: Threshold = key(Table(Threshold, required=True), "What is counted.")
    alert_suppression: ThresholdSuppression | None = key(
        Table(ThresholdSuppression), "One alert for many events.", since="8.12"
    )
