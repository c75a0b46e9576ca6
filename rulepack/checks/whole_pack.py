"""RP50x: what only shows when all rules are seen together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from rulepack.checks.base import Context, Found, pack_check
from rulepack.checks.facts import Facts
from rulepack.diagnostics import Related, Severity
from rulepack.fields import quote, short, spelled
from rulepack.slug import slug

# The folder in which packs that keep deprecated rules apart have them.
_DEPRECATED = "_deprecated"


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


@pack_check("RP505", "deprecated-folder", Severity.WARNING)
def deprecated_folder(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """A deprecated rule is not where the pack keeps those, or a rule that is still in use is.

    Why: whoever looks for rules in use skips the folder `_deprecated`, and whoever cleans it up removes what is in it.

    Instead: move the file, or correct `maturity` in [metadata].
    """
    apart = {rule.file: _DEPRECATED in rule.file.split("/")[:-1] for rule in rules}
    if not any(apart.values()):
        return
    for rule in rules:
        if rule.deprecated and not apart[rule.file]:
            message, hint = f"this deprecated rule is not in a folder {_DEPRECATED}", "move the file there"
        elif not rule.deprecated and apart[rule.file]:
            message, hint = f"this rule is in a folder {_DEPRECATED}, but not deprecated", "move it, or deprecate it"
        else:
            continue
        yield Found(message, context.span(rule, ("metadata", "maturity")), hint)


@pack_check("RP510", "unknown-replacement", Severity.WARNING)
def unknown_replacement(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """A rule names a replacement that the pack does not have, or that is deprecated itself.

    Why: whoever looks for the rule is led nowhere, or from one given up rule to the next.

    Instead: name the rule_id of a rule in use; `rulepack deprecate --replacement` finds it by name.
    """
    known = {rule.rule_id: rule for rule in rules}
    for rule in rules:
        other = known.get(rule.replacement)
        place = ("metadata", "replacement")
        if rule.replacement and other is None and context.whole:
            message = f"the pack has no rule {quote(rule.replacement)}"
            yield Found(message, context.span(rule, place), "name the rule_id of the rule that replaces this one")
        elif other is not None and (other is rule or (other.deprecated and rule.deprecated)):
            what = "the rule itself" if other is rule else f"{quote(other.name)}, which is deprecated too"
            yield Found(f"the replacement is {what}", context.span(rule, place), "name a rule that is in use")


@pack_check("RP506", "tag-spelling", Severity.WARNING)
def tag_spelling(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """A tag is written with other capitals or blanks than in most rules of the pack.

    Why: Kibana takes the two for different tags, so whoever filters by one does not see the rules with the other.

    Instead: write it as the other rules do; the hint says how.
    """
    counts = Counter(tag for rule in rules if not rule.deprecated for tag in rule.tags)
    spellings: dict[str, list[str]] = defaultdict(list)
    for tag in counts:
        spellings[" ".join(tag.split()).casefold()].append(tag)
    # Of those that are equally common the first, which stays the same from run to run.
    usual = {tag: max(alike, key=counts.__getitem__) for alike in spellings.values() if len(alike) > 1 for tag in alike}
    for rule in rules if usual else ():
        for number, tag in enumerate(() if rule.deprecated else rule.tags):
            most = usual.get(tag, tag)
            # Within one rule, RP415 says that they are the same.
            if tag != most and most not in rule.tags:
                message = f"other rules write the tag {quote(tag)} as {quote(most)} ({counts[most]} of them)"
                yield Found(message, context.span(rule, ("rule", "tags", number)), f"write {quote(most)}")
