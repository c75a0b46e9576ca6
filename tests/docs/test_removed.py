"""Rules that are given up: who is listed, and that no address that a page ever had is lost."""

import dataclasses

import pytest
from support.locks import DAY, LATER, put, rule_id, rule_text, update

from rulepack.docs.briefs import read_briefs
from rulepack.docs.removed import deprecated_rules, removed_pages, removed_rules
from rulepack.lock.store import read_lock, write_entries

LAST = "2026-03-31"


@pytest.fixture
def project(tmp_path):
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2), 3: rule_text(3)})
    update(project, DAY)
    return project


def retire(project, number, day=LAST, name=None):
    """Deprecate a rule, and then remove it."""
    put(project.root, {number: rule_text(number, name, reason="Noisy.")})
    update(project, LATER)
    (project.root / "rules" / f"rule_{number}.toml").unlink()
    update(project, day)


def removed(project):
    return removed_rules(read_briefs(project).every, read_lock(project))


def paths(project):
    found = removed(project)
    return {page.path: page.retired.rule_id for folder in FOLDERS for page in removed_pages(found, folder)}


FOLDERS = ("rules", "rules/deprecated")


def test_a_removed_rule_has_pages_where_it_was(project):
    retire(project, 1)
    (rule,) = removed(project)
    assert (rule.name, rule.rule_id, rule.date, rule.reason) == ("Sample 1", rule_id(1), LAST, "Noisy.")
    assert rule.path == "rules/deprecated/sample-1"
    assert list(paths(project)) == ["rules/sample-1.md", "rules/deprecated/sample-1.md"]
    (page,) = removed_pages([rule], "rules/deprecated")
    assert (page.slug, page.up) == ("sample-1", "../../")


def test_names_that_it_had_before_lead_there_too(project):
    put(project.root, {1: rule_text(1, "Other")})
    update(project, DAY)
    retire(project, 1, name="Third")
    names = ("sample-1", "other", "third")
    assert set(paths(project)) == {f"{folder}/{name}.md" for folder in FOLDERS for name in names}
    assert removed(project)[0].path == "rules/deprecated/third"


def test_a_rule_that_was_never_deprecated_has_no_deprecated_page(project):
    (project.root / "rules" / "rule_1.toml").unlink()
    update(project, LAST, remove=True)
    (rule,) = removed(project)
    assert (rule.date, rule.path, rule.addresses) == (LAST, "rules/sample-1", ("rules/sample-1",))


def test_a_rule_that_is_gone_without_the_lock_knowing_has_a_page_too(project):
    (project.root / "rules" / "rule_1.toml").unlink()
    (rule,) = removed(project)
    assert (rule.date, rule.path) == ("", "rules/sample-1")


def test_an_address_that_another_rule_has_now_is_left_to_it(project):
    retire(project, 1)
    put(project.root, {2: rule_text(2, "SAMPLE 1!")})
    update(project, LAST)
    assert list(paths(project)) == ["rules/deprecated/sample-1.md"]
    (project.root / "rules" / "rule_3.toml").unlink()
    put(project.root, {4: rule_text(4, "Sample 3")})
    (_, rule) = removed(project)
    assert (rule.name, rule.path, rule.addresses) == ("Sample 3", "", ())


def test_an_address_that_leads_to_another_rule_is_left_to_it(project):
    put(project.root, {1: rule_text(1, "Other"), 2: rule_text(2, "Sample 1")})
    update(project, DAY)
    retire(project, 2, name="Sample 1")
    # Sample 1 was the name of a rule that is still there.
    assert set(paths(project)) == {"rules/sample-2.md", "rules/deprecated/sample-2.md", "rules/deprecated/sample-1.md"}


def test_of_two_that_were_at_one_address_the_last_removed_has_it(project):
    retire(project, 1)
    put(project.root, {4: rule_text(4, "Sample 1")})
    update(project, LAST)
    retire(project, 4, "2026-04-30", name="Sample 1")
    assert set(paths(project).values()) == {rule_id(4)}
    assert [(one.rule_id, one.path) for one in removed(project)] == [
        (rule_id(1), ""),
        (rule_id(4), "rules/deprecated/sample-1"),
    ]


def test_a_rule_that_came_back_is_not_removed(project):
    retire(project, 1)
    put(project.root, {1: rule_text(1)})
    assert removed(project) == ()


@pytest.mark.parametrize("name", ["../../up", "a/b", "CON", "Upper", ""])
def test_a_name_of_a_page_that_is_none_gives_none(project, name):
    (project.root / "rules" / "rule_1.toml").unlink()
    entry = dataclasses.replace(read_lock(project).entries[rule_id(1)], former=(name,) if name else None)
    list(write_entries(project, [entry]))
    assert list(paths(project)) == ["rules/sample-1.md"]


def test_the_replacement_is_the_rule_itself(project):
    text = rule_text(1, reason="Old.")
    put(project.root, {1: text.replace("deprecated_reason", f'replacement = "{rule_id(2)}"\ndeprecated_reason')})
    update(project, LATER)
    (one,) = deprecated_rules(read_briefs(project).every, read_lock(project))
    assert (one.date, one.reason, one.replaced_by.name) == ("2026-01-31", "Old.", "Sample 2")
    (project.root / "rules" / "rule_1.toml").unlink()
    update(project, LAST)
    assert removed(project)[0].replaced_by.name == "Sample 2"
    assert deprecated_rules(read_briefs(project).every, read_lock(project)) == ()


def test_a_deprecated_rule_without_a_day_has_that_of_the_lock(project):
    put(project.root, {1: rule_text(1, reason="Old.").replace('deprecation_date = "2026/01/31"\n', "")})
    (brief,) = [one for one in read_briefs(project).every if one.rule_id == rule_id(1)] or [None]
    update(project, LATER)
    found = deprecated_rules(read_briefs(project).every, read_lock(project))
    assert [(one.name, one.date) for one in found] == [("Sample 1", LATER)]
    assert brief.deprecated
