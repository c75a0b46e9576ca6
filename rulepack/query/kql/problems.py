"""What is wrong with a KQL query once the types of its fields are known.

Each message says what Elasticsearch or Kibana would do; what is refused when the rule runs, and what can never match.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulepack.query import base
from rulepack.query import types as field_types
from rulepack.query.base import FieldTypes, QueryError
from rulepack.query.kql.ast import And, Is, Literal, Nested, Node, Not, Or, Range, Wildcard, name_of, text_of

# Elasticsearch: "Can only use wildcard queries on keyword, text and wildcard fields".
_NO_WILDCARDS: Final = {"number", "boolean", "ip", "date", "geo", "range"}
_NO_ORDER: Final = {"boolean", "geo", "nested"}


# Of a name or value in a message, which has both.
_LONGEST: Final = 26


def shown(text: str) -> str:
    """A name or a value for a message."""
    return base.shown(text, _LONGEST)


# What to write instead, by family.
_HINTS: Final = {
    "boolean": "write true or false",
    "ip": "write 10.0.0.1 or 10.0.0.0/8",
    "date": "write 2026-01-31, 2026-01-31T10:00:00Z or now-1d",
}


def find(tree: Node, types: FieldTypes) -> Iterator[QueryError]:
    """The problems of a tree, in the order of the text."""
    return _Finder(types).query(tree, "")


class _Finder:
    """What is known about fields, asked once for each."""

    def __init__(self, types: FieldTypes) -> None:
        self._types = types
        self._known: dict[str, str | None] = {}

    def type_of(self, name: str) -> str | None:
        if name not in self._known:
            self._known[name] = self._types.type_of(name)
        return self._known[name]

    def query(self, node: Node, path: str) -> Iterator[QueryError]:
        """The problems of a node; `path` is that of the nested field it is in, with a point behind it."""
        if isinstance(node, (And, Or)):
            for part in node.parts:
                yield from self.query(part, path)
        elif isinstance(node, Not):
            yield from self.query(node.part, path)
        elif isinstance(node, Nested):
            yield from self._nested(node, path)
        elif isinstance(node, (Is, Range)) and isinstance(node.field, Literal):
            yield from self._field(node, node.field, path)

    def _nested(self, node: Nested, path: str) -> Iterator[QueryError]:
        name = path + name_of(node.field)
        es_type = self.type_of(name)
        if es_type is not None and es_type != "nested":
            yield _problem(
                f"{shown(name)} is {es_type}, not nested",
                node.field,
                f"write `{shown(name)}.field: value` without braces",
            )
        yield from self.query(node.query, f"{name}.")

    def _field(self, node: Is | Range, field: Literal, path: str) -> Iterator[QueryError]:
        name = path + name_of(field)
        nested = self._nested_parent(name, path)
        if nested is not None:
            rest = name.removeprefix(f"{nested}.")
            hint = f"write `{shown(nested)}: {{ {shown(rest)}: ... }}`" if rest != name else "say which of its fields"
            yield _problem(f"{shown(nested)} is nested: without braces nothing matches", field, hint)
            return
        es_type = self.type_of(name)
        if es_type is None:
            return
        if isinstance(node, Range):
            yield from _range(node, name, es_type)
        else:
            for value in _leaves(node.values):
                yield from _value(value, name, es_type)

    def _nested_parent(self, name: str, path: str) -> str | None:
        """The nested field that a name is, or is in, beyond the one that the query is in already."""
        at = name.find(".", len(path))
        while at > 0:
            if self.type_of(name[:at]) == "nested":
                return name[:at]
            at = name.find(".", at + 1)
        return name if self.type_of(name) == "nested" else None


def _problem(message: str, node: Literal | Wildcard, hint: str | None) -> QueryError:
    return QueryError("type", message, node.start, node.end, hint)


def _leaves(node: Node) -> Iterator[Literal | Wildcard]:
    if isinstance(node, (And, Or)):
        for part in node.parts:
            yield from _leaves(part)
    elif isinstance(node, Not):
        yield from _leaves(node.part)
    elif isinstance(node, (Literal, Wildcard)):
        yield node


def _range(node: Range, name: str, es_type: str) -> Iterator[QueryError]:
    family = field_types.family(es_type)
    value = node.value
    if family in _NO_ORDER:
        yield _problem(f"{shown(name)} is {es_type}, which has no order", value, "compare with `field: value`")
    elif isinstance(value, Wildcard):
        if family in _NO_WILDCARDS:
            yield _problem(f"a range of {shown(name)} ({es_type}) takes no wildcard", value, "write a whole value")
    elif family == "ip":
        if not field_types.is_ip(text_of(value)):
            yield _problem(
                f"{shown(text_of(value))} is no IP address",
                value,
                "a range is between addresses; networks stand after `:`",
            )
    elif family == "number":
        if field_types.to_number(text_of(value)) is None:
            yield _problem(f"{shown(text_of(value))} is no number, and {shown(name)} is {es_type}", value, None)
    else:
        yield from _literal(value, name, es_type)
        if es_type in {"keyword", "constant_keyword", "wildcard"} and field_types.to_number(text_of(value)) is not None:
            hint = "texts are ordered letter by letter: 10 comes before 9"
            yield QueryError(
                "trap",
                f"{shown(name)} is {es_type}, and {shown(text_of(value))} is compared as text",
                value.start,
                value.end,
                hint,
            )


def _value(value: Literal | Wildcard, name: str, es_type: str) -> Iterator[QueryError]:
    if isinstance(value, Literal):
        yield from _literal(value, name, es_type)
        return
    family = field_types.family(es_type)
    if value.alone:
        return
    if family in _NO_WILDCARDS:
        hint = {"ip": "write a network, as in 10.0.0.0/8", "number": "write a range", "date": "write a range"}.get(
            family
        )
        yield _problem(f"{shown(name)} is {es_type}, which takes no wildcard", value, hint)
    elif es_type != "keyword" and family in {"keyword", "text"} and len(text_of(value).split()) > 1:
        message = f"{shown(text_of(value))} is split at its spaces, as {shown(name)} is {es_type}"
        hint = "any of the words is enough to match; join them with `and`, or compare with a keyword field"
        yield QueryError("trap", message, value.start, value.end, hint)


def _literal(value: Literal, name: str, es_type: str) -> Iterator[QueryError]:
    """A value without wildcards that is compared with `:`, or that stands in a range of dates or texts."""
    if value.value is None:
        return
    text = text_of(value)
    family = field_types.family(es_type)
    reason = field_types.misfit(text, es_type)
    if reason is not None:
        yield _problem(f"{shown(name)} is {es_type}, and {shown(text)} is {reason}", value, _HINTS.get(family))
    elif family == "geo":
        yield _problem(f"{shown(name)} is {es_type}, which KQL cannot search", value, "search for other fields of it")
    elif es_type == "object":
        yield _problem(f"{shown(name)} is an object, and holds no value itself", value, "name one of its fields")
