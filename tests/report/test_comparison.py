"""What differs between two sides, as text, JSON and Markdown."""

import json
import re

import pytest
from markdown_it import MarkdownIt

from rulepack.package.compare import Comparison, FieldChange, Kind, RuleChange
from rulepack.report import comparison as text
from rulepack.report import comparison_json, comparison_markdown

ANSI = re.compile(r"\x1b\[[0-9;]*m")
GUIDE = "## Triage\n\n```\nps\n```\n\nline\n"
HOSTILE = "a | b `c` **d** <script> [e](f) \x1b[31m \u202e ##[error] \n# no heading"


@pytest.fixture
def sample():
    """One of every kind, with every kind of note and value."""
    return Comparison(
        "acme-1.0",
        "the working tree",
        (
            RuleChange(Kind.ADDED, "1", "New rule", "rules/new.toml", None, 1),
            RuleChange(
                Kind.CHANGED,
                "2",
                "Renamed rule",
                "rules/renamed.toml",
                3,
                4,
                (
                    FieldChange("name", "Old name", "Renamed rule"),
                    FieldChange("note", GUIDE, GUIDE.replace("line", "```` line")),
                    FieldChange("query", "process where true", "process where false and\n  not true"),
                    FieldChange("risk_score", 21, 47),
                    FieldChange("tags", None, ["a", "b"]),
                    FieldChange("interval", "5m", None),
                ),
                old_name="Old name",
            ),
            RuleChange(Kind.CHANGED, "3", "Another version alone", "rules/v.toml", 1, 2),
            RuleChange(Kind.DEPRECATED, "4", "Old rule", "rules/old.toml", 7, 8, reason="Too noisy.", replacement="1"),
            RuleChange(Kind.RESTORED, "5", "Back again", "", 2, 2, (FieldChange("severity", "low", "high"),)),
            RuleChange(Kind.REMOVED, "6", "Gone", "rules/gone.toml", 9, None),
        ),
        1200,
        lists=(
            RuleChange(Kind.ADDED, "vpn", "VPN gateways"),
            RuleChange(
                Kind.CHANGED,
                "known-scanners",
                "Known scanners",
                fields=(
                    FieldChange("description", "Scanners.", "Our scanners."),
                    FieldChange("item scanner-1", {"name": "One", "entries": [{"value": "scan-01"}]}, None),
                ),
            ),
        ),
    )


def hostile():
    field = FieldChange(HOSTILE, HOSTILE, "```\n" + HOSTILE)
    return Comparison(
        HOSTILE,
        HOSTILE,
        (RuleChange(Kind.CHANGED, HOSTILE, HOSTILE, HOSTILE, 1, 2, (field,), HOSTILE, HOSTILE, HOSTILE),),
        0,
    )


def test_as_text(golden, sample):
    golden("report/comparison.txt", text.render(sample))


def test_in_colour(golden, sample):
    golden("report/comparison-colour.txt", text.render(sample, colour=True))
    assert ANSI.sub("", text.render(sample, colour=True)) == text.render(sample)


def test_as_json(golden, sample):
    golden("report/comparison.json", comparison_json.render(sample))
    data = json.loads(comparison_json.render(sample))
    assert sum(data["counts"].values()) == len(sample.changes) + sample.same
    assert [one["rule_id"] for one in data["changes"]] == ["1", "2", "3", "4", "5", "6"]


def test_as_markdown(golden, sample):
    golden("report/comparison.md", comparison_markdown.render(sample))


def test_a_list_alone_is_a_difference_too():
    found = Comparison("a", "b", (), 5, lists=(RuleChange(Kind.REMOVED, "l", "List"),))
    assert text.render(found) == (
        "a -> b\n\n  - removed: exception list List\n\nno difference in 5 rules; 1 exception list differs\n"
    )


@pytest.mark.parametrize(
    ("same", "sentence"),
    [(0, "no difference in 0 rules"), (1, "no difference in 1 rule"), (1200, "no difference in 1,200 rules")],
)
def test_no_difference_is_said(same, sentence):
    found = Comparison("a", "b", (), same)
    assert text.render(found) == f"a -> b\n\n{sentence}\n"
    assert comparison_markdown.render(found) == f"### a → b\n\n{sentence}.\n"
    assert json.loads(comparison_json.render(found))["changes"] == []


def test_nothing_in_a_rule_acts_on_a_terminal_or_a_runner():
    shown = text.render(hostile())
    assert shown.isascii() or "\u202e" not in shown
    assert "\x1b" not in shown
    assert "##[" not in shown
    assert "\\x1b[31m" in shown


def kinds(tokens):
    """The types of all tokens, inner ones too, but for plain text."""
    for token in tokens:
        yield token.type
        yield from kinds(token.children or ())


def test_nothing_in_a_rule_acts_on_markdown():
    rendered = comparison_markdown.render(hostile())
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(rendered)
    found = set(kinds(tokens))
    assert not {"link_open", "html_inline", "html_block", "image", "table_open", "em_open"} & found
    headings = [rendered.splitlines()[token.map[0]] for token in tokens if token.type == "heading_open"]
    assert len(headings) == 2
    assert sum(token.type == "fence" for token in tokens) == 1
    (strong,) = [
        one.children[at + 1].content
        for one in tokens
        for at, each in enumerate(one.children or ())
        if each.type == "strong_open"
    ]
    assert strong.startswith("a | b `c` **d** <script>")


def test_a_fence_is_longer_than_any_in_the_value(sample):
    tokens = MarkdownIt().parse(comparison_markdown.render(sample))
    fences = [token for token in tokens if token.type == "fence"]
    assert [token.info for token in fences] == ["diff", "diff"]
    assert any("```` line" in token.content for token in fences)


def test_a_value_that_is_too_long_is_cut():
    fields = (FieldChange("note", "\n".join(map(str, range(3000))), "\n".join(map(str, range(3000, 6000)))),)
    found = Comparison("a", "b", (RuleChange(Kind.CHANGED, "1", "x" * 1000, "", 1, 2, fields),), 0)
    assert len(text.render(found)) < 5000
    assert len(comparison_markdown.render(found)) < 5000


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [(None, None, ""), (1, None, "version 1"), (None, 2, "version 2"), (2, 2, "version 2"), (3, 2, "version 3 -> 2")],
)
def test_versions_in_words(old, new, said):
    assert text.versions(RuleChange(Kind.CHANGED, "1", "n", "", old, new)) == said
