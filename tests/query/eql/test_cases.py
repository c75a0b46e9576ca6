"""Every case of tests/data/queries/eql.toml: what a query means, how it renders, and what is said about it."""

import tomllib
from pathlib import Path

import pytest

from rulepack.query import logic as forms
from rulepack.query import parse

FILE = Path(__file__).parents[2] / "data" / "queries" / "eql.toml"
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
        return "{" + logic.text + "}" + "".join(f" {field}" for field in logic.fields)
    operator = logic.operator + "~" * logic.folded
    return f"{logic.field} {operator} {','.join(map(value_text, logic.values))}".rstrip()


def value_text(value):
    if not value.parts:
        return repr(value.value)
    # A literal star or question mark is told apart from a wildcard.
    escaped = [part.replace("*", "\\*").replace("?", "\\?") for part in value.parts]
    return "".join(part + wild for part, wild in zip(escaped, [*value.wild, ""], strict=True))


def step_text(step):
    marks = "!" * step.missing + "until " * step.until + f"{step.runs} times " * (step.runs > 1)
    keys = " by " + ", ".join(step.keys) if step.keys else ""
    return f"{marks}{step.category or 'any'}: {logic_text(step.logic)}{keys}"


def use_text(use):
    step = "" if use.step is None else f"{use.step}:"
    values = ",".join(map(repr, use.values))
    return f"{step}{'?' * use.optional}{use.name} {use.how} {use.operator or ''} {values}".rstrip()


def says(query):
    for error in query.errors:
        line = query.text.count("\n", 0, error.start) + 1
        column = error.start - query.text.rfind("\n", 0, error.start)
        yield f"{error.kind} {line}:{column}+{error.end - error.start} {error.message}; {error.hint}"


@pytest.mark.parametrize("case", CASES, ids=[ascii(case["query"]) for case in CASES])
def test_a_query_means_and_says_what_its_case_states(case):
    query = parse("eql", case["query"])
    assert list(says(query)) == case.get("says", [])
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
