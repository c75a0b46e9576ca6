"""What a rule's `filters` say: filters of Kibana's filter bar, each with a query in Elasticsearch's query DSL.

Shapes: `{meta, query}`, and older ones with `exists`, `range`, ... beside `meta`. A filter with `meta.disabled` does
not count, one with `meta.negate` is turned round, and one of `meta.type` "combined" holds filters itself.
Kibana's reading of them: kbn-es-query, `es_query/from_filters.ts`; the DSL:
https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from rulepack.frozen import frozen
from rulepack.query.base import MAX_DEPTH
from rulepack.query.logic import (
    Always,
    Logic,
    Nested,
    Not,
    Opaque,
    Operator,
    Scalar,
    Test,
    Value,
    conjunction,
    disjunction,
)

Path: TypeAlias = tuple[str | int, ...]

_RANGES: Final[dict[str, Operator]] = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
# Queries of one field whose value stands under the field's name, or under one of these keys below it.
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "match": ("query",),
    "match_phrase": ("query",),
    "match_phrase_prefix": ("query",),
    "match_bool_prefix": ("query",),
    "term": ("value",),
    "fuzzy": ("value",),
    "prefix": ("value",),
    "wildcard": ("value", "wildcard"),
    "regexp": ("value",),
}
_OPTIONS: Final = frozenset({"boost", "_name"})
_ESCAPE_OR_WILD: Final = re.compile(r"\\(.)|([*?])", re.DOTALL)


@frozen
class FilterField:
    """A use of a field in filters; `path` leads to where its name stands: to a key if `is_key`, else to a string."""

    name: str
    path: Path
    is_key: bool
    how: Literal["compared", "exists"] = "compared"
    operator: str | None = None
    values: tuple[Scalar, ...] = ()
    pattern: bool = False


@frozen
class InnerQuery:
    """A query in a filter or action: its language as in rule files, its text, and the path to the string."""

    language: Literal["kuery", "lucene"]
    text: str
    path: Path


@frozen
class Filters:
    """What a list of filters says; `logic` has no positions, and is opaque where a query cannot be made out."""

    fields: tuple[FilterField, ...]
    queries: tuple[InnerQuery, ...]
    logic: Logic


def read_filters(filters: Any) -> Filters:
    """Read the value of `filters` or `threat_filters`. Never raises: what has no shape that is known says nothing."""
    reader = _Reader()
    logic = reader.filters(filters, ())
    return Filters(tuple(reader.fields), tuple(reader.queries), logic)


def read_actions(actions: Any) -> tuple[tuple[FilterField, ...], tuple[InnerQuery, ...]]:
    """The fields and the inner queries of the `alerts_filter` of actions, with paths in the list of actions."""
    reader = _Reader()
    for number, action in enumerate(_list(actions)):
        query = _table(_table(_table(action).get("alerts_filter")).get("query"))
        path: Path = (number, "alerts_filter", "query")
        if isinstance(query.get("kql"), str):
            reader.queries.append(InnerQuery("kuery", query["kql"], (*path, "kql")))
        reader.filters(query.get("filters"), (*path, "filters"))
    return tuple(reader.fields), tuple(reader.queries)


class _Reader:
    """What it has found on its way."""

    def __init__(self) -> None:
        self.fields: list[FilterField] = []
        self.queries: list[InnerQuery] = []

    def filters(self, filters: Any, path: Path) -> Logic:
        """All of a list of filters."""
        parts = [self._filter(one, (*path, number)) for number, one in enumerate(_list(filters))]
        return conjunction([part for part in parts if part is not None], 0, 0)

    def _filter(self, one: Any, path: Path) -> Logic | None:
        """One filter; None if it does not count."""
        if not isinstance(one, Mapping) or len(path) > MAX_DEPTH:
            return None
        meta = _table(one.get("meta"))
        if meta.get("disabled") is True:
            return None
        if meta.get("type") == "combined" and isinstance(meta.get("params"), (list, tuple)):
            logic = self._combined(meta, (*path, "meta", "params"))
        elif one.get("query") is not None:
            logic = self._query(one["query"], (*path, "query"))
        else:
            logic = self._query({key: one[key] for key in one if key not in {"meta", "$state"}}, path)
        return Not(logic) if meta.get("negate") is True else logic

    def _combined(self, meta: Mapping[str, Any], path: Path) -> Logic:
        if str(meta.get("relation")).upper() == "AND":
            return self.filters(meta["params"], path)
        parts = [self._filter(one, (*path, number)) for number, one in enumerate(meta["params"])]
        # To Kibana a filter of `or` that does not count holds always.
        return disjunction([Always() if part is None else part for part in parts], 0, 0)

    def _query(self, query: Any, path: Path) -> Logic:
        """A query of the DSL: a table with one key, the kind of query."""
        if not isinstance(query, Mapping) or len(path) > MAX_DEPTH:
            return Opaque(_canonical(query))
        parts = [self._clause(str(kind), query[kind], (*path, kind)) for kind in query]
        return conjunction(parts, 0, 0)

    def _clause(self, kind: str, body: Any, path: Path) -> Logic:
        """What stands under a kind of query."""
        table = _table(body)
        if kind in _VALUES:
            return self._each(kind, table, path)
        if kind in {"match_all", "match_none"}:
            return Always(kind == "match_all")
        if kind == "terms":
            return self._terms(table, path)
        if kind == "range":
            return self._range(table, path)
        if kind == "exists":
            return self._exists(table, path)
        if kind == "bool":
            return self._bool(table, path)
        if kind in {"query_string", "kql", "simple_query_string", "multi_match"}:
            return self._text(kind, table, path)
        return self._wrapped(kind, table, path)

    def _wrapped(self, kind: str, table: Mapping[str, Any], path: Path) -> Logic:
        """A query around others."""
        if kind == "nested":
            return Nested(str(table.get("path")), self._query(table.get("query"), (*path, "query")))
        if kind == "constant_score":
            return self._query(table.get("filter"), (*path, "filter"))
        if kind == "function_score" and "query" in table:
            return self._query(table["query"], (*path, "query"))
        if kind == "boosting":
            return self._query(table.get("positive"), (*path, "positive"))
        if kind == "dis_max":
            return disjunction(self._all(table.get("queries"), (*path, "queries")), 0, 0)
        return Opaque(_canonical({kind: table}))

    def _all(self, queries: Any, path: Path) -> list[Logic]:
        """A query, or a list of them."""
        if isinstance(queries, Mapping):
            return [self._query(queries, path)]
        return [self._query(one, (*path, number)) for number, one in enumerate(_list(queries))]

    def _bool(self, table: Mapping[str, Any], path: Path) -> Logic:
        must = self._all(table.get("must"), (*path, "must")) + self._all(table.get("filter"), (*path, "filter"))
        should = self._all(table.get("should"), (*path, "should"))
        without = [Not(part) for part in self._all(table.get("must_not"), (*path, "must_not"))]
        least = table.get("minimum_should_match", 0 if must else 1)
        if not should or str(least) == "0":
            return conjunction([*must, *without], 0, 0)
        if str(least) == "1":
            return conjunction([*must, disjunction(should, 0, 0), *without], 0, 0)
        return conjunction([*must, Opaque(_canonical([least, table.get("should")])), *without], 0, 0)

    def _each(self, kind: str, table: Mapping[str, Any], path: Path) -> Logic:
        """Queries of the shape `{field: value}` or `{field: {query: value, ...}}`."""
        parts: list[Logic] = []
        for name, value in _named(table):
            options = _table(value)
            plain = next((options[key] for key in _VALUES[kind] if key in options), None) if options else value
            scalars = (plain,) if _is_scalar(plain) else ()
            self.fields.append(FilterField(name, (*path, name), is_key=True, operator=kind, values=scalars))
            test = _test(kind, name, plain, options)
            parts.append(test or Opaque(_canonical({kind: {name: value}}), (name,)))
        return conjunction(parts, 0, 0)

    def _terms(self, table: Mapping[str, Any], path: Path) -> Logic:
        parts: list[Logic] = []
        for name, values in _named(table):
            scalars = tuple(value for value in _list(values) if _is_scalar(value))
            self.fields.append(FilterField(name, (*path, name), is_key=True, operator="terms", values=scalars))
            if isinstance(values, (list, tuple)):
                parts.append(Test(name, "is", tuple(Value(value) for value in scalars)))
            else:  # the values are looked up in another index
                parts.append(Opaque(_canonical({"terms": {name: values}}), (name,)))
        return conjunction(parts, 0, 0)

    def _range(self, table: Mapping[str, Any], path: Path) -> Logic:
        parts: list[Logic] = []
        for name, bounds in _named(table):
            found = [(_RANGES[key], value) for key, value in _table(bounds).items() if key in _RANGES]
            found = [(operator, value) for operator, value in found if _is_scalar(value) and value is not None]
            place: Path = (*path, name)
            for operator, value in found:
                self.fields.append(FilterField(name, place, is_key=True, operator=operator, values=(value,)))
                parts.append(Test(name, operator, (Value(value),)))
            if not found:
                self.fields.append(FilterField(name, place, is_key=True, operator="range"))
                parts.append(Opaque(_canonical({"range": {name: bounds}}), (name,)))
        return conjunction(parts, 0, 0)

    def _exists(self, table: Mapping[str, Any], path: Path) -> Logic:
        name = table.get("field")
        if not isinstance(name, str):
            return Opaque(_canonical({"exists": table}))
        self.fields.append(FilterField(name, (*path, "field"), is_key=False, how="exists", pattern="*" in name))
        return Opaque(_canonical({"exists": table}), (name,)) if "*" in name else Test(name, "exists")

    def _text(self, kind: str, table: Mapping[str, Any], path: Path) -> Logic:
        """Queries with a text of their own, and the fields that it is looked for in."""
        text = table.get("query")
        if isinstance(text, str) and kind in {"query_string", "kql"}:
            self.queries.append(InnerQuery("kuery" if kind == "kql" else "lucene", text, (*path, "query")))
        names = [(name, (*path, "fields", number)) for number, name in enumerate(_list(table.get("fields")))]
        names.append((table.get("default_field"), (*path, "default_field")))
        used = []
        for name, place in names:
            if isinstance(name, str):
                plain = name.partition("^")[0]  # what follows is a boost
                used.append(plain)
                self.fields.append(FilterField(plain, place, is_key=False, operator=kind, pattern="*" in plain))
        return Opaque(_canonical({kind: table}), tuple(used))


def _test(kind: str, name: str, value: Any, options: Mapping[str, Any]) -> Test | None:
    """A query of one field and one value as a test; None if it is more than that."""
    if not _is_scalar(value) or value is None:
        return None
    folded = options.get("case_insensitive") is True
    if kind == "regexp":
        return Test(name, "regex", (Value(value),), folded)
    if kind == "wildcard":
        return Test(name, "like", (_wildcard(str(value)),), folded)
    if kind == "prefix":
        return Test(name, "like", (Value(f"{value}*", (str(value), ""), "*"),), folded)
    if kind == "match" and options.get("type") != "phrase" and len(str(value).split()) > 1:
        return Test(name, "match", (Value(value),))
    if kind in {"term", "match", "match_phrase"}:
        return Test(name, "is", (Value(value),), folded)
    return None


def _wildcard(text: str) -> Value:
    r"""A pattern of a wildcard query: `*`, `?`, and `\` before one that is meant as itself."""
    parts = [""]
    wild = ""
    at = 0
    for found in _ESCAPE_OR_WILD.finditer(text):
        parts[-1] += text[at : found.start()] + (found[1] or "")
        at = found.end()
        if found[2]:
            wild += found[2]
            parts.append("")
    parts[-1] += text[at:]
    return Value(text, tuple(parts), wild)


def _named(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of a query with what stands under them."""
    return ((name, value) for name, value in table.items() if isinstance(name, str) and name not in _OPTIONS)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _canonical(query: Any) -> str:
    """A text that is the same for the same query; tables of a model and dates of a file have no JSON of their own."""
    try:
        return json.dumps(query, sort_keys=True, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError, RecursionError):
        return f"a query that cannot be written ({type(query).__name__})"


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
