"""Releases: the versions that were given out, as the settings name them."""

import pytest

from rulepack.release import Release, parse_release


def test_a_day_may_stand_for_the_table():
    assert parse_release("1.0", "2026-01-31") == Release("1.0", "2026-01-31")
    assert parse_release("1.0", {"date": "2026-01-31", "notes": "One\n  two."}) == Release(
        "1.0", "2026-01-31", "One two."
    )


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ("31.1.2026", (), 'date cannot be "31.1.2026"'),
        ("2026-02-30", (), "there is no day 2026-02-30"),
        ({"date": "2026-02-30"}, ("date",), "there is no day 2026-02-30"),
        ({"date": "2026-02-28", "note": "x"}, ("note",), "unknown field note"),
        ({}, ("date",), "missing required field date"),
        (5, (), "date is an integer, but must be a string"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(value, path, message):
    found = parse_release("1.0", value)
    assert found[:2] == (path, f"1.0: {message}")


def test_a_version_goes_into_the_names_of_files():
    assert parse_release("../x", "2026-01-31")[:2] == ((), "'../x' is no version")
