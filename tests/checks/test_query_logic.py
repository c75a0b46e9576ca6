"""RP23x: dead clauses, values and steps, with what is known of their fields."""

import pytest
from support.samples import make_pack, searching


def found(folder, query, language="kuery", index='"acme-*"', fields=""):
    """Code and message of what is said to a query."""
    if fields:
        (folder / "fields").mkdir(exist_ok=True)
        (folder / "fields" / "own.toml").write_text(fields, encoding="utf-8")
    pack = make_pack(folder, searching(query, language, index))
    return [(one.code.id, one.message) for one in pack.diagnostics if "RP23" <= one.code.id < "RP24"]


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("kuery", "process.name : a and process.name : b"),
        ("lucene", "process.name:a AND process.name:b"),
        ("eql", 'any where process.name == "a" and process.name == "b"'),
        ("esql", 'FROM acme-x METADATA _id | WHERE process.name == "a" AND process.name == "b"'),
    ],
)
def test_a_field_of_ecs_that_holds_one_value_cannot_hold_two(language, query, tmp_path):
    assert found(tmp_path, query, language) == [("RP231", 'process.name is never "b" here, so that this finds nothing')]


@pytest.mark.parametrize(
    "query",
    [
        "event.category : process and event.category : file",  # holds several
        "acme.name : a and acme.name : b",  # nobody knows
        "message : disk and message : full",  # text
        "source.ip : 10.0.0.0/8 and source.ip : 10.1.2.3",  # networks
        "@timestamp >= 2024 and @timestamp <= 2023-12",  # dates
    ],
)
def test_what_may_hold_together_is_let_be(query, tmp_path):
    assert found(tmp_path, query) == []


def test_in_esql_a_field_with_several_values_equals_nothing(tmp_path):
    fields = '["acme-*"]\n"acme.name" = "keyword"\n'
    query = 'FROM acme-x METADATA _id | WHERE acme.name == "a" AND acme.name == "b"'
    assert [code for code, _ in found(tmp_path, query, "esql", fields=fields)] == ["RP231"]


@pytest.mark.parametrize(("type_", "codes"), [("keyword", ["RP233"]), ("text", [])])
def test_a_pattern_with_more_than_a_word_is_judged_where_the_type_is_known(type_, codes, tmp_path):
    fields = f'["acme-*"]\n"acme.name" = "{type_}"\n'
    query = 'acme.name : ("foo-bar" or foo-*)'
    assert found(tmp_path, query) == []
    assert [code for code, _ in found(tmp_path, query, fields=fields)] == codes


@pytest.mark.parametrize(
    ("query", "index", "message"),
    [
        ("event.category : proces", '"acme-*"', '"proces" is not a value that ECS has for event.category'),
        ("event.outcome : (success or Success)", '"logs-acme.app-*"', None),
        ("event.type : process_started", '"logs-endpoint.events.process-*"', "process_started"),
        ("event.type : process_started", '"auditbeat-*"', None),
        ("event.type : process_started", '"logs-*"', None),
        ("event.category : network_traffic", '"packetbeat-*"', None),
        ("event.category : proc*", '"acme-*"', None),
        ("event.action : whatever", '"logs-endpoint.events.process-*"', None),
    ],
)
def test_values_are_held_against_those_that_ecs_allows(query, index, message, tmp_path):
    said = [text for code, text in found(tmp_path, query, index=index) if code == "RP232"]
    assert (message in said[0]) if message else said == []


@pytest.mark.parametrize(
    ("until", "codes"),
    [
        ("[any where true]", ["RP236"]),
        ('[process where process.name in ("a", "b")]', ["RP236"]),
        ('[file where process.name in ("a", "b")]', []),
        ('[process where process.name == "c"]', []),
    ],
)
def test_a_step_that_the_until_matches_is_never_reached(until, codes, tmp_path):
    query = f'sequence by host.id with maxspan=1m [file where true] [process where process.name == "a"] until {until}'
    assert [code for code, _ in found(tmp_path, query, "eql")] == codes


def test_a_step_that_no_event_can_be_is_named(tmp_path):
    query = "sequence by host.id with maxspan=1m [file where true] [process where false]"
    assert [code for code, _ in found(tmp_path, query, "eql")] == ["RP236"]


def test_of_a_deprecated_rule_nothing_is_said(tmp_path):
    text = searching("process.name : (a or a)").replace('maturity = "production"', 'maturity = "deprecated"')
    assert "RP234" not in {one.code.id for one in make_pack(tmp_path, text).diagnostics}


def test_queries_of_filters_are_looked_at_too(tmp_path):
    more = "\n[[rule.filters]]\n[rule.filters.query.query_string]\nquery = 'process.name:(a OR a)'\n"
    pack = make_pack(tmp_path, searching("event.kind : alert") + more)
    assert [one.code.id for one in pack.diagnostics] == ["RP234"]


def test_the_other_place_is_told(tmp_path):
    (one,) = make_pack(tmp_path, searching("process.name : (a or b or a)")).diagnostics
    (other,) = one.related
    assert (one.span.column, other.span.column, other.message) == (27, 17, "it is here already")
