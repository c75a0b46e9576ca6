"""What the types of fields say about a KQL query."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.query.kql import parse
from rulepack.query.kql.ast import Is, Literal, Range, Wildcard
from rulepack.query.kql.render import render
from tests.judges.harness import rule_queries
from tests.support.samples import SHARED, needs_shared

TYPES = {
    "name": "keyword",
    "line": "wildcard",
    "message": "match_only_text",
    "pid": "long",
    "byte": "byte",
    "ratio": "float",
    "flag": "boolean",
    "ip": "ip",
    "time": "date",
    "place": "geo_point",
    "span": "long_range",
    "flat": "flattened",
    "version": "version",
    "process": "object",
    "list": "nested",
    "list.name": "keyword",
    "list.inner": "nested",
    "list.inner.pid": "long",
}


class Types:
    def type_of(self, name, /):
        return TYPES.get(name)


def problems(text):
    query = parse(text)
    assert query.sound
    return [(text[found.start : found.end], found.message) for found in query.problems(Types())]


@pytest.mark.parametrize(
    "text",
    [
        "pid: 5 and pid: (1 or 2) and pid: * and pid > 1.5 and byte < 1000 and ratio: 1.5",
        'flag: true and flag: ("false" or *)',
        'ip: (10.0.0.1 or 10.0.0.0/8 or "::1" or "fe80::/10") and ip >= 10.0.0.0',
        'time >= now-1d/d and time: "2026-01-01" and time < 1700000000000 and time: 2026',
        "name: (a* or 5 or true) and name > b and message: two words and message: two*",
        "line: *cmd*.exe and name: *two words*",
        "list: { name: a and inner: { pid: 5 } }",
        "flat: a* and flat.key: 5 and span: 5 and version: 1.* and version > 1.2",
        "process: * and place: *",
        "unknown: x* and unknown.nested: { name: 5 } and unknown > x",
        "list*: 5 and *: x and free text",
        "name: null",
    ],
)
def test_what_fits_is_no_problem(text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("pid: five", "five", "pid is long, and five is no number"),
        ("pid: (1 or not five)", "five", "pid is long, and five is no number"),
        ("pid: true", "true", "pid is long, and true is no number"),
        ("pid: 1.5", "1.5", "pid is long, and 1.5 is no whole number"),
        ("byte: 128", "128", "byte is byte, and 128 is beyond its range"),
        ("pid > five", "five", "five is no number, and pid is long"),
        ("pid > 5*", "5*", "a range of pid (long) takes no wildcard"),
        ("pid: 5*", "5*", "pid is long, which takes no wildcard"),
        ("flag: yes", "yes", "flag is boolean, and yes is neither true nor false"),
        ("flag: t*", "t*", "flag is boolean, which takes no wildcard"),
        ("flag > true", "true", "flag is boolean, which has no order"),
        ("ip: localhost", "localhost", "ip is ip, and localhost is neither an address nor a network"),
        ("ip: 10.0.*", "10.0.*", "ip is ip, which takes no wildcard"),
        ("ip > 10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8 is no IP address"),
        ("time: yesterday", "yesterday", "time is date, and yesterday is no date"),
        ("time >= now-1x", "now-1x", "time is date, and now-1x is no date"),
        ("time: 2026*", "2026*", "time is date, which takes no wildcard"),
        ("place: here", "here", "place is geo_point, which KQL cannot search"),
        ("place > here", "here", "place is geo_point, which has no order"),
        ("span: 5*", "5*", "span is long_range, which takes no wildcard"),
        ("process: cmd.exe", "cmd.exe", "process is an object, and holds no value itself"),
        ("name > 10", "10", "name is keyword, and 10 is compared as text"),
        ("line: *two words*", "*two words*", "*two words* is split at its spaces, as line is wildcard"),
        ("message: two w*", "two w*", "two w* is split at its spaces, as message is match_only_text"),
        ("name: { first: a }", "name", "name is keyword, not nested"),
        ("list.name: a", "list.name", "list is nested: without braces nothing matches"),
        ("list: *", "list", "list is nested: without braces nothing matches"),
        ("list: { inner.pid: 5 }", "inner.pid", "list.inner is nested: without braces nothing matches"),
        ("list: { inner: { pid: five } }", "five", "list.inner.pid is long, and five is no number"),
    ],
)
def test_what_does_not_fit_is_said_at_its_place(text, place, message):
    assert problems(text) == [(place, message)]


def test_a_trap_is_told_from_an_error():
    assert [found.kind for found in parse("name > 10 and pid > x").problems(Types())] == ["trap", "type"]


def test_a_query_with_a_syntax_error_has_no_problems():
    assert parse("pid: five and (").problems(Types()) == ()


@needs_shared
@pytest.mark.slow
def test_no_public_rule_has_a_problem_with_the_types_of_ecs():
    with gzip.open(SHARED / "fields" / "ecs-flat-9.4.0.json.gz") as file:
        ecs = json.load(file)

    class Ecs:
        def type_of(self, name, /):
            return ecs.get(name, {}).get("type")

    queries = rule_queries("kuery")
    assert len(queries) > 500
    assert not [found for text in queries for found in parse(text).problems(Ecs())]


@needs_shared
@pytest.mark.slow
def test_every_public_query_parses_and_renders_to_the_same_tree():
    for text in rule_queries("kuery"):
        query = parse(text)
        assert query.sound, (text, query.errors)
        assert parse(query.render()).tree == query.tree


@given(
    st.text(max_size=80),
    st.text(max_size=80),
    st.sampled_from(sorted(set(TYPES.values()))),
    st.sampled_from([":", ">"]),
)
def test_messages_are_short_whatever_names_and_values_are(name, value, es_type, operator):
    class Same:
        def type_of(self, name, /):
            del name
            return es_type

    for literals in (
        (Literal(name, quoted=True), Literal(value, quoted=True)),
        (Literal(name, quoted=True), Wildcard((value, "a b"))),
    ):
        text = render(Is(*literals)) if operator == ":" else render(Range(literals[0], ">", literals[1]))
        for found in parse(text).problems(Same()):
            assert len(found.message) <= 100
            assert found.message.isprintable()
