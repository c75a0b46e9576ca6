"""new_terms rules: values never seen before."""

from __future__ import annotations

from typing import ClassVar

from rulepack.fields import DATE_MATH, Choice, Many, Text
from rulepack.rule.base import SearchRule, suppression
from rulepack.rule.query import KQL_OR_LUCENE
from rulepack.rule.suppression import AlertSuppression
from rulepack.schema import Table, key, model, tables

_HINT = "use date math such as now-14d"


@model
class HistoryWindowStart:
    """How far back a value counts as seen, in the table form of rule files."""

    field: str = key(Choice("history_window_start", required=True), "Always `history_window_start`.")
    value: str = key(Text(pattern=DATE_MATH, hint=_HINT, required=True), "Date math such as now-14d.")


@model
class NewTerms:
    """The table form of rule files, [rule.new_terms]; Kibana has the two flat fields instead."""

    field: str = key(Choice("new_terms_fields", required=True), "Always `new_terms_fields`.")
    value: tuple[str, ...] = key(Many(Text(), least=1, most=3, required=True), "One to three fields.")
    history_window_start: tuple[HistoryWindowStart, ...] = key(
        tables(HistoryWindowStart, least=1, most=1, required=True), "How far back."
    )


@model
class NewTermsRule(SearchRule):
    """Fires when a field, or a combination of up to three, has a value that it did not have in the window before.

    The file may use either shape; `fields_and_window` reads both.
    """

    implied_language: ClassVar[str | None] = "kuery"

    language: str | None = key(Choice(*KQL_OR_LUCENE), "The language of the query.")
    query: str = key(Text(required=True), "The query.")
    new_terms: NewTerms | None = key(Table(NewTerms), "Fields and window, in the table form.", sent=False)
    new_terms_fields: tuple[str, ...] | None = key(Many(Text(), least=1, most=3), "One to three fields.")
    history_window_start: str | None = key(
        Text(pattern=DATE_MATH, hint=_HINT), "How far back a value counts as seen, such as now-14d."
    )
    alert_suppression: AlertSuppression | None = suppression("8.14")

    @property
    def fields_and_window(self) -> tuple[tuple[str, ...], str]:
        """The fields and the start of the window, whichever shape the file has."""
        if self.new_terms is not None:
            return self.new_terms.value, self.new_terms.history_window_start[0].value
        return self.new_terms_fields or (), self.history_window_start or ""
