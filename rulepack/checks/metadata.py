"""RP410-RP414, RP418, RP419: dates, life cycle, and what a rule says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache

from rulepack.checks.base import Context, Found, check
from rulepack.diagnostics import Severity
from rulepack.fields import quote, short_number
from rulepack.rule import Rule

_DATE = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2})")
# The default of `xpack.alerting.rules.run.alerts.max`, of which Kibana's settings page says so.
_MOST_SIGNALS = 1000
_DATES = ("creation_date", "updated_date", "deprecation_date")


# Rules are written and changed many on one day.
@lru_cache(maxsize=1024)
def _date(text: str | None) -> date | None:
    match = _DATE.fullmatch(text or "")
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


@check("RP410", "building-block-type", Severity.WARNING)
def building_block_type(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule has a `building_block_type` other than "default".

    Why: there is no other. Kibana takes any text for a building block rule, whose alerts it hides.

    Instead: write `building_block_type = "default"`, or remove it if alerts are to be shown.
    """
    named = rule.building_block_type
    if named is not None and named != "default":
        message = f'building_block_type is "default" or not there, never {quote(named)}'
        yield context.at(rule, ("rule", "building_block_type"), message, 'write "default", or remove it')


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
            hint = 'write year, month and day, such as "2026/01/31"'
            yield context.at(rule, ("metadata", name), f"{name} cannot be {quote(value)}", hint)


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


@check("RP414", "deprecation-date", Severity.WARNING)
def deprecation_date(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule says since when it is deprecated, but its maturity says that it is in use.

    Why: rulepack goes by the maturity and deploys the rule, which readers take for one that is gone.

    Instead: set `maturity = "deprecated"`, or remove the date.
    """
    maturity = rule.metadata.maturity
    if rule.metadata.deprecation_date is not None and maturity is not None and not rule.deprecated:
        message = f"deprecation_date is there, but the maturity is {maturity}"
        yield context.at(rule, ("metadata", "deprecation_date"), message, "remove it, or deprecate the rule", key=True)


@check("RP418", "too-many-signals", Severity.WARNING)
def too_many_signals(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule asks for more alerts in one run than Kibana makes.

    Why: Kibana stops at 1,000 alerts of a run, whatever the rule says, unless who runs it raised
    `xpack.alerting.rules.run.alerts.max`; the rest is lost.

    Instead: use 1000 at most, and suppress alerts or narrow the query if more are expected.
    """
    if rule.max_signals is not None and rule.max_signals > _MOST_SIGNALS:
        number = short_number(rule.max_signals)
        message = f"max_signals is {number}, but Kibana makes {_MOST_SIGNALS} alerts in a run at most"
        yield context.at(rule, ("rule", "max_signals"), message, f"use {_MOST_SIGNALS} or less")


@check("RP419", "empty-description", Severity.WARNING)
def empty_description(rule: Rule, context: Context) -> Iterator[Found]:
    """The description of a rule is empty, or only repeats its name.

    Why: it is the first thing that an analyst reads about an alert.

    Instead: say in a sentence or two what the rule detects and why that matters.
    """
    said = _plain(rule.description)
    if not said and not context.made_up(rule, "description"):
        yield context.at(rule, ("rule", "description"), "the description is empty", "say what the rule detects")
    elif said and said == _plain(rule.name):
        message = "the description only repeats the name"
        yield context.at(rule, ("rule", "description"), message, "say what the rule detects, and why it matters")


def _plain(text: str) -> str:
    """The words of a text, so far as readers tell them apart."""
    return " ".join(text.split()).rstrip(".").casefold()
