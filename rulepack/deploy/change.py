"""What is to become of a rule: Kind, FieldChange and Change."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any

from rulepack.frozen import frozen
from rulepack.package.compare import FieldChange

__all__ = ["WRITTEN", "Change", "FieldChange", "Kind", "Payload"]

Payload = dict[str, Any]


class Kind(StrEnum):
    """What a plan says of one rule; the first two are written, the others only shown."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    BLOCKED = "blocked"
    BEHIND = "behind"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"
    PREBUILT = "prebuilt"
    NOT_SELECTED = "not selected"
    KIBANA_ONLY = "in Kibana only"


WRITTEN = (Kind.CREATE, Kind.UPDATE)


@frozen
class Change:
    """One rule of the pack, of Kibana, or of both.

    `body` is what the file says, as Kibana takes it; `ids` are Kibana's ids of the rule, one unless there are twins;
    `fields` are those that differ, Kibana's value first; `kibana_only` names fields and tags that Kibana has and the
    file does not name; `reason` says why a rule is not written.
    """

    kind: Kind
    rule_id: str
    name: str
    file: str | None = None
    ids: tuple[str, ...] = ()
    revision: int | None = None
    fields: tuple[FieldChange, ...] = ()
    kibana_only: tuple[str, ...] = ()
    reason: str | None = None
    body: Payload = field(default_factory=dict, repr=False)
