"""Whether a rule fits a stack version: whole, without what only informs, or not at all, and why.

A Kibana drops a field that it does not know without a word. What decides what a rule matches, whether
it alerts or who is told is never left to that: such a rule is left out of the stack versions that lack it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from rulepack import schema
from rulepack.frozen import frozen
from rulepack.query import LANGUAGES, parse
from rulepack.rule import Rule
from rulepack.rule.threshold import ThresholdRule
from rulepack.schema import Path
from rulepack.stack import StackVersion

# Five threshold fields came with this version; before, there were three. No declaration of a field says so.
MANY_THRESHOLD_FIELDS = StackVersion(9, 2)
OLD_THRESHOLD_FIELDS = 3


class Standing(StrEnum):
    """How much of a rule a stack version gets."""

    FULL = "full"
    REDUCED = "reduced"
    LEFT_OUT = "left out"


@frozen
class Need:
    """Something that only stack versions from `since` on have: what, where, and whether a rule is the same without.

    `path` leads to it in the file; `start` and `end` are its place in a query there, else None.
    """

    what: str
    since: StackVersion
    path: Path
    informs: bool = False
    start: int | None = None
    end: int | None = None
    lacking: tuple[StackVersion, ...] = ()

    def met_by(self, stack: StackVersion) -> bool:
        """Whether a stack version has it."""
        return stack >= self.since and StackVersion(stack.major, stack.minor) not in self.lacking


@frozen
class Fit:
    """How a rule fits one stack version. `dropped` are the fields that it does without there; `reasons` say why.

    `noted` says that the rule's own min_stack_version keeps it from this version: then all is as it should be.
    """

    stack: StackVersion
    standing: Standing = Standing.FULL
    dropped: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    noted: bool = False


def needs(rule: Rule, lowest: StackVersion) -> tuple[Need, ...]:
    """All that a rule needs of a stack and that `lowest`, or a version above it, lacks: fields, parts of its query."""
    found = (*_field_needs(rule, lowest), *_query_needs(rule))
    return tuple(need for need in found if need.lacking or not need.met_by(lowest))


def _field_needs(rule: Rule, lowest: StackVersion) -> Iterator[Need]:
    # Nearly all rules are of types that have nothing newer than any supported version: one look tells.
    if schema.newest(type(rule)) > lowest:
        for path, key, _ in schema.walk(rule, ("rule",)):
            if key.since is not None and key.sent:
                yield Need(key.name, key.since, path, key.informs)
    if isinstance(rule, ThresholdRule) and len(rule.threshold.fields) > OLD_THRESHOLD_FIELDS:
        what = f"more than {OLD_THRESHOLD_FIELDS} threshold fields"
        yield Need(what, MANY_THRESHOLD_FIELDS, ("rule", "threshold", "field"))


def _query_needs(rule: Rule) -> Iterator[Need]:
    language = rule.query_language
    text: str | None = getattr(rule, "query", None)
    # Queries within filters and actions are of languages that do not grow.
    if text and language in LANGUAGES and LANGUAGES[language].grows:
        query = parse(language, text)
        for one in query.features if query.sound else ():
            yield Need(one.name, one.since, ("rule", "query"), start=one.start, end=one.end, lacking=one.lacking)


def fit(rule: Rule, needed: tuple[Need, ...], stack: StackVersion) -> Fit:
    """How a rule with these needs fits a stack version."""
    least = rule.metadata.min_stack_version
    if least is not None and StackVersion.parse(least) > stack:
        because = f": {rule.metadata.min_stack_comments}" if rule.metadata.min_stack_comments else ""
        return Fit(stack, Standing.LEFT_OUT, (), (f"min_stack_version is {least}{because}",), noted=True)
    unmet = [need for need in needed if not need.met_by(stack)]
    vital = [need for need in unmet if not need.informs]
    if vital:
        return Fit(stack, Standing.LEFT_OUT, (), tuple(dict.fromkeys(_reason(need, stack) for need in vital)))
    if unmet:
        dropped = tuple(dict.fromkeys(need.what for need in unmet))
        return Fit(stack, Standing.REDUCED, dropped, tuple(dict.fromkeys(_reason(need, stack) for need in unmet)))
    return Fit(stack)


def _reason(need: Need, stack: StackVersion) -> str:
    if stack >= need.since:
        return f"{need.what} is not in {stack}, though in {need.since}"
    verb = "need" if need.what.startswith("more than") else "needs"
    return f"{need.what} {verb} stack {need.since}"


def target_for(version: StackVersion | None, targets: tuple[StackVersion, ...]) -> StackVersion | None:
    """The target of a pack that a server gets: the highest that is not above it; None where all are.

    `version` None stands for serverless. A server takes what an older version takes, never what a newer one has.
    """
    fitting = [one for one in targets if version is None or one <= version]
    return max(fitting, default=None)
