"""`rulepack verify`: what it says of packages that are in order, and of others."""

import json
import shutil
from xml.etree import ElementTree as ET

import pytest
from support.console import run
from support.locks import begin, git
from support.packages import copy, forge, make, package, whole


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("pack"))


@pytest.fixture(autouse=True)
def _no_verifier(monkeypatch, tmp_path):
    monkeypatch.delenv("RULEPACK_VERIFIER", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(made, tmp_path):
    return copy(made, tmp_path)


def test_a_package_in_order_is_said_to_be(made):
    for path in (made.folder, made.archive):
        ran = run("verify", path)
        assert (ran.exit_code, ran.stderr) == (0, "")
        assert ran.stdout == "acme 1.0, for stack 9.3\n1 rule, 7 files: all in order\nnot signed\n"


def test_the_commit_is_named(tmp_path):
    root = tmp_path / "pack"
    whole(root)
    begin(root)
    made = package(root)
    ran = run("verify", made.archive)
    commit = git(root, "rev-parse", "HEAD")[:12]
    assert ran.stdout.startswith(f"acme 1.0, commit {commit}, for stack 9.3, 9.5\n3 rules, 10 files: all in order\n")
    (root / "rules" / "a.toml").write_text((root / "rules" / "a.toml").read_text().replace("A sample", "Another"))
    assert f"commit {commit} with changes, for" in run("verify", package(root).archive).stdout


def test_what_is_wrong_is_named_with_the_file(folder):
    (folder / "9.3" / "rules.ndjson").write_text("{}\n")
    (folder / "CHANGELOG.md").unlink()
    ran = run("verify", folder)
    assert ran.exit_code == 1
    assert "acme-1.0/9.3/rules.ndjson:1:1: error[RP711] the file is not the one that SHA256SUMS names" in ran.stdout
    assert "acme-1.0/CHANGELOG.md:1:1: error[RP711] the file is missing" in ran.stdout
    assert ran.stderr == f"{folder} must not be used\n"


@pytest.mark.parametrize("form", ["json", "sarif", "github", "junit", "markdown"])
def test_what_a_program_reads_is_not_mixed_with_words(made, folder, form):
    (folder / "CHANGELOG.md").write_text("x")
    good, bad = run("verify", made.folder, "--format", form), run("verify", folder, "--format", form)
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "all in order" in good.stderr
    assert "all in order" not in good.stdout
    assert ("RP711" in good.stdout, "RP711" in bad.stdout) == (form == "sarif" and "RP711" in good.stdout, True)
    for shown in (good.stdout, bad.stdout):
        if form in ("json", "sarif"):
            json.loads(shown)
        elif form == "junit":
            ET.fromstring(shown)


def test_a_report_goes_to_a_file(folder, tmp_path):
    (folder / "CHANGELOG.md").write_text("x")
    assert run("verify", folder, "--format", "json", "--output", "report.json").exit_code == 1
    assert json.loads((tmp_path / "report.json").read_text())["summary"]["errors"] == 1


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "junit", "markdown"])
@pytest.mark.parametrize("name", ["\udcff", "\x1b[31m", "::error::x", "##[error]", "a|b"])
def test_odd_names_of_files_are_shown_and_obeyed_by_nobody(folder, form, name):
    (folder / name).touch()
    ran = run("verify", folder, "--format", form)
    assert ran.exit_code == 1
    assert "\x1b" not in ran.stdout + ran.stderr
    assert not any(line.startswith(("::error::x", "##[error]")) for line in ran.stdout.splitlines())


def test_a_forged_manifest_cannot_write_to_the_terminal(folder):
    forge(
        folder,
        "manifest.json",
        lambda data: data.update(pack="\x1b]0;x\x07\ud800", version="\x1b[2J", commit="\x1b[m" * 9),
    )
    ran = run("verify", folder)
    assert ran.exit_code == 0
    assert "\x1b" not in ran.stdout + ran.stderr


def test_what_is_no_package_is_told(tmp_path):
    (tmp_path / "rules").mkdir()
    ran = run("verify", "rules")
    assert ran.exit_code == 1
    assert "there is no SHA256SUMS, so this is no package" in ran.stdout
    assert run("verify", "nowhere").exit_code == 2


def test_a_signature_is_named_and_checked_if_asked(tmp_path, monkeypatch):
    made = make(tmp_path / "p", signer="sha256sum")
    assert run("verify", made.archive).stdout.endswith(
        "signed: SHA256SUMS.sig, not checked (--with COMMAND checks it)\n"
    )
    accepted = run("verify", made.archive, "--with", "true")
    assert accepted.exit_code == 0
    assert accepted.stdout.endswith("signed: SHA256SUMS.sig, which the verifier accepts\n")
    refused = run("verify", made.archive, "--with", "false")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(
        "error: the signature SHA256SUMS.sig of acme-1.0 is not accepted: the verifier ended with 1\n"
        "  hint: do not use the package"
    )
    assert "all in order" not in refused.stdout
    monkeypatch.setenv("RULEPACK_VERIFIER", "false")
    assert run("verify", made.archive).exit_code == 1


def test_a_package_that_should_be_signed_and_is_not_is_refused(made):
    ran = run("verify", made.archive, "--with", "true")
    assert ran.exit_code == 1
    assert "acme-1.0 is not signed" in ran.stderr


def test_a_package_that_is_not_in_order_is_not_shown_to_the_verifier(folder, tmp_path):
    (folder / "CHANGELOG.md").write_text("x")
    run("verify", folder, "--with", f"touch {tmp_path / 'called'}")
    assert not (tmp_path / "called").exists()


def test_it_needs_neither_project_nor_git_nor_a_place_to_write(made, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "rulepack.toml").write_text("nonsense = [")
    shutil.copy(made.archive, "a.zip")
    assert run("verify", "a.zip").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "rulepack.toml"]
