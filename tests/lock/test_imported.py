"""The version lock of detection-rules, read with its forks, and what of it is refused."""

import json

import pytest
from support.locks import DAY, changes, locked, put, rule_id, rule_text, update
from support.packages import package
from support.samples import SHARED, needs_shared

from rulepack import api, locking
from rulepack.errors import ProjectError
from rulepack.lock.imported import Imported, entry_of, read_import
from rulepack.lock.store import read_lock, write_entries

ONE, TWO, THREE, FOUR = map(rule_id, (1, 2, 3, 4))
LOCK = {
    ONE: {"rule_name": "Sample 1", "sha256": "aa", "type": "query", "version": 7},
    # Forked when its least stack version went up: the old stack keeps counting, up to the next hundred.
    TWO: {
        "min_stack_version": "9.3",
        "previous": {"8.19": {"max_allowable_version": 205, "rule_name": "Sample 2", "type": "query", "version": 106}},
        "rule_name": "Sample 2",
        "sha256": "bb",
        "type": "query",
        "version": 207,
    },
    # One stack gets another content, and with it a version of its own.
    THREE: {
        "rule_name": "Sample 3",
        "sha256": "cc",
        "stack_emit": {"9.5": {"sha256": "dd", "transforms": ["attack-v19"], "version": 4}},
        "type": "query",
        "version": 3,
    },
    "ffffffff-0000-4000-8000-000000000009": {"rule_name": "Elsewhere", "sha256": "ee", "type": "eql", "version": 12},
}
GONE = {
    FOUR: {"deprecation_date": "2025/03/04", "rule_name": "Sample 4", "stack_version": "8.19"},
    ONE: {
        "deprecated_reason": "Too noisy.",
        "deprecation_date": "2025/05/06",
        "rule_name": "Sample 1",
        "stack_version": "9.3",
    },
}


@pytest.fixture
def files(tmp_path):
    """Paths of the two files."""
    paths = tmp_path / "version.lock.json", tmp_path / "deprecated_rules.json"
    for path, data in zip(paths, (LOCK, GONE), strict=True):
        path.write_text(json.dumps(data), encoding="utf-8")
    return paths


def test_versions_are_the_highest_and_forks_are_kept(files):
    found = read_import(*files)
    assert found[ONE] == Imported(7, (), "2025-05-06", "Too noisy.")
    assert found[TWO] == Imported(207, (("8.19", 106), ("9.3", 207)))
    assert found[THREE] == Imported(4, (("9.5", 4),))
    assert found[FOUR] == Imported(1, (), "2025-03-04", None)


def imported(tmp_path, files, texts, settings=""):
    project = put(tmp_path / "pack", texts, settings)
    steps, elsewhere = locking.import_lock(project, locking.read_rules(project), *files, DAY)
    list(write_entries(project, (one.after for one in steps)))
    return project, elsewhere


def test_a_lock_begins_with_the_versions_of_another(tmp_path, files):
    texts = {1: rule_text(1, reason="Noisy."), 2: rule_text(2), 3: rule_text(3), 5: rule_text(5)}
    project, elsewhere = imported(tmp_path, files, texts)
    entries = read_lock(project).entries
    assert elsewhere == 2
    assert {one: entries[one].version for one in entries} == {ONE: 7, TWO: 207, THREE: 4, rule_id(5): 1}
    assert (entries[ONE].status, entries[ONE].deprecated, entries[ONE].reason) == ("deprecated", "2025-05-06", "Noisy.")
    history = [(one.version, one.stack, one.changed) for one in entries[TWO].history]
    assert history == [(207, None, ("(imported)",)), (106, "8.19", ("(imported)",))]
    assert locking.check_project(project) == ()
    assert changes(update(project)) == {}


def test_the_next_change_goes_above_all_forks(tmp_path, files):
    project, _ = imported(tmp_path, files, {2: rule_text(2), 3: rule_text(3)})
    put(project.root, {2: rule_text(2, category="file"), 3: rule_text(3, category="file")})
    assert changes(update(project)) == {TWO: ("changed", 208, ("query",)), THREE: ("changed", 5, ("query",))}


def test_a_version_below_a_fork_cannot_be_given_out_again(tmp_path):
    project = put(tmp_path, {1: rule_text(1)})
    found = entry_of(Imported(3, (("8.19", 2),)), locked(project, "rules/rule_1.toml"), DAY)
    assert (found.version, found.highest) == (3, 3)


def test_a_lock_that_is_there_is_not_imported_over(tmp_path, files):
    project, _ = imported(tmp_path, files, {1: rule_text(1)})
    with pytest.raises(ProjectError, match=r"there is a rulepack\.lock already"):
        locking.import_lock(project, locking.read_rules(project), *files, DAY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no JSON: "),
        ("{", "is no JSON: "),
        ("[]", "is no version lock of detection-rules: it does not hold a table for each rule_id"),
        ('{"a": 1}', "is no version lock of detection-rules"),
        ("[" * 100_000, "is no JSON: "),
        ('{"a": {}}', "a: version is no whole number"),
        ('{"a": {"version": "1"}}', "a: version is no whole number"),
        ('{"a": {"version": true}}', "a: version is no whole number"),
        ('{"a": {"version": 1.5}}', "a: version is no whole number"),
        ('{"a": {"version": 0}}', "a: version is 0, out of range"),
        ('{"a": {"version": 9007199254740991}}', "a: version is 9007199254740991, out of range"),
        ('{"a": {"version": 1' + "0" * 5000 + "}}", "is no JSON: "),
        ('{"a": {"version": 1, "previous": []}}', None),
        ('{"a": {"version": 1, "previous": [1]}}', "a: previous holds no table for each stack version"),
        ('{"a": {"version": 1, "stack_emit": {"9.5": 1}}}', "a: stack_emit holds no table for each stack version"),
        ('{"a": {"version": 1, "stack_emit": {"9.5": {}}}}', "a: version is no whole number"),
        ('{"\\ud800": {"version": 0}}', "version is 0"),
    ],
)
def test_what_is_no_lock_of_detection_rules_is_refused(text, message, tmp_path):
    path = tmp_path / "version.lock.json"
    path.write_text(text, encoding="utf-8")
    if message is None:
        assert read_import(path)
        return
    with pytest.raises(ProjectError) as caught:
        read_import(path)
    assert message in caught.value.message
    assert caught.value.message.startswith((str(path), f"{path}: "))
    assert caught.value.hint


@pytest.mark.parametrize("date", ["", None, "2025/02/30", "soon", 20250101])
def test_a_deprecation_without_a_day_is_refused(date, files):
    files[1].write_text(json.dumps({ONE: {"deprecation_date": date}}), encoding="utf-8")
    with pytest.raises(ProjectError, match=f"{ONE}: deprecation_date cannot be"):
        read_import(*files)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ProjectError, match=r"cannot read .*: the file does not exist"):
        read_import(tmp_path / "none.json")
    with pytest.raises(ProjectError, match=r"cannot read .*: this is a folder"):
        read_import(tmp_path)


@needs_shared
def test_two_known_rules_keep_their_numbers(tmp_path):
    """Point 6: the published pages of these two show versions 201 and 3."""
    seeds = {f"rules/{number}.toml": SHARED / "seeds" / f"{number}.rule.toml" for number in ("000", "004")}
    project = put(tmp_path / "pack", {name: path.read_text(encoding="utf-8") for name, path in seeds.items()})
    ids = {rule.file: rule.rule_id for rule in locking.read_rules(project).known.values()}
    data = {
        ids["rules/000.toml"]: {"version": 3, "type": "eql", "rule_name": "a", "sha256": "a"},
        ids["rules/004.toml"]: {
            "version": 201,
            "min_stack_version": "9.3",
            "previous": {"8.19": {"max_allowable_version": 200, "version": 104}},
        },
    }
    path = tmp_path / "version.lock.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    steps, _ = locking.import_lock(project, locking.read_rules(project), path, None, DAY)
    list(write_entries(project, (one.after for one in steps)))
    pack = api.load(project.root)
    assert not pack.failed
    api.build(pack)
    shown = {rule.rule_id: page(project, rule) for rule in pack.rules}
    assert "| **Version** | 3 |" in shown[ids["rules/000.toml"]]
    assert "| **Version** | 201 |" in shown[ids["rules/004.toml"]]
    assert "| 104 (stack 8.19) |" in shown[ids["rules/004.toml"]]
    made = package(project.root)
    lines = (made.folder / "9.3" / "rules.ndjson").read_text(encoding="utf-8").splitlines()
    sent = {body["rule_id"]: body["version"] for body in map(json.loads, lines)}
    assert sent == {ids["rules/000.toml"]: 3, ids["rules/004.toml"]: 201}
    assert {rule.rule_id: rule.version for rule in made.manifest.rules} == sent


def page(project, rule):
    from rulepack.slug import slug

    return (project.docs / "rules" / f"{slug(rule.name)}.md").read_text(encoding="utf-8")
