"""Function calls and casts of ES|QL judged: whether they may stand there, and what they are given."""

from __future__ import annotations

from typing import Final

from rulepack.query.base import MAX_ERRORS
from rulepack.query.esql import ast, functions, types
from rulepack.query.esql.reader import Reader, Readers
from rulepack.query.esql.types import LABELS, Family

# What they give has the family that all their values have.
_SHARED: Final = frozenset({"case", "coalesce", "greatest", "least"})


def _cast(reader: Reader, node: ast.Cast) -> Family | None:
    family = reader.read(node.operand, "function")
    name = functions.CASTS.get(node.type)
    if name is None:
        if node.type.startswith("?"):
            return None
        place = ast.Column("", start=node.type_start, end=node.end)
        hint = functions.nearest(node.type, functions.CASTS)
        reader.report("semantics", f"there is no type {functions.shorten(node.type)}", place, hint)
        return None
    known = functions.signature(name)
    assert known is not None
    _fits(reader, known, 0, node.operand, family, f"::{node.type}")
    return known.result(family)


def _function(reader: Reader, node: ast.Function) -> Family | None:
    known = functions.signature(node.name)
    # Looking for what an unknown name may mean takes long, and more errors than these are not shown.
    wrong = functions.check(node) if len(reader.errors) < MAX_ERRORS else None
    if wrong is not None:
        reader.errors.append(wrong)
    if known is None:
        _unknown(reader, node)
        return None
    outer = reader.place
    _stands(reader, node, known)
    families = [reader.read(argument, "function") for argument in node.arguments]
    reader.place = outer
    if wrong is not None or len(reader.errors) >= MAX_ERRORS:
        return known.result(families[0] if families else None)
    for position, (argument, family) in enumerate(zip(node.arguments, families, strict=True)):
        _fits(reader, known, position, argument, family, node.name)
    if node.name in {"kql", "qstr"}:
        reader.inner.append(node)
    if node.name in _SHARED:
        return _shared(reader, node, families)
    return known.result(families[0] if families else None)


def _unknown(reader: Reader, node: ast.Function) -> None:
    # It might be an aggregate function, so that its arguments are not judged by their place.
    outer, reader.place = reader.place, "row"
    if outer == "aggregates":
        reader.aggregate = reader.aggregate or node
        reader.place = "aggregated"
    for argument in node.arguments:
        reader.read(argument, "function")
    reader.place = outer


def _stands(reader: Reader, node: ast.Function, known: functions.Signature) -> None:
    if known.kind in {"aggregate", "time series"}:
        if reader.place == "aggregates":
            reader.aggregate = reader.aggregate or node
            reader.place = "aggregated"
            return
        if reader.place == "aggregated":
            if known.kind == "aggregate":
                reader.report("semantics", f"aggregate function {node.name} within another", node)
            return
        where = "after BY" if reader.place == "groups" else "outside STATS"
        hint = "aggregate with STATS or INLINE STATS first, and use the column that it gives"
        reader.report("semantics", f"aggregate function {node.name} {where}", node, hint)
    elif known.kind == "grouping":
        if reader.place == "row":
            reader.report("semantics", f"{node.name} outside STATS ... BY", node, f"use STATS ... BY {node.name}(...)")
        elif reader.place == "aggregates":
            # The same call must stand behind BY.
            reader.aggregate = reader.aggregate or node
            reader.place = "aggregated"
    elif known.kind == "search" and known.gives == "boolean":
        reader.searches(node.name, node)


def _fits(
    reader: Reader, known: functions.Signature, position: int, node: ast.Expression, family: Family | None, name: str
) -> None:
    wanted = known.families(position)
    if types.takes(wanted, family, node):
        return
    if family == "number" and "whole" in wanted:
        word: str | None = "not a whole number"
    else:
        word = LABELS[family or "null"]
    wants = " or ".join(sorted(LABELS[one] for one in wanted))
    message = f"{name} takes {wants}, but {reader.words(node)} is {word}"
    if len(message) > 100:  # noqa: PLR2004 (what a message may have)
        message = f"{name} does not take {reader.words(node)}, which is {word}"
    hint = f"use TO_STRING({reader.words(node)})" if wanted == {"string"} else f"it takes {wants}"
    reader.report("type", message, node, hint)


def _shared(reader: Reader, node: ast.Function, families: list[Family | None]) -> Family | None:
    """The family that all values of CASE, COALESCE, ... have; CASE's conditions are true or false."""
    pairs = list(zip(node.arguments, families, strict=True))
    if node.name == "case":
        conditions = [pair for number, pair in enumerate(pairs) if number % 2 == 0 and number + 1 < len(pairs)]
        pairs = [pair for number, pair in enumerate(pairs) if number % 2 or number + 1 == len(pairs)]
        for argument, family in conditions:
            if family not in {None, "boolean", "null"}:
                message = f"a condition of case must be true or false, but {reader.words(argument)} is {LABELS[family]}"
                reader.report("type", message, argument)
    values = [pair for pair in pairs if pair[1] != "null"]
    if not values:
        return "null" if pairs else None
    families = [family for _, family in values]
    if None in families:
        return None
    # Texts are read as what the others are.
    first = next((family for argument, family in values if not types.is_text(argument)), families[0])
    for argument, family in values:
        if family != first and not types.is_text(argument):
            message = f"values of {node.name} differ: {reader.words(argument)} is {LABELS[family or 'null']}"
            reader.report("type", message, argument, f"the others are {LABELS[first or 'null']}")
            return None
    return first


CALLS: Final[Readers] = {ast.Function: _function, ast.Cast: _cast}
