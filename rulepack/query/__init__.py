"""What a query says: LANGUAGES has every query language, one line each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """A query language: its name in rule files, its name for people, and the info string of a fenced code block."""

    name: str
    label: str
    fence: str


LANGUAGES: dict[str, Language] = {
    "kuery": Language("kuery", "KQL", "kuery"),
    "lucene": Language("lucene", "Lucene", "lucene"),
    "eql": Language("eql", "EQL", "eql"),
    "esql": Language("esql", "ES|QL", "esql"),
}
