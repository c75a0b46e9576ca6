"""Places where a Lucene query does something else than it looks like."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.query.base import QueryError
from rulepack.query.lucene.ast import Group
from rulepack.query.lucene.lexer import Token


def find(text: str, tree: Group, tokens: list[Token]) -> Iterator[QueryError]:
    """The traps of a query that parses, in the order of its text."""
    del text, tree, tokens
    yield from ()
