"""Values and patterns compared, held against a matcher that tries everything."""

import re
import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.query import logic
from rulepack.query.logic import Value
from rulepack.query.wildcard import covers, disjoint, glob_of, globs_of, text_of

ALPHABET = "ab"
TEXTS = ["".join(letters) for length in range(6) for letters in product(ALPHABET, repeat=length)]


def like(pattern, *, folded=False):
    """The glob of a pattern that is written with `*` and `?`."""
    parts, wild = tuple(re.split("[*?]", pattern)), "".join(re.findall("[*?]", pattern))
    return glob_of(Value(pattern, parts, wild), like=True, folded=folded)


def matches(pattern, text):
    """Whether a pattern matches a text, by its definition."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(matches(pattern[1:], text[number:]) for number in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and matches(pattern[1:], text[1:])


PATTERNS = st.text("ab*?", max_size=5)


@given(PATTERNS, PATTERNS)
def test_what_is_covered_is_matched_by_the_wider_pattern(wide, narrow):
    if covers(like(wide), like(narrow)):
        assert not [text for text in TEXTS if matches(narrow, text) and not matches(wide, text)]


@given(PATTERNS, PATTERNS)
def test_what_is_disjoint_has_no_text_in_common(one, other):
    if disjoint(like(one), like(other)):
        assert not [text for text in TEXTS if matches(one, text) and matches(other, text)]


@given(PATTERNS, st.text("ab", max_size=5))
def test_a_value_is_covered_exactly_if_the_pattern_matches_it(pattern, value):
    assert covers(like(pattern), like(value)) == matches(pattern, value)
    assert disjoint(like(pattern), like(value)) == (not matches(pattern, value))


@given(PATTERNS)
def test_a_pattern_covers_itself(pattern):
    assert covers(like(pattern), like(pattern))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("*", "anything"),
        ("*", "*any*"),
        ("*admin*", "Domain admins"),
        ("*.js", "a.js"),
        ("*-tmp-*", "*a-tmp-b*"),
        ("/run/*", "/run/shm/*"),
        ("?:\\Windows\\*.exe", "C:\\Windows\\System32\\cmd.exe"),
        ("?:\\Windows\\*.exe", "?:\\Windows\\System32\\*.exe"),
        ("a**b", "a*b"),
    ],
)
def test_patterns_cover_what_is_narrower(wide, narrow):
    assert covers(like(wide), like(narrow))
    assert not disjoint(like(wide), like(narrow))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("/run/shm/*", "/run/*"),
        ("?", "*"),
        ("??", "?"),
        ("*ab*", "*a*b*"),
        ("ab*ba", "aba"),
        ("a?*", "a*"),
    ],
)
def test_patterns_do_not_cover_what_is_wider(wide, narrow):
    assert not covers(like(wide), like(narrow))


@pytest.mark.parametrize(
    ("one", "other"), [("a*", "b*"), ("*.exe", "*.dll"), ("a?c*", "b?c*"), ("cmd.exe", "powershell.exe")]
)
def test_different_beginnings_or_ends_have_nothing_in_common(one, other):
    assert disjoint(like(one), like(other))


def test_a_star_that_is_meant_as_a_star_is_no_wildcard():
    test = logic.Test("a", "is", (Value("*"),))
    assert not globs_of(test, folded=False)[0].wild
    assert not covers(globs_of(test, folded=False)[0], like("b"))


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (4, "4"), ("True", "True"), (1.5, "1.5")]
)
def test_values_are_the_same_texts_in_all_languages(value, text):
    assert text_of(value) == text


def test_null_is_not_the_empty_text():
    assert text_of(None) != text_of("")


def test_folding_keeps_the_number_of_characters():
    dotted = "\u0130"
    assert not covers(like("??", folded=True), like(dotted, folded=True))
    assert covers(like("?", folded=True), like(dotted, folded=True))
    # A sigma at the end of a word is the same letter as within.
    assert not disjoint(like("A\u03a3", folded=True), like("a\u03c3", folded=True))


def seconds(function):
    start = time.process_time()
    function()
    return time.process_time() - start


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (lambda size: "*a" * size, lambda size: "a" * size),
        (lambda size: "*a?" * size + "b", lambda size: "a" * 3 * size),
        (lambda size: "*" + "a?" * size + "*b", lambda size: "a" * 3 * size),
    ],
    ids=["stars", "stars and marks", "marks"],
)
def test_hostile_patterns_take_time_as_they_are_long(wide, narrow):
    def compare(size):
        return min(seconds(lambda: covers(like(wide(size)), like(narrow(size)))) for _ in range(3))

    compare(300)
    # A thousand times as long; what grows with the square would take a million times as long.
    assert compare(300_000) < 10_000 * max(compare(300), 1e-4)
