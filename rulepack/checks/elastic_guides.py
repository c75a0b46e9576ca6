"""RP460-RP469, the set `elastic`: investigation guides, tags, and what a query and its schedule must have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from rulepack.checks.base import Context, Found, check
from rulepack.checks.elastic_rules import BUILDING_BLOCKS, SET, folder, primary_tactics
from rulepack.checks.outline import outline
from rulepack.checks.schedule import INTERVAL, duration, seconds
from rulepack.diagnostics import Severity
from rulepack.fields import quote, short
from rulepack.likeness import closest
from rulepack.rule import Rule
from rulepack.rule.base import SearchRule
from rulepack.rule.machine_learning import MachineLearningRule

if TYPE_CHECKING:  # a language's room is only entered for a query of it
    from rulepack.query.eql import EqlQuery

_TRIAGE = "Triage and analysis"
_INVESTIGATING = "Investigating "
_SYSTEMS = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}
# How a tag begins, which says what kind it is.
_PREFIXES = (
    "Data Source:",
    "Domain:",
    "Mitre Atlas:",
    "OS:",
    "Platform:",
    "Profile:",
    "Promotion:",
    "Resources:",
    "Rule Type:",
    "Service:",
    "Tactic:",
    "Threat:",
    "Use Case:",
    "Vuln:",
)
_COMPLETION = re.compile(r"\|\s*COMPLETION\b", re.IGNORECASE)
# A longer maxspan asks for runs that are no further apart than its half.
_LONG_MAXSPAN = 150


@check("RP460", "missing-triage-section", Severity.WARNING, opt_in=SET)
def missing_triage_section(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule of high or critical severity has no investigation guide with a section on triage.

    Why: its alerts are looked at first, often by someone who has never seen one.

    Instead: write an investigation guide with the heading `## Triage and analysis`.
    """
    if rule.deprecated or rule.severity not in ("high", "critical") or rule.building_block_type is not None:
        return
    if rule.note is None:
        if not context.names(rule, "rule", "note"):
            message = f"this rule of {rule.severity} severity has no investigation guide"
            yield context.at(rule, ("rule",), message, f"add note with the heading ## {_TRIAGE}")
    elif not any(heading.title.casefold() == _TRIAGE.casefold() for heading in outline(rule.note).headings):
        message = "the investigation guide has no section on triage"
        yield context.at(rule, ("rule", "note"), message, f"add the heading ## {_TRIAGE}", key=True)


@check("RP461", "guide-of-other-rule", Severity.WARNING, opt_in=SET)
def guide_of_other_rule(rule: Rule, context: Context) -> Iterator[Found]:
    """The heading of an investigation guide names another rule.

    Why: it was copied, or the rule was renamed; an analyst wonders whether the guide is the right one.

    Instead: write `### Investigating` and the name of the rule.
    """
    if rule.deprecated or rule.note is None or _INVESTIGATING not in rule.note:
        return
    if rule.name == rule.file:  # which stands in for a name that is missing or refused
        return
    for heading in outline(rule.note).headings:
        if heading.title.startswith(_INVESTIGATING):
            named = heading.title.removeprefix(_INVESTIGATING).strip()
            if named.casefold() != " ".join(rule.name.split()).casefold():
                length = heading.end - heading.start
                message = f"the guide is for a rule called {quote(named)}"
                hint = f"write {'#' * heading.level} {_INVESTIGATING}{short(rule.name, 80)}"
                yield context.inside(rule, ("rule", "note"), heading.start, length, message, hint)
            return


@check("RP462", "missing-tag", Severity.WARNING, opt_in=SET)
def missing_tag(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule lacks a tag that follows from what it is.

    Why: rules are chosen by tags, and this one would not be among them.

    Instead: add the tag that the hint names.
    """
    if rule.deprecated or (rule.tags is None and context.names(rule, "rule", "tags")):
        return
    tags = rule.tags or ()
    for tag, why in _wanted(rule, context):
        if tag not in tags:
            place = ("rule", "tags") if rule.tags is not None else ("rule",)
            yield context.at(rule, place, f"{why}, but has no tag for that", f'add "{tag}"', key=bool(rule.tags))


def _wanted(rule: Rule, context: Context) -> Iterator[tuple[str, str]]:
    """Every tag that the rule must have, with the reason."""
    machine_learning = isinstance(rule, MachineLearningRule)
    tags = rule.tags or ()
    tactics = primary_tactics(rule, context)
    exempt = machine_learning or any("Continuous Monitoring" in tag for tag in tags)
    if tactics and not exempt and not any(f"Tactic: {tactic}" in tags for tactic in tactics):
        yield f"Tactic: {tactics[0]}", f"the rule detects {tactics[0]}"
    system = _SYSTEMS.get(folder(rule))
    if system is not None:
        yield f"OS: {system}", f"the rule is in the folder {folder(rule)}"
    if BUILDING_BLOCKS in rule.file.split("/")[:-1]:
        yield "Rule Type: BBR", "the rule is a building block rule"
    if machine_learning:
        yield "Rule Type: ML", "the rule is one of machine learning"
        yield "Rule Type: Machine Learning", "the rule is one of machine learning"
    if "Investigating" in (rule.note or ""):
        yield "Resources: Investigation Guide", "the rule has an investigation guide"
    if rule.type == "esql" and _COMPLETION.search(getattr(rule, "query", None) or ""):
        yield "Resources: LLM", "the query asks a language model"


@check("RP463", "tactic-tag-without-threat", Severity.WARNING, opt_in=SET)
def tactic_tag_without_threat(rule: Rule, context: Context) -> Iterator[Found]:
    """A tag names a tactic that none of the rule's threat entries has.

    Why: by its tag the rule covers a tactic, by its mapping it does not.

    Instead: add the threat entry, or remove the tag.
    """
    if rule.deprecated or rule.threat is None or isinstance(rule, MachineLearningRule):
        return
    mappings = (rule.threat, *(one.threat or () for one in rule.threat_mappings or ()))
    tactics = {entry.tactic.name for mapping in mappings for entry in mapping}
    for number, tag in enumerate(rule.tags or ()):
        if tag.startswith("Tactic: ") and tag.removeprefix("Tactic: ") not in tactics:
            message = f"no threat entry is for {short(tag.removeprefix('Tactic: '))}"
            yield context.at(rule, ("rule", "tags", number), message, "add the entry, or remove the tag")


@check("RP464", "tag-prefix", Severity.WARNING, opt_in=SET)
def tag_prefix(rule: Rule, context: Context) -> Iterator[Found]:
    """A tag does not begin with a word that says what kind of tag it is.

    Why: lists of tags are sorted into data sources, operating systems, tactics and so on by these words.

    Instead: begin the tag with one of them, such as `OS: ` or `Data Source: `.
    """
    for number, tag in enumerate(() if rule.deprecated else rule.tags or ()):
        if not any(prefix in tag for prefix in _PREFIXES):
            kind, colon, rest = tag.partition(":")
            near = closest(f"{kind}:", _PREFIXES) if colon else None
            hint = f'did you mean "{near}{rest}"?' if near else 'begin it with a kind, such as "Use Case: "'
            message = f"{quote(tag)} does not begin with a kind of tag"
            yield context.at(rule, ("rule", "tags", number), message, hint)


@check("RP465", "no-event-ingested", Severity.WARNING, opt_in=SET)
def no_event_ingested(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule goes by the time at which events happened, not by when they arrived.

    Why: an event that arrives late lies before what the next run searches, and is missed.

    Instead: set `timestamp_override = "event.ingested"`.
    """
    if rule.deprecated or rule.query_language not in ("kuery", "eql") or not isinstance(rule, SearchRule):
        return
    if rule.timestamp_override == "event.ingested":
        return
    one = context.query(rule)
    query = cast("EqlQuery", one.query) if one is not None and one.language == "eql" else None
    if one is None or (query is not None and (query.is_sequence or query.is_sample)):
        return
    hint = 'set timestamp_override = "event.ingested"'
    if rule.timestamp_override is not None:
        yield context.at(rule, ("rule", "timestamp_override"), "this is not the time at which events arrived", hint)
    elif context.lacks(rule, "timestamp_override"):
        yield context.at(rule, ("rule",), "the rule does not go by when events arrived", hint)


@check("RP466", "no-look-back", Severity.WARNING, opt_in=SET)
def no_look_back(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule on events of Elastic Defend does not say how far it looks back.

    Why: the default is a minute more than the interval, and events of hosts often arrive later than that.

    Instead: set `from`, for example `from = "now-9m"`.
    """
    if rule.deprecated or rule.from_ is not None or context.names(rule, "rule", "from"):
        return
    index = (rule.index or ()) if isinstance(rule, SearchRule) else ()
    if any(pattern.startswith("logs-endpoint.events.") for pattern in index):
        yield context.at(rule, ("rule",), "the rule does not say how far it looks back", 'add from = "now-9m"')


@check("RP467", "interval-for-maxspan", Severity.WARNING, opt_in=SET)
def interval_for_maxspan(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule with a sequence of long maxspan runs more often than it needs to.

    Why: a sequence costs much, and each run searches nearly the same events again.

    Instead: run it every half maxspan.
    """
    one = context.query(rule) if rule.type == "eql" and not rule.deprecated else None
    span = cast("EqlQuery", one.query).maxspan_seconds if one is not None else None
    if span is None or span <= _LONG_MAXSPAN or (rule.interval is None and context.names(rule, "rule", "interval")):
        return
    interval = seconds(rule.interval or INTERVAL)
    if interval < span / 2:
        place = ("rule", "interval") if rule.interval is not None else ("rule",)
        message = f"the rule runs every {duration(interval)}, more often than half its maxspan"
        yield context.at(rule, place, message, f'set interval = "{duration(int(span / 2))}"')


@check("RP468", "no-host-os-type", Severity.WARNING, opt_in=SET)
def no_host_os_type(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule for one operating system does not ask for it in its query.

    Why: it finds the same words in events of other systems, where they mean something else, and searches more.

    Instead: ask for `host.os.type` first.
    """
    system = folder(rule)
    if rule.deprecated or system not in _SYSTEMS or rule.query_language not in ("kuery", "eql"):
        return
    one = context.query(rule)
    if one is not None and one.main and not any(use.name == "host.os.type" for use in one.query.fields):
        hint = f'ask for host.os.type as well, which is "{system}"'
        yield context.at(rule, ("rule", "query"), f"the query does not ask for {_SYSTEMS[system]}", hint, key=True)
