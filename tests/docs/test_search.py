"""The search index: every word of queries and guides is found where it stands, and a change touches few files."""

import json
from types import SimpleNamespace
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.test_catalogue import ONE
from rulepack.docs import search
from rulepack.docs.search import file_name, head_length, heads_of, shards, tokens, touched, words

DIGITS = {digit: value for value, digit in enumerate(search._DIGITS)}
_WORDS = [f"{a}{b}{c}" for a in "ab" for b in "abc" for c in ("", "a", "bb")]
_ENTRY = st.dictionaries(st.sampled_from(_WORDS), st.sampled_from("qg"), max_size=8).map(
    lambda found: [kind + word for word, kind in sorted(found.items())]
)
TOKENS = st.lists(_ENTRY, max_size=12)


def rule(**fields):
    empty = dict.fromkeys(("query", "threat_query", "note", "setup", "false_positives"))
    return SimpleNamespace(**{**empty, **fields})


def read(postings):
    """What the page's script reads: rules, and whether the word is in a guide only."""
    found, last, value = [], -1, 0
    for digit in postings:
        value = value * 32 + DIGITS[digit] % 32
        if DIGITS[digit] < 32:
            last += 1 + value // 2
            found.append((last, value % 2))
            value = 0
    return found


def gathered(files):
    """All words of an index, in whichever of its files they are."""
    found = {}
    for name, text in files.items():
        if name != "index.json":
            found |= {term: read(postings) for term, postings in json.loads(text).items() if term}
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two words", ["two", "words"]),
        ("process.parent.args", ["process.parent.args", "parent.args", "args"]),
        ('"C:\\Windows\\cmd.exe"', ["c", "windows", "cmd.exe", "exe"]),
        ("T1059.004", ["t1059.004", "004"]),
        ("CVE-2021-44228", ["cve-2021-44228", "2021-44228", "44228"]),
        ("snake_case_name", ["snake_case_name", "case_name", "name"]),
        ("\uff26\uff35\uff2c\uff2c \ufb01t", ["full", "fit"]),
        ("-- . _", []),
    ],
)
def test_words_are_what_people_look_for(text, expected):
    assert list(words(text)) == expected


def test_a_word_of_the_query_counts_as_such_wherever_else_it_is():
    found = tokens(rule(query="process.name : cmd.exe", note="Look at cmd.exe and the parent."), ONE)
    assert "qcmd.exe" in found
    assert "gcmd.exe" not in found
    assert {"glook", "gparent"} <= set(found)
    assert "gand" not in found
    assert list(found) == sorted(found, key=lambda token: token[1:])


@given(TOKENS)
def test_every_word_is_found_at_its_rules(entries):
    found = gathered(dict(shards(entries)))
    expected: dict = {}
    for number, entry in enumerate(entries):
        for token in entry:
            expected.setdefault(token[1:], []).append((number, int(token[0] == "g")))
    assert {term: sorted(rules) for term, rules in found.items()} == {
        term: sorted(rules) for term, rules in expected.items()
    }


@pytest.mark.parametrize("few", [0, 100_000])
@given(entries=TOKENS.filter(bool), data=st.data())
def test_a_change_of_a_rule_touches_the_files_of_its_words_only(few, entries, data):
    with mock.patch.object(search, "_FEW", few):
        touch(entries, data)


def touch(entries, data):
    number = data.draw(st.integers(0, len(entries) - 1))
    after = list(entries)
    after[number] = data.draw(_ENTRY)
    before, now = dict(shards(entries)), dict(shards(after))
    changed = dict(
        shards(
            after,
            only=touched(entries[number], after[number], head_length(after)),
            heads=heads_of(before["index.json"]),
        )
    )
    assert {name for name in {*before, *now} if before.get(name) != now.get(name)} - {"index.json"} <= {
        *changed,
        *(name for name in before if name not in now),
    }
    assert all(now[name] == text for name, text in changed.items())


def test_a_long_file_is_divided_by_the_next_letter(monkeypatch):
    monkeypatch.setattr(search, "_LONGEST_FILE", 40)
    monkeypatch.setattr(search, "_FEW", 0)
    files = dict(shards([["qab", "qabc", "qabca", "qabd"], ["gabcb"]]))
    assert set(files) == {"index.json", "w-ab.json", "w-abc.json", "w-abd.json"}
    assert json.loads(files["w-ab.json"])[""] == "abc abd"
    assert set(gathered(files)) == {"ab", "abc", "abca", "abcb", "abd"}


def test_a_file_s_name_suits_every_system():
    assert file_name("co") == "w-co.json"
    assert file_name("a-") == "w-a_2d_.json"
    assert file_name("日本") == "w-_65e5__672c_.json"


def test_large_gaps_are_told_too():
    entries = [["qaa"], *([[]] * 70_000), ["gaa"]]
    assert gathered(dict(shards(entries))) == {"aa": [(0, 0), (70_001, 1)]}
