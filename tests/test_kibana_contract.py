"""Bodies for Kibana against its own contract and against what the reference tool makes of the same files."""

import copy
import gzip
import importlib.util
import json
import re
from collections import Counter

import pytest
import tomlkit
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4
from support.samples import ROOT, SHARED, codes, make_pack, needs_shared

import rulepack
from rulepack.checks import CHECKS
from rulepack.checks.base import Context

pytestmark = needs_shared

PREFIX = "Security_Detections_API_"
TYPE_NAMES = {
    "query": "Query",
    "saved_query": "SavedQuery",
    "eql": "Eql",
    "esql": "Esql",
    "threshold": "Threshold",
    "threat_match": "ThreatMatch",
    "machine_learning": "MachineLearning",
    "new_terms": "NewTerms",
}
# What the expectation has from elsewhere: version lock, package manifests, ATT&CK v19.
NOT_COMPARED = {"version", "related_integrations", "required_fields", "threat", "tags"}
# Where ours is better than the reference tool's, and how.
REFERENCE_DEFECTS = {
    # It loses the list of the Setup section and leaves a copy of the section's text at the end of the guide.
    ("0ffc3d78-44ce-4a55-b2be-98219e0eed05", "note"),
    ("0ffc3d78-44ce-4a55-b2be-98219e0eed05", "setup"),
    # It leaves the heading of an empty Setup section in the guide.
    ("41f7da9e-4e9f-4a81-9b58-40d725d83bc0", "note"),
}


@pytest.fixture(scope="module")
def pack():
    return rulepack.load(SHARED / "corpus", (SHARED / "corpus",))


@pytest.fixture(scope="module")
def expected():
    with gzip.open(SHARED / "rules" / "expected-api.ndjson.gz", "rt", encoding="utf-8") as lines:
        return {body["rule_id"]: body for body in map(json.loads, lines)}


def create_validators(name):
    """A validator for the create body of each rule type, by the type's name."""
    document = json.loads((SHARED / "kibana" / name).read_text(encoding="utf-8"))
    registry = Registry().with_resource("urn:kibana", Resource.from_contents(document, default_specification=DRAFT4))
    return {
        rule_type: OAS30Validator(
            {"$ref": f"urn:kibana#/components/schemas/{PREFIX}{title}RuleCreateProps"}, registry=registry
        )
        for rule_type, title in TYPE_NAMES.items()
    }


def test_the_only_errors_in_the_public_corpus_are_real(pack):
    """Stack 8.19 has neither URL_DECODE nor CONTAINS, and three rules that use them do not ask for a later one."""
    assert len(pack.rules) == 1550
    errors = [found for found in pack.diagnostics if found.severity is rulepack.Severity.ERROR]
    assert [(one.code.id, one.span.file.rpartition("/")[2]) for one in errors] == [
        ("RP205", "credential_access_kubernetes_pod_exec_cloud_instance_metadata.toml"),
        ("RP205", "credential_access_kubernetes_pod_exec_sensitive_file_access.toml"),
        ("RP205", "impact_tls_alpn_acme_stalled_handshake.toml"),
    ]


def test_the_corpus_has_just_so_many_findings_of_each_code(pack, golden):
    """A new check, or a changed one, shows here how much it says of 1,550 rules that people have looked at."""
    counts = Counter((one.code.id, one.severity.label, one.code.name) for one in pack.diagnostics)
    lines = [f"{code} {severity} {count} {name}\n" for (code, severity, name), count in sorted(counts.items())]
    golden("corpus-findings.txt", "".join(lines))


# What is not about queries: identity, metadata, lists, guides, schedules, threat, tags of the whole pack.
CONTENT = re.compile(r"RP(30\d|40[12]|41\d|42\d|43[134]|50[1-6])")


def test_what_is_really_wrong_in_the_corpus_is_found(pack):
    """Seen one by one: revoked ids, an old name, a letter too many, a wrong number, runs that search too little."""
    found = [(one.code.id, one.span.file.rpartition("/")[2]) for one in pack.diagnostics]
    single = sorted(one for one in found if CONTENT.fullmatch(one[0]) and one[0] != "RP506")
    assert single == [
        ("RP301", "persistence_hidden_plist_filename.toml"),
        ("RP301", "persistence_suspicious_launch_agent_or_launch_daemon.toml"),
        ("RP303", "defense_evasion_mshta_making_network_connections.toml"),
        ("RP402", "defense_evasion_modify_ownership_os_files.toml"),
        ("RP421", "impact_high_freq_file_renames_by_kernel.toml"),
        ("RP422", "persistence_insmod_kernel_module_load.toml"),
        ("RP423", "persistence_insmod_kernel_module_load.toml"),
        ("RP429", "initial_access_fortigate_admin_login_multi_srcip.toml"),
        ("RP431", "privilege_escalation_endgame_process_injection_prevented.toml"),
        ("RP433", "credential_access_okta_mfa_bombing_via_push_notifications.toml"),
        ("RP433", "credential_access_okta_potentially_successful_okta_bombing_via_push_notifications.toml"),
        ("RP433", "initial_access_entra_id_protection_alerts_for_user.toml"),
        ("RP433", "initial_access_fortigate_ssl_vpn_login_followed_by_siem_alert.toml"),
    ]


def test_tags_that_the_corpus_writes_in_two_ways_are_found(pack):
    """CloudTrail is Cloudtrail in four rules, and Sign-in is Sign-In in nine; once logs are not Logs."""
    hints = [one.hint for one in pack.diagnostics if one.code.id == "RP506"]
    assert {hint: hints.count(hint) for hint in hints} == {
        'write "Data Source: AWS CloudTrail"': 4,
        'write "Data Source: Microsoft Entra ID Sign-in Logs"': 9,
        'write "Data Source: Entra ID Sign-in Logs"': 1,
    }


def test_rules_of_the_corpus_that_repeat_their_alerts_are_found(pack):
    """All aggregate, suppress nothing, and search at least twice their interval."""
    repeated = [one for one in pack.diagnostics if one.code.id == "RP432"]
    assert len(repeated) == 37
    assert max(int(one.message.split()[0]) for one in repeated) == 288


def test_the_set_elastic_finds_little_in_elastics_own_rules(pack):
    """Seen one by one: unmapped tactics in tags, guides under an old name, a broken heading, unnamed integrations."""
    context = Context.of(pack)
    opt_in = [check for check in CHECKS if check.opt_in == "elastic"]
    found = [one.code.id for rule in pack.rules for check in opt_in for one in check.on_rule(rule, context)]
    assert {code: found.count(code) for code in sorted(set(found))} == {"RP459": 9, "RP460": 1, "RP461": 4, "RP463": 17}


def test_bodies_are_those_of_the_reference_tool(pack, expected):
    different = set()
    for rule_id, theirs in expected.items():
        ours = pack.to_api(pack.by_id[rule_id], "9.6")
        for field in (set(ours) | set(theirs)) - NOT_COMPARED:
            if normal(field, ours.get(field)) != normal(field, theirs.get(field)):
                different.add((rule_id, field))
    assert len(expected) == 1460
    assert different == REFERENCE_DEFECTS


def normal(field, value):
    return re.sub(r"\n{2,}", "\n\n", value) if field == "note" and value else value


@pytest.mark.parametrize("name", ["openapi-8.18.json", "openapi-9x.json"])
def test_every_body_is_valid_against_the_create_schema(pack, expected, name):
    validators = create_validators(name)
    wrong = []
    for rule_id in expected:
        body = pack.to_api(pack.by_id[rule_id], "8.18" if "8.18" in name else "9.5")
        wrong += [(rule_id, error.message) for error in validators[body["type"]].iter_errors(body)]
    assert wrong == []


def test_the_showcase_rules_are_valid_against_the_create_schema():
    pack = rulepack.load(ROOT)
    validators = create_validators("openapi-9x.json")
    for rule in pack.rules:
        body = pack.to_api(rule)
        assert [error.message for error in validators[body["type"]].iter_errors(body)] == []


def bodies():
    spec = importlib.util.spec_from_file_location("rule_bodies", SHARED / "kibana" / "rule_bodies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    good = [pytest.param(body, id=name) for name, body in module.GOOD.items()]
    bad = [pytest.param(body, id=f"{kind}: {name}") for kind, ones in module.BAD.items() for name, body in ones]
    typos = [pytest.param(body, id=name) for name, body in module.ACCEPTED_TYPOS]
    return good, bad, typos


GOOD, BAD, TYPOS = bodies() if SHARED.is_dir() else ([], [], [])


def check_body(body, folder):
    """What rulepack says to a body, written as a rule file."""
    rule = {"rule_id": "t", "index": ["acme-*"], **copy.deepcopy(body)}
    document = {"metadata": {"maturity": "production"}, "rule": rule}
    if body.get("type") in {"esql", "machine_learning"}:
        del document["rule"]["index"]
    return make_pack(folder, tomlkit.dumps(document))


@pytest.mark.parametrize("body", GOOD)
def test_a_good_body_is_accepted(body, tmp_path):
    assert not check_body(body, tmp_path).failed


@pytest.mark.parametrize("body", BAD)
def test_a_bad_body_is_refused(body, tmp_path):
    assert check_body(body, tmp_path).failed


@pytest.mark.parametrize("body", TYPOS)
def test_a_typo_that_kibana_accepts_is_caught(body, tmp_path):
    assert {"RP101", "RP103", "RP441"} & set(codes(check_body(body, tmp_path)))


def test_there_are_8_good_26_bad_and_4_typos():
    assert (len(GOOD), len(BAD), len(TYPOS)) == (8, 26, 4)
