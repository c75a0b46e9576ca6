"""What a Kibana says that it is, and whether the space is there."""

from __future__ import annotations

import pytest
from support.loopback import NGINX, answer, core

from rulepack.errors import Incompatible, Refused, Rejected
from rulepack.kibana.status import Status, get_status, space_exists


def status(number, flavour="traditional", **fields):
    return answer(200, {"name": "kib-1", "version": {"number": number, "build_flavor": flavour}, **fields})


@pytest.mark.parametrize(
    ("number", "flavour", "serverless"),
    [
        ("8.11.0", "traditional", False),
        ("8.18.3", "traditional", False),
        ("9.5.0-SNAPSHOT", "traditional", False),
        ("10.0.0", "traditional", False),
        ("8.11.0", "serverless", True),
        ("0.0.1", "serverless", True),
    ],
)
def test_status(number, flavour, serverless, serve, connect):
    server = serve(status(number, flavour))
    assert get_status(connect(server, space="soc")) == Status(number, serverless, "kib-1")
    assert server.seen[0].target == "/api/status"


@pytest.mark.parametrize("number", ["8.10.4", "7.17.28", "8.9.0"])
def test_a_kibana_that_is_too_old(number, serve, connect, failing):
    server = serve(status(number))
    error = failing(Incompatible, get_status, connect(server))
    assert error.message == f"Kibana {number} at {server.host} is too old"
    assert error.hint == "rulepack speaks with Kibana 8.11 and newer"


def test_a_status_without_a_version(serve, connect, failing):
    error = failing(Refused, get_status, connect(serve(answer(200, {"status": {"overall": {"level": "available"}}}))))
    assert error.message.endswith("does not tell its version: it does not know the credentials")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": "8.18.0"},
        {"version": {}},
        {"version": {"number": "x"}},
        {"version": {"number": "9.3.1\x1b[31m"}},
    ],
)
def test_a_status_of_something_else(body, serve, connect, failing):
    server = serve(answer(200, body))
    error = failing(Incompatible, get_status, connect(server))
    assert error.message == f"{server.host} is not a Kibana: its status has no version"


def test_elasticsearch_says_another_version(serve, connect, failing):
    failing(Incompatible, get_status, connect(serve(answer(200, {"version": {"number": "x", "lucene_version": "9"}}))))


def test_spaces(serve, connect, failing):
    server = serve(answer(200, {"id": "soc", "name": "SOC"}))
    assert space_exists(connect(server, space="soc"))
    assert server.seen[0].target == "/api/spaces/space/soc"
    assert not space_exists(connect(serve(core(404, "Saved object [space/x] not found")), space="x"))
    failing(Refused, space_exists, connect(serve(core(403, "Forbidden"))))
    failing(Rejected, space_exists, connect(serve(core(400, "Bad Request"))))
    failing(Incompatible, space_exists, connect(serve(answer(404, NGINX.format("404 Not Found")))))
