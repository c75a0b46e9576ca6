"""RP22x: what makes a rule slow, or makes it search more than it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from rulepack.checks.base import Context, Found, check
from rulepack.checks.queries import RuleQuery
from rulepack.checks.query_logic import steps_of, tests_of
from rulepack.diagnostics import Severity
from rulepack.fields import quote, short, spelled
from rulepack.query.base import Query
from rulepack.query.implication import conjuncts
from rulepack.query.logic import And, Logic, Nested, Not, Operator, Or, Step, Test, Value
from rulepack.query.regex import read_regex
from rulepack.rule import Rule
from rulepack.rule.base import SearchRule
from rulepack.rule.threat_match import ThreatMatchRule

# Everything of a kind, whatever wrote it.
_BROAD = re.compile(r"_all|\*(?::\*)?|\*-\*|(?:\*:)?(?:logs|metrics|traces|\*)-\*(?:-\*)*")
_KINDS = ("logs", "metrics", "traces")
_ALERTS = re.compile(r"\.(?:internal\.)?alerts-security[^,]*\*")
# One space's alerts: nothing but a number of the backing index is left open.
_ONE_SPACE = re.compile(r"\.(?:internal\.)?alerts-security\.alerts-[a-z0-9][a-z0-9_-]*(?:-\*|-[0-9]+\*)?")
# TYPE-DATASET-NAMESPACE with the dataset written out.
_ONE_DATASET = re.compile(r"(?:\*:)?(?:logs|metrics|traces)-([a-z][a-z0-9_]*\.[a-z0-9_.]+)-\*")
_DATASET_FIELDS = ("event.dataset", "data_stream.dataset")


def _patterns(rule: Rule, context: Context) -> Iterator[tuple[str, Callable[[str, str], Found]]]:
    """Every index pattern in which a rule looks for events, in the file or in its query, and a way to speak there."""
    if rule.deprecated:
        return
    for number, pattern in enumerate((rule.index or ()) if isinstance(rule, SearchRule) else ()):
        yield pattern, partial(context.at, rule, ("rule", "index", number))
    one = context.query(rule)
    if one is not None:
        for pattern, start, end in one.query.indices:
            yield pattern, partial(context.in_query, rule, one, start, end)


@check("RP221", "leading-wildcard", Severity.INFO)
def leading_wildcard(rule: Rule, context: Context) -> Iterator[Found]:
    """A value begins with `*`, on a field that is not indexed for it.

    Why: on a keyword field, Elasticsearch then looks at every value there is, in each run; so it does for functions
    such as `stringContains` and `endsWith`. Fields of the type wildcard are made for it and are not reported, nor is
    `?` in front of text, which stands for one character.

    Instead: begin the value with text, use a field of the type wildcard, or compare with the values themselves.
    """
    yield from _costly(rule, context, "like", _begins_with_star, "value")


@check("RP222", "regex-begins-with-anything", Severity.INFO)
def regex_begins_with_anything(rule: Rule, context: Context) -> Iterator[Found]:
    """A regular expression begins with `.*`, on a field that is not indexed for it.

    Why: on a keyword field, Elasticsearch then tries it on every value there is, in each run.

    Instead: begin it with text, use a field of the type wildcard, or compare with the values themselves.
    """
    yield from _costly(rule, context, "regex", _begins_with_anything, "regular expression")


def _begins_with_star(value: Value) -> bool:
    for part, mark in zip(value.parts, value.wild, strict=False):
        if part:
            return False
        if mark == "*":
            # What is nothing but wildcards asks whether there is a value.
            return any(value.parts)
    return False


def _begins_with_anything(value: Value) -> bool:
    return read_regex(str(value.value)).leading


def _is_written_wild(query: Query, value: Value) -> bool:
    """Whether the text of a query has the wildcard in front of a value; endsWith and its like stand for one."""
    return not value.end or query.text[value.start : value.end].lstrip("\"'").startswith(("*", "?"))


def _costly(
    rule: Rule, context: Context, operator: Operator, is_costly: Callable[[Value], bool], kind: str
) -> Iterator[Found]:
    """Values that begin with anything: one finding for a rule, as it is one decision, however many values there are."""
    found: list[tuple[RuleQuery, Test, Value]] = []
    for one, step in steps_of(rule, context):
        for test in tests_of(step.logic):
            values = [value for value in test.values if is_costly(value)] if test.operator == operator else ()
            if values and context.schema(rule, one.index).types_of(test.field) == ("keyword",):
                found += [(one, test, value) for value in values]
    if found:
        one, test, value = found[0]
        fields = list(dict.fromkeys(each.field for _, each, _ in found))
        start, end = (value.start, value.end) if value.end else (test.start, test.end)
        count = f"a {kind}" if len(found) == 1 else f"{len(found):,} {kind}s"
        begin = f"{count} {'begins' if len(found) == 1 else 'begin'} with a wildcard"
        hint = "begin with text where it is known, or compare whole values"
        if operator == "like" and not all(_is_written_wild(each.query, text) for each, _, text in found):
            # endsWith and stringContains: nobody wrote a wildcard, so that none can be taken away.
            begin = f"{count} may stand after any text"
            hint = "use startsWith where the beginning is known, or compare whole values"
        message = f"{begin}: each run looks at all values of {short(', '.join(fields))} (keyword)"
        yield context.in_query(rule, one, start, end, message, hint)


@check("RP223", "broad-index-pattern", Severity.WARNING)
def broad_index_pattern(rule: Rule, context: Context) -> Iterator[Found]:
    """An index pattern takes in all data of a cluster, or all logs.

    Why: every run opens every shard that there is, and a field that two integrations use for different things makes
    alerts of both.

    Instead: name the data streams that the rule is about, such as `logs-endpoint.events.process-*`.
    """
    for pattern, found in _patterns(rule, context):
        if _BROAD.fullmatch(pattern.strip()):
            hint = "name the data streams that the rule is about"
            data = next((kind for kind in _KINDS if kind in pattern), "")
            yield found(f"the index pattern {quote(pattern)} takes in {f'all {data}' if data else 'everything'}", hint)


@check("RP224", "sequence-without-maxspan", Severity.WARNING)
def sequence_without_maxspan(rule: Rule, context: Context) -> Iterator[Found]:
    """An EQL sequence has no `maxspan`.

    Why: any two events of the look-back make an alert, however far apart, and Elasticsearch keeps every half-finished
    sequence in memory until the end.

    Instead: write `sequence by host.id with maxspan=1m`, with the time in which it really happens.
    """
    one = _sequence(rule, context)
    if one is not None and getattr(one.query, "maxspan_seconds", None) is None:
        message = "this sequence has no maxspan: events far apart make an alert"
        yield context.in_query(rule, one, *_head(one), message, "add `with maxspan=5m`, or what fits")


@check("RP225", "sequence-without-by", Severity.WARNING)
def sequence_without_by(rule: Rule, context: Context) -> Iterator[Found]:
    """An EQL sequence is joined by no field.

    Why: an event of one host and an event of another then make a sequence, so that unrelated things become an alert.

    Instead: write `sequence by host.id`, or give each event a `by` of its own.
    """
    one = _sequence(rule, context)
    if one is not None and not any(step.keys for step in one.query.steps):
        message = "this sequence joins events by no field, so also those of different hosts"
        yield context.in_query(rule, one, *_head(one), message, "write `sequence by host.id`, or what ties them")


def _sequence(rule: Rule, context: Context) -> RuleQuery | None:
    """The rule's query if it is an EQL sequence; Kibana never runs a deprecated one."""
    one = context.query(rule) if not rule.deprecated else None
    return one if one is not None and getattr(one.query, "is_sequence", False) else None


def _head(one: RuleQuery) -> tuple[int, int]:
    """Where the word `sequence` is."""
    start: int = one.query.tree.query.start
    return start, start + len("sequence")


@check("RP226", "only-exclusions", Severity.WARNING)
def only_exclusions(rule: Rule, context: Context) -> Iterator[Found]:
    """A query only says what an event must not be.

    Why: everything else is an alert, also what nobody has thought of, and Elasticsearch has to look at each document.

    Instead: say first what the event is, such as `event.category : process`.
    """
    for one, step in steps_of(rule, context):
        # An EQL category says what the event is, ES|QL's commands may, and so may filters.
        free = step.category is None and not step.missing and one.main and one.language != "esql"
        if free and not getattr(rule, "filters", None) and _excludes(step):
            message = "this only says what an event must not be"
            yield context.in_query(rule, one, step.start, step.end, message, "say first what the event is")


def _excludes(step: Step) -> bool:
    return all(isinstance(part, Not) for part in conjuncts(step.logic))


@check("RP227", "alerts-of-other-spaces", Severity.WARNING)
def alerts_of_other_spaces(rule: Rule, context: Context) -> Iterator[Found]:
    """An index pattern takes in the alerts of every Kibana space.

    Why: a rule that looks at alerts then makes alerts about those of other teams, whom the space keeps apart.

    Instead: name the space: `.alerts-security.alerts-default`.
    """
    for pattern, found in _patterns(rule, context):
        name = pattern.strip().rpartition(":")[2]
        if _ALERTS.fullmatch(name) and not _ONE_SPACE.fullmatch(name):
            hint = "name the space, such as .alerts-security.alerts-default"
            yield found(f"{quote(pattern)} takes in the alerts of all spaces", hint)


@check("RP228", "unneeded-index", Severity.WARNING)
def unneeded_index(rule: Rule, context: Context) -> Iterator[Found]:
    """An index pattern holds no event that the query could match.

    Why: the query asks for a dataset that is in other indices, so this one is searched in each run for nothing; or the
    dataset in the query is not the one that was meant.

    Instead: remove the index pattern, or correct the dataset.
    """
    one = context.query(rule)
    if not isinstance(rule, SearchRule) or isinstance(rule, ThreatMatchRule) or one is None or not rule.index:
        return
    wanted: set[str] = set()
    for step in one.query.steps:
        datasets = None if step.missing else _datasets(step.logic)
        if datasets is None:
            return
        wanted |= datasets
    named = [
        (number, match[1]) for number, pattern in enumerate(rule.index) if (match := _ONE_DATASET.fullmatch(pattern))
    ]
    for number, dataset in named:
        if dataset not in wanted:
            message = (
                f"the query asks for {short(', '.join(sorted(wanted)))}, which is not in {spelled(rule.index[number])}"
            )
            yield context.at(rule, ("rule", "index", number), message, "remove it, or correct the dataset in the query")


def _datasets(logic: Logic) -> set[str] | None:
    """The datasets that an event must be of; None if it may be of any."""
    if isinstance(logic, And):
        found = [datasets for part in logic.parts if (datasets := _datasets(part)) is not None]
        # Two that disagree are not for this check to judge.
        return (set.intersection(*found) or None) if found else None
    if isinstance(logic, Or):
        each = [_datasets(part) for part in logic.parts]
        return None if None in each else set().union(*(datasets for datasets in each if datasets is not None))
    if isinstance(logic, Nested):
        return None
    if isinstance(logic, Test) and logic.operator == "is" and logic.field in _DATASET_FIELDS:
        return {str(value.value) for value in logic.values}
    return None
