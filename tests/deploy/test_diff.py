"""A rule of the pack against the same rule in Kibana."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.deploy import diff

TAG = "Managed by: rulepack/acme"
WANTED = {
    "rule_id": "r",
    "name": "Sample",
    "description": "A sample.",
    "type": "query",
    "query": "a : b",
    "severity": "low",
    "risk_score": 21,
    "tags": ["one", "two"],
    "index": ["acme-*"],
}


def server(**changes):
    """The rule as Kibana gives it back, with its defaults and bookkeeping, and what somebody changed."""
    made = {
        "id": "00000000-0000-4000-8000-00000000000a",
        "created_at": "2026-01-01T00:00:00.000Z",
        "created_by": "ci",
        "updated_at": "2026-01-01T00:00:00.000Z",
        "updated_by": "ci",
        "revision": 3,
        "immutable": False,
        "rule_source": {"type": "internal"},
        "enabled": True,
        "interval": "5m",
        "from": "now-6m",
        "to": "now",
        "language": "kuery",
        "max_signals": 100,
        "version": 1,
        "references": [],
        "exceptions_list": [],
        "actions": [],
        "setup": "",
        "output_index": "",
        **copy.deepcopy(WANTED),
    }
    return {**made, **changes}


def fields(changes):
    return {change.field: (change.old, change.new) for change in changes}


def test_what_kibana_fills_in_is_no_difference():
    assert diff.compare(WANTED, server()) == ()
    assert diff.only_in_kibana(WANTED, server()) == ()


def test_a_named_field_that_differs_shows_both_values():
    assert fields(diff.compare(WANTED, server(severity="high"))) == {"severity": ("high", "low")}


def test_a_field_that_the_file_does_not_name_is_kibanas():
    changed = server(note="by hand", max_signals=50)
    assert diff.compare(WANTED, changed) == ()
    assert diff.only_in_kibana(WANTED, changed) == ("max_signals", "note")


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("tags", ["two", "one"], ["one", "two", "analyst"]),
        ("machine_learning_job_id", "job", ["job"]),
        ("threshold", {"field": "host.id", "value": 5}, {"field": ["host.id"], "value": 5, "cardinality": []}),
        ("threshold", {"field": [], "value": 5}, {"field": [], "value": 5}),
        ("threshold", {"field": ["a"], "value": 5}, {"field": ["a"], "value": 5, "from_the_future": True}),
        ("required_fields", [{"name": "a", "type": "keyword"}], [{"name": "a", "type": "keyword", "ecs": False}]),
        ("setup", "", ""),
        ("note", "", None),
        ("references", [], None),
        ("meta", {"ours": 1}, {"ours": 1, "from": "1m"}),
        ("alert_suppression", {"group_by": ["a"]}, {"group_by": ["a"], "from_the_future": 1}),
        (
            "exceptions_list",
            [{"id": "here", "list_id": "l", "type": "detection", "namespace_type": "single"}],
            [
                {"id": "there", "list_id": "l", "type": "detection", "namespace_type": "single"},
                {"id": "x", "list_id": "analyst", "type": "detection", "namespace_type": "single"},
            ],
        ),
        (
            "actions",
            [{"id": "c", "action_type_id": ".slack", "group": "default", "params": {"message": "m"}}],
            [
                {
                    "id": "c",
                    "action_type_id": ".slack",
                    "group": "default",
                    "params": {"message": "m"},
                    "uuid": "u",
                    "frequency": {"summary": True, "notifyWhen": "onActiveAlert", "throttle": None},
                },
            ],
        ),
    ],
)
def test_what_kibana_rewrites_is_the_same(name, ours, theirs):
    rule = server(**{name: theirs})
    if theirs is None:
        rule.pop(name, None)
    assert diff.compare({**WANTED, name: ours}, rule) == ()


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("tags", ["one", "new"], ["one"]),
        ("machine_learning_job_id", ["a", "b"], ["a"]),
        ("threshold", {"field": ["a"], "value": 5}, {"field": ["a"], "value": 6, "cardinality": []}),
        (
            "threshold",
            {"field": ["a"], "value": 5},
            {"field": ["a"], "value": 5, "cardinality": [{"field": "b", "value": 2}]},
        ),
        ("alert_suppression", {"group_by": ["a"]}, {"group_by": ["a"], "missing_fields_strategy": "suppress"}),
        ("required_fields", [{"name": "a", "type": "keyword"}], [{"name": "a", "type": "ip", "ecs": True}]),
        ("enabled", False, True),
        ("actions", [{"id": "c", "params": {"message": "new"}}], [{"id": "c", "params": {"message": "old"}}]),
        ("index", ["b", "a"], ["a", "b"]),
    ],
)
def test_a_real_difference_is_one(name, ours, theirs):
    assert set(fields(diff.compare({**WANTED, name: ours}, server(**{name: theirs})))) == {name}


def test_the_body_keeps_what_the_file_does_not_name():
    theirs = server(
        severity="high",
        note="by hand",
        enabled=True,
        tags=["one", "two", "analyst", "Missing Universal Api Key"],
        exceptions_list=[{"id": "x", "list_id": "l", "type": "detection", "namespace_type": "single"}],
        actions=[{"id": "c", "params": {}, "uuid": "u"}],
        from_the_future={"a": 1},
    )
    body = diff.overlay(WANTED, theirs, TAG)
    assert body["severity"] == "low"
    assert body["tags"] == ["one", "two", "analyst", TAG]
    for name in ("note", "enabled", "exceptions_list", "actions", "from_the_future", "id"):
        assert body[name] == theirs[name]
    assert not {"rule_id", "created_at", "updated_by", "revision", "immutable", "rule_source"} & body.keys()


def test_joined_lists_and_actions_keep_the_analysts_and_kibanas_ids():
    ours_list = {"id": "elsewhere", "list_id": "l", "type": "detection", "namespace_type": "single"}
    here = {**ours_list, "id": "here"}
    other = {"id": "o", "list_id": "analyst", "type": "detection", "namespace_type": "single"}
    ours = {"id": "c", "action_type_id": ".slack", "group": "default", "params": {"message": "new"}}
    theirs = {**ours, "params": {"message": "old"}, "uuid": "u1"}
    analysts = {**ours, "id": "mail", "uuid": "u2"}
    body = diff.overlay(
        {**WANTED, "exceptions_list": [ours_list], "actions": [ours]},
        server(exceptions_list=[other, here], actions=[analysts, theirs]),
        TAG,
    )
    assert body["exceptions_list"] == [here, other]
    assert body["actions"] == [{**ours, "uuid": "u1"}, analysts]


def test_two_actions_of_one_connector_keep_their_own_uuids():
    one = {"id": "c", "group": "default", "params": {"message": "one"}}
    two = {"id": "c", "group": "default", "params": {"message": "two"}}
    theirs = [{**two, "uuid": "u2"}, {**one, "params": {"message": "old one"}, "uuid": "u1"}]
    body = diff.overlay({**WANTED, "actions": [one, two]}, server(actions=theirs), TAG)
    assert [action["uuid"] for action in body["actions"]] == ["u1", "u2"]


def test_a_table_keeps_keys_that_rulepack_does_not_know():
    theirs = server(
        type="query", alert_suppression={"group_by": ["b"], "missing_fields_strategy": "suppress", "new": 1}
    )
    body = diff.overlay({**WANTED, "alert_suppression": {"group_by": ["a"]}}, theirs, TAG)
    assert body["alert_suppression"] == {"group_by": ["a"], "new": 1}


def test_the_managed_tag_is_there_once_and_of_this_pack():
    assert diff.join_tags(["a"], ["a", "Managed by: rulepack/old", TAG], TAG) == ["a", TAG]


def test_what_kibana_did_not_keep_is_named():
    assert diff.not_kept({"name": "a", "alert_suppression": {"group_by": ["x"]}}, {"name": "a"}) == (
        "alert_suppression",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["name", "query", "filters", "threat", "from", "note"]), JSON))
def test_a_rule_does_not_differ_from_itself(body):
    assert diff.compare(body, copy.deepcopy(body)) == ()


@given(st.dictionaries(st.sampled_from(["name", "query", "filters", "threat", "note", "x-new"]), JSON))
def test_a_written_body_leaves_nothing_to_do(extra):
    theirs = server(**extra)
    assert diff.compare(WANTED, diff.overlay(WANTED, theirs, TAG) | {"rule_id": "r"}) == ()
