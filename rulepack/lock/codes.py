"""RP70x: what can be said about versions."""

from __future__ import annotations

from rulepack.diagnostics import Code, Severity

RP701 = Code(
    "RP701",
    "changed-without-version",
    Severity.ERROR,
    "A rule is new or has changed, and has no version for that yet",
    "Why: two contents under one version cannot be told apart, neither by an analyst who reads an alert nor by a "
    "package.\n\n"
    "Instead: run `rulepack lock` and commit rulepack.lock/ with the rule; where versions are kept in the files, raise "
    "`version`.",
)
RP702 = Code(
    "RP702",
    "version-went-back",
    Severity.ERROR,
    "A version is lower than one that the rule had before",
    "Why: a version that was given out must never stand for another content; whoever has the higher one takes the rule "
    "for older than it is.\n\n"
    "Instead: `rulepack lock --resolve` raises it above all that its history has, and with `--base REVISION` above all "
    "that it had there; where versions are kept in the files, raise "
    "`version`.",
)
RP703 = Code(
    "RP703",
    "removed-without-deprecation",
    Severity.ERROR,
    "A rule is gone that was never deprecated",
    "Why: its page, its links and the reason why it is gone go with it, and nobody who had it learns that it should be "
    "switched off.\n\n"
    "Instead: bring the file back and run `rulepack deprecate`; or, if it was never in use, `rulepack lock --remove`.",
)
RP704 = Code(
    "RP704",
    "damaged-lock",
    Severity.ERROR,
    "A file of the lock cannot be read",
    "Why: what version a rule has is not known then, and guessing could give one number to two contents.\n\n"
    "Instead: `rulepack lock --resolve` repairs what git could not merge; else bring the file back from git.",
)
CODES = (RP701, RP702, RP703, RP704)
