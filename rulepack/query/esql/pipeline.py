"""The tree of an ES|QL query, its pipeline of commands (expressions: ast.py)."""

from __future__ import annotations

import dataclasses
from typing import Literal as OneOf
from typing import TypeAlias

from rulepack.frozen import frozen
from rulepack.query.esql.ast import (
    Column,
    Constant,
    Expression,
    Literal,
    Map,
    MapValue,
    Name,
    NamePattern,
    Node,
    Parameter,
)


@frozen
class Source(Node):
    """An index, data stream or alias that a query reads, or a pattern of them: `cluster:index::selector`.

    A quoted list `"a*,b*"` gives one for each. One that begins with a minus takes indices away.
    """

    index: str
    cluster: str | None = None
    selector: str | None = None

    @property
    def name(self) -> str:
        """All of it, as Elasticsearch takes it."""
        cluster = "" if self.cluster is None else f"{self.cluster}:"
        return cluster + self.index + ("" if self.selector is None else f"::{self.selector}")


@frozen
class Subquery(Node):
    """A query in parentheses as a source: `FROM (FROM b | WHERE c)`."""

    query: Pipeline


@frozen
class Field(Node):
    """A column that EVAL, ROW or STATS gives: `name = expression WHERE condition` (the condition in STATS only).

    Without a name (None) the column is called as the expression is written, which is `label`; `column` is either.
    """

    name: Name | None
    expression: Expression
    condition: Expression | None = None
    label: str = dataclasses.field(default="", compare=False)

    @property
    def column(self) -> str:
        """The name of the column."""
        if isinstance(self.name, Column):
            return self.name.name
        if self.name is None and isinstance(self.expression, Column):
            return self.expression.name
        return self.label if self.name is None else self.name.text


@frozen
class Option(Node):
    """`name = value`, with which DISSECT, SET and PROMQL are set."""

    name: str
    value: MapValue


@frozen
class Renaming(Node):
    """`old AS new` (or `new = old`)."""

    old: NamePattern
    new: NamePattern


@frozen
class Order(Node):
    """What SORT sorts by: direction and place of nulls as written, None where not."""

    expression: Expression
    direction: OneOf["asc", "desc"] | None = None
    nulls: OneOf["first", "last"] | None = None


@frozen
class Enrichment(Node):
    """A field that ENRICH adds: `field`, or `name = field`."""

    name: NamePattern | None
    field: NamePattern


@frozen
class From(Node):
    """`FROM sources METADATA fields`, or TS where `time_series`."""

    sources: tuple[Source | Subquery | Parameter, ...]
    metadata: tuple[Column, ...] = ()
    time_series: bool = False


@frozen
class Row(Node):
    """`ROW fields`."""

    fields: tuple[Field, ...]


@frozen
class Show(Node):
    """`SHOW INFO`."""


@frozen
class Promql(Node):
    """`PROMQL options name = (query)`: the PromQL query is kept as text."""

    options: tuple[Option, ...]
    query: str
    name: Name | None = None


@frozen
class Where(Node):
    """`WHERE condition`."""

    condition: Expression


@frozen
class Eval(Node):
    """`EVAL fields`."""

    fields: tuple[Field, ...]


@frozen
class Stats(Node):
    """`STATS aggregates BY groups`; INLINE STATS, which keeps all rows and columns, where `inline`."""

    aggregates: tuple[Field, ...]
    groups: tuple[Field, ...] = ()
    inline: bool = False


@frozen
class Keep(Node):
    """`KEEP columns`."""

    columns: tuple[NamePattern, ...]


@frozen
class Drop(Node):
    """`DROP columns`."""

    columns: tuple[NamePattern, ...]


@frozen
class Rename(Node):
    """`RENAME old AS new, ...`."""

    renamings: tuple[Renaming, ...]


@frozen
class Sort(Node):
    """`SORT orders`."""

    orders: tuple[Order, ...]


@frozen
class Limit(Node):
    """`LIMIT rows BY groups`: without groups, so many rows in all."""

    rows: Literal | Parameter
    groups: tuple[Expression, ...] = ()


@frozen
class Dissect(Node):
    """`DISSECT operand "pattern" APPEND_SEPARATOR = "-"`."""

    operand: Expression
    pattern: Literal | Parameter
    options: tuple[Option, ...] = ()


@frozen
class Grok(Node):
    """`GROK operand "pattern", "pattern"`: the first pattern that matches counts."""

    operand: Expression
    patterns: tuple[Literal | Parameter, ...]


@frozen
class Enrich(Node):
    """`ENRICH mode:policy ON column WITH fields`; without `column` by the policy's own match field."""

    policy: str
    mode: str | None = None
    column: NamePattern | None = None
    fields: tuple[Enrichment, ...] = ()


@frozen
class LookupJoin(Node):
    """`LOOKUP JOIN source ON conditions`: columns that are equal on both sides, or expressions over both."""

    source: Source | Parameter
    conditions: tuple[Expression, ...]


@frozen
class MvExpand(Node):
    """`MV_EXPAND column`."""

    column: Name


@frozen
class ChangePoint(Node):
    """`CHANGE_POINT value ON key AS type, pvalue BY groups`; the two columns are `type` and `pvalue` if not named."""

    value: Name
    key: Name | None = None
    type: Name | None = None
    pvalue: Name | None = None
    groups: tuple[Expression, ...] = ()


@frozen
class Completion(Node):
    """`COMPLETION name = prompt WITH options`; the column is `completion` if not named."""

    name: Name | None
    prompt: Expression
    options: Map | Name | None = None


@frozen
class Fork(Node):
    """`FORK (commands) (commands)`: pipelines without a source, whose rows come together again."""

    branches: tuple[Pipeline, ...]


@frozen
class Fuse(Node):
    """`FUSE method SCORE BY score GROUP BY group KEY BY keys WITH options`."""

    method: Name | None = None
    score: Name | None = None
    group: Name | None = None
    keys: tuple[Name, ...] = ()
    options: Map | None = None


@frozen
class Rerank(Node):
    """`RERANK name = query ON fields WITH options`; the column is `_score` if not named."""

    name: Name | None
    query: Constant
    fields: tuple[Field, ...]
    options: Map | None = None


@frozen
class Sample(Node):
    """`SAMPLE probability`."""

    probability: Constant


@frozen
class Extract(Node):
    """A command that takes a text apart into columns named after a prefix: `URI_PARTS prefix = operand WITH options`.

    `command` is `uri_parts`, `registered_domain`, `user_agent` or `ip_location`.
    """

    command: str
    prefix: Name
    operand: Expression
    options: Map | None = None


@frozen
class Inform(Node):
    """A command about time series in the place of their rows: `metrics_info`, `ts_info` or `ts_collapse`."""

    command: str


@frozen
class Mmr(Node):
    """`MMR query ON column LIMIT rows WITH options`: diverse results."""

    query: Expression | None
    column: Name
    rows: Literal | Parameter
    options: Map | None = None


Command: TypeAlias = (
    From
    | Row
    | Show
    | Promql
    | Where
    | Eval
    | Stats
    | Keep
    | Drop
    | Rename
    | Sort
    | Limit
    | Dissect
    | Grok
    | Enrich
    | LookupJoin
    | MvExpand
    | ChangePoint
    | Completion
    | Fork
    | Fuse
    | Rerank
    | Sample
    | Extract
    | Inform
    | Mmr
)


@frozen
class Pipeline(Node):
    """Commands in their order: in a query the source command first (not in FORK's branches), SET's options before."""

    commands: tuple[Command, ...]
    settings: tuple[Option, ...] = ()
