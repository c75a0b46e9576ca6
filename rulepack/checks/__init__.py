"""What a good rule keeps to: CHECKS has every check, sorted by code; run() runs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from rulepack.checks import (
    elastic_guides,
    elastic_rules,
    entries,
    exception_lists,
    guide,
    identity,
    ignores,
    metadata,
    near_duplicates,
    query,
    query_cost,
    query_fields,
    query_logic,
    query_text,
    schedule,
    shape,
    threat,
    tidiness,
    whole_pack,
)
from rulepack.checks.base import Check, Context, on_rule
from rulepack.checks.examined import Examined
from rulepack.checks.facts import Facts, ListFacts
from rulepack.diagnostics import Diagnostic, sort
from rulepack.fields import spelled
from rulepack.pack import Pack
from rulepack.project import Project
from rulepack.reference import Reference
from rulepack.rule import Rule

CHECKS: tuple[Check, ...] = (
    shape.field_needs_newer_stack,
    shape.missing_partner,
    shape.fields_disagree,
    query_text.query_syntax,
    query_text.query_semantics,
    query_text.query_type_mismatch,
    query.empty_query,
    query_text.query_needs_newer_stack,
    query_text.lost_column,
    query_text.unusable_in_rule,
    query_text.query_trap,
    query_fields.unknown_field_in_query,
    query_fields.unknown_field_in_rule,
    query_cost.leading_wildcard,
    query_cost.regex_begins_with_anything,
    query_cost.broad_index_pattern,
    query_cost.sequence_without_maxspan,
    query_cost.sequence_without_by,
    query_cost.only_exclusions,
    query_cost.alerts_of_other_spaces,
    query_cost.unneeded_index,
    query_logic.impossible_clause,
    query_logic.value_not_allowed,
    query_logic.shadowed_value,
    query_logic.duplicate_value,
    query_logic.excluded_again,
    query_logic.unreachable_step,
    threat.unknown_technique,
    threat.technique_not_in_tactic,
    threat.name_mismatch,
    threat.revoked_technique,
    threat.wrong_reference,
    threat.repeated_threat,
    tidiness.missing_slash,
    identity.file_name,
    identity.rule_id_no_uuid,
    tidiness.stray_blank,
    metadata.building_block_type,
    metadata.updated_before_created,
    metadata.date_format,
    metadata.no_maturity,
    metadata.deprecation_date,
    entries.duplicate_entry,
    entries.blank_around_entry,
    entries.reference_no_link,
    metadata.too_many_signals,
    metadata.empty_description,
    entries.unsorted_list,
    guide.heading_level_skipped,
    guide.unresolved_placeholder,
    guide.unused_plugin,
    guide.two_setup_guides,
    guide.guide_too_long,
    guide.repeated_heading,
    guide.setup_stays_in_guide,
    guide.literal_plugin,
    guide.broken_markdown,
    schedule.gap_between_runs,
    schedule.repeated_alerts,
    schedule.maxspan_beyond_look_back,
    schedule.history_window_too_short,
    query.index_and_data_view,
    query.no_index,
    elastic_rules.tactic_in_file_name,
    elastic_rules.building_block_folder,
    elastic_rules.building_block_timing,
    elastic_rules.missing_deprecation_date,
    elastic_rules.min_stack_without_comments,
    elastic_rules.min_stack_below_pack,
    elastic_rules.severity_and_risk_score,
    elastic_rules.license_name,
    elastic_rules.integration_without_index,
    elastic_rules.index_without_integration,
    elastic_guides.missing_triage_section,
    elastic_guides.guide_of_other_rule,
    elastic_guides.missing_tag,
    elastic_guides.tactic_tag_without_threat,
    elastic_guides.tag_prefix,
    elastic_guides.no_event_ingested,
    elastic_guides.no_look_back,
    elastic_guides.interval_for_maxspan,
    elastic_guides.no_host_os_type,
    whole_pack.duplicate_rule_id,
    whole_pack.duplicate_name,
    exception_lists.unknown_exception_list,
    whole_pack.same_page,
    whole_pack.deprecated_folder,
    whole_pack.tag_spelling,
    near_duplicates.same_logic,
    near_duplicates.contained_logic,
    exception_lists.duplicate_exception_list,
    whole_pack.unknown_replacement,
)
_CODES = frozenset(check.code.id for check in CHECKS)
# How many fields a note names; the rest is a figure.
_MOST_NAMED = 3


def run(pack: Pack, reference: Reference | None = None, *, whole: bool = True) -> tuple[Diagnostic, ...]:
    """Everything there is to say about a pack, sorted: what loading said, and what the checks say.

    Each diagnostic has the severity that the project's settings give it. `whole` says that the pack has all files of
    its project.
    """
    context = Context.of(pack, reference, whole=whole)
    said: dict[str, list[Diagnostic]] = {file: [] for file in pack.files}
    for found in pack.diagnostics:
        said.setdefault(found.span.file, []).append(found)
    rules = {rule.file: rule for rule in pack.every}
    files = dict.fromkeys((*said, *rules))
    return conclude([examine(file, rules.get(file), said.get(file, ()), context) for file in files], context)


def examine(file: str, rule: Rule | None, said: Iterable[Diagnostic], context: Context) -> Examined:
    """What one file says: what loading said of it, and what the checks of single rules say."""
    source = context.source(file)
    lists = tuple(ListFacts.every(file, source.data)) if rule is None and source else ()
    if rule is None and not lists:
        return Examined(file, tuple(said))
    ignored, wrong = ignores.read_ignores(source, _CODES) if source else ((), ())
    if rule is None:
        return Examined(file, (*said, *wrong), ignores=ignored, lists=lists)
    found = [*said, *on_rule(enabled(context.project), rule, context)]
    facts = Facts.of(rule, context.queries(rule), partial=type(rule) is Rule)
    unchecked = query_fields.unchecked(rule, context)
    return Examined(file, tuple(dict.fromkeys((*found, *wrong))), facts, ignored, unchecked)


def conclude(examined: Sequence[Examined], context: Context) -> tuple[Diagnostic, ...]:
    """Everything there is to say, sorted: of each file, and of all rules together, but for what a comment ignores."""
    found = [one for each in examined for one in each.diagnostics]
    facts = [each.facts for each in examined if each.facts is not None]
    context = replace(context, lists=tuple(one for each in examined for one in each.lists))
    checks = enabled(context.project)
    for check in checks:
        found += check.on_pack(facts, context)
    ignored = {each.file: each.ignores for each in examined if each.ignores}
    if ignored:
        # Few checks look at a deprecated rule, so that there an ignore silences nothing without being wrong.
        judged = {rule.file for rule in facts if not rule.deprecated} | {one.file for one in context.lists}
        found = ignores.apply(found, ignored, checks, context.source, judged)
    return sort(list(adjust(found, context.project)))


def notes(examined: Iterable[Examined]) -> tuple[str, ...]:
    """What a report says of the whole run besides its findings: what nobody could check."""
    without = [each.unchecked for each in examined if each.unchecked]
    if not without:
        return ()
    fields, rules = sorted({name for names in without for name in names}), len(without)
    counted = f"{len(fields):,} field{'s' * (len(fields) != 1)} of {rules:,} rule{'s' * (rules != 1)}"
    named = ", ".join([*map(spelled, fields[:_MOST_NAMED]), *["..."] * (len(fields) > _MOST_NAMED)])
    why = "not all fields of their indices are known"
    more = "`rulepack reference update --integrations`, or field files of your own, can tell more"
    return (f"{counted} could not be checked ({named}): {why}; {more}",)


def enabled(project: Project) -> tuple[Check, ...]:
    """The checks that the settings ask for: all but those of opt-in sets that are not named."""
    return _enabled(project.check_sets)


@cache
def _enabled(sets: tuple[str, ...]) -> tuple[Check, ...]:
    return tuple(check for check in CHECKS if check.opt_in is None or check.opt_in in sets)


def adjust(found: Iterable[Diagnostic], project: Project) -> Iterable[Diagnostic]:
    """The diagnostics with the severities of the settings; without those that are turned off."""
    for one in found:
        severity = project.severity(one)
        if severity is not None:
            yield one if severity is one.severity else replace(one, severity=severity)
