"""What a page says of a rule: the model's values with Kibana's defaults, in words and in order."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rulepack import emit
from rulepack.docs import guide
from rulepack.docs.markdown import code, text
from rulepack.query import LANGUAGES
from rulepack.reference import Attack
from rulepack.rule import Rule
from rulepack.rule.esql import EsqlRule
from rulepack.rule.machine_learning import MachineLearningRule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.query import SavedQueryRule
from rulepack.rule.suppression import AlertSuppression
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.rule.threshold import ThresholdRule
from rulepack.slug import slug

TYPE_LABELS = {
    "query": "Custom query",
    "saved_query": "Saved query",
    "eql": "Event correlation (EQL)",
    "esql": "ES|QL",
    "threshold": "Threshold",
    "threat_match": "Indicator match",
    "machine_learning": "Machine learning",
    "new_terms": "New terms",
}
# Kibana's defaults, for what a file does not name.
DEFAULT_INTERVAL = "5m"
DEFAULT_FROM = "now-6m"
DEFAULT_TO = "now"
DEFAULT_MAX_SIGNALS = 100
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNIT_NAMES = {"s": "second", "m": "minute", "h": "hour"}
_DURATION = re.compile(r"(?:now-)?(\d+)([smhd])")


@dataclass(frozen=True, slots=True)
class ThreatRow:
    """A line of the ATT&CK table: a tactic, a technique or a sub-technique with the names above it."""

    tactic: str
    technique: str
    subtechnique: str
    id: str
    url: str


@dataclass(frozen=True)
class RuleView:
    """A rule as its page shows it."""

    rule: Rule
    attack: Attack
    source_url: str | None = None

    @property
    def path(self) -> str:
        """The page's path in docs-out."""
        folder = "rules/deprecated" if self.rule.deprecated else "rules"
        return f"{folder}/{self.slug}.md"

    @cached_property
    def slug(self) -> str:
        """The rule's name as a file name."""
        return slug(self.rule.name)

    @property
    def type_label(self) -> str:
        """The rule type in words."""
        return TYPE_LABELS[self.rule.type]

    @property
    def language_label(self) -> str | None:
        """The query language in words; None for rules without a query."""
        language = self.rule.query_language
        return LANGUAGES[language].label if language else None

    @property
    def fence(self) -> str:
        """The info string for a code block in the rule's query language."""
        language = self.rule.query_language
        return LANGUAGES[language].fence if language else ""

    @property
    def query(self) -> str | None:
        """The query, if the rule has one."""
        query: str | None = getattr(self.rule, "query", None)
        return query if query and query.strip() else None

    @property
    def indicator_query(self) -> str | None:
        """The query for indicators, if the rule has one."""
        query: str | None = getattr(self.rule, "threat_query", None)
        return query if query and query.strip() else None

    @property
    def is_building_block(self) -> bool:
        """Whether the rule's alerts are hidden and only feed other rules."""
        return self.rule.building_block_type is not None

    @cached_property
    def guides(self) -> tuple[str, str]:
        """The investigation guide and the setup guide as Markdown; empty where there is none."""
        note, setup = self.rule.note or "", self.rule.setup
        if setup is None:
            note, setup = emit.split_setup(note)
        return (
            guide.render(note, self.rule.transform, title="Investigation guide"),
            guide.render(setup or "", emit.NO_PLUGINS, title="Setup"),
        )

    @property
    def investigation_guide(self) -> str:
        """The investigation guide as Markdown, its headings below the page's own."""
        return self.guides[0]

    @property
    def setup(self) -> str:
        """The setup guide as Markdown, its headings below the page's own."""
        return self.guides[1]

    @property
    def source_link(self) -> tuple[str, str]:
        """The rule's file: its name in the project, and where to read it (relative, unless `source_url` is set)."""
        file = self.rule.file
        if self.source_url:
            return file, f"{self.source_url.rstrip('/')}/{file}"
        return file, posixpath.join("../" * (self.path.count("/") + 1), file)

    def facts(self) -> Iterator[tuple[str, str]]:
        """What the page's first table says: label and Markdown. Nothing is left unsaid: a default is named as one."""
        rule = self.rule
        yield (
            "Rule type",
            f"{self.type_label.replace('|', '&#124;')} ({code(rule.type)})"
            if rule.type != "query"
            else (f"{self.type_label}, {self.language_label} ({code(rule.type)})"),
        )
        yield from self._data()
        yield "Severity", rule.severity
        yield "Risk score", str(rule.risk_score)
        yield "Runs every", rule.interval or f"{DEFAULT_INTERVAL} (default)"
        yield "Searches from", self._window()
        yield "Maximum alerts per run", str(rule.max_signals or f"{DEFAULT_MAX_SIGNALS} (default)")
        yield from self._optional_facts()
        yield "Tags", ", ".join(map(code, rule.tags)) if rule.tags else "no tags"
        if rule.version is not None:
            yield "Version", str(rule.version)
        yield "Authors", ", ".join(map(text, rule.author)) if rule.author else "not named"
        yield "License", text(rule.license) if rule.license else "not named"
        yield "Rule id", code(rule.rule_id)
        yield from self._metadata()

    def _data(self) -> Iterator[tuple[str, str]]:
        rule = self.rule
        index, data_view = getattr(rule, "index", None), getattr(rule, "data_view_id", None)
        if isinstance(rule, MachineLearningRule):
            yield "Machine learning jobs", ", ".join(map(code, rule.jobs))
            yield "Anomaly threshold", str(rule.anomaly_threshold)
        elif isinstance(rule, EsqlRule):
            yield "Index patterns", "named in the query"
        elif data_view:
            yield "Data view", code(data_view)
        else:
            yield "Index patterns", ", ".join(map(code, index)) if index else "the space's default indices"
        if isinstance(rule, SavedQueryRule):
            yield "Saved query", code(rule.saved_id)

    def _window(self) -> str:
        """From when to when the rule searches, and how much that overlaps with the run before."""
        rule = self.rule
        start, end = rule.from_, rule.to
        shown = code(start) if start else f"{code(DEFAULT_FROM)} (default)"
        if end and end != DEFAULT_TO:
            shown += f" to {code(end)}"
        window, interval = seconds(start or DEFAULT_FROM), seconds(rule.interval or DEFAULT_INTERVAL)
        if window is not None and interval is not None and window > interval and not (end and end != DEFAULT_TO):
            shown += f", {duration(window - interval)} additional look-back"
        return shown

    def _optional_facts(self) -> Iterator[tuple[str, str]]:
        rule = self.rule
        if self.is_building_block:
            yield "Building block", "yes: its alerts are hidden, and feed other rules"
        if rule.enabled is not None:
            yield "Enabled", "yes" if rule.enabled else "no"
        for label, value in (
            ("Alert name from", rule.rule_name_override),
            ("Timestamp from", rule.timestamp_override),
            ("Event category from", getattr(rule, "event_category_override", None)),
            ("Order of events from", getattr(rule, "timestamp_field", None)),
            ("Tiebreaker", getattr(rule, "tiebreaker_field", None)),
        ):
            if value:
                yield label, code(value)
        if rule.timestamp_override_fallback_disabled:
            yield "Events without that timestamp", "ignored"
        if rule.timeline_title:
            yield "Timeline template", text(rule.timeline_title)

    def _metadata(self) -> Iterator[tuple[str, str]]:
        meta = self.rule.metadata
        file, address = self.source_link
        yield "Source", f"[{text(file)}]({address.replace(' ', '%20')})"
        for label, value in (
            ("Maturity", meta.maturity),
            ("Created", meta.creation_date),
            ("Last changed", meta.updated_date),
            ("Deprecated", meta.deprecation_date),
            ("Needs stack", f"{meta.min_stack_version} or newer" if meta.min_stack_version else None),
            ("Because", meta.min_stack_comments),
            ("Integrations", ", ".join(meta.integrations)),
        ):
            if value:
                yield label, text(value)
        for name, own in meta.own.items():
            yield (
                text(name.replace("_", " ").capitalize()),
                text(", ".join(map(str, own)) if isinstance(own, list) else str(own)),
            )

    def settings(self) -> Iterator[tuple[str, str]]:
        """What is particular to the rule's type, and how its alerts are made: label and Markdown."""
        rule = self.rule
        if isinstance(rule, ThresholdRule):
            fields = rule.threshold.fields
            yield "Group by", ", ".join(map(code, fields)) if fields else "nothing: all events together"
            yield "Threshold", f"{rule.threshold.value} events or more"
            for one in rule.threshold.cardinality or ():
                yield "Different values", f"{one.value} or more of {code(one.field)}"
        if isinstance(rule, NewTermsRule):
            fields, window = rule.fields_and_window
            yield "New terms in", ", ".join(map(code, fields))
            yield "Compared with the time since", code(window)
        if isinstance(rule, ThreatMatchRule):
            yield "Indicator index patterns", ", ".join(map(code, rule.threat_index))
            yield (
                "Indicator path",
                code(rule.threat_indicator_path) if rule.threat_indicator_path else "`threat.indicator` (default)",
            )
        suppression = rule_suppression(rule)
        if suppression is not None:
            yield "Alert suppression", suppression
        fields = rule.investigation_fields.field_names if rule.investigation_fields else ()
        if fields:
            yield "Fields to look at first", ", ".join(map(code, fields))
        for one_list in rule.exceptions_list or ():
            yield "Exception list", f"{code(one_list.list_id)} ({one_list.type.replace('_', ' ')})"
        for action in rule.actions or ():
            yield "Action", f"{code(action.action_type_id)} through connector {code(action.id)}"
        for response in rule.response_actions or ():
            yield "Response action", response_action(response.action_type_id, dict(response.params))

    def threat_rows(self, framework: str) -> Iterator[ThreatRow]:
        """The ATT&CK table of one framework: each tactic, then its techniques, each followed by its sub-techniques."""
        for threat in self.rule.threat or ():
            if threat.framework != framework:
                continue
            tactic = threat.tactic
            yield ThreatRow(
                tactic.name, "" if threat.technique else "no technique mapped", "", tactic.id, tactic.reference
            )
            for technique in threat.technique or ():
                yield ThreatRow(tactic.name, technique.name, "", technique.id, technique.reference)
                for sub in technique.subtechnique or ():
                    yield ThreatRow(tactic.name, technique.name, sub.name, sub.id, sub.reference)

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks that the rule is mapped to, in the order of the file."""
        return tuple(dict.fromkeys(threat.framework for threat in self.rule.threat or ()))

    @property
    def tactic_names(self) -> tuple[str, ...]:
        """The tactics of the rule, in the order of the file, each once."""
        return tuple(dict.fromkeys(tactic.name for _, tactic in self.rule.tactics()))

    def filters(self) -> Iterator[tuple[str, str]]:
        """The rule's filters as JSON, with what they filter."""
        for label, name in (("Filters", "filters"), ("Indicator filters", "threat_filters")):
            value = getattr(self.rule, name, None)
            if value:
                yield label, json.dumps(list(value), indent=2, ensure_ascii=False)


def rule_suppression(rule: Rule) -> str | None:
    """Alert suppression in words, for any type; None without it."""
    found = getattr(rule, "alert_suppression", None)
    if found is None:
        return None
    grouped = (
        f"one alert for each {', '.join(map(code, found.group_by))}"
        if isinstance(found, AlertSuppression)
        else "one alert for each group"
    )
    length = found.duration
    if length is None:
        shown = f"{grouped} and run"
    else:
        unit = _UNIT_NAMES[length.unit]
        shown = f"{grouped} in {length.value} {unit}{'' if length.value == 1 else 's'}"
    if isinstance(found, AlertSuppression) and found.missing_fields_strategy:
        kept = found.missing_fields_strategy == "doNotSuppress"
        shown += "; events without such a field are " + ("not suppressed" if kept else "suppressed together")
    return shown


def response_action(kind: str, params: dict[str, Any]) -> str:
    """A response action in words."""
    if kind == ".endpoint":
        return f"Elastic Defend: {code(str(params.get('command', '')))}"
    what = params.get("query") or params.get("saved_query_id") or params.get("pack_id")
    return f"Osquery: {code(str(what))}" if what else "Osquery"


def seconds(value: str) -> int | None:
    """The length of `5m` or of `now-5m` in seconds; None for anything else."""
    match = _DURATION.fullmatch(value)
    return int(match[1]) * _UNITS[match[2]] if match else None


def duration(length: int) -> str:
    """Seconds as people write them: `4m`, `1h`, `90s`."""
    for unit in ("d", "h", "m"):
        if length % _UNITS[unit] == 0:
            return f"{length // _UNITS[unit]}{unit}"
    return f"{length}s"
