"""What is wrong with a body, in the words of zod 3 and of zod 4."""

import pytest

from rulepack.sandbox.context import Settings
from rulepack.sandbox.wording import join_issues, word
from rulepack.stack import StackVersion

PAIRS = [
    ("Expected string, received undefined", "Required", "Invalid input: expected string, received undefined"),
    ("Expected number, received nan", None, "Invalid input: expected number, received NaN"),
    ("Expected integer, received float", None, "Invalid input: expected int, received number"),
    ('Invalid literal value, expected "eql"', None, 'Invalid input: expected "eql"'),
    ("Invalid enum value. Expected 'a' | 'b', received 'c'", None, 'Invalid option: expected one of "a"|"b"'),
    (
        "Invalid enum value. Expected 'a' | 'b', received undefined",
        "Required",
        'Invalid option: expected one of "a"|"b"',
    ),
    ("Array must contain at most 5 element(s)", None, "Too big: expected array to have <=5 items"),
    ("Array must contain at least 1 element(s)", None, "Too small: expected array to have >=1 items"),
    ("String must contain at least 1 character(s)", None, "Too small: expected string to have >=1 characters"),
    ("Number must be greater than or equal to 1", None, "Too small: expected number to be >=1"),
    ("Number must be less than or equal to 100", None, "Too big: expected number to be <=100"),
    ("Invalid discriminator value. Expected 'query' | 'eql'", None, "Invalid input"),
    ("Invalid", None, r"Invalid string: must match pattern /^[1-9]\d*[smhd]$/"),
    ("Invalid uuid", None, "Invalid UUID"),
    ("Invalid datetime", None, "Invalid ISO datetime"),
    ("No empty strings allowed", None, "No empty strings allowed"),
]


@pytest.mark.parametrize(("text", "older", "newer"), PAIRS)
def test_the_same_in_both(text, older, newer):
    assert word(text, 3) == (older or text)
    assert word(text, 4) == newer


def test_a_value_that_says_it_is_not_there_is_no_missing_value():
    assert word("Invalid enum value. Expected 'a' | 'b', received 'received undefined'", 3) != "Required"


def test_five_are_named():
    issues = [((name, 0), "Invalid") for name in "abcdefg"]
    assert join_issues(issues) == "a.0: Invalid, b.0: Invalid, c.0: Invalid, d.0: Invalid, e.0: Invalid, and 2 more"
    assert join_issues([((), "Invalid uuid")], 4) == "Invalid UUID"


@pytest.mark.parametrize(
    ("version", "chosen", "expected"),
    [((8, 11), None, 3), ((9, 3), None, 3), ((9, 4), None, 4), ((9, 5), 3, 3), ((8, 18), 4, 4)],
)
def test_the_version_decides_unless_it_is_told(version, chosen, expected):
    assert Settings(version=StackVersion(*version), zod=chosen).zod_version == expected
