"""Versions of packages, and npm's ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.reference.package_versions import admits, is_version, newest, sort_key
from rulepack.stack import StackVersion


@pytest.mark.parametrize(
    ("condition", "inside", "outside"),
    [
        ("^8.17.0", "8.17 8.18 8.19", "8.16 9.0 7.17"),
        ("^8.17.0 || ^9.0.0", "8.17 9.0 9.5", "8.16 10.0"),
        ("~8.16.6 || ^9.1.4", "8.16 9.1 9.2", "8.17 9.0"),
        (">=8.0.0 <9.0.0", "8.0 8.19", "7.17 9.0"),
        (">=8.13.0", "8.13 9.5", "8.12"),
        (">8.13.0", "8.13 8.14", "8.12"),
        ("<=8.13.0", "8.13 8.12", "8.14"),
        ("<8.13.0", "8.12", "8.13"),
        ("8.13.2", "8.13", "8.12 8.14"),
        ("=8.13.0", "8.13", "8.14"),
        ("8.13", "8.13", "8.12 8.14"),
        ("8.x", "8.0 8.19", "7.17 9.0"),
        ("8", "8.0 8.19", "9.0"),
        ("^8", "8.0 8.19", "9.0"),
        ("~8", "8.0 8.19", "9.0"),
        (">8.13", "8.14", "8.13"),
        ("<=8.13", "8.13", "8.14"),
        ("*", "7.0 9.5", ""),
        ("", "7.0 9.5", ""),
        ("8.12.0 - 8.14.0", "8.12 8.13 8.14", "8.11 8.15"),
        ("^8.17.0-SNAPSHOT", "8.17", "8.16"),
        ("^ 8.17.0", "8.17", "8.16"),
        ("latest", "", "8.17 9.0"),
        ("^8.17.0 and more", "", "8.17"),
        ("^0.0.3", "0.0", "0.1"),
    ],
)
def test_which_stacks_a_condition_admits(condition, inside, outside):
    assert [each for each in inside.split() if not admits(condition, StackVersion.parse(each))] == []
    assert [each for each in outside.split() if admits(condition, StackVersion.parse(each))] == []


@given(st.text("^~<>=*x|. -0189a", max_size=30))
def test_any_condition_has_an_answer(condition):
    assert admits(condition, StackVersion(9, 4)) in (True, False)


def test_versions_are_ordered_as_numbers_and_a_preview_before_its_release():
    versions = ["1.10.0", "1.9.0", "2.0.0-beta.1", "2.0.0"]
    assert sorted(versions, key=sort_key) == ["1.9.0", "1.10.0", "2.0.0-beta.1", "2.0.0"]
    assert newest(["1.9.0", "1.10.0", "2.0.0-beta.1"]) == "1.10.0"
    assert newest(["2.0.0-beta.1"]) == "2.0.0-beta.1"
    assert newest([]) is None


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.2.x", "1.2.3.4", "v1.2.3", "\u0661.2.3", "1.2.3-"])
def test_what_is_no_version_is_refused(text):
    assert not is_version(text)
    with pytest.raises(ValueError, match="no package version"):
        sort_key(text)
