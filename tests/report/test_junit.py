from xml.etree import ElementTree as ET

import pytest

from rulepack.diagnostics import Severity, Span
from rulepack.report import junit


def suite_of(result):
    return ET.fromstring(junit.render(result)).find("testsuite")


def test_everything(golden, sample):
    golden("report/sample-junit.xml", junit.render(sample))


def test_clean(golden, result):
    golden("report/clean-junit.xml", junit.render(result(checked=("b.toml", "a.toml"), seconds=1.5)))


def test_there_is_a_case_for_every_file_read_or_found(diagnostic, result):
    suite = suite_of(result(diagnostic(span=Span("a.toml")), checked=("c.toml", "b.toml")))
    assert [case.get("name") for case in suite] == ["a.toml", "b.toml", "c.toml"]
    assert [case.get("file") for case in suite] == ["a.toml", "b.toml", "c.toml"]


def test_a_report_is_never_empty(result):
    suite = suite_of(result(rules=0, files=0))
    assert [case.get("name") for case in suite] == ["no files to check"]
    assert suite.get("tests") == "1"


def test_errors_fail_a_case_and_warnings_do_not(diagnostic, result):
    suite = suite_of(
        result(
            diagnostic(message="one", span=Span("bad.toml", 1)),
            diagnostic(message="two", span=Span("bad.toml", 2)),
            diagnostic("RP304", span=Span("bad.toml", 3)),
            diagnostic("RP304", span=Span("so-so.toml", 1)),
        ),
    )
    bad, soso = suite
    (failure,) = bad.findall("failure")
    assert (failure.get("message"), failure.get("type")) == ("one (and 1 more error)", "RP202")
    assert "bad.toml:1:1: error[RP202] one\n\nbad.toml:2:1: error[RP202] two" in failure.text
    assert "warning[RP304]" in bad.find("system-out").text
    assert soso.find("failure") is None
    assert soso.find("system-out").text.startswith("so-so.toml:1:1: warning[RP304]")


def test_figures_are_those_of_the_cases(sample, diagnostic, result):
    for shown in (sample, result(), result(diagnostic(severity=Severity.INFO), seconds=2)):
        root = ET.fromstring(junit.render(shown))
        suite = root.find("testsuite")
        cases = suite.findall("testcase")
        expected = {
            "name": "rulepack",
            "tests": str(len(cases)),
            "failures": str(sum(case.find("failure") is not None for case in cases)),
            "errors": "0",
            "skipped": "0",
            "time": f"{shown.seconds or 0:.3f}",
        }
        assert root.attrib == suite.attrib == expected


@pytest.mark.parametrize("evil", ["<&>\"'", "]]>", "\x00\x1b\x08", "\ufffe\uffff", "\ud800", "a\nb\tc"])
def test_what_xml_forbids_is_shown_as_an_escape(evil, diagnostic, result):
    shown = junit.render(result(diagnostic(message=evil, span=Span(evil), excerpt=evil), checked=(evil,)))
    (case,) = ET.fromstring(shown.encode()).find("testsuite")
    visible = {
        "\x00\x1b\x08": r"\x00\x1b\x08",
        "\ufffe\uffff": "<U+FFFE><U+FFFF>",
        "\ud800": "<U+D800>",
        "a\nb\tc": r"a\nb\tc",
    }
    assert case.get("name") == visible.get(evil, evil)
    assert case.find("failure").get("message") == visible.get(evil, evil)
