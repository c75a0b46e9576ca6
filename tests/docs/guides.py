"""Guides to try: Markdown as people write it, and as nobody should."""

import re

from hypothesis import strategies as st

# What a line can begin with, and what it can hold.
BEFORE = [
    "",
    "",
    "",
    "  ",
    "    ",
    "- ",
    "* ",
    "1. ",
    "2) ",
    "3. ",
    "> ",
    ">",
    "   ",
    "- - ",
    "> - ",
    "- > ",
    "\t",
    "-\t",
    "+   ",
]
BEFORE += ["10. ", "      ", "-     ", ">     "]
PIECES = [
    "foo",
    "bar `",
    "`",
    "``",
    "`x`",
    "<b>",
    "<div>",
    "</div>",
    "<!--",
    "-->",
    "<script>",
    "a <img src=x>",
    "<?x",
    "<![CDATA[",
    "[a](",
    "](javascript:alert(1))",
    "[x](data:y)",
    "[x](<vbscript:y>)",
    "[x](java\tscript:y)",
    "[x](&#106;avascript:y)",
    "[x](\\\\host)",
    "[y](https://e.org 't')",
    "[z](<a b>)",
    "[w](https://e.org/(a)b)",
    '"`")',
    "\\",
    "\\`",
    "\\\\",
    "[r]:",
    " javascript:z",
    "&lt;",
    "&#60;",
    "<https://a`b>",
    "<javascript:x>",
    "https://e.org/`",
    "| a | b |",
    "|---|---|",
    "a|b",
    "-|-",
    ":-:",
    "$",
    "$$",
    "$x$",
    "```",
    "~~~",
    "````",
    "```sh",
    "~~~|<t>",
    "===",
    "---",
    "#",
    "## h",
    "### `h` #",
    "######",
    "***",
    "* * *",
    "_x_",
    "**b**",
    "*",
    ":",
    "]",
    "(",
    ")",
    "!",
    "'",
    '"',
    "~",
    "  ",
    "\t",
    "[",
    "![i](",
    "1.",
    "-",
    ">",
    "é",
    "&amp;",
    "\x01",
    "\x02",
    "\x00",
    '<a href="`">',
    "]:",
    "[`]: x",
    "[b]: <c`d> 'e`'",
    "](",
    "$osquery_0",
    "${investigate_0}",
    "$$osquery_0",
    "$osquery_9",
    '!{osquery{"label":"L","query":"select 1"}}',
    '!{osquery{"label":',
    "!{investigate{}}",
    "`$osquery_0`",
    "{{ x }}",
    "{% raw %}",
]
# Where markdown-it is known to differ from CommonMark: what is indented by four or more, tabs, and rows in lists.
_ODD = re.compile(r"^[ >]*(?: {4}|\t|[ >*-]*\t)|^[ >]*(?:[-*+]|\d+[.)])  |^[->*+ 0-9.)]+.*[|]", re.MULTILINE)

_LINE = st.builds(
    lambda before, pieces, gaps: "".join(before) + "".join(map("".join, zip(pieces, gaps, strict=False))),
    st.lists(st.sampled_from(BEFORE), min_size=1, max_size=2),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=5),
    st.lists(st.sampled_from(["", " "]), min_size=5, max_size=5),
)
GUIDES = st.lists(_LINE | st.sampled_from(["", "", ">", "  "]), min_size=1, max_size=9).map("\n".join)


def is_plain(guide: str) -> bool:
    """Whether all readers agree on a guide: nothing odd, no links that are refused, no plugins."""
    return not _ODD.search(guide) and not any(piece in guide for piece in ("](", "]:", "osquery", "investigate"))


# --- guides as people write them: every block is in its place

_WORDS = st.sampled_from(
    [
        "Check the host.",
        "Ask `user.name`",
        "a < b & c",
        "see <Command> here",
        "costs $5 or $6",
        "`a | b`",
        "it's *bold*",
        "_x_ y",
    ]
)


def _item(children):
    return st.builds(lambda words, inner: (words, inner), _WORDS, st.lists(children, max_size=2))


def _indented(text, width):
    return "\n".join(" " * width + line if line else line for line in text.split("\n"))


def _list(marker):
    def show(items):
        return "\n".join(
            marker + words + "".join("\n\n" + _indented(child, len(marker)) for child in inner)
            for words, inner in items
        )

    return show


def _blocks(children):
    return (
        st.lists(_item(children), min_size=1, max_size=3).map(_list("- "))
        | st.lists(_item(children), min_size=1, max_size=3).map(_list("1. "))
        | children.map(lambda text: "\n".join(f"> {line}".rstrip() for line in text.split("\n")))
    )


_LEAVES = (
    _WORDS
    | st.builds(lambda level, words: f"{'#' * level} {words}", st.integers(1, 6), _WORDS)
    | st.sampled_from(
        ["```sh\necho '<b>' `x`\n\n  # no heading\n```", "~~~\n$osquery\n~~~", "    indented <b>", "***", "Under\n---"]
    )
    | st.just("| a | b |\n|---|---|\n| `x` | <b> |")
    | st.just("Two lines\nof text <br>")
)
WELL_FORMED = st.lists(st.recursive(_LEAVES, _blocks, max_leaves=6), min_size=1, max_size=5).map("\n\n".join)
