import re

from rulepack.diagnostics import Related, Severity, Span
from rulepack.report import text

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_everything(golden, sample):
    golden("report/sample.txt", text.render(sample))


def test_in_a_narrow_terminal(golden, sample):
    golden("report/sample-narrow.txt", text.render(sample, width=40))


def test_in_colour(golden, sample):
    golden("report/sample-colour.txt", text.render(sample, colour=True))


def test_colours_change_nothing_else(sample):
    assert ANSI.sub("", text.render(sample, colour=True)) == text.render(sample)
    assert "\x1b" not in text.render(sample)


def test_the_shape_is_the_one_of_the_design(diagnostic):
    found = diagnostic(hint="did you mean length?", excerpt="  lenght(process.args) > 3")
    assert text.block(found) == (
        "rules/windows/execution_shell.toml:12:3: error[RP202] unknown function lenght\n"
        "    |\n"
        " 12 |   lenght(process.args) > 3\n"
        "    |   ^^^^^^\n"
        "   = hint: did you mean length?"
    )


def test_without_a_source_line_there_is_no_frame(diagnostic):
    assert text.block(diagnostic(hint="look")).splitlines()[1:] == ["   = hint: look"]


def test_the_frame_moves_with_the_line_number(diagnostic):
    found = diagnostic(span=Span("a.toml", 12345, 1, 12345, 3), excerpt="id", hint="look")
    assert text.block(found).splitlines()[1:] == [
        "       |",
        " 12345 | id",
        "       | ^^",
        "      = hint: look",
    ]


def test_no_line_ends_in_spaces(diagnostic):
    shown = text.block(diagnostic(span=Span("a.toml", 7, 1, 7, 1), excerpt="  "))
    assert shown.splitlines()[1:] == ["   |", " 7 |", "   | ^"]


def test_clean(result):
    assert text.render(result()) == "28 rules checked, no problems\n"


def test_everything_is_printed_however_much_there_is(diagnostic, result):
    many = [diagnostic(span=Span("a.toml", line)) for line in range(1, 1001)]
    shown = text.render(result(*many, rules=1))
    assert shown.count("error[RP202]") == 1000
    assert shown.endswith("\n\n1 rule checked: 1,000 errors in 1 file\n")


def test_no_part_reaches_the_terminal_raw(diagnostic, result):
    evil = "\x1b]0;owned\x07\r\n\u202e\x9b\ud800"
    found = diagnostic(
        message=evil,
        span=Span(evil, 1, 1, 1, 2),
        hint=evil,
        excerpt=evil,
        related=(Related(Span(evil), evil),),
    )
    shown = text.render(result(found))
    assert shown.isprintable() is False
    assert set(re.findall(r"[^ -~]", shown)) == {"\n"}
    assert shown.count(r"\x1b]0;owned\x07\r\n<U+202E>\x9b<U+D800>") == 6
    assert len(shown.splitlines()) == 8


def test_the_severity_shown_is_the_one_of_the_diagnostic(diagnostic):
    assert "warning[RP202]" in text.headline(diagnostic(severity=Severity.WARNING))


def test_notes_on_the_run_stand_before_the_last_line(result):
    shown = text.render(result(notes=("three things\x1b[2J are unknown",)))
    assert shown == "note: three things\\x1b[2J are unknown\n28 rules checked, no problems\n"
