"""Plain text made Markdown: a reader sees the text, whatever it holds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from docs.reading import READER, codes, parts, plain
from rulepack.docs.markdown import cell, code, fence, label, link, prose, text, ticks, unlike_a_block, visible

# Letters as they come, and plenty of what Markdown, HTML and GitHub make something of.
MARKS = st.sampled_from(
    [
        "`",
        "``",
        "```",
        "*",
        "**",
        "_",
        "__",
        "~",
        "~~",
        "[",
        "]",
        "(",
        ")",
        "](x)",
        "![",
        "<",
        ">",
        "<b>",
        "</b>",
        "<!--",
        "-->",
        "<?",
        "&amp;",
        "&lt",
        "&#60;",
        "&",
        "\\",
        "\\\\",
        "|",
        "||",
        "#",
        "##",
        "-",
        "+",
        "=",
        "==",
        "---",
        "***",
        "1.",
        "2)",
        "$",
        "$$",
        "$x$",
        ":",
        "::",
        "!",
        "!!",
        "{{",
        "}}",
        "{%",
        "%}",
        "http://",
        "https://e.org/a_b*",
        "www.e.org",
        "a@b.org",
        "javascript:",
        "'x'",
        "[a]:",
        "[^1]",
        "](javascript:x)",
        "\xa0",
        "é",
        "é",
        "\u200b",
        "端",
        "😀",
        "²",
        "٣",
        "a_b",
        "_a",
        "a_",
        "\u2028",
        '"',
        "-",
        "[",
        "]",
        ">",
        "|",
        "---",
        "|",
        ":-:",
        "~~~",
        "ATT&CK",
        "acme-*",
        "",
        " ",
        "\t",
        "\n",
        "  ",
    ]
)
TEXTS = st.lists(MARKS | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)).map("".join)
# A parser replaces what is no character.
READABLE = TEXTS.map(lambda value: visible(value.replace("\0", "")))


def folded(value):
    return " ".join(value.split())


def without_code(value):
    """A text without the backticks, which are the marks of code."""
    return folded(value.replace("`", ""))


def alone(markdown, kind):
    """The text of a page that is one block."""
    (part,) = parts(markdown)
    assert part.kind == kind
    return part


@given(READABLE)
@example("`` `a` ``")
@example("a__b__c _d_ __e")
@example("# #")
@example("C #")
@example("1. one")
@example("https://a.org/(b).")
@example("\\`a`")
def test_a_paragraph_shows_just_the_text(value):
    shown = plain(text(value))
    assert without_code(shown) == without_code(value)
    if "`" not in value:
        assert shown == folded(value)


@given(READABLE.filter(lambda value: value.strip()))
@example("Shell #")
@example("####### seven")
def test_a_text_is_one_block_of_its_kind_and_nothing_else(value):
    for before, kind in (("", "text"), ("# ", "heading"), ("- ", "item"), ("> ", "quote")):
        part = alone(before + text(value), kind)
        assert without_code(part.text) == without_code(value)


@given(READABLE)
def test_only_addresses_are_links(value):
    for token in READER.parseInline(text(value))[0].children:
        if token.type == "link_open":
            assert token.attrs["href"].lower().startswith(("http://", "https://"))
        assert token.type in {"text", "text_special", "code_inline", "link_open", "link_close"}


@given(st.lists(READABLE, min_size=1, max_size=4))
@example(["a\\|b", "`x|y`", "\\"])
def test_a_cell_never_breaks_its_row(values):
    row = "| " + " | ".join(cell(text(value)) for value in values) + " |"
    found = parts(f"{'|' * len(values)}|\n{'|-' * len(values)}|\n{row}\n\nafter")
    cells = [part.text for part in found if part.kind == "cell"][len(values) :]
    assert list(map(without_code, cells)) == list(map(without_code, values))
    assert found[-1].text == "after"


@given(st.lists(READABLE, min_size=1, max_size=4))
def test_code_in_a_cell_is_the_text(values):
    row = "| " + " | ".join(cell(code(value)) for value in values) + " |"
    found = parts(f"{'|' * len(values)}|\n{'|-' * len(values)}|\n{row}")
    cells = [part.text for part in found if part.kind == "cell"][len(values) :]
    assert cells == [folded(value) or "(empty)" for value in values]


@given(READABLE.filter(lambda value: value.strip()))
@example("`")
@example("``a`")
@example("` a `")
def test_code_gives_back_the_text(value):
    assert codes(code(value)) == [folded(value)]


def test_nothing_as_code_is_said():
    assert code(" ") == "(empty)"
    assert code("") == "(empty)"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n`~ |")))
@example("```\na\n````")
@example("~~~")
@example("\n\n  a  \n")
def test_a_fence_gives_back_the_text(value):
    found = alone(fence(value, "eql"), "code")
    assert found.text.rstrip("\n") == "\n".join(line.rstrip() for line in value.strip("\n").split("\n")).rstrip("\n")


def test_a_fence_names_the_language():
    assert fence("a", "esql") == "```esql\na\n```"
    assert ticks("a ```` b") == "`````"


@given(READABLE)
def test_the_same_text_gives_the_same_markdown(value):
    assert text(value) == text(value)
    assert "\n" not in text(value)


# --- addresses


@pytest.mark.parametrize(
    ("value", "address", "rest"),
    [
        ("See https://e.org/a.", "https://e.org/a", "."),
        ("(https://e.org/a_(b))", "https://e.org/a_(b)", ")"),
        ("https://e.org/a_b*c|d", "https://e.org/a_b*c|d", ""),
        ("https://e.org/?a=1&copy=2;", "https://e.org/?a=1&copy=2", ";"),
        ("HTTPS://E.org/**", "HTTPS://E.org/", "**"),
        ("https://e.org/\\{x}", "https://e.org/\\{x}", ""),
    ],
)
def test_an_address_is_a_link_without_the_punctuation_around_it(value, address, rest):
    shown = text(value)
    assert f"<{address}>" in shown
    assert len(parts(shown)[0].links) == 1
    assert plain(shown) == value
    assert plain(shown).endswith(f"{address}{rest}")


@pytest.mark.parametrize(
    "address",
    [
        "https://e.org/a",
        "http://e.org/a_b*(c)",
        "https://e.org/x|y",
        "https://e.org/?a=1&copy=2#x",
        "https://e.org/'x'",
    ],
)
def test_a_reference_is_a_link(address):
    shown = link(address)
    assert plain(shown) == address
    assert len(parts(shown)[0].links) == 1


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://e.org/a b",
        "https://e.org/<b>",
        "",
        "e.org",
    ],
)
def test_what_is_no_web_address_is_shown_and_not_linked_as_a_whole(address):
    shown = link(address)
    assert plain(shown) == address
    assert address not in parts(f"x {shown}")[0].links


def test_a_link_can_have_a_label():
    shown = link("https://e.org/a_(b)?x&copy;\\", "a [b] `c`")
    assert plain(shown) == "a [b] c"
    assert parts(shown)[0].links == ("https://e.org/a_%28b%29?x&copy;%5C",)
    assert link("javascript:x", "a") == "a"


# --- sentences


def test_a_link_in_a_sentence_stays_one():
    shown = prose("This is a [building *block*](https://e.org/x_(y)) rule.")
    assert plain(shown) == "This is a building *block* rule."
    assert parts(shown)[0].links == ("https://e.org/x_%28y%29",)


@pytest.mark.parametrize(
    "value", ["[x](javascript:alert(1))", "[x](data:y)", "![x](y)", "[x][y]", "[x]: https", "[<b>](/x)", "[x](//e.org)"]
)
def test_any_other_markup_in_a_sentence_is_text(value):
    assert plain(prose(value)) == value
    assert parts(prose(value))[0].links == ()


@given(READABLE)
def test_a_sentence_without_links_is_a_text(value):
    if "](" not in value:
        assert prose(value) == text(value)


# --- lines


@pytest.mark.parametrize("line", ["# a", "- a", "+", "1. a", "12) a", "===", "---", "> a", "a #", "##"])
def test_a_line_that_looks_like_a_block_is_text(line):
    assert alone(unlike_a_block(line), "text").text == line


@pytest.mark.parametrize("line", ["#a", "-a", "1.5 a", "a # b", "== a", "a"])
def test_any_other_line_stays_as_it_is(line):
    assert unlike_a_block(line) == line


def test_what_turns_the_page_around_or_hides_is_shown():
    name = "safe\u202egnp.exe \u200bzero\ufeff \u2066x\u2069"
    shown = "safe(U+202E)gnp.exe (U+200B)zero(U+FEFF) (U+2066)x(U+2069)"
    assert [way(name) for way in (text, label, prose)] == [shown] * 3
    assert code(name) == f"`{shown}`"
    assert fence(name) == f"```\n{shown}\n```"
    # Scripts that are written from right to left, and signs made of several, stay.
    for other in (
        "\u05e9\u05dc\u05d5\u05dd",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f469\u200d\U0001f4bb",
    ):
        assert text(other) == other
