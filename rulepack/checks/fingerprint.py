"""What a rule looks for, as short digests that the cache can keep: to find rules that look for the same, or for less.

Order, case and repetition do not count, nor how a language writes a thing. A step is a list of conditions that must all
hold; a condition is the digest of a field with those of the values it may have, or a digest of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import TypeAlias

from rulepack import schema
from rulepack.checks.queries import RuleQuery
from rulepack.query.implication import conjuncts
from rulepack.query.logic import Always, And, Logic, Nested, Not, Or, Step, Test
from rulepack.query.wildcard import text_of, texts_of
from rulepack.rule import Rule
from rulepack.rule.base import SearchRule
from rulepack.rule.machine_learning import MachineLearningRule
from rulepack.rule.new_terms import NewTermsRule
from rulepack.rule.query import SavedQueryRule
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.rule.threshold import ThresholdRule

# A condition: (digest,), or (digest of the field, digest of each value, ...).
Condition: TypeAlias = tuple[str, ...]
# A step: what all events of it are (category, keys, ...), and its conditions.
Fingerprint: TypeAlias = tuple[tuple[str, tuple[Condition, ...]], ...]

_VALUES = ("is", "like")


def kind_of(rule: Rule) -> str:
    """What must be alike for two rules to be compared at all: the type, and what it does with the events."""
    extra: object = None
    if isinstance(rule, ThresholdRule):
        extra = schema.dump(rule.threshold)
    elif isinstance(rule, NewTermsRule):
        extra = [*rule.fields_and_window]
    elif isinstance(rule, ThreatMatchRule):
        extra = [schema.dump(each) for each in rule.threat_mapping], rule.threat_index, rule.threat_query.split()
    elif isinstance(rule, MachineLearningRule):
        extra = rule.machine_learning_job_id, rule.anomaly_threshold
    filters = getattr(rule, "filters", None)
    if extra is None and not filters:
        return rule.type
    return f"{rule.type}:{_digest(json.dumps([extra, filters], sort_keys=True, default=list))}"


def data_of(rule: Rule) -> tuple[str, ...]:
    """Where a rule looks: index patterns, or a data view; nothing for the types that say it elsewhere."""
    if not isinstance(rule, SearchRule):
        return ()
    return (f"data view {rule.data_view_id}",) if rule.data_view_id else tuple(sorted(set(rule.index or ())))


def fingerprint_of(rule: Rule, queries: tuple[RuleQuery, ...]) -> Fingerprint:
    """What a rule looks for; empty where that cannot be told, or the rule is never run."""
    if rule.deprecated or isinstance(rule, SavedQueryRule):
        return ()
    if isinstance(rule, MachineLearningRule):
        return (("", ()),)
    main = next((one for one in queries if one.main), None)
    if main is None or not main.query.sound:
        return ()
    if main.language == "esql":
        # What its commands do to the rows is part of it, so that only the whole of two queries can be compared.
        return (("", ((_digest(" ".join(main.query.text.split())),),)),)
    return tuple(_step(step) for step in main.query.steps)


def _step(step: Step) -> tuple[str, tuple[Condition, ...]]:
    head = _head(step.category, step.keys, step.missing, step.until, step.runs)
    conditions = {condition for part in conjuncts(step.logic) for condition in _conditions(part)}
    return head, tuple(sorted(conditions))


# Nearly all steps have one of a few heads.
@lru_cache(maxsize=256)
def _head(*what: object) -> str:
    return json.dumps(what)


def _conditions(logic: Logic) -> Iterator[Condition]:
    if isinstance(logic, Always) and logic.value:
        return
    if isinstance(logic, Test) and logic.operator in _VALUES:
        yield (_digest(logic.field), *sorted(map(_digest, texts_of(logic, folded=True))))
    elif isinstance(logic, Or) and (merged := _one_field(logic)) is not None:
        yield (_digest(merged[0]), *sorted(map(_digest, merged[1])))
    elif isinstance(logic, Not):
        for part in logic.part.parts if isinstance(logic.part, Or) else (logic.part,):
            yield from ((_digest(f"not {key}"),) for key in _split(part))
    else:
        yield (_digest(_key(logic)),)


def _split(logic: Logic) -> Iterator[str]:
    """An exclusion of several values is several exclusions."""
    if isinstance(logic, Test) and logic.operator in _VALUES:
        for text in texts_of(logic, folded=True):
            yield f"{logic.field} in {[text]!a}"
    else:
        yield _key(logic)


def _one_field(logic: Or) -> tuple[str, set[str]] | None:
    """The field and all values of alternatives that are values of one field."""
    texts: set[str] = set()
    fields = set()
    for part in logic.parts:
        if not isinstance(part, Test) or part.operator not in _VALUES:
            return None
        fields.add(part.field)
        texts |= texts_of(part, folded=True)
    return (fields.pop(), texts) if len(fields) == 1 else None


def _key(logic: Logic) -> str:
    """A condition as text that is the same for all that say the same."""
    if isinstance(logic, Test):
        values = (
            texts_of(logic, folded=True)
            if logic.operator in _VALUES
            else {text_of(value.value) for value in logic.values}
        )
        operator = "in" if logic.operator in _VALUES else logic.operator
        # As JSON, but in a tenth of the time.
        return f"{logic.field} {operator} {sorted(values)!a}"
    if isinstance(logic, And | Or):
        word = "and" if isinstance(logic, And) else "or"
        merged = _one_field(logic) if isinstance(logic, Or) else None
        if merged is not None:
            return f"{merged[0]} in {sorted(merged[1])!a}"
        return f"({f' {word} '.join(sorted({_key(part) for part in logic.parts}))})"
    if isinstance(logic, Not):
        return f"not {_key(logic.part)}"
    if isinstance(logic, Nested):
        return f"{logic.path}{{{_key(logic.part)}}}"
    if isinstance(logic, Always):
        return str(logic.value)
    return f"`{logic.text.lower()}`"


# Fields, and many values, come again and again.
@lru_cache(maxsize=8_192)
def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=6).hexdigest()
