"""Small STIX bundles, a web server on loopback, and the facts beside the project."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARED = Path(__file__).parents[3] / "shared"

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def shared() -> Path:
    """The folder of facts beside the project; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared")
    return SHARED


@dataclass
class Web:
    """A real web server; `answers` are by path, `stopped` is set when the test is over."""

    address: str = ""
    answers: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def add(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda: (status, named, body)
        return self.address + path


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = site.answers.get(self.path.partition("?")[0], lambda: (404, {}, b"not here"))()
            # Without the clock's Date, which a test may want to give itself.
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            # A client that hangs up early is what some tests are about.
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    yield site
    site.stopped.set()
    server.shutdown()
    thread.join()
    server.server_close()
