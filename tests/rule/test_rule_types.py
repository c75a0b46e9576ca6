"""Every rule type: it loads, says nothing wrong, and goes to Kibana and back."""

import pytest
from support.samples import VALID, body_to_rule, codes, make_pack, valid_text

from rulepack import schema
from rulepack.emit import to_api
from rulepack.rule import RULE_TYPES


def test_every_type_has_a_sample():
    assert {path.stem for path in VALID.glob("*.toml")} == set(RULE_TYPES)


@pytest.mark.parametrize("rule_type", RULE_TYPES)
def test_the_smallest_rule_has_no_problem(rule_type, tmp_path):
    pack = make_pack(tmp_path, valid_text(rule_type))
    assert codes(pack) == []
    assert type(pack.rules[0]) is RULE_TYPES[rule_type]


@pytest.mark.parametrize("rule_type", RULE_TYPES)
def test_a_body_read_back_gives_the_same_body(rule_type, tmp_path):
    body = make_pack(tmp_path, valid_text(rule_type)).to_api(make_pack(tmp_path).rules[0])
    rule, problems = body_to_rule(body)
    assert problems == []
    assert to_api(rule) == body


@pytest.mark.parametrize("rule_type", RULE_TYPES)
def test_every_field_says_what_it_is_for(rule_type):
    for key in schema.keys(RULE_TYPES[rule_type]).values():
        assert key.doc.endswith((".", "?")), key.name


@pytest.mark.parametrize(
    ("rule_type", "field", "value"),
    [
        ("threshold", "new_terms_fields", '["user.name"]'),
        ("query", "threshold", "{ field = [], value = 1 }"),
        ("esql", "index", '["acme-*"]'),
        ("machine_learning", "query", '"*"'),
    ],
)
def test_a_field_of_another_type_is_named_as_such(rule_type, field, value, tmp_path):
    text = valid_text(rule_type).replace("[rule]\n", f"[rule]\n{field} = {value}\n")
    (found,) = make_pack(tmp_path, text).diagnostics
    assert found.code.id == "RP103"
    assert found.message == f"{rule_type} rules have no field {field}"
    assert found.hint.startswith("it belongs to ")


def test_new_terms_in_the_flat_shape_give_the_same_body(tmp_path):
    text = valid_text("new_terms")
    flat = text[: text.index("[rule.new_terms]")]
    flat += 'new_terms_fields = ["user.name"]\nhistory_window_start = "now-7d"\n'
    packs = [make_pack(tmp_path, one) for one in (text, flat)]
    one, two = (pack.to_api(pack.rules[0]) for pack in packs)
    assert [codes(pack) for pack in packs] == [[], []]
    assert one == two


def test_a_rule_with_filters_needs_no_query(tmp_path):
    text = valid_text("query").replace('query = "event.category : process"\n', "")
    assert codes(make_pack(tmp_path, text)) == ["RP204"]
    filters = text + '\n[[rule.filters]]\n[rule.filters.query.match_phrase]\n"event.category" = "process"\n'
    pack = make_pack(tmp_path, filters)
    assert codes(pack) == []
    assert pack.to_api(pack.rules[0])["filters"] == [{"query": {"match_phrase": {"event.category": "process"}}}]
