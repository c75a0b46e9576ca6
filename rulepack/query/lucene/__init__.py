"""Lucene: the syntax of Elasticsearch's `query_string`, as it reads that by default."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from rulepack.frozen import frozen
from rulepack.query.base import FieldTypes, FieldUse, Query, QueryError
from rulepack.query.logic import Step
from rulepack.query.lucene import meaning, parser, problems, render, traps
from rulepack.query.lucene.ast import Group

__all__ = ["LuceneQuery", "parse"]


@frozen(slots=False)
class LuceneQuery(Query):
    """A Lucene query; its tree is the outermost group of clauses."""

    language: ClassVar[str] = "lucene"

    tree: Group | None

    def render(self) -> str:
        """The query as text again: parsing it gives the same tree. Raises ValueError where there are syntax errors."""
        if self.tree is None or not self.sound:
            raise ValueError("a query with syntax errors has no text but its own")
        return render.render(self.tree)

    @cached_property
    def fields(self) -> tuple[FieldUse, ...]:
        """Every use of a field, in the order of the text; a group of values is one use for each operator in it."""
        return tuple(meaning.field_uses(self.tree)) if self.tree else ()

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The one condition that an event must fulfil; an empty query matches all."""
        if self.tree is None:
            return ()
        return (Step(meaning.logic(self.tree), start=0, end=len(self.text)),)

    def problems(self, types: FieldTypes) -> tuple[QueryError, ...]:
        """Values that a field of its type cannot hold, and searches that are not possible in one."""
        return tuple(problems.find(self.tree, types)) if self.tree and self.sound else ()


def parse(text: str) -> LuceneQuery:
    """Read a Lucene query. Never raises: what is wrong is in `errors`, traps only where it parses."""
    tree, tokens, errors = parser.read(text)
    if tree is not None and not errors:
        errors = tuple(traps.find(text, tree, tokens))
    return LuceneQuery(text, tree, errors)
