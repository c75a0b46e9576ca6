"""What a page says of a rule: everything that the rule has, with Kibana's defaults named."""

import dataclasses
from typing import NamedTuple

import pytest
from support.samples import ROOT, RULE, make_pack, searching, valid_text

import rulepack
from docs import reading
from docs.packs import pack_of
from docs.reading import Part, parts, plain, rows
from rulepack import schema
from rulepack.docs import environment, render
from rulepack.docs.view import NEEDS, TYPE_LABELS, RuleView
from rulepack.rule import RULE_TYPES
from rulepack.rule.metadata import Metadata
from rulepack.rule.suppression import AlertSuppression

TEMPLATES = ROOT / "templates" / "markdown"
TACTIC = {"id": "TA0042", "name": "A tactic", "reference": "https://e.org/tactic"}
SUB = {"id": "T1000.001", "name": "A sub-technique", "reference": "https://e.org/sub"}
TECHNIQUE = {"id": "T1000", "name": "A technique", "reference": "https://e.org/technique", "subtechnique": [SUB]}
THREAT = {"framework": "MITRE ATT&CK", "tactic": TACTIC, "technique": [TECHNIQUE]}

# For each field that a rule can have: a value, and what a reader then finds on the page.
SHOWN = {
    "name": ("A name", "A name"),
    "rule_id": ("the-id", "the-id"),
    "description": ("What it\n  finds.", "What it finds."),
    "severity": ("critical", "critical"),
    "risk_score": (99, "99"),
    "author": (["Ann", "Bob"], "Ann, Bob"),
    "license": ("A licence", "A licence"),
    "tags": (["A: b"], "A: b"),
    "references": (["https://e.org/reference"], "https://e.org/reference"),
    "false_positives": (["A false one"], "A false one"),
    "note": ("## Guide\n\nDo it.", "Do it."),
    "setup": ("Set it up.", "Set it up."),
    "enabled": (True, "yes"),
    "interval": ("7m", "7m"),
    "from_": ("now-9m", "now-9m, 4m additional look-back"),
    "to": ("now-1m", "now-6m (default) to now-1m"),
    "max_signals": (37, "37"),
    "building_block_type": ("default", "yes: its alerts are hidden, and feed other rules"),
    "threat": ([THREAT], "A sub-technique (T1000.001)"),
    "threat_mappings": ([{"framework": "MITRE ATT&CK", "version": "19.0", "threat": [THREAT]}], "MITRE ATT&CK 19.0"),
    "related_integrations": ([{"package": "pack", "version": "^1.2.3", "integration": "part"}], "^1.2.3"),
    "required_fields": ([{"name": "a.field", "type": "keyword", "ecs": True}], "a.field"),
    "investigation_fields": ({"field_names": ["first.field"]}, "first.field"),
    "risk_score_mapping": ([{"field": "a.risk", "operator": "equals", "value": "x", "risk_score": 3}], "a.risk"),
    "severity_mapping": ([{"field": "a.s", "operator": "equals", "value": "", "severity": "low"}], "a.s"),
    "rule_name_override": ("name.field", "name.field"),
    "timestamp_override": ("event.ingested", "event.ingested"),
    "timestamp_override_fallback_disabled": (True, "ignored"),
    "timeline_id": ("timeline-id", "timeline-id"),
    "timeline_title": ("A timeline", "A timeline"),
    "exceptions_list": (
        [{"id": "i", "list_id": "a-list", "type": "rule_default", "namespace_type": "single"}],
        "a-list (rule default)",
    ),
    "actions": ([{"id": "c", "action_type_id": ".slack", "params": {}}], "Slack through connector c"),
    "response_actions": ([{"action_type_id": ".osquery", "params": {"query": "SELECT 1"}}], "Osquery: SELECT 1"),
    "throttle": ("1h", "1h"),
    "namespace": ("space", "space"),
    "version": (12, "12"),
    "index": (["logs-x-*"], "logs-x-*"),
    "data_view_id": ("view-id", "view-id"),
    "filters": ([{"query": {"exists": {"field": "a.there"}}}], "a.there is there"),
    "query": ("the : query", "the : query"),
    "saved_id": ("saved-id", "saved-id"),
    "event_category_override": ("category.field", "category.field"),
    "tiebreaker_field": ("tie.field", "tie.field"),
    "timestamp_field": ("time.field", "time.field"),
    "alert_suppression": (
        {"group_by": ["a.b"], "duration": {"value": 2, "unit": "m"}, "missing_fields_strategy": "suppress"},
        "one alert for each a.b in 2 minutes; events without such a field are suppressed together",
    ),
    "threshold": ({"field": ["a", "b"], "value": 7, "cardinality": [{"field": "c", "value": 3}]}, "7 events or more"),
    "anomaly_threshold": (83, "83"),
    "machine_learning_job_id": (["job-1", "job-2"], "job-1, job-2"),
    "new_terms": (
        {
            "field": "new_terms_fields",
            "value": ["new.field"],
            "history_window_start": [{"field": "history_window_start", "value": "now-8d"}],
        },
        "now-8d (8 days)",
    ),
    "new_terms_fields": (["flat.field"], "flat.field"),
    "history_window_start": ("now-11d", "now-11d (11 days)"),
    "threat_index": (["logs-ti-*"], "logs-ti-*"),
    "threat_query": ("the : indicators", "the : indicators"),
    "threat_filters": ([{"query": {"odd": 2}}], '[\n  {\n    "query": {\n      "odd": 2\n    }\n  }\n]'),
    "threat_indicator_path": ("threat.other", "threat.other"),
    "threat_mapping": ([{"entries": [{"field": "e.f", "type": "mapping", "value": "i.f"}]}], "i.f"),
    "concurrent_searches": (5, "5"),
    "items_per_search": (6000, "6000"),
}  # fmt: skip
# And why some are not shown.
NOT_SHOWN = {
    "type": "shown in words, and tested for each type",
    "language": "shown in words, and tested for each language",
    "threat_language": "the language of a code block",
    "meta": "free data, which Kibana overwrites",
    "output_index": "Kibana ignores it",
    "revision": "Kibana's own count",
    "outcome": "accepted by Kibana, never stored",
    "alias_target_id": "accepted by Kibana, never stored",
    "alias_purpose": "accepted by Kibana, never stored",
}
METADATA_SHOWN = {
    "creation_date": ("2026/03/04", "2026-03-04"),
    "updated_date": ("2026/03/05", "2026-03-05"),
    "deprecation_date": ("2026/03/06", "2026-03-06"),
    "maturity": ("beta", "beta"),
    "integration": (["endpoint", "windows"], "endpoint, windows"),
    "min_stack_version": ("9.4.0", "9.4.0 or newer"),
    "min_stack_comments": ("Since it *can*", "Since it *can*"),
    "comments": ("A remark", "A remark"),
    "os_type_list": (["linux", "macos"], "linux, macos"),
    "promotion": (True, "of another product"),
}
METADATA_NOT_SHOWN = {
    "deprecated_reason": "shown at the top of a deprecated rule's page",
    "replacement": "linked at the top of a deprecated rule's page",
    "query_schema_validation": "tells rulepack's checks what to do",
    "bypass_bbr_timing": "tells rulepack's checks what to do",
    "related_endpoint_rules": "names rules of another product by id",
    "extended": "free data of any shape",
}

TYPES = sorted(RULE_TYPES)


@pytest.fixture
def valid(tmp_path):
    """The smallest rule of a type."""

    def load(rule_type):
        (rule,) = pack_of(tmp_path, [valid_text(rule_type)]).rules
        return rule

    return load


FILES = {path.relative_to(TEMPLATES).as_posix(): path for path in TEMPLATES.rglob("*.j2")}
TEMPLATE = environment.make(FILES).get_template("each-rule/rules/{slug}.md.j2")


def page(rule):
    """A rule's page."""
    return TEMPLATE.render(view=RuleView(rule))


def texts(markdown):
    return {part.text for part in parts(markdown)}


def test_each_field_of_a_rule_is_shown_or_there_is_a_reason():
    every = {name for cls in RULE_TYPES.values() for name in schema.keys(cls)}
    assert every == set(SHOWN) | set(NOT_SHOWN)
    assert set(schema.keys(Metadata)) == set(METADATA_SHOWN) | set(METADATA_NOT_SHOWN)


@pytest.mark.parametrize("rule_type", TYPES)
def test_every_field_of_a_type_is_on_its_page(rule_type, valid):
    rule = valid(rule_type)
    cls = RULE_TYPES[rule_type]
    for name, key in schema.keys(cls).items():
        if name not in SHOWN:
            continue
        value, expected = SHOWN[name]
        if name == "alert_suppression" and rule_type == "threshold":
            value, expected = {"duration": {"value": 1, "unit": "h"}}, "one alert for each group in 1 hour"
        changed = dataclasses.replace(rule, **{name: key.field.deserialize(value)})
        if name in {"new_terms_fields", "history_window_start"}:
            changed = dataclasses.replace(changed, new_terms=None)
        before, after = texts(page(rule)), texts(page(changed))
        assert expected in after, (name, after - before)


@pytest.mark.parametrize("name", METADATA_SHOWN)
def test_the_metadata_are_on_the_page(name, valid):
    rule = valid("query")
    value, expected = METADATA_SHOWN[name]
    metadata = dataclasses.replace(rule.metadata, **{name: schema.keys(Metadata)[name].field.deserialize(value)})
    assert expected in texts(page(dataclasses.replace(rule, metadata=metadata)))


def test_the_packs_own_metadata_are_on_the_page(valid):
    rule = valid("query")
    own = {"team_name": "a *b*", "tickets": [1, 2], "checked": True}
    rule = dataclasses.replace(rule, metadata=dataclasses.replace(rule.metadata, own=own))
    found = rows(page(rule))
    assert [plain(found[name]) for name in ("Team name", "Tickets", "Checked")] == ["a *b*", "1, 2", "True"]


@pytest.mark.parametrize("rule_type", TYPES)
def test_a_rule_of_each_type_names_its_type_and_the_defaults(rule_type, valid):
    rule = valid(rule_type)
    found = {label: plain(value) for label, value in rows(page(rule)).items()}
    assert found["Rule type"].startswith(TYPE_LABELS[rule_type])
    assert found["Rule type"].endswith(f"({rule_type})")
    expected = {
        "Runs every": "5m (default)",
        "Searches from": "now-6m (default), 1m additional look-back",
        "Maximum alerts per run": "100 (default)",
        "Tags": "no tags",
        "Authors": "not named",
        "License": "not named",
    }
    assert {label: found[label] for label in expected} == expected
    where = {"esql": "named in the query", "machine_learning": None}.get(rule_type, found.get("Index patterns"))
    assert found.get("Index patterns") == where
    assert not {"", "None"} & set(found.values())


@pytest.mark.parametrize(
    ("rule_type", "language", "shown", "fence"),
    [
        ("query", None, "Custom query, KQL (query)", "kuery"),
        ("query", "lucene", "Custom query, Lucene (query)", "lucene"),
        ("threshold", "lucene", "Threshold, Lucene (threshold)", "lucene"),
        ("eql", "eql", "Event correlation, EQL (eql)", "eql"),
        ("esql", "esql", "ES|QL (esql)", "esql"),
        ("machine_learning", None, "Machine learning (machine_learning)", None),
        ("new_terms", None, "New terms, KQL (new_terms)", "kuery"),
    ],
)
def test_the_query_language_is_named(valid, rule_type, language, shown, fence):
    rule = valid(rule_type)
    if language:
        rule = dataclasses.replace(rule, language=language)
    text = page(rule)
    assert plain(rows(text)["Rule type"].replace("\\|", "|")) == shown
    assert (f"```{fence}\n" in text) is (fence is not None)


def test_a_rule_without_indices_says_where_it_searches(valid):
    rule = valid("query")
    rule = dataclasses.replace(rule, index=None)
    assert rows(page(rule))["Index patterns"] == "the space's default index patterns"
    assert "Index patterns" not in rows(page(dataclasses.replace(rule, data_view_id="x")))


@pytest.mark.parametrize(
    ("start", "end", "interval", "shown"),
    [
        ("now-5m", None, "5m", "`now-5m`"),
        ("now-1h", "now", "15m", "`now-1h`, 45m additional look-back"),
        ("now-90s", None, "1m", "`now-90s`, 30s additional look-back"),
        ("now-2d", None, "1d", "`now-2d`, 1d additional look-back"),
        ("now-1d/d", None, "5m", "`now-1d/d`"),
        ("now-4m", None, "5m", "`now-4m`"),
        ("now-10m", "now-5m", "5m", "`now-10m` to `now-5m`"),
    ],
)
def test_the_window_is_what_the_rule_searches(valid, start, end, interval, shown):
    rule = valid("query")
    view = RuleView(dataclasses.replace(rule, from_=start, to=end, interval=interval))
    assert dict(view.facts())["Searches from"] == shown


def test_suppression_without_a_duration_is_for_each_run(valid):
    rule = valid("query")
    suppression, _ = schema.parse(AlertSuppression, {"group_by": ["a"]})
    view = RuleView(dataclasses.replace(rule, alert_suppression=suppression))
    assert dict(view.settings())["Alert suppression"] == "one alert for each `a` and run"


def test_techniques_are_listed_below_their_tactic_and_sub_techniques_below_their_technique(valid):
    rule = valid("query")
    threat = schema.keys(type(rule))["threat"].field.deserialize([THREAT, {**THREAT, "technique": []}])
    view = RuleView(dataclasses.replace(rule, threat=threat))
    assert list(reading.threat(TEMPLATE.render(view=view))) == [
        ("Tactic", "A tactic", "TA0042", "https://e.org/tactic"),
        ("Technique", "A technique", "T1000", "https://e.org/technique"),
        ("Sub-technique", "A sub-technique", "T1000.001", "https://e.org/sub"),
        ("Tactic", "A tactic", "TA0042", "https://e.org/tactic"),
    ]
    assert "): no technique mapped\n" in TEMPLATE.render(view=view)
    assert view.tactic_names == ("A tactic",)
    assert view.technique_ids == ("T1000.001",)


def test_a_setup_section_of_the_guide_is_the_setup_guide(valid):
    rule = valid("query")
    view = RuleView(dataclasses.replace(rule, note="## Triage\n\nLook.\n\n## Setup\n\nInstall.\n\n## More\n\nEnd."))
    assert view.investigation_guide == "### Triage\n\nLook.\n\n### More\n\nEnd."
    assert view.setup == "Install."
    assert view.sections == ("Investigation guide", "Setup", NEEDS, "Rule query")


def test_a_guide_that_is_only_a_heading_is_no_section(valid):
    rule = valid("query")
    rule = dataclasses.replace(rule, note="## Investigation guide\n", setup="## Setup\n\n")
    assert "Setup" not in page(rule)
    assert "Investigation guide" not in page(rule)


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ("..", "[rules/a.toml](../../rules/a.toml)"),
        ("https://e.org/x", "[rules/a.toml](https://e.org/x/rules/a.toml)"),
    ],
)
def test_the_source_is_linked(valid, base, link):
    rule = valid("query")
    assert RuleView(dataclasses.replace(rule, file="rules/a.toml"), base).source_link == link


def test_odd_file_names_are_linked(valid):
    rule = valid("query")
    link = RuleView(dataclasses.replace(rule, file="rules/a (1)#[x]_é.toml")).source_link
    assert plain(link) == "rules/a (1)#[x]_é.toml"
    assert parts(link)[0].links == ("../../rules/a%20%281%29%23%5Bx%5D_%C3%A9.toml",)


def test_a_page_says_which_stack_versions_get_the_rule_and_what_keeps_it_from_others(tmp_path):
    text = searching('FROM logs-acme-* METADATA _id, _version, _index | WHERE CONTAINS(a, "b")', "esql")
    pack = make_pack(tmp_path, text, settings='stack = ["8.19", "9.3", "serverless"]\nchecks.RP205 = "warning"')
    (page,) = [page.text for page in render(pack).pages if page.path == "rules/sample-1.md"]
    assert "| **Stack versions** | 9.3, serverless |" in page
    assert "| **Not for 8.19** | function contains needs stack 9.2 |" in page


def test_links_to_sections_count_the_headings_of_guides_that_are_alike(valid):
    rule = dataclasses.replace(
        valid("query"),
        note="## Setup\n\nDo.\n\n## Triage\n\n### Related rules\n\n- x\n\n### History ###\n\ny",
        setup="z",
    )
    view = RuleView(rule, related=(One("A *rule*", "rules/a-rule", ("same technique T1059", "same `field`")),))
    assert view.way_to("Investigation guide") == "#investigation-guide"
    # The guide's heading is that of a part of it; the setup guide has its own, and comes later.
    assert view.way_to("Setup") == "#setup-1"
    assert view.way_to("Related rules") == "#related-rules-1"
    assert view.way_to("History") == "#history-1"
    assert view.way_to("Rule query") == "#rule-query"
    assert "[Related rules](#related-rules-1)" in TEMPLATE.render(view=view)


class One(NamedTuple):
    """A rule that has something in common with another."""

    name: str
    path: str
    reasons: tuple[str, ...]


# Templates see what is made in this room.
One.__module__ = "rulepack.docs.related"


def test_related_rules_are_linked_and_say_why(valid):
    one = One("A *rule*", "rules/a-rule", ("same technique T1059", "same fields <b>"))
    page = TEMPLATE.render(view=RuleView(valid("query"), related=(one,)))
    assert parts(page)[-1] == Part(
        "item", "A *rule*: same technique T1059, same fields <b>", "Related rules", links=("../rules/a-rule.md",)
    )
    assert "Related rules" not in TEMPLATE.render(view=RuleView(valid("query")))


def test_exception_lists_of_the_pack_are_called_by_name(tmp_path):
    pack = pack_of(tmp_path, [f"{RULE}\n{LIST_OF_RULE}"])
    (tmp_path / "rules" / "list.toml").write_text(LIST, encoding="utf-8")
    (page,) = [one.text for one in render(rulepack.load(tmp_path)).pages if one.path.startswith("rules/")]
    assert pack.exception_lists == ()
    assert "| **Exception list** | Known \\*hosts\\* (`known-hosts`, detection) |" in page
    assert "- **Exception lists**: Known \\*hosts\\* (`known-hosts`)" in page


LIST_OF_RULE = """
[[rule.exceptions_list]]
id = "list-1"
list_id = "known-hosts"
namespace_type = "single"
type = "detection"
"""
LIST = """
[[exceptions]]
[exceptions.container]
description = "Hosts that are known."
list_id = "known-hosts"
name = "Known *hosts*"
type = "detection"

[[exceptions.items]]
item_id = "item-1"
name = "One"
description = "One."
type = "simple"
entries = [{field = "host.name", operator = "included", type = "match", value = "a"}]
"""
