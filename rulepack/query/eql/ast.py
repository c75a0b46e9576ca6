"""The tree of an EQL query: what each node holds, and between which characters it stands.

Nodes follow Elasticsearch's grammar: https://www.elastic.co/docs/reference/query-languages/eql/eql-syntax. They compare
without positions. Parentheses and unary plus leave no trace: `render` puts parentheses where the tree needs them.
"""

from __future__ import annotations

import dataclasses
from typing import Literal as Choice
from typing import TypeAlias

from rulepack.frozen import frozen
from rulepack.query.logic import Scalar

LiteralType = Choice["string", "integer", "double", "boolean", "null"]
# What may follow a value to compare it with constants only.
PatternOperator = Choice[":", "like", "like~", "regex", "regex~"]
ComparisonOperator = Choice["==", "!=", "<", "<=", ">", ">="]
ArithmeticOperator = Choice["+", "-", "*", "/", "%"]


@frozen
class Literal:
    """A constant: its value with escapes undone, and its type (an integer beyond 64 bits is a double)."""

    value: Scalar
    type: LiteralType
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Field:
    """A field, without backticks; `optional` if a `?` stands before it (which `start` includes)."""

    name: str
    optional: bool = False
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Call:
    """A function call: the name as Elasticsearch spells it (as written where unknown); `folded` for `name~(...)`."""

    name: str
    arguments: tuple[Expression, ...]
    folded: bool = False
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)
    name_end: int = dataclasses.field(default=0, compare=False)


@frozen
class Negative:
    """A minus before a value."""

    operand: Expression
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Arithmetic:
    """Two values added, subtracted, multiplied, divided, or the rest of a division."""

    operator: ArithmeticOperator
    left: Expression
    right: Expression
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Comparison:
    """Two values compared."""

    operator: ComparisonOperator
    left: Expression
    right: Expression
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Pattern:
    """A value compared with one or more constant patterns; `:` is like `like~`."""

    operator: PatternOperator
    operand: Expression
    values: tuple[Literal, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class In:
    """A value looked up in a list; `folded` for `in~`, `negated` for `not in`."""

    operand: Expression
    values: tuple[Expression, ...]
    folded: bool = False
    negated: bool = False
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Not:
    """The condition does not hold."""

    operand: Expression
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class And:
    """All parts hold; at least two. `a and (b and c)` keeps its inner And."""

    parts: tuple[Expression, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Or:
    """Any part holds; at least two."""

    parts: tuple[Expression, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


Expression: TypeAlias = Literal | Field | Call | Negative | Arithmetic | Comparison | Pattern | In | Not | And | Or


@frozen
class Event:
    """One event: its category (None for `any`) and the condition behind `where`."""

    category: str | None
    condition: Expression
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Item:
    """One `[event]` of a sequence or sample, its own join keys, how often in a row, or `missing` for `![event]`."""

    event: Event
    keys: tuple[Field, ...] = ()
    missing: bool = False
    runs: int = 1
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Span:
    """The time of `with maxspan`: an amount and its unit (ms, s, m, h, d)."""

    amount: int
    unit: str
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Sequence:
    """Events in order, joined by keys that all share, within `maxspan`, unless `until` happens in between."""

    items: tuple[Item, ...]
    keys: tuple[Field, ...] = ()
    maxspan: Span | None = None
    until: Item | None = None
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Sample:
    """Events in any order that share join keys."""

    items: tuple[Item, ...]
    keys: tuple[Field, ...] = ()
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Pipe:
    """`| head 5`: what is done with the events found."""

    name: str
    arguments: tuple[Expression, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Statement:
    """A whole query."""

    query: Event | Sequence | Sample
    pipes: tuple[Pipe, ...] = ()
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


def items_of(statement: Statement) -> tuple[Item, ...]:
    """All events of a query in the order of its text, `until` last; a single event as an item without keys."""
    query = statement.query
    if isinstance(query, Event):
        return (Item(query, start=query.start, end=query.end),)
    if isinstance(query, Sequence) and query.until:
        return (*query.items, query.until)
    return query.items
