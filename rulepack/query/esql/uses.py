"""What the rest of rulepack asks of an ES|QL query: the fields it uses, what it demands of an event, its indices."""

from __future__ import annotations

from typing import Final

from rulepack.query.base import FieldUse
from rulepack.query.esql import ast, pipeline
from rulepack.query.esql.availability import features, walk
from rulepack.query.esql.conditions import logic_of
from rulepack.query.esql.flow import follow, taken_apart
from rulepack.query.esql.render import render
from rulepack.query.logic import Logic, Opaque, Step, conjunction

__all__ = ["features", "fields", "indices", "steps"]

# They leave every row as it is, and say by themselves which columns they set.
_SETTING: Final = (pipeline.Eval, pipeline.Rename, pipeline.Grok, pipeline.Dissect, pipeline.Completion)
# They change nothing about which events are found.
_SHOWING: Final = (pipeline.Keep, pipeline.Drop, pipeline.Sort)


def fields(tree: pipeline.Pipeline, text: str) -> tuple[FieldUse, ...]:
    """Every use of a field of the data (not of computed columns), in the order of the text."""
    return follow(tree, text).fields


def indices(tree: pipeline.Pipeline) -> tuple[tuple[str, int, int], ...]:
    """The indices that the query reads with FROM or TS, with start and end; what begins with `-` is taken away."""
    found = [
        (source.name, source.start, source.end)
        for node in walk(tree)
        if isinstance(node, pipeline.From)
        for source in node.sources
        if isinstance(source, pipeline.Source)
    ]
    return tuple(sorted(found, key=lambda one: one[1]))


def steps(tree: pipeline.Pipeline, text: str) -> tuple[Step, ...]:
    """What must hold of an event: all conditions on its fields before rows are aggregated, cut off or joined.

    What is left (conditions on computed columns with what computes them, and the commands from the first that
    aggregates on) is one Opaque at the end with its canonical text, so that no two different queries look alike.
    """
    source = tree.commands[0] if tree.commands and isinstance(tree.commands[0], pipeline.From) else None
    if source is None or any(not isinstance(one, pipeline.Source) for one in source.sources):
        rest: list[pipeline.Command] = list(tree.commands)
        return (Step(_opaque(rest, tree), start=tree.start, end=tree.end),)
    parts: list[Logic] = []
    rest = []
    computed: set[str] = set()
    decides = False
    for number, command in enumerate(tree.commands[1:], 1):
        if isinstance(command, pipeline.Where):
            conditions = command.condition.parts if isinstance(command.condition, ast.And) else (command.condition,)
            for condition in conditions:
                if computed and any(isinstance(one, ast.Column) and one.name in computed for one in walk(condition)):
                    rest.append(pipeline.Where(condition, start=condition.start, end=condition.end))
                    decides = True
                else:
                    parts.append(logic_of(condition, text))
        elif isinstance(command, _SETTING):
            rest.append(command)
            computed.update(_sets(command))
        elif isinstance(command, pipeline.MvExpand):
            # A comparison with several values at once is null: what it makes of them is another condition.
            rest.append(command)
            decides = True
        elif not isinstance(command, _SHOWING):
            rest += tree.commands[number:]
            decides = True
            break
    if decides:
        parts.append(_opaque(rest, tree))
    return (Step(conjunction(parts, tree.start, tree.end), start=tree.start, end=tree.end),)


def _opaque(rest: list[pipeline.Command], tree: pipeline.Pipeline) -> Opaque:
    nodes = [node for command in rest for node in walk(command)]
    computed = {node.column for node in nodes if isinstance(node, pipeline.Field) and node.name is not None}
    names = dict.fromkeys(node.name for node in nodes if isinstance(node, ast.Column) and node.name not in computed)
    start, end = (rest[0].start, rest[-1].end) if rest else (tree.start, tree.end)
    return Opaque(" | ".join(render(command) for command in rest), tuple(names), start, end)


def _sets(command: pipeline.Command) -> set[str]:
    if isinstance(command, pipeline.Eval):
        return {field.column for field in command.fields}
    if isinstance(command, pipeline.Rename):
        return {
            one.name for each in command.renamings for one in (each.old, each.new) if not isinstance(one, ast.Parameter)
        }
    if isinstance(command, pipeline.Completion):
        return {command.name.name if isinstance(command.name, ast.Column) else "completion"}
    assert isinstance(command, pipeline.Grok | pipeline.Dissect)
    return set(taken_apart(command))
