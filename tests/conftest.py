"""What every test stands on: expected files, a home of its own, and no network but loopback."""

from __future__ import annotations

import difflib
import ipaddress
import os
import signal
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

DATA = Path(__file__).parent / "data"

# A busy machine makes examples slow, which is no fault; in CI every run tries the same ones.
settings.register_profile(
    "rulepack", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("rulepack")

# A shell starts what runs in its background with interruptions ignored, and children would inherit that from the
# tests: those of an interruption would wait for one that never comes.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="rewrite the expected files in tests/data")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares text with the file `tests/data/<name>`, byte for byte; `--accept` rewrites the file instead."""
    accept = request.config.getoption("--accept")

    def compare(name: str, text: str) -> None:
        path = DATA / name
        actual = text.encode()
        if accept:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(actual)
            return
        if not path.exists():
            pytest.fail(f"tests/data/{name} does not exist; write it with: pytest --accept", pytrace=False)
        expected = path.read_bytes()
        if actual != expected:
            pytest.fail(difference(expected, actual, name), pytrace=False)

    return compare


def difference(expected: bytes, actual: bytes, name: str) -> str:
    """The unified diff of two texts; bytes that a reader would not see are shown as escapes."""
    before, after = (
        [repr(line)[1:-1].removesuffix(r"\n") for line in text.decode(errors="replace").splitlines(keepends=True)]
        for text in (expected, actual)
    )
    lines = list(difflib.unified_diff(before, after, f"tests/data/{name}", "now", lineterm=""))
    if not lines:
        lines = ["only the line break at the end differs"]
    return "\n".join([*lines, "", "if the change is meant: pytest --accept"])


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test that opens a connection to anything but this machine."""

    def guarded(real: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
                pytest.fail(f"tests do not use the network, but this one connects to {address[0]}:{address[1]}")
            return real(self, address)

        return connect

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives the test an empty home, so that it neither reads nor changes the developer's."""
    home = tempfile.mkdtemp(dir=_homes)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("USERPROFILE", home)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
