"""Behaviour 24: what people do in the user interface, as the API then shows it."""

import pytest
from sandbox.kit import BODIES, LISTS, RULES

from rulepack.sandbox import Sandbox


@pytest.fixture
def rule(kibana):
    return kibana.made(rule_id="r", tags=["t"], note="n")


@pytest.fixture
def analyst(box):
    return box.analyst()


def now(kibana, **name):
    """The rule as the API shows it, which the judge has seen."""
    return kibana.get(RULES, **(name or {"rule_id": "r"})).json()


def test_an_edit_changes_more_than_was_edited(kibana, analyst, rule):
    edited = analyst.edit("r", name="theirs")
    assert edited == now(kibana)
    assert {name for name in edited if edited[name] != rule.get(name)} == {
        *("name", "from", "meta", "updated_at", "updated_by", "revision")
    }
    assert (rule["from"], edited["from"]) == ("now-6m", "now-360s")
    assert edited["meta"]["from"] == "1m"
    assert (edited["revision"], edited["updated_by"]) == (1, "analyst")


@pytest.mark.parametrize(
    ("interval", "begin", "shown"), [("5m", "now-330s", "30s"), ("1h", "now-5m", "0m"), ("5m", "2026-01-01", "0s")]
)
def test_the_look_back_as_the_form_shows_it(kibana, analyst, interval, begin, shown):
    kibana.made(rule_id="r", interval=interval, **{"from": begin})
    edited = analyst.edit("r")
    assert edited["meta"]["from"] == shown
    assert now(kibana) == edited


@pytest.mark.usefixtures("rule")
def test_an_edit_can_set_the_look_back_and_take_a_field_away(kibana, analyst):
    edited = analyst.edit("r", note=None, **{"from": "now-1h"})
    assert "note" not in edited
    assert edited["from"] == "now-1h"
    assert now(kibana) == edited


def test_enable_and_disable(kibana, analyst, rule):
    on = analyst.enable("r")
    assert (on["enabled"], on["revision"]) == (True, 0)
    assert on["updated_at"] > rule["updated_at"]
    assert analyst.disable("r")["enabled"] is False
    assert now(kibana)["updated_by"] == "analyst"


@pytest.mark.usefixtures("rule")
def test_a_bulk_edit_leaves_meta_alone(kibana, analyst):
    assert analyst.add_tag("r", "x")["tags"] == ["t", "x"]
    assert "meta" not in now(kibana)


def test_exceptions_actions_and_unknown_fields_are_added(kibana, analyst, rule):
    linked = analyst.add_exception_list("r")
    assert linked["exceptions_list"][0]["type"] == "detection"
    list_id = linked["exceptions_list"][0]["list_id"]
    assert kibana.get(LISTS, list_id=list_id).status_code == 200
    analyst.add_exception_list("r", "shared", namespace_type="agnostic")
    analyst.add_exception_list("r", "shared", namespace_type="agnostic")
    links = now(kibana)["exceptions_list"]
    assert links[1] == links[2]
    (action,) = analyst.add_action("r")["actions"]
    assert analyst.add_action("r", connector_id=action["id"])["actions"][0] == action
    assert analyst.add_unknown_field("r", "future", {"a": 1})["future"] == {"a": 1}
    shown = now(kibana)
    assert (shown["revision"], shown["future"], shown["id"]) == (6, {"a": 1}, rule["id"])
    # A client that writes the whole rule again takes the unknown field away.
    assert "future" not in kibana.changed(rule_id="r")


def test_delete_and_recreate_under_a_new_id(kibana, analyst, rule):
    again = analyst.recreate("r")
    assert again["id"] != rule["id"]
    assert (again["rule_id"], again["revision"], again["note"]) == ("r", 0, "n")
    assert now(kibana) == again
    assert kibana.get(RULES, id=rule["id"]).status_code == 404
    analyst.delete("r")
    assert kibana.get(RULES, rule_id="r").status_code == 404


def test_a_duplicate_copies_tags_but_neither_name_nor_rule_id(kibana, analyst):
    analyst.create({**BODIES["query"], "rule_id": "r", "name": "mine", "tags": ["Managed by: me"], "enabled": True})
    analyst.add_exception_list("r", "shared")
    analyst.add_exception_list("r", "own", type="rule_default")
    analyst.add_exception_item("own", name="kept")
    analyst.add_action("r")
    copied = analyst.duplicate("r")
    original = now(kibana)
    assert now(kibana, id=copied["id"]) == copied
    assert (copied["name"], copied["tags"], copied["enabled"]) == ("mine [Duplicate]", ["Managed by: me"], False)
    assert copied["rule_id"] != "r"
    assert copied["exceptions_list"][0] == original["exceptions_list"][0]
    own = copied["exceptions_list"][1]
    assert own["list_id"] != original["exceptions_list"][1]["list_id"]
    found = kibana.get("/api/exception_lists/items/_find", list_id=own["list_id"]).json()
    assert [item["name"] for item in found["data"]] == ["kept"]
    assert copied["actions"][0]["uuid"] != original["actions"][0]["uuid"]


def test_a_twin_has_the_same_rule_id(kibana, analyst, rule):
    twin = analyst.twin("r", name="the other")
    assert (twin["rule_id"], twin["id"] == rule["id"]) == ("r", False)
    assert now(kibana)["id"] == rule["id"]
    assert analyst.edit(id=twin["id"], name="third")["id"] == twin["id"]
    assert kibana.get(f"{RULES}/_find").json()["total"] == 2


def test_a_run_leaves_a_summary(kibana, analyst, rule):
    ran = analyst.run("r", status="partial failure")
    assert ran == now(kibana)
    assert ran.pop("execution_summary")["last_execution"]["status"] == "partial failure"
    assert ran == rule
    # A write keeps the summary.
    assert "execution_summary" in kibana.changed(rule_id="r")


PREBUILT = {**BODIES["query"], "rule_id": "p", "author": ["Elastic"], "license": "Elastic License v2"}


def test_a_prebuilt_rule_is_installed_customised_and_upgraded(kibana, analyst):
    analyst.offer_prebuilt(PREBUILT)
    installed = analyst.install_prebuilt("p")
    assert (installed["immutable"], installed["version"], installed["enabled"]) == (True, 1, False)
    source = {"type": "external", "is_customized": False, "has_base_version": True, "customized_fields": []}
    assert now(kibana, rule_id="p") == installed
    assert installed["rule_source"] == source
    patch = {"rule_id": "p", "interval": "10m", "query": "x", "index": ["a"], "name": "n", "enabled": True}
    changed = kibana.patch(RULES, patch).json()
    names = [one["field_name"] for one in changed["rule_source"]["customized_fields"]]
    assert (changed["rule_source"]["is_customized"], names) == (
        True,
        ["data_source", "kql_query", "name", "rule_schedule"],
    )
    analyst.offer_prebuilt({**PREBUILT, "name": "newer"}, version=2)
    status = kibana.get(f"{RULES}/prepackaged/_status").json()
    assert (status["rules_installed"], status["rules_not_updated"], status["rules_not_installed"]) == (1, 1, 0)
    upgraded = analyst.upgrade_prebuilt("p")
    assert (upgraded["name"], upgraded["version"], upgraded["enabled"]) == ("newer", 2, True)
    assert upgraded["rule_source"] == source
    assert now(kibana, rule_id="p") == upgraded


def test_customised_stays_customised_without_a_base(kibana, analyst):
    analyst.offer_prebuilt(PREBUILT)
    analyst.install_prebuilt("p")
    # Another version takes the base away.
    without = kibana.put(RULES, {**PREBUILT, "version": 9}).json()["rule_source"]
    assert without == {
        "type": "external",
        "is_customized": False,
        "has_base_version": False,
        "customized_fields": [],
    }
    assert kibana.patch(RULES, {"rule_id": "p", "name": "n"}).json()["rule_source"]["is_customized"]
    for _ in range(2):
        back = kibana.patch(RULES, {"rule_id": "p", "name": PREBUILT["name"]}).json()["rule_source"]
        assert back["is_customized"]
    assert kibana.patch(RULES, {"rule_id": "p", "version": 1}).json()["rule_source"]["is_customized"] is False


def test_the_source_of_a_prebuilt_rule_says_less_before_9_2(start, connect):
    box = start(version="8.18.0")
    box.analyst().offer_prebuilt(PREBUILT)
    box.analyst().install_prebuilt("p")
    assert connect(box).get(RULES, rule_id="p").json()["rule_source"] == {"type": "external", "is_customized": False}


def test_a_deleted_prebuilt_rule_can_be_installed_again(kibana, analyst):
    analyst.offer_prebuilt(PREBUILT, version=1)
    analyst.install_prebuilt("p", version=1)
    assert kibana.delete(RULES, rule_id="p").status_code == 200
    assert kibana.get(f"{RULES}/prepackaged/_status").json()["rules_not_installed"] == 1
    assert analyst.install_prebuilt("p")["immutable"]


@pytest.mark.usefixtures("rule")
def test_each_space_has_its_analysts(box):
    with pytest.raises(KeyError, match="no rule r in the space other"):
        box.analyst("other").edit("r")
    assert box.analyst("default", user="eve").edit("r", name="x")["updated_by"] == "eve"


def test_what_is_given_out_is_a_copy(box, analyst):
    body = {**BODIES["query"], "rule_id": "r", "tags": ["t"]}
    made = analyst.create(body)
    made["tags"].append("changed")
    box.state.rules()[0]["tags"].append("changed")
    body["tags"].append("changed")
    assert analyst.rule("r")["tags"] == ["t"]


def test_an_analyst_can_work_before_the_server_is_started():
    box = Sandbox()
    box.analyst().create({**BODIES["query"], "rule_id": "r"})
    with box:
        assert [rule["rule_id"] for rule in box.state.rules()] == ["r"]
