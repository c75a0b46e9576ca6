"""The [transform] table: the interactive plugins that an investigation guide holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulepack.fields import Choice, Flag, Json, Many, Text
from rulepack.schema import Table, key, model, tables


@model
class Osquery:
    """A query that an analyst runs on the host from the guide; `$osquery_0` in the guide stands for the first."""

    label: str = key(Text(empty=False, required=True), "What the button says.")
    query: str = key(Text(empty=False, required=True), "The Osquery SQL.")
    ecs_mapping: Mapping[str, Any] | None = key(Json(table=True), "Columns of the answer as ECS fields.")


@model
class Provider:
    """One condition of an investigation: a field and what it must be."""

    excluded: bool = key(Flag(required=True), "true for events where it is not so.")
    field: str = key(Text(empty=False, required=True), "The field.")
    queryType: str = key(Choice("phrase", "range", required=True), "A value, or a range.")  # noqa: N815 (Kibana's name)
    value: str = key(Text(required=True), "The value; {{field}} takes it from the alert.")
    valueType: str = key(Text(empty=False, required=True), "The type of the value.")  # noqa: N815 (Kibana's name)


@model
class Investigate:
    """A timeline that an analyst opens from the guide; `$investigate_0` stands for the first."""

    label: str = key(Text(empty=False, required=True), "What the button says.")
    description: str | None = key(Text(), "What it shows.")
    providers: tuple[tuple[Provider, ...], ...] = key(
        Many(Many(Table(Provider)), required=True), "Groups of conditions: all of a group, any of the groups."
    )
    relativeFrom: str | None = key(Text(), "From when, as date math.")  # noqa: N815 (Kibana's name)
    relativeTo: str | None = key(Text(), "Until when, as date math.")  # noqa: N815 (Kibana's name)


@model
class Transform:
    """The plugins of a rule's investigation guide, by kind and number."""

    osquery: tuple[Osquery, ...] | None = key(tables(Osquery), "Osquery plugins.")
    investigate: tuple[Investigate, ...] | None = key(tables(Investigate), "Investigation plugins.")

    def plugin(self, kind: str, number: int) -> Osquery | Investigate | None:
        """The plugin that `$osquery_0` or `$investigate_0` stands for, if there is one."""
        group: tuple[Osquery | Investigate, ...] = getattr(self, kind) or ()
        return group[number] if number < len(group) else None
