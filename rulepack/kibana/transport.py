"""How to reach a Kibana: its address, who asks, and with how much patience."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import ssl
from dataclasses import field
from pathlib import Path
from urllib.parse import urlsplit

from rulepack.errors import TargetError
from rulepack.frozen import frozen

_KEY = re.compile(r"[A-Za-z0-9+/=_.~-]+")
_PLAIN_KEY = re.compile(rf"{_KEY.pattern}:{_KEY.pattern}")
# What people copy from the browser's address bar.
_PAGE = re.compile(r"/(app|s)/|/(app|api|login)/?$")
_SPACE = re.compile(r"[a-z0-9_-]+")
# Shorter ones are no secrets, and would be blacked out in every other word.
_SHORTEST_SECRET = 4
_KEY_HINT = "give the `encoded` form that Kibana shows when a key is made, or id:key"


@frozen(slots=False)
class Credentials:
    """Who asks; neither `repr` nor `str` shows the secret."""

    header: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        # http.client would name the whole header in its complaint.
        if not self.header.isascii() or not self.header.isprintable():
            raise TargetError("the credentials have characters that no header may have")

    @classmethod
    def api_key(cls, key: str) -> Credentials:
        """An API key: its encoded form, base64(id:key), or `id:key`, which is encoded here."""
        token = key.strip().removeprefix("ApiKey ").strip()
        if _PLAIN_KEY.fullmatch(token):
            token = base64.b64encode(token.encode()).decode()
        if not _KEY.fullmatch(token):
            # The key itself is not shown: a mistyped one is nearly the real one.
            raise TargetError("the API key is empty, or has characters that no key has", _KEY_HINT)
        plain = _decoded(token)
        return cls(f"ApiKey {token}", (token, plain, plain.partition(":")[2]))

    @classmethod
    def basic(cls, user: str, password: str) -> Credentials:
        """A user and a password."""
        if not user or ":" in user:
            raise TargetError("the user name is empty or has a colon in it", "a user name cannot have a colon")
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        return cls(f"Basic {token}", (token, f"{user}:{password}", password))

    def hide(self, text: str) -> str:
        """The text without the secrets: a server, or a proxy, may send back what it was sent."""
        for secret in (self.header, *self.secrets):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return text


def _decoded(token: str) -> str:
    try:
        return base64.b64decode(token + "==", validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


@frozen(slots=False)
class Transport:
    """How to reach it; the caller takes these from the command line or the environment, never from the pack."""

    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)  # may hold a password
    verify: bool = True
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    retries: int = 5
    deadline: float = 600.0
    threads: int = 8
    backoff: float = 0.5

    def __post_init__(self) -> None:
        if min(self.connect_timeout, self.read_timeout, self.deadline) <= 0:
            raise TargetError("a timeout of no time at all lets nothing through", "give seconds, more than 0")
        if self.threads < 1 or self.retries < 0 or self.backoff < 0:
            raise TargetError("threads must be at least 1; retries and backoff at least 0")

    def trust(self) -> bool | str:
        """What to verify certificates with, as requests wants it; a `ca_file` that is none stops here."""
        if not self.verify or self.ca_file is None:
            return self.verify
        try:
            ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:  # SSLError is one
            reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise TargetError(
                f"cannot use the CA file {self.ca_file}: {reason}", "give a PEM file with the certificate of the CA"
            ) from error
        return str(self.ca_file)

    def proxies(self) -> dict[str, str]:
        """The proxy, as requests wants it."""
        if not self.proxy:
            return {}
        proxy = self.proxy if "://" in self.proxy else f"http://{self.proxy}"
        try:
            parts = urlsplit(proxy)
            usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
        except ValueError:
            usable = False
        if not usable:
            raise TargetError("the proxy's address cannot be used", "give it as http://host:port")
        return {"http": proxy, "https": proxy}


@frozen(slots=False)
class Address:
    """Where a Kibana is: `url` without a slash at its end, `host` as people say it."""

    url: str
    host: str
    encrypted: bool
    loopback: bool


def parse_address(url: str) -> Address:
    """Read the address of a Kibana; raises TargetError for what is none, and never shows a password in it."""
    hint = "give it as https://host:port, with Kibana's base path if it has one, and the space apart"
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        netloc = parts.netloc.rpartition("@")[2]
        usable = parts.scheme in ("http", "https") and host and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r"[^\s\\%<>\"\x00-\x1f\x7f]+", netloc):
        raise TargetError("the address is not one of http or https", hint)
    if "@" in parts.netloc:
        raise TargetError("the address has a user or a password in it", "give the credentials apart from the address")
    if parts.query or parts.fragment or _PAGE.search(parts.path):
        raise TargetError(f"the address of {netloc} is that of a page, of a space or of an API", hint)
    path = parts.path.rstrip("/")
    return Address(f"{parts.scheme}://{netloc}{path}", netloc, parts.scheme == "https", _is_loopback(host))


def check_space(space: str) -> str:
    """The id of a space; what is none would lead elsewhere as a part of the path."""
    if not _SPACE.fullmatch(space):
        hint = "a space's id has lower-case letters, digits, _ and - only; it may differ from its name"
        raise TargetError(f"{space!r} is not the id of a space", hint)
    return space


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
