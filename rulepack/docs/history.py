"""What the lock says on pages: a rule's version, how it came to it, and where its page was before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from rulepack.content import content
from rulepack.docs import words
from rulepack.docs.page import spelling
from rulepack.frozen import frozen
from rulepack.lock.entry import ADDED, ADOPTED, IMPORTED, MERGED, Entry, Event
from rulepack.lock.store import Lock
from rulepack.lock.version import version_of
from rulepack.project import FROM_KIBANA
from rulepack.rule import Rule
from rulepack.slug import slug

if TYPE_CHECKING:
    from rulepack.docs.view import RuleView

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

    @classmethod
    def of(cls, rule: Rule, lock: Lock, policy: str) -> Record | None:
        """The record of a rule; None where there is no lock, or where versions are Kibana's own."""
        if not lock.present or policy == FROM_KIBANA:
            return None
        return cls(version_of(lock, rule, content(rule).hash, policy), lock.entries.get(rule.rule_id))

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
    """An address that a rule's page had before: `slug` is its name there, `view` the rule as it is now."""

    view: RuleView
    slug: str
    path: str

    @property
    def rule(self) -> Rule:
        """The rule."""
        return self.view.rule

    @property
    def target(self) -> str:
        """The way from there to the rule's page."""
        return "../" * self.path.count("/") + self.view.path


def former_pages(views: Iterable[RuleView], folder: str) -> tuple[FormerPage, ...]:
    """The pages that lead from addresses in a folder (`rules` or `rules/deprecated`) to where rules are now, by path.

    An address that is another rule's page now, or was that of two rules, the later of which has it still, gives one at
    most.
    """
    views = tuple(views)
    taken = {spelling(view.path) for view in views}
    found: dict[str, FormerPage] = {}
    for view in sorted(views, key=lambda view: view.rule.rule_id):
        entry = view.record.entry if view.record is not None else None
        if entry is None or (folder != "rules" and entry.deprecated is None):
            continue
        for name in dict.fromkeys((*(entry.former or ()), slug(entry.name), view.slug)):
            path = f"{folder}/{name}.md"
            if slug(name) == name and (key := spelling(path)) not in taken:
                taken.add(key)
                found[path] = FormerPage(view, name, path)
    return tuple(page for _, page in sorted(found.items()))
