"""The Elastic Common Schema: which fields there are, of what type, which hold several values, and which values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from rulepack.frozen import frozen

KIND = "ecs"
_FOREIGN = "its rows are not as rulepack writes them"


@frozen
class Values:
    """The values that ECS lists for a field. `closed` says that it allows no others; else it only expects these."""

    values: tuple[str, ...]
    closed: bool


@frozen(eq=False)
class Ecs:
    """One version of ECS. `fields` maps each field, multi-fields included, to its type; sorted by name.

    `arrays` are the fields that may hold several values (`normalize: array`); `values` has the fields for which ECS
    lists values, such as event.category, and `event_types` what event.type it expects for each event.category.
    """

    version: str
    fields: Mapping[str, str]
    arrays: frozenset[str] = frozenset()
    values: Mapping[str, Values] = field(default_factory=dict)
    event_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def type_of(self, name: str) -> str | None:
        """The Elasticsearch type of a field, such as `keyword`; None if ECS has no such field."""
        return self.fields.get(name)

    def to_payload(self) -> dict[str, Any]:
        """The fields as they are stored: names by type and by list of values, since there are few of either."""
        by_type: dict[str, list[str]] = {}
        for name, type_ in sorted(self.fields.items()):
            by_type.setdefault(type_, []).append(name)
        by_values: dict[Values, list[str]] = {}
        for name, values in sorted(self.values.items()):
            by_values.setdefault(values, []).append(name)
        return {
            "version": self.version,
            "types": sorted(by_type.items()),
            "arrays": sorted(self.arrays),
            "values": sorted([names, each.values, each.closed] for each, names in by_values.items()),
            "event_types": sorted(self.event_types.items()),
        }

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Ecs:
        """The fields of a stored file; raises `ValueError` if it is not what `to_payload` makes.

        Files of an older rulepack know names and types only.
        """
        try:
            version = payload["version"]
            fields = dict(sorted((name, type_) for type_, names in payload["types"] for name in names))
            arrays = frozenset(payload.get("arrays", ()))
            values = {
                name: Values(tuple(listed), closed)
                for names, listed, closed in payload.get("values", ())
                for name in names
            }
            event_types = {category: tuple(types) for category, types in payload.get("event_types", ())}
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(_FOREIGN) from error
        listed_values = {value for each in values.values() for value in each.values}
        expected = {value for types in event_types.values() for value in types}
        texts = (version, *fields, *set(fields.values()), *arrays, *values, *listed_values, *event_types, *expected)
        if {*map(type, texts)} != {str} or {type(each.closed) for each in values.values()} - {bool}:
            raise ValueError(_FOREIGN)
        return cls(version, fields, arrays, values, event_types)
