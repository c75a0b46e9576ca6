"""A small campaign of each language, where its judges are at hand."""

from importlib import import_module

import pytest

from tests.judges import harness

LANGUAGES = ("eql", "esql", "kql", "lucene")


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_disagreement_with_the_judges_is_explained(language):
    setup = import_module(f"tests.judges.{language}").SETUP
    for judge in setup.judges:
        if why := judge.why_absent():
            pytest.skip(why)
    report = harness.campaign(setup, count=300, seed=11)
    assert report.judged > 250
    assert not report.unexplained, report.text()


def test_mutants_are_the_same_for_the_same_seed_and_no_query_itself():
    tokens = harness.tokens_by(r"\w+ | \s+")
    queries = ["a: b and c: d", "e > 5"]

    def some(seed):
        return [mutant.text for mutant in harness.mutants(queries, tokens, ("(", ")"), 50, seed)]

    assert some(1) == some(1)
    assert some(1) != some(2)
    assert len(set(some(1))) == 50
    assert not set(some(1)) & set(queries)


def test_tokens_are_the_text_again():
    text = 'a: "b\n c" 😀'
    assert "".join(harness.tokens_by(r"\w+ | \s+")(text)) == text
