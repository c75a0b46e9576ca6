"""Queries that are as bad as they can be: all checks together take time as the query is long."""

import time

import pytest
from support.samples import make_pack, searching

pytestmark = pytest.mark.slow


# Language, what is before and behind, what joins, what is repeated with a number in it, and how often for each 4.
HOSTILE = {
    "EQL values": ("eql", "process where process.name in (", ")", ",", '"v{}"', 4),
    "EQL patterns": ("eql", "process where process.name : (", ")", ",", '"*v{}?*"', 4),
    "EQL alternatives": ("eql", "process where ", "", "or", 'process.name == "v{}"', 4),
    "EQL exclusions": ("eql", "process where ", "", "and", 'not process.name : "v{}*"', 4),
    "EQL one value": ("eql", "process where process.name in (", ")", ",", '"v"', 4),
    "EQL steps": ("eql", "sequence by host.id ", " until [any where true]", " ", "[file where a == {}]", 1),
    "KQL patterns": ("kuery", "process.name : (", ")", "or", "*v{}*", 4),
    "KQL fields": ("kuery", "", "", "or", "f{}.x : a", 4),
    "KQL datasets": ("kuery", "event.dataset : (", ")", "or", "a.v{}", 4),
    "KQL wrong values": ("kuery", "", "", "or", "event.category : v{}", 4),
    "Lucene patterns": ("lucene", "process.name:(", ")", "OR", "v{}*", 4),
    "Lucene one long pattern": ("lucene", "process.name:(a OR ", ")", "", "*a?", 4),
    "ES|QL values": ("esql", "FROM acme-x METADATA _id | WHERE process.name IN (", ")", ",", '"v{}"', 4),
    "ES|QL alternatives": ("esql", "FROM acme-x METADATA _id | WHERE ", "", "OR", 'process.name != "v{}"', 1),
}


@pytest.mark.parametrize(("language", "before", "behind", "joint", "piece", "often"), HOSTILE.values(), ids=HOSTILE)
def test_a_query_ten_times_as_long_takes_some_ten_times_as_long(
    language, before, behind, joint, piece, often, tmp_path
):
    def seconds(size):
        pieces = (piece.format(number) for number in range(size * often // 4))
        text = searching(before + (f" {joint} " if joint else "").join(pieces) + behind, language)
        start = time.perf_counter()
        make_pack(tmp_path, text)
        return time.perf_counter() - start

    short = max(min(seconds(2_000) for _ in range(3)), 0.05)
    assert seconds(20_000) < 30 * short
