import pytest

from rulepack.diagnostics import Severity, Span
from rulepack.report import summary


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 rules"), (1, "1 rule"), (2, "2 rules"), (1550, "1,550 rules"), (1_000_000, "1,000,000 rules")],
)
def test_counted(number, words):
    assert summary.counted(number, "rule") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.004, " in 0.00 s"),
        (0.04, " in 0.04 s"),
        (0.94, " in 0.9 s"),
        (12.4, " in 12 s"),
        (59.9, " in 1 min 0 s"),
        (95, " in 1 min 35 s"),
    ],
)
def test_time_is_as_exact_as_a_person_needs(seconds, words, result):
    assert summary.sentence(result(seconds=seconds)) == f"28 rules checked{words}, no problems"


def test_problems_are_counted_by_severity_and_file(diagnostic, result):
    errors = [diagnostic(span=Span("a.toml", line)) for line in (1, 2)]
    warnings = [diagnostic("RP304", span=Span(f"{number}.toml")) for number in range(8)]
    assert summary.sentence(result(*errors, *warnings, rules=1550)) == (
        "1,550 rules checked: 2 errors, 8 warnings in 9 files"
    )
    assert summary.sentence(result(errors[0], rules=1)) == "1 rule checked: 1 error in 1 file"
    assert summary.sentence(result(diagnostic("RP421"))) == "28 rules checked: 1 info in 1 file"


def test_a_severity_that_was_turned_down_counts_as_what_it_is_now(diagnostic, result):
    found = diagnostic("RP202", severity=Severity.INFO)
    assert summary.findings(result(found)) == "1 info in 1 file"


def test_nothing_read_is_not_a_clean_run(result):
    assert summary.sentence(result(rules=0, files=0)) == "0 rules checked, no files found"


def test_worst_first_keeps_reading_order(diagnostic):
    late, early = diagnostic(span=Span("b")), diagnostic(span=Span("a"))
    warning, info = diagnostic("RP304", span=Span("a")), diagnostic("RP421", span=Span("a"))
    assert summary.worst_first([info, warning, late, early]) == [early, late, warning, info]
