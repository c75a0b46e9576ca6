"""The kinds of values: what each accepts, and with which Problem it refuses."""

import math
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack import fields
from rulepack.fields import (
    DATE_MATH,
    DURATION,
    MAX_INTEGER,
    Choice,
    Flag,
    Json,
    Many,
    OneOrMany,
    Problem,
    RefusedError,
    Text,
    Whole,
)

TEXT = Text()
FULL = Text(empty=False, hint="give it a name")
TIMES = Text(pattern=DURATION, hint="use a duration such as 5m")
COLOUR = Choice("red", "green", "blue")
PERCENT = Whole(least=0, most=100)
COUNT = Whole(least=1)
FLAG = Flag()
LIST = Many(Text())
SOME = Many(Whole(), least=1, most=3)
EITHER = OneOrMany(most=2)
ANYTHING = Json()
TABLE = Json(table=True)

ACCEPTED = [
    (TEXT, "", ""),
    (TEXT, " x ", " x "),
    (FULL, "x", "x"),
    (TIMES, "5m", "5m"),
    (COLOUR, "red", "red"),
    (PERCENT, 0, 0),
    (PERCENT, 100, 100),
    (COUNT, MAX_INTEGER, MAX_INTEGER),
    (FLAG, True, True),
    (FLAG, False, False),
    (LIST, [], ()),
    (LIST, ["a", "b"], ("a", "b")),
    (SOME, [1, 2, 3], (1, 2, 3)),
    (EITHER, "a", "a"),
    (EITHER, ["a"], ("a",)),
    (EITHER, [], ()),
    (ANYTHING, [1, {"a": [None, 1.5]}], [1, {"a": [None, 1.5]}]),
    (ANYTHING, MAX_INTEGER, MAX_INTEGER),
    (ANYTHING, -MAX_INTEGER, -MAX_INTEGER),
    (TABLE, {}, {}),
    (Many(Many(Text())), [["a"], []], (("a",), ())),
]

WHOLE = "write a whole number, without quotes"
TRUTH = "write true or false, without quotes"
SMALLER = "use a smaller number, or put quotes around it"
REFUSED = [
    (TEXT, 5, "type", "it is an integer, but must be a string", "put quotes around it"),
    (TEXT, True, "type", "it is a boolean, but must be a string", "put quotes around it"),
    (TEXT, 1.5, "type", "it is a float, but must be a string", "put quotes around it"),
    (TEXT, ["a"], "type", "it is an array, but must be a string", "write one text in quotes"),
    (TEXT, {}, "type", "it is a table, but must be a string", "write one text in quotes"),
    (TEXT, date(2026, 1, 1), "type", "it is a date or time, but must be a string", "put quotes around it"),
    (TEXT, datetime(2026, 1, 1, tzinfo=UTC), "type", None, "put quotes around it"),
    (TEXT, time(12), "type", None, "put quotes around it"),
    (TEXT, None, "type", "it is null, but must be a string", "put quotes around it"),
    (FULL, " \n", "value", "it is empty", "give it a name"),
    (TIMES, "5 minutes", "value", 'it cannot be "5 minutes"', "use a duration such as 5m"),
    (TIMES, "a\nb" + "c" * 99, "value", 'it cannot be "a b' + "c" * 44 + '…"', "use a duration such as 5m"),
    (COLOUR, "Red", "value", 'it cannot be "Red"', "did you mean red?"),
    (COLOUR, "gren", "value", 'it cannot be "gren"', "did you mean green?"),
    (COLOUR, "xyz", "value", 'it cannot be "xyz"', "use red, green or blue"),
    (COLOUR, 5, "type", "it is an integer, but must be a string", "put quotes around it"),
    (PERCENT, 101, "value", "it is 101, out of range", "use a whole number from 0 to 100"),
    (PERCENT, -1, "value", "it is -1, out of range", "use a whole number from 0 to 100"),
    (PERCENT, 5.0, "type", "it is a float, but must be an integer", WHOLE),
    (PERCENT, "5", "type", "it is a string, but must be an integer", WHOLE),
    (PERCENT, True, "type", "it is a boolean, but must be an integer", WHOLE),
    (COUNT, 0, "value", "it is 0, out of range", "use 1 or more"),
    (COUNT, MAX_INTEGER + 1, "value", f"it is {MAX_INTEGER + 1}, out of range", "use a smaller number"),
    (COUNT, 10**5000, "value", "it is a number of 16610 bits, out of range", "use a smaller number"),
    (FLAG, 1, "type", "it is an integer, but must be a boolean (true or false)", TRUTH),
    (FLAG, "true", "type", "it is a string, but must be a boolean (true or false)", TRUTH),
    (LIST, "a", "type", "it is a string, but must be an array", 'put it in brackets: ["a"]'),
    (LIST, {}, "type", "it is a table, but must be an array", "write its header in double brackets, [[...]]"),
    (SOME, [], "value", "it is empty", "name at least 1"),
    (SOME, [1] * 4, "value", "it has 4 entries, but may have at most 3", "remove 1"),
    (EITHER, 5, "type", "it is an integer, but must be a string or an array of strings", "put quotes around it"),
    (EITHER, ["a"] * 3, "value", "it has 3 entries, but may have at most 2", "remove 1"),
    (TABLE, [], "type", "it is an array, but must be a table", "write its header in single brackets, and only once"),
    (ANYTHING, date(2026, 1, 1), "type", "a date or time cannot be sent to Kibana", "put quotes around it"),
    (ANYTHING, math.nan, "value", "nan cannot be sent to Kibana", "use a finite number"),
    (ANYTHING, math.inf, "value", "inf cannot be sent to Kibana", "use a finite number"),
    (ANYTHING, 2**53, "value", "9007199254740992 is beyond 2^53 - 1 and would change its value in Kibana", SMALLER),
]


def ids_of(case):
    return f"{type(case[0]).__name__} {type(case[1]).__name__}"


def named(field):
    """The field as a schema has it: with a name for its messages."""
    field.call("it")
    return field


def problems(field, value):
    with pytest.raises(RefusedError) as error:
        named(field).deserialize(value)
    return error.value.problems


@pytest.mark.parametrize(("field", "value", "expected"), ACCEPTED, ids=map(ids_of, ACCEPTED))
def test_a_value_is_accepted(field, value, expected):
    assert named(field).deserialize(value) == expected


@pytest.mark.parametrize(("field", "value", "kind", "message", "hint"), REFUSED, ids=map(ids_of, REFUSED))
def test_a_value_is_refused(field, value, kind, message, hint):
    (problem,) = problems(field, value)
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.hint, problem.path) == (kind, hint, ())
    assert message is None or problem.message == message


def test_every_kind_of_field_is_in_both_tables():
    kinds = {one for one in vars(fields).values() if isinstance(one, type) and issubclass(one, fields.Field)}
    kinds -= {fields.Field}
    assert {type(field) for field, *_ in ACCEPTED} == kinds
    assert {type(field) for field, *_ in REFUSED} == kinds


def test_each_wrong_entry_of_an_array_is_named():
    found = problems(Many(Text(empty=False)), ["a", 5, "", "b"])
    assert {index: [one.kind for one in each] for index, each in found.items()} == {1: ["type"], 2: ["value"]}


def test_what_json_lacks_is_named_with_its_path():
    found = problems(Json(), {"a": [1, {"b": math.nan}], "c": date(2026, 1, 1), "d": -(2**53)})
    assert [(problem.path, problem.kind) for problem in found] == [
        (("a", 1, "b"), "value"),
        (("c",), "type"),
        (("d",), "value"),
    ]


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        (Text(required=True), 'add it = "..."'),
        (Text(required=True, hint="give it a name"), "give it a name"),
        (Choice("a", "b", required=True), "add it, which is a or b"),
        (Whole(least=1, required=True), "add it, which is 1 or more"),
        (Flag(required=True), "add it = true, or false"),
    ],
)
def test_what_is_missing_is_asked_for_with_an_example(field, hint):
    assert named(field).missing() == Problem("missing", "missing required field it", hint)


def test_a_value_without_a_name_is_called_the_value():
    with pytest.raises(RefusedError) as error:
        Text().deserialize(5)
    assert error.value.problems[0].message == "the value is an integer, but must be a string"


@pytest.mark.parametrize("text", ["1s", "5m", "24h", "30d", "999999999s"])
def test_a_duration(text):
    assert DURATION.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["", "m", "0m", "05m", "1.5h", "5 m", "5M", "1w", "-5m", "5m\n", "\u0665m", "9999999999s"]
)
def test_no_duration(text):
    assert not DURATION.fullmatch(text)


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "now-6m",
        "now-6m-30s",
        "now+1y/d",
        "now/d",
        "2026-01-31",
        "2026-01-31T12:30:00Z",
        "2026-01-31T12:30:00.5+02:00",
        "2026-01-31||/M",
        "2026-01-31T00:00Z||+1d",
    ],
)
def test_date_math(text):
    assert DATE_MATH.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["", "now - 6m", "now-6", "now-m", "now-6x", "6m", "NOW", "yesterday", "now-6m\n", "now-\u0666m"]
)
def test_no_date_math(text):
    assert not DATE_MATH.fullmatch(text)


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (("a", "b", "c"), "a, b or c")]
)
def test_choices_are_joined(words, text):
    assert fields.join_or(words) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        ("a\n  b", '"a b"'),
        ("x" * 48, f'"{"x" * 48}"'),
        ("x" * 49, f'"{"x" * 47}…"'),
        (" " * 9999 + "x", '"…"'),
    ],
)
def test_a_value_is_quoted_on_one_line(value, text):
    assert fields.quote(value) == text


@given(st.integers())
def test_a_number_is_shown_in_few_digits(number):
    assert len(fields.short_number(number * 2**60)) <= 30


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([TEXT, FULL, TIMES, COLOUR, PERCENT, COUNT, FLAG, LIST, SOME, EITHER, ANYTHING, TABLE]), ANY)
def test_any_value_is_accepted_or_refused_with_problems(field, value):
    try:
        named(field).deserialize(value)
    except RefusedError as error:
        found = error.problems
        flat = [one for each in (found.values() if isinstance(found, dict) else [found]) for one in each]
        assert flat
        assert all(isinstance(one, Problem) for one in flat)
        assert all(len(one.message) <= 160 for one in flat)
