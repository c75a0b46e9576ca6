"""What a query demands of an event, in one form for all languages: And, Or, Not, and tests of one field.

Checks for dead logic, near-duplicates and cost look at this form, so that each is written once. Every node has `start`
and `end`, the characters of the query that it stands for; they do not count when nodes are compared.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias

from rulepack.frozen import frozen

Scalar: TypeAlias = str | int | float | bool | None

Operator = Literal[
    "is",  # equal to any of the values
    "like",  # matches any of the values, in which `*` and `?` are wildcards (escapes: see Value)
    "regex",  # matches any of the values, which are Lucene regular expressions
    "match",  # full-text: holds the words (KQL and Lucene on text, MATCH)
    "<",
    "<=",
    ">",
    ">=",
    "exists",  # has any value; `values` is empty
]


@frozen
class Value:
    """A value that a field is compared with.

    `value` is what the query means, escapes undone. For `like`, `parts` are the literal texts between the wildcards,
    and `wild` the wildcards between them (`*` or `?`), so that len(parts) == len(wild) + 1 and a literal star cannot be
    mistaken for a wildcard.
    """

    value: Scalar
    parts: tuple[str, ...] = ()
    wild: str = ""
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Test:
    """A field compared with any of some values. `folded` says that case does not count (EQL's `:` and `~` forms)."""

    field: str
    operator: Operator
    values: tuple[Value, ...] = ()
    folded: bool = False
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Opaque:
    """A condition that is not taken apart (functions, arithmetic, free text): its canonical text and its fields."""

    text: str
    fields: tuple[str, ...] = ()
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Always:
    """A condition that holds always (`any where true`, `*`), or never (`value` is False)."""

    value: bool = True
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Not:
    """The condition does not hold (for an event that lacks the field as well)."""

    part: Logic
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class And:
    """All parts hold; at least two, none of them an And."""

    parts: tuple[Logic, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Or:
    """Any part holds; at least two, none of them an Or."""

    parts: tuple[Logic, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Nested:
    """One object of a nested field fulfils the condition (KQL's `field: { ... }`); fields inside have full names."""

    path: str
    part: Logic
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


Logic: TypeAlias = Test | Opaque | Always | Not | And | Or | Nested


@frozen
class Step:
    """One event that a query looks for: its category (EQL; None for any), its condition, the keys that join it.

    `missing` is for EQL's `![...]`, an event that must not be; `until` for the one that ends a sequence. `runs` is how
    often in a row it must be.
    """

    logic: Logic
    category: str | None = None
    keys: tuple[str, ...] = ()
    missing: bool = False
    until: bool = False
    runs: int = 1
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


def conjunction(parts: list[Logic], start: int, end: int) -> Logic:
    """All of the parts, an And within it dissolved; Always if there are none, the part itself if there is one."""
    return _joined(And, parts, start, end, neutral=True)


def disjunction(parts: list[Logic], start: int, end: int) -> Logic:
    """Any of the parts, an Or within it dissolved; never if there are none, the part itself if there is one."""
    return _joined(Or, parts, start, end, neutral=False)


def _joined(kind: type[And | Or], parts: list[Logic], start: int, end: int, *, neutral: bool) -> Logic:
    flat: list[Logic] = []
    for part in parts:
        if isinstance(part, kind):
            flat += part.parts
        else:
            flat.append(part)
    if not flat:
        return Always(neutral, start, end)
    return flat[0] if len(flat) == 1 else kind(tuple(flat), start, end)
