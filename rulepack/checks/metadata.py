"""RP41x: dates and life cycle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from rulepack.checks.base import Context, Found, check
from rulepack.diagnostics import Severity
from rulepack.fields import quote
from rulepack.rule import Rule

_DATE = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2})")
_DATES = ("creation_date", "updated_date", "deprecation_date")


def _date(text: str | None) -> date | None:
    match = _DATE.fullmatch(text or "")
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


@check("RP411", "updated-before-created", Severity.WARNING)
def updated_before_created(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule was changed before it was written.

    Why: one of the dates is wrong, and pages sort by them.

    Instead: correct `creation_date` or `updated_date`.
    """
    created, updated = _date(rule.metadata.creation_date), _date(rule.metadata.updated_date)
    if created is not None and updated is not None and updated < created:
        message = f"updated_date {rule.metadata.updated_date} is before creation_date {rule.metadata.creation_date}"
        yield context.at(rule, ("metadata", "updated_date"), message, "correct one of the two")


@check("RP412", "date-format", Severity.WARNING)
def date_format(rule: Rule, context: Context) -> Iterator[Found]:
    """A date in [metadata] is not written YYYY/MM/DD.

    Why: pages sort and compare these dates as text.

    Instead: write the year, month and day with slashes: 2026/01/31.
    """
    for name in _DATES:
        value = getattr(rule.metadata, name)
        if value is not None and _date(value) is None:
            yield context.at(rule, ("metadata", name), f"{name} cannot be {quote(value)}", 'write "2026/01/31"')


@check("RP413", "missing-maturity", Severity.WARNING)
def no_maturity(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule does not say how mature it is.

    Why: only rules with maturity "production" are deployed by default, so this one would stay behind unnoticed.

    Instead: add `maturity = "production"`, or "development" while it is being written, to [metadata].
    """
    source = context.source(rule.file)
    table = source.data.get("metadata") if source else None
    if isinstance(table, Mapping) and "maturity" not in table:
        yield context.at(
            rule, ("metadata",), "the rule has no maturity", 'add maturity = "production" or "development"'
        )
