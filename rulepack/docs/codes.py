"""RP60x: what can be wrong with templates. Apart from what finds it, so that codes can be listed without Jinja2."""

from __future__ import annotations

from rulepack.diagnostics import Code, Severity

RP601 = Code(
    "RP601",
    "template-syntax",
    Severity.ERROR,
    "A template is not valid Jinja",
    "Why: no page can be made from it.\n\nInstead: correct the template at the place named.",
)
RP602 = Code(
    "RP602",
    "undefined-in-template",
    Severity.ERROR,
    "A template uses a name that it is not given",
    "Why: a page with a hole in it looks like a page about something that is not there.\n\n"
    "Instead: correct the name; `templates/markdown/` of rulepack itself shows all that templates are given.",
)
RP603 = Code(
    "RP603",
    "two-templates-one-page",
    Severity.ERROR,
    "Two templates would write the same page",
    "Why: one would overwrite the other. Some file systems take names for the same that differ in case only.\n\n"
    "Instead: rename one of them.",
)
RP604 = Code(
    "RP604",
    "template-failed",
    Severity.ERROR,
    "A template could not be rendered",
    "Why: an expression in it failed, or it did something that templates may not do.\n\n"
    "Instead: correct the template at the place named.",
)
RP605 = Code(
    "RP605",
    "misplaced-template",
    Severity.ERROR,
    "A template lies where rulepack does not know what to do with it",
    "Why: the first folder says how often a template is rendered: once, each-rule or each-deprecated-rule; parts holds "
    "what other templates include.\n\nInstead: move it into one of these folders. A template that is rendered for each "
    "rule has {slug} in its name.",
)
RP606 = Code(
    "RP606",
    "template-without-end",
    Severity.ERROR,
    "A template does more for one page than any page needs",
    "Why: a build would take for ever, or all of the memory.\n\n"
    "Instead: loop over less, and let no part include or call itself without end. A page may take 1,000,000 steps, "
    "such as turns of loops, and have 32,000,000 characters.",
)
CODES = (RP601, RP602, RP603, RP604, RP605, RP606)
