"""The figures of a run, in words and in order of weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulepack.diagnostics import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rulepack.diagnostics import Diagnostic
    from rulepack.report import Result

_MINUTE = 60
_EXACT = 10


def counted(number: int, noun: str) -> str:
    """`1 rule`, `1,550 rules`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def worst_first(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Errors before warnings before the rest, each in reading order."""
    return sorted(diagnostics, key=lambda found: (-found.severity, found.sort_key))


def findings(result: Result) -> str:
    """`2 errors, 13 warnings in 9 files`, or `no problems`."""
    if not result.diagnostics:
        # A wrong folder must not look like a clean one.
        return "no problems" if result.files else "no files found"
    figures = count(result.diagnostics)
    words = [counted(number, severity.label) for severity, number in figures.items() if number]
    files = len({found.span.file for found in result.diagnostics})
    return f"{', '.join(words)} in {counted(files, 'file')}"


def checked(result: Result) -> str:
    """`1,550 rules checked in 0.9 s`, without the time where it is not known."""
    duration = "" if result.seconds is None else f" in {_duration(result.seconds)}"
    return f"{counted(result.rules, result.noun)} checked{duration}"


def sentence(result: Result) -> str:
    """The line that ends a report: `28 rules checked, no problems`."""
    return f"{checked(result)}{':' if result.diagnostics else ','} {findings(result)}"


def _duration(seconds: float) -> str:
    if seconds < _EXACT:
        return f"{seconds:.1f} s" if seconds >= 1 / _EXACT else f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
