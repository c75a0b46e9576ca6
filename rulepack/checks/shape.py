"""RP105-RP109: what a schema cannot say: stack versions, fields that go together, fields that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rulepack import schema
from rulepack.checks.base import Context, Found, check
from rulepack.diagnostics import Severity
from rulepack.fields import spelled
from rulepack.fit import MANY_THRESHOLD_FIELDS, OLD_THRESHOLD_FIELDS
from rulepack.rule import Rule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.rule.threshold import ThresholdRule
from rulepack.stack import StackVersion

# A field, and the one without which Kibana refuses it.
_PARTNERS = (
    ("timeline_id", "timeline_title"),
    ("timeline_title", "timeline_id"),
    ("concurrent_searches", "items_per_search"),
    ("items_per_search", "concurrent_searches"),
)


def lowest_stack(rule: Rule, context: Context) -> StackVersion:
    """The oldest Kibana that will get this rule: the pack's lowest target, or the rule's own minimum if later."""
    return max(context.project.stack[0], StackVersion.parse(rule.metadata.min_stack_version or "0.0"))


@check("RP105", "field-needs-newer-stack", Severity.ERROR)
def field_needs_newer_stack(rule: Rule, context: Context) -> Iterator[Found]:
    """A field is newer than the oldest stack version that gets this rule.

    Why: an older Kibana drops a field that it does not know without a word, so the rule there does something else than
    the file says.

    Instead: raise `min_stack_version` in [metadata], raise the lowest version of `stack` in [tool.rulepack], or do
    without the field.
    """
    lowest = lowest_stack(rule, context)
    # Threshold fields grew in number, which no declaration of a field says.
    newest = schema.newest(type(rule))
    needed = max(newest, MANY_THRESHOLD_FIELDS) if isinstance(rule, ThresholdRule) else newest
    if rule.deprecated or lowest >= needed:
        return
    for path, key, value in schema.walk(rule, ("rule",)):
        since = key.since
        if path == ("rule", "threshold", "field") and not isinstance(value, str) and len(value) > OLD_THRESHOLD_FIELDS:
            since = MANY_THRESHOLD_FIELDS
        if since is not None and lowest < since:
            named = (
                f"more than {OLD_THRESHOLD_FIELDS} threshold fields need"
                if key.name == "field"
                else f"{key.name} needs"
            )
            hint = f'set min_stack_version = "{since}.0" in [metadata], or leave it out'
            found = context.at(rule, path, f"{named} stack {since}, but the rule is for {lowest} too", hint, key=True)
            # An older Kibana gets the rule without what only informs, and the rule does the same.
            yield replace(found, severity=Severity.WARNING) if key.informs else found


@check("RP107", "missing-partner", Severity.ERROR)
def missing_partner(rule: Rule, context: Context) -> Iterator[Found]:
    """A field is there without the one that belongs to it.

    Why: Kibana refuses `timeline_id` without `timeline_title`, and `concurrent_searches` without `items_per_search`,
    and the other way round.

    Instead: name both or none.
    """
    for present, absent in _PARTNERS:
        if getattr(rule, present, None) is not None and context.lacks(rule, absent):
            yield context.at(rule, ("rule", present), f"{present} is there without {absent}", f"add {absent}", key=True)
    if isinstance(rule, NewTermsRule) and context.lacks(rule, "new_terms"):
        for name in ("new_terms_fields", "history_window_start"):
            if context.lacks(rule, name):
                hint = "add it, or use the table [rule.new_terms]"
                yield context.at(rule, ("rule",), f"missing required field {name}", hint)


@check("RP108", "fields-disagree", Severity.ERROR)
def fields_disagree(rule: Rule, context: Context) -> Iterator[Found]:
    """Two fields say things that cannot both be.

    Why: Kibana refuses the rule: more than one `rule_default` exception list, a cardinality on a field that is grouped
    by already, an indicator mapping whose entries are all negated, or both shapes of new terms at once.

    Instead: decide for one of them.
    """
    defaults = [number for number, one in enumerate(rule.exceptions_list or ()) if one.type == "rule_default"]
    for number in defaults[1:]:
        message = "a rule can have one rule_default exception list only"
        hint = 'use type = "detection" for shared lists'
        yield context.at(rule, ("rule", "exceptions_list", number, "type"), message, hint)
    for path, message, hint in (*_cardinality_of_group(rule), *_negated_mapping(rule), *_two_shapes(rule)):
        yield context.at(rule, ("rule", *path), message, hint)


Disagreement = tuple[schema.Path, str, str]


def _cardinality_of_group(rule: Rule) -> Iterator[Disagreement]:
    if isinstance(rule, ThresholdRule):
        for number, one in enumerate(rule.threshold.cardinality or ()):
            if one.field in rule.threshold.fields:
                message = f"the cardinality of {spelled(one.field)} is always 1: it is a threshold field"
                yield ("threshold", "cardinality", number, "field"), message, "count another field"


def _negated_mapping(rule: Rule) -> Iterator[Disagreement]:
    if isinstance(rule, ThreatMatchRule):
        for number, group in enumerate(rule.threat_mapping):
            if group.entries and all(entry.negate for entry in group.entries):
                message = "every entry of this mapping is negated, so that it matches nothing"
                yield ("threat_mapping", number), message, "leave one entry without negate = true"


def _two_shapes(rule: Rule) -> Iterator[Disagreement]:
    if isinstance(rule, NewTermsRule) and rule.new_terms is not None:
        for name in ("new_terms_fields", "history_window_start"):
            if getattr(rule, name) is not None:
                yield (name,), f"{name} is there besides the table [rule.new_terms]", "remove one of the two"
