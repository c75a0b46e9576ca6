"""An ES|QL query that was read: what every language's Query offers, and what the checks of ES|QL rules ask for."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from rulepack.frozen import frozen
from rulepack.query.base import MAX_ERRORS, Feature, FieldTypes, FieldUse, Query, QueryError
from rulepack.query.esql import availability, flow, uses
from rulepack.query.esql.ast import NamePattern
from rulepack.query.esql.columns import Loss
from rulepack.query.esql.parser import read_query
from rulepack.query.esql.pipeline import Command, Fork, From, Keep, Pipeline, Stats
from rulepack.query.esql.render import render
from rulepack.query.logic import Step


@frozen(slots=False)
class EsqlQuery(Query):
    """An ES|QL query, its tree as `rulepack.query.esql.ast` and `rulepack.query.esql.pipeline` have it.

    `followed` is what following its columns showed, if it parses.
    """

    language: ClassVar[str] = "esql"

    tree: Pipeline | None
    followed: flow.Flow | None = None

    def render(self) -> str:
        """The query as text again: parsing it gives the same tree. Raises ValueError without a tree."""
        if self.tree is None:
            raise ValueError("a query without a tree has no text but its own")
        return render(self.tree)

    @cached_property
    def fields(self) -> tuple[FieldUse, ...]:
        """Every use of a field of the data, in the order of the text; columns that the query makes are none."""
        if self.followed is not None:
            return self.followed.fields
        if self.followed is not None:
            return self.followed.fields
        return () if self.tree is None else uses.fields(self.tree, self.text)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What must hold of an event for the query to find it, as the WHERE before any aggregation say."""
        return () if self.tree is None else uses.steps(self.tree, self.text)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The commands, functions and forms that not every supported stack version has."""
        return () if self.tree is None else availability.features(self.tree)

    @cached_property
    def indices(self) -> tuple[tuple[str, int, int], ...]:
        """The index patterns that FROM and TS name, with start and end."""
        return () if self.tree is None else uses.indices(self.tree)

    def problems(self, types: FieldTypes) -> tuple[QueryError, ...]:
        """What is wrong with values and operands once the fields' types are known."""
        if self.tree is None or not self.sound:
            return ()
        return flow.problems(self.tree, self.text, types, self.errors)

    @cached_property
    def metadata(self) -> tuple[str, ...]:
        """The metadata fields that the query's own FROM asks for, such as `_id`; none in a query without FROM."""
        first = self.tree.commands[0] if self.tree is not None and self.tree.commands else None
        return tuple(column.name for column in first.metadata) if isinstance(first, From) else ()

    @cached_property
    def aggregates(self) -> bool:
        """Whether rows are summed up by STATS (INLINE STATS keeps them), so that a row is no event any more."""
        return any(isinstance(command, Stats) and not command.inline for command in self._commands)

    @cached_property
    def keeps(self) -> tuple[tuple[NamePattern, ...], ...]:
        """What each KEEP keeps, in the order of the query."""
        return tuple(command.columns for command in self._commands if isinstance(command, Keep))

    def computes(self, name: str) -> bool:
        """Whether the query itself gives the rows that come out a column of a name."""
        return self.followed is not None and name in self.followed.columns.known

    def lost_column(self, name: str) -> str | None:
        """Why the rows that come out have no column of a name, as `gone since STATS in line 3`; None if they may."""
        found = self.followed.columns.find(name) if self.followed is not None else None
        if isinstance(found, Loss):
            return f"gone since {found.command} in line {self.text.count(chr(10), 0, found.start) + 1} of the query"
        return None

    @cached_property
    def _commands(self) -> tuple[Command, ...]:
        """The commands that rows go through, those of the branches of FORK among them."""
        found: list[Command] = []
        left = [] if self.tree is None else list(reversed(self.tree.commands))
        while left:
            command = left.pop()
            found.append(command)
            if isinstance(command, Fork):
                for branch in reversed(command.branches):
                    left += reversed(branch.commands)
        return tuple(found)


def parse(text: str) -> EsqlQuery:
    """Read an ES|QL query. Never raises: what is wrong is in its `errors`."""
    tree, errors = read_query(text)
    if tree is None or any(error.kind == "syntax" for error in errors):
        return EsqlQuery(text, tree, errors)
    # Only a query that parses can be followed from command to command.
    followed = flow.follow(tree, text)
    if followed.errors:
        errors = tuple(sorted({*errors, *followed.errors}, key=lambda error: (error.start, error.end, error.message)))
    return EsqlQuery(text, tree, errors[:MAX_ERRORS], followed)
