"""Diagnostics for programs: one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rulepack.diagnostics import Severity, count
from rulepack.report.plain import Escapes

if TYPE_CHECKING:
    from rulepack.diagnostics import Diagnostic, Span
    from rulepack.report import Result


def render(result: Result) -> str:
    """The diagnostics and the figures of the run, with two spaces of indent."""
    figures = count(result.diagnostics)
    return encode(
        {
            "diagnostics": [entry(found) for found in result.diagnostics],
            "notes": list(result.notes),
            "summary": {
                "rules": result.rules,
                "files": result.files,
                "errors": figures[Severity.ERROR],
                "warnings": figures[Severity.WARNING],
                "infos": figures[Severity.INFO],
            },
        },
    )


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


_ESCAPES = Escapes(_escape)
# Inside strings the encoder has escaped line breaks already: the ones left are its own.
_ESCAPES[ord("\n")] = "\n"


def encode(value: Any) -> str:
    r"""The value as JSON that is readable, safe to print and always valid UTF-8.

    The standard encoder leaves C1 controls, bidi marks and lone surrogates as they are: the first two could reach a
    terminal, the last cannot be written at all. As `\uXXXX` they mean the same to a reader of JSON.
    """
    return json.dumps(value, ensure_ascii=False, indent=2).translate(_ESCAPES) + "\n"


def entry(found: Diagnostic) -> dict[str, Any]:
    """One diagnostic as JSON data."""
    return {
        "code": found.code.id,
        "name": found.code.name,
        "severity": found.severity.label,
        "message": found.message,
        **_place(found.span),
        "hint": found.hint,
        "related": [{**_place(other.span), "message": other.message} for other in found.related],
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
