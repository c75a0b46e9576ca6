"""Repairs of a lock: what git could not merge, and versions that went back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lock.test_entry import ENTRY
from support.locks import DAY, LATER, begin, commit, git, put, rule_text, update

from rulepack import locking
from rulepack.content import Content
from rulepack.fields import MAX_INTEGER
from rulepack.lock.entry import Entry, Event, render
from rulepack.lock.resolve import Unresolved, resolve, sides
from rulepack.lock.store import Lock, read_lock
from rulepack.lock.update import Locked

TODAY = "2026-03-31"
LINES = st.lists(
    st.sampled_from(["a = 1", "", "b = '''", "======", "<<<<<<<", "=======x", ">>>>>> x", "|||||||"]), max_size=4
)
STYLES = st.sampled_from(["merge", "diff3"])


def marked(ours, theirs, base=None):
    """A conflict as git writes it."""
    middle = ["||||||| 1234567", *base] if base is not None else []
    return ["<<<<<<< HEAD", *ours, *middle, "=======", *theirs, ">>>>>>> side"]


@given(st.lists(st.tuples(LINES, LINES, LINES, LINES, STYLES), max_size=4), LINES)
def test_both_sides_of_any_conflict_come_back(parts, end):
    text, ours, theirs = [], [], []
    for both, mine, yours, base, style in parts:
        text += [*both, *marked(mine, yours, base if style == "diff3" else None)]
        ours += [*both, *mine]
        theirs += [*both, *yours]
    expected = "\n".join([*ours, *end]), "\n".join([*theirs, *end])
    assert sides("\n".join([*text, *end])) == expected


def test_what_git_nests_in_the_base_is_no_side():
    inner = ["<<<<<<<<< Temporary merge branch 1", "x", "=========", "y", ">>>>>>>>> Temporary merge branch 2"]
    assert sides("\n".join(["a", *marked(["b"], ["c"], inner), "d"])) == ("a\nb\nd", "a\nc\nd")


@pytest.mark.parametrize(
    "lines", [["<<<<<<< HEAD"], ["<<<<<<< HEAD", "a", "======="], ["<<<<<<< HEAD", "||||||| 1", ">>>>>>> x"]]
)
def test_a_marker_that_is_missing_is_not_guessed(lines):
    with pytest.raises(ValueError, match="not all there"):
        sides("\n".join(["a", *lines, "b"]))


# --- entries


def rule(content, **more):
    return Locked(ENTRY.rule_id, "Sample", "eql", "rules/a.toml", content, **more)


OURS, THEIRS, BOTH = (Content({"query": text, "name": "n"}) for text in ("ours", "theirs", "both"))


def entry(content, last, **more):
    """An active entry at a version, which came after version 1."""
    first = Event(version=1, date=DAY, changed=("(new)",), stack=None)
    events = [Event(version=number, date=LATER, changed=("query",), stack=None) for number in range(last, 1, -1)]
    plain = {
        "name": "Sample",
        "status": "active",
        "reason": None,
        "replacement": None,
        "deprecated": None,
        "former": None,
    }
    given_ = {"version": last, "hash": content.hash, "fields": content.digests, "history": (*events, first)}
    return replace(ENTRY, **{**plain, **given_, **more})


def conflict(ours, theirs):
    """The lock in which git could not merge two entries, as one conflict over the whole file."""
    text = "\n".join(marked(render(ours).splitlines(), render(theirs).splitlines())) + "\n"
    return Lock({}, (), present=True, conflicted={ENTRY.path: text})


def repaired(lock, now=None, **how):
    (found,) = resolve(lock, {ENTRY.rule_id: now} if now is not None else {}, TODAY, **how)
    return found


def test_one_version_for_two_contents_becomes_the_next_for_what_they_are_together():
    found = repaired(conflict(entry(OURS, 2), entry(THEIRS, 2)), rule(BOTH))
    assert (found.version, found.hash, found.fields) == (3, BOTH.hash, BOTH.digests)
    assert [(one.version, one.changed) for one in found.history] == [
        (3, ("(merged)",)),
        (2, ("query",)),
        (1, ("(new)",)),
    ]
    assert found.history[0].date == found.updated == TODAY


def test_one_version_for_two_contents_is_not_kept_for_either():
    assert repaired(conflict(entry(OURS, 2), entry(THEIRS, 2)), rule(OURS)).version == 3
    assert repaired(conflict(entry(OURS, 2), entry(THEIRS, 2))).version == 3


@pytest.mark.parametrize(("now", "version"), [(OURS, 3), (THEIRS, 4), (BOTH, 4)])
def test_the_higher_version_stays_for_its_content_alone(now, version):
    for lock in (conflict(entry(OURS, 3), entry(THEIRS, 2)), conflict(entry(THEIRS, 2), entry(OURS, 3))):
        assert repaired(lock, rule(now)).version == version


def test_days_and_former_names_of_both_sides_are_kept():
    ours = entry(OURS, 2, created="2026-01-02", former=("a", "b"))
    found = repaired(conflict(ours, entry(OURS, 2, created="2026-01-01", former=("c", "a"))), rule(OURS))
    assert (found.created, found.former, found.version) == ("2026-01-01", ("a", "b", "c"), 2)


def test_the_status_is_that_of_the_rule():
    gone = entry(OURS, 2, status="deprecated", reason="Noisy.", deprecated=LATER)
    now = rule(OURS, deprecated=True, reason="Noisy.")
    for lock in (conflict(gone, entry(OURS, 2)), conflict(entry(OURS, 2), gone)):
        found = repaired(lock, now)
        assert (found.status, found.reason, found.version) == ("deprecated", "Noisy.", 2)
        assert repaired(lock, rule(OURS)).status == "active"


def test_a_version_of_the_file_must_be_raised_there():
    lock = conflict(entry(OURS, 2), entry(THEIRS, 2))
    found = repaired(lock, rule(BOTH, version=2), policy="file")
    assert (
        found.reason == "both sides have version 2 for other contents: set version = 3 in rules/a.toml, and run again"
    )
    found = repaired(lock, rule(BOTH, version=3), policy="file")
    assert isinstance(found, Entry)
    assert (found.version, found.hash) == (3, BOTH.hash)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\n".join(marked(["a = 1"], ["b = 1"])), "one of its two sides is no entry: "),
        ("\n".join(marked(marked(["a = 1"], ["b = 1"]), ["b = 1"])), "one of its two sides is no entry: "),
        ("<<<<<<< HEAD\na = 1", "the markers that git wrote are not all there"),
        (
            render(ENTRY).replace("version = 3", "<<<<<<< HEAD\nversion = 3"),
            "the markers that git wrote are not all there",
        ),
        (
            "\n".join(marked([f"lock = 2{n}" for n in ("",)], ["lock = 2"])),
            "one of its two sides is no entry: written by a newer",
        ),
    ],
)
def test_what_cannot_be_repaired_says_why(text, reason):
    found = repaired(Lock({}, (), present=True, conflicted={ENTRY.path: text}))
    assert isinstance(found, Unresolved)
    assert (found.name, found.reason[: len(reason)]) == (ENTRY.path, reason)


def test_a_version_that_cannot_go_up_is_said():
    high = entry(OURS, 2, version=MAX_INTEGER)
    found = repaired(conflict(high, replace(high, hash=THEIRS.hash)), rule(BOTH))
    assert found == Unresolved(ENTRY.path, f"version {MAX_INTEGER} is the highest that there can be")
    lock = Lock({ENTRY.rule_id: high}, (), present=True)
    base = Lock({ENTRY.rule_id: replace(high, hash=THEIRS.hash)}, (), present=True)
    assert repaired(lock, rule(OURS), base=base).reason == found.reason


def test_a_version_below_its_history_goes_above_it():
    lock = Lock({ENTRY.rule_id: entry(OURS, 4, version=2)}, (), present=True)
    assert repaired(lock, rule(OURS)).version == 5


@pytest.mark.parametrize(("base", "version"), [(entry(OURS, 5), 6), (entry(THEIRS, 2), 3), (entry(THEIRS, 1), None)])
def test_versions_go_above_those_of_another_revision(base, version):
    lock = Lock({ENTRY.rule_id: entry(OURS, 2)}, (), present=True)
    found = list(resolve(lock, {}, TODAY, Lock({ENTRY.rule_id: base}, (), present=True)))
    assert [one.version for one in found] == ([version] if version else [])


def test_an_entry_that_is_gone_comes_back_from_another_revision():
    base = Lock({ENTRY.rule_id: ENTRY}, (), present=True)
    assert list(resolve(Lock({}, (), present=True), {}, TODAY, base)) == [ENTRY]


def test_a_rule_that_both_sides_renamed_keeps_the_addresses_of_both(tmp_path):
    base = put(tmp_path, {1: rule_text(1, "First")})
    update(base)
    begin(tmp_path)
    git(tmp_path, "checkout", "-q", "-b", "theirs")
    for name, branch in (("Second", "theirs"), ("Third", "main")):
        git(tmp_path, "checkout", "-q", branch)
        update(put(tmp_path, {1: rule_text(1, name)}))
        commit(tmp_path)
    git(tmp_path, "merge", "-q", "theirs", check=False)
    project = put(tmp_path, {1: rule_text(1, "Third")})
    (merged,) = resolve(read_lock(project), dict(locking.read_rules(project).known), LATER)
    assert (merged.name, merged.former) == ("Third", ("first", "second"))
