"""The tree of a Lucene query: clauses with what joins and modifies them, and the terms, phrases and ranges in them."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias

from rulepack.frozen import frozen


@frozen
class Word:
    r"""A single term, escapes undone. `bare` marks an operator that a blank follows, which makes it a term (`a - b`).

    `boost` is the number behind `^`, `fuzzy` what stands behind `~`, both as written; None where there is none.
    """

    text: str
    bare: bool = False
    boost: str | None = None
    fuzzy: str | None = None
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Words:
    """Two or more terms with nothing but blanks between them: they are analyzed together, as one text."""

    texts: tuple[str, ...]
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Wildcard:
    """A term with `*` or `?`: the literal texts between them, and the wildcards (`a*b?` is ("a", "b", "") and "*?")."""

    parts: tuple[str, ...]
    wild: str
    boost: str | None = None
    fuzzy: str | None = None
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)

    @property
    def alone(self) -> bool:
        """Whether it is nothing but one star."""
        return self.wild == "*" and self.parts == ("", "")


@frozen
class Phrase:
    """A text in quotation marks, escapes undone; `fuzzy` is how far apart its words may stand."""

    text: str
    boost: str | None = None
    fuzzy: str | None = None
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Regex:
    """A regular expression, as it stands between its slashes."""

    pattern: str
    boost: str | None = None
    fuzzy: str | None = None
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Range:
    """`[low TO high]`, with braces where an end does not belong to it; None for an end that is open (`*`)."""

    low: str | None
    high: str | None
    with_low: bool
    with_high: bool
    boost: str | None = None
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Bad:
    """Where something unreadable stands; only in the tree of a query that has syntax errors."""

    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Field:
    """`name:part`; what is in `part` searches it, but for what names another. The name ends at `name_end`."""

    name: str
    part: Leaf | Group
    start: int = dataclasses.field(default=0, compare=False)
    name_end: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Clause:
    """One of the things in a group: what joins it to the one before (`&&` is AND), and what stands before it.

    `!` and `-` are NOT, as they are for Lucene.
    """

    joint: Literal["", "AND", "OR"]
    sign: Literal["", "+", "NOT"]
    part: Part
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


@frozen
class Group:
    """Clauses in parentheses, or (`outermost`) those of the whole query, of which there are none if it is empty."""

    clauses: tuple[Clause, ...]
    outermost: bool = False
    boost: str | None = None
    start: int = dataclasses.field(default=0, compare=False)
    end: int = dataclasses.field(default=0, compare=False)


Leaf: TypeAlias = Word | Words | Wildcard | Phrase | Regex | Range | Bad
Part: TypeAlias = Leaf | Field | Group
