"""What happened to a pack's rules, day by day: new, changed, deprecated, removed; by the lock, or by dates in files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby

from rulepack.docs.brief import Brief
from rulepack.docs.removed import removed_rules
from rulepack.frozen import frozen
from rulepack.lock.entry import ADDED, ADOPTED, IMPORTED, REMOVED, Entry, Event
from rulepack.lock.store import Lock
from rulepack.project import FROM_CONTENT, FROM_KIBANA

NEW, CHANGED, DEPRECATED, GONE = KINDS = ("new", "changed", "deprecated", "removed")
_FIRST = frozenset((ADDED, ADOPTED, IMPORTED))
# What a page of changes can hold and still be read; a page for a month can be as long as that month was busy.
MOST_ON_FIRST = 250
MOST_OF_KIND = 40
MOST_ON_PAGE = 400
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@frozen
class Change:
    """What happened to a rule on a day (`2026-11-21`): `kind` is one of KINDS.

    `path` is that of its page without its kind, as `Brief.path` is; for a removed rule, of the page that says so, if
    there is one. `brief` is None then. `fields` are the names of what changed with that version; none are known where
    `locked` is False: then all that is known are the dates in the rule's file, and each kind happens once at most.
    `reason` and `replacement` (a rule_id) are those of a deprecated or removed rule; `replaced_by` is that rule, if the
    pack has it.
    """

    date: str
    kind: str
    rule_id: str
    name: str
    path: str
    version: int | None = None
    stack: str = ""
    fields: tuple[str, ...] = ()
    reason: str = ""
    replacement: str = ""
    replaced_by: Brief | None = None
    brief: Brief | None = None
    locked: bool = True

    @property
    def line(self) -> str:
        """All that pages say of it, as one text: what tells it from another."""
        other = f"{self.replaced_by.name} {self.replaced_by.path}" if self.replaced_by else ""
        said = (self.date, self.kind, self.name, self.path, self.version, self.stack, self.fields, self.reason)
        return f"{said} {self.replacement} {other} {self.locked}"

    @property
    def month(self) -> str:
        """The month, as `2026-11`."""
        return self.date[:7]

    @property
    def year(self) -> str:
        """The year."""
        return self.date[:4]


def changes(briefs: Iterable[Brief], lock: Lock, versions: str = FROM_CONTENT) -> tuple[Change, ...]:
    """All changes of a pack, the newest first, on one day by kind and name.

    `briefs` are all rules, deprecated ones too. What the lock does not know yet has the dates of its file; so has all
    where there is no lock, or where versions (the project's setting) are Kibana's own.
    """
    listed = sorted(briefs, key=lambda brief: (brief.rule_id, brief.file))
    known = {brief.rule_id: brief for brief in reversed(listed)}
    entries: Mapping[str, Entry] = lock.entries if lock.present and versions != FROM_KIBANA else {}
    found: list[Change] = []
    for brief in listed:
        entry = entries.get(brief.rule_id)
        if entry is None:
            found += _of_file(brief, known)
        else:
            found += _of_entry(entry, brief, brief.path, known)
    for gone in removed_rules(listed, lock) if entries else ():
        entry = entries[gone.rule_id]
        # What is gone without the lock knowing since when is told by `rulepack lock --check`.
        found += _of_entry(entry, None, gone.path, known) if entry.status == REMOVED else ()
    days = {day for day in {one.date for one in found} if _is_day(day)}
    found = sorted((one for one in found if one.date in days), key=_within_day)
    # In two steps, of which the second leaves what is equal as it is.
    return tuple(sorted(found, key=lambda one: one.date, reverse=True))


def _within_day(one: Change) -> tuple[object, ...]:
    return (KINDS.index(one.kind), one.name.casefold(), one.rule_id, -(one.version or 0), one.stack)


def _is_day(text: str) -> bool:
    """Whether it is a day as it is written here; rule files may hold anything."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _of_entry(entry: Entry, brief: Brief | None, path: str, known: Mapping[str, Brief]) -> Iterator[Change]:
    """What the lock knows of a rule; without a brief, of one that is gone."""
    name = brief.name if brief is not None else " ".join(entry.name.split())

    def change(day: str, kind: str, event: Event | None = None, fields: tuple[str, ...] = ()) -> Change:
        version, stack = (event.version, event.stack or "") if event is not None else (None, "")
        said = (entry.reason or "", entry.replacement or "") if kind in (DEPRECATED, GONE) else ("", "")
        replaced_by = known.get(said[1])
        return Change(day, kind, entry.rule_id, name, path, version, stack, fields, *said, replaced_by, brief)

    # One lock can take several versions over from another, for as many stack versions: all on the day of the first.
    first = [one for one in entry.history if one.date == entry.created and not _FIRST.isdisjoint(one.changed)]
    if entry.deprecated != entry.created:
        # Where there is none, it has left the history, which is short.
        yield change(entry.created, NEW, max(first, key=lambda one: one.version, default=None))
    for event in entry.history:
        if event not in first:
            yield change(event.date, CHANGED, event, tuple(one for one in event.changed if not one.startswith("(")))
    if entry.deprecated is not None and (brief is None or brief.deprecated):
        yield change(entry.deprecated, DEPRECATED)
    elif brief is not None and brief.deprecated:
        yield from (one for one in _of_file(brief, known) if one.kind == DEPRECATED)
    if brief is None:
        yield change(entry.removed or "", GONE)


def _of_file(brief: Brief, known: Mapping[str, Brief]) -> Iterator[Change]:
    """What the dates in a rule's file say."""

    def change(day: str, kind: str) -> Change:
        said = (brief.reason, brief.replacement) if kind == DEPRECATED else ("", "")
        other = known.get(said[1])
        version = brief.version if kind == CHANGED else None
        return Change(
            day, kind, brief.rule_id, brief.name, brief.path, version, "", (), *said, other, brief, locked=False
        )

    if brief.created:
        yield change(brief.created, NEW)
    if brief.updated > brief.created and not (brief.deprecated and brief.updated == brief.deprecation_date):
        yield change(brief.updated, CHANGED)
    if brief.deprecated:
        yield change(brief.deprecation_date, DEPRECATED)


@frozen
class Month:
    """The changes of a month (`2026-11`), or a part of them, as `Change`s by kind."""

    name: str
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        """The month in words: `November 2026`."""
        return f"{_MONTHS[int(self.name[5:]) - 1]} {self.name[:4]}"

    @property
    def kinds(self) -> tuple[tuple[str, tuple[Change, ...]], ...]:
        """Each kind that there is, with its changes."""
        return tuple((kind, found) for kind in KINDS if (found := self.of(kind)))

    def of(self, kind: str) -> tuple[Change, ...]:
        """The changes of one kind, the newest first."""
        return tuple(one for one in self.changes if one.kind == kind)


def months(found: Iterable[Change]) -> tuple[Month, ...]:
    """Changes by month, in their order."""
    return tuple(Month(name, tuple(group)) for name, group in groupby(found, key=lambda one: one.month))


@frozen
class ChangelogPage:
    """A page of changes: `changelog/2026.md`, or where a year is too much for one, of a month, `changelog/2026-11.md`.

    `slug` is its name, `title` what it is about. It shows `months`, or leads to the pages `below`; `count` is how many
    changes there are on it, or on these.
    """

    slug: str
    title: str
    months: tuple[Month, ...]
    count: int
    below: tuple[ChangelogPage, ...] = ()

    @property
    def path(self) -> str:
        """The path in docs-out, without its kind."""
        return f"changelog/{self.slug}"


@frozen
class Changelog:
    """All changes as pages: the newest months, each with the path of the page that has all of it, and the years.

    `count` is how many changes there are; of `from_files` no more is known than dates in files.
    """

    newest: tuple[tuple[Month, str], ...]
    years: tuple[ChangelogPage, ...]
    count: int
    from_files: int
    most: int = MOST_OF_KIND

    @property
    def pages(self) -> tuple[ChangelogPage, ...]:
        """Every page but the first."""
        return tuple(page for year in self.years for page in (year, *year.below))


def changelog(found: tuple[Change, ...]) -> Changelog:
    """A pack's changes as pages: nobody reads thousands of lines on one."""
    years = tuple(_year(name, tuple(group)) for name, group in groupby(found, key=lambda one: one.year))
    newest: list[tuple[Month, str]] = []
    lines = 0
    for month in months(found):
        lines += sum(min(len(of_kind), MOST_OF_KIND) for _, of_kind in month.kinds)
        if newest and lines > MOST_ON_FIRST:
            break
        newest.append((month, _page_of(month, years)))
    return Changelog(tuple(newest), years, len(found), sum(not one.locked for one in found))


def _page_of(month: Month, years: tuple[ChangelogPage, ...]) -> str:
    """The path of the page that has all of a month, or leads to its parts."""
    year = next(one for one in years if month.name.startswith(one.slug))
    own = [page for page in year.below if page.months[0].name == month.name]
    return own[0].path if len(own) == 1 else year.path


def _year(name: str, found: tuple[Change, ...]) -> ChangelogPage:
    if len(found) <= MOST_ON_PAGE:
        return ChangelogPage(name, name, months(found), len(found))
    below = [page for month in months(found) for page in _month(month)]
    return ChangelogPage(name, name, (), len(found), tuple(below))


def _month(month: Month) -> Iterator[ChangelogPage]:
    """The pages of a month. A busy one is cut from its beginning on, so that what is full stays as it is."""
    oldest_first = month.changes[::-1]
    parts = [oldest_first[at : at + MOST_ON_PAGE][::-1] for at in range(0, len(oldest_first), MOST_ON_PAGE)]
    for number, part in reversed(list(enumerate(parts, 1))):
        more = f", part {number}" if len(parts) > 1 else ""
        ending = f"-{number}" if number > 1 else ""
        name = f"{month.name}{ending}"
        yield ChangelogPage(name, f"{month.title}{more}", (Month(month.name, part),), len(part))


@frozen
class Recent:
    """The rules that were created last, and those that were changed last; of these the change too, if it is known."""

    newest: tuple[Brief, ...]
    changed: tuple[tuple[Brief, Change | None], ...]


def recent(briefs: Iterable[Brief], found: Iterable[Change], most: int = 50) -> Recent:
    """The newest and the last changed of some rules, by the dates in their files.

    The lock knows when it came to know a rule; when the rule was written, only its file says.
    """
    listed = sorted(briefs, key=lambda brief: (brief.name.casefold(), brief.rule_id))
    newest = sorted((one for one in listed if _is_day(one.created)), key=lambda one: one.created, reverse=True)
    touched = (one for one in listed if _is_day(one.updated) and one.updated > one.created)
    changed = sorted(touched, key=lambda one: one.updated, reverse=True)[:most]
    wanted = {brief.rule_id for brief in changed}
    last: dict[str, Change] = {}
    for one in found:
        if one.kind == CHANGED and one.locked and one.rule_id in wanted:
            last.setdefault(one.rule_id, one)
    return Recent(tuple(newest[:most]), tuple((brief, last.get(brief.rule_id)) for brief in changed))
