"""ECS: the shipped fields, and Elastic's own files as a source."""

from __future__ import annotations

import gzip
import json

import pytest

from rulepack.reference import Reference
from rulepack.reference.ecs import Ecs
from rulepack.reference.ecs_flat import parse_flat
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
    assert parse_flat((shared / "fields" / "ecs-flat-9.4.0.json.gz").read_bytes()) == ecs.fields


def test_fields_survive_being_stored(ecs):
    again = Ecs.from_payload(json.loads(json.dumps(ecs.to_payload())))
    assert (again.version, again.fields) == (ecs.version, ecs.fields)


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
    fields = parse_flat(wrap(TYPESCRIPT.encode()))
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
        parse_flat(content)
    assert str(caught.value) == reason


@pytest.mark.parametrize("content", [b"", b"<html>", b"export const A = { b: `c` };", b"export const A = f({});"])
def test_what_is_no_literal_is_refused(content):
    with pytest.raises(UnreadableError, match="not JSON"):
        parse_flat(content)
