"""Diagnostics for test reports: JUnit XML with one test case a file, failed if the file has errors."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rulepack.diagnostics import Severity
from rulepack.report import summary, text
from rulepack.report.plain import visible

if TYPE_CHECKING:
    from rulepack.diagnostics import Diagnostic
    from rulepack.report import Result


def render(result: Result) -> str:
    """One suite with a case for every file read; warnings are output of a case and do not fail it."""
    found_in: dict[str, list[Diagnostic]] = {file: [] for file in sorted(result.checked)}
    for found in result.diagnostics:
        found_in.setdefault(found.span.file, []).append(found)
    cases = [line for file in sorted(found_in) for line in _case(file, found_in[file])]
    # Some readers take a report without cases for a run that broke.
    cases = cases or [_open("testcase", name="no files to check", classname="rulepack", time="0.000")[:-1] + "/>"]
    failed = sum(any(found.severity is Severity.ERROR for found in inside) for inside in found_in.values())
    figures = {
        "tests": str(max(len(found_in), 1)),
        "failures": str(failed),
        "errors": "0",
        "skipped": "0",
        "time": f"{result.seconds or 0:.3f}",
    }
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        _open("testsuites", name="rulepack", **figures),
        "  " + _open("testsuite", name="rulepack", **figures),
        *(f"    {line}" for line in cases),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(file: str, inside: list[Diagnostic]) -> list[str]:
    start = _open("testcase", name=file, classname="rulepack", file=file, time="0.000")
    errors = [found for found in inside if found.severity is Severity.ERROR]
    others = [found for found in inside if found.severity is not Severity.ERROR]
    body = []
    if errors:
        # Readers show one failure of a case: so all errors are in one.
        more = f" (and {summary.counted(len(errors) - 1, 'more error')})" if len(errors) > 1 else ""
        opening = _open("failure", message=errors[0].message + more, type=errors[0].code.id)
        body.append(f"{opening}{_blocks(errors)}</failure>")
    if others:
        body.append(f"<system-out>{_blocks(others)}</system-out>")
    if not body:
        return [f"{start[:-1]}/>"]
    return [start, *(f"  {line}" for line in body), "</testcase>"]


def _blocks(diagnostics: list[Diagnostic]) -> str:
    return escape("\n\n".join(text.block(found) for found in diagnostics), quote=False)


def _open(tag: str, **attributes: str) -> str:
    # Hidden characters are shown as escapes, so nothing is left that XML forbids.
    written = "".join(f' {name}="{escape(visible(value))}"' for name, value in attributes.items())
    return f"<{tag}{written}>"
