"""The columns that GROK and DISSECT patterns give, and what is wrong in them, in place."""

import pytest

from rulepack.query.esql.grok_bank import bank
from rulepack.query.esql.parser import read_query
from rulepack.query.esql.patterns import dissect_columns, dissect_problems, grok_columns, grok_problems


@pytest.mark.parametrize(
    ("pattern", "columns"),
    [
        ("%{IP:source.ip} %{WORD}", [("source.ip", "string")]),
        ("%{INT:port:int} %{NUMBER:rate:float}", [("port", "int"), ("rate", "float")]),
        ("%{INT:port:integer}", [("port", "string")]),
        ("%{URIHOST:host}", [("host", "string"), ("port", "string")]),
        ("(?<Esql.name>[a-z]+)(?<!x)(?<=y)", [("Esql.name", "string")]),
        ("%{NOPE:a} %{IP: b} plain", [("a", "string")]),
    ],
)
def test_grok_gives_the_columns_that_it_names(pattern, columns):
    assert list(grok_columns(pattern)) == columns


@pytest.mark.parametrize(
    ("pattern", "columns"),
    [
        ("%{a} %{?skip} %{} %{b->}", ["a", "b"]),
        ("%{+a/2} %{+a/1}", ["a", "a"]),
        ("%{*key}=%{&value}", []),
        ("%{a} %{open", ["a"]),
    ],
)
def test_dissect_gives_the_keys_that_it_keeps(pattern, columns):
    assert list(dissect_columns(pattern)) == columns


def test_patterns_of_the_bank_give_the_captures_of_those_within_them():
    assert {"clientip", "verb", "agent"} <= set(bank()["COMBINEDAPACHELOG"])
    assert bank()["S3_ACCESS_LOG"]["response"] == "int"
    assert bank()["IP"] == {}


def test_a_problem_of_a_pattern_stands_at_its_own_place():
    [found] = grok_problems("a %{IPP:b}")
    assert (found.kind, found.start, found.end, found.hint) == ("semantics", 4, 7, "did you mean IP?")
    [found] = dissect_problems("%{*a}")
    assert (found.kind, found.start, found.end) == ("semantics", 0, 5)


def test_escapes_of_the_text_move_the_place_of_a_problem():
    query = r'FROM a | GROK b "\\ \" %{IPP:c}"'
    _, [found] = read_query(query)
    assert query[found.start : found.end] == "IPP"
