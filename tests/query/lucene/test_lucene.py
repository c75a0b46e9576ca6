"""The parser of Lucene queries: places, trees and text, whatever it is given."""

import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import SHARED, needs_shared

from rulepack.query import logic, parse
from rulepack.query.base import MAX_DEPTH, MAX_ERRORS, QueryError
from rulepack.query.lucene.ast import Clause, Field, Group, Phrase, Range, Regex, Wildcard, Word, Words
from rulepack.query.lucene.lexer import MOST_TOKENS
from rulepack.query.lucene.render import render


class NoTypes:
    def type_of(self, name):
        return {"n": "long", "k": "keyword", "i": "ip", "d": "date", "b": "boolean"}.get(name)


def nodes(node):
    yield node
    for clause in node.clauses if isinstance(node, Group) else ():
        assert node.start <= clause.start <= clause.part.start <= clause.end == clause.part.end <= node.end
        yield from nodes(clause.part)
    if isinstance(node, Field):
        assert node.start <= node.name_end <= node.part.start <= node.part.end == node.end
        yield from nodes(node.part)


def look_at_everything(query):
    """All that a query offers, with what must always hold of it."""
    size = len(query.text)
    for error in (*query.errors, *query.problems(NoTypes())):
        assert 0 <= error.start <= error.end <= size
        assert len(error.message) <= 150
    assert len(query.errors) <= MAX_ERRORS
    assert all(0 <= use.start <= use.end <= size for use in query.fields)
    assert query.features == query.indices == ()
    for step in query.steps:
        assert step.start == 0
        assert step.end == size
    if query.sound:
        for node in nodes(query.tree):
            assert 0 <= node.start <= node.end <= size
        again = parse("lucene", query.render())
        assert again.tree == query.tree
        assert again.render() == query.render()
        assert again.steps == query.steps


PIECES = st.sampled_from(
    [
        "a",
        "b1",
        "AND",
        "OR",
        "NOT",
        "or",
        "not",
        "&&",
        "||",
        "!",
        "+",
        "-",
        "- ",
        "(",
        ")",
        ":",
        "k:",
        "n:",
        "i:",
        "d:",
        "*",
        "?",
        "~",
        "~1",
        "^2",
        "^",
        '"',
        '"a b"',
        "[1 TO 5]",
        "{a TO *}",
        "[",
        "]",
        "{",
        "}",
        "TO",
        "/a.*/",
        "/",
        "\\",
        "\\u0041",
        " ",
        "  ",
        "\n",
        "\u3000",
        "\xa0",
        ">=5",
        "<",
        "_exists_:",
        "\\ ",
        '["a b" TO c]',
        "x.\\*:",
        "'",
        "10.0.0.0/8",
        "�",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
def test_any_text_gives_a_tree_or_errors_within_it(text):
    look_at_everything(parse("lucene", text))


def escapable():
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


def suffixes():
    boost = st.none() | st.sampled_from(["2", "0.5", "10"])
    return {"boost": boost, "fuzzy": st.none() | st.sampled_from(["", "1", "2", "AUTO", "x"])}


WORDS = st.builds(Word, escapable(), **suffixes())
LEAVES = st.one_of(
    WORDS,
    st.builds(Word, st.sampled_from("+-!"), st.just(value=True), **suffixes()),
    st.builds(Phrase, st.text(st.characters(exclude_categories=["Cs"]), max_size=8), **suffixes()),
    st.builds(Regex, st.text("ab.*()|[]{}", max_size=6), **suffixes()),
    st.lists(escapable() | st.just(""), min_size=2, max_size=4).flatmap(
        lambda parts: st.builds(
            Wildcard,
            st.just(tuple(parts)),
            st.text("*?", min_size=len(parts) - 1, max_size=len(parts) - 1),
            **suffixes(),
        )
    ),
    st.builds(
        Range,
        st.none() | escapable().filter(lambda text: text != "*"),
        st.none() | escapable().filter(lambda text: text != "*"),
        st.booleans(),
        st.booleans(),
        suffixes()["boost"],
    ),
)


def groups(parts):
    """Groups whose clauses do not melt into one text: each but the first is joined or signed."""
    joined = st.builds(Clause, st.sampled_from(["AND", "OR"]), st.sampled_from(["", "+", "NOT"]), parts)
    first = st.builds(Clause, st.just(""), st.sampled_from(["", "+", "NOT"]), parts)
    return st.tuples(first, st.lists(joined, max_size=4)).map(lambda both: (both[0], *both[1]))


def with_fields(parts):
    group = st.builds(Group, groups(parts), boost=suffixes()["boost"])
    return group | st.builds(Field, escapable() | st.just("*"), LEAVES | group)


TREES = groups(st.recursive(LEAVES, with_fields, max_leaves=8)).map(lambda clauses: Group(clauses, outermost=True))


@given(TREES)
def test_any_tree_that_renders_parses_back_to_itself(tree):
    query = parse("lucene", render(tree))
    assert not [error for error in query.errors if error.kind == "syntax"]
    assert query.tree == tree


def test_words_with_nothing_between_them_are_one_text_and_keep_their_operators_out():
    tree = parse("lucene", "a b AND c d").tree
    assert [clause.part for clause in tree.clauses] == [Word("a"), Word("b"), Word("c"), Word("d")]
    assert next(clause.part for clause in parse("lucene", "a b (c)").tree.clauses) == Words(("a", "b"))


@needs_shared
def test_the_published_lucene_rules_parse_without_a_word():
    found = 0
    for path in sorted((SHARED / "docs" / "published").glob("*.toml")):
        rule = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
        if rule.get("language") == "lucene":
            found += 1
            query = parse("lucene", rule["query"])
            assert query.errors == ()
            assert {use.name for use in query.fields} >= {"event.dataset", "event.category", "destination.domain"}
            look_at_everything(query)
    assert found == 2


HOSTILE = {
    "10,000 parentheses": "(" * 10_000 + "a" + ")" * 10_000,
    "open parentheses": "(" * 1_000_000,
    "closing parentheses": ")" * 1_000_000,
    "fields": "a:" * 500_000,
    "values": "a:(" + " OR ".join(f"v{number}" for number in range(100_000)) + ")",
    "clauses": " AND ".join(f"f{number}:v" for number in range(100_000)),
    "words": "word " * 200_000,
    "one word": "a" * 1_000_000,
    "wildcards": "a*" * 500_000,
    "question marks": "?" * 1_000_000,
    "escapes": "\\a" * 500_000,
    "backslashes": "\\" * 999_999,
    "quotation marks": '"' * 999_999,
    "escaped quotation marks": '"' + '\\"' * 500_000,
    "slashes": "/" * 999_999,
    "escaped slashes": "/" + "\\/" * 500_000,
    "exponential regex": "a:/" + "(a*)*" * 200_000 + "b/",
    "nested regex": "a:/" + "(a|" * 250_000 + "b/",
    "brackets": "[" * 1_000_000,
    "ranges": "a:[1 TO 2] " * 90_000,
    "half ranges": "a:[1 TO " * 120_000,
    "quoted ranges": '["a\\" ' * 160_000,
    "signs": "+-!" * 330_000,
    "spaced signs": "- " * 500_000,
    "tildes": "~" * 1_000_000,
    "boosts": "a^" * 500_000,
    "operators": "AND " * 250_000,
    "blanks": " " * 1_000_000,
    "tabs in a range": "[" + "\t" * 1_000_000,
    "no blanks": "\u00a0" * 1_000_000,
    "surrogates": "\ud800" * 1_000_000,
    "nothing": "\x00" * 1_000_000,
    "unicode escapes": "\\ud83d\\ude00" * 80_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_answered_in_linear_time(name):
    text = HOSTILE[name]
    start = time.process_time()
    query = parse("lucene", text)
    assert query.steps or query.errors
    assert len(query.fields) <= len(text)
    query.problems(NoTypes())
    seconds = time.process_time() - start
    # tests/bench holds two seconds, in a process of its own; here it must not grow with the square.
    assert seconds <= 8 * max(len(text) / 1e6, 0.1)


def test_nesting_has_a_bound_and_says_where():
    assert parse("lucene", "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH).errors == ()
    deep = parse("lucene", "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1))
    hint = "split the query into several rules"
    message = f"more than {MAX_DEPTH} parentheses in one another"
    assert deep.errors == (QueryError("syntax", message, MAX_DEPTH, MAX_DEPTH + 1, hint),)


def test_a_query_without_end_is_answered_with_what_to_do_instead():
    query = parse("lucene", "a OR " * (MOST_TOKENS // 2) + "a OR b")
    assert [error.message for error in query.errors] == ["the query has more than 250,000 words and operators"]
    assert query.tree is None
    assert query.fields == query.steps == ()
    hundred_thousand = parse("lucene", "a:(" + " OR ".join(map(str, range(100_000))) + ")")
    assert len(hundred_thousand.fields[0].values) == 100_000


def test_a_query_with_syntax_errors_does_not_render():
    with pytest.raises(ValueError, match="no text but its own"):
        parse("lucene", "a:").render()
    assert render(parse("lucene", "b AND a:").tree) == "b AND a:"


def test_no_more_errors_are_said_than_anybody_reads():
    assert len(parse("lucene", ") " * 100).errors) == MAX_ERRORS
    assert len(parse("lucene", "a\u00a0" * 100).errors) == MAX_ERRORS


def test_values_have_their_places():
    text = 'a:("x y" OR z)'
    test = parse("lucene", text).steps[0].logic
    assert isinstance(test, logic.Test)
    assert [text[value.start : value.end] for value in test.values] == ['"x y"', "z"]
    assert text[test.start : test.end] == text


def test_half_of_a_character_is_an_error_and_its_escape_is_none():
    query = parse("lucene", "a:x\ud800")
    assert [(error.kind, error.start, error.end) for error in query.errors] == [("syntax", 3, 4)]
    assert parse("lucene", "a:x\\ud800").render() == "a:x\\ud800"


def test_a_regular_expression_longer_than_an_index_takes_is_refused():
    assert parse("lucene", f"a:/{'b' * 1000}/").errors == ()
    (error,) = parse("lucene", f"a:/{'b' * 1001}/").errors
    assert (error.kind, error.start, error.end) == ("semantics", 2, 1005)
    assert error.message == "a regular expression of 1001 characters is refused: at most 1000"
