"""Threat, Tactic, Technique, Subtechnique: the [[rule.threat]] tables."""

from __future__ import annotations

from rulepack.fields import Text
from rulepack.schema import Table, key, model, tables

ATTACK = "MITRE ATT&CK"


@model
class Subtechnique:
    """A sub-technique of ATT&CK, such as T1059.004 Unix Shell."""

    id: str = key(Text(empty=False, required=True), "The id, such as T1059.004.")
    name: str = key(Text(empty=False, required=True), "The name as the framework writes it.")
    reference: str = key(Text(empty=False, required=True), "The page of the framework.")


@model
class Technique:
    """A technique of ATT&CK, such as T1059 Command and Scripting Interpreter."""

    id: str = key(Text(empty=False, required=True), "The id, such as T1059.")
    name: str = key(Text(empty=False, required=True), "The name as the framework writes it.")
    reference: str = key(Text(empty=False, required=True), "The page of the framework.")
    subtechnique: tuple[Subtechnique, ...] | None = key(
        tables(Subtechnique), "Its sub-techniques that the rule detects."
    )


@model
class Tactic:
    """A tactic of ATT&CK, such as TA0002 Execution."""

    id: str = key(Text(empty=False, required=True), "The id, such as TA0002.")
    name: str = key(Text(empty=False, required=True), "The name as the framework writes it.")
    reference: str = key(Text(empty=False, required=True), "The page of the framework.")


@model
class Threat:
    """One tactic and the techniques by which the rule detects it."""

    framework: str = key(
        Text(empty=False, required=True, hint='use "MITRE ATT&CK" or "MITRE ATLAS"'), "MITRE ATT&CK or MITRE ATLAS."
    )
    tactic: Tactic = key(Table(Tactic, required=True), "The tactic.")
    technique: tuple[Technique, ...] | None = key(tables(Technique), "The techniques, each with its sub-techniques.")


@model
class ThreatMappings:
    """The same rule mapped for another version of a framework; kept in the file, never sent."""

    framework: str = key(Text(empty=False, required=True), "MITRE ATT&CK or MITRE ATLAS.")
    version: str = key(Text(empty=False, required=True), "The version of the framework, such as 19.0.")
    threat: tuple[Threat, ...] | None = key(tables(Threat), "The mapping in that version.")
