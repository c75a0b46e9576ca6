"""What somebody wants of coverage: rules chosen, parts of the matrix, and how much must be covered."""

import dataclasses

import pytest

from docs.test_coverage import ATTACK, RULES, brief, cells
from rulepack.docs.coverage import Coverage
from rulepack.docs.coverage_wanted import Chosen, Minimum, missing, part, share, tactic_of

COVERAGE = Coverage.of(RULES, ATTACK)


def rule(name, platforms=(), data_sources=(), tags=()):
    return dataclasses.replace(brief(name), platforms=platforms, data_sources=data_sources, tags=tags)


LINUX = rule("linux", ("Linux",), ("Auditd", "Elastic Defend"), ("OS: Linux", "x"))
BOTH = rule("both", ("Linux", "Windows"), ("Elastic Defend",), ("x", "y"))
NONE = rule("none")


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (Chosen(), "linux both none"),
        (Chosen(platforms=("linux",)), "linux both"),
        (Chosen(platforms=("Windows", "macOS")), "both"),
        (Chosen(data_sources=("AUDITD",)), "linux"),
        (Chosen(platforms=("Windows",), data_sources=("Auditd",)), ""),
        (Chosen(tags=("y", "OS: linux")), "linux both"),
        (Chosen(platforms=("Linux",), tags=("y",)), "both"),
    ],
)
def test_rules_are_chosen(chosen, names):
    assert [one.name for one in chosen.of((LINUX, BOTH, NONE))] == names.split()


def test_what_no_rule_has_is_known():
    chosen = Chosen(platforms=("Linux", "Lniux"), tags=("z",))
    assert [(kind, value) for kind, value, _ in chosen.unknown((LINUX, BOTH))] == [("platform", "Lniux"), ("tag", "z")]
    assert list(Chosen(tags=("z",)).unknown(())) == [("tag", "z", frozenset())]


def test_a_part_by_tactic_keeps_all_of_it():
    found = part(COVERAGE, ["TA0003"])
    assert [one.tactic.id for one in found.tactics] == ["TA0003"]
    assert found.tactics[0] == COVERAGE.tactics[2]
    assert (found.unmapped, found.elsewhere) == ((), ())
    assert part(COVERAGE) is COVERAGE


def test_a_part_by_technique_has_its_sub_techniques():
    found = part(COVERAGE, (), ["T0200"])
    assert cells(found) == [row for row in cells(COVERAGE) if row[1].startswith("T0200")]
    assert [one.name for one in found.tactics[0].rules] == ["b", "a", "c"]
    assert (found.techniques, found.subtechniques) == ((1, 1), (2, 2))


def test_a_part_by_sub_technique_counts_only_that():
    found = part(COVERAGE, (), ["T0200.001"])
    assert cells(found) == [("TA0002", "T0200", 2, []), ("TA0002", "T0200.001", 2, ["a", "c"])]
    assert part(COVERAGE, ["TA0001"], ["T0200"]).tactics == ()


@pytest.mark.parametrize("word", ["TA0002", "ta0002", "execution", "EXECUTION"])
def test_a_tactic_has_three_names(word):
    assert tactic_of(COVERAGE, word).id == "TA0002"
    assert tactic_of(COVERAGE, "TA9999") is None


@pytest.mark.parametrize(("text", "met"), [("2", True), ("3", False), ("50%", True), ("50.1%", False), ("100%", False)])
def test_a_minimum(text, met):
    assert COVERAGE.techniques == (2, 4)
    assert Minimum.parse(text).is_met(COVERAGE) is met
    assert str(Minimum.parse(text)) == text


@pytest.mark.parametrize("text", ["", "0", "0%", "100.1%", "-1", "1.5", "a", "1e3", "%", "5 %%", "9" * 7, "٣"])
def test_what_is_no_minimum(text):
    with pytest.raises(ValueError, match="is neither a number of techniques"):
        Minimum.parse(text)


def test_nothing_meets_no_minimum():
    assert not Minimum.parse("0.000001%").is_met(Coverage.of([], ATTACK))


@pytest.mark.parametrize(
    ("counts", "shown"),
    [((0, 0), "0.0%"), ((0, 9), "0.0%"), ((9, 9), "100.0%"), ((3999, 10000), "39.9%"), ((1, 3), "33.3%")],
)
def test_a_share_is_never_rounded_up(counts, shown):
    assert share(counts) == shown


def test_what_is_missing_is_told_in_order():
    assert [one.id for one in missing(COVERAGE, ["T0400", "T0200", "TA0001", "T0100", "T0400", "TA0002"])] == [
        "T0400",
        "TA0001",
        "T0100",
    ]
