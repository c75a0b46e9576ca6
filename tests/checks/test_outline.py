"""Headings and code of a guide: for any text, places inside it, and the same headings as a Markdown parser finds."""

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rulepack.checks.outline import is_code, outline, repeated, skipped_levels

PIECES = st.sampled_from(
    [
        "# A",
        "## B",
        "### C ##",
        "#### ",
        "##D",
        "```",
        "````",
        "~~~",
        "```sql",
        "text",
        "",
        "`code`",
        "`a",
        "    # in",
        "#",
    ]
)


@given(st.text("#`~ -*>1.\n\tab[](:/h", max_size=200))
def test_any_text_has_an_outline_inside_of_it(text):
    found = outline(text)
    places = [(one.start, one.end) for one in found.headings]
    places += [*found.code, *found.glued, *((found.open_fence,) if found.open_fence else ())]
    for start, end in places:
        assert 0 <= start <= end <= len(text) + 1
    for position in range(len(text)):
        is_code(text, position)
    list(skipped_levels(found.headings))
    list(repeated(found.headings))


@given(st.lists(PIECES, max_size=12))
def test_headings_are_those_of_markdown(lines):
    # With blank lines between, no line goes on with the one before.
    text = "\n\n".join(lines)
    tokens = MarkdownIt("commonmark").parse(text)
    expected = [
        (int(token.tag[1]), tokens[number + 1].content)
        for number, token in enumerate(tokens)
        if token.type == "heading_open"
    ]
    assert [(one.level, one.title) for one in outline(text).headings] == expected
