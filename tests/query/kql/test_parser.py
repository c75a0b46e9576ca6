"""KQL is read as Kibana reads it, and what is wrong is said at its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.queries import cases

from rulepack.query.base import MAX_DEPTH, MAX_ERRORS
from rulepack.query.kql import parse
from rulepack.query.kql.ast import And, Is, Literal, Nested, Not, Or, Range, Wildcard
from rulepack.query.kql.lexer import TRIMMED
from rulepack.query.kql.render import render

CASES = cases("kql")
GOOD = [case for case in CASES if "errors" not in case]
BAD = [case for case in CASES if "errors" in case]


def written(use):
    how = [] if use.how == "compared" else [use.how]
    values = [json.dumps(value, ensure_ascii=False) for value in use.values]
    pattern = ["pattern"] if use.pattern and use.name != "*" else []
    return " ".join([use.name, *how, *([use.operator] if use.operator else []), *values, *pattern])


@pytest.mark.parametrize("case", GOOD, ids=[case["query"] for case in GOOD])
def test_a_query_is_read_and_rendered(case):
    query = parse(case["query"])
    assert not query.errors
    assert [written(use) for use in query.fields] == case["fields"]
    assert query.render() == case.get("render", case["query"])
    assert parse(query.render()).tree == query.tree


@pytest.mark.parametrize("case", BAD, ids=[case["query"] for case in BAD])
def test_what_is_wrong_is_said_at_its_place(case):
    query = parse(case["query"])
    found = [f"{error.kind} | {case['query'][error.start : error.end]} | {error.message}" for error in query.errors]
    assert found == case["errors"]
    assert all(error.hint for error in query.errors)


def test_the_query_is_of_its_own_language():
    assert parse("a: b").language == "kuery"


def test_precedence_is_or_below_and_below_not():
    a, b, c = (Is(None, Literal(name)) for name in "abc")
    assert parse("a or b and not c").tree == Or((a, And((b, Not(c)))))
    assert parse("not a and b").tree == And((Not(a), b))
    assert parse("(a or b) and c").tree == And((Or((a, b)), c))


def test_every_node_has_its_place():
    text = ' not a.b : ( "x" or y* )  and c > 5 '
    tree = parse(text).tree
    assert text[tree.start : tree.end] == 'not a.b : ( "x" or y* )  and c > 5'
    negated, compared = tree.parts
    assert text[negated.start : negated.end] == 'not a.b : ( "x" or y* )'
    assert text[negated.part.field.start : negated.part.field.end] == "a.b"
    assert [text[value.start : value.end] for value in negated.part.values.parts] == ['"x"', "y*"]
    assert text[compared.value.start : compared.value.end] == "5"


def test_spaces_of_other_kinds_are_trimmed_as_javascript_trims():
    assert parse("a:\u2003b\ufeff").tree.values == Literal("b")
    assert parse("a:\u00a0b").tree.values == Literal("b")
    assert parse(r"a: \t").tree.values == Literal("")


def test_half_of_a_character_is_an_error_and_its_escape_none():
    (error,) = parse("a: \ud800").errors
    assert (error.kind, error.start, error.end) == ("syntax", 3, 4)
    assert parse(r"a: \ud800").tree.values == Literal("\ud800")


def test_hints_name_the_language_that_it_looks_like():
    assert "EQL" in parse('process where process.name == "x"').errors[0].hint
    assert "ES|QL" in parse("from logs-* | where a").errors[0].hint


def test_an_unclosed_bracket_is_named_where_it_was_opened():
    (error,) = parse("a: 1 and (b: 2 or (c: 3)").errors
    assert (error.start, error.end) == (9, 10)


def test_reading_ends_at_the_deepest_that_is_read():
    deepest = "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH
    assert not parse(deepest).errors
    (error,) = parse(f"({deepest})").errors
    assert (error.start, error.end) == (MAX_DEPTH, MAX_DEPTH + 1)


def test_the_deepest_tree_goes_through_everything():
    text = "(x or y and not " * (MAX_DEPTH // 2) + "a: b" + ")" * (MAX_DEPTH // 2)
    text = f"{text} or {'(x or y and ' * MAX_DEPTH}c: d{')' * MAX_DEPTH}"
    query = parse(text)
    assert query.sound
    assert len(query.fields) == 2
    assert parse(query.render()).tree == query.tree
    assert query.steps


def test_a_query_has_only_so_many_errors():
    assert len(parse(")" * 1000).errors) == MAX_ERRORS


def test_nothing_is_rendered_without_a_tree():
    with pytest.raises(ValueError, match="without a tree"):
        parse("(").render()


TEXTS = st.text(
    st.sampled_from(" ab*\\()\":<>{}tnr\t\n\u00a0\u2003\ufeffé😀\ud83d\ude00\x00'=&") | st.characters(), max_size=12
)
WORDY = st.lists(st.sampled_from(["and", "or", "not", "knot", "x", "AND", " ", "  ", "\n"]), max_size=6).map("".join)


def unquoted(text):
    text = text.strip(TRIMMED)
    return Literal({"true": True, "false": False, "null": None}.get(text, text))


def whole(text):
    """With the halves of a character put together."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def wildcard(parts):
    return Wildcard((parts[0].lstrip(TRIMMED), *parts[1:-1], parts[-1].rstrip(TRIMMED)))


ANY_TEXT = (TEXTS | WORDY).map(whole)
QUOTED = ANY_TEXT.map(lambda text: Literal(text, quoted=True))
LITERALS = QUOTED | ANY_TEXT.map(unquoted) | st.lists(ANY_TEXT, min_size=2, max_size=4).map(wildcard)


def groups(part):
    parts = st.lists(part, min_size=2, max_size=3).map(tuple)
    return parts.map(And) | parts.map(Or) | part.map(Not)


VALUES = st.recursive(LITERALS, groups, max_leaves=6)
LEAVES = (
    LITERALS.map(lambda value: Is(None, value))
    | st.builds(Is, LITERALS, VALUES)
    | st.builds(Range, LITERALS, st.sampled_from(["<", "<=", ">", ">="]), LITERALS)
)
TREES = st.recursive(LEAVES, lambda part: groups(part) | st.builds(Nested, LITERALS, part), max_leaves=8)


@given(TREES)
def test_any_tree_that_renders_parses_back_to_itself(tree):
    assert parse(render(tree)).tree == tree


FRAGMENTS = st.lists(
    st.sampled_from(
        ['"', "a", "b.c", ":", " ", "(", ")", "{", "}", " and ", " or ", "not ", "*", "\\", "<", ">=", "\n", ",", "'"]
    )
    | st.characters(),
    max_size=30,
).map("".join)


@given(FRAGMENTS)
def test_any_text_gives_a_tree_or_errors_within_it(text):
    query = parse(text)
    assert query.tree is not None or query.errors
    for error in query.errors:
        assert 0 <= error.start <= error.end <= len(text)
        assert len(error.message) <= 100
        assert error.message.isprintable()
        assert error.hint is None or error.hint.isprintable()
    for use in query.fields:
        assert 0 <= use.start <= use.end <= len(text)
    assert len(query.steps) == (query.tree is not None)
    if query.sound:
        assert parse(query.render()).tree == query.tree
