"""Rules on their way into a package: names of files, versions by the policies of a pack, bodies."""

import json
import unicodedata

import pytest
from support.locks import put, update
from support.packages import make, members, package, said
from support.samples import RULE

import rulepack
from rulepack.lock.store import read_lock
from rulepack.package.make import Maker
from rulepack.package.package import Package
from rulepack.project import find_project
from rulepack.reference import Reference

ID = "00000000-0000-4000-8000-000000000001"


def with_id(rule_id, name="Sample", text=RULE):
    return text.replace(f'"{ID}"', json.dumps(rule_id)).replace('"Sample"', json.dumps(name))


@pytest.mark.parametrize(
    "rule_id",
    [
        "UPPER",
        "with/slash",
        "../../up",
        "größe",
        "端末",
        "x" * 200,
        "a b",
        "con",
        ".",
        "..",
        "a:b",
        "-",
        "a\\b",
        "null",
    ],
)
def test_a_rule_id_that_is_no_uuid_has_a_file_of_its_own(tmp_path, rule_id):
    made = make(tmp_path / "p", with_id(rule_id), settings='name = "p"\nchecks.RP4xx = "off"\nstack = ["9.3"]')
    (rule,) = made.manifest.rules
    assert rule.rule_id == rule_id
    folder, _, name = rule.json.partition("/")
    assert folder == "rules"
    assert "/" not in name
    assert len(name.encode()) < 130
    assert json.loads((made.folder / rule.json).read_text(encoding="utf-8"))["rule_id"] == rule_id
    assert said(made.folder) == said(made.archive) == []


def test_rule_ids_that_differ_in_case_or_accents_only_have_two_files(tmp_path):
    ids = [
        "abc",
        "ABC",
        "Abc",
        "a-b-c",
        "a_b_c",
        "a b c",
        unicodedata.normalize("NFC", "é"),
        unicodedata.normalize("NFD", "é"),
    ]
    texts = [with_id(one, f"Rule {number}") for number, one in enumerate(ids)]
    made = make(tmp_path / "p", *texts, settings='name = "p"\nchecks.RPxxx = "info"\nstack = ["9.3"]')
    names = [unicodedata.normalize("NFC", rule.json).casefold() for rule in made.manifest.rules]
    assert len(set(names)) == len(ids)
    assert said(made.folder) == []


@pytest.mark.parametrize("name", ["a/b", "..", "\\", '"; rm -rf /', "| cell |", "端末", "`x`", "<script>", "%00"])
def test_a_rule_may_have_any_name(tmp_path, name):
    made = make(tmp_path / "p", with_id(ID, name), settings='name = "p"\nchecks.RPxxx = "info"\nstack = ["9.3"]')
    assert json.loads((made.folder / made.manifest.rules[0].json).read_text(encoding="utf-8"))["name"] == name
    assert said(made.folder) == said(made.archive) == []


@pytest.mark.parametrize("name", ["acme detections", "a/b", "..", "Größe ß", "C:\\x", "端末", "a" * 400])
def test_a_pack_may_have_any_name(tmp_path, name):
    made = make(tmp_path / "p", settings=f"name = '{name}'\nstack = [\"9.3\"]")
    assert said(made.folder) == said(made.archive) == []
    assert made.folder.parent == tmp_path / "p" / "dist"
    assert all(one.startswith(f"{made.folder.name}/") for one in members(made.archive))


# Versions


def versions(project):
    """The version of the rule as a package in memory, as one on disk, and in its body."""
    (one,) = Package.of(rulepack.load(project.root)).manifest.rules
    made = package(project.root)
    (rule,) = made.manifest.rules
    body = json.loads((made.folder / rule.json).read_text(encoding="utf-8"))
    assert one.version == rule.version == body.get("version")
    return rule.version


@pytest.mark.parametrize(
    ("policy", "in_file", "locked", "wanted"),
    [
        ("content", None, False, None),
        ("content", 7, False, 7),
        ("content", None, True, 1),
        ("content", 7, True, 1),
        ("file", None, False, None),
        ("file", 7, False, 7),
        ("file", 7, True, 7),
        ("kibana", None, False, None),
        ("kibana", 7, False, None),
        ("kibana", 7, True, None),
    ],
)
def test_a_version_comes_from_where_the_settings_say(tmp_path, policy, in_file, locked, wanted):
    text = RULE if in_file is None else RULE.replace('type = "query"', f'type = "query"\nversion = {in_file}')
    project = put(tmp_path, {1: text}, f'versions = "{policy}"\nname = "p"\nstack = ["9.3"]\n')
    if locked:
        update(project)
    assert versions(project) == wanted


def test_the_version_of_the_lock_goes_up_with_the_content(tmp_path):
    project = put(tmp_path, {1: RULE}, 'name = "p"\nstack = ["9.3"]\n')
    update(project)
    put(tmp_path, {1: RULE.replace("risk_score = 21", "risk_score = 47")}, 'name = "p"\nstack = ["9.3"]\n')
    update(project)
    assert versions(project) == 2


def test_a_rule_that_changed_since_has_the_version_that_it_would_be_given(tmp_path):
    project = put(tmp_path, {1: RULE}, 'name = "p"\nstack = ["9.3"]\n')
    update(project, servers={ID: 41})
    changed = put(tmp_path, {1: RULE.replace("21", "47"), 2: with_id("new", "New")}, 'name = "p"\nstack = ["9.3"]\n')
    made = Package.of(rulepack.load(tmp_path))
    assert {rule.rule_id: rule.version for rule in made.manifest.rules} == {ID: 43, "new": 1}
    assert made.stale == ("rules/rule_1.toml", "rules/rule_2.toml")
    assert read_lock(changed).entries[ID].version == 42


@pytest.mark.parametrize("policy", ["file", "kibana"])
def test_only_the_policy_of_the_lock_makes_rules_stale(tmp_path, policy):
    settings = f'name = "p"\nversions = "{policy}"\n'
    update(put(tmp_path, {1: RULE.replace("[rule]", "[rule]\nversion = 3")}, settings))
    put(tmp_path, {1: RULE.replace("[rule]", "[rule]\nversion = 4").replace("21", "47")}, settings)
    assert Package.of(rulepack.load(tmp_path)).stale == ()


def test_what_is_derived_is_in_the_body_and_not_in_the_content(tmp_path):
    (tmp_path / "plain").mkdir()
    plain, derived = (
        put(tmp_path / name, {1: RULE}, f'name = "p"\nstack = ["9.3"]\n{more}')
        for name, more in (("plain", ""), ("derived", 'derived_fields = ["required_fields"]\n'))
    )
    made = [package(one.root) for one in (plain, derived)]
    assert made[0].manifest.rules[0].hash == made[1].manifest.rules[0].hash
    bodies = [json.loads((one.folder / one.manifest.rules[0].json).read_text(encoding="utf-8")) for one in made]
    assert "required_fields" not in bodies[0]
    assert bodies[1]["required_fields"][0]["name"] == "event.category"


def test_a_maker_leaves_the_rule_as_it_is(tmp_path):
    project = find_project(put(tmp_path, {1: RULE}).root)
    (rule,) = rulepack.load(tmp_path).rules
    before = repr(rule)
    maker = Maker(project, read_lock(project), Reference.of(project))
    maker.make(rule).newest["name"] = "changed"
    assert repr(rule) == before
