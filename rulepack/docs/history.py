"""What the lock says on pages: a rule's version, how it came to it, and where its page was before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from rulepack.docs import words
from rulepack.docs.page import spelling
from rulepack.frozen import frozen
from rulepack.lock.entry import ADDED, ADOPTED, IMPORTED, MERGED, Entry, Event
from rulepack.slug import slug

if TYPE_CHECKING:
    from rulepack.docs.brief import Brief

_WORDS = {
    ADDED: "new",
    ADOPTED: "taken over from Kibana",
    IMPORTED: "taken over from another lock",
    MERGED: "two changes merged",
}
# A page is for those who use the rule; who wants all versions finds them in the lock.
_MOST_SHOWN = 10


class EventRow(NamedTuple):
    """A line of the history: version, day, and Markdown for what changed."""

    version: str
    date: str
    changed: str


@frozen
class Record:
    """What the lock has of a rule: its version, and its entry if it has one."""

    version: int | None
    entry: Entry | None

    def rows(self) -> Iterator[EventRow]:
        """The last versions, the newest first."""
        for event in self.entry.history[:_MOST_SHOWN] if self.entry is not None else ():
            stack = f" (stack {event.stack})" if event.stack else ""
            yield EventRow(f"{event.version}{stack}", event.date, _changed(event))

    @property
    def older(self) -> int:
        """How many versions are not shown."""
        return max(0, len(self.entry.history) - _MOST_SHOWN) if self.entry is not None else 0


def _changed(event: Event) -> str:
    return ", ".join(_WORDS.get(name) or words.codes((name,)) for name in event.changed) or "nothing that counts"


@frozen
class FormerPage:
    """An address that a rule's page had before: `slug` is its name there, `brief` the rule as it is now."""

    brief: Brief
    slug: str
    path: str

    @property
    def target(self) -> str:
        """The way from there to the rule's page, without its kind."""
        return "../" * self.path.count("/") + self.brief.path


def former_pages(briefs: Iterable[Brief], folder: str) -> tuple[FormerPage, ...]:
    """The pages that lead from addresses in a folder (`rules` or `rules/deprecated`) to where rules are now, by path.

    An address that is another rule's page now, or was that of two rules, the later of which has it still, gives one at
    most. Paths are without their kind.
    """
    briefs = tuple(briefs)
    taken = {brief.spelling for brief in briefs}
    found: dict[str, FormerPage] = {}
    for brief in sorted(briefs, key=lambda brief: brief.rule_id):
        if not brief.former or (folder != "rules" and not brief.once_deprecated):
            continue
        for name in dict.fromkeys((*brief.former, brief.slug)):
            path = f"{folder}/{name}"
            if slug(name) == name and (key := spelling(path)) not in taken:
                taken.add(key)
                found[path] = FormerPage(brief, name, path)
    return tuple(page for _, page in sorted(found.items()))
