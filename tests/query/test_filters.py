"""What filters of the filter bar say."""

import datetime as dt
import tomllib
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.query.filters import InnerQuery, read_actions, read_filters
from rulepack.query.logic import Always, And, Nested, Not, Opaque, Or, Value
from rulepack.query.logic import Test as Compared
from tests.support.samples import SHARED, needs_shared


def is_(field, *values):
    return Compared(field, "is", tuple(Value(value) for value in values))


def of(query, **meta):
    return read_filters([{"meta": meta, "query": query}])


@pytest.mark.parametrize(
    ("query", "logic"),
    [
        ({"match_phrase": {"a": "b c"}}, is_("a", "b c")),
        ({"match_phrase": {"a": {"query": "b", "slop": 0}}}, is_("a", "b")),
        ({"match": {"a": "b c"}}, Compared("a", "match", (Value("b c"),))),
        ({"match": {"a": {"query": "b c", "type": "phrase"}}}, is_("a", "b c")),
        ({"term": {"a": {"value": "b", "case_insensitive": True}}}, Compared("a", "is", (Value("b"),), folded=True)),
        ({"term": {"a": 5}}, is_("a", 5)),
        ({"terms": {"a": ["b", "c"], "boost": 1.0}}, is_("a", "b", "c")),
        (
            {"range": {"a": {"gte": 1, "lt": 5, "format": "x"}}},
            And((Compared("a", ">=", (Value(1),)), Compared("a", "<", (Value(5),)))),
        ),
        ({"exists": {"field": "a"}}, Compared("a", "exists")),
        ({"wildcard": {"a": {"value": r"b*\*?"}}}, Compared("a", "like", (Value(r"b*\*?", ("b", "*", ""), "*?"),))),
        ({"wildcard": {"a": {"wildcard": "b*"}}}, Compared("a", "like", (Value("b*", ("b", ""), "*"),))),
        ({"prefix": {"a": "b"}}, Compared("a", "like", (Value("b*", ("b", ""), "*"),))),
        ({"regexp": {"a": "b.*"}}, Compared("a", "regex", (Value("b.*"),))),
        ({"fuzzy": {"a": "b"}}, Opaque('{"fuzzy": {"a": "b"}}', ("a",))),
        ({"match_all": {}}, Always()),
        ({"match_none": {}}, Always(value=False)),
        ({"bool": {"must_not": {"term": {"a": 1}}}}, Not(is_("a", 1))),
        ({"bool": {"should": [{"term": {"a": 1}}, {"term": {"b": 2}}]}}, Or((is_("a", 1), is_("b", 2)))),
        ({"bool": {"filter": [{"term": {"a": 1}}], "should": [{"term": {"b": 2}}]}}, is_("a", 1)),
        (
            {"bool": {"must": [{"term": {"a": 1}}], "should": [{"term": {"b": 2}}], "minimum_should_match": 1}},
            And((is_("a", 1), is_("b", 2))),
        ),
        ({"nested": {"path": "a", "query": {"term": {"a.b": 1}}}}, Nested("a", is_("a.b", 1))),
        ({"constant_score": {"filter": {"term": {"a": 1}}}}, is_("a", 1)),
        ({"dis_max": {"queries": [{"term": {"a": 1}}, {"term": {"b": 1}}]}}, Or((is_("a", 1), is_("b", 1)))),
        ({"script": {"script": "x"}}, Opaque('{"script": {"script": "x"}}')),
    ],
)
def test_a_query_has_its_logic(query, logic):
    assert of(query).logic == logic


def test_a_filter_is_turned_round_or_does_not_count():
    query = {"term": {"a": 1}}
    assert of(query, negate=True).logic == Not(is_("a", 1))
    assert of(query, negate=False, disabled=False).logic == is_("a", 1)
    assert of(query, disabled=True).logic == Always()
    assert of(query, disabled=True).fields == ()


def test_all_filters_of_a_list_hold():
    assert read_filters([{"query": {"term": {"a": 1}}}, {"query": {"term": {"b": 2}}}]).logic == And(
        (is_("a", 1), is_("b", 2))
    )


def test_filters_of_older_shapes_are_read():
    filters = [{"meta": {"negate": True}, "$state": {}, "exists": {"field": "a"}}, {"range": {"b": {"gt": 1}}}]
    found = read_filters(filters)
    assert found.logic == And((Not(Compared("a", "exists")), Compared("b", ">", (Value(1),))))
    assert [field.path for field in found.fields] == [(0, "exists", "field"), (1, "range", "b")]


@pytest.mark.parametrize(("relation", "join"), [("AND", And), ("OR", Or), ("or", Or)])
def test_a_combined_filter_holds_filters(relation, join):
    params = [{"meta": {"negate": True}, "query": {"term": {"a": 1}}}, {"query": {"term": {"b": 2}}}]
    found = read_filters([{"meta": {"type": "combined", "relation": relation, "params": params}}])
    assert found.logic == join((Not(is_("a", 1)), is_("b", 2)))
    assert found.fields[1].path == (0, "meta", "params", 1, "query", "term", "b")


def test_fields_have_the_path_to_their_names():
    filters = [
        {"query": {"bool": {"should": [{"match_phrase": {"a.b": "x"}}, {"exists": {"field": "c"}}]}}},
        {"query": {"multi_match": {"query": "x", "fields": ["d^2", "e.*"]}}},
    ]
    a, c, d, e = read_filters(filters).fields
    assert (a.name, a.path, a.is_key) == ("a.b", (0, "query", "bool", "should", 0, "match_phrase", "a.b"), True)
    assert (a.operator, a.values) == ("match_phrase", ("x",))
    assert (c.name, c.path, c.is_key, c.how) == (
        "c",
        (0, "query", "bool", "should", 1, "exists", "field"),
        False,
        "exists",
    )
    assert (d.name, d.path) == ("d", (1, "query", "multi_match", "fields", 0))
    assert (e.name, e.pattern) == ("e.*", True)


def test_inner_queries_have_their_language_and_path():
    filters = [
        {"query": {"query_string": {"query": "a:b", "default_field": "c"}}},
        {"query": {"kql": {"query": "a: b"}}},
    ]
    found = read_filters(filters)
    assert found.queries == (
        InnerQuery("lucene", "a:b", (0, "query", "query_string", "query")),
        InnerQuery("kuery", "a: b", (1, "query", "kql", "query")),
    )
    assert [field.name for field in found.fields] == ["c"]


def test_queries_and_filters_of_actions_are_found():
    actions = [
        {"id": "x"},
        {"alerts_filter": {"query": {"kql": "a: b", "filters": [{"query": {"term": {"c": 1}}}]}}},
    ]
    fields, queries = read_actions(actions)
    assert queries == (InnerQuery("kuery", "a: b", (1, "alerts_filter", "query", "kql")),)
    assert [field.path for field in fields] == [(1, "alerts_filter", "query", "filters", 0, "query", "term", "c")]


def test_tables_of_models_and_dates_of_files_are_read():
    frozen = MappingProxyType({"query": MappingProxyType({"script": MappingProxyType({"on": dt.date(2026, 1, 1)})})})
    assert read_filters((frozen,)).logic == Opaque('{"script": {"on": "2026-01-01"}}')


def test_filters_within_filters_end_somewhere():
    query = {"term": {"a": 1}}
    for _ in range(5000):
        query = {"bool": {"must": [query]}}
    assert read_filters([{"query": query}]).fields == ()


KEYS = (
    "meta",
    "query",
    "bool",
    "must",
    "should",
    "term",
    "terms",
    "range",
    "exists",
    "field",
    "nested",
    "params",
    "kql",
    "type",
    "fields",
    "match",
    "query_string",
    "filters",
    "alerts_filter",
    "wildcard",
    "gte",
    "disabled",
    "negate",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            part,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_shape_is_too_odd(value):
    found = read_filters(value)
    for place in (*found.fields, *found.queries):
        here = value
        for step in place.path:
            here = here[step]
    read_filters([value])
    read_actions([value])


@needs_shared
@pytest.mark.slow
def test_filters_of_public_rules_are_understood():
    seen = 0
    for path in sorted((SHARED / "corpus").rglob("*.toml")):
        text = path.read_text(encoding="utf-8")
        if "filters]]" not in text:
            continue
        rule = tomllib.loads(text)["rule"]
        for key in ("filters", "threat_filters"):
            found = read_filters(rule.get(key))
            seen += len(rule.get(key, []))
            assert len(found.fields) == len(rule.get(key, []))
            assert "Opaque" not in repr(found.logic)
    assert seen > 40
