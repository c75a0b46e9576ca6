"""Plan and deploy against the sandbox, over real HTTP."""

import json

import pytest
from support.console import run
from support.samples import RULE, VALID, make_pack, valid_text

from rulepack.rule import RULE_TYPES
from rulepack.sandbox import Fault, Sandbox
from rulepack.sandbox.answers import ok

SECRET = "c3VwZXItc2VjcmV0LWtleQ=="


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("RULEPACK_API_KEY", SECRET)
    for name in ("RULEPACK_URL", "RULEPACK_ENV", "RULEPACK_TRUSTED_HOSTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def box():
    with Sandbox(port=0) as sandbox:
        yield sandbox


@pytest.fixture
def project(tmp_path):
    """A pack with the smallest rule of every type."""
    make_pack(tmp_path, settings='name = "acme"', **{kind: valid_text(kind) for kind in RULE_TYPES})
    return tmp_path


def deploy(project, box, *more):
    return run("deploy", "--project", project, "--url", box.url, "--yes", *more)


def plan(project, box, *more):
    done = run("plan", "--project", project, "--url", box.url, "--format", "json", *more)
    assert done.exit_code in (0, 4), done.stderr
    return json.loads(done.stdout)


def counts(planned):
    return {kind: number for kind, number in planned["counts"].items() if number}


def rule(box, rule_id):
    (found,) = [one for one in box.state.rules("default") if one["rule_id"] == rule_id]
    return found


def rule_id(kind):
    return next(line.split('"')[1] for line in valid_text(kind).split("\n") if line.startswith("rule_id"))


def edit(project, kind, old, new):
    path = project / "rules" / f"{kind}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def writes(box):
    return [one for one in box.requests if one[0] in {"POST", "PUT", "PATCH", "DELETE"}]


def test_the_first_deploy_creates_all_and_the_second_writes_nothing(project, box):
    first = deploy(project, box)
    assert first.exit_code == 0, first.stderr
    assert f"{len(RULE_TYPES)} created, 0 updated, 0 unchanged" in first.stdout
    before = len(writes(box))
    second = deploy(project, box)
    assert second.exit_code == 0
    assert len(writes(box)) == before == len(RULE_TYPES)
    assert counts(plan(project, box)) == {"unchanged": len(RULE_TYPES)}


def test_what_is_created_is_what_the_file_says_and_no_more(project, box):
    deploy(project, box)
    created = rule(box, rule_id("eql"))
    assert created["enabled"] is False
    assert created["tags"] == ["Managed by: rulepack/acme"]
    assert created["query"] == "process where true"


def test_one_edited_rule_is_one_write(project, box):
    deploy(project, box)
    before = len(writes(box))
    edit(project, "eql", "risk_score = 21", "risk_score = 47")
    planned = plan(project, box, "--exit-code")
    (change,) = [one for one in planned["changes"] if one["kind"] == "update"]
    assert change["fields"] == [{"field": "risk_score", "old": 21, "new": 47}]
    done = deploy(project, box)
    assert "0 created, 1 updated, 7 unchanged" in done.stdout
    assert [one[0] for one in writes(box)[before:]] == ["PUT"]
    assert rule(box, rule_id("eql"))["risk_score"] == 47


def test_a_plan_writes_nothing_and_exits_with_4_only_when_asked(project, box):
    for options, code in ([], 0), (["--exit-code"], 4):
        done = run("plan", "--project", project, "--url", box.url, *options)
        assert done.exit_code == code
        assert "8 to create, 0 to update, 0 unchanged" in done.stdout
    assert writes(box) == []


def test_an_analysts_edit_of_a_named_field_is_shown_with_both_values(project, box):
    deploy(project, box)
    box.analyst("default").edit(rule_id=rule_id("query"), severity="high")
    shown = run("plan", "--project", project, "--url", box.url).stdout
    assert 'severity: "high" -> "low"' in shown
    deploy(project, box)
    assert rule(box, rule_id("query"))["severity"] == "low"


def test_what_analysts_add_survives(project, box):
    deploy(project, box)
    analyst, the_id = box.analyst("default"), rule_id("query")
    analyst.add_exception_list(the_id, "analyst")
    analyst.add_action(the_id)
    analyst.add_tag(the_id, "analyst")
    analyst.enable(the_id)
    analyst.add_unknown_field(the_id, "from_the_future", {"a": [1]})
    analyst.edit(the_id, note="by hand")
    before = rule(box, the_id)
    edit(project, "query", "risk_score = 21", "risk_score = 47")
    done = deploy(project, box)
    assert done.exit_code == 0, done.stderr
    after = rule(box, the_id)
    assert after["risk_score"] == 47
    kept = ("exceptions_list", "actions", "enabled", "from_the_future", "note", "meta")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert set(after["tags"]) == {"Managed by: rulepack/acme", "analyst"}


def test_what_an_analyst_adds_between_plan_and_write_survives(project, box):
    deploy(project, box)
    edit(project, "query", "risk_score = 21", "risk_score = 47")
    analyst, the_id = box.analyst("default"), rule_id("query")
    listed = "/api/detection_engine/rules/_find"
    box.faults.add(
        Fault.meanwhile(lambda: analyst.add_exception_list(the_id, "late"), method="GET", path=listed, after=True)
    )
    done = deploy(project, box)
    assert done.exit_code == 0, done.stderr
    assert [one["list_id"] for one in rule(box, the_id)["exceptions_list"]] == ["late"]
    assert rule(box, the_id)["risk_score"] == 47


def test_a_named_field_that_changes_between_plan_and_write_is_not_overwritten(project, box):
    deploy(project, box)
    edit(project, "query", "risk_score = 21", "risk_score = 47")
    analyst, the_id = box.analyst("default"), rule_id("query")
    listed = "/api/detection_engine/rules/_find"
    box.faults.add(Fault.meanwhile(lambda: analyst.edit(the_id, risk_score=99), method="GET", path=listed, after=True))
    done = deploy(project, box)
    assert done.exit_code == 1
    assert "RP802" in done.stderr
    assert "risk_score changed in Kibana after the plan was made" in done.stderr
    assert rule(box, the_id)["risk_score"] == 99


def test_a_field_and_a_tag_taken_out_of_the_file_are_listed(project, box):
    edit(project, "query", 'severity = "low"', 'severity = "low"\nnote = "guide"\ntags = ["a", "b"]')
    deploy(project, box)
    edit(project, "query", 'note = "guide"\ntags = ["a", "b"]', 'tags = ["a"]')
    planned = plan(project, box)
    (change,) = [one for one in planned["changes"] if one.get("only_in_kibana")]
    assert change["kind"] == "unchanged"
    assert change["only_in_kibana"] == ["note", "tag 'b'"]


def test_twins_and_prebuilt_rules_are_reported_and_not_written(project, box):
    deploy(project, box)
    box.analyst("default").twin(rule_id=rule_id("eql"))
    edit(project, "eql", "risk_score = 21", "risk_score = 47")
    before = len(writes(box))
    assert counts(plan(project, box)) == {"duplicate": 1, "unchanged": 7}
    done = deploy(project, box)
    assert done.exit_code == 1
    assert "RP803" in done.stderr
    assert "rules/eql.toml:" in done.stderr
    assert len(writes(box)) == before


def test_new_rules_are_enabled_as_asked(project, box):
    edit(project, "eql", 'severity = "low"', 'severity = "low"\nenabled = true')
    deploy(project, box)
    assert [one["rule_id"] for one in box.state.rules("default") if one["enabled"]] == [rule_id("eql")]


@pytest.mark.parametrize(("choice", "enabled"), [("never", 0), ("always", 8)])
def test_new_rules_are_enabled_as_the_command_line_says(project, box, choice, enabled):
    edit(project, "eql", 'severity = "low"', 'severity = "low"\nenabled = true')
    deploy(project, box, "--enable-new", choice)
    assert sum(1 for one in box.state.rules("default") if one["enabled"]) == enabled


LIST = """
[[rule.exceptions_list]]
id = "elsewhere"
list_id = "known-good"
type = "detection"
namespace_type = "single"
"""


def test_no_rule_is_enabled_before_its_exceptions(project, box):
    path = project / "rules" / "query.toml"
    path.write_text(valid_text("query").replace("[rule]\n", "[rule]\nenabled = true\n") + LIST, encoding="utf-8")
    done = deploy(project, box)
    assert done.exit_code == 1
    assert "RP804" in done.stderr
    assert "known-good" in done.stderr
    assert rule(box, rule_id("query"))["enabled"] is False


def test_a_list_that_is_there_is_named_by_its_id_in_this_space(project, box):
    deploy(project, box, project / "rules" / "eql.toml")
    made = box.analyst("default").add_exception_list(rule_id("eql"), "known-good")["exceptions_list"][0]
    path = project / "rules" / "query.toml"
    path.write_text(valid_text("query").replace("[rule]\n", "[rule]\nenabled = true\n") + LIST, encoding="utf-8")
    done = deploy(project, box)
    assert done.exit_code == 0, done.stderr
    after = rule(box, rule_id("query"))
    assert after["enabled"] is True
    assert [one["id"] for one in after["exceptions_list"]] == [made["id"]]


def test_a_refusal_is_at_the_rules_own_line_and_the_rest_goes_on(project, box):
    action = '\n[[rule.actions]]\nid = "no-such-connector"\naction_type_id = ".slack"\ngroup = "default"\n'
    action += '[rule.actions.params]\nmessage = "m"\n'
    edit(project, "query", 'severity = "low"', 'severity = "low"')
    path = project / "rules" / "query.toml"
    path.write_text(path.read_text(encoding="utf-8") + action, encoding="utf-8")
    done = deploy(project, box)
    assert done.exit_code == 1
    line = next(n for n, text in enumerate(path.read_text().split("\n"), 1) if text.startswith("rule_id"))
    assert f"rules/query.toml:{line}:" in done.stderr
    assert "RP901" in done.stderr
    assert "no-such-connector" in done.stderr
    assert "7 created, 0 updated, 0 unchanged, 1 failed" in done.stdout


def test_a_field_that_kibana_drops_is_an_error_that_names_the_version(tmp_path):
    text = valid_text("esql") + '\n[rule.alert_suppression]\ngroup_by = ["host.id"]\n'
    make_pack(tmp_path, text, settings='stack = ["8.15"]')
    with Sandbox(port=0, version="8.13.0") as old:
        # It says that it is newer than it is, as a node does in the middle of an upgrade.
        newer = {"version": {"number": "8.15.0", "build_flavor": "traditional"}, "status": {}}
        old.faults.add(Fault("status", path="/api/status", times=None, answer=lambda _: ok(newer)))
        done = deploy(tmp_path, old)
    assert done.exit_code == 1
    assert "RP902" in done.stderr
    assert "did not keep alert_suppression; it needs stack 8.15" in done.stderr


def test_a_rule_with_what_the_target_lacks_is_left_out_and_not_sent_without_it(tmp_path):
    text = valid_text("esql") + '\n[rule.alert_suppression]\ngroup_by = ["host.id"]\n'
    make_pack(tmp_path, text, RULE, settings='stack = ["8.13"]\nchecks.RP105 = "off"')
    with Sandbox(port=0, version="8.13.0") as old:
        done = deploy(tmp_path, old)
        names = [rule["name"] for rule in old.state.rules()]
    assert done.exit_code == 0, done.stderr
    assert names == ["Sample"]
    assert "not selected, left out of 8.13: alert_suppression needs stack 8.15: 1 rule" in done.stdout


def test_an_older_kibana_than_the_pack_is_for_is_refused(project):
    with Sandbox(port=0, version="8.12.0") as old:
        done = deploy(project, old)
    assert done.exit_code == 3
    assert "the pack is for 8.19 and newer" in done.stderr


def test_a_space_that_does_not_exist_is_refused(project, box):
    done = deploy(project, box, "--space", "soc")
    assert done.exit_code == 3
    assert "no space 'soc'" in done.stderr
    assert box.state.rules("soc") == []


def test_without_a_terminal_it_wants_yes(project, box):
    done = run("deploy", "--project", project, "--url", box.url)
    assert done.exit_code == 3
    assert "--yes" in done.stderr
    assert writes(box) == []


def test_nothing_selected_is_no_success(tmp_path, box):
    make_pack(tmp_path, valid_text("eql").replace('"production"', '"development"'))
    for command in ("plan", "deploy"):
        done = run(command, "--project", tmp_path, "--url", box.url)
        assert done.exit_code == 3
        assert "maturity is development" in done.stderr


def test_a_pack_with_errors_is_not_planned(project, box):
    edit(project, "eql", 'severity = "low"', 'severity = "lo"')
    done = run("plan", "--project", project, "--url", box.url)
    assert done.exit_code == 1
    assert "RP101" in done.stderr
    assert box.requests == []


def test_some_rules_only(project, box):
    done = deploy(project, box, project / "rules" / "eql.toml")
    assert "1 created, 0 updated, 0 unchanged" in done.stdout
    assert [one["rule_id"] for one in box.state.rules("default")] == [rule_id("eql")]


def test_the_packs_own_address_gets_no_credentials(project, box, monkeypatch):
    settings = f'name = "acme"\n[environments.prod]\nurl = "{box.url}"\n'
    (project / "rulepack.toml").write_text(settings, encoding="utf-8")
    done = run("plan", "--project", project, "--env", "prod")
    assert done.exit_code == 3
    assert "RULEPACK_TRUSTED_HOSTS" in done.stderr
    assert box.requests == []
    monkeypatch.setenv("RULEPACK_TRUSTED_HOSTS", "127.0.0.1")
    assert run("plan", "--project", project, "--env", "prod").exit_code == 0


def test_the_key_is_in_no_output(project, box):
    done = [
        run("plan", "--project", project, "--url", box.url, "--format", form) for form in ("text", "json", "markdown")
    ]
    done += [deploy(project, box), deploy(project, box, "--space", "nowhere"), run("deploy", "--project", project)]
    assert all(SECRET not in one.stdout + one.stderr for one in done)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_every_format_of_deploy(project, box, form, tmp_path):
    edit(project, "query", 'name = "Smallest query rule"', 'name = "A | *bold* <b>rule</b>"')
    out = tmp_path / "result"
    done = deploy(project, box, "--format", form, "--output", out)
    assert done.exit_code == 0
    text = out.read_text(encoding="utf-8")
    assert ("8 created" in text) or json.loads(text)["results"]["created"] == 8
    assert VALID.is_dir()
