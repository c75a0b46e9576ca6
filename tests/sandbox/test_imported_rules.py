"""Behaviours 16, 18 and 23: what of a line becomes a rule, or an error; prebuilt rules, races and versions."""

import threading

import pytest
from sandbox.kit import BODIES, IMPORT, RULES
from sandbox.lines import ACTION, PREBUILT, RULE, counts, failure, rule, stored

from rulepack.sandbox import Fault


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("9.3.0", failure(400, "threshold: Required", rule_id="(unknown id)")),
        ("9.5.0", failure(400, "threshold: Invalid input: expected object, received undefined")),
    ],
)
def test_case_32_a_line_that_does_not_fit(start, connect, version, expected):
    line = {name: value for name, value in BODIES["threshold"].items() if name != "threshold"}
    answer = connect(start(version=version)).imported({**line, "rule_id": "t"})
    assert (counts(answer), answer["errors"]) == ((False, 0, 1), [expected])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule_id": None}, "rule_id: Expected string, received null"),
        ({"type": "unheard of"}, "type: Invalid discriminator value. "),
        ({"name": 1, "severity": "x"}, "name: Expected string, received number, severity: Invalid enum value. "),
        (
            {"timeline_id": "t"},
            'when "timeline_id" exists, "timeline_title" must also exist',
        ),
        ({"timeline_id": "", "timeline_title": ""}, '"timeline_id" cannot be an empty string,"timeline_title" cannot'),
    ],
)
def test_what_is_wrong_with_a_line_is_said_as_the_routes_say_it(start, connect, change, message):
    answer = connect(start(zod=3)).imported({**RULE, **change})
    assert answer["errors"][0]["error"]["message"].startswith(message)
    assert counts(answer) == (False, 0, 1)


def test_a_rule_id_is_required(start, connect):
    answer = connect(start(zod=3)).imported(BODIES["query"])
    assert answer["errors"][0]["error"] == {"status_code": 400, "message": "rule_id: Required"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"interval": "soon"}, "Error validating create data - "),
        ({"actions": [{**ACTION, "id": "system-connector-.cases", "group": "x"}]}, "Failed to validate actions"),
    ],
)
def test_what_the_alerting_framework_refuses_is_a_400_of_that_rule(kibana, fields, message):
    answer = kibana.imported(rule("r1", **fields), rule("r2"))
    assert counts(answer) == (False, 1, 2)
    (error,) = answer["errors"]
    assert (error["rule_id"], error["error"]["status_code"]) == ("r1", 400)
    assert error["error"]["message"].startswith(message)


def test_another_type_and_a_licence_are_errors_of_their_rule(start, connect):
    kibana = connect(start(licence="basic", zod=3))
    kibana.made(rule_id="rule-1")
    ml = {**BODIES["machine_learning"], "rule_id": "ml"}
    answer = kibana.imported({**BODIES["eql"], "rule_id": "rule-1"}, ml, overwrite="true")
    assert answer["errors"] == [
        failure(400, 'params invalid: type: Invalid literal value, expected "query"', rule_id="rule-1"),
        failure(400, "Your license does not support machine learning. Please upgrade your license.", rule_id="ml"),
    ]


def test_investigation_fields_as_8_10_had_them_are_converted(kibana):
    kibana.imported(rule("r1", investigation_fields=["a"]), rule("r2", investigation_fields=[]))
    assert kibana.get(RULES, rule_id="r1").json()["investigation_fields"] == {"field_names": ["a"]}
    assert "investigation_fields" not in kibana.get(RULES, rule_id="r2").json()


@pytest.fixture
def offer():
    """Has a sandbox offer the prebuilt rule pre-1."""
    return lambda box: box.analyst().offer_prebuilt(PREBUILT, version=2)


def test_behaviour_16_a_prebuilt_rule_needs_a_version(box, kibana, offer):
    offer(box)
    answer = kibana.imported(PREBUILT)
    message = 'Prebuilt rules must specify a "version" to be imported. [rule_id: pre-1]'
    assert answer["errors"] == [failure(400, message, rule_id="pre-1")]


@pytest.mark.parametrize(
    ("change", "customized", "fields", "based"),
    [
        ({}, False, [], True),
        ({"name": "ours", "query": "x"}, True, ["kql_query", "name"], True),
        ({"version": 9}, True, [], False),
    ],
)
def test_behaviour_16_a_known_rule_id_is_prebuilt(box, kibana, offer, change, customized, fields, based):
    offer(box)
    kibana.made(rule_id="pre-1", name="was ours")
    kibana.imported({**PREBUILT, "version": 2, **change}, overwrite="true")
    made = kibana.get(RULES, rule_id="pre-1").json()
    assert made["immutable"]
    assert made["rule_source"] == {
        "type": "external",
        "is_customized": customized,
        "has_base_version": based,
        "customized_fields": [{"field_name": name} for name in fields],
    }


@pytest.mark.parametrize(("version", "taken"), [("8.18.0", False), ("9.1.0", True)])
def test_a_modified_prebuilt_rule_and_the_licence(start, connect, offer, version, taken):
    box = start(version=version, licence="basic")
    offer(box)
    answer = connect(box).imported({**PREBUILT, "version": 2, "name": "ours"})
    assert answer["success"] is taken
    assert stored(box) == ["pre-1"] * taken
    assert connect(box).imported({**PREBUILT, "version": 2}, overwrite="true")["success"]


def test_before_customisation_a_known_rule_id_is_as_any(start, connect, offer):
    box = start(version="8.17.0")
    offer(box)
    assert connect(box).imported(PREBUILT)["success"]
    (made,) = box.state.rules()
    assert (made["immutable"], made["rule_source"]) == (False, {"type": "internal"})


def test_behaviour_18_two_imports_in_a_race_make_two_rules(box, connect):
    box.faults.add(Fault.race(path=IMPORT))
    answers = []
    lines = [rule("r1"), rule("r2")]
    threads = [threading.Thread(target=lambda: answers.append(connect(box).imported(*lines))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [counts(answer) for answer in answers] == [(True, 2, 2)] * 2
    assert sorted(stored(box)) == ["r1", "r1", "r2", "r2"]
    assert box.faults.waiting == []


def test_behaviour_18_without_the_switch_they_do_not(box, connect):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(connect(box).imported(RULE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer["success_count"] for answer in answers) == [0, 0, 0, 1]
    assert stored(box) == ["rule-1"]


def test_serverless_adds_its_tag_to_what_is_imported(start, connect):
    box = start(serverless=True)
    connect(box).imported(rule("r", tags=["a"]))
    assert box.state.rules()[0]["tags"] == ["a", "Missing Universal Api Key"]


def test_a_field_of_a_newer_kibana_comes_back(box, kibana):
    kibana.made(rule_id="r")
    box.analyst().add_unknown_field("r", "future", {"a": 1})
    (line, _) = kibana.exported()
    kibana.changed(rule_id="r")
    kibana.imported(line, overwrite="true")
    assert kibana.get(RULES, rule_id="r").json()["future"] == {"a": 1}


@pytest.mark.parametrize("version", ["8.11.0", "8.15.0"])
def test_behaviour_23_before_8_16_there_is_no_rule_source(start, connect, version):
    box = start(version=version)
    kibana = connect(box)
    kibana.made(rule_id="a")
    kibana.imported(rule("b"), overwrite="true")
    kibana.imported(rule("b", name="n"), overwrite="true")
    box.analyst().offer_prebuilt(PREBUILT)
    box.analyst().install_prebuilt("pre-1")
    kibana.patch(RULES, {"rule_id": "pre-1", "name": "n"})
    kibana.changed(rule_id="a", name="n")
    assert [("rule_source" in one, one["immutable"]) for one in kibana.get(f"{RULES}/_find").json()["data"]] == [
        (False, False),
        (False, False),
        (False, True),
    ]


def test_behaviour_23_a_body_in_a_file_is_stripped_by_the_version(start, connect):
    suppression = {"group_by": ["a"]}
    mapping = {**BODIES["threat_match"], "rule_id": "r", "alert_suppression": suppression, "unknown": 1}
    for version, kept in (("8.11", False), ("8.13", True)):
        box = start(version=version)
        connect(box).imported(mapping)
        (made,) = box.state.rules()
        assert ("alert_suppression" in made) is kept
        assert "unknown" not in made
