"""RP507, RP508: rules that look for the same events, or for events that another rule looks for already."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from rulepack.checks.base import Context, Found, pack_check
from rulepack.checks.facts import Facts
from rulepack.diagnostics import Related, Severity
from rulepack.fields import quote
from rulepack.frozen import frozen
from rulepack.query.logic import Value
from rulepack.query.wildcard import Glob, covers, glob_of

# Types that make an alert of each event: what matches less makes fewer of the same alerts.
_SINGLE_EVENTS = ("query", "eql")
# A condition that more rules than this have tells them apart from nothing, and is no place to start from.
_MOST_CANDIDATES = 400


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
    first: dict[object, Facts] = {}
    for rule in rules:
        if not rule.logic:
            continue
        other = first.setdefault((rule.kind, rule.data, rule.logic), rule)
        # Of two with one rule_id, RP501 says more.
        if other is not rule and other.rule_id != rule.rule_id:
            message = f"this looks for the same events as {quote(other.name)}"
            yield _found(rule, other, context, message, "keep one of the two rules")


@pack_check("RP508", "contained-logic", Severity.INFO)
def contained_logic(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """All events that a rule looks for are also looked for by a wider rule.

    Why: each of its events makes an alert of both. That may be meant, as when the narrow rule has a higher severity; it
    often is what is left of a copy.

    Instead: exclude in the wide rule what the narrow one is for, or suppress one of the alerts.
    """
    every = [_Ready.of(rule) for rule in rules if _is_comparable(rule)]
    by_condition: dict[tuple[object, ...], list[_Ready]] = defaultdict(list)
    for one in every:
        for key in one.keys:
            by_condition[key].append(one)
    for wide in every:
        # Each condition of the wide rule must be in the narrow one: the rarest leaves the fewest to look at.
        candidates = min((by_condition[key] for key in wide.keys), key=len)
        for narrow in candidates if len(candidates) <= _MOST_CANDIDATES else ():
            if narrow is not wide and wide.contains(narrow):
                rule, other = narrow.rule, wide.rule
                message = f"{quote(other.name)} matches all that this matches, {_why(wide, narrow)}"
                hint = "exclude it there, or suppress one of the two alerts, if both alerts are not meant"
                yield _found(rule, other, context, message, hint)


def _why(wide: _Ready, narrow: _Ready) -> str:
    """What makes a rule wider than one that it contains."""
    if wide.rule.logic == narrow.rule.logic:
        return "as it searches more indices"
    if len(wide.keys) < len(narrow.keys):
        return f"as it has {len(wide.keys)} of these {len(narrow.keys)} conditions"
    return "as it takes more values"


def _is_comparable(rule: Facts) -> bool:
    if rule.kind not in _SINGLE_EVENTS or not any(conditions for _, conditions in rule.logic):
        return False
    return all(_is_plain(head) for head, _ in rule.logic)


# Nearly all steps have one of a few heads.
@lru_cache(maxsize=256)
def _is_plain(head: str) -> bool:
    # `until` and missing events turn the logic round.
    return not head or json.loads(head)[2:4] == [False, False]


@frozen
class _Ready:
    """A rule made ready to compare: its conditions by step and field, and the patterns of its data.

    `keys` are what to look it up by: each condition's field or digest, with the number of its step.
    """

    rule: Facts
    heads: tuple[str, ...]
    asked: tuple[tuple[tuple[str, frozenset[str]], ...], ...]
    given: tuple[Mapping[str, list[frozenset[str]]], ...]
    globs: tuple[Glob, ...]
    keys: tuple[tuple[object, ...], ...]

    @classmethod
    def of(cls, rule: Facts) -> _Ready:
        heads = tuple(head for head, _ in rule.logic)
        asked = tuple(tuple((field, frozenset(values)) for field, *values in step) for _, step in rule.logic)
        given: list[dict[str, list[frozenset[str]]]] = []
        for step in asked:
            given.append(defaultdict(list))
            for field, values in step:
                given[-1][field].append(values)
        keys = tuple((rule.kind, len(asked), number, field) for number, step in enumerate(asked) for field, _ in step)
        return cls(rule, heads, asked, tuple(given), tuple(_glob(pattern) for pattern in rule.data), keys)

    def contains(self, narrow: _Ready) -> bool:
        """Whether everything that `narrow` matches is matched by this; not if both are the same, as RP507 says."""
        return (
            self.heads == narrow.heads
            and all(map(_asked_in, self.asked, narrow.given))
            and all(any(covers(mine, theirs) for mine in self.globs) for theirs in narrow.globs)
            and (self.rule.data, self.rule.logic) != (narrow.rule.data, narrow.rule.logic)
            and self.rule.rule_id != narrow.rule.rule_id
        )


def _asked_in(asked: tuple[tuple[str, frozenset[str]], ...], given: Mapping[str, list[frozenset[str]]]) -> bool:
    """Whether the conditions of a step hold wherever those of another do. Plain loops: no rule is asked this once."""
    for field, values in asked:
        for one in given.get(field, ()):
            if _implied(values, one):
                break
        else:
            return False
    return True


def _implied(allowed: frozenset[str], given: frozenset[str]) -> bool:
    return given <= allowed if allowed else not given


def _glob(pattern: str) -> Glob:
    return glob_of(Value(pattern, tuple(parts := pattern.split("*")), "*" * (len(parts) - 1)), like=True, folded=False)
