"""What a Kibana is, and whether the space is there."""

from __future__ import annotations

import re

from rulepack.errors import Incompatible, Refused, Rejected
from rulepack.frozen import frozen
from rulepack.kibana.client import Client

# The first version whose rules the API version 2023-10-31 describes.
OLDEST = (8, 11)
_NOT_FOUND = 404
# 9.3.1, or 9.6.0-SNAPSHOT.
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})[0-9A-Za-z.+-]{0,40}")


@frozen(slots=False)
class Status:
    """Its version, such as 9.3.1 (which means little when it is serverless), and the name it goes by."""

    version: str
    serverless: bool
    name: str


def get_status(client: Client) -> Status:
    """Ask a Kibana what it is; raises Incompatible for one that is too old, or none."""
    payload = client.get("/api/status")
    host = client.url.partition("://")[2]
    version = payload.get("version")
    if version is None and isinstance(payload.get("status"), dict):
        # What it tells those whom it does not know.
        raise Refused(
            f"{host} does not tell its version: it does not know the credentials", "check the credentials", status=401
        )
    number = version.get("number") if isinstance(version, dict) else None
    parts = _VERSION.fullmatch(number) if isinstance(number, str) else None
    if not isinstance(version, dict) or not isinstance(number, str) or parts is None:
        message = f"{host} is not a Kibana: its status has no version"
        raise Incompatible(message, "check the address of Kibana: scheme, host, port and base path")
    serverless = version.get("build_flavor") == "serverless"
    if not serverless and (int(parts[1]), int(parts[2])) < OLDEST:
        message = f"Kibana {number} at {host} is too old"
        raise Incompatible(message, "rulepack speaks with Kibana 8.11 and newer")
    name = "".join(letter for letter in str(payload.get("name", "")) if letter.isprintable())
    return Status(number, serverless, name)


def space_exists(client: Client) -> bool:
    """Whether the client's space exists; Kibana itself writes into one that does not (api.md 0.9)."""
    try:
        client.get(f"/api/spaces/space/{client.space}")
    except Rejected as rejected:
        if rejected.status == _NOT_FOUND:
            return False
        raise
    return True
