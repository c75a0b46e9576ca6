"""The cases of api.md section 3.3 that concern create, update and find, by their numbers."""

import pytest
from sandbox.kit import BODIES, LISTS, RULES, refused

LIST_A = {"id": "1", "list_id": "a", "namespace_type": "single", "type": "detection"}
LIST_B = {**LIST_A, "id": "2", "list_id": "b"}
DEFAULT = {**LIST_A, "type": "rule_default"}
FREQUENCY = {"summary": True, "notifyWhen": "onActiveAlert", "throttle": None}
FAKE_ID = "5096dec6-b6b9-4d8d-8f93-6c2602079d9d"


@pytest.fixture
def connector(kibana):
    answer = kibana.post("/api/actions/connector", {"name": "c", "connector_type_id": ".webhook", "config": {}})
    return answer.json()["id"]


def action(connector, **fields):
    return {"id": connector, "action_type_id": ".webhook", "group": "default", "params": {"body": "{}"}, **fields}


def core(message):
    return {"statusCode": 400, "error": "Bad Request", "message": message}


def test_case_01_a_custom_query_rule_is_created_as_sent(kibana):
    body = {**BODIES["query"], "rule_id": "rule-1"}
    rule = kibana.made(rule_id="rule-1")
    assert body.items() <= rule.items()
    assert rule["created_by"] == rule["updated_by"] == "sandbox"


def test_case_02_a_saved_query_need_not_exist(kibana):
    rule = kibana.made("saved_query", data_view_id="dv", saved_id="doctest-saved-id")
    assert (rule["data_view_id"], rule["saved_id"]) == ("dv", "doctest-saved-id")


def test_case_03_a_rule_id_is_made_up(kibana):
    assert isinstance(kibana.made()["rule_id"], str)


def test_case_04_without_index_there_is_none(kibana):
    answer = kibana.post(RULES, {name: value for name, value in BODIES["query"].items() if name != "index"})
    assert answer.status_code == 200
    assert "index" not in answer.json()


def test_case_05_one_job_becomes_a_list(kibana):
    assert kibana.made("machine_learning", machine_learning_job_id="some_job_id")["machine_learning_job_id"] == [
        "some_job_id"
    ]


def test_case_06_a_rule_id_is_taken(kibana):
    kibana.made(rule_id="rule-1")
    answer = kibana.post(RULES, {**BODIES["query"], "rule_id": "rule-1"})
    assert answer.status_code == 409
    assert answer.json() == {"message": 'rule_id: "rule-1" already exists', "status_code": 409}


def test_case_07_two_default_lists_are_too_many(kibana):
    answer = kibana.post(RULES, {**BODIES["query"], "exceptions_list": [DEFAULT, {**DEFAULT, "list_id": "b"}]})
    assert answer.status_code == 500
    assert answer.json() == {"message": "More than one default exception list found on rule", "status_code": 500}


def test_case_08_a_default_list_belongs_to_one_rule(kibana):
    first = kibana.made(rule_id="rule-1", exceptions_list=[DEFAULT])
    answer = kibana.post(RULES, {**BODIES["query"], "rule_id": "rule-2", "exceptions_list": [DEFAULT]})
    refused(answer, 409, f"default exception list already exists in rule(s): {first['id']}")
    for rule_id in ("rule-3", "rule-4"):
        kibana.made(rule_id=rule_id, exceptions_list=[LIST_B])


@pytest.mark.parametrize(
    ("version", "text"), [("9.3.0", "Required"), ("9.4.0", "Invalid input: expected object, received undefined")]
)
def test_case_09_threshold_is_required(start, connect, version, text):
    body = {name: value for name, value in BODIES["threshold"].items() if name != "threshold"}
    answer = connect(start(version=version)).post(RULES, body)
    assert answer.status_code == 400
    assert answer.json() == core(f"[request body]: threshold: {text}")


@pytest.mark.parametrize(
    ("version", "many", "small"),
    [
        ("9.3.0", "Array must contain at most 5 element(s)", "Number must be greater than or equal to 1"),
        ("9.4.0", "Too big: expected array to have <=5 items", "Too small: expected number to be >=1"),
    ],
)
def test_case_10_six_threshold_fields_or_a_value_of_0(start, connect, version, many, small):
    kibana = connect(start(version=version))
    for threshold, message in (
        ({"field": list("abcdef"), "value": 1}, f"threshold.field: {many}"),
        ({"field": [], "value": 0}, f"threshold.value: {small}"),
    ):
        answer = kibana.post(RULES, {**BODIES["threshold"], "threshold": threshold})
        assert answer.json() == core(f"[request body]: {message}")


def test_case_11_cardinality_of_the_threshold_field(kibana):
    threshold = {"field": ["host.name"], "value": 5, "cardinality": [{"field": "host.name", "value": 2}]}
    answer = kibana.post(RULES, {**BODIES["threshold"], "threshold": threshold})
    assert answer.json() == {
        "message": ["Cardinality of a field that is being aggregated on is always 1"],
        "status_code": 400,
    }


@pytest.mark.parametrize("zod", [3, 4])
def test_case_12_investigation_fields_are_no_array(start, connect, zod):
    answer = connect(start(zod=zod)).post(RULES, {**BODIES["query"], "investigation_fields": ["host.name"]})
    text = {3: "Expected object", 4: "Invalid input: expected object"}[zod]
    assert answer.json() == core(f"[request body]: investigation_fields: {text}, received array")


@pytest.mark.parametrize("throttle", [None, "no_actions", "rule"])
def test_case_13_an_action_without_frequency_runs_each_time(kibana, connector, throttle):
    fields = {} if throttle is None else {"throttle": throttle}
    rule = kibana.made(actions=[action(connector), action(connector)], **fields)
    assert [one["frequency"] for one in rule["actions"]] == [FREQUENCY] * 2
    assert "throttle" not in rule


@pytest.mark.parametrize("throttle", ["300s", "5m", "3h", "4d"])
def test_case_13_a_throttle_becomes_the_frequency(kibana, connector, throttle):
    own = {"summary": False, "notifyWhen": "onThrottleInterval", "throttle": "1h"}
    rule = kibana.made(actions=[action(connector), action(connector, frequency=own)], throttle=throttle)
    made = {"summary": True, "notifyWhen": "onThrottleInterval", "throttle": throttle}
    assert [one["frequency"] for one in rule["actions"]] == [made, own]


def test_case_14_who_may_only_read_does_not_create(start, connect):
    reader = connect(start(read_only_keys=("t1_analyst",)), key="t1_analyst")
    message = refused(reader.post(RULES, BODIES["query"]), 403)
    assert message == (
        "API [POST /api/detection_engine/rules] is unauthorized for user, "
        "this action is granted by the Kibana privileges [rules-all]"
    )
    assert reader.get(f"{RULES}/_find").status_code == 200


def test_case_15_a_put_resets_what_it_leaves_out(kibana):
    first = kibana.made(rule_id="rule-1", tags=["a"], note="n")
    rule = kibana.changed(rule_id="rule-1", name="another")
    assert (rule["name"], rule["revision"], rule["tags"], rule["id"]) == ("another", 1, [], first["id"])
    assert "note" not in rule


def test_case_16_a_put_without_actions_drops_them(kibana, connector):
    kibana.made(rule_id="rule-1", actions=[action(connector)])
    rule = kibana.changed(rule_id="rule-1")
    assert (rule["actions"], rule["revision"]) == ([], 1)


def test_case_17_a_put_without_timeline_drops_it(kibana):
    kibana.made(rule_id="rule-1")
    assert kibana.changed(rule_id="rule-1", timeline_id="t", timeline_title="T")["timeline_title"] == "T"
    rule = kibana.changed(rule_id="rule-1")
    assert rule["revision"] == 2
    assert not {"timeline_id", "timeline_title"} & set(rule)


def test_case_18_one_put_is_one_revision(kibana):
    kibana.made(rule_id="rule-1", enabled=True)
    rule = kibana.changed(rule_id="rule-1", severity="high", enabled=False)
    assert (rule["revision"], rule["enabled"]) == (1, False)


def test_case_19_a_put_of_what_is_not_there(kibana):
    answer = kibana.put(RULES, {**BODIES["query"], "id": FAKE_ID})
    assert answer.json() == {"status_code": 404, "message": f'id: "{FAKE_ID}" not found'}
    answer = kibana.put(RULES, {**BODIES["query"], "rule_id": "fake_id"})
    assert answer.json() == {"status_code": 404, "message": 'rule_id: "fake_id" not found'}


def test_case_20_exception_lists_are_replaced_not_added(kibana):
    kibana.made(rule_id="rule-1", exceptions_list=[LIST_A])
    assert kibana.changed(rule_id="rule-1", exceptions_list=[LIST_B])["exceptions_list"] == [LIST_B]


def test_case_20_another_rules_default_list(kibana):
    first = kibana.made(rule_id="rule-1", exceptions_list=[DEFAULT])
    kibana.made(rule_id="rule-2")
    answer = kibana.put(RULES, {**BODIES["query"], "rule_id": "rule-2", "exceptions_list": [DEFAULT]})
    refused(answer, 409, f"default exception list for rule: rule-2 already exists in rule(s): {first['id']}")
    # Its own stays its own.
    kibana.changed(rule_id="rule-1", exceptions_list=[DEFAULT])


@pytest.fixture
def prebuilt(box):
    body = {**BODIES["query"], "rule_id": "pre-1", "author": ["Elastic"], "license": "Elastic License v2"}
    box.analyst().offer_prebuilt(body)
    box.analyst().install_prebuilt("pre-1")
    return body


def test_case_21_author_and_license_of_a_prebuilt_rule_stay(kibana, prebuilt):
    answer = kibana.patch(RULES, {"rule_id": "pre-1", "author": ["me"]})
    refused(answer, 400, 'Cannot update "author" field for prebuilt rules')
    refused(
        kibana.put(RULES, {**prebuilt, "license": "other"}), 400, 'Cannot update "license" field for prebuilt rules'
    )
    without = {name: value for name, value in prebuilt.items() if name != "author"}
    refused(kibana.put(RULES, without), 400, 'Cannot update "author" field for prebuilt rules')
    assert kibana.put(RULES, prebuilt).status_code == 200


@pytest.mark.parametrize("field", ["actions", "exceptions_list", "enabled", "meta"])
@pytest.mark.usefixtures("prebuilt")
def test_case_22_what_does_not_customise_a_prebuilt_rule(kibana, connector, field):
    value = {"actions": [action(connector)], "exceptions_list": [LIST_A], "enabled": True, "meta": {"a": 1}}[field]
    answer = kibana.patch(RULES, {"rule_id": "pre-1", field: value})
    assert answer.status_code == 200
    assert answer.json()["rule_source"]["is_customized"] is False


@pytest.mark.usefixtures("prebuilt")
def test_case_22_the_id_of_a_prebuilt_rule_stays(kibana):
    refused(kibana.patch(RULES, {"rule_id": "pre-1", "id": FAKE_ID}), 400)


def test_the_first_rule_makes_the_endpoint_list(kibana):
    assert kibana.get(f"{LISTS}/_find", namespace_type="agnostic").json()["total"] == 0
    kibana.made()
    kibana.made()
    found = kibana.get(f"{LISTS}/_find", namespace_type="agnostic").json()
    assert [one["list_id"] for one in found["data"]] == ["endpoint_list"]
