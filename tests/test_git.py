"""What git knows, asked of real repositories, and what is said where there is none."""

import pytest
from support.locks import begin, commit, git

from rulepack.errors import GitError
from rulepack.git import Repository, find_repository


@pytest.fixture
def tree(tmp_path):
    """A repository with a file in its first commit, and one in a folder in its second."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.toml").write_text("a = 1\n", encoding="utf-8")
    begin(work)
    (work / "in").mkdir()
    (work / "in" / "b c.toml").write_text("b = 1\n", encoding="utf-8")
    commit(work)
    return work


def refusal(ask):
    """What is said: message and hint."""
    with pytest.raises(GitError) as caught:
        ask()
    assert caught.value.hint
    return f"{caught.value.message} ({caught.value.hint})"


def test_a_folder_in_a_work_tree_belongs_to_it(tree):
    assert find_repository(tree / "in") == Repository(tree) == find_repository(tree)


def test_revisions_are_commits(tree):
    repository = find_repository(tree)
    head = git(tree, "rev-parse", "HEAD").strip()
    git(tree, "tag", "-a", "v1", "-m", "One")
    assert {repository.commit(one) for one in ("HEAD", "main", head[:10], "v1")} == {head}
    assert repository.commit("HEAD~1") != head
    assert repository.time(head) == int(git(tree, "log", "-1", "--format=%ct"))


@pytest.mark.parametrize("revision", ["nothing", "", "HEAD~9", "--all", "-h", "--git-dir", "HEAD:a.toml", "a\0b", "\n"])
def test_what_names_no_commit_is_refused(tree, revision):
    said = refusal(lambda: find_repository(tree).commit(revision))
    assert said.startswith(("git knows no commit ", "git does not run: embedded null byte"))


def test_a_detached_head_is_a_commit(tree):
    git(tree, "checkout", "-q", "--detach", "HEAD~1")
    repository = find_repository(tree)
    assert repository.commit() == repository.commit("main~1")


def test_what_is_not_committed(tree):
    repository = find_repository(tree)
    assert repository.changed(tree) == ()
    (tree / "a.toml").write_text("a = 2\n", encoding="utf-8")
    (tree / "in" / "é\n.toml").write_text("", encoding="utf-8")
    (tree / "in" / "b c.toml").unlink()
    assert repository.changed(tree) == ("a.toml", "in/b c.toml", "in/é\n.toml")
    assert repository.changed(tree / "in") == ("in/b c.toml", "in/é\n.toml")
    assert repository.changed(tree / "*") == ()


def test_files_are_as_a_commit_has_them(tree):
    (tree / "a.toml").write_text("a = 2\n", encoding="utf-8")
    (tree / "in" / "link.toml").symlink_to("b c.toml")
    (tree / "in" / ":(top)x.toml").write_bytes(b"\xff\n\n")
    (tree / "in" / "empty.toml").touch()
    commit(tree)
    (tree / "a.toml").unlink()
    repository = find_repository(tree)
    inside = {"in/b c.toml": b"b = 1\n", "in/:(top)x.toml": b"\xff\n\n", "in/empty.toml": b""}
    assert dict(repository.files("HEAD")) == {"a.toml": b"a = 2\n", **inside}
    assert dict(repository.files("HEAD", tree / "in")) == inside
    assert dict(repository.files("HEAD~2", tree)) == {"a.toml": b"a = 1\n"}
    assert dict(repository.files("HEAD", tree / "in" / ":(top)x.toml", tree / "not there")) == {
        "in/:(top)x.toml": b"\xff\n\n"
    }


def test_the_last_commit_in_common(tree):
    git(tree, "checkout", "-q", "-b", "side", "HEAD~1")
    (tree / "side.toml").touch()
    commit(tree)
    repository = find_repository(tree)
    assert repository.merge_base(repository.commit("side"), repository.commit("main")) == repository.commit("main~1")


def test_histories_with_nothing_in_common(tree):
    git(tree, "checkout", "-q", "--orphan", "other")
    commit(tree)
    repository = find_repository(tree)
    said = refusal(lambda: repository.merge_base(repository.commit("other"), repository.commit("main")))
    assert "have no commit in common here (name a revision that shares its history)" in said


def test_a_shallow_clone_says_what_to_fetch(tree, tmp_path):
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{tree}", "clone")
    repository = find_repository(tmp_path / "clone")
    assert (repository.shallow, find_repository(tree).shallow) == (True, False)
    said = refusal(lambda: repository.commit("HEAD~1"))
    assert "git knows no commit 'HEAD~1' in this shallow clone (fetch the whole history" in said
    assert "fetch-depth: 0" in said


def test_a_clone_without_its_files_says_so(tree, tmp_path):
    git(tree, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{tree}", "clone")
    git(tmp_path / "clone", "remote", "set-url", "origin", str(tmp_path / "gone"))
    said = refusal(lambda: list(find_repository(tmp_path / "clone").files("HEAD")))
    assert "git" in said


def test_no_repository(tmp_path):
    assert f"{tmp_path} is in no git repository (run `git init` there" in refusal(lambda: find_repository(tmp_path))
    assert f"there is no folder {tmp_path}/x" in refusal(lambda: find_repository(tmp_path / "x"))


def test_a_bare_repository(tmp_path):
    git(tmp_path, "init", "-q", "--bare", ".")
    assert "is in a bare repository, which has no files (use a clone of it)" in refusal(
        lambda: find_repository(tmp_path)
    )


def test_a_repository_without_a_commit(tmp_path):
    git(tmp_path, "init", "-q", ".")
    assert "git knows no commit 'HEAD'" in refusal(find_repository(tmp_path).commit)


def test_no_git(tree, monkeypatch):
    monkeypatch.setenv("PATH", str(tree))
    assert "git is not installed, or not on the PATH (install git" in refusal(lambda: find_repository(tree))


def test_a_git_that_is_no_program(tree, monkeypatch):
    (tree / "git").write_text("#!/nowhere/sh\n", encoding="utf-8")
    (tree / "git").chmod(0o644)
    monkeypatch.setenv("PATH", str(tree))
    assert refusal(lambda: find_repository(tree)).startswith("git ")


def test_a_damaged_repository(tree):
    (tree / ".git" / "HEAD").write_text("ref: nothing", encoding="utf-8")
    assert refusal(lambda: find_repository(tree))


def test_the_git_that_calls_it_does_not_change_where_it_looks(tree, tmp_path, monkeypatch):
    """A hook runs with GIT_DIR and GIT_INDEX_FILE set, which are about the repository of the hook."""
    head = git(tree, "rev-parse", "HEAD").strip()
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    repository = find_repository(tree)
    assert repository == Repository(tree)
    assert repository.commit() == head
    assert repository.changed(tree) == ()


# --- log and contents


def states(repository, revision="HEAD", *folders):
    """The log: of each commit its subject and what it changed, as paths."""
    found = repository.log(repository.commit(revision), *folders)
    return [
        (one.subject, [(change.old_path, change.path, bool(change.old), bool(change.new)) for change in one.changes])
        for one in found
    ]


def test_the_log_tells_what_each_commit_made_changed_renamed_and_removed(tree):
    (tree / "é\n.toml").write_text("x = 1\n" * 20, encoding="utf-8")
    commit(tree, "Made: \x1f äöü")
    git(tree, "mv", "é\n.toml", "in/new name.toml")
    (tree / "a.toml").write_text("a = 2\n", encoding="utf-8")
    commit(tree, "Renamed")
    (tree / "a.toml").unlink()
    (tree / "link.toml").symlink_to("in")
    commit(tree, "Removed")
    repository = find_repository(tree)
    assert states(repository) == [
        ("Removed", [("a.toml", "a.toml", True, False), ("link.toml", "link.toml", False, False)]),
        ("Renamed", [("a.toml", "a.toml", True, True), ("é\n.toml", "in/new name.toml", True, True)]),
        ("Made: \x1f äöü", [("é\n.toml", "é\n.toml", False, True)]),
        ("Go on", [("in/b c.toml", "in/b c.toml", False, True)]),
        ("Begin", [("a.toml", "a.toml", False, True)]),
    ]
    assert [subject for subject, _ in states(repository, "HEAD", tree / "in")] == ["Renamed", "Go on"]
    assert [subject for subject, _ in states(repository, "HEAD~3", tree)] == ["Go on", "Begin"]
    assert states(repository, "HEAD", tree / "nothing") == []


def test_what_a_branch_brought_is_its_merges_change(tree):
    git(tree, "checkout", "-q", "-b", "branch")
    (tree / "a.toml").write_text("a = 2\n", encoding="utf-8")
    commit(tree, "On the branch")
    git(tree, "checkout", "-q", "main")
    git(tree, "merge", "-q", "--no-ff", "-m", "Merged", "branch")
    assert states(find_repository(tree))[0] == ("Merged", [("a.toml", "a.toml", True, True)])
    assert "On the branch" not in dict(states(find_repository(tree)))


def test_contents_are_read_by_id(tree):
    repository = find_repository(tree)
    blobs = repository.tree("HEAD", tree)
    assert sorted(blobs) == ["a.toml", "in/b c.toml"]
    with repository.contents() as read:
        assert [read(blobs["in/b c.toml"]), read(blobs["a.toml"]), read(blobs["a.toml"])] == [
            b"b = 1\n",
            b"a = 1\n",
            b"a = 1\n",
        ]
        assert refusal(lambda: read("0" * 40)).startswith("git lacks the object 000")


def test_a_log_that_is_left_early_leaves_no_git_behind(tree):
    log = find_repository(tree).log("HEAD")
    assert next(log).subject == "Go on"
    log.close()


def test_a_log_of_what_is_no_commit_is_refused(tree):
    assert refusal(lambda: list(find_repository(tree).log("0" * 40))).startswith("git log of 000000000000 ended with ")
