"""Layers for the ATT&CK Navigator, held against its format 4.5 by hand."""

import json

import pytest
from support.packages import make, said
from support.samples import RULE

THREAT = """
[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"
[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpreter"
reference = "https://attack.mitre.org/techniques/T1059/"
[[rule.threat.technique.subtechnique]]
id = "T1059.004"
name = "Unix Shell"
reference = "https://attack.mitre.org/techniques/T1059/004/"
"""
OTHER = THREAT.replace("T1059.004", "T1059.001").replace("Unix Shell", "PowerShell").replace("T1059/004", "T1059/001")
# What the format's description calls required or gives a type: github.com/mitre-attack/attack-navigator, layers/spec.
LAYER = {"name": str, "versions": dict, "domain": str, "description": str, "techniques": list, "gradient": dict}
BESIDES = {
    "sorting": int,
    "hideDisabled": bool,
    "legendItems": list,
    "metadata": list,
    "showTacticRowBackground": bool,
    "selectTechniquesAcrossTactics": bool,
    "selectSubtechniquesWithParent": bool,
}
TECHNIQUE = {
    "techniqueID": str,
    "tactic": str,
    "score": int,
    "comment": str,
    "enabled": bool,
    "showSubtechniques": bool,
}


def rule(number, tags=(), threat=THREAT, **more):
    text = RULE.replace("000000000001", f"{number:012}").replace('"Sample"', f'"Rule {number}"')
    shown = ", ".join(json.dumps(tag) for tag in tags)
    for name, value in {"tags": f"[{shown}]", **more}.items():
        text = text.replace('type = "query"', f'{name} = {value}\ntype = "query"')
    return text + threat


def layers(made):
    folder = made.folder / "navigator"
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir())}


def test_a_layer_has_what_the_format_wants(tmp_path):
    made = make(tmp_path / "p", rule(1, ["OS: Linux", "Data Source: Elastic Defend"]), rule(2, threat=OTHER), rule(3))
    found = layers(made)
    assert list(found) == ["all.json", "data-source-elastic-defend.json", "platform-linux.json"]
    for layer in found.values():
        assert {name: type(value) for name, value in layer.items()} == LAYER | BESIDES
        assert layer["versions"]["layer"] == "4.5"
        assert all(isinstance(one, str) for one in layer["versions"].values())
        assert layer["versions"]["attack"].isdecimal()
        assert layer["domain"] == "enterprise-attack"
        assert layer["gradient"].keys() == {"colors", "minValue", "maxValue"}
        assert len(layer["gradient"]["colors"]) >= 2
        for technique in layer["techniques"]:
            assert {name: type(value) for name, value in technique.items()} == TECHNIQUE


def test_a_score_is_how_many_rules_detect_a_technique(tmp_path):
    found = layers(make(tmp_path / "p", rule(1), rule(2, threat=OTHER), rule(3)))["all.json"]
    scores = {one["techniqueID"]: (one["score"], one["comment"]) for one in found["techniques"]}
    assert scores == {
        "T1059": (3, "Rule 1\nRule 2\nRule 3"),
        "T1059.001": (1, "Rule 2"),
        "T1059.004": (2, "Rule 1\nRule 3"),
    }
    assert found["gradient"]["maxValue"] == 3
    assert {one["tactic"] for one in found["techniques"]} == {"execution"}
    assert [one["techniqueID"] for one in found["techniques"] if one["showSubtechniques"]] == ["T1059"]


def test_a_pack_that_is_mapped_to_nothing_has_an_empty_layer(tmp_path):
    found = layers(make(tmp_path / "p", RULE))
    assert list(found) == ["all.json"]
    assert found["all.json"]["techniques"] == []
    assert found["all.json"]["gradient"]["maxValue"] == 1


def test_deprecated_rules_and_techniques_that_are_none_are_left_out(tmp_path):
    gone = rule(2).replace('"production"', '"deprecated"')
    odd = rule(3, threat=THREAT.replace("T1059", "T9999"))
    other = rule(4, threat=THREAT.replace("MITRE ATT&CK", "Other"))
    made = make(
        tmp_path / "p", rule(1), gone, odd, other, settings='name = "p"\nchecks.RPxxx = "info"\nstack = ["9.3"]'
    )
    assert {one["comment"] for one in layers(made)["all.json"]["techniques"]} == {"Rule 1"}


@pytest.mark.parametrize("tag", ["OS: " + "x" * 300, "OS: ../../up", "OS: ", "OS: 端末", "OS: a/b", "Data Source: CON"])
def test_a_tag_may_be_anything(tmp_path, tag):
    made = make(tmp_path / "p", rule(1, [tag]), settings='name = "p"\nchecks.RPxxx = "info"\nstack = ["9.3"]')
    assert len(layers(made)) == 2
    assert said(made.folder) == said(made.archive) == []


def test_tags_that_differ_in_case_are_one_layer(tmp_path):
    found = layers(make(tmp_path / "p", rule(1, ["OS: macOS"]), rule(2, ["OS: MacOS"])))
    assert list(found) == ["all.json", "platform-macos.json"]
    assert found["platform-macos.json"]["gradient"]["maxValue"] == 2


def test_a_layer_as_it_is_written(golden, tmp_path):
    made = make(tmp_path / "p", rule(1, ["OS: Linux"]), rule(2, threat=OTHER))
    text = (made.folder / "navigator" / "all.json").read_text(encoding="utf-8")
    golden("package/layer.json", text)
