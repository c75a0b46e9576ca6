"""The function table, and calls judged by it."""

import pytest

from rulepack.query.esql import function_table, functions
from rulepack.query.esql.ast import Column, Function, Literal, Map
from rulepack.stack import StackVersion

FAMILIES = {"string", "number", "whole", "boolean", "date", "ip", "version", "geo", "span"}


def call(name, *arguments, options=None):
    return Function(name, arguments, options, name_end=len(name), start=0, end=len(name) + 2)


def test_every_line_of_the_table_is_read_and_no_name_stands_twice():
    names = []
    for table in functions._TABLES.values():
        for line in filter(None, table.split("\n")):
            names += line.partition("(")[0].split("/")
    assert len(names) == len(set(names)) == len(functions.signatures())
    assert len(names) > 240


def test_the_table_names_families_that_exist():
    for known in functions.signatures().values():
        for families in known.takes:
            assert families <= FAMILIES, known.name
        assert known.gives is None or known.gives in FAMILIES | {"=1"}, known.name
        assert known.least <= len(known.takes) or known.most is None, known.name


@pytest.mark.parametrize("table", functions._TABLES.values(), ids=functions._TABLES)
def test_each_table_is_sorted(table):
    lines = [line for line in table.split("\n") if line]
    assert lines == sorted(lines, key=lambda line: line.partition("(")[0].partition("/")[0])


def test_every_cast_stands_for_a_function():
    for name in function_table.CASTS.values():
        assert functions.signature(name) is not None, name


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("now", 0, 0), ("count", 0, 1), ("round", 1, 2), ("concat", 2, None), ("bin", 2, 4), ("cidr_match", 2, None)],
)
def test_the_number_of_arguments(name, least, most):
    known = functions.signature(name)
    assert (known.least, known.most) == (least, most)


@pytest.mark.parametrize(
    ("name", "since"), [("to_lower", None), ("kql", "8.18"), ("mv_contains", "9.2"), ("match_phrase", "8.19")]
)
def test_the_version_that_brought_a_function(name, since):
    assert functions.signature(name).since == (since and StackVersion.parse(since))


def test_an_alias_is_the_function():
    assert functions.signature("to_str") is functions.signature("to_string")


@pytest.mark.parametrize(
    ("node", "message", "hint"),
    [
        (call("lenght", Column("a")), "unknown function lenght", "did you mean length?"),
        (
            call("cidr_match", Column("a")),
            "cidr_match takes at least 2 arguments, not 1",
            "cidr_match(ip, string, [string], ...)",
        ),
        (call("now", Column("a")), "now takes 0 arguments, not 1", "now()"),
        (call("to_lower"), "to_lower takes 1 argument, not 0", "to_lower(string)"),
        (call("round", *[Column("a")] * 3), "round takes 1 to 2 arguments, not 3", "round(number, [whole])"),
        (call("to_lower", Column("a"), options=Map(())), "to_lower takes no map of options", None),
    ],
)
def test_a_wrong_call_says_what_is_right(node, message, hint):
    found = functions.check(node)
    assert (found.kind, found.message, found.hint) == ("semantics", message, hint)


def test_a_name_like_none_gets_a_place_to_look_in():
    found = functions.check(call("zzzzzz"))
    assert found.hint.startswith("see ")
    assert (found.start, found.end) == (0, 6)


@pytest.mark.parametrize(
    "node",
    [
        call("match", Column("a"), Literal("x", "string"), options=Map(())),
        call("coalesce", *[Column("a")] * 500),
        call("count"),
        call("to_int", Column("a")),
    ],
)
def test_a_right_call_is_not_reported(node):
    assert functions.check(node) is None


def test_a_long_name_does_not_fill_the_message():
    assert len(functions.check(call("a" * 5000)).message) <= 100
