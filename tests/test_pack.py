"""Pack: rules of all kinds, indexed, and unchangeable."""

import dataclasses

import pytest
from support.samples import RULE, make_pack, valid_text

from rulepack import Severity, StackVersion
from rulepack.pack import Pack
from rulepack.project import find_project

OTHER = RULE.replace("0001", "0002").replace("Sample", "Other")
OLD = RULE.replace("0001", "0003").replace("Sample", "Old").replace('"production"', '"deprecated"')
BROKEN = RULE.replace("0001", "0004").replace("Sample", "Broken").replace("risk_score = 21", "risk_score = 210")
HALF = RULE.replace("0001", "0005").replace("Sample", "Half").replace('severity = "low"\n', "")


@pytest.fixture
def pack(tmp_path):
    return make_pack(tmp_path, c=RULE, b=OTHER, d=OLD, a=BROKEN, e=HALF, f="a = = 1", g="x = 1")


def test_rules_are_in_the_order_of_their_files(pack):
    assert [rule.name for rule in pack.rules] == ["Other", "Sample", "Old"]
    assert [rule.file for rule in pack.rules] == ["rules/b.toml", "rules/c.toml", "rules/d.toml"]


def test_rules_whose_shape_is_wrong_are_kept_apart(pack):
    assert [rule.name for rule in pack.partial] == ["Broken", "Half"]
    assert [rule.name for rule in pack.every] == ["Broken", "Other", "Sample", "Old", "Half"]


def test_a_pack_without_partial_rules_has_every_rule_at_hand(tmp_path):
    pack = make_pack(tmp_path, RULE, OTHER)
    assert pack.partial == ()
    assert pack.every == pack.rules


def test_active_and_deprecated_rules_make_all(pack):
    assert [rule.name for rule in pack.active] == ["Other", "Sample"]
    assert [rule.name for rule in pack.deprecated] == ["Old"]


def test_every_file_that_was_read_is_named(pack):
    assert pack.files == tuple(f"rules/{name}.toml" for name in "abcdefg")


def test_every_text_is_kept_that_could_be_read(pack):
    assert sorted(pack.sources) == [f"rules/{name}.toml" for name in "abcdeg"]
    assert pack.sources["rules/c.toml"].text == RULE


def test_a_rule_is_found_by_its_id(pack):
    assert pack.by_id["00000000-0000-4000-8000-000000000002"].name == "Other"
    assert len(pack.by_id) == 3


def test_of_two_rules_with_one_id_the_first_is_found(tmp_path):
    pack = make_pack(tmp_path, RULE, RULE.replace("Sample", "Copy"))
    assert [rule.name for rule in pack.rules] == ["Sample", "Copy"]
    assert [rule.name for rule in pack.by_id.values()] == ["Sample"]


def test_a_pack_cannot_be_changed(pack):
    with pytest.raises(dataclasses.FrozenInstanceError):
        pack.rules = ()
    for mapping in (pack.by_id, pack.sources):
        with pytest.raises(TypeError):
            mapping["x"] = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        pack.rules[0].name = "x"


def test_a_pack_fails_by_its_errors(pack, tmp_path_factory):
    assert pack.failed
    good = make_pack(tmp_path_factory.mktemp("good"), RULE.replace('maturity = "production"\n', ""))
    assert [found.severity for found in good.diagnostics] == [Severity.WARNING]
    assert not good.failed


def test_an_empty_pack(tmp_path):
    pack = Pack(find_project(tmp_path))
    assert (pack.every, pack.active, pack.deprecated, dict(pack.by_id), pack.failed) == ((), (), (), {}, False)


@pytest.mark.parametrize("stack", [None, "9.3", "9.3.1", StackVersion(9, 3)])
def test_a_rule_becomes_a_body(stack, pack):
    assert pack.to_api(pack.by_id["00000000-0000-4000-8000-000000000001"], stack)["name"] == "Sample"


def test_every_type_has_its_language(tmp_path):
    types = ("query", "saved_query", "eql", "esql", "threshold", "threat_match", "machine_learning", "new_terms")
    pack = make_pack(tmp_path, **{name: valid_text(name) for name in types})
    assert {rule.type: rule.query_language for rule in pack.rules} == {
        "query": "kuery",
        "saved_query": "kuery",
        "eql": "eql",
        "esql": "esql",
        "threshold": "kuery",
        "threat_match": "kuery",
        "machine_learning": None,
        "new_terms": "kuery",
    }


def test_a_named_language_wins(tmp_path):
    (rule,) = make_pack(tmp_path, RULE.replace('"kuery"', '"lucene"')).rules
    assert rule.query_language == "lucene"


@pytest.mark.parametrize(
    ("written", "integrations"),
    [("", ()), ('integration = "aws"\n', ("aws",)), ('integration = ["aws", "gcp"]\n', ("aws", "gcp"))],
)
def test_integrations_have_one_shape(written, integrations, tmp_path):
    (rule,) = make_pack(tmp_path, RULE.replace("[metadata]\n", f"[metadata]\n{written}")).rules
    assert rule.metadata.integrations == integrations


@pytest.mark.parametrize(("written", "jobs"), [('"a"', ("a",)), ('["a", "b"]', ("a", "b"))])
def test_jobs_have_one_shape(written, jobs, tmp_path):
    (rule,) = make_pack(tmp_path, valid_text("machine_learning").replace('"rare_process"', written)).rules
    assert rule.jobs == jobs


@pytest.mark.parametrize(("written", "fields"), [('""', ()), ('"a"', ("a",)), ('["a", "b"]', ("a", "b")), ("[]", ())])
def test_threshold_fields_have_one_shape(written, fields, tmp_path):
    (rule,) = make_pack(tmp_path, valid_text("threshold").replace('["host.id"]', written)).rules
    assert rule.threshold.fields == fields


def test_new_terms_have_one_shape(tmp_path):
    table = valid_text("new_terms")
    flat = table.partition("[rule.new_terms]")[0].replace("0017", "0018").replace("Smallest", "Flat")
    pack = make_pack(tmp_path, table, flat + 'new_terms_fields = ["user.name"]\nhistory_window_start = "now-7d"\n')
    assert [rule.fields_and_window for rule in pack.rules] == [(("user.name",), "now-7d")] * 2
    # One that names neither: RP107 says so, and nobody stumbles over it.
    assert make_pack(tmp_path, flat).rules[0].fields_and_window == ((), "")
