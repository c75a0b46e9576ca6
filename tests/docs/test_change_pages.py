"""Pages of what happened: changelog, recent rules, and rules that are given up; of a pack with a lock and without."""

import os

import pytest
from support.locks import DAY, LATER, put, rule_id, rule_text, update

import rulepack
from docs.packs import REFERENCE
from docs.reading import parts
from docs.test_feed import checked
from rulepack import docs

PAGES = ("changelog.md", "recent.md", "deprecated.md")
LAST = "2026-03-31"


def pages(project):
    """All that is written for Markdown, by path; nothing may be wrong."""
    site = docs.render(rulepack.load(project.root), REFERENCE)
    assert site.diagnostics == ()
    return {page.path: page.text for page in site.pages}


@pytest.fixture
def project(tmp_path):
    """Rules of which one changed, one was deprecated, one was removed, and one is removed with another in its place."""
    project = put(tmp_path, {number: rule_text(number) for number in range(1, 6)}, 'name = "acme"\n')
    update(project, DAY)
    old = rule_text(2, reason="Too noisy.").replace(
        "deprecated_reason", f'replacement = "{rule_id(1)}"\ndeprecated_reason'
    )
    put(project.root, {1: rule_text(1, category="file"), 2: old, 3: rule_text(3, reason="Old.")}, 'name = "acme"\n')
    update(project, LATER)
    for number in (3, 4):
        (project.root / "rules" / f"rule_{number}.toml").unlink()
    put(project.root, {6: rule_text(6, "Sample 4")}, 'name = "acme"\n')
    update(project, LAST, remove=True)
    return project


def test_pages_look_like_this(project, golden):
    found = pages(project)
    golden("docs/changes.md", "\n".join(f"<<< {name} >>>\n{found[name]}" for name in PAGES))


def test_a_removed_rule_says_so_where_it_was(project, golden):
    found = pages(project)
    golden("docs/removed.md", found["rules/deprecated/sample-3.md"])
    assert "was removed on 2026-03-31. Old." in found["rules/sample-3.md"]
    # Another rule has that address now.
    assert "# Sample 4" in found["rules/sample-4.md"]
    assert rule_id(6) in found["rules/sample-4.md"]
    assert f"| Sample 4 | `{rule_id(4)}` | 2026-03-31 | No reason given. |" in found["deprecated.md"]


def test_every_link_leads_to_a_page(project):
    found = pages(project)
    names = {*PAGES, *(path for path in found if path.startswith("changelog/")), "rules/sample-3.md"}
    assert "changelog/2026.md" in names
    for path in (*names, "rules/deprecated/sample-3.md"):
        for part in parts(found[path]):
            for target in part.links:
                if not target.startswith(("http", "#")):
                    assert os.path.normpath(f"{path}/../{target.split('#')[0]}") in found, (path, target)


def test_without_a_lock_pages_say_that_they_know_dates_only(tmp_path):
    found = pages(put(tmp_path, {1: rule_text(1), 2: rule_text(2, reason="Old.")}))
    for path in ("changelog.md", "changelog/2026.md"):
        assert "The pack has no lock" in found[path]
        assert "- 2026-01-02: [Sample 1](" in found[path]
        assert "(date of the file)" not in found[path]


def test_what_is_not_locked_yet_is_marked(project):
    put(project.root, {7: rule_text(7)}, 'name = "acme"\n')
    found = pages(project)
    assert "- 2026-01-01: [Sample 7](rules/sample-7.md) (date of the file)" in found["changelog.md"]
    assert "- 2026-01-31: [Sample 1](rules/sample-1.md)\n" in found["changelog.md"]


def test_the_first_page_is_short(tmp_path):
    project = put(tmp_path, {number: rule_text(number) for number in range(120)})
    update(project, DAY)
    found = pages(project)
    assert len(found["changelog.md"].splitlines()) < 60
    assert "- and [80 more](changelog/2026.md)\n" in found["changelog.md"]
    assert found["changelog/2026.md"].count("\n- 2026-01-31: ") == 120


def test_the_feed_leads_to_pages_beside_it_or_to_where_they_are_published(project):
    found = checked(pages(project)["feed.xml"])
    assert {"feed.xml", "index.md", "rules/sample-1.md"} <= {one.get("href") for one in found.iter()}
    put(project.root, {}, 'name = "acme"\nsite_url = "https://detections.example.org"\n')
    found = checked(pages(project)["feed.xml"])
    addresses = {one.get("href") for one in found.iter() if one.get("href")}
    assert all(one.startswith("https://detections.example.org/") for one in addresses)
    assert "https://detections.example.org/rules/sample-1.html" in addresses


HOSTILE = "a | b] (c) <img src=x onerror=alert(1)> `d` # {{ 7 * 7 }} [x](javascript:alert(1)) \u202e"


def test_names_and_reasons_are_text(tmp_path):
    texts = {1: rule_text(1, HOSTILE), 2: rule_text(2, HOSTILE + "2", reason=HOSTILE), 3: rule_text(3)}
    project = put(tmp_path, texts, 'checks.RPxxx = "info"\n')
    update(project, DAY)
    (project.root / "rules" / "rule_2.toml").unlink()
    update(project, LATER)
    found = pages(project)
    for path, text in found.items():
        if path.endswith(".md"):
            for part in parts(text):
                assert not any(target.startswith("javascript") for target in part.links), path
            assert "<img" not in text.replace("\\<img", ""), path
            assert "49" not in text, path
    (row,) = [line for line in found["deprecated.md"].splitlines() if line.startswith("| [a")]
    assert row.replace("\\|", "").count("|") == 5


def test_an_empty_pack_has_the_pages_too(tmp_path):
    found = pages(put(tmp_path, {1: rule_text(1, reason="Old.").replace("2026/01", "soon")}, 'checks.RPxxx = "info"\n'))
    assert "Nothing is known to have happened." in found["changelog.md"]
    assert "No rule says when it was created." in found["recent.md"]
