"""What a query says: LANGUAGES has every query language, one line each; parse() reads a text of any."""

from __future__ import annotations

from importlib import import_module

from rulepack.frozen import frozen
from rulepack.query.base import Feature, FieldTypes, FieldUse, Parse, Query, QueryError

__all__ = ["LANGUAGES", "Feature", "FieldTypes", "FieldUse", "Language", "Query", "QueryError", "parse"]


@frozen
class Language:
    """A query language: its name in rule files, its name for people, the info string of a fenced code block, its room.

    The room is a module with `parse(text) -> Query`, imported when a query of the language is first read. `grows` says
    that newer stack versions have more of it: only of such a language do queries have `features`.
    """

    name: str
    label: str
    fence: str
    room: str
    grows: bool = False


LANGUAGES: dict[str, Language] = {
    "kuery": Language("kuery", "KQL", "kuery", "rulepack.query.kql"),
    "lucene": Language("lucene", "Lucene", "lucene", "rulepack.query.lucene"),
    "eql": Language("eql", "EQL", "eql", "rulepack.query.eql"),
    "esql": Language("esql", "ES|QL", "esql", "rulepack.query.esql", grows=True),
}
_PARSERS: dict[str, Parse] = {}


def parse(language: str, text: str) -> Query:
    """Read a query. Never raises for a text, however broken: what is wrong is in the query's `errors`.

    Raises KeyError for a language that LANGUAGES does not have.
    """
    if language not in _PARSERS:
        _PARSERS[language] = import_module(LANGUAGES[language].room).parse
    return _PARSERS[language](text)
