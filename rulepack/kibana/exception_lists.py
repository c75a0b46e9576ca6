"""Exception lists: their containers, of the space and of all spaces."""

from __future__ import annotations

from rulepack.kibana.client import Client, Payload
from rulepack.kibana.paging import read_all

PATH = "/api/exception_lists"
NAMESPACES = ("single", "agnostic")


def find_lists(client: Client) -> list[Payload]:
    """All lists that the space's rules can name: its own (`single`), and those of all spaces (`agnostic`)."""
    return [
        entry
        for namespace in NAMESPACES
        for entry in read_all(
            client,
            f"{PATH}/_find",
            {"namespace_type": namespace, "sort_field": "created_at", "sort_order": "asc"},
        )
    ]
