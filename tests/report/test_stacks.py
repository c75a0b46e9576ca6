"""The table of rules and stack versions, as text, Markdown and JSON."""

import json
import re

import pytest
from markdown_it import MarkdownIt

from rulepack.fit import Fit, Standing
from rulepack.package.manifest import PackagedRule
from rulepack.report import stacks
from rulepack.report.plain import width
from rulepack.stack import SERVERLESS, StackVersion

STACK = (StackVersion(8, 7), StackVersion(8, 19), SERVERLESS)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def rule(name, *fits):
    made = tuple(Fit(stack, *more) for stack, more in zip(STACK, fits, strict=True))
    return PackagedRule(name, name, "eql", f"rules/{name}.toml", "1:0", fits=made)


OUT = (Standing.LEFT_OUT, (), ("alert_suppression needs stack 8.8", "more than 3 threshold fields need stack 9.2"))
NOTED = (Standing.LEFT_OUT, (), ("min_stack_version is 9.0: for new fields",), True)
REDUCED = (Standing.REDUCED, ("setup", "investigation_fields"), ("investigation_fields needs stack 8.11",))
RULES = (
    rule("Whole", (), (), ()),
    rule("Left out once", OUT, (), ()),
    rule("As it should be", NOTED, NOTED, ()),
    rule("端末 reduced", REDUCED, (), ()),
)
HOSTILE = (rule("a | b\n# c \x1b[31m <b>" + "x" * 200, (Standing.LEFT_OUT, (), ("| `d` \u202e" * 50,)), (), ()),)


def test_as_text(golden):
    golden("report/stacks.txt", stacks.render(RULES, STACK, every=False))


def test_all_of_it(golden):
    golden("report/stacks-all.txt", stacks.render(RULES, STACK, every=True))


def test_in_colour(golden):
    shown = stacks.render(RULES, STACK, every=True, colour=True)
    golden("report/stacks-colour.txt", shown)
    assert ANSI.sub("", shown) == stacks.render(RULES, STACK, every=True)


def test_as_markdown(golden):
    golden("report/stacks.md", stacks.render_markdown(RULES, STACK, every=False))


def test_as_json(golden):
    shown = stacks.render_json(RULES, STACK)
    golden("report/stacks.json", shown)
    assert [one["name"] for one in json.loads(shown)["rules"]] == [one.name for one in RULES]


@pytest.mark.parametrize("every", [True, False])
def test_no_rule_and_no_trouble(every):
    shown = stacks.render((), STACK, every=every)
    assert shown == "       8.7  no rule\n      8.19  no rule\nserverless  no rule\n"
    whole = stacks.render(RULES[:1], STACK, every=False)
    assert whole == "       8.7  1 full\n      8.19  1 full\nserverless  1 full\n"


def test_columns_stand_under_their_heads():
    head, *lines = stacks.render(RULES, STACK, every=True).splitlines()
    assert head.endswith("8.7        8.19  serverless")
    rows = [line for line in lines if line.endswith("        full") and line.startswith("  ")]
    assert len(rows) == 4
    assert {width(line) for line in rows} == {len(head)}


def test_nothing_in_a_rule_acts_on_a_terminal():
    shown = stacks.render(HOSTILE, STACK, every=False)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_cell_is_a_cell_whatever_is_in_it():
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(stacks.render_markdown(HOSTILE, STACK, every=False))
    assert sum(token.type == "tr_open" for token in tokens) == 2
    assert sum(token.type == "td_open" for token in tokens) == 5
    assert not any(token.type in {"html_block", "heading_open"} for token in tokens[3:])
