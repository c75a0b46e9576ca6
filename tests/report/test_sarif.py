import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span
from rulepack.report import sarif

SCHEMA = Path(__file__).parents[3] / "shared/schemas/sarif-schema-2.1.0.json"
URI = re.compile(r"(file://)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})*")


@pytest.fixture(scope="module")
def validate():
    if not SCHEMA.exists():
        pytest.skip(f"{SCHEMA} is not here: it is kept beside the project, not in it")
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate


def run_of(result):
    (run,) = json.loads(sarif.render(result))["runs"]
    return run


def fingerprints(result):
    return [found["partialFingerprints"]["rulepack/v1"] for found in run_of(result)["results"]]


def test_everything(golden, sample):
    golden("report/sample.sarif", sarif.render(sample))


def test_the_schema_accepts_it(validate, sample, result):
    validate(json.loads(sarif.render(sample)))
    validate(json.loads(sarif.render(result())))


def test_the_schema_would_refuse_a_wrong_one(validate, sample):
    document = json.loads(sarif.render(sample))
    document["runs"][0]["results"][0]["level"] = "info"
    with pytest.raises(Exception, match="is not one of"):
        validate(document)


def test_rules_are_all_codes_and_results_point_at_theirs(sample):
    run = run_of(sample)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["RP202", "RP304", "RP421", "RP501"]
    assert [rule["name"] for rule in rules][:3] == ["QuerySemantics", "RevokedTechnique", "MissingInvestigationGuide"]
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["error", "warning", "note", "error"]
    assert all(rules[found["ruleIndex"]]["id"] == found["ruleId"] for found in run["results"])
    assert rules[0]["help"]["markdown"] == (
        "A query that Elasticsearch would refuse\n\n**Why:** the rule would fail each time it runs.\n\n"
        "**Instead:** use a function or a field that exists."
    )


def test_a_code_that_is_not_in_the_list_is_added(result):
    code = Code("RP001", "unreadable-file", Severity.ERROR, "A file that cannot be read", "x" * 2000)
    run = run_of(result(Diagnostic(code, "no", Span("a.toml"))))
    rule = run["tool"]["driver"]["rules"][0]
    assert (rule["id"], run["results"][0]["ruleIndex"]) == ("RP001", 0)
    assert rule["fullDescription"]["text"] == code.summary, "GitHub takes 1024 characters"
    assert len(rule["help"]["text"]) > 2000


def test_level_is_the_severity_of_the_diagnostic(diagnostic, result):
    found = [diagnostic(severity=severity) for severity in Severity]
    assert [shown["level"] for shown in run_of(result(*found))["results"]] == ["note", "warning", "error"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("rules/a.toml", "rules/a.toml"),
        ("../x/a.toml", "../x/a.toml"),
        ("rules/größe & so #1?.toml", "rules/gr%C3%B6%C3%9Fe%20%26%20so%20%231%3F.toml"),
        ("c:d/50%.toml", "c%3Ad/50%25.toml"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_uris_are_relative_to_the_project(file, uri, diagnostic, result):
    (found,) = run_of(result(diagnostic(span=Span(file))))["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri, "uriBaseId": "%SRCROOT%"}
    assert URI.fullmatch(uri)
    assert unquote(uri, errors="surrogatepass") == file


def test_an_absolute_file_has_an_absolute_uri(diagnostic, result):
    (found,) = run_of(result(diagnostic(span=Span("/tmp/a b.toml"))))["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///tmp/a%20b.toml"}


def test_region_counts_code_points_from_one(diagnostic, result):
    run = run_of(result(diagnostic(span=Span("a.toml", 3, 4, 5, 6))))
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3,
        "startColumn": 4,
        "endLine": 5,
        "endColumn": 6,
    }


def test_hint_and_related_places(diagnostic, result):
    related = (Related(Span("b.toml", 7), "first used here"), Related(Span("c.toml", 8), "and here"))
    (found,) = run_of(result(diagnostic(hint="did you mean length?", related=related)))["results"]
    assert found["message"]["text"] == "unknown function lenght\nhint: did you mean length?"
    assert [(place["id"], place["message"]["text"]) for place in found["relatedLocations"]] == [
        (1, "first used here"),
        (2, "and here"),
    ]


def test_text_from_a_rule_does_not_become_a_link(diagnostic, result):
    (found,) = run_of(result(diagnostic(message="found [click](https://example.com) in [a], {{user.name}}")))["results"]
    assert found["message"]["text"] == r"found \[click](https://example.com) in [a], {{user.name}}"


def test_fingerprints_stay_when_lines_move(sample):
    def moved(found):
        span = replace(found.span, line=found.span.line + 40, end_line=found.span.end_line + 40, column=2)
        return replace(found, span=span, excerpt="other", hint="other")

    shifted = replace(sample, diagnostics=tuple(map(moved, sample.diagnostics)))
    assert fingerprints(shifted) == fingerprints(sample)


def test_fingerprints_differ_by_code_file_and_message(diagnostic, result):
    base = diagnostic()
    others = [
        base,
        diagnostic("RP304"),
        diagnostic(message="other"),
        diagnostic(span=Span("other.toml", 12, 3, 12, 9)),
    ]
    assert len(set(fingerprints(result(*others)))) == len(others)


def test_equal_findings_are_numbered(diagnostic, result):
    first, second, third = fingerprints(result(*(diagnostic(span=Span("a.toml", line)) for line in (1, 5, 9))))
    assert (first[-2:], second[-2:], third[-2:]) == (":1", ":2", ":3")
    assert first[:-2] == second[:-2] == third[:-2]
