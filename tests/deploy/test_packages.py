"""What is deployed is a package: made of the checkout in memory, or read from a file that is verified first."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sandbox.kit import damaged
from support.console import run
from support.locks import put, rule_id, rule_text, update
from support.packages import copy, forge, make, package, zipped
from support.samples import EXCEPTIONS, RULE

from rulepack.deploy.diff import overlay
from rulepack.deploy.plan import Place, make_plan
from rulepack.errors import PackageError
from rulepack.lock.store import read_lock
from rulepack.package.package import Package
from rulepack.package.read import verify
from rulepack.report import plan as plan_text
from rulepack.report import plan_json
from rulepack.sandbox import Sandbox

SETTINGS = 'name = "acme"\nstack = ["8.19", "9.3"]\n'


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("RULEPACK_API_KEY", "key")
    for name in ("RULEPACK_URL", "RULEPACK_ENV", "RULEPACK_TRUSTED_HOSTS", "RULEPACK_VERIFIER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def box():
    with Sandbox(port=0) as sandbox:
        yield sandbox


BODY = {
    "rule_id": "00000000-0000-4000-8000-000000000001",
    "name": "Sample",
    "type": "query",
    "description": "A sample.",
    "severity": "low",
    "risk_score": 21,
    "language": "kuery",
    "index": ["acme-*"],
    "query": "event.category : process",
    "tags": ["a"],
    "threat": [],
    "exceptions_list": [{"id": "1", "list_id": "l", "type": "detection", "namespace_type": "single"}],
    "actions": [{"id": "1", "action_type_id": ".slack", "group": "default", "params": {"message": "m"}}],
    "enabled": True,
}


@pytest.fixture(scope="module")
def forged(tmp_path_factory):
    """A package of one rule, to be forged."""
    return make(tmp_path_factory.mktemp("forged") / "p").folder


@pytest.fixture
def root(tmp_path):
    put(tmp_path / "pack", {1: rule_text(1), 2: rule_text(2)}, SETTINGS)
    return tmp_path / "pack"


def deploy(box, *words):
    return run("deploy", "--url", box.url, "--yes", *words)


def plan(box, *words):
    done = run("plan", "--url", box.url, "--format", "json", *words)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def writes(box):
    return [one for one in box.requests if one[0] != "GET"]


def rules(box):
    return {one["rule_id"]: one for one in box.state.rules()}


def edit(root, number, old, new):
    path = root / "rules" / f"rule_{number}.toml"
    path.write_text(path.read_text().replace(old, new))


# A package on disk


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_a_package_is_deployed_as_the_checkout_is_and_without_it(root, box, kind, monkeypatch, tmp_path):
    update(put(root, {}, SETTINGS))
    made = package(root)
    monkeypatch.chdir(tmp_path)
    done = deploy(box, getattr(made, kind))
    assert done.exit_code == 0, done.stderr
    assert "2 created, 0 updated, 0 unchanged" in done.stdout
    assert done.stderr == "acme-1.0: all 10 files verified\n"
    assert "2 unchanged" in run("plan", "--url", box.url, "--project", root).stdout
    assert [one["version"] for one in rules(box).values()] == [1, 1]
    assert {one["tags"][0] for one in rules(box).values()} == {"Managed by: rulepack/acme"}


def test_a_package_is_not_deployed_whose_signature_the_verifier_does_not_accept(root, box, monkeypatch):
    update(put(root, {}, SETTINGS))
    signed, unsigned = package(root, signer="sha256sum"), package(root, out="unsigned")
    monkeypatch.setenv("RULEPACK_VERIFIER", "false")
    assert deploy(box, signed.archive).exit_code == 1
    monkeypatch.setenv("RULEPACK_VERIFIER", "true")
    assert "acme-1.0 is not signed" in deploy(box, unsigned.archive).stderr
    assert writes(box) == []
    done = deploy(box, signed.archive)
    assert (done.exit_code, done.stderr) == (0, "acme-1.0: all 11 files verified, signed: SHA256SUMS.sig\n")


def test_the_server_decides_what_it_gets_of_a_package(root):
    text = rule_text(3).replace("[metadata]", '[metadata]\nmin_stack_version = "9.3"')
    put(root, {3: text}, SETTINGS)
    made = package(root)
    for version, count in (("8.19.4", 2), ("9.2.0", 2), ("9.3.1", 3), ("9.9.0", 3)):
        with Sandbox(port=0, version=version) as box:
            done = deploy(box, made.archive)
            assert done.exit_code == 0, done.stderr
            assert len(rules(box)) == count
    with Sandbox(port=0, version="8.18.0") as box:
        done = deploy(box, made.archive)
        assert done.exit_code == 3
        assert "the pack is for 8.19 and newer" in done.stderr
        assert writes(box) == []
    with Sandbox(port=0, version="9.0.4") as box:
        done = deploy(box, made.archive)
        assert done.exit_code == 3
        assert "is Kibana 9.0.4, which lacks some of what 8.19 has" in done.stderr
        assert writes(box) == []


def test_a_serverless_project_gets_the_target_of_its_name(tmp_path):
    text = RULE.replace("[metadata]", '[metadata]\nmin_stack_version = "9.9"')
    made = make(tmp_path / "p", text, settings='name = "acme"\nstack = ["9.3", "serverless"]\n')
    with Sandbox(port=0, serverless=True) as box:
        done = deploy(box, made.archive)
        assert done.exit_code == 0, done.stderr
        assert len(rules(box)) == 1
    with Sandbox(port=0) as box:
        assert "min_stack_version is 9.9" in deploy(box, made.archive).stderr
    made = make(tmp_path / "q", settings='name = "acme"\nstack = ["serverless"]\n')
    with Sandbox(port=0) as box:
        assert "is Kibana 9.5, and the pack is for serverless only" in deploy(box, made.archive).stderr


def test_all_that_a_package_was_made_with_is_deployed_whatever_its_maturity(root, box):
    edit(root, 2, "production", "beta")
    made = package(root, maturity=("beta",))
    done = deploy(box, made.archive, "--project", root)
    assert done.exit_code == 0, done.stderr
    assert list(rules(box)) == [rule_id(2)]


def test_a_package_is_named_alone(root, box):
    made = package(root)
    done = deploy(box, made.archive, root / "rules")
    assert done.exit_code == 2
    assert "a package is deployed as a whole: name it alone" in done.stderr


@pytest.mark.parametrize("command", ["plan", "deploy"])
@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("9.3/rules.ndjson", b"{}\n", "RP714"),
        ("manifest.json", lambda data: data.update(format=2), "RP713"),
        ("manifest.json", lambda data: data.update(stack=[]), "RP713"),
        ("manifest.json", lambda data: data["rules"].append(data["rules"][0]), "RP714"),
    ],
)
def test_what_verify_refuses_is_not_deployed(root, box, tmp_path, command, name, change, code):
    folder = copy(package(root), tmp_path)
    forge(folder, name, change)
    for path in (folder, zipped(folder)):
        done = run(command, "--url", box.url, *(["--yes"] if command == "deploy" else []), path)
        assert done.exit_code == 1
        assert f"error[{code}]" in done.stderr
        assert run("verify", path).exit_code == 1
    assert box.requests == []


def test_a_changed_byte_is_named_and_nothing_is_deployed(root, box):
    made = package(root)
    path = made.folder / "9.3" / "rules.ndjson"
    path.write_bytes(path.read_bytes().replace(b'"risk_score":21', b'"risk_score":22', 1))
    done = deploy(box, made.folder)
    assert done.exit_code == 1
    assert "9.3/rules.ndjson" in done.stderr
    assert "nothing was deployed, because of the errors above" in done.stderr
    assert box.requests == []


def test_a_file_that_changes_after_it_was_verified_is_not_deployed(root, box, monkeypatch):
    made = package(root)
    from rulepack.deploy import remote

    real = remote.read_remote

    def meanwhile(*words):
        (made.folder / "9.3" / "rules.ndjson").write_text("{}\n")
        return real(*words)

    monkeypatch.setattr(remote, "read_remote", meanwhile)
    done = deploy(box, made.folder)
    assert done.exit_code == PackageError.exit_code
    assert "9.3/rules.ndjson has changed since the package was verified" in done.stderr
    assert writes(box) == []


ODD = st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.none() | st.text(), max_size=2)


@example(body=BODY)
@given(body=damaged(BODY, ODD | st.dictionaries(st.text(max_size=3), ODD, max_size=2)))
@settings(max_examples=80)
def test_whatever_a_forged_package_holds_is_refused_or_planned(forged, body):
    """Its checksums are right, and its manifest names what is there: no body may surprise a deployment."""
    for name in ("9.3/rules.ndjson", f"rules/{body.get('rule_id')}.json"):
        if (forged / name).is_file():
            forge(forged, name, f"{json.dumps(body)}\n".encode())
    found = verify(forged).package
    assert found is not None or json.dumps(body) != json.dumps(BODY)
    if found is None:
        return
    there = {**BODY, "id": "5", "revision": 0, "tags": [], "exceptions_list": [], "actions": []}
    for remote in ([], [there]):
        made = make_plan(Package.read(found), Place("http://127.0.0.1:1", "default", None), remote)
        assert plan_text.render(made)
        assert plan_json.render(made)
        for change in made.pending:
            assert json.dumps(overlay(change.body, there, "tag"), allow_nan=False)


# A checkout


def test_a_checkout_with_a_stale_lock_is_planned_with_the_next_versions(root, box):
    update(put(root, {}, SETTINGS))
    edit(root, 1, "risk_score = 21", "risk_score = 47")
    done = run("plan", "--url", box.url, "--project", root)
    assert done.exit_code == 0
    assert "warning: 1 rule changed since rulepack.lock was written" in done.stderr
    assert deploy(box, "--project", root).exit_code == 0
    assert {name: one["version"] for name, one in rules(box).items()} == {rule_id(1): 2, rule_id(2): 1}


def test_a_damaged_lock_is_not_planned(root, box):
    update(put(root, {}, SETTINGS))
    (root / "rulepack.lock" / f"{rule_id(1)}.toml").write_text("<<<<<<< ours\n")
    done = deploy(box, "--project", root)
    assert done.exit_code == 1
    assert "RP704" in done.stderr
    assert box.requests == []


@pytest.mark.parametrize(("theirs", "kept"), [(7, True), (3, False), (1, False)])
def test_a_version_that_kibana_has_beyond_ours_is_kept_and_told(root, box, theirs, kept):
    deploy(box, "--project", root)
    box.analyst("default").edit(rule_id=rule_id(1), version=theirs)
    update(put(root, {}, SETTINGS), servers={rule_id(1): 2})
    assert read_lock(put(root, {}, SETTINGS)).entries[rule_id(1)].version == 3
    shown = run("plan", "--url", box.url, "--project", root).stdout
    if kept:
        assert "version 7, above the pack's 3 (`rulepack lock --adopt` goes above it)" in shown
        assert "version: " not in shown
    elif theirs == 1:
        assert "version: 1 -> 3" in shown
    edit(root, 1, "risk_score = 21", "risk_score = 47")
    update(put(root, {}, SETTINGS))
    done = deploy(box, "--project", root)
    found = rules(box)[rule_id(1)]
    if kept:
        # Somebody deployed something newer, which would be taken back.
        assert done.exit_code == 1
        assert "error[RP807] not deployed: Kibana has version 7, above the pack's 4, and another content" in done.stderr
        assert "1 behind Kibana" in run("plan", "--url", box.url, "--project", root).stdout
        assert (found["risk_score"], found["version"]) == (21, 7)
        assert deploy(box, "--project", root, "--allow-downgrade").exit_code == 0
        found = rules(box)[rule_id(1)]
    else:
        assert done.exit_code == 0, done.stderr
    assert (found["risk_score"], found["version"]) == (47, 4)


def test_ci_does_not_deploy_what_has_no_version_yet(root, box):
    assert deploy(box, "--project", root, "--locked").exit_code == 1
    done = deploy(box, "--project", root, "--locked", str(root / "rules" / "rule_1.toml"))
    assert done.exit_code == 1
    assert "RP704" in done.stderr
    assert writes(box) == []
    update(put(root, {}, SETTINGS))
    assert deploy(box, "--project", root, "--locked").exit_code == 0
    edit(root, 1, "risk_score = 21", "risk_score = 47")
    done = deploy(box, "--project", root, "--locked")
    assert done.exit_code == 1
    assert "rules/rule_1.toml" in done.stderr
    assert "RP701" in done.stderr


def test_a_hotfix_does_not_wait_for_what_is_wrong_with_another_rule(root, box):
    edit(root, 2, 'severity = "low"', 'severity = "lw"')
    assert deploy(box, "--project", root).exit_code == 1
    done = deploy(box, "--project", root, root / "rules" / "rule_1.toml")
    assert done.exit_code == 0, done.stderr
    assert "warning: 1 error in files that were not named, such as rules/rule_2.toml" in done.stderr
    assert set(rules(box)) == {rule_id(1)}
    done = deploy(box, "--project", root, root / "rules" / "rule_2.toml")
    assert done.exit_code == 1
    assert "RP101" in done.stderr


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("text", [rule_text(2).replace('severity = "low"', 'severity = "lw"'), "[rule"])
def test_a_rule_whose_file_is_wrong_is_not_one_that_only_kibana_has(root, box, text, locked):
    if locked:
        update(put(root, {}, SETTINGS))
    assert deploy(box, "--project", root).exit_code == 0
    put(root, {2: text}, SETTINGS)
    shown = run("plan", "--url", box.url, "--project", root, root / "rules" / "rule_1.toml").stdout
    known = locked or text != "[rule"
    assert ("only in Kibana" in shown) is not known
    assert ("not selected, its file has errors: 1 rule" in shown) is known


def test_what_is_wrong_with_another_rule_is_no_way_around_the_lock(root, box):
    update(put(root, {}, SETTINGS))
    edit(root, 2, 'severity = "low"', 'severity = "lw"')
    named = str(root / "rules" / "rule_1.toml")
    assert deploy(box, "--project", root, "--locked", named).exit_code == 0
    edit(root, 1, "risk_score = 21", "risk_score = 47")
    done = deploy(box, "--project", root, "--locked", named)
    assert done.exit_code == 1
    assert "RP701" in done.stderr


def test_a_rule_without_the_lists_that_it_names_is_never_green(root, box):
    lists = '\n[[rule.exceptions_list]]\nid = "1"\nlist_id = "known"\ntype = "detection"\nnamespace_type = "single"\n'
    put(root, {1: rule_text(1) + lists}, SETTINGS)
    for _ in range(2):
        done = deploy(box, "--project", root)
        assert done.exit_code == 1
        assert "RP804" in done.stderr


def test_a_deprecated_rule_that_still_runs_is_told(root, box):
    edit(root, 1, "[rule]", "[rule]\nenabled = true")
    assert deploy(box, "--project", root).exit_code == 0
    put(root, {1: rule_text(1, reason="noisy")}, SETTINGS)
    shown = run("plan", "--url", box.url, "--project", root).stdout
    assert "not selected, deprecated, and still enabled in Kibana: switch it off there: 1 rule" in shown


def test_exception_lists_are_said_not_to_be_written(root, box):
    put(root, {"rules/lists.toml": EXCEPTIONS}, SETTINGS)
    assert "note: the pack's 1 exception list: not written" in deploy(box, "--project", root).stderr
    done = deploy(box, "--project", root, root / "rules" / "lists.toml")
    assert (done.exit_code, "only exception lists" in done.stderr) == (2, True)


@pytest.mark.parametrize(("policy", "sent"), [("content", 1), ("file", 5), ("kibana", None)])
def test_what_is_sent_follows_the_policy(root, box, policy, sent):
    edit(root, 1, "[rule]", "[rule]\nversion = 5")
    edit(root, 2, "[rule]", "[rule]\nversion = 5")
    update(put(root, {}, f'{SETTINGS}versions = "{policy}"\n'))
    assert deploy(box, "--project", root).exit_code == 0
    assert {one["version"] for one in rules(box).values()} == {sent or 1}
    box.analyst("default").edit(rule_id=rule_id(1), version=9)
    shown = run("plan", "--url", box.url, "--project", root).stdout
    assert ("version 9" in shown) is (sent is not None)
    assert "2 unchanged" in shown


def test_adopting_from_kibana_begins_above_what_is_there(root, box):
    deploy(box, "--project", root)
    box.analyst("default").edit(rule_id=rule_id(1), version=41)
    done = run("lock", "--project", root, "--adopt", "--url", box.url)
    assert done.exit_code == 0, done.stderr
    lock = read_lock(put(root, {}, SETTINGS))
    assert (lock.entries[rule_id(1)].version, lock.entries[rule_id(2)].version) == (42, 2)
    assert deploy(box, "--project", root).exit_code == 0
    assert {one["version"] for one in rules(box).values()} == {42, 2}
    assert plan(box, "--project", root)["counts"]["unchanged"] == 2
