"""What is wrong with the values of a Lucene query once the types of its fields are known."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.query.base import FieldTypes, QueryError
from rulepack.query.lucene.ast import Group


def find(tree: Group, types: FieldTypes) -> Iterator[QueryError]:
    """The problems of a query that parses, in the order of its text."""
    del tree, types
    yield from ()
