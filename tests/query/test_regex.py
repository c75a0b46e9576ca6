"""Lucene's regular expressions: what is refused, what means another thing, and what begins with anything."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.query.base import MAX_ERRORS
from rulepack.query.regex import read_regex


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a",
        "a.b",
        "a|b",
        "(a|b)c",
        "a?b*c+",
        "a{2}b{2,}c{2,3}",
        "a**",
        ".*?",
        "[a-z]",
        "[^a-z]",
        "[]a]",
        "[-a]",
        "[a\\-]",
        "[.*+?]",
        "[\\d_]",
        "[\\\\-a]",
        "()",
        "(()a)",
        "\\.\\*\\\\",
        "\\d\\D\\s\\S\\w\\W",
        "<1-99>",
        "a<01-12>b",
        "@",
        "@&~(abc.+)",
        ".*a.*&.*b.*",
        "~(a|b)",
        "a}",
        "a]",
        "a>",
        "a-b",
        "a=b,c;d:e'f",
        "C:\\\\Windows\\\\.*",
        "😀+",
        "[😀-😃]",
        "a\\ b",
        "[[a]",
        "a$b",
        "a^b",
        "(a|))",
    ],
)
def test_a_right_pattern_is_let_be(pattern):
    assert read_regex(pattern).errors == ()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a", "semantics 0+1 ( is never closed"),
        ("a)b", "semantics 1+1 ) closes nothing"),
        ("((a)", "semantics 0+1 ( is never closed"),
        ("[a", "semantics 0+1 [ is never closed"),
        ("[]", "semantics 0+1 [ is never closed"),
        ("[^]", "semantics 0+1 [ is never closed"),
        ("[z-a]", "semantics 1+3 z-a runs backwards, from z to a"),
        ("[a-]", "semantics 2+2 a - right before ] begins a range"),
        ("[.-]x[a]", "trap 2+2 .-] is a range up to the character ], so the class does not end here"),
        ("a{", "semantics 1+1 { must be followed by a count such as {3}, {3,} or {3,5}"),
        ("a{,3}", "semantics 1+1 { must be followed by a count such as {3}, {3,} or {3,5}"),
        ("a{99999999999}", "semantics 1+13 the count is too large"),
        ("a{5,2}", "trap 1+5 5 is more than 2, so this never matches"),
        ("a|", "semantics 1+1 nothing follows the last |"),
        ("(a|)", "semantics 3+1 a group ends where an alternative must follow"),
        ("a\\", "semantics 1+1 nothing is escaped by the last backslash"),
        ("\\bcmd", "semantics 0+2 \\b does not exist in Lucene"),
        ("[\\n]", "semantics 1+2 \\n does not exist in Lucene"),
        ("\\x41", "semantics 0+2 \\x does not exist in Lucene"),
        ("\\q", "semantics 0+2 \\q does not exist in Lucene"),
        ("[z-\\a]", "semantics 1+4 z-\\a runs backwards, from z to a"),
        ("(a)\\1", "trap 3+2 \\1 is the character 1: there are no back-references"),
        ('"a', 'semantics 0+1 a " begins a literal text that never ends'),
        ('x="a.b"', 'trap 2+5 text in " is matched without the quotation marks'),
        ("a<b", "semantics 1+1 < begins a range of numbers that never ends"),
        ("<script>", "semantics 0+8 between < and > must stand a range of numbers such as <1-99>"),
        ("^a", "trap 0+1 ^ is the character ^: a pattern always matches the whole value"),
        ("a|^b", "trap 2+1 ^ is the character ^: a pattern always matches the whole value"),
        ("(a$)b", "trap 2+1 $ is the character $: a pattern always matches the whole value"),
        ("(?:a)", "trap 0+2 Lucene has no (?...) groups, flags or look-arounds: the ? is a character"),
        ("*a", "trap 0+1 * has nothing before it, so it is the character *"),
        ("|a", "trap 0+1 | has nothing before it, so it is the character |"),
        ("me@home", "trap 2+1 @ matches any text"),
        ("a#b", "trap 1+1 # matches nothing at all"),
        ("a=1&b=2", "trap 3+1 & means that both sides must match the same text"),
        ("progra~1", "trap 6+1 ~ means anything but 1"),
    ],
)
def test_what_is_refused_or_means_another_thing_is_named_with_its_place(pattern, said):
    regex = read_regex(pattern)
    assert [f"{e.kind} {e.start}+{e.end - e.start} {e.message}" for e in regex.errors] == [said]
    assert regex.errors[0].hint


@pytest.mark.parametrize("pattern", [".*a", ".+", "@", "(.*)a", "a|.*b", "((b|.*a))", ".{2,}a"])
def test_a_pattern_that_begins_with_anything_says_so(pattern):
    assert read_regex(pattern).leading


@pytest.mark.parametrize("pattern", ["a.*", "", "\\.*", "[.]*a", "(a|b).*", "a(.*)", ".a", ".?a", ".{2}a"])
def test_a_pattern_that_begins_with_something_does_not(pattern):
    assert not read_regex(pattern).leading


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("abc", "abc"),
        ("a\\.b", "a.b"),
        ("", ""),
        ("a.b", None),
        ("a?", None),
        ("(a)", None),
        ("\\d", None),
        ("a|b", None),
        ("(a", None),
    ],
)
def test_a_pattern_without_operators_is_known_as_a_literal(pattern, literal):
    assert read_regex(pattern).literal == literal


@given(st.text('ab.?+*|{}[]()"\\#@&<>~^$0129,-dn', max_size=25) | st.text(max_size=25))
def test_any_pattern_is_answered_within_its_bounds(pattern):
    regex = read_regex(pattern)
    assert len(regex.errors) <= MAX_ERRORS
    assert all(0 <= error.start <= error.end <= len(pattern) for error in regex.errors)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["(", ")", "(a*)*", "[", "<", "[a-]", '"', "\\", "(a|b", "{", "a{", "a{1", "~", "|", "<1-", "[^", "@&"]
)
def test_a_hostile_pattern_takes_linear_time(piece):
    pattern = piece * (1_000_000 // len(piece))
    start = time.process_time()
    read_regex(pattern)
    assert time.process_time() - start <= 2


@pytest.mark.parametrize("piece", ["a)", "a#"])
def test_no_more_errors_are_said_than_anybody_reads(piece):
    assert len(read_regex(piece * 100).errors) == MAX_ERRORS
