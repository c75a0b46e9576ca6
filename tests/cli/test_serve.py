"""`rulepack serve`: the catalogue on this machine, with types and rights as a web server has them."""

import signal
import subprocess
import sys

import pytest
import requests

SERVE = [sys.executable, "-m", "rulepack", "serve"]


@pytest.fixture
def served(tmp_path):
    """A server of a small site: its address."""
    (tmp_path / "docs-out" / "site" / "assets").mkdir(parents=True)
    (tmp_path / "rulepack.toml").touch()
    site = tmp_path / "docs-out" / "site"
    (site / "index.html").write_text("<!DOCTYPE html>", encoding="utf-8")
    (site / "assets" / "a.js").write_text("", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("no", encoding="utf-8")
    started = subprocess.Popen(
        [*SERVE, "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield started.stdout.readline().strip()
    started.send_signal(signal.SIGINT)
    rest = started.communicate(timeout=10)
    assert (started.returncode, rest[1]) == (0, "stopped\n")


def test_pages_have_their_types_and_are_asked_for_again(served):
    answer = requests.get(served, timeout=5)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    script = requests.get(served + "assets/a.js", timeout=5)
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    since = {"If-Modified-Since": script.headers["Last-Modified"]}
    assert requests.get(served + "assets/a.js", headers=since, timeout=5).status_code == 304


@pytest.mark.parametrize("path", ["assets/", "%2e%2e/%2e%2e/secret.txt", "../../secret.txt", "nothing.html"])
def test_nothing_but_files_of_the_catalogue_is_given(served, path):
    asked = requests.Request("GET", served).prepare()
    asked.url = served + path
    assert requests.Session().send(asked, timeout=5).status_code == 404


def test_another_site_s_name_gets_nothing(served):
    assert requests.get(served, headers={"Host": "evil.example"}, timeout=5).status_code == 421
    assert requests.head(served, headers={"Host": "evil.example"}, timeout=5).status_code == 421


def test_a_catalogue_that_is_not_there_is_told(tmp_path):
    (tmp_path / "rulepack.toml").touch()
    done = subprocess.run([*SERVE, "--port", "0"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == "error: there is no catalogue in docs-out/site yet\n  hint: write it with `rulepack build`\n"


def test_a_port_that_is_taken_is_told(served, tmp_path):
    port = served.rstrip("/").rpartition(":")[2]
    done = subprocess.run([*SERVE, "--port", port], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert f"cannot listen on port {port}" in done.stderr
