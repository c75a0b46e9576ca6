"""Every code that rulepack can give out, gathered from where each is declared."""

from __future__ import annotations

from rulepack import docs, loader, source
from rulepack.checks import CHECKS, ignores
from rulepack.deploy import codes as deploy
from rulepack.diagnostics import Code
from rulepack.lock import codes as lock
from rulepack.package import codes as package

CODES: tuple[Code, ...] = tuple(
    sorted(
        (
            *source.CODES,
            *ignores.CODES,
            *loader.CODES,
            *(check.code for check in CHECKS),
            *docs.CODES,
            *lock.CODES,
            *package.CODES,
            *deploy.CODES,
        ),
        key=lambda code: code.id,
    )
)
BY_ID = {code.id: code for code in CODES}
