"""Rules of the detection engine: find, get, create, update."""

from __future__ import annotations

from rulepack.errors import Rejected
from rulepack.kibana.client import Client, Payload
from rulepack.kibana.paging import read_all

PATH = "/api/detection_engine/rules"
TYPES = (
    "eql",
    "esql",
    "machine_learning",
    "new_terms",
    "query",
    "saved_query",
    "threat_match",
    "threshold",
)
_NOT_FOUND = 404
_PREBUILT = "alert.attributes.params.immutable: true"
_ENABLED = "alert.attributes.enabled: true"
_TYPE = tuple(f'alert.attributes.params.type: "{name}"' for name in TYPES)
# Each ends with "none of these", so that no rule falls between them, whatever types there will be.
_SPLITS = (
    (_PREBUILT, f"not {_PREBUILT}"),
    (*_TYPE, f"not ({' or '.join(_TYPE)})"),
    (_ENABLED, f"not {_ENABLED}"),
)


def find_rules(client: Client) -> list[Payload]:
    """All rules of the space, as Kibana gives them, oldest first; two may have the same `rule_id`."""
    # The order in which they were made is the one that writing changes least: new ones come last.
    return read_all(client, f"{PATH}/_find", {"sort_field": "created_at", "sort_order": "asc"}, _SPLITS)


def get_rule(client: Client, *, id: str | None = None, rule_id: str | None = None) -> Payload | None:  # noqa: A002
    """One rule by Kibana's `id` or by its own `rule_id`; None when there is none."""
    if (id is None) == (rule_id is None):
        msg = "give one of id and rule_id"
        raise ValueError(msg)
    params = {"id": id} if id is not None else {"rule_id": rule_id or ""}
    try:
        return client.get(PATH, params)
    except Rejected as rejected:
        if rejected.status == _NOT_FOUND:
            return None
        raise


def create_rule(client: Client, body: Payload) -> Payload:
    """Create a rule and give it back as it was stored; after LostAnswer: `get_rule` says whether it is there."""
    return client.post(PATH, body)


def update_rule(client: Client, body: Payload) -> Payload:
    """Replace the rule that the body's `id` or `rule_id` names; what is not in the body is removed (api.md 2.3)."""
    return client.put(PATH, body)
