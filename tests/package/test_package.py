"""A package, whichever way it came: the same rules, the same bodies."""

import pytest
from support.locks import put, rule_text, update
from support.packages import package, whole
from support.samples import RULE, VALID

import rulepack
from rulepack.package.package import Package
from rulepack.package.read import verify
from rulepack.rule import RULE_TYPES


def both(root):
    """The package of a project in memory, and the one that it writes."""
    return Package.of(rulepack.load(root)), Package.read(verify(package(root).folder).package)


def bodies(one):
    return {
        str(stack): {rule.rule_id: one.body(rule, stack) for rule in one.rules(stack)} for stack in one.manifest.stack
    }


def test_a_checkout_and_its_file_have_the_same_rules_and_bodies(tmp_path):
    texts = {f"rules/{kind}.toml": (VALID / f"{kind}.toml").read_text(encoding="utf-8") for kind in RULE_TYPES}
    project = put(tmp_path, texts, 'name = "p"\nstack = ["8.19", "9.3", "serverless"]\n')
    update(project)
    memory, file = both(tmp_path)
    assert bodies(memory) == bodies(file)
    assert memory.manifest.rules == file.manifest.rules
    assert {len(rules) for rules in bodies(file).values()} == {len(RULE_TYPES)}


def test_what_a_stack_version_lacks_is_in_neither(tmp_path):
    late = rule_text(2).replace("[metadata]", '[metadata]\nmin_stack_version = "9.3"')
    less = rule_text(3).replace("[rule]", '[rule]\ninvestigation_fields = { field_names = ["user.name"] }')
    put(tmp_path, {1: rule_text(1), 2: late, 3: less, 4: rule_text(4, reason="Old.")}, 'stack = ["8.10", "9.3"]\n')
    memory, file = both(tmp_path)
    assert bodies(memory) == bodies(file)
    old, new = bodies(file).values()
    assert (len(old), len(new)) == (2, 3)
    with_fields = [rule_id for rule_id, body in new.items() if "investigation_fields" in body]
    assert len(with_fields) == 1
    assert "investigation_fields" not in old[with_fields[0]]


def test_a_file_has_no_sources_and_is_never_stale(tmp_path):
    made = whole(tmp_path / "pack")
    one = Package.read(verify(made.archive).package)
    assert dict(one.sources) == {}
    assert one.stale == ()


@pytest.mark.parametrize("locked", [False, True])
def test_a_checkout_without_a_lock_is_not_stale(tmp_path, locked):
    project = put(tmp_path, {1: RULE}, "")
    if locked:
        update(project)
    one = Package.of(rulepack.load(tmp_path))
    assert one.stale == ()
    assert list(one.sources) == ["rules/rule_1.toml"]
