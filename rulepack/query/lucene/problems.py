"""What is wrong with the values of a Lucene query once the types of its fields are known.

What a field cannot hold is refused when the rule runs, or matches nothing where the index searches all fields by
default (then `query_string` is lenient).
Source: https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-query-string-query
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulepack.query import types as field_types
from rulepack.query.base import FieldTypes, QueryError, shown
from rulepack.query.lucene.ast import Bad, Group, Leaf, Range, Regex, Wildcard, Word, Words
from rulepack.query.lucene.lookalikes import trap
from rulepack.query.lucene.meaning import EXISTS, mentions, shorthand

# Elasticsearch: "Can only use wildcard queries on keyword, text and wildcard fields", and so on.
_NO_PATTERNS: Final = {"number", "boolean", "ip", "date", "geo", "range"}
_INSTEAD: Final = {
    "ip": "write a network: 10.0.0.0\\/8 or in quotation marks",
    "number": "write a range",
    "date": "write a range",
}
# Types that keep a text as it is, so that several words are one value.
_WHOLE: Final = {"keyword", "wildcard"}
# What to write instead, by family.
_HINTS: Final = {
    "boolean": "write true or false",
    "ip": 'write 10.0.0.1 or "10.0.0.0/8"',
    "date": 'write 2026-01-31, "2026-01-31T10:00:00Z" or now-1d',
}


def find(tree: Group, types: FieldTypes) -> Iterator[QueryError]:
    """The problems of a query that parses, in the order of its text."""
    known: dict[str, str | None] = {}
    for field, leaves in mentions(tree):
        name = field.name
        if name == EXISTS or "*" in name:
            continue
        if name not in known:
            known[name] = types.type_of(name)
        nested = _nested(name, types, known)
        if nested:
            hint = f"use KQL: {shown(nested)}: {{ ... }}"
            yield QueryError(
                "type", f"{shown(nested)} is nested, where Lucene finds nothing", field.start, field.name_end, hint
            )
            continue
        es_type = known[name]
        if es_type is not None:
            for leaf in leaves:
                yield from _leaf(leaf, name, es_type)


def _nested(name: str, types: FieldTypes, known: dict[str, str | None]) -> str | None:
    """The nested field that a name is, or is in."""
    at = name.find(".")
    while at > 0:
        parent = name[:at]
        if parent not in known:
            known[parent] = types.type_of(parent)
        if known[parent] == "nested":
            return parent
        at = name.find(".", at + 1)
    return name if known[name] == "nested" else None


def _leaf(node: Leaf, name: str, es_type: str) -> Iterator[QueryError]:
    family = field_types.family(es_type)
    if isinstance(node, Bad) or (isinstance(node, Wildcard) and node.alone):
        return
    if es_type == "object":
        yield _problem(f"{shown(name)} is an object, and holds no value itself", node, "name one of its fields")
    elif family == "geo":
        yield _problem(f"{shown(name)} is {es_type}, which Lucene cannot search", node, "search for other fields of it")
    elif isinstance(node, Wildcard | Regex):
        if family in _NO_PATTERNS:
            kind = "wildcard" if isinstance(node, Wildcard) else "regular expression"
            yield _problem(f"{shown(name)} is {es_type}, which takes no {kind}", node, _INSTEAD.get(family))
    elif isinstance(node, Range):
        yield from _range(node, name, es_type)
    elif isinstance(node, Words):
        yield from _words(node, name, es_type)
    elif node.fuzzy is not None and isinstance(node, Word) and family in _NO_PATTERNS:
        yield _problem(f"{shown(name)} is {es_type}, which takes no ~", node, _INSTEAD.get(family))
    else:
        operator, text = shorthand(node.text) if isinstance(node, Word) else ("is", node.text)
        if operator == "is":
            yield from _value(text, node, name, es_type)
        else:
            yield from _bound(text, node, name, es_type)


def _problem(message: str, node: Leaf, hint: str | None) -> QueryError:
    return QueryError("type", message, node.start, node.end, hint)


def _words(node: Words, name: str, es_type: str) -> Iterator[QueryError]:
    text = " ".join(node.texts)
    if es_type in _WHOLE:
        hint = "join several values with OR, or quote the one value"
        message = f"{shown(name)} is {es_type}: {shown(text)} is one value, with its blanks"
        yield trap(message, node.start, node.end, hint)
    elif field_types.family(es_type) in field_types.FORMED:
        yield _problem(
            f"{shown(name)} is {es_type}, and {shown(text)} is one value", node, "join several values with OR"
        )


def _range(node: Range, name: str, es_type: str) -> Iterator[QueryError]:
    for bound in (node.low, node.high):
        if bound is not None:
            found = list(_bound(bound, node, name, es_type))
            if found:
                yield found[0]
                return
    low, high = (field_types.to_number(bound or "") for bound in (node.low, node.high))
    if field_types.family(es_type) == "number" and low is not None and high is not None and low > high:
        yield trap(
            f"the range is empty: {shown(node.low or '')} is more than {shown(node.high or '')}",
            node.start,
            node.end,
            "put the lower one first",
        )


def _bound(text: str, node: Leaf, name: str, es_type: str) -> Iterator[QueryError]:
    """One end of a range."""
    family = field_types.family(es_type)
    if family == "ip":
        if not field_types.is_ip(text):
            hint = 'a range is between addresses; a network is a value: field:"10.0.0.0/8"'
            yield _problem(f"{shown(text)} is no IP address", node, hint)
    elif family == "number":
        if field_types.to_number(text) is None:
            yield _problem(f"{shown(name)} is {es_type}, and {shown(text)} is no number", node, None)
    elif es_type in {"keyword", "constant_keyword", "wildcard"}:
        if field_types.to_number(text) is not None:
            hint = "texts are ordered letter by letter: 10 comes before 9"
            yield trap(f"{shown(name)} is {es_type}, and {shown(text)} is compared as text", node.start, node.end, hint)
    else:
        yield from _value(text, node, name, es_type)


def _value(text: str, node: Leaf, name: str, es_type: str) -> Iterator[QueryError]:
    reason = field_types.misfit(text, es_type)
    if reason is not None:
        hint = _HINTS.get(field_types.family(es_type))
        yield _problem(f"{shown(name)} is {es_type}, and {shown(text)} is {reason}", node, hint)
