"""However odd and large a query is, it is answered in time that grows with its length only."""

import time

import pytest

from rulepack.query.kql import parse

SIZE = 1_000_000
# tests/bench holds two, in a process of its own; here it must not grow with the square.
MOST_SECONDS = 8


def repeated(text, size=SIZE):
    return text * (size // len(text))


HOSTILE = {
    "open parentheses": repeated("("),
    "closing parentheses": repeated(")"),
    "deep parentheses": "(" * 10_000 + "a" + ")" * 10_000,
    "deep braces": repeated("a: {"),
    "nots": repeated("not "),
    "quotes": repeated('"'),
    "escaped quotes": '"' + repeated('\\"'),
    "spaces before an operator": "a" + repeated(" ") + "or b",
    "spaces before a bracket": '"a"' + repeated(" ") + ")",
    "values": "a: (" + " or ".join(f"v{number}" for number in range(100_000)) + ")",
    "comparisons": " and ".join(f"a{number}: 1" for number in range(50_000)),
    "operators": repeated(" or"),
    "words": "a: " + repeated("word "),
    "stars": "a: " + repeated("*"),
    "backslashes": repeated("\\"),
    "escapes": "a: " + repeated("\\u0041"),
    "control characters": 'a: "' + repeated("\x00") + '"',
    "errors": repeated('a b:c "d" '),
    "spaced errors": repeated("a" + " " * 1000 + '"'),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_is_answered_in_time(name):
    text = HOSTILE[name]
    begun = time.process_time()
    query = parse(text)
    spent = time.process_time() - begun
    assert query.tree is not None or query.errors
    assert spent < MOST_SECONDS * max(1, len(text) / SIZE)
    for error in query.errors:
        assert 0 <= error.start <= error.end <= len(text)
    assert isinstance(query.fields, tuple)
    assert isinstance(query.steps, tuple)
