"""Queries within an ES|QL query, in KQL("...") and QSTR("..."): read, with their places in the outer text."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeVar, cast

from rulepack.query import parse
from rulepack.query.base import FieldTypes, FieldUse, Query, QueryError
from rulepack.query.esql.ast import Function, Literal
from rulepack.query.logic import Always, And, Logic, Nested, Not, Opaque, Or, Test

_LANGUAGES: Final = {"kql": "kuery", "qstr": "lucene"}
_RAW: Final = '"""'

Placed = TypeVar("Placed", FieldUse, QueryError)


def inner_query(call: Function) -> tuple[Query, Literal] | None:
    """The query that a call of KQL or QSTR holds, and the text in quotes; None where it is not written out."""
    argument = call.arguments[0] if call.arguments else None
    if call.name not in _LANGUAGES or not (isinstance(argument, Literal) and isinstance(argument.value, str)):
        return None
    return _parse(_LANGUAGES[call.name], argument.value), argument


@lru_cache(maxsize=64)
def _parse(language: str, text: str) -> Query:
    # Errors, fields and steps of a query are asked for one after the other.
    return parse(language, text)


def read_inner(
    call: Function, text: str, types: FieldTypes | None
) -> tuple[tuple[QueryError, ...], tuple[FieldUse, ...]]:
    """What is wrong in the query of a call, and the fields that it uses, at their places in the outer text."""
    found = inner_query(call)
    if found is None:
        return (), ()
    query, literal = found
    places = offsets(literal, text)
    errors = query.errors if types is None or not query.sound else (*query.errors, *query.problems(types))
    uses = query.fields if query.sound else ()
    return tuple(_moved(error, places) for error in errors), tuple(_moved(use, places) for use in uses)


def offsets(literal: Literal, text: str) -> list[int]:
    """Where in the outer text each character of a text in quotes stands, and its end."""
    value = cast("str", literal.value)
    if text.startswith(_RAW, literal.start):
        start = literal.start + len(_RAW)
        return list(range(start, start + len(value) + 1))
    places = []
    place = literal.start + 1
    for _ in value:
        places.append(place)
        place += 2 if text.startswith("\\", place) else 1
    return [*places, place]


def _moved(thing: Placed, places: list[int]) -> Placed:
    last = len(places) - 1
    return replace(thing, start=places[min(thing.start, last)], end=places[min(thing.end, last)])


def moved(logic: Logic, places: list[int]) -> Logic:
    """The logic of an inner query, at its places in the outer text."""
    last = len(places) - 1
    start, end = places[min(logic.start, last)], places[min(logic.end, last)]
    if isinstance(logic, And | Or):
        return replace(logic, parts=tuple(moved(part, places) for part in logic.parts), start=start, end=end)
    if isinstance(logic, Not | Nested):
        return replace(logic, part=moved(logic.part, places), start=start, end=end)
    if isinstance(logic, Test):
        values = tuple(
            dataclasses.replace(value, start=places[min(value.start, last)], end=places[min(value.end, last)])
            for value in logic.values
        )
        return replace(logic, values=values, start=start, end=end)
    assert isinstance(logic, Opaque | Always)
    return replace(logic, start=start, end=end)
