"""Behaviours 4, 16 and 17, and the cases of api.md section 3.3 that concern the file as a whole."""

import json
import time

import pytest
from sandbox.kit import IMPORT, RULES, refused
from sandbox.lines import ACTION, CONNECTOR, ITEM, LINK, LIST, RULE, counts, failure, rule, stored
from support.samples import needs_shared

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


def test_an_import_is_in_the_state_file(start, connect, tmp_path):
    file = tmp_path / "state.json"
    connect(start(state_file=file)).imported(LIST, ITEM, CONNECTOR, rule("r", actions=[ACTION], exceptions_list=[LINK]))
    again = start(state_file=file)
    assert stored(again) == ["r"]
    assert again.state.connectors()[0]["is_missing_secrets"]
