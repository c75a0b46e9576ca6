"""RP701 to RP703: whether the lock is what it must be, and where that is said."""

import shutil
from dataclasses import replace

import pytest
from support.locks import LATER, entry, put, rule_id, rule_text, update
from support.samples import EXCEPTIONS

from rulepack import locking
from rulepack.errors import ProjectError
from rulepack.lock.check import check_since
from rulepack.lock.store import Lock, write_entries

ONE, TWO = rule_id(1), rule_id(2)
FILE = f"rulepack.lock/{ONE}.toml"


@pytest.fixture
def project(tmp_path):
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2)})
    update(project)
    return project


def said(project, base=None):
    """What is wrong: code, place, message, hint."""
    return [(one.code.id, str(one.span), one.message, one.hint) for one in locking.check_project(project, base)]


def alter(project, **fields):
    list(write_entries(project, [replace(entry(project, 1), **fields)]))


def with_version(version, category="process"):
    return rule_text(1, category=category).replace("risk_score", f"version = {version}\nrisk_score")


RUN = "run `rulepack lock` and commit rulepack.lock/"


def test_a_lock_that_is_current_is_in_order(project):
    assert said(project) == []


def test_there_must_be_a_lock(tmp_path):
    project = put(tmp_path, {1: rule_text(1)})
    hint = "run `rulepack lock` and commit what it writes"
    assert said(project) == [("RP704", "rulepack.lock:1:1", "there is no rulepack.lock", hint)]


def test_a_new_rule_is_missing(project):
    put(project.root, {3: rule_text(3)})
    assert said(project) == [("RP701", "rules/rule_3.toml:12:11", "the lock does not have this rule", RUN)]


def test_a_change_names_the_fields(project):
    text = rule_text(1, name="Other", category="file").replace("risk_score = 21", "risk_score = 22")
    put(project.root, {1: text})
    message = "name, query and risk_score changed since version 1"
    assert said(project) == [("RP701", "rules/rule_1.toml:12:11", message, RUN)]
    put(project.root, {1: text.replace('"low"', '"high"').replace("A sample", "Another").replace('"acme-*"', '"*"')})
    assert said(project)[0][2] == "description, index, name, query and 2 more changed since version 1"


def test_a_status_that_the_lock_does_not_know(project):
    put(project.root, {1: rule_text(1, reason="Noisy.")})
    assert said(project)[0][2:] == ("the rule is deprecated, and the lock says active", RUN)
    update(project)
    put(project.root, {1: rule_text(1)})
    assert said(project)[0][2:] == ("the rule is no longer deprecated, and the lock says deprecated", RUN)


def test_a_rule_that_is_gone(project):
    (project.root / "rules" / "rule_1.toml").unlink()
    (code, place, message, hint), *more = said(project)
    assert (code, place, more) == ("RP703", f"{FILE}:6:8", [])
    assert message == '"Sample 1" is gone without having been deprecated: rules/rule_1.toml'
    assert "rulepack deprecate" in hint
    assert "rulepack lock --remove" in hint


def test_a_deprecated_rule_may_go(project):
    put(project.root, {1: rule_text(1, reason="Noisy.")})
    update(project)
    (project.root / "rules" / "rule_1.toml").unlink()
    assert said(project) == []


def test_a_removed_rule_that_is_there_again(project):
    alter(project, status="removed", removed=LATER)
    assert said(project)[0][:3] == ("RP701", "rules/rule_1.toml:12:11", "the lock does not have this rule")


def test_a_version_below_its_history(project):
    put(project.root, {1: rule_text(1, category="file")})
    update(project)
    alter(project, version=1)
    code, place, message, hint = said(project)[0]
    assert (code, place, message) == ("RP702", f"{FILE}:8:11", "version is 1, and the history has 2")
    assert "--resolve" in hint


def test_a_rule_that_cannot_be_read_is_not_gone(project):
    put(project.root, {1: rule_text(1).replace("risk_score = 21", "risk_score = 210")})
    assert [one[0] for one in said(project)] == ["RP101"]
    put(project.root, {1: "[rule"})
    assert [one[0] for one in said(project)] == ["RP002"]


def test_a_damaged_entry_is_said_once(project):
    (project.root / FILE).write_text("lock = 1\n", encoding="utf-8")
    put(project.root, {1: rule_text(1, category="file")})
    assert {one[0] for one in said(project)} == {"RP704"}


def test_settings_turn_codes_down(project):
    put(project.root, {1: rule_text(1, category="file")}, '[checks]\nRP701 = "warning"\n')
    project = put(project.root, {}, '[checks]\nRP701 = "warning"\n')
    assert [one.severity.label for one in locking.check_project(project)] == ["warning"]
    assert said(put(project.root, {}, '[checks]\nRP70x = "off"\n')) == []


# --- versions that files have


def in_files(project, text):
    return put(
        project.root, {1: text, 2: rule_text(2).replace("risk_score", "version = 1\nrisk_score")}, "versions = 'file'\n"
    )


@pytest.mark.parametrize(
    ("text", "code", "place", "message", "hint"),
    [
        (rule_text(1), "RP701", "12:11", "versions are kept in the files, and this one has none", "add version = 1"),
        (with_version(4), "RP702", "11:11", "version is 4, and was 5 before", "raise it to 6"),
        (with_version(5, "file"), "RP701", "11:11", "query changed since version 5", f"raise it to 6, then {RUN}"),
        (with_version(6, "file"), "RP701", "11:11", "version is 6, and the lock has 5", RUN),
        (with_version(6), "RP701", "11:11", "version is 6, and the lock has 5", RUN),
    ],
)
def test_a_version_in_a_file_is_held_against_the_lock(project, text, code, place, message, hint):
    project = in_files(project, with_version(5))
    update(project)
    assert said(project) == []
    in_files(project, text)
    assert said(project) == [(code, f"rules/rule_1.toml:{place}", message, hint)]


# --- against an earlier lock


def lock_of(project, **fields):
    known = entry(project, 1)
    return Lock({ONE: replace(known, **fields)}, present=True)


@pytest.mark.parametrize(
    ("now", "before", "message"),
    [
        ({"version": 3}, {"version": 2}, None),
        ({"version": 2}, {"version": 2}, None),
        ({"version": 2}, {"version": 3}, "version is 2, and was 3 before"),
        ({"version": 2, "hash": f"1:{'a' * 40}"}, {"version": 2}, "version 2 stood for another content before"),
    ],
)
def test_versions_do_not_go_back(project, now, before, message):
    found = list(check_since(lock_of(project, **now), lock_of(project, **before), "main"))
    assert [(one.code, one.message) for one in found] == ([("RP702", message)] if message else [])
    assert all(one.hint for one in found)


def test_an_entry_does_not_go(project):
    (found,) = check_since(Lock(present=True), lock_of(project), "main")
    assert (found.code, str(found.span)) == ("RP702", f"{FILE}:1:1")
    assert found.message == 'the entry of "Sample 1" is gone, and with it what versions it had'
    assert found.hint == f"bring {FILE} back from git"


# --- never green on nothing


def test_a_lock_of_no_rules_is_no_lock(project):
    for number in (1, 2):
        (project.root / "rules" / f"rule_{number}.toml").unlink()
    with pytest.raises(ProjectError, match="no rule files"):
        said(project)
    put(project.root, {"rules/lists.toml": EXCEPTIONS})
    with pytest.raises(ProjectError, match="there is no rule in this pack"):
        said(project)


def test_two_files_with_one_rule_id_are_not_compared_with_one_entry(project):
    put(project.root, {3: rule_text(1, "Another")})
    with pytest.raises(ProjectError, match=r"rules/rule_1\.toml and rules/rule_3\.toml have the same rule_id"):
        said(project)


def test_without_a_lock_nothing_is_missing_where_kibana_counts(project):
    shutil.rmtree(project.root / "rulepack.lock")
    assert [one[0] for one in said(project)] == ["RP704"]
    assert said(put(project.root, {}, 'versions = "kibana"\n')) == []
