"""The tree of a KQL query, with the names that Kibana's own tree has: is, range, nested, and, or, not."""

from __future__ import annotations

import dataclasses
from typing import Literal as OneOf
from typing import TypeAlias

from rulepack.frozen import frozen

RangeOperator: TypeAlias = OneOf["<", "<=", ">", ">="]


@frozen
class Literal:
    """A text with escapes undone; unquoted it may also be true, false or null (None)."""

    value: str | bool | None
    quoted: bool = False
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Wildcard:
    """An unquoted text with wildcards: the literal texts between the stars, so `a*b` is `("a", "b")`."""

    parts: tuple[str, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)

    @property
    def alone(self) -> bool:
        """Whether it is nothing but one star."""
        return self.parts == ("", "")


@frozen
class Is:
    """`field: value` and `field: (value or ...)`; without a field it is free text.

    `values` is one value, or And, Or and Not of values.
    """

    field: Literal | Wildcard | None
    values: Node
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Range:
    """`field < value`, also `<=`, `>` and `>=`."""

    field: Literal | Wildcard
    operator: RangeOperator
    value: Literal | Wildcard
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Nested:
    """`field: { query }`: one object of the nested field fulfils the query."""

    field: Literal | Wildcard
    query: Node
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Not:
    """`not` before a query or, in a group of values, before a value."""

    part: Node
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class And:
    """Two or more queries or values joined with `and`, parentheses among them kept as nodes of their own."""

    parts: tuple[Node, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Or:
    """Two or more queries or values joined with `or`."""

    parts: tuple[Node, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


# The last two stand as values only.
Node: TypeAlias = Is | Range | Nested | Not | And | Or | Literal | Wildcard


def name_of(field: Literal | Wildcard) -> str:
    """The name of a field as Elasticsearch gets it, wildcards as stars."""
    if isinstance(field, Wildcard):
        return "*".join(field.parts)
    return field.value if isinstance(field.value, str) else text_of(field)


def text_of(value: Literal | Wildcard) -> str:
    """A value as text, wildcards as stars."""
    if isinstance(value, Wildcard):
        return "*".join(value.parts)
    if isinstance(value.value, str):
        return value.value
    return {True: "true", False: "false", None: "null"}[value.value]
