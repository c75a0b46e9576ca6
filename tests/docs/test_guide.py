"""Guides as part of a page: their structure is kept, and nothing in them does harm."""

import re
import time

import pytest
from hypothesis import assume, example, given
from markdown_it import MarkdownIt

from docs import reading
from docs.guides import GUIDES, WELL_FORMED, is_plain
from rulepack.docs.guide import DEEPEST, render
from rulepack.emit import NO_PLUGINS
from rulepack.rule.transform import Investigate, Osquery, Provider, Transform

HARMFUL = re.compile(r"\s*(?:javascript|data|vbscript|file):|\\\\", re.IGNORECASE)
# A guide's HTML is text to its author, and a link that is not to a web address is none.
SOURCE = reading.reader(html=False)
PLUGINS = Transform(
    osquery=(
        Osquery(label="Osquery - Retrieve DNS Cache", query="SELECT *\nFROM dns_cache -- `x`\n", ecs_mapping=None),
        Osquery(
            label="Services | <b>",
            query="SELECT 1",
            ecs_mapping={"host.name": {"field": "name"}, "tags": {"value": ["a", "b"]}},
        ),
    ),
    investigate=(
        Investigate(
            label="Who",
            description="Shows *who*.",
            providers=(
                (
                    Provider(
                        excluded=False, field="user.id", queryType="phrase", value="{{user.id}}", valueType="string"
                    ),
                ),
            ),
            relativeFrom="now-1h",
            relativeTo="now",
        ),
        Investigate(
            label="Ports",
            providers=(
                (Provider(excluded=True, field="a|b", queryType="phrase", value="x", valueType="string"),),
                (Provider(excluded=True, field="port", queryType="range", value='{"gte":1}', valueType="number"),),
            ),
        ),
    ),
)


def shown(guide, transform=NO_PLUGINS, **named):
    return render(guide, transform, **named)


def levels(structure):
    return [one[1] for one in structure if one[0] == "heading_open"]


# --- structure


def same(guide, page, top):
    """The structure of a guide with its headings moved below `top`, and the structure of what was made of it."""
    before = reading.structure(guide.strip("\n"), SOURCE)
    used = sorted(set(levels(before)))
    moved = {tag: f"h{min(DEEPEST, top + number)}" for number, tag in enumerate(used)}
    return [(kind, moved.get(value, value)) for kind, value in before], reading.structure(page)


@given(WELL_FORMED)
def test_a_guide_keeps_its_structure(guide):
    before, after = same(guide, shown(guide), 3)
    assert after == before
    assert all(int(level[1]) >= 3 for level in levels(after))


@given(GUIDES)
@example("> a\n> ===\nb\n---\n  c")
@example("- `a\n  <b>` c")
@example("`a\n<div>` b")
@example("1. a\n   ```\n   <b>\n<b>")
@example("a\n2. b\n- c")
@example("| a |\n|---|\n| `x|y` |\n- z")
def test_whatever_a_guide_is_its_structure_stays(guide):
    assume(is_plain(guide) and not re.search("[\x00-\x02]", guide))
    before, after = same(guide, shown(guide, top=1), 1)
    assert after == before


@given(GUIDES)
@example("`\n` <img src=x> `")
@example("[a](b '`') <img> `")
@example("[foo`]: javascript:x '`'\n\n[foo`]")
@example("~~~|<t>\n-|-")
@example("-\t```<v>|b\n-|-")
@example("> ```\n<script>")
@example("<!--\n\n-->")
def test_a_guide_has_no_html_and_no_link_that_runs_something(guide):
    for transform in (NO_PLUGINS, PLUGINS):
        for token in reading.READER.parse(shown(guide, transform) + "\n\n## Next"):
            assert token.type != "html_block", token.content
            for child in token.children or ():
                assert child.type != "html_inline", child.content
                target = str(child.attrs.get("href") or child.attrs.get("src") or "")
                assert not HARMFUL.match(target), target


@given(GUIDES | WELL_FORMED)
@example("```\nnot closed")
@example("> - ~~~~\n>   not closed")
def test_what_follows_a_guide_is_not_drawn_into_it(guide):
    for transform in (NO_PLUGINS, PLUGINS):
        found = reading.structure(f"## Guide\n\n{shown(guide, transform)}\n\n## Next\n\n```eql\nquery\n```")
        assert found[-4:] == [("heading_open", "h2"), ("words", "Next"), ("heading_close", "h2"), ("code", "query")]


@given(GUIDES)
def test_a_guide_that_was_rendered_can_be_rendered_again(guide):
    assume(is_plain(guide))
    once = shown(guide)
    assert reading.structure(shown(once)) == reading.structure(once)


@given(WELL_FORMED)
def test_code_stays_as_it_is(guide):
    def code(markdown, parser):
        return [token.content for token in parser.parse(markdown) if token.type in {"fence", "code_block"}]

    assert code(shown(guide), reading.READER) == code(guide, SOURCE)


# --- headings


def test_headings_are_below_those_of_the_page():
    guide = "## Triage\n\n### Steps\n\ntext\n\n##### Deep\n\nSetext\n===\n"
    assert levels(reading.structure(shown(guide))) == ["h4", "h5", "h6", "h3"]
    assert shown("# A\n## B\n### C\n#### D\n##### E\n###### F").endswith("###### D\n###### E\n###### F")


def test_a_heading_that_is_the_pages_own_is_left_out():
    assert shown("\n## Setup ##\n\nDo it.", title="Setup") == "Do it."
    assert shown("Setup\n---\nDo it.", title="Setup") == "Do it."
    assert shown("## Setup", title="Setup") == ""
    assert shown("## Set up\n", title="Setup") == "### Set up"
    assert shown("Text\n## Setup", title="Setup") == "Text\n### Setup"
    assert shown("", title="Setup") == ""


def test_a_heading_of_several_lines_is_one():
    assert shown("One\ntwo #\n---\nText") == "### One two \\#\nText"
    assert shown("# a # ##") == "### a \\#"
    assert shown("#") == "###"


# --- what is repaired


def test_a_list_right_below_a_paragraph_is_set_off():
    assert shown("These:\n- a\n- b\nmore\n- c") == "These:\n\n- a\n- b\n  more\n- c"
    assert shown("- a\n  - b") == "- a\n  - b"
    assert shown("> a\n- b") == "> a\n- b"


def test_a_line_that_hangs_below_an_item_is_put_into_it():
    assert shown("> quote\nlazy\n\n1. a\n    b\nc") == "> quote\n> lazy\n\n1. a\n   b\n   c"


def test_indented_code_becomes_a_fenced_block():
    assert shown("text\n\n    a `b`\n\n      c\n\nmore") == "text\n\n```\na `b`\n\n  c\n```\n\nmore"
    assert shown("-     a\n\n      ```\n") == "- ````\n  a\n\n  ```\n  ````"


def test_formulas_are_text():
    assert shown("costs $5 and $x$, `$HOME`") == "costs \\$5 and \\$x\\$, `$HOME`"


def test_braces_of_templates_stay():
    assert shown("{{ user.name }} and {% raw %} {# x #}") == "{{ user.name }} and {% raw %} {# x #}"


# --- plugins


def test_a_plugin_is_a_titled_block():
    page = shown("- Look:\n  - $osquery_0\n  - ${osquery_1}\n\n$investigate_0\n\n$investigate_1", PLUGINS)
    assert [part.text for part in reading.parts(page) if part.kind in {"item", "text", "code"}] == [
        "Look:",
        "Osquery: Retrieve DNS Cache",
        "SELECT *\nFROM dns_cache -- `x`",
        "Osquery: Services | <b>",
        "SELECT 1",
        "Investigate: Who",
        "Shows *who*.",
        "Time range: from now-1h to now",
        "Investigate: Ports",
        "Events that meet all conditions of any group:",
    ]
    cells = [part.text for part in reading.parts(page) if part.kind == "cell"]
    assert cells[2:6] == ["host.name", "name", "tags", "a, b"]
    assert cells[6:12] == ["Field", "Condition", "Value", "user.id", "is", "{{user.id}}"]
    assert cells[12:] == [
        "Group",
        "Field",
        "Condition",
        "Value",
        "1",
        "a|b",
        "is not",
        "x",
        "2",
        "port",
        "is not in",
        '{"gte":1}',
    ]


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("See $investigate_0", "See **Investigate: Who**"),
        ("See it. $investigate_0", "See it."),
        ("See $investigate_0, then", "See **Investigate: Who**, then"),
        ("See $investigate_0 $osquery_0", "See **Investigate: Who** **Osquery: Retrieve DNS Cache**"),
        ("`$investigate_0`", "**Investigate: Who**"),
        ("## $investigate_0 x", "### **Investigate: Who** x"),
        ("> $investigate_0", "> **Investigate: Who**"),
        ("1. a\n   $investigate_0", "1. a"),
    ],
)
def test_the_words_around_a_plugin_stay(line, first):
    page = shown(f"{line}\nmore", PLUGINS)
    assert page.split("\n")[0] == first
    assert len(re.findall(r"`user\.id`", page)) == 1
    found = reading.structure(page)
    assert ("words", "more") in found
    assert found.count(("table_open", "table")) == 1


def test_a_plugin_in_a_table_comes_below_it():
    page = shown("| a |\n|---|\n| $osquery_0 |\n| b |", PLUGINS)
    assert page.startswith("| a |\n|---|\n| **Osquery: Retrieve DNS Cache** |\n| b |\n\n**Osquery")


def test_the_name_of_a_plugin_does_not_break_a_tables_row():
    page = shown("| a | b |\n|---|---|\n| $osquery_1 | x |", PLUGINS)
    assert [part.text for part in reading.parts(page) if part.kind == "cell"][2:4] == ["Osquery: Services | <b>", "x"]


def test_a_plugin_that_is_written_out_is_a_block_too():
    page = shown('- !{osquery{"label":"L","query":"select \'}}\'"}}', NO_PLUGINS)
    assert page == "- **Osquery: L**\n\n  ```sql\n  select '}}'\n  ```"


@pytest.mark.parametrize(
    ("guide", "expected"),
    [
        ("- $osquery_7", "- `$osquery_7`"),
        ("$investigate_0 x", "`$investigate_0` x"),
        ("`$osquery_7` x", "`$osquery_7` x"),
        ('!{osquery{"label":1}}', '`!{osquery{"label":1}}`'),
        ("!{osquery{nothing}}", "!{osquery{nothing}}"),
        ("!{investigate{" + "[" * 100_000, "!{investigate{" + "[" * 100_000),
        (
            f'!{{osquery{{"ecs_mapping":{"[" * 800 + "]" * 800}}}}}',
            f'`!{{osquery{{"ecs_mapping":{"[" * 800 + "]" * 800}}}}}`',
        ),
        ("$$osquery_0", "\\$\\$osquery\\_0"),
    ],
)
def test_what_is_no_plugin_is_shown_as_it_stands(guide, expected):
    assert shown(guide).replace("\\_", "_") == expected.replace("\\_", "_")


def test_two_dollar_signs_are_one_where_there_are_plugins():
    assert shown("$$osquery_0", PLUGINS) == "\\$osquery_0"


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "```\ncode\n",
        "~~~\n",
        "[a](",
        "](",
        '!{osquery{"a":',
        "$osquery_0 ",
        "`",
        "` ``",
        "- a\n  - b\n",
        "> ",
        "|-|\n",
        "<b>",
    ],
)
def test_a_very_long_guide_takes_time_in_proportion(unit):
    """Twice as long takes about twice the time: what takes the square of it would take four times."""

    def taken(length):
        text = unit * (length // len(unit))
        start = time.process_time()
        render(text, NO_PLUGINS)
        return time.process_time() - start

    short, long = (min(taken(length) for _ in range(2)) for length in (200_000, 800_000))
    assert long <= 9 * short + 0.1


@pytest.mark.parametrize("fence", ["```", "~~~~", "````text", "- ```", "> ```", "1. ~~~"])
def test_a_fence_that_is_left_open_does_not_take_the_rest_of_the_page(fence):
    page = render(f"Before\n\n{fence}\ncode <b>", NO_PLUGINS) + "\n\n## After\n"
    tokens = MarkdownIt("commonmark").parse(page)
    assert [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"] == ["After"]
