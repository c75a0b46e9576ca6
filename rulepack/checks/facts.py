"""Facts: what checks over the whole pack ask of each rule; small enough to keep from run to run."""

from __future__ import annotations

from dataclasses import dataclass

from rulepack.rule import Rule


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to know of one rule where all are seen together. Plain values only: the cache keeps them as JSON.

    `file` stands in for a `rule_id` or `name` that is missing or refused.
    """

    file: str
    rule_id: str
    name: str
    deprecated: bool = False

    @classmethod
    def of(cls, rule: Rule) -> Facts:
        """The facts of a rule, partial or not."""
        return cls(rule.file, rule.rule_id, rule.name, rule.deprecated)
