"""RP21x: whether the fields that a rule uses are in the data that it searches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

from rulepack.checks.base import Context, Found, check
from rulepack.checks.field_names import named_fields
from rulepack.diagnostics import Severity
from rulepack.fields import join_or, spelled
from rulepack.reference import FieldSchema, Known, Unknown
from rulepack.rule import Rule
from rulepack.rule.esql import EsqlRule
from rulepack.schema import Path

if TYPE_CHECKING:
    from rulepack.query.esql import EsqlQuery

# Looking for a name that is spelled much like another takes its time, and no rule has a tenth of that.
_MOST_UNKNOWN = 1_000
_OWN_FIELD = "correct its name, or add it to a field file of your own (see `fields` in the settings)"


class Missing(NamedTuple):
    """What to say of a field that is not there."""

    message: str
    hint: str
    severity: Severity


def look_up(schema: FieldSchema, name: str, near: str | None = None) -> Missing | None:
    """What there is to say of a field that is not known: an error if another one was surely meant.

    Where not all fields are known, only what is one slip of the finger from one that is: of others, nobody can tell.
    `near` is such a name that the query itself gives a column.
    """
    found = schema.find(name)
    if isinstance(found, Known):
        return None
    complete = isinstance(found, Unknown) and found.complete
    if near is None and not complete and not found.slips:
        return None
    message = f"{spelled(name)} is not a field of {schema.searched}"
    if near is not None:
        return Missing(message, f"did you mean the column {near}?", Severity.WARNING)
    if not complete:
        return Missing(message, f"did you mean {join_or(found.slips)}?", Severity.WARNING)
    if found.close:
        return Missing(message, f"did you mean {join_or(found.close)}?", Severity.ERROR)
    # Data can hold more than their package lists: what is like no other name is not surely wrong.
    return Missing(message, _OWN_FIELD, Severity.WARNING)


@check("RP211", "unknown-field-in-query", Severity.ERROR)
def unknown_field_in_query(rule: Rule, context: Context) -> Iterator[Found]:
    """A query uses a field that the data it searches do not have.

    Why: EQL and ES|QL fail at each run, and KQL and Lucene never match, so the rule finds nothing and nobody is told.
    It is an error where every field of the rule's indices is known and another one is spelled much like it. Where not
    all are known, only what looks like a slip of the finger is reported, as a warning; the rest is counted in a note.

    Instead: correct the name. For fields of your own, add a field file, or an asterisk for a whole group; for newer
    packages run `rulepack reference update --integrations`. `query_schema_validation = false` in [metadata] turns the
    check off for a rule.
    """
    if not context.judges_fields(rule):
        return
    for one in context.queries(rule):
        if not one.query.sound:
            continue
        schema = context.schema(rule, one.index)
        unknown: set[str] = set()
        for use in one.query.fields:
            if isinstance(schema.find(use.name), Known):
                continue
            unknown.add(use.name)
            if len(unknown) > _MOST_UNKNOWN:
                break
            missing = look_up(schema, use.name, use.near)
            if missing is not None:
                found = context.in_query(rule, one, use.start, use.end, missing.message, missing.hint)
                # EQL's `?field` says itself that the field may be missing.
                yield replace(found, severity=Severity.WARNING if use.optional else missing.severity)


@check("RP212", "unknown-field-in-rule", Severity.ERROR)
def unknown_field_in_rule(rule: Rule, context: Context) -> Iterator[Found]:
    """A setting of a rule names a field that the data it searches do not have.

    Why: a threshold, a suppression or new terms on a field that is nowhere group nothing or everything; an override
    without its field falls back on defaults, and nobody is told.

    Instead: correct the name, as for RP211.
    """
    if not context.judges_fields(rule):
        return
    yield from _of_esql(rule, context)
    for one in named_fields(rule):
        missing = look_up(context.schema(rule, one.index), one.name)
        if missing is not None:
            found = context.at(rule, one.path, missing.message, missing.hint, key=one.is_key)
            # What an analyst is shown first changes no alert.
            shown = one.path[1] == "investigation_fields"
            yield replace(found, severity=Severity.WARNING if shown else missing.severity)


def _of_esql(rule: Rule, context: Context) -> Iterator[Found]:
    """The same for an ES|QL rule: alerts are grouped by columns of its rows, and its time is a field of its indices."""
    one = context.query(rule)
    if not isinstance(rule, EsqlRule) or one is None:
        return
    query = cast("EsqlQuery", one.query)
    for path, name in _of_indices(rule):
        shown = path[1] == "investigation_fields"
        # The alert of an aggregation has the columns of its row, others also what the event has.
        computed = shown and (query.computes(name) or query.aggregates)
        missing = None if computed else look_up(context.schema(rule, one.index), name)
        if missing is not None:
            found = context.at(rule, path, missing.message, missing.hint)
            yield replace(found, severity=Severity.WARNING if shown else missing.severity)
    groups = rule.alert_suppression.group_by if rule.alert_suppression is not None else ()
    for number, name in enumerate(groups):
        why = query.lost_column(name)
        if why is not None:
            path = ("rule", "alert_suppression", "group_by", number)
            yield context.at(rule, path, f"column {spelled(name)} is {why}", "keep it, or group by another column")


def _of_indices(rule: EsqlRule) -> Iterator[tuple[Path, str]]:
    """The fields that an ES|QL rule takes from the events themselves, whatever columns its query gives."""
    if rule.timestamp_override is not None:
        yield ("rule", "timestamp_override"), rule.timestamp_override
    shown = rule.investigation_fields.field_names if rule.investigation_fields is not None else ()
    for number, name in enumerate(shown):
        if not name.startswith("kibana.") and "*" not in name:
            yield ("rule", "investigation_fields", "field_names", number), name


def unchecked(rule: Rule, context: Context) -> tuple[str, ...]:
    """The fields of a rule's queries of which nobody can tell whether they are there, sorted."""
    if not context.judges_fields(rule):
        return ()
    names = set()
    for one in context.queries(rule):
        schema = context.schema(rule, one.index)
        if one.query.sound and not schema.complete:
            unknown = {use.name: use.near for use in one.query.fields if not isinstance(schema.find(use.name), Known)}
            # Of what looks like a slip of the finger, RP211 has said so.
            names |= {
                name
                for name, near in unknown.items()
                if len(unknown) > _MOST_UNKNOWN or look_up(schema, name, near) is None
            }
    return tuple(sorted(names))
