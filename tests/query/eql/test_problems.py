"""What EQL says once the types of fields are known, as Elasticsearch would."""

import pytest

from rulepack.query import parse

TYPES = {
    "process.name": "keyword",
    "process.pid": "long",
    "process.running": "boolean",
    "process.path": "wildcard",
    "process.version": "version",
    "source.ip": "ip",
    "event.created": "date",
    "message": "match_only_text",
    "process.command_line": "text",
    "process.command_line.keyword": "keyword",
    "place": "geo_point",
    "port.range": "integer_range",
    "children": "nested",
    "children.name": "keyword",
    "labels": "flattened",
}


class Types:
    def type_of(self, name):
        return TYPES.get(name)


def said(condition):
    """The problems of an event query: what text, and what is wrong with it."""
    query = parse("eql", f"any where {condition}")
    assert query.sound
    problems = query.problems(Types())
    assert all(problem.kind in ("type", "semantics") for problem in problems)
    assert all(len(problem.message) <= 100 and problem.hint for problem in problems)
    return [(query.text[problem.start : problem.end], problem.message, problem.hint) for problem in problems]


@pytest.mark.parametrize(
    "condition",
    [
        'process.name == "a" and process.path : "a*" and process.command_line like "b"',
        'process.name in ("a", "b") and process.name >= "a"',
        "process.pid == 1 and process.pid > 2.5 and process.pid in (1, 2) and process.pid - 1 == 3",
        "process.running == true and process.running and not process.running",
        'source.ip == "10.0.0.1" and source.ip != "::1" and source.ip in ("10.0.0.1", "10.0.0.0/8")',
        'cidrMatch(source.ip, "10.0.0.0/8") and string(source.ip) : "10.*"',
        'event.created > "2026-01-01" and event.created == "now-1d/d" and event.created < 1700000000000',
        'process.version == "1.2.3"',
        "process.name == null and process.pid != null and source.ip == null and ?process.running == null",
        'concat(process.name, process.pid, source.ip) == "a"',
        'string(process.pid) == "1" and number(process.name) == 1',
        'length(process.name) > 3 and startsWith~(process.path, "a") and length(process.command_line) > 3',
        'unknown == 1 and unknown == "a" and unknown : "b" and unknown in (1, 2)',
        "length(unknown) == 1 and -unknown < 1",
        'labels == "a" and labels == 1',
        '"a" == process.name and 1 == process.pid',
        'unknown.name : "x" and process.pid in (null, 1)',
    ],
)
def test_what_fits_is_not_complained_of(condition):
    assert parse("eql", f"any where {condition}").errors == ()
    assert said(condition) == []


@pytest.mark.parametrize(
    ("condition", "text", "message", "hint"),
    [
        ('process.pid == "12"', '"12"', 'process.pid (long) cannot be "12"', "write the number without quotes"),
        ('"x" != process.pid', '"x"', 'process.pid (long) cannot be "x"', "compare it with a number"),
        ("process.name == 12", "12", "process.name (keyword) cannot be 12", "put it in double quotes"),
        ("process.name == true", "true", "process.name (keyword) cannot be true", "put it in double quotes"),
        ("process.version > 1", "1", "process.version (version) cannot be 1", "put it in double quotes"),
        ('process.name in ("a", 1)', "1", "process.name (keyword) cannot be 1", "put it in double quotes"),
        ('process.pid in (1, "2")', '"2"', 'process.pid (long) cannot be "2"', "write the number without quotes"),
        ('process.running == "true"', '"true"', 'process.running (boolean) cannot be "true"', "true without quotes"),
        ("process.running == 1", "1", "process.running (boolean) cannot be 1", "true or false"),
        ('source.ip == "10.0.0.256"', '"10.0.0.256"', 'source.ip (ip) cannot be "10.0.0.256"', "write an IP address"),
        ('source.ip in ("localhost")', '"localhost"', 'source.ip (ip) cannot be "localhost"', "write an IP address"),
        ('source.ip : "10.*"', "source.ip", ": is for strings, source.ip (ip) is none", "cidrMatch"),
        ('process.pid : "1"', "process.pid", ": is for strings, process.pid (long) is none", "compare it with =="),
        ('event.created like "2026*"', "event.created", "like is for strings, event.created (date) is none", "=="),
        ('event.created == "yesterday"', '"yesterday"', 'event.created (date) cannot be "yesterday"', "2026-01-31"),
        ('message == "x"', "message", "message is match_only_text without a keyword sub-field", "KQL rule"),
        ('message : "x*"', "message", "message is match_only_text without a keyword sub-field", "KQL rule"),
        ('message in ("x", "y")', "message", "message is match_only_text without a keyword sub-field", "KQL rule"),
        ("length(message) > 1", "message", "message is match_only_text without a keyword sub-field", "KQL rule"),
        ("length(process.pid) > 1", "process.pid", "length needs a string here, not process.pid", "length(string)"),
        ("process.name + 1 == 2", "process.name", "process.name (keyword) is no number", "numbers"),
        ("-process.name == 1", "process.name", "process.name (keyword) is no number", "numbers"),
        ('cidrMatch(process.name, "::1")', "process.name", "process.name (keyword) is no IP address", "ip field"),
        ("process.name", "process.name", "process.name is a string", "compare it"),
        ("true and process.pid", "process.pid", "process.pid is a number", "compare it"),
        ("place != null", "place", "place is of type geo_point, which EQL does not support", "another field"),
        ("port.range == 1", "port.range", "port.range is of type integer_range, which EQL does not support", "another"),
        ("children == 1", "children", "children is nested, which EQL does not support", "KQL rule"),
        ('children.name == "x"', "children.name", "children.name is within the nested field children", "KQL rule"),
        ('process.pid in~ ("a")', 'process.pid in~ ("a")', "in~ is for strings", "use in"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_place(condition, text, message, hint):
    found = [entry for entry in said(condition) if entry[1].startswith(message)]
    assert len(found) == 1, said(condition)
    assert found[0][0] == text
    assert hint in found[0][2]


def test_join_keys_of_types_that_are_never_equal_are_refused():
    query = parse(
        "eql", "sequence [a where true] by process.pid [b where true] by process.name until [c where true] by x"
    )
    (problem,) = query.problems(Types())
    assert query.text[problem.start : problem.end] == "process.name"
    assert problem.message == "process.name (keyword) never equals process.pid (long)"


def test_join_keys_that_events_share_may_be_of_any_type():
    query = parse(
        "eql", "sequence by process.pid, source.ip [a where true] by process.name [b where true] by process.path"
    )
    assert query.problems(Types()) == ()


def test_what_is_wrong_in_any_data_is_not_said_twice():
    query = parse("eql", 'any where length(5) == 1 and process.pid == "x"')
    (error,) = query.errors
    (problem,) = query.problems(Types())
    assert error.message.startswith("length needs a string")
    assert problem.message.startswith("process.pid")


def test_nothing_is_said_of_types_in_a_query_that_is_broken():
    assert parse("eql", 'any where process.pid == "x" and').problems(Types()) == ()
