"""Whatever a rule says: every format can show it, and nothing of it reaches the reader raw."""

import json
import re
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span
from rulepack.report import FORMATS, Result, frame
from rulepack.report.plain import is_hidden, width

CODE = Code("RP202", "query-semantics", Severity.ERROR, "A query that Elasticsearch would refuse", "Why: it fails.")

# What has a meaning to some reader is rare in random text, so it is offered by name.
nasty = st.sampled_from(
    [
        "\x1b[31m",
        "\x9b",
        "\u202e",
        "\u200d",
        "\ud83d",
        "\r\n",
        "\n",
        "\t",
        "::error::",
        "##[error]",
        "%0A",
        "]]>",
        "&amp;",
        "|",
        "`",
        "<b>",
        "\\",
        "\u2028",
        "\u3164",
        "端",
        "e\u0301",
        "\ufeff",
        "\uffff",
        "$",
        "[a](b)",
        "::",
    ],
)
texts = st.lists(nasty | st.text(st.characters(exclude_categories=()), max_size=8), max_size=6).map("".join)
numbers = st.integers(1, 60)
spans = st.builds(Span, texts, numbers, numbers, numbers, numbers)
diagnostics = st.builds(
    Diagnostic,
    st.just(CODE),
    texts,
    spans,
    hint=st.none() | texts,
    related=st.lists(st.builds(Related, spans, texts), max_size=2).map(tuple),
    severity=st.sampled_from(Severity),
    excerpt=st.none() | texts,
)
results = st.builds(
    Result,
    st.lists(diagnostics, max_size=25).map(tuple),
    rules=st.integers(0, 5000),
    files=st.integers(0, 5000),
    codes=st.just((CODE,)),
    version=st.just("0.1.0"),
    seconds=st.none() | st.floats(0, 10_000),
    checked=st.lists(texts, max_size=3, unique=True).map(tuple),
)
relaxed = settings(deadline=None, max_examples=40)


@pytest.mark.parametrize("name", FORMATS)
@relaxed
@given(shown=results)
def test_nothing_hidden_is_in_any_format(name, shown):
    text = FORMATS[name](shown)
    assert not any(map(is_hidden, text.replace("\n", "")))
    text.encode()


@relaxed
@given(shown=results, columns=st.integers(-5, 200))
def test_text_prints_every_finding_on_its_own_lines(shown, columns):
    lines = FORMATS["text"](shown, width=columns).split("\n")
    expected = sum(
        1 + 3 * (found.excerpt is not None) + (found.hint is not None) + len(found.related) + 1
        for found in shown.diagnostics
    )
    assert len(lines) == expected + 2


@relaxed
@given(excerpt=texts, span=spans, room=st.integers(0, 60))
def test_a_frame_keeps_to_its_room(excerpt, span, room):
    drawn = frame.draw(excerpt, span, room)
    assert width(drawn.line) <= max(room, frame.LEAST)
    assert drawn.carets >= 1
    assert drawn.left >= 0
    assert drawn.left + drawn.carets <= max(room, frame.LEAST)


def recoded(value):
    """The text as a reader of UTF-16 units sees it: two surrogates side by side are one character."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@relaxed
@given(shown=results)
def test_json_loses_nothing(shown):
    document = json.loads(FORMATS["json"](shown))
    assert [found["message"] for found in document["diagnostics"]] == [
        recoded(found.message) for found in shown.diagnostics
    ]
    assert [found["file"] for found in document["diagnostics"]] == [
        recoded(found.span.file) for found in shown.diagnostics
    ]


@relaxed
@given(shown=results)
def test_sarif_uris_are_uris_and_fingerprints_unique(shown):
    (run,) = json.loads(FORMATS["sarif"](shown))["runs"]
    for found, place in zip(shown.diagnostics, run["results"], strict=True):
        uri = place["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})*", uri.removeprefix("file://"))
        assert unquote(uri.removeprefix("file://"), errors="surrogatepass") == found.span.file
    prints = [found["partialFingerprints"]["rulepack/v1"] for found in run["results"]]
    assert len(set(prints)) == len(prints)


@relaxed
@given(shown=results)
def test_github_has_one_line_for_each_finding_and_no_other_command(shown):
    lines = FORMATS["github"](shown).removesuffix("\n").split("\n")
    commands = [line for line in lines if line.lstrip().startswith("::")]
    more = "::endgroup::" in commands
    annotations = [line for line in commands if re.match(r"::(error|warning|notice) file=", line)]
    assert len(commands) == len(annotations) + 3 * more
    rest = [line for line in lines if line not in commands]
    assert len(annotations) + len(rest) - 1 == len(shown.diagnostics)
    assert not any("##[" in line for line in rest)


@relaxed
@given(shown=results)
def test_junit_is_well_formed_and_counts_right(shown):
    suite = ET.fromstring(FORMATS["junit"](shown).encode()).find("testsuite")
    cases = suite.findall("testcase")
    assert int(suite.get("tests")) == len(cases) >= 1
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))


@relaxed
@given(shown=results)
def test_markdown_rows_have_five_cells(shown):
    rows = [line for line in FORMATS["markdown"](shown).splitlines() if line.startswith("|")]
    assert len(rows) == (len(shown.diagnostics) + 2 if shown.diagnostics else 0)
    assert all(row.count("|") == 6 for row in rows)
