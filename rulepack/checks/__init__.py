"""What a good rule keeps to: CHECKS has every check, sorted by code; run() runs them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rulepack.checks import guide, identity, metadata, query, shape, threat, whole_pack
from rulepack.checks.base import Check, Context
from rulepack.diagnostics import Diagnostic, sort
from rulepack.pack import Pack
from rulepack.project import Project
from rulepack.reference import Reference

CHECKS: tuple[Check, ...] = (
    shape.field_needs_newer_stack,
    shape.missing_partner,
    shape.fields_disagree,
    query.empty_query,
    threat.unknown_technique,
    threat.technique_not_in_tactic,
    threat.name_mismatch,
    threat.revoked_technique,
    threat.wrong_reference,
    identity.file_name,
    identity.rule_id_no_uuid,
    metadata.updated_before_created,
    metadata.date_format,
    metadata.no_maturity,
    guide.unresolved_placeholder,
    guide.unused_plugin,
    guide.two_setup_guides,
    guide.guide_too_long,
    query.index_and_data_view,
    query.no_index,
    whole_pack.duplicate_rule_id,
    whole_pack.duplicate_name,
    whole_pack.same_page,
)


def run(pack: Pack, reference: Reference | None = None) -> tuple[Diagnostic, ...]:
    """Everything there is to say about a pack, sorted: what loading said, and what the checks say.

    Each diagnostic has the severity that the project's settings give it.
    """
    context = Context(pack, reference or Reference(pack.project.reference))
    found = list(pack.diagnostics)
    for check in CHECKS:
        found += check.run(pack, context)
    return sort(list(adjust(found, pack.project)))


def adjust(found: Iterable[Diagnostic], project: Project) -> Iterable[Diagnostic]:
    """The diagnostics with the severities of the settings; without those that are turned off."""
    for one in found:
        severity = project.severity(one)
        if severity is not None:
            yield one if severity is one.severity else replace(one, severity=severity)
