"""The pages of the flavour `elastic` that are about many rules: what came with each update, and the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from rulepack.docs.brief import Brief
from rulepack.errors import ProjectError
from rulepack.frozen import frozen
from rulepack.lock.entry import ADDED, ADOPTED, IMPORTED
from rulepack.project import Project
from rulepack.release import Release
from rulepack.slug import slug

NEW, UPDATED, GIVEN_UP = STATUSES = ("new", "update", "deprecated")
# More rows than this are split by the first letter of the rule's name.
MOST_ROWS = 200
_OTHERS = "others"
# What the first version of a rule is called in the lock.
_FIRST = frozenset({ADDED, ADOPTED, IMPORTED})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Line(NamedTuple):
    """A row of a table of rules: the rule, its page, and what an update did to it (nothing in the reference)."""

    brief: Brief
    page: str
    status: str = ""


@frozen
class Letter:
    """The rows of a long table whose rules begin with one letter; `slug` is that letter, or `others`."""

    slug: str
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """The letter as a heading has it."""
        return "Others" if self.slug == _OTHERS else self.slug.upper()

    def count(self, status: str) -> int:
        """How many of its rules an update did that to."""
        return sum(line.status == status for line in self.lines)


@frozen
class Update:
    """A version of the pack: its day as `2026-01-31` (empty if none is known), and what became of rules with it."""

    version: str
    date: str
    notes: str
    lines: tuple[Line, ...]

    @property
    def day(self) -> str:
        """Its day as Elastic's pages have it: `31 Jan 2026`."""
        if not self.date:
            return "not known"
        year, month, day = self.date.split("-")
        return f"{day} {_MONTHS[int(month) - 1]} {year}"

    def count(self, status: str) -> int:
        """How many rules it did that to."""
        return sum(line.status == status for line in self.lines)


@frozen(slots=False)
class ElasticPack:
    """A pack as a package of Elastic's prebuilt rules; what begins with `_` templates do not see.

    `_look` is called when something is asked for that all rules have a part in.
    """

    _project: Project
    _briefs: tuple[Brief, ...]
    _look: Callable[[], None] = lambda: None

    @property
    def version(self) -> str:
        """The pack's version."""
        return version_of(self._project)

    @property
    def place(self) -> tuple[str, str]:
        """Where the pages of rules are: their folder, and how their names begin."""
        return "", f"prebuilt-rule-{slug(self.version)}-"

    @property
    def summary(self) -> str:
        """The name of the page about the newest update, without its kind."""
        return f"{self.place[1]}prebuilt-rules-{slug(self.version)}-summary"

    @property
    def rules(self) -> tuple[Line, ...]:
        """The rules that are not deprecated, by name."""
        self._look()
        return self._rules

    @property
    def letters(self) -> tuple[Letter, ...]:
        """The reference by letter; nothing if it fits on one page."""
        return by_letter(self.rules)

    @property
    def updates(self) -> tuple[Update, ...]:
        """The pack's version and its releases, the newest first."""
        self._look()
        return self._updates

    @property
    def update(self) -> Update:
        """What came with the pack's version."""
        return next(one for one in self.updates if one.version == self.version)

    @property
    def update_letters(self) -> tuple[Letter, ...]:
        """What came with the pack's version by letter; nothing if it fits on one page."""
        return by_letter(self.update.lines)

    @cached_property
    def _rules(self) -> tuple[Line, ...]:
        return tuple(self._line(brief) for brief in sorted(self._briefs, key=_by_name) if not brief.deprecated)

    @cached_property
    def _updates(self) -> tuple[Update, ...]:
        """The updates.

        One brings what changed after the day of the release before it. Of a pack without releases nothing
        earlier is known: its update is what changed on the last day on which anything did.
        """
        changes = [
            (brief, tuple((day, status) for day, status in _changes(brief) if _day(day))) for brief in self._briefs
        ]
        last = max((day for _, found in changes for day, _ in found), default="")
        releases = list(self._project.releases)
        if all(one.version != self.version for one in releases):
            releases.append(Release(self.version, max(last, releases[-1].date if releases else "")))
        found = []
        day = _day(last)
        after = "" if self._project.releases or day is None else (day - timedelta(days=1)).isoformat()
        for number, one in enumerate(releases):
            # What changed since the newest is in the pages already.
            until = one.date if number < len(releases) - 1 else "9999"
            found.append(Update(one.version, one.date, one.notes, tuple(self._lines(changes, after, until))))
            after = one.date
        return tuple(reversed(found))

    def _line(self, brief: Brief, status: str = "") -> Line:
        return Line(brief, f"{'deprecated/' if brief.deprecated else ''}{self.place[1]}{brief.slug}.md", status)

    def _lines(
        self, changes: Iterable[tuple[Brief, tuple[tuple[str, str], ...]]], after: str, until: str
    ) -> list[Line]:
        """The rules to which something happened in a time, the new ones first, and by name."""
        found = []
        for brief, days in changes:
            statuses = {status for day, status in days if after < day <= until}
            if statuses:
                # A rule that came and went is no new one; one that came and changed is.
                status = next(one for one in (GIVEN_UP, NEW, UPDATED) if one in statuses)
                found.append(self._line(brief, status))
        return sorted(found, key=lambda line: (STATUSES.index(line.status), *_by_name(line.brief)))


def version_of(project: Project) -> str:
    """The version that the pages are named by; raises ProjectError for a pack that has none."""
    if project.version is None:
        message = "pages are to have the pack's version in their names, and the pack has none"
        raise ProjectError(message, 'set `version = "1.0.0"` in [tool.rulepack]')
    return project.version


def by_letter(lines: tuple[Line, ...]) -> tuple[Letter, ...]:
    """A long table taken apart, letter by letter; nothing for a short one."""
    if len(lines) <= MOST_ROWS:
        return ()
    found: dict[str, list[Line]] = {}
    for line in lines:
        first = line.brief.slug[0]
        found.setdefault(first if first.isascii() and first.isalpha() else _OTHERS, []).append(line)
    return tuple(Letter(name, tuple(found[name])) for name in sorted(found, key=lambda name: (name == _OTHERS, name)))


def _changes(brief: Brief) -> Iterator[tuple[str, str]]:
    """What became of a rule, and on which day: by the lock, or else by the dates in its file."""
    if brief.events:
        # Of a long history, the lock has the end.
        first = brief.events[-1]
        is_all = any(what in _FIRST for what in first.changed)
        yield first.date if is_all else brief.created, NEW
        yield from ((event.date, UPDATED) for event in brief.events)
    else:
        yield from ((day, status) for day, status in ((brief.created or brief.updated, NEW), (brief.updated, UPDATED)))
    if brief.deprecated:
        yield brief.deprecation_date, GIVEN_UP


def _day(value: str) -> date | None:
    """The day that a file names, if there is such a day."""
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    return found if found.isoformat() == value else None


def _by_name(brief: Brief) -> tuple[str, str]:
    return brief.name.casefold(), brief.rule_id
