"""Every case of tests/data/queries/lucene.toml: what a query means, how it renders, and what is said about it."""

import pytest
from support.queries import cases, logic_text, said

from rulepack.query import parse

CASES = cases("lucene")


@pytest.mark.parametrize("case", CASES, ids=[ascii(case["query"]) for case in CASES])
def test_a_query_means_and_says_what_its_case_states(case):
    query = parse("lucene", case["query"])
    assert [said(query.text, error) for error in query.errors] == case.get("says", [])
    assert all(error.hint for error in query.errors)
    assert query.sound == ("means" in case)
    if query.sound:
        assert logic_text(query.steps[0].logic) == case["means"]
        assert query.render() == case.get("renders", case["query"])
        assert parse("lucene", query.render()).tree == query.tree
    if "fields" in case:
        uses = [
            f"{use.name} {use.operator or use.how} {','.join(map(str, use.values))}".rstrip() for use in query.fields
        ]
        assert uses == case["fields"]


def test_there_are_enough_cases_and_none_twice():
    queries = [case["query"] for case in CASES]
    assert len(queries) == len(set(queries)) >= 200
