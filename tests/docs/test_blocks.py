"""What each line of Markdown is, and what it is in."""

import pytest
from hypothesis import given

from docs.guides import GUIDES
from rulepack.docs.blocks import as_text, blocks, cells, is_delimiter


def outline(markdown):
    """Kind, what further lines need before them, and the lines' own texts, of each block."""
    return [(block.kind, block.inner, *(line for _, line in block.lines)) for block in blocks(markdown)]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# a #\nb\nc", [("heading", "", "a"), ("text", "", "b", "c")]),
        ("a\nb\n---\n***", [("heading", "", "a b"), ("break", "", "***")]),
        ("- a\n  b\n\n  c\n- d", "item"),
        ("> a\nb", [("text", "> ", "a", "b")]),
        ("> a\n- b", [("text", "> ", "a"), ("text", "  ", "b")]),
        ("1. > a\n   > # b", [("text", "   > ", "a"), ("heading", "   > ", "b")]),
        ("```\n- a\n```\nb", [("fenced", "", "```", "- a", "```"), ("text", "", "b")]),
        ("- ~~~\n  a\nb", [("fenced", "  ", "- ~~~", "  a"), ("text", "", "b")]),
        ("a\n    b\n\n    c", [("text", "", "a", "b"), ("blank", "", ""), ("indented", "", "c")]),
        ("-\n\n  a", [("blank", "  ", "-"), ("blank", "", ""), ("text", "", "a")]),
        ("-\n  a", [("blank", "  ", "-"), ("text", "  ", "a")]),
        ("a\n2. b", [("text", "", "a", "2. b")]),
        ("a\n1. b", [("text", "", "a"), ("text", "   ", "b")]),
        ("a\n-", [("heading", "", "a")]),
        ("a\n*", [("text", "", "a", "*")]),
        (
            "\ta\n-\tb\n\n\tc",
            [("indented", "", "a"), ("text", "    ", "b"), ("blank", "    ", ""), ("text", "    ", "c")],
        ),
        ("a\n| b |\n|---|\n| c |\nd", [("text", "", "a"), ("table", "", "| b |", "|---|", "| c |", "d")]),
        ("| a | b |\n|---|", [("text", "", "| a | b |", "|---|")]),
        ("| a |\n|---|\n- b", [("table", "", "| a |", "|---|"), ("text", "  ", "b")]),
        ("<div>\n# a", [("text", "", "<div>"), ("heading", "", "a")]),
        ("", [("blank", "", "")]),
    ],
)
def test_lines_are_what_commonmark_says(markdown, expected):
    if expected == "item":
        expected = [("text", "  ", "a", "b"), ("blank", "  ", ""), ("text", "  ", "c"), ("text", "  ", "d")]
    assert outline(markdown) == expected


def test_a_list_below_a_paragraph_is_known():
    assert [block.glued for block in blocks("a\n- b\n- c\n\nd\n\n- e\n> f\n- g")] == [
        False, True, False, False, False, False, False, False, False,
    ]  # fmt: skip


def test_code_that_is_not_closed_is_known():
    assert [block.unclosed for block in blocks("```\na\n```\n\n~~~~ x\nb\n~~~")] == ["", "", "~~~~"]


@given(GUIDES)
def test_no_line_is_lost_and_none_invented(guide):
    """But for underlines of headings, and the white space and closing marks of headings and code."""
    found = [line for block in blocks(guide) for _, line in block.lines]
    for line in found:
        words = line.split()
        assert all(word in guide for word in words), line
    assert len(found) <= guide.count("\n") + 1


@pytest.mark.parametrize("line", ["|---|", "--|--", ":-:", "| :-- | --: |", "-|-", "|-"])
def test_a_line_below_a_tables_header_is_known(line):
    assert is_delimiter(line)
    assert as_text(line) == f"\\{line}"


@pytest.mark.parametrize("line", ["---", "a|-", "|a|", "", "- a | b", "| |"])
def test_any_other_line_is_none(line):
    assert not is_delimiter(line)


def test_a_bar_with_a_backslash_is_in_its_cell():
    assert cells(r"| a \| b | c |") == ["", r" a \| b ", " c ", ""]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("12. a", "12\\. a"),
        ("===", "\\==="),
        ("- - -", "\\- - -"),
        ("~~~", "\\~~~"),
        ("[a]: b", "\\[a]: b"),
        ("> a", "\\> a"),
        ("a # b", "a # b"),
        ("1.5", "1.5"),
        ("[a](b)", "[a](b)"),
    ],
)
def test_a_line_can_be_kept_text(line, expected):
    assert as_text(line) == expected


def test_what_is_nested_too_deep_is_text():
    (block,) = blocks(">" * 50_000 + "# <b>")
    assert block.kind == "text"
    assert block.inner == "> " * 100
    assert len(blocks("- " * 50_000 + "a\n" + "> " * 10_000 + "b")) == 2
