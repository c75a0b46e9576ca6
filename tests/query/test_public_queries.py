"""Every public query is read without an error, and what is rendered from its tree is the same tree again."""

import time
from collections import Counter

import pytest
import tomli
from support.samples import SHARED, needs_shared

from rulepack.query import parse

pytestmark = needs_shared
# How many queries of rules there are in the corpus and beside the published pages.
COUNTS = {"eql": 769, "esql": 142, "kuery": 572, "lucene": 2}


def public_queries():
    """Language and text of every query, and of every query for indicators."""
    for path in sorted([*(SHARED / "corpus").rglob("*.toml"), *(SHARED / "docs" / "published").rglob("*.toml")]):
        rule = tomli.loads(path.read_text(encoding="utf-8"))["rule"]
        if rule.get("query"):
            yield rule.get("language", "kuery"), rule["query"], path
        if rule.get("threat_query"):
            yield rule.get("threat_language", "kuery"), rule["threat_query"], path


@pytest.fixture(scope="module")
def queries():
    return [one for one in public_queries() if one[0] in COUNTS] if SHARED.is_dir() else []


def test_all_languages_are_there(queries):
    counts = Counter(language for language, _, path in queries)
    print(dict(counts))
    assert counts["lucene"] >= COUNTS["lucene"]
    assert all(counts[language] >= COUNTS[language] for language in COUNTS)


@pytest.mark.parametrize("language", COUNTS)
def test_a_public_query_is_read_and_written_as_it_is(language, queries):
    total = slowest = 0.0
    for name, text, path in queries:
        if name != language:
            continue
        started = time.process_time()
        query = parse(language, text)
        took = time.process_time() - started
        total, slowest = total + took, max(slowest, took)
        # Traps are no errors: Elastic takes them; those in public rules are real (tests/data/findings.md).
        assert [error for error in query.errors if error.kind != "trap"] == [], path
        assert parse(language, query.render()).tree == query.tree, path
    print(f"{language}: {total:.3f} s, slowest {slowest * 1000:.1f} ms")
