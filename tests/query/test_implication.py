"""What follows from what: every conclusion held against events."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import EVENTS, comparisons, conditions, fields, holds

from rulepack.query import parse
from rulepack.query.implication import Fields, Reasoner, spelled_value
from rulepack.query.logic import And, Or, Value
from rulepack.query.logic import Test as Comparison

LANGUAGES = {"of typed values": False, "of words": True}
each_language = pytest.mark.parametrize("by_words", LANGUAGES.values(), ids=LANGUAGES)


def related(by_words):
    """Two conditions of which one is often made of the other."""
    some = conditions(by_words=by_words)
    made = st.tuples(some, some, st.sampled_from([And, Or])).map(lambda of: (of[0], of[2](of[:2])))
    of_one_field = st.one_of(*(st.tuples(tests, tests) for tests in comparisons(by_words=by_words).values()))
    return made | made.map(lambda pair: pair[::-1]) | st.tuples(some, some) | of_one_field


@each_language
@given(st.data())
def test_what_is_implied_holds_wherever_the_other_does(by_words, data):
    narrow, wide = data.draw(related(by_words))
    if Reasoner(fields(by_words=by_words)).implies(narrow, wide):
        for event in EVENTS:
            assert holds(wide, event, by_words=by_words) or not holds(narrow, event, by_words=by_words)


@each_language
@given(st.data())
def test_every_condition_implies_itself(by_words, data):
    logic = data.draw(conditions(by_words=by_words))
    assert Reasoner(fields(by_words=by_words)).implies(logic, logic)


@each_language
@given(st.data())
def test_what_excludes_never_holds_together(by_words, data):
    tests = data.draw(st.sampled_from([*comparisons(by_words=by_words).values()]))
    one, other = data.draw(tests), data.draw(tests)
    if Reasoner(fields(by_words=by_words)).exclude(one, other):
        for event in EVENTS:
            assert not (holds(one, event, by_words=by_words) and holds(other, event, by_words=by_words))


@each_language
@given(st.data())
def test_conditions_of_one_key_say_the_same(by_words, data):
    one, other = data.draw(related(by_words))
    reasoner = Reasoner(fields(by_words=by_words))
    if reasoner.key(one) == reasoner.key(other):
        for event in EVENTS:
            assert holds(one, event, by_words=by_words) == holds(other, event, by_words=by_words)


def logic_of(language, query):
    head = {"eql": "any where ", "esql": "FROM logs-acme.events-default | WHERE "}.get(language, "")
    (step,) = parse(language, head + query).steps
    return step.logic


@pytest.mark.parametrize(
    ("language", "narrow", "wide"),
    [
        ("kuery", "one : cmd.exe", "one : cmd*"),
        ("kuery", "one : (b or a)", "one : (a or b or c)"),
        ("kuery", "one : a and many : b", "one : a"),
        ("kuery", "not one : a*", "not one : ab"),
        ("kuery", "number >= 10", "number > 2"),
        ("kuery", "odd : admins", "odd : *admin*"),
        ("kuery", 'text : "domain admins"', "text : *admin*"),
        ("lucene", "one:cmd.exe", "one:cmd*"),
        ("lucene", "one:a AND many:b", "one:(a OR c)"),
        ("eql", 'one == "Cmd.exe"', 'one : "cmd.exe"'),
        ("eql", 'one in ("a", "b")', 'one in ("b", "c", "a")'),
        ("eql", 'startsWith(one, "ab")', 'one like "a*"'),
        ("eql", "number == 10", "number > 9"),
        ("esql", 'one == "a"', 'one IN ("a", "b")'),
        ("esql", 'one == "ab"', 'one LIKE "a*"'),
        ("esql", 'NOT one == "a"', "one IS NOT NULL"),
    ],
)
def test_a_condition_follows_from_one_that_asks_for_more(language, narrow, wide):
    reasoner = Reasoner(fields(by_words=language in {"kuery", "lucene"}))
    assert reasoner.implies(logic_of(language, narrow), logic_of(language, wide))


@pytest.mark.parametrize(
    ("language", "narrow", "wide"),
    [
        # Texts are in order of their characters: "10" comes before "5".
        ("kuery", "one > 10", "one > 5"),
        ("kuery", "odd >= 10", "odd >= 5"),
        # Of the words foo and bar, none begins with foo-.
        ("kuery", 'text : "foo-bar"', "text : foo-*"),
        ("kuery", 'odd : "foo bar"', "odd : f*r"),
        ("lucene", 'odd:"foo-bar"', "odd:foo-*"),
        ("eql", 'one : "cmd.exe"', 'one == "cmd.exe"'),
        ("eql", 'one != "a"', "one != null"),
        ("eql", 'one == "10"', 'one > "5"'),
    ],
)
def test_what_is_not_sure_does_not_follow(language, narrow, wide):
    reasoner = Reasoner(fields(by_words=language in {"kuery", "lucene"}))
    assert not reasoner.implies(logic_of(language, narrow), logic_of(language, wide))


@pytest.mark.parametrize(
    ("language", "one", "other", "excluded"),
    [
        ("kuery", "one : a", "one : b", True),
        ("kuery", "many : a", "many : b", False),
        ("kuery", "one : A", "one : a", False),
        ("kuery", "number : 4", "number : 4.0", False),
        ("kuery", "number : 4", "number : 5", True),
        ("kuery", "number < 4", "number > 5", True),
        ("kuery", "number <= 4", "number >= 4", False),
        ("kuery", "number > 3", "number < 4", False),
        ("kuery", "one < 4", "one > 5", False),
        ("lucene", "one:a*", "one:b*", True),
        ("eql", 'one == "a"', 'one like "b*"', True),
        ("eql", "number == 9007199254740993", "number > 9007199254740992", False),
        ("esql", "number == 1", "number > 1", True),
    ],
)
def test_conditions_exclude_one_another_where_a_field_holds_one_value(language, one, other, excluded):
    reasoner = Reasoner(fields(by_words=language in {"kuery", "lucene"}))
    assert reasoner.exclude(logic_of(language, one), logic_of(language, other)) is excluded


def test_an_address_may_be_within_a_network():
    address, network = (Comparison("ip", "is", (Value(text),)) for text in ("10.1.2.3", "10.0.0.0/8"))
    ips = Fields(lambda _: ("ip",), lambda _: True, by_words=True)
    assert not Reasoner(ips).exclude(address, network)


def test_much_work_ends_in_not_sure():
    values = tuple(Value(f"*{number}*", ("", str(number), ""), "**") for number in range(3_000))
    test, other = Comparison("one", "like", values), Comparison("one", "like", values[1:])
    start = time.perf_counter()
    assert not Reasoner(fields(by_words=False)).implies(test, other)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("value", "operator", "text"),
    [
        (Value("a*"), "is", "a*"),
        (Value("a*b?", ("a", "b", ""), "*?"), "like", "a*b?"),
        (Value(True), "is", "true"),  # noqa: FBT003
        (Value(None), "is", "null"),
    ],
)
def test_a_value_is_spelled_as_people_write_it(value, operator, text):
    assert spelled_value(Comparison("one", operator, (value,))) == text
