"""What an answer means: a payload, an error in plain words, or trouble that another attempt may mend."""

from __future__ import annotations

import email.utils
import html
import json
import re
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from rulepack.errors import Incompatible, Refused, Rejected, TargetError
from rulepack.frozen import frozen
from rulepack.kibana.transport import Address, Credentials
from rulepack.kibana.trouble import Trouble
from rulepack.kibana.wire import Answer

API_VERSION = "2023-10-31"
DEPTH_LIMIT = 100
_WORDS_LIMIT = 300
_MESSAGES_LIMIT = 20
_MESSAGE_LIMIT = 2_000
_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_PRIVILEGES = re.compile(r"privileges? \[([^\]]+)\]")
_TITLE = re.compile(r"<(title|h1)[^>]*>(.{1,200}?)</", re.IGNORECASE | re.DOTALL)
_ADDRESS_HINT = "check the address of Kibana: scheme, host, port and base path"
_LOAD_HINT = "look at the state of Kibana, and of the proxy before it"


@frozen(slots=False)
class Asked:
    """The request that an answer belongs to."""

    method: str
    path: str
    space: str
    address: Address
    credentials: Credentials | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def plain(self, text: str, limit: int = _WORDS_LIMIT) -> str:
        """Text of the server made fit for people: one line, no control characters, no secrets, not too long."""
        text = self.credentials.hide(text) if self.credentials else text
        text = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * limit]).split())
        return text if len(text) <= limit else text[: limit - 1] + "…"


def read_answer(answer: Answer, asked: Asked) -> dict[str, Any]:
    """The payload of an answer; raises TargetError for a refusal and Trouble for what may pass."""
    status, host = answer.status, asked.address.host
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise _redirect(answer, asked)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        payload = _payload(answer, asked)
        if isinstance(payload, Exception):
            raise payload
        return payload
    messages = _messages(answer, asked)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        # Whoever limits does so before anything is carried out.
        words = f"{host} has too many requests (429)"
        raise Trouble(
            words, "send fewer at a time (concurrency), or try again later", again=True, taken=False, wait=_wait(answer)
        )
    if status in _BUSY or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and messages is None):
        raise _busy(answer, asked, messages)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise _refused(answer, asked, messages)
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        words = "the proxy asks for a user and a password (407)"
        raise Trouble(words, "give them in the proxy's address", again=False, taken=False)
    raise _rejected(answer, asked, messages)


def _payload(answer: Answer, asked: Asked) -> dict[str, Any] | Exception:
    """What was asked for, or what is wrong with it, to be raised where nothing of the server's is in a variable."""
    if answer.status == HTTPStatus.NO_CONTENT or (asked.method == "DELETE" and not answer.body):
        return {}
    if _is_markup(answer):
        return _foreign(answer, asked)
    try:
        payload = json.loads(answer.body, parse_constant=_not_json)
        depth = _depth(payload)
    except RecursionError:
        payload, depth = None, DEPTH_LIMIT + 1
    except ValueError:
        # Most likely it was cut off on the way; the server has done its part.
        words = f"the answer of {asked.address.host} is not whole: its JSON cannot be read"
        return Trouble(words, _LOAD_HINT, again=True, taken=True)
    if depth > DEPTH_LIMIT:
        words = f"the answer of {asked.address.host} nests deeper than {DEPTH_LIMIT} levels"
        return Trouble(words, _ADDRESS_HINT, again=False, taken=True)
    return payload if isinstance(payload, dict) else _foreign(answer, asked)


def _not_json(name: str) -> Any:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _depth(value: Any) -> int:
    """How deep lists and dicts nest, without recursion; gives up past the limit."""
    depth, level = 0, [value]
    while level and depth <= DEPTH_LIMIT:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return depth


def _messages(answer: Answer, asked: Asked) -> tuple[str, ...] | None:
    """Kibana's own words in an error, None when it is not Kibana who speaks.

    Its core says `statusCode`, its plugins `status_code`; `message` is a text or a list of them (api.md 2.2).
    """
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or not {"statusCode", "status_code"} & body.keys():
        return None
    message = body.get("message") or body.get("error") or answer.reason
    found = message if isinstance(message, list) else [message]
    texts = (text if isinstance(text, str) else json.dumps(text) for text in found[:_MESSAGES_LIMIT])
    return tuple(asked.plain(text, _MESSAGE_LIMIT) for text in texts)


def _words(answer: Answer, asked: Asked, messages: tuple[str, ...] | None) -> str:
    """An error's status and words, however it comes."""
    status = f"{answer.status} {asked.plain(answer.reason, 60)}".rstrip()
    text = "; ".join(messages) if messages else _said(answer, asked)
    return status if not text or status.endswith(text) else f"{status}: {asked.plain(text)}"


def _said(answer: Answer, asked: Asked) -> str:
    """The one line of an HTML page or of a text that says what it is."""
    text = answer.body[:4096].decode(errors="replace")
    if _is_markup(answer):
        title = _TITLE.search(text)
        return asked.plain(html.unescape(re.sub(r"<[^>]*>", " ", title[2])), 100) if title else ""
    return asked.plain(text, 100)


def _is_markup(answer: Answer) -> bool:
    return answer.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _wait(answer: Answer) -> float | None:
    """The seconds of a Retry-After header, which holds seconds or a date; None when it holds neither."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None


def _busy(answer: Answer, asked: Asked, messages: tuple[str, ...] | None) -> Trouble:
    """An error of the moment: Kibana starts or stops, Elasticsearch is away, or a proxy got no answer in time."""
    wait = _wait(answer)
    # A Kibana that starts answers every request with one line of text and Retry-After, and carries out none. A page
    # of a proxy may come after it passed the request on, and JSON comes from a handler that was at work.
    starting = answer.status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None
    starting = starting and messages is None and not _is_markup(answer)
    words = f"{asked.address.host} is not available ({_words(answer, asked, messages)})"
    return Trouble(words, _LOAD_HINT, again=True, taken=not starting, wait=wait)


def _refused(answer: Answer, asked: Asked, messages: tuple[str, ...] | None) -> TargetError:
    host, said = asked.address.host, _words(answer, asked, messages)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        if asked.credentials is None:
            return Refused(
                f"{host} asks for credentials ({said})", "give an API key, or a user and a password", status=401
            )
        hint = "check the API key or the password: expired, revoked, or made for another cluster?"
        return Refused(f"{host} does not accept the credentials ({said})", hint, status=401)
    message = f"{host} refuses {asked} in space {asked.space!r} ({said})"
    if messages is None:
        return Refused(message, "it is not Kibana who says so: look at the proxy or the firewall before it")
    # For the hint only: the words differ by version, and stay in the message whatever they are.
    named = _PRIVILEGES.search(" ".join(messages))
    if named:
        return Refused(message, f"give the user, or the owner of the API key, the Kibana privilege {named[1]}")
    hint = "give the user, or the owner of the API key, Security: All (from 9.3 on: Rules, Alerts, and Exceptions: All)"
    return Refused(message, hint)


def _rejected(answer: Answer, asked: Asked, messages: tuple[str, ...] | None) -> TargetError:
    status = answer.status
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        # A proxy's own limit is often lower than Kibana's, and its page says no more than the status.
        messages = messages or (_words(answer, asked, None),)
        hint = "Kibana takes 1 MB in a request (server.maxPayload), a proxy before it perhaps less"
        return _reject(asked, status, messages, hint)
    if messages is None:
        return _foreign(answer, asked)
    # The words are read here because nothing else tells this one apart: Kibana sends its version header with every
    # other answer of these routes. Should they change, it is a plain rejection.
    versioned = "elastic-api-version" in answer.headers
    if status == HTTPStatus.BAD_REQUEST and not versioned and any(API_VERSION in message for message in messages):
        message = f"{asked.address.host} does not know version {API_VERSION} of {asked}: {messages[0]}"
        return Incompatible(message, "rulepack speaks with Kibana 8.11 and newer")
    return _reject(asked, status, messages)


def _reject(asked: Asked, status: int, messages: tuple[str, ...], hint: str | None = None) -> Rejected:
    words = asked.plain("; ".join(messages))
    return Rejected(f"{asked} was rejected ({status}): {words}", hint, status=status, messages=messages)


def _redirect(answer: Answer, asked: Asked) -> Incompatible:
    location = answer.headers.get("Location", "")
    try:
        target = urlsplit(location)
        where = f"{target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else ""
        # Without its query, which on a login page may hold what was asked and more.
        shown = asked.plain(where + target.path, 200) or "nowhere"
        upgrade = target.scheme == "https" and not asked.address.encrypted
    except ValueError:
        shown, upgrade = "an address that cannot be read", False
    hint = "use https in the address of Kibana" if upgrade else "give the address of Kibana itself, not of a login page"
    message = f"{asked.address.host} redirects {asked} to {shown} ({answer.status}), which is not followed"
    return Incompatible(message, hint)


def _foreign(answer: Answer, asked: Asked) -> Incompatible:
    host = asked.address.host
    if "X-elastic-product" in answer.headers:  # sent by Elasticsearch, never by Kibana
        return Incompatible(f"{host} is Elasticsearch, not Kibana", "give the address of Kibana, often port 5601")
    kind = "HTML" if _is_markup(answer) else "something else than Kibana's JSON"
    message = f"{host} is not a Kibana: it answers {asked} with {kind} ({_words(answer, asked, None)})"
    return Incompatible(message, _ADDRESS_HINT)
