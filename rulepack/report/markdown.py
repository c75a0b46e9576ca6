"""Diagnostics for a job summary: a Markdown heading and a table, the worst first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rulepack.report import summary
from rulepack.report.plain import visible

if TYPE_CHECKING:
    from rulepack.diagnostics import Diagnostic
    from rulepack.report import Result

LIMIT = 50
_HEAD = ["| Severity | Code | Place | Message | Hint |", "| --- | --- | --- | --- | --- |"]
# As numbers these are themselves in every Markdown, even where a backslash is not (a pipe in a table of GitHub's).
_SPECIAL = re.compile(r"[\\`*\[\]<>|~&$]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")


def render(result: Result) -> str:
    """A heading with the counts, a table of at most 50 rows, and how many more there are."""
    lines = [f"## rulepack: {summary.findings(result)}", "", f"{summary.checked(result)}."]
    if result.diagnostics:
        ordered = summary.worst_first(result.diagnostics)
        lines += ["", *_HEAD, *map(_row, ordered[:LIMIT])]
        if len(ordered) > LIMIT:
            lines += ["", f"and {len(ordered) - LIMIT:,} more"]
    for note in result.notes:
        lines += ["", f"Note: {cell(note)}."]
    return "\n".join(lines) + "\n"


def _row(found: Diagnostic) -> str:
    cells = (
        found.severity.label,
        f"{cell(found.code.id)} {cell(found.code.name)}",
        # As code, because GitHub turns the line number of `x.toml:100:3` into a picture.
        f"<code>{cell(str(found.span))}</code>",
        cell(found.message),
        cell(found.hint or ""),
    )
    return f"| {' | '.join(cells)} |"


def cell(value: str) -> str:
    """A text as the content of a table cell, showing just that."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found.group())};", visible(value))
