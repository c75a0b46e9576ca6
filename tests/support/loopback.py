"""A server on loopback that answers by a script, misbehaves on purpose, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Seen:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    def json(self):
        return json.loads(self.body)


# What to do with a connection whose request was read; True keeps it open for the next one.
Step = Callable[[socket.socket, Seen], bool]


class Loopback:
    """Step n of the script answers request n, the last one all that follow; `greet` meets a new connection instead."""

    def __init__(self, *script: Step, greet=None, tls: ssl.SSLContext | None = None) -> None:
        self.script = list(script)
        self.greet = list(greet or [])
        self.tls = tls
        self.seen: list[Seen] = []
        self.accepted = 0
        self.open = 0
        self.most_open = 0
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.threads: list[threading.Thread] = []
        self.sockets: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        self.start(self.accept)

    def start(self, target, *args) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                number = self.accepted
                self.accepted += 1
                self.open += 1
                self.most_open = max(self.most_open, self.open)
                self.sockets.append(connection)
            self.start(self.attend, connection, number)

    def attend(self, connection: socket.socket, number: int) -> None:
        try:
            if number < len(self.greet):
                self.greet[number](connection)
                return
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                with self.lock:
                    self.sockets.append(connection)
                connection.do_handshake()
            while self.turn(connection):
                pass
        except (OSError, ValueError):
            pass
        finally:
            connection.close()
            with self.lock:
                self.open -= 1

    def turn(self, connection: socket.socket) -> bool:
        seen = read_request(connection)
        if seen is None:
            return False
        with self.lock:
            step = self.script[min(len(self.seen), len(self.script) - 1)]
            self.seen.append(seen)
        return bool(step(connection, seen))

    def close(self) -> None:
        self.stopped.set()
        for one in (self.listener, *self.sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self.threads:
            thread.join(5)


def read_request(connection: socket.socket) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        part = connection.recv(65536)
        if not part:
            return None
        body += part
    return Seen(method, target, headers, body)


def answer(status: int = 200, body: object = None, **headers: str) -> Step:
    """A whole answer: a dict or list as JSON, text as HTML, bytes as they are."""
    if isinstance(body, bytes):
        kind, content = "application/json; charset=utf-8", body
    elif isinstance(body, str):
        kind, content = "text/html; charset=utf-8", body.encode()
    else:
        kind, content = "application/json; charset=utf-8", json.dumps({} if body is None else body).encode()
    named = {"Content-Type": kind, "Content-Length": str(len(content))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in named.items())

    def step(connection: socket.socket, _: Seen) -> bool:
        connection.sendall(head.encode("latin-1") + b"\r\n" + content)
        return named.get("Connection") != "close"

    return step


def core(status: int, message: object) -> Step:
    """An error of Kibana's core."""
    return answer(status, {"statusCode": status, "error": REASONS.get(status, ""), "message": message})


def plugin(status: int, message: object) -> Step:
    """An error of a handler of Security."""
    return answer(status, {"message": message, "status_code": status}, elastic_api_version="2023-10-31")


def raw(content: bytes) -> Step:
    """These bytes, and the end of the connection."""

    def step(connection: socket.socket, _: Seen) -> bool:
        connection.sendall(content)
        return False

    return step


def reset(connection: socket.socket, *_: object) -> bool:
    """The connection is torn down at once (RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


def close(*_: object) -> bool:
    """The connection is closed without an answer."""
    return False


def hang(connection: socket.socket, *_: object) -> bool:
    """Nothing, until the other side gives up."""
    while connection.recv(65536):
        pass
    return False


def drip(head: bytes, drop: bytes, every: float = 0.02) -> Step:
    """A beginning, and then drop after drop for ever."""

    def step(connection: socket.socket, _: Seen) -> bool:
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(every)

    return step


def slow(seconds: float, then: Step) -> Step:
    """An answer that takes its time."""

    def step(connection: socket.socket, seen: Seen) -> bool:
        time.sleep(seconds)
        return then(connection, seen)

    return step


REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
NGINX = "<html>\r\n<head><title>{0}</title></head>\r\n<body><center><h1>{0}</h1></center></body></html>\r\n"


class Certificates:
    """A CA, and certificates that are right, of another host, expired, and self-signed; made by openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "index.txt").touch()
        (folder / "openssl.cnf").write_text(_CONFIG.format(folder=folder))
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")  # Python 3.13 asks for it
        self.run("req", "-x509", *_KEY, "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA", "-days", "2", *usage)
        self.run("req", "-x509", *_KEY, "self.key", "-out", "self.pem", *_host("127.0.0.1"), "-days", "2")
        self.sign("good", "127.0.0.1", "20200101000000Z", "20491231235959Z")
        self.sign("other", "192.0.2.7", "20200101000000Z", "20491231235959Z")
        self.sign("expired", "127.0.0.1", "20200101000000Z", "20200102000000Z")
        self.ca = folder / "ca.pem"

    def sign(self, name: str, host: str, start: str, end: str) -> None:
        self.run("req", *_KEY, f"{name}.key", "-out", f"{name}.csr", *_host(host))
        names = ("-batch", "-config", "openssl.cnf", "-in", f"{name}.csr", "-out", f"{name}.pem")
        self.run("ca", *names, "-startdate", start, "-enddate", end, "-notext")

    def run(self, *command: str) -> None:
        done = subprocess.run(["openssl", *command], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    @classmethod
    def make(cls, folder: Path) -> Certificates:
        if shutil.which("openssl") is None:
            pytest.skip("needs the openssl command to make certificates")
        return cls(folder)


def _host(address: str) -> tuple[str, ...]:
    return ("-subj", f"/CN={address}", "-addext", f"subjectAltName=IP:{address}")


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")
_CONFIG = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
x509_extensions = leaf
unique_subject = no
[leaf]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[any]
commonName = supplied
"""
