"""`rulepack coverage`: the table, what changed since a revision, and whether enough is covered."""

import csv
import io
import json

import pytest
from docs.packs import REFERENCE
from docs.test_exports import check_layer
from support.console import run
from support.locks import begin, commit, git, put, rule_text

from rulepack.docs.coverage import Coverage

SETTINGS = 'name = "acme"\n'
TACTICS = {"TA0002": "Execution", "TA0006": "Credential Access"}
NAMES = {
    "T1059": "Command and Scripting Interpreter",
    "T1059.001": "PowerShell",
    "T1059.004": "Unix Shell",
    "T1003": "OS Credential Dumping",
    "T1003.001": "LSASS Memory",
}

COVERAGE = Coverage.of((), REFERENCE.attack)
OF, SUBS_OF = COVERAGE.techniques[1], COVERAGE.subtechniques[1]
SHELLS = sum(any_id.startswith("T1059") for any_id in COVERAGE.places)
EXECUTION = next(len(one.techniques) for one in COVERAGE.tactics if one.tactic.id == "TA0002")


def mapped(number, tactic, *ids, tags=(), **how):
    """A sample rule that is mapped to a tactic, and to techniques with their sub-techniques behind them."""
    shown = ", ".join(json.dumps(tag) for tag in tags)
    lines = [rule_text(number, **how).replace("risk_score", f"tags = [{shown}]\nrisk_score")]
    lines += ["[[rule.threat]]", 'framework = "MITRE ATT&CK"', "[rule.threat.tactic]", *table("tactics", tactic)]
    for any_id in ids:
        sub = ".subtechnique" if "." in any_id else ""
        lines += [f"[[rule.threat.technique{sub}]]", *table("techniques", any_id)]
    return "\n".join(lines) + "\n"


def table(kind, any_id):
    yield f'id = "{any_id}"'
    yield f'name = "{(TACTICS | NAMES)[any_id]}"'
    yield f'reference = "https://attack.mitre.org/{kind}/{any_id.replace(".", "/")}/"'


RULES = {
    1: mapped(1, "TA0002", "T1059", "T1059.001", tags=("OS: Windows", "Data Source: Sysmon")),
    2: mapped(2, "TA0002", "T1059", "T1059.004", tags=("OS: Linux",)),
    3: mapped(3, "TA0006", "T1003", tags=("OS: Windows", "Use Case: Threat Detection")),
    4: mapped(4, "TA0006", "T1003", "T1003.001", tags=("OS: Windows",), reason="Noisy."),
}


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    folder = tmp_path / "pack"
    put(folder, RULES, SETTINGS)
    monkeypatch.chdir(folder)
    return folder


def last(ran):
    """The last line, which sums up."""
    return " ".join(ran.stdout.rsplit("\n\n", 1)[1].split())


def test_a_table(golden):
    ran = run("coverage")
    assert (ran.exit_code, ran.stderr) == (0, "")
    golden("report/coverage-command.txt", ran.stdout)


def test_deprecated_rules_cover_nothing():
    assert "LSASS" not in run("coverage").stdout
    assert last(run("coverage")).endswith("; 3 active rules")


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        (("--platform", "windows"), 2),
        (("--platform", "Windows", "--platform", "Linux"), 3),
        (("--data-source", "Sysmon"), 1),
        (("--tag", "Use Case: Threat Detection"), 1),
        (("--platform", "Linux", "--tag", "Use Case: Threat Detection"), 0),
    ],
)
def test_rules_can_be_chosen(options, rules):
    ran = run("coverage", *options)
    assert ran.exit_code == 0
    assert f"; {rules} active rule" in last(ran)


def test_a_part_of_the_matrix_shows_what_is_not_covered_too():
    ran = run("coverage", "--technique", "t1003")
    assert ran.stdout.count("(TA00") == 1
    assert "     1  T1003  OS Credential Dumping\n" in ran.stdout
    assert ".001 LSASS Memory 0" in ran.stdout
    ran = run("coverage", "--tactic", "execution", "--technique", "T1059.004")
    assert "     1  T1059  Command and Scripting Interpreter\n               .004 Unix Shell 1\n" in ran.stdout
    assert run("coverage", "--tactic", "TA0002").stdout == run("coverage", "--tactic", "Execution").stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--platform", "Widows"), "no rule has the platform 'Widows'. Did you mean 'Windows'?"),
        (("--tag", "zzz"), "no rule has the tag 'zzz'. Rules have: Data Source: Sysmon, OS: Linux"),
        (("--technique", "T1509"), "has no technique T1509. Did you mean T1059 Command and Scripting Interpreter?"),
        (("--tactic", "Exeuction"), "has no tactic Exeuction. Did you mean TA0002 Execution?"),
        (("--require", "T1059,T1003.01"), "has no technique T1003.01. Did you mean T1003.001 LSASS Memory?"),
        (("--require", "nowhere.txt"), "--require: 'nowhere.txt' is neither an id nor a file"),
        (("--require", ","), "',' names no technique"),
        (("--tactic", "TA0002", "--technique", "T1003"), "these techniques are in none of these tactics"),
        (("--min", "0"), "--min: '0' is neither a number of techniques, such as 120, nor a share, such as 40%"),
        (("--min", "101%"), "--min: '101%' is neither"),
        (("--min", "many"), "--min: 'many' is neither"),
        (("--base", "HEAD", "--format", "csv"), "--base is shown as text, json, markdown, not as csv"),
    ],
)
def test_wrong_usage_is_told(options, message):
    ran = run("coverage", *options)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert message in " ".join(ran.stderr.split())


# --- enough


def test_enough_is_no_error():
    for least in ("1", "2", "0.5%", " 0.9 %"):
        assert run("coverage", "--min", least).exit_code == 0, least
    assert run("coverage", "--require", "T1059,T1059.001, t1003", "--require", "TA0002").exit_code == 0


def test_too_little_is_one():
    ran = run("coverage", "--min", "40%")
    assert ran.exit_code == 1
    assert ran.stderr == f"not enough is covered: 2 of {OF} techniques (0.9%), and --min is 40%\n"
    assert ran.stdout == run("coverage").stdout
    assert run("coverage", "--min", "3").exit_code == 1
    # A little more than 2 of all.
    assert run("coverage", "--min", f"{200 / OF + 0.0001:.4f}%").exit_code == 1


def test_a_minimum_counts_in_the_part_that_is_shown():
    assert run("coverage", "--technique", "T1059,T1003", "--min", "100%").exit_code == 0
    assert run("coverage", "--technique", "T1059,T1003", "--min", "100%", "--platform", "Linux").exit_code == 1


def test_what_is_required_and_not_covered_is_named():
    ran = run("coverage", "--require", "T1003.001,T1059,TA0043")
    assert ran.exit_code == 1
    assert ran.stderr == "not covered, and required: T1003.001 LSASS Memory, TA0043 Reconnaissance\n"
    assert run("coverage", "--require", "T1059", "--platform", "Windows").exit_code == 0
    assert run("coverage", "--require", "T1003", "--platform", "Linux").exit_code == 1
    assert run("coverage", "--require", "T1003.001", "--tactic", "Execution").exit_code == 1


def test_a_file_can_say_what_is_required(root):
    (root / "must.txt").write_text("# ours\nT1059  # shells\n\nt1003.001 LSASS Memory\n", encoding="utf-8")
    ran = run("coverage", "--require", "must.txt")
    assert (ran.exit_code, ran.stderr) == (1, "not covered, and required: T1003.001 LSASS Memory\n")
    (root / "must.txt").write_text("# nothing yet\n", encoding="utf-8")
    assert run("coverage", "--require", "must.txt").exit_code == 2
    (root / "must.txt").write_text("T9999\n", encoding="utf-8")
    assert run("coverage", "--require", "must.txt").exit_code == 2


def test_nothing_is_never_enough(root):
    put(root, {number: mapped(number, "TA0006", "T1003", reason="Old.") for number in RULES}, SETTINGS)
    assert run("coverage").exit_code == 0
    assert run("coverage", "--min", "1").exit_code == 1
    assert run("coverage", "--min", "0.000001%").exit_code == 1
    assert run("coverage", "--require", "T1059").exit_code == 1
    for path in (root / "rules").iterdir():
        path.unlink()
    assert run("coverage", "--min", "1").exit_code == 3


# --- two revisions


@pytest.fixture
def changed(root):
    """A pack that was committed and changed since: PowerShell new, one more for the shell, LSASS lost."""
    put(root, {1: RULES[2].replace("Sample 2", "Sample 1").replace("000000000002", "000000000001")}, SETTINGS)
    put(root, {4: mapped(4, "TA0006", "T1003", "T1003.001")}, SETTINGS)
    begin(root)
    git(root, "tag", "v1")
    put(root, {**RULES, 5: mapped(5, "TA0006", "T1003")}, SETTINGS)
    return root


@pytest.mark.usefixtures("changed")
def test_what_changed_since_a_revision():
    ran = run("coverage", "--base", "v1")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout == (
        "v1 -> the working tree\n"
        "\n"
        "+ T1059.001 PowerShell (1 rule)\n"
        "- T1003.001 LSASS Memory (was 1 rule)\n"
        "~ T1059.004 Unix Shell (2 -> 1 rule)\n"
        "\n"
        f"before: 2 of {OF} techniques (0.9%), 2 sub-techniques\n"
        f"ATT&CK {COVERAGE.version}: 2 of {len(COVERAGE.tactics)} tactics, 2 of {OF} techniques (0.9%), "
        f"2 of {SUBS_OF} sub-techniques; 4 active rules\n"
    )


@pytest.mark.usefixtures("changed")
def test_filters_hold_for_both_sides():
    ran = run("coverage", "--base", "v1", "--tactic", "TA0006")
    assert [line for line in ran.stdout.splitlines() if line[:1] in "+-~"] == [
        "",
        "- T1003.001 LSASS Memory (was 1 rule)",
        "",
    ]
    ran = run("coverage", "--base", "v1", "--platform", "Linux")
    assert "~ T1059 Command and Scripting Interpreter (2 -> 1 rule)\n" in ran.stdout
    assert run("coverage", "--base", "v1", "--min", "3").exit_code == 1


@pytest.mark.usefixtures("changed")
def test_what_changed_for_programs():
    data = json.loads(run("coverage", "--base", "v1", "--format", "json").stdout)
    assert data["gained"] == [{"id": "T1059.001", "name": "PowerShell", "old": 0, "new": 1}]
    assert [one["id"] for one in data["lost"]] == ["T1003.001"]
    assert [(one["id"], one["old"], one["new"]) for one in data["counts"]] == [("T1059.004", 2, 1)]
    assert data["old"]["label"] == "v1"


def test_a_deprecated_and_a_restored_rule_count(root):
    begin(root)
    put(root, {4: mapped(4, "TA0006", "T1003", "T1003.001")}, SETTINGS)
    assert "+ T1003.001 LSASS Memory (1 rule)\n" in run("coverage", "--base", "HEAD").stdout
    commit(root)
    assert "no difference\n" in run("coverage", "--base", "HEAD").stdout


def test_a_revision_that_is_none_is_told(root):
    begin(root)
    ran = run("coverage", "--base", "v9")
    assert ran.exit_code == 3
    assert ran.stderr.startswith("error: git knows no commit 'v9'\n")


def test_a_file_that_cannot_be_read_is_told(root):
    put(root, {3: "[rule"}, SETTINGS)
    begin(root)
    put(root, RULES, SETTINGS)
    ran = run("coverage", "--base", "HEAD")
    assert (ran.exit_code, ran.stderr) == (1, "cannot be read: HEAD:rules/rule_3.toml; `rulepack validate` says why\n")
    put(root, {1: RULES[1].replace('"low"', '"hihg"')}, SETTINGS)
    ran = run("coverage", "--min", "1")
    assert (ran.exit_code, ran.stderr) == (1, "cannot be read: rules/rule_1.toml; `rulepack validate` says why\n")


# --- formats


def test_for_programs():
    data = json.loads(run("coverage", "--format", "json").stdout)
    assert (data["format"], data["pack"], data["rules"]) == (1, "acme", 3)
    rows = list(csv.DictReader(io.StringIO(run("coverage", "--format", "csv").stdout, newline="")))
    assert sum(row["technique_id"] == "T1059" for row in rows) == SHELLS
    assert [row["names"] for row in rows if row["technique_id"] == "T1003" and not row["subtechnique_id"]] == [
        "Sample 3"
    ]
    layer = check_layer(run("coverage", "--format", "navigator").stdout, REFERENCE.attack)
    assert [one["techniqueID"] for one in layer["techniques"]] == ["T1003", "T1059", "T1059.001", "T1059.004"]


def test_a_csv_file_has_the_line_ends_of_the_standard(root):
    ran = run("coverage", "--format", "csv", "--output", "coverage.csv")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "see coverage.csv\n")
    content = (root / "coverage.csv").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") > 600


def test_for_a_job_summary():
    text = run("coverage", "--format", "markdown").stdout
    assert f"| Execution | TA0002 | 2 | 1 of {EXECUTION} |\n" in text
    assert "| ↳ PowerShell | T1059.001 | 1 |\n" in text


def test_lines_fit_the_terminal(monkeypatch):
    for columns in (60, 100, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert max(map(len, run("coverage").stdout.splitlines())) <= columns


def test_colours_are_for_terminals(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[32m" in run("coverage", terminal=True).stdout
    assert "\x1b" not in run("coverage").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("coverage", terminal=True).stdout
