"""Dead pieces of queries: what is said to do nothing must do nothing, and what does nothing is said."""

import time

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from support.events import EVENTS, conditions, fields, holds, placed, without

from rulepack.query import parse
from rulepack.query.dead import dead_logic
from rulepack.query.logic import Not, conjunction

LANGUAGES = {"of typed values": False, "of words": True}


@pytest.mark.parametrize("by_words", LANGUAGES.values(), ids=LANGUAGES)
@given(st.data())
def test_a_query_finds_the_same_without_a_dead_piece(by_words, data):
    logic = placed(data.draw(conditions(by_words=by_words)))
    for dead in dead_logic(logic, fields(by_words=by_words)):
        note(dead)
        less = without(logic, dead.start, neutral=dead.kind == "duplicate")
        for event in EVENTS:
            assert holds(less, event, by_words=by_words) == holds(logic, event, by_words=by_words)


@pytest.mark.parametrize("by_words", LANGUAGES.values(), ids=LANGUAGES)
@given(st.data())
def test_a_clause_beside_its_own_negation_is_found(by_words, data):
    part = data.draw(conditions(by_words=by_words))
    found = dead_logic(placed(conjunction([part, Not(part)], 0, 0)), fields(by_words=by_words))
    assert {dead.kind for dead in found} & {"excluded", "never"}


def found(language, query):
    """The dead pieces of a query: kind, the piece, and what makes it so."""
    head = {"eql": "any where ", "esql": "FROM logs-acme.events-default | WHERE "}.get(language, "")
    text = head + query
    (step,) = parse(language, text).steps
    pieces = dead_logic(step.logic, fields(by_words=language in {"kuery", "lucene"}))
    return [(one.kind, text[one.start : one.end], text[one.other_start : one.other_end]) for one in pieces]


CASES = [
    # never
    ("kuery", "one : a and one : b", "never", "one : b", "one : a"),
    ("lucene", "one:a AND one:b", "never", "one:b", "one:a"),
    ("eql", 'one == "a" and one == "b"', "never", 'one == "b"', 'one == "a"'),
    ("esql", 'one == "a" AND one == "b"', "never", 'one == "b"', 'one == "a"'),
    ("eql", 'one == "a" and (one == "b" or many == "c")', "never", 'one == "b"', 'one == "a"'),
    ("eql", "number > 10 and number < 3", "never", "number < 3", "number > 10"),
    # idle
    ("eql", 'one == "a" and not (one like "b*" or many == "c")', "idle", 'one like "b*"', 'one == "a"'),
    ("kuery", "one : a and not (one : b or many : c)", "idle", "one : b", "one : a"),
    # shadowed
    ("kuery", "one : (abc or a*)", "shadowed", "abc", "a*"),
    ("lucene", "one:(abc OR a*)", "shadowed", "abc", "a*"),
    ("eql", 'one : ("abc", "A*")', "shadowed", '"abc"', '"A*"'),
    ("esql", 'one LIKE ("ab*", "a*")', "shadowed", '"ab*"', '"a*"'),
    ("eql", 'one == "abc" or one like "a*"', "shadowed", '"abc"', '"a*"'),
    ("eql", 'one : "abc" or one == "abc"', "shadowed", 'one == "abc"', 'one : "abc"'),
    ("kuery", "one : a or (one : a and many : b)", "shadowed", "one : a and many : b", "one : a"),
    ("kuery", "many : *word* or many : *words*", "shadowed", "*words*", "*word*"),
    ("kuery", 'odd : (*admin* or "Domain admins")', "shadowed", '"Domain admins"', "*admin*"),
    # duplicate
    ("kuery", "one : (a or b or a)", "duplicate", "a", "a"),
    ("lucene", "one:(a OR b OR a)", "duplicate", "a", "a"),
    ("eql", 'one in~ ("a", "A")', "duplicate", '"A"', '"a"'),
    ("esql", 'one IN ("a", "a")', "duplicate", '"a"', '"a"'),
    ("eql", 'one == "a" and many == "b" and one == "a"', "duplicate", 'one == "a"', 'one == "a"'),
    # excluded
    ("kuery", "one : a and not one : a", "excluded", "not one : a", "one : a"),
    ("lucene", "one:a AND NOT one:a*", "excluded", "AND NOT one:a*", "one:a"),
    ("eql", 'one == "a" and one != "a"', "excluded", 'one != "a"', 'one == "a"'),
    ("esql", 'one == "a" AND one != "a"', "excluded", 'one != "a"', 'one == "a"'),
    ("eql", 'many in ("a", "b") and not many : "B"', "excluded", '"b"', 'many : "B"'),
]


@pytest.mark.parametrize(("language", "query", "kind", "piece", "other"), CASES)
def test_a_dead_piece_is_found_with_what_makes_it_so(language, query, kind, piece, other):
    assert found(language, query) == [(kind, piece, other)]


@pytest.mark.parametrize(
    ("language", "query"),
    [
        # Fields that may hold several values, or of which nothing is known.
        ("kuery", "many : a and many : b"),
        ("eql", 'unknown == "a" and unknown == "b"'),
        # Text, where words are compared.
        ("kuery", 'text : ("foo-bar" or foo-*)'),
        ("kuery", 'odd : ("foo bar" or f*r)'),
        ("lucene", 'odd:("foo-bar" OR foo-*)'),
        # In KQL and EQL's `==`, case counts.
        ("kuery", "one : (cmd or CMD)"),
        ("eql", 'one in ("cmd", "CMD")'),
        ("kuery", "one : (ABC or a*)"),
        # What != and NOT say of a missing field, is written only once.
        ("esql", 'one IS NOT NULL AND one != "a" AND one != "b"'),
        ("esql", 'NOT one IN ("a", "b") AND NOT one LIKE "c*"'),
        ("esql", 'NOT (one == "a" OR one == "b")'),
        # Different objects.
        ("kuery", "list : { name : a } and list : { name : b }"),
        ("eql", 'one like ("?a*", "*a?")'),
        ("eql", "number > 3 and number < 4"),
        ("kuery", 'one : (null or "")'),
    ],
)
def test_what_does_something_is_not_reported(language, query):
    assert found(language, query) == []


def test_one_mistake_is_told_once():
    assert found("eql", 'one == "a" or one == "a" or one == "a"') == [
        ("duplicate", 'one == "a"', 'one == "a"'),
        ("duplicate", 'one == "a"', 'one == "a"'),
    ]
    assert len(found("eql", 'one in ("a", "a") or one == "b" or one like "c*"')) == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('one == "a" and one in ("b", "c", "d")', 'one is never "b" or 2 others here, so that this finds nothing'),
        ('one == "a" and not (one == "b" or many == "c")', 'one is never "b" here, so that this excludes nothing'),
        ("number > 5 and number < 3", 'number is never < "3" here, so that this finds nothing'),
        ('one in ("b", "b")', '"b" is there twice'),
        ('one like ("bc", "b*")', '"bc" is matched by "b*" already'),
        ('one in ("b", "c") and one != "c"', '"c" is excluded again by a `not` beside it'),
        (
            'one like ("/usr/local/share/applications/a.desktop", "/usr/local/share/applications/*.desktop")',
            '"/usr/local/sha…lications/a.desktop" is matched by "/usr/local/sha…lications/*.desktop" already',
        ),
    ],
)
def test_a_message_says_what_is_dead(query, message):
    text = f"any where {query}"
    (dead,) = dead_logic(parse("eql", text).steps[0].logic, fields(by_words=False))
    assert dead.message == message
    assert len(dead.message) <= 100


def listed(pattern, size):
    """A list of texts, each with its number in it."""
    return ", ".join('"' + pattern.format(number) + '"' for number in range(size))


def joined(word, clause, size):
    return f" {word} ".join(clause.format(number) for number in range(size))


HOSTILE = {
    "many values": lambda size: f"one in ({listed('v{}', size)})",
    "many patterns": lambda size: f"one like ({listed('*v{}?*', size)})",
    "many alternatives": lambda size: joined("or", 'one == "v{}"', size),
    "many alternatives of several fields": lambda size: joined("or", '(f{} == "a" and one == "b")', size),
    "many clauses": lambda size: joined("and", 'not one like "v{}*"', size),
    "long patterns": lambda size: f'one like ("{"*a?" * size}", "{"a" * size}", "{"*ab" * size}*")',
    "deep": lambda size: "(one == 1 or (two == 2 and " * 40 + f"one in ({listed('{}', size)})" + "))" * 40,
    "patterns of the same letters": lambda size: f"one like ({listed('*a?' * 20 + 'b{}', size // 20)})",
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_conditions_take_time_as_they_are_long(make):
    def seconds(size):
        logic = parse("eql", f"any where {make(size)}").steps[0].logic
        start = time.perf_counter()
        list(dead_logic(logic, fields(by_words=False)))
        return time.perf_counter() - start

    short = max(min(seconds(1_000) for _ in range(2)), 0.02)
    assert seconds(10_000) < 40 * short
