"""ECS: the shipped fields, and Elastic's own files as a source."""

from __future__ import annotations

import gzip
import json

import pytest

from rulepack.reference import Reference
from rulepack.reference.ecs import Ecs, Values
from rulepack.reference.ecs_flat import parse_ecs
from rulepack.reference.storage import UnreadableError


@pytest.fixture(scope="module")
def ecs():
    return Reference().ecs


@pytest.mark.parametrize(
    ("field", "type_"),
    [
        ("@timestamp", "date"),
        ("process.name", "keyword"),
        ("process.name.text", "match_only_text"),
        ("process.pid", "long"),
        ("source.ip", "ip"),
        ("registry.data.strings", "wildcard"),
        ("process.nonsense", None),
    ],
)
def test_the_shipped_types(ecs, field, type_):
    assert ecs.type_of(field) == type_


def test_the_shipped_fields(ecs):
    assert ecs.version == "9.4.0"
    assert len(ecs.fields) == 2725
    assert list(ecs.fields) == sorted(ecs.fields)


def test_the_shipped_fields_are_elastics(ecs, shared):
    elastics = parse_ecs((shared / "fields" / "ecs-flat-9.4.0.json.gz").read_bytes(), "9.4.0")
    assert elastics.to_payload() == ecs.to_payload()


def test_fields_survive_being_stored(ecs):
    again = Ecs.from_payload(json.loads(json.dumps(ecs.to_payload())))
    assert (again.version, again.fields) == (ecs.version, ecs.fields)
    assert (again.arrays, again.values, again.event_types) == (ecs.arrays, ecs.values, ecs.event_types)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"version": "1"},
        {"version": 1, "types": []},
        {"version": "1", "types": [["keyword"]]},
        {"version": "1", "types": [["keyword", [1]]]},
        {"version": "1", "types": [[None, ["a"]]]},
        {"version": "1", "types": [["keyword", 5]]},
    ],
)
def test_payloads_of_another_shape_are_refused(payload):
    with pytest.raises(ValueError):
        Ecs.from_payload(payload)


TYPESCRIPT = r"""
/* 'A licence' */
export const EcsFlat: Record<string, Field> = {
  '@timestamp': { type: 'date', required: true, level: null },
  agent: {
    description: 'It\'s a "quoted"\n\\ text\x21 // no comment, { } \u00e9', // a comment
    type: "keyword",
    example: "it's",
    'multi_fields': [{ flat_name: 'agent.text', name: 'text', type: 'match_only_text', }],
    ignore_above: 1024,
  },
};
"""


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_typescript_is_read(wrap):
    fields = parse_ecs(wrap(TYPESCRIPT.encode()), "9.9.9").fields
    assert fields == {"@timestamp": "date", "agent": "keyword", "agent.text": "match_only_text"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "it is not ecs_flat: fields by name are expected"),
        (b"{}", "it is not ecs_flat: there are no fields in it"),
        (b'{"a": 5}', "it is not ecs_flat: a has no type"),
        (b'{"a": {"type": 5}}', "it is not ecs_flat: a has no type"),
        (b'{"a": {"type": "keyword", "multi_fields": 5}}', "it is not ecs_flat: multi_fields of a is no list"),
        (b'{"a": {"type": "keyword", "multi_fields": [{"type": "text"}]}}', "it is not ecs_flat: a has no flat_name"),
        (b"export const A = {\xff}", "it is not UTF-8"),
        (b"\xff\xfe\xfd", "it is not JSON (and not even text)"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_other_content_is_refused(content, reason):
    with pytest.raises(UnreadableError) as caught:
        parse_ecs(content, "9.9.9")
    assert str(caught.value) == reason


@pytest.mark.parametrize("content", [b"", b"<html>", b"export const A = { b: `c` };", b"export const A = f({});"])
def test_what_is_no_literal_is_refused(content):
    with pytest.raises(UnreadableError, match="not JSON"):
        parse_ecs(content, "9.9.9")


def test_the_values_that_ecs_lists(ecs):
    assert ecs.values["event.outcome"] == Values(("failure", "success", "unknown"), closed=True)
    assert {name for name, values in ecs.values.items() if values.closed} >= {
        "event.category",
        "event.kind",
        "event.outcome",
        "event.type",
    }
    assert not ecs.values["host.os.type"].closed
    assert "process.name" not in ecs.values
    assert set(ecs.values) <= set(ecs.fields)


def test_the_event_types_of_a_category(ecs):
    assert ecs.event_types["process"] == ("access", "change", "end", "info", "start")
    assert set(ecs.event_types) <= set(ecs.values["event.category"].values)
    assert {each for types in ecs.event_types.values() for each in types} <= set(ecs.values["event.type"].values)


def test_which_fields_hold_several_values(ecs):
    assert {"event.category", "event.type", "process.args"} <= ecs.arrays
    assert not {"event.kind", "process.name"} & ecs.arrays


VALUES = rb"""
export const EcsFlat = {
  'event.category': {
    type: 'keyword', normalize: ['array'],
    allowed_values: [
      { name: 'file', description: 'a "b"', expected_event_types: ['change', 'info'] },
      { name: 'odd', beta: 'yes' },
    ],
  },
  'host.os.type': { type: 'keyword', normalize: [], expected_values: ['linux', 'macos'] },
};
"""


def test_values_are_read_from_typescript():
    ecs = parse_ecs(VALUES, "1.0")
    assert ecs.values == {
        "event.category": Values(("file", "odd"), closed=True),
        "host.os.type": Values(("linux", "macos"), closed=False),
    }
    assert ecs.event_types == {"file": ("change", "info")}
    assert ecs.arrays == {"event.category"}


@pytest.mark.parametrize(
    "field",
    [{"allowed_values": 5}, {"allowed_values": [5]}, {"allowed_values": [{"text": "x"}]}, {"normalize": "array"}],
)
def test_values_of_another_shape_are_refused(field):
    with pytest.raises(UnreadableError, match="it is not ecs_flat: "):
        parse_ecs(json.dumps({"event.category": {"type": "keyword", **field}}).encode(), "1.0")


@pytest.mark.parametrize(
    "more",
    [
        {"arrays": 5},
        {"arrays": [5]},
        {"values": [[["a"], ["b"]]]},
        {"values": [[["a"], ["b"], "yes"]]},
        {"values": [[["a"], [5], True]]},
        {"event_types": [["a", [5]]]},
        {"event_types": [5]},
    ],
)
def test_stored_values_of_another_shape_are_refused(more):
    with pytest.raises(ValueError, match="its rows are not as rulepack writes them"):
        Ecs.from_payload({"version": "1", "types": [["keyword", ["a"]]], **more})


def test_files_of_an_older_rulepack_have_no_values():
    ecs = Ecs.from_payload({"version": "1", "types": [["keyword", ["a"]]]})
    assert (ecs.fields, ecs.arrays, ecs.values, ecs.event_types) == ({"a": "keyword"}, frozenset(), {}, {})
