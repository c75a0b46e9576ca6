"""What counts of a rule: its fields in one canonical form, a digest of each, and one of all together.

A digest changes when a rule behaves otherwise or reads otherwise, and with nothing else: not with dates, file names,
comments, the layout of TOML, the order of tags and index patterns, or the white space and comments of queries.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from rulepack import schema
from rulepack.emit import to_api
from rulepack.frozen import frozen
from rulepack.rule import Rule

# What the digests are made by. Another way to make them would get another number, so that no lock takes the one for the
# other; tests pin the digests of our samples.
SCHEME = "1"
_FIELD_DIGITS = 10
_HASH_DIGITS = 40

# A version is what a lock keeps, not what it counts; an id is whose version it is.
_NOT_COUNTED = frozenset(("version", "rule_id"))
# Kibana and readers take these as sets.
_SETS = frozenset(("tags", "index", "threat_index", "machine_learning_job_id"))
_QUERIES = {"query": "language", "threat_query": "threat_language"}

# The parts of a query: quoted texts and comments first, then marks that need no space around them, then words. The
# languages differ in what a mark is: `a=b` is one word to KQL and three parts to EQL. ES|QL has `-` and `*` in names of
# indices and columns, too; see `_sums`.
_DEEPEST_COMMENT = 4
_NAME = r"`(?:[^`]|``)*+(?:`|\Z)"
_TEXTS = (
    r'"""(?:[^"]|"(?!""))*+(?:"{3,5}|\Z)|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|'
    r"'(?:[^'\\]|\\.)*+(?:'|\\?\Z)|[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+"
)


def _comment(depth: int) -> str:
    """A comment between slash and star, which may hold others."""
    within = f"|{_comment(depth - 1)}" if depth else ""
    return rf"/\*(?:[^*/]|\*(?!/)|/(?!\*){within})*+\*/"


def _piped(marks: str) -> re.Pattern[str]:
    """The parts of a language with pipes, in which each of some characters is a part of its own."""
    words = rf"(?:(?!//|/\*)[^\s()\[\]{{}},|:=!<>\"'`{marks}]|{_NAME})+"
    # One that holds a beginning without an end is over at the first end.
    comment = rf"(?P<comment>//[^\n]*|{_comment(_DEEPEST_COMMENT)}|/\*.*?(?:\*/|\Z))"
    return re.compile(rf"{comment}|{_TEXTS}|!\[|[()\[\]{{}},|{marks}]|:+|[=!<>]+|{words}", re.DOTALL)


# Kibana's grammar takes only these for white space.
_KQL = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[(){}:]|<=?|>=?|(?:\\.|[^ \t\r\n\u00a0"(){}:<>\\]|\\\Z)+', re.DOTALL)
_KQL_MARKS, _KQL_OPERATORS = '"(){}:<>', frozenset(("and", "or", "not"))
# A sign belongs to what it stands right before; a range is one part, in which a colon may stand for itself.
_LUCENE = re.compile(
    r'[+!-]*"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[+!-]*/(?:[^/\\]|\\.)*+(?:/|\\?\Z)|[+!-]*\(|[):]'
    r'|(?P<range>[\[{](?:"(?:[^"\\]|\\.)*+"|\\.|[^\]}"\\])*+(?:[\]}]|\\?"?\Z))'
    r'|(?:\\.|[^\s"/()\[\]{}:\\]|\\\Z)+|[\]}]|"',
    re.DOTALL,
)
# The commands of ES|QL that name indices, policies, or fields by patterns.
_NAMING = frozenset(("FROM", "TS", "METADATA", "KEEP", "DROP", "RENAME", "ENRICH", "LOOKUP", "JOIN"))
_SUM = re.compile(r"([-*])")
_EXPONENT = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+")
_PARTS = {"eql": _piped(r"+\-*/%"), "esql": _piped("+/%"), "kuery": _KQL, "lucene": _LUCENE}


# Made once: json.dumps would make it anew for each field of each rule.
_canonical_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=list).encode


@frozen(slots=False)
class Content:
    """The fields of a rule that count, in canonical form: plain JSON data by the names that Kibana has for them."""

    fields: Mapping[str, Any]

    @cached_property
    def digests(self) -> dict[str, str]:
        """A short digest of each field, by name, sorted: ten hexadecimal digits."""
        return {name: _digest(self.fields[name], _FIELD_DIGITS) for name in sorted(self.fields)}

    @cached_property
    def hash(self) -> str:
        """The digest of all fields together: the number of the scheme, a colon, forty hexadecimal digits of SHA-256."""
        return f"{SCHEME}:{_digest(self.fields, _HASH_DIGITS)}"


def content(rule: Rule) -> Content:
    """What counts of a rule, as its file has it; what rulepack derives from other data is no part of it."""
    return content_of(rule, to_api(rule))


def content_of(rule: Rule, body: Mapping[str, Any]) -> Content:
    """The same, of a rule whose body for the newest stack version is there already."""
    if rule.threat_mappings is not None:
        body = {**body, "threat_mappings": [schema.dump(one) for one in rule.threat_mappings]}
    return of_body(body)


def of_body(body: Mapping[str, Any]) -> Content:
    """What counts of a rule that is given as a body for Kibana."""
    fields = {name: _canonical(name, value, body) for name, value in body.items() if name not in _NOT_COUNTED}
    return Content(fields)


def changed_fields(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the fields that are in one of two sets of digests only, or otherwise in the other; sorted."""
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def canonical_query(language: str, text: str) -> str:
    """A query without comments, one blank between its parts; a text in quotes stays as it is."""
    if language == "kuery":
        return "".join(_with_blanks(text))
    parts = map(_part, (found for found in _PARTS[language].finditer(text) if found.lastgroup != "comment"))
    return " ".join(_sums(parts) if language == "esql" else parts)


def _with_blanks(text: str) -> Iterator[str]:
    """The parts of a KQL query with what stands between them: one blank, but within a value of several words all.

    Of a line break there, where somebody forgot an `or`, the indentation does not count.
    """
    end, inside = 0, False
    for found in _KQL.finditer(text):
        word = found[0]
        is_value = word[0] not in _KQL_MARKS and word.lower() not in _KQL_OPERATORS
        if end:
            gap = text[end : found.start()]
            yield " " if not (is_value and inside) else "\n" if "\n" in gap else gap
        yield word
        end, inside = found.end(), is_value


def _sums(parts: Iterable[str]) -> Iterator[str]:
    """The parts of an ES|QL query, `-` and `*` taken apart where they calculate, not where they are in names."""
    command = ""
    for part in parts:
        if part in ("|", "("):
            command = ""
        elif not command:
            command = part.upper()
        if command in _NAMING or part[0] in "\"'`" or "`" in part or _EXPONENT.fullmatch(part):
            yield part
        else:
            yield from filter(None, _SUM.split(part))


def _part(found: re.Match[str]) -> str:
    text = found[0]
    if found.lastgroup != "range" or '"' in text or text[-1] not in "]}":
        return text
    return f"{text[0]}{' '.join(text[1:-1].split())}{text[-1]}"


def _canonical(name: str, value: Any, body: Mapping[str, Any]) -> Any:
    if name in _QUERIES and isinstance(value, str):
        language = body.get(_QUERIES[name]) or "kuery"
        return canonical_query(language, value) if language in _PARTS else value
    if name in _SETS:
        return sorted({value} if isinstance(value, str) else set(value))
    if isinstance(value, str):
        return "\n".join(line.rstrip() for line in value.strip().splitlines())
    if name == "exceptions_list":
        # The id is the server's own, and another one in each space.
        return [{key: each for key, each in one.items() if key != "id"} for one in value]
    if name == "threshold":
        field = value["field"]
        return {**value, "field": ([field] if field else []) if isinstance(field, str) else field}
    return value


def _digest(value: Any, digits: int) -> str:
    text = _canonical_json(value)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
