"""What a page says of a rule: the model's values with Kibana's defaults, in words and in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote

from rulepack import emit
from rulepack.docs import guide, words
from rulepack.docs.brief import Brief
from rulepack.docs.history import Record
from rulepack.docs.markdown import code, label, text
from rulepack.docs.words import TYPE_LABELS
from rulepack.fit import Fit, Standing
from rulepack.frozen import frozen
from rulepack.query import LANGUAGES
from rulepack.rule import Rule
from rulepack.rule.esql import EsqlRule
from rulepack.rule.machine_learning import MachineLearningRule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.query import SavedQueryRule
from rulepack.rule.threat import Threat
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.rule.threshold import ThresholdRule
from rulepack.slug import slug

# Kibana's defaults, for what a file does not name.
DEFAULT_INTERVAL = "5m"
DEFAULT_FROM = "now-6m"
DEFAULT_TO = "now"
DEFAULT_MAX_SIGNALS = 100
DEFAULT_INDICATOR_PATH = "threat.indicator"

Row = tuple[str, str]


class ThreatRow(NamedTuple):
    """A line of the ATT&CK table: each tactic, technique and sub-technique has one of its own, in its own column."""

    tactic: str
    technique: str
    subtechnique: str
    id: str
    url: str


@frozen(slots=False)
class RuleView:
    """A rule as its page shows it.

    `base` is where its file can be read: an address, or a way from docs-out; `record` is what the lock has of it;
    `replacement` is the rule to use instead of a deprecated one, if that has a page; `fits` are how it fits the pack's
    stack versions.
    """

    rule: Rule
    base: str = ".."
    record: Record | None = None
    replacement: Brief | None = None
    fits: tuple[Fit, ...] = ()

    @property
    def path(self) -> str:
        """The page's path in docs-out."""
        folder = "rules/deprecated" if self.rule.deprecated else "rules"
        return f"{folder}/{self.slug}.md"

    @property
    def home(self) -> str:
        """The way from the page up to docs-out, with a slash at its end."""
        return "../" * self.path.count("/")

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
    def indicator_fence(self) -> str:
        """The info string for a code block in the language of the query for indicators."""
        return LANGUAGES[getattr(self.rule, "threat_language", None) or "kuery"].fence

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
    def sections(self) -> tuple[str, ...]:
        """The headings that a reader in a hurry looks for, as far as the page has them."""
        there = {
            "Investigation guide": self.investigation_guide,
            "Setup": self.setup,
            "Rule query": self.query,
            **dict.fromkeys(self.frameworks, "yes"),
        }
        return tuple(heading for heading, content in there.items() if content)

    @property
    def source_link(self) -> str:
        """A link to the rule's file."""
        file = self.rule.file
        way = self.base if "://" in self.base else f"{self.home}{self.base}"
        return f"[{label(file)}]({way}/{quote(file)})"

    def facts(self) -> Iterator[Row]:
        """What the page's first table says: label and Markdown. Nothing is left unsaid: a default is named as one."""
        rule = self.rule
        language = f", {self.language_label}" if self.language_label and self.language_label != self.type_label else ""
        yield "Rule type", f"{self.type_label}{language} ({code(rule.type)})"
        yield from self._data()
        yield "Severity", rule.severity
        yield "Risk score", str(rule.risk_score)
        yield "Runs every", rule.interval or f"{DEFAULT_INTERVAL} (default)"
        yield "Searches from", self._window()
        yield "Maximum alerts per run", str(rule.max_signals or f"{DEFAULT_MAX_SIGNALS} (default)")
        if self.is_building_block:
            yield "Building block", "yes: its alerts are hidden, and feed other rules"
        if rule.enabled is not None:
            yield "Enabled", "yes" if rule.enabled else "no"

    def _data(self) -> Iterator[Row]:
        rule = self.rule
        index, data_view = getattr(rule, "index", None), getattr(rule, "data_view_id", None)
        if isinstance(rule, MachineLearningRule):
            yield "Machine learning jobs", words.codes(rule.jobs)
            yield "Anomaly threshold", str(rule.anomaly_threshold)
        elif isinstance(rule, EsqlRule):
            yield "Index patterns", "named in the query"
        elif data_view:
            yield "Data view", code(data_view)
            if index:
                yield "Index patterns", f"{words.codes(index)} (the data view counts)"
        else:
            yield "Index patterns", words.codes(index) if index else "the space's default index patterns"
        if isinstance(rule, SavedQueryRule):
            yield "Saved query", code(rule.saved_id)

    def _window(self) -> str:
        """From when to when the rule searches, and how much that overlaps with the run before."""
        start, end = self.rule.from_, self.rule.to
        shown = code(start) if start else f"{code(DEFAULT_FROM)} (default)"
        if end and end != DEFAULT_TO:
            return f"{shown} to {code(end)}"
        window = words.seconds(start or DEFAULT_FROM)
        interval = words.seconds(self.rule.interval or DEFAULT_INTERVAL)
        if window is not None and interval is not None and window > interval:
            shown += f", {words.duration(window - interval)} additional look-back"
        return shown

    def about(self) -> Iterator[Row]:
        """Whose the rule is and where it comes from: label and Markdown."""
        rule, meta = self.rule, self.rule.metadata
        yield "Tags", words.codes(rule.tags) if rule.tags else "no tags"
        version = rule.version if self.record is None else self.record.version
        if version is not None:
            yield "Version", str(version)
        yield from self._stacks()
        yield "Authors", ", ".join(map(text, rule.author)) if rule.author else "not named"
        yield "License", text(rule.license) if rule.license else "not named"
        yield "Rule id", code(rule.rule_id)
        yield "Source", self.source_link
        for name, value in (
            ("Maturity", meta.maturity),
            ("Created", words.date(meta.creation_date or "")),
            ("Last changed", words.date(meta.updated_date or "")),
            ("Deprecated", words.date(meta.deprecation_date or "")),
            ("Needs stack", f"{meta.min_stack_version} or newer" if meta.min_stack_version else None),
            ("Because", meta.min_stack_comments),
            ("Integrations", ", ".join(meta.integrations)),
            ("Operating systems", ", ".join(meta.os_type_list or ())),
            ("Promotes alerts", "of another product" if meta.promotion else None),
            ("Remark", meta.comments),
        ):
            if value:
                yield name, text(value)
        for name, own in meta.own.items():
            shown = ", ".join(map(str, own)) if isinstance(own, list | tuple) else str(own)
            yield text(name.replace("_", " ").capitalize()), text(shown)

    def _stacks(self) -> Iterator[Row]:
        """Which of the pack's stack versions get the rule, and what keeps it from the others."""
        there = [one for one in self.fits if one.standing is not Standing.LEFT_OUT]
        if self.fits:
            yield "Stack versions", ", ".join(map(_stack, there)) or "none"
        lacking: dict[str, list[str]] = {}
        for one in self.fits:
            # Of what the file itself says, "Needs stack" tells below.
            if one.standing is Standing.LEFT_OUT and not one.noted:
                lacking.setdefault(one.reasons[0], []).append(str(one.stack))
        for reason, versions in lacking.items():
            yield f"Not for {', '.join(versions)}", text(reason)

    def settings(self) -> Iterator[Row]:
        """What is particular to the rule's type, and how its alerts are made: label and Markdown."""
        rule = self.rule
        yield from self._by_type()
        yield from self._tuning()
        suppression = words.suppression(rule)
        if suppression is not None:
            yield "Alert suppression", suppression
        if rule.investigation_fields:
            yield "Fields to look at first", words.codes(rule.investigation_fields.field_names)
        for one_list in rule.exceptions_list or ():
            yield "Exception list", f"{code(one_list.list_id)} ({one_list.type.replace('_', ' ')})"
        for action in rule.actions or ():
            yield "Action", words.action(action)
        for response in rule.response_actions or ():
            yield "Response action", words.response_action(response.action_type_id, response.params)

    def _by_type(self) -> Iterator[Row]:
        rule = self.rule
        if isinstance(rule, ThresholdRule):
            fields = rule.threshold.fields
            yield "Group by", words.codes(fields) if fields else "nothing: all events together"
            yield "Threshold", f"{rule.threshold.value} event{'' if rule.threshold.value == 1 else 's'} or more"
            for one in rule.threshold.cardinality or ():
                yield "Different values", f"{one.value} or more of {code(one.field)}"
        elif isinstance(rule, NewTermsRule):
            fields, window = rule.fields_and_window
            yield "New terms in", words.codes(fields)
            yield "Compared with the time since", code(window)
        elif isinstance(rule, ThreatMatchRule):
            yield "Indicator index patterns", words.codes(rule.threat_index)
            path = rule.threat_indicator_path
            yield "Indicator path", code(path) if path else f"{code(DEFAULT_INDICATOR_PATH)} (default)"

    def _tuning(self) -> Iterator[Row]:
        """Settings that are shown only where a file has them."""
        rule = self.rule
        saved = None if isinstance(rule, SavedQueryRule) else getattr(rule, "saved_id", None)
        for name, value in (
            ("Query taken from", saved),
            ("Event category from", getattr(rule, "event_category_override", None)),
            ("Order of events from", getattr(rule, "timestamp_field", None)),
            ("Tiebreaker", getattr(rule, "tiebreaker_field", None)),
            ("Searches at a time", getattr(rule, "concurrent_searches", None)),
            ("Indicators in each", getattr(rule, "items_per_search", None)),
            ("Alert name from", rule.rule_name_override),
            ("Alerts namespace", rule.namespace),
            ("Actions at most every", rule.throttle),
            ("Timestamp from", rule.timestamp_override),
        ):
            if value:
                yield name, code(value)
        if rule.timestamp_override_fallback_disabled:
            yield "Events without that timestamp", "ignored"
        if rule.timeline_title or rule.timeline_id:
            yield "Timeline template", words.named(rule.timeline_title, rule.timeline_id)

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks that the rule is mapped to, in the order of the file, each with its version if it has one."""
        return tuple(self._threats)

    def threat_rows(self, framework: str) -> Iterator[ThreatRow]:
        """The table of a framework: each tactic, then its techniques, each followed by its sub-techniques."""
        for threat in self._threats[framework]:
            tactic = threat.tactic
            none = "" if threat.technique else "no technique mapped"
            yield ThreatRow(tactic.name, none, "", tactic.id, tactic.reference)
            for technique in threat.technique or ():
                yield ThreatRow("", technique.name, "", technique.id, technique.reference)
                for sub in technique.subtechnique or ():
                    yield ThreatRow("", "", sub.name, sub.id, sub.reference)

    @cached_property
    def _threats(self) -> dict[str, list[Threat]]:
        found: dict[str, list[Threat]] = {}
        for threat in self.rule.threat or ():
            found.setdefault(threat.framework, []).append(threat)
        for mapping in self.rule.threat_mappings or ():
            for threat in mapping.threat or ():
                found.setdefault(f"{mapping.framework} {mapping.version}", []).append(threat)
        return found

    @property
    def tactic_names(self) -> tuple[str, ...]:
        """The tactics of the rule, in the order of the file, each once."""
        return tuple(dict.fromkeys(tactic.name for _, tactic in self.rule.tactics()))

    @property
    def technique_ids(self) -> tuple[str, ...]:
        """The techniques of the rule, in the order of the file, each once; a sub-technique stands for its technique."""
        found: dict[str, None] = {}
        for _, _, technique in self.rule.techniques():
            found.update(dict.fromkeys(sub.id for sub in technique.subtechnique or (technique,)))
        return tuple(found)

    def filters(self) -> Iterator[Row]:
        """The rule's filters as JSON, with what they filter."""
        for heading, name in (("Filters", "filters"), ("Indicator filters", "threat_filters")):
            value = getattr(self.rule, name, None)
            if value:
                yield heading, json.dumps(list(value), indent=2, ensure_ascii=False)


def _stack(fit: Fit) -> str:
    return f"{fit.stack} (without {', '.join(fit.dropped)})" if fit.dropped else str(fit.stack)
