"""Manifests of packages: which versions run where, and which one related_integrations names."""

import gzip
import json

import pytest

from rulepack.reference.manifests import Manifest, Manifests
from rulepack.reference.schema_files import read_packages
from rulepack.stack import StackVersion

V8, V9 = StackVersion(8, 19), StackVersion(9, 4)
ACME = {
    "1.0.0": Manifest("^8.0.0"),
    "1.9.0": Manifest("^8.17.0"),
    "1.10.0": Manifest("^8.17.0 || ^9.0.0"),
    "2.0.0-beta.1": Manifest("^9.0.0"),
    "2.0.0": Manifest("^9.0.0", ("acme", "acme_cloud")),
    "2.1.0": Manifest("^9.0.0"),
    "3.0.0-preview.1": Manifest("^9.0.0"),
}
MANIFESTS = Manifests({"acme": ACME, "early": {"0.1.0-beta.1": Manifest("")}})


def test_versions_that_run_on_a_stack_are_in_order_without_previews():
    assert MANIFESTS.versions("acme", V8) == ("1.0.0", "1.9.0", "1.10.0")
    assert MANIFESTS.versions("acme", V9) == ("1.10.0", "2.0.0", "2.1.0")
    assert MANIFESTS.versions("acme", StackVersion(7, 17)) == ()
    assert MANIFESTS.versions("early", V9) == ("0.1.0-beta.1",)
    assert MANIFESTS.versions("other", V9) == ()


def test_the_newest_and_the_related_version():
    assert (MANIFESTS.newest("acme", V8), MANIFESTS.related("acme", V8)) == ("1.10.0", "1.0.0")
    assert (MANIFESTS.newest("acme", V9), MANIFESTS.related("acme", V9)) == ("2.1.0", "2.0.0")
    assert (MANIFESTS.newest("other", V9), MANIFESTS.related("other", V9)) == (None, None)


def test_policy_templates_are_of_a_version():
    assert MANIFESTS.policy_templates("acme", "2.0.0") == ("acme", "acme_cloud")
    assert MANIFESTS.policy_templates("acme", "9.9.9") == ()


def test_what_is_stored_comes_back():
    assert Manifests.from_payload(json.loads(json.dumps(MANIFESTS.to_payload()))).packages == MANIFESTS.packages


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"packages": []},
        {"packages": {"acme": [["^8.0.0", []]]}},
        {"packages": {"acme": [[5, [], ["1.0.0"]]]}},
        {"packages": {"acme": [["", [5], ["1.0.0"]]]}},
        {"packages": {"acme": [["", [], ["one"]]]}},
        {"packages": {"acme": [["", [], [5]]]}},
        {"packages": {"acme": 5}},
    ],
)
def test_payloads_of_another_shape_are_refused(payload):
    with pytest.raises(ValueError, match="its rows are not as rulepack writes them"):
        Manifests.from_payload(payload)


def test_related_versions_are_as_the_reference_tool_has_them(shared):
    content = json.loads(gzip.decompress((shared / "fields" / "integration-manifests.json.gz").read_bytes()))
    manifests = Manifests(read_packages(content).manifests)
    compared = 0
    with gzip.open(shared / "rules" / "expected-api.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            body = json.loads(line)
            for related in body.get("rule", body).get("related_integrations", ()):
                version = manifests.related(related["package"], StackVersion(9, 6))
                assert related["version"].lstrip("^>=") == version, related
                compared += 1
    assert compared > 2000
