"""Markdown as HTML: what a reader sees is what the Markdown says, and nothing in it can run or load anything."""

import re

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.guides import GUIDES
from rulepack.docs import html


def parsed(markup):
    """The elements of some HTML, which must be without a fault."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return list(parser.parse(f"<!DOCTYPE html><title>x</title><main>{markup}</main>").find("body").iter())


def shown(markup):
    return "".join(parsed(markup)[0].itertext())


# --- the inside of a cell


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, with - signs (and more)", "plain, with - signs (and more)"),
        ("`code`", "<code>code</code>"),
        ("`a`, `b <c>` and d", "<code>a</code>, <code>b &lt;c&gt;</code> and d"),
        ("`` a`b ``", "<code>a`b</code>"),
        ("` a `", "<code>a</code>"),
        ("**bold** \\*not\\*", "<strong>bold</strong> *not*"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("`open", "`open"),
        ('say "so"', 'say "so"'),
    ],
)
def test_a_cell_is_what_its_markdown_says(text, expected):
    assert html.inline(text) == expected


@given(st.text(alphabet="ab `*<>&\\_[]()!\"'|", max_size=30))
def test_the_quick_ways_say_what_the_parser_says(text):
    quick = html.inline(text)
    parser = html._parser(())
    slow = parser.renderer.render(parser.parseInline(text), parser.options, {})
    assert shown(quick) == shown(slow)
    assert [one.tag for one in parsed(quick)] == [one.tag for one in parsed(slow)]


# --- links


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://example.com/a.md", "https://example.com/a.md"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("../rules/a.md", "../rules/a.html"),
        ("a.md#part", "a.html#part"),
        ("#part", "#part"),
        ("coverage/all.json", "coverage/all.json"),
        ("javascript:alert(1)", ""),
        ("JAVASCRIPT:alert(1)", ""),
        (" javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("//example.com/", ""),
        ("/absolute", ""),
        ("\\\\example.com", ""),
        ("..\\a", ""),
        ("a:b", ""),
        ("?q=a:b", "?q=a:b"),
    ],
)
def test_only_the_web_mail_and_pages_nearby_are_linked(target, expected):
    assert html.address(target) == expected


def test_a_link_out_of_the_site_tells_nobody_where_it_was():
    assert html.inline("[x](https://example.com)") == '<a href="https://example.com" rel="noopener noreferrer">x</a>'
    assert html.inline("[x](a.md)") == '<a href="a.html">x</a>'


def test_what_may_not_be_linked_stays_text():
    assert html.inline("[x](javascript:alert(1))") == "[x](javascript:alert(1))"


def test_a_picture_is_a_link_and_within_a_link_its_words():
    assert html.inline("![a b](https://example.com/x.png)").endswith('rel="noopener noreferrer">a b</a>')
    assert html.inline("[![a](https://example.com/x.png)](https://example.com)").count("<a ") == 1
    assert html.inline("![](javascript:x)") == "![](javascript:x)"


@pytest.mark.parametrize("path", ["rules/a.md", "rules/a"])
def test_a_page_is_found_with_and_without_its_kind(path):
    assert html.way(path) == "rules/a.html"
    assert html.way("rules/שלום.md") == "rules/%D7%A9%D7%9C%D7%95%D7%9D.html"


# --- whole texts


def test_headings_have_anchors_of_their_own_and_links_to_them():
    made = html.block("# A & B\n\n## Same\n\n## Same\n\n## !!!\n")
    assert re.findall(r'<h\d id="([^"]*)"', made) == ["a--b", "same", "same-1", "section"]
    assert re.findall(r'href="(#[^"]*)"', made) == ["#a--b", "#same", "#same-1", "#section"]


def test_the_headings_of_a_page_are_unique_and_skip_no_level():
    page = html.anchored(html.heading("Setup") + html.block("#### Setup\n\n### `a` *b*"))
    assert page.headings == (
        html.Heading(2, "setup", "Setup"),
        html.Heading(3, "setup-1", "Setup"),
        html.Heading(3, "a-b", "a b"),
    )
    assert (
        '<h3 id="setup-1">Setup<a class="permalink" href="#setup-1" aria-label="Link to Setup">#</a></h3>' in page.html
    )
    assert [one.tag for one in parsed(page.html) if one.tag[0] == "h"] == ["h2", "h3", "h3"]


def test_code_has_its_language_and_colours():
    assert html.block('```eql\nprocess where a == "<b>"\n```') == (
        '<pre><code class="language-eql">process <span class="k">where</span> a == '
        '<span class="s">"&lt;b&gt;"</span>\n</code></pre>\n'
    )
    assert html.block('``` " onmouseover=alert(1)\nx\n```') == "<pre><code>x\n</code></pre>\n"


def test_a_table_s_sides_are_classes_and_its_header_has_a_scope():
    made = html.block("| a | b |\n|---|---:|\n| 1 | 2 |\n")
    assert '<th scope="col" class="right">b</th>' in made
    assert "style" not in made


def test_a_table_without_a_header_has_its_first_cells_for_headers():
    made = html.block("| | |\n|---|---|\n| **a** | `b` |\n")
    assert "<thead>" not in made
    assert '<th scope="row"><strong>a</strong></th>\n<td><code>b</code></td>' in made


def test_no_tag_of_the_text_s_own_gets_through():
    tags = {one.tag for one in parsed(html.block("<script>alert(1)</script>\n\na <b onclick=x>b</b> &lt;i&gt;\n"))}
    assert tags == {"body", "main", "p"}


@given(GUIDES)
def test_any_text_gives_html_without_a_fault_and_only_with_what_markdown_has(text):
    allowed = {"body", "main", "p", "a", "ul", "ol", "li", "pre", "code", "span", "em", "strong"}
    allowed |= {"blockquote", "hr", "br", "div"}
    allowed |= {"table", "thead", "tbody", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"}
    for one in parsed(html.anchored(html.block(text)).html):
        assert one.tag in allowed
        assert not [name for name in one.attrib if name.startswith("on") or name == "style"]
        assert one.attrib.get("href", "").partition(":")[0].lower() not in {"javascript", "data", "vbscript", "file"}


@given(GUIDES)
def test_what_a_text_lacks_need_not_be_looked_for(text):
    text = html._FORBIDDEN.sub("?", text)
    parser = html._parser(())
    env = {"anchors": html._Anchors()}
    tokens = html._with_row_headers(parser.parse(text))
    html._unlink_images(tokens)
    assert html.block(text) == parser.renderer.render(tokens, parser.options, env)
