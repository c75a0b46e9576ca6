"""`rulepack package`: what is said, where things go, and what is refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from support.console import run
from support.locks import begin, commit, git, put, rule_text, update
from support.packages import contents, said
from support.samples import EXCEPTIONS, RULE

from rulepack import __version__

SETTINGS = 'name = "acme"\nstack = ["8.19", "9.3"]\n'


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """A pack with two rules, and the shell in it."""
    monkeypatch.delenv("RULEPACK_SIGNER", raising=False)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    put(tmp_path, {1: rule_text(1), 2: rule_text(2)}, SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def locked(root):
    """The same with a lock."""
    update(put(root, {}, SETTINGS))
    return root


def test_that_there_is_no_lock_is_told_where_versions_are_to_come_from_it(root):
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 0
    assert ran.stderr.startswith("warning: there is no rulepack.lock, so rules have the version of their files or none")
    put(root, {}, f'{SETTINGS}versions = "kibana"\n')
    assert run("package", "--version", "1.0").stderr == ""


def left(root):
    return sorted(path.name for path in (root / "dist").iterdir()) if (root / "dist").exists() else []


def test_that_a_clone_of_another_name_would_make_another_package_is_told(root):
    update(put(root, {}, 'stack = ["9.3"]\n'))
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 0
    assert ran.stderr.startswith("warning: `name` is not in the settings, so the package is named after the folder")
    assert len(left(root)) == 2


def test_a_package_is_made_and_said(locked):
    root = locked
    ran = run("package", "--version", "1.0")
    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[:2] == ["        8.19  2 rules", "         9.3  2 rules"]
    assert lines[2].startswith(f"{root}/dist/acme-1.0 (4 kB) in ")
    assert lines[3] == f"{root}/dist/acme-1.0.zip"
    assert lines[4].startswith("SHA-256 of SHA256SUMS: ")
    assert left(root) == ["acme-1.0", "acme-1.0.zip"]
    assert said(root / "dist" / "acme-1.0") == said(root / "dist" / "acme-1.0.zip") == []


def test_it_is_the_same_from_a_folder_in_the_project_and_into_another(root, tmp_path, monkeypatch):
    run("package", "--version", "1.0")
    monkeypatch.chdir(root / "rules")
    ran = run("package", "--version", "1.0", "--out", "../elsewhere/deep")
    assert ran.exit_code == 0
    assert contents(tmp_path / "elsewhere" / "deep") == contents(root / "dist")


def test_what_some_version_does_not_get_is_named_with_the_reason(root):
    text = rule_text(3).replace("[metadata]", '[metadata]\nmin_stack_version = "9.3"')
    new = rule_text(4).replace("event.category : process", "FROM a METADATA _id | SAMPLE 0.5 | LIMIT 3")
    new = new.replace("kuery", "esql").replace('"query"', '"esql"').replace('index = ["acme-*"]\n', "")
    put(root, {3: text, 4: new}, 'name = "acme"\nstack = ["8.18", "9.3"]\nchecks.RP2xx = "warning"\n')
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.splitlines()[:3] == [
        "        8.18  2 rules (2 left out)",
        "         9.3  4 rules",
        "    left out of 8.18: Sample 4 (SAMPLE needs stack 8.19)",
    ]


def test_changes_that_are_not_committed_are_told(locked):
    root = locked
    begin(root)
    assert run("package", "--version", "1.0").stderr == ""
    put(root, {3: rule_text(3)}, SETTINGS)
    update(put(root, {}, SETTINGS))
    ran = run("package", "--version", "1.1")
    assert ran.stderr == "warning: the package holds changes that are not committed; its manifest says so\n"
    put(root, {3: rule_text(3, "Three")}, SETTINGS)
    update(put(root, {}, SETTINGS))
    ran = run("package", "--version", "1.1")
    assert ran.stderr.startswith("warning: a package of that name was there, with other content; it is replaced\n")


def test_a_signed_package_is_not_lost_to_another_of_its_name(locked):
    root = locked
    assert run("package", "--version", "1.0", "--sign", "sha256sum").exit_code == 0
    folder = root / "dist" / "acme-1.0"
    signature = (folder / "SHA256SUMS.sig").read_bytes()
    # The same content again: its signature is as good as it was.
    ran = run("package", "--version", "1.0")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[2].endswith("signed: SHA256SUMS.sig")
    assert (folder / "SHA256SUMS.sig").read_bytes() == signature
    # The .zip counts as much as the folder.
    shutil.rmtree(folder)
    assert run("package", "--version", "1.0").exit_code == 0
    assert (folder / "SHA256SUMS.sig").read_bytes() == signature
    # Of a damaged package nothing is taken over.
    (folder / "SHA256SUMS.sig").write_bytes(b"x" * (1024**2 + 1))
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 3
    assert "is signed, but damaged" in ran.stderr
    shutil.rmtree(folder)
    update(put(root, {3: rule_text(3)}, SETTINGS))
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 3
    assert "acme-1.0 is there already, signed and with other content" in ran.stderr
    assert "another --version; --force replaces the one that is there" in ran.stderr
    assert run("verify", folder.with_name("acme-1.0.zip")).stdout.startswith("acme 1.0")
    assert run("package", "--version", "1.0", "--force").exit_code == 0
    assert not (folder / "SHA256SUMS.sig").exists()


def test_without_a_version_all_that_is_in_a_package_gives_it_one(locked):
    root = locked
    for number, (file, text) in enumerate(
        (
            ("rules/lists.toml", EXCEPTIONS),
            ("rules/lists.toml", EXCEPTIONS.replace("scan-01", "scan-02")),
            ("rulepack.toml", SETTINGS.replace('"9.3"', '"9.3", "9.5"')),
        ),
        1,
    ):
        (root / file).write_text(text, encoding="utf-8")
        assert run("package").exit_code == 0
        assert len(left(root)) == 2 * number


def test_the_changelog_begins_with_a_package_or_a_revision(root):
    begin(root)
    git(root, "tag", "v1")
    run("package", "--version", "1.0")
    put(root, {1: rule_text(1).replace("risk_score = 21", "risk_score = 47")}, SETTINGS)
    texts = []
    for since in ("v1", "dist/acme-1.0.zip"):
        ran = run("package", "--version", "2.0", "--since", since)
        assert ran.exit_code == 0, ran.stderr
        text = (root / "dist" / "acme-2.0" / "CHANGELOG.md").read_text()
        assert "`risk_score: 21 -> 47`" in text
        texts.append(text)
    assert texts[0].replace("Since v1:", "Since acme-1.0:") == texts[1]
    ran = run("package", "--version", "2.0", "--since", "v0")
    assert ran.exit_code == 3
    assert "git knows no commit 'v0'" in ran.stderr


def test_a_stale_lock_is_shown_at_the_rule(root):
    update(put(root, {}, SETTINGS))
    put(root, {1: rule_text(1).replace("risk_score = 21", "risk_score = 47")}, SETTINGS)
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 1
    assert "rules/rule_1.toml:12:11: error[RP701] risk_score changed since version 1" in ran.stderr
    assert ran.stderr.endswith("no package was made, because of the errors above\n")
    assert left(root) == []


@pytest.mark.parametrize("level", ["off", "warning"])
def test_a_stale_lock_that_the_settings_do_not_mind_is_refused_all_the_same(root, level):
    settings = f'{SETTINGS}checks.RP701 = "{level}"\n'
    update(put(root, {}, settings))
    put(root, {1: rule_text(1, category="file")}, settings)
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 3
    assert ran.stderr.startswith("error: the lock is not up to date\n  hint: run `rulepack lock`")


def test_errors_in_rules_are_shown_and_nothing_is_made(root):
    put(root, {1: rule_text(1).replace('"low"', '"hihg"')}, SETTINGS)
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 1
    assert "error[RP101]" in ran.stderr
    assert left(root) == []


def test_nothing_to_package_is_no_success(root):
    for number in (1, 2):
        put(root, {number: rule_text(number).replace("production", "development")}, SETTINGS)
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 3
    assert "there is no rule to package: none has a maturity of production" in ran.stderr
    assert run("package", "--version", "1.0", "--maturity", "development").exit_code == 0
    assert run("package", "--version", "1.0", "--maturity", "developement").exit_code == 2


@pytest.mark.parametrize("options", [["--sign", "sha256sum"], []])
def test_a_signer_is_named_on_the_command_line_or_in_the_environment(root, options, monkeypatch):
    if not options:
        monkeypatch.setenv("RULEPACK_SIGNER", "sha256sum")
    ran = run("package", "--version", "1.0", *options)
    assert ran.exit_code == 0
    assert " s, signed: SHA256SUMS.sig\n" in ran.stdout
    assert (root / "dist" / "acme-1.0" / "SHA256SUMS.sig").is_file()


def test_a_signer_in_the_settings_is_none(root):
    (root / "rulepack.toml").write_text('sign = "touch pwned"\n')
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 3
    assert "sign" in ran.stderr
    assert not (root / "pwned").exists()


@pytest.mark.parametrize("command", ["", "false", "no-such-program-at-all"])
def test_a_signer_that_fails_is_told(root, command):
    ran = run("package", "--version", "1.0", "--sign", command)
    assert ran.exit_code == 3
    assert ran.stderr.startswith("error: the signer ")
    assert left(root) == []


def test_what_is_in_the_way_is_told(root):
    (root / "dist" / "acme-1.0").mkdir(parents=True)
    (root / "dist" / "acme-1.0" / "mine").touch()
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 3
    assert "dist/acme-1.0 is in the way, and no package" in ran.stderr
    assert contents(root / "dist") == {"acme-1.0/mine": b""}


def test_a_damaged_or_foreign_archive_in_the_way_is_told(root):
    place = root / "dist" / "acme-1.0.zip"
    place.parent.mkdir()
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("holiday.txt", "sea")
    foreign = place.read_bytes()
    for content in (foreign, foreign.replace(b"PK\1\2", b"PK\0\0"), foreign[:-9], b""):
        place.write_bytes(content)
        ran = run("package", "--version", "1.0")
        assert ran.exit_code == 3
        assert "dist/acme-1.0.zip is in the way, and no package" in ran.stderr
        assert place.read_bytes() == content


def test_a_time_that_is_none_is_told(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 3
    assert "SOURCE_DATE_EPOCH is 'today'" in ran.stderr


def test_the_manifest_says_what_it_was_made_of(root):
    begin(root)
    made = commit(root)
    run("package", "--version", "1.0")
    manifest = json.loads((root / "dist" / "acme-1.0" / "manifest.json").read_text())
    assert manifest["commit"] == made
    assert manifest["modified"] is False
    assert manifest["rulepack"] == __version__
    assert set(manifest["reference"]) == {"attack", "ecs", "fingerprint"}


def test_an_interruption_leaves_nothing_behind(root):
    """A signer that takes its time stands for anything that does."""
    signer = root / "signer"
    signer.write_text("#!/bin/sh\ntouch " + str(root / "begun") + "\nexec sleep 20\n")
    signer.chmod(0o755)
    command = [sys.executable, "-m", "rulepack", "package", "--version", "1.0", "--sign", str(signer)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=root, env={**os.environ})
    while not (root / "begun").exists() and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=10)[1].strip() == "interrupted"
    assert running.returncode == 130
    assert left(root) == []


def test_a_rule_with_another_rules_id_is_an_error(root):
    put(root, {3: RULE}, SETTINGS)
    ran = run("package", "--version", "1.0")
    assert ran.exit_code == 1
    assert "RP501" in ran.stderr
