"""`rulepack explain`; tests/test_codes.py has each code."""

import pytest
from support.console import run

from rulepack.codes import CODES


def test_without_a_code_all_are_listed():
    ran = run("explain")
    lines = ran.stdout.splitlines()
    assert (ran.exit_code, ran.stderr, len(lines)) == (0, "", len(CODES))
    for line, code in zip(lines, CODES, strict=True):
        assert line.split(None, 3)[:3] == [code.id, code.severity.label, code.name]
        assert line.endswith(f"  {code.summary}")
    # In columns.
    assert len({line.index(code.summary) for line, code in zip(lines, CODES, strict=True)}) == 1


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("RP3O1", "Did you mean RP301?"),
        ("unknown-tecnique", "Did you mean unknown-technique?"),
        ("UNKNOWN-TECNIQUE", "Did you mean unknown-technique?"),
        ("RP999", "`rulepack explain` lists all codes."),
        ("xyzzy", "`rulepack explain` lists all codes."),
        ("", "`rulepack explain` lists all codes."),
    ],
)
def test_an_unknown_code_is_told_what_was_meant(word, hint):
    ran = run("explain", word)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.endswith(f"Error: there is no code {word!r}. {hint}\n")
