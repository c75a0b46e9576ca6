"""Behaviour 21: exception lists, their items, and value lists."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox.kit import ITEMS, LISTS, RULES, damaged, refused
from support.samples import needs_shared

from rulepack.sandbox import bodies, exception_bodies
from rulepack.sandbox.answers import Refusal
from rulepack.stack import StackVersion

LIST = {"list_id": "l", "name": "n", "description": "d", "type": "detection"}
ENTRY = {"field": "host.name", "type": "match", "operator": "included", "value": "v"}
ITEM = {"list_id": "l", "item_id": "i", "name": "n", "description": "d", "type": "simple", "entries": [ENTRY]}


def made(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def listed(kibana):
    """The list `l` with the item `i`."""
    made(kibana.post(LISTS, LIST))
    return made(kibana.post(ITEMS, ITEM))


def test_a_list_is_made_with_what_it_does_not_name(kibana):
    one = made(kibana.post(LISTS, LIST))
    assert LIST.items() <= one.items()
    assert (one["namespace_type"], one["tags"], one["os_types"], one["version"]) == ("single", [], [], 1)
    assert made(kibana.post(LISTS, {**LIST, "list_id": "x", "meta": {"a": 1}}))["meta"] == {"a": 1}
    unnamed = {name: value for name, value in LIST.items() if name != "list_id"}
    assert isinstance(made(kibana.post(LISTS, unnamed))["list_id"], str)


def test_a_list_id_is_taken(kibana, connect, box):
    made(kibana.post(LISTS, LIST))
    refused(kibana.post(LISTS, LIST), 409, 'exception list id: "l" already exists')
    # It is another list in another space, or for all spaces.
    made(connect(box, space="other").post(LISTS, LIST))
    made(kibana.post(LISTS, {**LIST, "namespace_type": "agnostic"}))


def test_an_agnostic_list_is_in_every_space(kibana, connect, box):
    one = made(kibana.post(LISTS, {**LIST, "namespace_type": "agnostic"}))
    other = connect(box, space="other")
    assert made(other.get(LISTS, list_id="l", namespace_type="agnostic")) == one
    refused(other.get(LISTS, list_id="l"), 404)
    made(other.post(ITEMS, {**ITEM, "namespace_type": "agnostic"}))
    assert made(kibana.get(ITEMS, item_id="i", namespace_type="agnostic"))["namespace_type"] == "agnostic"


def test_a_list_is_replaced_by_id_or_list_id(kibana):
    one = made(kibana.post(LISTS, {**LIST, "tags": ["t"], "os_types": ["linux"], "version": 3}))
    two = made(kibana.put(LISTS, {**LIST, "name": "other"}))
    assert (two["name"], two["tags"], two["os_types"], two["version"]) == ("other", ["t"], [], 3)
    by_id = {name: value for name, value in LIST.items() if name != "list_id"}
    assert made(kibana.put(LISTS, {**by_id, "id": one["id"]}))["name"] == "n"
    refused(kibana.put(LISTS, by_id), 404, "either id or list_id need to be defined")
    refused(kibana.put(LISTS, {**LIST, "list_id": "x"}), 404, 'exception list list_id: "x" does not exist')
    refused(kibana.put(LISTS, {**by_id, "id": "x"}), 404, 'exception list id: "x" does not exist')


def test_a_list_changed_since_is_409(kibana, box):
    one = made(kibana.post(LISTS, LIST))
    box.analyst().edit_exception_list("l", name="theirs")
    assert "version conflict" in refused(kibana.put(LISTS, {**LIST, "_version": one["_version"]}), 409)
    current = made(kibana.get(LISTS, list_id="l"))
    assert current["name"] == "theirs"
    made(kibana.put(LISTS, {**LIST, "_version": current["_version"]}))
    refused(kibana.put(LISTS, {**LIST, "_version": current["_version"]}), 409)
    # Who does not say what the change is based on, overwrites.
    made(kibana.put(LISTS, LIST))


def test_deleting_a_list_deletes_its_items_and_leaves_the_links(kibana, listed):
    link = {"id": "1", "list_id": "l", "namespace_type": "single", "type": "detection"}
    kibana.made(rule_id="r", exceptions_list=[link])
    assert made(kibana.delete(LISTS, list_id="l"))["list_id"] == "l"
    refused(kibana.delete(LISTS, list_id="l"), 404)
    refused(kibana.get(ITEMS, id=listed["id"]), 404)
    assert kibana.get(RULES, rule_id="r").json()["exceptions_list"] == [link]
    refused(kibana.get(LISTS), 400)


def test_an_item_needs_its_list(kibana):
    refused(kibana.post(ITEMS, ITEM), 404, 'exception list id: "l" does not exist')


def test_an_item_id_is_taken(kibana, listed):
    assert ITEM.items() <= listed.items()
    refused(kibana.post(ITEMS, ITEM), 409, 'exception list item id: "i" already exists')


def test_a_put_overwrites_an_item(kibana, listed):
    without = {name: value for name, value in ITEM.items() if name != "list_id"}
    rich = {"tags": ["t"], "os_types": ["linux"], "expire_time": "2030-01-01T00:00:00.000Z", "meta": {"a": 1}}
    full = made(kibana.put(ITEMS, {**without, **rich, "comments": [{"comment": "c"}]}))
    assert rich.items() <= full.items()
    assert [one["comment"] for one in full["comments"]] == ["c"]
    (comment,) = full["comments"]
    sent = [{"id": comment["id"], "comment": "c"}, {"comment": "more"}]
    more = made(kibana.put(ITEMS, {**without, "comments": sent}))
    assert more["comments"][0] == comment
    assert [one["comment"] for one in more["comments"]] == ["c", "more"]
    bare = made(kibana.put(ITEMS, without))
    assert (bare["tags"], bare["os_types"], bare["comments"]) == ([], [], [])
    assert not {"expire_time", "meta"} & set(bare)
    for name in ("id", "list_id", "created_at", "tie_breaker_id"):
        assert bare[name] == listed[name]


def test_an_item_that_cannot_be_found(kibana, listed):
    nameless = {name: value for name, value in ITEM.items() if name not in ("item_id", "list_id")}
    refused(kibana.put(ITEMS, nameless), 404, "either id or item_id need to be defined")
    message = 'exception list item item_id: "x" does not exist'
    refused(kibana.put(ITEMS, {**nameless, "item_id": "x"}), 404, message)
    refused(kibana.delete(ITEMS, item_id="x"), 404, message)
    refused(kibana.get(ITEMS, id="x"), 404, 'exception list item id: "x" does not exist')
    refused(kibana.get(ITEMS), 400)
    assert made(kibana.delete(ITEMS, id=listed["id"])) == listed
    refused(kibana.get(ITEMS, item_id="i"), 404)


def test_an_item_changed_since_is_409(kibana, box, listed):
    theirs = box.analyst().edit_exception_item("i", name="theirs")
    assert theirs["updated_by"] == "analyst"
    without = {name: value for name, value in ITEM.items() if name != "list_id"}
    refused(kibana.put(ITEMS, {**without, "_version": listed["_version"]}), 409)
    made(kibana.put(ITEMS, {**without, "_version": theirs["_version"]}))


def test_a_list_has_a_most_of_items(start, connect):
    box = start(items_limit=3)
    kibana = connect(box)
    made(kibana.post(LISTS, LIST))
    for number in range(3):
        made(kibana.post(ITEMS, {**ITEM, "item_id": str(number)}))
    refused(kibana.post(ITEMS, {**ITEM, "item_id": "3"}), 400)
    assert len(box.state.exception_items()) == 3


GOOD_ENTRIES = [
    ENTRY,
    {**ENTRY, "type": "wildcard", "value": "a*"},
    {**ENTRY, "type": "match_any", "value": ["a", "b"]},
    {"field": "f", "type": "exists", "operator": "excluded"},
    {"field": "f", "type": "list", "operator": "included", "list": {"id": "ips", "type": "ip"}},
    {"field": "f", "type": "nested", "entries": [ENTRY, {"field": "g", "type": "exists", "operator": "included"}]},
]


@pytest.mark.parametrize("entry", GOOD_ENTRIES, ids=lambda entry: entry["type"])
def test_every_kind_of_entry(kibana, entry):
    made(kibana.post(LISTS, LIST))
    assert made(kibana.post(ITEMS, {**ITEM, "entries": [{**entry, "unknown": 1}]}))["entries"] == [entry]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"entries": [{**ENTRY, "type": "x"}]}, "entries.0.type"),
        ({"entries": [{**ENTRY, "value": ""}]}, "entries.0.value"),
        ({"entries": [{**ENTRY, "operator": "is"}]}, "entries.0.operator"),
        ({"entries": [{**ENTRY, "type": "match_any", "value": []}]}, "entries.0.value"),
        ({"entries": [{"field": "f", "type": "nested", "entries": [GOOD_ENTRIES[1]]}]}, "entries.0.entries.0.type"),
        ({"entries": [{"field": "f", "type": "nested", "entries": []}]}, "entries.0.entries"),
        ({"entries": ["x"]}, "entries.0"),
        ({"entries": "x"}, "entries"),
        ({"name": ""}, "name"),
        ({"type": "complex"}, "type"),
        ({"os_types": ["plan9"]}, "os_types.0"),
        ({"expire_time": "tomorrow"}, "expire_time"),
        ({"comments": [{"comment": ""}]}, "comments.0.comment"),
        ({"list_id": None}, "list_id"),
        ({"namespace_type": "both"}, "namespace_type"),
    ],
)
def test_a_wrong_item_is_refused_at_its_place(kibana, change, path):
    made(kibana.post(LISTS, LIST))
    assert refused(kibana.post(ITEMS, {**ITEM, **change}), 400).startswith(f"[request body]: {path}: ")


@pytest.mark.parametrize("change", [{"type": "x"}, {"name": 1}, {"description": None}, {"version": 0}, {"tags": "t"}])
def test_a_wrong_list_is_refused(kibana, change):
    refused(kibana.post(LISTS, {**LIST, **change}), 400)


def test_lists_are_found_by_space_page_and_filter(kibana):
    for number in range(3):
        made(kibana.post(LISTS, {**LIST, "list_id": f"l{number}", "name": f"list {number}"}))
    made(kibana.post(LISTS, {**LIST, "list_id": "a", "namespace_type": "agnostic"}))

    def found(**query):
        return [one["list_id"] for one in made(kibana.get(f"{LISTS}/_find", **query))["data"]]

    assert found() == ["l0", "l1", "l2"]
    assert found(namespace_type="agnostic") == ["a"]
    assert found(namespace_type="single,agnostic") == ["l0", "l1", "l2", "a"]
    assert found(namespace_type=["single", "agnostic"], per_page=2, page=2) == ["l2", "a"]
    assert found(filter="exception-list.attributes.list_id: l1") == ["l1"]
    assert found(sort_field="name", sort_order="desc") == ["l2", "l1", "l0"]
    page = made(kibana.get(f"{LISTS}/_find", per_page=1))
    assert {name: page[name] for name in ("page", "per_page", "total")} == {"page": 1, "per_page": 1, "total": 3}
    refused(kibana.get(f"{LISTS}/_find", namespace_type="x"), 400)
    refused(kibana.get(f"{LISTS}/_find", filter="name: x"), 400)


def test_items_are_found_by_list(kibana, listed):
    made(kibana.post(LISTS, {**LIST, "list_id": "a", "namespace_type": "agnostic"}))
    made(kibana.post(ITEMS, {**ITEM, "list_id": "a", "item_id": "j", "namespace_type": "agnostic"}))
    assert made(kibana.get(f"{ITEMS}/_find", list_id="l"))["data"] == [listed]
    both = made(kibana.get(f"{ITEMS}/_find", list_id="l,a", namespace_type="single,agnostic"))
    assert [one["item_id"] for one in both["data"]] == ["i", "j"]
    refused(kibana.get(f"{ITEMS}/_find", list_id="l,a"), 400)
    refused(kibana.get(f"{ITEMS}/_find"), 400)
    refused(kibana.get(f"{ITEMS}/_find", list_id="x"), 404)


def test_a_value_list_needs_its_data_streams(kibana):
    body = {"id": "ips", "name": "n", "description": "d", "type": "ip"}
    message = 'To create a list, the data stream must exist first. Data stream ".lists-default" does not exist'
    refused(kibana.post("/api/lists", body), 400, message)
    refused(kibana.get("/api/lists/index"), 404)
    made(kibana.post("/api/lists/index"))
    refused(kibana.post("/api/lists/index"), 409)
    assert made(kibana.get("/api/lists/index")) == {"list_index": True, "list_item_index": True}
    one = made(kibana.post("/api/lists", body))
    assert body.items() <= one.items()
    refused(kibana.post("/api/lists", body), 409, 'list id: "ips" already exists')
    assert made(kibana.get("/api/lists", id="ips")) == one
    assert made(kibana.get("/api/lists/_find"))["data"] == [one]
    assert made(kibana.delete("/api/lists", id="ips")) == one
    refused(kibana.get("/api/lists", id="ips"), 404)
    refused(kibana.get("/api/lists", id=""), 404)


def test_the_analyst_adds_items(kibana, box, listed):
    made_item = box.analyst().add_exception_item("l", name="known good")
    assert made(kibana.get(ITEMS, id=made_item["id"]))["created_by"] == "analyst"
    assert made(kibana.get(f"{ITEMS}/_find", list_id="l"))["data"] == box.state.exception_items()
    assert box.state.exception_items() == [listed, made_item]


NEWEST = StackVersion(9, 5)
RICH = {"tags": ["a"], "os_types": ["linux"], "meta": {"a": 1}}
FULL_LIST = {**LIST, **RICH, "version": 2, "namespace_type": "single"}
FULL_ITEM = {**ITEM, **RICH, "entries": GOOD_ENTRIES, "comments": [{"comment": "c"}]}
REQUESTS = [
    (exception_bodies.ListBody, LISTS, "post", FULL_LIST),
    (exception_bodies.ListUpdate, LISTS, "put", {**FULL_LIST, "id": "i", "_version": "v"}),
    (exception_bodies.ItemBody, ITEMS, "post", FULL_ITEM),
    (exception_bodies.ItemUpdate, ITEMS, "put", {**FULL_ITEM, "id": "i", "_version": "v"}),
    (
        exception_bodies.ValueListBody,
        "/api/lists",
        "post",
        {"id": "i", "name": "n", "description": "d", "type": "ip", "serializer": "s", "meta": {}, "version": 1},
    ),
]
ODD = st.sampled_from(
    [None, True, 0, 1, 1.5, "", "x", "simple", "agnostic", "match", "exists", "included", {}, [], [""], ["x"], [None]]
)


@needs_shared
@pytest.mark.parametrize(("cls", "path", "method", "body"), REQUESTS, ids=lambda one: getattr(one, "__name__", None))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_verdict_is_that_of_kibanas_schema(judge, cls, path, method, body, data):
    sent = data.draw(damaged(body, ODD))
    bodies.prepare(NEWEST, cls, *exception_bodies.MODELS)
    pointer = f"/paths/{path.replace('/', '~1')}/{method}/requestBody/content/application~1json/schema"
    try:
        errors = judge.errors(pointer, sent)
    except TypeError:
        errors = ["an array where a name should be, which the validator itself cannot take"]
    try:
        exception_bodies.read_body(cls, sent, NEWEST)
        refusal = None
    except Refusal as error:
        refusal = error.answer.text
    assert bool(refusal) == bool(errors), (refusal, errors)
