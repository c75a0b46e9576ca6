"""`rulepack deprecate`, `restore` and `rename`: edits that are shown, asked about and written, and what follows."""

import re
from unittest import mock

import pytest
from support.console import run
from support.locks import entry, lock, put, rule_id, rule_text, update
from support.samples import EXCEPTIONS

from rulepack import api, locking
from rulepack.fields import MAX_INTEGER

GUIDE = '''
note = """
# Triage

## Investigating Sample 1

Other text about Sample 1.

### Investigating Sample 1 and more
"""
'''
COMMENTED = (
    rule_text(1)
    .replace('maturity = "production"', 'maturity = "production" # since 2026')
    .replace("[rule]", "# what it does\n[rule]")
)


@pytest.fixture(autouse=True)
def _day(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769860800")  # 2026-01-31


@pytest.fixture
def project(tmp_path):
    """A project of three rules with a lock; the first has comments."""
    project = put(tmp_path, {"rules/sample_1.toml": COMMENTED, 2: rule_text(2), 3: rule_text(3)})
    update(project, "2026-01-01")
    return project


def told(project, *words, code=0, yes=True):
    """Run a command; gives what it says."""
    command, *rest = words
    ran = run(command, *rest, "--project", project.root, "--no-color", *(["--yes"] if yes else []))
    assert ran.exit_code == code, ran
    assert "Traceback" not in ran.stderr
    return ran.stdout if code == 0 else ran.stderr


def text_of(project, file="rules/sample_1.toml"):
    return (project.root / file).read_text(encoding="utf-8")


def in_order(project):
    """Whether pack and lock have no errors."""
    return not api.load(project.root).failed and locking.check_project(project) == ()


# --- deprecate


def test_a_rule_is_deprecated_with_its_comments_kept(project, golden):
    shown = told(project, "deprecate", "Sample 1", "--reason", "Too\n noisy.", "--replacement", "Sample 2")
    golden("lifecycle/deprecated.txt", shown)
    golden("lifecycle/deprecated.toml", text_of(project))
    found = entry(project, 1)
    assert (found.status, found.reason, found.replacement) == ("deprecated", "Too noisy.", rule_id(2))
    assert (found.version, found.deprecated) == (1, "2026-01-31")
    assert in_order(project)


@pytest.mark.parametrize("word", ["Sample 1", rule_id(1), "{root}/rules/sample_1.toml"])
def test_a_rule_is_named_by_name_id_or_file(project, word):
    told(project, "deprecate", word.format(root=project.root), "--reason", "Old.")
    assert entry(project, 1).status == "deprecated"


def test_a_file_is_named_from_where_one_stands(project, monkeypatch):
    monkeypatch.chdir(project.root / "rules")
    assert run("deprecate", "sample_1.toml", "--reason", "Old.", "--yes").exit_code == 0


def test_a_file_is_found_through_a_link_to_the_project(project, tmp_path_factory):
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(project.root)
    told(project, "deprecate", link / "rules" / "sample_1.toml", "--reason", "Old.")
    told(project, "rename", "Sample 1", "New", "--file", link / "rules" / "new.toml")
    assert entry(project, 1).file == "rules/new.toml"


def test_a_rule_elsewhere_is_none_of_the_project(project):
    put(project.root, {"drafts/four.toml": rule_text(4)})
    said = told(project, "deprecate", project.root / "drafts" / "four.toml", "--reason", "Old.", code=3)
    assert "hint: that file is not in rules/, where the rules of this project are" in said


def test_a_version_that_cannot_go_up_stops_it(project):
    path = project.root / "rulepack.lock" / f"{rule_id(1)}.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("version = 1\n", f"version = {MAX_INTEGER}\n", 1), encoding="utf-8")
    said = told(project, "rename", "Sample 1", "New", code=3)
    assert f"version {MAX_INTEGER} is the highest that there can be" in said
    assert text_of(project) == COMMENTED


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("Sampel 1",), 'there is no rule "Sampel 1" in this pack\n  hint: did you mean "Sample 1"?'),
        (("nothing like it",), "give its rule_id, file or name"),
        (("rules/none.toml",), 'there is no rule "rules/none.toml"'),
        (("Sample 1", "--replacement", "Sample 9"), 'there is no replacement "Sample 9"'),
        (("Sample 1", "--replacement", "Sample 1"), '"Sample 1" cannot replace itself'),
        (("Sample 1", "--replacement", rule_id(4)), 'the replacement "Sample 4" is deprecated itself'),
        (("Sample 4", "--reason", "Gone."), '"Sample 4" is deprecated already, for that reason'),
        (("Sample 1", "--reason", " \n"), "the reason says nothing that can be read"),
        (("Sample 1", "--reason", "a\u202eb"), "the reason says nothing that can be read"),
    ],
)
def test_what_makes_no_sense_is_refused(project, words, message):
    put(project.root, {4: rule_text(4, reason="Gone.")})
    reason = () if "--reason" in words else ("--reason", "Old.")
    said = told(project, "deprecate", *words, *reason, code=3)
    assert message in said
    assert "hint: " in said
    assert text_of(project) == COMMENTED


def test_a_name_of_two_rules_must_be_told_apart(project):
    put(project.root, {3: rule_text(3, "Sample 1")})
    said = told(project, "deprecate", "Sample 1", "--reason", "Old.", code=3)
    assert '2 rules have the name "Sample 1": rules/rule_3.toml and rules/sample_1.toml' in said


def test_a_reason_can_be_given_again_and_the_day_stays(project):
    told(project, "deprecate", "Sample 1", "--reason", "Old.", "--replacement", "Sample 2", "--date", "2026-01-15")
    told(project, "deprecate", "Sample 1", "--reason", "Too old.")
    text = text_of(project)
    assert 'deprecated_reason = "Too old."\ndeprecation_date = "2026/01/15"' in text
    assert "replacement" not in text
    assert entry(project, 1).replacement is None


@pytest.mark.parametrize("day", ["2026/02/03", "2026-02-03"])
def test_the_day_can_be_another(project, day):
    told(project, "deprecate", "Sample 1", "--reason", "Old.", "--date", day)
    assert 'deprecation_date = "2026/02/03"' in text_of(project)
    assert entry(project, 1).deprecated == "2026-02-03"


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "20260203", "2026-W01-1", ""])
def test_a_day_that_is_none_is_wrong_usage(project, day):
    assert "is no day" in told(project, "deprecate", "Sample 1", "--reason", "Old.", "--date", day, code=2)


def test_a_broken_rule_is_corrected_first(project):
    put(project.root, {2: rule_text(2).replace("risk_score = 21", "risk_score = 210")})
    said = told(project, "deprecate", "Sample 2", "--reason", "Old.", code=3)
    assert "would hold no sound rule: rules/rule_2.toml:11:14: risk_score is 210, out of range" in said
    put(project.root, {2: "[rule"})
    said = told(project, "deprecate", str(project.root / "rules" / "rule_2.toml"), "--reason", "Old.", code=3)
    assert "rules/rule_2.toml holds no rule that can be read" in said
    assert "; 1 file could not be read, such as rules/rule_2.toml" in told(project, "restore", "x", code=3)


def test_who_is_replaced_by_it_is_said(project):
    told(project, "deprecate", "Sample 2", "--reason", "Old.", "--replacement", "Sample 1")
    ran = run("deprecate", "Sample 1", "--reason", "Old.", "--yes", "--project", project.root)
    assert ran.stderr == "note: rules/rule_2.toml names this rule as its replacement: choose another for it\n"


def test_a_pack_with_a_folder_for_them_is_told_where_it_belongs(project):
    put(project.root, {"rules/_deprecated/four.toml": rule_text(4, reason="Gone.")})
    ran = run("deprecate", "Sample 1", "--reason", "Old.", "--yes", "--project", project.root)
    assert "folders called _deprecated: move rules/sample_1.toml to one" in ran.stderr
    ran = run("restore", "Sample 4", "--yes", "--project", project.root)
    assert "rules/_deprecated/four.toml is in a folder for deprecated rules: move it out" in ran.stderr


def test_a_table_on_one_line_is_edited(project):
    metadata = 'metadata = { creation_date = "2026/01/01", maturity = "production" } # all of it'
    put(project.root, {2: f"{metadata}\n[rule]{rule_text(2).partition('[rule]')[2]}"})
    told(project, "deprecate", "Sample 2", "--reason", "Old.")
    assert api.load(project.root).by_id[rule_id(2)].metadata.deprecated_reason == "Old."
    assert "} # all of it\n" in text_of(project, "rules/rule_2.toml")


@pytest.mark.parametrize("metadata", ["", "metadata = 1\n", "[[metadata]]\n"])
def test_a_rule_without_metadata_is_refused(project, metadata):
    put(project.root, {2: f"{metadata}[rule]{rule_text(2).partition('[rule]')[2]}"})
    for words in (("deprecate", "Sample 2", "--reason", "Old."), ("rename", "Sample 2", "New")):
        assert "rules/rule_2.toml: it has no table [metadata]" in told(project, *words, code=3)


def test_what_cannot_be_edited_safely_is_left_for_a_person(project):
    put(project.root, {2: f"metadata.maturity = 'production'\n[rule]{rule_text(2).partition('[rule]')[2]}"})
    before = text_of(project, "rules/rule_2.toml")
    said = told(project, "deprecate", "Sample 2", "--reason", "Old.", code=3)
    assert "rulepack cannot edit rules/rule_2.toml: " in said
    assert "hint: edit it by hand" in said
    assert text_of(project, "rules/rule_2.toml") == before


# --- what the commands have in common


def test_without_a_lock_only_the_file_changes(tmp_path):
    project = put(tmp_path, {1: rule_text(1)})
    shown = told(project, "deprecate", "Sample 1", "--reason", "Old.")
    assert shown.endswith("deprecated: Sample 1, rules/rule_1.toml\n")
    assert not (tmp_path / "rulepack.lock").exists()


def test_a_dry_run_writes_nothing(project):
    shown = run("deprecate", "Sample 1", "--reason", "Old.", "--dry-run", "--project", project.root)
    assert shown.exit_code == 0
    assert '+maturity = "deprecated" # since 2026' in shown.stdout
    assert "would be deprecated: Sample 1, rules/sample_1.toml" in shown.stdout
    assert text_of(project) == COMMENTED
    assert entry(project, 1).status == "active"


def test_without_a_terminal_it_does_not_write_unasked(project):
    said = told(project, "deprecate", "Sample 1", "--reason", "Old.", code=3, yes=False)
    assert "add --yes to write without asking" in said
    assert text_of(project) == COMMENTED


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 130)])
def test_on_a_terminal_it_asks(project, answer, code):
    with (
        mock.patch("rulepack.cli.lifecycle.has_terminal", return_value=True),
        mock.patch("click.confirm", return_value=answer) as asked,
    ):
        ran = run("deprecate", "Sample 1", "--reason", "Old.", "--project", project.root)
    assert (ran.exit_code, asked.call_args.args) == (code, ("Deprecate it?",))
    assert (text_of(project) == COMMENTED) is not answer
    assert ("nothing was written" in ran.stderr) is not answer


def test_a_read_only_file_is_named(project):
    (project.root / "rules" / "sample_1.toml").chmod(0o444)
    said = told(project, "deprecate", "Sample 1", "--reason", "Old.", code=3)
    assert "sample_1.toml: the file is read-only" in said
    assert entry(project, 1).status == "active"


def test_a_damaged_lock_stops_it_before_anything_is_written(project):
    (project.root / "rulepack.lock" / f"{rule_id(2)}.toml").write_text("lock = 2\n", encoding="utf-8")
    assert "written by a newer rulepack" in told(project, "deprecate", "Sample 1", "--reason", "Old.", code=3)
    assert text_of(project) == COMMENTED


def test_a_rule_that_changed_before_gets_its_version_too(project):
    put(project.root, {2: rule_text(2, category="file")})
    assert "version 1 -> 2 (query changed)" in told(project, "deprecate", "Sample 2", "--reason", "Old.")


# --- restore


def test_a_deprecation_is_taken_back_and_nothing_is_left_of_it(project):
    told(project, "deprecate", "Sample 1", "--reason", "Old.", "--replacement", "Sample 2")
    told(project, "restore", "Sample 1")
    assert text_of(project) == COMMENTED.replace('updated_date = "2026/01/02"', 'updated_date = "2026/01/31"')
    found = entry(project, 1)
    assert (found.status, found.reason, found.replacement, found.version) == ("active", None, None, 1)
    assert in_order(project)


def test_it_comes_back_as_what_is_asked_for(project):
    told(project, "deprecate", "Sample 1", "--reason", "Old.")
    told(project, "restore", "Sample 1", "--maturity", "beta")
    assert 'maturity = "beta" # since 2026' in text_of(project)


def test_what_cannot_be_restored_is_refused(project):
    assert '"Sample 1" is not deprecated: rules/sample_1.toml' in told(project, "restore", "Sample 1", code=3)
    said = told(project, "restore", "Sample 1", "--maturity", "deprecated", code=2)
    assert "use development, experimental, beta or production" in said
    put(project.root, {2: rule_text(2, reason="Old.").replace('"low"', '"lwo"')})
    said = told(project, "restore", rule_id(2), code=3)
    assert "would hold no sound rule: rules/rule_2.toml" in said


# --- rename


def test_a_rule_gets_another_name_wherever_the_old_one_is(project, golden):
    put(project.root, {"rules/sample_1.toml": COMMENTED.replace("\nrisk_score", f"{GUIDE}risk_score")})
    listed = EXCEPTIONS.replace("[metadata]", '[metadata]\nrule_names = ["Sample 2", "Sample 1"] # whose')
    put(project.root, {"rules/lists.toml": listed})
    update(project)
    shown = told(project, "rename", "Sample 1", 'It\'s a "new" name')
    golden("lifecycle/renamed.txt", shown)
    golden("lifecycle/renamed.toml", text_of(project, "rules/it_s_a_new_name.toml"))
    assert 'rule_names = ["Sample 2", "It\'s a \\"new\\" name"] # whose' in text_of(project, "rules/lists.toml")
    assert not (project.root / "rules" / "sample_1.toml").exists()
    found = entry(project, 1)
    assert (found.name, found.file) == ('It\'s a "new" name', "rules/it_s_a_new_name.toml")
    assert (found.version, found.former, found.history[0].changed) == (3, ("sample-1",), ("name", "note"))
    assert in_order(project)


def test_a_file_with_a_name_of_its_own_keeps_it(project):
    told(project, "rename", "Sample 2", "Other")
    assert 'name = "Other"' in text_of(project, "rules/rule_2.toml")
    told(project, "rename", "Other", "Third", "--file", project.root / "rules" / "in" / "third.toml")
    assert 'name = "Third"' in text_of(project, "rules/in/third.toml")
    assert entry(project, 2).file == "rules/in/third.toml"
    told(project, "rename", "Third", "Third", "--file", project.root / "rules" / "third.toml")
    assert entry(project, 2).version == 3
    assert in_order(project)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("Sample 1", "Sample 1"), 'rules/sample_1.toml is called "Sample 1" already'),
        (("Sample 1", "Sample 2"), 'rules/rule_2.toml is called "Sample 2" already'),
        (("Sample 1", "sample: 2"), '"sample: 2" would have the same page as "Sample 2", rules/rule_2.toml'),
        (("Sample 1", " "), "a rule cannot be called"),
        (("Sample 1", "a\nb"), "a rule cannot be called"),
        (("Sample 1", "New", "--file", "{root}/new.toml"), "is not where rules of this project are"),
        (("Sample 1", "New", "--file", "{root}/rules/../new.toml"), "is not where rules of this project are"),
        (("Sample 1", "New", "--file", "{root}/rules/.x/new.toml"), "is not where rules of this project are"),
        (("Sample 1", "New", "--file", "{root}/rules/new.txt"), "is no name for a rule file"),
        (("Sample 1", "New", "--file", "{root}/rules/.new.toml"), "is no name for a rule file"),
        (("Sample 1", "New", "--file", "{root}/rules/rule_2.toml"), "rule_2.toml is there already"),
        (("Sample 1", "New", "--file", "{root}/rules/out/new.toml"), "leads out of the project through a link"),
        (("Sample 1", "rule 2"), "rule_2.toml is there already"),
    ],
)
def test_a_name_or_a_path_that_cannot_be_is_refused(project, tmp_path_factory, words, message):
    (project.root / "rules" / "out").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    said = told(project, "rename", *(word.format(root=project.root) for word in words), code=3)
    assert message in said
    assert "hint: " in said
    assert text_of(project) == COMMENTED
    assert entry(project, 1).version == 1


def test_a_name_without_latin_letters_keeps_the_file(project):
    told(project, "rename", "Sample 1", "Überwachung")
    assert entry(project, 1).file == "rules/berwachung.toml"
    told(project, "rename", "Überwachung", "監視")
    assert entry(project, 1).file == "rules/berwachung.toml"
    assert entry(project, 1).former == ("sample-1", "überwachung")


def test_a_folder_that_cannot_be_made_is_said(project):
    said = told(project, "rename", "Sample 1", "New", "--file", project.root / "rules/rule_2.toml/new.toml", code=3)
    assert "cannot rename" in said
    assert "hint: rename it by hand" in said


def test_settings_for_the_old_path_are_named(project):
    put(project.root, {}, '[checks."rules/sample_1.toml"]\nRP402 = "off"\n')
    ran = run("rename", "Sample 1", "New", "--yes", "--project", project.root)
    assert re.search(
        r"note: .*rulepack\.toml:\d+:\d+ still names the file rules/sample_1\.toml: correct it", ran.stderr
    )


def test_without_a_lock_the_old_address_is_lost_and_that_is_said(tmp_path):
    put(tmp_path, {1: rule_text(1)})
    ran = run("rename", "Sample 1", "New", "--dry-run", "--project", tmp_path)
    assert "its page's old address is lost: run `rulepack lock` before renaming" in ran.stderr


def test_a_rename_that_stopped_can_be_run_again(project):
    listed = EXCEPTIONS.replace("[metadata]", '[metadata]\nrule_names = ["Sample 1"]')
    put(project.root, {"rules/lists.toml": listed})
    path = project.root / "rules" / "sample_1.toml"
    path.chmod(0o444)
    told(project, "rename", "Sample 1", "New", code=3)
    assert 'rule_names = ["New"]' in text_of(project, "rules/lists.toml")
    path.chmod(0o644)
    told(project, "rename", "Sample 1", "New")
    assert lock(project.root, "--check").exit_code == 0


def test_windows_line_ends_stay(project):
    path = project.root / "rules" / "sample_1.toml"
    path.write_bytes(COMMENTED.replace("\n", "\r\n").encode())
    told(project, "deprecate", "Sample 1", "--reason", "Old.")
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n")
