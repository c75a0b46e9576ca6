"""The tree of an ES|QL query, its expressions (commands: pipeline.py): immutable, with positions.

Every node has `start` and `end`, its characters in the query (end exclusive), which do not count when trees are
compared. Names are as Elasticsearch knows them: without backticks, joined by dots. Words that Elasticsearch folds
(function names, commands, types of a cast) are in lower case. Parentheses leave no trace.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias
from typing import Literal as OneOf

from rulepack.frozen import frozen

if TYPE_CHECKING:
    from rulepack.query.esql.pipeline import Pipeline

Scalar: TypeAlias = str | int | float | bool | None


@frozen
class Node:
    """Anything in the tree: between which characters of the query it stands."""

    start: int = dataclasses.field(default=0, compare=False, kw_only=True)
    end: int = dataclasses.field(default=0, compare=False, kw_only=True)


@frozen
class Literal(Node):
    """A constant: what it means, and what kind it is (1 and 1.0 and true are three different things)."""

    value: Scalar
    kind: OneOf["string", "integer", "decimal", "boolean", "null"]


@frozen
class TimeSpan(Node):
    """A time span as the query writes it, such as `5 minutes`; the unit in lower case."""

    value: int
    unit: str


@frozen
class Array(Node):
    """Several constants of one kind: `["a", "b"]`."""

    items: tuple[Literal, ...]


@frozen
class Map(Node):
    """Named options: `{"key": value}`."""

    entries: tuple[tuple[Literal, MapValue], ...]


@frozen
class Column(Node):
    """A column, or the field of the data that it comes from."""

    name: str


@frozen
class ColumnPattern(Node):
    """Columns by a pattern (KEEP, DROP): the literal texts between its wildcards `*`, of which there is at least one.

    Within backticks a star is a character like any other, and part of such a text.
    """

    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The pattern as one text."""
        return "*".join(self.parts)


@frozen
class Parameter(Node):
    """A parameter `?name`, `?1`, `?`, `??name`, or a name with one in it; a rule has no value for it."""

    text: str


@frozen
class Star(Node):
    """The `*` of `count(*)`."""


@frozen
class Function(Node):
    """A function called: its name in lower case, what it is given, and the map of options after that.

    The name stands between `start` and `name_end`.
    """

    name: str
    arguments: tuple[Expression, ...]
    options: Map | None = None
    name_end: int = dataclasses.field(default=0, compare=False)


@frozen
class Cast(Node):
    """`operand::type`, the type in lower case; it stands between `type_start` and `end`."""

    operand: Expression
    type: str
    type_start: int = dataclasses.field(default=0, compare=False)


@frozen
class Sign(Node):
    """`-operand` or `+operand`; the sign of a number is part of its Literal."""

    operator: OneOf["-", "+"]
    operand: Expression


@frozen
class Arithmetic(Node):
    """Two operands and `+`, `-`, `*`, `/` or `%`."""

    left: Expression
    operator: str
    right: Expression


@frozen
class Comparison(Node):
    """Two operands and `==`, `!=`, `<`, `<=`, `>` or `>=`."""

    left: Expression
    operator: str
    right: Expression


@frozen
class Match(Node):
    """The match operator `column:value`; `type` is that of `column::type:value`."""

    column: Column | Parameter
    value: Literal | TimeSpan | Array | Parameter
    type: str | None = None


@frozen
class Like(Node):
    """`operand LIKE "pattern"` or RLIKE; `listed` says that the patterns stand in parentheses."""

    operand: Expression
    operator: OneOf["like", "rlike"]
    patterns: tuple[Literal | Parameter, ...]
    negated: bool = False
    listed: bool = False


@frozen
class In(Node):
    """`operand IN (values)`."""

    operand: Expression
    values: tuple[Expression, ...]
    negated: bool = False


@frozen
class InSubquery(Node):
    """`operand IN (FROM ... | ...)`."""

    operand: Expression
    query: Pipeline
    negated: bool = False


@frozen
class IsNull(Node):
    """`operand IS NULL`, or IS NOT NULL where `negated`."""

    operand: Expression
    negated: bool = False


@frozen
class Not(Node):
    """`NOT operand`."""

    operand: Expression


@frozen
class And(Node):
    """At least two conditions joined by AND; one in parentheses stays an And within it."""

    parts: tuple[Expression, ...]


@frozen
class Or(Node):
    """At least two conditions joined by OR; one in parentheses stays an Or within it."""

    parts: tuple[Expression, ...]


MapValue: TypeAlias = Literal | TimeSpan | Array | Map | Parameter
Constant: TypeAlias = Literal | TimeSpan | Array | Parameter
Expression: TypeAlias = (
    Constant
    | Column
    | Star
    | Function
    | Cast
    | Sign
    | Arithmetic
    | Comparison
    | Match
    | Like
    | In
    | InSubquery
    | IsNull
    | Not
    | And
    | Or
)
Name: TypeAlias = Column | Parameter
NamePattern: TypeAlias = Column | ColumnPattern | Parameter
