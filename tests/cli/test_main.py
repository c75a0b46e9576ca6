"""The group: help, suggestions, and what becomes of exceptions."""

import json
import os
import re
import subprocess
import sys

import pytest
from support.console import run
from support.samples import RULE, make_pack

from rulepack import __version__
from rulepack.cli import main as group
from rulepack.cli.main import COMMANDS
from rulepack.errors import RulepackError


def commands():
    """Every command and subcommand, as words."""
    result = []
    for name in COMMANDS:
        command = group.rulepack.get_command(None, name)
        result += [(name,), *((name, other) for other in getattr(command, "commands", ()))]
    return result


WORDS = [pytest.param(words, id=" ".join(words)) for words in commands()]


def test_help_lists_every_command_with_what_it_does():
    ran = run("--help")
    assert (ran.exit_code, ran.stderr) == (0, "")
    for name, (_, text) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(text)}$", ran.stdout, re.MULTILINE)


def test_help_imports_no_command():
    program = (
        "import sys, json\n"
        "from rulepack.cli.main import main\n"
        "sys.argv = ['rulepack', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(json.loads(done.stderr))
    assert not modules & {address.partition(":")[0] for address, _ in COMMANDS.values()}
    assert not modules & {"rulepack.api", "rulepack.rule", "jinja2", "marshmallow", "requests", "tomli"}


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(words, option):
    ran = run(*words, option)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"Usage: rulepack {' '.join(words)} ")
    assert all(len(line) <= 80 for line in ran.stdout.splitlines())


@pytest.mark.parametrize("words", WORDS)
def test_every_option_says_what_it_is_for(words):
    command = group.rulepack
    for word in words:
        command = command.get_command(None, word)
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    silent = [option.name for option in options if not re.search(r"\.(  \[.*\])?$", option.help or "")]
    assert silent == []


def test_help_has_the_exit_codes():
    text = run("--help").stdout
    listed = re.findall(r"^    (\d+) +\S", text[text.index("Exit codes:") :], re.MULTILINE)
    numbers = [int(number) for number in listed]
    assert numbers == sorted(set(numbers))
    assert {0, 1, 2, RulepackError.exit_code, group.BUG, group.INTERRUPTED} <= set(numbers)


def test_the_version_is_said():
    assert run("--version") == (0, f"rulepack, version {__version__}\n", "")


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "rulepack", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"rulepack, version {__version__}\n"


def test_without_a_command_it_shows_help():
    ran = run()
    assert ran.exit_code == 2
    assert "Commands:" in ran.stderr


@pytest.mark.parametrize(
    ("word", "meant"), [("validat", "validate"), ("vaildate", "validate"), ("biuld", "build"), ("explane", "explain")]
)
def test_a_misspelt_command_is_told_what_was_meant(word, meant):
    ran = run(word)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.count(f"No such command '{word}'. Did you mean '{meant}'?") == 1


def test_a_command_that_resembles_none():
    ran = run("xyzzy")
    assert ran.exit_code == 2
    assert ran.stderr.endswith("No such command 'xyzzy'.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "--no-such-option"],
        ["validate", "no-such-file.toml"],
        ["validate", "--format", "yaml"],
        ["validate", "--fail-on", "never"],
        ["validate", "--project", "no-such-folder"],
        ["build", "extra"],
        ["explain", "RP101", "RP102"],
    ],
)
def test_wrong_usage_is_told_by_exit_code_2(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run(*arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Usage: rulepack ")


def test_what_stops_rulepack_is_said_without_a_traceback(tmp_path):
    ran = run("validate", "--project", tmp_path)
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert re.fullmatch(r"error: .+\n  hint: .+\n", ran.stderr)


def test_what_stops_rulepack_is_shown_on_two_lines_whatever_it_holds(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RulepackError("one\ntwo\x1b[31m", "three\x07")

    monkeypatch.setattr("rulepack.api.validate", fail)
    ran = run("validate", "--project", tmp_path)
    assert ran.stderr == "error: one\\ntwo\\x1b[31m\n  hint: three\\x07\n"


def test_what_stops_rulepack_may_have_no_hint(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RulepackError("no")

    monkeypatch.setattr("rulepack.api.validate", fail)
    assert run("validate", "--project", tmp_path) == (3, "", "error: no\n")


def test_a_bug_is_shown_with_its_traceback(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("rulepack.api.validate", fail)
    ran = run("validate", "--project", tmp_path)
    assert (ran.exit_code, ran.stdout) == (70, "")
    assert "Traceback (most recent call last):" in ran.stderr
    assert "ZeroDivisionError: a bug of ours" in ran.stderr
    assert f"This is a bug in rulepack {__version__}." in ran.stderr


def test_an_interruption_is_said_in_a_word(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("rulepack.api.validate", interrupt)
    ran = run("validate", "--project", tmp_path)
    assert (ran.exit_code, ran.stdout, ran.stderr.strip()) == (130, "", "interrupted")


@pytest.mark.parametrize(("text", "expected"), [(RULE, 0), (RULE.replace('"low"', '"hihg"'), 1)])
def test_a_reader_that_has_seen_enough_does_not_change_the_exit_code(text, expected, tmp_path):
    """As in `rulepack validate | head -1`: the pipe is closed before anything is written."""
    make_pack(tmp_path, text)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "rulepack", "validate", "--project", str(tmp_path)],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (expected, "")
