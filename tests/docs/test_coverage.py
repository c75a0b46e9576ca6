"""What of ATT&CK a pack covers: every mapping of every rule is counted once, and none is lost."""

import dataclasses

import pytest

from rulepack.docs.brief import Brief
from rulepack.docs.coverage import Coverage
from rulepack.reference import Attack
from rulepack.reference.attack_table import Table, Tactic, Technique
from rulepack.rule import RULE_TYPES
from rulepack.rule import threat as rules


def technique(any_id, name, *tactics):
    return Technique(any_id, name, tuple(tactics))


def table(version, *extra):
    tactics = tuple(
        Tactic(f"TA000{number}", name, name.lower())
        for number, name in enumerate(("Initial Access", "Execution", "Persistence"), 1)
    )
    techniques = (
        technique("T0100", "Door", "TA0001"),
        technique("T0200", "Shell", "TA0002"),
        technique("T0200.001", "Bash", "TA0002"),
        technique("T0200.002", "Zsh", "TA0002"),
        technique("T0300", "Service", "TA0002", "TA0003"),
    )
    return Table(version, tactics, (*techniques, *extra))


ATTACK = Attack.of((table("16.0"), table("17.0", technique("T0400", "New", "TA0001"))))


def brief(name, *threats, framework="MITRE ATT&CK"):
    """A rule mapped to tactics, each with techniques, each with sub-techniques."""
    found = tuple(
        rules.Threat(
            framework=framework,
            tactic=rules.Tactic(id=tactic, name=f"Name of {tactic}", reference="r"),
            technique=tuple(
                rules.Technique(
                    id=one,
                    name=f"Name of {one}",
                    reference="r",
                    subtechnique=tuple(rules.Subtechnique(id=sub, name=f"Name of {sub}", reference="r") for sub in subs)
                    or None,
                )
                for one, subs in techniques.items()
            )
            or None,
        )
        for tactic, techniques in threats
    )
    rule = RULE_TYPES["query"](
        file=f"rules/{name}.toml", name=name, rule_id=name, type="query", description="d", severity="low", risk_score=1,
        threat=found or None,
    )  # fmt: skip
    return Brief.of(rule)


def names(briefs):
    return [one.name for one in briefs]


def cells(coverage):
    """Every technique and sub-technique with rules: tactic, id, how many, and who."""
    return [
        (tactic.tactic.id, cell.technique.id, cell.count, names(cell.rules))
        for tactic in coverage.tactics
        for one in tactic.techniques
        for cell in (one, *one.subtechniques)
        if cell.count
    ]


RULES = [
    brief("a", ("TA0002", {"T0200": ["T0200.001"]})),
    brief("b", ("TA0002", {"T0200": []})),
    brief("c", ("TA0002", {"T0200": ["T0200.001", "T0200.002"], "T0300": []}), ("TA0003", {"T0300": []})),
    brief("d", ("TA0003", {})),
    brief("e"),
]


def test_a_rule_stands_at_the_most_exact_place():
    assert cells(Coverage.of(RULES, ATTACK)) == [
        ("TA0002", "T0300", 1, ["c"]),
        ("TA0002", "T0200", 3, ["b"]),
        ("TA0002", "T0200.001", 2, ["a", "c"]),
        ("TA0002", "T0200.002", 1, ["c"]),
        ("TA0003", "T0300", 1, ["c"]),
    ]


def test_tactics_count_every_rule_once():
    coverage = Coverage.of(RULES, ATTACK)
    assert {one.tactic.id: names(one.rules) for one in coverage.tactics} == {
        "TA0001": [],
        "TA0002": ["a", "b", "c"],
        "TA0003": ["c", "d"],
    }
    assert {one.tactic.id: names(one.alone) for one in coverage.tactics} == {
        "TA0001": [],
        "TA0002": [],
        "TA0003": ["d"],
    }
    assert names(coverage.unmapped) == ["e"]
    assert coverage.elsewhere == ()


def test_what_is_in_two_tactics_counts_once():
    coverage = Coverage.of(RULES, ATTACK)
    assert (coverage.covered_tactics, coverage.techniques, coverage.subtechniques) == (2, (2, 4), (2, 2))


def test_covered_and_uncovered_are_all_techniques():
    for tactic in Coverage.of(RULES, ATTACK).tactics:
        assert sorted([*tactic.covered, *tactic.uncovered], key=tactic.techniques.index) == list(tactic.techniques)


def test_nothing_is_covered_by_no_rules():
    coverage = Coverage.of([], ATTACK)
    assert (coverage.covered_tactics, coverage.techniques, coverage.subtechniques) == (0, (0, 4), (0, 2))
    assert coverage.version == "17.0"


@pytest.mark.parametrize(
    ("threats", "version"),
    [
        ([("TA0002", {"T0200": []})], "17.0"),
        ([("TA0001", {"T0400": []})], "17.0"),
        ([("TA0001", {"T0500": []})], "17.0"),
    ],
)
def test_of_versions_that_have_as_much_the_newest_counts(threats, version):
    assert Coverage.of([brief("a", *threats)], ATTACK).version == version


def test_the_version_that_has_most_of_the_mappings_counts():
    older = table("16.0", technique("T0500", "Gone since", "TA0001"))
    attack = Attack.of((older, table("17.0")))
    coverage = Coverage.of([brief("a", ("TA0001", {"T0500": []}))], attack)
    assert coverage.version == "16.0"
    assert cells(coverage) == [("TA0001", "T0500", 1, ["a"])]


def test_what_the_matrix_does_not_have_is_elsewhere():
    briefs = [
        brief("wrong tactic", ("TA0001", {"T0200": []})),
        brief("no technique", ("TA0002", {"T9999": []})),
        brief("no tactic", ("TA9999", {})),
        brief("no sub-technique", ("TA0002", {"T0200": ["T0200.009"]})),
        brief("atlas", ("AML.TA0001", {"AML.T0001": []}), framework="MITRE ATLAS"),
    ]
    coverage = Coverage.of(briefs, ATTACK)
    assert [(one.framework, one.id, names(one.rules)) for one in coverage.elsewhere] == [
        ("MITRE ATLAS", "AML.T0001", ["atlas"]),
        ("MITRE ATLAS", "AML.TA0001", ["atlas"]),
        ("MITRE ATT&CK", "T0200", ["wrong tactic"]),
        ("MITRE ATT&CK", "T0200.009", ["no sub-technique"]),
        ("MITRE ATT&CK", "T9999", ["no technique"]),
        ("MITRE ATT&CK", "TA9999", ["no tactic"]),
    ]
    # A rule whose sub-technique nobody knows still covers the technique, and one without a technique its tactic.
    assert cells(coverage) == [("TA0002", "T0200", 1, ["no sub-technique"])]
    assert {one.tactic.id: names(one.alone) for one in coverage.tactics if one.alone} == {
        "TA0001": ["wrong tactic"],
        "TA0002": ["no technique"],
    }
    assert coverage.unmapped == ()


def test_the_same_id_under_two_names_is_one_place():
    other = brief("z", ("TA0002", {"T0200": []}))
    renamed = tuple(place._replace(technique_name="Another name") for place in other.places)
    coverage = Coverage.of([RULES[1], dataclasses.replace(other, places=renamed)], ATTACK)
    assert cells(coverage) == [("TA0002", "T0200", 2, ["b", "z"])]


def test_a_rule_that_names_a_technique_twice_counts_once():
    twice = brief("a", ("TA0002", {"T0200": []}), ("TA0002", {"T0200": ["T0200.001"]}))
    assert cells(Coverage.of([twice], ATTACK)) == [("TA0002", "T0200", 1, []), ("TA0002", "T0200.001", 1, ["a"])]


def test_the_version_can_be_chosen():
    gone = brief("a", ("TA0001", {"T0400": []}))
    coverage = Coverage.of([gone], ATTACK, "16.0")
    assert (coverage.version, cells(coverage)) == ("16.0", [])
    assert [one.id for one in coverage.elsewhere] == ["T0400"]


def test_every_place_has_the_rules_of_all_its_tactics():
    places = Coverage.of(RULES, ATTACK).places
    assert list(places) == ["T0100", "T0200", "T0200.001", "T0200.002", "T0300", "T0400"]
    assert {any_id: len(files) for any_id, (_, files) in places.items() if files} == {
        "T0200": 3,
        "T0200.001": 2,
        "T0200.002": 1,
        "T0300": 1,
    }
