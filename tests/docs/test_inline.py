"""Paragraphs of foreign Markdown, disarmed."""

import pytest

from rulepack.docs.inline import JOINED, PLUGIN, disarm


@pytest.mark.parametrize(
    "paragraph",
    [
        "Nothing to see, *but* _this_ & that.",
        "`a < b` and `` c ` <d> ``",
        "a < b, a <= b, <3",
        "[a](https://e.org/a_(b)?c=d&e#f)",
        '[a](https://e.org "title")',
        "[a](#b) [a](b/c.md) [a](/b) [a](mailto:a@b.org) ![a](https://e.org/a.png)",
        "<https://e.org/a`b> <mailto:a@b.org>",
        "https://e.org/$a_b*c|d",
        "[a][b] [c] \\[d\\]",
        "[a]: https://e.org",
        "\\$5 \\<b> \\`",
    ],
)
def test_what_does_no_harm_stays(paragraph):
    assert disarm(paragraph) == paragraph


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("<b>", "&lt;b>"),
        ("</b> <!-- --> <?x <javascript:y>", "&lt;/b> &lt;!-- --> &lt;?x &lt;javascript:y>"),
        ("a ` <b>", "a \\` &lt;b>"),
        ("``a` <b>`", "\\`\\`a` <b>`"),
        ("\\`<b>`", "\\`&lt;b>\\`"),
        ("<https://a`b> <i> `", "<https://a`b> &lt;i> \\`"),
        ("$x$ and `$HOME`", "\\$x\\$ and `$HOME`"),
        ("[a](javascript:b)", "[a\\](javascript:b)"),
        ("[a](JaVaScRiPt:b)", "[a\\](JaVaScRiPt:b)"),
        ("[a]( <javascript:b>)", "[a\\]( &lt;javascript:b>)"),
        ("[a](&#106;avascript:b)", "[a\\](&#106;avascript:b)"),
        ("[a](javascript&colon;b)", "[a\\](javascript&colon;b)"),
        ("[a](javascript\\:b)", "[a\\](javascript\\:b)"),
        ("[a](\\\\host\\share)", "[a\\](\\\\host\\share)"),
        ("[a](\njavascript:b)", "[a\\](\njavascript:b)"),
        ("![a](data:image/svg+xml,b)", "![a\\](data:image/svg+xml,b)"),
        ("[a](ftp://b)", "[a\\](ftp://b)"),
        ("[a]: javascript:b", "[a\\]: javascript:b"),
        ("[a]:\n  <data:b>", "[a\\]:\n  &lt;data:b>"),
        ("[a]:", "[a\\]:"),
        ("[a`]: javascript:x '`'", "[a\\`\\]: javascript:x '\\`'"),
        ("[a](<b c>)", "[a](b%20c)"),
        ("[a](b '`<i>`')", "[a](b '\\`&lt;i>\\`')"),
        ("[a](b '\\`')", "[a](b '\\`')"),
        ("[a](b`c) `", "[a](b%60c) \\`"),
        ("a](b)", "a\\](b)"),
        ("[a](b c)", "[a\\](b c)"),
        ("!{osquery{}} !{osquery{", f"{PLUGIN}!{{osquery{{}}}}{PLUGIN} !{{osquery{{"),
        ("$osquery_0 ${investigate_12}", f"{PLUGIN}$osquery_0{PLUGIN} {PLUGIN}${{investigate_12}}{PLUGIN}"),
        ("$$a", f"{PLUGIN}$${PLUGIN}a"),
        ("`$osquery_0` `x $osquery_0`", f"{PLUGIN}$osquery_0{PLUGIN} `x $osquery_0`"),
    ],
)
def test_what_could_do_harm_is_text(paragraph, expected):
    assert disarm(paragraph) == expected


def test_code_over_several_lines_is_on_one():
    assert disarm("a `b\n<c>` d\ne") == f"a `b{JOINED}<c>` d\ne"
    assert disarm("[a](b\n'c\nd')\ne") == f"[a](b{JOINED}'c{JOINED}d')\ne"
    assert disarm("a `b` c\n`d`") == "a `b` c\n`d`"


def test_a_long_paragraph_takes_no_longer_than_it_must():
    """Backticks, brackets and quotes that open and never close must not make it try again from each."""
    for piece in ("` `` ", "[a](b '", "](", "<a ", "$", "!{osquery{", "[", "`a"):
        assert disarm(piece * 20_000)
