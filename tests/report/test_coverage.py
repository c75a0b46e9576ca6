"""Coverage and its changes as text, Markdown and JSON; also of names that act on whoever shows them."""

import dataclasses
import json
import re

import pytest
from docs.test_coverage import RULES, brief, table, technique
from markdown_it import MarkdownIt

from rulepack.docs.coverage import Coverage
from rulepack.docs.coverage_compare import compare
from rulepack.docs.coverage_wanted import part
from rulepack.reference import Attack
from rulepack.report import coverage, coverage_json, coverage_markdown
from rulepack.report.plain import width

ANSI = re.compile(r"\x1b\[[0-9;]*m")
ATTACK = Attack.of(
    (table("17.0", technique("T0400", "A long name " * 20, "TA0001"), technique("T0500", "Alone", "TA0001")),)
)
COVERAGE = Coverage.of(RULES, ATTACK)
BEFORE = Coverage.of([RULES[0], RULES[1], brief("f", ("TA0001", {"T0100": []}))], ATTACK)
CHANGE = compare(BEFORE, COVERAGE)
EVIL = "x \x1b[31m | `y` <b> \u202e ##[error] \n# z"
HOSTILE = Coverage.of(
    [brief("a", ("TA0001", {"T0100": []}))],
    Attack.of([dataclasses.replace(ATTACK.tables[0], techniques=(technique("T0100", EVIL, "TA0001"),))]),
)


def test_as_text(golden):
    golden("report/coverage.txt", coverage.render(COVERAGE, 5))


def test_with_what_is_not_covered(golden):
    golden("report/coverage-every.txt", coverage.render(part(COVERAGE, ["TA0001", "TA0002"]), 5, every=True, width=60))


def test_changes_as_text(golden):
    golden("report/coverage-changes.txt", coverage.render_changes(CHANGE, "v1", "v2", 5))


def test_as_markdown(golden):
    golden("report/coverage.md", coverage_markdown.render(COVERAGE, 5))
    golden("report/coverage-changes.md", coverage_markdown.render_changes(CHANGE, "v1", "v2", 5))


def test_changes_as_json(golden):
    golden("report/coverage-changes.json", coverage_json.render_changes(CHANGE, "v1", "v2"))


def test_every_change_is_one_of_three():
    groups = (CHANGE.gained, CHANGE.lost, CHANGE.counts)
    assert [[one.technique.id for one in group] for group in groups] == [
        ["T0200.002", "T0300"],
        ["T0100"],
        ["T0200", "T0200.001"],
    ]
    assert sum(map(len, groups)) == len(CHANGE.changes)
    assert compare(COVERAGE, COVERAGE).changes == ()
    assert "no difference" in coverage.render_changes(compare(COVERAGE, COVERAGE), "a", "b", 5)


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
@pytest.mark.parametrize("every", [False, True])
def test_lines_fit(columns, every):
    text = coverage.render(COVERAGE, 5, every=every, width=columns)
    assert max(width(line) for line in text.splitlines()) <= columns


def test_colours_change_nothing_else():
    coloured = coverage.render(COVERAGE, 5, colour=True)
    assert "\x1b[" in coloured
    assert ANSI.sub("", coloured) == coverage.render(COVERAGE, 5)
    changes = coverage.render_changes(CHANGE, "v1", "v2", 5, colour=True)
    assert ANSI.sub("", changes) == coverage.render_changes(CHANGE, "v1", "v2", 5)


def test_names_act_on_nobody():
    change = compare(Coverage.of([], Attack.of(ATTACK.tables), "17.0"), HOSTILE)
    texts = (
        coverage.render(HOSTILE, 1),
        coverage.render_changes(change, EVIL, "b", 1),
        coverage_json.render_changes(change, EVIL, "b"),
    )
    for text in texts:
        assert not set(text) & {"\x1b", "\u202e"}
        assert "##[" not in text or json.loads(text)
    for text in (coverage_markdown.render(HOSTILE, 1), coverage_markdown.render_changes(change, EVIL, "b", 1)):
        assert not set(text) & {"\x1b", "\u202e"}
        html = MarkdownIt("commonmark").enable("table").render(text)
        assert "<b>" not in html
        assert "<h1>" not in html
        assert "<code>" not in html
