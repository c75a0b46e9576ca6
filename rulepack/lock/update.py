"""What becomes of the lock: which rules are new, changed, moved, deprecated or gone since it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from rulepack.content import Content, changed_fields
from rulepack.frozen import frozen
from rulepack.lock.entry import ACTIVE, ADDED, ADOPTED, DEPRECATED, FORMAT, MOST_EVENTS, REMOVED, Entry, Event
from rulepack.lock.entry import next_version as following
from rulepack.lock.store import Lock
from rulepack.project import FROM_FILE
from rulepack.rule import Rule
from rulepack.slug import slug


class What(StrEnum):
    """What became of a rule since the lock was written."""

    NEW = "new"
    CHANGED = "changed"
    RAISED = "raised"
    DEPRECATED = "deprecated"
    RESTORED = "restored"
    MOVED = "moved"
    REMOVED = "removed"
    SAME = "same"


@frozen
class Locked:
    """A rule as the lock looks at it: what names it, its content, and what its file says of its status."""

    rule_id: str
    name: str
    type: str
    file: str
    content: Content
    deprecated: bool = False
    reason: str | None = None
    replacement: str | None = None
    version: int | None = None

    @classmethod
    def of(cls, rule: Rule, content: Content) -> Locked:
        """The rule with its content."""
        meta = rule.metadata
        return cls(
            rule.rule_id,
            rule.name,
            rule.type,
            rule.file,
            content,
            rule.deprecated,
            meta.deprecated_reason or None,
            meta.replacement or None,
            rule.version,
        )


@frozen
class Step:
    """What becomes of one rule's entry: the entry before (None for a new rule) and after, and which fields changed."""

    what: What
    before: Entry | None
    after: Entry
    fields: tuple[str, ...] = ()


def step(lock: Lock, rule: Locked, day: str, policy: str, server: int = 0) -> Step:
    """What becomes of the entry of a rule that is there; `day` is today, as YYYY-MM-DD.

    With the policy `file`, the version is the file's own. `server` is the highest version of the rule on a server from
    which the pack was adopted: a rule that the lock does not know, or has a lower version of, goes above it. Raises
    ValueError where a version would be higher than there can be.
    """
    old = lock.entries.get(rule.rule_id)
    own = rule.version if policy == FROM_FILE else None
    if old is None:
        number = own or (following(server) if server else 1)
        event = Event(version=number, date=day, changed=(ADOPTED if server and own is None else ADDED,), stack=None)
        return Step(What.NEW, None, new_entry(rule, day, event))
    fields = changed_fields(old.fields, rule.content.digests) if old.hash != rule.content.hash else ()
    # One content, other digests: it was locked under another scheme, and has not changed for anybody to see.
    changed = old.hash != rule.content.hash
    new = _named(old, rule, day)
    if own is not None:
        if own != old.version:
            return Step(What.CHANGED if changed else What.RAISED, old, _versioned(new, rule, own, fields, day), fields)
        new = replace(new, hash=rule.content.hash, fields=rule.content.digests) if not changed else new
    elif changed or server > old.version:
        number = following(max(old.highest, server if server > old.version else 0))
        shown = fields if changed else (ADOPTED,)
        what = What.CHANGED if changed else What.RAISED
        return Step(what, old, _versioned(new, rule, number, shown, day), fields)
    return Step(_what(old, new), old, new)


def gone(lock: Lock, rule_ids: Iterable[str], day: str, *, remove: bool = False) -> Iterator[Step]:
    """What becomes of the entries of rules that are not there any more.

    A rule that was deprecated is marked as removed. One that was not stays as it is, which `check_lock` reports, unless
    `remove` says that it was meant.
    """
    there = set(rule_ids)
    for entry in lock.living:
        if entry.rule_id not in there and (remove or entry.status == DEPRECATED):
            yield Step(What.REMOVED, entry, replace(entry, status=REMOVED, removed=day))


def new_entry(rule: Locked, day: str, event: Event) -> Entry:
    """The entry of a rule that the lock does not know, with its first version."""
    return Entry(
        lock=FORMAT,
        rule_id=rule.rule_id,
        name=rule.name,
        type=rule.type,
        file=rule.file,
        status=DEPRECATED if rule.deprecated else ACTIVE,
        reason=rule.reason if rule.deprecated else None,
        replacement=rule.replacement if rule.deprecated else None,
        version=event.version,
        hash=rule.content.hash,
        created=day,
        updated=day,
        deprecated=day if rule.deprecated else None,
        removed=None,
        former=None,
        fields=rule.content.digests,
        history=(event,),
    )


def _named(old: Entry, rule: Locked, day: str) -> Entry:
    """The entry with what names the rule now, and with its status."""
    former = [*(old.former or ())]
    if slug(old.name) != slug(rule.name):
        former = [*(one for one in former if one != slug(rule.name)), slug(old.name)]
    newly = rule.deprecated and (old.status != DEPRECATED or old.deprecated is None)
    return replace(
        old,
        name=rule.name,
        type=rule.type,
        file=rule.file,
        status=DEPRECATED if rule.deprecated else ACTIVE,
        reason=rule.reason if rule.deprecated else None,
        replacement=rule.replacement if rule.deprecated else None,
        deprecated=day if newly else old.deprecated,
        removed=None,
        former=tuple(dict.fromkeys(former)) or None,
    )


def _versioned(entry: Entry, rule: Locked, version: int, changed: tuple[str, ...], day: str) -> Entry:
    event = Event(version=version, date=day, changed=changed, stack=None)
    return replace(
        entry,
        version=version,
        hash=rule.content.hash,
        fields=rule.content.digests,
        updated=day,
        history=(event, *entry.history)[:MOST_EVENTS],
    )


def _what(old: Entry, new: Entry) -> What:
    if old.status != new.status:
        return What.DEPRECATED if new.status == DEPRECATED else What.RESTORED
    return What.SAME if old == new else What.MOVED
