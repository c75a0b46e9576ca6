"""Which word somebody meant: by likeness, and by a slip of the finger."""

import pytest

from rulepack.likeness import closest, slip


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("severty", "severity"),
        ("SEVERITY", "severity"),
        ("riskscore", "risk_score"),
        ("xyzzy", None),
        ("", None),
        ("x" * 9999, None),
    ],
)
def test_what_someone_meant(word, near):
    assert closest(word, ["severity", "risk_score", "Name"]) == near


def test_how_like_a_word_must_be_can_be_said():
    assert closest("sevety", ["severity"], 0.8) == "severity"
    assert closest("sevey", ["severity"], 0.95) is None


def test_a_swap_comes_before_a_lost_letter_and_that_before_a_wrong_one():
    assert slip("nmae", "name") < slip("namee", "name") < slip("nam", "name") < slip("nome", "name")
    assert slip("name", "names") < slip("namex", "name")
    assert slip("abc", "xyz") is None
    assert slip("ab", "abcd") is None
