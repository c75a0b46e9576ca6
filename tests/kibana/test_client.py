"""What is sent, and to whom: paths, headers, credentials, proxies, threads."""

from __future__ import annotations

import base64
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.loopback import NGINX, answer, close, core, raw, slow

from rulepack import __version__
from rulepack.errors import Incompatible, TargetError, Unreachable
from rulepack.kibana import Client, Credentials, Transport

PATH = "/api/detection_engine/rules"
TOKEN = base64.b64encode(b"VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw").decode()


# --- requests


def test_a_request_as_it_is_sent(serve, connect):
    server = serve(answer(200, {"id": "i1"}))
    body = {"rule_id": "r1", "name": "Grüße 🦊", "risk_score": 21}
    assert connect(server).post(PATH, body) == {"id": "i1"}
    seen = server.seen[0]
    assert (seen.method, seen.target) == ("POST", PATH)
    assert seen.json() == body
    assert "Grüße 🦊".encode() in seen.body  # escaped, a text in Cyrillic is three times as large
    for name, value in {
        "host": server.host,
        "authorization": f"ApiKey {TOKEN}",
        "kbn-xsrf": "rulepack",
        "elastic-api-version": "2023-10-31",
        "content-type": "application/json",
        "user-agent": f"rulepack/{__version__}",
        "accept-encoding": "gzip",
    }.items():
        assert seen.headers[name] == value
    assert "transfer-encoding" not in seen.headers


@pytest.mark.parametrize("method", ["get", "delete"])
def test_parameters_are_encoded(method, serve, connect):
    server = serve(answer())
    getattr(connect(server), method)(PATH, {"rule_id": "a b&c=d/ü?#", "page": 2})
    assert server.seen[0].target == f"{PATH}?rule_id=a+b%26c%3Dd%2F%C3%BC%3F%23&page=2"
    assert server.seen[0].body == b""
    assert "content-type" not in server.seen[0].headers


@pytest.mark.parametrize(
    ("base", "space", "path", "target"),
    [
        ("", "default", PATH, PATH),
        ("", "soc-1", PATH, f"/s/soc-1{PATH}"),
        ("/", "soc", PATH, f"/s/soc{PATH}"),
        ("/kibana/", "soc", PATH, f"/kibana/s/soc{PATH}"),
        ("/api/kibana", "default", PATH, f"/api/kibana{PATH}"),
        ("", "soc", "/api/status", "/api/status"),
        ("/kibana", "soc", "/api/spaces/space/soc", "/kibana/api/spaces/space/soc"),
    ],
)
def test_spaces_and_base_paths(base, space, path, target, serve, connect):
    server = serve(answer())
    client = connect(server.url + base, space=space)
    client.get(path)
    assert server.seen[0].target == target
    assert client.url == server.url + base.rstrip("/")


def test_a_path_outside_of_the_api(connect):
    for path in ("/app/home", "api/status", "//evil.example/api/"):
        with pytest.raises(ValueError, match="not a path of Kibana's API"):
            connect("http://127.0.0.1:1").get(path)


def test_204_and_an_empty_answer_to_a_delete(serve, connect):
    server = serve(raw(b"HTTP/1.1 204 No Content\r\n\r\n"), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    assert connect(server).delete(PATH) == {}
    assert connect(server).delete(PATH) == {}


def test_cookies_are_neither_kept_nor_sent(serve, connect):
    server = serve(answer(200, {}, Set_Cookie="sid=x; Path=/"))
    client = connect(server)
    client.get(PATH)
    client.get(PATH)
    assert "cookie" not in server.seen[1].headers


def test_numbers_that_are_none_are_not_sent(serve, connect):
    server = serve(answer())
    with pytest.raises(ValueError):
        connect(server).post(PATH, {"risk_score": float("nan")})
    assert server.seen == []


def test_a_client_that_is_left_is_closed(serve):
    with Client(serve(answer()).url) as client:
        assert client.get(PATH) == {}
    with pytest.raises(TargetError, match="is closed"):
        client.get(PATH)


# --- addresses


@pytest.mark.parametrize(
    "url",
    [
        "",
        "kibana.example:5601",
        "ftp://kibana.example",
        "https://",
        "https://:5601",
        "https://kibana.example:port",
        "https://kibana.example:0",
        "https://kibana.example:99999",
        "https://kib ana.example",
        "https://[::1",
        "https://user:hunter22@kibana.example",
        "https://hunter22@kibana.example",
        "https://kibana.example/app/security/rules",
        "https://kibana.example/kibana/s/soc/app/home",
        "https://kibana.example/login?next=hunter22",
        "https://kibana.example/api",
        "https://kibana.example/?x=hunter22",
        "https://kibana.example/#/hunter22",
    ],
)
def test_an_address_that_is_none(url):
    with pytest.raises(TargetError) as caught:
        Client(url)
    assert "hunter22" not in f"{caught.value!r}{caught.value.hint}"


@pytest.mark.parametrize("space", ["", "SOC", "a b", "../x", "a/b", "soc\n"])
def test_a_space_that_is_none(space):
    with pytest.raises(TargetError, match="is not the id of a space"):
        Client("http://127.0.0.1:1", space=space)


@pytest.mark.parametrize(
    ("url", "exposed"),
    [
        ("http://kibana.example:5601", True),
        ("http://192.0.2.1", True),
        ("https://kibana.example", False),
        ("http://localhost:5601", False),
        ("http://kibana.localhost", False),
        ("http://127.0.0.2:5601", False),
        ("http://[::1]:5601", False),
        ("http://localhost.example", True),
        ("http://127.0.0.1.example", True),
    ],
)
def test_whether_the_credentials_are_exposed(url, exposed):
    assert Client(url, Credentials.basic("elastic", "changeme")).exposes_credentials is exposed
    assert not Client(url).exposes_credentials


def test_names_instead_of_numbers(serve, connect):
    server = serve(answer(200, {"id": 1}))
    assert connect(f"http://localhost:{server.port}").get(PATH) == {"id": 1}


# --- credentials


@pytest.mark.parametrize(
    "key", [TOKEN, f" {TOKEN}\n", f"ApiKey {TOKEN}", "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw"]
)
def test_an_api_key_in_its_forms(key):
    assert Credentials.api_key(key).header == f"ApiKey {TOKEN}"


def test_an_api_key_of_another_kind():
    assert Credentials.api_key("essu_abc-DEF_1.2~==").header == "ApiKey essu_abc-DEF_1.2~=="


@pytest.mark.parametrize("key", ["", " ", "hunter22 hunter22", "hunter22\r\nX: y", "hünter22"])
def test_an_api_key_that_is_none(key):
    with pytest.raises(TargetError) as caught:
        Credentials.api_key(key)
    assert "nter22" not in f"{caught.value!r}{caught.value.hint}"


def test_a_user_and_a_password(serve, connect):
    server = serve(answer())
    connect(server, credentials=Credentials.basic("elastic", "pass:wörd")).get(PATH)
    token = server.seen[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(token).decode() == "elastic:pass:wörd"
    for user in ("", "a:b"):
        with pytest.raises(TargetError):
            Credentials.basic(user, "x")


def test_a_header_that_is_none():
    with pytest.raises(TargetError) as caught:
        Credentials("ApiKey hunter22\r\nX: y")
    assert "hunter22" not in repr(caught.value)


def test_no_secret_in_what_is_shown():
    credentials = Credentials.basic("elastic", "hunter22")
    transport = Transport(proxy="http://user:hunter22@proxy.example:3128")
    client = Client("http://127.0.0.1:1", credentials, transport=transport)
    for shown in (credentials, transport, client):
        for text in (repr(shown), str(shown), f"{shown}"):
            assert "hunter22" not in text
            assert credentials.header.removeprefix("Basic ") not in text


def test_short_passwords_do_not_black_out_words():
    assert Credentials.basic("u", "not").hide("it is not found") == "it is not found"
    assert Credentials.basic("u", "longer").hide("no longer there") == "no *** there"


@pytest.mark.parametrize(
    "settings", [{"threads": 0}, {"retries": -1}, {"backoff": -1}, {"deadline": 0}, {"read_timeout": -1}]
)
def test_a_transport_that_cannot_be(settings):
    with pytest.raises(TargetError):
        Transport(**settings)


# --- the environment, and proxies


def test_the_environment_is_not_asked(serve, connect, monkeypatch, tmp_path):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "none.pem"))
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(answer())
    connect(server, credentials=None).get(PATH)
    assert "authorization" not in server.seen[0].headers
    connect(server).get(PATH)
    assert server.seen[1].headers["authorization"] == f"ApiKey {TOKEN}"


@pytest.mark.parametrize("form", ["http://user:proxy-password@{}", "user:proxy-password@{}", "http://{}/"])
def test_a_proxy_for_http(form, serve, connect):
    proxy = serve(answer(200, {"id": 1}))
    assert connect("http://kibana.example:5601", proxy=form.format(proxy.host)).get(PATH) == {"id": 1}
    assert proxy.seen[0].target == f"http://kibana.example:5601{PATH}"
    assert ("proxy-authorization" in proxy.seen[0].headers) == ("@" in form)


def test_a_proxy_for_https(serve, connect, certificates):
    """The tunnel is opened with the proxy's own credentials; those for Kibana go through it."""
    server = serve(answer(200, {"id": 1}), tls=certificates.context("good"))

    def tunnel(connection, _):
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        tls = server.tls.wrap_socket(connection, server_side=True)
        tls.recv(65536)
        tls.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{"id": 1}')
        tls.close()
        return False

    proxy = serve(tunnel)
    settings = {"proxy": f"http://user:proxy-password@{proxy.host}", "ca_file": certificates.ca}
    client = connect("https://127.0.0.1:5601", **settings)
    assert client.get(PATH) == {"id": 1}
    assert (proxy.seen[0].method, proxy.seen[0].target) == ("CONNECT", "127.0.0.1:5601")
    assert "authorization" not in proxy.seen[0].headers
    assert client.sent == 1


@pytest.mark.parametrize(
    ("step", "words", "count"),
    [
        (core(407, "x"), "the proxy {} opens no way to kibana.example: 407 Status", 1),
        (core(403, "x"), "the proxy {} opens no way to kibana.example: 403 Forbidden", 1),
        (core(503, "x"), "the proxy {} opens no way to kibana.example: 503 Service Unavailable; tried 3 times", 3),
        (close, None, 3),
    ],
)
def test_a_proxy_that_opens_no_tunnel(step, words, count, serve, connect, failing):
    proxy = serve(step)
    client = connect("https://kibana.example", proxy=f"http://user:proxy-password@{proxy.host}")
    error = failing(Unreachable, client.post, PATH, {})
    assert words is None or error.message.startswith(words.format(proxy.host))
    assert len(proxy.seen) == count
    assert client.sent == 0


def test_a_proxy_that_is_not_there(connect, failing):
    client = connect("https://kibana.example", proxy="http://user:proxy-password@127.0.0.1:1")
    error = failing(Unreachable, client.post, PATH, {})
    assert error.message.startswith("the proxy 127.0.0.1:1 refuses the connection; tried 3 times in ")
    assert error.hint == "check the address of the proxy (--proxy), or do without one"


def test_a_proxy_that_wants_a_password(serve, connect, failing):
    error = failing(Unreachable, connect("http://kibana.example", proxy=serve(core(407, "x")).url).post, PATH, {})
    assert error.message == "the proxy asks for a user and a password (407)"


def test_a_page_of_a_proxy_is_no_kibana(serve, connect, failing):
    proxy = serve(answer(404, NGINX.format("404 no such host")))
    failing(Incompatible, connect("http://kibana.example", proxy=proxy.url).get, PATH)


@pytest.mark.parametrize("proxy", ["socks5://proxy-password:1", "http://", "http://x:port", "//"])
def test_a_proxy_that_is_none(proxy, connect):
    with pytest.raises(TargetError) as caught:
        connect("http://kibana.example", proxy=proxy)
    assert caught.value.message == "the proxy's address cannot be used"


# --- threads


def test_connections_are_kept_and_bounded(serve, connect):
    server = serve(slow(0.005, answer(200, {})))
    client = connect(server, threads=4)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda _: client.get(PATH), range(100))) == [{}] * 100
    assert client.sent == len(server.seen) == 100
    assert server.accepted <= 4
    assert server.most_open <= 4


def test_each_thread_knows_what_it_sent(serve, connect):
    """Half of the answers are lost: whoever posts is told so, whoever reads does not notice."""
    turn, lock = itertools.count(), threading.Lock()

    def every_other(connection, seen):
        with lock:
            lost = next(turn) % 2
        return close() if lost else answer(200, {"method": seen.method})(connection, seen)

    server = serve(every_other)
    client = connect(server, retries=50, backoff=0.002)

    def one(number):
        if number % 2:
            return client.get(PATH)["method"]
        try:
            return client.post(PATH, {})["method"]
        except TargetError as error:
            return type(error).__name__

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(100)))
    assert set(results[1::2]) == {"GET"}
    assert set(results[::2]) == {"POST", "LostAnswer"}
    assert sum(seen.method == "POST" for seen in server.seen) == 50
    assert client.sent == len(server.seen)


@pytest.mark.slow
def test_eight_threads_keep_a_slow_server_busy(serve, connect):
    count, latency, threads = 2000, 0.05, 8
    client = connect(serve(slow(latency, answer(200, {"id": "x" * 1000}))), threads=threads)
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        assert len(list(pool.map(lambda _: client.get(PATH), range(count)))) == count
        seconds = time.perf_counter() - started
    least = count * latency / threads
    print(f"{count} requests in {seconds:.2f} s, {seconds / least:.3f} x of {least:.1f} s")
    assert seconds < 1.2 * least
