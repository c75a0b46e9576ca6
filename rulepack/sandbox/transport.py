"""What Kibana's core asks of every request: credentials, its own headers, the one API version, the privilege."""

from __future__ import annotations

import base64

from rulepack.sandbox.answers import Refusal, Request, core
from rulepack.sandbox.context import OWN_PRIVILEGES, Settings
from rulepack.sandbox.faults import forbidden

API_VERSION = "2023-10-31"
VERSION_HEADER = "elastic-api-version"
READS = ("GET", "HEAD")
# What is a POST and changes nothing.
HARMLESS = ("/api/detection_engine/rules/_export",)
# Who an API key belongs to; a key does not say.
KEY_OWNER = "sandbox"
# Each privilege by its newer and its older name.
PRIVILEGES = {"rules": ("rules-all", "securitySolution"), "exceptions": ("exceptions-all", "lists-all")}


def authenticate(request: Request, settings: Settings) -> str:
    """The user behind a request; refuses one without credentials, or with others than the sandbox was told to want."""
    scheme, _, token = (request.header("authorization") or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() == "apikey" and token:
        keys = (settings.api_key, *settings.read_only_keys, *settings.no_connectors_keys)
        if settings.api_key is None or token in keys:
            return KEY_OWNER
        raise core(401, "[security_exception]: unable to authenticate with provided credentials")
    if scheme.lower() == "basic" and token and settings.api_key is None:
        user = _basic_user(token)
        if user:
            return user
    raise core(401, "[security_exception]: missing or unusable credentials")


def _basic_user(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode().partition(":")[0]
    except ValueError:
        return ""


def check_headers(request: Request, settings: Settings) -> None:
    """Refuse a write without `kbn-xsrf`, a page of another Kibana's version, and any API version but the public one."""
    browser = request.header("kbn-version")
    if browser is not None and browser != settings.version_text:
        raise core(
            400,
            "Browser client is out of date, please refresh the page "
            f'("kbn-version" header was "{browser}" but should be "{settings.version_text}")',
        )
    if request.method not in READS and browser is None and request.header("kbn-xsrf") is None:
        raise core(400, "Request must contain a kbn-xsrf header.")
    version = request.header(VERSION_HEADER)
    if version is not None and version != API_VERSION:
        raise core(
            400,
            f'No version "{version}" available for [{request.method.lower()}] [{request.path}]. '
            f"Available versions are: [{API_VERSION}]",
        )
    if "apiVersion" in request.query:
        raise core(
            400, f'Use the header "{VERSION_HEADER}" to name the API version, not the query parameter apiVersion.'
        )


def check_privilege(request: Request, privilege: str, settings: Settings) -> None:
    """Refuse a write by a key that may only read, and connectors to one that has nothing to do with them."""
    if privilege == "connectors" and not has_connectors(request, settings):
        raise core(403, f"Unauthorized to {'get' if request.method in READS else 'change'} actions")
    if request.method in READS or request.path in HARMLESS or token_of(request) not in settings.read_only_keys:
        return
    if privilege == "connectors":
        raise core(403, "Unauthorized to change actions")
    newer, older = PRIVILEGES[privilege]
    raise Refusal(forbidden(request, newer if settings.version >= OWN_PRIVILEGES else older))


def has_connectors(request: Request, settings: Settings) -> bool:
    """Whether who asks may look at connectors at all."""
    return token_of(request) not in settings.no_connectors_keys


def token_of(request: Request) -> str:
    """The API key of a request."""
    return (request.header("authorization") or "").strip().partition(" ")[2].strip()


def check_media_type(request: Request) -> None:
    """Refuse a body that does not claim to be JSON."""
    kind = (request.header("content-type") or "application/json").partition(";")[0].strip().lower()
    if request.body and kind != "application/json" and not kind.endswith("+json"):
        raise core(415, "Unsupported Media Type")
