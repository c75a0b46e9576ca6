"""Field definitions of Beats and packages, to names and types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.reference.field_tree import flatten
from rulepack.reference.storage import UnreadableError

B = {"name": "b"}


@pytest.mark.parametrize(
    ("definition", "fields"),
    [
        ({"name": "a", "type": "long"}, {"a": "long"}),
        ({"name": "a"}, {"a": "keyword"}),
        ({"name": "a.b", "type": "ip"}, {"a.b": "ip"}),
        ({"name": "a", "type": "group", "fields": [{"name": "b", "type": "ip"}]}, {"a.b": "ip"}),
        ({"name": "a", "fields": [{"name": "b", "type": "ip"}]}, {"a.b": "ip"}),
        ({"name": "a", "type": "nested", "fields": [{"name": "b"}]}, {"a": "nested", "a.b": "keyword"}),
        ({"name": "a", "type": "object", "fields": [{"name": "b"}]}, {"a.b": "keyword"}),
        ({"name": "a", "type": "object", "object_type": "long"}, {"a": "object:long"}),
        ({"name": "a", "type": "object"}, {"a": "object:"}),
        ({"name": "a", "type": "object", "enabled": False}, {"a": "object"}),
        ({"name": "a.*", "type": "object", "object_type": "long"}, {"a.*": "long"}),
        ({"name": "a.*.b", "type": "object"}, {"a.*.b": "object"}),
        ({"name": "a", "type": "object", "object_type": "ip", "fields": [B]}, {"a": "object:ip", "a.b": "keyword"}),
        ({"name": "a", "type": "object", "dynamic": True, "fields": [B]}, {"a": "object:", "a.b": "keyword"}),
        ({"name": "a", "type": "alias", "path": "b.c"}, {"a": "alias:b.c"}),
        ({"name": "a", "type": "alias"}, {"a": "alias"}),
        (
            {"name": "a", "type": "ip", "multi_fields": [B, {"name": "t", "type": "text"}]},
            {"a": "ip", "a.b": "keyword", "a.t": "text"},
        ),
        ({"name": "source.ip", "external": "ecs"}, {"source.ip": "ip"}),
        ({"name": "source.new", "external": "ecs"}, {"source.new": "keyword"}),
        ({"key": "chapter", "title": "Words", "fields": [{"name": "a"}]}, {"a": "keyword"}),
        ({"key": "chapter", "fields": []}, {}),
        ({"name": "", "fields": [{"name": "a"}]}, {"a": "keyword"}),
        ({"name": True, "type": "long"}, {"True": "long"}),
        ({"name": "a", "type": "long", "multi_fields": None, "fields": None}, {"a": "long"}),
    ],
)
def test_what_a_definition_says(definition, fields):
    assert flatten([definition], external={"source.ip": "ip"}.get) == fields


def test_a_prefix_stands_before_every_name():
    assert flatten([{"name": "a", "fields": [{"name": "b"}]}], "x.y") == {"x.y.a.b": "keyword"}


@pytest.mark.parametrize(
    ("definitions", "reason"),
    [
        ({}, "the fields of it are no list"),
        ([5], "a field of it is no table"),
        ([{"name": "a", "fields": {"b": 1}}], "the fields of a are no list"),
        ([{"name": "a", "fields": [None]}], "a field of a is no table"),
        ([{"name": "a\x00"}], "is no field name"),
        ([{"name": "x" * 500}], "is no field name"),
        ([{"name": "..."}], "is no field name"),
        ([{"name": "a", "multi_fields": {"name": "b"}}], "multi_fields of a is no list"),
        ([{"name": "a", "multi_fields": ["b"]}], "a multi-field of a is no table"),
        ([{"name": "a"}] * 200_001, "it defines more than 200000 fields"),
    ],
)
def test_what_is_no_definition_is_refused(definitions, reason):
    with pytest.raises(UnreadableError) as caught:
        flatten(definitions)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 300


def test_what_is_nested_too_deeply_or_in_itself_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [{"name": "a", "fields": deep}]
    circle = {"name": "a"}
    circle["fields"] = [circle, circle]
    for definitions in (deep, [circle]):
        with pytest.raises(UnreadableError):
            flatten(definitions)
    while deep:  # taken apart by hand: Python would do it by recursion
        deep = deep[0]["fields"]


KEYS = st.sampled_from(["name", "type", "fields", "multi_fields", "object_type", "path", "key", "external"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "object", "group", "", "alias", "a.*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(VALUES)
def test_anything_gives_fields_or_a_reason(value):
    try:
        fields = flatten(value)
    except UnreadableError:
        return
    assert all(isinstance(name, str) and isinstance(type_, str) for name, type_ in fields.items())
