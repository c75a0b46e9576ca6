"""RP307, RP403: what is as it should be but for a blank or a slash."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulepack.checks.base import Context, Found, check
from rulepack.checks.threat import attack_entries
from rulepack.diagnostics import Severity
from rulepack.fields import quote
from rulepack.rule import Rule

# The last line is what closing quotes on a line of their own leave; blanks before them are no line's end.
_BLANKS = re.compile(r"[^ \t\n]([ \t]+)(?=\n|\Z)")


@check("RP307", "missing-slash", Severity.INFO)
def missing_slash(rule: Rule, context: Context) -> Iterator[Found]:
    """The link of a tactic or technique does not end with a slash.

    Why: ATT&CK's pages do. Without it each click takes a detour, and a comparison of links sees two pages.

    Instead: end it with a slash; `rulepack validate --fix` does so.
    """
    for path, entry in attack_entries(rule, context):
        reference = entry.reference
        if not reference.endswith("/") and f"{reference}/" == context.attack.url(entry.id):
            message = f"{quote(reference)} lacks the slash at its end"
            yield context.at(rule, (*path, "reference"), message, f"write {reference}/")


@check("RP403", "stray-blank", Severity.INFO)
def stray_blank(rule: Rule, context: Context) -> Iterator[Found]:
    """A name begins or ends with a blank, or a line of the description ends with one.

    Why: nobody sees it; names that differ by a blank look the same, and editors that remove it change lines that
    nobody meant to change.

    Instead: remove it; `rulepack validate --fix` does so.
    """
    # The file's name stands in for a name that is missing or refused.
    if rule.name != rule.name.strip() and rule.name != rule.file:
        yield context.at(
            rule, ("rule", "name"), f"there is a blank before or after {quote(rule.name)}", "remove the blank"
        )
    text = rule.description
    # Nearly none has any, which is told at once; the pattern takes longer than many a check.
    match = _BLANKS.search(text) if text.endswith((" ", "\t")) or " \n" in text or "\t\n" in text else None
    if match is not None:
        message, hint = "a line of the description ends with a blank", "remove the blanks at the ends of its lines"
        yield context.inside(
            rule, ("rule", "description"), match.start(1), match.end(1) - match.start(1), message, hint
        )
