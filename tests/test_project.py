"""Where a project is, what its settings mean, and where they are wrong."""

import os

import pytest
from support.samples import RULE, codes, make_pack

from rulepack.errors import ProjectError
from rulepack.project import find_project
from rulepack.release import Release
from rulepack.stack import StackVersion


def settings(folder, text, name="rulepack.toml"):
    """The project of a folder with these settings."""
    (folder / name).write_text(text, encoding="utf-8")
    return find_project(folder)


def refused(folder, text, name="rulepack.toml"):
    """What is said to settings that make no sense: place without the folder, message, hint."""
    with pytest.raises(ProjectError) as error:
        settings(folder, text, name)
    return error.value.message.removeprefix(f"{folder}/"), error.value.hint


# Where it is


def test_without_settings_the_folder_is_the_project(tmp_path):
    project = find_project(tmp_path)
    assert project.root == tmp_path
    assert project.name == tmp_path.name
    assert project.rules == (tmp_path / "rules",)
    assert project.templates == tmp_path / "templates"
    assert project.docs == tmp_path / "docs-out"
    assert project.reference == tmp_path / ".rulepack" / "reference"
    assert project.stack == (StackVersion(8, 19), StackVersion(9, 3), StackVersion(9, 5))
    assert project.source_url is None
    assert project.site_url is None
    assert (project.flavour, project.releases) == ("markdown", ())
    assert project.severities == ()
    assert dict(project.metadata) == {}


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\ufeff", "\ufeff# a comment\n\n  # another\n"])
def test_an_empty_settings_file_marks_the_root(text, tmp_path):
    (tmp_path / "rules" / "deep").mkdir(parents=True)
    settings(tmp_path, text)
    assert find_project(tmp_path / "rules" / "deep").root == tmp_path


@pytest.mark.parametrize(
    ("name", "text"), [("rulepack.toml", 'name = "Mine"'), ("pyproject.toml", '[tool.rulepack]\nname = "Mine"')]
)
def test_the_nearest_settings_upwards_are_taken(name, text, tmp_path):
    inner = tmp_path / "a" / "b"
    (inner / "c").mkdir(parents=True)
    settings(tmp_path, text, name)
    assert find_project(inner / "c").name == "Mine"
    settings(inner, 'name = "Inner"')
    project = find_project(inner / "c")
    assert (project.name, project.root) == ("Inner", inner)


def test_rulepack_toml_wins_over_pyproject_toml(tmp_path):
    settings(tmp_path, '[tool.rulepack]\nname = "pyproject"', "pyproject.toml")
    assert settings(tmp_path, 'name = "rulepack"').name == "rulepack"


@pytest.mark.parametrize(
    "text", ['[project]\nname = "x"', "[tool.ruff]\nline-length = 9", "tool = 5", "[tool]\nrulepack = {}"]
)
def test_a_pyproject_without_our_table_is_passed_by(text, tmp_path):
    inner = tmp_path / "python"
    inner.mkdir()
    settings(tmp_path, 'name = "Outer"')
    expected = inner if "rulepack" in text else tmp_path
    assert settings(inner, text, "pyproject.toml").root == expected


def test_a_folder_with_the_name_of_settings_stops_it(tmp_path):
    (tmp_path / "rulepack.toml").mkdir()
    with pytest.raises(ProjectError, match="this is a folder, not a file"):
        find_project(tmp_path)


def test_a_link_to_a_folder_leads_to_its_project(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    settings(real, 'name = "Real"')
    (tmp_path / "link").symlink_to(real)
    assert find_project(tmp_path / "link").root == real


def test_paths_are_shown_from_the_root(tmp_path):
    project = find_project(tmp_path)
    assert project.display(tmp_path / "rules" / "a.toml") == "rules/a.toml"
    assert project.display(tmp_path.parent / "other" / "a.toml") == "../other/a.toml"
    assert project.display(tmp_path) == "."


# What is set


def test_every_setting_is_heeded(tmp_path):
    text = """
        name = "acme detections"
        rules = ["rules", "more/rules"]
        templates = "looks"
        docs = "public/docs"
        stack = ["9.3", "8.19.2", "10.1", "9.3.0", "9.12", "8.0"]
        source_url = "https://git.example.org/acme"
        site_url = "https://detections.example.org/"
        flavour = "elastic"
        releases = { "1.1.0" = "2026-02-01", "1.0.0" = { date = "2026-01-01", notes = "The first." } }

        [checks]
        RP402 = "off"

        [metadata]
        ticket = "string"
        owner = { type = "string", required = true, description = "the team" }
    """
    project = settings(tmp_path, text)
    assert project.name == "acme detections"
    assert project.rules == (tmp_path / "rules", tmp_path / "more" / "rules")
    assert project.templates == tmp_path / "looks"
    assert project.docs == tmp_path / "public" / "docs"
    assert project.stack == tuple(StackVersion(*one) for one in [(8, 0), (8, 19, 2), (9, 3), (9, 12), (10, 1)])
    assert project.source_url == "https://git.example.org/acme"
    assert project.site_url == "https://detections.example.org/"
    assert project.flavour == "elastic"
    assert project.releases == (Release("1.0.0", "2026-01-01", "The first."), Release("1.1.0", "2026-02-01"))
    (severity,) = project.severities
    assert (severity.selector, severity.severity, severity.glob) == ("RP402", None, None)
    assert project.metadata["ticket"].type == "string"
    owner = project.metadata["owner"]
    assert (owner.name, owner.type, owner.required, owner.description) == ("owner", "string", True, "the team")


@pytest.mark.parametrize("rules", ['"."', '["."]', '"./rules/../"'])
def test_the_project_itself_may_be_the_folder_with_rules(rules, tmp_path):
    assert settings(tmp_path, f"rules = {rules}").rules == (tmp_path,)


def test_settings_do_not_change(tmp_path):
    project = settings(tmp_path, 'metadata.owner = "string"')
    with pytest.raises(TypeError):
        project.metadata["owner"] = None
    with pytest.raises(AttributeError):
        project.name = "x"


# Where settings are wrong

TABLE = "give it a [header] of its own, or write { key = value }"
LEVELS = 'use "error", "warning", "info" or "off"'
WRONG = [
    ("naem = 'x'", "1:1", "unknown field naem", "did you mean name?"),
    ("\n\nxyzzy = 'x'", "3:1", "unknown field xyzzy", "correct its name, or remove it"),
    ("name = 5", "1:1", "name is an integer, but must be a string", "put quotes around it"),
    ("name = ' '", "1:1", "name is empty", "write something in it"),
    ("rules = []", "1:1", "rules is empty", "name at least 1"),
    ("rules = 5", "1:1", "rules is an integer, but must be a string or an array of strings", "put quotes around it"),
    ("rules = ['rules', 5]", "1:19", None, None),
    ("rules = '../rules'", "1:1", "'../rules' is not a folder inside {root}", "name a folder within the project"),
    ("rules = ['a', '/tmp']", "1:1", "'/tmp' is not a folder inside {root}", "name a folder within the project"),
    ("docs = '.'", "1:1", "'.' is not a folder inside {root}", "name a folder within the project"),
    ("docs = 'a/../..'", "1:1", "'a/../..' is not a folder inside {root}", "name a folder within the project"),
    ("templates = './'", "1:1", "'./' is not a folder inside {root}", "name a folder within the project"),
    ("stack = []", "1:1", "stack is empty", "name at least 1"),
    ("stack = '9.3'", "1:1", "stack is a string, but must be an array", 'put it in brackets: ["9.3"]'),
    (
        "stack = ['9']",
        "1:1",
        "stack: '9' is not a stack version such as 9.3",
        'use versions such as stack = ["8.19", "9.3", "serverless"]',
    ),
    ("version = ''", "1:1", None, "use letters, digits, dots, - and _, such as 1.4.0"),
    ("version = '../x'", "1:1", None, "use letters, digits, dots, - and _, such as 1.4.0"),
    ("version = 1.4", "1:1", "version is a float, but must be a string", "put quotes around it"),
    ("versions = 'git'", "1:1", 'versions cannot be "git"', "use content, file or kibana"),
    ("stack = [9.3]", None, None, None),
    ('flavour = "html"', "1:1", 'flavour cannot be "html"', "use markdown or elastic"),
    ('[releases]\n"1.0" = "soon"', "2:1", 'releases: 1.0: date cannot be "soon"', 'write days as "2026-01-31"'),
    ('[releases]\n"1 0" = "2026-01-31"', "2:1", "releases: '1 0' is no version", "such as 1.4.0, in quotes"),
    ('[releases."1.0"]\nnote = "x"', "1:1", "releases: 1.0: missing required field date", 'write days as "2026-01-31"'),
    ("source_url = 5", "1:1", "source_url is an integer, but must be a string", "put quotes around it"),
    ("checks = 5", "1:1", "checks is an integer, but must be a table", TABLE),
    (
        "[checks]\nRP42 = 'off'",
        "2:1",
        "checks: 'RP42' is neither a code nor a range",
        "use RP421, RP42x or RP4xx; paths hold tables",
    ),
    (
        "[checks]\n'rules/**' = 'off'",
        "2:1",
        "checks: 'rules/**' is neither a code nor a range",
        "use RP421, RP42x or RP4xx; paths hold tables",
    ),
    (
        "[checks.'rules/**']\nunknown-technique = 'off'",
        "2:1",
        "checks: 'unknown-technique' is neither a code nor a range",
        "use RP421, RP42x or RP4xx; paths hold tables",
    ),
    ("checks.RP421 = 'fatal'", "1:8", 'checks: RP421 cannot be "fatal"', LEVELS),
    ("checks.RP421 = true", "1:8", "checks: RP421 cannot be a boolean", LEVELS),
    ("checks.RP421 = ['off']", "1:8", "checks: RP421 cannot be an array", LEVELS),
    ("checks.RP002 = 'off'", "1:8", 'checks: RP002 cannot be "off"', 'use "error", "warning" or "info"'),
    (
        "[checks.a.RP421]\nx = 1",
        "1:2",
        "checks: RP421 cannot be a table",
        LEVELS,
    ),
    ("metadata = 'owner'", "1:1", "metadata is a string, but must be a table", TABLE),
    ("metadata.owner = 'strin'", None, 'metadata.owner.type: type cannot be "strin"', "did you mean string?"),
    (
        "metadata.owner = 5",
        None,
        "metadata.owner.type: type is an integer, but must be a string",
        "put quotes around it",
    ),
    (
        "[metadata]\nowner = {requierd = true}",
        "2:10",
        "metadata.owner.requierd: unknown field requierd",
        "did you mean required?",
    ),
    (
        "metadata.owner = {required = 'yes'}",
        None,
        "metadata.owner.required: required is a string, but must be a boolean (true or false)",
        "write true or false, without quotes",
    ),
    ("name = = 1", "1:8", None, None),
    ("name = 'x", "1:8", None, None),
]


def test_stack_versions_are_sorted_and_serverless_is_the_last(tmp_path):
    text = 'stack = ["serverless", "9.3", "8.19", "9.3.0"]\nversion = "1.4.0-rc.1"\nversions = "kibana"\n'
    (tmp_path / "rulepack.toml").write_text(text, encoding="utf-8")
    found = find_project(tmp_path)
    assert [str(one) for one in found.stack] == ["8.19", "9.3", "serverless"]
    assert (found.version, found.versions) == ("1.4.0-rc.1", "kibana")


@pytest.mark.parametrize(("text", "place", "message", "hint"), WRONG, ids=[one[0].strip() for one in WRONG])
def test_a_wrong_setting_is_named_with_its_place(text, place, message, hint, tmp_path):
    said, hinted = refused(tmp_path, text)
    file, line, column, rest = said.split(":", 3)
    assert file == "rulepack.toml"
    if place is not None:
        assert f"{line}:{column}" == place
    if message is not None:
        assert (rest.strip(), hinted) == (message.replace("{root}", str(tmp_path)), hint)


@pytest.mark.parametrize(("text", "place", "message", "hint"), WRONG[:1])
def test_a_wrong_setting_in_pyproject_is_named_with_its_place(text, place, message, hint, tmp_path):  # noqa: ARG001
    said, hinted = refused(tmp_path, f"[project]\nname = 'x'\n\n[tool.rulepack]\n{text}", "pyproject.toml")
    assert (said, hinted) == (f"pyproject.toml:5:1: {message}", hint)


def test_our_table_in_pyproject_must_be_one(tmp_path):
    said, _ = refused(tmp_path, "[tool]\nrulepack = 5", "pyproject.toml")
    assert said.endswith(": tool.rulepack must be a table")


def test_broken_toml_in_pyproject_stops_it(tmp_path):
    said, _ = refused(tmp_path, "[project\nname = 1", "pyproject.toml")
    assert said.startswith("pyproject.toml:1:")


def test_settings_that_are_no_text_stop_it(tmp_path):
    (tmp_path / "rulepack.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ProjectError, match="byte 0xFF is not UTF-8"):
        find_project(tmp_path)


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_settings_that_may_not_be_read_stop_it(tmp_path):
    (tmp_path / "rulepack.toml").write_text("", encoding="utf-8")
    (tmp_path / "rulepack.toml").chmod(0)
    with pytest.raises(ProjectError, match="no permission to read the file"):
        find_project(tmp_path)


# Which files are read


def test_rule_files_are_found_in_order_and_once(tmp_path):
    for name in ("b.toml", "a.toml", "deep/c.toml", "notes.md", ".hidden.toml", ".git/d.toml", "e.TOML"):
        path = tmp_path / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    (tmp_path / "rules" / "odd.toml").mkdir()
    project = find_project(tmp_path)
    rules = tmp_path / "rules"
    found = [project.display(path) for path in project.rule_files()]
    assert found == ["rules/a.toml", "rules/b.toml", "rules/deep/c.toml", "rules/e.TOML", "rules/odd.toml"]
    # Of rules that are alike, the later one is reported: the order in which they are named must not change that.
    named = project.rule_files((rules / "deep", rules / "b.toml", rules, rules / "a.toml"))
    assert [project.display(path) for path in named] == found


# Metadata keys of the pack's own

OWN = """
[metadata]
owner = { type = "string", required = true, description = "name the team that answers for the rule" }
ticket = { required = true }
points = "integer"
urgent = "boolean"
review_by = "date"
systems = "array"
"""


def own_keys(folder, text):
    rule = RULE.replace("[metadata]\n", f"[metadata]\n{text}")
    return [(found.code.id, found.message, found.hint) for found in make_pack(folder, rule, settings=OWN).diagnostics]


GOOD = 'owner = "blue"\nticket = "D-1"\n'


def test_own_keys_of_every_type(tmp_path):
    text = GOOD + 'points = 3\nurgent = true\nreview_by = "2026/12/31"\nsystems = ["a", "b"]\n'
    assert own_keys(tmp_path, text) == []
    rule = make_pack(tmp_path, settings=OWN).rules[0]
    assert dict(rule.metadata.own) == {
        "owner": "blue",
        "ticket": "D-1",
        "points": 3,
        "urgent": True,
        "review_by": "2026/12/31",
        "systems": ["a", "b"],
    }


def test_a_required_key_is_asked_for_with_its_description(tmp_path):
    assert own_keys(tmp_path, "") == [
        ("RP102", "missing required field owner", "name the team that answers for the rule"),
        (
            "RP102",
            "missing required field ticket",
            "this pack asks for it under [tool.rulepack.metadata], as string",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("points = '3'\n", "RP104", "points is a string, but must be an integer"),
        ("points = true\n", "RP104", "points is a boolean, but must be an integer"),
        ("urgent = 1\n", "RP104", "urgent is an integer, but must be a boolean"),
        ("systems = 'a'\n", "RP104", "systems is a string, but must be an array"),
        ("review_by = 'soon'\n", "RP101", 'review_by cannot be "soon"'),
        ("onwer = 'x'\n", "RP103", "unknown field onwer"),
    ],
)
def test_a_key_of_the_packs_own_has_its_type(text, code, message, tmp_path):
    assert [one[:2] for one in own_keys(tmp_path, GOOD + text)] == [(code, message)]


def test_keys_that_nobody_declared_are_unknown(tmp_path):
    assert codes(make_pack(tmp_path, RULE.replace("[metadata]\n", '[metadata]\nowner = "x"\n'))) == ["RP103"]


# Folders that are not what they seem


def test_a_folder_that_a_link_leads_out_of_the_project(tmp_path):
    root = tmp_path / "pack"
    root.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (root / "docs-out").symlink_to(tmp_path / "elsewhere")
    said, hint = refused(root, 'docs = "docs-out/pages"')
    assert said == f"rulepack.toml:1:1: 'docs-out/pages' leads out of {root} through a symlink"
    assert hint == "name a folder, not a link"


def test_a_folder_that_a_link_leads_to_within_the_project(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "rules").symlink_to(tmp_path / "real")
    assert settings(tmp_path, "").rules == (tmp_path / "rules",)


@pytest.mark.parametrize("name", ["rules", "templates", "docs"])
def test_a_folder_whose_name_does_not_show(name, tmp_path):
    said, hint = refused(tmp_path, f'{name} = "a\\u202Eb"')
    assert said == f"rulepack.toml:1:1: {name} holds a character that does not show"
    assert hint == "use letters, digits, - and _"


def test_an_environment_that_is_wrong_is_named_with_its_place(tmp_path):
    said, _ = refused(tmp_path, '[environments.soc]\nurl = "ftp://kibana.example.org"')
    assert said == "rulepack.toml:2:1: environments.soc: url is not a web address"


def test_a_folder_of_every_project_that_a_link_leads_out(tmp_path):
    root = tmp_path / "pack"
    root.mkdir()
    (root / "docs-out").symlink_to(tmp_path)
    with pytest.raises(ProjectError, match="'docs-out' leads out of ") as error:
        find_project(root)
    assert error.value.message.startswith(f"{root}/rulepack.toml: ")


def test_a_folder_that_cannot_be_read_stops_it(tmp_path, monkeypatch):
    """Else its rules would be left out without a word."""
    (tmp_path / "rules" / "closed").mkdir(parents=True)
    scandir = os.scandir

    def closed(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(ProjectError, match=r"cannot read the folder .*/rules/closed: Permission denied"):
        list(find_project(tmp_path).rule_files())
