"""Behaviour 19: exports, case 34 of api.md section 3.3, and what becomes of an export that is imported again."""

import json

import pytest
from sandbox.kit import BODIES, EXPORT, ITEMS, LISTS, RULES, refused
from sandbox.lines import ACTION, CONNECTOR, ITEM, LINK, LIST, PREBUILT, counts, rule

DETAILS = {
    "exported_count": 0,
    "exported_rules_count": 0,
    "missing_rules": [],
    "missing_rules_count": 0,
    "exported_exception_list_count": 0,
    "exported_exception_list_item_count": 0,
    "missing_exception_lists": [],
    "missing_exception_lists_count": 0,
    "missing_exception_list_items": [],
    "missing_exception_list_item_count": 0,
    "exported_action_connector_count": 0,
    "missing_action_connection_count": 0,
    "missing_action_connections": [],
    "excluded_action_connection_count": 0,
    "excluded_action_connections": [],
}
# What a rule has of its own in each place that it is imported to.
OF_THE_PLACE = ("id", "created_at", "updated_at", "created_by", "updated_by", "revision")


def test_case_34_one_rule_is_two_lines(kibana):
    made = kibana.made(rule_id="r")
    answer = kibana.post(EXPORT)
    assert answer.headers["Content-Type"] == "application/ndjson"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="export.ndjson"'
    assert answer.text.endswith("\n")
    first, details = map(json.loads, answer.text.splitlines())
    assert first == made
    assert details == {**DETAILS, "exported_count": 1, "exported_rules_count": 1}


def test_case_34_a_connector_goes_without_its_secrets(kibana):
    secret = {"name": "Mail", "connector_type_id": ".email", "config": {"from": "a@b.c"}, "secrets": {"password": "p"}}
    kibana.post("/api/actions/connector/mail", secret)
    kibana.made(rule_id="r", actions=[ACTION, ACTION])
    _, connector, details = kibana.exported("r")
    assert (connector["id"], connector["type"], connector["references"]) == ("mail", "action", [])
    assert connector["attributes"] == {
        "actionTypeId": ".email",
        "name": "Mail",
        "isMissingSecrets": True,
        "config": {"from": "a@b.c"},
        "secrets": {},
    }
    expected = {"exported_count": 2, "exported_rules_count": 1, "exported_action_connector_count": 1}
    assert details == {**DETAILS, **expected}


def test_case_34_a_connector_of_the_installation_stays(start, connect):
    kibana = connect(start(preconfigured=[{"id": "mail", "name": "House", "connector_type_id": ".email"}]))
    system = {"id": "system-connector-.cases", "action_type_id": ".cases", "params": {}}
    kibana.made(rule_id="r", actions=[ACTION, system])
    assert kibana.exported()[1:] == [{**DETAILS, "exported_count": 1, "exported_rules_count": 1}]


def test_a_connector_that_has_no_secrets_misses_none(kibana):
    kibana.post("/api/actions/connector/log", {"name": "Log", "connector_type_id": ".server-log"})
    kibana.made(actions=[{**ACTION, "id": "log", "action_type_id": ".server-log"}])
    assert kibana.exported()[1]["attributes"]["isMissingSecrets"] is False


def test_a_connector_that_was_deleted_is_counted(kibana):
    kibana.post("/api/actions/connector/mail", {"name": "Mail", "connector_type_id": ".email"})
    kibana.made(actions=[ACTION])
    kibana.delete("/api/actions/connector/mail")
    details = kibana.exported()[-1]
    assert details["missing_action_connections"] == [{"id": "mail", "type": "action"}]
    assert (details["missing_action_connection_count"], details["exported_count"]) == (1, 1)


def test_behaviour_19_rules_then_exceptions_then_connectors(kibana):
    kibana.imported(
        {**LIST, "name": "first"},
        *({**ITEM, "item_id": name} for name in ("older", "newer")),
        {**LIST, "list_id": "m", "namespace_type": "agnostic"},
        CONNECTOR,
        rule("a", exceptions_list=[LINK]),
        rule("b", exceptions_list=[{**LINK, "list_id": "m", "namespace_type": "agnostic"}, LINK], actions=[ACTION]),
    )
    *lines, details = kibana.exported()
    shown = [one.get("rule_id") or one.get("item_id") or one.get("list_id") or one["id"] for one in lines]
    assert shown == ["a", "b", "l", "newer", "older", "m", "mail"]
    assert lines[2] == kibana.get(LISTS, list_id="l").json()
    assert lines[3] == kibana.get(ITEMS, item_id="newer").json()
    counted = {name: value for name, value in details.items() if value}
    assert counted == {
        "exported_count": 7,
        "exported_rules_count": 2,
        "exported_exception_list_count": 2,
        "exported_exception_list_item_count": 2,
        "exported_action_connector_count": 1,
    }


def test_behaviour_19_without_details_there_are_only_rules(kibana):
    kibana.imported(LIST, ITEM, CONNECTOR, rule("a", exceptions_list=[LINK], actions=[ACTION]))
    lines = kibana.exported(exclude_export_details="true")
    assert [line["rule_id"] for line in lines] == ["a"]
    refused(kibana.post(EXPORT, exclude_export_details="yes"), 400)


def test_behaviour_19_a_list_that_is_not_there_and_the_endpoint_list_are_left_out(kibana):
    kibana.made(exceptions_list=[LINK])
    endpoint = {"id": "endpoint_list", "list_id": "endpoint_list", "namespace_type": "agnostic", "type": "endpoint"}
    kibana.made(exceptions_list=[endpoint])
    assert kibana.exported()[2:] == [{**DETAILS, "exported_count": 2, "exported_rules_count": 2}]


def test_behaviour_19_unknown_rules_are_missing(kibana):
    for name in ("a", "b", "c"):
        kibana.made(rule_id=name)
    *lines, details = kibana.exported("c", "nobody", "a")
    assert [line["rule_id"] for line in lines] == ["c", "a"]
    assert (details["missing_rules"], details["missing_rules_count"]) == ([{"rule_id": "nobody"}], 1)
    assert (details["exported_count"], details["exported_rules_count"]) == (2, 2)


def test_behaviour_19_twins(box, kibana):
    kibana.made(rule_id="a")
    box.analyst().twin("a")
    assert len(kibana.exported()) == 3
    assert len(kibana.exported("a")) == 2


def test_behaviour_19_no_execution_summary(box, kibana):
    made = kibana.made(rule_id="a")
    box.analyst().run("a")
    assert kibana.exported()[0] == made


def test_behaviour_19_an_export_of_nothing(kibana):
    assert kibana.exported() == [DETAILS]
    answer = kibana.post(EXPORT, {"objects": []}, exclude_export_details="true")
    assert (answer.status_code, answer.text) == (200, "")


def test_behaviour_19_more_than_the_limit(start, connect):
    kibana = connect(start(rules_limit=2))
    names = [{"rule_id": name} for name in ("a", "b", "c")]
    refused(kibana.post(EXPORT, {"objects": names}), 400, "Can't export more than 2 rules")
    kibana.made(rule_id="a")
    kibana.made(rule_id="b")
    assert len(kibana.exported()) == 3
    kibana.made(rule_id="c")
    # One rule is too many where there are too many.
    refused(kibana.post(EXPORT, {"objects": names[:1]}), 400, "Can't export more than 2 rules")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "[request body]: objects: Required"),
        ({"objects": "all"}, "[request body]: objects: Expected array, received string"),
        ({"objects": [{}]}, "[request body]: objects.0.rule_id: Required"),
        ({"objects": [{"rule_id": 1}, "x"]}, "[request body]: objects.0.rule_id: Expected string, received number"),
        ([], "[request body]: Expected object, received array"),
    ],
)
def test_a_body_that_names_no_rules(start, connect, body, message):
    answer = connect(start(zod=3)).post(EXPORT, data=json.dumps(body), headers={"Content-Type": "application/json"})
    assert refused(answer, 400).startswith(message)


def test_the_file_has_the_name_that_was_asked_for(kibana):
    answer = kibana.post(EXPORT, file_name="mine.ndjson")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mine.ndjson"'


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: b", "a\nb", "\u20ac", "\x7f"])
def test_a_name_that_would_be_another_header_is_refused(kibana, name):
    answer = kibana.post(EXPORT, file_name=name)
    refused(answer, 500)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("version", "exported"), [("8.17.0", False), ("8.18.0", True)])
def test_behaviour_19_prebuilt_rules_before_they_could_be_customised(start, connect, version, exported):
    box = start(version=version)
    kibana = connect(box)
    box.analyst().offer_prebuilt(PREBUILT)
    box.analyst().install_prebuilt("pre-1")
    assert len(kibana.exported()) == 1 + exported
    assert kibana.exported("pre-1")[-1]["missing_rules_count"] == 1 - exported


def test_who_may_only_read_may_export(start, connect):
    box = start(read_only_keys=("reader",))
    connect(box).made(rule_id="r")
    assert len(connect(box, key="reader").exported()) == 2


def test_an_export_is_of_one_space(box, connect, kibana):
    kibana.made(rule_id="r")
    assert connect(box, space="other").exported() == [DETAILS]


@pytest.mark.parametrize("rule_type", list(BODIES))
def test_a_rule_of_every_type_comes_back_equal(kibana, box, connect, rule_type):
    made = kibana.made(rule_type, rule_id="r", tags=["b", "a"], version=3, enabled=True, note="\u20ac \ud83d\ude00")
    other = connect(box, space="other")
    assert counts(other.imported(*kibana.exported())) == (True, 1, 1)
    back = other.get(RULES, rule_id="r").json()
    assert {name for name in made if back[name] != made[name]} <= set(OF_THE_PLACE)
    assert set(back) == set(made)


def test_a_whole_export_comes_back_equal(kibana, box, connect):
    kibana.imported(
        LIST,
        ITEM,
        {**ITEM, "item_id": "j", "comments": [{"comment": "c"}], "os_types": ["linux"], "tags": ["t"]},
        CONNECTOR,
        rule("a", exceptions_list=[LINK]),
        rule("b", exceptions_list=[{**LINK}], actions=[ACTION]),
    )
    lines = kibana.exported()
    other = connect(box, space="other")
    answer = other.imported(*lines)
    assert counts(answer) == (True, 2, 2)
    assert (answer["exceptions_success_count"], answer["action_connectors_success_count"]) == (2, 1)
    again = other.exported()
    assert [same_anywhere(line) for line in again[:3]] == [same_anywhere(line) for line in lines[:3]]
    assert again[-2:] == lines[-2:]
    # A second time, over itself, it changes nothing that a person would see.
    flags = dict.fromkeys(("overwrite", "overwrite_exceptions", "overwrite_action_connectors"), "true")
    answer = other.imported(*again, **flags)
    assert (answer["errors"], answer["exceptions_errors"], answer["action_connectors_errors"]) == ([], [], [])
    assert sorted(map(str, map(same_anywhere, other.exported()))) == sorted(map(str, map(same_anywhere, again)))


def same_anywhere(line):
    """A line without what differs from place to place and from time to time."""
    own = {*OF_THE_PLACE, "_version", "tie_breaker_id", "exceptions_list", "comments"}
    links = [{**link, "id": ""} for link in line.get("exceptions_list", ())]
    comments = [one["comment"] for one in line.get("comments", ())]
    return {name: value for name, value in line.items() if name not in own}, links, comments
