"""RP43x: how often a rule runs, and what time each run searches."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from rulepack.checks.base import Context, Found, check
from rulepack.checks.shape import lowest_stack
from rulepack.diagnostics import Severity
from rulepack.frozen import frozen
from rulepack.rule import Rule
from rulepack.rule.esql import EsqlRule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.schema import Path
from rulepack.stack import StackVersion

if TYPE_CHECKING:  # a language's room is only entered for a query of it
    from rulepack.query.eql import EqlQuery
    from rulepack.query.esql import EsqlQuery

# What Kibana fills in; the detection engine API's schema says so of RuleInterval, RuleIntervalFrom and RuleIntervalTo.
INTERVAL, FROM, TO = "5m", "now-6m", "now"
# How much longer Kibana's own default look-back is than its interval.
_ALLOWANCE = 60
# From this version on, Kibana itself adds `METADATA _id` to a query that does not aggregate.
_ADDS_ID = StackVersion(9, 4)
_DAY = 86400
# How long a unit is, at least and at most; a month and a year are not always as long.
_UNITS = {
    "s": (1, 1),
    "m": (60, 60),
    "h": (3600, 3600),
    "H": (3600, 3600),
    "d": (_DAY, _DAY),
    "w": (604800, 604800),
    "M": (28 * _DAY, 31 * _DAY),
    "y": (365 * _DAY, 366 * _DAY),
}
# How much history is proposed to a rule that has none.
_HISTORY = 14 * _DAY
_SHOWN = (("d", _DAY), ("h", 3600), ("m", 60), ("s", 1))
_NOW = re.compile(r"\bnow\s*\(", re.IGNORECASE)
_STEP = re.compile(r"(?P<sign>[+-])(?P<count>[0-9]+)(?P<unit>[yMwdhHms])|/(?P<rounded>[yMwdhHms])")


@frozen
class Time:
    """Seconds, at least and at most: date math rounds, and months differ."""

    least: int
    most: int

    def __sub__(self, other: Time) -> Time:
        return Time(self.least - other.most, self.most - other.least)

    @property
    def exact(self) -> bool:
        """Whether it is always the same."""
        return self.least == self.most


@lru_cache(maxsize=512)
def ago(text: str) -> Time | None:
    """How long before now a date math expression is, such as `now-9m` or `now-1d/d`; None for a fixed date."""
    if not text.startswith("now"):
        return None
    least = most = 0
    for step in _STEP.finditer(text):
        if step["rounded"]:
            most += _UNITS[step["rounded"]][1]
            continue
        low, high = (int(step["count"]) * seconds for seconds in _UNITS[step["unit"]])
        least, most = (least + low, most + high) if step["sign"] == "-" else (least - high, most - low)
    return Time(least, most)


@lru_cache(maxsize=512)
def seconds(duration: str) -> int:
    """A duration such as `5m` in seconds."""
    return int(duration[:-1]) * _UNITS[duration[-1]][0]


def duration(length: int) -> str:
    """Seconds in the longest unit that leaves no rest: `90s`, `5m`, `2h`, `14d`."""
    unit, size = next((unit, size) for unit, size in _SHOWN if length % size == 0)
    return f"{length // size}{unit}"


def look_back(rule: Rule, context: Context) -> Time | None:
    """How much time one run searches; None where the file has a value that was refused, or a fixed date."""
    for name in ("from", "to", "interval"):
        if getattr(rule, "from_" if name == "from" else name) is None and context.names(rule, "rule", name):
            return None
    start, end = ago(rule.from_ or FROM), ago(rule.to or TO)
    if start is None or end is None:
        return None
    # There are no events of the future yet.
    return start - Time(max(end.least, 0), max(end.most, 0))


def _place(rule: Rule) -> Path:
    """Where the look-back is set, or else what it is compared with."""
    return ("rule", "from" if rule.from_ is not None else "interval")


@check("RP431", "gap-between-runs", Severity.WARNING)
def gap_between_runs(rule: Rule, context: Context) -> Iterator[Found]:
    """A run of the rule does not reach back to the run before, so that events in between are missed.

    Why: Kibana searches from `from` to `to` each time, every `interval`; it fills in "now-6m", "now" and "5m". With a
    look-back shorter than the interval, whatever happens in the rest of the time is missed. With one just as long,
    events that arrive late are missed, unless `timestamp_override = "event.ingested"` makes the time of arrival count.

    Instead: let `from` reach at least a minute further back than the interval.
    """
    interval = seconds(rule.interval or INTERVAL)
    # Nearly all rules: a number that is known, and longer.
    start = ago(rule.from_ or FROM)
    if rule.deprecated or start is None or (rule.to is None and start.least > interval):
        return
    back = look_back(rule, context)
    if back is None or back.least > interval:
        return
    end = ago(rule.to or TO) or Time(0, 0)
    hint = f'set from = "now-{duration(interval + max(end.most, 0) + _ALLOWANCE)}"'
    shown = "5m by default" if rule.interval is None else duration(interval)
    if back.most <= 0:
        yield context.at(rule, _place(rule), "this is not before the end of the search, so nothing is searched", hint)
    elif back.most < interval:
        message = f"each run searches the last {duration(back.most)}, but the interval is {shown}"
        yield context.at(rule, _place(rule), message, hint)
    elif back.exact and back.most == interval and end.least <= 0 and rule.timestamp_override != "event.ingested":
        message = f"the look-back is as long as the interval ({duration(interval)}): events that arrive late are missed"
        yield replace(context.at(rule, _place(rule), message, hint), severity=Severity.INFO)


@check("RP432", "repeated-alerts", Severity.INFO)
def repeated_alerts(rule: Rule, context: Context) -> Iterator[Found]:
    """Two runs or more of an ES|QL rule search the same time, and each makes an alert of the same thing.

    Why: Kibana tells by an event's `_id` that there is an alert of it already. What STATS gives has none, and neither
    have events without `METADATA _id`, so each run that sees them makes an alert. All other rule types are safe.

    Instead: let `from` reach back little further than the interval, or suppress alerts for as long as runs overlap;
    without STATS, add `METADATA _id, _index, _version`, which Kibana does itself from 9.4 on.
    """
    one = context.query(rule) if isinstance(rule, EsqlRule) and not rule.deprecated else None
    if one is None or context.names(rule, "rule", "alert_suppression"):
        return
    query = cast("EsqlQuery", one.query)
    has_id = "_id" in query.metadata or lowest_stack(rule, context) >= _ADDS_ID
    back, interval = look_back(rule, context), seconds(rule.interval or INTERVAL)
    # An overlap of less than one run is what late events are waited for with; and a query that looks at the clock may
    # leave out what an earlier run has seen.
    if back is None or back.least < 2 * interval or (has_id and not query.aggregates) or _NOW.search(query.text):
        return
    runs = back.least // interval
    message = f"{runs} runs search the same time, and each makes an alert of what it finds there"
    # Suppression first: running less often is for those who can wait that long for an alert.
    hint = f'suppress alerts, or set interval = "{duration(max(back.least - _ALLOWANCE, interval))}"'
    yield context.at(rule, _place(rule), message, hint if query.aggregates else "add METADATA _id, _index, _version")


@check("RP433", "maxspan-beyond-look-back", Severity.WARNING)
def maxspan_beyond_look_back(rule: Rule, context: Context) -> Iterator[Found]:
    """The maxspan of an EQL sequence is longer than what one run of the rule searches.

    Why: a sequence is found only if all its events are in what a single run searches, so those that take longer than
    the look-back are never found.

    Instead: let `from` reach back as far as the maxspan and the interval together, or shorten the maxspan.
    """
    one = context.query(rule) if rule.type == "eql" and not rule.deprecated else None
    query = cast("EqlQuery", one.query) if one is not None else None
    if one is None or query is None or query.maxspan is None or query.maxspan_seconds is None:
        return
    back = look_back(rule, context)
    if back is not None and query.maxspan_seconds > back.most > 0:
        longer = math.ceil(query.maxspan_seconds) + seconds(rule.interval or INTERVAL)
        message = f"maxspan is longer than the {duration(back.most)} that one run searches"
        hint = f'set from = "now-{duration(longer)}", or shorten the maxspan'
        yield context.in_query(rule, one, query.maxspan.start, query.maxspan.end, message, hint)


@check("RP434", "history-window-too-short", Severity.ERROR)
def history_window_too_short(rule: Rule, context: Context) -> Iterator[Found]:
    """The history window of a new terms rule begins no earlier than what one run searches.

    Why: Kibana refuses such a rule: nothing would be left of the history to compare with.

    Instead: let `history_window_start` reach back some days, so that what is usual is known.
    """
    if not isinstance(rule, NewTermsRule):
        return
    window = rule.fields_and_window[1]
    from_ = rule.from_ or FROM
    if not window or (rule.from_ is None and context.names(rule, "rule", "from")):
        return
    history, start = ago(window), ago(from_)
    if window == from_ or (history is not None and start is not None and history.most <= start.least):
        path: Path = ("rule", "history_window_start")
        if rule.new_terms is not None:
            path = ("rule", "new_terms", "history_window_start", 0, "value")
        message = f"the history begins at {window}, no earlier than the search at {from_}"
        far = duration((start.most if start is not None else 0) // _DAY * _DAY + _HISTORY)
        yield context.at(rule, path, message, f'go back further, for example "now-{far}"')
