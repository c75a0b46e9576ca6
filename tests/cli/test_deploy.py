"""`rulepack plan` and `deploy` when the way to Kibana fails: what is said, the exit code, and no key anywhere."""

import base64
import http.client
import json
import logging
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time

import pytest
from support import loopback
from support.console import run
from support.loopback import Certificates, Loopback, answer, core, hang, plugin, raw, reset
from support.samples import make_pack, valid_text

from rulepack.deploy.apply import apply_plan
from rulepack.rule import RULE_TYPES
from rulepack.sandbox import Fault, Sandbox

ID, KEY = "VuaCfGcBCdbkQm-e5aOx", "ui2lp2axTNmsyakw9tvNnw"
ENCODED = base64.b64encode(f"{ID}:{KEY}".encode()).decode()
RULES = "/api/detection_engine/rules"
POST = {"method": "POST", "path": RULES}
PUT = {"method": "PUT", "path": RULES}
STATUS = answer(200, {"version": {"number": "9.5.0"}, "name": "kibana"})
SPACE = answer(200, {"id": "default"})
NO_RULES = answer(200, {"data": [], "total": 0, "page": 1, "perPage": 1000})
NO_LISTS = answer(200, {"data": [], "total": 0, "page": 1, "per_page": 1000})
EMPTY = (STATUS, SPACE, NO_RULES, NO_LISTS, NO_LISTS)


@pytest.fixture(autouse=True)
def _key(monkeypatch, caplog):
    monkeypatch.setenv("RULEPACK_API_KEY", ENCODED)
    for name in ("RULEPACK_URL", "RULEPACK_ENV", "RULEPACK_TRUSTED_HOSTS", "RULEPACK_PROXY", "RULEPACK_CA_FILE"):
        monkeypatch.delenv(name, raising=False)
    # Attempts follow each other at once; and everything that could log does.
    monkeypatch.setattr("rulepack.kibana.client.LONGEST_PAUSE", 0.01)
    monkeypatch.setitem(apply_plan.__kwdefaults__, "settle", 0.0)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    caplog.set_level(logging.DEBUG)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    make_pack(folder, settings='name = "acme"', **{kind: valid_text(kind) for kind in RULE_TYPES})
    return folder


@pytest.fixture
def serve():
    servers = []

    def start(*script, **more):
        servers.append(Loopback(*script, **more))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def box():
    with Sandbox(port=0) as sandbox:
        yield sandbox


@pytest.fixture
def tell(project, tmp_path, caplog, capfd):
    """Runs a command, and looks for the key in all that came out of it."""

    def told(command, url, *more, code):
        out = tmp_path / "written"
        yes = ("--yes",) if command == "deploy" else ()
        done = run(command, "--project", project, "--url", url, *yes, *more)
        printed = capfd.readouterr()
        everything = done.stdout + done.stderr + caplog.text + printed.out + printed.err
        everything += out.read_text() if out.exists() else ""
        for secret in (ENCODED, KEY, f"{ID}:{KEY}"):
            assert secret not in everything
        assert "Traceback" not in done.stderr
        assert done.exit_code == code, done.stdout + done.stderr
        return done

    return told


def echo(connection, seen):
    """A server that says what it was sent."""
    return core(400, f"I was sent {seen.headers.get('authorization')}")(connection, seen)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("command", ["plan", "deploy"])
def test_nobody_listens(tell, command):
    done = tell(command, f"http://127.0.0.1:{free_port()}", code=3)
    assert "refuses the connection" in done.stderr


def test_a_name_that_does_not_exist(tell, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "there is no such host" in tell("plan", "https://kibana.invalid", code=3).stderr


def test_a_certificate_that_nobody_signed(tell, serve, tmp_path):
    server = serve(*EMPTY, tls=Certificates.make(tmp_path).context("self"))
    done = tell("plan", server.url, code=3)
    assert "it is self-signed" in done.stderr
    assert "--ca-file" in done.stderr
    assert server.seen == []


def test_insecure_warns_each_time(tell, serve, tmp_path):
    certificates = Certificates.make(tmp_path)
    for _ in range(2):
        server = serve(*EMPTY, tls=certificates.context("self"))
        done = tell("plan", server.url, "--insecure", code=0)
        assert "warning: TLS certificates are not checked" in done.stderr


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ([hang], "the limit is 1 s"),
        ([core(401, "Unauthorized")], "does not accept the credentials"),
        ([core(403, "Forbidden")], "refuses GET /api/status"),
        ([answer(302, "", Location="https://login.example.org/?next=x")], "which is not followed"),
        ([answer(200, "<html><title>Welcome</title></html>")], "is not a Kibana"),
        ([answer(502, loopback.NGINX.format("502 Bad Gateway"))], "502 Bad Gateway"),
        ([answer(503, loopback.NGINX.format("503 Service Unavailable"))], "503 Service Unavailable"),
        ([answer(504, loopback.NGINX.format("504 Gateway Time-out"))], "504 Gateway Time-out"),
        ([core(429, "Too Many Requests")], "too many requests (429)"),
        ([answer(429, {"statusCode": 429, "message": "slow"}, Retry_After="900")], "asks to wait 900 s"),
        ([reset], "closes the connection"),
        ([raw(b"SSH-2.0-OpenSSH_9.6\r\n")], "not HTTP"),
        ([answer(200, b'{"version": {"num')], "its JSON cannot be read"),
        ([answer(200, {"version": {"number": "7.10.0"}})], "too old"),
        ([answer(200, [1, 2])], "is not a Kibana"),
        ([echo], "I was sent ***"),
        ([STATUS, core(404, "Not Found")], "there is no space 'default'"),
        ([STATUS, SPACE, core(403, "API [GET x] is unauthorized for user")], "refuses GET"),
        ([STATUS, SPACE, answer(200, {"data": [{"name": "no id"}], "total": 1, "perPage": 9})], "another shape"),
        ([STATUS, SPACE, answer(200, {"data": {}, "total": "1", "perPage": []})], "another shape"),
    ],
)
def test_reading_fails(tell, serve, script, words, tmp_path):
    server = serve(*script)
    done = tell("deploy", server.url, "--deadline", "1", "--output", tmp_path / "written", code=3)
    assert words in done.stderr
    assert {seen.method for seen in server.seen} <= {"GET"}
    assert not (tmp_path / "written").exists()


def test_redirects_get_no_credentials(tell, serve):
    other = serve(*EMPTY)
    tell("plan", serve(answer(302, "", Location=f"{other.url}/api/status")).url, code=3)
    assert other.seen == []


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault.error(409, "rule_id already exists", **POST), 1, "RP901"),
        (Fault.error(413, "Payload content length greater than maximum allowed", **POST), 1, "server.maxPayload"),
        (Fault.proxy(413, **POST), 1, "Kibana refused it (413)"),
        (Fault.error(500, "boom", **POST), 1, "boom"),
        (Fault.forbidden(**POST), 1, "rules-all"),
        (Fault.too_many(**POST), 0, ""),
        (Fault.too_many(retry_after=0, **POST), 0, ""),
        (Fault.starting(retry_after=0, **POST), 0, ""),
        (Fault.proxy(502, **POST), 0, ""),
        (Fault.proxy(504, applied=True, **POST), 0, ""),
        (Fault.reset_before(**POST), 0, ""),
        (Fault.reset_after(**POST), 0, ""),
        (Fault.truncated(**POST), 0, ""),
        (Fault.cut(**POST), 0, ""),
    ],
)
def test_one_write_fails(tell, box, fault, code, words):
    box.faults.add(fault)
    done = tell("deploy", box.url, code=code)
    assert words in done.stderr
    rules = box.state.rules("default")
    assert len({one["rule_id"] for one in rules}) == len(rules)
    assert f"{8 - code} created, 0 updated, 0 unchanged" in done.stdout
    assert len(rules) == 8 - code


def test_kibana_goes_away_in_the_middle(tell, box, project, tmp_path):
    box.faults.add(Fault.unauthorized(**POST, skip=3, times=None))
    (project / "rulepack.toml").write_text(
        f'name = "acme"\n[environments.prod]\nurl = "{box.url}"\nconcurrency = 1\n', encoding="utf-8"
    )
    out = tmp_path / "written"
    done = tell("deploy", box.url, "--env", "prod", "--format", "json", "--output", out, code=1)
    assert json.loads(out.read_text())["results"] == {
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "failed": 1,
        "not attempted": 4,
    }
    assert done.stderr.count("RP904") == 2
    assert "not sent, nor were 3 others: " in done.stderr


def test_a_key_without_the_privilege_is_not_tried_a_thousand_times(tell, box, monkeypatch):
    monkeypatch.setattr("rulepack.deploy.write.HOPELESS", 2)
    box.faults.add(Fault.forbidden(**POST, times=None))
    done = tell("deploy", box.url, code=1)
    assert "give the user, or the owner of the API key, the Kibana privilege rules-all" in done.stderr


def test_a_rule_that_is_refused_does_not_stop_the_others(tell):
    with Sandbox(port=0, licence="basic") as basic:
        done = tell("deploy", basic.url, code=1)
        assert "7 created, 0 updated, 0 unchanged, 1 failed" in done.stdout
        assert "rules/machine_learning.toml:" in done.stderr
        assert "RP901" in done.stderr


def test_an_update_that_no_answer_came_to_is_unknown(tell, box, project):
    tell("deploy", box.url, code=0)
    path = project / "rules" / "query.toml"
    path.write_text(path.read_text().replace("risk_score = 21", "risk_score = 47"))
    box.faults.add(Fault.reset_after(**PUT, times=None))
    assert "RP903" in tell("deploy", box.url, code=1).stderr
    box.faults.clear()
    assert "0 updated, 8 unchanged" in tell("deploy", box.url, code=0).stdout


def test_a_result_that_cannot_be_written_hides_no_failure(tell, box, tmp_path):
    box.faults.add(Fault.error(400, "no such thing", **POST))
    done = tell("deploy", box.url, "--output", tmp_path, "--format", "json", code=2)
    assert box.state.rules("default") == []
    (tmp_path / "file").touch()
    done = tell("deploy", box.url, "--output", tmp_path / "file" / "out", "--format", "json", code=3)
    assert "no such thing" in done.stderr
    assert "cannot write" in done.stderr


def test_a_repeated_update_of_a_rule_with_actions_is_no_failure(tell, box, project):
    tell("deploy", box.url, code=0)
    path = project / "rules" / "query.toml"
    rule_id = path.read_text().split('rule_id = "')[1][:36]
    box.analyst().add_action(rule_id)
    path.write_text(path.read_text().replace("risk_score = 21", "risk_score = 47"))
    box.faults.add(Fault.reset_after(**PUT))
    done = tell("deploy", box.url, code=0)
    assert "0 created, 1 updated, 7 unchanged" in done.stdout
    assert "warning[RP802] perhaps somebody saved the rule at the same moment" in done.stderr


def test_somebody_elses_rule_of_the_same_moment_is_not_taken_over(tell, box, project):
    tell("deploy", box.url, project / "rules" / "eql.toml", code=0)
    eql = box.state.rules("default")[0]
    theirs = {**eql, "rule_id": (project / "rules" / "query.toml").read_text().split('rule_id = "')[1][:36]}
    box.faults.add(Fault.meanwhile(lambda: box.analyst().create(theirs), **POST))
    done = tell("deploy", box.url, project / "rules" / "query.toml", code=1)
    assert "somebody created a rule with this rule_id in the meantime" in done.stderr
    assert len(box.state.rules("default")) == 2


def test_no_credentials_are_said_to_be_missing(project, serve, monkeypatch):
    monkeypatch.delenv("RULEPACK_API_KEY")
    done = run("plan", "--project", project, "--url", serve(plugin(401, "Unauthorized")).url)
    assert done.exit_code == 3
    assert "RULEPACK_API_KEY" in done.stderr


@pytest.mark.parametrize("name", ["RULEPACK_API_KEY", "RULEPACK_PASSWORD"])
def test_a_key_that_is_none_is_not_shown(project, serve, monkeypatch, name):
    monkeypatch.delenv("RULEPACK_API_KEY")
    monkeypatch.setenv("RULEPACK_USERNAME", "elastic:x" if name == "RULEPACK_PASSWORD" else "")
    monkeypatch.setenv(name, f"{KEY}\u2026 broken")
    done = run("plan", "--project", project, "--url", serve(*EMPTY).url)
    assert done.exit_code == 3
    assert KEY not in done.stdout + done.stderr


def on_terminal(arguments, *, answers=b"", interrupt_at=None, environment=None):
    """The command on a terminal of its own: exit code, and the screen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "rulepack", *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm", **(environment or {})},
    )
    os.close(theirs)
    screen = b""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.05)[0]:
            try:
                screen += os.read(ours, 65536)
            except OSError:
                break
        if answers and b"]: " in screen:
            os.write(ours, answers)
            answers = b""
        if interrupt_at and interrupt_at():
            interrupt_at = None
            process.send_signal(signal.SIGINT)
    os.close(ours)
    return process.wait(30), screen.decode()


@pytest.mark.parametrize(("answers", "code", "rules"), [(b"y\n", 0, 8), (b"n\n", 130, 0), (b"\n", 130, 0)])
def test_it_asks_on_a_terminal(project, box, answers, code, rules):
    ended, screen = on_terminal(["deploy", "--project", project, "--url", box.url], answers=answers)
    assert ended == code
    assert "Write 8 rules to space default of" in screen
    assert len(box.state.rules("default")) == rules
    assert ("nothing was deployed" in screen) == (not rules)
    assert "deploying 0 of 8" in screen or not rules


def test_interrupted_what_is_on_its_way_arrives_and_no_more_is_sent(project, box):
    (project / "rulepack.toml").write_text(
        f'name = "acme"\n[environments.prod]\nurl = "{box.url}"\nconcurrency = 2\n', encoding="utf-8"
    )
    box.faults.add(Fault.latency(0.3, **POST, times=None))
    started = lambda: any(one[0] == "POST" for one in box.requests)  # noqa: E731
    code, screen = on_terminal(
        ["deploy", "--project", project, "--url", box.url, "--env", "prod", "--yes"], interrupt_at=started
    )
    assert code == 130, screen
    rules = box.state.rules("default")
    assert 1 <= len(rules) < 8
    assert f"{len(rules)} created, 0 updated, 0 unchanged, {8 - len(rules)} not attempted" in screen
    assert "stopping: " in screen
    assert "interrupted; what was written stays" in screen
    assert "Traceback" not in screen
    done = run("deploy", "--project", project, "--url", box.url, "--yes")
    assert f"{8 - len(rules)} created, 0 updated, {len(rules)} unchanged" in done.stdout


def test_without_any_input_it_wants_yes(project, box):
    command = f"{sys.executable} -m rulepack deploy --project {project} --url {box.url} <&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "--yes" in done.stderr


def test_a_host_that_the_pack_names_is_asked_about(project, box):
    (project / "rulepack.toml").write_text(
        f'name = "acme"\n[environments."prod\\u001b[2J"]\nurl = "{box.url}"\n', encoding="utf-8"
    )
    arguments = ["plan", "--project", project, "--env", "prod\x1b[2J"]
    code, screen = on_terminal(arguments, answers=b"n\n")
    assert code == 3
    assert "\x1b[2J" not in screen
    assert box.requests == []
    assert on_terminal(arguments, answers=b"y\n")[0] == 0
    assert run(*arguments).exit_code == 0
