"""RP21x: whether the fields that a rule uses are in the data that it searches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rulepack.checks.base import Context, Found, check
from rulepack.checks.field_names import named_fields
from rulepack.diagnostics import Severity
from rulepack.fields import join_or, spelled
from rulepack.reference import Unknown
from rulepack.rule import Rule


def _judged(found: Found, unknown: Unknown) -> Found:
    """An error only where the field surely cannot be there."""
    return found if unknown.complete else replace(found, severity=Severity.WARNING)


def _words(unknown: Unknown) -> tuple[str, str]:
    """Message and hint for a field that was searched for and not found."""
    message = f"{spelled(unknown.name)} is not a field of {unknown.searched}"
    close = unknown.close
    if close:
        return message, f"did you mean {join_or(close)}?"
    if unknown.complete:
        return message, "correct its name, or add it to a field file of your own (see `fields` in the settings)"
    return message, f"it may be there all the same: {unknown.why}"


@check("RP211", "unknown-field-in-query", Severity.ERROR)
def unknown_field_in_query(rule: Rule, context: Context) -> Iterator[Found]:
    """A query uses a field that the data it searches do not have.

    Why: EQL and ES|QL fail at each run, and KQL and Lucene never match, so the rule finds nothing and nobody is told.
    It is an error where every field of the rule's indices is known, and a warning where the schema is older than the
    rule, or takes other fields too.

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
        for use in one.query.fields:
            unknown = schema.find(use.name)
            if isinstance(unknown, Unknown):
                found = context.in_query(rule, one, use.start, use.end, *_words(unknown))
                # EQL's `?field` says itself that the field may be missing.
                yield replace(found, severity=Severity.WARNING) if use.optional else _judged(found, unknown)


@check("RP212", "unknown-field-in-rule", Severity.ERROR)
def unknown_field_in_rule(rule: Rule, context: Context) -> Iterator[Found]:
    """A setting of a rule names a field that the data it searches do not have.

    Why: a threshold, a suppression or new terms on a field that is nowhere group nothing or everything; an override
    without its field falls back on defaults, and nobody is told.

    Instead: correct the name, as for RP211.
    """
    if not context.judges_fields(rule):
        return
    for one in named_fields(rule):
        unknown = context.schema(rule, one.index).find(one.name)
        if isinstance(unknown, Unknown):
            found = _judged(context.at(rule, one.path, *_words(unknown), key=one.is_key), unknown)
            # What an analyst is shown first changes no alert.
            yield replace(found, severity=Severity.WARNING) if one.path[1] == "investigation_fields" else found
