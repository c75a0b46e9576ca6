from collections.abc import Callable

import pytest

from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span
from rulepack.report import Result

CODES = (
    Code(
        "RP202",
        "query-semantics",
        Severity.ERROR,
        "A query that Elasticsearch would refuse",
        "Why: the rule would fail each time it runs.\nInstead: use a function or a field that exists.",
    ),
    Code("RP304", "revoked-technique", Severity.WARNING, "A technique ATT&CK has revoked", ""),
    Code("RP421", "missing-investigation-guide", Severity.INFO, "A rule without an investigation guide", ""),
    Code("RP501", "duplicate-rule-id", Severity.ERROR, "Two rules with one rule_id", ""),
)
BY_ID = {code.id: code for code in CODES}


def make_diagnostic(code: str = "RP202", message: str = "unknown function lenght", **fields: object) -> Diagnostic:
    known = BY_ID[code]
    span = fields.pop("span", None) or Span("rules/windows/execution_shell.toml", 12, 3, 12, 9)
    return Diagnostic(known, message, span, **{"severity": known.severity, **fields})


def make_result(*diagnostics: Diagnostic, **fields: object) -> Result:
    defaults = {"rules": 28, "files": 28, "codes": CODES, "version": "0.1.0"}
    return Result(diagnostics, **{**defaults, **fields})


@pytest.fixture
def diagnostic() -> Callable[..., Diagnostic]:
    return make_diagnostic


@pytest.fixture
def result() -> Callable[..., Result]:
    return make_result


@pytest.fixture
def sample() -> Result:
    """One of everything: all severities, hints, related places, tabs, wide and hidden characters, several lines."""
    macos = "rules/macos/persistence_größe.toml"
    shell = "rules/windows/execution_shell.toml"
    return make_result(
        make_diagnostic(
            "RP304",
            "T1086 was revoked",
            span=Span(macos, 4, 7, 4, 14),
            hint="use T1059.001 PowerShell",
            excerpt='\tid = "T1086"',
        ),
        make_diagnostic(
            "RP202",
            "expected a value, found |",
            span=Span(macos, 31, 26, 31, 27),
            excerpt="process.name : \"端末\u202e\" and | host.os.type : '\uff4d'",
        ),
        make_diagnostic(
            "RP501",
            "rule_id 6a3e1a11 is used twice",
            span=Span(shell, 3, 11, 3, 49),
            hint="give this rule a new id: rulepack new prints one",
            excerpt='rule_id = "6a3e1a11-4a15-4f7e-b4e1-0f5e4e1a2b3c"',
            related=(Related(Span("rules/windows/execution_shell_2.toml", 3, 11, 3, 49), "first used here"),),
        ),
        make_diagnostic(hint="did you mean length?", excerpt="  lenght(process.args) > 3"),
        make_diagnostic(
            "RP202",
            "sequence without a second event",
            span=Span(shell, 14, 1, 16, 4),
            excerpt="sequence by host.id\r\n",
        ),
        make_diagnostic("RP421", "no investigation guide", span=Span("rules/windows/ünused.toml", 1, 1, 1, 1)),
        seconds=0.94,
        checked=("rules/windows/clean.toml", shell, macos, "rules/windows/ünused.toml"),
    )
