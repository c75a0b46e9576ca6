"""A plan, and what became of it, as text for a terminal."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from rulepack.deploy.apply import Applied, Outcome, Result
from rulepack.deploy.change import Change, FieldChange, Kind
from rulepack.deploy.plan import Plan
from rulepack.report.plain import visible
from rulepack.report.summary import counted

# What stands before a rule: what is written, what is not and should worry somebody, what is only told.
MARKS = {
    Kind.CREATE: "+",
    Kind.UPDATE: "~",
    Kind.BLOCKED: "!",
    Kind.DUPLICATE: "!",
    Kind.PREBUILT: "!",
    Kind.NOT_SELECTED: "-",
    Kind.KIBANA_ONLY: "?",
}
# Rules that only Kibana has can be thousands, and are nobody's work here.
MOST_OTHERS = 20
_FEW = 5
_SHORT = 60
_CONTEXT = 2
_COLOURS = {"+": "32", "~": "33", "!": "31"}


def render(plan: Plan, *, colour: bool = False) -> str:
    """The plan for people: what is written field by field, what is not and why, and a line that sums it up."""
    lines = [f"Plan for {visible(str(plan.place))}", ""]
    for kind, mark in MARKS.items():
        changes = plan.by_kind[kind]
        if kind is Kind.NOT_SELECTED:
            lines += _not_selected(changes)
            continue
        shown = changes if kind is not Kind.KIBANA_ONLY else changes[:MOST_OTHERS]
        for change in shown:
            lines += _change(change, mark, colour=colour)
        if len(shown) < len(changes):
            lines.append(f"  {mark} and {len(changes) - len(shown):,} more that are only in Kibana")
    quiet = [change for change in plan.by_kind[Kind.UNCHANGED] if change.kibana_only]
    for change in quiet:
        lines += _change(change, "=", colour=colour)
    if len(lines) > 2:  # noqa: PLR2004 (there is more than the heading)
        lines.append("")
    lines.append(sentence(plan))
    return "\n".join(lines) + "\n"


def _not_selected(changes: tuple[Change, ...]) -> Iterator[str]:
    """The rules that are not meant for this place, by reason; by name where they are few."""
    for reason in sorted({change.reason or "" for change in changes}):
        names = [change for change in changes if change.reason == reason]
        yield f"  - not selected, {visible(reason)}: {counted(len(names), 'rule')}"
        if len(names) <= _FEW:
            yield from (f"      {visible(change.name)}  {visible(change.file or '')}" for change in names)


def sentence(plan: Plan) -> str:
    """`2 to create, 1 to update, 27 unchanged; ...`: every rule is counted once."""
    count = {kind: len(changes) for kind, changes in plan.by_kind.items()}
    parts = [f"{count[Kind.CREATE]:,} to create, {count[Kind.UPDATE]:,} to update, {count[Kind.UNCHANGED]:,} unchanged"]
    for kind, words in (
        (Kind.BLOCKED, "blocked"),
        (Kind.DUPLICATE, "there several times"),
        (Kind.PREBUILT, "prebuilt"),
        (Kind.NOT_SELECTED, "not selected"),
    ):
        if count[kind]:
            parts.append(f"{count[kind]:,} {words}")
    in_kibana = []
    if count[Kind.KIBANA_ONLY]:
        in_kibana.append(f"{counted(count[Kind.KIBANA_ONLY], 'rule')} only in Kibana")
    if plan.prebuilt:
        in_kibana.append(f"{counted(plan.prebuilt, 'prebuilt rule')} there")
    return ", ".join(parts) + (f"; {', '.join(in_kibana)}" if in_kibana else "")


def _change(change: Change, mark: str, *, colour: bool) -> Iterator[str]:
    name = visible(change.name)
    where = f"  {visible(change.file)}" if change.file else f"  rule_id {visible(change.rule_id)}"
    head = f"{mark} {change.kind if change.kind is not Kind.UNCHANGED else 'unchanged'}"
    if colour and mark in _COLOURS:
        head = f"\x1b[{_COLOURS[mark]}m{head}\x1b[0m"
    yield f"  {head}: {name}{where}"
    if change.reason:
        yield f"      {visible(change.reason)}"
    for field in change.fields:
        yield from (f"      {line}" for line in field_lines(field))
    if change.kibana_only:
        yield f"      only in Kibana, and kept: {visible(', '.join(change.kibana_only))}"


def field_lines(change: FieldChange) -> Iterator[str]:
    """A field's old and new value: on one line where both are short, else the lines that differ."""
    old, new = as_text(change.old), as_text(change.new)
    if len(old) <= _SHORT and len(new) <= _SHORT and "\n" not in old + new:
        yield visible(f"{change.field}: {old} -> {new}")
        return
    yield visible(f"{change.field}:")
    before, after = (_lines(value) for value in (change.old, change.new))
    for line in list(difflib.unified_diff(before, after, lineterm="", n=_CONTEXT))[2:]:
        yield "  " + visible(line)


def as_text(value: Any) -> str:
    """A value as JSON on one line; nothing where there is none."""
    return "(none)" if value is None else json.dumps(value, ensure_ascii=False)


def _lines(value: Any) -> list[str]:
    """A value's lines for a difference: a text's own, or those of JSON."""
    if value is None:
        return []
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return [line.rstrip() for line in text.split("\n")]


def render_applied(plan: Plan, applied: Applied) -> str:
    """What became of each rule, and a line that sums it up."""
    lines = [f"  {_outcome(outcome)}" for outcome in applied.outcomes]
    return "\n".join([*lines, *([""] if lines else []), applied_sentence(plan, applied)]) + "\n"


def _outcome(outcome: Outcome) -> str:
    return f"{outcome.result}: {visible(outcome.change.name)}  {visible(outcome.change.file or '')}"


def applied_sentence(plan: Plan, applied: Applied) -> str:
    """`2 created, 1 updated, 27 unchanged`."""
    unchanged = applied.count(Result.UNCHANGED) + len(plan.by_kind[Kind.UNCHANGED])
    parts = [
        f"{applied.count(Result.CREATED):,} created",
        f"{applied.count(Result.UPDATED):,} updated",
        f"{unchanged:,} unchanged",
    ]
    parts += [
        f"{applied.count(result):,} {result}"
        for result in (Result.FAILED, Result.NOT_ATTEMPTED)
        if applied.count(result)
    ]
    return f"{', '.join(parts)} in {visible(str(plan.place))}"
