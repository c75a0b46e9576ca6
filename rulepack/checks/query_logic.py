"""RP23x: clauses, values and steps of a query that can never count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rulepack.checks.base import Context, Found, check
from rulepack.checks.queries import RuleQuery
from rulepack.diagnostics import Related, Severity
from rulepack.fields import quote
from rulepack.likeness import closest
from rulepack.query.dead import Dead, Kind, dead_logic
from rulepack.query.implication import Fields, Reasoner, conjuncts
from rulepack.query.logic import Always, And, Logic, Nested, Not, Or, Step, Test
from rulepack.rule import Rule

_MOST_SHOWN = 8
# Values that are compared with all that ECS has; nobody has more wrong ones.
_MOST_GUESSES = 1_000
# `network_traffic`, which Packetbeat has, is not a slip for `network`; `proces` is one.
_LIKENESS = 0.8
_KEEPS_TO_ECS = re.compile(r"(?:[^:]*:)?logs-(?!network_traffic|\*)[a-z0-9_]+[.-].*")
# What the other place is to the one that is reported.
_RELATED: dict[Kind, str] = {
    "never": "it cannot hold together with this",
    "idle": "because of this",
    "shadowed": "this matches all of it",
    "duplicate": "it is here already",
    "excluded": "because of this",
}


def steps_of(rule: Rule, context: Context) -> Iterator[tuple[RuleQuery, Step]]:
    """Every event that the queries of a rule look for; Kibana never runs a deprecated one."""
    for one in context.queries(rule):
        if one.query.sound and not rule.deprecated:
            for step in one.query.steps:
                yield one, step


def _dead(rule: Rule, context: Context, *kinds: Kind) -> Iterator[Found]:
    for one, found in context.once(rule, "dead logic", _search):
        if found.kind in kinds:
            span = context.inside_span(rule, one.path, found.other_start, found.other_end - found.other_start)
            here = context.in_query(rule, one, found.start, found.end, found.message, _hint(found))
            yield replace(here, related=(Related(span, _RELATED[found.kind]),))


def _search(rule: Rule, context: Context) -> list[tuple[RuleQuery, Dead]]:
    found: list[tuple[RuleQuery, Dead]] = []
    for one, step in steps_of(rule, context):
        fields = fields_of(rule, context, one)
        found += [(one, dead) for dead in dead_logic(step.logic, fields)]
    return found


def fields_of(rule: Rule, context: Context, one: RuleQuery) -> Fields:
    """What is known about the fields of a query, as far as conclusions rest on it."""
    ecs = context.ecs

    def types(name: str) -> tuple[str, ...]:
        return context.schema(rule, one.index).types_of(name)

    def single(name: str) -> bool:
        # Of other fields nothing says that they hold one value only. To ES|QL, a comparison with several is null.
        return one.language == "esql" or (name in ecs.fields and name not in ecs.arrays)

    return Fields(types, single, by_words=one.language in ("kuery", "lucene"))


def _hint(found: Dead) -> str:
    if found.kind == "never":
        return "the field holds one value: join the two with `or`, or remove one"
    if found.kind == "idle":
        return "remove it, or correct it if something else was to be excluded"
    if found.kind == "excluded":
        return "remove the exclusion, or what it excludes"
    return "remove it: the query matches the same without it"


@check("RP231", "impossible-clause", Severity.WARNING)
def impossible_clause(rule: Rule, context: Context) -> Iterator[Found]:
    """A clause of a query can never be true, so that it finds nothing, or excludes nothing.

    Why: a field that holds one value cannot be two things at once, nor what another clause excludes. The clause, and
    often the rule, finds nothing; if it is an exclusion, what it was meant for still makes alerts.

    Instead: join alternatives with `or`, correct the clause, or remove it.
    """
    yield from _dead(rule, context, "never", "idle")


@check("RP232", "value-not-allowed", Severity.WARNING)
def value_not_allowed(rule: Rule, context: Context) -> Iterator[Found]:
    """A field is compared with a value that ECS does not allow it to have.

    Why: data that keep to ECS never hold it, so the comparison is never true: `event.category : "processes"`.

    Instead: use one of the values that the hint names.
    """
    guesses = 0
    for one, step in steps_of(rule, context):
        # Beats, and the integration that runs one, also have values of their own from before ECS.
        keeps_to_ecs = one.index and all(_KEEPS_TO_ECS.fullmatch(pattern) for pattern in one.index)
        for test in tests_of(step.logic):
            listed = context.ecs.values.get(test.field)
            if listed is None or not listed.closed or test.operator != "is":
                continue
            for value in test.values:
                text = value.value
                # Some integrations write the values of ECS with capitals.
                if not isinstance(text, str) or text.lower() in listed.values:
                    continue
                guesses += 1
                near = closest(text, listed.values, _LIKENESS) if guesses <= _MOST_GUESSES else None
                if near or keeps_to_ecs:
                    start, end = (value.start, value.end) if value.end else (test.start, test.end)
                    message = f"{quote(text)} is not a value that ECS has for {test.field}"
                    shown = [*listed.values[:_MOST_SHOWN], *(["..."] if len(listed.values) > _MOST_SHOWN else [])]
                    hint = f"did you mean {near}?" if near else f"it has {', '.join(shown)}"
                    yield context.in_query(rule, one, start, end, message, hint)


def tests_of(logic: Logic) -> Iterator[Test]:
    """Every test in a condition."""
    stack = [logic]
    while stack:
        part = stack.pop()
        if isinstance(part, Test):
            yield part
        elif isinstance(part, And | Or):
            stack += reversed(part.parts)
        elif isinstance(part, Not | Nested):
            stack.append(part.part)


@check("RP233", "shadowed-value", Severity.WARNING)
def shadowed_value(rule: Rule, context: Context) -> Iterator[Found]:
    """All that a value or an alternative of a query matches, another one beside it matches already.

    Why: it does nothing; who edits it later believes that it does, and often the wildcard is wider than was meant.

    Instead: remove it, or narrow the wildcard.
    """
    yield from _dead(rule, context, "shadowed")


@check("RP234", "duplicate-value", Severity.WARNING)
def duplicate_value(rule: Rule, context: Context) -> Iterator[Found]:
    """A value or a clause of a query is there twice.

    Why: it does nothing, and often another value was meant.

    Instead: remove it, or write what was meant.
    """
    yield from _dead(rule, context, "duplicate")


@check("RP235", "excluded-again", Severity.WARNING)
def excluded_again(rule: Rule, context: Context) -> Iterator[Found]:
    """A `not` takes away what the query asks for beside it.

    Why: where it takes away all, the clause, or the rule, finds nothing; where it takes away one value of a list, that
    value never counts.

    Instead: remove the exclusion, or what it excludes.
    """
    yield from _dead(rule, context, "excluded")


@check("RP236", "unreachable-step", Severity.WARNING)
def unreachable_step(rule: Rule, context: Context) -> Iterator[Found]:
    """A sequence can never get past one of its steps.

    Why: the step matches no event, or the `until` ends the sequence with the very event that a step waits for.

    Instead: correct the step, or the `until`.
    """
    for one in context.queries(rule):
        steps = one.query.steps if one.query.sound and not rule.deprecated else ()
        ends = [step for step in steps if step.until]
        fields = fields_of(rule, context, one)
        for step in steps if len(steps) > 1 else ():
            if Always(value=False) in conjuncts(step.logic):
                message = (
                    "no event can be this, so that it is missing always and demands nothing"
                    if step.missing
                    else "no event can be this, so that the sequence is never cut short"
                    if step.until
                    else "no event can be this step, so that the sequence never ends"
                )
                yield context.in_query(rule, one, step.start, step.end, message, "correct its condition")
            elif (
                not step.until
                and not step.missing
                and any(_ends(end, step, fields) for end in ends)
                and step is not steps[0]
            ):
                message = "the `until` of this sequence matches whatever this step waits for"
                yield context.in_query(rule, one, step.start, step.end, message, "narrow the `until`")


def _ends(end: Step, step: Step, fields: Fields) -> bool:
    return end.category in (None, step.category) and Reasoner(fields).implies(step.logic, end.logic)
