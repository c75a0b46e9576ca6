"""Every case of tests/data/queries/lucene.toml: what a query means, how it renders, and what is said about it."""

import tomllib
from pathlib import Path

import pytest

from rulepack.query import logic as forms
from rulepack.query import parse

FILE = Path(__file__).parents[2] / "data" / "queries" / "lucene.toml"
CASES = tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]


def logic_text(logic):
    """The notation of the cases."""
    if isinstance(logic, (forms.And, forms.Or)):
        return "(" + (" & " if isinstance(logic, forms.And) else " | ").join(map(logic_text, logic.parts)) + ")"
    if isinstance(logic, forms.Not):
        return "!" + logic_text(logic.part)
    if isinstance(logic, forms.Always):
        return "everything" if logic.value else "nothing"
    if isinstance(logic, forms.Opaque):
        return "{" + logic.text + "}"
    assert isinstance(logic, forms.Test)
    return f"{logic.field} {logic.operator} {','.join(map(value_text, logic.values))}".rstrip()


def value_text(value):
    if not value.parts:
        return str(value.value)
    # A literal star or question mark is told apart from a wildcard.
    escaped = [part.replace("*", "\\*").replace("?", "\\?") for part in value.parts]
    return "".join(part + wild for part, wild in zip(escaped, [*value.wild, ""], strict=True))


def says(query):
    for error in query.errors:
        line = query.text.count("\n", 0, error.start) + 1
        column = error.start - query.text.rfind("\n", 0, error.start)
        yield f"{error.kind} {line}:{column}+{error.end - error.start} {error.message}"


@pytest.mark.parametrize("case", CASES, ids=[ascii(case["query"]) for case in CASES])
def test_a_query_means_and_says_what_its_case_states(case):
    query = parse("lucene", case["query"])
    assert list(says(query)) == case.get("says", [])
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
