"""`rulepack attack migrate`: shows, asks, writes, and says what is left."""

import json

import pytest
from support import bundles
from support.console import run
from support.samples import RULE

THREAT = """
[[rule.threat]]
framework = "MITRE ATT&CK"

[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"

# how it runs
[[rule.threat.technique]]
id = "T1086"
name = "PowerShell"
reference = "https://attack.mitre.org/techniques/T1086/"
"""


@pytest.fixture
def project(tmp_path):
    """A project that knows a made-up ATT&CK 20.1, in which T1086 was revoked by T1059.004 Unix Shell."""
    (tmp_path / "rulepack.toml").write_text("", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "one.toml").write_text(RULE + THREAT, encoding="utf-8")
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps(bundles.small()), encoding="utf-8")
    assert run("reference", "update", "--attack", bundle, "--project", tmp_path).exit_code == 0
    return tmp_path


def migrate(project, *options, **how):
    return run("attack", "migrate", "--project", project, *options, **how)


def text_of(project):
    return (project / "rules" / "one.toml").read_text(encoding="utf-8")


def test_it_shows_the_difference_and_writes_with_yes(project, golden):
    ran = migrate(project, "--to", "20.1", "--yes")
    golden("migrate/shown.txt", ran.stdout)
    golden("migrate/written.toml", text_of(project))
    assert (ran.exit_code, ran.stderr) == (0, "")
    again = migrate(project, "--to", "20.1", "--yes")
    assert again.stdout == "no rule needs to be changed for ATT&CK 20.1\n"


def test_a_dry_run_writes_nothing(project):
    ran = migrate(project, "--to", "20.1", "--dry-run")
    assert "1 rule would move to ATT&CK 20.1" in ran.stdout
    assert text_of(project) == RULE + THREAT
    assert ran.exit_code == 0


def test_without_a_terminal_it_does_not_write_unasked(project):
    ran = migrate(project, "--to", "20.1")
    assert ran.exit_code == 3
    assert "add --yes to write without asking" in ran.stderr
    assert text_of(project) == RULE + THREAT


def test_what_is_left_for_a_person_is_listed_with_its_line(project):
    left = THREAT.replace("T1086", "T1064").replace("PowerShell", "Scripting")
    (project / "rules" / "one.toml").write_text(RULE + left, encoding="utf-8")
    ran = migrate(project, "--to", "20.1")
    line = (RULE + left).partition('id = "T1064"')[0].count("\n") + 1
    assert f"rules/one.toml:{line}:6: T1064 Scripting is deprecated, and nothing has replaced it\n" in ran.stdout
    assert "left for a person: 1 place in 1 file, listed above" in ran.stdout
    assert ran.exit_code == 1


def test_a_read_only_file_is_named(project):
    (project / "rules" / "one.toml").chmod(0o444)
    ran = migrate(project, "--to", "20.1", "--yes")
    assert ran.exit_code == 1
    assert "the file is read-only" in ran.stderr
    assert text_of(project) == RULE + THREAT


def test_a_table_of_current_techniques_only_says_so(project):
    ran = migrate(project, "--to", "19", "--dry-run")
    assert "what ATT&CK 19 revoked or deprecated is not known here" in ran.stderr
    assert "rulepack reference update --attack FILE|URL" in ran.stderr


def test_a_version_that_is_not_known_is_refused(project):
    ran = migrate(project, "--to", "99")
    assert ran.exit_code == 3
    assert "there is no ATT&CK 99 here, only 17.0, 19, 20.1" in ran.stderr


def test_a_bundle_in_which_replacements_go_in_a_circle_ends(project):
    circle = bundles.small()
    circle["objects"].append(bundles.technique("T1087", "Other Shell", "execution", revoked=True))
    circle["objects"] = [one for one in circle["objects"] if one.get("relationship_type") != "revoked-by"]
    circle["objects"] += [
        bundles.relation("revoked-by", "T1086", "T1087"),
        bundles.relation("revoked-by", "T1087", "T1086"),
    ]
    (project / "bundle.json").write_text(json.dumps(circle), encoding="utf-8")
    run("reference", "update", "--attack", project / "bundle.json", "--project", project)
    ran = migrate(project, "--to", "20.1")
    assert "T1086 PowerShell was revoked, and nothing says by what it was replaced" in ran.stdout
    assert ran.exit_code == 1


def test_the_help_says_what_it_does():
    assert "Move the rules' ATT&CK mapping to another version." in run("--help").stdout
    assert "migrate" in run("attack", "--help").stdout
