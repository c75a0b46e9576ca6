"""RP50x: what only shows when all rules are seen together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from rulepack.checks.base import Context, Found, pack_check
from rulepack.checks.facts import Facts
from rulepack.diagnostics import Related, Severity
from rulepack.fields import quote, short, spelled
from rulepack.slug import slug


def _groups(rules: Sequence[Facts]) -> tuple[list[Facts], list[Facts]]:
    """The active and the deprecated rules: their names and pages are apart."""
    # The file's name stands in for a name that is missing or refused.
    named = [rule for rule in rules if rule.name != rule.file]
    return [rule for rule in named if not rule.deprecated], [rule for rule in named if rule.deprecated]


def _repeats(rules: Iterable[Facts], by: Callable[[Facts], Hashable]) -> Iterator[tuple[Facts, Facts]]:
    """Every rule that shares something with an earlier one, with the first that has it."""
    groups: dict[Hashable, list[Facts]] = defaultdict(list)
    for rule in rules:
        groups[by(rule)].append(rule)
    for first, *others in groups.values():
        for other in others:
            yield other, first


def _found(context: Context, rule: Facts, first: Facts, field: str, message: str, hint: str) -> Found:
    path = ("rule", field)
    related = Related(context.span(first, path), "the first one")
    return Found(f"{message} {first.file} has already", context.span(rule, path), hint, (related,))


@pack_check("RP501", "duplicate-rule-id", Severity.ERROR)
def duplicate_rule_id(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """Two files have the same rule_id.

    Why: Kibana keeps one rule for each rule_id, so that the second would overwrite the first.

    Instead: give the copy a rule_id of its own.
    """
    for rule, first in _repeats(rules, lambda rule: rule.rule_id):
        message = f"rule_id {spelled(rule.rule_id)} is one that"
        yield _found(context, rule, first, "rule_id", message, "give this rule a new id; `uuidgen` makes one")


@pack_check("RP502", "duplicate-name", Severity.ERROR)
def duplicate_name(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """Two rules have the same name.

    Why: an analyst cannot tell their alerts apart, and the page of the second would overwrite the first's.

    Instead: say in each name what is particular to the rule.
    """
    for group in _groups(rules):
        for rule, first in _repeats(group, lambda rule: rule.name):
            message = f"the name {quote(rule.name)} is one that"
            yield _found(context, rule, first, "name", message, "say in the name what is particular to this rule")


@pack_check("RP504", "same-page", Severity.ERROR)
def same_page(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """Two rules would have the same page, since their names differ in punctuation or case only.

    Why: a page is named after its rule, and the second would overwrite the first.

    Instead: rename one of the rules.
    """
    for group in _groups(rules):
        for rule, first in _repeats(group, lambda rule: slug(rule.name)):
            if rule.name != first.name:
                message = f"the page {short(slug(rule.name))}.md is one that"
                yield _found(context, rule, first, "name", message, "rename one of the two rules")
