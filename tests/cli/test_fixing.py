"""`rulepack validate --fix` and `--diff`: what they show, write and leave alone."""

import pytest
import tomli
from support.console import run
from support.samples import RULE

THREAT = """
[[rule.threat]]
framework = "MITRE ATT&CK"

[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002"

[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpretr" # a comment
reference = "https://attack.mitre.org/techniques/T1053/"
"""
TAGS = 'tags = [\n    "OS: Linux ", # blank\n    "Team: A",\n    "team: a",\n    "Team: A",\n]\n'
MESSY = RULE.replace("2026/01/02", "2026-1-2").replace('type = "query"', f'{TAGS}type = "query"') + THREAT


@pytest.fixture
def project(tmp_path):
    (tmp_path / "rulepack.toml").write_text("", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    return tmp_path


def put(project, text, name="one"):
    path = project / "rules" / f"{name}.toml"
    path.write_bytes(text.encode())
    return path


def validate(project, *options, **how):
    return run("validate", "--project", project, "--no-cache", *options, **how)


def test_fix_corrects_and_reports_what_is_left(project, golden):
    path = put(project, MESSY + "\n[transform]\nosquery = []\n")
    ran = validate(project, "--fix", "--fail-on", "warning")
    golden("fixing/fixed.toml", path.read_text(encoding="utf-8"))
    assert ran.stdout.startswith("corrected 7 findings in 1 file\n      1  RP303 name-mismatch\n")
    assert "no problems" in ran.stdout
    assert ran.exit_code == 0


def test_a_second_fix_changes_nothing(project):
    path = put(project, MESSY)
    validate(project, "--fix")
    once = path.read_bytes()
    assert validate(project, "--fix").stdout.startswith("nothing was corrected automatically\n")
    assert path.read_bytes() == once


def test_diff_shows_and_writes_nothing(project, golden):
    path = put(project, MESSY)
    ran = validate(project, "--diff", "--fail-on", "warning")
    golden("fixing/diff.txt", ran.stdout.partition("\nrules/")[0])
    assert "7 findings can be corrected in 1 file: --fix does so" in ran.stdout
    assert path.read_bytes() == MESSY.encode()
    assert ran.exit_code == 1


def test_fix_and_diff_together_show_and_write(project):
    path = put(project, MESSY)
    ran = validate(project, "--fix", "--diff")
    assert '-name = "Command and Scripting Interpretr" # a comment' in ran.stdout
    assert 'name = "Command and Scripting Interpreter" # a comment' in path.read_text(encoding="utf-8")


def test_colour_is_for_a_terminal(project):
    put(project, MESSY)
    assert "\x1b[31m-" in validate(project, "--diff", terminal=True).stdout
    assert "\x1b" not in validate(project, "--diff").stdout


def test_what_a_program_reads_stands_alone(project):
    put(project, MESSY)
    ran = validate(project, "--fix", "--diff", "--format", "json")
    assert ran.stdout.startswith("{")
    assert "corrected 7 findings" in ran.stderr


def test_only_what_is_named_is_corrected(project):
    first, second = put(project, MESSY), put(project, MESSY.replace("0001", "0002").replace("Sample", "Two"), "two")
    validate(project, "--fix", first)
    assert first.read_bytes() != MESSY.encode()
    assert "2026-1-2" in second.read_text(encoding="utf-8")


def test_what_a_comment_ignores_stays(project):
    text = RULE.replace(
        'updated_date = "2026/01/02"', 'updated_date = "2026-1-2" # rulepack: ignore RP412 -- as they do'
    )
    path = put(project, text)
    assert "nothing was corrected" in validate(project, "--fix").stdout
    assert path.read_bytes() == text.encode()


def test_what_the_settings_turn_off_stays(project):
    (project / "rulepack.toml").write_text('[checks]\nRP412 = "off"\n', encoding="utf-8")
    path = put(project, RULE.replace("2026/01/02", "2026-1-2"))
    validate(project, "--fix")
    assert "2026-1-2" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Command and Scripting Interpretr", "Scheduled Task/Job"),  # another technique: is the id or the name wrong?
        ("Command and Scripting Interpretr", "Something else"),
        ("2026-1-2", "2026-13-1"),
        ("2026-1-2", "1/2/2026"),
    ],
)
def test_what_can_be_meant_in_two_ways_is_left(old, new, project):
    path = put(project, MESSY.replace(old, new))
    validate(project, "--fix")
    assert f'"{new}"' in path.read_text(encoding="utf-8")


def test_a_page_of_another_technique_whose_name_it_has_stays(project):
    text = MESSY.replace("Command and Scripting Interpretr", "Scheduled Task/Job")
    path = put(project, text)
    validate(project, "--fix")
    assert "techniques/T1053/" in path.read_text(encoding="utf-8")


def test_a_date_without_quotes_gets_them(project):
    path = put(project, RULE.replace('"2026/01/02"', "2026-01-02 # day"))
    assert validate(project, "--fix").exit_code == 0
    assert 'updated_date = "2026/01/02" # day\n' in path.read_text(encoding="utf-8")


def test_a_tag_is_written_as_most_rules_write_it(project):
    tag = 'type = "query"\ntags = ["Team: {}"]'
    for number, name in enumerate(("Hosts", "Hosts", "hosts")):
        text = RULE.replace('type = "query"', tag.format(name)).replace("0001", f"000{number}")
        path = put(project, text.replace("Sample", f"Sample {number}"), f"rule_{number}")
    ran = validate(project, "--fix")
    assert "RP506" in ran.stdout
    assert tomli.loads(path.read_text(encoding="utf-8"))["rule"]["tags"] == ["Team: Hosts"]


def test_of_two_corrections_of_a_value_neither_undoes_the_other(project):
    tag = 'type = "query"\ntags = ["Team: {}"]'
    for number, name in enumerate(("Hosts", "Hosts", "hosts ")):
        text = RULE.replace('type = "query"', tag.format(name)).replace("0001", f"000{number}")
        path = put(project, text.replace("Sample", f"Sample {number}"), f"rule_{number}")
    ran = validate(project, "--fix")
    assert tomli.loads(path.read_text(encoding="utf-8"))["rule"]["tags"] == ["Team: Hosts"]
    assert "RP506" in ran.stdout
    assert "[RP506]" not in ran.stdout


def test_entries_that_are_empty_go_but_not_the_last(project):
    path = put(project, RULE.replace('type = "query"', 'type = "query"\ntags = ["", "A", " "]\nreferences = [""]'))
    validate(project, "--fix")
    rule = tomli.loads(path.read_text(encoding="utf-8"))["rule"]
    assert (rule["tags"], rule["references"]) == (["A"], [""])


def test_a_duplicate_with_a_comment_is_left_and_said(project):
    tags = 'tags = [\n    "A",\n    "A", # why twice?\n]\n'
    text = RULE.replace('type = "query"', f'{tags}type = "query"')
    path = put(project, text)
    ran = validate(project, "--fix")
    assert "RP415 was not corrected: element 1 of rule.tags has a comment" in ran.stderr
    assert path.read_bytes() == text.encode()


def test_lists_are_sorted_with_their_comments_where_the_settings_ask_for_it(project):
    tags = 'tags = [\n    "b", # second\n    "C",\n    "a", # first\n]\n'
    path = put(project, RULE.replace('type = "query"', f'{tags}type = "query"'))
    validate(project, "--fix")
    assert tags in path.read_text(encoding="utf-8")
    (project / "rulepack.toml").write_text('check_sets = ["tidy"]\n', encoding="utf-8")
    assert validate(project, "--fix").exit_code == 0
    assert 'tags = [\n    "a", # first\n    "b", # second\n    "C",\n]\n' in path.read_text(encoding="utf-8")


def test_blanks_at_line_ends_of_a_description_go_and_those_of_a_guide_stay(project):
    text = RULE.replace('"A sample."', "'''\nOne  \ntwo\t\n'''\nnote = '''\nA hard  \nbreak.\n'''\nname_ = 1").replace(
        "\nname_ = 1", ""
    )
    path = put(project, text)
    validate(project, "--fix")
    assert path.read_text(encoding="utf-8") == text.replace("One  ", "One").replace("two\t", "two")


@pytest.mark.parametrize("text", ["a = = 1\n", "\ufeff" + MESSY.replace("\n", "\r\n"), MESSY.rstrip("\n")])
def test_the_form_of_a_file_stays(text, project):
    path = put(project, text)
    validate(project, "--fix")
    after = path.read_bytes().decode()
    assert after.startswith("\ufeff") == text.startswith("\ufeff")
    assert after.count("\r") == (after.count("\n") if "\r" in text else 0)
    assert after.endswith("\n") == text.endswith("\n")


def test_a_read_only_file_is_named_and_the_rest_goes_on(project):
    first, second = put(project, MESSY), put(project, MESSY.replace("0001", "0002").replace("Sample", "Two"), "two")
    first.chmod(0o444)
    ran = validate(project, "--fix")
    assert ran.exit_code == 1
    assert "one.toml: the file is read-only" in ran.stderr
    assert first.read_bytes() == MESSY.encode()
    assert "2026/01/02" in second.read_text(encoding="utf-8")
    assert ran.stdout.splitlines()[0] == "corrected 7 findings in 1 file"


def test_rights_stay_and_a_link_stays_a_link(project):
    path = put(project, MESSY)
    path.chmod(0o640)
    (project / "store").mkdir()
    path.rename(project / "store" / "real.toml")
    path.symlink_to(project / "store" / "real.toml")
    validate(project, "--fix")
    assert path.is_symlink()
    assert (project / "store" / "real.toml").stat().st_mode & 0o777 == 0o640
    assert "2026/01/02" in path.read_text(encoding="utf-8")


def test_a_file_outside_the_project_is_not_touched(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "real.toml"
    outside.write_text(MESSY, encoding="utf-8")
    (project / "rules" / "one.toml").symlink_to(outside)
    validate(project, "--fix")
    assert outside.read_text(encoding="utf-8") == MESSY


def test_an_interrupted_write_loses_nothing(project, monkeypatch):
    path = put(project, MESSY)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    assert validate(project, "--fix").exit_code == 130
    assert path.read_bytes() == MESSY.encode()
    assert [each.name for each in path.parent.iterdir()] == ["one.toml"]


def test_files_without_anything_to_correct_are_not_parsed_for_editing(project, monkeypatch):
    put(project, RULE)
    monkeypatch.setattr("rulepack.fixing.Editor", None)
    assert "nothing to correct automatically" in validate(project, "--diff").stdout
