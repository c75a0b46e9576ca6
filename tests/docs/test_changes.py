"""What happened to a pack's rules: all that the lock knows, in order, and what dates in files say without one."""

import dataclasses
import itertools

import pytest
from support.locks import DAY, LATER, put, rule_id, rule_text, update

from rulepack.docs.briefs import read_briefs
from rulepack.docs.changes import KINDS, MOST_OF_KIND, MOST_ON_PAGE, Change, changelog, changes, months, recent
from rulepack.lock.store import Lock, read_lock, write_entries

LAST = "2026-03-31"


def of(project, versions="content"):
    return changes(read_briefs(project).every, read_lock(project), versions)


def said(found):
    return [(one.date, one.kind, one.name, one.version) for one in found]


@pytest.fixture
def project(tmp_path):
    """Two rules that came in on one day."""
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2)})
    update(project, DAY)
    return project


def test_rules_come_in_and_change(project):
    put(project.root, {1: rule_text(1, category="file").replace("risk_score = 21", "risk_score = 22")})
    update(project, LATER)
    found = of(project)
    assert said(found) == [
        (LATER, "changed", "Sample 1", 2),
        (DAY, "new", "Sample 1", 1),
        (DAY, "new", "Sample 2", 1),
    ]
    assert found[0].fields == ("query", "risk_score")
    assert {one.path for one in found} == {"rules/sample-1", "rules/sample-2"}
    assert all(one.locked and one.brief is not None for one in found)


def test_a_rule_is_deprecated_and_then_removed(project):
    put(project.root, {1: rule_text(1, reason="Noisy.").replace("[rule]", f'replacement = "{rule_id(2)}"\n[rule]', 1)})
    update(project, LATER)
    (gone, *_) = of(project)
    assert (gone.date, gone.kind, gone.path, gone.reason) == (
        LATER,
        "deprecated",
        "rules/deprecated/sample-1",
        "Noisy.",
    )
    assert gone.replaced_by.name == "Sample 2"
    (project.root / "rules" / "rule_1.toml").unlink()
    update(project, LAST)
    found = of(project)
    assert said(found) == [
        (LAST, "removed", "Sample 1", None),
        (LATER, "deprecated", "Sample 1", None),
        (DAY, "new", "Sample 1", 1),
        (DAY, "new", "Sample 2", 1),
    ]
    assert (found[0].reason, found[0].replaced_by.name, found[0].brief) == ("Noisy.", "Sample 2", None)
    assert found[0].path == "rules/deprecated/sample-1"


def test_a_restored_rule_is_not_deprecated(project):
    put(project.root, {1: rule_text(1, reason="Noisy.")})
    update(project, LATER)
    put(project.root, {1: rule_text(1)})
    update(project, LAST)
    assert {one.kind for one in of(project)} == {"new"}


def test_a_rule_that_came_deprecated_was_never_new(tmp_path):
    project = put(tmp_path, {1: rule_text(1, reason="Old."), 2: rule_text(2)})
    update(project, DAY)
    assert said(of(project)) == [(DAY, "new", "Sample 2", 1), (DAY, "deprecated", "Sample 1", None)]


def test_a_renamed_rule_keeps_its_changes(project):
    put(project.root, {1: rule_text(1, "Other")})
    update(project, LATER)
    assert said(of(project)) == [
        (LATER, "changed", "Other", 2),
        (DAY, "new", "Other", 1),
        (DAY, "new", "Sample 2", 1),
    ]


def test_a_rule_whose_history_was_cut_was_new_all_the_same(project):
    for number in range(60):
        put(project.root, {1: rule_text(1, category=f"c{number}")})
        update(project, LATER)
    found = [one for one in of(project) if one.rule_id == rule_id(1)]
    assert len(found) == 51
    assert (found[-1].date, found[-1].kind, found[-1].version) == (DAY, "new", None)


def test_versions_for_several_stacks_are_one_beginning(project):
    entry = read_lock(project).entries[rule_id(1)]
    events = tuple(
        dataclasses.replace(entry.history[0], version=version, stack=stack, changed=("(imported)",))
        for version, stack in ((107, None), (3, "8.3"))
    )
    list(write_entries(project, [dataclasses.replace(entry, version=107, history=events)]))
    assert said(of(project)) == [(DAY, "new", "Sample 1", 107), (DAY, "new", "Sample 2", 1)]


def test_what_the_lock_does_not_know_has_the_dates_of_its_file(project):
    put(project.root, {3: rule_text(3)})
    found = [one for one in of(project) if one.rule_id == rule_id(3)]
    assert said(found) == [("2026-01-02", "changed", "Sample 3", None), ("2026-01-01", "new", "Sample 3", None)]
    assert not any(one.locked for one in found)


def test_a_rule_that_is_deprecated_since_the_lock_was_written(project):
    put(project.root, {1: rule_text(1, reason="Noisy.").replace('"2026/01/31"', '"2026/02/15"')})
    (first, *_) = of(project)
    assert (first.date, first.kind, first.locked) == ("2026-02-15", "deprecated", False)


def test_a_rule_that_is_gone_without_the_lock_knowing_has_no_day(project):
    (project.root / "rules" / "rule_1.toml").unlink()
    assert said(of(project)) == [(DAY, "new", "Sample 2", 1)]


@pytest.mark.parametrize("versions", ["content", "kibana"])
def test_without_a_lock_dates_are_all_there_is(tmp_path, versions):
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2, reason="Old.")})
    if versions == "kibana":
        update(project, LAST)
    found = of(project, versions)
    assert [(one.date, one.kind, one.name) for one in found] == [
        ("2026-01-31", "deprecated", "Sample 2"),
        ("2026-01-02", "changed", "Sample 1"),
        ("2026-01-02", "changed", "Sample 2"),
        ("2026-01-01", "new", "Sample 1"),
        ("2026-01-01", "new", "Sample 2"),
    ]
    assert not any(one.locked or one.fields for one in found)


@pytest.mark.parametrize("day", ["", "soon", "2026-13-01", "20260101", "2026-W01-1", "9999-99-99"])
def test_what_is_no_day_gives_no_change(tmp_path, day):
    (brief,) = read_briefs(put(tmp_path, {1: rule_text(1)})).every
    assert changes([dataclasses.replace(brief, created=day, updated=day)], Lock()) == ()


def test_the_order_of_rules_does_not_matter(project):
    put(project.root, {1: rule_text(1, category="file"), 3: rule_text(3)})
    update(project, LATER)
    briefs, lock = read_briefs(project).every, read_lock(project)
    assert len({changes(order, lock) for order in itertools.permutations(briefs)}) == 1


# --- pages


def many(day, kind, number):
    return [Change(day, kind, f"{day}{kind}{one}", f"Rule {one}", f"rules/rule-{one}") for one in range(number)]


def test_a_changelog_is_by_month_and_year():
    found = (*many("2026-02-01", "changed", 2), *many("2026-01-31", "new", 1), *many("2025-12-31", "new", 3))
    log = changelog(found)
    assert [(month.name, month.title, path) for month, path in log.newest] == [
        ("2026-02", "February 2026", "changelog/2026"),
        ("2026-01", "January 2026", "changelog/2026"),
        ("2025-12", "December 2025", "changelog/2025"),
    ]
    assert [(page.slug, page.count, page.below) for page in log.pages] == [("2026", 3, ()), ("2025", 3, ())]
    assert (log.count, log.from_files) == (6, 0)


def test_the_first_page_is_short_whatever_happened():
    found = tuple(
        one
        for year in range(2026, 2000, -1)
        for month in range(12, 0, -1)
        for kind in KINDS
        for one in many(f"{year}-{month:02}-01", kind, 60)
    )
    lines = 0
    for month, _ in changelog(found).newest:
        lines += sum(min(len(each), MOST_OF_KIND) for _, each in month.kinds)
    assert 0 < lines <= 250
    assert changelog(()).newest == ()


def test_a_busy_year_leads_to_its_months_and_a_busy_month_is_cut():
    found = (*many("2026-03-01", "new", 10), *many("2026-02-01", "new", 2 * MOST_ON_PAGE + 1))
    log = changelog(found)
    (year,) = log.years
    assert (year.months, year.count) == ((), len(found))
    assert [(page.slug, page.title, page.count) for page in year.below] == [
        ("2026-03", "March 2026", 10),
        ("2026-02-3", "February 2026, part 3", 1),
        ("2026-02-2", "February 2026, part 2", MOST_ON_PAGE),
        ("2026-02", "February 2026, part 1", MOST_ON_PAGE),
    ]
    assert [path for _, path in log.newest] == ["changelog/2026-03", "changelog/2026"]
    shown = [one for page in year.below for month in page.months for one in month.changes]
    assert tuple(shown) == found


def test_what_is_full_stays_as_it_is():
    before = changelog(tuple(many("2026-02-01", "new", MOST_ON_PAGE + 5)))
    after = changelog((*many("2026-02-02", "changed", 7), *many("2026-02-01", "new", MOST_ON_PAGE + 5)))
    assert before.years[0].below[-1] == after.years[0].below[-1]


def test_every_change_is_on_one_page():
    found = (*many("2026-03-01", "new", 500), *many("2025-02-01", "new", 30))
    pages = changelog(found).pages
    assert sum(len(month.changes) for page in pages for month in page.months) == len(found)
    assert [one.name for one in months(found)] == ["2026-03", "2025-02"]
    assert len({page.slug for page in pages}) == len(pages)


# --- recent


def test_recent_rules_are_those_of_the_dates_in_files(project):
    text = rule_text(3).replace("2026/01/01", "2026/05/01").replace("2026/01/02", "2026/06/01")
    put(project.root, {1: rule_text(1, category="file"), 3: text})
    update(project, LATER)
    briefs = read_briefs(project).every
    found = recent(briefs, of(project))
    assert [one.name for one in found.newest] == ["Sample 3", "Sample 1", "Sample 2"]
    assert [(one.name, change and change.fields) for one, change in found.changed] == [
        ("Sample 3", None),
        ("Sample 1", ("query",)),
        ("Sample 2", None),
    ]
    assert len(recent(briefs, (), most=1).newest) == 1
