"""Facts: what checks over the whole pack ask of each rule; small enough to keep from run to run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rulepack.checks.fingerprint import Fingerprint, data_of, fingerprint_of, kind_of
from rulepack.checks.queries import RuleQuery
from rulepack.frozen import frozen
from rulepack.rule import Rule


@frozen
class Facts:
    """What there is to know of one rule where all are seen together. Plain values only: the cache keeps them as JSON.

    `file` stands in for a `rule_id` or `name` that is missing or refused. `kind`, `data` and `logic` are what
    `rulepack.checks.fingerprint` makes of it: how it looks, where, and for what.
    """

    file: str
    rule_id: str
    name: str
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    kind: str = ""
    data: tuple[str, ...] = ()
    logic: Fingerprint = ()

    @classmethod
    def of(cls, rule: Rule, queries: tuple[RuleQuery, ...] = (), *, partial: bool = False) -> Facts:
        """The facts of a rule; of a partial one, nothing is said about what it looks for."""
        logic = () if partial else fingerprint_of(rule, queries)
        kind, data = (kind_of(rule), data_of(rule)) if logic else ("", ())
        return cls(rule.file, rule.rule_id, rule.name, rule.deprecated, rule.tags or (), kind, data, logic)

    def to_json(self) -> list[Any]:
        """The values, in order, for JSON."""
        return [
            self.file,
            self.rule_id,
            self.name,
            self.deprecated,
            self.tags,
            self.kind,
            self.data,
            self.logic,
        ]

    @classmethod
    def from_json(cls, values: Iterable[Any]) -> Facts:
        """The facts whose values, in order, JSON has kept: there, tuples are lists."""
        return cls(*map(_plain, values))


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list) else value
