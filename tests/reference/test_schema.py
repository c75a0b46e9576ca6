"""What is known about a field: known, unknown with a reason, or not to be judged."""

import time

import pytest

from rulepack.reference import FieldSchema, Known, Unchecked, Unknown
from rulepack.reference.layer import Layer

ECS = Layer(
    "ECS 9.4",
    {"process.name": "keyword", "process.name.text": "match_only_text", "labels": "object", "user.name": "keyword"},
)
ACME = Layer(
    "acme 2.1.0",
    {
        "acme.details": "flattened",
        "acme.details.role": "flattened",
        "acme.first": "alias:acme.name",
        "acme.ids": "nested",
        "acme.ids.value": "long",
        "acme.labels": "object:keyword",
        "acme.labels.team": "keyword",
        "acme.legacy": "array",
        "acme.metrics.*": "object:long",
        "acme.metrics.count": "long",
        "acme.name": "constant_keyword",
        "acme.bare": "object:",
        "acme.open": "object:",
        "acme.open.known": "keyword",
        "acme.target": "group",
        "acme.target.id": "keyword",
        "acme.who": "alias:process.name",
        "user.name": "wildcard",
        "user.risk": "keyword",
    },
)
OLD = Layer("old 1.0.0", {"acme.bare.known": "ip", "old.name": "keyword", "user.risk": "long"}, exact=False)


@pytest.fixture
def schema():
    return FieldSchema((ECS, ACME, OLD))


@pytest.mark.parametrize(
    ("name", "types", "source"),
    [
        ("process.name", ("keyword",), "ECS 9.4"),
        ("process.name.text", ("match_only_text",), "ECS 9.4"),
        ("process", ("object",), "ECS 9.4"),
        ("labels.anything", (), "ECS 9.4"),
        ("acme.details", ("flattened",), "acme 2.1.0"),
        ("acme.details.any.thing", ("flattened",), "acme 2.1.0"),
        ("acme.ids", ("nested",), "acme 2.1.0"),
        ("acme.labels.other", ("keyword",), "acme 2.1.0"),
        ("acme.bare.banana", (), "acme 2.1.0"),
        ("acme.legacy", (), "acme 2.1.0"),
        ("acme.legacy.below", (), "acme 2.1.0"),
        ("acme.metrics.total", ("long",), "acme 2.1.0"),
        ("acme.first", ("constant_keyword",), "acme 2.1.0"),
        ("acme.who", ("keyword",), "acme 2.1.0"),
        ("acme.target", ("object",), "acme 2.1.0"),
        ("acme.*.id", (), "acme 2.1.0"),
        ("old.name.caseless", ("keyword",), "old 1.0.0"),
        ("old.name.text", ("match_only_text",), "old 1.0.0"),
        ("_id", ("keyword",), "Elasticsearch"),
        ("_source", (), "Elasticsearch"),
    ],
)
def test_a_field_is_known_with_its_types_and_source(schema, name, types, source):
    found = schema.find(name)
    assert isinstance(found, Known)
    assert (found.types, found.sources) == (types, (source,))


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("process.nmae", ("process.name",)),
        ("acme.name.text", ("acme.name",)),
        ("acme.ids.vlaue", ("acme.ids.value",)),
        ("acme.target.di", ("acme.target.id",)),
        ("process.*.banana", ()),
        ("zebra", ()),
    ],
)
def test_where_all_is_known_a_field_that_is_not_cannot_exist(schema, name, close):
    found = schema.find(name)
    assert isinstance(found, Unknown)
    assert (found.complete, found.why, found.searched) == (True, "", "ECS 9.4, acme 2.1.0, old 1.0.0")
    assert found.close[:1] == close


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("acme.open.konwn", "acme.open.known"),
        ("acme.open.banana", None),
        ("acme.bare.konwn", "acme.bare.known"),
        ("acme.labels.taem", "acme.labels.team"),
        ("acme.metrics.cuont", "acme.metrics.count"),
        ("acme.details.roel", "acme.details.role"),
    ],
)
def test_below_an_open_field_a_slip_is_doubtful_but_not_wrong(schema, name, close):
    found = schema.find(name)
    assert isinstance(found, Unknown)
    assert (found.complete, found.why) == (False, "acme 2.1.0 takes other fields in this place, too")
    assert next(iter(found.close), None) == close


def test_a_gap_is_the_reason_why_nothing_is_certain():
    found = FieldSchema((ECS, ACME), "nothing is known about logs-other-*").find("process.nmae")
    assert isinstance(found, Unknown)
    assert (found.complete, found.why) == (False, "nothing is known about logs-other-*")


def test_where_nothing_but_ecs_is_known_nothing_is_judged():
    schema = FieldSchema((ECS,), "nothing is known about acme", blind=True)
    assert isinstance(schema.find("process.name"), Known)
    found = schema.find("process.nmae")
    assert isinstance(found, Unchecked)
    assert (found.why, found.close) == ("nothing is known about acme", ("process.name",))


def test_types_agree_within_a_family_or_not_at_all(schema):
    assert schema.types_of("user.name") == ("keyword", "wildcard")
    assert schema.type_of("user.name") == "keyword"
    assert schema.types_of("user.risk") == ("keyword", "long")
    assert schema.type_of("user.risk") is None
    assert schema.type_of("nothing") is None
    assert schema.type_of("acme.legacy") is None


def test_a_name_with_a_star_stands_for_the_fields_that_it_matches(schema):
    assert schema.matching("proc*name") == ("process.name",)
    assert schema.matching("user.*") == ("user.name", "user.risk")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("acme.details.*", True),
        ("acme.details.unlisted*", True),
        ("acme.labels.x*", True),
        ("acme.metrics.x*", True),
        ("acme.*.banana", False),
        ("*.banana", False),
        ("labels.x*", True),
    ],
)
def test_a_name_with_a_star_may_be_below_an_open_field(schema, name, known):
    found = schema.find(name)
    assert isinstance(found, Known) is known
    assert known or (found.complete, found.why[-25:]) == (False, " takes fields of any name")


def test_nobody_is_kept_waiting_by_names_with_stars():
    schema = FieldSchema((Layer("wide", {f"w.{number:05}": "keyword" for number in range(1000)}),))
    start = time.process_time()
    found = [schema.find(f"*{number}*w*z") for number in range(1000)]
    assert time.process_time() - start < 5
    assert isinstance(found[0], Unknown)
    assert isinstance(found[-1], Unchecked)


def test_what_was_searched_fits_into_a_message():
    layers = tuple(Layer(f"package_{number} 1.0.0", {"a": "keyword"}) for number in range(9))
    assert FieldSchema((ECS, *layers)).searched == "ECS 9.4, package_0 1.0.0, package_1 1.0.0 and 7 more"


def test_answers_are_remembered(schema):
    assert schema.find("process.name") is schema.find("process.name")
    assert schema._distances("process.nmae") is schema._distances("process.nmae")


def test_thousands_of_hostile_names_take_no_time(schema):
    wide = Layer("wide", {f"w.{number:05}": "flattened" for number in range(5000)} | {"w": "flattened"})
    schema = FieldSchema((ECS, ACME, wide))
    start = time.process_time()
    for number in range(4000):
        schema.find(f"w.x{number}")
        schema.find(f"acme.open.x{number}")
        schema.find("a." * 20 + str(number))
    assert time.process_time() - start < 2
