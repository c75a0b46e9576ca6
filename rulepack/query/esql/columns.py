"""The columns at one place of an ES|QL pipeline: which there are, which there may be, and what took others away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rulepack.frozen import frozen
from rulepack.likeness import closest, slip
from rulepack.query.base import FieldTypes
from rulepack.query.esql.ast import Column, ColumnPattern
from rulepack.query.esql.types import Family, of_field

# Columns and patterns that all commands of a query look at: far more than any has, and still looked at in a second.
_MOST_VISITS = 300_000
_MOST_SUGGESTED = 500
_LIKENESS = 0.75


class TooBigError(Exception):
    """The pipeline has more columns and commands than can be followed in sensible time."""


@frozen
class Known:
    """A column: its family if known, and whether it is a field of the data (not computed).

    `maybe` says that it could as well come from somewhere else, such as a lookup index.
    """

    family: Family | None = None
    field: bool = False
    maybe: bool = False


_FIELD = Known(field=True)
_FOREIGN = Known()


@frozen
class Loss:
    """A command that took columns away: its name, where it begins, and the new name if it only renamed."""

    command: str
    start: int
    renamed: str | None = None


@frozen
class _Filter:
    """KEEP or DROP with patterns: what is left of names that nothing is known of."""

    patterns: tuple[tuple[str, ...], ...]
    keeps: bool
    loss: Loss = field(compare=False)


@frozen
class Origin:
    """Where columns may come from that nobody has named: the data, or (`foreign`) a lookup index or a policy."""

    foreign: bool
    filters: tuple[_Filter, ...] = ()

    @property
    def size(self) -> int:
        """How many patterns a name is compared with, at most."""
        return 1 + sum(len(one.patterns) for one in self.filters)

    def loss(self, name: str) -> Loss | None:
        """The command that takes away a column of this name; None if it may be there."""
        for one in self.filters:
            if any(matches(parts, name) for parts in one.patterns) != one.keeps:
                return one.loss
        return None


@dataclass(slots=True)
class Columns:
    """The columns at one place of a pipeline. `closed` is the command after which only `known` ones are left."""

    types: FieldTypes | None
    known: dict[str, Known] = field(default_factory=dict)
    lost: dict[str, Loss] = field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    closed: Loss | None = None
    visits: list[int] = field(default_factory=lambda: [0])

    def find(self, name: str) -> Known | Loss | None:
        """The column of a name, or the command that took it away; None for one that never was."""
        known = self.known.get(name)
        if known is not None:
            return known
        if name in self.lost:
            return self.lost[name]
        if len(self.origins) == 1 and not self.origins[0].filters:
            return _FOREIGN if self.origins[0].foreign else self._field(name)
        self.visit(sum(origin.size for origin in self.origins))
        losses = [origin.loss(name) for origin in self.origins]
        if None not in losses:
            return losses[0] if losses else self.closed
        fields = [not origin.foreign for origin, loss in zip(self.origins, losses, strict=True) if loss is None]
        if all(fields):
            return self._field(name)
        return Known(field=True, maybe=True) if any(fields) else _FOREIGN

    def _field(self, name: str) -> Known:
        return _FIELD if self.types is None else Known(of_field(self.types.type_of(name)), field=True)

    def suggest(self, name: str) -> str | None:
        """The name of a column at hand that looks like this one."""
        names = list(self.known)[-_MOST_SUGGESTED:]
        return closest(name, names, _LIKENESS) or next((one for one in names if one.endswith(f".{name}")), None)

    def near(self, name: str) -> str | None:
        """A computed column that is called like this but for a letter too many, too few, another, or two swapped."""
        if len(self.known) > _MOST_SUGGESTED or self.visits[0] > _MOST_VISITS:
            return None
        self.visits[0] += len(self.known)
        for one, column in self.known.items():
            if not column.field and slip(name, one) is not None:
                return one
        return None

    def set(self, name: str, column: Known) -> None:
        """Add a column, or put another in its place."""
        # A dict keeps the place of a name that it has; the last one set is the first to be suggested.
        self.known.pop(name, None)
        self.known[name] = column

    def add_foreign(self) -> None:
        """Columns of unknown names are added."""
        self._add(Origin(foreign=True))
        self.lost = {}

    def add_prefixed(self, prefix: str) -> None:
        """Columns are added whose names begin with a prefix and a dot."""
        only = _Filter(((f"{prefix}.", ""),), keeps=True, loss=Loss("", 0))
        self._add(Origin(foreign=True, filters=(only,)))

    def _add(self, origin: Origin) -> None:
        self.visit(len(self.origins))
        if origin not in self.origins:
            self.origins = (*self.origins, origin)

    def lose(self, name: str, loss: Loss) -> None:
        """Take one column away."""
        self.known.pop(name, None)
        self.lost[name] = loss

    def close(self, kept: dict[str, Known], loss: Loss) -> None:
        """Leave only some columns."""
        self.visit(len(self.known))
        self.lost.update((name, loss) for name in self.known if name not in kept)
        self.known = kept
        self.origins = ()
        self.closed = self.closed or loss

    def keep(self, columns: Iterable[Column | ColumnPattern], loss: Loss) -> None:
        """KEEP: the columns that are named, in their order, and those that match a pattern."""
        patterns = tuple(node.parts for node in columns if isinstance(node, ColumnPattern))
        kept: dict[str, Known] = {}
        for node in columns:
            if isinstance(node, Column):
                found = self.find(node.name)
                # One that is not there has been reported; what follows is judged as if it were.
                kept[node.name] = found if isinstance(found, Known) else Known()
        origins = self.origins
        if patterns:
            self.visit(len(self.known) * len(patterns))
            for name, known in self.known.items():
                if name not in kept and any(matches(parts, name) for parts in patterns):
                    kept[name] = known
        self.close(kept, loss)
        if patterns and origins:
            self.closed = None
            self.origins = self._filtered(origins, _Filter(patterns, keeps=True, loss=loss))

    def drop(self, columns: Iterable[Column | ColumnPattern], loss: Loss) -> None:
        """DROP: the columns that are named, and those that match a pattern."""
        patterns = tuple(node.parts for node in columns if isinstance(node, ColumnPattern))
        for node in columns:
            if isinstance(node, Column):
                self.lose(node.name, loss)
        if patterns:
            self.visit(len(self.known) * len(patterns))
            for name in [name for name in self.known if any(matches(parts, name) for parts in patterns)]:
                self.lose(name, loss)
            self.origins = self._filtered(self.origins, _Filter(patterns, keeps=False, loss=loss))

    def copy(self) -> Columns:
        """The same columns, to go on with in a branch."""
        self.visit(len(self.known) + len(self.lost))
        return replace(self, known=dict(self.known), lost=dict(self.lost))

    def visit(self, count: int) -> None:
        """Count columns that a command looks at. Raises TooBigError where all commands together look at too many."""
        self.visits[0] += count
        if self.visits[0] > _MOST_VISITS:
            raise TooBigError

    def _filtered(self, origins: tuple[Origin, ...], one: _Filter) -> tuple[Origin, ...]:
        self.visit(sum(len(origin.filters) for origin in origins))
        return tuple(
            origin if one in origin.filters else replace(origin, filters=(*origin.filters, one)) for origin in origins
        )


def join(branches: list[Columns]) -> Columns:
    """The columns of several pipelines whose rows come together: all that any of them has."""
    result = branches[0]
    for other in branches[1:]:
        for name, column in other.known.items():
            mine = result.known.get(name)
            if mine is None:
                result.known[name] = column
            elif mine != column:
                family = mine.family if mine.family == other.known[name].family else None
                result.known[name] = Known(family, mine.field or column.field, mine.maybe or column.maybe)
        result.lost = {name: loss for name, loss in result.lost.items() if name in other.lost}
        result.origins += tuple(origin for origin in other.origins if origin not in result.origins)
        result.closed = result.closed and other.closed
    return result


def matches(parts: tuple[str, ...], name: str) -> bool:
    """Whether a name has the parts of a pattern in their order, with anything between them."""
    if not name.startswith(parts[0]) or len(name) < len(parts[0]) + len(parts[-1]):
        return False
    place, limit = len(parts[0]), len(name) - len(parts[-1])
    for part in parts[1:-1]:
        found = name.find(part, place, limit)
        if found < 0:
            return False
        place = found + len(part)
    return name.endswith(parts[-1])
