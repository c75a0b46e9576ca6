"""What a rule looks for, as digests: plain data that the cache keeps, alike for all that say the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import EVENTS, conditions, holds
from support.samples import make_pack, searching, valid_text

from rulepack.checks.facts import Facts
from rulepack.checks.fingerprint import _step, data_of, fingerprint_of, kind_of
from rulepack.checks.queries import rule_queries
from rulepack.query.logic import And, Not, Or, Step
from rulepack.query.logic import Test as Comparison
from rulepack.rule import RULE_TYPES


def rule_of(folder, text):
    return make_pack(folder, text).rules[0]


def queries_of(rule):
    return tuple(rule_queries(rule, lambda _: False))


@pytest.mark.parametrize("rule_type", RULE_TYPES)
def test_facts_come_back_from_the_cache_as_they_were(rule_type, tmp_path):
    rule = rule_of(tmp_path, valid_text(rule_type))
    facts = Facts.of(rule, queries_of(rule))
    names = ("file", "rule_id", "name", "deprecated", "tags", "kind", "data", "logic")
    assert Facts.from_json(json.loads(json.dumps([getattr(facts, name) for name in names]))) == facts
    assert bool(facts.logic) == (rule_type != "saved_query")


def test_of_a_rule_that_is_partly_refused_nothing_is_said(tmp_path):
    rule = rule_of(tmp_path, searching("a : b"))
    assert Facts.of(rule, queries_of(rule), partial=True).logic == ()


def test_a_query_that_cannot_be_read_looks_for_nothing(tmp_path):
    pack = make_pack(tmp_path, searching("a : ("))
    rule = pack.every[0]
    assert fingerprint_of(rule, queries_of(rule)) == ()


def test_the_order_of_indices_does_not_count(tmp_path):
    assert data_of(rule_of(tmp_path, searching("a : b", index='"b", "a", "b"'))) == ("a", "b")
    view = searching("a : b", more='data_view_id = "v"\n').replace('index = ["acme-*"]\n', "")
    assert data_of(rule_of(tmp_path, view)) == ("data view v",)


@pytest.mark.parametrize("rule_type", ["threshold", "new_terms", "threat_match", "machine_learning"])
def test_what_a_rule_does_with_the_events_is_part_of_its_kind(rule_type, tmp_path):
    assert kind_of(rule_of(tmp_path, valid_text(rule_type))) != rule_type


def _folds(logic):
    """A condition all of whose tests do without case, as digests do."""
    if isinstance(logic, Comparison):
        return logic.folded or logic.operator not in {"is", "like"}
    parts = getattr(logic, "parts", None) or ([logic.part] if hasattr(logic, "part") else [])
    return all(map(_folds, parts))


@given(st.data())
def test_conditions_with_one_fingerprint_find_the_same(data):
    few = data.draw(st.lists(conditions(by_words=False).filter(_folds), min_size=2, max_size=3))
    made = st.builds(
        lambda kind, parts, negated: Not(kind(tuple(parts))) if negated else kind(tuple(parts)),
        st.sampled_from([And, Or]),
        st.lists(st.sampled_from(few), min_size=2, max_size=3),
        st.booleans(),
    )
    one, other = data.draw(made), data.draw(made)
    if _step(Step(one)) == _step(Step(other)):
        for event in EVENTS:
            assert holds(one, event, by_words=False) == holds(other, event, by_words=False)
