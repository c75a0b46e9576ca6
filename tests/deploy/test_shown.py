"""What people see of a plan, and of what became of it."""

import json

import pytest
from support.samples import make_pack, valid_text

from rulepack.deploy.apply import Applied
from rulepack.deploy.change import FieldChange
from rulepack.deploy.plan import Place, make_plan
from rulepack.deploy.write import Outcome, Result
from rulepack.package.package import Package
from rulepack.report import plan as text
from rulepack.report import plan_json, plan_markdown
from rulepack.report.plan_fields import field_lines
from rulepack.stack import StackVersion

PLACE = Place("http://127.0.0.1:1", "default", StackVersion(9, 5))
GUIDE = "\n".join(f"line {number}" for number in range(40))
LONG = "".join(f"word{number} " for number in range(60)) + "end"


def lines(old, new, **more):
    return list(field_lines(FieldChange("field", old, new), **more))


def test_short_values_are_side_by_side():
    assert lines(21, 47) == ["field: 21 -> 47"]
    assert lines(None, "5m") == ['field: (none) -> "5m"']
    assert lines([], ["a"]) == ['field: [] -> ["a"]']


def test_of_a_long_text_the_lines_that_differ_are_shown():
    assert lines(GUIDE, GUIDE.replace("line 7", "seven").replace("line 30\n", "")) == [
        "field:",
        "  | line 5",
        "  | line 6",
        "  - line 7",
        "  + seven",
        "  | line 8",
        "  | line 9",
        "  | …",
        "  | line 28",
        "  | line 29",
        "  - line 30",
        "  | line 31",
        "  | line 32",
    ]


def test_of_a_long_line_the_part_that_differs_is_shown():
    _, old, new = lines(LONG, LONG.replace("word30", "other"))
    assert old.startswith("  - …")
    assert "word30" in old
    assert "other" in new
    assert max(len(old), len(new)) < 80


@pytest.mark.parametrize(
    ("old", "new"), [("a\nb", "a \nb"), ("a\nb", "a\nb\n"), ("a\nb", "a\r\nb"), (LONG, LONG + " ")]
)
def test_blanks_that_differ_are_seen(old, new):
    shown = lines(old, new)
    assert any(line.startswith("  + ") for line in shown)
    before = [line[4:] for line in shown[1:] if line[2] == "-"]
    after = [line[4:] for line in shown[1:] if line[2] == "+"]
    assert before != after


def test_no_line_begins_with_something_of_the_value():
    shown = lines("a\n::add-mask::x\nb\nc", "a\n::add-mask::x\nb\n##[error]d")
    assert all(line[2] in "-+|" for line in shown[1:])
    assert "  + # #[error]d" in shown


def test_most_lines_are_left_out_of_very_many():
    assert len(lines("", GUIDE, most=10)) == 12
    assert lines("", GUIDE, most=10)[-1] == "  | and 31 more lines"
    assert lines("a\n" * 5000, "b\n" * 5000) == ["field:", "  | 5,001 lines -> 5,001 lines"]


LIST = '\n[[rule.exceptions_list]]\nid = "x"\nlist_id = "gone"\ntype = "detection"\nnamespace_type = "single"\n'


def many(folder, count, extra=""):
    texts = {}
    for number in range(count):
        rule = (
            valid_text("query").replace("Smallest query rule", f"Rule {number}").replace("[rule]\n", f"[rule]\n{extra}")
        )
        start = rule.index('rule_id = "') + 11
        texts[f"rule_{number}"] = f"{rule[:start]}00000000-0000-4000-8000-{number:012d}{rule[start + 36 :]}"
    return make_pack(folder, settings='name = "acme"', **texts)


def test_many_new_rules_are_counted_by_folder(tmp_path):
    plan = make_plan(Package.of(many(tmp_path, 51, "enabled = true\n")), PLACE, [])
    shown = text.render(plan)
    assert "  + create: 51 rules, 51 of them enabled  rules\n" in shown
    assert shown.count("\n") == 5
    assert len(json.loads(plan_json.render(plan))["changes"]) == 51


def test_what_will_run_and_what_cannot_is_said_before(tmp_path):
    rule = valid_text("query").replace("[rule]\n", "[rule]\nenabled = true\n")
    plan = make_plan(Package.of(make_pack(tmp_path, rule + LIST)), PLACE, [])
    words = "this space has no exception list gone, so the rule will not be enabled"
    assert f"  + create, enabled: Smallest query rule  rules/rule_0.toml\n      {words}" in text.render(plan)
    assert words in plan_markdown.render(plan)
    (change,) = json.loads(plan_json.render(plan))["changes"]
    assert (change["enabled"], change["missing_exception_lists"]) == (True, ["gone"])


def test_a_list_that_is_missing_is_said_also_when_nothing_is_to_do(tmp_path):
    pack = make_pack(tmp_path, valid_text("query") + LIST)
    plan = make_plan(Package.of(pack), PLACE, [{**pack.to_api(pack.rules[0]), "id": "i"}])
    for shown in (text.render(plan), plan_markdown.render(plan)):
        assert "this space has no exception list gone" in shown


def test_many_prebuilt_rules_are_counted(tmp_path):
    pack = many(tmp_path, 30)
    remote = [{**pack.to_api(rule), "id": rule.rule_id, "immutable": True} for rule in pack.rules]
    shown = text.render(make_plan(Package.of(pack), PLACE, remote))
    assert "! and 10 more that are prebuilt rules" in shown
    assert "0 unchanged, 30 prebuilt; 30 prebuilt rules there" in shown


def test_markdown_shows_where_long_texts_differ(tmp_path):
    pack = make_pack(tmp_path, valid_text("query").replace("[rule]\n", f"[rule]\nnote = '''\n{GUIDE}'''\n"))
    remote = [{**pack.to_api(pack.rules[0]), "id": "i", "note": GUIDE.replace("line 30", "thirty")}]
    page = plan_markdown.render(make_plan(Package.of(pack), PLACE, remote))
    assert "<code>- thirty</code><br><code>+ line 30</code>" in page


def test_every_rules_result_is_listed(tmp_path):
    pack = many(tmp_path, 3)
    plan = make_plan(Package.of(pack), PLACE, [])
    results = (Result.CREATED, Result.FAILED, Result.NOT_ATTEMPTED)
    applied = Applied(tuple(map(Outcome, plan.pending, results)), (), "the key <b>ended</b>")
    assert text.render_applied(plan, applied) == (
        "  created: Rule 0  rules/rule_0.toml\n"
        "  failed: Rule 1  rules/rule_1.toml\n"
        "  not attempted: Rule 2  rules/rule_2.toml\n"
        "\n"
        f"1 created, 0 updated, 0 unchanged, 1 failed, 1 not attempted in {PLACE}\n"
    )
    page = plan_markdown.render_applied(plan, applied)
    assert page.index("| failed |") < page.index("| not attempted |") < page.index("| created |")
    assert "the key &#60;b&#62;ended" in page
    found = json.loads(plan_json.render_applied(plan, applied))
    assert [one["result"] for one in found["changes"]] == list(results)
    assert found["stopped"] == "the key <b>ended</b>"
