"""A Kibana that answers with anything at all: a plan or a word about it, never a traceback, nothing obeyed."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support.console import run
from support.samples import make_pack, valid_text

from rulepack.deploy import shape
from rulepack.deploy.apply import not_written
from rulepack.deploy.change import Kind
from rulepack.deploy.plan import Place, make_plan
from rulepack.package.package import Package
from rulepack.report import plan as text
from rulepack.report import plan_json, plan_markdown
from rulepack.rule import RULE_TYPES
from rulepack.sandbox import Fault, Sandbox
from rulepack.sandbox.answers import Answer
from rulepack.stack import StackVersion

PLACE = Place("http://127.0.0.1:1", "default", StackVersion(9, 5))
NASTY = "x\x1b[2J\x1b]0;pwned\x07\r\n::error::no\n##[error]no ##vso[task.complete] | <b>b</b> `c` \u202e [a](http://e)"


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    texts = {kind: valid_text(kind) for kind in RULE_TYPES}
    texts["query"] += 'tags = ["a"]\nnote = "n"\n' + LINKS
    return make_pack(tmp_path_factory.mktemp("hostile"), settings='name = "acme"', **texts)


LINKS = """
[[rule.exceptions_list]]
id = "x"
list_id = "known-good"
type = "detection"
namespace_type = "single"

[[rule.actions]]
id = "c"
action_type_id = ".slack"
group = "default"
[rule.actions.params]
message = "m"

[[rule.required_fields]]
name = "host.id"
type = "keyword"
"""


def in_kibana(pack, kind, **changes):
    (rule,) = [one for one in pack.rules if one.type == kind]
    return {**pack.to_api(rule), "id": f"id-{kind}", "revision": 0, "enabled": False, **changes}


def everything(plan):
    """All that is ever made of a plan."""
    shown = [text.render(plan, colour=False), plan_markdown.render(plan)]
    json.loads(plan_json.render(plan, tuple(not_written(plan))))
    for one in shown:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", one)
        assert not re.search(r"(?m)^\s*::", one)
        assert not re.search(r"##\w*\[", one)
    return shown


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from([NASTY, "a" * 9000]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "list_id", "name", "field", "type", ""]), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        "rule_id", "name", "type", "tags", "note", "exceptions_list", "actions", "required_fields", "revision", "meta",
        "threshold", "machine_learning_job_id", "rule_source", "immutable", "enabled", "query", "index",
        "alert_suppression", "investigation_fields", "threat", "new_field", "created_at",
    ]
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(RULE_TYPES)),
    changes=st.dictionaries(FIELDS, ANY, max_size=4),
    gone=st.sets(FIELDS, max_size=2),
    lists=st.lists(st.dictionaries(st.sampled_from(["id", "list_id", "namespace_type"]), ANY), max_size=2),
)
def test_whatever_kibana_says_there_is_a_plan(pack, kind, changes, gone, lists):
    rule = {name: value for name, value in in_kibana(pack, kind, **changes).items() if name not in gone}
    everything(make_plan(Package.of(pack), PLACE, [rule], lists))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tags", [1]),
        ("tags", "a"),
        ("tags", {}),
        ("actions", {}),
        ("actions", ["a"]),
        ("exceptions_list", [{}]),
        ("exceptions_list", [{"list_id": [], "type": "detection", "namespace_type": "single"}]),
        ("required_fields", [1]),
        ("type", None),
        ("type", ["query"]),
        ("revision", "1"),
    ],
)
def test_a_rule_in_another_shape_is_left_alone(pack, field, value):
    plan = make_plan(Package.of(pack), PLACE, [in_kibana(pack, "query", severity="high", **{field: value})])
    (change,) = plan.by_kind[Kind.UNREADABLE]
    assert change.reason.startswith(f"its {field} ")
    assert change not in plan.pending
    assert [found.code.id for found in not_written(plan)] == ["RP806"]


@pytest.mark.parametrize("field", ["tags", "exceptions_list", "actions", "required_fields", "meta"])
def test_null_and_nothing_are_empty(pack, field):
    rule = in_kibana(pack, "query", **{field: None})
    plan = make_plan(Package.of(pack), PLACE, [rule])
    assert not plan.by_kind[Kind.UNREADABLE]
    rule.pop(field)
    assert not make_plan(Package.of(pack), PLACE, [rule]).by_kind[Kind.UNREADABLE]


def test_nothing_of_kibanas_is_obeyed(pack):
    rules = [
        in_kibana(pack, "query", note=f"a\n{NASTY}\n::error::context\nb", tags=["a", NASTY]),
        in_kibana(pack, "eql", rule_id="other", name=NASTY),
        in_kibana(pack, "esql", rule_id=NASTY, name=None),
    ]
    plan = make_plan(Package.of(pack), PLACE, rules)
    shown, page = everything(plan)
    assert r"\x1b[2J" in shown
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
    assert "<b>" not in html
    assert "<a " not in html
    assert "| ::error::no" not in shown.replace("      ", "")


def test_ten_thousand_rules_are_counted(pack):
    rules = [in_kibana(pack, "eql", id=f"i{n}", rule_id=f"r{n}", name=f"Rule {n}") for n in range(9_000)]
    rules += [in_kibana(pack, "eql", id=f"p{n}", rule_id=f"p{n}", immutable=True) for n in range(1_000)]
    shown, page = everything(make_plan(Package.of(pack), PLACE, rules))
    assert "9,000 rules only in Kibana, 1,000 prebuilt rules there" in shown
    assert "and 8,980 more that are only in Kibana" in shown
    assert shown.count("\n") < 60
    assert len(page) < 100_000


def test_huge_values_are_shown_in_part(pack):
    rule = in_kibana(
        pack, "query", note="x" * 1_000_000, description="\n".join(map(str, range(9_000))), name="y" * 99_999
    )
    for shown in everything(make_plan(Package.of(pack), PLACE, [rule])):
        assert len(shown) < 20_000


@pytest.fixture
def box():
    with Sandbox(port=0) as sandbox:
        yield sandbox


@pytest.fixture
def project(tmp_path):
    make_pack(tmp_path, valid_text("query"), settings='name = "acme"')
    return tmp_path


def deploy(project, box):
    done = run("deploy", "--project", project, "--url", box.url, "--yes")
    assert done.exit_code in (0, 1, 3), done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("body", [{}, {"rule_id": 5}, {"id": "x"}, {"id": "a", "rule_id": "other", "type": "query"}])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_an_answer_that_is_no_rule(project, box, monkeypatch, body, method):
    monkeypatch.setenv("RULEPACK_API_KEY", "key-of-the-sandbox")
    if method != "POST":
        assert deploy(project, box).exit_code == 0
        path = project / "rules" / "rule_0.toml"
        path.write_text(path.read_text().replace("risk_score = 21", "risk_score = 47"))
    said = Answer(200, json.dumps(body))
    box.faults.add(Fault("said", method=method, path="/api/detection_engine/rules", answer=lambda _: said))
    done = deploy(project, box)
    assert done.exit_code == 1
    assert ("RP802" if method == "GET" and "type" in body else "RP806") in done.stderr


def test_a_value_that_json_cannot_say_is_not_sent(project, box, monkeypatch):
    monkeypatch.setenv("RULEPACK_API_KEY", "key-of-the-sandbox")
    deploy(project, box)
    path = project / "rules" / "rule_0.toml"
    path.write_text(path.read_text().replace("risk_score = 21", "risk_score = 47"))
    (rule,) = box.state.rules("default")
    said = Answer(200, json.dumps({**rule, "note": "half \ud83d"}))
    box.faults.add(Fault("said", method="GET", path="/api/detection_engine/rules", answer=lambda _: said))
    done = deploy(project, box)
    assert "RP806" in done.stderr
    assert "note holds half a character" in done.stderr


def test_why_a_body_cannot_be_sent():
    assert shape.unsendable({"a": 1, "b": "ok"}) is None
    assert "a holds" in shape.unsendable({"a": float("inf")})


def test_rules_that_change_between_the_pages(project, box, monkeypatch):
    monkeypatch.setenv("RULEPACK_API_KEY", "key-of-the-sandbox")
    numbers = iter(range(1000))

    def moving(_):
        number = next(numbers)
        one = {"id": f"id-{number}", "rule_id": f"r{number}", "name": "n", "type": "query"}
        return Answer(200, json.dumps({"data": [one], "total": 3 + number % 2, "perPage": 1, "page": 1}))

    box.faults.add(Fault("moving", method="GET", path="*/rules/_find", answer=moving, times=None))
    done = deploy(project, box)
    assert done.exit_code == 3
    assert "changes while it is read" in done.stderr
