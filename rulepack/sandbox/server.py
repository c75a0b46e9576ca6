"""HTTP on loopback: a thread for each connection, kept alive; answers leave in one piece, or as their fault says."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

from rulepack.sandbox.answers import Answer, Request, core_answer
from rulepack.sandbox.desk import Desk, Outcome
from rulepack.sandbox.installation import NAME
from rulepack.sandbox.routes import limit_of
from rulepack.sandbox.storage import SandboxError

HOST = "127.0.0.1"
# The names by which a client on this machine may call the server. A web page that had its own name resolve to this
# address would send that name.
NAMES = ("127.0.0.1", "localhost")
# A body beyond the limit is read to its end so that the client gets to read the answer, up to here.
_DRAINED = 32 * 1_048_576
_CHUNK = 65_536


class _Handler(BaseHTTPRequestHandler):
    """Reads requests off one connection and writes what the desk makes of them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()
            return
        self.close_connection = True

    def _serve(self) -> None:
        try:
            sent_path, _, query = self.path.partition("?")
            path, space = _split_space(sent_path)
            body, oversized = self._read_body(limit_of(self.command, path, self.server.desk.context.settings))
        except ValueError:
            self.close_connection = True
            self._send(core_answer(400, "Bad Request"))
            return
        request = Request(
            method=self.command,
            path=path,
            space=space,
            query=_query(query),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        host = (request.header("host") or NAMES[0]).rpartition(":")
        if (host[0] or host[2]) not in NAMES:
            self._send(core_answer(421, f"The sandbox answers to {' and '.join(NAMES)} only"))
            return
        self._deliver(self.server.desk.serve(request, sent_path, oversized=oversized))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 (http.server's names)

    def _read_body(self, limit: int) -> tuple[bytes, bool]:
        """The body and whether it is beyond the limit; such a body is read and forgotten."""
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            return self._read_chunks(limit)
        length = int(self.headers.get("Content-Length") or 0)
        if length < 0:
            raise ValueError(length)
        if length <= limit:
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionAbortedError("the client went away in the middle of its request")
            return body, False
        self._drain(length)
        return b"", True

    def _read_chunks(self, limit: int) -> tuple[bytes, bool]:
        body = bytearray()
        oversized = False
        while size := int(self.rfile.readline(_CHUNK).partition(b";")[0], 16):
            if size < 0:
                raise ValueError(size)
            oversized = oversized or len(body) + size > limit
            if oversized:
                body.clear()
                self._drain(size)
            else:
                body += self.rfile.read(size)
            self.rfile.readline(_CHUNK)
        while self.rfile.readline(_CHUNK).strip():
            pass
        return bytes(body), oversized

    def _drain(self, length: int) -> None:
        if length > _DRAINED:
            self.close_connection = True
        left = min(length, _DRAINED)
        while left > 0 and (read := self.rfile.read(min(left, _CHUNK))):
            left -= len(read)

    def _deliver(self, outcome: Outcome) -> None:
        if outcome.delivery == "reset":
            self._reset()
        elif outcome.delivery == "half":
            whole = outcome.answer
            self._send(Answer(whole.status, whole.text[: len(whole.text) // 2], whole.content_type, whole.headers))
        elif outcome.delivery == "cut":
            data = self._bytes(outcome.answer)
            self.wfile.write(data[: len(data) - len(outcome.answer.text) // 2])
            self.close_connection = True
        else:
            if outcome.delivery == "slow":
                self.server.desk.stopping.wait(outcome.seconds)
            self._send(outcome.answer)

    def _send(self, answer: Answer) -> None:
        self.wfile.write(self._bytes(answer))

    def _bytes(self, answer: Answer) -> bytes:
        """Head and body together: two writes would wait for one another on a connection that is kept alive."""
        body = answer.text.encode()
        status = HTTPStatus(answer.status)
        head = [f"HTTP/1.1 {status.value} {status.phrase}", f"kbn-name: {NAME}"]
        if status != HTTPStatus.NO_CONTENT:
            head += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in answer.headers]
        if self.close_connection:
            head.append("Connection: close")
        text = "\r\n".join([*head, "", ""]).encode("latin-1")
        return text if self.command == "HEAD" else text + body

    def _reset(self) -> None:
        """End the connection as a crash would: no answer, no farewell."""
        self.close_connection = True
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            # With no time to linger, closing sends RST. The files around the socket would keep it open: take it away.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Say nothing: the desk keeps the log."""


class Server(ThreadingHTTPServer):
    """The listening socket; `connections` are the open ones."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, desk: Desk) -> None:
        self.desk = desk
        self.connections: set[socket.socket] = set()
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise _cannot_listen(port, error) from error
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="rulepack sandbox", daemon=True)

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://{HOST}:{self.server_address[1]}"

    def start(self) -> None:
        """Answer, from now on, in threads of their own."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, on open connections neither."""
        self.desk.stopping.set()
        self.shutdown()
        self.server_close()
        self._thread.join()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        """Bind without looking up the machine's name, which http.server does and which may take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name = HOST
        self.server_port = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 (http.server's signature)
        """Note a failure outside the desk, unless it is a client that went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            import traceback  # noqa: PLC0415 (only on errors)

            self.desk.bugs.append(traceback.format_exc())


def _cannot_listen(port: int, error: OSError) -> SandboxError:
    if error.errno == errno.EADDRINUSE:
        return SandboxError(
            f"port {port} is in use", "stop what uses it, or choose another with --port; --port 0 takes any free one"
        )
    return SandboxError(f"cannot listen on port {port}: {error.strerror or error}", "choose another with --port")


def _split_space(path: str) -> tuple[str, str]:
    """The path without `/s/<space>`, and the space."""
    if not path.startswith("/s/"):
        return path, "default"
    space, slash, rest = path[3:].partition("/")
    return slash + rest, unquote(space)


def _query(text: str) -> dict[str, str]:
    """The query; a name that comes several times has its values joined with commas, as Kibana takes lists."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query
