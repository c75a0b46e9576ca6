"""Examined: what one file says, as the checks see it, and the same as JSON for the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulepack.checks.facts import Facts, ListFacts
from rulepack.checks.ignores import Ignore
from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span
from rulepack.frozen import frozen


@frozen
class Examined:
    """What there is to say of one file, before its `ignores` are heeded and the settings give severities.

    `facts` only if there is a rule in it, `lists` only if there are exception lists. `unchecked` are the fields of its
    queries of which nobody can tell whether they are there.
    """

    file: str
    diagnostics: tuple[Diagnostic, ...] = ()
    facts: Facts | None = None
    ignores: tuple[Ignore, ...] = ()
    unchecked: tuple[str, ...] = ()
    lists: tuple[ListFacts, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data, from which `from_json` makes an equal value."""
        return {
            "file": self.file,
            "found": [diagnostic_to_json(found) for found in self.diagnostics],
            "facts": self.facts.to_json() if self.facts is not None else None,
            "ignores": [_from_ignore(ignore) for ignore in self.ignores],
            "unchecked": self.unchecked,
            "lists": [each.to_json() for each in self.lists],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], codes: Mapping[str, Code]) -> Examined:
        """The value that `to_json` was asked for; raises ValueError, KeyError or TypeError for anything else."""
        found = tuple(diagnostic_from_json(one, codes) for one in data["found"])
        facts = data["facts"]
        ignores = tuple(_to_ignore(one) for one in data["ignores"])
        unchecked = tuple(data["unchecked"])
        lists = tuple(ListFacts.from_json(one) for one in data["lists"])
        return cls(data["file"], found, None if facts is None else Facts.from_json(facts), ignores, unchecked, lists)


def _from_span(span: Span) -> list[Any]:
    # Not dataclasses.astuple, which copies each value: it took longer than all else here.
    return [span.file, span.line, span.column, span.end_line, span.end_column]


def diagnostic_to_json(found: Diagnostic) -> list[Any]:
    """A diagnostic as plain data."""
    related = [[*_from_span(other.span), other.message] for other in found.related]
    return [
        found.code.id,
        found.message,
        _from_span(found.span),
        found.hint,
        related,
        int(found.severity),
        found.excerpt,
    ]


def diagnostic_from_json(data: list[Any], codes: Mapping[str, Code]) -> Diagnostic:
    """The diagnostic that such data were made of; raises ValueError, KeyError or TypeError for anything else."""
    code, message, span, hint, related, severity, excerpt = data
    others = tuple(Related(Span(*place), text) for *place, text in related)
    return Diagnostic(codes[code], message, Span(*span), hint, others, Severity(severity), excerpt)


def _from_ignore(ignore: Ignore) -> list[Any]:
    return [ignore.selector, ignore.first, ignore.last, _from_span(ignore.span)]


def _to_ignore(data: list[Any]) -> Ignore:
    selector, first, last, span = data
    return Ignore(selector, first, last, Span(*span))
