"""`rulepack lock`: what it says, what it writes, and its exit codes."""

import base64
import json
import re
import subprocess
import sys

import pytest
from support.console import run
from support.locks import begin, commit, entry, git, lock, put, rule_id, rule_text, update

from rulepack.fields import MAX_INTEGER
from rulepack.lock.store import FOLDER, read_lock
from rulepack.sandbox import Sandbox


@pytest.fixture(autouse=True)
def _day(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769860800")  # 2026-01-31
    for name in ("RULEPACK_URL", "RULEPACK_ENV", "RULEPACK_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path):
    return put(tmp_path, {1: rule_text(1), 2: rule_text(2), 3: rule_text(3)})


def test_it_says_what_becomes_of_each_rule(project, golden):
    shown = [lock(project.root), lock(project.root)]
    put(project.root, {1: rule_text(1, "Renamed", "file"), 2: rule_text(2, reason="Noisy."), 4: rule_text(4)})
    (project.root / "rules" / "rule_3.toml").rename(project.root / "rules" / "moved.toml")
    shown += [lock(project.root, "--dry-run"), lock(project.root)]
    put(project.root, {2: rule_text(2)})
    shown += [lock(project.root)]
    golden("lock/shown.txt", "\n".join(ran.stdout for ran in shown))
    assert {(ran.exit_code, ran.stderr) for ran in shown} == {(0, "")}


def test_a_dry_run_writes_nothing(project):
    ran = lock(project.root, "--dry-run")
    assert ran.stdout.endswith("3 rules in rulepack.lock/: would be 3 new\n")
    assert not (project.root / FOLDER).exists()


def test_a_long_list_is_cut(tmp_path):
    put(tmp_path, {number: rule_text(number) for number in range(1, 71)})
    assert "  and 10 more\n70 rules in rulepack.lock/: 70 new\n" in lock(tmp_path).stdout


def test_what_is_left_to_do_is_said(project):
    lock(project.root)
    (project.root / "rules" / "rule_1.toml").unlink()
    ran = lock(project.root)
    assert ran.exit_code == 1
    assert "3 rules" not in ran.stdout
    assert "error[RP703]" in ran.stderr
    assert "rulepack lock --remove" in ran.stderr
    ran = lock(project.root, "--remove")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "  -        1  Sample 1  rules/rule_1.toml  (removed)\n" in ran.stdout


def test_the_check_is_for_ci(project, golden):
    assert lock(project.root, "--check").exit_code == 1
    lock(project.root)
    ran = lock(project.root, "--check")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "no problems" in ran.stdout
    put(project.root, {1: rule_text(1, category="file"), 4: rule_text(4)})
    (project.root / "rules" / "rule_2.toml").unlink()
    ran = lock(project.root, "--check", "--output", project.root / "report.txt")
    assert (ran.exit_code, ran.stdout) == (1, "")
    shown = (project.root / "report.txt").read_text(encoding="utf-8")
    golden("lock/check.txt", re.sub(r"[0-9.]+ s:", "no time:", shown))
    found = json.loads(lock(project.root, "--check", "--format", "json").stdout)
    assert [one["code"] for one in found["diagnostics"]] == ["RP703", "RP701", "RP701"]
    assert entry(project, 1).version == 1


def test_a_rule_with_an_error_stops_it(project):
    put(project.root, {2: rule_text(2).replace("risk_score = 21", "risk_score = 210")})
    ran = lock(project.root)
    assert ran.exit_code == 1
    assert "rules/rule_2.toml:11:14: error[RP101]" in ran.stderr
    assert ran.stderr.endswith("nothing was locked: what these files hold is not known\n")
    assert not (project.root / FOLDER).exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--check", "--resolve"), "--check, --resolve, --adopt and --import exclude one another"),
        (("--adopt", "--check"), "exclude one another"),
        (("--base", "main"), "--base goes with --check or --resolve"),
        (("--remove", "--check"), "--remove goes with"),
        (("--deprecated", "{file}"), "--deprecated goes with --import"),
        (("--import", "nowhere.json"), "'nowhere.json' does not exist"),
    ],
)
def test_what_does_not_go_together_is_refused(project, options, message):
    ran = lock(project.root, *(one.format(file=project.root / "rulepack.toml") for one in options))
    assert ran.exit_code == 2
    assert message in ran.stderr


# --- git


@pytest.fixture
def conflicted(project):
    """A pack in which git could not merge the lock of rule 1."""
    update(project)
    begin(project.root)
    for name, text in (("theirs", rule_text(1, category="file")), ("ours", rule_text(1).replace("A sam", "The sam"))):
        git(project.root, "checkout", "-q", "-b", name, "main")
        put(project.root, {1: text})
        update(project)
        commit(project.root, name)
    git(project.root, "merge", "-q", "theirs", check=False)
    return project


def test_a_conflict_is_said_repaired_and_checked(conflicted, golden):
    shown = [lock(conflicted.root), lock(conflicted.root, "--check"), lock(conflicted.root, "--resolve", "--dry-run")]
    assert [ran.exit_code for ran in shown] == [3, 1, 0]
    assert "`rulepack lock --resolve` repairs it" in shown[0].stderr
    assert "error[RP704] git could not merge this file" in shown[1].stdout
    shown = [lock(conflicted.root, "--resolve"), lock(conflicted.root, "--resolve")]
    golden("lock/resolved.txt", "\n".join(ran.stdout for ran in shown))
    assert lock(conflicted.root, "--check", "--base", "main").exit_code == 0
    commit(conflicted.root, "Merged")
    assert lock(conflicted.root, "--check", "--base", "theirs").exit_code == 0


def test_what_cannot_be_repaired_is_said(conflicted):
    path = conflicted.root / FOLDER / f"{rule_id(1)}.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("=======\n", ""), encoding="utf-8")
    ran = lock(conflicted.root, "--resolve")
    assert ran.exit_code == 1
    assert f"{FOLDER}/{rule_id(1)}.toml: not repaired: the markers that git wrote are not all there" in ran.stderr
    assert "`rulepack lock --resolve --base MERGE_HEAD`" in ran.stderr
    git(conflicted.root, "checkout", "-q", "--ours", "--", f"{FOLDER}/{rule_id(1)}.toml")
    ran = lock(conflicted.root, "--resolve", "--base", "MERGE_HEAD")
    assert ran.exit_code == 0
    assert entry(conflicted, 1).version == 3


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("nothing", "git knows no commit 'nothing'"),
        ("--all", "git knows no commit '--all'"),
        ("", "git knows no commit ''"),
    ],
)
def test_a_base_that_is_no_revision(project, base, message):
    update(project)
    begin(project.root)
    for mode in ("--check", "--resolve"):
        ran = lock(project.root, mode, f"--base={base}")
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert message in ran.stderr
        assert "hint: " in ran.stderr


def test_a_base_without_git(project, monkeypatch):
    update(project)
    ran = lock(project.root, "--check", "--base", "main")
    assert ran.exit_code == 3
    assert f"{project.root} is in no git repository" in ran.stderr
    monkeypatch.setenv("PATH", "/nowhere")
    assert "git is not installed, or not on the PATH" in lock(project.root, "--check", "--base", "main").stderr


# --- bad input


def test_a_version_that_overflows(project):
    update(project)
    path = project.root / FOLDER / f"{rule_id(1)}.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("version = 1\n", f"version = {MAX_INTEGER}\n", 1), encoding="utf-8")
    assert lock(project.root, "--check").exit_code == 0
    put(project.root, {1: rule_text(1, category="file")})
    ran = lock(project.root)
    assert ran.exit_code == 3
    assert f"rules/rule_1.toml: version {MAX_INTEGER} is the highest that there can be" in ran.stderr
    path.write_text(text.replace("version = 1\n", f"version = {MAX_INTEGER + 1}\n", 1), encoding="utf-8")
    ran = lock(project.root)
    assert ran.exit_code == 3
    assert f"{FOLDER}/{rule_id(1)}.toml:8:11: version is {MAX_INTEGER + 1}" in ran.stderr


def test_a_lock_from_a_newer_rulepack(project):
    update(project)
    path = project.root / FOLDER / f"{rule_id(1)}.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("lock = 1", "lock = 2"), encoding="utf-8")
    for options in ((), ("--resolve",), ("--check",)):
        ran = lock(project.root, *options)
        assert ran.exit_code in (1, 3)
        assert "written by a newer rulepack, in form 2; this one knows 1" in ran.stdout + ran.stderr
        assert "update rulepack" in ran.stdout + ran.stderr


def test_a_file_in_place_of_the_folder(project):
    (project.root / FOLDER).write_text("", encoding="utf-8")
    for options in ((), ("--check",), ("--resolve",)):
        ran = lock(project.root, *options)
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert "rulepack.lock is no folder" in ran.stderr


def unprivileged(project, *words):
    """Run rulepack as somebody whom file permissions hold for, even where tests are run by root."""
    drop = "import ctypes, os, sys; prctl = ctypes.CDLL(None).prctl; [prctl(24, one, 0, 0, 0) for one in (1, 2)]; "
    again = f"os.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'rulepack', *{words!r}])"
    return subprocess.run(
        [sys.executable, "-c", drop + again],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_lock_that_may_not_be_read_or_written(project):
    update(project)
    path = project.root / FOLDER / f"{rule_id(1)}.toml"
    path.chmod(0)
    done = unprivileged(project, "lock")
    assert done.returncode == 3
    assert f"{FOLDER}/{rule_id(1)}.toml:1:1: no permission to read the file" in done.stderr
    path.chmod(0o644)
    put(project.root, {1: rule_text(1, category="file")})
    (project.root / FOLDER).chmod(0o555)
    done = unprivileged(project, "lock")
    assert done.returncode == 3
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    (project.root / FOLDER).chmod(0)
    done = unprivileged(project, "lock")
    assert done.returncode == 3
    assert "cannot read" in done.stderr
    (project.root / FOLDER).chmod(0o755)
    assert entry(project, 1).version == 1


# --- other tools, other servers


def test_it_begins_with_the_versions_of_detection_rules(project):
    path = project.root / "version.lock.json"
    known = {"rule_name": "Sample 1", "sha256": "a", "type": "query", "version": 201}
    path.write_text(json.dumps({rule_id(1): known, "else": known}), encoding="utf-8")
    gone = project.root / "deprecated_rules.json"
    gone.write_text("{}", encoding="utf-8")
    ran = lock(project.root, "--import", path, "--deprecated", gone)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "  +      201  Sample 1  rules/rule_1.toml  (imported)\n" in ran.stdout
    assert ran.stdout.endswith("1 rule of version.lock.json is not in this pack, and left out\n")
    ran = lock(project.root, "--import", path)
    assert ran.exit_code == 3
    assert "there is a rulepack.lock already" in ran.stderr


def test_an_import_of_something_else(project):
    ran = lock(project.root, "--import", project.root / "rulepack.toml")
    assert ran.exit_code == 3
    assert "is no JSON" in ran.stderr


def test_an_adopted_pack_begins_above_the_server(project, monkeypatch):
    with Sandbox(port=0) as sandbox:
        monkeypatch.setenv("RULEPACK_API_KEY", base64.b64encode(b"id:key").decode())
        deployed = run("deploy", "--project", project.root, "--url", sandbox.url, "--yes")
        assert deployed.exit_code == 0, deployed.stderr
        ran = lock(project.root, "--adopt", "--url", sandbox.url)
    assert ran.exit_code == 0, ran.stderr
    versions = {one.version for one in read_lock(project).entries.values()}
    assert versions == {2}
    assert "  +        2  Sample 1  rules/rule_1.toml  (adopted)\n" in ran.stdout
