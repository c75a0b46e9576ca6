"""What an ES|QL query needs that not every stack version has: commands, functions and forms of them.

From the `applies_to` notes of Elastic's ES|QL reference, previews counted as available; where they are silent, the
earliest version that may be. https://www.elastic.co/docs/reference/query-languages/esql/esql-commands
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from rulepack.query.base import Feature
from rulepack.query.esql import ast, functions, pipeline
from rulepack.query.esql.ast import Node
from rulepack.stack import StackVersion

# 8.19 appeared with 9.1: what is new in both is not in 9.0.
_PARALLEL: Final = StackVersion(8, 19)
_LACKING: Final = (StackVersion(9, 0),)

_COMMANDS: Final[dict[type, tuple[str, str]]] = {
    pipeline.LookupJoin: ("LOOKUP JOIN", "8.18"),
    pipeline.ChangePoint: ("CHANGE_POINT", "8.19"),
    pipeline.Completion: ("COMPLETION", "8.19"),
    pipeline.Fork: ("FORK", "8.19"),
    pipeline.Sample: ("SAMPLE", "8.19"),
    pipeline.Fuse: ("FUSE", "9.2"),
    pipeline.Rerank: ("RERANK", "9.2"),
    pipeline.Subquery: ("a query in parentheses in FROM", "9.4"),
    pipeline.Promql: ("PROMQL", "9.4"),
    pipeline.Mmr: ("MMR", "9.4"),
    ast.InSubquery: ("IN with a query", "9.5"),
}
# Of the commands that take texts apart or tell of time series, the later ones.
_LATER: Final = {"IP_LOCATION": "9.5", "TS_COLLAPSE": "9.5"}
# The map of options of a function that is older than its options.
_OPTIONS: Final = {
    "match": "8.18",
    "qstr": "8.19",
    "to_ip": "8.19",
    "categorize": "9.2",
    "date_parse": "9.3",
    "kql": "9.3",
}


def features(tree: pipeline.Pipeline) -> tuple[Feature, ...]:
    """Everything in a query that a stack version after 8.17 brought, in the order of the text."""
    found = [_feature("SET", "9.3", option.start, option.end) for option in tree.settings]
    for node in walk(tree):
        named = _COMMANDS.get(type(node))
        if named is not None:
            found.append(_feature(*named, node.start, _word_end(node, named[0])))
        reader = _FORMS.get(type(node))
        if reader is not None:
            found += reader(node)
    return tuple(sorted(found, key=lambda feature: (feature.start, feature.end)))


def walk(tree: Node) -> Iterator[Node]:
    """Every node of a tree, itself first, in the order of the text (names of columns before what they are given)."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack += node[::-1]
        else:
            yield node
            kind = type(node)
            names = _PARTS.get(kind)
            for name in _parts(kind) if names is None else names:
                part = getattr(node, name)
                if part is not None:
                    stack.append(part)


# The attributes of each kind of node that hold nodes, the last first; filled when a kind is first seen.
_PARTS: dict[type, tuple[str, ...]] = {}
_PLAIN: Final = ("str", "int", "bool", "Scalar", "OneOf")


def _parts(kind: type[Node]) -> tuple[str, ...]:
    names = [name for name, of in kind.__annotations__.items() if not of.removeprefix("tuple[").startswith(_PLAIN)]
    _PARTS[kind] = tuple(reversed(names))
    return _PARTS[kind]


def _feature(name: str, since: str, start: int, end: int) -> Feature:
    version = StackVersion.parse(since)
    return Feature(name, version, start, end, _LACKING if version == _PARALLEL else ())


def _word_end(node: Node, name: str) -> int:
    """The end of the command's first word, which is enough to point at."""
    word = name.partition(" ")[0]
    return min(node.end, node.start + len(word)) if word.isupper() else node.end


def _function(node: ast.Function) -> Iterator[Feature]:
    known = functions.signature(node.name)
    if known is None:
        return
    if known.since is not None:
        lacking = _LACKING if known.since == _PARALLEL else ()
        yield Feature(f"function {node.name}", known.since, node.start, node.name_end or node.end, lacking)
    if node.options is not None and known.name in _OPTIONS:
        yield _feature(f"options of {node.name}", _OPTIONS[known.name], node.options.start, node.options.end)


def _like(node: ast.Like) -> Iterator[Feature]:
    if node.listed:
        yield _feature(f"{node.operator.upper()} with a list of patterns", "8.19", node.start, node.end)


def _stats(node: pipeline.Stats) -> Iterator[Feature]:
    if node.inline:
        yield _feature("INLINE STATS", "9.2", node.start, _word_end(node, "INLINE STATS"))


def _from(node: pipeline.From) -> Iterator[Feature]:
    if node.time_series:
        yield _feature("TS", "9.2", node.start, _word_end(node, "TS"))


def _source(node: pipeline.Source) -> Iterator[Feature]:
    if node.selector is not None:
        yield _feature("a selector of an index", "8.19", node.start, node.end)


def _lookup_join(node: pipeline.LookupJoin) -> Iterator[Feature]:
    if any(not isinstance(condition, ast.Column | ast.Parameter) for condition in node.conditions):
        yield _feature("LOOKUP JOIN on an expression", "9.2", node.conditions[0].start, node.conditions[-1].end)
    elif len(node.conditions) > 1:
        yield _feature("LOOKUP JOIN on several fields", "9.2", node.conditions[0].start, node.conditions[-1].end)


def _completion(node: pipeline.Completion) -> Iterator[Feature]:
    if isinstance(node.options, ast.Map):
        yield _feature("COMPLETION with a map of options", "9.2", node.options.start, node.options.end)


def _limit(node: pipeline.Limit) -> Iterator[Feature]:
    if node.groups:
        yield _feature("LIMIT BY", "9.4", node.start, node.end)


def _change_point(node: pipeline.ChangePoint) -> Iterator[Feature]:
    if node.groups:
        yield _feature("CHANGE_POINT BY", "9.5", node.groups[0].start, node.groups[-1].end)


def _named_command(node: pipeline.Extract | pipeline.Inform) -> Iterator[Feature]:
    name = node.command.upper()
    yield _feature(name, _LATER.get(name, "9.4"), node.start, _word_end(node, name))


_FORMS: Final[dict[type, Callable[[Any], Iterator[Feature]]]] = {
    ast.Function: _function,
    ast.Like: _like,
    pipeline.Stats: _stats,
    pipeline.From: _from,
    pipeline.Source: _source,
    pipeline.LookupJoin: _lookup_join,
    pipeline.Completion: _completion,
    pipeline.Limit: _limit,
    pipeline.ChangePoint: _change_point,
    pipeline.Extract: _named_command,
    pipeline.Inform: _named_command,
}
