"""What came with each update, and the reference: of a lock, of releases, and of long packs."""

import dataclasses
import re

import pytest
from support.samples import RULE, another, make_pack

from docs import reading
from docs.packs import REFERENCE, render, sample
from rulepack.docs.brief import Brief, Version
from rulepack.docs.elastic import MOST_ROWS, ElasticPack, by_letter
from rulepack.docs.page import OWN
from rulepack.docs.shelf import Shelf
from rulepack.docs.site import Plan
from rulepack.docs.view import RuleView
from rulepack.lock.entry import ADDED
from rulepack.lock.store import Lock
from rulepack.release import Release

SETTINGS = 'name = "Acme"\nversion = "2.1.0"\n'


@pytest.fixture
def project(tmp_path):
    """A project with a version."""
    return make_pack(tmp_path, RULE, settings=SETTINGS).project


def brief(name, number=1, **values):
    empty = {"language": "kuery", "severity": "low", "risk_score": 1, "description": "d"}
    return Brief(f"rules/{number}.toml", f"id-{number}", name, "query", **{**empty, **values})


def versions(*days):
    """Versions of these days, the oldest first, as a brief has them."""
    events = [Version(n, day, ("query",) if n > 1 else (ADDED,)) for n, day in enumerate(days, 1)]
    return tuple(reversed(events))


BRIEFS = (
    brief("Old", 1, events=versions("2026-01-01")),
    brief("Changed", 2, events=versions("2026-01-01", "2026-02-01", "2026-03-02")),
    brief("Fresh", 3, events=versions("2026-03-01", "2026-03-02")),
    brief("Gone", 4, events=versions("2026-01-01"), deprecated=True, deprecation_date="2026-03-02"),
    brief("An early one", 5, events=versions("2026-02-01")),
    # Of a long history, the lock has the end.
    brief("Long", 6, created="2025-01-01", events=versions("2026-01-01", "2026-02-01")[:1]),
)


def shown(update):
    return [(line.brief.name, line.status) for line in update.lines]


def test_without_releases_an_update_is_what_changed_on_the_last_day(project):
    (update,) = ElasticPack(project, BRIEFS).updates
    assert (update.version, update.date, update.day) == ("2.1.0", "2026-03-02", "02 Mar 2026")
    assert shown(update) == [("Changed", "update"), ("Fresh", "update"), ("Gone", "deprecated")]


def test_an_update_brings_what_changed_since_the_release_before_it(project):
    releases = (Release("1.0.0", "2026-01-15"), Release("2.0.0", "2026-02-15", "More."))
    pack = ElasticPack(dataclasses.replace(project, releases=releases), BRIEFS)
    newest, second, first = pack.updates
    assert pack.update == newest
    assert [(one.version, one.date, one.notes) for one in pack.updates] == [
        ("2.1.0", "2026-03-02", ""),
        ("2.0.0", "2026-02-15", "More."),
        ("1.0.0", "2026-01-15", ""),
    ]
    assert shown(newest) == [("Fresh", "new"), ("Changed", "update"), ("Gone", "deprecated")]
    assert shown(second) == [("An early one", "new"), ("Changed", "update"), ("Long", "update")]
    assert shown(first) == [("Changed", "new"), ("Gone", "new"), ("Long", "new"), ("Old", "new")]
    assert [newest.count(status) for status in ("new", "update", "deprecated")] == [1, 1, 1]


def test_a_version_that_is_released_keeps_its_day_and_has_what_came_later(project):
    releases = (Release("2.0.0", "2026-02-15"), Release("2.1.0", "2026-03-01"))
    newest, _ = ElasticPack(dataclasses.replace(project, releases=releases), BRIEFS).updates
    assert (newest.version, newest.date) == ("2.1.0", "2026-03-01")
    assert ("Gone", "deprecated") in shown(newest)


def test_without_a_lock_the_dates_of_the_files_count(project):
    releases = (Release("2.0.0", "2026-02-15"),)
    briefs = (
        brief("New", 1, created="2026-03-01", updated="2026-03-05"),
        brief("Changed", 2, created="2026-01-01", updated="2026-03-01"),
        brief("Old", 3, created="2026-01-01", updated="2026-01-01"),
        brief("Gone", 4, created="2026-01-01", deprecated=True, deprecation_date="2026-03-01"),
        brief("Restored", 5, created="2026-01-01", deprecation_date="2026-03-01"),
        brief("Odd", 6, created="some day", updated="2026-13-40"),
    )
    newest, first = ElasticPack(dataclasses.replace(project, releases=releases), briefs).updates
    assert shown(newest) == [("New", "new"), ("Changed", "update"), ("Gone", "deprecated")]
    assert {name for name, _ in shown(first)} == {"Changed", "Gone", "Old", "Restored"}


def test_a_pack_without_any_date_says_so(project):
    (update,) = ElasticPack(project, (brief("Odd", 1),)).updates
    assert (update.day, update.lines) == ("not known", ())


def test_a_table_is_split_by_letter_when_it_is_long(project):
    briefs = tuple(
        brief(f"{letter} rule {number}", number) for number, letter in enumerate(("b", "A", "é", "7", "c") * 41, 1)
    )
    pack = ElasticPack(project, briefs)
    assert len(pack.rules) == 205 > MOST_ROWS
    assert [(one.slug, one.name, len(one.lines)) for one in pack.letters] == [
        ("a", "A", 41),
        ("b", "B", 41),
        ("c", "C", 41),
        ("others", "Others", 82),
    ]
    assert by_letter(pack.rules[:MOST_ROWS]) == ()


def test_the_pages_of_a_long_pack_lead_to_every_rule(tmp_path):
    texts = [another(f"{'ABC'[number % 3]} rule {number} | x", number + 2, "file") for number in range(201)]
    pages = render(make_pack(tmp_path, *texts, settings=SETTINGS + 'checks.RP5xx = "off"\n'), "elastic")
    summary = "prebuilt-rule-2-1-0-prebuilt-rules-2-1-0-summary"
    for first in ("prebuilt-rules", summary):
        assert re.search(rf"^\| \[B\]\({first}-b\.md\) \|.* 67 \|", pages[f"{first}.md"], re.MULTILINE)
        names = [f"{first}-{letter}.md" for letter in "abc"]
        found = [target for name in names for part in reading.parts(pages[name]) for target in part.links]
        targets = {target for target in found if re.match(r"prebuilt-rule-2-1-0-[abc]-", target)}
        assert len(targets) == 201
        assert targets <= set(pages)


def test_every_page_begins_with_its_address(tmp_path):
    pages = render(sample(tmp_path), "elastic")
    for path, text in pages.items():
        if not path.endswith(".md"):
            continue
        front = text.split("---\n")[1]
        assert front.startswith(
            "applies_to:\n  stack: all\n  serverless:\n    security: all\nmapped_pages:\n  - https://"
        )
        stem = path.rpartition("/")[2].removesuffix(".md")
        assert f"/{stem}.html\n" in front
        assert re.search(rf"^# .* \[{stem}\]$", text, re.MULTILINE)


def test_related_rules_are_where_the_flavour_has_them(tmp_path):
    pack = sample(tmp_path)
    view = RuleView(pack.active[0], place=("", "prebuilt-rule-1-4-0-"))
    assert view.path.startswith("prebuilt-rule-1-4-0-")
    assert view.way_to_rule("rules/other") == "prebuilt-rule-1-4-0-other.md"
    assert view.way_to_rule("rules/deprecated/other") == "deprecated/prebuilt-rule-1-4-0-other.md"
    old = RuleView(pack.deprecated[0], place=("", "prebuilt-rule-1-4-0-"))
    assert old.way_to_rule("rules/other") == "../prebuilt-rule-1-4-0-other.md"
    assert RuleView(pack.deprecated[0]).way_to_rule("rules/deprecated/other") == "../../rules/deprecated/other.md"


def test_a_rule_that_changes_changes_its_page_and_the_tables_that_name_it_only(tmp_path):
    texts = [another(f"Rule {number}", number + 2, "file") for number in range(3)]
    plan = plan_of(make_pack(tmp_path, *texts, settings=SETTINGS))
    # Only pages about many rules look at them.
    looked = {job.path: job.make()[1] for job in plan.jobs}
    assert {path for path, far in looked.items() if far == OWN} == {
        f"prebuilt-rule-2-1-0-rule-{number}.md" for number in range(3)
    }


def plan_of(pack):
    return Plan(Shelf.of_pack(pack, Lock()), REFERENCE, ("elastic",))
