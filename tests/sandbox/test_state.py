"""The state file, and many clients at once: nothing acknowledged is lost, nothing is there twice."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sandbox.kit import BODIES, LISTS, RULES

from rulepack.errors import RulepackError
from rulepack.sandbox import Fault, Sandbox

THREADS = 8


def shown(box):
    """All that a sandbox holds."""
    state = box.state
    return {
        "spaces": state.spaces,
        "assets": state.assets,
        **{f"{kind} {space}": list(shelf) for kind, space, shelf in state.shelves() if len(shelf)},
    }


def test_everything_survives_a_restart(start, connect, tmp_path):
    file = tmp_path / "deep" / "state.json"
    box = start(state_file=file, spaces=("team",))
    kibana = connect(box)
    kibana.made(rule_id="r", note="\ud83d\ude00 \u2028 é")
    kibana.post(
        RULES,
        data=json.dumps({**BODIES["query"], "note": "half \ud800"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    connect(box, space="team").made("eql")
    connect(box, space="ghost").made("esql")
    kibana.post(LISTS, {"name": "n", "description": "d", "type": "detection", "list_id": "l"})
    kibana.post("/api/actions/connector", {"name": "c", "connector_type_id": ".slack"})
    kibana.post("/api/lists/index")
    analyst = box.analyst()
    analyst.twin("r")
    analyst.offer_prebuilt({**BODIES["query"], "rule_id": "p"}, version=3)
    analyst.install_prebuilt("p")
    analyst.add_exception_item("l")
    analyst.run("r")
    before = shown(box)
    box.__exit__(None, None, None)
    again = start(state_file=file)
    assert shown(again) == before
    assert connect(again).get(f"{RULES}/_find").json()["total"] == 4
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert [len(rows) for rows in kept["rules"].values()] == [4, 1, 1]
    assert [path.name for path in file.parent.iterdir()] == ["state.json"]


def test_an_analysts_work_is_saved_before_the_method_returns(tmp_path):
    file = tmp_path / "state.json"
    with Sandbox(state_file=file) as box:
        box.analyst().create({**BODIES["query"], "rule_id": "r"})
        assert '"rule_id":"r"' in file.read_text()
        box.analyst().delete("r")
        assert '"rule_id":"r"' not in file.read_text()


def test_a_write_that_lost_its_answer_is_saved(start, connect, tmp_path):
    file = tmp_path / "state.json"
    box = start(state_file=file)
    box.faults.add(Fault.reset_after())
    with pytest.raises(requests.ConnectionError):
        connect(box).made(rule_id="r")
    assert '"rule_id":"r"' in file.read_text()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"form": 2}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"form": 1, "spaces": 5, "prebuilt": [], "rules": {}}',
        b'{"form": 1, "spaces": [], "prebuilt": [], "rules": {"default": [{"id": 5}]}}',
        b'{"form": 1, "spaces": [], "prebuilt": [], "rules": {"default": [{"id": "a", "rule_id": "b", "type": "c"}]}}',
    ],
)
def test_a_file_that_is_no_state_file_is_an_error_with_a_way_out(tmp_path, content):
    file = tmp_path / "state.json"
    file.write_bytes(content)
    with pytest.raises(RulepackError, match="cannot read the state file") as caught:
        Sandbox(state_file=file)
    assert "move it away" in caught.value.hint
    assert file.read_bytes() == content


def test_a_folder_is_no_state_file(tmp_path):
    with pytest.raises(RulepackError, match="cannot read the state file"):
        Sandbox(state_file=tmp_path)


def test_a_state_that_cannot_be_saved_is_no_success(start, connect, tmp_path):
    folder = tmp_path / "gone"
    box = start(state_file=folder / "state.json")
    connect(box).made(rule_id="r")
    (folder / "state.json").unlink()
    folder.rmdir()
    folder.write_text("a file is in the way")
    answer = connect(box).post(RULES, BODIES["query"])
    assert answer.status_code == 500
    assert "could not save its state" in answer.json()["message"]


@pytest.fixture
def hasty():
    """Has threads take turns a hundred times as often, so that what is not locked goes wrong."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.00005)
    yield
    sys.setswitchinterval(usual)


def run_all(work, count):
    """Do `count` pieces of work in eight threads; gives back what became of each."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(count)))


@pytest.fixture
def call(connect):
    """Calls a sandbox, with a connection for each thread."""
    local = threading.local()

    def caller(box, method, body, **query):
        if getattr(local, "box", None) is not box:
            local.box, local.client = box, connect(box)
            # Judged elsewhere: here it would only take time.
            local.client.judge = None
        return local.client.call(method, RULES, body, **query)

    return caller


@pytest.mark.parametrize("saved", [False, True])
def test_eight_clients_create_500_rules(start, call, tmp_path, saved):
    box = start(state_file=tmp_path / "state.json" if saved else None)
    statuses = run_all(lambda number: call(box, "POST", {**BODIES["query"], "rule_id": f"r{number}"}).status_code, 500)
    assert statuses == [200] * 500
    rules = box.state.rules()
    assert {rule["rule_id"] for rule in rules} == {f"r{number}" for number in range(500)}
    assert len({rule["id"] for rule in rules}) == len({rule["created_at"] for rule in rules}) == 500
    assert len(box.requests) == 500
    if saved:
        kept = json.loads((tmp_path / "state.json").read_text())
        assert kept["rules"]["default"] == rules


@pytest.mark.usefixtures("hasty")
def test_eight_clients_want_the_same_rule_ids(box, call):
    statuses = run_all(
        lambda number: call(box, "POST", {**BODIES["query"], "rule_id": f"r{number // THREADS}"}).status_code, 400
    )
    assert (statuses.count(200), statuses.count(409)) == (50, 350)
    assert len(box.state.rules()) == 50


@pytest.mark.usefixtures("hasty")
def test_no_update_is_lost(box, kibana, call):
    kibana.made(rule_id="r")
    answers = run_all(
        lambda number: call(box, "PUT", {**BODIES["query"], "rule_id": "r", "name": f"n{number}"}).json(), 200
    )
    assert sorted(answer["revision"] for answer in answers) == list(range(1, 201))
    last = max(answers, key=lambda answer: answer["revision"])
    assert box.state.rules() == [last]


@pytest.mark.usefixtures("hasty")
def test_people_and_clients_at_once(start, call, connect, tmp_path):
    box = start(state_file=tmp_path / "state.json")
    connect(box).made(rule_id="r")

    def work(number):
        if number % 2:
            return box.analyst().add_tag("r", f"t{number}")["revision"]
        return call(box, "PATCH", {"rule_id": "r", "name": f"n{number}"}).json()["revision"]

    assert sorted(run_all(work, 100)) == list(range(1, 101))
    assert len(json.loads((tmp_path / "state.json").read_text())["rules"]["default"][0]["tags"]) == 50


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_what_was_acknowledged_survives_kill_9(start, connect, tmp_path):
    file = tmp_path / "state.json"
    program = "import sys; from rulepack.cli.main import main; main()"
    command = [sys.executable, "-c", program, "sandbox", "--port", "0", "--state", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = next(line.strip() for line in process.stdout if line.startswith("http://"))
        acknowledged = []

        def create(number):
            headers = {"Authorization": "ApiKey x", "kbn-xsrf": "x"}
            body = {**BODIES["query"], "rule_id": f"r{number}"}
            try:
                status = requests.post(url + RULES, json=body, headers=headers, timeout=30).status_code
            except requests.ConnectionError:
                return
            acknowledged.append((f"r{number}", status))
            if len(acknowledged) == 60:
                os.kill(process.pid, signal.SIGKILL)

        run_all(create, 200)
    assert process.returncode == -signal.SIGKILL
    assert 60 <= len(acknowledged) < 200
    again = start(state_file=file)
    kept = [rule["rule_id"] for rule in again.state.rules()]
    assert {rule_id for rule_id, status in acknowledged if status == 200} <= set(kept)
    assert len(kept) == len(set(kept))
    assert connect(again).get(f"{RULES}/_find", per_page=500).json()["total"] == len(kept)
