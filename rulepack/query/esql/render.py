"""A tree of ES|QL as text again: parsing the text gives the same tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from rulepack.query.esql import ast, pipeline
from rulepack.query.esql import words as w

# How tightly a node holds together; one that stands where a tighter one must gets parentheses.
_OR, _AND, _NOT, _PREDICATE, _COMPARISON, _SUM, _PRODUCT, _SIGN, _PRIMARY = range(9)
_LEVELS: Final[dict[type, int]] = {
    ast.Or: _OR,
    ast.And: _AND,
    ast.Not: _NOT,
    ast.IsNull: _PREDICATE,
    ast.In: _PREDICATE,
    ast.InSubquery: _PREDICATE,
    ast.Like: _PREDICATE,
    ast.Match: _PREDICATE,
    ast.Comparison: _COMPARISON,
    ast.Sign: _SIGN,
}
_PLAIN_NAME = re.compile(r"(?:[A-Za-z]\w*|[_@]\w+)(?:\.(?:[A-Za-z]\w*|[_@]\w+))*", re.ASCII)
_PLAIN_PATTERN = re.compile(r"(?:[A-Za-z*][\w*]*|[_@][\w*]+)(?:\.(?:[A-Za-z*][\w*]*|[_@][\w*]+))*", re.ASCII)
_PLAIN_SOURCE = re.compile(r"(?:[^:\"=|,\[\]/() \t\r\n?']|/[^*/])(?:[^:\"=|,\[\]/() \t\r\n]|/[^*/])*")
_PLAIN_POLICY = re.compile(r"[^\\/?\"<>| ,#\t\r\n:()`']+")
_BARE = re.compile(r"[^\s(),\"'=]+")
_RESERVED: Final = (
    w.EXPRESSION_WORDS | w.CHANGE_POINT_WORDS | w.FUSE_WORDS | w.MMR_WORDS | frozenset(w.SUBQUERY_COMMANDS)
)
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def render(node: ast.Node) -> str:
    """Any node as text: a whole query, a command, or an expression."""
    return _RENDER[type(node)](node)


def _within(node: ast.Node, least: int) -> str:
    text = render(node)
    return text if _level(node) >= least else f"({text})"


def _level(node: ast.Node) -> int:
    if isinstance(node, ast.Arithmetic):
        return _SUM if node.operator in {"+", "-"} else _PRODUCT
    return _LEVELS.get(type(node), _PRIMARY)


def _list(nodes: Iterable[ast.Node], least: int = _OR) -> str:
    return ", ".join(_within(node, least) for node in nodes)


# ---- Names and constants ---------------------------------------------------------------------------------------------


def _column(node: ast.Column) -> str:
    plain = _PLAIN_NAME.fullmatch(node.name) and _RESERVED.isdisjoint(node.name.lower().split("."))
    return node.name if plain else _backticks(node.name)


def _backticks(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _column_pattern(node: ast.ColumnPattern) -> str:
    plain = _PLAIN_PATTERN.fullmatch(node.name) and _RESERVED.isdisjoint(node.name.lower().split("."))
    # A star of the name itself would be a wildcard without backticks.
    if plain and not any("*" in part for part in node.parts):
        return node.name
    return "*".join(_backticks(part) if part else "" for part in node.parts)


def _text(text: str) -> str:
    return '"' + text.translate(_ESCAPES) + '"'


def _literal(node: ast.Literal) -> str:
    if isinstance(node.value, str):
        return _text(node.value)
    if node.value is None or isinstance(node.value, bool):
        return {None: "null", True: "true", False: "false"}[node.value]
    return str(node.value).replace("inf", "1e999")


def _map(node: ast.Map) -> str:
    return "{" + ", ".join(f"{render(key)}: {render(value)}" for key, value in node.entries) + "}"


# ---- Expressions -----------------------------------------------------------------------------------------------------


def _function(node: ast.Function) -> str:
    name = node.name
    plain = _PLAIN_NAME.fullmatch(name) and name not in w.EXPRESSION_WORDS - {"first", "last"}
    if not (plain or name.startswith("?")):
        name = _backticks(name)
    arguments = [render(argument) for argument in node.arguments]
    if node.options is not None:
        arguments.append(_map(node.options))
    return f"{name}({', '.join(arguments)})"


def _sign(node: ast.Sign) -> str:
    inner = node.operand
    while isinstance(inner, ast.Cast):
        inner = inner.operand
    # A sign directly before a number would be part of it.
    number = isinstance(inner, ast.TimeSpan) or (
        isinstance(inner, ast.Literal) and inner.kind in {"integer", "decimal"}
    )
    if number and not render(inner).startswith("-"):
        return f"{node.operator}({render(node.operand)})"
    return node.operator + _within(node.operand, _SIGN)


def _arithmetic(node: ast.Arithmetic) -> str:
    level = _level(node)
    return f"{_within(node.left, level)} {node.operator} {_within(node.right, level + 1)}"


def _comparison(node: ast.Comparison) -> str:
    return f"{_within(node.left, _SUM)} {node.operator} {_within(node.right, _SUM)}"


def _match(node: ast.Match) -> str:
    cast = "" if node.type is None else f"::{_type(node.type)}"
    return f"{render(node.column)}{cast}:{render(node.value)}"


def _type(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) and name not in _RESERVED else _backticks(name)


def _like(node: ast.Like) -> str:
    patterns = _list(node.patterns)
    operator = ("NOT " if node.negated else "") + node.operator.upper()
    return f"{_within(node.operand, _COMPARISON)} {operator} " + (f"({patterns})" if node.listed else patterns)


def _in(node: ast.In) -> str:
    return f"{_within(node.operand, _COMPARISON)} {'NOT ' * node.negated}IN ({_list(node.values, _COMPARISON)})"


def _in_subquery(node: ast.InSubquery) -> str:
    return f"{_within(node.operand, _COMPARISON)} {'NOT ' * node.negated}IN ({render(node.query)})"


def _is_null(node: ast.IsNull) -> str:
    return f"{_within(node.operand, _COMPARISON)} IS {'NOT ' * node.negated}NULL"


# ---- Commands --------------------------------------------------------------------------------------------------------


def _source(node: pipeline.Source) -> str:
    parts = [part for part in (node.cluster, node.index, node.selector) if part is not None]
    plain = all(_PLAIN_SOURCE.fullmatch(part) and part.lower() not in {"metadata", "on", "join"} for part in parts)
    return node.name if plain else _text(node.name)


def _field(node: pipeline.Field) -> str:
    name = "" if node.name is None else f"{render(node.name)} = "
    condition = "" if node.condition is None else f" WHERE {render(node.condition)}"
    return name + render(node.expression) + condition


def _from(node: pipeline.From) -> str:
    metadata = " METADATA " + ", ".join(column.name for column in node.metadata) if node.metadata else ""
    return ("TS " if node.time_series else "FROM ") + _list(node.sources) + metadata


def _promql(node: pipeline.Promql) -> str:
    words = ["PROMQL"]
    for option in node.options:
        value = str(option.value.value) if isinstance(option.value, ast.Literal) else ""
        quote = "" if _BARE.fullmatch(value) else ("'" if '"' in value else '"')
        words.append(f"{option.name}={quote}{value}{quote}")
    words.append(node.query if node.name is None else f"{render(node.name)}={node.query}")
    return " ".join(words)


def _stats(node: pipeline.Stats) -> str:
    words = ["INLINE STATS" if node.inline else "STATS"]
    if node.aggregates:
        words.append(_list(node.aggregates))
    return " ".join(words) + _behind("BY", node.groups)


def _behind(word: str, nodes: Iterable[ast.Node]) -> str:
    listed = _list(nodes)
    return f" {word} {listed}" if listed else ""


def _with(options: ast.Node | None) -> str:
    return "" if options is None else f" WITH {render(options)}"


def _named(name: ast.Node | None) -> str:
    return "" if name is None else f"{render(name)} = "


def _order(node: pipeline.Order) -> str:
    direction = "" if node.direction is None else f" {node.direction.upper()}"
    nulls = "" if node.nulls is None else f" NULLS {node.nulls.upper()}"
    return render(node.expression) + direction + nulls


def _dissect(node: pipeline.Dissect) -> str:
    options = ", ".join(f"{option.name.upper()} = {render(option.value)}" for option in node.options)
    return f"DISSECT {_within(node.operand, _PRIMARY)} {render(node.pattern)} {options}".rstrip()


def _enrich(node: pipeline.Enrich) -> str:
    policy = node.policy if node.mode is None else f"{node.mode}:{node.policy}"
    plain = _PLAIN_POLICY.fullmatch(node.policy) and node.policy.lower() not in w.POLICY_WORDS
    column = "" if node.column is None else f" ON {render(node.column)}"
    return f"ENRICH {policy if plain else _text(policy)}{column}{_behind('WITH', node.fields)}"


def _change_point(node: pipeline.ChangePoint) -> str:
    key = "" if node.key is None else f" ON {render(node.key)}"
    names = "" if node.type is None or node.pvalue is None else f" AS {render(node.type)}, {render(node.pvalue)}"
    return f"CHANGE_POINT {render(node.value)}{key}{names}{_behind('BY', node.groups)}"


def _fuse(node: pipeline.Fuse) -> str:
    words = ["FUSE"]
    if node.method is not None:
        words.append(render(node.method))
    if node.score is not None:
        words.append(f"SCORE BY {render(node.score)}")
    if node.group is not None:
        words.append(f"GROUP BY {render(node.group)}")
    if node.keys:
        words.append(f"KEY BY {_list(node.keys)}")
    return " ".join(words) + _with(node.options)


def _completion(node: pipeline.Completion) -> str:
    return f"COMPLETION {_named(node.name)}{_within(node.prompt, _PRIMARY)}{_with(node.options)}"


def _rerank(node: pipeline.Rerank) -> str:
    return f"RERANK {_named(node.name)}{render(node.query)} ON {_list(node.fields)}{_with(node.options)}"


def _extract(node: pipeline.Extract) -> str:
    operand = _within(node.operand, _PRIMARY)
    return f"{node.command.upper()} {render(node.prefix)} = {operand}{_with(node.options)}"


def _mmr(node: pipeline.Mmr) -> str:
    query = "" if node.query is None else _within(node.query, _PRIMARY) + " "
    return f"MMR {query}ON {render(node.column)} LIMIT {render(node.rows)}{_with(node.options)}"


def _pipeline(node: pipeline.Pipeline) -> str:
    settings = "".join(f"SET {_column(ast.Column(one.name))} = {render(one.value)};\n" for one in node.settings)
    # On lines of their own, so that a comment at the end of a PromQL query ends there.
    return settings + "\n| ".join(render(command) for command in node.commands)


_RENDER: Final[dict[type, Callable[[Any], str]]] = {
    ast.And: lambda node: " AND ".join(_within(part, _NOT) for part in node.parts),
    ast.Arithmetic: _arithmetic,
    ast.Array: lambda node: f"[{_list(node.items)}]",
    ast.Cast: lambda node: f"{_within(node.operand, _PRIMARY)}::{_type(node.type)}",
    ast.Column: _column,
    ast.ColumnPattern: _column_pattern,
    ast.Comparison: _comparison,
    ast.Function: _function,
    ast.In: _in,
    ast.InSubquery: _in_subquery,
    ast.IsNull: _is_null,
    ast.Like: _like,
    ast.Literal: _literal,
    ast.Map: _map,
    ast.Match: _match,
    ast.Not: lambda node: f"NOT {_within(node.operand, _NOT)}",
    ast.Or: lambda node: " OR ".join(_within(part, _AND) for part in node.parts),
    ast.Parameter: lambda node: node.text,
    ast.Sign: _sign,
    ast.Star: lambda _: "*",
    ast.TimeSpan: lambda node: f"{node.value} {node.unit}",
    pipeline.ChangePoint: _change_point,
    pipeline.Completion: _completion,
    pipeline.Dissect: _dissect,
    pipeline.Drop: lambda node: f"DROP {_list(node.columns)}",
    pipeline.Enrich: _enrich,
    pipeline.Enrichment: lambda node: _named(node.name) + render(node.field),
    pipeline.Eval: lambda node: f"EVAL {_list(node.fields)}",
    pipeline.Extract: _extract,
    pipeline.Field: _field,
    pipeline.Fork: lambda node: "FORK " + " ".join(f"({render(branch)})" for branch in node.branches),
    pipeline.From: _from,
    pipeline.Fuse: _fuse,
    pipeline.Grok: lambda node: f"GROK {_within(node.operand, _PRIMARY)} {_list(node.patterns)}",
    pipeline.Inform: lambda node: node.command.upper(),
    pipeline.Keep: lambda node: f"KEEP {_list(node.columns)}",
    pipeline.Limit: lambda node: f"LIMIT {render(node.rows)}{_behind('BY', node.groups)}",
    pipeline.LookupJoin: lambda node: f"LOOKUP JOIN {render(node.source)} ON {_list(node.conditions)}",
    pipeline.Mmr: _mmr,
    pipeline.MvExpand: lambda node: f"MV_EXPAND {render(node.column)}",
    pipeline.Order: _order,
    pipeline.Pipeline: _pipeline,
    pipeline.Promql: _promql,
    pipeline.Rename: lambda node: f"RENAME {_list(node.renamings)}",
    pipeline.Renaming: lambda node: f"{render(node.old)} AS {render(node.new)}",
    pipeline.Rerank: _rerank,
    pipeline.Row: lambda node: f"ROW {_list(node.fields)}",
    pipeline.Sample: lambda node: f"SAMPLE {render(node.probability)}",
    pipeline.Show: lambda _: "SHOW INFO",
    pipeline.Sort: lambda node: f"SORT {_list(node.orders)}",
    pipeline.Source: _source,
    pipeline.Stats: _stats,
    pipeline.Subquery: lambda node: f"({render(node.query)})",
    pipeline.Where: lambda node: f"WHERE {render(node.condition)}",
}
