"""Validation with a cache says what it says without one, whatever changed in between."""

import json
import sqlite3

import pytest
from support.console import run
from support.samples import EXCEPTIONS, RULE, make_pack

import rulepack
from rulepack import Severity, validation
from rulepack.cache import digest_of, seal_of
from rulepack.project import find_project

BROKEN = RULE.replace('severity = "low"', 'severity = "lowest"').replace("0001", "0002").replace("Sample", "Other")
BROKEN = BROKEN.replace("event.category : process", "event.category : file")
TWIN = RULE.replace("Sample", "Twin")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "pack"
    folder.mkdir()
    make_pack(folder, RULE, BROKEN, TWIN)
    return folder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def validate(project, cache, *paths):
    return validation.validate(find_project(project), tuple(project / path for path in paths), cache)


def looked_at(monkeypatch):
    """The files whose rules are really checked."""
    seen = []
    real = validation.checks.examine

    def examine(file, rule, said, context):
        seen.append(file)
        return real(file, rule, said, context)

    monkeypatch.setattr(validation.checks, "examine", examine)
    return seen


def test_it_says_what_load_says(project, cache):
    pack = rulepack.load(project)
    for _ in range(2):
        found = validate(project, cache)
        assert found.diagnostics == pack.diagnostics
        assert [one.excerpt for one in found.diagnostics] == [one.excerpt for one in pack.diagnostics]
        assert (found.rules, found.files, found.failed) == (len(pack.every), pack.files, True)
    assert {"RP101", "RP501"} <= {one.code.id for one in found.diagnostics}
    assert rulepack.validate(project).diagnostics == pack.diagnostics


def test_only_what_changed_is_looked_at_again(project, cache, monkeypatch):
    seen = looked_at(monkeypatch)
    validate(project, cache)
    assert len(seen) == 3
    seen.clear()
    validate(project, cache)
    assert seen == []
    (project / "rules" / "rule_1.toml").write_text(BROKEN.replace("lowest", "low"))
    found = validate(project, cache)
    assert seen == ["rules/rule_1.toml"]
    assert {one.code.id for one in found.diagnostics} == {"RP501"}


def test_findings_over_all_rules_are_made_anew(project, cache):
    validate(project, cache)
    (project / "rules" / "rule_2.toml").unlink()
    assert "RP501" not in {one.code.id for one in validate(project, cache).diagnostics}


def test_looking_at_one_file_forgets_nothing(project, cache, monkeypatch):
    validate(project, cache)
    seen = looked_at(monkeypatch)
    validate(project, cache, "rules/rule_0.toml")
    validate(project, cache)
    assert seen == []


@pytest.mark.parametrize("settings", ['stack = ["9.5"]', 'checks.RP101 = "warning"', 'metadata.owner = "string"'])
def test_other_settings_ask_again(project, cache, monkeypatch, settings):
    validate(project, cache)
    seen = looked_at(monkeypatch)
    (project / "rulepack.toml").write_text(settings)
    found = validate(project, cache)
    assert len(seen) == 3
    assert found.diagnostics == rulepack.load(project).diagnostics


def test_a_renamed_file_is_looked_at_again(project, cache):
    validate(project, cache)
    (project / "rules" / "rule_1.toml").rename(project / "rules" / "renamed.toml")
    found = validate(project, cache)
    assert found.diagnostics == rulepack.load(project).diagnostics
    assert "rules/renamed.toml" in {one.span.file for one in found.diagnostics}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "{}",
        "[]",
        '{"file":"rules/rule_1.toml","found":[["RP999"]],"facts":null}',
        "[" * 5000,
        '{"found":1}',
    ],
    ids=lambda answer: answer[:20],
)
def test_answers_that_are_none_are_not_believed(project, cache, answer):
    validate(project, cache)
    (path,) = cache.iterdir()
    with sqlite3.connect(path) as database:
        for rule in (project / "rules").iterdir():
            seal = seal_of(digest_of(rule.read_bytes()), answer)
            row = (seal, answer, f"rules/{rule.name}")
            assert database.execute("UPDATE said SET digest = ?, answer = ? WHERE file = ?", row).rowcount == 1
    database.close()
    assert validate(project, cache).diagnostics == rulepack.load(project).diagnostics


def test_a_cache_inside_the_project_is_not_used(project):
    """Who writes a pull request could otherwise bring along a clean bill of health."""
    result = run("validate", "--project", str(project))
    assert result.exit_code == 1
    assert not list(project.rglob("*.sqlite"))


def test_the_command_uses_the_cache_unless_told_not_to(project, tmp_path, monkeypatch):
    monkeypatch.setenv("RULEPACK_CACHE_DIR", str(tmp_path / "mine"))
    first = json.loads(run("validate", "--project", str(project), "--format", "json", "--no-cache").stdout)
    assert not (tmp_path / "mine").exists()
    for _ in range(2):
        assert json.loads(run("validate", "--project", str(project), "--format", "json").stdout) == first
    assert list((tmp_path / "mine").iterdir())
    assert first["summary"]["errors"] > 0


def test_severity_of_what_the_cache_gave_is_a_severity(project, cache):
    for _ in range(2):
        assert all(type(one.severity) is Severity for one in validate(project, cache).diagnostics)


def test_places_are_the_same_however_few_texts_are_kept(project, cache, monkeypatch):
    """Findings about several rules name places in files that are long done with."""
    monkeypatch.setattr(validation, "_MOST_SOURCES", 1)
    for _ in range(2):
        found = validate(project, cache)
        assert found.diagnostics == rulepack.load(project).diagnostics
        assert any(one.related for one in found.diagnostics)


def test_exception_lists_are_remembered_as_rules_are(tmp_path, cache, monkeypatch):
    project = tmp_path / "pack"
    project.mkdir()
    naming = "[[rule.exceptions_list]]\nid = 'x'\nlist_id = 'y'\ntype = 'detection'\nnamespace_type = 'single'\n"
    pack = make_pack(project, RULE + naming, EXCEPTIONS, copy=EXCEPTIONS)
    seen = looked_at(monkeypatch)
    for _ in range(2):
        found = validate(project, cache)
        assert found.diagnostics == pack.diagnostics
        assert [one.code.id for one in found.diagnostics] == ["RP503", "RP509", "RP509"]
        assert (found.rules, len(found.files)) == (1, 3)
    assert len(seen) == 3
    assert rulepack.validate(project, jobs=2).diagnostics == pack.diagnostics
