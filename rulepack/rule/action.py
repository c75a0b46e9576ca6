"""What a rule does with its alerts: actions, response actions, and the exception lists it heeds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rulepack.fields import Choice, Flag, Json, Text
from rulepack.schema import Table, key, model

# The lists that a rule may name; the newer two came with Kibana 9.x.
EXCEPTION_LIST_TYPES = (
    "detection",
    "rule_default",
    "endpoint",
    "endpoint_trusted_apps",
    "endpoint_events",
    "endpoint_host_isolation_exceptions",
    "endpoint_blocklists",
    "endpoint_trusted_devices",
    "endpoint_custom_yara_signatures",
)
_THROTTLE = re.compile(r"no_actions|rule|[1-9][0-9]*[smhd]|")


@model
class Frequency:
    """How often an action runs. Kibana wants all three; a file cannot write null, so a missing throttle means none."""

    summary: bool = key(Flag(required=True), "true sends one message for all alerts of a run.")
    notify_when: str = key(
        Choice("onActiveAlert", "onThrottleInterval", "onActionGroupChange", required=True),
        "When the action runs.",
        name="notifyWhen",
    )
    throttle: str | None = key(
        Text(pattern=_THROTTLE, hint="use a duration such as 1h"), "The shortest time between two messages."
    )


@model
class Action:
    """What a connector is told to do with the rule's alerts."""

    id: str = key(Text(empty=False, required=True), "The connector's id in Kibana.")
    action_type_id: str = key(Text(empty=False, required=True), "The connector's type, such as .slack or .webhook.")
    group: str | None = key(Text(), "Always `default` for detection rules.")
    params: Mapping[str, Any] = key(Json(table=True, required=True), "What the connector is sent.")
    frequency: Frequency | None = key(Table(Frequency), "How often.", since="8.8")
    alerts_filter: Mapping[str, Any] | None = key(Json(table=True), "Which alerts, and at what hours.", since="8.9")
    uuid: str | None = key(Text(empty=False), "The id of the action within the rule; Kibana makes one.")


@model
class ResponseAction:
    """What Osquery or Elastic Defend does on the host when the rule fires."""

    action_type_id: str = key(Choice(".osquery", ".endpoint", required=True), "Who acts.")
    params: Mapping[str, Any] = key(Json(table=True, required=True), "What it does.")


@model
class ExceptionListReference:
    """An exception list that the rule heeds."""

    id: str = key(Text(empty=False, required=True), "The list's id in Kibana.")
    list_id: str = key(Text(empty=False, required=True), "The list's id for people.")
    type: str = key(Choice(*EXCEPTION_LIST_TYPES, required=True), "What kind of list.")
    namespace_type: str = key(Choice("agnostic", "single", required=True), "For all spaces, or for the rule's own.")
