"""RP20x: what a query says, as its language has it: syntax, meaning, types, and what the stacks have."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.checks.base import Context, Found, check
from rulepack.checks.queries import RuleQuery
from rulepack.diagnostics import Severity
from rulepack.fields import short
from rulepack.query import QueryError
from rulepack.query.base import ErrorKind
from rulepack.rule import Rule
from rulepack.stack import StackVersion

_Errors = dict[ErrorKind, list[tuple[RuleQuery, QueryError]]]


def _errors(rule: Rule, context: Context) -> _Errors:
    """All that is wrong in the queries of a rule, by kind; what needs types only where those may be judged."""
    found: _Errors = {}
    judged = context.judges_fields(rule)
    for one in context.queries(rule):
        # Behind a syntax error, everything else would be guesswork.
        more = context.problems(rule, one) if judged and one.query.sound else ()
        for error in (*one.query.errors, *more):
            found.setdefault(error.kind, []).append((one, error))
    return found


def _found(rule: Rule, context: Context, kind: ErrorKind) -> Iterator[Found]:
    for one, error in context.once(rule, _errors, _errors).get(kind, ()):
        yield context.in_query(rule, one, error.start, error.end, error.message, error.hint)


@check("RP201", "query-syntax", Severity.ERROR)
def query_syntax(rule: Rule, context: Context) -> Iterator[Found]:
    """A query cannot be read: it breaks a rule of its language.

    Why: Kibana refuses it, or takes the rule and fails at each run, where only the rule's status page shows it.

    Instead: correct the place that the diagnostic points at; the hint says what the language has there.
    """
    yield from _found(rule, context, "syntax")


@check("RP202", "query-semantics", Severity.ERROR)
def query_semantics(rule: Rule, context: Context) -> Iterator[Found]:
    """A query names a function or a form that its language does not have, or uses one wrongly.

    Why: Elasticsearch refuses the query at each run of the rule, which then finds nothing.

    Instead: correct the function's name or its arguments, as the hint says.
    """
    yield from _found(rule, context, "semantics")


@check("RP203", "query-type-mismatch", Severity.ERROR)
def query_type_mismatch(rule: Rule, context: Context) -> Iterator[Found]:
    """A field is compared with a value of another type, or used where its type does not fit.

    Why: Elasticsearch refuses such a comparison, or never finds it true.

    Instead: write the value as the field's type has it, or convert one of the two.
    """
    yield from _found(rule, context, "type")


@check("RP205", "query-needs-newer-stack", Severity.ERROR)
def query_needs_newer_stack(rule: Rule, context: Context) -> Iterator[Found]:
    """A query uses something that a stack version which gets this rule does not have.

    Why: an older Elasticsearch refuses the query at each run of the rule, which then finds nothing there.

    Instead: raise `min_stack_version` in [metadata], take the version out of `stack` in [tool.rulepack], or write the
    query without it.
    """
    stacks = context.stacks(rule)
    if rule.deprecated:
        return
    for one in context.queries(rule):
        for feature in one.query.features if one.query.sound else ():
            without = [stack for stack in stacks if not feature.available(stack)]
            if without:
                named = ", ".join(map(str, without))
                message = f"{short(feature.name)} needs stack {feature.since}, but the rule is for {named} too"
                # Some things came with two versions at once, and the one between has them not.
                last = without[-1]
                better = feature.since if last < feature.since else StackVersion(last.major, last.minor + 1)
                hint = f'set min_stack_version = "{better}.0" in [metadata], or do without it'
                yield context.in_query(rule, one, feature.start, feature.end, message, hint)


@check("RP206", "lost-column", Severity.ERROR)
def lost_column(rule: Rule, context: Context) -> Iterator[Found]:
    """An ES|QL query uses a column that an earlier command has taken out of the pipeline.

    Why: Elasticsearch refuses the query at each run of the rule ("Unknown column"), which then finds nothing.

    Instead: keep the column (KEEP, or STATS ... BY), or use it before the command that loses it.
    """
    yield from _found(rule, context, "column")


@check("RP207", "unusable-in-rule", Severity.ERROR)
def unusable_in_rule(rule: Rule, context: Context) -> Iterator[Found]:
    """A query uses something that its language has, but that cannot work in a detection rule.

    Why: nothing fills in parameters, and ROW and SHOW look at no events, so that the rule fails or alerts for nothing.

    Instead: read events with FROM, and write values out.
    """
    yield from _found(rule, context, "unusable")


@check("RP208", "query-trap", Severity.WARNING)
def query_trap(rule: Rule, context: Context) -> Iterator[Found]:
    """A query does something else than it looks like.

    Why: it is valid, so neither Kibana nor Elasticsearch says anything, and the rule finds too much or nothing.

    Instead: write what is meant, as the hint says.
    """
    yield from _found(rule, context, "trap")
