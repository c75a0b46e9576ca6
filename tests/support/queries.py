"""The notation of tests/data/queries/*.toml: what a query means, and what is said about it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rulepack.query import logic as forms
from rulepack.query.base import QueryError

FOLDER = Path(__file__).parents[1] / "data" / "queries"


def cases(language: str) -> list[dict[str, Any]]:
    """The cases of a language, each with its `query` and what must come of it."""
    found: list[dict[str, Any]] = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))["case"]
    return found


def logic_text(logic: forms.Logic, spell: Callable[[object], str] = str) -> str:
    """A condition on one line; `spell` writes the values that are no patterns."""
    if isinstance(logic, (forms.And, forms.Or)):
        mark = " & " if isinstance(logic, forms.And) else " | "
        return "(" + mark.join(logic_text(part, spell) for part in logic.parts) + ")"
    if isinstance(logic, forms.Not):
        return "!" + logic_text(logic.part, spell)
    if isinstance(logic, forms.Always):
        return "everything" if logic.value else "nothing"
    if isinstance(logic, forms.Opaque):
        return "{" + logic.text + "}" + "".join(f" {field}" for field in logic.fields)
    assert isinstance(logic, forms.Test)
    values = ",".join(_value_text(value, spell) for value in logic.values)
    return f"{logic.field} {logic.operator}{'~' * logic.folded} {values}".rstrip()


def _value_text(value: forms.Value, spell: Callable[[object], str]) -> str:
    if not value.parts:
        return spell(value.value)
    # A literal star or question mark is told apart from a wildcard.
    escaped = [part.replace("*", "\\*").replace("?", "\\?") for part in value.parts]
    return "".join(part + wild for part, wild in zip(escaped, [*value.wild, ""], strict=True))


def said(text: str, error: QueryError) -> str:
    """An error with its place in the query: `kind line:column+length message`."""
    line = text.count("\n", 0, error.start) + 1
    column = error.start - text.rfind("\n", 0, error.start)
    return f"{error.kind} {line}:{column}+{error.end - error.start} {error.message}"
