"""What rulepack has to say about a file: Severity, Span, Code, Diagnostic.

Content problems are values of these types, never exceptions, and never printed here: `rulepack.report` shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum

from rulepack.frozen import frozen

# Of one kind in one file: nobody reads more, and a hostile file could give a million.
MOST = 100


class Severity(IntEnum):
    """How bad it is; ordered, so that `max()` gives the worst."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The word for people and programs: `info`, `warning` or `error`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file.

    `file` is relative to the project's root, with `/`. Lines and columns count from 1, in Unicode code points; the end
    is exclusive, so an empty span has `end_column == column`.
    """

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@frozen
class Code:
    """One kind of finding: `RP301`, `unknown-technique`, its default severity and a one-line summary.

    `help` is what `rulepack explain` shows below the summary: why it matters, and what to do instead.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    help: str


@frozen
class Related:
    """Another place that belongs to a diagnostic, such as the first rule with the same id."""

    span: Span
    message: str


@frozen
class Diagnostic:
    """One thing to say about one place.

    `message` states the fact with the offending value, without a full stop; `hint` is the next action. `excerpt` is the
    source line that the span starts on, for reports that show it; it is no part of the diagnostic's identity.
    """

    code: Code
    message: str
    span: Span
    hint: str | None = None
    related: tuple[Related, ...] = ()
    severity: Severity = Severity.ERROR
    excerpt: str | None = field(default=None, compare=False, repr=False)

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """File, line, column, code, message: the order of every list of diagnostics."""
        return (self.span.file, self.span.line, self.span.column, self.code.id, self.message)


def sort(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics in reading order, each one once."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda found: found.sort_key))


def first(found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """At most MOST of them; the last one says that there are more. No more than that are asked for."""
    for number, one in enumerate(found, 1):
        if number == MOST:
            yield replace(one, message=f"{one.message} (there are more like this: only {MOST} are listed)")
            return
        yield one


def count(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> dict[Severity, int]:
    """How many there are of each severity, worst first; severities with none are there with 0."""
    return {
        severity: sum(1 for found in diagnostics if found.severity is severity)
        for severity in sorted(Severity, reverse=True)
    }
