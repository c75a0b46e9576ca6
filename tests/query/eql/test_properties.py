"""What holds for every EQL tree and every text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulepack.query.base import MAX_DEPTH, MAX_ERRORS
from rulepack.query.eql import ast, parse
from rulepack.query.eql.functions import FUNCTIONS
from rulepack.query.eql.lexer import KEYWORDS
from rulepack.query.eql.render import render

WORDS = sorted(
    {*KEYWORDS, "in~", "like~", "regex~", "process.name", "a", "?b", "`c d`", "length(", "f~(", "head", "runs"}
)
SIGNS = [*"()[],.|:=\"'`?+-*/%<>!~@\\", "![", "==", "!=", "&&", "//", "/*", "*/", '"""', '"x"', "'y'", "1", "2.5", "5m"]

strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['"', "\\", "*", "\n", "\u202e"]
)
literals = st.one_of(
    st.builds(ast.Literal, strings, st.just("string")),
    st.builds(ast.Literal, st.integers(0, 2**63 - 1), st.just("integer")),
    st.builds(ast.Literal, st.floats(0, allow_infinity=False, allow_nan=False), st.just("double")),
    st.builds(ast.Literal, st.booleans(), st.just("boolean")),
    st.just(ast.Literal(None, "null")),
)
names = st.lists(
    st.sampled_from(["process", "name", "pid", "@timestamp", "any", "like", "a b", "`", "9x"]), min_size=1, max_size=3
)
fields = st.builds(ast.Field, names.map(".".join) | strings, st.booleans())
functions = st.sampled_from([*(function.name for function in FUNCTIONS.values()), "unknown", "AND"])


def tuples(kind, least=1):
    return st.lists(kind, min_size=least, max_size=3).map(tuple)


def larger(kind):
    return st.one_of(
        st.builds(ast.Call, functions, tuples(kind, 0), st.booleans()),
        st.builds(ast.Negative, kind),
        st.builds(ast.Arithmetic, st.sampled_from("+-*/%"), kind, kind),
        st.builds(ast.Comparison, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), kind, kind),
        st.builds(ast.Pattern, st.sampled_from([":", "like", "like~", "regex", "regex~"]), kind, tuples(literals)),
        st.builds(ast.In, kind, tuples(kind), st.booleans(), st.booleans()),
        st.builds(ast.Not, kind),
        st.builds(ast.And, tuples(kind, 2)),
        st.builds(ast.Or, tuples(kind, 2)),
    )


conditions = st.recursive(literals | fields, larger, max_leaves=12)
events = st.builds(ast.Event, st.none() | strings | st.sampled_from(["process", "any", "where"]), conditions)
keys = tuples(fields, 0)
items = st.builds(ast.Item, events, keys, st.booleans(), st.integers(1, 100))
spans = st.builds(ast.Span, st.integers(1, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]))
queries = st.one_of(
    events,
    st.builds(ast.Sequence, tuples(items), keys, st.none() | spans, st.none() | items),
    st.builds(ast.Sample, tuples(items), keys),
)
pipes = st.builds(ast.Pipe, st.sampled_from(["head", "tail", "count"]), tuples(conditions, 0))
statements = st.builds(ast.Statement, queries, tuples(pipes, 0))


def in_order(query):
    """What every answer keeps to, whatever the text."""
    assert len(query.errors) <= MAX_ERRORS
    assert [error.start for error in query.errors] == sorted(error.start for error in query.errors)
    for error in query.errors:
        assert 0 <= error.start <= error.end <= len(query.text)
        assert 0 < len(error.message) <= 100
        assert error.hint
    assert query.tree is not None or query.errors
    for use in query.fields:
        assert 0 <= use.start < use.end <= len(query.text)
    for step in query.steps:
        assert 0 <= step.start <= step.end <= len(query.text)
    if query.tree is not None:
        assert parse(query.render()).tree == query.tree


@given(statements)
@settings(max_examples=100, deadline=None)
def test_a_tree_that_is_rendered_parses_back_to_itself(tree):
    query = parse(render(tree))
    assert query.tree == tree
    assert not any(error.kind == "syntax" for error in query.errors)
    in_order(query)


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_gives_a_tree_or_errors_within_it(text):
    in_order(parse(text))


@given(
    st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=40).map(" ".join),
    st.sampled_from(["", "any where ", "sequence ["]),
)
@settings(max_examples=300, deadline=None)
def test_any_tokens_give_a_tree_or_errors_within_them(text, start):
    in_order(parse(start + text))


@given(statements.map(render), st.data())
@settings(max_examples=100, deadline=None)
def test_a_query_with_a_piece_torn_out_gives_a_tree_or_errors_within_it(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    in_order(parse(text[:start] + text[end:]))


def test_positions_are_those_of_the_text():
    text = """  sequence by a.b with maxspan=5m
      [process where f(x, 1) + 2 == 3 or not y in ("z")] by ?`k k` with runs=2 | head 5"""
    tree = parse(text).tree
    item = tree.query.items[0]
    first, second = item.event.condition.parts

    def at(node):
        return text[node.start : node.end]

    assert at(tree) == text.strip()
    assert at(tree.query.maxspan) == "5m"
    assert at(item) == text[text.index("[") : text.index(" | ")]
    assert at(item.keys[0]) == "?`k k`"
    assert at(item.event) == text[text.index("process") : text.index("]")]
    assert at(first) == "f(x, 1) + 2 == 3"
    assert at(first.left) == "f(x, 1) + 2"
    assert text[first.left.left.start : first.left.left.name_end] == "f"
    assert at(second) == 'not y in ("z")'
    assert at(second.operand.values[0]) == '"z"'
    assert at(tree.pipes[0]) == "| head 5"


@pytest.mark.parametrize("nested", ["({})", "not {}", "length({})", "1 + ({})", "-{}", "a in ({})"])
def test_nesting_up_to_a_depth_is_read_and_beyond_it_refused(nested):
    text = "a"
    for _ in range(MAX_DEPTH - 5):
        text = nested.format(text)
    query = parse("any where " + text)
    assert query.sound
    assert parse(query.render()).tree == query.tree
    assert query.fields
    assert query.steps
    for _ in range(10):
        text = nested.format(text)
    (error,) = (error for error in parse("any where " + text).errors if error.kind == "syntax")
    assert error.message == f"nested more than {MAX_DEPTH} deep"


LENGTH = 40_000
HOSTILE = {
    "parentheses": "any where " + "(" * LENGTH,
    "balanced parentheses": "any where " + "(" * 10_000 + "a" + ")" * 10_000,
    "closing parentheses": "any where " + ")" * LENGTH,
    "brackets": "sequence " + "[" * LENGTH,
    "events": "sequence " + "[a where b] " * (LENGTH // 12),
    "events never closed": "sequence " + "[a where b " * (LENGTH // 11),
    "nots": "any where " + "not " * (LENGTH // 4) + "a",
    "signs": "any where " + "-" * LENGTH + "1",
    "sums": "any where 1" + "+1" * (LENGTH // 2),
    "conditions": "any where a" + " and a" * (LENGTH // 6),
    "conditions without operators": "any where " + "a b or " * (LENGTH // 7),
    "values": "any where a in (" + '"b", ' * LENGTH + '"c")',
    "values without commas": "any where a in (" + '"b" ' * (LENGTH // 4),
    "commas": "any where a in (" + "," * LENGTH,
    "quotes": "any where a == " + '"' * LENGTH,
    "escaped quotes": "any where a == " + '"\\' * (LENGTH // 2),
    "backticks": "any where " + "` `` " * (LENGTH // 5),
    "comments": "any where a " + "/* /* */ " * (LENGTH // 9),
    "comment starts": "any where a " + "/*" * (LENGTH // 2),
    "bad escapes": 'any where a == "' + "\\d" * (LENGTH // 2) + '"',
    "dots": "any where " + "a . " * (LENGTH // 4),
    "calls": "any where " + "f(" * (LENGTH // 2),
    "arguments": "any where f(" + "a," * (LENGTH // 2),
    "keys": "sequence by " + "a," * (LENGTH // 2) + "a [b where c] [d where e]",
    "pipes": "any where a " + "| head 5 " * (LENGTH // 9),
    "digits": "any where a == " + "9" * LENGTH,
    "a long name": "any where " + "a" * LENGTH,
    "NULs": "\0" * LENGTH,
    "halves of characters": 'any where a == "' + "\ud800" * LENGTH + '"',
    "stars": 'any where a : "' + "*a" * (LENGTH // 2) + '"',
    "a regular expression": 'any where a regex "' + "(a*)*" * (LENGTH // 5) + '"',
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_answered_in_linear_time(name):
    text = HOSTILE[name]
    start = time.process_time()
    query = parse(text)
    _ = query.fields, query.steps
    # tests/bench holds two seconds for a megabyte; here it must not grow with the square, also where much else runs.
    assert time.process_time() - start < 1 + 8 * len(text) / 1_000_000
    in_order(query)
