"""Derived fields: which integrations a rule needs, and which fields its query uses."""

import gzip
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from support.samples import RULE, SHARED, make_pack, needs_shared

from rulepack import derive, loader, schema
from rulepack.project import find_project
from rulepack.reference import Reference
from rulepack.reference.update_fields import update_integrations
from rulepack.stack import StackVersion

FIELDS = SHARED / "fields"
NEWEST = StackVersion(9, 6)
# Two made-up packages: their versions, the stacks each runs on, and the integrations in them.
MANIFESTS = {
    "acme": {
        "1.0.0": {"conditions": {"kibana": {"version": "^8.0.0"}}, "policy_templates": ["audit", "flow"]},
        "2.0.0": {"conditions": {"kibana": {"version": "^8.5.0 || ^9.0.0"}}, "policy_templates": ["audit", "flow"]},
        "2.4.1": {"conditions": {"kibana": {"version": "^8.5.0 || ^9.0.0"}}, "policy_templates": ["audit", "flow"]},
        "3.0.0-beta.1": {"conditions": {"kibana": {"version": "^9.0.0"}}, "policy_templates": ["audit"]},
    },
    "gate": {"0.9.0": {"conditions": {"kibana": {"version": "^9.4.0"}}}},
}


@pytest.fixture
def known(tmp_path):
    """Reference data that knows the made-up packages."""
    source = tmp_path / "integration-manifests.json"
    source.write_text(json.dumps(MANIFESTS), encoding="utf-8")
    update_integrations([str(source)], tmp_path / "reference", Reference().ecs)
    return Reference(tmp_path / "reference")


def rule(folder, integration, query="event.category : process", language="kuery"):
    text = RULE.replace("[metadata]\n", f"[metadata]\nintegration = {json.dumps(integration)}\n")
    text = text.replace("event.category : process", query).replace('"kuery"', f'"{language}"')
    if language == "eql":
        text = text.replace('type = "query"', 'type = "eql"')
    (found,) = make_pack(folder, text).rules
    return found


def integrations(found, known, stack):
    derived = derive.related_integrations(found, known, StackVersion.parse(stack))
    return [(one.package, one.version, one.integration) for one in derived]


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("8.4", [("acme", "^1.0.0", None)]),
        ("8.19", [("acme", "^2.0.0", None)]),
        ("9.3", [("acme", "^2.0.0", None)]),
        ("9.4", [("acme", "^2.0.0", None), ("gate", "^0.9.0", None)]),
        ("9.5", [("acme", ">=2.0.0", None), ("gate", ">=0.9.0", None)]),
    ],
)
def test_the_lowest_version_of_the_highest_major_that_runs_on_the_stack(tmp_path, known, stack, expected):
    assert integrations(rule(tmp_path, ["gate", "acme", "nowhere"]), known, stack) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("data_stream.dataset : acme.audit", ["audit"]),
        ("event.dataset : (acme.audit or acme.flow)", ["audit", "flow"]),
        ("event.dataset : (acme.audit or acme.other)", [None, "audit"]),
        ("event.dataset : other.audit", [None]),
        ("event.module : acme.audit", [None]),
    ],
)
def test_the_integration_is_named_whose_dataset_the_query_names(tmp_path, known, query, expected):
    found = integrations(rule(tmp_path, "acme", query), known, "9.3")
    assert [integration for _, _, integration in found] == expected


def test_what_the_file_names_stays(tmp_path, known):
    own = (derive.RelatedIntegration(package="mine", version="1.x"),)
    fields = (derive.RequiredField(name="a", type="long"),)
    found = replace(rule(tmp_path, "acme"), related_integrations=own, required_fields=fields)
    assert derive.related_integrations(found, known, NEWEST) == own
    assert derive.required_fields(found, known, NEWEST) == fields
    names = ("related_integrations", "required_fields")
    assert derive.derive(found, names, known, None) is found


def test_fields_of_a_query_are_sorted_and_have_their_types(tmp_path):
    query = "source.ip : 10.0.0.1 and (process.pid > 4 or acme.odd : x) and process.pid < 9"
    found = derive.required_fields(rule(tmp_path, "acme", query), Reference(), NEWEST)
    assert [(one.name, one.type, one.ecs) for one in found] == [
        ("acme.odd", "unknown", False),
        ("process.pid", "long", True),
        ("source.ip", "ip", True),
    ]


def test_backticks_of_eql_are_no_part_of_a_name(tmp_path):
    found = derive.required_fields(rule(tmp_path, "a", 'any where `acme.io/x` == "1"', "eql"), Reference(), NEWEST)
    assert [one.name for one in found] == ["acme.io/x"]


@pytest.mark.parametrize("query", ["user.name : (", ""])
def test_nothing_follows_from_a_query_that_cannot_be_read(tmp_path, query):
    assert derive.required_fields(rule(tmp_path, "a", query), Reference(), NEWEST) == ()


def test_bodies_have_them_only_where_the_settings_ask_for_them(tmp_path):
    text = RULE.replace("[metadata]\n", '[metadata]\nintegration = "acme"\n')
    pack = make_pack(tmp_path, text)
    assert "required_fields" not in pack.to_api(pack.rules[0], "9.3")
    pack = make_pack(tmp_path, text, settings='derived_fields = ["required_fields", "related_integrations"]')
    body = pack.to_api(pack.rules[0], "9.3")
    assert body["required_fields"] == [{"name": "event.category", "type": "keyword"}]
    assert "related_integrations" not in body
    assert "required_fields" not in pack.to_api(pack.rules[0], "8.2")


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """The public rules, reference data from the schemas of 2024-07 and Beats 9.4.4, and the reference tool's bodies."""
    folder = tmp_path_factory.mktemp("public")
    sources = [FIELDS / "integration-schemas-2024-07.json.gz", FIELDS / "integration-manifests.json.gz"]
    update_integrations([str(source) for source in sources], folder, Reference().ecs)
    pack = loader.load(find_project(SHARED / "corpus"), (Path(SHARED / "corpus"),))
    with gzip.open(SHARED / "rules" / "expected-api.ndjson.gz", "rt", encoding="utf-8") as lines:
        expected = {body["rule_id"]: body for body in map(json.loads, lines)}
    return pack, Reference(folder), expected


@needs_shared
def test_related_integrations_are_those_of_the_reference_tool(public):
    pack, known, expected = public
    different = []
    for rule_id, body in expected.items():
        ours = [schema.dump(one) for one in derive.related_integrations(pack.by_id[rule_id], known, NEWEST)]
        theirs = body.get("related_integrations", [])
        if {tuple(sorted(one.items())) for one in ours} != {tuple(sorted(one.items())) for one in theirs}:
            different.append((rule_id, theirs))
    # Its own [metadata] names integrations for these five; no dataset in the query does, and so the tool names none.
    assert len(expected) - len(different) == 1455
    assert all(theirs == [] for _, theirs in different)


@needs_shared
def test_required_fields_are_those_of_the_reference_tool_where_the_data_are_the_same(public):
    pack, known, expected = public
    kinds = Counter()
    for rule_id, body in expected.items():
        ours = {one.name: (one.type, one.ecs) for one in derive.required_fields(pack.by_id[rule_id], known, NEWEST)}
        theirs = {one["name"].replace("`", ""): (one["type"], one["ecs"]) for one in body.get("required_fields", [])}
        names = ours.keys() ^ theirs.keys()
        pairs = [(ours[name], theirs[name]) for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]]
        kinds[_kind(names, pairs)] += 1
    print(kinds)
    assert kinds["other names"] == 1
    assert kinds["same"] >= 1200


def _kind(names, pairs):
    """Why two lists of fields differ; the worst reason counts."""
    if names:
        return "other names"
    if any("unknown" not in (ours[0], theirs[0]) for ours, theirs in pairs):
        return "a type that has changed since the schemas of 2024"
    if any(ours[0] == "unknown" for ours, _ in pairs):
        return "a field that came after the schemas of 2024"
    return "a type that the tool does not know" if pairs else "same"
