"""What becomes of the lock when rules are new, change, move, are deprecated or go."""

from dataclasses import replace

import pytest
from support.locks import DAY, LATER, changes, entry, locked, put, rule_id, rule_text, update

from rulepack import locking
from rulepack.errors import ProjectError
from rulepack.fields import MAX_INTEGER
from rulepack.lock.entry import MOST_EVENTS
from rulepack.lock.store import Lock, read_lock, write_entries
from rulepack.lock.update import What, step

ONE, TWO = rule_id(1), rule_id(2)


@pytest.fixture
def project(tmp_path):
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2)})
    update(project)
    return project


def history(project, number=1):
    return [(one.version, one.date, one.changed) for one in entry(project, number).history]


def test_new_rules_begin_at_one(tmp_path, golden):
    project = put(tmp_path, {1: rule_text(1)})
    assert changes(update(project)) == {ONE: ("new", 1, ())}
    assert history(project) == [(1, DAY, ("(new)",))]
    golden("lock/new.toml", (tmp_path / "rulepack.lock" / f"{ONE}.toml").read_text(encoding="utf-8"))


def test_what_did_not_change_stays_as_it_is(project):
    assert changes(update(project, LATER)) == {}
    assert entry(project, 1).updated == DAY


def test_a_change_gives_one_version_to_one_rule(project):
    put(project.root, {1: rule_text(1, category="file")})
    assert changes(update(project, LATER)) == {ONE: ("changed", 2, ("query",))}
    assert history(project) == [(2, LATER, ("query",)), (1, DAY, ("(new)",))]
    assert changes(update(project, LATER)) == {}


def test_a_change_back_gives_another_version(project):
    for category, version in (("file", 2), ("process", 3)):
        put(project.root, {1: rule_text(1, category=category)})
        assert changes(update(project)) == {ONE: ("changed", version, ("query",))}


def test_a_history_is_no_longer_than_people_read(project):
    for number in range(MOST_EVENTS + 5):
        put(project.root, {1: rule_text(1, category=f"c{number}")})
        update(project)
    assert entry(project, 1).version == MOST_EVENTS + 6
    assert len(history(project)) == MOST_EVENTS


def test_a_file_that_moves_gives_no_version(project):
    (project.root / "rules" / "rule_1.toml").rename(project.root / "rules" / "moved.toml")
    assert changes(update(project)) == {ONE: ("moved", 1, ())}
    assert entry(project, 1).file == "rules/moved.toml"


def test_a_new_name_is_a_version_and_the_old_one_is_remembered(project):
    for name in ("Other", "Third", "other!", "Sample 1"):
        put(project.root, {1: rule_text(1, name)})
        assert changes(update(project))[ONE][0] == "changed"
    assert entry(project, 1).version == 5
    assert entry(project, 1).former == ("third", "other")


def test_deprecation_is_no_version(project):
    put(project.root, {1: rule_text(1, reason="Noisy.")})
    assert changes(update(project, LATER)) == {ONE: ("deprecated", 1, ())}
    found = entry(project, 1)
    assert (found.status, found.reason, found.deprecated) == ("deprecated", "Noisy.", LATER)
    put(project.root, {1: rule_text(1)})
    assert changes(update(project, "2026-03-01")) == {ONE: ("restored", 1, ())}
    found = entry(project, 1)
    # When it was deprecated stays known: its page had another address then.
    assert (found.status, found.reason, found.deprecated) == ("active", None, LATER)
    put(project.root, {1: rule_text(1, reason="Noisy again.")})
    update(project, "2026-04-01")
    assert entry(project, 1).deprecated == "2026-04-01"


def test_a_deprecated_rule_that_goes_is_marked_as_removed(project):
    put(project.root, {1: rule_text(1, reason="Noisy.")})
    update(project)
    (project.root / "rules" / "rule_1.toml").unlink()
    assert changes(update(project, LATER)) == {ONE: ("removed", 1, ())}
    assert (entry(project, 1).status, entry(project, 1).removed) == ("removed", LATER)
    assert changes(update(project, "2026-04-01")) == {}
    put(project.root, {1: rule_text(1, category="file")})
    assert changes(update(project)) == {ONE: ("changed", 2, ("query",))}
    assert (entry(project, 1).status, entry(project, 1).removed) == ("active", None)


def test_another_rule_that_goes_stays_unless_it_is_meant(project):
    (project.root / "rules" / "rule_1.toml").unlink()
    assert changes(update(project)) == {}
    assert [one.code.id for one in locking.left_to_do(project, locking.read_rules(project))] == ["RP703"]
    assert changes(update(project, remove=True)) == {ONE: ("removed", 1, ())}
    assert locking.left_to_do(project, locking.read_rules(project)) == ()


def test_an_adopted_rule_begins_above_the_servers(tmp_path):
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2)})
    assert changes(update(project, servers={ONE: 41})) == {ONE: ("new", 42, ()), TWO: ("new", 1, ())}
    assert history(project) == [(42, DAY, ("(adopted)",))]
    assert changes(update(project, servers={ONE: 41, TWO: 7})) == {TWO: ("raised", 8, ())}
    put(project.root, {1: rule_text(1, category="file")})
    assert changes(update(project, servers={ONE: 50})) == {ONE: ("changed", 51, ("query",))}


def with_version(number, version, category="process"):
    return rule_text(number, category=category).replace("risk_score", f"version = {version}\nrisk_score")


def test_versions_of_files_are_taken_over(tmp_path):
    settings = 'versions = "file"\n'
    project = put(tmp_path, {1: with_version(1, 5)}, settings)
    assert changes(update(project)) == {ONE: ("new", 5, ())}
    put(tmp_path, {1: with_version(1, 9, "file")}, settings)
    assert changes(update(project)) == {ONE: ("changed", 9, ("query",))}
    put(tmp_path, {1: with_version(1, 10, "file")}, settings)
    assert changes(update(project)) == {ONE: ("raised", 10, ())}
    # Not raised: what the lock has is left, and the check says so.
    put(tmp_path, {1: with_version(1, 10, "network")}, settings)
    assert changes(update(project)) == {}
    assert [one.code.id for one in locking.check_project(project)] == ["RP701"]


def test_a_version_that_cannot_go_up_names_the_file(project):
    top = replace(entry(project, 1), version=MAX_INTEGER)
    list(write_entries(project, [top]))
    assert changes(update(project)) == {}
    put(project.root, {1: rule_text(1, category="file")})
    with pytest.raises(ProjectError) as caught:
        update(project)
    assert caught.value.message == f"rules/rule_1.toml: version {MAX_INTEGER} is the highest that there can be"
    assert "new rule_id" in caught.value.hint


def test_another_scheme_gives_a_version_that_names_no_field(project):
    known = entry(project, 1)
    other = replace(known, hash=known.hash.replace("1:", "0:"))
    made = step(Lock({ONE: other}, present=True), locked(project, "rules/rule_1.toml"), LATER, "content")
    assert (made.what, made.after.version, made.fields) == (What.CHANGED, 2, ())


def test_a_damaged_lock_is_not_written_over(project):
    (project.root / "rulepack.lock" / f"{TWO}.toml").write_text("lock = 1\n", encoding="utf-8")
    with pytest.raises(ProjectError, match=r"rulepack\.lock/.*: missing required field"):
        update(project)
    assert read_lock(project).entries.keys() == {ONE}
