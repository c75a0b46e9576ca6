"""Trouble: why one attempt gave nothing usable, in plain words, and whether another may."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
from collections.abc import Iterator

import requests.exceptions
import urllib3.exceptions

from rulepack.frozen import frozen

_NETWORK_HINT = "check host and port, and whether a firewall, a proxy or a VPN is in between"
_UNKNOWN_CA_HINT = "give the certificate of the CA that signed it, a PEM file (--ca-file)"
# OpenSSL's X509_V_ERR_*: what is wrong, and what to do.
_CERTIFICATES = {
    9: ("it is not valid yet", "check the clocks of both machines"),
    10: ("it has expired", "renew the certificate of the server"),
    18: ("it is self-signed", _UNKNOWN_CA_HINT),
    19: ("its CA is not known here", _UNKNOWN_CA_HINT),
    20: ("its CA is not known here", _UNKNOWN_CA_HINT),
    21: ("its CA is not known here", _UNKNOWN_CA_HINT),
    23: ("it was revoked", "renew the certificate of the server"),
    62: ("it is made for another host", "use a name that the certificate is made for"),
    64: ("it is made for another address", "use a name that the certificate is made for"),
}
_UNKNOWN_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_PLAIN_ANSWERS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"}
# What http.client says when a proxy does not open the tunnel; there is no exception of its own for it.
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}) ?(.*)")


class Trouble(Exception):  # noqa: N818 (it never leaves this room)
    """One attempt gave nothing usable.

    `words` is a sentence; `again` says whether another attempt may do better, `taken` whether the server may have
    carried the request out all the same, `wait` how many seconds it asks to wait.
    """

    def __init__(self, words: str, hint: str, *, again: bool, taken: bool, wait: float | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.hint = hint
        self.again = again
        self.taken = taken
        self.wait = wait


@frozen(slots=False)
class Peer:
    """Who was asked, and how long was waited, for the words."""

    host: str
    proxy: str | None
    connect_timeout: float
    read_timeout: float


def explain(error: BaseException, peer: Peer, *, taken: bool) -> Trouble:
    """What a failure of the network means, in plain words."""
    causes = list(_causes(error))
    if _find(causes, requests.exceptions.ProxyError, urllib3.exceptions.ProxyError) or _tunnel(causes):
        words, hint, again = _proxy(causes, peer)
    else:
        words, hint, again = _cause(causes, peer, taken=taken)
    return Trouble(words, hint, again=again, taken=taken)


_Found = tuple[str, str, bool]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those it wraps; requests and urllib3 put them in many places.

    Not `__context__`: that may be an exception which the caller was handling.
    """
    queue, seen = [error], {id(error)}
    while queue:
        current = queue.pop(0)
        yield current
        wrapped = (*current.args, getattr(current, "reason", None), current.__cause__)
        for inner in wrapped:
            if isinstance(inner, BaseException) and id(inner) not in seen:
                seen.add(id(inner))
                queue.append(inner)


def _find(causes: list[BaseException], *kinds: type[BaseException]) -> BaseException | None:
    return next((cause for cause in causes if isinstance(cause, kinds)), None)


def _tunnel(causes: list[BaseException]) -> re.Match[str] | None:
    return next(filter(None, (_TUNNEL.match(str(cause)) for cause in causes if type(cause) is OSError)), None)


def _proxy(causes: list[BaseException], peer: Peer) -> _Found:
    name = f"the proxy {peer.proxy}"
    if tunnel := _tunnel(causes):
        status = int(tunnel[1])
        hint = "check the proxy's user and password, and whether it lets you through to this host"
        again = status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
        return f"{name} opens no way to {peer.host}: {status} {tunnel[2]}".rstrip(), hint, again
    proxy = Peer(name, None, peer.connect_timeout, peer.read_timeout)
    words, _, again = _cause(causes, proxy, taken=False)
    return words, "check the address of the proxy (--proxy), or do without one", again


def _cause(causes: list[BaseException], peer: Peer, *, taken: bool) -> _Found:
    return _tls(causes, peer) or _name(causes, peer) or _timeout(causes, peer, taken=taken) or _connection(causes, peer)


def _tls(causes: list[BaseException], peer: Peer) -> _Found | None:
    verification = _find(causes, ssl.SSLCertVerificationError)
    if isinstance(verification, ssl.SSLCertVerificationError):
        code, text = verification.verify_code, verification.verify_message
        reason, hint = _CERTIFICATES.get(code, (text, "look at the certificates of the server and of its CA"))
        return f"the certificate of {peer.host} is not trusted: {reason}", hint, False
    error = _find(causes, ssl.SSLError)
    if not isinstance(error, ssl.SSLError):
        return None
    reason = error.reason or "the connection was closed"
    if reason in _PLAIN_ANSWERS:
        return f"{peer.host} does not speak TLS", "check the port; without TLS, the address begins with http:", False
    # An end of the stream in the middle of TLS is a network that broke, not a server that cannot speak it.
    broke = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return f"TLS with {peer.host} failed: {reason.replace('_', ' ').lower()}", _NETWORK_HINT, broke


def _name(causes: list[BaseException], peer: Peer) -> _Found | None:
    error = _find(causes, socket.gaierror)
    if not isinstance(error, socket.gaierror):
        return None
    if error.errno in _UNKNOWN_HOST:
        hint = "check its spelling, and whether it needs a VPN to be found"
        return f"{peer.host} cannot be found: there is no such host", hint, False
    return f"{peer.host} cannot be found: the DNS does not answer", "check the DNS of this machine", True


def _timeout(causes: list[BaseException], peer: Peer, *, taken: bool) -> _Found | None:
    timeout = _find(causes, TimeoutError, urllib3.exceptions.TimeoutError, requests.exceptions.Timeout)
    # Every connection that fails at once is a ConnectTimeoutError to urllib3, in the shape of NewConnectionError.
    if timeout is None or _find(causes, urllib3.exceptions.NewConnectionError):
        return None
    if not taken:
        return f"{peer.host} takes no connection within {peer.connect_timeout:g} s", _NETWORK_HINT, True
    hint = "look at the load of Kibana and of Elasticsearch"
    return f"{peer.host} sends no answer within {peer.read_timeout:g} s", hint, True


def _connection(causes: list[BaseException], peer: Peer) -> _Found:
    if _find(causes, ConnectionRefusedError):
        return f"{peer.host} refuses the connection", "check host and port, and whether Kibana is running", True
    if _find(causes, urllib3.exceptions.NewConnectionError):
        return f"{peer.host} cannot be reached: {_reason(causes)}", _NETWORK_HINT, True
    if _find(causes, urllib3.exceptions.DecodeError, requests.exceptions.ContentDecodingError):
        return f"the answer of {peer.host} cannot be unpacked", _NETWORK_HINT, True
    if _find(causes, http.client.IncompleteRead, requests.exceptions.ChunkedEncodingError):
        return f"the answer of {peer.host} breaks off", _NETWORK_HINT, True
    if _find(causes, ConnectionError, http.client.RemoteDisconnected):
        hint = "look at the log of Kibana or of the proxy before it; if it speaks TLS, the address is https"
        return f"{peer.host} closes the connection without an answer", hint, True
    if _find(causes, http.client.HTTPException, urllib3.exceptions.InvalidHeader):
        return f"{peer.host} answers with something that is not HTTP", "check the port, and the scheme", False
    return f"{peer.host} cannot be reached: {_reason(causes)}", _NETWORK_HINT, True


def _reason(causes: list[BaseException]) -> str:
    """The operating system's word for it; not an exception's own text, which may hold anything."""
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno in errno.errorcode and cause.strerror:
            return cause.strerror
    return type(causes[-1]).__name__
