"""Diagnostics for a GitHub workflow: annotations, within the number that GitHub shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulepack.diagnostics import Severity
from rulepack.report import summary, text
from rulepack.report.plain import visible

if TYPE_CHECKING:
    from rulepack.diagnostics import Diagnostic
    from rulepack.report import Result

# Of each kind, for one step; GitHub drops the rest without a word.
LIMIT = 10
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(result: Result) -> str:
    """The worst diagnostics as annotations, the others as lines of the log, then one line that sums up."""
    ordered = summary.worst_first(result.diagnostics)
    shown, rest = _split(ordered, notices=LIMIT)
    if rest:
        # One notice is kept back, to say on the page itself that there is more.
        shown, rest = _split(ordered, notices=LIMIT - 1)
    lines = [_annotation(found) for found in shown]
    if rest:
        more = f"{len(rest):,} more in the log of this step"
        lines += [f"::group::{more}", *map(_log_line, rest), "::endgroup::", f"::notice title=rulepack::{more}"]
    return "\n".join([*lines, summary.sentence(result)]) + "\n"


def _split(ordered: list[Diagnostic], *, notices: int) -> tuple[list[Diagnostic], list[Diagnostic]]:
    room = {Severity.ERROR: LIMIT, Severity.WARNING: LIMIT, Severity.INFO: notices}
    shown: list[Diagnostic] = []
    rest: list[Diagnostic] = []
    for found in ordered:
        room[found.severity] -= 1
        (shown if room[found.severity] >= 0 else rest).append(found)
    return shown, rest


def _annotation(found: Diagnostic) -> str:
    span = found.span
    # GitHub takes columns only where start and end are on one line.
    if span.line == span.end_line:
        place = f"line={span.line},col={span.column},endLine={span.end_line},endColumn={span.end_column}"
    else:
        place = f"line={span.line},endLine={span.end_line}"
    title = _property(f"rulepack {found.code.id} {found.code.name}")
    message = visible(found.message)
    if found.hint is not None:
        message += f"\nhint: {visible(found.hint)}"
    return f"::{_COMMANDS[found.severity]} file={_property(span.file)},{place},title={title}::{_data(message)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(visible(value)).replace(":", "%3A").replace(",", "%2C")


def _log_line(found: Diagnostic) -> str:
    """The headline, so that the runner cannot take it for a command.

    It obeys `::` at the start of a line, after spaces, and the older `##[` anywhere in it.
    """
    line = text.headline(found).replace("##[", "## [")
    return f"./{line}" if line.lstrip().startswith("::") else line
