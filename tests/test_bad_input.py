"""Bad input: each kind gets a diagnostic with its place and a hint, exit code 1, no traceback, and nothing is written.

What only looks bad stays without a diagnostic. How paths, streams and locales go wrong is in `test_bad_surroundings`.
"""

import json
import os
import re
import socket

import pytest
from support.console import run
from support.samples import RULE, make_pack

from rulepack.report.plain import is_hidden

ESCAPE = "\x1b[31m"
COLOURS = re.compile("\x1b\\[(?:0|1;3[1-6]|3[24])m")
LONG = 50 * 1024 * 1024


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project without rules yet, and the shell in it."""
    make_pack(tmp_path, first=RULE)
    (tmp_path / "rules" / "first.toml").unlink()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(project, content, name="rule.toml"):
    path = project / "rules" / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def safe(ran):
    """Nothing of a file reaches the terminal raw, and no traceback does."""
    for text in (ran.stdout, ran.stderr):
        assert "Traceback" not in text
        assert [char for char in text if char != "\n" and is_hidden(char)] == []
    return ran


def errors(*arguments):
    """The errors that `validate` tells, as (place, code, message); each has a hint, in text and in JSON alike."""
    ran = safe(run("validate", "--format", "json", *arguments))
    found = [one for one in json.loads(ran.stdout)["diagnostics"] if one["severity"] == "error"]
    assert ran.exit_code == (1 if found else 0)
    text = safe(run("validate", *arguments))
    assert text.exit_code == ran.exit_code
    for one in found:
        assert one["hint"], one
        assert f"{one['file']}:{one['line']}:{one['column']}: error[{one['code']}]" in text.stdout.replace("\\n", "\n")
    return [(f"{one['file']}:{one['line']}:{one['column']}", one["code"], one["message"]) for one in found]


def assert_nothing_is_built(project):
    ran = safe(run("build"))
    assert (ran.exit_code, ran.stderr) == (1, "no page was written, because of the errors above\n")
    assert not (project / "docs-out").exists()
    assert not list(project.rglob(".rulepack-*"))


def the_only_error(project):
    """The one error of the project; `build` wrote nothing because of it."""
    (found,) = errors()
    assert_nothing_is_built(project)
    return found


def line_of(text, part):
    """Line and column of a part of a text."""
    before = text[: text.index(part)]
    return f"rules/rule.toml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


# --- what is no text, or no TOML --------------------------------------------------------------------------------------

NO_TEXT = {
    "not UTF-8": (RULE.replace("A sample", "A s\xe4mple").encode("latin-1"), "7:19", "byte 0xE4 is not UTF-8"),
    "UTF-16": (RULE.encode("utf-16"), "1:1", "the file is UTF-16, not UTF-8"),
    "a NUL": (RULE.replace("A sample", "A\0").encode(), "7:17", "the file has a NUL character"),
    "zero bytes": (b"", "1:1", "the file is empty"),
    "a byte order mark only": (b"\xef\xbb\xbf", "1:1", "the file is empty"),
    "comments only": (b"# nothing\n\n", "1:1", "the file is empty"),
    "50 MB": (LONG, "1:1", "the file has 50.0 MB; the limit is 4 MB"),
}


@pytest.mark.parametrize(("content", "place", "message"), NO_TEXT.values(), ids=NO_TEXT)
def test_what_cannot_be_read_as_text(content, place, message, project):
    path = put(project, b"" if content is LONG else content)
    if content is LONG:
        os.truncate(path, LONG)
    found = the_only_error(project)
    assert found[:2] == (f"rules/rule.toml:{place}", "RP001")
    assert found[2].startswith(message)


NO_TOML = {
    "a string that is not closed": ('"low"', '"low', "13:12", "the string that begins here is not closed on its line"),
    "a long string that is never closed": (
        "event.category : process\n'''",
        "event",
        "15:9",
        "the string that begins here is never closed",
    ),
    "a bracket that is not closed": ('["acme-*"]', '["acme-*"', "8:9", "the array that begins here is never closed"),
    "a key given twice": ('name = "Sample"', 'name = "Sample"\nname = "S"', "11:1", "`rule.name` is given twice"),
    "a table given twice": ("[rule]", "[metadata]\n[rule]", "6:2", "`metadata` is given twice"),
    "an equals sign too many": ("= 21", "= = 21", "11:14", "`=` is not a TOML value"),
    "null": ("= 21", "= null", "11:14", "`null` is not a TOML value"),
    "a terminal escape in the text": ("A sample.", f"A {ESCAPE}.", "7:18", "control character U+001B is not allowed"),
    "a hundred tables": ("= 21", "= " + "{a=" * 100 + "1" + "}" * 100, "11:201", "tables and arrays are nested"),
    "a hundred arrays": ("= 21", "= " + "[" * 100 + "]" * 100, "11:77", "tables and arrays are nested"),
    "a million brackets": ("= 21", "= " + "[" * 1_000_000, "11:77", "tables and arrays are nested"),
    "a header of a hundred parts": (
        "[rule]",
        f"[{'.'.join('a' * 100)}]\n[rule]",
        "6:2",
        "tables and arrays are nested",
    ),
    "a number of 5,000 digits": ("= 21", "= " + "9" * 5_000, "11:14", "an integer with thousands of digits"),
    "a long number in hexadecimal": ("= 21", "= 0x" + "f" * 4_000, "11:14", "an integer with thousands of digits"),
    "a surrogate": ('"low"', '"\\ud800"', "13:13", "`\\u` must be followed by"),
    "a lone carriage return": ("A sample.", "A\rsample.", "7:17", "carriage return (U+000D) without line feed"),
}


@pytest.mark.parametrize(("old", "new", "place", "message"), NO_TOML.values(), ids=NO_TOML)
def test_what_is_no_toml(old, new, place, message, project):
    put(project, RULE.replace(old, new))
    found = the_only_error(project)
    assert found[:2] == (f"rules/rule.toml:{place}", "RP002")
    assert found[2].startswith(message)


# --- what is no file --------------------------------------------------------------------------------------------------


def make_folder(path, _):
    path.mkdir()


def make_pipe(path, _):
    os.mkfifo(path)


def make_socket(path, _):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))


def link_outside(path, outside):
    (outside / "secret.toml").write_text(RULE, encoding="utf-8")
    path.symlink_to(outside / "secret.toml")


def link_to_device(path, _):
    path.symlink_to("/dev/zero")


def link_nowhere(path, _):
    path.symlink_to("nothing.toml")


def link_in_a_circle(path, _):
    path.symlink_to(path.name)


def link_to_folder(path, outside):
    (outside / "secret.toml").write_text(RULE, encoding="utf-8")
    path.with_suffix("").symlink_to(outside)


NO_FILE = {
    make_folder: "this is a folder, not a file",
    make_pipe: "this is a named pipe, not a regular file",
    make_socket: "this is a socket, not a regular file",
    link_outside: "the file is outside the project, where a symlink leads",
    link_to_device: "the file is outside the project, where a symlink leads",
    link_nowhere: "the symlink leads to a file that does not exist",
    link_in_a_circle: "the symlink leads in a circle",
    link_to_folder: "this is a link to a folder, and rulepack does not follow those",
}


@pytest.mark.parametrize(("make", "message"), NO_FILE.items(), ids=[make.__name__ for make in NO_FILE])
def test_what_is_no_file(make, message, project, tmp_path_factory):
    path = project / "rules" / "rule.toml"
    make(path, tmp_path_factory.mktemp("outside"))
    place, code, said = the_only_error(project)
    assert (place.removesuffix(":1:1"), code, said) in {
        ("rules/rule.toml", "RP001", message),
        ("rules/rule", "RP001", message),
    }


# --- values that cannot be --------------------------------------------------------------------------------------------

FREE = "[rule.meta]\nfree = [1, {}]\n"
VALUES = {
    "a date where a string belongs": ("name", '"Sample"', "2026-01-31", "RP104", "name is a date or time, but must be"),
    "a time where a string belongs": ("name", '"Sample"', "07:30:00", "RP104", "name is a date or time, but must be"),
    "a date where a date is a string": (
        "creation_date",
        '"2026/01/01"',
        "2026-01-01",
        "RP104",
        "creation_date is a da",
    ),
    "a date in an array": ("index", '["acme-*"]', '["a", 2026-01-31]', "RP104", "index is a date or time, but must be"),
    "a string where a number belongs": ("risk_score", "21", '"21"', "RP104", "risk_score is a string, but must be"),
    "a boolean where a number belongs": ("risk_score", "21", "true", "RP104", "risk_score is a boolean, but must be"),
    "a float where an integer belongs": ("risk_score", "21", "21.0", "RP104", "risk_score is a float, but must be"),
    "an array where a string belongs": ("name", '"Sample"', '["a"]', "RP104", "name is an array, but must be a string"),
    "a table where a string belongs": ("name", '"Sample"', "{a = 1}", "RP104", "name is a table, but must be a string"),
    "NaN": ("risk_score", "21", "nan", "RP104", "risk_score is a float, but must be an integer"),
    "infinity": ("risk_score", "21", "-inf", "RP104", "risk_score is a float, but must be an integer"),
    "beyond 64 bits": ("risk_score", "21", str(2**64), "RP101", f"risk_score is {2**64}, out of range"),
    "far beyond 64 bits": ("risk_score", "21", "9" * 4_000, "RP101", "risk_score is a number of 13288 bits, out of"),
    "negative": ("risk_score", "21", "-1", "RP101", "risk_score is -1, out of range"),
    "an empty name": ("name", '"Sample"', '" "', "RP101", "name is empty"),
    "a terminal escape as a type": ("type", '"query"', r'"\u001b[31m"', "RP110", 'unknown rule type "\x1b[31m"'),
}


@pytest.mark.parametrize(("key", "old", "new", "code", "message"), VALUES.values(), ids=VALUES)
def test_a_value_that_cannot_be(key, old, new, code, message, project):
    text = RULE.replace(f"{key} = {old}", f"{key} = {new}")
    put(project, text)
    found = [one for one in errors() if one[1] != "RP106"]
    assert_nothing_is_built(project)
    ((place, given, said),) = found
    column = len(f"{key} = ") + (7 if new.startswith('["a", ') else 1)
    assert (place, given) == (f"{line_of(text, f'{key} = ').rpartition(':')[0]}:{column}", code)
    assert said.startswith(message)


def test_digits_of_another_script_are_none(project):
    text = RULE.replace('"2026/01/01"', '"\uff12\uff10\uff12\uff16/01/01"') + 'interval = "\u0665m"\n'
    put(project, text.replace("maturity", 'min_stack_version = "\u0669.\u0663"\nmaturity'))
    found = json.loads(run("validate", "--format", "json").stdout)["diagnostics"]
    assert [(one["code"], one["line"]) for one in found] == [("RP412", 2), ("RP101", 3), ("RP101", 19)]


IN_FREE_DATA = {
    "a date": ("2026-01-31", "RP104", "a date or time cannot be sent to Kibana"),
    "NaN": ("nan", "RP101", "nan cannot be sent to Kibana"),
    "infinity": ("-inf", "RP101", "-inf cannot be sent to Kibana"),
    "beyond 64 bits": (str(2**64), "RP101", f"{2**64} is beyond 2^53 - 1 and would change its value"),
    "beyond what JavaScript counts": (str(2**53), "RP101", f"{2**53} is beyond 2^53 - 1 and would change its"),
    "5,000 bits": (hex(2**5_000), "RP101", "a number of 5001 bits is beyond 2^53 - 1"),
    "a control character": (r'"\u0007"', "RP106", "free holds the control character U+0007"),
}


@pytest.mark.parametrize(("value", "code", "message"), IN_FREE_DATA.values(), ids=IN_FREE_DATA)
def test_a_value_that_json_cannot_carry_where_anything_else_goes(value, code, message, project):
    text = RULE + FREE.replace("{}", f"{{a = {value}}}").replace("free", "free" if code != "RP106" else "odd")
    put(project, text)
    place, given, said = the_only_error(project)
    assert (place, given) == (line_of(text, value + "}"), code) or code == "RP106"
    assert said.startswith(message.replace("free", "a"))


def test_own_fields_that_are_unknown_or_missing_are_told_together(project):
    text = RULE.replace("risk_score", "risc_score").replace('type = "query"\n', 'type = "query"\nowner = "me"\n')
    put(project, text)
    assert errors() == [
        (line_of(text, "risc_score"), "RP103", "unknown field risc_score"),
        (line_of(text, "owner"), "RP103", "unknown field owner"),
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [('""', '""'), ('" "', '""'), (f'"{"k" * 3_000}"', "k" * 47 + "…"), ('"a.b"', "a.b"), ('"::error::"', "::error::")],
)
def test_an_odd_name_of_a_field_is_shown_on_a_line(key, shown, project):
    text = RULE.replace('type = "query"\n', f'type = "query"\n{key} = 1\n')
    put(project, text)
    assert the_only_error(project) == (line_of(text, f"{key} = 1"), "RP103", f"unknown field {shown}")


# --- characters that act on the reader's terminal ---------------------------------------------------------------------

CONTROLS = ["\\u001b", "\\u0007", "\\u0000", "\\u0008", "\\r", "\\u007f", "\\u009b", "\\u202e", "\\u2066", "\u202e"]


@pytest.mark.parametrize("maturity", ["production", "deprecated"])
@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_in_a_text(control, maturity, project):
    text = RULE.replace("A sample.", f"A {control}[31mred.").replace('"production"', f'"{maturity}"')
    put(project, text)
    place, code, said = the_only_error(project)
    assert (place, code) == ("rules/rule.toml:7:18", "RP106")
    assert said.startswith("description holds the control character U+")


def test_a_control_character_in_a_name_of_a_key(project):
    text = (
        RULE
        + r"""[rule.meta]
"a\u001b[2J" = 1
"""
    )
    put(project, text)
    assert the_only_error(project) == (
        line_of(text, r'"a\u001b'),
        "RP106",
        "the name of this key holds the control character U+001B",
    )


@pytest.mark.parametrize("format_name", ["text", "json", "sarif", "github", "junit", "markdown"])
def test_no_control_character_reaches_the_terminal(format_name, project):
    put(project, RULE.replace('"query"', r'"\u001b]0;pwned\u0007\u202e"').replace("'''\nevent", "'''\u202e\nevent"))
    ran = run("validate", "--format", format_name, "--color")
    assert ran.exit_code == 1
    safe(ran._replace(stdout=COLOURS.sub("", ran.stdout)))


def test_no_text_of_a_rule_is_a_workflow_command(project):
    put(project, RULE.replace('"low"', r'"\n::set-env name=x::y\n##[add-path]z"') + '"::error::x" = 1\n')
    lines = safe(run("validate", "--format", "github")).stdout.splitlines()
    commands = [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
    assert all(line.startswith("::error file=rules/rule.toml,line=") for line in commands)


# --- rules that get in each other's way -------------------------------------------------------------------------------


def test_two_files_with_one_rule_id(project):
    put(project, RULE, "a.toml")
    put(project, RULE.replace('"Sample"', '"Other"'), "b.toml")
    place, code, said = the_only_error(project)
    assert (place, code) == ("rules/b.toml:12:11", "RP501")
    assert "rules/a.toml" in said


def test_two_active_rules_with_one_slug(project):
    put(project, RULE, "a.toml")
    put(project, RULE.replace('"Sample"', '"sample!"').replace("0001", "0002"), "b.toml")
    place, code, said = the_only_error(project)
    assert (place, code) == ("rules/b.toml:10:8", "RP504")
    assert "rules/a.toml" in said


def test_names_of_5000_characters_have_pages_of_their_own(project):
    for number in range(2):
        text = RULE.replace('"Sample"', f'"{"ä" * 5_000} {number}"').replace("0001", f"000{number}")
        put(project, text, f"r{number}.toml")
    assert safe(run("build")).exit_code == 0
    assert len(list((project / "docs-out" / "rules").iterdir())) == 2


# --- how much at once -------------------------------------------------------------------------------------------------


def test_of_one_kind_a_hundred_are_listed(project):
    put(project, RULE + "".join(f"a{number} = 1\n" for number in range(1_000)))
    found = errors()
    assert len(found) == 100
    more = [said for _, _, said in found if said.endswith(" (there are more like this: only 100 are listed)")]
    assert len(more) == 1


def test_one_broken_file_does_not_hide_another(project):
    for number in range(3):
        put(project, "a = = 1", f"r{number}.toml")
    put(project, RULE.replace('"low"', '"hihg"'), "r3.toml")
    assert [code for _, code, _ in errors()] == ["RP002", "RP002", "RP002", "RP101"]


def test_a_plugin_put_into_a_guide_a_million_times(project):
    plugin = '\n[[transform.osquery]]\nlabel = "x"\nquery = "' + "y" * 100_000 + '"\n'
    put(project, RULE + "note = '''\n" + "$osquery_0 " * 100_000 + "'''\n" + plugin)
    place, code, said = the_only_error(project)
    assert (place, code) == ("rules/rule.toml:18:1", "RP425")
    assert said.startswith("with its plugins in place the guide has 9,5")


# --- harmless things stay harmless ------------------------------------------------------------------------------------

HARMLESS = {
    "a byte order mark": "\ufeff" + RULE,
    "CRLF": RULE.replace("\n", "\r\n"),
    "no line break at the end": RULE.rstrip("\n"),
    "Markdown in a name": RULE.replace('"Sample"', '"**Sample** [x](y) `z` | _w_ # v"'),
    "HTML in a name": RULE.replace('"Sample"', '"<script>alert(1)</script> &amp; <b>"'),
    "Markdown in a description": RULE.replace('"A sample."', "'''# A\n\n| b |\n|---|\n\n- [c](d)\n\n```\ne'''"),
    "HTML in a description": RULE.replace('"A sample."', '"<img src=x onerror=alert(1)> </table> <!--"'),
    "Jinja in a guide": RULE + "note = '''\n{{ user.name }} {% for x in y %} {# z #} {{ 7*7 }} {%- raw -%}\n'''\n",
    "Jinja in a name": RULE.replace('"Sample"', '"{{ 7*7 }} {% x %} {# y"'),
    "Kibana's own braces": RULE + "note = '''\n!{tooltip{a}} {{{x}}} ${y}\n'''\n",
    "a tab in a text": RULE.replace("A sample.", "A\\tsample."),
    "emoji and accents": RULE.replace("A sample.", "\U0001f468\u200d\U0001f469 e\u0301 \u00df \u6f22"),
    "right-to-left text": RULE.replace("A sample.", "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627"),
    "percent signs": RULE.replace("A sample.", "%s %d %0A {} {0}"),
    "a workflow command": RULE.replace('"A sample."', '"""\n::error::x\n##[error]y"""'),
    "3 MB of text": RULE.replace("A sample.", "word " * 600_000 + "word"),
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_what_is_harmless_has_no_diagnostic(text, project):
    put(project, text)
    assert run("validate").stdout.endswith(", no problems\n")
    ran = safe(run("build"))
    assert (ran.exit_code, ran.stderr) == (0, "")
    (page,) = (project / "docs-out" / "rules").iterdir()
    shown = page.read_text(encoding="utf-8")
    assert "49" not in shown
    assert "<script" not in shown
    assert "<img" not in shown
    for braces in ("{{ user.name }} {% for x in y %} {# z #}", "{{{x}}}"):
        assert (braces in shown) == (braces in text)
