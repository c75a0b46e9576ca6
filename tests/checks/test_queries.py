"""The queries of a rule: each with its place, its language, and the indices that it searches."""

import pytest
from support.samples import make_pack, searching, valid_text

from rulepack.checks.queries import ALERTS, rule_queries


def queries(folder, text, refused=()):
    """Path, language, indices and whether it is the main one, of each query of a rule."""
    rule = make_pack(folder, text).every[0]
    return [
        (".".join(map(str, one.path[1:])), one.language, one.index, one.main)
        for one in rule_queries(rule, lambda name: name in refused)
    ]


@pytest.mark.parametrize(
    ("language", "query", "index"),
    [
        ("kuery", "a : b", ("acme-*",)),
        ("lucene", "a:b", ("acme-*",)),
        ("eql", "any where true", ("acme-*",)),
        ("esql", "FROM x-*, y METADATA _id", ("x-*", "y")),
    ],
)
def test_a_rules_own_query_searches_its_indices(language, query, index, tmp_path):
    assert queries(tmp_path, searching(query, language)) == [("query", language, index, True)]


def test_a_rule_for_indicators_has_two(tmp_path):
    found = queries(tmp_path, valid_text("threat_match"))
    rule = make_pack(tmp_path, valid_text("threat_match")).rules[0]
    assert [(path, index) for path, _, index, _ in found] == [
        ("query", rule.index),
        ("threat_query", rule.threat_index),
    ]


def test_filters_and_actions_have_queries_of_their_own(tmp_path):
    text = searching("a : b") + (
        "[[rule.filters]]\n[rule.filters.query.query_string]\nquery = 'c:d'\n"
        '[[rule.actions]]\nid = "00000000-0000-4000-8000-000000000009"\naction_type_id = ".email"\ngroup = "default"\n'
        "params = {}\n[rule.actions.alerts_filter.query]\nkql = 'e : f'\n"
    )
    assert queries(tmp_path, text)[1:] == [
        ("filters.0.query.query_string.query", "lucene", ("acme-*",), False),
        ("actions.0.alerts_filter.query.kql", "kuery", ALERTS, False),
    ]


@pytest.mark.parametrize("query", ["", " \t"])
def test_a_blank_query_is_none(query, tmp_path):
    assert queries(tmp_path, searching(query)) == []


def test_a_query_in_a_language_that_was_refused_is_not_read(tmp_path):
    text = searching("a : b").replace('language = "kuery"', 'language = "kql"')
    assert queries(tmp_path, text, refused={"language"}) == []


@pytest.mark.parametrize("rule_type", ["saved_query", "machine_learning"])
def test_some_types_have_none(rule_type, tmp_path):
    assert [one for one in queries(tmp_path, valid_text(rule_type)) if one[3]] == []
