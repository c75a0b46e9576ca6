"""The way of the columns through an ES|QL pipeline: what each command sees, adds and takes away, and what is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from rulepack.frozen import frozen
from rulepack.query.base import FieldTypes, FieldUse, QueryError
from rulepack.query.esql import ast, pipeline
from rulepack.query.esql.ast import Column, ColumnPattern
from rulepack.query.esql.calls import CALLS
from rulepack.query.esql.columns import Columns, Known, Loss, Origin, TooBigError, join, matches
from rulepack.query.esql.functions import shorten
from rulepack.query.esql.inner import read_inner
from rulepack.query.esql.operators import OPERATORS
from rulepack.query.esql.patterns import dissect_columns, grok_columns
from rulepack.query.esql.reader import METADATA, How, Reader, Readers
from rulepack.query.esql.types import LABELS, Family

_READERS: Final[Readers] = {**OPERATORS, **CALLS}
# What GROK makes of a capture, by the type behind its name.
_CAPTURES: Final[dict[str, Family]] = {
    "string": "string",
    "int": "number",
    "long": "number",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
}


@frozen
class Flow:
    """What following a pipeline shows, in the order of the text: what is wrong, and the uses of the data's fields."""

    errors: tuple[QueryError, ...]
    fields: tuple[FieldUse, ...]
    # The columns of the rows that come out at the end.
    columns: Columns = dataclasses.field(compare=False, repr=False)


def follow(tree: pipeline.Pipeline, text: str, types: FieldTypes | None = None) -> Flow:
    """Follow the columns of a query; with `types`, what is known of its fields is judged as well."""
    reader = Reader(text, Columns(types), _READERS)

    def nested(node: ast.InSubquery) -> None:
        outer = reader.columns, reader.place, reader.ended
        reader.columns, reader.place, reader.ended = Columns(types, visits=outer[0].visits), "row", None
        _run(reader, node.query.commands)
        reader.columns, reader.place, reader.ended = outer

    reader.nested = nested
    # No query of a rule is too big; what was found until there holds.
    with suppress(TooBigError):
        _run(reader, tree.commands)
    for call in reader.inner:
        errors, uses = read_inner(call, text, types)
        reader.errors += errors
        reader.uses += uses
    order = sorted(reader.errors, key=lambda error: (error.start, error.end))
    return Flow(tuple(order), tuple(sorted(reader.uses, key=lambda use: use.start)), reader.columns)


def problems(
    tree: pipeline.Pipeline, text: str, types: FieldTypes, said: Iterable[QueryError] | None = None
) -> tuple[QueryError, ...]:
    """What only shows where the types of fields are known; `said` are the errors that are known without them."""
    plain = set(follow(tree, text).errors if said is None else said)
    return tuple(error for error in follow(tree, text, types).errors if error not in plain)


def _run(reader: Reader, commands: Sequence[pipeline.Command]) -> None:
    for command in commands:
        handler = _COMMANDS.get(type(command))
        if handler is not None:
            handler(reader, command)


# ---- Sources ---------------------------------------------------------------------------------------------------------


def _from(reader: Reader, node: pipeline.From) -> None:
    own = reader.columns
    branches = []
    if any(not isinstance(source, pipeline.Subquery) for source in node.sources):
        branches.append(replace(own, origins=(Origin(foreign=False),), known={}, lost={}))
    for source in node.sources:
        if isinstance(source, pipeline.Subquery):
            reader.columns, reader.ended = Columns(own.types, visits=own.visits), None
            _run(reader, source.query.commands)
            branches.append(reader.columns)
    reader.ended = None
    reader.columns = join(branches) if branches else own
    for column in node.metadata:
        reader.columns.set(column.name, Known(METADATA.get(column.name)))


def _show(reader: Reader, node: pipeline.Show) -> None:  # noqa: ARG001 (as all commands)
    reader.columns.known = dict.fromkeys(("version", "date", "hash"), Known("string"))


def _unknown_rows(reader: Reader, node: pipeline.Promql | pipeline.Inform) -> None:
    reader.columns.close({}, Loss(type(node).__name__.upper(), node.start))
    reader.columns.add_foreign()


# ---- Commands that add -----------------------------------------------------------------------------------------------


def _where(reader: Reader, node: pipeline.Where) -> None:
    reader.condition(node.condition, "the condition of WHERE")


def _eval(reader: Reader, node: pipeline.Eval | pipeline.Row) -> None:
    for field in node.fields:
        family = reader.read(field.expression, "calculated")
        reader.columns.set(field.column, Known(family))


def _stats(reader: Reader, node: pipeline.Stats) -> None:
    groups = {}
    reader.place = "groups"
    for field in node.groups:
        family = reader.read(field.expression, "grouped")
        plain = isinstance(field.expression, Column) and field.expression.name == field.column
        found = reader.columns.find(field.column) if plain else None
        groups[field.column] = found if isinstance(found, Known) else Known(family)
    reader.groups = frozenset(groups)
    results = {field.column: Known(_aggregate(reader, field)) for field in node.aggregates}
    reader.place, reader.groups = "row", frozenset()
    loss = Loss("INLINE STATS" if node.inline else "STATS", node.start)
    if not node.inline:
        reader.ended = reader.ended or loss
        # A group is the column that it was before; an aggregate of the same name takes its place.
        reader.columns.close({**results, **groups}, loss)
        return
    for name, known in {**results, **groups}.items():
        reader.columns.set(name, known)


def _aggregate(reader: Reader, field: pipeline.Field) -> Family | None:
    reader.place, reader.aggregate = "aggregates", None
    before = len(reader.errors)
    family = reader.read(field.expression, "function")
    if reader.aggregate is None and len(reader.errors) == before and not isinstance(field.expression, ast.Parameter):
        message = f"{reader.words(field.expression)} is no aggregate, as STATS needs it"
        reader.report("semantics", message, field.expression, "use a function such as COUNT or VALUES, or EVAL")
    if field.condition is not None:
        reader.place = "row"
        reader.condition(field.condition, "the condition of an aggregate")
    return family


def _take_apart(reader: Reader, node: pipeline.Dissect | pipeline.Grok) -> None:
    _needs_text(reader, node.operand, "DISSECT" if isinstance(node, pipeline.Dissect) else "GROK")
    for name, family in taken_apart(node).items():
        reader.columns.set(name, Known(family))
    if any(isinstance(pattern, ast.Parameter) for pattern in _patterns(node)):
        reader.columns.add_foreign()


def taken_apart(node: pipeline.Dissect | pipeline.Grok) -> dict[str, Family | None]:
    """The columns that DISSECT or GROK gives, with their families."""
    found: dict[str, Family | None] = {}
    for pattern in _patterns(node):
        if not (isinstance(pattern, ast.Literal) and isinstance(pattern.value, str)):
            continue
        if isinstance(node, pipeline.Dissect):
            found.update((name, "string") for name in dissect_columns(pattern.value))
        else:
            found.update((name, _CAPTURES.get(kind)) for name, kind in grok_columns(pattern.value))
    return found


def _patterns(node: pipeline.Dissect | pipeline.Grok) -> tuple[ast.Literal | ast.Parameter, ...]:
    return (node.pattern,) if isinstance(node, pipeline.Dissect) else node.patterns


def _needs_text(reader: Reader, node: ast.Expression, command: str) -> None:
    family = reader.read(node, "function")
    if family not in {None, "null", "string"}:
        reader.report("type", f"{command} needs a text, but {reader.words(node)} is {LABELS[family]}", node)


def _enrich(reader: Reader, node: pipeline.Enrich) -> None:
    if isinstance(node.column, Column):
        reader.column(node.column, "join")
    for field in node.fields:
        name = field.field if field.name is None else field.name
        if isinstance(name, Column):
            reader.columns.set(name.name, Known())
    if not node.fields or any(isinstance(field.field, ColumnPattern) for field in node.fields):
        reader.columns.add_foreign()


def _lookup_join(reader: Reader, node: pipeline.LookupJoin) -> None:
    plain = [condition for condition in node.conditions if isinstance(condition, Column)]
    for column in plain:
        reader.column(column, "join")
    reader.columns.add_foreign()
    for condition in node.conditions:
        # In an expression either side may be a field of the lookup index.
        if not isinstance(condition, Column):
            reader.condition(condition, "the condition of LOOKUP JOIN")


def _change_point(reader: Reader, node: pipeline.ChangePoint) -> None:
    _name(reader, node.value, "calculated")
    if node.key is not None:
        _name(reader, node.key, "sorted")
    elif not isinstance(reader.columns.find("@timestamp"), Known):
        hint = "keep @timestamp, or name another column with ON"
        reader.report("column", "CHANGE_POINT needs the column @timestamp, which is gone", node.value, hint)
    for group in node.groups:
        reader.read(group, "grouped")
    reader.columns.set(node.type.name if isinstance(node.type, Column) else "type", Known("string"))
    reader.columns.set(node.pvalue.name if isinstance(node.pvalue, Column) else "pvalue", Known("number"))


def _completion(reader: Reader, node: pipeline.Completion) -> None:
    _needs_text(reader, node.prompt, "COMPLETION")
    reader.columns.set(node.name.name if isinstance(node.name, Column) else "completion", Known("string"))


def _rerank(reader: Reader, node: pipeline.Rerank) -> None:
    for field in node.fields:
        reader.read(field.expression, "function")
    reader.columns.set(node.name.name if isinstance(node.name, Column) else "_score", Known("number"))


def _extract(reader: Reader, node: pipeline.Extract) -> None:
    reader.read(node.operand, "function")
    if isinstance(node.prefix, Column):
        reader.columns.add_prefixed(node.prefix.name)
    else:
        reader.columns.add_foreign()


def _fork(reader: Reader, node: pipeline.Fork) -> None:
    before, ended = reader.columns, reader.ended
    branches, ends = [], []
    for branch in node.branches:
        reader.columns, reader.ended = before.copy(), ended
        _run(reader, branch.commands)
        branches.append(reader.columns)
        ends.append(reader.ended)
    reader.columns = join(branches) if branches else before
    reader.ended = None if None in ends else next(iter(ends), None)
    reader.columns.set("_fork", Known("string"))


def _fuse(reader: Reader, node: pipeline.Fuse) -> None:
    for name in (node.score, node.group, *node.keys):
        _name(reader, name, "function")
    reader.columns.set("_score", Known("number"))


# ---- Commands that choose --------------------------------------------------------------------------------------------


def _keep(reader: Reader, node: pipeline.Keep) -> None:
    columns = _chosen(reader, node.columns)
    if len(columns) == len(node.columns):
        reader.columns.keep(columns, Loss("KEEP", node.start))


def _drop(reader: Reader, node: pipeline.Drop) -> None:
    reader.columns.drop(_chosen(reader, node.columns), Loss("DROP", node.start))


def _chosen(reader: Reader, nodes: Sequence[ast.NamePattern]) -> list[Column | ColumnPattern]:
    """The columns that KEEP or DROP names, each looked up."""
    for node in nodes:
        if isinstance(node, Column):
            reader.column(node, "kept")
        elif isinstance(node, ColumnPattern) and node.name != "*":
            _pattern(reader, node)
    return [node for node in nodes if isinstance(node, Column | ColumnPattern)]


def _pattern(reader: Reader, node: ColumnPattern) -> None:
    columns = reader.columns
    columns.visit(len(columns.known))
    if any(matches(node.parts, name) for name in columns.known):
        return
    if not columns.origins:
        reader.report("column", f"no column matches {shorten(node.name)}", node)
    elif not any(origin.foreign for origin in columns.origins):
        reader.uses.append(FieldUse(node.name, node.start, node.end, "kept", pattern=True))


def _rename(reader: Reader, node: pipeline.Rename) -> None:
    for renaming in node.renamings:
        if not (isinstance(renaming.old, Column) and isinstance(renaming.new, Column)):
            reader.columns.add_foreign()
            continue
        family = reader.column(renaming.old, "kept")
        if renaming.old.name != renaming.new.name:
            reader.columns.lose(renaming.old.name, Loss("RENAME", node.start, renaming.new.name))
            reader.columns.set(renaming.new.name, Known(family))


def _sort(reader: Reader, node: pipeline.Sort) -> None:
    for order in node.orders:
        reader.read(order.expression, "sorted")


def _limit(reader: Reader, node: pipeline.Limit) -> None:
    for group in node.groups:
        reader.read(group, "grouped")
    reader.ended = reader.ended or Loss("LIMIT", node.start)


def _mv_expand(reader: Reader, node: pipeline.MvExpand) -> None:
    _name(reader, node.column, "calculated")


def _mmr(reader: Reader, node: pipeline.Mmr) -> None:
    _name(reader, node.column, "function")


def _name(reader: Reader, node: ast.Name | None, how: How) -> None:
    if isinstance(node, Column):
        reader.column(node, how)


_COMMANDS: Final[dict[type, Callable[[Reader, Any], None]]] = {
    pipeline.From: _from,
    pipeline.Row: _eval,
    pipeline.Show: _show,
    pipeline.Promql: _unknown_rows,
    pipeline.Where: _where,
    pipeline.Eval: _eval,
    pipeline.Stats: _stats,
    pipeline.Keep: _keep,
    pipeline.Drop: _drop,
    pipeline.Rename: _rename,
    pipeline.Sort: _sort,
    pipeline.Limit: _limit,
    pipeline.Dissect: _take_apart,
    pipeline.Grok: _take_apart,
    pipeline.Enrich: _enrich,
    pipeline.LookupJoin: _lookup_join,
    pipeline.MvExpand: _mv_expand,
    pipeline.ChangePoint: _change_point,
    pipeline.Completion: _completion,
    pipeline.Fork: _fork,
    pipeline.Fuse: _fuse,
    pipeline.Rerank: _rerank,
    pipeline.Extract: _extract,
    pipeline.Inform: _unknown_rows,
    pipeline.Mmr: _mmr,
}
