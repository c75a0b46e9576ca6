"""The file of a rule in the lock: what it looks like, that it says what it was given, and what it is called."""

import re
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.locks import DAY, LATER

from rulepack.fields import MAX_INTEGER
from rulepack.lock.entry import Entry, Event, file_name, next_version, render
from rulepack.lock.store import read_entry
from rulepack.source import Source, parse_source

ENTRY = Entry(
    lock=1,
    rule_id="00000000-0000-4000-8000-000000000001",
    name='A "new" rule',
    type="eql",
    file="rules/a.toml",
    status="deprecated",
    reason="Too noisy.",
    replacement="00000000-0000-4000-8000-000000000002",
    version=3,
    hash=f"1:{'0123456789' * 4}",
    created=DAY,
    updated=LATER,
    deprecated=LATER,
    removed=None,
    former=("an-old-rule",),
    fields={"query": "0123456789", "name": "9876543210"},
    history=(
        Event(version=3, date=LATER, changed=("name", "query"), stack=None),
        Event(version=2, date=DAY, changed=("(imported)",), stack="8.19"),
    ),
)
# What TOML can hold, and our models take.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip)
VERSION = st.integers(1, MAX_INTEGER)
ENTRIES = st.builds(
    Entry,
    lock=st.just(1),
    rule_id=TEXT,
    name=TEXT,
    type=TEXT,
    file=TEXT,
    status=st.sampled_from(["active", "deprecated", "removed"]),
    reason=st.none() | TEXT,
    replacement=st.none() | TEXT,
    version=VERSION,
    hash=st.from_regex(r"[0-9]{1,3}:[0-9a-f]{40}", fullmatch=True),
    created=st.dates().map(str),
    updated=st.dates().map(str),
    deprecated=st.none() | st.dates().map(str),
    removed=st.none() | st.dates().map(str),
    former=st.none() | st.lists(TEXT).map(tuple),
    fields=st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), st.just("0123456789")),
    history=st.lists(
        st.builds(Event, version=VERSION, date=st.dates().map(str), changed=st.lists(TEXT).map(tuple), stack=st.none()),
        min_size=1,
        max_size=3,
    ).map(tuple),
)


def read(text, name=None):
    source = parse_source("rulepack.lock/a.toml", text)
    assert isinstance(source, Source), source
    return read_entry(source, name)


def test_an_entry_looks_like_this(golden):
    golden("lock/entry.toml", render(ENTRY))


@given(ENTRIES)
def test_what_is_written_is_what_is_read(entry):
    text = render(entry)
    assert read(text, entry.path) == (
        replace(entry, history=entry.history or None) if not entry.history else entry,
        [],
    ) or (not entry.history)
    assert text.endswith("\n")
    assert "\r" not in text
    tomllib.loads(text)


@given(st.text(min_size=1))
def test_every_rule_id_has_a_file_name_that_every_system_takes(rule_id):
    name = file_name(rule_id)
    assert re.fullmatch(r"[^/\\:*?\"<>|\x00-\x1f. ][^/\\:*?\"<>|\x00-\x1f]*\.toml", name)
    assert len(name.encode()) < 255


def test_names_of_files_differ_where_rule_ids_do():
    ids = ["a", "A", "a b", "a-b", "a_b", "á", "con", "CON", "x" * 200, "x" * 201, "../a", "a.b"]
    names = [file_name(one) for one in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    assert names[0] == "a.toml"
    assert file_name(ENTRY.rule_id) == f"{ENTRY.rule_id}.toml"


def test_the_highest_version_is_of_all_that_were():
    assert replace(ENTRY, version=1).highest == 3
    assert replace(ENTRY, version=7).highest == 7


def test_versions_go_no_further_than_kibana_counts():
    assert next_version(1) == 2
    with pytest.raises(ValueError, match=f"version {MAX_INTEGER} is the highest"):
        next_version(MAX_INTEGER)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version = 3\n", "version = 9007199254740992\n", "version is 9007199254740992"),
        ("version = 3\n", "version = 0\n", "version is 0"),
        ("version = 3\n", 'version = "3"\n', "version is a string, but must be an integer"),
        ("version = 3\nhash", "hash", "missing required field version"),
        ('status = "deprecated"', 'status = "gone"', 'status cannot be "gone"'),
        (f'created = "{DAY}"', 'created = "2026-02-30"', 'created cannot be "2026-02-30"'),
        (f'created = "{DAY}"', 'created = "20260228"', 'created cannot be "20260228"'),
        (f'created = "{DAY}"', f"created = {DAY}", "created is a date or time, but must be a string"),
        ("1:0123", "0123", "hash cannot be"),
        ('query = "0123456789"', "query = 1", "fields.query is no string"),
        ("lock = 1", "lock = 2", "written by a newer rulepack, in form 2; this one knows 1"),
        ("lock = 1", f"lock = {10**60}", "written by a newer rulepack, in form "),
        ("lock = 1", "lock = 1\nmore = 2", "unknown field more"),
        ("[[history]]", "[[other]]", "missing required field history"),
    ],
)
def test_what_is_no_entry_is_said_at_its_place(old, new, message):
    text = render(ENTRY)
    assert old in text
    entry, problems = read(text.replace(old, new))
    assert entry is None
    assert message in problems[0].message
    assert problems[0].hint
    # What is missing has no place of its own.
    assert ("missing" in message or "other" in new) or problems[0].span.line > 1


def test_a_file_of_another_name_is_refused():
    entry, (problem,) = read(render(ENTRY), "other.toml")
    assert entry is None
    assert problem.message == f"the file of {ENTRY.rule_id} is called {ENTRY.rule_id}.toml"
    assert problem.hint == "give it that name"
