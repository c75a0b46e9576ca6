"""rulepack: detection as code for Elastic Security.

    import rulepack

    pack = rulepack.load(".")                 # Pack: rules, and every diagnostic
    for found in pack.diagnostics:
        print(found.span, found.code.id, found.message)
    for rule in pack.active:
        body = pack.to_api(rule, stack="9.3")  # the JSON body for Kibana
    rulepack.build(pack)                       # docs-out/

The names below are imported when they are first used, so that `import rulepack` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rulepack.api import build, check, load, validate
    from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span
    from rulepack.docs.write import Written
    from rulepack.errors import RulepackError
    from rulepack.pack import Pack
    from rulepack.rule import Rule
    from rulepack.stack import StackVersion
    from rulepack.validation import Validation

__version__ = "0.1.0"

_HOMES = {
    "Code": "rulepack.diagnostics",
    "Diagnostic": "rulepack.diagnostics",
    "Pack": "rulepack.pack",
    "Related": "rulepack.diagnostics",
    "Rule": "rulepack.rule",
    "RulepackError": "rulepack.errors",
    "Severity": "rulepack.diagnostics",
    "Span": "rulepack.diagnostics",
    "StackVersion": "rulepack.stack",
    "Validation": "rulepack.validation",
    "Written": "rulepack.docs.write",
    "build": "rulepack.api",
    "check": "rulepack.api",
    "load": "rulepack.api",
    "validate": "rulepack.api",
}

__all__ = [
    "Code",
    "Diagnostic",
    "Pack",
    "Related",
    "Rule",
    "RulepackError",
    "Severity",
    "Span",
    "StackVersion",
    "Validation",
    "Written",
    "build",
    "check",
    "load",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
