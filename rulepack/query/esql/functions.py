"""What ES|QL functions take and give: the function table read, and a call's name and number of arguments checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal, cast

from rulepack.frozen import frozen
from rulepack.likeness import closest
from rulepack.query.base import QueryError, error_at, shown
from rulepack.query.esql import function_table
from rulepack.query.esql.ast import Function
from rulepack.query.esql.types import Family
from rulepack.stack import StackVersion

Kind = Literal["aggregate", "time series", "grouping", "search", "scalar"]

CASTS = function_table.CASTS
_LINE = re.compile(r"(?P<names>[a-z0-9_/]+)\((?P<arguments>[^)]*)\) (?P<result>\S+)(?: (?P<since>[0-9.]+))?")
_TABLES: dict[Kind, str] = {
    "aggregate": function_table.AGGREGATES,
    "time series": function_table.TIME_SERIES,
    "grouping": function_table.GROUPINGS,
    "search": function_table.SEARCHES,
    "scalar": function_table.SCALARS,
}


@frozen
class Signature:
    """A function: its name, where it may stand, what it takes and gives, and since which stack version it exists.

    `takes` has the families of each argument (empty: any); the last one holds for all that follow where `most` is None.
    `gives` is a family, None if it is not known, or `=1`: that of the first argument.
    """

    name: str
    kind: Kind
    takes: tuple[frozenset[str], ...]
    least: int
    most: int | None
    gives: str | None
    options: bool
    since: StackVersion | None

    def families(self, position: int) -> frozenset[str]:
        """What the argument at a position (from 0) takes; empty where that is not known."""
        if position < len(self.takes):
            return self.takes[position]
        return self.takes[-1] if self.takes else frozenset()

    def result(self, first: Family | None) -> Family | None:
        """The family of what it gives, where its first argument is of a family."""
        return first if self.gives == "=1" else cast("Family | None", self.gives)

    @property
    def count(self) -> str:
        """How many arguments it takes, in words."""
        if self.most is None:
            return f"at least {self.least}"
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


@cache
def signatures() -> dict[str, Signature]:
    """Every function by its name and by its aliases, in lower case."""
    found = {}
    for kind, table in _TABLES.items():
        for line in table.split("\n"):
            if line:
                names, signature = _read(kind, line)
                found.update(dict.fromkeys(names, signature))
    return found


def _read(kind: Kind, line: str) -> tuple[list[str], Signature]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{line!r} is not a line of the function table")
    takes = []
    least, most, options = 0, 0, False
    for argument in filter(None, match["arguments"].split(", ")):
        if argument == "{}":
            options = True
            continue
        families = argument.rstrip("?.")
        takes.append(frozenset() if families == "any" else frozenset(families.split("|")))
        least += argument == families
        most += 1
    endless = "..." in match["arguments"]
    names = match["names"].split("/")
    gives = None if match["result"] == "unknown" else match["result"]
    since = StackVersion.parse(match["since"]) if match["since"] else None
    return names, Signature(names[0], kind, tuple(takes), least, None if endless else most, gives, options, since)


def signature(name: str) -> Signature | None:
    """A function by name or alias in lower case; None for one that does not exist."""
    return signatures().get(name)


def check(call: Function) -> QueryError | None:
    """What is wrong with a call whatever its arguments are: an unknown name, too few or too many arguments."""
    known = signature(call.name)
    if known is None:
        hint = nearest(call.name, signatures()) or "see the list of functions in Elastic's ES|QL reference"
        end = call.name_end or call.end
        return QueryError("semantics", f"unknown function {shorten(call.name)}", call.start, end, hint)
    given = len(call.arguments)
    if given < known.least or (known.most is not None and given > known.most):
        plural = "argument" if known.count == "1" else "arguments"
        message = f"{call.name} takes {known.count} {plural}, not {given}"
        return error_at("semantics", message, call, f"{call.name}({_usage(known)})")
    if call.options is not None and not known.options:
        return error_at("semantics", f"{call.name} takes no map of options", call.options)
    return None


def nearest(name: str, names: Iterable[str]) -> str | None:
    """A hint that names the one of some names that a misspelt one is most like; None if it is like none."""
    close = closest(name, names)
    return f"did you mean {close}?" if close else None


def shorten(text: str, most: int = 50) -> str:
    """A text of the query for a message, as `shown`; by default, it takes about half of it."""
    return shown(text, most)


def _usage(known: Signature) -> str:
    words = []
    for position, families in enumerate(known.takes):
        word = " or ".join(sorted(families)) or "any"
        words.append(word if position < known.least else f"[{word}]")
    return ", ".join(words) + (", ..." if known.most is None else "")
