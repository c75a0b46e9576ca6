"""What the lock says on pages: versions, a history, and small pages where pages were before."""

import os

import pytest
from support.locks import LATER, put, rule_id, rule_text, update

import rulepack
from docs.packs import REFERENCE, render
from docs.reading import parts, rows
from rulepack import docs
from rulepack.docs.write import UNMARKED


def pages(project):
    return render(rulepack.load(project.root))


def version(text):
    return rows(text).get("Version")


@pytest.fixture
def project(tmp_path):
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2)})
    update(project)
    return project


def change(project, texts, settings="", day=LATER):
    put(project.root, texts, settings)
    return update(project, day)


def of_rules(found):
    """The pages at the addresses of rules, old ones too."""
    return [path for path in found if path.startswith("rules/")]


def test_without_a_lock_pages_stay_as_they_are(tmp_path):
    project = put(tmp_path, {1: rule_text(1), 2: rule_text(2).replace("risk_score", "version = 7\nrisk_score")})
    found = pages(project)
    assert (version(found["rules/sample-1.md"]), version(found["rules/sample-2.md"])) == (None, "7")
    assert "History" not in found["rules/sample-1.md"]
    assert len(of_rules(found)) == 2


def test_a_page_shows_version_and_history(project, golden):
    change(project, {1: rule_text(1, category="file").replace("risk_score = 21", "risk_score = 22")})
    page = pages(project)["rules/sample-1.md"]
    assert version(page) == "2"
    golden("docs/history.md", page[page.index("## History") :])


def test_a_history_is_short(project):
    for number in range(15):
        change(project, {1: rule_text(1, category=f"c{number}")})
    page = pages(project)["rules/sample-1.md"]
    assert version(page) == "16"
    assert "| 7 | 2026-02-28 | `query` |\n\n6 older versions: see the lock.\n" in page


def test_a_rule_that_is_not_locked_yet_shows_the_version_that_it_will_have(project):
    put(project.root, {1: rule_text(1, category="file"), 3: rule_text(3)})
    found = pages(project)
    assert (version(found["rules/sample-1.md"]), version(found["rules/sample-3.md"])) == ("2", "1")
    assert "## History" not in found["rules/sample-3.md"]


@pytest.mark.parametrize(("versions", "shown"), [("content", "1"), ("file", "7"), ("kibana", "7")])
def test_the_setting_says_whose_version_it_is(project, versions, shown):
    put(project.root, {1: rule_text(1).replace("risk_score", "version = 7\nrisk_score")}, f'versions = "{versions}"\n')
    found = pages(project)
    assert version(found["rules/sample-1.md"]) == shown
    assert version(found["rules/sample-2.md"]) == ("1" if versions == "content" else None)
    assert ("## History" in found["rules/sample-1.md"]) is (versions != "kibana")


# --- addresses


def leads(text):
    """Where a small page leads."""
    (link,) = [target for part in parts(text) for target in part.links]
    return link


def test_an_old_name_leads_to_the_new_one(project, golden):
    change(project, {1: rule_text(1, "Other [name]")})
    change(project, {1: rule_text(1, "Third <name>")})
    found = pages(project)
    golden("docs/former.md", found["rules/sample-1.md"])
    assert leads(found["rules/sample-1.md"]) == leads(found["rules/other-name.md"]) == "../rules/third-name.md"
    assert len(of_rules(found)) == 2 + 2


def test_a_name_that_was_not_locked_yet_leads_there_too(project):
    put(project.root, {1: rule_text(1, "Other")})
    assert leads(pages(project)["rules/sample-1.md"]) == "../rules/other.md"


def test_a_name_that_another_rule_has_now_leads_nowhere(project):
    change(project, {1: rule_text(1, "Other"), 2: rule_text(2, "sample 1!")})
    found = pages(project)
    assert "# sample 1!" in found["rules/sample-1.md"]
    assert leads(found["rules/sample-2.md"]) == "../rules/sample-1.md"


def test_a_name_that_two_rules_had_leads_to_one(project):
    change(project, {1: rule_text(1, "Other")})
    change(project, {2: rule_text(2, "Sample 1")})
    change(project, {2: rule_text(2, "Third")})
    found = pages(project)
    assert leads(found["rules/sample-1.md"]) == "../rules/other.md"
    assert len(of_rules(found)) == 2 + 2


def test_a_deprecated_rule_is_found_at_both_addresses_for_ever(project):
    change(project, {1: rule_text(1, reason="Noisy.")})
    assert leads(pages(project)["rules/sample-1.md"]) == "../rules/deprecated/sample-1.md"
    change(project, {1: rule_text(1)})
    found = pages(project)
    assert "# Sample 1" in found["rules/sample-1.md"]
    assert leads(found["rules/deprecated/sample-1.md"]) == "../../rules/sample-1.md"
    assert len(of_rules(found)) == 2 + 1


def test_a_deprecated_rule_that_was_renamed(project):
    change(project, {1: rule_text(1, "Other")})
    change(project, {1: rule_text(1, "Third", reason="Noisy.")})
    found = pages(project)
    for name in ("rules/sample-1.md", "rules/other.md", "rules/third.md"):
        assert leads(found[name]) == "../rules/deprecated/third.md"


def test_every_link_of_a_small_page_leads_to_a_page(project):
    change(project, {1: rule_text(1, "Other", reason="Noisy."), 2: rule_text(2, "Second")})
    change(project, {1: rule_text(1, "Again")})
    found = pages(project)
    for path, text in found.items():
        for part in parts(text):
            for target in part.links:
                if not target.startswith(("http", "#")):
                    place = os.path.normpath(f"{path}/../{target.split('#')[0]}")
                    assert place in found or place.endswith(UNMARKED) or "rule_" in target, (path, target)


# --- replacements


def replaced_by(number):
    return rule_text(1, reason="Noisy.").replace(
        "deprecated_reason", f'replacement = "{rule_id(number)}"\ndeprecated_reason'
    )


def test_a_deprecated_page_links_to_the_replacement(project):
    change(project, {1: replaced_by(2)})
    assert "Noisy. Use [Sample 2](../../rules/sample-2.md) instead." in pages(project)["rules/deprecated/sample-1.md"]


def test_a_replacement_that_has_no_page_is_named(project):
    change(project, {1: replaced_by(9)})
    assert f"Noisy. Use rule `{rule_id(9)}` instead." in pages(project)["rules/deprecated/sample-1.md"]


def test_two_rules_that_replace_each_other_have_pages(project):
    second = rule_text(2, reason="Old.").replace(
        "deprecated_reason", f'replacement = "{rule_id(1)}"\ndeprecated_reason'
    )
    change(project, {1: replaced_by(2), 2: second})
    assert "Use [Sample 1](../../rules/deprecated/sample-1.md)" in pages(project)["rules/deprecated/sample-2.md"]


# --- a lock that cannot be read


def test_a_damaged_lock_stops_the_build(project):
    (project.root / "rulepack.lock" / f"{rule_id(1)}.toml").write_text("lock = 2\n", encoding="utf-8")
    site = docs.render(rulepack.load(project.root), REFERENCE)
    assert [one.code.id for one in site.diagnostics] == ["RP704"]
    assert site.failed
    put(project.root, {}, '[checks]\nRP704 = "off"\n')
    assert not docs.render(rulepack.load(project.root), REFERENCE).failed


def test_a_name_of_a_page_that_is_none_gives_none(project):
    path = project.root / "rulepack.lock" / f"{rule_id(1)}.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("[fields]", 'former = ["../../x", "A", "good", ""]\n\n[fields]').replace(', ""]', "]"),
        encoding="utf-8",
    )
    assert sorted(of_rules(pages(project))) == [
        "rules/good.md",
        "rules/sample-1.md",
        "rules/sample-2.md",
    ]
