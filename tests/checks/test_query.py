"""RP204, RP44x: whether there is a query, and data for it to search."""

import pytest
from support.samples import RULE, codes, make_pack, valid_text

import rulepack
from rulepack.rule import RULE_TYPES

FILTER = "\n[[rule.filters]]\n[rule.filters.query.match_phrase]\nmessage = 'm'\n"
QUERY = "query = '''\nevent.category : process\n'''\n"
INDEX = 'index = ["acme-*"]\n'
WITH_INDEX = [rule_type for rule_type in RULE_TYPES if INDEX in valid_text(rule_type)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('query = ""\n', ["RP204"]),
        ("query = '''\n \t\n'''\n", ["RP204"]),
        ("", ["RP204"]),
        ('query = "*:*"\n', []),
        ('query = ""\n' + FILTER, []),
        (FILTER, []),
        ("filters = []\n", ["RP204"]),
        ('query = ""\nfilters = []\n', ["RP204"]),
    ],
)
def test_a_query_or_filters_there_must_be(query, expected, tmp_path):
    assert codes(make_pack(tmp_path, RULE.replace(QUERY, query))) == expected


@pytest.mark.parametrize("rule_type", ["eql", "esql", "threshold", "new_terms", "threat_match"])
def test_no_type_with_a_query_may_have_an_empty_one(rule_type, tmp_path):
    lines = ['query = " "' if line.startswith("query = ") else line for line in valid_text(rule_type).split("\n")]
    (found,) = make_pack(tmp_path, "\n".join(lines)).diagnostics
    assert (found.code.id, found.message, found.hint) == ("RP204", "the query is empty", "write the query, or filters")


@pytest.mark.parametrize("query", ["", 'query = ""\n'])
def test_a_saved_query_needs_none(query, tmp_path):
    text = valid_text("saved_query").replace("[rule]\n", f"[rule]\n{query}")
    assert codes(make_pack(tmp_path, text)) == []


@pytest.mark.parametrize("query", ["query = 5\n", 'query = ["a"]\n', "filters = 5\n"])
def test_a_query_whose_type_is_wrong_is_not_missing_besides(query, tmp_path):
    assert codes(make_pack(tmp_path, RULE.replace(QUERY, query))) == ["RP104"]


def test_lucene_counts_as_a_language(tmp_path):
    text = RULE.replace('language = "kuery"', 'language = "lucene"')
    assert codes(make_pack(tmp_path, text)) == []
    assert codes(make_pack(tmp_path, text.replace("event.category : process", ""))) == ["RP204"]


@pytest.mark.parametrize("rule_type", WITH_INDEX)
def test_index_patterns_or_a_data_view_there_must_be(rule_type, tmp_path):
    text = valid_text(rule_type)
    assert codes(make_pack(tmp_path, text.replace(INDEX, ""))) == ["RP442"]
    assert codes(make_pack(tmp_path, text.replace(INDEX, "index = []\n"))) == ["RP442"]
    assert codes(make_pack(tmp_path, text.replace(INDEX, 'data_view_id = "d"\n'))) == []
    assert codes(make_pack(tmp_path, text.replace(INDEX, 'index = []\ndata_view_id = "d"\n'))) == []
    assert codes(make_pack(tmp_path, text.replace(INDEX, INDEX + 'data_view_id = "d"\n'))) == ["RP441"]


def test_rules_that_search_no_index_need_none():
    assert set(RULE_TYPES) - set(WITH_INDEX) == {"esql", "machine_learning"}


@pytest.mark.parametrize("where", ['index = "acme-*"\n', "index = [5]\n", 'data_view_id = ["d"]\n'])
def test_index_patterns_whose_type_is_wrong_are_not_missing_besides(where, tmp_path):
    assert codes(make_pack(tmp_path, RULE.replace(INDEX, where))) == ["RP104"]


def test_a_deprecated_rule_searches_nothing(tmp_path):
    text = RULE.replace(INDEX, "").replace('"production"', '"deprecated"')
    assert codes(make_pack(tmp_path, text)) == []


def test_fields_that_nobody_knows_are_named_in_a_note(tmp_path):
    make_pack(tmp_path, RULE.replace("event.category : process", "acme.b : 1 and acme.a : 2"))
    (note,) = rulepack.validate(tmp_path).notes
    assert note.startswith("2 fields of 1 rule could not be checked (acme.a, acme.b): not all fields of their indices")
    make_pack(
        tmp_path, RULE.replace("event.category : process", "acme.d : 1 and acme.c : 2 or acme.b : 1 or acme.a : 1")
    )
    (note,) = rulepack.validate(tmp_path).notes
    assert note.startswith("4 fields of 1 rule could not be checked (acme.a, acme.b, acme.c, ...): ")
    make_pack(tmp_path, RULE)
    assert rulepack.validate(tmp_path).notes == ()


def test_what_is_reported_is_not_also_said_to_be_unchecked(tmp_path):
    make_pack(tmp_path, RULE.replace("event.category : process", "process.nmae : a and acme.name : b"))
    ran = rulepack.validate(tmp_path)
    assert [found.code.id for found in ran.diagnostics] == ["RP211"]
    assert [note.partition(":")[0] for note in ran.notes] == ["1 field of 1 rule could not be checked (acme.name)"]
