"""The name of a rule as a file name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.slug import LONGEST, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Shell in Container", "shell-in-container"),
        ("ATT&CK (v2)", "att-ck-v2"),
        ("  --Shell__ ", "shell"),
        ("a_b-c.d/e\\f", "a-b-c-d-e-f"),
        ("Größe", "größe"),
        ("Cafe\u0301", "caf\u00e9"),
        ("端末", "端末"),
        ("../../etc/passwd", "etc-passwd"),
        ("...", "rule"),
        ("", "rule"),
        ("NUL\0 byte\n", "nul-byte"),
    ],
)
def test_a_name_becomes_a_slug(name, expected):
    assert slug(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("CON", "con-rule"), ("com1", "com1-rule"), ("Nul", "nul-rule"), ("LPT¹", "lpt¹-rule"), ("console", "console")],
)
def test_a_name_that_windows_keeps_for_itself_gets_another(name, expected):
    assert slug(name) == expected


@pytest.mark.parametrize("letter", ["a", "端", "é", "a-"])
def test_a_long_name_is_cut_and_told_from_others(letter):
    one, other = slug(letter * 200), slug(letter * 200 + "b")
    assert one != other
    assert one[:30] == other[:30]
    assert all(LONGEST - 8 <= len(made.encode()) <= LONGEST for made in (one, other))


@given(st.text() | st.text(min_size=100, max_size=200))
def test_a_slug_is_a_safe_file_name(name):
    made = slug(name)
    assert 0 < len(made.encode()) <= LONGEST
    assert re.fullmatch(r"[^\W_]+(-[^\W_]+)*", made)


@given(st.text())
def test_a_slug_stays_as_it_is(name):
    assert slug(slug(name)) == slug(name)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_case_makes_no_difference(name):
    assert slug(name.upper()) == slug(name.lower())
