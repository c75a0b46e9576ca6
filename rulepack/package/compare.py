"""Two sides compared, rule by rule and field by field: packages, revisions, servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from rulepack.content import changed_fields, of_body
from rulepack.fit import Standing
from rulepack.frozen import frozen
from rulepack.package.manifest import PackagedRule
from rulepack.stack import StackVersion

Payload = Mapping[str, Any]
ListKey = tuple[str, str]


class Kind(StrEnum):
    """What became of a rule from one side to the other."""

    ADDED = "added"
    CHANGED = "changed"
    DEPRECATED = "deprecated"
    RESTORED = "restored"
    REMOVED = "removed"


@frozen
class FieldChange:
    """A field that differs: what it was and what it is; None where it is not there."""

    field: str
    old: Any
    new: Any


@frozen
class RuleChange:
    """A rule that differs: what became of it, its versions on both sides, and the fields that differ."""

    kind: Kind
    rule_id: str
    name: str
    file: str = ""
    old_version: int | None = None
    new_version: int | None = None
    fields: tuple[FieldChange, ...] = ()
    reason: str | None = None
    replacement: str | None = None
    replacement_name: str | None = None
    old_name: str | None = None


@frozen(slots=False)
class Side:
    """One of two sides: what it is called, its rules by rule_id, and how to get the body of one.

    `body` is asked for a stack version that the rule fits, or with None for the newest of these. `stack` are the stack
    versions that the side has something for; a server has none. Of the files `unread` nobody knows what is in them.
    `lists` are the exception lists as `lists_of` gives them; None where they are not to be compared. `exact` says that
    bodies are files, which may hold more than the rules' own content, or another: they are compared whatever the hashes
    say.
    """

    label: str
    rules: Mapping[str, PackagedRule]
    body: Callable[[PackagedRule, StackVersion | None], Payload]
    stack: tuple[StackVersion, ...] = ()
    unread: tuple[str, ...] = ()
    lists: Mapping[ListKey, Payload] | None = None
    exact: bool = False


@frozen
class Comparison:
    """What differs between two sides: the rules, in the order of kinds and names; and how many are the same.

    `unread` are files of either side that could not be read: what is in them is not compared. `lists` are the exception
    lists that differ, each under its list_id, with its items as fields.
    """

    old: str
    new: str
    changes: tuple[RuleChange, ...]
    same: int
    unread: tuple[str, ...] = ()
    lists: tuple[RuleChange, ...] = ()

    def of(self, kind: Kind) -> tuple[RuleChange, ...]:
        """The changes of one kind."""
        return tuple(one for one in self.changes if one.kind is kind)


def compare(old: Side, new: Side) -> Comparison:
    """What changes from one side to the other."""
    changes = []
    same = 0
    for rule_id in sorted({*old.rules, *new.rules}):
        before, after = old.rules.get(rule_id), new.rules.get(rule_id)
        if (after is None and before and before.file in new.unread) or (
            not before and after and after.file in old.unread
        ):
            # It may well be there, in a file that cannot be read.
            continue
        change = _change(old, before, new, after)
        if change is None:
            same += 1
        else:
            changes.append(change)
    return Comparison(old.label, new.label, arranged(changes), same, (*old.unread, *new.unread), _lists(old, new))


def lists_of(objects: Iterable[Payload]) -> dict[ListKey, Payload]:
    """Exception lists by list_id and namespace: the fields of each, and each of its items as one more."""
    found: dict[ListKey, dict[str, Any]] = {}
    for one in objects:
        key = (one["list_id"], one.get("namespace_type") or "single")
        fields = {name: value for name, value in one.items() if name not in ("list_id", "namespace_type", "item_id")}
        into = found.setdefault(key, {})
        into.update({f"item {one['item_id']}": fields} if "item_id" in one else fields)
    return dict(found)


def _lists(old: Side, new: Side) -> tuple[RuleChange, ...]:
    if old.lists is None or new.lists is None:
        return ()
    changes = []
    for key in sorted({*old.lists, *new.lists}):
        before, after = old.lists.get(key), new.lists.get(key)
        name = str((after or before or {}).get("name"))
        if before is None or after is None:
            changes.append(RuleChange(Kind.ADDED if before is None else Kind.REMOVED, key[0], name))
        elif before != after:
            names = [one for one in {**before, **after} if before.get(one) != after.get(one)]
            fields = tuple(FieldChange(one, before.get(one), after.get(one)) for one in names)
            changes.append(RuleChange(Kind.CHANGED, key[0], name, fields=fields))
    return arranged(changes)


_OPPOSITES = {Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED}


def turned(comparison: Comparison) -> Comparison:
    """The comparison of the same sides, the other way round."""
    changes, lists = (arranged(map(_turned, each)) for each in (comparison.changes, comparison.lists))
    return Comparison(comparison.new, comparison.old, changes, comparison.same, comparison.unread, lists)


def _turned(change: RuleChange) -> RuleChange:
    return replace(
        change,
        kind=_OPPOSITES.get(change.kind, change.kind),
        name=change.old_name or change.name,
        old_name=change.name if change.old_name is not None else None,
        old_version=change.new_version,
        new_version=change.old_version,
        fields=tuple(FieldChange(one.field, one.new, one.old) for one in change.fields),
    )


def arranged(changes: Iterable[RuleChange]) -> tuple[RuleChange, ...]:
    """Changes in the order of kinds, and then of names."""
    order = list(Kind)
    return tuple(sorted(changes, key=lambda one: (order.index(one.kind), one.name.casefold(), one.rule_id)))


def _change(old: Side, before: PackagedRule | None, new: Side, after: PackagedRule | None) -> RuleChange | None:
    if after is None:
        assert before is not None
        # One that was deprecated is gone as it was announced; it is listed all the same.
        return RuleChange(Kind.REMOVED, before.rule_id, before.name, before.file, before.version, None)
    if before is None:
        kind = Kind.DEPRECATED if after.deprecated else Kind.ADDED
        return _with_names(_named(kind, after, None, after.version), new)
    if after.deprecated and not before.deprecated:
        return _with_names(_named(Kind.DEPRECATED, after, before.version, after.version), new)
    looks_alike = before.hash == after.hash and not (old.exact and new.exact)
    fields = (*(() if looks_alike else _fields(old, before, new, after)), *_stacks(old, before, new, after))
    if before.deprecated and not after.deprecated:
        return _named(Kind.RESTORED, after, before.version, after.version, fields)
    if before.hash == after.hash and before.version == after.version and not fields:
        return None
    renamed = before.name if before.name != after.name else None
    return _named(Kind.CHANGED, after, before.version, after.version, fields, renamed)


def _stacks(old: Side, before: PackagedRule, new: Side, after: PackagedRule) -> tuple[FieldChange, ...]:
    """Whether other stack versions get a rule than before, of those that both sides have."""
    both = [stack for stack in old.stack if stack in new.stack]
    if not before.fits or not after.fits:
        return ()
    had, has = (
        [str(one) for one in both if rule.fit(one).standing is not Standing.LEFT_OUT] for rule in (before, after)
    )
    return (FieldChange("(stack versions)", had, has),) if had != has else ()


def _with_names(change: RuleChange, new: Side) -> RuleChange:
    """The change with the name of the rule that replaces it, where that is known."""
    other = new.rules.get(change.replacement or "")
    return replace(change, replacement_name=other.name) if other is not None else change


def _named(
    kind: Kind,
    rule: PackagedRule,
    old: int | None,
    new: int | None,
    fields: tuple[FieldChange, ...] = (),
    old_name: str | None = None,
) -> RuleChange:
    reason, replacement = (rule.reason, rule.replacement) if rule.deprecated else (None, None)
    return RuleChange(kind, rule.rule_id, rule.name, rule.file, old, new, fields, reason, replacement, None, old_name)


def _fields(old: Side, before: PackagedRule, new: Side, after: PackagedRule) -> tuple[FieldChange, ...]:
    ours, theirs = old.body(before, None), new.body(after, None)
    names = changed_fields(of_body(ours).digests, of_body(theirs).digests)
    return tuple(FieldChange(name, ours.get(name), theirs.get(name)) for name in names)
