"""A plan, and what became of it, as Markdown for a job summary."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.deploy.apply import Applied, Result
from rulepack.deploy.change import Change, Kind
from rulepack.deploy.plan import Plan
from rulepack.report.markdown import cell
from rulepack.report.plan import applied_sentence, as_text, sentence

# A job summary may have a megabyte; a reader has less patience.
MOST_ROWS = 200
_MOST_VALUE = 200


def render(plan: Plan) -> str:
    """The plan for a job summary: a sentence, and a table of all that is not unchanged."""
    lines = [f"### Plan for {cell(str(plan.place))}", "", f"{cell(sentence(plan))}."]
    shown = [change for change in plan.changes if change.kind not in {Kind.UNCHANGED, Kind.KIBANA_ONLY}]
    if shown:
        lines += ["", "| | Rule | File | What |", "|---|---|---|---|"]
        lines += [_row(change) for change in shown[:MOST_ROWS]]
    if len(shown) > MOST_ROWS:
        lines += ["", f"And {len(shown) - MOST_ROWS:,} more."]
    return "\n".join(lines) + "\n"


def render_applied(plan: Plan, applied: Applied) -> str:
    """What became of a plan: a sentence, and a table of what failed."""
    lines = [f"### Deployed to {cell(str(plan.place))}", "", f"{cell(applied_sentence(plan, applied))}."]
    failed = [one for one in applied.outcomes if one.result in {Result.FAILED, Result.NOT_ATTEMPTED}]
    if failed:
        lines += ["", "| | Rule | File | Why |", "|---|---|---|---|"]
        for outcome in failed[:MOST_ROWS]:
            why = "; ".join(found.message for found in outcome.diagnostics)
            name, file = cell(outcome.change.name), _code(outcome.change.file or "")
            lines.append(f"| {outcome.result} | {name} | {file} | {cell(why)} |")
    return "\n".join(lines) + "\n"


def _row(change: Change) -> str:
    what = "<br>".join(_what(change))
    return f"| {change.kind} | {cell(change.name)} | {_code(change.file or '')} | {what} |"


def _what(change: Change) -> Iterator[str]:
    if change.reason:
        yield cell(change.reason)
    for field in change.fields:
        old, new = (_short(as_text(value)) for value in (field.old, field.new))
        yield f"{_code(field.field)}: {_code(old)} → {_code(new)}"
    if change.kibana_only:
        yield f"only in Kibana, and kept: {cell(', '.join(change.kibana_only))}"


def _code(value: str) -> str:
    return f"<code>{cell(value)}</code>" if value else ""


def _short(value: str) -> str:
    return value if len(value) <= _MOST_VALUE else value[: _MOST_VALUE - 1] + "…"
