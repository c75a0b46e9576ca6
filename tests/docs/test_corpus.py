"""The pages of 1,550 public rules: as the guides are written by many hands."""

import functools
import os
import re
from collections import Counter
from urllib.parse import unquote

import pytest
from support.samples import SHARED, needs_shared

from docs import reading
from docs.ours import OWN_LINKS
from docs.packs import REFERENCE
from docs.test_guide import SOURCE, same, shown
from rulepack import docs, loader
from rulepack.docs import plugins
from rulepack.docs.markdown import anchor
from rulepack.docs.page import spelling
from rulepack.docs.view import RuleView
from rulepack.docs.write import write_pages
from rulepack.emit import PLACEHOLDER
from rulepack.project import find_project

pytestmark = [needs_shared, pytest.mark.slow]


@functools.cache
def pack():
    """The corpus, loaded and not checked."""
    corpus = SHARED / "corpus"
    return loader.load(find_project(corpus), (corpus / "rules", corpus / "rules_building_block"))


@functools.cache
def pages():
    site = docs.render(pack(), REFERENCE)
    assert not site.diagnostics
    return {page.path: page.text for page in site.pages if page.path.endswith(".md")}


def test_every_guide_keeps_its_structure():
    checked = 0
    for rule in pack().rules:
        for guide in (rule.note, rule.setup):
            if guide and not PLACEHOLDER.search(guide):
                before, after = same(guide, shown(guide), 3)
                assert after == before, rule.file
                checked += 1
    assert checked > 2000


def test_no_page_has_html_or_a_link_that_its_rule_does_not_have():
    for rule in pack().rules:
        toml = pack().sources[rule.file].text
        for part in reading.parts(pages()[RuleView(rule).path]):
            assert part.kind != "html", rule.file
            for target in part.links:
                own = target.startswith((*OWN_LINKS, "https://atlas.mitre.org/"))
                assert own or target.replace("%28", "(").replace("%29", ")") in toml, (rule.file, target)


def test_every_placeholder_is_a_block_or_code_if_it_has_no_plugin():
    for rule in pack().rules:
        missing = {
            match[0]
            for match in PLACEHOLDER.finditer(rule.note or "")
            if not match["dollar"] and isinstance(plugins.resolve(match[0], rule.transform), str)
        }
        page = pages()[RuleView(rule).path]
        assert set(re.findall(r"`?\$\{?(?:osquery|investigate)_\d+`?", page)) == {f"`{one}`" for one in missing}, (
            rule.file
        )
        assert not re.search(r"!\{(?:osquery|investigate)\{", page), rule.file


def test_every_table_is_whole():
    for path, page in pages().items():
        tables = Counter(token.type for token in reading.READER.parse(page) if token.type.startswith("table"))
        assert tables["table_open"] == len(re.findall(r"^ *\|(?: ?:?-+:? ?\|)+$", page, re.MULTILINE)), path


def test_no_page_is_longer_than_a_reader_can_use():
    """The longest are those of rules with long guides; of those that list rules, none has more than a few hundred."""
    lists = {path: len(text.encode()) for path, text in pages().items() if not path.startswith("rules/")}
    assert max(lists.values()) < 80_000, max(lists, key=lists.get)
    assert len([path for path in pages() if path.startswith("rules/")]) == 1550
    assert len({spelling(path) for path in pages()}) == len(pages())


def test_every_link_leads_somewhere():
    """Within the pages: to a page, and to a heading of it."""
    site = {page.path for page in docs.render(pack(), REFERENCE).pages}
    anchors = {}
    for path, text in pages().items():
        names = Counter()
        there = anchors.setdefault(path, set())
        for part in reading.parts(text):
            if part.kind == "heading":
                name = anchor(part.text)
                there.add(f"{name}-{names[name]}" if names[name] else name)
                names[name] += 1
    for path, text in pages().items():
        for target in {target for part in reading.parts(text) for target in part.links}:
            if "://" in target or target.startswith("mailto:") or (path.startswith("rules/") and ".toml" in target):
                continue
            file, _, place = target.partition("#")
            found = os.path.normpath(f"{path}/../{unquote(file)}") if file else path
            assert found in site, (path, target)
            if place and path != found and found in anchors:
                assert place in anchors[found], (path, target)


def test_a_second_build_changes_nothing(tmp_path):
    site = docs.render(pack(), REFERENCE)
    assert len(write_pages(site.pages, tmp_path).added) == len(site.pages)
    assert not write_pages(docs.render(pack(), REFERENCE).pages, tmp_path, dry_run=True).stale


def test_the_guides_are_read_as_their_author_wrote_them():
    """The judge is awake: there are lists, quotes, code and headings in the guides."""
    kinds = Counter(
        token.type for rule in pack().rules for token in SOURCE.parse(rule.note or "") if token.nesting >= 0
    )
    assert {"bullet_list_open", "ordered_list_open", "blockquote_open", "fence", "heading_open"} <= set(kinds)
