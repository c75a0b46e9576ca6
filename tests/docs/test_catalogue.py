"""The catalogue's data: every rule with what it is found by, in an order that new rules do not change."""

import json
from dataclasses import replace

from rulepack.docs.brief import Brief, Place
from rulepack.docs.catalogue import catalogue, ordered
from rulepack.rule.threat import ATTACK

EXECUTION = (ATTACK, "TA0002", "Execution")
ONE = Brief(
    file="a.toml",
    rule_id="id-1",
    name="First <rule>",
    type="eql",
    language="eql",
    severity="high",
    risk_score=73,
    description="What it finds.",
    created="2026-01-02",
    updated="2026-03-04",
    tags=("OS: Linux", "Use Case: Threat Detection"),
    platforms=("Linux",),
    integrations=("endpoint",),
    places=(
        Place(*EXECUTION),
        Place(*EXECUTION, "T1059", "Command and Scripting Interpreter"),
        Place(*EXECUTION, "T1059", "Command and Scripting Interpreter", "T1059.004", "Unix Shell"),
        Place(ATTACK, "TA0003", "Persistence"),
    ),
)
TWO = replace(
    ONE,
    file="b.toml",
    rule_id="id-2",
    name="Second",
    type="machine_learning",
    language="",
    created="2025-01-01",
    deprecated=True,
    building_block=True,
    tags=(),
    platforms=(),
    integrations=(),
    places=(),
    severity="low",
)


def data(*briefs):
    return json.loads(catalogue(ordered(briefs)))


def test_a_new_rule_comes_last_and_no_other_gets_another_number():
    new = replace(ONE, rule_id="id-0", created="2026-06-01")
    assert [one.rule_id for one in ordered((ONE, TWO))] == ["id-2", "id-1"]
    assert [one.rule_id for one in ordered((new, ONE, TWO))] == ["id-2", "id-1", "id-0"]


def test_every_rule_has_its_place_in_every_column():
    columns = data(ONE, TWO)["rules"]
    assert {len(column) for column in columns.values()} == {2}
    assert columns["name"] == ["Second", "First <rule>"]
    assert columns["slug"] == ["second", "first-rule"]
    assert columns["flags"] == [3, 0]


def test_facets_are_numbers_of_names():
    found = data(ONE, TWO)
    facets, columns = found["facets"], found["rules"]
    assert facets["severity"] == ["low", "medium", "high", "critical"]
    assert [facets["severity"][number] for number in columns["severity"]] == ["low", "high"]
    assert [facets["type"][number] for number in columns["type"]] == ["Machine learning", "Event correlation"]
    assert columns["language"] == [-1, facets["language"].index("EQL")]
    assert [[facets["tag"][number] for number in row] for row in columns["tag"]] == [
        [],
        ["OS: Linux", "Use Case: Threat Detection"],
    ]


def test_a_rule_is_placed_as_deep_as_it_is_mapped():
    found = data(ONE, TWO)
    places = [[*found["tactics"][tactic], technique] for tactic, technique in found["places"]]
    assert [places[number] for number in found["rules"]["place"][1]] == [
        ["TA0002", "Execution", "T1059.004"],
        ["TA0003", "Persistence", ""],
    ]
    assert found["techniques"] == {"T1059": "Command and Scripting Interpreter", "T1059.004": "Unix Shell"}


def test_the_same_rules_give_the_same_text_in_any_order():
    assert catalogue(ordered((ONE, TWO))) == catalogue(ordered((TWO, ONE)))


def test_no_rules_give_an_empty_catalogue():
    assert data()["rules"]["name"] == []
