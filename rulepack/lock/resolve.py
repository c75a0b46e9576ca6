"""Repairs of a lock: files that git could not merge, and versions that went back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rulepack.frozen import frozen
from rulepack.lock.entry import MERGED, MOST_EVENTS, Entry, Event
from rulepack.lock.entry import next_version as following
from rulepack.lock.store import Lock, read_entry
from rulepack.lock.update import Locked, step
from rulepack.project import FROM_CONTENT, FROM_FILE
from rulepack.slug import slug
from rulepack.source import Source, parse_source


@frozen
class Unresolved:
    """A file that cannot be repaired, and why."""

    name: str
    reason: str


def resolve(
    lock: Lock, rules: Mapping[str, Locked], day: str, base: Lock | None = None, policy: str = FROM_CONTENT
) -> Iterator[Entry | Unresolved]:
    """The entries of files that git could not merge, and of rules whose version went back, as they should be.

    Where both sides gave a rule the same version for different contents, it gets the next one, since either may have
    been given out. `rules` are the rules as they are now, `base` the lock at another revision that counts as well.
    """
    for name, text in sorted(lock.conflicted.items()):
        try:
            yield _merged(name, text, rules, day, policy)
        except ValueError as error:
            yield Unresolved(name, str(error))
    for rule_id, entry in sorted(lock.entries.items()):
        old = base.entries.get(rule_id) if base is not None else None
        least = max(entry.highest, old.highest if old is not None else 0)
        reused = old is not None and old.version == entry.version and old.hash != entry.hash
        if entry.version < least or reused:
            try:
                yield _raised(entry, following(least), day)
            except ValueError as error:
                yield Unresolved(entry.path, str(error))
    for rule_id, old in sorted(base.entries.items()) if base is not None else ():
        if rule_id not in lock.entries and old.path not in lock.conflicted:
            yield old


def sides(text: str) -> tuple[str, str]:
    """The two texts that git could not merge: what stands between the markers belongs to one, all else to both.

    Raises ValueError where a marker is missing.
    """
    ours: list[str] = []
    theirs: list[str] = []
    side = "both"
    for line in text.split("\n"):
        if line.startswith("<<<<<<< ") and side == "both":
            side = "ours"
        elif line.startswith("||||||| ") and side == "ours":
            side = "base"
        elif line.rstrip("\r") == "=======" and side in ("ours", "base"):
            side = "theirs"
        elif line.startswith(">>>>>>> ") and side == "theirs":
            side = "both"
        else:
            if side in ("both", "ours"):
                ours.append(line)
            if side in ("both", "theirs"):
                theirs.append(line)
    if side != "both":
        raise ValueError("the markers that git wrote are not all there")
    return "\n".join(ours), "\n".join(theirs)


def _merged(name: str, text: str, rules: Mapping[str, Locked], day: str, policy: str) -> Entry | Unresolved:
    both = []
    for side in sides(text):
        source = parse_source(name, side)
        entry, problems = read_entry(source, name) if isinstance(source, Source) else (None, [source])
        if entry is None:
            return Unresolved(name, f"one of its two sides is no entry: {problems[0].message}")
        both.append(entry)
    ours, theirs = both
    first, second = (ours, theirs) if ours.version >= theirs.version else (theirs, ours)
    rule = rules.get(first.rule_id)
    result = replace(
        first,
        created=min(ours.created, theirs.created),
        former=_former(ours, theirs, rules.get(ours.rule_id)),
        history=_history(ours, theirs),
    )
    if first.version == second.version and first.hash != second.hash:
        if rule is not None and policy == FROM_FILE and (rule.version or 0) <= result.highest:
            reason = f"both sides have version {first.version} for other contents"
            return Unresolved(
                name, f"{reason}: set version = {following(result.highest)} in {rule.file}, and run again"
            )
        if policy != FROM_FILE:
            result = _raised(result, following(result.highest), day)
        if rule is not None:
            # What the two became together is what this version is for.
            result = replace(result, hash=rule.content.hash, fields=rule.content.digests)
    if rule is None:
        return result
    return step(Lock({rule.rule_id: result}), rule, day, policy).after


def _raised(entry: Entry, version: int, day: str) -> Entry:
    event = Event(version=version, date=day, changed=(MERGED,), stack=None)
    return replace(entry, version=version, updated=day, history=(event, *entry.history)[:MOST_EVENTS])


def _former(ours: Entry, theirs: Entry, rule: Locked | None) -> tuple[str, ...] | None:
    """The names that the rule's page had on either side, and on one of them now, if both renamed the rule."""
    now = slug(rule.name if rule is not None else ours.name)
    names = (*(ours.former or ()), *(theirs.former or ()), slug(ours.name), slug(theirs.name))
    return tuple(dict.fromkeys(name for name in names if name != now)) or None


def _history(ours: Entry, theirs: Entry) -> tuple[Event, ...]:
    """The versions of both sides, the newest first; one that both gave out has the fields of both."""
    by_version: dict[tuple[int, str | None], Event] = {}
    for event in (*ours.history, *theirs.history):
        key = (event.version, event.stack)
        known = by_version.get(key)
        if known is not None and known != event:
            changed = tuple(dict.fromkeys((*known.changed, *event.changed)))
            event = replace(event, date=max(event.date, known.date), changed=changed)  # noqa: PLW2901 (joined)
        by_version[key] = event
    return tuple(event for _, event in sorted(by_version.items(), key=lambda one: (-one[0][0], one[0][1] or "")))
