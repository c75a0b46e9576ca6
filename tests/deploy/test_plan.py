"""What a plan says of each rule, from plain values."""

import pytest
from support.samples import make_pack, valid_text

from rulepack.deploy.change import Kind
from rulepack.deploy.plan import Place, Selection, make_plan
from rulepack.package.package import Package
from rulepack.stack import StackVersion

PLACE = Place("http://127.0.0.1:1", "default", StackVersion(9, 5))


@pytest.fixture
def pack(tmp_path):
    return make_pack(tmp_path, valid_text("query"), valid_text("eql"), settings='name = "acme"')


def in_kibana(pack, rule, number=1, **changes):
    return {**pack.to_api(rule), "id": f"id-{number}", "revision": 0, "enabled": False, **changes}


def kinds(plan):
    return {(change.name, change.kind) for change in plan.changes}


def test_a_rule_that_is_not_there_is_created(pack):
    plan = make_plan(Package.of(pack), PLACE, [])
    assert [change.kind for change in plan.changes] == [Kind.CREATE, Kind.CREATE]
    assert plan.changes[0].body["enabled"] is False


def test_a_rule_that_is_the_same_is_unchanged(pack):
    plan = make_plan(Package.of(pack), PLACE, [in_kibana(pack, rule, number) for number, rule in enumerate(pack.rules)])
    assert {change.kind for change in plan.changes} == {Kind.UNCHANGED}
    assert plan.pending == ()


def test_a_rule_that_differs_is_updated_field_by_field(pack):
    plan = make_plan(Package.of(pack), PLACE, [in_kibana(pack, pack.rules[0], severity="high", note="by hand")])
    (change,) = plan.by_kind[Kind.UPDATE]
    assert [(one.field, one.old, one.new) for one in change.fields] == [("severity", "high", "low")]
    assert change.kibana_only == ("note",)
    assert change.ids == ("id-1",)


def test_twins_are_refused(pack):
    plan = make_plan(Package.of(pack), PLACE, [in_kibana(pack, pack.rules[0], number) for number in (1, 2)])
    (change,) = plan.by_kind[Kind.DUPLICATE]
    assert change.reason == "Kibana has it 2 times: id-1, id-2"
    assert change not in plan.pending


@pytest.mark.parametrize("marks", [{"immutable": True}, {"rule_source": {"type": "external", "is_customized": False}}])
def test_a_prebuilt_rule_is_never_written(pack, marks):
    plan = make_plan(Package.of(pack), PLACE, [in_kibana(pack, pack.rules[0], severity="high", **marks)])
    assert len(plan.by_kind[Kind.PREBUILT]) == 1
    assert plan.prebuilt == 1


def test_another_type_is_refused(pack):
    plan = make_plan(Package.of(pack), PLACE, [in_kibana(pack, pack.rules[0], type="threshold")])
    (change,) = plan.by_kind[Kind.BLOCKED]
    assert "threshold rule in Kibana" in change.reason


def test_rules_that_only_kibana_has_are_shown_and_prebuilt_ones_counted(pack):
    remote = [
        in_kibana(pack, pack.rules[0], 1, rule_id="other", name="Analyst's"),
        in_kibana(pack, pack.rules[0], 2, rule_id="elastic", immutable=True),
    ]
    plan = make_plan(Package.of(pack), PLACE, remote)
    assert [change.name for change in plan.by_kind[Kind.KIBANA_ONLY]] == ["Analyst's"]
    assert plan.prebuilt == 1


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ('maturity = "development"', "maturity is development"),
        ('maturity = "deprecated"', "deprecated"),
        ('maturity = "production"\nmin_stack_version = "9.9.0"', "left out of 9.5: min_stack_version is 9.9.0"),
    ],
)
def test_a_rule_that_is_not_selected_says_why(tmp_path, metadata, reason):
    text = valid_text("query").replace('maturity = "production"', metadata)
    (change,) = make_plan(Package.of(make_pack(tmp_path, text)), PLACE, []).changes
    assert (change.kind, change.reason) == (Kind.NOT_SELECTED, reason)


@pytest.mark.parametrize(
    ("stack", "kind"), [('["9.5", "serverless"]', Kind.CREATE), ('["9.3", "9.5"]', Kind.NOT_SELECTED)]
)
def test_serverless_gets_what_the_pack_has_for_it_or_for_its_newest_version(tmp_path, stack, kind):
    text = valid_text("query").replace(
        'maturity = "production"', 'maturity = "production"\nmin_stack_version = "9.9.0"'
    )
    pack = make_pack(tmp_path, text, settings=f"stack = {stack}")
    plan = make_plan(Package.of(pack), Place("http://127.0.0.1:1", "default", None), [])
    assert plan.changes[0].kind is kind
    assert str(plan.target) == ("serverless" if kind is Kind.CREATE else "9.5")


def test_some_files_only(pack):
    plan = make_plan(Package.of(pack), PLACE, [], selection=Selection(files=("rules/rule_0.toml",)))
    assert [change.kind for change in plan.changes] == [Kind.CREATE, Kind.NOT_SELECTED]


@pytest.mark.parametrize(
    ("enable_new", "named", "enabled"),
    [
        ("never", True, False),
        ("file", True, True),
        ("file", None, False),
        ("always", None, True),
        ("always", False, True),
    ],
)
def test_which_new_rules_are_enabled(tmp_path, enable_new, named, enabled):
    line = "" if named is None else f"enabled = {str(named).lower()}\n"
    pack = make_pack(tmp_path, valid_text("query").replace("[rule]\n", f"[rule]\n{line}"))
    (change,) = make_plan(Package.of(pack), PLACE, [], selection=Selection(enable_new=enable_new)).changes
    assert change.body["enabled"] is enabled


def test_an_existing_rule_keeps_kibanas_switch(pack):
    plan = make_plan(
        Package.of(pack), PLACE, [in_kibana(pack, pack.rules[0], enabled=True)], selection=Selection(enable_new="never")
    )
    assert plan.by_kind[Kind.UPDATE] == ()
