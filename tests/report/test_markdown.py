import re

from markdown_it import MarkdownIt

from rulepack.diagnostics import Span
from rulepack.report import markdown

READER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
TAG = re.compile(r"<[^>]*>")


def rows(shown):
    html = READER.render(shown)
    return [
        [TAG.sub("", cell).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
         for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr>\n(.*?)</tr>", html, re.DOTALL)[1:]
    ]  # fmt: skip


def test_everything(golden, sample):
    golden("report/sample.md", markdown.render(sample))


def test_clean(result):
    assert markdown.render(result(seconds=0.2)) == "## rulepack: no problems\n\n28 rules checked in 0.2 s.\n"


def test_the_table_is_read_as_written(diagnostic, result):
    evil = "a|b `c` <img src=x> **d** _e_ [f](g) \\| ~~h~~ &lt; snake_case __init__ $x$ \\"
    found = diagnostic(message=evil, hint=evil, span=Span("rules/a|`b`_.toml", 100, 3, 100, 4))
    assert rows(markdown.render(result(found))) == [
        ["error", "RP202 query-semantics", "rules/a|`b`_.toml:100:3", evil, evil],
    ]
    html = READER.render(markdown.render(result(found)))
    assert set(re.findall(r"<(\w+)", html)) == {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code"}


def test_line_breaks_do_not_break_the_row(diagnostic, result):
    found = diagnostic(message="a\nb\r\n| c\u2028", hint="\n\n# x")
    ((*_, message, hint),) = rows(markdown.render(result(found)))
    assert (message, hint) == (r"a\nb\r\n| c<U+2028>", r"\n\n# x")


def test_a_place_is_code_so_that_no_line_number_becomes_a_picture(diagnostic, result):
    found = diagnostic(span=Span("a_b.toml", 100, 1, 100, 2))
    assert "<code>a_b.toml:100:1</code>" in markdown.render(result(found))


def test_fifty_rows_and_how_many_more(diagnostic, result):
    warnings = [diagnostic("RP304", span=Span("a.toml", line)) for line in range(1, 1101)]
    error = diagnostic(span=Span("z.toml"))
    shown = markdown.render(result(*warnings, error))
    assert [row[0] for row in rows(shown)] == ["error"] + ["warning"] * 49
    assert shown.endswith("\n\nand 1,051 more\n")
    assert "more" not in markdown.render(result(*warnings[:50]))


def test_notes_on_the_run_end_it(result):
    assert markdown.render(result(notes=("3 fields of a|b",))).endswith("checked.\n\nNote: 3 fields of a&#124;b.\n")
