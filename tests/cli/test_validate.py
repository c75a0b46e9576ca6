"""`rulepack validate`: formats, exit codes, places, and the same bytes each time."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import jsonschema
import pytest
from support.console import run
from support.samples import EXCEPTIONS, RULE, SHARED, another, make_pack, needs_shared

from rulepack import __version__
from rulepack.cli.options import FORMAT_NAMES, SEVERITY_NAMES
from rulepack.diagnostics import Severity
from rulepack.report import FORMATS

ERROR = RULE.replace('"low"', '"hihg"')
WARNING = another("Immature", 2, "file").replace('maturity = "production"\n', "")
INFO = another("Informal", 3, "network").replace('maturity = "production"\n', "")
SETTINGS = '[checks."rules/info.toml"]\nRP413 = "info"\n'
ESCAPE = "\x1b["


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A project with an error, a warning and an info, and the shell in it."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"):
        monkeypatch.delenv(name, raising=False)
    make_pack(
        tmp_path,
        settings=SETTINGS,
        error=ERROR,
        warning=WARNING,
        info=INFO,
        fine=another("Fine", 9, "registry"),
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only(project, *names):
    """Leave just some of the rule files."""
    for path in (project / "rules").iterdir():
        if path.stem not in names:
            path.unlink()


def test_the_choices_are_those_that_there_are():
    assert set(FORMAT_NAMES) == set(FORMATS)
    assert set(SEVERITY_NAMES) == {severity.label for severity in Severity}


def test_text_is_for_people():
    ran = run("validate")
    assert (ran.exit_code, ran.stderr) == (1, "")
    assert 'rules/error.toml:13:12: error[RP101] severity cannot be "hihg"' in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith("4 rules checked in ")
    assert ran.stdout.splitlines()[-1].endswith(" s: 1 error, 1 warning, 1 info in 3 files")


def test_without_problems_the_answer_is_one_line(project):
    only(project, "fine")
    ran = run("validate")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.count("\n") == 1
    assert ran.stdout.endswith(" s, no problems\n")


@pytest.mark.parametrize("format_name", FORMAT_NAMES)
def test_every_format_names_every_code(format_name):
    ran = run("validate", "--format", format_name)
    assert (ran.exit_code, ran.stderr) == (1, "")
    assert "RP101" in ran.stdout
    assert "RP413" in ran.stdout
    assert ran.stdout.endswith("\n")
    assert not ran.stdout.endswith("\n\n")


def test_json_has_just_these_keys():
    ran = run("validate", "--format", "json")
    document = json.loads(ran.stdout)
    assert document == {
        "diagnostics": [
            {
                "code": "RP101",
                "name": "invalid-value",
                "severity": "error",
                "message": 'severity cannot be "hihg"',
                "file": "rules/error.toml",
                "line": 13,
                "column": 12,
                "end_line": 13,
                "end_column": 18,
                "hint": "did you mean high?",
                "related": [],
            },
            *(
                {
                    "code": "RP413",
                    "name": "missing-maturity",
                    "severity": name,
                    "message": "the rule has no maturity",
                    "file": f"rules/{name}.toml",
                    "line": 1,
                    "column": 1,
                    "end_line": 1,
                    "end_column": 11,
                    "hint": 'add maturity = "production" or "development"',
                    "related": [],
                }
                for name in ("info", "warning")
            ),
        ],
        "summary": {"rules": 4, "files": 4, "errors": 1, "warnings": 1, "infos": 1},
        "notes": [],
    }
    assert list(document["diagnostics"][0]) == [
        *("code", "name", "severity", "message"),
        *("file", "line", "column", "end_line", "end_column", "hint", "related"),
    ]


def test_json_has_the_related_places(project):
    make_pack(project, settings=SETTINGS, fine_too=RULE.replace("0001", "0009"))
    diagnostics = json.loads(run("validate", "--format", "json").stdout)["diagnostics"]
    (found,) = (one for one in diagnostics if one["code"] == "RP501")
    assert found["file"] == "rules/fine_too.toml"
    assert found["related"] == [
        {
            "file": "rules/fine.toml",
            **{name: found[name] for name in ("line", "column", "end_line", "end_column")},
            "message": "the first one",
        }
    ]


@needs_shared
def test_sarif_is_what_its_schema_asks_for():
    schema = json.loads((SHARED / "schemas" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    document = json.loads(run("validate", "--format", "sarif").stdout)
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(document)] == []
    (sarif_run,) = document["runs"]
    assert sarif_run["tool"]["driver"]["version"] == __version__
    assert [result["ruleId"] for result in sarif_run["results"]] == ["RP101", "RP413", "RP413"]
    assert [result["level"] for result in sarif_run["results"]] == ["error", "note", "warning"]


def test_junit_is_xml():
    root = ET.fromstring(run("validate", "--format", "junit").stdout)
    assert len(root.findall(".//testcase")) >= 4


@pytest.mark.parametrize("format_name", sorted({*FORMAT_NAMES} - {"text"}))
def test_the_bytes_are_the_same_wherever_and_whenever(format_name, project, monkeypatch):
    runs = {run("validate", "--format", format_name)}
    runs.add(run("validate", "--format", format_name))
    monkeypatch.setenv("COLUMNS", "40")
    runs.add(run("validate", "--format", format_name, terminal=True))
    for folder in ("rules", ".."):
        monkeypatch.chdir(folder)
        runs.add(run("validate", "--format", format_name, "--project", project))
    assert len(runs) == 1


def test_the_order_of_hashes_changes_nothing():
    """Sets and dicts of strings have another order in each process."""
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "rulepack", "validate", "--format", "sarif"],
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("names", "fail_on", "expected"),
    [
        (("fine",), "info", 0),
        (("info",), "info", 1),
        (("info",), "warning", 0),
        (("info",), "error", 0),
        (("warning",), "info", 1),
        (("warning",), "warning", 1),
        (("warning",), "error", 0),
        (("error",), "error", 1),
        (("info", "warning", "error"), "error", 1),
    ],
)
def test_the_exit_code_is_decided_by_fail_on(names, fail_on, expected, project):
    only(project, *names)
    assert run("validate", "--fail-on", fail_on).exit_code == expected


def test_only_errors_fail_by_default(project):
    only(project, "warning", "info")
    assert run("validate").exit_code == 0
    only(project, "warning")
    (project / "rulepack.toml").write_text('checks.RP413 = "error"', encoding="utf-8")
    assert run("validate").exit_code == 1


@pytest.mark.parametrize("format_name", FORMAT_NAMES)
def test_a_report_in_a_file_leaves_the_screen_to_one_sentence(format_name, project):
    ran = run("validate", "--format", format_name, "--output", "out/report", terminal=True)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("4 rules checked")
    assert ran.stderr.endswith(": 1 error, 1 warning, 1 info in 3 files: see out/report\n")
    assert ran.stderr.count("\n") == 1
    text = (project / "out" / "report").read_text(encoding="utf-8")
    assert ESCAPE not in text
    if format_name != "text":
        assert text == run("validate", "--format", format_name).stdout


def test_a_report_that_cannot_be_written(project):
    (project / "file").write_text("", encoding="utf-8")
    ran = run("validate", "--output", "file/report")
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert ran.stderr.startswith("error: cannot write file/report: ")


def test_paths_restrict_it():
    assert run("validate", "rules/fine.toml").exit_code == 0
    ran = run("validate", "--format", "json", "rules/warning.toml", "rules/info.toml", "rules/warning.toml")
    assert json.loads(ran.stdout)["summary"] == {"rules": 2, "files": 2, "errors": 0, "warnings": 1, "infos": 1}


def test_paths_are_those_of_the_shell(project, monkeypatch):
    monkeypatch.chdir("rules")
    ran = run("validate", "error.toml")
    assert ran.exit_code == 1
    assert ran.stdout.startswith("rules/error.toml:13:12: ")
    monkeypatch.chdir("/")
    ran = run("validate", "--project", project, project / "rules" / "error.toml")
    assert ran.stdout.startswith("rules/error.toml:13:12: ")


def test_paths_may_be_outside_the_project(project, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere")
    (other / "error.toml").write_text(ERROR, encoding="utf-8")
    ran = run("validate", other)
    assert ran.exit_code == 1
    assert f"{os.path.relpath(other, project)}/error.toml:13:12: error[RP101]" in ran.stdout


@pytest.mark.parametrize("folder", ["rules", "docs/deep"])
def test_the_project_is_found_from_a_folder_in_it(folder, project, monkeypatch):
    (project / folder).mkdir(parents=True, exist_ok=True)
    expected = run("validate", "--format", "json")
    monkeypatch.chdir(folder)
    assert run("validate", "--format", "json") == expected
    monkeypatch.chdir("/")
    assert run("validate", "--format", "json", "--project", project / folder) == expected


def test_a_folder_without_rules_stops_it(project):
    (project / "empty").mkdir()
    ran = run("validate", "empty")
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert "no rule files (*.toml) in empty" in ran.stderr


def test_broken_settings_stop_it(project):
    (project / "rulepack.toml").write_text("naem = 1", encoding="utf-8")
    ran = run("validate")
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert ran.stderr == f"error: {project}/rulepack.toml:1:1: unknown field naem\n  hint: did you mean name?\n"


@pytest.mark.parametrize(
    ("options", "variables", "terminal", "expected"),
    [
        ([], {}, False, False),
        ([], {}, True, True),
        ([], {"NO_COLOR": "1"}, True, False),
        ([], {"NO_COLOR": ""}, True, True),
        ([], {"FORCE_COLOR": "1"}, False, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ([], {"TERM": "dumb"}, True, False),
        (["--color"], {}, False, True),
        (["--color"], {"NO_COLOR": "1"}, False, True),
        (["--no-color"], {}, True, False),
        (["--no-color"], {"FORCE_COLOR": "1"}, True, False),
        (["--color", "--format", "json"], {}, True, False),
        (["--color", "--format", "markdown"], {}, True, False),
    ],
)
def test_colours_are_on_where_they_can_be_seen(options, variables, terminal, expected, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (ESCAPE in run("validate", *options, terminal=terminal).stdout) is expected


def test_text_keeps_to_the_width_of_the_terminal(project, monkeypatch):
    long = RULE.replace('"low"', f'"hihg" # {"x" * 300}')
    make_pack(project, settings=SETTINGS, error=long)
    for columns in (60, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = [line for line in run("validate", "--no-color").stdout.splitlines() if "xxxx" in line]
        assert [columns - 2 < len(line) <= columns for line in lines] == [True]


def test_a_screen_that_lacks_characters_shows_escapes(project):
    make_pack(project, settings=SETTINGS, error=ERROR.replace("hihg", "größe端"))
    ran = run("validate", encoding="ascii")
    assert ran.exit_code == 1
    assert 'severity cannot be "gr\\xf6\\xdfe\\u7aef"' in ran.stdout


def test_nothing_is_written_to_the_project(project):
    before = sorted(project.rglob("*"))
    run("validate")
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize("format_name", ["json", "sarif", "junit"])
def test_what_programs_read_is_utf_8_in_every_locale(project, format_name):
    make_pack(project, ERROR.replace('"hihg"', '"hih\U0001f642\\u00e9"'))
    command = [sys.executable, "-m", "rulepack", "validate", "--no-cache", "--format", format_name]
    shown = [
        subprocess.run(command, cwd=project, capture_output=True, env=os.environ | more, check=False).stdout
        for more in ({"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "utf-8"})
    ]
    assert shown[0] == shown[1] == shown[2]
    assert "\U0001f642é" in shown[0].decode()


def test_files_of_exception_lists_are_files_and_no_rules(project):
    for path in (project / "rules").iterdir():
        path.unlink()
    make_pack(project, fine=another("Fine", 9, "registry"), lists=EXCEPTIONS)
    ran = run("validate", "--format", "json")
    assert ran.exit_code == 0
    assert {name: json.loads(ran.stdout)["summary"][name] for name in ("rules", "files")} == {"rules": 1, "files": 2}
    ran = run("build")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert [path.name for path in (project / "docs-out" / "rules").iterdir()] == ["fine.md"]
    make_pack(project, lists=EXCEPTIONS.replace("included", "is"))
    assert (run("validate").exit_code, run("build").exit_code) == (1, 1)
