"""RP507, RP508: rules that look for the same events, or for events that another rule looks for already."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from rulepack.checks.base import Context, Found, pack_check
from rulepack.checks.facts import Facts
from rulepack.diagnostics import Related, Severity
from rulepack.fields import quote
from rulepack.query.wildcard import Glob, covers

# Types that make an alert of each event: what matches less makes fewer of the same alerts.
_SINGLE_EVENTS = ("query", "eql")
# A condition that more rules than this have tells them apart from nothing, and is no place to start from.
_MOST_CANDIDATES = 400
_STARS = re.compile(r"\*+")


def _found(rule: Facts, other: Facts, context: Context, message: str, hint: str) -> Found:
    related = (Related(context.span(other, ("rule", "query")), "the other rule's query"),)
    return Found(message, context.span(rule, ("rule", "query"), key=True), hint, related)


@pack_check("RP507", "same-logic", Severity.WARNING)
def same_logic(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """Two rules look for the same events in the same data.

    Why: each event makes two alerts, and a tuning of one rule leaves the other as noisy as before. Order, case and
    repetition in the queries do not count.

    Instead: keep one of the two, or make plain in both what is different.
    """
    first: dict[str, Facts] = {}
    for rule in rules:
        if not rule.logic:
            continue
        key = json.dumps([rule.kind, rule.data, rule.logic])
        other = first.setdefault(key, rule)
        if other is not rule:
            message = f"this looks for the same events as {quote(other.name)}"
            yield _found(rule, other, context, message, "keep one of the two rules")


@pack_check("RP508", "contained-logic", Severity.INFO)
def contained_logic(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """All events that a rule looks for are also looked for by a wider rule.

    Why: each of its events makes an alert of both. That may be meant, as when the narrow rule has a higher severity; it
    often is what is left of a copy.

    Instead: exclude in the wide rule what the narrow one is for, or suppress one of the alerts.
    """
    wide = [rule for rule in rules if _is_comparable(rule)]
    by_condition: dict[tuple[object, ...], list[Facts]] = defaultdict(list)
    for rule in wide:
        for key in _keys(rule):
            by_condition[key].append(rule)
    for rule in wide:
        # Each condition of the wide rule must be in the narrow one: the rarest leaves the fewest to look at.
        candidates = min((by_condition[key] for key in _keys(rule)), key=len)
        if len(candidates) > _MOST_CANDIDATES:
            continue
        for other in candidates:
            if other is not rule and _contains(rule, other) and _differs(rule, other):
                asked, has = _count(rule), _count(other)
                message = f"all that this matches, {quote(rule.name)} matches too, with {asked} of {has} conditions"
                hint = "exclude it there, or suppress one of the two alerts, if both alerts are not meant"
                yield _found(other, rule, context, message, hint)


def _is_comparable(rule: Facts) -> bool:
    # `until` and missing events turn the logic round.
    plain = all(json.loads(head)[2:4] == [False, False] for head, _ in rule.logic if head)
    return rule.kind in _SINGLE_EVENTS and bool(rule.logic) and plain and any(step[1] for step in rule.logic)


def _keys(rule: Facts) -> Iterator[tuple[object, ...]]:
    """What to look a rule up by: each condition, by its field or digest, with the number of its step."""
    for number, (_, conditions) in enumerate(rule.logic):
        for condition in conditions:
            yield rule.kind, len(rule.logic), number, condition[0]


def _count(rule: Facts) -> int:
    return sum(len(conditions) for _, conditions in rule.logic)


def _contains(wide: Facts, narrow: Facts) -> bool:
    """Whether everything that `narrow` matches is matched by `wide`."""
    if len(wide.logic) != len(narrow.logic) or wide.kind != narrow.kind or not _covers_data(wide.data, narrow.data):
        return False
    return all(_step_contains(*pair) for pair in zip(wide.logic, narrow.logic, strict=True))


def _differs(rule: Facts, other: Facts) -> bool:
    """Whether two rules are not what RP507 speaks of."""
    return (rule.data, rule.logic) != (other.data, other.logic)


def _step_contains(wide: Any, narrow: Any) -> bool:
    (wide_head, asked), (narrow_head, given) = wide, narrow
    if wide_head != narrow_head:
        return False
    by_field: dict[str, list[set[str]]] = defaultdict(list)
    for field, *values in given:
        by_field[field].append(set(values))
    return all(any(_implied(set(values), one) for one in by_field.get(field, ())) for field, *values in asked)


def _implied(allowed: set[str], given: set[str]) -> bool:
    return given <= allowed if allowed else not given


def _covers_data(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Whether the patterns of the wide rule take in all those of the narrow one."""
    globs = [_glob(pattern) for pattern in wide]
    return all(any(covers(glob, _glob(pattern)) for glob in globs) for pattern in narrow)


def _glob(pattern: str) -> Glob:
    text = _STARS.sub("\ue000", pattern)
    return Glob(text, tuple(text.split("\ue000")), marked=False)
