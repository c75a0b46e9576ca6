"""Bad surroundings: paths, settings, file names, streams and locales that go wrong, without a traceback."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.console import run
from support.samples import RULE, make_pack

from rulepack.report.plain import is_hidden

ERROR = RULE.replace('"low"', '"hihg"')
OWN = "metadata.team = {type = 'string', required = true}\nmetadata.points = 'integer'\nmetadata.since = 'date'\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one good rule, and the shell in it."""
    make_pack(tmp_path, rule=RULE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def safe(ran):
    for text in (ran.stdout, ran.stderr):
        assert "Traceback" not in text
        assert [char for char in text if char != "\n" and is_hidden(char)] == []
    return ran


def stopped(*arguments):
    """What rulepack says when it cannot work: message and hint on stderr, exit code 3, nothing on stdout."""
    ran = safe(run(*arguments))
    assert (ran.exit_code, ran.stdout) == (3, "")
    message, hint = ran.stderr.splitlines()
    assert message.startswith("error: ")
    assert hint.startswith("  hint: ")
    return message.removeprefix("error: "), hint.removeprefix("  hint: ")


def shell(command, project, **environment):
    """A command line as a shell runs it; `rulepack` is this one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=project,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    return done


# --- paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "nowhere.toml"),
        ("validate", ""),
        ("validate", "--", "-x"),
        ("validate", "no\x1b[31m\nwhere"),
        ("validate", os.fsdecode(b"no\xff")),
        ("validate", "--project", "nowhere"),
        ("validate", "--project", "rules/rule.toml"),
        ("validate", "--output", "rules"),
        ("build", "--out", "rules/rule.toml"),
    ],
)
def test_a_path_that_cannot_be_is_wrong_usage(arguments, project):  # noqa: ARG001
    ran = safe(run(*arguments))
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Usage: rulepack ")


@pytest.mark.parametrize("names", [["empty"], ["rules", "empty"], ["texts"], ["hidden"]])
def test_a_folder_without_a_rule_file_is_never_green(names, project):
    (project / "empty").mkdir()
    (project / "texts").mkdir()
    (project / "texts" / "rule.txt").write_text(RULE, encoding="utf-8")
    (project / "hidden" / ".git").mkdir(parents=True)
    (project / "hidden" / ".git" / "rule.toml").write_text(RULE, encoding="utf-8")
    message, hint = stopped("validate", *names)
    assert message == f"no rule files (*.toml) in {names[-1]}"
    assert hint.startswith("name files or folders with rules")


@pytest.mark.parametrize("command", ["validate", "build"])
def test_a_project_without_rules_is_never_green(command, project):
    (project / "rules" / "rule.toml").unlink()
    assert stopped(command)[0] == "no rule files (*.toml) in rules"
    (project / "rules").rmdir()
    assert stopped(command)[0] == f"there is no folder rules/ in {project}"
    assert not (project / "docs-out").exists()


def test_one_of_two_rules_folders_is_empty(project):
    (project / "rulepack.toml").write_text("rules = ['rules', 'more']", encoding="utf-8")
    (project / "more").mkdir()
    assert stopped("validate")[0] == "no rule files (*.toml) in more"


def test_a_file_given_twice_is_read_once(project):
    other = os.path.relpath(project / "rules" / ".." / "rules" / "rule.toml")
    ran = run("validate", "rules/rule.toml", other, project / "rules" / "rule.toml", "rules")
    assert (ran.exit_code, ran.stdout.startswith("1 rule checked")) == (0, True)


def test_a_file_without_the_suffix_is_read_when_it_is_named(project):
    (project / "rule.txt").write_text(ERROR, encoding="utf-8")
    assert "rule.txt:13:12: error[RP101]" in run("validate", "rule.txt").stdout


def test_a_suffix_in_capitals_is_one(project):
    (project / "rules" / "OTHER.TOML").write_text(ERROR, encoding="utf-8")
    ran = run("validate")
    assert ran.exit_code == 1
    assert "rules/OTHER.TOML:13:12: error[RP101]" in ran.stdout
    assert "hint: call it other.toml" in ran.stdout


def unprivileged(code, project):
    """Run Python code as somebody whom file permissions hold for, even where tests are run by root."""
    drop = "import ctypes, os, sys; prctl = ctypes.CDLL(None).prctl; [prctl(24, one, 0, 0, 0) for one in (1, 2)]; "
    again = f"os.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'rulepack', *{code!r}])"
    return subprocess.run(
        [sys.executable, "-c", drop + again], cwd=project, capture_output=True, text=True, check=False
    )


def test_a_file_that_may_not_be_read(project):
    (project / "rules" / "rule.toml").chmod(0)
    done = unprivileged(["validate"], project)
    assert done.returncode == 1
    assert "rules/rule.toml:1:1: error[RP001] no permission to read the file" in done.stdout
    assert "hint: " in done.stdout


def test_a_folder_that_may_not_be_read_is_not_passed_by(project):
    (project / "rules" / "more").mkdir(mode=0)
    done = unprivileged(["validate"], project)
    assert (done.returncode, done.stdout) == (3, "")
    assert f"cannot read the folder {project}/rules/more: Permission denied" in done.stderr
    assert "hint: " in done.stderr


def test_a_folder_out_of_reach(project):
    (project / "rulepack.toml").write_text("rules = 'far/away'", encoding="utf-8")
    (project / "far" / "away").mkdir(parents=True)
    (project / "far").chmod(0)
    done = unprivileged(["validate"], project)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"error: cannot use {project}/far/away: Permission denied\n  hint: ")


def test_a_current_folder_that_is_gone(project):
    done = shell("mkdir gone; cd gone; rmdir ../gone; rulepack validate", project)
    assert done.returncode == 3
    assert b"error: the current folder is no longer there\n  hint: " in done.stderr


def test_a_folder_that_may_not_be_written(project):
    (project / "docs-out").mkdir(mode=0o500)
    for arguments in (["build"], ["validate", "--output", "docs-out/report.txt"]):
        done = unprivileged(arguments, project)
        assert done.returncode == 3
        assert "Permission denied" in done.stderr
        assert "hint: " in done.stderr
        assert "Traceback" not in done.stderr
    assert list((project / "docs-out").iterdir()) == []


# --- names ------------------------------------------------------------------------------------------------------------

NAMES = {
    "a space": (b"a rule.toml", "a rule.toml"),
    "a line break": (b"a\n::error::b.toml", "a\\n::error::b.toml"),
    "an escape": (b"\x1b[31mred.toml", "\\x1b[31mred.toml"),
    "no UTF-8": (b"r\xe4.toml", "r<U+DCE4>.toml"),
    "a dash": (b"-rule.toml", "-rule.toml"),
    "an override": ("x\u202elmot.toml".encode(), "x<U+202E>lmot.toml"),
    "markup": (b"](javascript:x) <b>.toml", "](javascript:x) <b>.toml"),
    "a percent sign": (b"%0A%s.toml", "%0A%s.toml"),
    "200 characters": (b"n" * 200 + b".toml", "n" * 200 + ".toml"),
}


@pytest.mark.parametrize("format_name", ["text", "json", "sarif", "github", "junit", "markdown"])
@pytest.mark.parametrize(("name", "shown"), NAMES.values(), ids=NAMES)
def test_an_odd_file_name_is_shown_safely(name, shown, format_name, project):
    (project / "rules" / "rule.toml").unlink()
    with open(os.fsencode(project / "rules") + b"/" + name, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(ERROR)
    ran = safe(run("validate", "--format", format_name))
    assert ran.exit_code == 1
    if format_name == "text":
        assert f"rules/{shown}:13:12: error[RP101]" in ran.stdout
    if format_name == "json":
        assert json.loads(ran.stdout)["diagnostics"][-1]["file"] == f"rules/{os.fsdecode(name)}"


@pytest.mark.parametrize(("name", "shown"), NAMES.values(), ids=NAMES)
def test_a_rule_in_a_file_of_an_odd_name_has_a_page_if_the_name_can_be_shown(name, shown, project):
    os.rename(project / "rules" / "rule.toml", os.fsencode(project / "rules") + b"/" + name)  # noqa: PTH104
    ran = safe(run("build"))
    if shown != os.fsdecode(name):
        assert ran.exit_code == 1
        assert f"rules/{shown}:1:1: error[RP106] the file's path holds U+" in ran.stdout
        assert not (project / "docs-out").exists()
        return
    assert ran.exit_code == 0
    page = (project / "docs-out" / "rules" / "sample.md").read_text(encoding="utf-8")
    assert "<b>" not in page.replace("`", "")
    assert not re.search(r"(?<!\\)\]\(javascript:", page)
    assert run("build", "--check").exit_code == 0


def test_pages_of_odd_names_are_listed_safely(project):
    run("build")
    page = (project / "docs-out" / "index.md").read_bytes()
    (project / "docs-out" / "a\n::set-env name=x::\x1b[31m.md").write_bytes(page)
    ran = safe(run("build", "--check"))
    assert ran.exit_code == 1
    assert "  no longer needed: docs-out/a\\n::set-env name=x::\\x1b[31m.md\n" in ran.stdout


# --- settings ---------------------------------------------------------------------------------------------------------

SETTINGS = {
    "no TOML": ("name = ", "1:8: a value is missing here"),
    "an unknown setting": ("naem = 'x'", "1:1: unknown field naem"),
    "a wrong type": ("\nrules = 5", "2:1: rules is an integer, but must be a string or an array of strings"),
    "a bad version": ("stack = ['9.3', 'nine']", "1:1: stack: 'nine' is not a stack version such as 9.3"),
    "pages outside": ("docs = '../elsewhere'", "1:1: '../elsewhere' is not a folder inside {root}"),
    "pages outside, absolutely": ("docs = '/tmp'", "1:1: '/tmp' is not a folder inside {root}"),
    "pages through a link": ("docs = 'link/docs'", "1:1: 'link/docs' leads out of {root} through a symlink"),
    "rules through a link": ("rules = ['link']", "1:1: 'link' leads out of {root} through a symlink"),
    "pages among the workflows": ("docs = '.github/workflows'", "1:1: '.github/workflows' is a hidden folder"),
    "a site that runs something": ("site_url = 'javascript:x'", '1:1: site_url cannot be "javascript:x"'),
    "links that run something": ("source_url = 'javascript:x'", '1:1: source_url cannot be "javascript:x"'),
    "a folder that does not show": ('docs = "a\\u0000b"', "1:1: docs holds a character that does not show"),
    "a folder with an escape": ('docs = "a\\u001b[31m"', "1:1: docs holds a character that does not show"),
    "a code that there is not": ("checks.RP402 = 'off'\nchecks.RP302x = 'off'", "2:8: checks: 'RP302x' is neither a c"),
    "a code of nobody": ("checks.RP999 = 'off'", "1:8: there is no code RP999"),
    "a misspelt code": ("[checks.'rules/**']\nRP409 = 'off'", "2:1: there is no code RP409"),
    "a severity that is none": ("checks.RP402 = ['off']", "1:8: checks: RP402 cannot be an array"),
    "a table of tables": ("[checks.a.b]\nc = 1", "1:2: checks: 'b' is neither a code nor a range"),
    "an own key of no type": ("metadata.a = 'text'", '1:10: metadata.a.type: type cannot be "text"'),
    "NaN": (
        "[metadata.a]\ndescription = nan",
        "2:1: metadata.a.description: description is a float, but must be a str",
    ),
}


@pytest.mark.parametrize(("text", "message"), SETTINGS.values(), ids=SETTINGS)
def test_broken_settings_stop_it(text, message, project, tmp_path_factory):
    (project / "link").symlink_to(tmp_path_factory.mktemp("outside"))
    (project / "rulepack.toml").write_text(text, encoding="utf-8")
    said, hint = stopped("build")
    assert said.startswith(f"{project}/rulepack.toml:" + message.format(root=project))
    assert hint
    assert sorted(path.name for path in project.iterdir()) == ["link", "rulepack.toml", "rules"]


def test_a_misspelt_code_is_told_what_was_meant(project):
    (project / "rulepack.toml").write_text("checks.RP409 = 'off'", encoding="utf-8")
    assert stopped("validate")[1].startswith("did you mean RP4")


@pytest.mark.parametrize("content", [b"\xff", b"[tool.rulepack]\nname = \n", b"\0"])
def test_a_pyproject_that_cannot_be_read_is_not_passed_by(content, project):
    (project / "rulepack.toml").unlink()
    (project / "pyproject.toml").write_bytes(content)
    assert stopped("validate")[0].startswith(f"{project}/pyproject.toml:")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_settings_that_are_no_file_are_not_passed_by(make, project):
    (project / "rulepack.toml").unlink()
    make(project / "rulepack.toml")
    assert stopped("validate")[0].startswith(f"{project}/rulepack.toml:1:1: ")


def test_settings_in_the_folder_of_the_rules_are_no_rule(project):
    (project / "rulepack.toml").write_text("rules = '.'", encoding="utf-8")
    assert (run("validate").exit_code, run("validate", "rulepack.toml").exit_code) == (0, 1)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_reference_data_that_is_no_file(make, project):
    (project / ".rulepack" / "reference").mkdir(parents=True)
    make(project / ".rulepack" / "reference" / "attack.json.gz")
    assert stopped("build")[0].startswith(
        f"cannot use {project}/.rulepack/reference/attack.json.gz: it is not a regular"
    )


OWN_KEYS = {
    "nothing": ("", ["missing required field team"]),
    "all": ("team = 'a'\npoints = 1\nsince = '2026/01/31'", []),
    "a number for a text": ("team = 5", ["team is an integer, but must be a string"]),
    "a date for a text": ("team = 2026-01-31", ["team is a date or time, but must be a string"]),
    "a text for a number": ("team = 'a'\npoints = '1'", ["points is a string, but must be an integer"]),
    "truth for a number": ("team = 'a'\npoints = true", ["points is a boolean, but must be an integer"]),
    "a date that is none": ("team = 'a'\nsince = 'soon'", ['since cannot be "soon"']),
    "a date without quotes": ("team = 'a'\nsince = 2026-01-31", ["since is a date or time, but must be a string"]),
    "a table": ("team = {a = 1}", ["team is a table, but must be a string"]),
    "another key": ("team = 'a'\nteem = 'a'", ["unknown field teem"]),
}


@pytest.mark.parametrize(("text", "messages"), OWN_KEYS.values(), ids=OWN_KEYS)
def test_own_keys_are_checked(text, messages, project):
    (project / "rulepack.toml").write_text(OWN, encoding="utf-8")
    (project / "rules" / "rule.toml").write_text(RULE.replace("\n[rule]", f"{text}\n\n[rule]"), encoding="utf-8")
    found = json.loads(run("validate", "--format", "json").stdout)["diagnostics"]
    assert [one["message"] for one in found] == messages
    assert all(one["hint"] for one in found)


def test_an_own_key_that_rulepack_knows_is_refused(project):
    (project / "rulepack.toml").write_text("[metadata]\nmaturity = 'string'\n", encoding="utf-8")
    message, hint = stopped("validate")
    assert message.startswith(f"{project}/rulepack.toml:2:1: the settings declare metadata.maturity")
    assert hint == "choose another name"


def test_a_glob_of_many_stars_takes_no_time(project):
    glob = "**/" * 40 + "*a" * 40 + "/x"
    deep = project / "rules" / Path(*["a" * 40] * 20)
    deep.mkdir(parents=True)
    (deep / "rule.toml").write_text(ERROR, encoding="utf-8")
    (project / "rulepack.toml").write_text(f"[checks.'{glob}']\nRP101 = 'off'\n", encoding="utf-8")
    assert run("validate").exit_code == 1


# --- streams and locales ----------------------------------------------------------------------------------------------


def test_a_full_disk(project):
    for command in ("rulepack validate > /dev/full", "rulepack --help > /dev/full", "rulepack explain > /dev/full"):
        done = shell(command, project)
        assert (done.returncode, done.stdout) == (3, b"")
        assert done.stderr.startswith(b"error: cannot write the output: No space left on device\n  hint: ")
    done = shell("rulepack validate --output /dev/full", project)
    assert (done.returncode, b"No space left on device" in done.stderr) == (3, True)


@pytest.mark.parametrize("arguments", ["--output no/such/folder/report.txt", "--output rules/rule.toml/x"])
def test_a_report_where_there_is_no_folder(arguments, project):
    ran = safe(run("validate", *arguments.split()))
    assert ran.exit_code == (0 if "no/such" in arguments else 3)
    assert "hint: " in ran.stderr or (project / "no/such/folder/report.txt").exists()


def test_streams_that_are_closed(project):
    (project / "rules" / "rule.toml").write_text(ERROR, encoding="utf-8")
    assert shell("rulepack validate >&-", project).returncode == 1
    assert shell("rulepack validate >&- 2>&-", project).returncode == 1
    assert shell("rulepack validate 2>/dev/full >/dev/full", project).returncode == 3


def test_a_reader_that_has_seen_enough(project):
    done = shell("rulepack explain | head -1", project)
    assert (done.returncode, done.stderr) == (0, b"")
    (project / "rules" / "rule.toml").write_text(ERROR + "x = 1\n" * 1, encoding="utf-8")
    done = shell("rulepack validate | head -1", project)
    assert (done.returncode, done.stderr, done.stdout.count(b"\n")) == (1, b"", 1)


def test_an_interruption(project):
    program = (
        "import os, signal, sys\n"
        "from rulepack import loader\n"
        "from rulepack.cli.main import main\n"
        "loader.read_bytes = lambda *_: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.argv = ['rulepack', 'build']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (128 + signal.SIGINT, "", "interrupted")
    assert not (project / "docs-out").exists()


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}],
    ids=["locale", "encoding"],
)
def test_a_terminal_that_knows_ascii_only(environment, project):
    text = RULE.replace('"Sample"', '"Gr\u00f6\u00dfe \u6f22"').replace('"low"', '"m\u00f6dium"')
    (project / "rules" / "rule.toml").write_text(text, encoding="utf-8")
    for command in ("validate", "build", "validate --output r.txt", "explain"):
        done = shell(f"rulepack {command}", project, **environment)
        assert done.returncode == (0 if command == "explain" else 1)
        assert (done.stdout + done.stderr).isascii()
    assert b'"m\\xf6dium"' in shell("rulepack validate", project, **environment).stdout
    assert '"m\u00f6dium"' in (project / "r.txt").read_text(encoding="utf-8")
    # What a machine reads is UTF-8 everywhere: the format says so, and escapes of our own would change its text.
    machine = json.loads(shell("rulepack validate --format json", project, **environment).stdout.decode("utf-8"))
    assert any("m\u00f6dium" in found["message"] for found in machine["diagnostics"])


@pytest.mark.parametrize("columns", ["0", "1", "7", "999999999", "x", "-5"])
def test_a_terminal_of_any_width(columns, project, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    (project / "rules" / "rule.toml").write_text(ERROR.replace("A sample.", "word " * 200), encoding="utf-8")
    ran = safe(run("validate"))
    assert (ran.exit_code, "rules/rule.toml:13:12: error[RP101]" in ran.stdout) == (1, True)
