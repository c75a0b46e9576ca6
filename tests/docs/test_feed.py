"""The Atom feed: valid whatever rules hold, with ids that stay and links that lead somewhere."""

import dataclasses
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from support.locks import DAY, LATER, put, rule_id, rule_text, update
from support.samples import ROOT

from docs.test_coverage import brief
from rulepack.docs.briefs import read_briefs
from rulepack.docs.changes import KINDS, Change, changes
from rulepack.docs.feed import entry_id, feed
from rulepack.lock.store import read_lock

GRAMMAR = etree.RelaxNG(etree.parse(ROOT / "tests" / "data" / "docs" / "atom.rng"))
ATOM = "{http://www.w3.org/2005/Atom}"
RULE_ID = "6e0f6d6e-9a6c-4f3b-9e0f-0b6b7a0e7c11"


def checked(text):
    """A feed that is valid, and keeps what the RFC says besides its schema."""
    root = etree.fromstring(text.encode())
    assert GRAMMAR.validate(root), GRAMMAR.error_log
    ids = [one.text for one in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    assert all(UUID(one).urn == one for one in ids)
    assert root.find(f"{ATOM}author") is not None
    for entry in root.iter(f"{ATOM}entry"):
        assert entry.find(f"{ATOM}content") is not None or entry.find(f"{ATOM}link") is not None
    days = [one.text for one in root.iter(f"{ATOM}updated")]
    assert days[0] == max(days)
    return root


def change(kind="changed", **how):
    values = {"date": DAY, "kind": kind, "rule_id": RULE_ID, "name": "A rule", "path": "rules/a-rule", "version": 2}
    return Change(**{**values, **how})


def hrefs(root):
    return [one.get("href") for one in root.iter() if one.get("href")]


def titles(root):
    return [one.text for one in root.iterfind(f"{ATOM}entry/{ATOM}title")]


@pytest.fixture
def found(tmp_path):
    """Changes of every kind."""
    project = put(tmp_path, {number: rule_text(number) for number in (1, 2, 3)})
    update(project, DAY)
    old = rule_text(1, reason="Too <noisy> & old.").replace(
        "deprecated_reason", f'replacement = "{rule_id(2)}"\ndeprecated_reason'
    )
    put(project.root, {1: old, 3: rule_text(3, reason="Old.")})
    update(project, LATER)
    (project.root / "rules" / "rule_3.toml").unlink()
    put(project.root, {2: rule_text(2, category="file")})
    update(project, "2026-03-31")
    return changes(read_briefs(project).every, read_lock(project))


def test_a_feed_as_it_is_written(found, golden):
    text = feed(found, title="acme")
    assert {one.kind for one in found} == set(KINDS)
    checked(text)
    golden("docs/feed.xml", text)


def test_an_empty_pack_has_a_feed():
    root = checked(feed((), title="acme"))
    assert root.find(f"{ATOM}updated").text == "1970-01-01T00:00:00Z"
    checked(feed((), title=""))


def test_what_is_no_feed_is_refused():
    text = feed([change()], title="acme")
    for before, after in (
        ("<id>", "<identity>"),
        ("<updated>2026-01-31T00:00:00Z</updated>\n<link", "<link"),
        ('<title type="text">', '<title type="markdown">'),
        ("T00:00:00Z", ""),
        ('<category term="changed"/>', "<category/>"),
        ("<div ", "<p "),
        ("<author><name>acme</name></author>", "<author/>"),
        ('href="feed.xml"', 'to="feed.xml"'),
    ):
        broken = text.replace(before, after)
        for tag in ("id", "div"):
            if before.startswith(f"<{tag}"):
                broken = broken.replace(f"</{tag}>", f"</{after[1:].strip('> ')}>")
        assert broken != text, before
        assert not GRAMMAR.validate(etree.fromstring(broken.encode())), before


def test_links_lead_to_pages():
    assert hrefs(checked(feed([change()], title="acme"))) == ["feed.xml", "./", "rules/a-rule.html"]
    assert hrefs(checked(feed([change()], title="acme", suffix=".md", home="index.md"))) == [
        "feed.xml",
        "index.md",
        "rules/a-rule.md",
    ]
    for site_url in ("https://example.org/a", "https://example.org/a/"):
        root = checked(feed([change(path="rules/größe")], title="acme", site_url=site_url))
        assert hrefs(root) == [
            "https://example.org/a/feed.xml",
            "https://example.org/a/",
            "https://example.org/a/rules/gr%C3%B6%C3%9Fe.html",
        ]
    root = checked(feed([], title="acme", site_url="https://ex\u00e4mple.org/{a}?b&c"))
    assert hrefs(root)[1] == "https://ex%C3%A4mple.org/%7Ba%7D?b&c/"
    assert hrefs(checked(feed([change(kind="removed", path="")], title="acme"))) == ["feed.xml", "./"]


def test_only_the_newest_are_there():
    many = [change(version=number) for number in range(300, 0, -1)]
    assert len(titles(checked(feed(many, title="acme")))) == 100
    assert titles(checked(feed(many, title="acme", most=2))) == [
        "Changed: A rule (version 300)",
        "Changed: A rule (version 299)",
    ]


def test_an_id_stays_whatever_the_rule_is_called():
    first = entry_id(change())
    # Readers have seen it: another would show them all entries once more.
    assert first == "urn:uuid:9e4a36b9-e105-56ee-a4a7-f84065610c82"
    assert entry_id(change(name="Other", path="rules/other", fields=("query",), date=LATER)) == first
    assert entry_id(change(rule_id=RULE_ID.upper())) == first
    others = [
        change(version=3),
        change(stack="8.19"),
        change(kind="new"),
        change(kind="deprecated"),
        change(kind="removed"),
        change(rule_id="no uuid"),
        change(locked=False),
    ]
    assert len({first, *map(entry_id, others)}) == 8
    assert entry_id(change(kind="new", date=LATER, version=None)) == entry_id(change(kind="new"))


def test_two_files_with_one_id_are_one_entry():
    assert len(titles(checked(feed([change(), change(name="Copy")], title="acme")))) == 1


@pytest.mark.parametrize("rule", ["not a uuid", "../../x", "<id>", "\x00", "端末", "'"])
def test_an_id_of_a_rule_may_be_anything(rule):
    checked(feed([change(rule_id=rule)], title="acme"))


def test_rules_are_text():
    hostile = '<script>alert(1)</script> & ]]> "x" \x1b\x00\ufffe\U0001f600'
    rule = dataclasses.replace(brief("x"), name=hostile, description=hostile)
    one = change(
        kind="deprecated", name=hostile, reason=hostile, fields=(hostile,), stack=hostile, brief=rule, replaced_by=rule
    )
    text = feed([one, dataclasses.replace(one, kind="changed")], title=hostile)
    root = checked(text)
    assert titles(root)[0].startswith('Deprecated: <script>alert(1)</script> & ]]> "x" \ufffd\ufffd\ufffd\U0001f600')
    assert "<script" not in text


@given(st.text(), st.text(), st.sampled_from(KINDS))
def test_any_text_gives_a_feed(name, reason, kind):
    one = change(kind=kind, name=name, reason=reason, rule_id=name, replacement=reason, path=f"rules/{name}")
    root = checked(feed([one], title=reason))
    assert len(titles(root)) == 1


def test_it_says_what_changed(found):
    text = feed(found, title="acme")
    assert "<p>Changed: <code>query</code>.</p>" in text
    assert '<p>Too &lt;noisy&gt; &amp; old.</p><p>Use <a href="rules/sample-2.html">Sample 2</a> instead.</p>' in text
