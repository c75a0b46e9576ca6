"""Diagnostics for code scanning: SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rulepack.diagnostics import Code, Diagnostic, Severity, Span
from rulepack.report.json import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rulepack.report import Result

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.INFO: "note", Severity.WARNING: "warning", Severity.ERROR: "error"}
# GitHub keeps `primaryLocationLineHash` for itself: its upload action warns once a result if another tool fills it in.
_FINGERPRINT = "rulepack/v1"
# GitHub takes no more of a description.
_LONGEST = 1024
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_LABEL = re.compile(r"\n*^(Why|Instead):", re.MULTILINE)


def render(result: Result) -> str:
    """One run with every code as a rule and every diagnostic as a result."""
    codes = {code.id: code for code in (*result.codes, *(found.code for found in result.diagnostics))}
    ordered = [codes[code] for code in sorted(codes)]
    index = {code.id: at for at, code in enumerate(ordered)}
    fingerprints = _fingerprints(result.diagnostics)
    driver = {"name": "rulepack", "version": result.version, "rules": [_rule(code) for code in ordered]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(found, index[found.code.id], fingerprint)
            for found, fingerprint in zip(result.diagnostics, fingerprints, strict=True)
        ],
    }
    return encode({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: Code) -> dict[str, Any]:
    # Viewers want a name that is one PascalCase word and differs from the id.
    name = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", code.name))
    text = f"{code.summary}\n\n{code.help}".strip()
    return {
        "id": code.id,
        "name": name,
        "shortDescription": {"text": code.summary[:_LONGEST]},
        "fullDescription": {"text": text if len(text) <= _LONGEST else code.summary[:_LONGEST]},
        "help": {"text": text, "markdown": _LABEL.sub(r"\n\n**\1:**", text)},
        "defaultConfiguration": {"level": _LEVELS[code.severity]},
    }


def _result(found: Diagnostic, index: int, fingerprint: str) -> dict[str, Any]:
    text = found.message if found.hint is None else f"{found.message}\nhint: {found.hint}"
    result = {
        "ruleId": found.code.id,
        "ruleIndex": index,
        "level": _LEVELS[found.severity],
        "message": _message(text),
        "locations": [{"physicalLocation": _place(found.span)}],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
    if found.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(other.span), "message": _message(other.message)}
            for number, other in enumerate(found.related, start=1)
        ]
    return result


def _message(text: str) -> dict[str, str]:
    # What looks like a Markdown link would become one. Braces stay single, although the standard would double them:
    # without arguments, viewers show the text as it is.
    return {"text": _LINK.sub(r"\\[", text)}


def _place(span: Span) -> dict[str, Any]:
    uri = quote(span.file, safe="/", errors="surrogatepass")
    absolute = uri.startswith("/")
    return {
        "artifactLocation": {"uri": f"file://{uri}"} if absolute else {"uri": uri, "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        },
    }


def _fingerprints(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """What stays the same for a finding while lines around it come and go."""
    seen: Counter[str] = Counter()
    prints = []
    for found in diagnostics:
        identity = json.dumps([found.code.id, found.span.file, found.message])
        seen[identity] += 1
        prints.append(f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}:{seen[identity]}")
    return prints
