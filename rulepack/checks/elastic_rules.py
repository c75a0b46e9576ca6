"""RP450-RP459, the set `elastic`: files, building block rules, life cycle, severities and integrations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulepack.checks.base import Context, Found, check
from rulepack.checks.schedule import ago, duration, seconds
from rulepack.diagnostics import Severity, Span
from rulepack.fields import quote, short
from rulepack.rule import Rule
from rulepack.rule.base import SearchRule
from rulepack.rule.machine_learning import MachineLearningRule
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.schema import Path
from rulepack.stack import StackVersion

SET = "elastic"
BUILDING_BLOCKS = "rules_building_block"
_BLOCK_FROM, _BLOCK_INTERVAL = 119 * 60, 60 * 60
# The lowest risk score of each severity, worst first.
_BANDS = (("critical", 74, 100), ("high", 48, 73), ("medium", 22, 47), ("low", 0, 21))
_LICENSE = "Elastic License v2"
_INDEX = re.compile(r"(?:logs|metrics|traces)-(?P<package>[a-z0-9_]+)(?:[.*-].*)?")
# Integrations that judge data which others bring, so that no index pattern has their name.
_OTHERS_DATA = frozenset(("beaconing", "ded", "dga", "lmd", "pad", "problemchild"))
# What Beats write the data of an integration to.
_BEATS = {"windows": "winlogbeat-", "apm": "apm-", "system": "filebeat-", "network_traffic": "packetbeat-"}
_ALERTS = ".alerts-security"


def primary_tactics(rule: Rule, context: Context) -> tuple[str, ...]:
    """The tactic that each mapping of the rule begins with: that of [[rule.threat]], and those of other versions.

    Names that no tactic has are left out: RP303 says what is right, and a file or tag named after one would be wrong.
    """
    mappings = (rule.threat or (), *(one.threat or () for one in rule.threat_mappings or ()))
    names = dict.fromkeys(mapping[0].tactic.name for mapping in mappings if mapping)
    return tuple(name for name in names if context.attack.tactic_by_name(name) is not None)


def folder(rule: Rule) -> str:
    """The name of the folder that the rule's file is in."""
    return rule.file.rpartition("/")[0].rpartition("/")[2]


@check("RP450", "tactic-in-file-name", Severity.WARNING, opt_in=SET)
def tactic_in_file_name(rule: Rule, context: Context) -> Iterator[Found]:
    """The name of a file does not begin with the rule's first tactic.

    Why: in a listing, rules of one tactic stand together.

    Instead: rename the file, for example to `execution_shell_in_container.toml`, or put the tactic first that counts.
    """
    tactics = primary_tactics(rule, context)
    if rule.deprecated or isinstance(rule, MachineLearningRule) or not tactics:
        return
    name = rule.file.rpartition("/")[2]
    prefixes = ["_".join(tactic.casefold().split()) for tactic in tactics]
    if not any(name.startswith(f"{prefix}_") for prefix in prefixes):
        span = Span(context.span(rule, ()).file)
        yield Found(f"the name of the file does not begin with {prefixes[0]}_", span, f"call it {prefixes[0]}_{name}")


@check("RP451", "building-block-folder", Severity.WARNING, opt_in=SET)
def building_block_folder(rule: Rule, context: Context) -> Iterator[Found]:
    """A building block rule is not in the folder `rules_building_block`, or a rule in there is none.

    Why: building block rules are packaged and reviewed apart, by their folder.

    Instead: move the file, or correct `building_block_type`.
    """
    apart = BUILDING_BLOCKS in rule.file.split("/")[:-1]
    if rule.deprecated or apart == (rule.building_block_type is not None):
        return
    if apart:
        if not context.names(rule, "rule", "building_block_type"):
            message = f"this rule is in {BUILDING_BLOCKS}, but no building block rule"
            yield context.at(rule, ("rule",), message, 'add building_block_type = "default", or move the file')
        return
    message = f"this building block rule is not in {BUILDING_BLOCKS}"
    yield context.at(rule, ("rule", "building_block_type"), message, "move the file there", key=True)


@check("RP452", "building-block-timing", Severity.WARNING, opt_in=SET)
def building_block_timing(rule: Rule, context: Context) -> Iterator[Found]:
    """A building block rule runs more often than once an hour, or does not look back two hours.

    Why: its alerts are for other rules, which can wait, and it often finds much; so it runs seldom and looks back far.

    Instead: set `interval = "60m"` and `from = "now-119m"`, or `bypass_bbr_timing = true` in [metadata].
    """
    if rule.building_block_type is None or rule.deprecated or rule.metadata.bypass_bbr_timing:
        return
    back = ago(rule.from_) if rule.from_ is not None else None
    if back is not None and back.most < _BLOCK_FROM:
        message = f"a building block rule looks back less than {duration(_BLOCK_FROM)}"
        yield context.at(rule, ("rule", "from"), message, 'set from = "now-119m"')
    elif context.lacks(rule, "from_") and not context.names(rule, "rule", "from"):
        yield context.at(rule, ("rule",), "a building block rule has no from", 'add from = "now-119m"')
    if rule.interval is not None and seconds(rule.interval) < _BLOCK_INTERVAL:
        message = "a building block rule runs more often than once an hour"
        yield context.at(rule, ("rule", "interval"), message, 'set interval = "60m"')
    elif context.lacks(rule, "interval"):
        yield context.at(rule, ("rule",), "a building block rule has no interval", 'add interval = "60m"')


@check("RP453", "missing-deprecation-date", Severity.WARNING, opt_in=SET)
def missing_deprecation_date(rule: Rule, context: Context) -> Iterator[Found]:
    """A deprecated rule does not say since when, or was changed after that day.

    Why: those who still run it want to know how long it has been without care, and a rule that is gone stays as it was.

    Instead: set `deprecation_date` to the day of the last change, `updated_date`.
    """
    since, updated = rule.metadata.deprecation_date, rule.metadata.updated_date
    if not rule.deprecated or (since is None and context.names(rule, "metadata", "deprecation_date")):
        return
    if since is None:
        hint = f'add deprecation_date = "{updated or "2026/01/31"}"'
        yield context.at(rule, ("metadata",), "this deprecated rule has no deprecation_date", hint)
    elif updated is not None and since != updated:
        message = f"deprecation_date is {short(since)}, but updated_date {short(updated)}"
        yield context.at(rule, ("metadata", "deprecation_date"), message, "use the same day for both")


@check("RP454", "min-stack-without-comments", Severity.WARNING, opt_in=SET)
def min_stack_without_comments(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule names the first stack version that it works on, and not why.

    Why: nobody can tell later whether the version still matters, and the rule is kept from older stacks for nothing.

    Instead: say in `min_stack_comments` what the rule needs that older versions lack.
    """
    named = rule.metadata.min_stack_version is not None and not rule.deprecated
    comments = rule.metadata.min_stack_comments
    if comments is None and context.names(rule, "metadata", "min_stack_comments"):
        return
    if named and not (comments or "").strip():
        hint = "say in min_stack_comments what older versions lack"
        yield context.at(rule, ("metadata", "min_stack_version"), "min_stack_version has no comment", hint, key=True)


@check("RP455", "min-stack-below-pack", Severity.INFO, opt_in=SET)
def min_stack_below_pack(rule: Rule, context: Context) -> Iterator[Found]:
    """The first stack version that a rule works on is older than any that the pack is for.

    Why: it says nothing any more.

    Instead: remove `min_stack_version` and `min_stack_comments`.
    """
    named, lowest = rule.metadata.min_stack_version, context.project.stack[0]
    if named is not None and not rule.deprecated and StackVersion.parse(named) < lowest:
        message = f"min_stack_version is {named}, and the pack is for {lowest} and later"
        yield context.at(rule, ("metadata", "min_stack_version"), message, "remove it")


@check("RP456", "severity-and-risk-score", Severity.WARNING, opt_in=SET)
def severity_and_risk_score(rule: Rule, context: Context) -> Iterator[Found]:
    """The severity and the risk score of a rule say different things.

    Why: some sort alerts by one, some by the other, and both should find the same ones first.

    Instead: keep to low 0-21, medium 22-47, high 48-73, critical 74-100.
    """
    if rule.deprecated or context.made_up(rule, "severity") or context.made_up(rule, "risk_score"):
        return
    name, least, most = next(band for band in _BANDS if band[1] <= rule.risk_score)
    if name != rule.severity:
        bounds = {band: f"{low} to {high}" for band, low, high in _BANDS}
        message = (
            f"a risk score of {rule.risk_score} is {name} ({least} to {most}), but the severity is {rule.severity}"
        )
        hint = f"use {name}, or a score of {bounds[rule.severity]}"
        yield context.at(rule, ("rule", "risk_score"), message, hint)


@check("RP457", "license-name", Severity.WARNING, opt_in=SET)
def license_name(rule: Rule, context: Context) -> Iterator[Found]:
    """The name of the Elastic License is written in another way.

    Why: whoever looks for rules under one licence searches for its exact name.

    Instead: write `license = "Elastic License v2"`.
    """
    if rule.license is not None and "elastic license" in rule.license.casefold() and rule.license != _LICENSE:
        message = f"the license is written {quote(rule.license)}"
        yield context.at(rule, ("rule", "license"), message, f'write "{_LICENSE}"')


def _patterns(rule: Rule, context: Context) -> list[str]:
    """The index patterns of a rule, or those that its ES|QL query names."""
    if isinstance(rule, SearchRule):
        return [pattern.strip() for pattern in rule.index or ()]
    one = context.query(rule)
    return [] if one is None else [name for name, _, _ in one.query.indices]


def _pattern_span(rule: Rule, context: Context, number: int) -> Span:
    """Where the index pattern of a number is."""
    one = None if isinstance(rule, SearchRule) else context.query(rule)
    if one is None:
        return context.span(rule, ("rule", "index", number))
    _, start, end = one.query.indices[number]
    return context.inside_span(rule, one.path, start, end - start)


@check("RP458", "integration-without-index", Severity.WARNING, opt_in=SET)
def integration_without_index(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule names an integration in [metadata] whose data it does not search.

    Why: from these names comes the list of integrations that users are told to install.

    Instead: remove the integration, or add its index pattern.
    """
    if rule.deprecated or isinstance(rule, (MachineLearningRule, ThreatMatchRule)) or not rule.metadata.integration:
        return
    patterns = _patterns(rule, context)
    packages = {match["package"] for pattern in patterns if (match := _INDEX.fullmatch(pattern))}
    if not patterns or any(pattern.startswith((_ALERTS, "logs-*", "*")) for pattern in patterns):
        return
    if _OTHERS_DATA.intersection(rule.metadata.integrations):
        return
    for number, name in enumerate(rule.metadata.integrations):
        beat = _BEATS.get(name)
        if name in packages or (beat and any(one.startswith(beat) for one in patterns)):
            continue
        message = f"no index pattern is for the integration {short(name)}"
        hint = f"remove it, or search logs-{short(name)}.*"
        place: Path = ("metadata", "integration")
        place = place if isinstance(rule.metadata.integration, str) else (*place, number)
        yield context.at(rule, place, message, hint)


@check("RP459", "index-without-integration", Severity.WARNING, opt_in=SET)
def index_without_integration(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule searches the data of an integration that it does not name in [metadata].

    Why: from these names comes the list of integrations that users are told to install.

    Instead: add the integration to `integration` in [metadata].
    """
    if rule.deprecated or isinstance(rule, ThreatMatchRule):
        return
    if rule.metadata.integration is None and context.names(rule, "metadata", "integration"):
        return
    named = rule.metadata.integrations
    for number, pattern in enumerate(_patterns(rule, context)):
        match = _INDEX.fullmatch(pattern)
        # APM has no integration of its own name to install.
        if match and match["package"] not in (*named, "apm"):
            message = f"{short(pattern)} is data of {match['package']}, which is not in integration"
            hint = f'add "{match["package"]}" to integration in [metadata]'
            yield Found(message, _pattern_span(rule, context, number), hint)
