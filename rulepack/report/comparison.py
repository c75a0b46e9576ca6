"""What differs between two packages, revisions or servers, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.package.compare import Comparison, Kind, RuleChange
from rulepack.report.plan_fields import clipped, field_lines, shown
from rulepack.report.summary import counted

_MARKS = {
    Kind.ADDED: ("+", "32"),
    Kind.CHANGED: ("~", "33"),
    Kind.DEPRECATED: ("!", "33"),
    Kind.RESTORED: ("+", "32"),
    Kind.REMOVED: ("-", "31"),
}
_MOST_NAME = 200


def render(comparison: Comparison, *, colour: bool = False) -> str:
    """Each rule that differs, field by field, and a line that sums it up."""
    lines = [line for change in comparison.changes for line in _change(change, colour=colour)]
    lines += [line for change in comparison.lists for line in _change(change, "exception list ", colour=colour)]
    head = f"{shown(comparison.old)} -> {shown(comparison.new)}"
    return "\n".join([head, "", *lines, *([""] if lines else []), sentence(comparison), ""])


def sentence(comparison: Comparison) -> str:
    """`2 added, 1 changed, 27 the same`: every rule is counted once."""
    parts = [f"{len(comparison.of(kind)):,} {kind}" for kind in Kind if comparison.of(kind)]
    said = ", ".join([*parts, f"{comparison.same:,} the same"]) if parts else f"no difference in {_rules(comparison)}"
    lists = len(comparison.lists)
    return f"{said}; {counted(lists, 'exception list')} {'differs' if lists == 1 else 'differ'}" if lists else said


def _rules(comparison: Comparison) -> str:
    return counted(comparison.same, "rule")


def _change(change: RuleChange, what: str = "", *, colour: bool) -> Iterator[str]:
    mark, code = _MARKS[change.kind]
    head = f"{mark} {change.kind}"
    head = f"\x1b[{code}m{head}\x1b[0m" if colour else head
    version = versions(change)
    where = f"  {shown(clipped(change.file, _MOST_NAME))}" if change.file else ""
    yield f"  {head}: {what}{shown(clipped(change.name, _MOST_NAME))}{f' ({version})' if version else ''}{where}"
    for note in notes(change):
        yield f"      {shown(note)}"
    for field in change.fields:
        yield from (f"      {line}" for line in field_lines(field))


def versions(change: RuleChange) -> str:
    """`version 3`, or `version 3 -> 4`; empty where no side has one."""
    old, new = change.old_version, change.new_version
    if old is None and new is None:
        return ""
    if None in (old, new) or old == new:
        return f"version {old if new is None else new}"
    return f"version {old} -> {new}"


def notes(change: RuleChange) -> Iterator[str]:
    """What there is to say of a change besides its fields."""
    if change.old_name is not None:
        yield f"was called {change.old_name}"
    if change.reason:
        yield f"because: {change.reason}"
    if change.replacement:
        yield f"replaced by {change.replacement_name or change.replacement}"
