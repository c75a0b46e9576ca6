"""Behaviours 4 and 16 to 18, and the cases of api.md section 3.3 that concern imports, by their numbers."""

import json
import threading
import time

import pytest
from sandbox.kit import BODIES, IMPORT, ITEMS, LISTS, RULES, refused
from support.samples import needs_shared

from rulepack.sandbox import Fault

RULE = {**BODIES["query"], "rule_id": "rule-1"}
LIST = {"list_id": "l", "name": "n", "description": "d", "type": "detection"}
ENTRY = {"field": "host.name", "type": "match", "operator": "included", "value": "v"}
ITEM = {"list_id": "l", "item_id": "i", "name": "n", "description": "d", "type": "simple", "entries": [ENTRY]}
LINK = {"id": "elsewhere", "list_id": "l", "namespace_type": "single", "type": "detection"}
CONNECTOR = {
    "id": "mail",
    "type": "action",
    "attributes": {"actionTypeId": ".email", "name": "Mail", "isMissingSecrets": True, "config": {"from": "a@b.c"}},
    "references": [],
}
ACTION = {"id": "mail", "action_type_id": ".email", "group": "default", "params": {"to": ["a@b.c"]}}
NO_FILE = "Cannot read properties of undefined (reading 'hapi')"
ALL_WELL = {
    "success": True,
    "success_count": 0,
    "rules_count": 0,
    "errors": [],
    "exceptions_success": True,
    "exceptions_success_count": 0,
    "exceptions_errors": [],
    "action_connectors_success": True,
    "action_connectors_success_count": 0,
    "action_connectors_errors": [],
    "action_connectors_warnings": [],
}


def rule(rule_id, **fields):
    return {**RULE, "rule_id": rule_id, **fields}


def counts(answer):
    return answer["success"], answer["success_count"], answer["rules_count"]


def failure(status, message, **ids):
    return {**ids, "error": {"status_code": status, "message": message}}


def stored(box):
    return [one["rule_id"] for one in box.state.rules()]


def test_case_23_a_file_of_another_kind(kibana):
    answer = kibana.send(RULE, name="rules.txt")
    assert answer.status_code == 400
    assert answer.json() == {"status_code": 400, "message": "Invalid file extension .txt"}
    refused(kibana.send(RULE, name="ndjson"), 400, "Invalid file extension ")
    assert kibana.send(RULE, name="some/RULES.NDJSON").status_code == 200


def test_case_23_no_file_at_all(kibana):
    refused(kibana.post(IMPORT, files={"other": ("rules.ndjson", b"")}), 500, NO_FILE)
    refused(kibana.post(IMPORT, RULE), 500, NO_FILE)
    refused(kibana.post(IMPORT), 500, NO_FILE)
    refused(kibana.post(IMPORT, data=b"x", headers={"Content-Type": "text/plain"}), 500, NO_FILE)
    assert "filename" in refused(kibana.post(IMPORT, files={"file": (None, b"{}")}), 500)
    twice = [("file", ("rules.ndjson", b"{}"))] * 2
    assert "filename" in refused(kibana.post(IMPORT, files=twice), 500)


@needs_shared
def test_answers_to_imports_are_judged(kibana, judge):
    before = judge.judged
    kibana.imported(RULE)
    kibana.send(RULE, name="rules.txt")
    assert judge.judged == before + 2


def test_case_23_an_empty_file(kibana):
    assert kibana.imported() == ALL_WELL


def test_case_23_blank_lines_are_nothing(kibana):
    assert counts(kibana.imported("", "  \t", RULE, "\r", "null", "")) == (True, 1, 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("this is no JSON", "Unexpected token 't', \"this is no JSON\" is not valid JSON"),
        ('{"rule_id": ', "Unexpected end of JSON input"),
        ('{"rule_id": "' + "x" * 50 + '", y}', 'Unexpected token \'y\', ..."xxxxxxx", y}" is not valid JSON'),
        ("this is no JSON by far", "Unexpected token 't', \"this is no\"... is not valid JSON"),
    ],
)
def test_case_23_a_corrupt_line(kibana, line, message):
    answer = kibana.imported(line)
    assert counts(answer) == (False, 0, 1)
    (error,) = answer["errors"]
    assert error["error"]["status_code"] == 400
    assert error["error"]["message"] == message


@pytest.mark.parametrize(
    "line", ["[" * 100_000, "[" * 100 + "]" * 100, "1" * 5000, "1e999", "5", '"text"', "[]", "true"]
)
def test_a_line_that_is_no_object(kibana, line):
    answer = kibana.imported(line, RULE)
    assert counts(answer) == (False, 1, 2)
    assert "rule_id" not in answer["errors"][0]


def test_case_24_of_two_lines_the_last_wins(kibana):
    lines = [rule("rule-1", name="first"), rule("rule-1", name="second")]
    answer = kibana.imported(*lines)
    assert counts(answer) == (False, 1, 2)
    assert answer["errors"] == [failure(400, 'More than one rule with rule-id: "rule-1" found', rule_id="rule-1")]
    assert kibana.get(RULES, rule_id="rule-1").json()["name"] == "second"
    answer = kibana.imported(*reversed(lines), overwrite="true")
    assert counts(answer) == (True, 1, 2)
    assert kibana.get(RULES, rule_id="rule-1").json()["name"] == "first"


def test_case_25_what_is_there_is_left_alone(kibana):
    before = kibana.made(rule_id="rule-1")
    answer = kibana.imported(rule("rule-1", name="other"))
    conflict = failure(409, "Rule with this rule_id already exists", rule_id="rule-1")
    assert (counts(answer), answer["errors"]) == ((False, 0, 1), [conflict])
    answer = kibana.imported(rule("rule-1"), rule("rule-2"), rule("rule-3"))
    assert (counts(answer), answer["errors"]) == ((False, 2, 3), [conflict])
    assert kibana.get(RULES, rule_id="rule-1").json() == before


def test_case_26_an_overwritten_rule_keeps_nothing_that_the_file_lacks(kibana):
    rich = {
        "rule_name_override": "a",
        "timestamp_override": "b",
        "timeline_id": "t",
        "timeline_title": "T",
        "license": "l",
        "note": "n",
        "building_block_type": "default",
        "namespace": "ns",
        "meta": {"a": 1},
        "investigation_fields": {"field_names": ["a"]},
    }
    before = kibana.made(rule_id="rule-1", enabled=True, version=7, output_index="x", **rich)
    assert counts(kibana.imported(RULE, overwrite="true")) == (True, 1, 1)
    after = kibana.get(RULES, rule_id="rule-1").json()
    assert not set(rich) & set(after)
    assert (after["output_index"], after["revision"], after["id"]) == ("", 1, before["id"])
    # Only whether it runs stays; the version of a rule of one's own is 1 unless the file says another.
    assert (after["enabled"], after["version"]) == (True, 1)


def test_case_27_an_id_in_the_file_is_not_taken(kibana):
    sent = rule("rule-1", id="8eebf3d9-d9d4-4d35-9d68-6b2f9ac2a3f9", created_by="someone", immutable=True, revision=9)
    kibana.imported(sent)
    first = kibana.get(RULES, rule_id="rule-1").json()
    assert first["id"] != sent["id"]
    assert (first["created_by"], first["immutable"], first["revision"]) == ("sandbox", False, 0)
    assert first["rule_source"] == {"type": "internal"}
    kibana.imported({**sent, "name": "changed"}, overwrite="true")
    again = kibana.get(RULES, rule_id="rule-1").json()
    assert (again["id"], again["name"], again["created_at"]) == (first["id"], "changed", first["created_at"])
    kibana.imported({**sent, "rule_id": "rule-2"})
    assert kibana.get(f"{RULES}/_find").json()["total"] == 2


def test_case_27_the_newest_leave_alone_what_would_not_change(start, connect):
    kibana = connect(start(version="9.6.0"))
    before = kibana.made(rule_id="rule-1", tags=["a"])
    lines = kibana.exported()
    answer = kibana.imported(*lines, overwrite="true")
    assert (answer["unchanged_count"], counts(answer)) == (1, (True, 1, 1))
    assert kibana.get(RULES, rule_id="rule-1").json() == before
    answer = kibana.imported({**lines[0], "enabled": True}, overwrite="true")
    assert answer["unchanged_count"] == 0
    assert kibana.get(RULES, rule_id="rule-1").json()["updated_at"] > before["updated_at"]


def test_case_27_the_others_write_it_all_the_same(kibana):
    before = kibana.made(rule_id="rule-1")
    answer = kibana.imported(*kibana.exported(), overwrite="true")
    assert "unchanged_count" not in answer
    after = kibana.get(RULES, rule_id="rule-1").json()
    assert (after["revision"], after["updated_at"] > before["updated_at"]) == (0, True)


@pytest.mark.parametrize("namespace", ["single", "agnostic"])
def test_case_28_a_rule_comes_with_its_list_and_item(kibana, namespace):
    link = {**LINK, "type": "rule_default", "namespace_type": namespace}
    made = {"namespace_type": namespace}
    # The order of the lines does not matter.
    answer = kibana.imported(
        {**ITEM, **made}, rule("rule-1", exceptions_list=[link]), {**LIST, **made, "type": "rule_default"}
    )
    assert counts(answer) == (True, 1, 1)
    assert (answer["exceptions_success"], answer["exceptions_success_count"]) == (True, 1)
    there = kibana.get(LISTS, list_id="l", namespace_type=namespace).json()
    assert kibana.get(RULES, rule_id="rule-1").json()["exceptions_list"] == [{**link, "id": there["id"]}]
    assert kibana.get(ITEMS, item_id="i", namespace_type=namespace).json()["entries"] == [ENTRY]


def test_case_28_a_hundred_and_fifty_of_them(kibana):
    lines = []
    for number in range(150):
        list_id = f"l{number}"
        lines += [
            rule(f"r{number}", exceptions_list=[{**LINK, "list_id": list_id, "type": "rule_default"}]),
            {**LIST, "list_id": list_id, "type": "rule_default"},
            {**ITEM, "list_id": list_id, "item_id": f"i{number}"},
        ]
    answer = kibana.imported(*lines)
    assert counts(answer) == (True, 150, 150)
    assert answer["exceptions_success_count"] == 150


def test_case_29_a_link_to_a_list_that_is_not_there_is_removed(kibana):
    there = kibana.post(LISTS, LIST).json()
    missing = {**LINK, "list_id": "123"}
    answer = kibana.imported(rule("imported-rule", exceptions_list=[missing, LINK]))
    assert counts(answer) == (False, 1, 1)
    message = (
        'Rule with rule_id: "imported-rule" references a non existent exception list of list_id: "123". '
        "Reference has been removed."
    )
    assert answer["errors"] == [failure(400, message, rule_id="imported-rule")]
    assert kibana.get(RULES, rule_id="imported-rule").json()["exceptions_list"] == [{**LINK, "id": there["id"]}]


@pytest.mark.parametrize("change", [{"type": "rule_default"}, {"namespace_type": "agnostic"}, {"list_id": "L"}])
def test_a_link_is_to_a_list_of_that_name_type_and_namespace(kibana, change):
    kibana.post(LISTS, LIST)
    answer = kibana.imported(rule("r", exceptions_list=[{**LINK, **change}]), overwrite="true")
    assert counts(answer) == (False, 1, 1)
    assert kibana.get(RULES, rule_id="r").json()["exceptions_list"] == []


def test_case_30_comments_become_new_ones(kibana):
    old = {"id": "old", "comment": "was there", "created_by": "someone", "created_at": "2020-01-01T00:00:00.000Z"}
    kibana.imported(LIST, {**ITEM, "comments": [old, {"comment": "new"}]})
    first, second = kibana.get(ITEMS, item_id="i").json()["comments"]
    assert (first["comment"], second["comment"]) == ("was there", "new")
    assert (first["created_by"], first["id"] == "old") == ("sandbox", False)
    assert first["created_at"] > old["created_at"]


def test_case_31_a_connector_comes_without_its_secrets(kibana):
    answer = kibana.imported(CONNECTOR, rule("rule-1", actions=[ACTION]))
    assert counts(answer) == (True, 1, 1)
    assert (answer["action_connectors_success"], answer["action_connectors_success_count"]) == (True, 1)
    assert answer["action_connectors_warnings"][0]["message"].startswith("1 connector has sensitive information")
    there = kibana.get("/api/actions/connector/mail").json()
    assert (there["is_missing_secrets"], there["config"]) == (True, {"from": "a@b.c"})
    # Only an import that brings connectors may use those without secrets.
    message = "Failed to validate actions due to the following error: Invalid connectors: Mail"
    refused(kibana.post(RULES, {**BODIES["query"], "actions": [ACTION]}), 400, message)
    answer = kibana.imported(rule("rule-2", actions=[ACTION]))
    assert answer["errors"] == [failure(400, message, rule_id="rule-2")]
    kibana.put("/api/actions/connector/mail", {"name": "Mail", "secrets": {"password": "p"}})
    assert counts(kibana.imported(rule("rule-2", actions=[ACTION]))) == (True, 1, 1)


def test_case_31_a_connector_that_is_there_is_left_alone(kibana, box):
    before = kibana.post("/api/actions/connector/mail", {"name": "Ours", "connector_type_id": ".webhook"}).json()
    answer = kibana.imported(CONNECTOR, rule("rule-1", actions=[ACTION]))
    assert counts(answer) == (True, 1, 1)
    assert (answer["action_connectors_success"], answer["action_connectors_success_count"]) == (False, 0)
    assert answer["action_connectors_errors"] == [failure(409, "Saved Object already exists", id="mail")]
    assert box.state.connectors() == [before]
    answer = kibana.imported(CONNECTOR, overwrite_action_connectors="true")
    assert answer["action_connectors_success_count"] == 1
    assert kibana.get("/api/actions/connector/mail").json()["connector_type_id"] == ".email"


def test_case_31_a_connector_that_is_nowhere(kibana, box):
    ghost = {**ACTION, "id": "ghost"}
    answer = kibana.imported(rule("r1", id="some-id", actions=[ghost, ACTION]), rule("r2"))
    message = "Rule actions reference the following missing action IDs: ghost,mail"
    assert answer["errors"] == [failure(404, message, rule_id="r1", id="some-id")]
    assert (counts(answer), stored(box)) == ((False, 1, 2), ["r2"])


def test_case_31_a_connector_of_the_installation(start, connect):
    kibana = connect(start(preconfigured=[{"id": "mail", "name": "House", "connector_type_id": ".email"}]))
    assert counts(kibana.imported(rule("r1", actions=[ACTION]))) == (True, 1, 1)
    answer = kibana.imported(CONNECTOR, overwrite_action_connectors="true")
    assert answer["action_connectors_errors"] == [failure(409, "Saved Object already exists", id="mail")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "dashboard"}, "Unsupported SO action type"),
        ({"id": None}, "Unknown Saved Object import error: a saved object without an id"),
        ({"attributes": None}, "Unknown Saved Object import error: "),
        ({"attributes": {"name": "n", "actionTypeId": 1}}, "Unknown Saved Object import error: "),
        ({"attributes": {"name": "n", "actionTypeId": ".x", "config": []}}, "Unknown Saved Object import error: "),
    ],
)
def test_a_saved_object_that_is_no_connector(kibana, change, message):
    answer = kibana.imported({**CONNECTOR, **change})
    assert answer["action_connectors_errors"][0]["error"]["message"].startswith(message)
    assert counts(answer) == (True, 0, 0)


def test_who_may_not_see_connectors_imports_none(start, connect):
    box = start(no_connectors_keys=("rules-only",))
    kibana = connect(box, key="rules-only")
    refused(kibana.get("/api/actions/connectors"), 403, "Unauthorized to get actions")
    refused(kibana.post("/api/actions/connector", {}), 403, "Unauthorized to change actions")
    answer = kibana.imported(CONNECTOR, rule("r1", actions=[ACTION]), rule("r2"))
    (error,) = answer["action_connectors_errors"]
    assert error["error"]["status_code"] == 403
    assert error["error"]["message"].startswith("You may not have actions privileges required to import actions: ")
    assert (counts(answer), stored(box)) == ((False, 1, 2), ["r2"])
    assert answer["errors"][0]["error"]["status_code"] == 403


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


@pytest.mark.parametrize(
    ("settings", "count", "taken"),
    [
        ({}, 4, True),
        ({}, 5, False),
        ({"version": "9.6.0"}, 5, True),
        ({"version": "9.6.0"}, 6, False),
        ({"import_limit_included": True}, 5, True),
        ({"version": "9.6.0", "import_limit_included": False}, 5, False),
    ],
)
def test_case_33_how_many_rules_a_file_may_have(start, connect, settings, count, taken):
    box = start(rules_limit=5, **settings)
    answer = connect(box).send(*(rule(f"r{number}") for number in range(count)))
    if taken:
        assert counts(answer.json()) == (True, count, count)
    else:
        refused(answer, 500, "Can't import more than 5 rules")
        assert stored(box) == []


def test_case_33_ten_thousand_rules_take_seconds(start, connect, capsys):
    box = start(import_limit_included=True)
    kibana = connect(box)
    lines = [rule(f"r{number}", note="n" * 500) for number in range(10_000)]
    begin = time.perf_counter()
    answer = kibana.imported(*lines)
    taken = time.perf_counter() - begin
    assert counts(answer) == (True, 10_000, 10_000)
    assert len(set(stored(box))) == 10_000
    with capsys.disabled():
        print(f"\nimport of 10,000 rules, client included: {taken:.2f} s")
    # Ten times what was measured.
    assert taken < 10


def test_how_many_exceptions_a_file_may_have(start, connect):
    kibana = connect(start(rules_limit=3))
    refused(kibana.send(LIST, ITEM, {**ITEM, "item_id": "j"}), 500, "Can't import more than 3 exceptions")
    assert kibana.imported(LIST, ITEM)["exceptions_success_count"] == 1


def test_behaviour_4_an_import_has_a_limit_of_its_own(start, connect):
    kibana = connect(start(body_limit=1000, import_limit=20_000))
    assert counts(kibana.imported(rule("r1", note="n" * 10_000))) == (True, 1, 1)
    message = "Payload content length greater than maximum allowed: 20000"
    refused(kibana.send(rule("r2", note="n" * 20_000)), 413, message)
    refused(kibana.post(RULES, rule("r2", note="n" * 10_000)), 413)
    assert kibana.box.settings.import_limit == 20_000
    assert counts(kibana.imported(rule("r3"))) == (True, 1, 1)


def test_behaviour_4_the_limit_of_an_import_is_ten_megabytes(box, kibana):
    assert box.settings.import_limit == 10_485_760
    assert kibana.imported(*["x" * 1_000_000] * 10)["rules_count"] == 10
    assert kibana.send(*["x" * 1_000_000] * 11).status_code == 413


def test_a_body_in_many_small_chunks_is_read_in_good_time(kibana):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="r.ndjson"\r\n\r\n'
    body = head + b" " * 3_000_000 + json.dumps(RULE).encode() + b"\r\n--b--\r\n"
    chunks = (body[at : at + 100] for at in range(0, len(body), 100))
    begin = time.perf_counter()
    answer = kibana.post(IMPORT, data=chunks, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert counts(answer.json()) == (True, 1, 1)
    assert time.perf_counter() - begin < 10


def test_behaviour_16_the_query_is_checked_first(start, connect):
    kibana = connect(start(zod=3))
    message = (
        "[request query]: overwrite: Invalid enum value. Expected 'true' | 'false', received 'yes', "
        "overwrite: Expected boolean, received string"
    )
    refused(kibana.send(RULE, name="rules.txt", overwrite="yes"), 400, message)


def test_behaviour_16_it_is_a_write(start, connect):
    kibana = connect(start(read_only_keys=("reader",)), key="reader")
    assert "is unauthorized" in refused(kibana.send(RULE), 403)


def test_behaviour_17_exceptions_stay_when_rules_fail(kibana, box):
    answer = kibana.imported(LIST, ITEM, "{", rule("r", actions=[ACTION]))
    assert counts(answer) == (False, 0, 2)
    assert answer["exceptions_success_count"] == 1
    assert [one["item_id"] for one in box.state.exception_items()] == ["i"]
    # And the other way round: what is wrong with exceptions does not make the import of rules a failure.
    answer = kibana.imported(LIST, rule("r"))
    assert (answer["success"], answer["exceptions_success"]) == (True, False)


def test_behaviour_16_a_list_that_is_there_is_skipped_but_not_its_items(kibana):
    kibana.imported(LIST, ITEM)
    answer = kibana.imported({**LIST, "name": "other"}, ITEM, {**ITEM, "item_id": "j"})
    skipped = 'Found that {0}: "{1}" already exists. Import of {0}: "{1}" skipped.'
    assert answer["exceptions_errors"] == [
        failure(409, skipped.format("list_id", "l"), list_id="l"),
        failure(409, skipped.format("item_id", "i"), item_id="i", list_id="l"),
    ]
    assert (answer["exceptions_success"], answer["exceptions_success_count"], answer["success"]) == (False, 1, True)
    assert kibana.get(LISTS, list_id="l").json()["name"] == "n"
    assert kibana.get(f"{ITEMS}/_find", list_id="l").json()["total"] == 2


def test_behaviour_16_an_overwritten_list_has_what_the_file_has(kibana):
    kibana.imported({**LIST, "tags": ["t"]}, {**ITEM, "tags": ["t"]}, {**ITEM, "item_id": "gone"})
    before = kibana.get(LISTS, list_id="l").json()
    answer = kibana.imported({**LIST, "name": "other"}, {**ITEM, "name": "other"}, overwrite_exceptions="true")
    assert (answer["exceptions_errors"], answer["exceptions_success_count"]) == ([], 1)
    after = kibana.get(LISTS, list_id="l").json()
    assert (after["name"], after["tags"], after["id"]) == ("other", [], before["id"])
    assert after["_version"] != before["_version"]
    (item,) = kibana.get(f"{ITEMS}/_find", list_id="l").json()["data"]
    assert (item["item_id"], item["name"], item["tags"]) == ("i", "other", [])


def test_behaviour_16_one_error_and_nothing_is_deleted(kibana):
    kibana.imported(LIST, ITEM, {**ITEM, "item_id": "stays"})
    answer = kibana.imported(LIST, ITEM, {**ITEM, "list_id": "nowhere", "item_id": "k"}, overwrite_exceptions="true")
    message = 'Exception list with list_id: "nowhere", not found for exception list item with item_id: "k"'
    assert answer["exceptions_errors"] == [failure(409, message, item_id="k", list_id="nowhere")]
    assert kibana.get(f"{ITEMS}/_find", list_id="l").json()["total"] == 2


def test_an_item_of_another_list_is_passed_over(kibana):
    kibana.imported(LIST, {**LIST, "list_id": "m"}, ITEM)
    answer = kibana.imported({**ITEM, "list_id": "m", "name": "other"}, overwrite_exceptions="true")
    assert (answer["exceptions_success"], answer["exceptions_success_count"]) == (True, 0)
    assert kibana.get(ITEMS, item_id="i").json()["name"] == "n"


def test_an_exception_twice_in_a_file(kibana):
    answer = kibana.imported(LIST, {**LIST, "name": "last"}, ITEM, {**ITEM, "name": "last"})
    messages = [error["error"]["message"] for error in answer["exceptions_errors"]]
    assert messages == [
        'More than one exception list with list_id: "l" found in imports. The last list will be used.',
        'More than one exception list item with item_id: "i" found in imports. The last item will be used.',
    ]
    assert kibana.get(LISTS, list_id="l").json()["name"] == kibana.get(ITEMS, item_id="i").json()["name"] == "last"


@pytest.mark.parametrize(
    ("line", "name", "reason"),
    [
        ({**LIST, "type": "x"}, "list_id", "list: type: Invalid option"),
        ({**LIST, "surprise": 1, "wonder": 2}, "list_id", 'list: invalid keys "surprise,wonder"'),
        ({"list_id": "l"}, "list_id", "list: "),
        ({**ITEM, "entries": []}, "item_id", None),
        ({**ITEM, "entries": [{}]}, "item_id", "list item: entries.0.type: "),
        ({**ITEM, "comments": [{"id": "x"}]}, "item_id", "list item: comments.0.comment: "),
        ({name: value for name, value in ITEM.items() if name != "item_id"}, "item_id", "list item: item_id: "),
        ({"entries": 1}, "item_id", "list item: "),
    ],
)
def test_an_exception_that_does_not_fit(kibana, line, name, reason):
    kibana.imported({**LIST, "list_id": "other"})
    answer = kibana.imported(LIST, line) if name == "item_id" else kibana.imported(line)
    if reason is None:
        assert answer["exceptions_errors"] == []
        return
    (error,) = answer["exceptions_errors"]
    assert (error["list_id"], error["error"]["status_code"]) == (f"(unknown {name})", 400)
    assert error["error"]["message"].startswith(f"Error found importing exception {reason}")


PREBUILT = {**RULE, "rule_id": "pre-1", "author": ["Elastic"], "license": "Elastic License v2"}


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


def test_an_import_is_in_the_state_file(start, connect, tmp_path):
    file = tmp_path / "state.json"
    connect(start(state_file=file)).imported(LIST, ITEM, CONNECTOR, rule("r", actions=[ACTION], exceptions_list=[LINK]))
    again = start(state_file=file)
    assert stored(again) == ["r"]
    assert again.state.connectors()[0]["is_missing_secrets"]


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
