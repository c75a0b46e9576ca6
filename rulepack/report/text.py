"""Diagnostics for people: the place, the message, and the source with carets under what is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulepack.diagnostics import Severity
from rulepack.report import WIDTH, frame, summary
from rulepack.report.plain import visible

if TYPE_CHECKING:
    from rulepack.diagnostics import Diagnostic
    from rulepack.report import Result

_RED, _YELLOW, _CYAN, _BLUE, _GREEN = "1;31", "1;33", "1;36", "34", "32"
_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.INFO: _CYAN}


def render(result: Result, *, width: int = WIDTH, colour: bool = False) -> str:
    """Every diagnostic as a block, notes on the run, then one line that sums up; `colour` adds ANSI colours."""
    blocks = [block(found, width=width, colour=colour) for found in result.diagnostics]
    worst = max((found.severity for found in result.diagnostics), default=None)
    closing = _paint(summary.sentence(result), _COLOURS[worst] if worst else _GREEN, colour=colour)
    last = "\n".join([*(f"note: {visible(note)}" for note in result.notes), closing])
    return "\n\n".join([*blocks, last]) + "\n"


def headline(found: Diagnostic, *, colour: bool = False) -> str:
    """`rules/x.toml:12:3: error[RP202] unknown function lenght`."""
    label = _paint(f"{found.severity.label}[{visible(found.code.id)}]", _COLOURS[found.severity], colour=colour)
    return f"{visible(str(found.span))}: {label} {visible(found.message)}"


def block(found: Diagnostic, *, width: int = WIDTH, colour: bool = False) -> str:
    """The headline of one diagnostic, its source line if known, its hint and the places that belong to it."""
    number = str(found.span.line)
    margin = " " * len(number)
    lines = [headline(found, colour=colour)]
    if found.excerpt is not None:
        drawn = frame.draw(found.excerpt, found.span, width - len(number) - 4)
        bar = _paint(f"{margin}  |", _BLUE, colour=colour)
        numbered = _paint(f" {number} |", _BLUE, colour=colour)
        carets = _paint("^" * drawn.carets, _COLOURS[found.severity], colour=colour)
        lines += [bar, f"{numbered} {drawn.line}".rstrip(" "), f"{bar} {' ' * drawn.left}{carets}"]
    notes = [f"hint: {visible(found.hint)}"] if found.hint is not None else []
    notes += [f"{visible(str(other.span))}: {visible(other.message)}" for other in found.related]
    mark = _paint(f"{margin} =", _BLUE, colour=colour)
    return "\n".join([*lines, *(f"{mark} {note}" for note in notes)])


def _paint(text: str, code: str, *, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
