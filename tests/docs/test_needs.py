"""What must be there for a rule to work is said plainly, for each rule type."""

import dataclasses

import pytest
from support.samples import valid_text

from docs.packs import pack_of
from rulepack import schema
from rulepack.docs.brief import Brief
from rulepack.docs.view import RuleView
from rulepack.rule import RULE_TYPES

EVENTS = {
    "esql": ("Events", "in the indices that the query names"),
    "machine_learning": ("Anomalies", "of the machine learning job `sample_job`, installed and running"),
}


@pytest.fixture
def rule(tmp_path):
    """The smallest rule of a type, with some fields replaced; a value is what a file would have."""

    def load(rule_type, **values):
        (found,) = pack_of(tmp_path, [valid_text(rule_type)]).rules
        keys = schema.keys(type(found))
        return dataclasses.replace(found, **{name: keys[name].field.deserialize(one) for name, one in values.items()})

    return load


def needs(rule, **options):
    return dict(RuleView(rule, **options).needs())


@pytest.mark.parametrize("rule_type", sorted(RULE_TYPES))
def test_every_rule_says_what_it_searches(rule_type, rule):
    first = next(RuleView(rule(rule_type)).needs())
    assert first[0] == EVENTS.get(rule_type, ("Events",))[0]
    assert first[1].startswith(("in ", "of "))


def test_where_the_events_are(rule):
    assert needs(rule("query", index=["a-*", "-b"]))["Events"] == "in `a-*`, `-b`"
    assert needs(dataclasses.replace(rule("query"), index=None))["Events"] == "in the space's default index patterns"
    assert needs(rule("query", data_view_id="v"))["Events"] == "in the data view `v`"
    assert needs(rule("esql"))["Events"] == "in the indices that the query names"
    several = needs(rule("machine_learning", machine_learning_job_id=["a", "b"]))
    assert several["Anomalies"] == "of the machine learning jobs `a`, `b`, installed and running"


def test_new_terms_need_a_history_and_indicators_a_feed(rule):
    start = dataclasses.replace(rule("new_terms", history_window_start="now-9d"), new_terms=None)
    assert needs(start)["History"] == "events since `now-9d`: what they do not have counts as new"
    feed = rule("threat_match", threat_index=["ti-*"])
    assert needs(feed)["Indicators"] == "in `ti-*`, below `threat.indicator`"


def test_the_fields_of_the_query_unless_the_file_names_fields(rule):
    query = rule("query", query='a.b : "x" and c : * and "free text"')
    assert needs(query)["Fields that the query uses"] == "`a.b`, `c`"
    named = rule("query", query="a.b : x", required_fields=[{"name": "a.b", "type": "keyword"}])
    assert "Fields that the query uses" not in needs(named)
    many = rule("query", query=" and ".join(f"f{number} : x" for number in range(50)))
    assert needs(many)["Fields that the query uses"].endswith("`f39` and 10 more")


def test_the_fields_are_those_of_the_brief_where_there_is_one(rule):
    found = rule("query")
    brief = dataclasses.replace(Brief.of(found), query_fields=("known.before",))
    assert needs(found, known=brief)["Fields that the query uses"] == "`known.before`"


@pytest.mark.parametrize(
    ("ignored", "shown"),
    [
        (None, "`event.ingested`; where it lacks, `@timestamp`"),
        (True, "`event.ingested`; events without it are ignored"),
    ],
)
def test_which_time_counts(rule, ignored, shown):
    found = dataclasses.replace(
        rule("query", timestamp_override="event.ingested"), timestamp_override_fallback_disabled=ignored
    )
    assert needs(found)["Time of an event"] == shown


def test_what_the_rule_names_in_kibana(rule):
    reference = {"id": "i", "list_id": "known", "type": "detection", "namespace_type": "single"}
    action = {"id": "c", "action_type_id": ".teams", "params": {}}
    found = needs(
        rule(
            "saved_query",
            timeline_title="A timeline",
            exceptions_list=[reference, reference],
            actions=[action, action],
            setup="Do it.",
        ),
        exception_names={"known": "Known hosts"},
    )
    assert found["Saved query"].startswith("`")
    assert found["Timeline template"] == "A timeline"
    assert found["Exception lists"] == "Known hosts (`known`)"
    assert found["Connectors"] == "`c` (Microsoft Teams)"
    assert found["Setup"] == "[what to set up](#setup)"


def test_integrations_and_the_stack(rule):
    found = rule("query")
    keys = schema.keys(type(found.metadata))
    metadata = dataclasses.replace(
        found.metadata, integration=keys["integration"].field.deserialize("endpoint"), min_stack_version="9.3.0"
    )
    said = needs(dataclasses.replace(found, metadata=metadata))
    assert said["Integrations"] == "[endpoint](https://www.elastic.co/docs/reference/integrations/endpoint)"
    assert said["Stack"] == "9.3.0 or newer"
