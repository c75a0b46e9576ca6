"""One request and its answer, with what its failure means: whether it left whole, and never past the deadline."""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from rulepack.frozen import frozen
from rulepack.kibana.transport import Address, Credentials, Transport
from rulepack.kibana.trouble import Peer, Trouble, explain

SIZE_LIMIT = 200_000_000
_CHUNK = 1 << 18


@frozen(slots=False)
class Answer:
    """What a server sent back, whole."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class _Attempt(threading.local):
    """What this thread's request is allowed, and how far it came."""

    deadline = 0.0
    read_timeout = 0.0
    began = False
    whole = False

    def start(self, deadline: float, read_timeout: float) -> None:
        self.deadline, self.read_timeout = deadline, read_timeout
        self.began = self.whole = False

    def patience(self) -> float:
        """How long the next read may take."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self.read_timeout)


_ATTEMPT = _Attempt()


class _Reader(io.RawIOBase):
    """A socket that is read with the patience that is left: a timeout of its own starts anew with every byte."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock, self._raw = sock, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(_ATTEMPT.patience())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Reader(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    """A connection that knows whether a request left whole: if it did not, nothing can have been carried out.

    (A body is one JSON object, and the beginning of one is never another.)
    """

    response_class = _Response
    # http.client prints headers, the credentials among them, when somebody turns its debugging on.
    debuglevel = 0

    def connect(self) -> None:
        try:
            super().connect()
        finally:
            _ATTEMPT.began = False  # what was sent so far, a proxy's CONNECT, is not the request

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _ATTEMPT.began = True
        super().send(data)

    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)
        _ATTEMPT.whole = True


class _EncryptedConnection(_Connection, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _EncryptedPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _EncryptedConnection


_POOLS = {"http": _Pool, "https": _EncryptedPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nothing is followed; requests would otherwise read the redirect's body, however long."""
        del resp


class Wire:
    """A pool of connections to one Kibana; thread-safe."""

    def __init__(self, address: Address, credentials: Credentials | None, transport: Transport) -> None:
        self._transport = transport
        self._session = self._open(credentials, transport)
        proxy = next(iter(self._session.proxies.values()), None)
        self._proxy = proxy and proxy.partition("://")[2].rpartition("@")[2].rstrip("/")
        self._address = address
        self._lock = threading.Lock()
        self.sent = 0

    @staticmethod
    def _open(credentials: Credentials | None, transport: Transport) -> requests.Session:
        session = _Session()
        # Neither proxies, CA files nor a .netrc of the environment: the caller says what counts.
        session.trust_env = False
        session.verify = transport.trust()
        session.proxies = transport.proxies()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        if credentials is not None:
            session.auth = _Bearer(credentials)
        if not transport.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        # No urllib3 Retry: it knows no deadline, sends again after a broken certificate and not after a broken
        # body, and cannot tell a POST that never left from one that did. The client repeats, in one place.
        adapter = _Adapter(pool_connections=1, pool_maxsize=transport.threads, pool_block=True, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def exchange(self, request: requests.Request, deadline: float) -> Answer:
        """Send a request once and read its answer; raises Trouble when no whole one comes back."""
        left = max(deadline - time.monotonic(), 0.001)
        connect, read = min(self._transport.connect_timeout, left), min(self._transport.read_timeout, left)
        _ATTEMPT.start(deadline, read)
        try:
            prepared = self._session.prepare_request(request)
            with self._session.send(prepared, stream=True, allow_redirects=False, timeout=(connect, read)) as response:
                return self._read(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            peer = Peer(self._address.host, self._proxy, connect, read)
            trouble = explain(error, peer, taken=_ATTEMPT.whole)
        finally:
            with self._lock:
                self.sent += _ATTEMPT.began
        # Outside of the handler: a traceback must not lead into frames whose variables hold the credentials.
        raise trouble

    def _read(self, response: requests.Response) -> Answer:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > SIZE_LIMIT:
                words = f"the answer of {self._address.host} is larger than {SIZE_LIMIT / 1e6:g} MB"
                raise Trouble(words, "check that the address is Kibana's", again=False, taken=True)
        return Answer(response.status_code, response.reason or "", response.headers, bytes(body))

    def close(self) -> None:
        """Close every connection."""
        self._session.close()


class _Bearer(requests.auth.AuthBase):
    """Adds the credentials at the last moment, so that they are in no variable on the way."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._credentials.header
        return request
