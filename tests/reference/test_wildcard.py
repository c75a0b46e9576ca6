"""Stars in names."""

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.reference.wildcard import Wildcard


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("logs-*", "logs-acme", True),
        ("logs-*", "logs-", True),
        ("logs-*", "log-", False),
        ("proc*.name", "process.parent.name", True),
        ("a*a", "a", False),
        ("*", "", True),
        ("", "", True),
        ("a", "ab", False),
        ("a?c", "abc", False),
        ("[ab]", "a", False),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_does(pattern, text, matches):
    assert Wildcard.of(pattern).matches(text) is matches


@given(st.text("ab*", max_size=7), st.text("ab", max_size=9))
def test_it_is_as_fnmatch_says(pattern, text):
    assert Wildcard.of(pattern).matches(text) == fnmatchcase(text, pattern)


def test_many_stars_take_no_longer():
    start = time.process_time()
    assert not Wildcard.of("*a" * 5000 + "b").matches("a" * 20_000)
    assert time.process_time() - start < 1
