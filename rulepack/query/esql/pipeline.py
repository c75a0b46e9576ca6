"""The tree of an ES|QL query, its pipeline of commands (expressions: ast.py)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

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


@dataclass(frozen=True, slots=True)
class Source(Node):
    """An index, data stream or alias that a query reads, or a pattern of them: `cluster:index::selector`.

    A quoted list `"a*,b*"` gives one for each. `exclusion` says that it begins with a minus (`-logs-test*`).
    """

    index: str
    cluster: str | None = None
    selector: str | None = None

    @property
    def name(self) -> str:
        """All of it, as Elasticsearch takes it."""
        cluster = "" if self.cluster is None else f"{self.cluster}:"
        return cluster + self.index + ("" if self.selector is None else f"::{self.selector}")

    @property
    def exclusion(self) -> bool:
        """Whether it takes indices away."""
        return self.index.startswith("-") or (self.cluster or "").startswith("-")


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """A query in parentheses as a source: `FROM (FROM b | WHERE c)`."""

    query: Pipeline


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Option(Node):
    """`name = value`, with which DISSECT, SET and PROMQL are set."""

    name: str
    value: MapValue


@dataclass(frozen=True, slots=True)
class Renaming(Node):
    """`old AS new` (or `new = old`)."""

    old: NamePattern
    new: NamePattern


@dataclass(frozen=True, slots=True)
class Order(Node):
    """What SORT sorts by: direction and place of nulls as written, None where not."""

    expression: Expression
    direction: OneOf["asc", "desc"] | None = None
    nulls: OneOf["first", "last"] | None = None


@dataclass(frozen=True, slots=True)
class Enrichment(Node):
    """A field that ENRICH adds: `field`, or `name = field`."""

    name: NamePattern | None
    field: NamePattern


@dataclass(frozen=True, slots=True)
class From(Node):
    """`FROM sources METADATA fields`, or TS where `time_series`."""

    sources: tuple[Source | Subquery | Parameter, ...]
    metadata: tuple[Column, ...] = ()
    time_series: bool = False


@dataclass(frozen=True, slots=True)
class Row(Node):
    """`ROW fields`."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Show(Node):
    """`SHOW INFO`."""


@dataclass(frozen=True, slots=True)
class Promql(Node):
    """`PROMQL options name = (query)`: the PromQL query is kept as text."""

    options: tuple[Option, ...]
    query: str
    name: Name | None = None


@dataclass(frozen=True, slots=True)
class Where(Node):
    """`WHERE condition`."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Eval(Node):
    """`EVAL fields`."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Stats(Node):
    """`STATS aggregates BY groups`; INLINE STATS, which keeps all rows and columns, where `inline`."""

    aggregates: tuple[Field, ...]
    groups: tuple[Field, ...] = ()
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Keep(Node):
    """`KEEP columns`."""

    columns: tuple[NamePattern, ...]


@dataclass(frozen=True, slots=True)
class Drop(Node):
    """`DROP columns`."""

    columns: tuple[NamePattern, ...]


@dataclass(frozen=True, slots=True)
class Rename(Node):
    """`RENAME old AS new, ...`."""

    renamings: tuple[Renaming, ...]


@dataclass(frozen=True, slots=True)
class Sort(Node):
    """`SORT orders`."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """`LIMIT rows BY groups`: without groups, so many rows in all."""

    rows: Literal | Parameter
    groups: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Dissect(Node):
    """`DISSECT operand "pattern" APPEND_SEPARATOR = "-"`."""

    operand: Expression
    pattern: Literal | Parameter
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Grok(Node):
    """`GROK operand "pattern", "pattern"`: the first pattern that matches counts."""

    operand: Expression
    patterns: tuple[Literal | Parameter, ...]


@dataclass(frozen=True, slots=True)
class Enrich(Node):
    """`ENRICH mode:policy ON column WITH fields`; without `column` by the policy's own match field."""

    policy: str
    mode: str | None = None
    column: NamePattern | None = None
    fields: tuple[Enrichment, ...] = ()


@dataclass(frozen=True, slots=True)
class LookupJoin(Node):
    """`LOOKUP JOIN source ON conditions`: columns that are equal on both sides, or expressions over both."""

    source: Source | Parameter
    conditions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MvExpand(Node):
    """`MV_EXPAND column`."""

    column: Name


@dataclass(frozen=True, slots=True)
class ChangePoint(Node):
    """`CHANGE_POINT value ON key AS type, pvalue BY groups`; the two columns are `type` and `pvalue` if not named."""

    value: Name
    key: Name | None = None
    type: Name | None = None
    pvalue: Name | None = None
    groups: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion(Node):
    """`COMPLETION name = prompt WITH options`; the column is `completion` if not named."""

    name: Name | None
    prompt: Expression
    options: Map | Name | None = None


@dataclass(frozen=True, slots=True)
class Fork(Node):
    """`FORK (commands) (commands)`: pipelines without a source, whose rows come together again."""

    branches: tuple[Pipeline, ...]


@dataclass(frozen=True, slots=True)
class Fuse(Node):
    """`FUSE method SCORE BY score GROUP BY group KEY BY keys WITH options`."""

    method: Name | None = None
    score: Name | None = None
    group: Name | None = None
    keys: tuple[Name, ...] = ()
    options: Map | None = None


@dataclass(frozen=True, slots=True)
class Rerank(Node):
    """`RERANK name = query ON fields WITH options`; the column is `_score` if not named."""

    name: Name | None
    query: Constant
    fields: tuple[Field, ...]
    options: Map | None = None


@dataclass(frozen=True, slots=True)
class Sample(Node):
    """`SAMPLE probability`."""

    probability: Constant


@dataclass(frozen=True, slots=True)
class Extract(Node):
    """A command that takes a text apart into columns named after a prefix: `URI_PARTS prefix = operand WITH options`.

    `command` is `uri_parts`, `registered_domain`, `user_agent` or `ip_location`.
    """

    command: str
    prefix: Name
    operand: Expression
    options: Map | None = None


@dataclass(frozen=True, slots=True)
class Inform(Node):
    """A command about time series in the place of their rows: `metrics_info`, `ts_info` or `ts_collapse`."""

    command: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Pipeline(Node):
    """Commands in their order: in a query the source command first (not in FORK's branches), SET's options before."""

    commands: tuple[Command, ...]
    settings: tuple[Option, ...] = ()
