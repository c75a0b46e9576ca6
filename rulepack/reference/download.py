"""The content of a file or of an http(s) address, within limits; whatever goes wrong is a `DataError`."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from rulepack.errors import DataError
from rulepack.reference import storage

if TYPE_CHECKING:
    import requests

REDIRECT_LIMIT = 5
# For the whole of it, however steadily the bytes drip.
SECONDS_LIMIT = 600
_CHUNK = 1 << 16
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


class Dated(NamedTuple):
    """A content, and the day that the server which gave it had (`2026-08-21`; "" if it did not say, or for a file)."""

    content: bytes
    day: str = ""


def read_source(source: str, timeout: float) -> bytes:
    """The content of a file path or an http(s) address; `timeout` is for every single answer of a server."""
    return read_dated(source, timeout).content


def read_dated(source: str, timeout: float) -> Dated:
    """As `read_source`, with the server's day."""
    scheme = _SCHEME.match(source)
    if scheme is None:
        return Dated(_read_file(Path(source)))
    if scheme[1].lower() not in ("http", "https"):
        raise DataError(f"cannot read {shown(source)}: neither http nor https", "give a file or an http(s) address")
    return _Download(source, timeout).read()


def is_address(source: str) -> bool:
    """Whether it is an address rather than a file path."""
    return _SCHEME.match(source) is not None


def shown(source: str) -> str:
    """The source for people: of an address, without user, password and query, which may be secrets."""
    if not is_address(source):
        return source
    try:
        parts = urlsplit(source)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        return "the address"


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(storage.SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}", "give an existing file, or an http(s) address") from error
    if len(content) > storage.SIZE_LIMIT:
        raise _too_large(str(path))
    return content


def _too_large(source: str) -> DataError:
    limit = f"{storage.SIZE_LIMIT / 1e6:.0f} MB"
    return DataError(f"cannot use {source}: it is larger than {limit}", "check that it is the right file")


def _day(date: str) -> str:
    try:
        return parsedate_to_datetime(date).date().isoformat()
    except ValueError:
        return ""


class _Download:
    """One download, redirects followed by hand: each must lead to http(s), and never from https to http."""

    def __init__(self, address: str, timeout: float) -> None:
        self.address = address
        self.timeout = timeout
        self.deadline = time.monotonic() + SECONDS_LIMIT

    def read(self) -> Dated:
        # Imported here: nothing else in this room needs it, and it takes longer to import than the rest to run.
        import requests  # noqa: PLC0415

        try:
            with requests.Session() as session:
                return self._follow(session)
        except requests.Timeout as error:
            raise self._failed(f"no answer within {self.timeout:g} s") from error
        except requests.exceptions.SSLError as error:
            raise self._failed("its certificate was not accepted") from error
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise self._failed("it cannot be reached, or broke off") from error
        except ValueError as error:
            raise self._failed("it is no usable address") from error
        except requests.RequestException as error:
            raise self._failed(f"its answer cannot be read ({type(error).__name__})") from error

    def _follow(self, session: requests.Session) -> Dated:
        address = self.address
        for _ in range(REDIRECT_LIMIT + 1):
            with session.get(address, timeout=self.timeout, stream=True, allow_redirects=False) as response:
                if not response.is_redirect:
                    return self._body(response)
                address = self._redirected(address, response.headers["Location"])
        raise self._failed(f"it redirects more than {REDIRECT_LIMIT} times")

    def _redirected(self, address: str, location: str) -> str:
        target = urljoin(address, location)
        schemes = (urlsplit(address).scheme, urlsplit(target).scheme)
        if schemes[1] not in ("http", "https") or schemes == ("https", "http"):
            raise self._failed(f"it redirects to {shown(target)}, which is not followed")
        return target

    def _body(self, response: requests.Response) -> Dated:
        if response.status_code != 200:  # noqa: PLR2004
            raise self._failed(f"the server says {response.status_code} {response.reason}".rstrip())
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > storage.SIZE_LIMIT:
                raise _too_large(shown(self.address))
            if time.monotonic() > self.deadline:
                raise self._failed(f"it takes longer than {SECONDS_LIMIT} s")
        return Dated(bytes(content), _day(response.headers.get("Date", "")))

    def _failed(self, reason: str) -> DataError:
        return DataError(
            f"cannot download {shown(self.address)}: {reason}",
            "check the address and your connection, or download it by other means and give the file",
        )
