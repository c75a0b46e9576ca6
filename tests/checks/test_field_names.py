"""The fields that a rule names outside its queries, and where."""

import pytest
from support.samples import make_pack, searching, valid_text

from rulepack.checks.field_names import named_fields


def names(folder, text):
    """Path, name and indices of every field that a rule names."""
    return [
        (".".join(map(str, one.path[1:])), one.name, one.index)
        for one in named_fields(make_pack(folder, text).rules[0])
    ]


@pytest.mark.parametrize(
    ("more", "path", "name"),
    [
        ('timestamp_override = "event.ingested"\n', "timestamp_override", "event.ingested"),
        ('rule_name_override = "a.b"\n', "rule_name_override", "a.b"),
        (
            "[[rule.severity_mapping]]\nfield = 'a'\noperator = 'equals'\nvalue = 'b'\nseverity = 'low'\n[rule.x]\n",
            "severity_mapping.0.field",
            "a",
        ),
        (
            "[[rule.risk_score_mapping]]\nfield = 'a'\noperator = 'equals'\nvalue = 'b'\n[rule.x]\n",
            "risk_score_mapping.0.field",
            "a",
        ),
    ],
)
def test_settings_name_fields(more, path, name, tmp_path):
    text = searching("a : b")
    text = text + more.replace("[rule.x]\n", "") if more.startswith("[[") else searching("a : b", more=more)
    assert names(tmp_path, text) == [(path, name, ("acme-*",))]


def test_what_alerts_are_grouped_by_and_show_first_is_named(tmp_path):
    text = searching("a : b") + (
        '[rule.alert_suppression]\ngroup_by = ["a", "b"]\nmissing_fields_strategy = "suppress"\n'
        '[rule.investigation_fields]\nfield_names = ["c", "kibana.alert.severity"]\n'
    )
    assert [name for _, name, _ in names(tmp_path, text)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("rule_type", "path"),
    [
        ("threshold", "threshold.field"),
        ("new_terms", "new_terms.value"),
        ("threat_match", "threat_mapping.0.entries.0.field"),
    ],
)
def test_types_name_fields_of_their_own(rule_type, path, tmp_path):
    assert any(found.startswith(path) for found, _, _ in names(tmp_path, valid_text(rule_type)))


def test_the_field_of_an_indicator_is_in_the_indices_of_indicators(tmp_path):
    found = {path.rpartition(".")[2]: index for path, _, index in names(tmp_path, valid_text("threat_match"))}
    rule = make_pack(tmp_path, valid_text("threat_match")).rules[0]
    assert found == {"field": rule.index, "value": rule.threat_index}


def test_filters_name_fields(tmp_path):
    text = searching("a : b") + "\n[[rule.filters]]\n[rule.filters.query.match_phrase]\nmessage = 'm'\n"
    assert names(tmp_path, text) == [("filters.0.query.match_phrase.message", "message", ("acme-*",))]


@pytest.mark.parametrize("rule_type", ["esql", "machine_learning"])
def test_rules_that_search_no_indices_of_their_file_name_none(rule_type, tmp_path):
    assert names(tmp_path, valid_text(rule_type)) == []
