"""`rulepack sandbox` on the command line."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
from sandbox.kit import BODIES, RULES
from support.console import run

# A job in the background of a script is started with SIGINT ignored, and so would be its children.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from rulepack.cli.main import main
main()
"""
HEADERS = {"Authorization": "ApiKey topsecret", "kbn-xsrf": "x"}


@pytest.fixture
def launch(tmp_path):
    """Starts the command in a process of its own; gives back the process, its first lines and the URL."""
    started = []

    def launcher(*options):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "sandbox", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        started.append(process)
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Ctrl-C"):
                break
        url = next(line for line in lines if line.startswith("http://"))
        return process, lines, url

    yield launcher
    for process in started:
        process.kill()
        process.communicate()


def test_it_says_that_it_is_not_kibana_and_what_to_try(launch):
    _, lines, url = launch()
    assert "NOT Kibana" in lines[0]
    assert "no rule runs" in lines[0]
    assert [line.strip() for line in lines if line.startswith("  ")] == [
        "export RULEPACK_API_KEY=sandbox",
        f"rulepack plan --url {url}",
        f"rulepack deploy --url {url}",
    ]
    assert requests.get(f"{url}/api/status", timeout=5).status_code == 200


def test_ctrl_c_stops_it_with_0(launch):
    process, _, url = launch("--verbose")
    assert requests.post(url + RULES, json=BODIES["query"], headers=HEADERS, timeout=5).status_code == 200
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=5)
    assert process.returncode == 0
    assert err.startswith(f"POST {RULES} 200 ")
    assert err.endswith("stopped\n")
    assert "topsecret" not in err
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_requests_are_shown_in_a_terminal_or_when_asked(launch):
    process, _, url = launch()
    requests.get(f"{url}/api/status", timeout=5)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=5)[1] == "stopped\n"


def test_its_options(launch, tmp_path):
    options = ("--state", "s.json", "--version", "8.18", "--latency", "80", "--space", "a", "--space", "b")
    process, lines, url = launch(*options)
    assert any("8.18.0" in line for line in lines)
    assert any("s.json keeps" in line for line in lines)
    begin = time.perf_counter()
    spaces = requests.get(f"{url}/api/spaces/space", headers=HEADERS, timeout=5).json()
    assert time.perf_counter() - begin >= 0.08
    assert [space["id"] for space in spaces] == ["default", "a", "b"]
    requests.post(url + RULES, json={**BODIES["query"], "rule_id": "kept"}, headers=HEADERS, timeout=5)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, _, url = launch("--state", "s.json")
    assert requests.get(url + RULES, params={"rule_id": "kept"}, headers=HEADERS, timeout=5).status_code == 200
    assert (tmp_path / "s.json").exists()


def test_a_port_in_use_is_no_traceback():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("sandbox", "--port", port)
    assert done.exit_code == 3
    assert done.stderr.startswith(f"error: port {port} is in use\n  hint: ")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--version", "nine"], 3, "'nine' is not a stack version"),
        (["--version", "7.17"], 3, "does not know Kibana 7.17"),
        (["--port", "70000"], 2, "70000"),
        (["--latency", "-1"], 2, "-1"),
        (["--state", "."], 2, "is a directory"),
    ],
)
def test_options_that_make_no_sense(options, code, message):
    done = run("sandbox", *options)
    assert done.exit_code == code
    assert message in done.stderr


def test_a_damaged_state_file_is_no_traceback(tmp_path):
    (tmp_path / "s.json").write_text("{")
    done = run("sandbox", "--port", 0, "--state", tmp_path / "s.json")
    assert done.exit_code == 3
    assert "hint: move it away" in done.stderr


def test_help_says_that_it_is_not_kibana():
    assert "NOT Kibana" in run("sandbox", "--help").stdout
