"""Behaviours 1 to 4: headers, credentials, privileges, spaces and size; and what is served at all."""

import http.client
import socket

import pytest
import requests
from sandbox.kit import BODIES, ITEMS, LISTS, RULES, refused

from rulepack.sandbox import Fault, Sandbox

BODY = BODIES["query"]


def raw(box, text):
    """What comes back for bytes on the wire, until the connection ends."""
    with socket.create_connection(("127.0.0.1", int(box.url.rpartition(":")[2])), timeout=5) as connection:
        connection.sendall(text)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_behaviour_1_a_write_needs_kbn_xsrf(kibana, method):
    answer = kibana.call(method, RULES, BODY, headers={"kbn-xsrf": None})
    assert answer.json() == {
        "statusCode": 400,
        "error": "Bad Request",
        "message": "Request must contain a kbn-xsrf header.",
    }
    assert kibana.call("GET", f"{RULES}/_find", headers={"kbn-xsrf": None}).status_code == 200


def test_behaviour_1_kbn_version_does_for_kbn_xsrf_if_it_is_the_servers(kibana):
    assert kibana.post(RULES, BODY, headers={"kbn-xsrf": None, "kbn-version": "9.5.0"}).status_code == 200
    message = refused(kibana.post(RULES, BODY, headers={"kbn-version": "8.18.0"}), 400)
    assert message.startswith("Browser client is out of date")


def test_behaviour_1_there_is_one_api_version(kibana):
    message = refused(kibana.post(RULES, BODY, headers={"elastic-api-version": "1"}), 400)
    assert message == (
        'No version "1" available for [post] [/api/detection_engine/rules]. Available versions are: [2023-10-31]'
    )
    refused(kibana.get(f"{RULES}/_find", apiVersion="2023-10-31"), 400)
    answer = kibana.call("GET", f"{RULES}/_find", headers={"elastic-api-version": None})
    assert (answer.status_code, answer.headers["elastic-api-version"]) == (200, "2023-10-31")


@pytest.mark.parametrize("credentials", [None, "", "ApiKey", "ApiKey ", "Basic", "Basic ###", "Basic Og==", "Bearer x"])
def test_behaviour_2_without_credentials_is_401(kibana, credentials):
    answer = kibana.call("GET", f"{RULES}/_find", headers={"Authorization": credentials})
    refused(answer, 401)
    assert answer.json()["error"] == "Unauthorized"


def test_behaviour_2_the_user_is_who_asks(kibana):
    answer = kibana.post(RULES, BODY, headers={"Authorization": "Basic ZWxhc3RpYzpjaGFuZ2VtZQ=="})
    assert answer.json()["created_by"] == "elastic"


def test_behaviour_2_a_certain_key_can_be_demanded(start, connect):
    box = start(api_key="right", read_only_keys=("reader",))
    assert connect(box, key="right").post(RULES, BODY).status_code == 200
    refused(connect(box, key="wrong").post(RULES, BODY), 401)
    assert connect(box, key="reader").get(f"{RULES}/_find").json()["total"] == 1
    basic = {"Authorization": "Basic ZWxhc3RpYzpjaGFuZ2VtZQ=="}
    refused(connect(box).call("GET", f"{RULES}/_find", headers=basic), 401)


@pytest.mark.parametrize(
    ("version", "path", "privilege"),
    [("9.5.0", RULES, "rules-all"), ("9.5.0", LISTS, "exceptions-all"), ("8.18.0", RULES, "securitySolution")],
)
def test_behaviour_2_a_missing_privilege_is_403_by_route(start, connect, version, path, privilege):
    reader = connect(start(version=version, read_only_keys=("reader",)), key="reader")
    message = refused(reader.post(path, {}), 403)
    assert message == (
        f"API [POST {path}] is unauthorized for user, this action is granted by the Kibana privileges [{privilege}]"
    )
    refused(reader.post("/api/actions/connector", {}), 403, "Unauthorized to change actions")


def test_behaviour_3_a_phantom_space_works(start, connect):
    box = start(spaces=("team a",))
    ghost = connect(box, space="ghost")
    ghost.made(rule_id="r")
    assert [rule["rule_id"] for rule in box.state.rules("ghost")] == ["r"]
    assert ghost.get(RULES, rule_id="r").status_code == 200
    refused(connect(box).get(RULES, rule_id="r"), 404)
    refused(connect(box).get("/api/spaces/space/ghost"), 404)
    assert connect(box).get("/api/spaces/space/team%20a").json()["id"] == "team a"
    assert [space["id"] for space in connect(box).get("/api/spaces/space").json()] == ["default", "team a"]


def test_behaviour_3_the_default_space_has_two_paths(kibana, box, connect):
    kibana.made(rule_id="r")
    assert connect(box, space="default").get(RULES, rule_id="r").status_code == 200


def test_behaviour_4_a_body_beyond_the_limit_is_413(start, connect):
    kibana = connect(start(body_limit=2000))
    answer = kibana.post(RULES, {**BODY, "note": "n" * 2000})
    assert answer.json() == {
        "statusCode": 413,
        "error": "Request Entity Too Large",
        "message": "Payload content length greater than maximum allowed: 2000",
    }
    # The connection is as good as new.
    assert kibana.post(RULES, BODY).status_code == 200


def test_behaviour_4_the_limit_is_a_megabyte(kibana):
    assert kibana.post(RULES, {**BODY, "note": "n" * 1_048_576}).status_code == 413
    assert kibana.post(RULES, {**BODY, "note": "n" * 1_040_000}).status_code == 200


def test_a_body_in_chunks_is_read(kibana):
    import json

    def chunks(size):
        text = json.dumps({**BODY, "note": "n" * size}).encode()
        yield from (text[at : at + 1000] for at in range(0, len(text), 1000))

    typed = {"Content-Type": "application/json"}
    assert len(kibana.post(RULES, data=chunks(5000), headers=typed).json()["note"]) == 5000
    refused(kibana.post(RULES, data=chunks(1_050_000), headers=typed), 413)
    assert kibana.post(RULES, BODY).status_code == 200


def test_status_says_that_it_is_not_kibana(kibana):
    status = kibana.get("/api/status").json()
    assert "not Kibana" in status["name"]
    assert status["version"]["number"] == "9.5.0"
    assert status["version"]["build_flavor"] == "traditional"
    assert "not Kibana" in kibana.get("/api/status").headers["kbn-name"]


def test_status_without_credentials_has_no_version(kibana):
    answer = kibana.call("GET", "/api/status", headers={"Authorization": None})
    assert answer.json() == {"status": {"overall": {"level": "available"}}}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/api"),
        ("POST", f"{RULES}/_bulk_action"),
        ("PATCH", LISTS),
        ("OPTIONS", RULES),
        ("GET", f"{RULES}/"),
        ("GET", "/s/"),
        ("GET", "/s/x"),
        ("GET", "/api/spaces/space/a/b"),
        ("GET", "/%ff[//?a=%zz"),
    ],
)
def test_an_unknown_route_is_404(kibana, method, path):
    answer = kibana.call(method, path)
    assert answer.json() == {"statusCode": 404, "error": "Not Found", "message": "Not Found"}


@pytest.mark.parametrize("path", [RULES, LISTS, ITEMS, "/api/lists", "/api/actions/connector"])
def test_every_space_has_every_route(box, connect, path):
    assert connect(box, space="x").post(path, {}).status_code == 400


def test_it_listens_on_loopback_only(box):
    assert box.url.startswith("http://127.0.0.1:")


def test_a_page_that_resolves_its_own_name_to_loopback_gets_nothing(box, kibana):
    refused(kibana.call("GET", f"{RULES}/_find", headers={"Host": "evil.example"}), 421)
    assert box.requests == []
    port = box.url.rpartition(":")[2]
    for host in ("localhost", f"localhost:{port}", "127.0.0.1"):
        assert kibana.call("GET", f"{RULES}/_find", headers={"Host": host}).status_code == 200


def test_a_connection_is_kept_alive(box):
    connection = http.client.HTTPConnection("127.0.0.1", int(box.url.rpartition(":")[2]), timeout=5)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/api/status")
        connection.getresponse().read()
        sockets.add(connection.sock)
    assert len(sockets) == 1
    connection.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"rubbish\r\n\r\n",
        b"GET /api/status HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"GET /api/status HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/status HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/status HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    ],
)
def test_what_is_no_http_ends_the_connection(box, sent):
    assert b" 400 " in raw(box, sent).partition(b"\r\n")[0]


def test_a_client_that_goes_away_is_no_bug(box, kibana):
    with socket.create_connection(("127.0.0.1", int(box.url.rpartition(":")[2])), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
    assert kibana.get("/api/status").status_code == 200


def test_the_log_has_method_path_and_status_and_nothing_secret(box, kibana, connect):
    kibana.get(RULES, rule_id="r")
    connect(box, space="a b", key="topsecret").post(RULES, BODY)
    assert box.requests == [("GET", RULES, 404), ("POST", f"/s/a%20b{RULES}", 200)]
    assert "topsecret" not in repr(box.requests) + repr(vars(box.desk))


def test_a_stopped_sandbox_answers_no_more(start, connect):
    box = start()
    kibana = connect(box)
    assert kibana.get("/api/status").status_code == 200
    box.__exit__(None, None, None)
    with pytest.raises(requests.ConnectionError):
        kibana.get("/api/status")


def test_a_failure_of_the_sandbox_itself_is_a_500_and_kept(connect, monkeypatch):
    with Sandbox() as box:
        monkeypatch.setattr(box.state, "shelf", None)
        assert "a bug in rulepack" in refused(connect(box).get(RULES, rule_id="r"), 500)
        assert "TypeError" in box.bugs[0]
        box.faults.add(Fault.meanwhile(lambda: 1 / 0))
        with pytest.raises(requests.ConnectionError):
            connect(box).get(RULES, rule_id="r")
        assert "ZeroDivisionError" in box.bugs[1]
