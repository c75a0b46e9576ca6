"""The [metadata] table: maturity, dates, integration, stack range; nothing of it goes to Kibana."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from rulepack.fields import Choice, Flag, Json, Many, OneOrMany, Text
from rulepack.schema import key, model

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})?")
MATURITIES = ("development", "experimental", "beta", "production", "deprecated")


@model
class Metadata:
    """What the pack says about a rule, for people and for rulepack."""

    creation_date: str | None = key(Text(), "The day the rule was written, YYYY/MM/DD.")
    updated_date: str | None = key(Text(), "The day the rule was last changed, YYYY/MM/DD.")
    deprecation_date: str | None = key(Text(), "The day the rule was deprecated, YYYY/MM/DD.")
    deprecated_reason: str | None = key(Text(), "Why the rule was deprecated.")
    replacement: str | None = key(Text(empty=False), "The rule_id of the rule that replaces this deprecated one.")
    maturity: str | None = key(Choice(*MATURITIES), "How far the rule is: only `production` is deployed by default.")
    integration: str | tuple[str, ...] | None = key(OneOrMany(), "The integrations whose data the rule reads.")
    min_stack_version: str | None = key(
        Text(pattern=_VERSION, hint="use a version such as 9.3.0"),
        "The first stack version that the rule works on, such as 9.3.0.",
    )
    min_stack_comments: str | None = key(Text(), "Why that version.")
    comments: str | None = key(Text(), "A remark for maintainers.")
    os_type_list: tuple[str, ...] | None = key(
        Many(Choice("windows", "linux", "macos")), "The operating systems that the rule is for."
    )
    query_schema_validation: bool | None = key(Flag(), "false turns off the check of fields in the query.")
    bypass_bbr_timing: bool | None = key(Flag(), "true allows a building block rule with a short look-back.")
    related_endpoint_rules: tuple[Any, ...] | None = key(
        Many(Json(sent=False)), "Elastic Defend rules that belong to this one."
    )
    promotion: bool | None = key(Flag(), "true for a rule that promotes another product's alerts.")
    extended: Mapping[str, Any] | None = key(Json(table=True, sent=False), "Free data of the pack's own.")
    own: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def integrations(self) -> tuple[str, ...]:
        """The integrations as a tuple, whichever shape the file has."""
        if self.integration is None:
            return ()
        return (self.integration,) if isinstance(self.integration, str) else self.integration
