"""`rulepack reference`: what is known, and what a project's own bundle and packages add."""

import json

import pytest
from support import bundles
from support.console import run
from support.integrations import zipped
from support.samples import RULE, codes, make_pack

THREAT = """
[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"
[[rule.threat.technique]]
id = "T9001"
name = "Telepathy"
reference = "https://attack.mitre.org/techniques/T9001/"
"""


@pytest.fixture
def project(tmp_path):
    make_pack(tmp_path, RULE + THREAT)
    return tmp_path


@pytest.fixture
def bundle(tmp_path):
    """A version of ATT&CK that has one technique more."""
    content = bundles.small()
    content["objects"].append(bundles.technique("T9001", "Telepathy", "execution"))
    path = tmp_path / "enterprise-attack.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_shipped_versions_are_shown(project):
    ran = run("reference", "show", "--project", project)
    assert (ran.exit_code, ran.stderr) == (0, "")
    attack, ecs, packages = ran.stdout.splitlines()
    assert attack.startswith("MITRE ATT&CK ")
    assert ecs.startswith("ECS ")
    assert packages.startswith("no packages: `rulepack reference update --integrations ")


def test_an_update_makes_a_new_technique_known(project, bundle):
    assert codes(make_pack(project)) == ["RP301"]
    ran = run("reference", "update", "--attack", bundle, "--project", project)
    assert ran == (0, "ATT&CK 20.1: 2 tactics, 3 techniques, 1 sub-techniques, 1 revoked, 1 deprecated\n", "")
    assert codes(make_pack(project)) == []
    assert run("validate", "--project", project).exit_code == 0
    shown = run("reference", "show", "--project", project).stdout
    assert ", 20.1\n" in shown
    assert shown.endswith("with what is in .rulepack/reference/\n")


def test_an_update_is_for_the_project_that_one_is_in(project, bundle, monkeypatch):
    monkeypatch.chdir(project / "rules")
    assert run("reference", "update", "--attack", f"../{bundle.name}").exit_code == 0
    assert (project / ".rulepack" / "reference").is_dir()
    assert not (project / "rules" / ".rulepack").exists()


def test_ecs_is_updated_too(project):
    fields = {"host.name": {"type": "keyword", "flat_name": "host.name", "level": "core"}}
    (project / "ecs-flat-9.9.0.json").write_text(json.dumps(fields), encoding="utf-8")
    ran = run("reference", "update", "--ecs", project / "ecs-flat-9.9.0.json", "--project", project)
    assert (ran.exit_code, ran.stdout) == (0, "ECS 9.9.0: 1 fields\n")
    assert "ECS 9.9.0\n" in run("reference", "show", "--project", project).stdout


def test_an_update_of_nothing_is_wrong_usage(project):
    ran = run("reference", "update", "--project", project)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "say what to read: --attack FILE|URL, --ecs FILE|URL, --integrations URL|FOLDER|FILE" in ran.stderr


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"type": "bundle", "objects": []}', "<html>"])
def test_a_bundle_that_cannot_be_used_changes_nothing(content, project, bundle):
    run("reference", "update", "--attack", bundle, "--project", project)
    kept = (project / ".rulepack" / "reference" / "attack.json.gz").read_bytes()
    bad = project / "bad.json"
    if content is not None:
        bad.write_text(content, encoding="utf-8")
    ran = run("reference", "update", "--attack", bad, "--project", project)
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert ran.stderr.startswith("error: ")
    assert str(bad) in ran.stderr
    assert (project / ".rulepack" / "reference" / "attack.json.gz").read_bytes() == kept


def test_damaged_data_is_said_with_its_place(project):
    folder = project / ".rulepack" / "reference"
    folder.mkdir(parents=True)
    (folder / "attack.json.gz").write_bytes(b"not gzip")
    for command in ("validate", "reference show"):
        ran = run(*command.split(), "--project", project)
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert "attack.json.gz" in ran.stderr


BEATS = {"acmebeat": {"folders": {"_meta": {"files": {"fields.yml": [{"name": "acme.line", "type": "long"}]}}}}}


def test_packages_beats_and_own_fields_are_read_and_shown(project):
    (project / "packages").mkdir()
    (project / "packages" / "acme-2.1.0.zip").write_bytes(zipped())
    manifests = {"other": {"1.0.0": {"conditions": {"kibana": {"version": "^9.0.0"}}}}}
    (project / "manifests.json").write_text(json.dumps(manifests), encoding="utf-8")
    (project / "beats-9.4.4.json").write_text(json.dumps(BEATS), encoding="utf-8")
    (project / "fields").mkdir()
    (project / "fields" / "mine.toml").write_text('["mine-*"]\nx = "ip"\n', encoding="utf-8")
    ran = run(
        *("reference", "update", "--project", project, "--beats", project / "beats-9.4.4.json"),
        *("--integrations", project / "packages", "--integrations", project / "manifests.json"),
    )
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "integrations: 1 packages with fields, 1 versions of them, 2 packages with manifests",
        "Beats 9.4.4: 1 Beats, 1 fields",
    ]
    assert run("reference", "show", "--project", project).stdout.splitlines()[2:] == [
        "package acme 2.1.0: 12 fields",
        "manifests of 2 packages",
        "Beats 9.4.4: acmebeat",
        "fields/mine.toml: fields of mine-*",
        "with what is in .rulepack/reference/",
    ]


@pytest.mark.parametrize("option", ["--integrations", "--beats"])
@pytest.mark.parametrize("content", [None, "", "<html>", "{}", "[]", "PK\x03\x04"])
def test_fields_that_cannot_be_used_change_nothing(option, content, project):
    bad = project / "bad-9.4.4.json"
    if content is not None:
        bad.write_text(content, encoding="utf-8")
    ran = run("reference", "update", option, bad, "--project", project)
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert ran.stderr.startswith("error: ")
    assert str(bad) in ran.stderr
    assert not (project / ".rulepack").exists()


def test_a_broken_field_file_is_said_with_its_place(project):
    (project / "fields").mkdir()
    (project / "fields" / "mine.toml").write_text('["mine-*"]\nx = "keywrod"\n', encoding="utf-8")
    ran = run("reference", "show", "--project", project)
    assert ran.exit_code == 3
    assert 'fields/mine.toml:2:5: "keywrod" is no field type' in ran.stderr
    assert "did you mean keyword?" in ran.stderr
