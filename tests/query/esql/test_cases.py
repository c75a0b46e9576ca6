"""Every case of tests/data/queries/esql.toml: how a query renders, and what is said of its syntax."""

import pytest
from support.queries import cases, said

from rulepack.query.esql import words
from rulepack.query.esql.parser import read_query
from rulepack.query.esql.render import render

CASES = cases("esql")


@pytest.mark.parametrize("case", CASES, ids=[ascii(case["query"]) for case in CASES])
def test_a_query_renders_and_says_what_its_case_states(case):
    text = case["query"]
    tree, errors = read_query(text)
    assert [f"{said(text, error)}; {error.hint}" for error in errors] == case.get("says", [])
    assert all(0 < len(error.message) <= 100 and error.hint for error in errors)
    if any(error.kind == "syntax" for error in errors):
        assert "renders" not in case
        return
    rendered = render(tree)
    assert rendered == case.get("renders", text)
    again, _ = read_query(rendered)
    assert again == tree


def test_every_command_has_a_case_that_parses():
    good = " ".join(case["query"].lower() for case in CASES if not case.get("says"))
    missing = [command for command in words.COMMANDS - {"row", "show"} if f"{command} " not in f"{good} "]
    assert not missing
