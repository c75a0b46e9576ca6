"""Every case of tests/data/queries/eql.toml: what a query means, how it renders, and what is said about it."""

import pytest
from support.queries import cases, logic_text, said

from rulepack.query import parse

CASES = cases("eql")


def step_text(step):
    marks = "!" * step.missing + "until " * step.until + f"{step.runs} times " * (step.runs > 1)
    keys = " by " + ", ".join(step.keys) if step.keys else ""
    return f"{marks}{step.category or 'any'}: {logic_text(step.logic, repr)}{keys}"


def use_text(use):
    step = "" if use.step is None else f"{use.step}:"
    values = ",".join(map(repr, use.values))
    return f"{step}{'?' * use.optional}{use.name} {use.how} {use.operator or ''} {values}".rstrip()


@pytest.mark.parametrize("case", CASES, ids=[ascii(case["query"]) for case in CASES])
def test_a_query_means_and_says_what_its_case_states(case):
    query = parse("eql", case["query"])
    assert [f"{said(query.text, error)}; {error.hint}" for error in query.errors] == case.get("says", [])
    assert query.sound == ("means" in case)
    assert all(0 < len(error.message) <= 100 for error in query.errors)
    if query.sound:
        assert [step_text(step) for step in query.steps] == case["means"]
        assert query.render() == case.get("renders", case["query"])
        assert parse("eql", query.render()).tree == query.tree
    if "fields" in case:
        assert [use_text(use) for use in query.fields] == case["fields"]
    for use in query.fields if query.sound else ():
        written = query.text[use.start : use.end]
        assert "".join(written.replace("`", "").split()) == "".join(use.name.replace("`", "").split())
