"""What somebody may have meant: one slip first, then two, then a part left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.likeness import slip
from rulepack.reference.close import Names, Slips

NAMES = (
    "process.name",
    "process.pid",
    "process.parent.name",
    "process.command_line",
    "process.thread.id",
    "file.hash.sha256",
    "host.id",
    "host.ip",
    "user.roles",
)


def best(name, names=NAMES):
    found = Names(names).close(name)
    return min(found, key=lambda each: (found[each], each), default=None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("process.nmae", "process.name"),
        ("proces.name", "process.name"),
        ("processs.name", "process.name"),
        ("process.namee", "process.name"),
        ("process.parnet.name", "process.parent.name"),
        ("process.parent.nmae", "process.parent.name"),
        ("process.Name", "process.name"),
        ("process.commandLine", "process.command_line"),
        ("process.command.line", "process.command_line"),
        ("processname", "process.name"),
        ("prcoess.nmae", "process.name"),
        ("process.comand_lnie", "process.command_line"),
        ("file.sha256", "file.hash.sha256"),
        ("user.role", "user.roles"),
        ("process.executed.thread.id", "process.thread.id"),
    ],
)
def test_the_likeliest_is_found(written, meant):
    assert best(written) == meant


@pytest.mark.parametrize(
    "name",
    [
        "process.banana",
        "process.other.id",
        "x",
        "",
        ".",
        "...",
        "a" * 5000,
        "process.name",
        "nothing.of.it",
    ],
)
def test_nothing_is_made_up(name):
    assert best(name) is None


def test_two_wrong_letters_are_too_many():
    assert Names(["log.Requester"]).close("log.RequestId") == {}
    assert set(Names(["log.Requester"]).close("log.Rqeuestr")) == {"log.Requester"}


def test_a_thousand_parts_are_no_recursion():
    assert Names(["a" + ".b" * 3000]).close("a" + ".b" * 50 + ".c") == {}


def test_a_name_may_end_with_a_dot():
    assert set(Names(["acme.", "acme..b"]).close("acme")) == {"acme."}
    assert set(Names(["acme.user"]).close("acme.user.")) == {"acme.user"}


@given(st.text("abc.", max_size=8), st.lists(st.text("abc", min_size=1, max_size=6), max_size=6))
def test_slips_holds_what_slip_says(name, names):
    near = any((distance := slip(name, each)) is not None and distance < 0.8 for each in names)
    same = any(name.casefold() == each.casefold() for each in names)
    assert Slips(names).holds(name) == (near or same)


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=12), max_size=8))
def test_any_text_gives_listed_names_only(name, names):
    found = Names(names).close(name)
    assert set(found) <= set(names)
    assert name not in found
