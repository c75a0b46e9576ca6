"""Bodies of rules: the sandbox takes what Kibana's own create schema takes, and keeps no more than that."""

import importlib.util
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox.kit import BODIES, RULES, at, damaged, places, refused
from support.samples import SHARED, needs_shared

from rulepack.rule import RULE_TYPES
from rulepack.sandbox import bodies, rules
from rulepack.sandbox.answers import Refusal, read_json, write_json
from rulepack.stack import StackVersion

NEWEST = StackVersion(9, 5)


def rule_bodies():
    spec = importlib.util.spec_from_file_location("rule_bodies", SHARED / "kibana" / "rule_bodies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    good = [pytest.param(body, id=name) for name, body in module.GOOD.items()]
    bad = [pytest.param(body, id=f"{kind}: {name}") for kind, ones in module.BAD.items() for name, body in ones]
    return good, bad, dict(module.ACCEPTED_TYPOS)


GOOD, BAD, TYPOS = rule_bodies() if SHARED.is_dir() else ([], [], {})


@needs_shared
def test_there_are_8_good_26_bad_and_4_typos():
    assert (len(GOOD), len(BAD), len(TYPOS)) == (8, 26, 4)


@needs_shared
def test_answers_are_judged(kibana, judge):
    """Where ../shared is not, all other tests run without a judge: this one says so."""
    before = judge.judged
    kibana.made()
    assert judge.judged == before + 1


@pytest.mark.parametrize("body", GOOD)
def test_a_good_body_is_accepted(kibana, body):
    answer = kibana.post(RULES, body)
    assert answer.status_code == 200, answer.text
    assert body.items() <= answer.json().items()


@pytest.mark.parametrize("body", BAD)
def test_a_bad_body_is_refused(kibana, box, body):
    message = refused(kibana.post(RULES, body), 400)
    assert message.startswith("[request body]: ")
    assert box.state.rules() == []


@needs_shared
def test_typos_are_accepted_and_stripped(kibana):
    answers = {name: kibana.post(RULES, {**body, "rule_id": name}) for name, body in TYPOS.items()}
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {
        "unknown key is dropped": 200,
        "foreign type field is dropped": 200,
        # The schema takes it; the alerting framework then does not.
        "bad interval is not checked by the schema": 400,
        "index and data_view_id together": 200,
    }
    assert "sevrity_mapping" not in answers["unknown key is dropped"].json()
    assert "threshold" not in answers["foreign type field is dropped"].json()
    assert answers["index and data_view_id together"].json()["data_view_id"] == "dv"


def test_a_bad_interval_is_refused_by_the_alerting_framework(kibana):
    message = "Error validating create data - [schedule.interval]: string is not a valid duration: soon"
    answer = kibana.post(RULES, {**BODIES["query"], "interval": "soon"})
    assert answer.json() == {"message": message, "status_code": 400}


@pytest.mark.parametrize("rule_type", list(RULE_TYPES))
def test_every_type_of_rule_is_taken(kibana, rule_type):
    body = BODIES[rule_type]
    assert body.items() <= kibana.made(rule_type).items()


def test_unknown_keys_are_stripped_at_any_depth(kibana):
    link = {"id": "1", "list_id": "a", "namespace_type": "single", "type": "detection"}
    tactic = {"id": "TA0002", "name": "Execution", "reference": "https://example.org"}
    rule = kibana.made(
        exceptions_list=[{**link, "extra": 1}],
        threat=[{"framework": "MITRE ATT&CK", "tactic": {**tactic, "extra": 1}, "extra": 1}],
        investigation_fields={"field_names": ["a"], "extra": 1},
        meta={"kept": {"as": "it is"}},
        new_terms={"field": "new_terms_fields", "value": ["a"], "history_window_start": []},
        threat_mappings=[],
        id="00000000-0000-4000-8000-000000000000",
        revision=7,
    )
    assert rule["exceptions_list"] == [link]
    assert rule["threat"] == [{"framework": "MITRE ATT&CK", "tactic": tactic}]
    assert rule["investigation_fields"] == {"field_names": ["a"]}
    assert rule["meta"] == {"kept": {"as": "it is"}}
    assert not {"new_terms", "threat_mappings"} & set(rule)
    assert (rule["revision"], rule["id"] == "00000000-0000-4000-8000-000000000000") == (0, False)


FIVE_IN_ZOD_3 = (
    "name: Expected string, received number, risk_score: Number must be less than or equal to 100, "
    "tags: Expected array, received number, note: Expected string, received null, "
    "from: Failed to parse date-math expression, and 1 more"
)
FIVE_IN_ZOD_4 = (
    "name: Invalid input: expected string, received number, risk_score: Too big: expected number to be <=100, "
    "tags: Invalid input: expected array, received number, note: Invalid input: expected string, received null, "
    "from: Failed to parse date-math expression, and 1 more"
)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("9.3.0", FIVE_IN_ZOD_3),
        ("9.4.0", FIVE_IN_ZOD_4),
    ],
)
def test_five_problems_are_named_and_the_rest_counted(start, connect, version, message):
    body = {**BODIES["query"], "name": 1, "tags": 1, "risk_score": 101, "from": "soon", "note": None, "to": 1}
    refused(connect(start(version=version)).post(RULES, body), 400, f"[request body]: {message}")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[]", "[request body]: Invalid input: expected object, received array"),
        (b"", "[request body]: Invalid input: expected object, received null"),
        (b'"text"', "[request body]: Invalid input: expected object, received string"),
        (b"{", "Invalid request payload JSON format"),
        (b'{"a": NaN}', "Invalid request payload JSON format"),
        (b'{"a": "\xff"}', "Invalid request payload JSON format"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "Invalid request payload JSON format"),
        (b'{"meta": ' + b"[" * 100 + b"]" * 100 + b"}", "[request body]: nested more than 64 levels deep"),
        (b"[" * 100_000, "Invalid request payload JSON format"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(kibana, data, message):
    refused(kibana.post(RULES, data=data, headers={"Content-Type": "application/json"}), 400, message)


def test_a_body_that_does_not_claim_to_be_json_is_refused(kibana):
    refused(kibana.post(RULES, data=b"{}", headers={"Content-Type": "text/plain"}), 415)


def test_numbers_are_those_of_javascript(kibana):
    data = json.dumps(BODIES["query"]).replace("21", "21.0").encode()
    answer = kibana.post(RULES, data=data, headers={"Content-Type": "application/json"})
    assert repr(answer.json()["risk_score"]) == "21"


@pytest.fixture(scope="module", autouse=True)
def _models_are_built():
    bodies.prepare(NEWEST, *rules.MODELS)


FULL = {
    "rule_id": "x",
    "author": ["a"],
    "tags": ["t"],
    "note": "n",
    "from": "now-1h",
    "to": "now",
    "interval": "1h",
    "throttle": "rule",
    "timeline_id": "i",
    "license": "l",
    "building_block_type": "default",
    "investigation_fields": {"field_names": ["a"]},
    "related_integrations": [{"package": "p", "version": "^1.0.0", "integration": "i"}],
    "required_fields": [{"name": "a", "type": "keyword"}],
    "risk_score_mapping": [{"field": "f", "operator": "equals", "value": "", "risk_score": 1}],
    "severity_mapping": [{"field": "f", "operator": "equals", "value": "v", "severity": "low"}],
    "exceptions_list": [{"id": "i", "list_id": "l", "type": "detection", "namespace_type": "single"}],
    "actions": [
        {
            "id": "i",
            "action_type_id": ".slack",
            "group": "default",
            "params": {"message": "m"},
            "frequency": {"summary": True, "notifyWhen": "onActiveAlert", "throttle": None},
            "alerts_filter": {"query": {"kql": "a", "filters": []}},
            "uuid": "u",
        }
    ],
    "response_actions": [
        {"action_type_id": ".osquery", "params": {"query": "q", "timeout": 1, "ecs_mapping": {"a": {"value": ["b"]}}}},
        {"action_type_id": ".endpoint", "params": {"command": "isolate", "comment": "c"}},
        {"action_type_id": ".endpoint", "params": {"command": "kill-process", "config": {"field": "f"}}},
    ],
    "threat": [
        {
            "framework": "f",
            "tactic": {"id": "i", "name": "n", "reference": "r"},
            "technique": [{"id": "i", "name": "n", "reference": "r", "subtechnique": []}],
        }
    ],
    "outcome": "conflict",
    "meta": {"a": None},
    "filters": [{"a": 1}],
    "alert_suppression": {"group_by": ["a"], "duration": {"value": 1, "unit": "m"}},
    "max_signals": 5,
    "version": 3,
}
ODD = st.one_of(
    st.sampled_from(
        [None, True, 0, 1, 101, -1, 1.5, "", " ", "x", "5m", "now-5m", "rule", "isolate", "low", [], [""], ["x"], {}]
    ),
    st.just([None]),
    st.just([{}]),
    st.just({"field": "f"}),
    st.lists(st.sampled_from(["a", "b"]), min_size=6, max_size=7),
)


@st.composite
def broken(draw):
    """The body of a rule with many fields, in which one or two places are gone or odd."""
    rule_type = draw(st.sampled_from(sorted(BODIES)))
    return draw(damaged({**FULL, **BODIES[rule_type]}, ODD, untouched=("type",)))


@needs_shared
@settings(max_examples=150, deadline=None)
@given(body=broken())
def test_the_verdict_is_that_of_kibanas_schema(judge, body):
    """But for what the document writes as a format, which its validators do not look at."""
    ours = body.get("from", "now-1h")
    title = "".join(part.title() for part in body["type"].split("_"))
    errors = judge.errors(f"/components/schemas/Security_Detections_API_{title}RuleCreateProps", body)
    blank = [path for path in places(body) if at(body, path) == " "]
    if blank or (isinstance(ours, str) and ours in {"", "x", "5m", "rule", "isolate", "low"}):
        return
    _, issues = bodies.rule_issues(RULE_TYPES[body["type"]], body, NEWEST)
    assert bool(issues) == bool(errors), (issues, errors)


@given(body=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(body):
    try:
        value = read_json(body)
    except Refusal:
        return
    assert body.strip() == b"" or read_json(write_json(value).encode()) == value
