"""detection-rules' files of packages, manifests and Beats."""

import gzip
import json

import pytest

from rulepack.reference.manifests import Manifest
from rulepack.reference.schema_files import read_beats, read_packages
from rulepack.reference.storage import UnreadableError


def test_fields_by_package_version_and_data_stream():
    content = {"acme": {"2.1.0": {"log": {"a": "long", "b": "object", "c.*": "object"}, "jobs": ["acme_rare"]}}}
    schemas = read_packages(content, "2026-08").schemas["acme"]
    assert schemas.versions["2.1.0"]["log"].fields == {"a": "long", "b": "object:", "c.*": "object"}
    assert list(schemas.versions["2.1.0"]) == ["log"]
    # Such files have lost the multi-fields.
    assert (schemas.exact, schemas.dated) == (False, "2026-08")


def test_manifests_by_package_and_version():
    content = {"acme": {"2.1.0": {"conditions": {"kibana": {"version": "^9.0.0"}}, "policy_templates": ["acme"]}}}
    gathered = read_packages(content)
    assert gathered.manifests == {"acme": {"2.1.0": Manifest("^9.0.0", ("acme",))}}
    assert gathered.schemas == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], "packages by name are expected"),
        ({}, "there are no packages in it"),
        ({"acme": 5}, "versions of acme are expected"),
        ({"acme": {"new": {}}}, "'new' of acme is no version such as 8.17.0"),
        ({"../x": {"1.0.0": {}}}, "'../x' is no name of a package"),
        ({"": {"1.0.0": {}}}, "'' is no name of a package"),
        ({"acme": {"1.0.0": 5}}, "acme 1.0.0 is no table"),
        ({"acme": {"1.0.0": {"log": 5}}}, "fields of acme 1.0.0 log are expected"),
        ({"acme": {"1.0.0": {"log": {"a": 5}}}}, "acme 1.0.0 log: a has no type"),
        ({"acme": {"1.0.0": {"log": {"a\nb": "ip"}}}}, "has no type"),
        ({"logs-acme.*": {"a": "ip"}}, "logs-acme.* is an index pattern: such a file is a pack's own, for fields/"),
    ],
)
def test_other_content_is_refused(content, reason):
    with pytest.raises(UnreadableError) as caught:
        read_packages(content)
    assert reason in str(caught.value)


def folder(*definitions, **folders):
    meta = {"_meta": {"files": {"fields.yml": list(definitions), "config.yml": ["no fields"]}}} if definitions else {}
    return {"folders": {**meta, **folders}}


BEATS = {
    "libbeat": folder({"key": "common", "fields": [{"name": "common", "type": "date"}]}),
    "acmebeat": folder(
        {"key": "own", "fields": [{"name": "own", "type": "long"}]},
        module=folder(
            nested=folder(
                {"key": "nested", "fields": [{"name": "nested", "type": "group", "fields": [{"name": "x"}]}]},
                part=folder({"name": "part", "type": "group", "fields": [{"name": "y"}]}),
            ),
            flat=folder(
                {"key": "flat", "fields": []},
                part=folder({"name": "flat.part", "type": "group", "fields": [{"name": "z"}]}),
            ),
        ),
        testdata=folder({"name": "not_this"}),
    ),
}


def test_the_parts_of_a_module_stand_below_what_it_begins():
    beats = read_beats(BEATS, "9.4.4")
    assert list(beats.versions["9.4.4"]) == ["acmebeat"]
    assert beats.stream("9.4.4", "acmebeat").fields == {
        "common": "date",
        "flat.part.z": "keyword",
        "nested.part.y": "keyword",
        "nested.x": "keyword",
        "own": "long",
    }


def deep():
    tree = {}
    for _ in range(50):
        tree = {"folders": {"a": tree}}
    return tree


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"acmebeat": 5},
        {"acmebeat": {"folders": 5}},
        {"acmebeat": {"folders": {"a": 5}}},
        {"acmebeat": {"folders": {"_meta": {"files": 5}}}},
        {"acmebeat": {"folders": {"_meta": {"files": {"fields.yml": 5}}}}},
        {"acmebeat": deep()},
        {"acmebeat": {}},
    ],
)
def test_what_is_no_beat_is_refused(content):
    with pytest.raises(UnreadableError):
        read_beats(content, "9.4.4")


def test_the_public_files_are_read(shared):
    def content(name):
        return json.loads(gzip.decompress((shared / "fields" / name).read_bytes()))

    assert len(read_packages(content("integration-manifests.json.gz")).manifests) == 55
    beats = read_beats(content("beats-9.4.4.json.gz"), "9.4.4")
    winlogbeat = beats.stream("9.4.4", "winlogbeat").fields
    assert winlogbeat["winlog.event_data"] == "object:keyword"
    assert winlogbeat["winlog.event_data.TargetUserName"] == "keyword"
    assert beats.stream("9.4.4", "filebeat").fields["o365.audit.UserId"] == "keyword"
