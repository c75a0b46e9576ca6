import pytest

from rulepack.diagnostics import Severity, Span
from rulepack.report import github


def annotations(shown, kind):
    return [line for line in shown.splitlines() if line.startswith(f"::{kind} ")]


def test_everything(golden, sample):
    golden("report/sample-github.txt", github.render(sample))


def test_the_shape_is_the_one_of_the_design(diagnostic, result):
    found = diagnostic(hint="did you mean length?")
    assert github.render(result(found)).splitlines() == [
        (
            "::error file=rules/windows/execution_shell.toml,line=12,col=3,endLine=12,endColumn=9,"
            "title=rulepack RP202 query-semantics::unknown function lenght%0Ahint: did you mean length?"
        ),
        "28 rules checked: 1 error in 1 file",
    ]


def test_columns_only_on_one_line(diagnostic, result):
    shown = github.render(result(diagnostic(span=Span("a.toml", 3, 4, 5, 6))))
    assert "file=a.toml,line=3,endLine=5,title=" in shown
    assert "ol=" not in shown.replace("endCol", "")


def test_what_means_something_to_the_runner_is_escaped(diagnostic, result):
    found = diagnostic(message="100%: a,b", span=Span("a,b:c%.toml"), hint="x\ny")
    (line,) = annotations(github.render(result(found)), "error")
    assert "file=a%2Cb%3Ac%25.toml,line=1" in line
    assert line.endswith(r"::100%25: a,b%0Ahint: x\ny")


def test_each_severity_has_its_command(diagnostic, result):
    shown = github.render(result(*(diagnostic(severity=severity) for severity in Severity)))
    assert [line.split(" ")[0] for line in shown.splitlines()] == ["::error", "::warning", "::notice", "28"]


def test_ten_of_each_fit(diagnostic, result):
    found = [diagnostic(severity=severity, span=Span("a.toml", line)) for severity in Severity for line in range(1, 11)]
    shown = github.render(result(*found))
    assert [len(annotations(shown, kind)) for kind in ("error", "warning", "notice")] == [10, 10, 10]
    assert "more" not in shown


def test_the_rest_is_in_the_log_and_the_page_says_so(diagnostic, result):
    found = [
        diagnostic(severity=severity, message=f"finding {severity.label} {line}", span=Span("a.toml", line))
        for severity in Severity
        for line in range(1, 16)
    ]
    shown = github.render(result(*found))
    assert [len(annotations(shown, kind)) for kind in ("error", "warning", "notice")] == [10, 10, 10]
    assert annotations(shown, "notice")[-1] == "::notice title=rulepack::16 more in the log of this step"
    lines = shown.splitlines()
    start, end = lines.index("::group::16 more in the log of this step"), lines.index("::endgroup::")
    assert end - start - 1 == 16
    assert lines[start + 1] == "a.toml:11:1: error[RP202] finding error 11"
    for one in found:
        assert sum(line.endswith(one.message) for line in lines) == 1


def test_the_worst_come_first(diagnostic, result):
    found = [diagnostic("RP304", span=Span("a.toml", line)) for line in range(1, 20)]
    shown = github.render(result(*found, diagnostic(span=Span("z.toml"))))
    assert shown.startswith("::error file=z.toml")


@pytest.mark.parametrize("file", ["::error::owned", "  ::stop-commands::x", "##[error]x"])
def test_a_line_of_the_log_is_never_a_command(file, diagnostic, result):
    found = [diagnostic(message="##[error]owned", span=Span(file, line)) for line in range(1, 13)]
    lines = github.render(result(*found)).splitlines()
    inside = lines[lines.index("::group::2 more in the log of this step") + 1 : lines.index("::endgroup::")]
    assert len(inside) == 2
    for line in inside:
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def test_clean(result):
    assert github.render(result()) == "28 rules checked, no problems\n"
