"""Packages as they are stored: rows that streams share, read back as they were."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.reference import storage
from rulepack.reference.package import KIND, Package, Stream

NAMES = st.text("abc._", min_size=1, max_size=4)
STREAMS = st.dictionaries(NAMES, st.dictionaries(NAMES, st.sampled_from(["keyword", "long", "object:"]), max_size=5))
BASE = {"@timestamp": "date", "event.action": "keyword"}


def again(package):
    return Package.from_payload(json.loads(json.dumps(package.to_payload())))


@given(st.dictionaries(st.sampled_from(["1.0.0", "1.2.0", "2.0.0"]), STREAMS, min_size=1))
def test_what_is_stored_comes_back(versions):
    held = {version: {name: Stream(fields) for name, fields in each.items()} for version, each in versions.items()}
    package = again(Package.of("acme", held, dated="2026-08"))
    assert {version: package.streams(version) for version in package.versions} == held
    assert (package.name, package.exact, package.dated) == ("acme", True, "2026-08")


def test_streams_and_versions_share_their_rows():
    streams = {name: Stream({**BASE, f"acme.{name}": "keyword"}) for name in "abc"}
    package = Package.of("acme", {"1.0.0": streams, "2.0.0": streams})
    assert sorted(package.rows) == [
        ("date", "@timestamp"),
        ("keyword", "acme.a"),
        ("keyword", "acme.b"),
        ("keyword", "acme.c"),
        ("keyword", "event.action"),
    ]
    assert package.count == 5


def test_the_order_of_what_is_given_does_not_matter():
    one = Package.of("acme", {"1.0.0": {"a": Stream(BASE), "b": Stream({"x": "long"})}, "2.0.0": {"a": Stream(BASE)}})
    fields = dict(reversed(BASE.items()))
    other = Package.of(
        "acme", {"2.0.0": {"a": Stream(fields)}, "1.0.0": {"b": Stream({"x": "long"}), "a": Stream(fields)}}
    )
    assert storage.pack(KIND, one.to_payload()) == storage.pack(KIND, other.to_payload())


@pytest.mark.parametrize(
    ("dataset", "streams"),
    [
        ("acme.events.audit", ("audit",)),
        # Where only a folder is known, any dataset that ends like it may be meant.
        ("acme.events.*", ("audit", "login", "plain")),
        ("acme.events.a*", ("audit",)),
        ("acme.*", ("audit", "login", "plain")),
        ("acme*", ("audit", "login", "plain")),
        ("acme.plain", ("plain",)),
        ("acme.other.plain*", ("plain",)),
        ("acme.audit", ()),
        ("acme", ()),
    ],
)
def test_an_index_pattern_names_data_streams_by_their_dataset(dataset, streams):
    held = {
        "audit": Stream(BASE, "acme.events.audit"),
        "login": Stream(BASE, "acme.events.login"),
        "plain": Stream(BASE),
    }
    assert Package.of("acme", {"1.0.0": held}).matching("1.0.0", dataset) == streams


GOOD = Package.of("acme", {"1.0.0": {"a": Stream(BASE)}}).to_payload()


@pytest.mark.parametrize(
    "change",
    [
        {"name": 5},
        {"exact": "yes"},
        {"dated": None},
        {"rows": [["keyword"]]},
        {"rows": [["keyword", 5], ["date", "x"]]},
        {"rows": 5},
        {"versions": {}},
        {"versions": {"one": {}}},
        {"versions": {"1.0.0": {"a": ["", [7]]}}},
        {"versions": {"1.0.0": {"a": ["", [-1]]}}},
        {"versions": {"1.0.0": {"a": ["", [True]]}}},
        {"versions": {"1.0.0": {"a": [5, []]}}},
        {"versions": {"1.0.0": {"a": 5}}},
        {"versions": {"1.0.0": {"a": ["", [[]]]}}},
        {"versions": []},
    ],
)
def test_payloads_of_another_shape_are_refused(change):
    with pytest.raises(ValueError, match="its rows are not as rulepack writes them"):
        Package.from_payload({**GOOD, **change})
    for key in change:
        with pytest.raises(ValueError, match="its rows"):
            Package.from_payload({name: value for name, value in GOOD.items() if name != key})
