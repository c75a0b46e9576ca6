"""The lock and git: branches merge, what does not is repaired, and CI sees what went back."""

import shutil

import pytest
from support.locks import (
    DAY,
    LATER,
    begin,
    changes,
    commit,
    conflicted,
    entry,
    git,
    put,
    rule_id,
    rule_text,
    update,
)
from support.samples import SHARED, needs_shared

from rulepack import api, locking
from rulepack.errors import GitError, ProjectError
from rulepack.lock.store import read_lock, write_entries


def resolve(project, base=None):
    """Repair the lock; gives the files that could not be."""
    entries, unresolved = locking.repair(project, locking.read_rules(project), LATER, base)
    list(write_entries(project, entries))
    return [one.name for one in unresolved]


def rewritten(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def on_branch(project, name, new, changed, change):
    """A branch from main that has new rules by number, and some files changed; with the lock up to date."""
    git(project.root, "checkout", "-q", "-b", name, "main")
    put(project.root, {f"rules/new/{name}_{number}.toml": rule_text(number) for number in new})
    for path in changed:
        change(path)
    steps = update(project, LATER)
    commit(project.root, name)
    return steps


def merge(project, name):
    git(project.root, "merge", "-q", "-m", "Merge", name, check=False)
    return conflicted(project.root)


def check_merges(project, change, size, new):
    """Point 2 of the issue: two branches that change different rules, and two that change the same."""
    begin(project.root)
    paths = [path for path in project.rule_files() if change(path, dry=True)]
    first, second = paths[:size], paths[size : 2 * size]
    assert len(second) == size
    numbers = range(1000, 1000 + new), range(2000, 2000 + new)
    made = on_branch(project, "one", numbers[0], first, change)
    assert sorted(what for what, _, _ in changes(made).values()) == ["changed"] * size + ["new"] * new
    on_branch(project, "two", numbers[1], second, change)
    assert merge(project, "one") == []
    assert locking.check_project(project, "main") == ()
    assert changes(update(project)) == {}
    entries = read_lock(project).entries
    assert sum(1 for one in entries.values() if one.version == 2) == 2 * size

    # The same rules on both sides, each in another way: their own files conflict, and no others.
    on_branch(project, "three", (), first, change)
    on_branch(project, "four", (), first, lambda path: change(path, word="other"))
    files = {project.display(path) for path in first}
    locks = {f"rulepack.lock/{one.path}" for one in entries.values() if one.file in files}
    assert len(locks) == size
    assert set(merge(project, "three")) - files == locks
    with pytest.raises(ProjectError):
        update(project)
    git(project.root, "checkout", "-q", "--ours", "rules")
    assert resolve(project) == []
    assert locking.check_project(project, "main") == ()
    assert changes(update(project)) == {}
    assert {one.version for one in read_lock(project).entries.values() if one.file in files} == {3}
    commit(project.root, "Merged")
    assert locking.check_project(project, "three") == locking.check_project(project, "four") == ()


def sample_change(path, word="again", *, dry=False):
    if not dry:
        rewritten(path, "A sample", f"A sample, {word}")
    return True


def test_branches_of_a_small_pack_merge(tmp_path):
    project = put(tmp_path, {number: rule_text(number) for number in range(1, 13)})
    update(project)
    check_merges(project, sample_change, size=4, new=6)


def corpus_change(path, word="sometimes", *, dry=False):
    text = path.read_text(encoding="utf-8")
    if dry:
        return '\nnote = """' in text and " the " in text.partition('\nnote = """')[2]
    head, mark, note = text.partition('\nnote = """')
    path.write_text(head + mark + note.replace(" the ", f" {word} the ", 1), encoding="utf-8")
    return True


@pytest.mark.slow
@needs_shared
def test_branches_of_public_rules_merge(tmp_path):
    shutil.copytree(SHARED / "corpus", tmp_path / "rules")
    project = put(tmp_path, {})
    assert len(update(project)) == 1550
    check_merges(project, corpus_change, size=20, new=50)


# --- single conflicts


@pytest.fixture
def project(tmp_path):
    """A project in git with two rules and their lock."""
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2)})
    update(project)
    begin(tmp_path)
    return project


def two_sides(project, ours, theirs, style="merge"):
    """Merge two branches on which rule 1 became different texts."""
    git(project.root, "config", "merge.conflictStyle", style)
    for name, text in (("theirs", theirs), ("ours", ours)):
        git(project.root, "checkout", "-q", "-b", name, "main")
        put(project.root, {1: text})
        update(project, LATER)
        commit(project.root, name)
    return merge(project, "theirs")


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_two_changes_that_git_merges_become_one_version_above_both(project, style):
    head, query = rule_text(1).replace("A sample", "Another"), rule_text(1, category="file")
    assert two_sides(project, head, query, style) == [f"rulepack.lock/{rule_id(1)}.toml"]
    assert resolve(project) == []
    found = entry(project, 1)
    history = [(one.version, {*one.changed}) for one in found.history]
    assert history == [(3, {"(merged)"}), (2, {"description", "query"}), (1, {"(new)"})]
    assert locking.check_project(project, "main") == ()


def test_a_deprecation_and_a_change_meet(project):
    assert two_sides(project, rule_text(1, reason="Noisy."), rule_text(1, category="file"))
    git(project.root, "checkout", "-q", "--ours", "rules")
    put(project.root, {1: rule_text(1, category="file", reason="Noisy.")})
    assert resolve(project) == []
    assert (entry(project, 1).status, entry(project, 1).version) == ("deprecated", 2)
    assert locking.check_project(project, "main") == ()


def test_rules_are_merged_before_the_lock(project):
    assert len(two_sides(project, rule_text(1, category="file"), rule_text(1, category="network"))) == 2
    rules = locking.read_rules(project)
    assert rules.unread == {"rules/rule_1.toml"}
    (found,) = rules.diagnostics
    assert (str(found.span), found.message) == ("rules/rule_1.toml:16:1", "git could not merge this file")
    assert found in locking.check_project(project)
    guide = rule_text(1).replace("A sample", """<<<<<<< HEAD is how git marks a conflict""")
    put(project.root, {1: guide.replace('"<<<<<<<', '"""\n<<<<<<<').replace('conflict."', 'conflict."""')})
    assert locking.read_rules(project).unread == frozenset()


def test_a_nested_conflict_is_left_for_a_person(project):
    two_sides(project, rule_text(1, category="file"), rule_text(1, name="Other", category="network"))
    git(project.root, "checkout", "-q", "--ours", "rules")
    path = project.root / "rulepack.lock" / f"{rule_id(1)}.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("=======", f"{text}\n=======", 1), encoding="utf-8")
    assert resolve(project) == [path.name]


def test_without_a_conflict_there_is_nothing_to_repair(project):
    assert locking.repair(project, locking.read_rules(project), LATER, "HEAD") == ((), ())


def test_other_damage_is_not_repaired(project):
    (project.root / "rulepack.lock" / f"{rule_id(1)}.toml").write_text("lock = 7\n", encoding="utf-8")
    with pytest.raises(ProjectError, match="written by a newer rulepack, in form 7"):
        resolve(project)


# --- against another revision


def codes(project, base):
    return [one.code.id for one in locking.check_project(project, base)]


def test_a_lock_that_was_put_back_is_seen_and_repaired(project):
    put(project.root, {1: rule_text(1, category="file")})
    update(project)
    commit(project.root)
    git(project.root, "branch", "released")
    git(project.root, "checkout", "-q", "main~1", "--", "rulepack.lock")
    update(project)
    assert codes(project, "released") == []
    put(project.root, {1: rule_text(1, category="network")})
    git(project.root, "checkout", "-q", "main~1", "--", "rulepack.lock")
    update(project)
    assert codes(project, "released") == ["RP702"]
    assert resolve(project, "released") == []
    assert entry(project, 1).version == 3
    assert codes(project, "released") == []


def test_an_entry_that_went_is_seen_and_brought_back(project):
    (project.root / "rulepack.lock" / f"{rule_id(1)}.toml").unlink()
    assert codes(project, "main") == ["RP702", "RP701"]
    assert resolve(project, "main") == []
    assert codes(project, "main") == []


def test_a_revision_before_the_lock_holds_nothing_against_it(tmp_path):
    project = put(tmp_path, {1: rule_text(1)})
    begin(tmp_path)
    update(project)
    assert codes(project, "main") == []


def test_a_pack_in_a_folder_of_a_repository_finds_its_own_lock(tmp_path):
    for name in ("a", "b"):
        update(put(tmp_path / name, {1: rule_text(1, category=name)}))
    begin(tmp_path)
    for name in ("a", "b"):
        project = api.project(tmp_path / name)
        assert codes(project, "main") == []
        assert locking.lock_at(project, "main").entries == read_lock(project).entries


def test_a_detached_head_is_compared(project):
    git(project.root, "checkout", "-q", "--detach")
    assert codes(project, "main") == []


def test_a_shallow_clone_says_what_to_fetch(project, tmp_path_factory):
    commit(project.root)
    place = tmp_path_factory.mktemp("clone")
    git(place, "clone", "-q", "--depth", "1", f"file://{project.root}", "clone")
    clone = api.project(place / "clone")
    assert codes(clone, "HEAD") == []
    with pytest.raises(GitError, match="in this shallow clone") as caught:
        codes(clone, "HEAD~1")
    assert "fetch-depth: 0" in caught.value.hint


def test_a_file_that_was_damaged_at_the_base_is_said_not_to_be_compared(project):
    path = project.root / "rulepack.lock" / f"{rule_id(1)}.toml"
    good = path.read_text(encoding="utf-8")
    path.write_text("version = ", encoding="utf-8")
    base = commit(project.root)
    path.write_text(good, encoding="utf-8")
    commit(project.root)
    (found,) = locking.check_project(project, base)
    assert (found.code.id, found.severity.label) == ("RP704", "warning")
    assert found.message.startswith(f"as it was at {base}, it cannot be compared: ")


@pytest.mark.parametrize("base", ["--all", "-x", "nothing", "HEAD:rules"])
def test_what_is_no_revision_is_refused(project, base):
    with pytest.raises(GitError, match="git knows no commit"):
        codes(project, base)


def test_without_a_repository_a_base_makes_no_sense(tmp_path):
    project = put(tmp_path, {1: rule_text(1)})
    update(project)
    with pytest.raises(GitError, match="is in no git repository"):
        codes(project, "main")


# --- rules, and the day


def test_a_rule_that_is_there_twice_is_refused(project):
    put(project.root, {3: rule_text(1)})
    with pytest.raises(ProjectError, match=r"rules/rule_1\.toml and rules/rule_3\.toml have the same rule_id"):
        locking.read_rules(project)


def test_the_day_is_that_of_the_source_where_it_is_set():
    assert locking.today({"SOURCE_DATE_EPOCH": "0"}) == "1970-01-01"
    assert locking.today({"SOURCE_DATE_EPOCH": ""}) == locking.today({}) > DAY
    for wrong in ("soon", "1e9", str(10**30)):
        with pytest.raises(ProjectError, match="SOURCE_DATE_EPOCH is"):
            locking.today({"SOURCE_DATE_EPOCH": wrong})
