"""Client: requests to one space of one Kibana, repeated where that is safe, with every failure in plain words."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import requests

from rulepack import __version__
from rulepack.errors import LostAnswer, Rejected, TargetError, Unreachable
from rulepack.kibana.answer import API_VERSION, Asked, read_answer
from rulepack.kibana.transport import Credentials, Transport, check_space, parse_address
from rulepack.kibana.trouble import Trouble
from rulepack.kibana.wire import Wire

Payload = dict[str, Any]

LONGEST_PAUSE = 30.0
DEFAULT = Transport()
_NOT_FOUND = 404
# These belong to the whole Kibana, not to a space.
_GLOBAL = ("/api/status", "/api/spaces")
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"rulepack/{__version__}",
    "elastic-api-version": API_VERSION,
    "kbn-xsrf": "rulepack",
}


class Client:
    """Speaks with one space of one Kibana; thread-safe, and a context manager.

    GET, PUT and DELETE are repeated after any failure that may pass. A POST is repeated only when it was certainly not
    carried out: it never left whole, or the server said that it did not take it. Otherwise: LostAnswer.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        space: str = "default",
        transport: Transport = DEFAULT,
    ) -> None:
        self._address = parse_address(url)
        self.url = self._address.url
        self.space = check_space(space)
        self._credentials = credentials
        self._transport = transport
        self._wire = Wire(self._address, credentials, transport)
        self._closed = threading.Event()

    def __repr__(self) -> str:
        return f"Client({self.url!r}, space={self.space!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; whoever waits for another attempt gives up."""
        self._closed.set()
        self._wire.close()

    @property
    def sent(self) -> int:
        """How many requests were sent so far, repeated ones included."""
        return self._wire.sent

    @property
    def exposes_credentials(self) -> bool:
        """Whether the credentials cross a network without encryption, for everybody on the way to read."""
        return self._credentials is not None and not self._address.encrypted and not self._address.loopback

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Payload:
        """Read."""
        return self._call("GET", path, params)

    def post(self, path: str, body: Payload) -> Payload:
        """Create, or act: never sent twice unless it was certainly not carried out."""
        return self._call("POST", path, body=body)

    def put(self, path: str, body: Payload) -> Payload:
        """Replace."""
        return self._call("PUT", path, body=body)

    def delete(self, path: str, params: Mapping[str, str | int] | None = None) -> Payload:
        """Delete; `{}` when an attempt whose answer was lost has already done it."""
        return self._call("DELETE", path, params)

    def _call(
        self, method: str, path: str, params: Mapping[str, str | int] | None = None, body: Payload | None = None
    ) -> Payload:
        if self._closed.is_set():
            raise TargetError(f"the client for {self.url} is closed")
        asked = Asked(method, path, self.space, self._address, self._credentials)
        request = requests.Request(method, self._url(path), params=params, headers=_HEADERS)
        if body is not None:
            request.headers = {**_HEADERS, "Content-Type": "application/json"}
            # Half an emoji, which Kibana can hold, has no UTF-8; its escape means the same in JSON.
            request.data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")
        return _Call(self._wire, self._transport, self._closed, asked).run(request)

    def _url(self, path: str) -> str:
        if not path.startswith("/api/"):
            msg = f"not a path of Kibana's API: {path!r}"
            raise ValueError(msg)
        apart = self.space == "default" or path.startswith(_GLOBAL)
        return f"{self.url}{path}" if apart else f"{self.url}/s/{self.space}{path}"


class _Call:
    """One call: attempts, and the pauses between them, up to the deadline."""

    def __init__(self, wire: Wire, transport: Transport, closed: threading.Event, asked: Asked) -> None:
        self._wire = wire
        self._transport = transport
        self._closed = closed
        self._asked = asked
        self._started = time.monotonic()
        self._deadline = self._started + transport.deadline
        self._attempts = 0
        self._late = False

    def run(self, request: requests.Request) -> Payload:
        """Attempts until one is answered, or another would be of no use or not be safe."""
        doubtful = False  # whether an attempt without an answer may have been carried out
        while True:
            self._attempts += 1
            try:
                return read_answer(self._wire.exchange(request, self._deadline), self._asked)
            except Rejected as rejected:
                if doubtful and self._asked.method == "DELETE" and rejected.status == _NOT_FOUND:
                    return {}
                raise
            except Trouble as error:
                trouble = error
            doubtful = doubtful or trouble.taken
            pause = self._pause(trouble)
            # Raised here, outside of the handler, so that the trouble with all its frames does not come along.
            if pause is None or self._closed.wait(pause):
                raise self._failed(trouble)

    def _pause(self, trouble: Trouble) -> float | None:
        """How long to wait before the next attempt; None for no other attempt."""
        if not trouble.again or self._attempts > self._transport.retries or self._lost(trouble):
            return None
        # Full jitter, so that many threads do not come back at the same moment; and never before the server asked.
        longest = min(self._transport.backoff * 2.0 ** (self._attempts - 1), LONGEST_PAUSE)
        if trouble.wait is not None:
            longest = min(self._transport.backoff, longest)
        pause = random.uniform(0, longest) + (trouble.wait or 0.0)  # noqa: S311 (no secret depends on it)
        self._late = time.monotonic() + pause >= self._deadline
        return None if self._late else pause

    def _lost(self, trouble: Trouble) -> bool:
        return self._asked.method == "POST" and trouble.taken

    def _failed(self, trouble: Trouble) -> TargetError:
        words = trouble.words
        if self._lost(trouble):
            message = f"no answer to {self._asked}: {words}"
            return LostAnswer(message, "read back whether it was carried out; it is not sent again")
        seconds = time.monotonic() - self._started
        if self._late:
            asks = f", and asks to wait {trouble.wait:.0f} s" if trouble.wait else ""
            limit = f"the limit is {self._transport.deadline:g} s"
            words = f"gave up on {self._asked} after {seconds:.1f} s ({limit}): {words}{asks}"
        elif self._attempts > 1:
            words = f"{words}; tried {self._attempts} times in {seconds:.1f} s"
        return Unreachable(words, trouble.hint)
