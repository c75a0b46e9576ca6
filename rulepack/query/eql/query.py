"""An EQL query that was read: its tree, errors, fields, steps, and what makes a sequence."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from rulepack.frozen import frozen
from rulepack.query.base import MAX_ERRORS, FieldTypes, FieldUse, Query, QueryError
from rulepack.query.eql import ast, problems
from rulepack.query.eql.meaning import steps
from rulepack.query.eql.parser import read
from rulepack.query.eql.render import render
from rulepack.query.eql.traps import invisible
from rulepack.query.eql.uses import uses
from rulepack.query.logic import Step

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@frozen(slots=False)
class EqlQuery(Query):
    """An EQL query; its tree is an `ast.Statement`, or None."""

    language: ClassVar[str] = "eql"

    tree: ast.Statement | None

    def render(self) -> str:
        """The query as text; raises ValueError if there is no tree."""
        if self.tree is None:
            msg = "this query has no tree"
            raise ValueError(msg)
        return render(self.tree)

    @cached_property
    def fields(self) -> tuple[FieldUse, ...]:
        """Every use of a field; `step` counts from 1, as `steps` has them, and is None for the keys of all steps."""
        return uses(self.tree, self.text) if self.tree else ()

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What must hold of each event, `until` last."""
        return steps(self.tree) if self.tree else ()

    def problems(self, types: FieldTypes) -> tuple[QueryError, ...]:
        """What does not fit the types of its fields; what is wrong in any data is in `errors`."""
        if self.tree is None or not self.sound:
            return ()
        known = set(self.errors)
        return tuple(error for error in problems.find(self.tree, types) if error not in known)

    @property
    def is_sequence(self) -> bool:
        """Whether it looks for several events in order."""
        return self.tree is not None and isinstance(self.tree.query, ast.Sequence)

    @property
    def is_sample(self) -> bool:
        """Whether it looks for several events in any order."""
        return self.tree is not None and isinstance(self.tree.query, ast.Sample)

    @property
    def maxspan(self) -> ast.Span | None:
        """How long a sequence may take, with its place in the text."""
        return self.tree.query.maxspan if self.tree and isinstance(self.tree.query, ast.Sequence) else None

    @property
    def maxspan_seconds(self) -> float | None:
        """How many seconds a sequence may take; None if it does not say, or is none."""
        span = self.maxspan
        return span.amount * _SECONDS[span.unit] if span else None


def parse(text: str) -> EqlQuery:
    """Read an EQL query. Never raises: what is wrong is in `errors`."""
    tree, errors = read(text)
    found = problems.find(tree, None) if tree else []
    if errors:
        # What a tree with gaps in it seems to compare proves nothing; the name of a function stands by itself.
        found = [error for error in found if error.kind == "semantics"]
    else:
        found += invisible(text)
    if found:
        errors = sorted(errors + found, key=lambda error: error.start)[:MAX_ERRORS]
    return EqlQuery(text, tree, tuple(errors))
