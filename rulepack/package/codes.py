"""RP71x: what can be wrong with a package."""

from __future__ import annotations

from rulepack.diagnostics import Code, Severity

RP711 = Code(
    "RP711",
    "damaged-package",
    Severity.ERROR,
    "A package is not as it was made: a file is missing, is one too many, or holds something else",
    "Why: what is deployed from it would be something else than what was reviewed.\n\n"
    "Instead: fetch the package again from where it was published, or make it again with `rulepack package`.",
)
RP712 = Code(
    "RP712",
    "unsafe-package",
    Severity.ERROR,
    "A package holds links, ways out of its folder, compressed or huge files, as none of rulepack's does",
    "Why: such a file is made to do something to whoever unpacks it.\n\n"
    "Instead: do not unpack it; fetch the package again from where it was published.",
)
RP713 = Code(
    "RP713",
    "foreign-package",
    Severity.ERROR,
    "Something is no package, or one of a form that this rulepack does not know",
    "Why: guessing what a newer form means could leave rules out without a word.\n\n"
    "Instead: update rulepack, or name a folder or .zip that `rulepack package` wrote.",
)
RP714 = Code(
    "RP714",
    "inconsistent-package",
    Severity.ERROR,
    "The files of a package contradict one another",
    "Why: its checksums are right, so it was made so: two rules with one id, or a manifest that names other rules than "
    "there are.\n\n"
    "Instead: make it again with `rulepack package`.",
)
CODES = (RP711, RP712, RP713, RP714)
