"""A plan, and what became of it, as Markdown for a job summary."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.deploy.apply import Applied
from rulepack.deploy.change import Change, Kind
from rulepack.deploy.plan import Plan
from rulepack.deploy.write import Result
from rulepack.report.markdown import cell
from rulepack.report.plan import applied_sentence, notes, place, sentence
from rulepack.report.plan_fields import clipped, field_lines

# A job summary may have a megabyte; a reader has less patience.
MOST_ROWS = 200
_MOST_LINES = 12
_MOST_VALUE = 200


def render(plan: Plan) -> str:
    """The plan for a job summary: a sentence, and a table of what is written, and of what is not and why."""
    lines = [f"### Plan for {cell(place(plan))}", "", f"{cell(sentence(plan))}."]
    quiet = {Kind.UNCHANGED, Kind.KIBANA_ONLY}
    shown = [
        change
        for change in plan.changes
        if change.kind not in quiet or change.kibana_only or plan.missing_lists(change.body)
    ]
    # The rules that only Kibana has are nobody's work here: they come last.
    shown += plan.by_kind[Kind.KIBANA_ONLY]
    if shown:
        lines += ["", "| | Rule | File | What |", "|---|---|---|---|"]
        lines += [_row(plan, change) for change in shown[:MOST_ROWS]]
    if len(shown) > MOST_ROWS:
        lines += ["", f"And {len(shown) - MOST_ROWS:,} more."]
    return "\n".join(lines) + "\n"


def render_applied(plan: Plan, applied: Applied) -> str:
    """What became of a plan: a sentence, and a table of what failed first and of the rest then."""
    lines = [f"### Deployed to {cell(str(plan.place))}", "", f"{cell(applied_sentence(plan, applied))}."]
    order = [Result.FAILED, Result.NOT_ATTEMPTED, Result.CREATED, Result.UPDATED, Result.UNCHANGED]
    outcomes = sorted(applied.outcomes, key=lambda one: order.index(one.result))
    if outcomes:
        lines += ["", "| | Rule | File | Why |", "|---|---|---|---|"]
    for outcome in outcomes[:MOST_ROWS]:
        why = "; ".join(found.message for found in outcome.diagnostics)
        if outcome.result is Result.NOT_ATTEMPTED:
            why = applied.stopped or ""
        name, file = cell(clipped(outcome.change.name, _MOST_VALUE)), _code(outcome.change.file or "")
        lines.append(f"| {outcome.result} | {name} | {file} | {cell(clipped(why, 2 * _MOST_VALUE))} |")
    if len(outcomes) > MOST_ROWS:
        lines += ["", f"And {len(outcomes) - MOST_ROWS:,} more."]
    return "\n".join(lines) + "\n"


def _row(plan: Plan, change: Change) -> str:
    enabled = ", enabled" if change.kind is Kind.CREATE and change.body.get("enabled") else ""
    what = "<br>".join(_what(plan, change))
    name = cell(clipped(change.name, _MOST_VALUE))
    return f"| {change.kind}{enabled} | {name} | {_code(change.file or '')} | {what} |"


def _what(plan: Plan, change: Change) -> Iterator[str]:
    yield from (cell(clipped(note, _MOST_VALUE)) for note in notes(plan, change))
    for field in change.fields:
        yield from (_code(clipped(line.strip(), _MOST_VALUE)) for line in field_lines(field, _MOST_LINES))
    if change.kibana_only:
        yield f"only in Kibana, and kept: {cell(clipped(', '.join(change.kibana_only), 2 * _MOST_VALUE))}"


def _code(value: str) -> str:
    return f"<code>{cell(value)}</code>" if value else ""
