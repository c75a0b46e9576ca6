"""What an EQL query offers beyond what all languages do, and the public rules."""

import gzip
import json
import time
import tomllib

import pytest
from support.samples import SHARED, needs_shared

from rulepack.query import parse

# No public query may take longer.
MOST_SECONDS = 0.05
SEQUENCE = """sequence by host.id, ?user.id with maxspan=1500ms
  [process where a == 1] by x with runs=2
  [any where true] by y
  ![file where b == 2] by z
until [process where c == 3] by x"""


def test_a_sequence_says_what_joins_it_how_long_it_takes_and_what_ends_it():
    query = parse("eql", SEQUENCE)
    assert query.errors == ()
    assert query.is_sequence
    assert not query.is_sample
    assert query.maxspan_seconds == pytest.approx(1.5)
    assert query.text[query.maxspan.start : query.maxspan.end] == "1500ms"
    assert all(step.keys[:2] == ("host.id", "user.id") for step in query.steps)
    assert {step.category for step in query.steps} - {None} == {"process", "file"}
    assert [step.until for step in query.steps] == [False, False, False, True]
    assert query.steps[-1].keys == ("host.id", "user.id", "x")
    assert [step.runs for step in query.steps] == [2, 1, 1, 1]
    assert [step.missing for step in query.steps] == [False, False, True, False]


def test_a_sample_and_an_event_have_no_time_and_no_end():
    sample = parse("eql", "sample by a [process where true] [file where true]")
    assert (sample.is_sample, sample.is_sequence, sample.maxspan_seconds) == (True, False, None)
    assert [(step.keys, step.until) for step in sample.steps] == [(("a",), False)] * 2
    event = parse("eql", "process where true")
    assert (event.is_sample, event.is_sequence, event.steps[0].keys, event.maxspan) == (False, False, (), None)


@pytest.mark.parametrize(("span", "seconds"), [("1d", 86400), ("2h", 7200), ("5m", 300), ("30s", 30), ("250ms", 0.25)])
def test_maxspan_is_given_in_seconds(span, seconds):
    query = parse("eql", f"sequence with maxspan={span} [a where true] [b where true]")
    assert query.maxspan_seconds == pytest.approx(seconds)


def test_a_query_without_a_tree_has_nothing_and_cannot_be_rendered():
    query = parse("eql", "[")
    assert (query.tree, query.fields, query.steps) == (None, (), ())
    assert (query.is_sequence, query.is_sample, query.maxspan_seconds) == (False, False, None)
    with pytest.raises(ValueError, match="no tree"):
        query.render()


def test_halves_of_characters_are_errors():
    (error,) = parse("eql", 'any where a == "\ud800"').errors
    assert (error.kind, error.start, error.end) == ("syntax", 16, 17)


def public_queries():
    for path in sorted((SHARED / "corpus").rglob("*.toml")):
        text = path.read_text(encoding="utf-8")
        if 'language = "eql"' in text:
            yield path.name, tomllib.loads(text)["rule"]["query"]


def read(text):
    start = time.process_time()
    query = parse("eql", text)
    assert query.fields
    assert query.steps
    return query, time.process_time() - start


@needs_shared
def test_all_public_queries_are_read_render_and_fit_ecs():
    fields = json.loads(gzip.decompress((SHARED / "fields" / "ecs-flat-9.4.0.json.gz").read_bytes()))
    types = {name: field["type"] for name, field in fields.items()}
    types |= {sub["flat_name"]: sub["type"] for field in fields.values() for sub in field.get("multi_fields", ())}

    class Ecs:
        def type_of(self, name):
            return types.get(name)

    count = 0
    slowest = 0.0
    for name, text in public_queries():
        count += 1
        query, spent = read(text)
        # A machine with more to do is slow once.
        slowest = max(slowest, spent if spent < MOST_SECONDS else read(text)[1])
        assert [error for error in query.errors if error.kind != "trap"] == [], name
        assert parse("eql", query.render()).tree == query.tree, name
        assert query.problems(Ecs()) == (), name
    assert count == 769
    assert slowest < MOST_SECONDS
