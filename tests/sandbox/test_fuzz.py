"""Whatever is sent, the sandbox answers: never with a 500 of its own, and always as Kibana's contract has it."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sandbox.kit import BODIES, EXPORT, ITEMS, LISTS, RULES, Client

from rulepack.sandbox import Sandbox

CONNECTOR = "/api/actions/connector"
NAMES = sorted(
    {
        *(
            "name",
            "description",
            "type",
            "rule_id",
            "id",
            "list_id",
            "item_id",
            "tags",
            "threshold",
            "actions",
            "threat",
        ),
        *("entries", "comments", "exceptions_list", "interval", "from", "meta", "alert_suppression", "params", "field"),
        *("value", "frequency", "throttle", "required_fields", "_version", "namespace_type", "config", "secrets"),
        *("timeline_id", "timeline_title", "response_actions", "language", "query", "version", "operator", "list"),
        *("machine_learning_job_id", "risk_score", "enabled", "filters", "cardinality", "investigation_fields"),
    }
)
WORDS = [
    "",
    " ",
    "a",
    "query",
    "eql",
    "threshold",
    "match",
    "nested",
    "simple",
    "detection",
    "rule_default",
    "single",
    "5m",
    "now-6m",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
LIST = {"list_id": "l", "name": "n", "description": "d", "type": "detection"}
ENTRY = {"field": "host.name", "type": "match", "operator": "included", "value": "v"}
ITEM = {"list_id": "l", "item_id": "i", "name": "n", "description": "d", "type": "simple", "entries": [ENTRY]}
TEMPLATES = [
    *((RULES, body) for body in BODIES.values()),
    (LISTS, LIST),
    (ITEMS, ITEM),
    (CONNECTOR, {"name": "c", "connector_type_id": ".webhook"}),
    ("/api/lists", {"id": "v", "name": "n", "description": "d", "type": "ip"}),
]
# The one 500 that Kibana itself gives for a body.
MEANT = "More than one default exception list found on rule"


@st.composite
def calls(draw):
    """A write with a body that began well."""
    path, body = draw(st.sampled_from(TEMPLATES))
    body = {**copy.deepcopy(body), **draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))}
    if path == RULES:
        body.setdefault("rule_id", draw(st.sampled_from(["a", "b"])))
    methods = ["POST"] if path in (CONNECTOR, "/api/lists") else ["POST", "PUT"] + ["PATCH"] * (path == RULES)
    return (
        draw(st.sampled_from(methods)),
        path,
        draw(st.one_of(st.just(body), VALUES)) if draw(st.integers(0, 9)) == 0 else body,
    )


@pytest.fixture(scope="module")
def fuzzed(judge):
    with Sandbox(items_limit=20) as box:
        client = Client(box, judge)
        client.post("/api/lists/index")
        yield client


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(call=calls())
def test_no_body_makes_it_fail(fuzzed, call):
    method, path, body = call
    answer = fuzzed.call(method, path, body)
    if answer.status_code == 500:
        assert answer.json()["message"] == MEANT
    assert fuzzed.box.bugs == []


SAVED = {"id": "c", "type": "action", "attributes": {"actionTypeId": ".webhook", "name": "c", "config": {}}}
FILES = st.lists(
    st.one_of(
        st.builds(
            lambda begun, more: {**copy.deepcopy(begun), **more},
            st.sampled_from([*({**body, "rule_id": "a"} for body in BODIES.values()), LIST, ITEM, SAVED]),
            st.dictionaries(st.sampled_from([*NAMES, "attributes"]), VALUES, max_size=3),
        ),
        VALUES,
        st.text(max_size=20).filter(lambda text: "\n" not in text),
    ),
    max_size=6,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=FILES, overwrite=st.sampled_from(["true", "false"]))
def test_no_file_makes_it_fail(fuzzed, lines, overwrite):
    flags = dict.fromkeys(("overwrite", "overwrite_exceptions", "overwrite_action_connectors"), overwrite)
    answer = fuzzed.imported(*lines, **flags)
    assert answer["success"] is (answer["errors"] == [])
    most = sum(line.count("\n") + 1 if isinstance(line, str) else 1 for line in lines)
    assert answer["success_count"] <= answer["rules_count"] <= most
    assert fuzzed.box.bugs == []
    assert fuzzed.post(EXPORT).status_code == 200
    assert fuzzed.box.bugs == []


QUERIES = st.dictionaries(
    st.sampled_from(
        [
            "page",
            "per_page",
            "sort_field",
            "sort_order",
            "filter",
            "namespace_type",
            "list_id",
            "id",
            "rule_id",
            "item_id",
        ]
    ),
    st.text(max_size=8) | st.sampled_from(["asc", "name", "1", "single,agnostic", "l", "alert.attributes.name: *"]),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(
    method=st.sampled_from(["GET", "DELETE"]),
    path=st.sampled_from([RULES, f"{RULES}/_find", LISTS, f"{LISTS}/_find", ITEMS, f"{ITEMS}/_find", "/api/lists"]),
    query=QUERIES,
)
def test_no_query_makes_it_fail(fuzzed, method, path, query):
    fuzzed.call("POST", LISTS, LIST)
    fuzzed.call("POST", ITEMS, ITEM)
    assert fuzzed.call(method, path, **query).status_code in (200, 400, 404)
    assert fuzzed.box.bugs == []


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet='ab*:()"\\ andornot.', max_size=40))
def test_no_filter_makes_it_fail(fuzzed, text):
    for kql in (text, f"alert.attributes.name: {text}"):
        assert fuzzed.call("GET", f"{RULES}/_find", filter=kql).status_code in (200, 400)
    assert fuzzed.box.bugs == []


def test_what_was_kept_through_it_all_is_as_kibana_would_show_it(fuzzed):
    fuzzed.made(rule_id="last")
    assert fuzzed.get(f"{RULES}/_find", per_page=1000).json()["total"] >= 1
