"""Patterns of GROK and DISSECT, the columns that they give, and of LIKE and RLIKE; what is wrong in each.

Facts: https://www.elastic.co/docs/reference/query-languages/esql/esql-process-data-with-dissect-grok, and libs/grok and
libs/dissect of Elasticsearch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from rulepack.query.base import QueryError
from rulepack.query.esql.functions import nearest, shorten
from rulepack.query.esql.grok_bank import bank
from rulepack.query.regex import read_regex

# What is wrong in a pattern, at places within it.
PatternProblems = Callable[[str], Iterator[QueryError]]

GROK_TYPES: Final = frozenset({"string", "int", "long", "float", "double", "boolean"})
_GROK = re.compile(r"%\{(?P<pattern>[A-Za-z0-9_]+)(?::(?P<column>[\w@\[\].-]+)(?::(?P<type>\w+))?)?\}|%\{[^{}]*\}")
_GROUP = re.compile(r"\(\?<(?P<column>[^\W\d][\w.@-]*)>")
_REGEX = re.compile(r"\.\*.+\.\*", re.DOTALL)
# Without its closing brace the last one is plain text; looking for it once keeps hostile patterns linear.
_DISSECT = re.compile(r"%\{(?P<key>[^}]*+)(?P<close>\}|\Z)")
_KEY = re.compile(r"(?P<modifier>[+*&?]?)(?P<name>.*?)(?:/(?P<order>\d+))?(?P<padding>->)?\Z", re.DOTALL)


def grok_columns(pattern: str) -> Iterator[tuple[str, str]]:
    """The columns that a GROK pattern gives, each with its type in GROK's words; `string` where it names none.

    Patterns of the bank that hold captures of their own (`URIHOST` gives `port`) give these too.
    """
    for match in _GROK.finditer(pattern):
        if match["column"]:
            kind = match["type"] or "string"
            yield match["column"], kind if kind in GROK_TYPES else "string"
        if match["pattern"]:
            for column, kind in bank().get(match["pattern"], {}).items():
                yield column, kind or "string"
    for match in _GROUP.finditer(pattern):
        yield match["column"], "string"


def grok_problems(pattern: str) -> Iterator[QueryError]:
    """What is wrong in a GROK pattern, at places within it."""
    for match in _GROK.finditer(pattern):
        name, kind = match["pattern"], match["type"]
        if name is None:
            hint = "write %{PATTERN:column} or %{PATTERN:column:type}, without spaces"
            message = f"{shorten(match[0])} is plain text to GROK, no pattern"
            yield QueryError("trap", message, match.start(), match.end(), hint)
        elif name not in bank():
            near = nearest(name.upper(), bank())
            message = f"GROK knows no pattern {shorten(name)}"
            hint = near or "write it as a regular expression: (?<column>...)"
            yield QueryError("semantics", message, match.start("pattern"), match.end("pattern"), hint)
        elif kind is not None and kind not in GROK_TYPES:
            hint = nearest(kind, GROK_TYPES) or "use int, long, float, double or boolean"
            if kind in {"integer", "number"}:
                hint = "did you mean int?"
            message = f"{shorten(kind)} is no type of GROK: the column stays text"
            yield QueryError("trap", message, match.start("type"), match.end("type"), hint)


def dissect_columns(pattern: str) -> Iterator[str]:
    """The columns that a DISSECT pattern gives: its keys, without the ones it skips."""
    for match in _DISSECT.finditer(pattern):
        key = _KEY.match(match["key"])
        assert key is not None  # any text is a key
        if match["close"] and key["name"] and key["modifier"] in {"", "+"}:
            yield key["name"]


def dissect_problems(pattern: str) -> Iterator[QueryError]:
    """What is wrong in a DISSECT pattern, at places within it."""
    found = False
    for match in _DISSECT.finditer(pattern):
        if not match["close"]:
            break
        found = True
        key = _KEY.match(match["key"])
        assert key is not None  # any text is a key
        if key["modifier"] in {"*", "&"} and key["name"]:
            hint = "ES|QL has no reference keys: name the columns, or use GROK"
            yield QueryError("semantics", f"{shorten(match[0])} is a reference key", match.start(), match.end(), hint)
    if not found:
        hint = 'name what to take out: "%{user} logged in from %{address}"'
        yield QueryError("semantics", "the DISSECT pattern has no %{key}", 0, len(pattern), hint)


def like_problems(pattern: str) -> Iterator[QueryError]:
    """Where a pattern of LIKE is written like a regular expression, which no file name or path looks like."""
    if _REGEX.fullmatch(pattern):
        hint = 'LIKE has the wildcards * and ? only: write "*text*", or use RLIKE'
        yield QueryError("trap", "LIKE takes the dots of .* as they are", 0, len(pattern), hint)


def rlike_problems(pattern: str) -> Iterator[QueryError]:
    """What Lucene refuses in a regular expression, or takes for something else."""
    yield from read_regex(pattern).errors
