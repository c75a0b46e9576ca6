"""A KQL query that was read: what every language's Query offers, for KQL."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from rulepack.frozen import frozen
from rulepack.query.base import FieldTypes, FieldUse, Query, QueryError
from rulepack.query.kql import logic, parser, problems, traps
from rulepack.query.kql.ast import Node
from rulepack.query.kql.render import render
from rulepack.query.logic import Step


@frozen(slots=False)
class KqlQuery(Query):
    """A KQL query, its tree as `rulepack.query.kql.ast` has it."""

    language: ClassVar[str] = "kuery"

    tree: Node | None

    def render(self) -> str:
        """The query as text again: parsing it gives the same tree. Raises ValueError without a tree."""
        if self.tree is None:
            raise ValueError("a query without a tree has no text but its own")
        return render(self.tree)

    @cached_property
    def fields(self) -> tuple[FieldUse, ...]:
        """Every use of a field, in the order of the text; fields in `path: { ... }` with their full names."""
        return () if self.tree is None else logic.fields(self.tree)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What must hold of an event; how is told in `rulepack.query.kql.logic`."""
        return () if self.tree is None else logic.steps(self.tree)

    def problems(self, types: FieldTypes) -> tuple[QueryError, ...]:
        """Values that a field of its type cannot hold, ranges and wildcards it does not take, nested or not."""
        return tuple(problems.find(self.tree, types)) if self.tree is not None and self.sound else ()


def parse(text: str) -> KqlQuery:
    """Read a KQL query. Never raises: what is wrong is in its `errors`."""
    tree, errors, odd = parser.read(text)
    if errors or odd or "\\" in text or not traps.is_plain(text):
        errors = traps.complete(text, errors, odd)
    return KqlQuery(text, tree, tuple(errors))
