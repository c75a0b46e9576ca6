"""Every code: its number is for ever, its name is its own, and it can explain itself."""

import re

import pytest
from conftest import DATA
from support.console import run

from rulepack.checks import CHECKS
from rulepack.codes import BY_ID, CODES
from rulepack.diagnostics import Severity

SNAPSHOT = DATA / "codes.txt"
OPT_IN = {check.code.id: check.opt_in for check in CHECKS}
IDS = [code.id for code in CODES]


def test_a_code_that_was_given_out_stays_what_it_is(request):
    """Lines are only ever added to tests/data/codes.txt: someone's settings have the numbers and the names."""
    known = dict(line.split(" ", 1) for line in SNAPSHOT.read_text(encoding="utf-8").splitlines())
    now = {code.id: code.name for code in CODES}
    assert {number: now.get(number) for number in known} == known
    if request.config.getoption("--accept"):
        SNAPSHOT.write_text("".join(f"{number} {name}\n" for number, name in now.items()), encoding="utf-8")
    assert now == known, "a new code: write it down with pytest --accept"


def test_no_number_and_no_name_is_used_twice():
    assert len(set(IDS)) == len(CODES) == len(BY_ID)
    assert len({code.name for code in CODES}) == len(CODES)
    assert sorted(IDS) == IDS


@pytest.mark.parametrize("code", CODES, ids=IDS)
def test_a_code_says_what_it_is_about(code):
    assert re.fullmatch(r"RP\d{3}", code.id)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", code.name)
    assert code.severity in Severity
    assert re.fullmatch(r"[A-Z].*[^.]", code.summary)
    assert len(code.summary) <= 100


@pytest.mark.parametrize("code", CODES, ids=IDS)
def test_a_code_says_why_and_what_to_do_instead(code):
    why, instead = code.help.split("\n\nInstead: ")
    assert re.fullmatch(r"Why: .*\.", why, re.DOTALL)
    assert re.match(r".*\.$", instead, re.DOTALL)


@pytest.mark.parametrize("code", CODES, ids=IDS)
def test_a_code_is_explained_by_id_and_by_name(code):
    by_id = run("explain", code.id)
    assert by_id.exit_code == 0
    label = code.severity.label + (f", in the set {OPT_IN[code.id]}" if OPT_IN.get(code.id) else "")
    assert by_id.stdout == f"{code.id} {code.name} ({label})\n\n{code.summary}.\n\n{code.help}\n"
    for word in (code.id.lower(), code.name, code.name.upper()):
        assert run("explain", word) == by_id
