"""Exception lists: what a file may say, what is said of what it may not, and what Kibana is sent."""

import copy
import tomllib

import pytest
from conftest import DATA
from hypothesis import given
from hypothesis import strategies as st
from support.samples import EXCEPTIONS

from rulepack import exception_list, schema
from rulepack.exception_files import read_exceptions
from rulepack.exception_list import ENTRY_TYPES, import_lines, item_to_api, parse_list, to_api
from rulepack.project import MetadataKey
from rulepack.rule.action import EXCEPTION_LIST_TYPES
from rulepack.sandbox import exception_bodies
from rulepack.source import parse_source

SAMPLES = sorted((DATA / "rules" / "valid_exceptions").glob("*.toml"))

# Hints that are given in several places.
IN_A_TABLE = "give it a [header] of its own, or write { key = value }"
IN_UTC = 'use a time in UTC such as "2026-12-31T00:00:00Z"'
ANY_TYPE = "use match, match_any, wildcard, exists, list or nested"
HAVE_ONE = "have one; remove it, or correct the type"


def read(text, own_keys=None):
    return read_exceptions(parse_source("rules/x.toml", text), own_keys or {})


def said(text, **own_keys):
    _, found = read(text, own_keys)
    return [(one.code.id, str(one.span).partition(":")[2], one.message, one.hint) for one in found]


def with_item(line):
    return EXCEPTIONS.replace('item_id = "scanner-1"\n', f'item_id = "scanner-1"\n{line}\n')


def with_entries(*entries):
    return EXCEPTIONS[: EXCEPTIONS.index("[[exceptions.items.entries]]")] + f"entries = [{', '.join(entries)}]\n"


def entry(kind, more='value = "a"'):
    return f'{{ field = "a", type = "{kind}", operator = "included"{", " * bool(more)}{more} }}'


def nested(*entries):
    return f'{{ field = "a", type = "nested", entries = [{", ".join(entries)}] }}'


# --- what is right ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_read_without_a_word(path):
    lists, found = read(path.read_text(encoding="utf-8"))
    assert found == []
    assert [one.index for one in lists] == list(range(len(lists)))
    assert {one.file for one in lists} == {"rules/x.toml"}


def test_the_samples_have_every_field_and_every_type_of_entry():
    lists = [one for path in SAMPLES for one in read(path.read_text(encoding="utf-8"))[0]]
    for cls, made in (
        (exception_list.ExceptionContainer, [one.container for one in lists]),
        (exception_list.ExceptionItem, [item for one in lists for item in one.items or ()]),
    ):
        given_ = {name for one in made for name in schema.keys(cls) if getattr(one, name) is not None}
        assert given_ == set(schema.keys(cls))
    entries = [entry for one in lists for item in one.items or () for entry in item.entries]
    assert {entry.type for entry in entries} == set(ENTRY_TYPES)


def test_kibana_is_sent_what_the_file_names_and_what_follows():
    data = tomllib.loads((DATA / "rules" / "valid_exceptions" / "every_entry.toml").read_text(encoding="utf-8"))
    wanted = copy.deepcopy(data["exceptions"][0])
    wanted["items"][1] |= {"list_id": "known-scanners", "namespace_type": "agnostic"}
    (one,), _ = read((DATA / "rules" / "valid_exceptions" / "every_entry.toml").read_text(encoding="utf-8"))
    assert list(import_lines(one)) == [wanted["container"], *wanted["items"]]


def test_what_kibana_notes_itself_is_never_sent():
    lists, _ = read((DATA / "rules" / "valid_exceptions" / "exported.toml").read_text(encoding="utf-8"))
    sent = [line for one in lists for line in import_lines(one)]
    assert len(sent) == 3
    noted = {"id", "_version", "created_at", "created_by", "updated_at", "updated_by", "tie_breaker_id", "immutable"}
    assert [noted & line.keys() for line in sent] == [set()] * 3
    assert sent[1]["comments"] == [{"comment": "Agreed."}]


def test_the_namespace_of_a_list_that_names_none_is_kibanas_default():
    (one,), _ = read(EXCEPTIONS)
    assert (one.list_id, one.namespace_type, one.path) == ("known-scanners", "single", ("exceptions", 0))
    assert "namespace_type" not in to_api(one)
    assert item_to_api(one.items[0], one)["namespace_type"] == "single"


def test_a_body_is_its_own():
    (one,), _ = read(
        EXCEPTIONS.replace("[[exceptions.items]]", "[exceptions.container.meta]\na = []\n[[exceptions.items]]")
    )
    to_api(one)["meta"]["a"].append(1)
    assert to_api(one)["meta"] == {"a": []}


def test_the_stand_in_for_kibana_takes_what_is_sent():
    """Two that read the same pages have to agree: the models of files, and those of bodies."""
    for path in SAMPLES:
        for one in read(path.read_text(encoding="utf-8"))[0]:
            container, *items = import_lines(one)
            assert schema.parse(exception_bodies.ListBody, container)[1] == []
            for item in items:
                assert schema.parse(exception_bodies.ItemBody, item)[1] == []
                for each in item["entries"]:
                    assert schema.parse(exception_bodies.ENTRIES[each["type"]], each)[1] == []
    assert set(ENTRY_TYPES) == set(exception_bodies.ENTRIES)
    assert set(exception_list.VALUE_TYPES) == set(exception_bodies.VALUE_LIST_TYPES)


@pytest.mark.parametrize("kind", EXCEPTION_LIST_TYPES)
def test_a_list_is_of_any_type_that_rules_may_name(kind):
    assert said(EXCEPTIONS.replace('"detection"', f'"{kind}"')) == []


@pytest.mark.parametrize(
    "moment",
    ["2026-12-31T00:00:00Z", "2028-02-29T23:59:59.9Z", "2026-12-31T00:00:00.000Z", "2026-12-31T00:00:00.123456789Z"],
)
def test_an_end_is_a_time_in_utc(moment):
    assert said(with_item(f'expire_time = "{moment}"')) == []


# --- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "[[exceptions]]\n[exceptions.container]",
            "[[exceptions]]\n[exceptions.contaner]",
            ("RP103", "6:2", "unknown field contaner", "did you mean container?"),
        ),
        (
            'list_id = "known-scanners"\n',
            "",
            ("RP102", "6:1", "missing required field list_id", "give it an id that never changes"),
        ),
        ('name = "Known scanners"', 'name = " "', ("RP101", "8:8", "name is empty", "give the list a name")),
        ('"detection"', '"detections"', ("RP101", "10:8", 'type cannot be "detections"', "did you mean detection?")),
        (
            'type = "detection"',
            'type = "detection"\nversion = 0',
            ("RP101", "11:11", "version is 0, out of range", "use 1 or more"),
        ),
        ('type = "simple"', 'type = "simpel"', ("RP101", "16:8", 'type cannot be "simpel"', "did you mean simple?")),
        (
            "[[exceptions.items]]",
            "[exceptions.items]",
            ("RP104", "12:1", "items is a table, but must be an array", "write its header in double brackets, [[...]]"),
        ),
        (
            "[exceptions.container]",
            "[[exceptions.container]]",
            (
                "RP104",
                "6:1",
                "container is an array, but must be a table",
                "write its header in single brackets, and only once",
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_list_is_said_at_its_place(old, new, expected):
    text = EXCEPTIONS.replace(old, new)
    if new == "[exceptions.items]":
        text = text[: text.index("[[exceptions.items.entries]]")]
    assert expected in said(text)
    assert read(text)[0] == ()


@pytest.mark.parametrize(
    ("line", "code", "message", "hint"),
    [
        ('comments = ["a"]', "RP104", "comments is a string, but must be a table", IN_A_TABLE),
        ('comments = [{ text = "a" }]', "RP102", "missing required field comment", 'add comment = "..."'),
        ('os_types = ["linux", "win"]', "RP101", 'os_types cannot be "win"', "did you mean windows?"),
        ('tags = [""]', "RP101", "tags is empty", "write something in it"),
        (
            "expire_time = 2026-12-31T00:00:00Z",
            "RP104",
            "expire_time is a date or time, but must be a string",
            "put quotes around it",
        ),
        ('expire_time = "2026-12-31"', "RP101", 'expire_time cannot be "2026-12-31"', IN_UTC),
        (
            'expire_time = "2026-12-31T00:00:00+02:00"',
            "RP101",
            'expire_time cannot be "2026-12-31T00:00:00+02:00"',
            IN_UTC,
        ),
        (
            'expire_time = "2026-02-29T00:00:00Z"',
            "RP101",
            'expire_time cannot be "2026-02-29T00:00:00Z"',
            "there is no such day or time",
        ),
        (
            'list_id = "others"',
            "RP101",
            'list_id is "others", but that of the list is "known-scanners"',
            "leave list_id out, or move the item to its own list",
        ),
        (
            'namespace_type = "agnostic"',
            "RP101",
            'namespace_type is "agnostic", but that of the list is "single"',
            "leave namespace_type out, or move the item to its own list",
        ),
        ('tag = ["a"]', "RP103", "unknown field tag", "did you mean tags?"),
        ("meta = { when = 2026-01-01 }", "RP104", "a date or time cannot be sent to Kibana", "put quotes around it"),
    ],
)
def test_what_is_wrong_with_an_item_is_said_at_its_line(line, code, message, hint):
    (found,) = [one for one in said(with_item(line)) if one[0] != "RP103" or code == "RP103"]
    assert (found[0], found[1].partition(":")[0], *found[2:]) == (code, "14", message, hint)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], [("RP101", "entries is empty", "name at least 1")]),
        (['"a"'], [("RP104", "entries is a string, but must be a table", IN_A_TABLE)]),
        ([entry("matches")], [("RP101", 'type cannot be "matches"', "did you mean match?")]),
        ([entry("range")], [("RP101", 'type cannot be "range"', ANY_TYPE)]),
        (["{ type = 5 }"], [("RP104", "type is an integer, but must be a string", "put quotes around it")]),
        (['{ field = "a" }'], [("RP102", "missing required field type", ANY_TYPE)]),
        (
            [entry("match", "value = 5")],
            [("RP104", "value is an integer, but must be a string", "put quotes around it")],
        ),
        (
            [entry("match", 'value = ["a"]')],
            [
                (
                    "RP104",
                    "value is an array, but must be a string",
                    'write one text in quotes; for several, use type = "match_any"',
                )
            ],
        ),
        ([entry("match_any")], [("RP104", "value is a string, but must be an array", 'put it in brackets: ["a"]')]),
        ([entry("match_any", "value = []")], [("RP101", "value is empty", "name at least 1")]),
        ([entry("wildcard", "")], [("RP102", "missing required field value", 'add value = "..."')]),
        (
            [entry("exists")],
            [
                (
                    "RP103",
                    "exists entries have no field value",
                    f"entries of type match, match_any or wildcard {HAVE_ONE}",
                )
            ],
        ),
        ([entry("list", 'list = { id = "a", type = "ips" }')], [("RP101", 'type cannot be "ips"', "did you mean ip?")]),
        (
            [entry("list", 'list = { id = "a", type = "ip" }'), entry("match")],
            [
                (
                    "RP101",
                    "an entry of type list stands beside one of another type",
                    "give it an item of its own; Kibana refuses an item that has both",
                )
            ],
        ),
        ([nested()], [("RP101", "entries is empty", "name at least 1")]),
        ([nested(entry("wildcard"))], [("RP101", 'type cannot be "wildcard"', "use match, match_any or exists")]),
        ([nested(entry("match", "valeu = 'a'"))], [("RP103", "unknown field valeu", "did you mean value?")]),
        (
            ['{ field = "a", type = "nested", operator = "included", entries = [] }'],
            [
                ("RP101", "entries is empty", "name at least 1"),
                (
                    "RP103",
                    "nested entries have no field operator",
                    f"entries of type match, match_any, wildcard, exists or list {HAVE_ONE}",
                ),
            ],
        ),
    ],
)
def test_what_is_wrong_with_entries(entries, expected):
    text = with_entries(*entries)
    found = said(text)
    assert [(code, message, hint) for code, _, message, hint in found] == expected
    assert {place.partition(":")[0] for _, place, _, _ in found} == {str(text.count("\n"))}


def test_a_missing_item_id_is_said_at_the_header_of_the_item():
    text = EXCEPTIONS.replace('item_id = "scanner-1"\n', "")
    assert said(text) == [("RP102", "12:1", "missing required field item_id", "give it an id that never changes")]


def test_all_that_is_wrong_is_said_at_once():
    text = EXCEPTIONS.replace('"simple"', '"x"').replace('"detection"', '"y"').replace('"included"', '"z"')
    text = text.replace('item_id = "scanner-1"', 'item_id = "scanner-1"\nlist_id = "other"') + "[other]\n"
    assert sorted(code for code, *_ in said(text)) == ["RP101", "RP101", "RP101", "RP101", "RP103"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exceptions = []", ("RP101", "1:14", "exceptions is empty", "add a list, or remove the file")),
        ("exceptions = 5", ("RP104", "1:14", "exceptions is an integer, but must be an array", "put it in brackets")),
        (
            "[exceptions]\na = 1",
            (
                "RP104",
                "1:1",
                "exceptions is a table, but must be an array",
                "write its header in double brackets, [[...]]",
            ),
        ),
        ("exceptions = [1]", ("RP104", "1:15", "exceptions is an integer, but must be a table", IN_A_TABLE)),
        (
            "[[exceptions]]",
            ("RP102", "1:1", "missing required field container", "add the table [exceptions.container]"),
        ),
    ],
)
def test_exceptions_are_an_array_of_tables(text, expected):
    assert said(text) == [expected]


def test_metadata_is_for_people_and_needs_nothing():
    text = EXCEPTIONS.replace(
        'updated_date = "2026/01/02"\n', 'list_name = "A"\nrule_ids = ["b"]\nrule_names = ["c"]\n'
    )
    (one,), found = read(text)
    assert found == []
    assert (one.metadata.list_name, one.metadata.rule_ids, one.metadata.rule_names) == ("A", ("b",), ("c",))
    assert said(EXCEPTIONS[EXCEPTIONS.index("[[exceptions]]") :]) == []
    assert [one[2] for one in said(EXCEPTIONS.replace("creation_date", "risk_score"))] == ["unknown field risk_score"]


def test_the_packs_own_metadata_keys_are_taken_and_not_demanded():
    owner = MetadataKey("owner", "string", required=True)
    assert said(EXCEPTIONS, owner=owner) == []
    (one,), _ = read(EXCEPTIONS.replace("[metadata]", '[metadata]\nowner = "soc"'), {"owner": owner})
    assert one.metadata.own == {"owner": "soc"}
    (found,) = said(EXCEPTIONS.replace("[metadata]", "[metadata]\nowner = 5"), owner=owner)
    assert found[:3] == ("RP104", "2:9", "owner is an integer, but must be a string")


def test_a_list_with_an_unknown_field_is_one_without_it():
    text = with_item("a = 1").replace('value = "scan-01"', 'value = "scan-01"\nvalues = ["b"]')
    lists, found = read(text)
    assert [one.code.id for one in found] == ["RP103", "RP103"]
    assert lists == read(EXCEPTIONS)[0]


# --- anything ---------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "container",
        "items",
        "entries",
        "list",
        "comments",
        "comment",
        "meta",
        "os_types",
        "expire_time",
        "namespace_type",
        "list_id",
        "item_id",
        "name",
        "description",
        "type",
        "field",
        "operator",
        "value",
        "id",
        "version",
        "other",
    ]
)
VALUES = st.sampled_from(
    [
        *ENTRY_TYPES,
        "simple",
        "detection",
        "single",
        "agnostic",
        "included",
        "linux",
        "2026-12-31T00:00:00Z",
        "",
        "a\u202e",
    ]
)
LEAVES = st.one_of(
    VALUES, st.text(max_size=5), st.booleans(), st.integers(), st.floats(), st.dates(), st.times(), st.datetimes()
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=30
)
TABLES = st.dictionaries(WORDS, ANYTHING, max_size=8)
RIGHT = tomllib.loads(EXCEPTIONS)["exceptions"][0]


@given(TABLES)
def test_any_table_gives_problems_or_a_list(table):
    made, problems = parse_list(table)
    assert made is not None or problems


@given(st.data(), TABLES)
def test_a_list_that_is_changed_anywhere_gives_problems_or_bodies(data, other):
    table = copy.deepcopy(RIGHT)
    item = table["items"][0]
    place = data.draw(st.sampled_from([table, table["container"], item, item["entries"][0]]))
    place.update(other)
    made, problems = parse_list(table)
    assert all(problem.message and problem.hint for _, problem in problems)
    if made is None:
        assert problems
    else:
        for line in import_lines(made):
            assert line["list_id"] == made.list_id


@given(ANYTHING)
def test_a_file_with_anything_as_its_lists_has_diagnostics_with_places(value):
    source = parse_source("rules/x.toml", EXCEPTIONS)
    source.data["exceptions"] = value
    lists, found = read_exceptions(source, {})
    assert lists or found
    assert {one.span.file for one in found} <= {"rules/x.toml"}
