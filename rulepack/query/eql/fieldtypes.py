"""What EQL can do with a field of a type, and which values such a field can have."""

from __future__ import annotations

from typing import Literal

from rulepack.query.base import FieldTypes
from rulepack.query.logic import Scalar
from rulepack.query.types import Family, family, is_cidr, is_date, is_ip, to_number

Kind = Literal["string", "number", "boolean", "ip", "date", "version", "null"]

_KINDS: dict[Family, Kind] = {
    "keyword": "string", "text": "string", "number": "number", "boolean": "boolean", "ip": "ip", "date": "date",
    "version": "version",
}  # fmt: skip
# The usual names of the sub-field that holds a text as one keyword.
_EXACT = ("keyword", "caseless", "raw")


class Fields:
    """The types of fields, as far as they are known; without any, nothing is."""

    def __init__(self, types: FieldTypes | None) -> None:
        self.types = types
        self._found: dict[str, str | None] = {}
        self._unusable: dict[str, tuple[str, str] | None] = {}

    def type_of(self, name: str) -> str | None:
        """The Elasticsearch type of a field."""
        if self.types is None:
            return None
        if name not in self._found:
            self._found[name] = self.types.type_of(name)
        return self._found[name]

    def kind(self, name: str) -> Kind | None:
        """What a field is to EQL; None where that is not known, or not judged."""
        es_type = self.type_of(name)
        return _KINDS.get(family(es_type)) if es_type else None

    def unusable(self, name: str) -> tuple[str, str] | None:
        """Why EQL cannot use a field at all, and what to do; None if it can.

        https://www.elastic.co/docs/reference/query-languages/eql/eql-syntax#eql-syntax-limitations
        """
        if self.types is None:
            return None
        if name not in self._unusable:
            self._unusable[name] = self._limitation(name)
        return self._unusable[name]

    def _limitation(self, name: str) -> tuple[str, str] | None:
        es_type = self.type_of(name)
        if es_type and family(es_type) in ("geo", "range"):
            return f"of type {es_type}, which EQL does not support", "test another field"
        path = name
        while path:
            if self.type_of(path) == "nested":
                what = "nested" if path == name else f"within the nested field {path}"
                return f"{what}, which EQL does not support", "use a KQL rule: path: { field: value }"
            path = path.rpartition(".")[0]
        return None

    def is_text_only(self, name: str) -> bool:
        """Whether a field is full text and has no keyword sub-field."""
        es_type = self.type_of(name)
        if not es_type or family(es_type) != "text":
            return False
        return all(self.type_of(f"{name}.{exact}") is None for exact in _EXACT)

    def misfit(self, expected: Kind | None, kind: Kind | None, value: Scalar) -> str | None:
        """What to do about a value that a field of a kind can never have; None if it can, or is not known."""
        if expected is None or kind is None or "null" in (expected, kind):
            return None
        if kind == "string":
            return (
                _misfit_text(expected, value) if isinstance(value, str) or expected in ("number", "boolean") else None
            )
        if expected == kind or (expected == "date" and kind == "number"):
            return None
        if expected in ("string", "version"):
            return "put it in double quotes"
        return f"compare it with {'true or false' if expected == 'boolean' else 'a value of its type'}"


def _misfit_text(expected: Kind, value: Scalar) -> str | None:
    """As `misfit`, for a text; None as the value stands for a text that is not known."""
    if expected == "number":
        number = isinstance(value, str) and to_number(value) is not None
        return "write the number without quotes" if number else "compare it with a number"
    if expected == "boolean":
        return f"write {value} without quotes" if value in ("true", "false") else "compare it with true or false"
    if expected == "ip" and isinstance(value, str) and not is_ip(value) and not is_cidr(value):
        return 'write an IP address; address blocks are for cidrMatch(field, "10.0.0.0/8")'
    if expected == "date" and isinstance(value, str) and not is_date(value):
        return "write a date such as 2026-01-31T00:00:00Z"
    return None
