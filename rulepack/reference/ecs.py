"""The Elastic Common Schema: which fields there are, and of what type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "ecs"


@dataclass(frozen=True, slots=True, eq=False)
class Ecs:
    """One version of ECS. `fields` maps each field, multi-fields included, to its type; sorted by name."""

    version: str
    fields: Mapping[str, str]

    def type_of(self, field: str) -> str | None:
        """The Elasticsearch type of a field, such as `keyword`; None if ECS has no such field."""
        return self.fields.get(field)

    def to_payload(self) -> dict[str, Any]:
        """The fields as they are stored: names by type, since there are few types."""
        by_type: dict[str, list[str]] = {}
        for name, type_ in sorted(self.fields.items()):
            by_type.setdefault(type_, []).append(name)
        return {"version": self.version, "types": sorted(by_type.items())}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Ecs:
        """The fields of a stored file; raises `ValueError` if it is not what `to_payload` makes."""
        try:
            version = payload["version"]
            fields = dict(sorted((name, type_) for type_, names in payload["types"] for name in names))
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError("its rows are not as rulepack writes them") from error
        if {type(version), *map(type, fields), *map(type, fields.values())} != {str}:
            raise ValueError("its rows are not as rulepack writes them")
        return cls(version, fields)
