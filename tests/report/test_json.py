import json

from rulepack.diagnostics import Severity, Span
from rulepack.report import json as report


def test_everything(golden, sample):
    golden("report/sample.json", report.render(sample))


def test_clean(golden, result):
    golden("report/clean.json", report.render(result()))


def test_every_field_comes_back(sample):
    document = json.loads(report.render(sample))
    for found, shown in zip(sample.diagnostics, document["diagnostics"], strict=True):
        span = Span(*(shown[key] for key in ("file", "line", "column", "end_line", "end_column")))
        assert (shown["code"], shown["name"]) == (found.code.id, found.code.name)
        assert (shown["severity"], shown["message"]) == (found.severity.label, found.message)
        assert (span, shown["hint"]) == (found.span, found.hint)
        assert [(related["file"], related["message"]) for related in shown["related"]] == [
            (related.span.file, related.message) for related in found.related
        ]
    assert document["summary"] == {"rules": 28, "files": 28, "errors": 4, "warnings": 1, "infos": 1}


def test_the_severity_is_the_one_of_the_diagnostic(diagnostic, result):
    document = json.loads(report.render(result(diagnostic(severity=Severity.INFO))))
    assert document["diagnostics"][0]["severity"] == "info"
    assert document["summary"]["infos"] == 1


def test_readable_text_stays_readable_and_hidden_text_is_escaped():
    encoded = report.encode("Größe 端末 🙂 \u202e \x9b \x1b \x7f \n \ud800 \U000e0041")
    assert encoded == ('"Größe 端末 🙂 \\u202e \\u009b \\u001b \\u007f \\n \\ud800 \\udb40\\udc41"\n')
    assert json.loads(encoded) == "Größe 端末 🙂 \u202e \x9b \x1b \x7f \n \ud800 \U000e0041"
