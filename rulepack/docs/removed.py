"""Rules that are given up: deprecated ones, and removed ones, whose pages stay where they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rulepack.docs.brief import Brief
from rulepack.docs.page import spelling
from rulepack.frozen import frozen
from rulepack.lock.entry import REMOVED, Entry
from rulepack.lock.store import Lock
from rulepack.slug import slug

ACTIVE_FOLDER, DEPRECATED_FOLDER = "rules", "rules/deprecated"


@frozen
class Retired:
    """A rule that is deprecated, or that the pack does not have any more.

    `date` is the day of that, or empty where nothing says it; `replaced_by` is the rule with the rule_id `replacement`,
    if the pack has it. `path` is its page's, without its kind; empty for a removed rule whose address is another's now.
    `addresses` are all that lead to the page of a removed rule.
    """

    rule_id: str
    name: str
    path: str
    date: str = ""
    reason: str = ""
    replacement: str = ""
    replaced_by: Brief | None = None
    addresses: tuple[str, ...] = ()


@frozen
class RemovedPage:
    """A page where that of a removed rule was: `slug` is its name there, `path` its path in docs-out."""

    retired: Retired
    slug: str
    path: str

    @property
    def up(self) -> str:
        """The way from the page to docs-out."""
        return "../" * self.path.count("/")


def deprecated_rules(briefs: Iterable[Brief], lock: Lock) -> tuple[Retired, ...]:
    """The deprecated ones of a pack's rules, by name."""
    listed = tuple(briefs)
    known = _by_id(listed)
    found = []
    for one in listed:
        if one.deprecated:
            entry = lock.entries.get(one.rule_id)
            day = one.deprecation_date or (entry.deprecated if entry is not None else "") or ""
            other = known.get(one.replacement) if one.replacement != one.rule_id else None
            found.append(Retired(one.rule_id, one.name, one.path, day, one.reason, one.replacement, other))
    return _by_name(found)


def removed_rules(briefs: Iterable[Brief], lock: Lock) -> tuple[Retired, ...]:
    """The rules that the lock knows and a pack does not have any more, by name. `briefs` are all that it has.

    An address that a rule of the pack has now, or had once, is that rule's; one that two removed rules had belongs to
    the one that was removed last.
    """
    listed = tuple(briefs)
    known = _by_id(listed)
    taken = {address for brief in listed for address in _claimed(brief, lock.entries.get(brief.rule_id))}
    gone = sorted(
        (entry for rule_id, entry in lock.entries.items() if rule_id not in known), key=lambda one: one.rule_id
    )
    found = []
    for entry in sorted(gone, key=lambda one: one.removed or "", reverse=True):
        addresses = []
        for address in _addresses(entry):
            if (key := spelling(address)) not in taken:
                taken.add(key)
                addresses.append(address)
        found.append(_retired(entry, tuple(addresses), known))
    return _by_name(found)


def removed_pages(removed: Iterable[Retired], folder: str) -> tuple[RemovedPage, ...]:
    """The pages of removed rules at addresses in a folder (`rules` or `rules/deprecated`), by path."""
    found = []
    for rule in removed:
        for address in rule.addresses:
            above, _, name = address.rpartition("/")
            if above == folder:
                found.append(RemovedPage(rule, name, f"{address}.md"))
    return tuple(sorted(found, key=lambda page: page.path))


def _by_id(briefs: tuple[Brief, ...]) -> dict[str, Brief]:
    return {brief.rule_id: brief for brief in reversed(briefs)}


def _by_name(found: Iterable[Retired]) -> tuple[Retired, ...]:
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.rule_id)))


def _retired(entry: Entry, addresses: tuple[str, ...], known: Mapping[str, Brief]) -> Retired:
    day = entry.removed or "" if entry.status == REMOVED else ""
    named = entry.replacement or ""
    name = " ".join(entry.name.split())
    path = addresses[0] if addresses else ""
    return Retired(entry.rule_id, name, path, day, entry.reason or "", named, known.get(named), addresses)


def _addresses(entry: Entry) -> Iterator[str]:
    """Where the page of a rule has been, the last address first."""
    # Whatever the file says: a name with a slash in it would be another folder.
    names = [name for name in dict.fromkeys((slug(entry.name), *(entry.former or ()))) if slug(name) == name]
    folders = (DEPRECATED_FOLDER, ACTIVE_FOLDER) if entry.deprecated is not None else (ACTIVE_FOLDER,)
    yield from (f"{folder}/{name}" for folder in folders for name in names)


def _claimed(brief: Brief, entry: Entry | None) -> Iterator[str]:
    """The addresses that are a rule's own, or lead to it, as file systems have them."""
    yield brief.spelling
    if entry is not None:
        # As `history.former_pages` has them.
        names = (*(entry.former or ()), slug(entry.name), brief.slug)
        folders = (ACTIVE_FOLDER, DEPRECATED_FOLDER) if entry.deprecated is not None else (ACTIVE_FOLDER,)
        yield from (spelling(f"{folder}/{name}") for folder in folders for name in names)
