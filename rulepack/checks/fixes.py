"""What `validate --fix` does about findings: FIXES has a function for every code that can be corrected safely.

Safe is what can only be meant in one way and changes nothing that a rule does. A function gives the edits for one
finding, or none where a person must decide. It is asked for what the checks have found and nothing ignores, so it
corrects no more than was reported.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from rulepack.checks.base import Context
from rulepack.checks.entries import alphabetic
from rulepack.diagnostics import Diagnostic
from rulepack.edit import Arrange, Edit, Replace, Set, value_at
from rulepack.frozen import frozen
from rulepack.locator import Path
from rulepack.source import Source

_DATE = re.compile(r"\s*([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})\s*")
_DATES = frozenset({"creation_date", "updated_date", "deprecation_date"})
_LINE_END_BLANKS = re.compile(r"[ \t]+(?=\n|\Z)")
_QUOTED = re.compile(r'"(.+)"')
# How like a name must be to the right one to be that name misspelt.
_LIKENESS = 0.85


@frozen
class Place:
    """A finding, the path of the value that it points at, the data of its file, and what checks may ask."""

    found: Diagnostic
    path: Path
    data: Mapping[str, Any]
    context: Context

    @property
    def value(self) -> Any:
        """The value that the finding points at."""
        return value_at(self.data, self.path)

    @property
    def owner(self) -> Any:
        """The table or array that holds the value."""
        return value_at(self.data, self.path[:-1])


Fix = Callable[[Place], Iterator[Edit]]


def name_by_id(place: Place) -> Iterator[Edit]:
    """Give a tactic or technique the name that its id has, where the name given is that one misspelt.

    Not where the name is nothing like it, or belongs to another id: then the id may be what is wrong.
    """
    attack, one = place.context.attack, place.owner
    names = [tactic.name for tactic in attack.tactics(one["id"])]
    names += [technique.name for technique in attack.techniques(one["id"])]
    if not names or attack.ids_of(place.value):
        return
    given = _folded(place.value)
    likeness = {name: difflib.SequenceMatcher(None, name.casefold(), given).ratio() for name in names}
    best = max(likeness, key=lambda name: likeness[name])
    if likeness[best] >= _LIKENESS:
        yield Set(place.path, best)


def page_by_id(place: Place) -> Iterator[Edit]:
    """Give a tactic or technique the page of its id, unless the page is that of another id that the name goes with."""
    attack, one = place.context.attack, place.owner
    url = attack.url(one["id"])
    if url is not None and one["id"] in attack.ids_of(one["name"]):
        yield Set(place.path, url)


def date_form(place: Place) -> Iterator[Edit]:
    """Write a date as YYYY/MM/DD, where year, month and day are in that order."""
    match = _DATE.fullmatch(place.value) if isinstance(place.value, str) else None
    if match is None:
        return
    try:
        day = date(*map(int, match.groups()))
    except ValueError:
        return
    yield Set(place.path, f"{day:%Y/%m/%d}")


def date_in_quotes(place: Place) -> Iterator[Edit]:
    """Write a date that TOML takes for one as the text that it must be."""
    is_day = type(place.value) is date
    if is_day and len(place.path) == 2 and place.path[0] == "metadata" and place.path[1] in _DATES:  # noqa: PLR2004
        yield Set(place.path, f"{place.value:%Y/%m/%d}")


def once(place: Place) -> Iterator[Edit]:
    """Leave each entry of a list once, where it was first; tags that differ in capitals only are the same."""
    entries = place.owner
    seen: dict[Any, int] = {}
    for number, entry in enumerate(entries):
        seen.setdefault(entry.casefold() if place.path[-2] == "tags" else entry, number)
    yield Arrange(place.path[:-1], tuple(seen.values()))


def sorted_entries(place: Place) -> Iterator[Edit]:
    """Put a list's entries in the order of the alphabet, each with its comment."""
    entries = place.owner
    yield Arrange(place.path[:-1], tuple(sorted(range(len(entries)), key=lambda number: alphabetic(entries[number]))))


def without_blanks(place: Place) -> Iterator[Edit]:
    """Take away blanks around a name or an entry; entries that are empty go, unless there are no others."""
    if place.value.strip():
        yield Set(place.path, place.value.strip())
    elif isinstance(place.path[-1], int):
        order = tuple(number for number, entry in enumerate(place.owner) if entry.strip())
        if order:
            yield Arrange(place.path[:-1], order)


def without_line_end_blanks(place: Place) -> Iterator[Edit]:
    """Take away blanks at the ends of a description's lines, which Kibana never sees; or those around a name."""
    if place.path[-1] == "name":
        yield from without_blanks(place)
        return
    for match in reversed([*_LINE_END_BLANKS.finditer(place.value)]):
        yield Replace(place.path, match.start(), match.end(), "")


def with_slash(place: Place) -> Iterator[Edit]:
    """End the address of an ATT&CK page with a slash."""
    yield Replace(place.path, len(place.value), len(place.value), "/")


def usual_spelling(place: Place) -> Iterator[Edit]:
    """Write a tag as the finding's hint does, if that differs in capitals and blanks only."""
    match = _QUOTED.search(place.found.hint or "")
    if match is not None and _folded(match[1]) == _folded(place.value):
        yield Set(place.path, match[1])


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


FIXES: dict[str, Fix] = {
    "RP104": date_in_quotes,
    "RP303": name_by_id,
    "RP305": page_by_id,
    "RP307": with_slash,
    "RP403": without_line_end_blanks,
    "RP412": date_form,
    "RP415": once,
    "RP416": without_blanks,
    "RP420": sorted_entries,
    "RP506": usual_spelling,
}


def edits_for(found: Diagnostic, source: Source, context: Context) -> list[Edit]:
    """The edits that correct a finding of a file; none if there is no safe way."""
    fix = FIXES.get(found.code.id)
    path = path_at(source, found) if fix is not None else None
    if fix is None or path is None:
        return []
    return list(fix(Place(found, path, source.data, context)))


def path_at(source: Source, found: Diagnostic) -> Path | None:
    """The path of the innermost key or value that a finding points at or into."""
    best: tuple[int, Path] | None = None
    span = found.span
    for path, entry in source.entries.items():
        start = min(entry.key_start, entry.value_start)
        place = source.span_at(start, entry.value_end)
        if (place.line, place.column) <= (span.line, span.column) < (place.end_line, place.end_column):
            size = entry.value_end - start
            # Of a list of tables and its first element, which are at the same header, the element.
            if best is None or size < best[0] or (size == best[0] and len(path) > len(best[1])):
                best = size, path
    return best[1] if best is not None else None
