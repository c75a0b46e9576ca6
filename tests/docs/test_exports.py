"""Coverage for other programs: what they are told is what the page says, in forms that they can read."""

import csv
import io
import json
import re

import pytest

from docs.packs import REFERENCE
from docs.test_coverage import ATTACK, RULES, brief
from rulepack.docs.coverage import Coverage
from rulepack.docs.exports import coverage_csv, coverage_json, coverage_layer, coverage_layers, mapped

COVERAGE = Coverage.of(RULES, ATTACK)


def table(coverage):
    text = coverage_csv(coverage)
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_json_says_all_of_it(golden):
    golden("docs/coverage.json", coverage_json(COVERAGE, "acme", RULES))


def test_json_counts_what_the_coverage_counts():
    data = json.loads(coverage_json(COVERAGE, "acme", RULES))
    assert (data["format"], data["attack"], data["rules"]) == (1, "17.0", 5)
    assert data["techniques"] == {"covered": 2, "of": 4}
    named = {rule for one in data["matrix"] for cell in one["techniques"] for rule in cell["rules"]}
    assert named | {*data["unmapped"], "d"} <= set(data["names"])


def test_json_holds_nothing_that_acts_on_a_terminal():
    odd = [brief("\x1b[31mred\u202e\x85", ("TA0002", {"T0200": []}))]
    text = coverage_json(Coverage.of(odd, ATTACK), "a\x9b", odd)
    assert text.isascii()
    assert "\x1b" not in text


def test_csv_has_a_row_for_every_place(golden):
    golden("docs/coverage.csv", coverage_csv(COVERAGE))
    rows = table(COVERAGE)
    every = [
        (tactic.tactic.id, cell.technique.id, str(cell.count))
        for tactic in COVERAGE.tactics
        for one in tactic.techniques
        for cell in (one, *one.subtechniques)
    ]
    assert [(row["tactic_id"], row["subtechnique_id"] or row["technique_id"], row["rules"]) for row in rows] == every
    assert {row["rules"] for row in rows} == {"0", "1", "2", "3"}


def test_csv_is_that_of_the_standard():
    text = coverage_csv(COVERAGE)
    assert text.endswith("\n")
    assert "\r" not in text
    assert {len(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)} == {8}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "=1+1;", "@SUM(A1)"])
def test_no_cell_is_a_formula(start):
    rules = [brief(f'{start}cmd|"/c calc", x', ("TA0002", {"T0200": []}))]
    (row,) = [one for one in table(Coverage.of(rules, ATTACK)) if one["rules"] == "1"]
    assert row["names"] == f"'{rules[0].name}"


def test_a_cell_is_not_longer_than_spreadsheets_take():
    rules = [brief(f"{number} {'x' * 90}", ("TA0002", {"T0200": []})) for number in range(1000)]
    (row,) = [one for one in table(Coverage.of(rules, ATTACK)) if one["rules"] == "1000"]
    assert len(row["names"]) < 32_767
    shown = row["names"].split("; ")
    assert shown[-1] == f"and {1000 - (len(shown) - 1)} more"


# What the description of format 4.5 calls required, and the types that it gives what is optional:
# github.com/mitre-attack/attack-navigator, layers/spec/v4.5.
REQUIRED = {"name": str, "versions": dict, "domain": str}
OPTIONAL = {
    "description": str,
    "sorting": int,
    "hideDisabled": bool,
    "techniques": list,
    "gradient": dict,
    "legendItems": list,
    "metadata": list,
    "showTacticRowBackground": bool,
    "selectTechniquesAcrossTactics": bool,
    "selectSubtechniquesWithParent": bool,
}
TECHNIQUE = {"tactic": str, "comment": str, "enabled": bool, "score": int, "showSubtechniques": bool}


def check_layer(text, attack):
    """Hold a layer against the format, and against what a version of ATT&CK has."""
    layer = json.loads(text)
    for names in (REQUIRED, OPTIONAL):
        assert all(type(layer[name]) is kind for name, kind in names.items() if name in REQUIRED or name in layer)
    assert layer.keys() <= {*REQUIRED, *OPTIONAL}
    versions = layer["versions"]
    assert versions.keys() == {"attack", "navigator", "layer"}
    assert versions["layer"] == "4.5"
    assert re.fullmatch(r"\d+", versions["attack"])
    assert layer["domain"] in {"enterprise-attack", "mobile-attack", "ics-attack"}
    assert layer["sorting"] in {0, 1, 2, 3}
    gradient = layer["gradient"]
    assert gradient.keys() == {"colors", "minValue", "maxValue"}
    assert len(gradient["colors"]) >= 2
    assert all(re.fullmatch(r"#[0-9a-f]{6}", one) for one in gradient["colors"])
    assert gradient["minValue"] < gradient["maxValue"]
    version = next(one for one in reversed(attack.versions) if one.partition(".")[0] == versions["attack"])
    ids = {column.tactic.shortname: column.tactic.id for column in attack.matrix(version)}
    seen = set()
    for one in layer["techniques"]:
        assert one.keys() <= {"techniqueID", *TECHNIQUE}
        assert all(type(one[name]) is kind for name, kind in TECHNIQUE.items())
        assert (ids[one["tactic"]], one["techniqueID"]) in attack.places(version)
        assert gradient["minValue"] <= one["score"] <= gradient["maxValue"]
        seen.add((one["tactic"], one["techniqueID"]))
    assert len(seen) == len(layer["techniques"])
    return layer


def real(name, *tags):
    """A rule that is mapped to what ATT&CK has."""
    import dataclasses

    return dataclasses.replace(brief(name, ("TA0002", {"T1059": ["T1059.004"]}), ("TA0003", {})), tags=tags)


def test_layers_are_what_the_format_wants():
    rules = [real("a", "OS: Linux", "Data Source: Elastic Defend"), real("b", "OS: Windows"), brief("c")]
    found = {path: one.text() for path, one in coverage_layers("acme", rules, REFERENCE.attack)}
    assert list(found) == [
        "coverage/all.json",
        "coverage/platform-linux.json",
        "coverage/platform-windows.json",
        "coverage/data-source-elastic-defend.json",
    ]
    for text in found.values():
        assert {one["techniqueID"] for one in check_layer(text, REFERENCE.attack)["techniques"]} == {
            "T1059",
            "T1059.004",
        }


def test_a_layer_of_nothing_is_one_too():
    assert [path for path, _ in coverage_layers("acme", [], REFERENCE.attack)] == ["coverage/all.json"]
    coverage = Coverage.of([], REFERENCE.attack)
    assert check_layer(coverage_layer(coverage, "t", "d", [], REFERENCE.attack), REFERENCE.attack)["techniques"] == []


def test_tactics_and_other_frameworks_are_in_no_layer():
    atlas = brief("atlas", ("AML.TA0001", {"AML.T0001": []}), framework="MITRE ATLAS")
    assert mapped(atlas).places == ()
    assert mapped(real("a")).places == (("TA0002", "T1059"), ("TA0002", "T1059.004"))
