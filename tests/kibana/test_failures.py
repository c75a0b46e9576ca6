"""Each way in which a network or a server can fail: what is said, and how often the server is asked."""

from __future__ import annotations

import base64
import errno
import gzip
import math
import re
import socket
import threading
import time
import traceback
from functools import partial

import pytest
from support.loopback import NGINX, answer, close, core, drip, hang, plugin, raw, reset, slow

from rulepack.errors import Incompatible, LostAnswer, Refused, Rejected, TargetError, Unreachable
from rulepack.kibana import Client, wire
from rulepack.kibana.rules import create_rule, find_rules, get_rule, update_rule
from rulepack.kibana.trouble import Peer, explain

PATH = "/api/detection_engine/rules"
BODY = {"rule_id": "r1", "name": "Müll"}
RULE = {**BODY, "id": "i1"}

READS = (("get", (PATH, {"id": "x"})), ("put", (PATH, BODY)), ("delete", (PATH, {"id": "x"})))
CALLS = (*READS, ("post", (PATH, BODY)))


def call(client, name, args):
    return getattr(client, name)(*args)


@pytest.fixture
def closed_port():
    """A port nobody listens on, and nobody else can take."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


# --- no connection


@pytest.mark.parametrize(("name", "args"), CALLS)
def test_refused_is_tried_again_for_every_method(name, args, closed_port, connect, failing):
    host = f"127.0.0.1:{closed_port.getsockname()[1]}"
    client = connect(f"http://{host}")
    error = failing(Unreachable, call, client, name, args)
    assert error.message.startswith(f"{host} refuses the connection; tried 3 times in ")
    assert error.hint == "check host and port, and whether Kibana is running"
    assert client.sent == 0


def test_a_post_gets_through_once_somebody_listens(closed_port, connect):
    threading.Timer(0.1, closed_port.listen).start()

    def serve():
        connection, _ = closed_port.accept()
        with connection:
            connection.recv(65536)
            answer(200, RULE)(connection, None)

    closed_port.settimeout(5)
    client = connect(f"http://127.0.0.1:{closed_port.getsockname()[1]}", retries=100, backoff=0.02)
    thread = threading.Thread(target=lambda: (time.sleep(0.15), serve()))
    thread.start()
    assert create_rule(client, BODY) == RULE
    thread.join()
    assert client.sent == 1


@pytest.mark.parametrize(
    ("code", "words", "attempts"),
    [
        (socket.EAI_NONAME, "kibana.invalid:5601 cannot be found: there is no such host", 1),
        (socket.EAI_AGAIN, "kibana.invalid:5601 cannot be found: the DNS does not answer; tried 3 times in ", 3),
    ],
)
def test_a_name_that_is_not_found(code, words, attempts, connect, failing, monkeypatch):
    asked = []

    def lookup(*args, **_):
        asked.append(args)
        raise socket.gaierror(code, "whatever")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    error = failing(Unreachable, connect("https://kibana.invalid:5601").post, PATH, BODY)
    assert error.message.startswith(words)
    assert len(asked) == attempts


def test_an_unreachable_network(connect, failing, monkeypatch):
    def unreachable(*_):
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    error = failing(Unreachable, connect("http://127.0.0.1:1").get, PATH)
    assert error.message.startswith("127.0.0.1:1 cannot be reached: Network is unreachable; tried 3 times")


def test_no_connection_in_time(connect, failing):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        error = failing(Unreachable, connect(f"http://127.0.0.1:{port}", connect_timeout=0.1).post, PATH, BODY)
        for one in waiting:
            one.close()
    assert error.message.startswith(f"127.0.0.1:{port} takes no connection within 0.1 s; tried 3 times")


def test_a_handshake_without_an_answer_is_no_request(serve, connect, failing):
    server = serve(greet=[hang] * 3)
    client = connect(server.url.replace("http:", "https:"), connect_timeout=0.1)
    error = failing(Unreachable, client.post, PATH, BODY)
    assert error.message.startswith(f"{server.host} takes no connection within 0.1 s; tried 3 times")
    assert (server.accepted, client.sent) == (3, 0)


def test_a_handshake_that_breaks_off_is_no_request(serve, connect, failing):
    # (Not torn down at once: that leaves an open socket in Python's ssl module.)
    server = serve(greet=[lambda connection: (connection.recv(1024), reset(connection))] * 3)
    client = connect(server.url.replace("http:", "https:"))
    error = failing(Unreachable, client.post, PATH, BODY)
    assert error.message.startswith(f"{server.host} closes the connection without an answer; tried 3 times")
    assert (server.accepted, client.sent) == (3, 0)


def test_what_nobody_has_heard_of():
    peer = Peer("kibana.example", None, 1.0, 1.0)
    assert explain(OSError("secret"), peer, taken=False).words == "kibana.example cannot be reached: OSError"


# --- TLS


@pytest.mark.parametrize(
    ("name", "trusted", "reason", "hint"),
    [
        ("self", False, "it is self-signed", "give the certificate of the CA that signed it, a PEM file (--ca-file)"),
        (
            "good",
            False,
            "its CA is not known here",
            "give the certificate of the CA that signed it, a PEM file (--ca-file)",
        ),
        ("other", True, "it is made for another address", "use a name that the certificate is made for"),
        ("expired", True, "it has expired", "renew the certificate of the server"),
    ],
)
def test_a_certificate_that_is_not_trusted(name, trusted, reason, hint, certificates, serve, connect, failing):
    server = serve(answer(200, RULE), tls=certificates.context(name))
    client = connect(server, ca_file=certificates.ca if trusted else None)
    for function, args in CALLS:
        error = failing(Unreachable, call, client, function, args)
        assert error.message == f"the certificate of {server.host} is not trusted: {reason}"
        assert error.hint == hint
    assert (server.accepted, len(server.seen), client.sent) == (4, 0, 0)


def test_a_certificate_for_another_name(certificates, serve, connect, failing):
    server = serve(answer(200, RULE), tls=certificates.context("good"))
    error = failing(Unreachable, connect(f"https://localhost:{server.port}", ca_file=certificates.ca).get, PATH)
    assert error.message == f"the certificate of localhost:{server.port} is not trusted: it is made for another host"


def test_a_certificate_that_is_trusted(certificates, serve, connect):
    server = serve(answer(200, RULE), tls=certificates.context("good"))
    assert create_rule(connect(server, ca_file=certificates.ca), BODY) == RULE


def test_a_certificate_nobody_looks_at(certificates, serve, connect):
    server = serve(answer(200, RULE), tls=certificates.context("expired"))
    assert create_rule(connect(server, verify=False), BODY) == RULE


def test_https_where_no_tls_is_spoken(serve, connect, failing):
    server = serve(greet=[lambda connection: (connection.recv(4096), connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n"))])
    error = failing(Unreachable, connect(server.url.replace("http:", "https:")).get, PATH)
    assert error.message == f"{server.host} does not speak TLS"
    assert error.hint == "check the port; without TLS, the address begins with http:"
    assert server.accepted == 1


@pytest.mark.parametrize(
    ("greet", "words", "attempts"),
    [
        (b"\x15\x03\x03\x00\x02\x02\x28", "TLS with {} failed: sslv3 alert handshake failure", 1),
        (b"", "TLS with {} failed: ", 3),
    ],
)
def test_tls_that_comes_to_nothing(greet, words, attempts, serve, connect, failing):
    """An alert is the server's last word; the end of the connection may be the network's."""
    server = serve(greet=[lambda connection: (connection.recv(4096), connection.sendall(greet))] * 3)
    error = failing(Unreachable, connect(server.url.replace("http:", "https:")).post, PATH, BODY)
    assert error.message.startswith(words.format(server.host))
    assert server.accepted == attempts


def test_http_where_tls_is_spoken(certificates, serve, connect, failing):
    server = serve(answer(), tls=certificates.context("good"))
    error = failing(Unreachable, connect(server.url.replace("https:", "http:")).get, PATH)
    assert "if it speaks TLS, the address is https" in error.hint


@pytest.mark.parametrize("content", [None, "nothing of the kind"])
def test_a_ca_file_that_is_none(content, tmp_path, connect):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(TargetError, match="cannot use the CA file"):
        connect("https://127.0.0.1:1", ca_file=path)


# --- no answer


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (hang, "{} sends no answer within 0.06 s"),
        (reset, "{} closes the connection without an answer"),
        (close, "{} closes the connection without an answer"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + b'{"id": "i1", '), "the answer of {} breaks off"),
        (
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + b'{"id"\r\n'),
            "the answer of {} breaks off",
        ),
        (
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"),
            "the answer of {} breaks off",
        ),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), None),
        (answer(200, b'{"id": "i1", "name": "M'), "the answer of {} is not whole: its JSON cannot be read"),
        (answer(200, b""), "the answer of {} is not whole: its JSON cannot be read"),
        (answer(200, b"\xff\xfe\xfd"), "the answer of {} is not whole: its JSON cannot be read"),
        (answer(200, b'{"risk_score": NaN}'), "the answer of {} is not whole: its JSON cannot be read"),
        (answer(200, b'{"n": ' + b"9" * 5000 + b"}"), "the answer of {} is not whole: its JSON cannot be read"),
        (answer(200, b"no gzip", Content_Encoding="gzip"), "the answer of {} cannot be unpacked"),
        (answer(200, gzip.compress(b'{"id": 1}')[:-12], Content_Encoding="gzip"), None),
    ],
)
def test_a_lost_answer_is_asked_for_again_but_never_posted_again(step, words, serve, connect, failing):
    for name, args in (("get", (PATH,)), ("put", (PATH, BODY))):
        server = serve(step)
        client = connect(server, read_timeout=0.06 if step is hang else 5.0)
        error = failing(Unreachable, call, client, name, args)
        assert len(server.seen) == client.sent == 3
        assert "; tried 3 times in " in error.message
        if words:
            assert error.message.startswith(words.format(server.host))
    server = serve(step)
    client = connect(server, read_timeout=0.06 if step is hang else 5.0)
    error = failing(LostAnswer, client.post, PATH, BODY)
    assert len(server.seen) == client.sent == 1
    assert error.message.startswith(f"no answer to POST {PATH}: ")
    assert error.hint == "read back whether it was carried out; it is not sent again"
    if words:
        assert error.message.endswith(words.format(server.host))


@pytest.mark.parametrize(("name", "args"), READS)
def test_what_may_be_repeated_gets_through(name, args, serve, connect):
    server = serve(reset, close, answer(200, RULE))
    client = connect(server)
    assert call(client, name, args) == RULE
    assert len(server.seen) == client.sent == 3


def test_after_a_lost_answer_the_caller_reads_back(serve, connect, failing):
    server = serve(reset, answer(200, RULE))
    client = connect(server)
    failing(LostAnswer, create_rule, client, BODY)
    assert get_rule(client, rule_id="r1") == RULE
    assert [seen.method for seen in server.seen] == ["POST", "GET"]


def test_a_reset_before_the_request_is_written_is_no_lost_answer(serve, connect):
    """The server tears the connection down while a large body is on its way: it cannot have been carried out."""
    server = serve(answer(200, RULE), greet=[lambda connection: (connection.recv(1024), reset(connection))] * 2)
    client = connect(server)
    body = {"note": "x" * 12_000_000}
    assert client.post(PATH, body) == RULE
    assert (server.accepted, len(server.seen), client.sent) == (3, 1, 3)
    assert server.seen[0].json() == body


def test_an_answer_while_the_body_is_still_on_its_way(serve, connect, failing):
    """A proxy says 413 after the headers, and reads no further."""
    early = b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\n\r\n"

    def greet(connection):
        connection.recv(1024)
        connection.sendall(early)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    server = serve(answer(), greet=[greet])
    error = failing(Rejected, connect(server).post, PATH, {"note": "x" * 12_000_000})
    assert error.status == 413


def test_what_is_no_http(serve, connect, failing):
    server = serve(raw(b"SSH-2.0-OpenSSH_9.6\r\n"))
    error = failing(Unreachable, connect(server).get, PATH)
    assert error.message == f"{server.host} answers with something that is not HTTP"
    assert len(server.seen) == 1


def test_headers_without_end(serve, connect, failing):
    many = b"".join(b"X-%d: y\r\n" % number for number in range(500))
    failing(Unreachable, connect(serve(raw(b"HTTP/1.1 200 OK\r\n" + many + b"\r\n{}"))).get, PATH)
    failing(Unreachable, connect(serve(raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000))).get, PATH)


def test_a_delete_that_was_already_done(serve, connect, failing):
    server = serve(reset, plugin(404, 'id: "x" not found'))
    assert connect(server).delete(PATH, {"id": "x"}) == {}
    error = failing(Rejected, connect(serve(plugin(404, 'id: "x" not found'))).delete, PATH, {"id": "x"})
    assert (error.status, error.messages) == (404, ('id: "x" not found',))
    failing(Rejected, connect(serve(core(429, "slow"), plugin(404, "not found"))).delete, PATH, {"id": "x"})


# --- time


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
)
def test_an_answer_that_drips_ends_at_the_deadline(head, drop, serve, connect, failing):
    server = serve(drip(head, drop))
    started = time.monotonic()
    error = failing(Unreachable, connect(server, deadline=0.3).get, PATH)
    assert 0.25 < time.monotonic() - started < 3
    assert re.match(rf"gave up on GET {PATH} after \d\.\d s \(the limit is 0\.3 s\): ", error.message)
    assert len(server.seen) == 1
    started = time.monotonic()
    failing(LostAnswer, connect(server, deadline=0.2).post, PATH, BODY)
    assert time.monotonic() - started < 3


def test_after_the_deadline_nothing_is_read():
    attempt = wire._Attempt()
    attempt.start(time.monotonic() + 5, 60.0)
    assert 4 < attempt.patience() <= 5
    attempt.start(time.monotonic() - 0.001, 60.0)
    with pytest.raises(TimeoutError):
        attempt.patience()


def test_the_deadline_holds_over_all_attempts(serve, connect, failing):
    server = serve(core(429, "Too Many Requests"))
    started = time.monotonic()
    error = failing(Unreachable, connect(server, deadline=1.5, retries=1000, backoff=0.05).post, PATH, BODY)
    assert time.monotonic() - started < 10
    assert "(the limit is 1.5 s): " in error.message
    assert 2 <= len(server.seen) < 100


def test_a_wait_past_the_deadline_is_not_begun(serve, connect, failing):
    server = serve(answer(503, "Kibana server is not ready yet", Retry_After="30"))
    started = time.monotonic()
    error = failing(Unreachable, connect(server, deadline=20).get, PATH)
    assert time.monotonic() - started < 5
    assert error.message.endswith(
        f"(the limit is 20 s): {server.host} is not available "
        "(503 Service Unavailable: Kibana server is not ready yet), and asks to wait 30 s"
    )


def test_closing_ends_the_waiting(serve, connect, failing):
    server = serve(answer(503, "Kibana server is not ready yet", Retry_After="30"))
    client = connect(server, deadline=100)
    threading.Timer(0.2, client.close).start()
    started = time.monotonic()
    failing(Unreachable, client.get, PATH)
    assert time.monotonic() - started < 10
    assert failing(TargetError, client.get, PATH).message == f"the client for {server.url} is closed"


# --- what the server says


def test_401(serve, connect, failing):
    server = serve(core(401, "[security_exception]: unable to authenticate with provided credentials"))
    for name, args in CALLS:
        error = failing(Refused, call, connect(server), name, args)
    assert error.message == (
        f"{server.host} does not accept the credentials (401 Unauthorized: "
        "[security_exception]: unable to authenticate with provided credentials)"
    )
    assert error.hint == "check the API key or the password: expired, revoked, or made for another cluster?"
    assert len(server.seen) == 4
    error = failing(Refused, connect(server, credentials=None).get, PATH)
    assert error.message.startswith(f"{server.host} asks for credentials (401 Unauthorized")
    assert "authorization" not in server.seen[-1].headers


def test_403_names_the_privilege(serve, connect, failing):
    said = (
        "API [POST /api/detection_engine/rules] is unauthorized for user, "
        "this action is granted by the Kibana privileges [rules-all]"
    )
    server = serve(core(403, said))
    error = failing(Refused, create_rule, connect(server, space="soc"), BODY)
    assert error.message == f"{server.host} refuses POST {PATH} in space 'soc' (403 Forbidden: {said})"
    assert error.hint == "give the user, or the owner of the API key, the Kibana privilege rules-all"
    assert len(server.seen) == 1


def test_403_without_a_name(serve, connect, failing):
    error = failing(Refused, connect(serve(core(403, "Forbidden"))).get, PATH)
    assert error.message.endswith(f"refuses GET {PATH} in space 'default' (403 Forbidden)")
    assert "Security: All" in error.hint


def test_403_of_a_firewall(serve, connect, failing):
    error = failing(Refused, connect(serve(answer(403, NGINX.format("403 Forbidden")))).get, PATH)
    assert error.message.endswith("(403 Forbidden)")
    assert error.hint == "it is not Kibana who says so: look at the proxy or the firewall before it"


@pytest.mark.parametrize(
    ("step", "status", "messages"),
    [
        (core(400, "[request body]: threshold: Required"), 400, ("[request body]: threshold: Required",)),
        (plugin(400, ["first", "second"]), 400, ("first", "second")),
        (plugin(404, 'rule_id: "r1" not found'), 404, ('rule_id: "r1" not found',)),
        (plugin(409, 'rule_id: "r1" already exists'), 409, ('rule_id: "r1" already exists',)),
        (core(413, "Payload content length greater"), 413, ("Payload content length greater",)),
        (answer(413, NGINX.format("413 Request Entity Too Large")), 413, ("413 Request Entity Too Large",)),
        (core(422, "unprocessable"), 422, ("unprocessable",)),
        (
            plugin(500, "More than one default exception list found on rule"),
            500,
            ("More than one default exception list found on rule",),
        ),
        (answer(400, {"statusCode": 400}), 400, ("Bad Request",)),
        (plugin(400, [{"odd": 1}]), 400, ('{"odd": 1}',)),
        (plugin(400, "line\none\x1b[31m red\u202e"), 400, ("line one [31m red",)),
    ],
)
def test_a_body_that_is_rejected(step, status, messages, serve, connect, failing):
    for function in (create_rule, update_rule):
        server = serve(step)
        error = failing(Rejected, function, connect(server), BODY)
        assert (error.status, error.messages) == (status, messages)
        assert error.message.endswith(f" {PATH} was rejected ({status}): {'; '.join(messages)}")
        assert len(server.seen) == 1


def test_413_says_where_the_limit_may_be(serve, connect, failing):
    error = failing(Rejected, create_rule, connect(serve(answer(413, NGINX.format("413")))), BODY)
    assert error.hint == "Kibana takes 1 MB in a request (server.maxPayload), a proxy before it perhaps less"


@pytest.mark.parametrize(("name", "args"), CALLS)
def test_429_without_retry_after(name, args, serve, connect):
    server = serve(core(429, "Too Many Requests"), core(429, "Too Many Requests"), answer(200, RULE))
    client = connect(server)
    assert call(client, name, args) == RULE
    assert len(server.seen) == client.sent == 3


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_429_with_retry_after(form, serve, connect):
    until = math.ceil(time.time() + 0.3) if form == "date" else time.time() + 1
    value = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(until)) if form == "date" else "1"
    server = serve(answer(429, {"statusCode": 429}, Retry_After=value), answer(200, RULE))
    assert create_rule(connect(server), BODY) == RULE
    assert len(server.seen) == 2
    assert time.time() >= until - 0.01


@pytest.mark.parametrize("value", ["soon", "-5", "", "1e9", "٣", "Fri, 99 Foo 2026 99:99:99 GMT"])
def test_a_retry_after_that_says_nothing(value, serve, connect):
    server = serve(answer(429, {"statusCode": 429}, Retry_After=value.encode().decode("latin-1")), answer(200, RULE))
    assert create_rule(connect(server), BODY) == RULE
    assert server.seen[1].at - server.seen[0].at < 3


def test_429_for_ever(serve, connect, failing):
    server = serve(core(429, "Too Many Requests"))
    error = failing(Unreachable, create_rule, connect(server), BODY)
    assert error.message.startswith(f"{server.host} has too many requests (429); tried 3 times in ")
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [408, 502, 503, 504, 500, 521])
def test_a_page_of_a_proxy(status, serve, connect, failing):
    page = answer(status, NGINX.format(f"{status} of a proxy"))
    for name, args in READS:
        server = serve(page)
        error = failing(Unreachable, call, connect(server), name, args)
        assert f"{server.host} is not available ({status} " in error.message or status == 408
        assert f"{status} of a proxy); tried 3 times in " in error.message
        assert len(server.seen) == 3
    server = serve(page)
    error = failing(LostAnswer, create_rule, connect(server), BODY)
    assert f"{status} of a proxy" in error.message
    assert len(server.seen) == 1
    server = serve(page, answer(200, RULE))
    assert update_rule(connect(server), BODY) == RULE


def test_a_proxy_that_names_a_time_may_have_passed_a_post_on(serve, connect, failing):
    server = serve(answer(503, "<html><title>503 Backend fetch failed</title></html>", Retry_After="0"))
    failing(LostAnswer, create_rule, connect(server), BODY)
    assert len(server.seen) == 1


def test_a_handler_that_lost_elasticsearch_may_have_written(serve, connect, failing):
    server = serve(plugin(503, "no_shard_available_action_exception"))
    error = failing(LostAnswer, create_rule, connect(server), BODY)
    assert "no_shard_available_action_exception" in error.message
    assert len(server.seen) == 1


def test_a_kibana_that_starts_takes_no_post_yet(serve, connect):
    server = serve(answer(503, "Kibana server is not ready yet", Retry_After="0"), answer(200, RULE))
    assert create_rule(connect(server), BODY) == RULE
    assert len(server.seen) == 2


# --- what is no Kibana


@pytest.mark.parametrize(
    ("location", "shown", "hint"),
    [
        ("https://{}/api/x", "https://{}/api/x", "use https in the address of Kibana"),
        ("/login?next=%2Fapi&t=" + "s" * 9, "/login", "give the address of Kibana itself, not of a login page"),
        ("http://u:p@sso.example/a?x=1#y", "http://sso.example/a", None),
        ("//evil.example/", "://evil.example/", None),
        ("", "nowhere", None),
        ("http://[::1", "an address that cannot be read", None),
    ],
)
def test_a_redirect_is_not_followed(location, shown, hint, serve, connect, failing):
    server = serve(answer())
    server.script = [answer(302, "<p>see there</p>", Location=location.format(server.host))]
    for name, args in (("get", (PATH,)), ("post", (PATH, BODY))):
        error = failing(Incompatible, call, connect(server), name, args)
        where = shown.format(server.host)
        assert error.message.endswith(f" to {where} (302), which is not followed")
        assert hint is None or error.hint == hint
    assert len(server.seen) == 2


def test_a_redirect_with_a_body_without_end(serve, connect, failing):
    head = b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 100000\r\n\r\n"
    failing(Unreachable, connect(serve(drip(head, b" ")), deadline=0.3).get, PATH)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (answer(200, "<!doctype html><title>Log &amp; in</title>"), "with HTML (200 OK: Log & in)"),
        (answer(404, NGINX.format("404 Not Found")), "with HTML (404 Not Found)"),
        (answer(200, [1, 2]), "with something else than Kibana's JSON (200 OK: [1, 2])"),
        (answer(404, {"detail": "x"}), """with something else than Kibana's JSON (404 Not Found: {"detail": "x"})"""),
        (answer(405, b"no"), "with something else than Kibana's JSON (405 Status: no)"),
    ],
)
def test_what_is_not_a_kibana(step, words, serve, connect, failing):
    server = serve(step)
    error = failing(Incompatible, connect(server).get, PATH)
    assert error.message == f"{server.host} is not a Kibana: it answers GET {PATH} {words}"
    assert len(server.seen) == 1


def test_elasticsearch_is_not_kibana(serve, connect, failing):
    body = {"error": {"type": "index_not_found_exception"}, "status": 404}
    server = serve(answer(404, body, X_elastic_product="Elasticsearch"))
    error = failing(Incompatible, connect(server).get, "/api/status")
    assert error.message == f"{server.host} is Elasticsearch, not Kibana"


def test_an_api_version_it_does_not_know(serve, connect, failing):
    said = 'No version "2023-10-31" available for [get] [/api/x]. Available versions are: [2031-01-01]'
    error = failing(Incompatible, connect(serve(core(400, said))).get, PATH)
    assert "does not know version 2023-10-31" in error.message
    # The same words about a body, with the header that Kibana sends once it knows the version, are a rejection.
    failing(Rejected, connect(serve(plugin(400, said))).get, PATH)


@pytest.mark.parametrize("levels", [101, 900, 200_000])
def test_json_that_nests_too_deeply(levels, serve, connect, failing):
    server = serve(answer(200, b'{"a":' * levels + b"1" + b"}" * levels))
    error = failing(Unreachable, connect(server).get, PATH)
    assert error.message == f"the answer of {server.host} nests deeper than 100 levels"
    assert len(server.seen) == 1


def test_an_answer_that_is_too_large(serve, connect, failing, monkeypatch):
    monkeypatch.setattr(wire, "SIZE_LIMIT", 1_000_000)
    for step in (
        answer(200, b" " * 1_000_001),
        answer(200, gzip.compress(b" " * 20_000_000), Content_Encoding="gzip"),
    ):
        server = serve(step)
        error = failing(Unreachable, connect(server).get, PATH)
        assert error.message == f"the answer of {server.host} is larger than 1 MB"
        assert len(server.seen) == 1
        failing(LostAnswer, connect(server).post, PATH, BODY)
    assert connect(serve(answer(200, b" " * 999_990 + b"{}"))).get(PATH) == {}


# --- secrets


def test_a_server_that_says_the_secret_back(serve, connect, failing):
    def echo(step, connection, seen):
        encoded = seen.headers["authorization"]
        plain = base64.b64decode(encoded.removeprefix("ApiKey ")).decode()
        return step(f"{encoded} {plain} {plain.partition(':')[2]}")(connection, seen)

    for step, kind in (
        (lambda said: core(400, said), Rejected),
        (lambda said: core(401, said), Refused),
        (lambda said: core(503, said), Unreachable),
        (lambda said: answer(404, f"<title>{said}</title>"), Incompatible),
        (lambda said: answer(302, "", Location=f"/login/{said}".replace(" ", "+")), Incompatible),
        (lambda said: answer(200, [said]), Incompatible),
        (lambda said: answer(200, said.encode()), Unreachable),
        (lambda said: answer(429, {}, Retry_After=said), Unreachable),
    ):
        error = failing(kind, connect(serve(partial(echo, step)), retries=0).get, PATH)
        assert "***" in error.message or kind is Unreachable


def test_every_traceback_is_short(serve, connect):
    """It leads through this client only: the variables of the libraries below hold the credentials."""
    client = connect(serve(reset))
    with pytest.raises(LostAnswer) as caught:
        client.post(PATH, BODY)
    text = "".join(traceback.format_exception(caught.value))
    assert "urllib3" not in text
    assert "requests" not in text.replace("requests.Request", "")


def test_reading_back_while_another_error_is_handled(serve, connect):
    """What the caller is busy with is no cause of what happens here."""

    def lookup():
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    client = connect(serve(hang), read_timeout=0.1, retries=0)
    try:
        lookup()
    except socket.gaierror:
        with pytest.raises(Unreachable, match="sends no answer"):
            find_rules(client)


def test_slow_is_not_lost(serve, connect):
    assert isinstance(connect(serve(slow(0.2, answer(200, RULE)))), Client)
    assert create_rule(connect(serve(slow(0.2, answer(200, RULE)))), BODY) == RULE
