"""What a rule is: RULE_TYPES has every rule type, one line each."""

from __future__ import annotations

from rulepack.rule.base import Rule
from rulepack.rule.eql import EqlRule
from rulepack.rule.esql import EsqlRule
from rulepack.rule.machine_learning import MachineLearningRule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.query import QueryRule, SavedQueryRule
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.rule.threshold import ThresholdRule

__all__ = ["RULE_TYPES", "Rule"]

RULE_TYPES: dict[str, type[Rule]] = {
    "query": QueryRule,
    "saved_query": SavedQueryRule,
    "eql": EqlRule,
    "esql": EsqlRule,
    "threshold": ThresholdRule,
    "threat_match": ThreatMatchRule,
    "machine_learning": MachineLearningRule,
    "new_terms": NewTermsRule,
}
