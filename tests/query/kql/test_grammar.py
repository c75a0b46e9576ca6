"""The parser accepts what Kibana's grammar accepts, and nothing else."""

import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.query.kql import parse
from tests.judges.harness import mutants
from tests.judges.kql import PUNCTUATION, SETUP
from tests.query.kql.letterwise import Grammar

CASES = tomllib.loads((Path(__file__).parents[2] / "data" / "queries" / "kql.toml").read_text(encoding="utf-8"))["case"]
PIECES = (
    *('"', "a", "b.c", ":", " ", "(", ")", "{", "}", " and ", " or ", "not ", "NOT", "Or", "*", "\\", "<", ">=", "="),
    *("\n", "\u00a0", "\\not", "\\t", "\\u0041", "knot", "x", ",", '""', " and", "or "),
)


def agree(text):
    accepted = not any(error.kind == "syntax" for error in parse(text).errors)
    assert accepted is Grammar(text).accepts(), text


@pytest.mark.parametrize("query", [case["query"] for case in CASES])
def test_the_cases_are_what_the_grammar_says(query):
    agree(query)


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_any_pieces_are_what_the_grammar_says(text):
    agree(text)


@pytest.mark.slow
def test_mutants_and_many_pieces_are_what_the_grammar_says():
    queries = [query for query in SETUP.queries() if len(query) < 600]
    for mutant in mutants(queries, SETUP.tokens, PUNCTUATION, 1000, 5):
        agree(mutant.text)
    chance = random.Random(3)
    for _ in range(10_000):
        agree("".join(chance.choice(PIECES) for _ in range(chance.randint(0, 14))))
