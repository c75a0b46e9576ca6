"""What a KQL query demands of an event."""

import pytest

from rulepack.query.kql import parse
from rulepack.query.logic import Always, And, Nested, Not, Opaque, Or, Value
from rulepack.query.logic import Test as Compared  # pytest would collect it


def logic(text):
    (step,) = parse(text).steps
    return step.logic


def is_(field, *values):
    return Compared(field, "is", tuple(Value(value) for value in values))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a: "b c"', is_("a", "b c")),
        ("a: b", is_("a", "b")),
        ("a: b c", Compared("a", "match", (Value("b c"),))),
        ("a: true", is_("a", True)),
        ('a: "true"', is_("a", "true")),
        ("a: 5", is_("a", "5")),
        ("a: *", Compared("a", "exists")),
        ('a: "*"', is_("a", "*")),
        ("a: b*c", Compared("a", "like", (Value("b*c", ("b", "c"), "*"),))),
        (r"a: b\**", Compared("a", "like", (Value("b**", ("b*", ""), "*"),))),
        ("a: **", Compared("a", "like", (Value("**", ("", "", ""), "**"),))),
        ("a >= 5", Compared("a", ">=", (Value("5"),))),
        ("a: (b or c)", is_("a", "b", "c")),
        ("a: (b or c* or d)", Or((is_("a", "b", "d"), Compared("a", "like", (Value("c*", ("c", ""), "*"),))))),
        ("a: (b and not c)", And((is_("a", "b"), Not(is_("a", "c"))))),
        ("a: (* and not (b or c))", And((Compared("a", "exists"), Not(is_("a", "b", "c"))))),
        ("a: 1 or (b: 2 or c: 3)", Or((is_("a", "1"), is_("b", "2"), is_("c", "3")))),
        ("not a: b and c: d", And((Not(is_("a", "b")), is_("c", "d")))),
        ("a: { b: c and d: { e: f } }", Nested("a", And((is_("a.b", "c"), Nested("a.d", is_("a.d.e", "f")))))),
        ("", Always()),
        ("*", Always()),
        ("*: *", Always()),
        ("some words", Opaque("some words")),
        ('"a phrase"', Opaque('"a phrase"')),
        ("a.*: (b or c)", Opaque("a.*: (b or c)", ("a.*",))),
        ("a.* > 5", Opaque("a.* > 5", ("a.*",))),
    ],
)
def test_a_query_has_its_logic(text, expected):
    assert logic(text) == expected


def test_tests_and_values_have_their_places():
    text = 'x: y and a: (b or "c d" and e*)'
    second = logic(text).parts[1]
    assert text[second.start : second.end] == 'a: (b or "c d" and e*)'
    both = second.parts[1]
    assert [text[part.values[0].start : part.values[0].end] for part in both.parts] == ['"c d"', "e*"]


def test_nothing_is_known_of_a_query_without_a_tree():
    query = parse("(")
    assert query.steps == ()
    assert query.fields == ()
    assert query.problems(None) == ()
