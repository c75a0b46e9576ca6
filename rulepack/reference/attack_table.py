"""One version of MITRE ATT&CK: its tactics, its techniques, and the rows they are stored as."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from rulepack.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

KIND = "attack"
# MITRE's licence asks that every copy carries this; the pages that list techniques show it, too.
NOTICE = (
    "© 2026 The MITRE Corporation. "
    "This work is reproduced and distributed with the permission of The MITRE Corporation."
)

State: TypeAlias = Literal["active", "revoked", "deprecated"]
Row: TypeAlias = list[Any]

TACTIC_ID = re.compile(r"TA\d{4}")
TECHNIQUE_ID = re.compile(r"T\d{4}(?:\.\d{3})?")


@frozen
class Tactic:
    """A tactic: `TA0002`, `Execution`, `execution`."""

    id: str
    name: str
    shortname: str

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


@frozen
class Technique:
    """A technique or sub-technique; `tactics` are tactic ids in the order of the kill chain.

    `replaced_by` is the id that MITRE names for a revoked technique; it is never itself a revoked one.
    """

    id: str
    name: str
    tactics: tuple[str, ...]
    replaced_by: str | None = None
    status: State = "active"

    @property
    def parent_id(self) -> str | None:
        """`T1059` for `T1059.004`; None for a technique that is no sub-technique."""
        parent, dot, _ = self.id.partition(".")
        return parent if dot else None

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


@frozen
class Table:
    """One version: tactics in the order of the kill chain, techniques by id."""

    version: str
    tactics: tuple[Tactic, ...]
    techniques: tuple[Technique, ...]


def sort_key(version: str) -> tuple[tuple[int, ...], str]:
    """Older versions first; a bundle without a number is named by its date, which sorts as newest."""
    return (tuple(int(number) for number in re.findall(r"\d+", version)), version)


def to_payload(tables: Iterable[Table]) -> dict[str, Any]:
    """The tables as they are stored."""
    ordered = sorted(tables, key=lambda table: sort_key(table.version))
    return {"notice": NOTICE, "versions": [_table_row(table) for table in ordered]}


def _table_row(table: Table) -> Row:
    places = {tactic.id: place for place, tactic in enumerate(table.tactics)}
    tactics = [[tactic.id, tactic.name, tactic.shortname] for tactic in table.tactics]
    techniques = [_technique_row(each, places) for each in sorted(table.techniques, key=lambda each: each.id)]
    return [table.version, tactics, techniques]


def _technique_row(technique: Technique, places: dict[str, int]) -> Row:
    row: Row = [technique.id, technique.name, sorted(places[tactic] for tactic in technique.tactics)]
    if technique.status != "active":
        row.append(technique.status)
    if technique.replaced_by:
        row.append(technique.replaced_by)
    return row


def from_payload(payload: dict[str, Any]) -> tuple[Table, ...]:
    """The tables of a stored file; raises `ValueError` if it is not what `to_payload` makes."""
    try:
        return tuple(_table(row) for row in payload["versions"])
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise ValueError("its rows are not as rulepack writes them") from error


def _table(row: Row) -> Table:
    version, tactic_rows, technique_rows = row
    tactics = tuple(Tactic(*_texts(tactic)) for tactic in tactic_rows)
    ids = [tactic.id for tactic in tactics]
    techniques = tuple(_technique(technique, ids) for technique in technique_rows)
    _texts([version])
    return Table(version, tactics, techniques)


def _technique(row: Row, tactics: list[str]) -> Technique:
    id_, name, places, *rest = row
    _texts([id_, name, *rest])
    status, replaced_by = (*rest, None, None)[:2]
    if status not in (None, "revoked", "deprecated"):
        raise ValueError(status)
    ids = tuple(tactics[place] for place in places)
    return Technique(id_, name, ids, replaced_by, cast("State", status or "active"))


def _texts(values: list[Any]) -> list[str]:
    if set(map(type, values)) != {str}:
        raise TypeError(values)
    return values
