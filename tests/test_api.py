"""The library, as its README shows it."""

import json
import subprocess
import sys

import pytest
from support.samples import RULE, another, make_pack

import rulepack
from rulepack import Severity

GUIDE = "note = '''\n## Triage\n\nLook.\n\n## Setup\n\nSwitch it on.\n'''\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a rule, and the program in it."""
    make_pack(tmp_path, RULE + GUIDE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_at_work(project):
    pack = rulepack.load(".")
    for found in pack.diagnostics:
        print(found.span, found.code.id, found.message, found.hint)
    for rule in pack.active:
        body = pack.to_api(rule, stack="9.3")
        assert json.loads(json.dumps(body))["setup"] == "Switch it on."
    written = rulepack.build(pack)
    assert {"coverage.md", "index.md", "rules/sample.md"} < set(written.added)
    assert (written.changed, written.removed, written.unchanged) == ((), (), ())
    assert (project / "docs-out" / "rules" / "sample.md").is_file()
    again = rulepack.build(pack)
    assert again.unchanged == written.added
    assert not again.stale


def test_nothing_is_said_on_the_screen(project, capfd):  # noqa: ARG001
    pack = rulepack.load()
    rulepack.check(pack)
    rulepack.build(pack)
    assert capfd.readouterr() == ("", "")


def test_a_dry_run_writes_nothing(project):
    written = rulepack.build(rulepack.load(), dry_run=True)
    assert written.stale
    assert not (project / "docs-out").exists()


def test_pages_may_go_elsewhere(project):
    rulepack.build(rulepack.load(), "site")
    assert (project / "site" / "index.md").is_file()
    assert not (project / "docs-out").exists()


def test_paths_may_be_named(project):
    (project / "rules" / "broken.toml").write_text("a = = 1", encoding="utf-8")
    assert rulepack.load(project).failed
    assert not rulepack.load(project, ("rules/rule_0.toml",)).failed
    assert rulepack.load(project, (project / "rules",)).files == ("rules/broken.toml", "rules/rule_0.toml")


def test_what_is_wrong_with_content_is_not_raised(project):
    (project / "rules" / "broken.toml").write_text(RULE.replace('"low"', '"hihg"'), encoding="utf-8")
    pack = rulepack.load(project)
    (found,) = (one for one in pack.diagnostics if one.code.id == "RP101")
    assert isinstance(found, rulepack.Diagnostic)
    assert isinstance(found.span, rulepack.Span)
    assert isinstance(found.code, rulepack.Code)
    assert found.severity is Severity.ERROR
    assert str(found.span) == "rules/broken.toml:13:12"
    assert found.excerpt == 'severity = "hihg"'


def test_a_pack_with_an_error_gives_no_page(project):
    (project / "rules" / "broken.toml").write_text("a = = 1", encoding="utf-8")
    pack = rulepack.load(project)
    written = rulepack.build(pack)
    assert (written.added, written.diagnostics) == ((), pack.diagnostics)
    assert not (project / "docs-out").exists()


def test_a_template_with_an_error_gives_no_page(project):
    template = project / "templates" / "markdown" / "once" / "index.md.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ nobody }}", encoding="utf-8")
    written = rulepack.build(rulepack.load(project))
    assert [found.code.id for found in written.diagnostics] == ["RP602"]
    assert not (project / "docs-out").exists()


@pytest.mark.parametrize("name", ["nowhere", "rules/rule_0.toml"])
def test_a_project_is_a_folder(name, project):
    with pytest.raises(rulepack.RulepackError, match="is not a folder") as error:
        rulepack.load(project / name)
    assert error.value.hint == "name the project's folder"


def test_a_project_without_rules(tmp_path):
    with pytest.raises(rulepack.RulepackError) as error:
        rulepack.load(tmp_path)
    assert error.value.hint


def test_settings_for_a_code_that_does_not_exist(project):
    (project / "rulepack.toml").write_text('checks.RP999 = "off"', encoding="utf-8")
    with pytest.raises(rulepack.RulepackError, match=r"rulepack\.toml:1:8: there is no code RP999") as error:
        rulepack.load(project)
    assert error.value.hint.endswith("`rulepack explain` lists all codes")


def test_checking_again_says_the_same_with_any_severities(project):
    (project / "rulepack.toml").write_text('checks.RP4xx = "error"\nchecks.RP1xx = "warning"', encoding="utf-8")
    text = another("Other", 2, "file").replace('maturity = "production"\n', "")
    (project / "rules" / "other.toml").write_text(text + 'timeline_id = "t"\n', encoding="utf-8")
    pack = rulepack.load(project)
    assert {found.code.id: found.severity for found in pack.diagnostics} == {
        "RP107": Severity.WARNING,
        "RP413": Severity.ERROR,
    }
    assert rulepack.check(pack) == pack.diagnostics


@pytest.mark.parametrize("name", rulepack.__all__)
def test_every_public_name_is_listed(name):
    assert name in dir(rulepack)
    assert getattr(rulepack, name) is getattr(rulepack, name)


def test_any_other_name_is_none():
    with pytest.raises(AttributeError, match="module 'rulepack' has no attribute 'laod'"):
        _ = rulepack.laod


def test_importing_costs_nothing_until_a_name_is_used():
    program = "import sys, rulepack; print(sorted(name for name in sys.modules if name.startswith('rulepack.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
