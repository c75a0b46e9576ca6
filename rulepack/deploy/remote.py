"""Remote: what a space of a Kibana has, read in few requests."""

from __future__ import annotations

from rulepack.deploy.change import Payload
from rulepack.deploy.plan import Place, too_old
from rulepack.errors import Incompatible, TargetError
from rulepack.frozen import frozen
from rulepack.kibana import Client
from rulepack.kibana.exception_lists import find_lists
from rulepack.kibana.rules import find_rules
from rulepack.kibana.status import get_status, space_exists
from rulepack.stack import StackVersion


@frozen
class Remote:
    """A space as it was when it was read: rules and exception lists as Kibana gives them."""

    place: Place
    rules: tuple[Payload, ...]
    lists: tuple[Payload, ...]


def read_remote(client: Client, lowest: StackVersion | None = None) -> Remote:
    """Read a space: version, whether the space exists, exception lists, all rules.

    Raises Incompatible when Kibana is older than `lowest`, the pack's lowest target, and TargetError when the space
    does not exist: Kibana itself would answer as if it did, and take rules into nowhere.
    """
    status = get_status(client)
    version = None if status.serverless else _version(status.version)
    if version is not None and lowest is not None and version < lowest:
        raise too_old(client.url, version, lowest)
    if not space_exists(client):
        raise TargetError(
            f"there is no space {client.space!r} in {client.url}",
            "check the space's id: it is in the address of its pages",
        )
    return Remote(Place(client.url, client.space, version), tuple(find_rules(client)), tuple(find_lists(client)))


def _version(text: str) -> StackVersion:
    """Kibana's version; a build of a version to come (`9.6.0-SNAPSHOT`) counts as that version."""
    try:
        return StackVersion.parse(text.partition("-")[0])
    except ValueError:
        raise Incompatible(f"Kibana calls its version {text!r}", "is this address really Kibana's?") from None
