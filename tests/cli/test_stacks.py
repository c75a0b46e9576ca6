"""`rulepack stacks`: which stack version gets which rule."""

import json

import pytest
from support.console import run
from support.locks import put, rule_text
from support.samples import EXCEPTIONS

SETTINGS = 'name = "acme"\nstack = ["8.7", "9.3", "serverless"]\n'
SUPPRESSING = rule_text(2).replace("[rule]", '[rule]\nalert_suppression = { group_by = ["host.id"] }')


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    put(tmp_path, {1: rule_text(1), 2: SUPPRESSING, "rules/lists.toml": EXCEPTIONS}, SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_only_rules_that_are_not_whole_everywhere_are_listed():
    ran = run("stacks")
    assert (ran.exit_code, ran.stderr) == (1, "")
    assert ran.stdout == (
        "  rule               8.7         9.3  serverless\n"
        "\n"
        "  8.7: alert_suppression needs stack 8.8\n"
        "    Sample 2           -        full        full\n"
        "\n"
        "       8.7  1 full, 1 left out\n"
        "       9.3  2 full\n"
        "serverless  2 full\n"
    )
    assert "Sample 1" in run("stacks", "--all").stdout


def test_what_the_minimum_of_a_rule_says_is_no_fault(root):
    put(root, {2: SUPPRESSING.replace("[metadata]", '[metadata]\nmin_stack_version = "8.8"')}, SETTINGS)
    ran = run("stacks")
    assert ran.exit_code == 0
    assert "8.7: min_stack_version is 8.8" in ran.stdout


def test_deprecated_rules_are_not_counted(root):
    put(root, {2: rule_text(2, reason="Old.")}, SETTINGS)
    ran = run("stacks", "--all")
    assert ran.exit_code == 0
    assert "Sample 2" not in ran.stdout
    assert ran.stdout.endswith("serverless  1 full\n")


def test_a_file_that_cannot_be_read_is_told(root):
    put(root, {1: rule_text(1).replace('"low"', '"hihg"'), 2: "[rule"}, SETTINGS)
    ran = run("stacks")
    assert ran.exit_code == 1
    assert ran.stderr == "cannot be read: rules/rule_1.toml and 1 more; `rulepack validate` says why\n"


def test_for_programs():
    data = json.loads(run("stacks", "--format", "json").stdout)
    assert data["stack"] == ["8.7", "9.3", "serverless"]
    assert data["counts"]["8.7"] == {"full": 1, "reduced": 0, "left out": 1}
    assert data["rules"][1]["stacks"]["8.7"] == {
        "standing": "left out",
        "dropped": [],
        "reasons": ["alert_suppression needs stack 8.8"],
        "noted": False,
    }


def test_for_a_job_summary(root):
    ran = run("stacks", "--format", "markdown", "--output", "stacks.md")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (1, "", "see stacks.md\n")
    assert "| Sample 2 | left out | full | full | 8.7: alert" in (root / "stacks.md").read_text()


def test_colours_are_for_terminals(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[31m" in run("stacks", terminal=True).stdout
    assert "\x1b" not in run("stacks").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("stacks", terminal=True).stdout
    assert "\x1b" in run("stacks", "--color").stdout


def test_without_rules_there_is_nothing_to_show(tmp_path):
    (tmp_path / "empty" / "rules").mkdir(parents=True)
    (tmp_path / "empty" / "rulepack.toml").touch()
    ran = run("stacks", "--project", tmp_path / "empty")
    assert ran.exit_code == 3
    assert "no rule files" in ran.stderr
