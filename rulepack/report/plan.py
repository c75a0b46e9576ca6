"""A plan, and what became of it, as text for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rulepack.deploy.apply import Applied
from rulepack.deploy.change import Change, Kind
from rulepack.deploy.plan import Plan
from rulepack.deploy.write import Outcome, Result
from rulepack.report.plan_fields import clipped, field_lines, shown
from rulepack.report.summary import counted

# What stands before a rule: what is written, what is not and should worry somebody, what is only told.
MARKS = {
    Kind.CREATE: "+",
    Kind.UPDATE: "~",
    Kind.BLOCKED: "!",
    Kind.BEHIND: "!",
    Kind.DUPLICATE: "!",
    Kind.UNREADABLE: "!",
    Kind.PREBUILT: "!",
    Kind.NOT_SELECTED: "-",
    Kind.KIBANA_ONLY: "?",
    Kind.UNCHANGED: "=",
}
# Of these there can be thousands, and none of them is work: the rest is counted.
_MOST = {Kind.PREBUILT: 20, Kind.KIBANA_ONLY: 20, Kind.UNCHANGED: 20}
_REST = {
    Kind.PREBUILT: "more that are prebuilt rules",
    Kind.KIBANA_ONLY: "more that are only in Kibana",
    Kind.UNCHANGED: "more unchanged ones with something to say",
}
# More new rules than this are counted by folder.
MOST_NEW = 50
_FEW = 5
_MOST_NAME = 200
_GREEN, _YELLOW, _RED = "32", "33", "31"
_COLOURS = {"+": _GREEN, "~": _YELLOW, "!": _RED}
_RESULT_COLOURS = {
    Result.CREATED: _GREEN,
    Result.UPDATED: _YELLOW,
    Result.FAILED: _RED,
    Result.NOT_ATTEMPTED: _RED,
}


def render(plan: Plan, *, colour: bool = False) -> str:
    """The plan for people: what is written field by field, what is not and why, and a line that sums it up."""
    lines: list[str] = []
    for kind, mark in MARKS.items():
        changes = plan.by_kind[kind]
        if kind is Kind.NOT_SELECTED:
            lines += _not_selected(changes)
            continue
        if kind is Kind.UNCHANGED:
            changes = tuple(change for change in changes if change.kibana_only or plan.missing_lists(change.body))
        if kind is Kind.CREATE and len(changes) > MOST_NEW:
            lines += _by_folder(changes, colour=colour)
            continue
        most = _MOST.get(kind, len(changes))
        for change in changes[:most]:
            lines += _change(plan, change, colour=colour)
        if len(changes) > most:
            lines.append(f"  {mark} and {len(changes) - most:,} {_REST[kind]}")
    return "\n".join([f"Plan for {shown(place(plan))}", "", *lines, *([""] if lines else []), sentence(plan), ""])


def place(plan: Plan) -> str:
    """Where a plan is for, and which stack version of the pack that gets, if it is another than the server's own."""
    version = plan.place.version
    if version is None or (version.major, version.minor) == (plan.target.major, plan.target.minor):
        return str(plan.place)
    missing = f"{version.major}.{version.minor} is not in its `stack`"
    return f"{plan.place}, which gets what the pack has for {plan.target}: {missing}"


def _by_folder(changes: Sequence[Change], *, colour: bool) -> Iterator[str]:
    """How many new rules each folder has."""
    head = _coloured("+ create", _GREEN, colour=colour)
    folders: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        folders[(change.file or "").rpartition("/")[0]].append(change)
    for folder, found in sorted(folders.items()):
        running = sum(1 for change in found if change.body.get("enabled"))
        enabled = f", {running:,} of them enabled" if running else ""
        yield f"  {head}: {counted(len(found), 'rule')}{enabled}  {shown(folder)}"


def _not_selected(changes: Sequence[Change]) -> Iterator[str]:
    """The rules that are not meant for this place, by reason; by name where they are few."""
    for reason in sorted({change.reason or "" for change in changes}):
        names = [change for change in changes if change.reason == reason]
        yield f"  - not selected, {shown(reason)}: {counted(len(names), 'rule')}"
        if len(names) <= _FEW:
            yield from (f"      {_name(change)}" for change in names)


def sentence(plan: Plan) -> str:
    """`2 to create, 1 to update, 27 unchanged; ...`: every rule is counted once."""
    count = {kind: len(changes) for kind, changes in plan.by_kind.items()}
    parts = [f"{count[Kind.CREATE]:,} to create, {count[Kind.UPDATE]:,} to update, {count[Kind.UNCHANGED]:,} unchanged"]
    for kind, words in (
        (Kind.BLOCKED, "blocked"),
        (Kind.BEHIND, "behind Kibana"),
        (Kind.DUPLICATE, "there several times"),
        (Kind.UNREADABLE, "unreadable"),
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


def _change(plan: Plan, change: Change, *, colour: bool) -> Iterator[str]:
    mark = MARKS[change.kind]
    enabled = ", enabled" if change.kind is Kind.CREATE and change.body.get("enabled") else ""
    head = _coloured(f"{mark} {change.kind}{enabled}", _COLOURS.get(mark), colour=colour)
    yield f"  {head}: {_name(change)}"
    yield from (f"      {line}" for line in notes(plan, change))
    for field in change.fields:
        yield from (f"      {line}" for line in field_lines(field))
    if change.kibana_only:
        yield f"      only in Kibana, and kept: {shown(_listed(change.kibana_only))}"


def notes(plan: Plan, change: Change) -> Iterator[str]:
    """What there is to say of a change besides its fields: why it is not written, which exception lists are missing."""
    if change.reason:
        yield shown(change.reason)
    switched_on = change.kind is Kind.CREATE or any(field.field == "enabled" for field in change.fields)
    consequence = ", so the rule will not be enabled" if switched_on and change.body.get("enabled") else ""
    for name in plan.missing_lists(change.body):
        yield shown(f"this space has no exception list {name}{consequence}")


def _name(change: Change) -> str:
    """A rule's name, and where to find it: its file, or in Kibana."""
    where = change.file or (f"rule_id {change.rule_id}" if change.rule_id else f"id {', '.join(change.ids)}")
    return f"{shown(clipped(change.name, _MOST_NAME))}  {shown(clipped(where, _MOST_NAME))}"


def _listed(names: Sequence[str]) -> str:
    """Names in a row, the first ones of many."""
    most = [clipped(name, _MOST_NAME) for name in names[:20]]
    return ", ".join(most) + (f" and {len(names) - len(most):,} more" if len(names) > len(most) else "")


def _coloured(text: str, colour_code: str | None, *, colour: bool) -> str:
    return f"\x1b[{colour_code}m{text}\x1b[0m" if colour and colour_code else text


def render_applied(plan: Plan, applied: Applied, *, colour: bool = False) -> str:
    """What became of each rule, and a line that sums it up."""
    lines = [f"  {_outcome(outcome, colour=colour)}" for outcome in applied.outcomes]
    return "\n".join([*lines, *([""] if lines else []), applied_sentence(plan, applied)]) + "\n"


def _outcome(outcome: Outcome, *, colour: bool) -> str:
    return f"{_coloured(outcome.result, _RESULT_COLOURS.get(outcome.result), colour=colour)}: {_name(outcome.change)}"


def applied_sentence(plan: Plan, applied: Applied) -> str:
    """`2 created, 1 updated, 27 unchanged`, and all that was not written although it should be."""
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
    refused = sum(
        len(plan.by_kind[kind]) for kind in (Kind.BLOCKED, Kind.BEHIND, Kind.DUPLICATE, Kind.UNREADABLE, Kind.PREBUILT)
    )
    if refused:
        parts.append(f"{refused:,} not deployed")
    return f"{', '.join(parts)} in {shown(str(plan.place))}"
