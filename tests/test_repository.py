"""What the repository promises besides code: README, changelog, workflows, licences."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import tomllib

import pytest
import yaml
from support.console import run
from support.locks import begin, commit, git, put, rule_text
from support.samples import ROOT

import rulepack
from rulepack.cli.main import COMMANDS
from rulepack.rule import RULE_TYPES
from rulepack.sandbox import Sandbox

PINS = {
    "actions/checkout": "de0fac2e4500dabe0009e67214ff5f5447ce83dd",
    "actions/setup-python": "a309ff8b426b58ec0e2a45f0f869d46889d02405",
    "actions/cache": "b7e8d49f17405cc70c1c120101943203c98d3a4b",
    "actions/upload-artifact": "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a",
}
# No hash of it could be confirmed; see the action's own repository.
BY_TAG = {"github/codeql-action/upload-sarif": "v4"}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(language):
    """The README's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", read("README.md"), re.DOTALL)


@pytest.fixture(scope="module")
def pack():
    return rulepack.load(ROOT)


def test_both_commands_are_on_the_readmes_first_screen():
    first = read("README.md").split("\n")[:20]
    install = "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/rulepack build"
    assert any(install in line for line in first)
    assert any(".venv/bin/pip install -e '.[dev]' && .venv/bin/pytest" in line for line in first)


def test_the_readmes_settings_are_accepted(tmp_path):
    text = "\n".join(one for one in blocks("toml") if one.startswith("[tool.rulepack"))
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    (tmp_path / "fields").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.toml").write_text("[metadata]\n[rule]\n", encoding="utf-8")
    assert rulepack.load(tmp_path).project.name == "acme detections"


def test_the_readmes_library_example_runs(tmp_path, monkeypatch):
    (text,) = blocks("python")
    sample = ROOT / "tests" / "data" / "rules" / "valid" / "eql.toml"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "eql.toml").write_bytes(sample.read_bytes())
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(text, "README.md", "exec"), names)
    assert names["body"]["type"] == "eql"
    assert names["written"].added


def test_from_an_empty_folder_to_a_second_deployment(tmp_path, monkeypatch):
    """The README's way into Kibana: its rule, its commands, and what it says they print."""
    (rule,) = [one for one in blocks("toml") if one.startswith("[metadata]")]
    (walk,) = [one for one in blocks("console") if "rulepack sandbox" in one]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RULEPACK_API_KEY", "sandbox")
    path = tmp_path / "rules" / "shell_from_web_server.toml"
    path.parent.mkdir()
    path.write_text(rule, encoding="utf-8")
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", walk, re.MULTILINE)
    assert [command.split()[:2] for command, _ in steps][2:] == [
        ["rulepack", "plan"],
        ["rulepack", "deploy"],
        ["sed", "-i"],
        ["rulepack", "plan"],
        ["rulepack", "deploy"],
    ]
    with Sandbox(port=0) as box:
        for command, said in steps[2:]:
            words = [word.replace("http://127.0.0.1:5601", box.url) for word in shlex.split(command)]
            if words[0] == "sed":
                subprocess.run(words, check=True)
                continue
            done = run(*words[1:])
            assert done.exit_code == 0, done.stderr
            if said:
                assert done.stdout == said.replace("http://127.0.0.1:5601", box.url)
        assert [one["severity"] for one in box.state.rules("default")] == ["low"]


# As gpg is called, and no more: what it writes can be checked by whoever has the same file.
GPG = """#!/bin/sh
case "$*" in
  "--batch --armor --detach-sign SHA256SUMS") sha256sum SHA256SUMS > SHA256SUMS.asc;;
  "--verify SHA256SUMS.asc SHA256SUMS") sha256sum --status --check SHA256SUMS.asc;;
  *) exit 2;;
esac
"""


def test_the_readmes_way_of_a_package(tmp_path, monkeypatch):
    """From a commit to a Kibana: made, signed, verified, compared, deployed, by the README's commands."""
    (walk,) = [one for one in blocks("console") if "rulepack package" in one]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gpg").write_text(GPG, encoding="utf-8")
    (tmp_path / "bin" / "gpg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("RULEPACK_TRUSTED_HOSTS", "127.0.0.1")
    monkeypatch.setenv("KEY", "sandbox")
    with Sandbox(port=0) as box:
        where = f'[environments.production]\nurl = "{box.url}"\napi_key_env = "KEY"\n'
        project = put(tmp_path / "pack", {1: rule_text(1)}, f'name = "acme detections"\nstack = ["9.3"]\n{where}')
        monkeypatch.chdir(project.root)
        begin(project.root)
        git(project.root, "tag", "v1.3.0")
        assert run("package", "--version", "1.3.0").exit_code == 0
        put(project.root, {2: rule_text(2)}, (project.root / "rulepack.toml").read_text(encoding="utf-8"))
        commit(project.root)
        said = []
        for command in re.findall(r"^\$ rulepack (.*)\n", walk, re.MULTILINE):
            done = run(*shlex.split(command), *(["--yes"] if command.startswith("deploy") else []))
            assert done.exit_code == 0, done.stderr
            said.append(done.stdout)
        assert [one["name"] for one in box.state.rules()] == ["Sample 1", "Sample 2"]
    assert "signed: SHA256SUMS.asc" in said[0]
    assert "signed: SHA256SUMS.asc, which the verifier accepts" in said[1]
    assert "+ added: Sample 2" in said[2]


def test_the_readmes_table_has_every_command_and_only_options_that_there_are():
    rows = re.findall(r"^\| `rulepack (\S+)([^`]*)` \| (.*) \|$", read("README.md"), re.MULTILINE)
    assert {name for name, _, _ in rows} == set(COMMANDS)
    for name, more, text in rows:
        words = [name, *(word for word in more.split() if word.islower() and word.isalpha())]
        known = run(*words, "--help").stdout
        for option in re.findall(r"--[a-z-]+", f"{more} {text}"):
            assert option in known, f"rulepack {name} has no {option}"


def test_what_the_readme_shows_of_dead_logic_is_what_is_said(tmp_path):
    rule = (ROOT / "tests" / "data" / "rules" / "valid" / "eql.toml").read_text(encoding="utf-8")
    head, _, _ = rule.partition("query = ")
    query = """query = '''
file where event.type == "creation" and
  file.path : "C:\\\\Users\\\\*\\\\Startup\\\\*" and
  file.name : ("run.exe", "evil*.exe") and
  not file.name : ("setup.exe", "evil*")
'''
"""
    path = tmp_path / "rules" / "windows" / "persistence_run_key.toml"
    path.parent.mkdir(parents=True)
    (tmp_path / "rulepack.toml").write_text("", encoding="utf-8")
    (shown,) = [one for one in blocks("text") if "RP235" in one]
    line = int(shown.split(":")[1])
    text = head + query
    # The README's rule has more lines before its query.
    path.write_text("#\n" * (line - 3 - head.count("\n") - 1) + text, encoding="utf-8")
    said = run("validate", "--project", str(tmp_path), "--no-cache").stdout
    assert shown.rstrip() in said


def test_the_readmes_ignores_are_written_as_they_must_be():
    from rulepack.checks.ignores import read_ignores
    from rulepack.codes import BY_ID
    from rulepack.source import parse_source

    (shown,) = [one for one in blocks("toml") if "rulepack: ignore" in one]
    ignored, wrong = read_ignores(parse_source("a.toml", shown + "'''\n"), frozenset(BY_ID))
    assert (len(ignored), wrong) == (3, ())


def test_the_changelog_begins_with_this_version():
    (version,) = re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)[:1]
    assert version == rulepack.__version__ == tomllib.loads(read("pyproject.toml"))["project"]["version"]


def test_the_changelog_names_every_code():
    from rulepack.codes import CODES

    assert [code.id for code in CODES if code.id not in read("CHANGELOG.md")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_pinned_and_asks_for_little(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"]
        for step in job["steps"]:
            if "uses" in step:
                action, _, pin = step["uses"].partition("@")
                assert pin == PINS.get(action) or pin == BY_TAG.get(action), step["uses"]


def test_every_rulepack_command_of_a_workflow_works(tmp_path):
    """The steps of the pull request workflow, in order, as the runner would run them in its checkout."""
    checkout = tmp_path / "checkout"
    for name in ("rules", "rulepack.lock", "docs-out"):
        shutil.copytree(ROOT / name, checkout / name)
    shutil.copyfile(ROOT / "pyproject.toml", checkout / "pyproject.toml")
    begin(checkout)
    commit(checkout)
    git(checkout, "update-ref", "refs/remotes/origin/main", "HEAD")
    workflow = yaml.safe_load(read(".github/workflows/pr.yml"))
    commands = [step["run"] for step in workflow["jobs"]["rules"]["steps"] if "rulepack " in step.get("run", "")]
    assert len(commands) == 6
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    summary = tmp_path / "summary.md"
    for step in commands:
        command = step.replace("rulepack.sarif", str(tmp_path / "rulepack.sarif")).replace("5601", str(port))
        environment = {
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_BASE_REF": "main",
        }
        (tmp_path / "rulepack").write_text(f'#!/bin/sh\nexec {__import__("sys").executable} -m rulepack "$@"\n')
        (tmp_path / "rulepack").chmod(0o755)
        shell = ["bash", "-e", "-c", command]
        done = subprocess.run(shell, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    for said in ("no problems", "29 to create", "29 created"):
        assert said in summary.read_text(encoding="utf-8")
    assert (tmp_path / "rulepack.sarif").stat().st_size


def test_the_showcase_has_every_rule_type_and_no_problem(pack):
    assert pack.diagnostics == ()
    assert len(pack.rules) >= 24
    assert {rule.type for rule in pack.rules} == set(RULE_TYPES)
    assert sum(1 for rule in pack.rules if rule.building_block_type) >= 2


def test_the_showcase_is_our_own_and_complete(pack):
    for rule in pack.rules:
        assert rule.author == ("rulepack",), rule.file
        assert rule.license == "Apache-2.0", rule.file
        for field in ("note", "setup", "references", "false_positives", "threat", "tags"):
            assert getattr(rule, field), f"{rule.file}: {field}"
        assert f"Investigating {rule.name}" in rule.note, rule.file


def test_no_package_registry_and_no_path_of_a_machine_is_named():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    hosts = re.compile(r"pypi\.(?:org|python)|pythonhosted|npmjs|debian\.org|/work/(?:main|shared)")
    own = "tests/test_repository.py"
    for name in tracked:
        if name != own and not name.endswith((".gz", ".png")):
            assert not hosts.search(read(name)), name
