"""Sides of a comparison: packages, the working tree, and projects as they were at a revision of real git."""

import shutil
import subprocess

import pytest
from support.locks import begin, commit, git, put, rule_id, rule_text, update
from support.packages import forge, package
from support.samples import RULE

from rulepack.errors import GitError, PackageError, ProjectError
from rulepack.package.compare import compare
from rulepack.project import find_project
from rulepack.sides import at_revision, side_of

SETTINGS = 'name = "acme"\nstack = ["9.3"]\n'
WORSE = {1: rule_text(1).replace("risk_score = 21", "risk_score = 47")}


def changed(root, old, new=".", **more):
    """What differs, in short: kinds, names, fields."""
    project = find_project(root)
    with side_of(project, old, base=root, **more) as one, side_of(project, new, base=root, **more) as other:
        found = compare(one, other)
        return [(str(one.kind), one.name, *(field.field for field in one.fields)) for one in found.changes]


@pytest.fixture
def root(tmp_path):
    """A pack with two commits, tagged v1 and v2, and a third rule that is not committed."""
    folder = tmp_path / "pack"
    put(folder, {1: rule_text(1), 2: rule_text(2)}, SETTINGS)
    begin(folder)
    git(folder, "tag", "v1")
    put(folder, WORSE, SETTINGS)
    commit(folder)
    git(folder, "tag", "-a", "v2", "-m", "two")
    put(folder, {3: rule_text(3)}, SETTINGS)
    return folder


def test_revisions_and_the_working_tree(root):
    assert changed(root, "v1", "v2") == [("changed", "Sample 1", "risk_score")]
    assert changed(root, "v2") == [("added", "Sample 3")]
    assert changed(root, "HEAD^", "HEAD") == changed(root, "main~1", "main") == changed(root, "v1", "v2")
    assert changed(root, ".", "v1") == [("changed", "Sample 1", "risk_score"), ("removed", "Sample 3")]
    assert changed(root, ".") == changed(root, "v1", "v1") == []


def test_packages_by_their_paths(root, tmp_path):
    made = package(root)
    assert changed(root, "dist/acme-1.0") == changed(root, str(made.archive)) == []
    assert changed(root, "v2", "dist/acme-1.0.zip") == [("added", "Sample 3")]
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(made.folder, elsewhere)
    assert changed(root, "../elsewhere", "v2") == [("removed", "Sample 3")]


def test_nothing_is_left_of_a_revision(root, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with at_revision(find_project(root), "v1") as then:
        assert then.root.is_relative_to(folder)
    assert list(folder.iterdir()) == []
    assert git(root, "status", "--porcelain") == "?? rules/rule_3.toml\n"


@pytest.mark.parametrize(
    "name",
    ["nope", "--output=x", "-p", "v1:rules", "v1 v2", "", "HEAD^{tree}", "@{u}", "\0", "x" * 5000, ":/nothing such"],
)
def test_what_is_no_revision_is_refused(root, name):
    with pytest.raises(GitError):
        changed(root, name)
    assert sorted(path.name for path in root.iterdir()) == [".git", "rulepack.toml", "rules"]


def test_a_folder_or_file_that_is_no_package_is_named_so(root):
    for name in ("rules", "rulepack.toml"):
        with pytest.raises(PackageError, match=f"{name} is no package, and no revision"):
            changed(root, name)
    with pytest.raises(PackageError, match="neither a folder nor a file"):
        changed(root, "nowhere.zip")


def test_a_branch_may_be_called_as_a_folder_is(root):
    git(root, "branch", "rules", "v1")
    assert changed(root, "rules", "v2") == [("changed", "Sample 1", "risk_score")]


def test_a_package_that_is_not_in_order_names_the_file(root):
    folder = package(root).folder
    (folder / "CHANGELOG.md").write_text("x")
    with pytest.raises(PackageError, match=r"CHANGELOG\.md: the file is not the one that SHA256SUMS names"):
        changed(root, "dist/acme-1.0")
    forge(folder, "manifest.json", lambda data: data["rules"].__delitem__(slice(1, None)))
    with pytest.raises(PackageError, match=r"has no use for this file \(and 1 more\)"):
        changed(root, "dist/acme-1.0")


# Repositories of other shapes


def test_without_git_or_a_repository_there_are_no_revisions(tmp_path, root, monkeypatch):
    put(tmp_path / "plain", {1: RULE}, SETTINGS)
    with pytest.raises(GitError, match="is in no git repository; and there is no package 'v1'"):
        changed(tmp_path / "plain", "v1")
    git(root, "init", "-q", "--bare", str(tmp_path / "bare"))
    with pytest.raises(GitError, match="bare"):
        changed(put(tmp_path / "bare", {1: RULE}, SETTINGS).root, "v1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not installed"):
        changed(root, "v1")
    assert changed(root, ".") == []


def test_a_shallow_clone_says_what_to_do(root, tmp_path):
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    assert changed(tmp_path / "shallow", "HEAD") == []
    with pytest.raises(GitError) as found:
        changed(tmp_path / "shallow", "HEAD^")
    assert "shallow clone" in found.value.message
    assert "git fetch --unshallow" in found.value.hint


def test_an_unborn_head_and_a_detached_one(root, tmp_path):
    git(root, "checkout", "-q", "--detach", "v1")
    assert changed(root, "v2", "HEAD") == [("changed", "Sample 1", "risk_score")]
    put(tmp_path / "unborn", {1: RULE}, SETTINGS)
    git(tmp_path / "unborn", "init", "-q")
    with pytest.raises(GitError, match="git knows no commit 'HEAD'"):
        changed(tmp_path / "unborn", "HEAD")


def test_a_pack_in_a_folder_of_a_repository(tmp_path):
    pack = tmp_path / "repo" / "packs" / "wïndows [x]*"
    put(pack, {1: rule_text(1)}, SETTINGS)
    put(tmp_path / "repo" / "packs" / "other", {9: rule_text(9)}, SETTINGS)
    begin(tmp_path / "repo")
    put(pack, WORSE, SETTINGS)
    assert changed(pack, "HEAD") == [("changed", "Sample 1", "risk_score")]
    assert changed(pack, "HEAD", "HEAD") == []


def test_a_revision_before_the_pack_was_there(tmp_path):
    (tmp_path / "repo").mkdir()
    begin(tmp_path / "repo")
    put(tmp_path / "repo" / "pack", {1: RULE}, SETTINGS)
    with pytest.raises(GitError, match="HEAD has no pack/"):
        changed(tmp_path / "repo" / "pack", "HEAD")


# A pack that was otherwise then


def test_rules_that_were_in_another_folder(root):
    git(root, "mv", "rules", "detections")
    put(root, {}, f'{SETTINGS}rules = "detections"\n')
    (root / "rules").rmdir()
    assert changed(root, "v2") == [("added", "Sample 3")]
    commit(root)
    assert changed(root, "v2", "HEAD") == [("added", "Sample 3")]


def test_settings_that_were_in_another_file_or_none(root):
    (root / "rulepack.toml").unlink()
    (root / "pyproject.toml").write_text('[tool.rulepack]\nname = "acme"\nstack = ["9.3"]\nmaturity = ["beta"]\n')
    commit(root)
    assert changed(root, "v2", "HEAD") == [("removed", "Sample 1"), ("removed", "Sample 2")]
    (root / "pyproject.toml").unlink()
    commit(root)
    assert changed(root, "v2", "HEAD") == [("added", "Sample 3")]


def test_settings_of_folders_further_up_are_not_taken_for_a_revisions_own(root, tmp_path, monkeypatch):
    (root / "rulepack.toml").unlink()
    commit(root)
    (root / "rulepack.toml").write_text(SETTINGS)
    outside = tmp_path / "temporary"
    outside.mkdir()
    (outside / "rulepack.toml").write_text('rules = "elsewhere"\n')
    monkeypatch.setattr("tempfile.tempdir", str(outside))
    assert changed(root, "HEAD") == []


@pytest.mark.parametrize("fields", ['"own"', '["own/f.toml"]', None])
def test_field_files_are_those_of_the_revision(root, fields):
    settings = SETTINGS + (f"fields = {fields}\n" if fields else "")
    put(root, {("own" if fields else "fields") + "/f.toml": '["a-*"]\n"a.b" = "long"\n'}, settings)
    commit(root)
    assert changed(root, "HEAD") == []
    assert changed(root, "v1", "HEAD") == [("added", "Sample 3"), ("changed", "Sample 1", "risk_score")]


@pytest.mark.parametrize(
    "settings", ['rules = "../outside"\n', "stack = [", 'fields = "../x"\n', "fields = 5\n", 'fields = "nowhere"\n']
)
def test_settings_that_were_wrong_are_told_with_the_revision(root, settings):
    (root / "rulepack.toml").write_text(settings)
    commit(root)
    (root / "rulepack.toml").write_text(SETTINGS)
    with pytest.raises(ProjectError) as found:
        changed(root, "HEAD")
    assert found.value.message.startswith("at HEAD: rulepack.toml:1:")
    assert "/rulepack-" not in found.value.message


def test_the_lock_is_that_of_the_revision(root):
    update(find_project(root))
    commit(root)
    put(root, {1: rule_text(1, category="file")}, SETTINGS)
    update(find_project(root))
    project = find_project(root)
    with side_of(project, "HEAD", base=root) as old, side_of(project, ".", base=root) as new:
        (change,) = compare(old, new).changes
    assert (change.old_version, change.new_version) == (1, 2)


def test_rules_that_could_not_be_read_then_are_told(root):
    put(root, {1: "[rule"}, SETTINGS)
    commit(root)
    with side_of(find_project(root), "HEAD", base=root) as side:
        assert side.unread == ("rules/rule_1.toml",)
    assert changed(root, "HEAD", "v2") == [("removed", "Sample 3")]


def test_links_and_submodules_of_a_revision_are_not_followed(root, tmp_path):
    secret = tmp_path / "secret.toml"
    secret.write_text(rule_text(8))
    (root / "rules" / "link.toml").symlink_to(secret)
    put(tmp_path / "other", {7: rule_text(7)}, SETTINGS)
    begin(tmp_path / "other")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "other"), "rules/sub")
    commit(root)
    with side_of(find_project(root), "HEAD", base=root) as side:
        assert sorted(rule.name for rule in side.rules.values()) == ["Sample 1", "Sample 2", "Sample 3"]


def test_a_tree_that_leads_out_of_itself_is_refused(root):
    """`git` does not make one, and does not mind one either."""
    blob = git(root, "rev-parse", "v1:rules/rule_1.toml").strip()
    words = ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"]
    entry = b"100644 evil.toml\0" + bytes.fromhex(blob)
    for name in (b"..", b"..", b"rules", b""):
        made = subprocess.run(words, cwd=root, input=entry, capture_output=True, check=True).stdout.decode().strip()
        entry = b"40000 " + name + b"\0" + bytes.fromhex(made)
    evil = git(root, "commit-tree", "-m", "x", made).strip()
    with pytest.raises(GitError, match="leads out of its tree"):
        changed(root, evil)


def test_a_maturity_may_be_named_for_both_sides(root):
    put(root, {4: rule_text(4).replace("production", "beta")}, SETTINGS)
    assert changed(root, "v2", maturity=("beta",)) == [("added", "Sample 4")]


def test_a_temporary_folder_behind_a_link(root, tmp_path, monkeypatch):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "link"))
    assert changed(root, "v1", "v2") == [("changed", "Sample 1", "risk_score")]


def test_bodies_of_packages_are_compared_whatever_their_hashes_say(root):
    """Whoever forges a package need not change the hash of a rule in its manifest."""
    forged = package(root, out="forged").folder
    package(root)
    for name in ("9.3/rules.ndjson", *(f"rules/{rule_id(number)}.json" for number in (1, 2, 3))):
        text = (forged / name).read_bytes()
        forge(forged, name, text.replace(b"event.category : process", b"event.category : nothing"))
    assert changed(root, "dist/acme-1.0", "forged/acme-1.0") == [
        ("changed", f"Sample {number}", "query") for number in (1, 2, 3)
    ]
