"""Facts: what checks over the whole pack ask of each rule and exception list; small enough to keep from run to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rulepack.checks.fingerprint import Fingerprint, data_of, fingerprint_of, kind_of
from rulepack.checks.queries import RuleQuery
from rulepack.exception_list import DEFAULT_NAMESPACE, TABLE, holds_exceptions
from rulepack.frozen import frozen
from rulepack.rule import Rule


@frozen
class Facts:
    """What there is to know of one rule where all are seen together. Plain values only: the cache keeps them as JSON.

    `file` stands in for a `rule_id` or `name` that is missing or refused. `kind`, `data` and `logic` are what
    `rulepack.checks.fingerprint` makes of it: how it looks, where, and for what. `exceptions` has the list_id and the
    namespace of each exception list that the rule names; `replacement` is the rule_id that [metadata] names.
    """

    file: str
    rule_id: str
    name: str
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    kind: str = ""
    data: tuple[str, ...] = ()
    logic: Fingerprint = ()
    exceptions: tuple[tuple[str, str], ...] = ()
    replacement: str = ""

    @classmethod
    def of(cls, rule: Rule, queries: tuple[RuleQuery, ...] = (), *, partial: bool = False) -> Facts:
        """The facts of a rule; of a partial one, nothing is said about what it looks for."""
        logic = () if partial else fingerprint_of(rule, queries)
        kind, data = (kind_of(rule), data_of(rule)) if logic else ("", ())
        exceptions = tuple((one.list_id, one.namespace_type) for one in rule.exceptions_list or ())
        return cls(
            rule.file,
            rule.rule_id,
            rule.name,
            rule.deprecated,
            rule.tags or (),
            kind,
            data,
            logic,
            exceptions,
            rule.metadata.replacement or "",
        )

    def to_json(self) -> list[Any]:
        """The values, in order, for JSON."""
        return [
            self.file,
            self.rule_id,
            self.name,
            self.deprecated,
            self.tags,
            self.kind,
            self.data,
            self.logic,
            self.exceptions,
            self.replacement,
        ]

    @classmethod
    def from_json(cls, values: Iterable[Any]) -> Facts:
        """The facts whose values, in order, JSON has kept: there, tuples are lists."""
        return cls(*map(_plain, values))


@frozen
class ListFacts:
    """What there is to know of one exception list, also of one in which something is wrong. Plain values only.

    `index` is its number in the file. An id is empty where the file has none; `items` are those of its items.
    """

    file: str
    index: int
    list_id: str
    namespace_type: str = DEFAULT_NAMESPACE
    items: tuple[str, ...] = ()

    @classmethod
    def every(cls, file: str, data: Mapping[str, Any]) -> Iterator[ListFacts]:
        """The facts of every exception list in the data of a file."""
        every = data[TABLE] if holds_exceptions(data) else ()
        for index, table in enumerate(every if isinstance(every, list) else ()):
            container, items = (_at(table, name) for name in ("container", "items"))
            list_id, namespace = (_at(container, name) for name in ("list_id", "namespace_type"))
            ids = tuple(_text(_at(item, "item_id")) for item in (items if isinstance(items, list) else ()))
            yield cls(file, index, _text(list_id), _text(namespace) or DEFAULT_NAMESPACE, ids)

    def to_json(self) -> list[Any]:
        """The values, in order, for JSON."""
        return [self.file, self.index, self.list_id, self.namespace_type, self.items]

    @classmethod
    def from_json(cls, values: Iterable[Any]) -> ListFacts:
        """The facts whose values, in order, JSON has kept: there, tuples are lists."""
        return cls(*map(_plain, values))


def _at(table: Any, name: str) -> Any:
    return table.get(name) if isinstance(table, Mapping) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list) else value
