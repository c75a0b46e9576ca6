"""STIX bundles: what is read from them, and what is said of bad ones."""

from __future__ import annotations

import json

import pytest
from support.bundles import bundle, collection, matrix, relation, small, tactic, technique

from rulepack.reference.stix import parse_bundle, stated_version
from rulepack.reference.storage import UnreadableError


def by_id(table):
    return {each.id: each for each in table.techniques}


EXECUTION = tactic("TA0002", "Execution")


def test_a_small_bundle():
    table = parse_bundle(small(), "20.1")
    assert table.version == "20.1"
    assert [str(each) for each in table.tactics] == ["TA0001 Initial Access", "TA0002 Execution"]
    assert [(each.id, each.status, each.replaced_by) for each in table.techniques] == [
        ("T1059", "active", None),
        ("T1059.004", "active", None),
        ("T1064", "deprecated", None),
        ("T1086", "revoked", "T1059.004"),
        ("T1190", "active", None),
    ]
    assert by_id(table)["T1059"].tactics == ("TA0002",)


def test_the_order_of_objects_does_not_matter():
    turned = small()
    turned["objects"].reverse()
    assert parse_bundle(turned, "1") == parse_bundle(small(), "1")


def test_the_version_that_a_bundle_states():
    assert stated_version(small()) == "20.1"
    assert stated_version(bundle(collection(5))) is None


def test_a_bundle_without_a_version_is_named_by_its_newest_date():
    later = technique("T1059", "Shell", "execution", modified="2026-06-01T00:00:00Z")
    assert parse_bundle(bundle(EXECUTION, later)).version == "2026-06-01"


def test_a_bundle_without_a_version_and_without_dates():
    objects = [EXECUTION | {"modified": 5}, technique("T1059", "Shell", "execution", modified="yesterday")]
    with pytest.raises(UnreadableError, match="neither its version nor a date"):
        parse_bundle(bundle(*objects))


def test_tactics_outside_the_matrix_come_last():
    objects = [tactic("TA0003", "Persistence"), EXECUTION, matrix("TA0002", "TA0099")]
    table = parse_bundle(bundle(*objects, technique("T1059", "Shell", "execution")))
    assert [each.id for each in table.tactics] == ["TA0002", "TA0003"]


def test_replacements_are_followed_to_the_end():
    table = parse_bundle(
        bundle(
            EXECUTION,
            technique("T1001", "One", revoked=True),
            technique("T1002", "Two", "gone-tactic", revoked=True),
            technique("T1003", "Three", "execution"),
            relation("revoked-by", "T1001", "T1002"),
            relation("revoked-by", "T1002", "T1003"),
        )
    )
    assert [each.replaced_by for each in table.techniques] == ["T1003", "T1003", None]


@pytest.mark.parametrize(
    "relations",
    [
        [],
        [("T1001", "T1002", {}), ("T1002", "T1001", {})],
        [("T1001", "T1004", {})],
        [("T1001", "T1099", {})],
        [("T1001", "T1003", {"x_mitre_deprecated": True})],
    ],
    ids=["none", "circle", "deprecated", "missing", "relation-gone"],
)
def test_replacements_that_lead_nowhere_are_none(relations):
    table = parse_bundle(
        bundle(
            EXECUTION,
            technique("T1001", "One", revoked=True),
            technique("T1002", "Two", revoked=True),
            technique("T1003", "Three", "execution"),
            technique("T1004", "Four", "execution", x_mitre_deprecated=True),
            *[relation("revoked-by", source, target, **more) for source, target, more in relations],
        )
    )
    assert by_id(table)["T1001"].replaced_by is None


def test_other_matrices_and_foreign_objects_are_left_out():
    mobile = {"x_mitre_domains": ["mobile-attack"]}
    other_phase = {"kill_chain_name": "mitre-mobile-attack", "phase_name": "execution"}
    both = technique("T1059", "Shell", "execution", x_mitre_domains=["enterprise-attack", "mobile-attack"])
    both["kill_chain_phases"] += [other_phase, "odd"]
    table = parse_bundle(
        bundle(
            EXECUTION,
            tactic("TA0041", "Execution", **mobile),
            tactic("TA0004", "Old", revoked=True),
            both,
            technique("T1575", "Native API", **mobile),
            technique("CAPEC-1", "Other"),
            technique("T1001", "No reference", external_references=[5, {"source_name": "capec"}]),
            technique("T1002", "No list", external_references=None),
            technique("T1003", "No id", external_references=[{"source_name": "mitre-attack"}]),
            {"type": "identity", "id": "identity--1"},
        )
    )
    assert [each.id for each in table.tactics] == ["TA0002"]
    assert [(each.id, each.tactics) for each in table.techniques] == [("T1059", ("TA0002",))]


def test_of_one_id_the_active_technique_counts():
    old = technique("T1059", "Old", "execution", revoked=True) | {"id": "attack-pattern--old"}
    new = technique("T1059", "New", "execution")
    for objects in ([old, new], [new, old]):
        assert by_id(parse_bundle(bundle(EXECUTION, *objects)))["T1059"].name == "New"


def test_of_several_versions_of_an_object_the_newest_counts():
    old = technique("T1059", "Old", "execution", modified="2020-01-01")
    new = technique("T1059", "New", "execution")
    for objects in ([old, new], [new, old]):
        assert by_id(parse_bundle(bundle(EXECUTION, *objects)))["T1059"].name == "New"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ([], 'it is not a STIX bundle (no "type": "bundle")'),
        ({"objects": []}, 'it is not a STIX bundle (no "type": "bundle")'),
        ({"type": "bundle"}, 'it is not a STIX bundle (no list of "objects")'),
        ({"type": "bundle", "objects": {}}, 'it is not a STIX bundle (no list of "objects")'),
        (bundle({"id": "a", "type": "b"}, 5), "object 1 of the bundle has no id or no type"),
        (bundle({"id": "a"}), "object 0 of the bundle has no id or no type"),
        (bundle({"type": "a"}), "object 0 of the bundle has no id or no type"),
        (bundle(), "it holds no enterprise tactics"),
        (bundle(EXECUTION), "it holds no active enterprise techniques"),
        (bundle(EXECUTION, technique("T1001", "A", revoked=True)), "it holds no active enterprise techniques"),
        (bundle(EXECUTION, technique("T1001", "")), "T1001 has no name"),
        (bundle(tactic("TA0002", "A", x_mitre_shortname=None)), "TA0002 has no x_mitre_shortname"),
        (bundle(EXECUTION, technique("T1001", "A", "other")), "T1001 is in an unknown tactic, other"),
        (
            bundle(EXECUTION, technique("T1001", "A", kill_chain_phases=5)),
            "kill_chain_phases of attack-pattern--T1001 is no list",
        ),
        (
            bundle(
                EXECUTION,
                technique("T1001", "A", "execution"),
                technique("T1002.001", "B", "execution"),
                relation("subtechnique-of", "T1002.001", "T1001"),
            ),
            "T1002.001 is a sub-technique of T1001, which its number contradicts",
        ),
    ],
)
def test_bad_bundles_are_refused_with_a_reason(payload, reason):
    with pytest.raises(UnreadableError) as caught:
        parse_bundle(payload)
    assert str(caught.value) == reason


def test_mitres_own_bundle(shared):
    path = shared / "attack" / "enterprise-attack-18.1.json"
    table = parse_bundle(json.loads(path.read_bytes()), "18.1")
    techniques = by_id(table)
    assert [each.name for each in table.tactics][:3] == ["Reconnaissance", "Resource Development", "Initial Access"]
    assert sum(each.status == "active" for each in table.techniques) == 691
    assert (techniques["T1547.011"].status, techniques["T1547.011"].replaced_by) == ("revoked", "T1647")
    assert techniques["T1150"].replaced_by == "T1647"  # by way of T1547.011
    assert techniques["T1064"].status == "deprecated"
