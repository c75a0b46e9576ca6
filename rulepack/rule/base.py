"""Rule: the fields every rule has, in the order of a rule file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, ClassVar

from rulepack.fields import DATE_MATH, DURATION, Choice, Flag, Json, Many, Text, Whole
from rulepack.rule.action import Action, ExceptionListReference, ResponseAction
from rulepack.rule.metadata import Metadata
from rulepack.rule.suppression import AlertSuppression
from rulepack.rule.threat import Subtechnique, Tactic, Technique, Threat, ThreatMappings
from rulepack.rule.transform import Transform
from rulepack.schema import Path, Table, empty, key, model, tables

SEVERITIES = ("low", "medium", "high", "critical")


@model
class SeverityMapping:
    """A severity for alerts in which a field has a value."""

    field: str = key(Text(empty=False, required=True), "The field of the source event.")
    operator: str = key(Choice("equals", required=True), "Always `equals`.")
    value: str = key(Text(required=True), "The value.")
    severity: str = key(Choice(*SEVERITIES, required=True), "The severity for it.")


@model
class RiskScoreMapping:
    """A risk score taken from a field of the source event."""

    field: str = key(Text(empty=False, required=True), "The field of the source event.")
    operator: str = key(Choice("equals", required=True), "Always `equals`.")
    value: str = key(Text(required=True), "The value; empty for any.")
    risk_score: int | None = key(Whole(least=0, most=100), "The risk score for it.")


@model
class RelatedIntegration:
    """An integration that brings the data which the rule reads."""

    package: str = key(Text(empty=False, required=True), "The package, such as endpoint.")
    version: str = key(Text(empty=False, required=True), "The versions that will do, such as ^8.2.0.")
    integration: str | None = key(Text(empty=False), "The integration within the package.")


@model
class RequiredField:
    """A field that must be in the data for the rule to work."""

    name: str = key(Text(empty=False, required=True), "The field.")
    type: str = key(Text(empty=False, required=True), "Its Elasticsearch type.")
    ecs: bool | None = key(Flag(), "Whether it is an ECS field; Kibana works this out itself.", sent=False)


@model
class InvestigationFields:
    """The fields that the alert's flyout shows first."""

    field_names: tuple[str, ...] = key(Many(Text(empty=False), least=1, required=True), "The fields, in order.")


@model
class Rule:
    """A detection rule: its [rule] table, with [metadata] and [transform] beside it.

    A field is None when the file does not name it. `file` is the path relative to the project, with `/`.
    """

    # The language that the type implies; types that allow several have a field `language` instead.
    implied_language: ClassVar[str | None] = None

    file: str = ""
    metadata: Metadata = field(default_factory=lambda: empty(Metadata))
    transform: Transform = field(default_factory=lambda: empty(Transform))

    name: str = key(
        Text(empty=False, required=True, hint="give the rule a name"), "What the rule is called.", fold=True
    )
    rule_id: str = key(
        Text(empty=False, required=True, hint="give it a UUID that never changes; `uuidgen` makes one"),
        "The rule's identity in every space, for ever.",
    )
    type: str = key(Text(required=True), "The rule type.")
    description: str = key(Text(required=True), "What the rule detects, in a few sentences.", fold=True)
    severity: str = key(Choice(*SEVERITIES, required=True), "How bad an alert is.")
    risk_score: int = key(Whole(least=0, most=100, required=True), "The same as a number from 0 to 100.")
    author: tuple[str, ...] | None = key(Many(Text()), "Who wrote it.")
    license: str | None = key(Text(), "Under which licence.", fold=True)
    tags: tuple[str, ...] | None = key(Many(Text()), "Words to find the rule by.", fold=True)
    references: tuple[str, ...] | None = key(Many(Text()), "Pages to read.", fold=True)
    false_positives: tuple[str, ...] | None = key(Many(Text()), "What harmless things look the same.", fold=True)
    note: str | None = key(Text(), "The investigation guide, Markdown.")
    setup: str | None = key(Text(), "The setup guide, Markdown.", since="8.3", informs=True)
    enabled: bool | None = key(Flag(), "Whether the rule runs.")
    interval: str | None = key(Text(pattern=DURATION, hint="use a duration such as 5m"), "How often it runs.")
    from_: str | None = key(
        Text(pattern=DATE_MATH, hint="use date math such as now-6m"), "From when it searches.", name="from"
    )
    to: str | None = key(Text(pattern=DATE_MATH, hint="use date math such as now"), "Until when it searches.")
    max_signals: int | None = key(Whole(least=1), "The most alerts that one run makes.")
    building_block_type: str | None = key(Text(), "`default` makes it a building block rule, whose alerts are hidden.")
    threat: tuple[Threat, ...] | None = key(tables(Threat), "What of MITRE ATT&CK it detects.")
    threat_mappings: tuple[ThreatMappings, ...] | None = key(
        tables(ThreatMappings), "The same for other versions of ATT&CK.", sent=False
    )
    related_integrations: tuple[RelatedIntegration, ...] | None = key(
        tables(RelatedIntegration), "The integrations that it needs.", since="8.3", informs=True
    )
    required_fields: tuple[RequiredField, ...] | None = key(
        tables(RequiredField), "The fields that it needs.", since="8.3", informs=True
    )
    investigation_fields: InvestigationFields | None = key(
        Table(InvestigationFields), "The fields to show first.", since="8.11", informs=True
    )
    risk_score_mapping: tuple[RiskScoreMapping, ...] | None = key(
        tables(RiskScoreMapping), "Risk scores from the data."
    )
    severity_mapping: tuple[SeverityMapping, ...] | None = key(tables(SeverityMapping), "Severities from the data.")
    rule_name_override: str | None = key(Text(), "A field whose value names the alert.")
    timestamp_override: str | None = key(Text(), "A field used in place of @timestamp, such as event.ingested.")
    timestamp_override_fallback_disabled: bool | None = key(
        Flag(), "true ignores events that lack the timestamp override."
    )
    timeline_id: str | None = key(Text(empty=False), "The timeline template that an alert opens.")
    timeline_title: str | None = key(Text(empty=False), "The title of that template.")
    exceptions_list: tuple[ExceptionListReference, ...] | None = key(
        tables(ExceptionListReference), "The exception lists that it heeds."
    )
    actions: tuple[Action, ...] | None = key(tables(Action), "What is sent when it fires.")
    response_actions: tuple[ResponseAction, ...] | None = key(
        tables(ResponseAction), "What is done on the host when it fires.", since="8.16"
    )
    throttle: str | None = key(Text(), "How often actions without a frequency of their own run.")
    namespace: str | None = key(Text(), "The namespace of the alerts index.")
    output_index: str | None = key(Text(), "Deprecated: Kibana ignores it.")
    meta: Mapping[str, Any] | None = key(Json(table=True), "Free data; Kibana overwrites it when the rule is saved.")
    version: int | None = key(Whole(least=1), "The author's version number.")
    revision: int | None = key(Whole(least=0), "Kibana's own count of changes; never sent.", sent=False)
    outcome: str | None = key(Choice("exactMatch", "aliasMatch", "conflict"), "Accepted by Kibana, never stored.")
    alias_target_id: str | None = key(Text(), "Accepted by Kibana, never stored.")
    alias_purpose: str | None = key(
        Choice("savedObjectConversion", "savedObjectImport"), "Accepted by Kibana, never stored."
    )

    @property
    def deprecated(self) -> bool:
        """Whether the rule is kept for the record only."""
        return self.metadata.maturity == "deprecated"

    @property
    def query_language(self) -> str | None:
        """The language of the query; Kibana's default where the file names none, None for rules without a query."""
        named: str | None = getattr(self, "language", None)
        return named or self.implied_language

    def techniques(self) -> Iterator[tuple[Path, Threat, Technique]]:
        """Every technique with its path in the file."""
        for number, threat in enumerate(self.threat or ()):
            for index, technique in enumerate(threat.technique or ()):
                yield ("rule", "threat", number, "technique", index), threat, technique

    def subtechniques(self) -> Iterator[tuple[Path, Technique, Subtechnique]]:
        """Every sub-technique with its path in the file."""
        for path, _, technique in self.techniques():
            for index, subtechnique in enumerate(technique.subtechnique or ()):
                yield (*path, "subtechnique", index), technique, subtechnique

    def tactics(self) -> Iterator[tuple[Path, Tactic]]:
        """Every tactic with its path in the file."""
        for number, threat in enumerate(self.threat or ()):
            yield ("rule", "threat", number, "tactic"), threat.tactic


@model
class SearchRule(Rule):
    """What all rules that search indices have in common."""

    index: tuple[str, ...] | None = key(Many(Text()), "The index patterns that it searches.")
    data_view_id: str | None = key(Text(), "A data view to search in their place.")
    filters: tuple[Any, ...] | None = key(Many(Json()), "Filters, as Kibana's filter bar makes them.")


def suppression(since: str) -> Any:
    """The field `alert_suppression`, which each rule type got in its own version."""
    return key(Table(AlertSuppression), "One alert for many events.", since=since)
