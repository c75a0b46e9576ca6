"""Whatever is in the files and whatever analysts did: after a deployment there is nothing left to do, or lost."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.samples import make_pack, valid_text

from rulepack.deploy import diff
from rulepack.deploy.apply import apply_plan
from rulepack.deploy.change import Kind
from rulepack.deploy.plan import Selection, make_plan
from rulepack.deploy.remote import read_remote
from rulepack.deploy.write import Result
from rulepack.kibana import Client, Credentials
from rulepack.package.package import Package
from rulepack.rule import RULE_TYPES
from rulepack.sandbox import Sandbox

KEY = Credentials.api_key("key-of-the-sandbox")
LINK = '\n[[rule.exceptions_list]]\nid = "x"\nlist_id = "{0}"\ntype = "detection"\nnamespace_type = "single"\n'
ACTION = '\n[[rule.actions]]\nid = "{0}"\naction_type_id = ".webhook"\ngroup = "default"\n'
PARAMS = '[rule.actions.params]\nbody = "{0}"\n'

# Lines of the [rule] table that a file may have or not, and what an analyst may do in Kibana.
LINES = st.fixed_dictionaries(
    {},
    optional={
        "note": st.sampled_from(["'n'", "''", "'''a\n\n## Setup\nb'''"]),
        "tags": st.sampled_from(["[]", "['a']", "['b', 'a', 'a']"]),
        "interval": st.sampled_from(["'5m'", "'1h'"]),
        "max_signals": st.sampled_from(["100", "7"]),
        "references": st.sampled_from(["[]", "['https://example.org']"]),
        "false_positives": st.sampled_from(["[]", "['b', 'a']"]),
        "enabled": st.sampled_from(["true", "false"]),
        "version": st.sampled_from(["1", "3"]),
        "setup": st.sampled_from(["''", "'s'"]),
        "meta": st.sampled_from(["{}", "{ from = '1m' }", "{ own = 1 }"]),
        "required_fields": st.sampled_from(["[]", "[{ name = 'host.id', type = 'keyword' }]"]),
        "building_block_type": st.just("'default'"),
    },
)
FIELDS = ("note", "interval", "max_signals", "references", "false_positives", "version", "setup", "license", "severity")
VALUES = {
    "note": "an analyst's",
    "interval": "10m",
    "max_signals": 55,
    "references": ["https://example.com"],
    "false_positives": ["theirs"],
    "version": 9,
    "setup": "theirs",
    "license": "theirs",
    "severity": "high",
}
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.sampled_from(FIELDS)),
        st.tuples(st.sampled_from(["add_tag", "add_unknown_field", "add_exception_list"]), st.sampled_from(["p", "q"])),
        st.tuples(st.sampled_from(["enable", "disable", "add_action", "run"]), st.none()),
    ),
    max_size=4,
    unique=True,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("convergence")


def write(folder, kind, lines, links="", risk=21):
    named = "".join(f"{name} = {value}\n" for name, value in lines.items())
    named = named.replace("'", '"').replace('"""', "'''")
    text = valid_text(kind).replace("[rule]\n", f"[rule]\n{named}").replace("risk_score = 21", f"risk_score = {risk}")
    return make_pack(folder, settings='name = "acme"\nstack = ["9.5"]', rule=text + links)


def deployed(pack, client):
    remote = read_remote(client)
    plan = make_plan(Package.of(pack), remote.place, remote.rules, remote.lists, Selection(allow_downgrade=True))
    applied = apply_plan(plan, client)
    assert [found.message for found in applied.diagnostics] == []
    return plan


def edit(analyst, rule_id, edits):
    for name, argument in edits:
        if name == "edit":
            analyst.edit(rule_id, **{argument: VALUES[argument]})
        else:
            getattr(analyst, name)(rule_id, *([] if argument is None else [argument]))


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(RULE_TYPES)), first=LINES, second=LINES, edits=EDITS, links=st.booleans())
def test_deploy_then_plan_is_empty_and_nothing_of_kibanas_is_lost(folder, kind, first, second, edits, links):
    with Sandbox(port=0) as box, Client(box.url, KEY) as client:
        deployed(write(folder, kind, first), client)
        analyst = box.analyst()
        (rule,) = box.state.rules("default")
        edit(analyst, rule["rule_id"], edits)
        (before,) = box.state.rules("default")
        # From now on the file names other things, perhaps also a list and an action that an analyst has made.
        extra = LINK.format(before["exceptions_list"][0]["list_id"]) if links and before["exceptions_list"] else ""
        if links and before["actions"]:
            extra += ACTION.format(before["actions"][0]["id"]) + PARAMS.format("ours")
        pack = write(folder, kind, second, extra, risk=22)
        body = pack.to_api(pack.rules[0])
        before = copy.deepcopy(before)
        deployed(pack, client)
        (after,) = box.state.rules("default")
        joined = {"tags", "exceptions_list", "actions", "meta"}
        kept = before.keys() - body.keys() - diff.SERVER_ONLY - joined
        assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}
        assert set(before["tags"]) <= set(after["tags"])
        assert {one["id"] for one in before["exceptions_list"]} <= {one["id"] for one in after["exceptions_list"]}
        assert {one["uuid"] for one in before["actions"]} <= {one["uuid"] for one in after["actions"]}
        assert (before.get("meta") or {}).keys() <= (after.get("meta") or {}).keys()
        again = deployed(pack, client)
        assert [change.kind for change in again.changes] == [Kind.UNCHANGED]
        assert box.bugs == []


def test_what_an_analyst_set_in_an_action_of_the_files_stays(folder):
    with Sandbox(port=0) as box, Client(box.url, KEY) as client:
        deployed(write(folder, "query", {}), client)
        analyst = box.analyst()
        (rule,) = box.state.rules("default")
        (action,) = analyst.add_action(rule["rule_id"])["actions"]
        frequency = {"summary": False, "notifyWhen": "onThrottleInterval", "throttle": "1h"}
        analyst.edit(rule["rule_id"], actions=[{**action, "frequency": frequency}])
        deployed(write(folder, "query", {}, ACTION.format(action["id"]) + PARAMS.format("ours")), client)
        ((after,),) = [one["actions"] for one in box.state.rules("default")]
        assert after["params"] == {"body": "ours"}
        assert after["frequency"] == frequency
        assert after["uuid"] == action["uuid"]


def test_outcomes_are_in_the_plans_order_however_the_threads_run(tmp_path):
    with Sandbox(port=0) as box, Client(box.url, KEY) as client:
        pack = make_pack(tmp_path, **{kind: valid_text(kind) for kind in RULE_TYPES})
        remote = read_remote(client)
        plan = make_plan(Package.of(pack), remote.place, remote.rules, remote.lists)
        seen = []
        applied = apply_plan(plan, client, progress=seen.append)
        assert [one.change for one in applied.outcomes] == list(plan.pending)
        assert len(seen) == len(plan.pending)
        assert applied.count(Result.CREATED) == 8
