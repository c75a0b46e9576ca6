"""What reads the expressions of an ES|QL query: the family of each, the fields of the data in it, what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from rulepack.query.base import MAX_ERRORS, ErrorKind, FieldUse, QueryError
from rulepack.query.esql import ast, functions, types
from rulepack.query.esql.columns import Columns, Known, Loss
from rulepack.query.esql.types import LABELS, Family
from rulepack.query.logic import Scalar

How: TypeAlias = Literal["compared", "exists", "function", "join", "sorted", "kept", "grouped", "calculated"]
# Where an expression stands, which decides whether functions that aggregate or group may stand there.
Place: TypeAlias = Literal["row", "aggregates", "aggregated", "groups"]

METADATA: Final[dict[str, Family | None]] = {
    "_id": "string",
    "_index": "string",
    "_version": "number",
    "_score": "number",
    "_ignored": "string",
    "_source": None,
    "_index_mode": "string",
    "_tier": "string",
    "_size": "number",
}
# From 9.4 on, Kibana adds METADATA _id to the queries of rules itself.
_ADDED_BY_KIBANA: Final = "_id"
_LONGEST: Final = 100  # of a message, as base.py has it
_LONGEST_NAME: Final = 120  # in a hint, from which it can be copied whole
# Reads one kind of node.
Readers: TypeAlias = dict[type, Callable[["Reader", Any], Family | None]]
CONSTANTS: Final = (ast.Literal, ast.TimeSpan, ast.Array)


@dataclass(slots=True)
class Reader:
    """Reads the expressions of one query, command by command; `columns` are those that the command at hand sees."""

    text: str
    columns: Columns
    readers: Readers
    errors: list[QueryError] = field(default_factory=list)
    uses: list[FieldUse] = field(default_factory=list)
    inner: list[ast.Function] = field(default_factory=list)
    nested: Callable[[ast.InSubquery], None] | None = None
    place: Place = "row"
    groups: frozenset[str] = frozenset()
    # The command after which the data's indices cannot be searched any more.
    ended: Loss | None = None
    # The first aggregate function in the expression at hand.
    aggregate: ast.Function | None = None

    def report(self, kind: ErrorKind, message: str, node: Any, hint: str | None = None, end: int | None = None) -> None:
        """Say what is wrong at a node."""
        if len(self.errors) < MAX_ERRORS:
            message = message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"
            self.errors.append(QueryError(kind, message, node.start, node.end if end is None else end, hint))

    def read(
        self,
        node: ast.Expression,
        how: How,
        operator: str | None = None,
        values: tuple[Scalar, ...] = (),
    ) -> Family | None:
        """The family of an expression; `how`, `operator` and `values` say what is done with it, if it is a field."""
        if isinstance(node, ast.Column):
            return self.column(node, how, operator, values)
        if isinstance(node, CONSTANTS):
            return types.of_constant(node)
        reader = self.readers.get(type(node))
        return None if reader is None else reader(self, node)

    def condition(self, node: ast.Expression, what: str) -> None:
        """Read what must be true or false."""
        family = self.read(node, "compared")
        if family not in {None, "boolean", "null"}:
            self.report("type", f"{what} must be true or false, but {self.words(node)} is {LABELS[family]}", node)

    def column(
        self, node: ast.Column, how: How, operator: str | None = None, values: tuple[Scalar, ...] = ()
    ) -> Family | None:
        """The family of a column, which is reported where it is not there."""
        found = self.columns.find(node.name)
        if not isinstance(found, Known):
            self._missing(node, found)
            return None
        if found.field:
            if node.name in METADATA and node.name not in self.columns.known and not found.maybe:
                return self._metadata(node)
            near = self.columns.near(node.name) if self.columns.known else None
            use = FieldUse(node.name, node.start, node.end, how, operator, values, optional=found.maybe, near=near)
            self.uses.append(use)
        if self.place == "aggregates" and node.name not in self.groups:
            hint = "add it to BY, or put it into an aggregate function such as VALUES"
            self.report(
                "semantics", f"column {functions.shorten(node.name)} is neither grouped nor aggregated", node, hint
            )
        return found.family

    def _missing(self, node: ast.Column, loss: Loss | None) -> None:
        if len(self.errors) >= MAX_ERRORS:
            return
        name = functions.shorten(node.name)
        close = self.columns.suggest(node.name)
        hint = f"did you mean {functions.shorten(close, _LONGEST_NAME)}?" if close else None
        if loss is None:
            self.report("column", f"there is no column {name}", node, hint)
            return
        line = self.text.count("\n", 0, loss.start) + 1
        where = f"{loss.command} in line {line} of the query"
        if loss.renamed is not None:
            renamed = functions.shorten(loss.renamed)
            self.report("column", f"column {name} is now called {renamed}", node, f"{where} renames it: use {renamed}")
            return
        hints = {"KEEP": "add it there", "DROP": "drop it later", "STATS": f"add it to BY, or add VALUES({name})"}
        # What is spelled like a column that is there was hardly one before.
        message = f"there is no column {name} after {where}" if hint else f"column {name} is gone since {where}"
        self.report("column", message, node, hint or hints.get(loss.command))

    def _metadata(self, node: ast.Column) -> Family | None:
        if node.name != _ADDED_BY_KIBANA:
            hint = f"add METADATA {node.name} to FROM"
            self.report("column", f"there is no column {node.name} without METADATA {node.name}", node, hint)
        return METADATA[node.name]

    def words(self, node: Any) -> str:
        """A node as the query has it, short enough for a message."""
        return functions.shorten(" ".join(self.text[node.start : min(node.end, node.start + 2 * _LONGEST)].split()))

    def searches(self, name: str, node: ast.Expression) -> None:
        """Say so where the data's indices cannot be searched any more."""
        if self.ended is not None:
            command = self.ended.command
            self.report("semantics", f"{name} cannot stand after {command}", node, f"search before {command}")
