"""Stack versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.stack import NEWEST, SERVERLESS, StackVersion

NUMBERS = st.integers(min_value=0, max_value=9999)


@pytest.mark.parametrize(
    ("text", "version", "shown"),
    [
        ("9.3", (9, 3, 0), "9.3"),
        ("9.3.0", (9, 3, 0), "9.3"),
        ("8.19.12", (8, 19, 12), "8.19.12"),
        (" 9.3\n", (9, 3, 0), "9.3"),
        ("09.03", (9, 3, 0), "9.3"),
    ],
)
def test_a_version_is_read_and_shown(text, version, shown):
    assert StackVersion.parse(text) == StackVersion(*version)
    assert str(StackVersion.parse(text)) == shown


@pytest.mark.parametrize(
    "text", ["", "9", "9.", ".3", "v9.3", "9.3.1.1", "9.x", "9.3-SNAPSHOT", "99999.1", "9 .3", "-9.3"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"is not a stack version such as 9\.3"):
        StackVersion.parse(text)


def test_versions_are_ordered_by_their_numbers():
    ordered = ["7.17", "8.0", "8.2", "8.9", "8.10", "8.19", "8.19.1", "9.0"]
    assert [str(version) for version in sorted(map(StackVersion.parse, reversed(ordered)))] == ordered


@given(NUMBERS, NUMBERS, NUMBERS)
def test_what_is_shown_is_read_as_the_same(major, minor, patch):
    version = StackVersion(major, minor, patch)
    assert StackVersion.parse(str(version)) == version


def test_serverless_is_a_version_above_all_others():
    assert StackVersion.parse(" serverless\n") is SERVERLESS
    assert str(SERVERLESS) == "serverless"
    assert StackVersion.parse("9999.9999.9999") < SERVERLESS


@pytest.mark.parametrize("text", ["Serverless", "server less", "serverless.1", "10000.0"])
def test_serverless_has_one_name(text):
    with pytest.raises(ValueError, match=r"is not a stack version such as 9\.3"):
        StackVersion.parse(text)


def test_what_is_known_of_serverless_is_what_is_known_of_the_newest():
    assert SERVERLESS.known == NEWEST
    assert StackVersion(8, 19).known == StackVersion(8, 19)
