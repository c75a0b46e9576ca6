"""Behaviours 6 to 14, as far as the numbered cases leave them open."""

import re

import pytest
from sandbox.kit import BODIES, LISTS, RULES, refused

from rulepack.rule import RULE_TYPES
from rulepack.sandbox import defaults

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NEVER_DEFAULTED = {
    *("note", "license", "building_block_type", "namespace", "meta", "rule_name_override", "timestamp_override"),
    *("timestamp_override_fallback_disabled", "timeline_id", "timeline_title", "investigation_fields", "filters"),
    *("response_actions", "data_view_id", "alert_suppression", "timestamp_field", "event_category_override"),
    *("tiebreaker_field", "threat_filters", "threat_language", "concurrent_searches", "items_per_search", "throttle"),
}
ONE_ERROR = "Failed to validate actions due to the following error: "
TWO_ERRORS = "Failed to validate actions due to the following 2 errors:\n"
LINK = {"id": "2", "list_id": "123", "namespace_type": "single", "type": "detection"}


@pytest.fixture
def connector(kibana):
    return kibana.post("/api/actions/connector", {"name": "c", "connector_type_id": ".webhook"}).json()["id"]


def action(connector, **fields):
    return {"id": connector, "action_type_id": ".webhook", "group": "default", "params": {}, **fields}


@pytest.mark.parametrize("rule_type", list(RULE_TYPES))
def test_behaviour_8_defaults_and_nothing_but_defaults(kibana, rule_type):
    body = BODIES[rule_type]
    rule = kibana.made(rule_type)
    expected = {**defaults.COMMON, **defaults.BY_TYPE[rule_type], **body}
    assert {name: rule[name] for name in expected} == expected
    assert set(rule) - set(expected) == set(defaults.SERVER_FIELDS) - {"execution_summary"}
    assert not NEVER_DEFAULTED & (set(rule) - set(body))
    assert (rule["revision"], rule["immutable"], rule["rule_source"]) == (0, False, {"type": "internal"})


def test_the_defaults_are_those_of_rule_defaults_json():
    import json

    from support.samples import SHARED

    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    facts = json.loads((SHARED / "kibana" / "rule-defaults.json").read_text())
    assert facts["common"] == defaults.COMMON
    assert facts["by_type"] == defaults.BY_TYPE
    assert set(facts["put_keeps_when_omitted"]) == set(defaults.KEPT_BY_PUT)
    assert set(facts["accepted_but_never_returned"]) == set(defaults.NEVER_KEPT)
    assert set(facts["server_only"]) | {"rule_id"} == set(defaults.SERVER_FIELDS)


def test_behaviour_8_ids_and_times_are_kibanas(kibana):
    first, second = kibana.made(), kibana.made()
    assert UUID.fullmatch(first["id"])
    assert UUID.fullmatch(first["rule_id"])
    assert first["id"] != second["id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["created_at"])
    assert first["created_at"] == first["updated_at"] < second["created_at"]


def test_behaviour_8_normalisations(kibana):
    for field, kept in (("host.name", ["host.name"]), ("", []), (["b", "a"], ["b", "a"])):
        rule = kibana.made("threshold", threshold={"field": field, "value": 1})
        assert rule["threshold"]["field"] == kept
    suppression = {"group_by": ["a"], "duration": {"value": 1, "unit": "h"}, "missing_fields_strategy": "suppress"}
    rule = kibana.made("threshold", alert_suppression=suppression)
    assert rule["alert_suppression"] == {"duration": {"value": 1, "unit": "h"}}
    rule = kibana.made("query", alert_suppression=suppression)
    assert rule["alert_suppression"] == suppression
    fields = [{"name": "host.name", "type": "keyword", "ecs": False}, {"name": "host.name", "type": "text"}]
    rule = kibana.made(required_fields=[*fields, {"name": "my.own", "type": "keyword", "ecs": True}])
    assert [one["ecs"] for one in rule["required_fields"]] == [True, False, False]
    rule = kibana.made(tags=[" b ", "a", "a"], outcome="exactMatch", alias_target_id="x", throttle="1h")
    assert rule["tags"] == [" b ", "a", "a"]
    assert not {"outcome", "alias_target_id", "throttle"} & set(rule)


def test_behaviour_8_each_action_gets_a_uuid(kibana, connector):
    rule = kibana.made(actions=[action(connector), action(connector, uuid="mine")])
    assert UUID.fullmatch(rule["actions"][0]["uuid"])
    assert rule["actions"][1]["uuid"] == "mine"


def test_behaviour_8_a_system_action_has_no_frequency(kibana):
    sent = {"id": "system-connector-.cases", "action_type_id": ".cases", "params": {"a": 1}, "group": "default"}
    (kept,) = kibana.made(actions=[sent])["actions"]
    assert set(kept) == {"id", "action_type_id", "params", "uuid"}


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"id": "00000000-0000-4000-8000-000000000000", "rule_id": "r"},
            ['both "id" and "rule_id" cannot exist, choose one or the other'],
        ),
        ({}, ['either "id" or "rule_id" must be set']),
        (
            {"rule_id": "r", "timeline_id": "t"},
            ['when "timeline_id" exists, "timeline_title" must also exist'],
        ),
        (
            {"rule_id": "r", "timeline_title": "t"},
            ['when "timeline_title" exists, "timeline_id" must also exist'],
        ),
    ],
)
def test_behaviour_7_what_is_checked_by_hand(kibana, method, body, message):
    sent = {**BODIES["query"], **body} if method == "put" else body
    answer = getattr(kibana, method)(RULES, sent)
    assert answer.json() == {"message": message, "status_code": 400}


def test_behaviour_7_several_reasons_at_once(kibana):
    body = {**BODIES["threat_match"], "timeline_id": "", "timeline_title": "", "items_per_search": 1}
    message = refused(kibana.post(RULES, body), 400)
    assert message == [
        '"timeline_id" cannot be an empty string',
        '"timeline_title" cannot be an empty string',
        'when "items_per_search" exists, "concurrent_searches" must also exist',
    ]


def test_an_id_must_be_a_uuid(kibana):
    refused(kibana.put(RULES, {**BODIES["query"], "id": "x"}), 400, "[request body]: id: Invalid UUID")
    refused(kibana.get(RULES, id="x"), 400, "[request query]: id: Invalid UUID")
    refused(kibana.get(RULES), 400, ['either "id" or "rule_id" must be set'])


def test_behaviour_9_a_put_keeps_enabled_and_version_and_who_made_it(kibana):
    first = kibana.made(rule_id="r", enabled=True, version=7, tags=["t"])
    rule = kibana.changed(rule_id="r")
    for name in ("id", "rule_id", "created_at", "created_by", "enabled", "version"):
        assert rule[name] == first[name]
    assert rule["tags"] == []
    assert rule["updated_at"] > first["updated_at"]


def test_behaviour_9_a_put_by_id(kibana):
    first = kibana.made(rule_id="r")
    rule = kibana.changed(id=first["id"], name="n")
    assert (rule["rule_id"], rule["name"]) == ("r", "n")


def test_behaviour_9_a_put_that_changes_nothing_changes_only_the_time(kibana):
    first = kibana.made(rule_id="r")
    second = kibana.changed(rule_id="r")
    assert second.pop("updated_at") > first.pop("updated_at")
    assert second == first


def test_behaviour_9_enabling_is_no_revision_but_version_and_meta_are(kibana):
    kibana.made(rule_id="r")
    assert kibana.changed(rule_id="r", enabled=True)["revision"] == 0
    assert kibana.changed(rule_id="r", version=2)["revision"] == 1
    assert kibana.changed(rule_id="r", meta={"a": 1})["revision"] == 2


def test_behaviour_9_a_rule_with_actions_is_revised_each_time(kibana, connector):
    first = kibana.made(rule_id="r", actions=[action(connector)])
    second = kibana.changed(rule_id="r", actions=[action(connector)])
    assert second["revision"] == 1
    assert second["actions"][0]["uuid"] != first["actions"][0]["uuid"]
    third = kibana.changed(rule_id="r", actions=second["actions"])
    assert (third["revision"], third["actions"]) == (2, second["actions"])


def test_a_put_cannot_change_the_type(kibana):
    kibana.made(rule_id="r")
    message = refused(kibana.put(RULES, {**BODIES["eql"], "rule_id": "r"}), 400)
    assert message == 'params invalid: type: Invalid input: expected "query"'


def test_behaviour_10_a_patch_merges(kibana):
    first = kibana.made(rule_id="r", note="n", tags=["a"])
    rule = kibana.patch(RULES, {"rule_id": "r", "tags": ["b"], "sevrity": "high"}).json()
    assert (rule["note"], rule["tags"], rule["revision"]) == ("n", ["b"], 1)
    assert rule["created_at"] == first["created_at"]
    assert kibana.patch(RULES, {"id": first["id"], "enabled": True}).json()["revision"] == 1


@pytest.mark.parametrize("field", ["note", "tags", "name", "threat"])
def test_behaviour_10_null_is_refused_so_that_a_patch_cannot_unset(kibana, field):
    kibana.made(rule_id="r", note="n")
    assert "received null" in refused(kibana.patch(RULES, {"rule_id": "r", field: None}), 400)
    assert kibana.get(RULES, rule_id="r").json()["note"] == "n"


def test_behaviour_10_a_patch_is_read_by_the_type_that_the_rule_has(kibana):
    kibana.made("eql", rule_id="r")
    answer = kibana.patch(RULES, {"rule_id": "r", "language": "kuery"})
    assert answer.json() == {"message": 'language: Invalid input: expected "eql"', "status_code": 400}
    rule = kibana.patch(RULES, {"rule_id": "r", "type": "query", "threshold": {"field": "a", "value": 1}}).json()
    assert rule["type"] == "eql"
    assert "threshold" not in rule
    refused(kibana.patch(RULES, {"rule_id": "missing", "name": "n"}), 404, 'rule_id: "missing" not found')


def test_behaviour_11_delete_gives_back_the_rule_and_then_404(kibana):
    rule = kibana.made(rule_id="r")
    assert kibana.delete(RULES, rule_id="r").json() == rule
    refused(kibana.delete(RULES, rule_id="r"), 404, 'rule_id: "r" not found')
    refused(kibana.delete(RULES, id=rule["id"]), 404, f'id: "{rule["id"]}" not found')
    refused(kibana.get(RULES, id=rule["id"]), 404)


def test_behaviour_12_nobody_checks_that_an_exception_list_exists(kibana):
    assert kibana.made(rule_id="r", exceptions_list=[LINK])["exceptions_list"] == [LINK]
    assert kibana.patch(RULES, {"rule_id": "r", "exceptions_list": [LINK, LINK]}).status_code == 200
    refused(kibana.get(LISTS, list_id="123"), 404)


def test_behaviour_12_default_lists_in_put_and_patch(kibana):
    default = {**LINK, "type": "rule_default"}
    first = kibana.made(rule_id="r1", exceptions_list=[default])
    kibana.made(rule_id="r2")
    answer = kibana.patch(RULES, {"rule_id": "r2", "exceptions_list": [default]})
    refused(answer, 409, f"default exception list for rule: r2 already exists in rule(s): {first['id']}")
    refused(kibana.put(RULES, {**BODIES["query"], "rule_id": "r2", "exceptions_list": [default] * 2}), 500)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "gone"}, "Failed to load action gone (404): Saved object [action/gone] not found"),
        (
            {"group": None},
            "Error validating create data - [actions.0.group]: expected value of type [string] but got [undefined]",
        ),
        ({"group": "x"}, f"{ONE_ERROR}Invalid action groups: x"),
        (
            {"frequency": {"summary": True, "notifyWhen": "onThrottleInterval", "throttle": "1m"}},
            f"{ONE_ERROR}Action throttle cannot be shorter than the schedule interval of 5m: default (1m)",
        ),
        (
            {"alerts_filter": {}, "group": "x"},
            f"{TWO_ERRORS}- Invalid action groups: x\n- Action's alertsFilter must have either query or timeframe",
        ),
        (
            {"alerts_filter": {"timeframe": {"days": [8]}}},
            f"{ONE_ERROR}Action's alertsFilter has days that are not numbers from 1 to 7",
        ),
    ],
)
def test_behaviour_13_what_the_alerting_framework_refuses(kibana, connector, change, message):
    sent = {name: value for name, value in {**action(connector), **change}.items() if value is not None}
    answer = kibana.post(RULES, {**BODIES["query"], "actions": [sent]})
    assert answer.json() == {"message": message, "status_code": 400}


def test_behaviour_13_duplicate_uuids(kibana, connector):
    twice = [action(connector, uuid="u")] * 2
    message = refused(kibana.post(RULES, {**BODIES["query"], "actions": twice}), 400)
    assert message.endswith("Actions have duplicated UUIDs")


def test_behaviour_13_an_update_says_update(kibana):
    kibana.made(rule_id="r")
    message = refused(kibana.put(RULES, {**BODIES["query"], "rule_id": "r", "interval": "x"}), 400)
    assert message.startswith("Error validating update data - ")


def test_behaviour_14_machine_learning_needs_a_licence_and_nothing_else_does(start, connect):
    kibana = connect(start(licence="basic"))
    for rule_type in RULE_TYPES:
        answer = kibana.post(RULES, BODIES[rule_type])
        if rule_type == "machine_learning":
            message = "Your license does not support machine learning. Please upgrade your license."
            assert answer.json() == {"message": message, "status_code": 403}
        else:
            assert answer.status_code == 200


def test_a_refused_create_leaves_nothing_behind(box, kibana):
    refused(kibana.post(RULES, {**BODIES["query"], "actions": [action("gone")]}), 400)
    assert box.state.rules() == []


@pytest.mark.parametrize(
    ("version", "fields", "status"),
    [("8.18.0", 3, 200), ("8.18.0", 4, 400), ("8.18.0", 6, 400), ("9.0.0", 5, 200), ("9.5.0", 6, 400)],
)
def test_the_limit_of_threshold_fields_depends_on_the_version(start, connect, version, fields, status):
    threshold = {"field": list("abcdef"[:fields]), "value": 1}
    answer = connect(start(version=version)).post(RULES, {**BODIES["threshold"], "threshold": threshold})
    assert answer.status_code == status
    if version.startswith("8") and status == 400:
        assert answer.json()["message"] == ["Number of fields must be 3 or less"]


def test_fields_that_a_version_does_not_know_are_dropped(start, connect):
    mapping = [{"entries": [{"field": "a", "type": "mapping", "value": "b", "negate": True}]}]
    suppression = {"group_by": ["a"]}
    for version, negate, suppressed in (("8.11", False, False), ("8.18.2", False, True), ("9.2", True, True)):
        kibana = connect(start(version=version))
        rule = kibana.made("threat_match", threat_mapping=mapping, alert_suppression=suppression)
        assert ("negate" in rule["threat_mapping"][0]["entries"][0]) is negate
        assert ("alert_suppression" in rule) is suppressed
        number = kibana.get("/api/status").json()["version"]["number"]
        assert number == f"{version}.0"[: len(number)]


def test_a_version_that_it_knows_nothing_of():
    from rulepack.errors import RulepackError
    from rulepack.sandbox import Sandbox

    for version in ("8.10", "nine", "7.17.0"):
        with pytest.raises(RulepackError):
            Sandbox(version=version)


def test_serverless_adds_a_tag_and_says_so_in_its_status(start, connect):
    kibana = connect(start(serverless=True))
    assert kibana.made(rule_id="r", tags=["a"])["tags"] == ["a", "Missing Universal Api Key"]
    rule = kibana.changed(rule_id="r", tags=["a"])
    assert (rule["tags"], rule["revision"]) == (["a", "Missing Universal Api Key"], 0)
    assert kibana.get("/api/status").json()["version"]["build_flavor"] == "serverless"


def test_clock_and_seed_make_it_repeatable(start, connect):
    from datetime import UTC, datetime

    made = [
        connect(start(seed=7, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))).made(rule_id="r", tags=["t"])
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert made[0]["created_at"].startswith("2026-01-01T00:00:00.0")
