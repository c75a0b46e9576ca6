"""A project on its way into a package: its files, its lists, what of it counts."""

from support.locks import put, rule_id, rule_text
from support.samples import EXCEPTIONS

from rulepack.package.checkout import Checkout, content_paths


def checkout(folder, texts, settings='name = "p"\nstack = ["8.7", "9.3"]\n'):
    return Checkout(put(folder, texts, settings))


def test_every_file_gives_a_rule_or_none(tmp_path):
    broken = {2: rule_text(2).replace('"low"', '"hihg"'), 3: "[rule", "rules/lists.toml": EXCEPTIONS}
    found = checkout(tmp_path, {1: rule_text(1), **broken})
    assert [(file, rule and rule.rule_id) for file, rule in found.files()] == [
        ("rules/rule_1.toml", rule_id(1)),
        ("rules/rule_2.toml", None),
        ("rules/rule_3.toml", None),
    ]
    assert [rule.name for rule in found.rules()] == ["Sample 1"]
    assert [one.list_id for one in found.exception_lists()] == ["known-scanners"]


def test_a_file_of_lists_that_mentions_rules_is_one_of_lists(tmp_path):
    text = EXCEPTIONS.replace("Weekly scan.", "See [rule] 5.")
    found = checkout(tmp_path, {1: rule_text(1), "rules/lists.toml": text})
    assert [one.list_id for one in found.exception_lists()] == ["known-scanners"]


def test_a_rule_that_mentions_exceptions_is_a_rule(tmp_path):
    found = checkout(tmp_path, {1: rule_text(1, "About [[exceptions]]")})
    assert list(found.exception_lists()) == []
    assert [rule.name for rule in found.rules()] == ["About [[exceptions]]"]


def test_a_side_has_the_rules_of_some_maturities_and_deprecated_ones(tmp_path):
    texts = {1: rule_text(1), 2: rule_text(2).replace("production", "beta"), 3: rule_text(3, reason="Old.")}
    found = checkout(tmp_path, texts)
    assert set(found.side(("beta",)).rules) == {rule_id(2), rule_id(3)}
    assert set(found.side().rules) == {rule_id(1), rule_id(2), rule_id(3)}


def test_a_body_is_that_of_a_stack_version_or_of_the_newest(tmp_path):
    text = rule_text(1).replace("[rule]", '[rule]\ninvestigation_fields = { field_names = ["user.name"] }')
    found = checkout(tmp_path, {1: text})
    (rule,) = found.side().rules.values()
    assert "investigation_fields" in found.body(rule)
    assert "investigation_fields" in found.body(rule, found.project.stack[1])
    assert "investigation_fields" not in found.body(rule, found.project.stack[0])


def test_a_rule_whose_file_is_gone_meanwhile_has_no_body(tmp_path):
    found = checkout(tmp_path, {1: rule_text(1)})
    (rule,) = found.side().rules.values()
    (tmp_path / "rules" / "rule_1.toml").unlink()
    assert found.body(rule) == {}


def test_what_counts_is_rules_lock_settings_fields_and_reference_data(tmp_path):
    (tmp_path / "fields").mkdir()
    found = checkout(tmp_path, {1: rule_text(1)})
    assert [path.relative_to(tmp_path).as_posix() for path in content_paths(found.project)] == [
        "rules",
        "rulepack.lock",
        "rulepack.toml",
        "pyproject.toml",
        "fields",
        ".rulepack/reference",
    ]
