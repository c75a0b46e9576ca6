"""What holds for every ES|QL tree and every text."""

import time
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.samples import SHARED, needs_shared

from rulepack.query.base import MAX_DEPTH, MAX_ERRORS
from rulepack.query.esql import ast, parse, pipeline, words
from rulepack.query.esql.constant_parser import UNITS
from rulepack.query.esql.parser import read_query
from rulepack.query.esql.render import render

WORDS = sorted({
    *words.COMMANDS, *words.EXPRESSION_WORDS, "metadata", "as", "a", "b.c", "f(", "`d e`", "join", "stats", "_id", "x*",
})  # fmt: skip
SIGNS = [
    *"()[]{},.|:;=\"'`?+-*/%<>!~@\\", "::", "==", "!=", "&&", "||", "//", "/*", "*/", '"""', '"x"', "'y'", "1", "2.5",
    "1 day", "\n",
]  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(['"', "\\", "\n", "\u202e"])
names = st.lists(
    st.sampled_from(["process", "name", "@timestamp", "by", "and", "from", "a b", "9x", "`", "*"]),
    min_size=1,
    max_size=3,
).map(".".join)
columns = st.builds(ast.Column, names | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5))
patterns = columns | st.builds(
    ast.ColumnPattern,
    st.lists(st.sampled_from(["", "a", "b.", ".c", "a b", "*", "1"]), min_size=2, max_size=3).map(tuple),
)
strings = st.builds(ast.Literal, texts, st.just("string"))
numbers = st.one_of(
    st.builds(ast.Literal, st.integers(-(2**63), 2**64 - 1), st.just("integer")),
    st.builds(ast.Literal, st.floats(allow_nan=False, allow_infinity=False), st.just("decimal")),
)
booleans = st.builds(ast.Literal, st.booleans(), st.just("boolean"))
spans = st.builds(ast.TimeSpan, st.integers(-(10**6), 10**6), st.sampled_from(sorted(UNITS)))


def tuples(kind, least=1, most=3):
    return st.lists(kind, min_size=least, max_size=most).map(tuple)


arrays = st.builds(ast.Array, tuples(strings) | tuples(numbers) | tuples(booleans))
constants = st.one_of(strings, numbers, booleans, spans, arrays, st.just(ast.Literal(None, "null")))
maps = st.recursive(
    st.builds(ast.Map, tuples(st.tuples(strings, constants), 0)),
    lambda inner: st.builds(ast.Map, tuples(st.tuples(strings, constants | inner))),
    max_leaves=3,
)
functions = st.sampled_from(["length", "count", "first", "match", "kql", "by"])
stars = st.builds(ast.Function, functions, st.just((ast.Star(),)))


def larger(kind):
    return st.one_of(
        st.builds(ast.Function, functions, tuples(kind, 0)),
        st.builds(ast.Function, functions, tuples(kind), maps),
        st.builds(ast.Cast, kind, st.sampled_from(["integer", "keyword", "by"])),
        st.builds(ast.Sign, st.sampled_from("+-"), kind),
        st.builds(ast.Arithmetic, kind, st.sampled_from("+-*/%"), kind),
        st.builds(ast.Comparison, kind, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), kind),
        st.builds(ast.Match, columns, constants, st.none() | st.just("keyword")),
        st.builds(
            ast.Like, kind, st.sampled_from(["like", "rlike"]), tuples(strings), st.booleans(), st.just(value=True)
        ),
        st.builds(ast.Like, kind, st.just("like"), tuples(strings, 1, 1), st.booleans(), st.just(value=False)),
        st.builds(ast.In, kind, tuples(kind), st.booleans()),
        st.builds(ast.IsNull, kind, st.booleans()),
        st.builds(ast.Not, kind),
        st.builds(ast.And, tuples(kind, 2)),
        st.builds(ast.Or, tuples(kind, 2)),
    )


expressions = st.recursive(constants | columns | stars, larger, max_leaves=10)
# A name for a column that is also the whole expression would read as the name of the next one.
fields = st.builds(pipeline.Field, columns, expressions)
aggregates = st.builds(pipeline.Field, columns, expressions, st.none() | expressions)
sources = st.builds(
    pipeline.Source, st.sampled_from(["logs-*", "a b", "<x-{now/d}>", "-a", "with", "metadata"]),
    st.none() | st.sampled_from(["c", "*"]), st.none() | st.just("failures"),
)  # fmt: skip
branch_commands = st.one_of(
    st.builds(pipeline.Where, expressions),
    st.builds(pipeline.Eval, tuples(fields)),
    st.builds(pipeline.Stats, tuples(aggregates), tuples(fields, 0), st.booleans()),
    st.builds(pipeline.Keep, tuples(patterns)),
    st.builds(pipeline.Drop, tuples(patterns)),
    st.builds(pipeline.Rename, tuples(st.builds(pipeline.Renaming, patterns, patterns))),
    st.builds(
        pipeline.Sort,
        tuples(
            st.builds(
                pipeline.Order,
                expressions,
                st.sampled_from([None, "asc", "desc"]),
                st.sampled_from([None, "first", "last"]),
            )
        ),
    ),
    st.builds(
        pipeline.Limit, st.integers(0, 10**6).map(lambda rows: ast.Literal(rows, "integer")), tuples(expressions, 0)
    ),
    st.builds(pipeline.MvExpand, columns),
    st.builds(
        pipeline.LookupJoin, st.builds(pipeline.Source, st.sampled_from(["b", "b c", "on"])), tuples(expressions)
    ),
    st.builds(pipeline.ChangePoint, columns, st.none() | columns),
    st.builds(pipeline.Completion, st.none() | columns, expressions, st.none() | maps),
    st.builds(pipeline.Grok, expressions, tuples(strings)),
)
commands = branch_commands | st.builds(
    pipeline.Fuse, st.none() | st.just(ast.Column("RRF")), st.none() | columns, st.none() | columns
)
froms = st.builds(pipeline.From, tuples(sources))
pipelines = st.builds(lambda source, rest: pipeline.Pipeline((source, *rest)), froms, tuples(commands, 0))
forked = st.builds(
    lambda source, branches: pipeline.Pipeline((source, pipeline.Fork(branches))),
    froms,
    tuples(st.builds(pipeline.Pipeline, tuples(branch_commands))),
)
nested = st.builds(
    lambda query, column: pipeline.Pipeline((
        pipeline.From((pipeline.Subquery(query),)), pipeline.Where(ast.InSubquery(column, query)),
    )),
    pipelines, columns,
)  # fmt: skip


@given(pipelines | forked | nested)
def test_any_tree_that_renders_parses_back_to_itself(tree):
    text = render(tree)
    again, errors = read_query(text)
    assert not [error for error in errors if error.kind == "syntax"], text
    assert again == tree, text


def in_order(text, errors):
    assert len(errors) <= MAX_ERRORS
    assert [error.start for error in errors] == sorted(error.start for error in errors)
    for error in errors:
        assert 0 <= error.start <= error.end <= len(text)
        assert 0 < len(error.message) <= 100


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS + SIGNS), max_size=25).map(" ".join))
@settings(max_examples=300)
def test_any_text_gives_a_tree_or_errors_within_its_bounds(text):
    for asked in (text, f"FROM a | {text}", f"FROM a | WHERE {text}"):
        query = parse(asked)
        in_order(asked, query.errors)
        assert query.tree is not None or query.errors
        if query.sound:
            assert parse(query.render()).tree == query.tree
            assert all(0 <= use.start <= use.end <= len(asked) for use in query.fields)
            assert query.steps


@needs_shared
def test_every_query_of_the_public_rules_parses_and_renders():
    seen = 0
    for path in (SHARED / "corpus").rglob("*.toml"):
        rule = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
        if rule.get("language") == "esql":
            seen += 1
            tree, errors = read_query(rule["query"])
            # Traps are true of some of them: `RLIKE "*sh"` looks for a star.
            assert {error.kind for error in errors} <= {"trap"}, path
            assert read_query(render(tree))[0] == tree, path
    assert seen > 100


HOSTILE = {
    "parentheses": "FROM a | WHERE " + "(" * 10_000 + "b" + ")" * 10_000,
    "functions": "FROM a | WHERE " + "f(" * 10_000 + "b" + ")" * 10_000,
    "negations": "FROM a | WHERE " + "NOT " * 100_000 + "b",
    "a sum": "FROM a | EVAL x = b" + " + b" * 100_000,
    "conditions": "FROM a | WHERE b" + " AND b == 1" * 20_000,
    "values": "FROM a | WHERE b IN (" + ", ".join(f'"v{number}"' for number in range(60_000)) + ")",
    "pipes": "FROM a" + "|" * 100_000,
    "quotes": "FROM a | WHERE b == " + '"\n' * 100_000,
    "three quotes": "FROM a | WHERE b == " + '"""a\n' * 100_000,
    "backticks": "FROM a | WHERE " + "``\n" * 100_000,
    "comments": "FROM a | WHERE " + "/* /* */ " * 50_000,
    "open comments": "FROM a | WHERE " + "/* " * 100_000,
    "subqueries": "FROM a | WHERE " + "b IN (FROM a | WHERE " * 10_000,
    "branches": "FROM a" + " | FORK (WHERE b" * 20_000,
    "digits": "FROM a | WHERE b == " + "9" * 500_000,
    "grok": 'FROM a | GROK b "' + "%{NOPE:x}" * 50_000 + '"',
    "dissect": 'FROM a | DISSECT b "' + "%{" * 200_000 + '"',
    "unknown commands": "FROM a" + " | foo b" * 50_000,
    "too long": "FROM a" + " " * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_gets_an_answer_in_time(name):
    text = HOSTILE[name]
    start = time.process_time()
    _, errors = read_query(text)
    # Ten times what it takes, so that a busy machine passes and a square of the length does not.
    assert time.process_time() - start < 10
    in_order(text, errors)


def test_what_is_nested_as_deep_as_allowed_can_be_used():
    for text in ("(" * MAX_DEPTH + "b" + ")" * MAX_DEPTH, "b" + " + b" * (MAX_DEPTH - 2) + " > 1"):
        query = parse(f"FROM a | WHERE {text}")
        assert query.sound
        assert query.fields
        assert query.steps
        assert parse(query.render()).tree == query.tree
