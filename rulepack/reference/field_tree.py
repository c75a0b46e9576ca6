"""Field definitions as Beats and packages write them (fields.yml), nested and with options, to names and types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rulepack.reference.layer import ALIAS, OPEN
from rulepack.reference.storage import UnreadableError, one_line

# The largest of Elastic's packages has some 10,000 definitions in all.
_MOST_DEFINITIONS = 200_000
_MOST_LEVELS = 60
_MOST_CHARACTERS = 400
_GROUPS = frozenset({"group", "object", "nested"})


def flatten(
    definitions: Any, prefix: str = "", external: Callable[[str], str | None] = lambda _: None
) -> dict[str, str]:
    """The fields of a list of definitions, multi-fields included, each with its type or what `layer` knows besides.

    `prefix` stands before every name; `external` gives the type of a field that is defined elsewhere (`external: ecs`).
    Raises `UnreadableError` for what is no list of definitions.
    """
    fields: dict[str, str] = {}
    count = 0
    # Without recursion: how deep a hostile file goes is up to it.
    waiting: list[tuple[str, Any, int]] = [(prefix, definitions, 0)]
    while waiting:
        above, listed, depth = waiting.pop()
        if not isinstance(listed, list):
            raise UnreadableError(f"the fields of {above or 'it'} are no list")
        if depth > _MOST_LEVELS:
            raise UnreadableError("its fields are nested too deeply")
        for each in reversed(listed):
            count += 1
            if count > _MOST_DEFINITIONS:
                raise UnreadableError(f"it defines more than {_MOST_DEFINITIONS} fields")
            if not isinstance(each, dict):
                raise UnreadableError(f"a field of {above or 'it'} is no table")
            name = _name(above, each)
            below = each.get("fields")
            if below:
                waiting.append((name, below, depth + 1))
            if name != above:
                for entry in _fields(name, each, external, has_children=bool(below)):
                    fields.setdefault(*entry)
    return fields


def _name(above: str, definition: dict[str, Any]) -> str:
    if definition.get("name") in (None, ""):
        # A chapter of the documentation, which is no part of the names.
        return above
    # YAML reads `name: on` as true.
    name = str(definition["name"])
    if not name.strip(".") or not name.isprintable() or len(above) + len(name) > _MOST_CHARACTERS:
        raise UnreadableError(f"{one_line(name)!r} in {one_line(above) or 'it'} is no field name")
    return f"{above}.{name}" if above else name


def _fields(
    name: str, definition: dict[str, Any], external: Callable[[str], str | None], *, has_children: bool
) -> Iterator[tuple[str, str]]:
    type_ = _type(name, definition, external, has_children=has_children)
    if type_:
        yield name, type_
    multi_fields = definition.get("multi_fields") or []
    if not isinstance(multi_fields, list):
        raise UnreadableError(f"multi_fields of {name} is no list")
    for each in multi_fields:
        if not isinstance(each, dict):
            raise UnreadableError(f"a multi-field of {name} is no table")
        yield _name(name, each), _text(each.get("type")) or "keyword"


def _type(
    name: str, definition: dict[str, Any], external: Callable[[str], str | None], *, has_children: bool
) -> str | None:
    """The type as it is stored; None for what only holds other fields."""
    type_ = _text(definition.get("type"))
    if not type_:
        elsewhere = external(name) if "external" in definition else None
        return elsewhere or (None if has_children else "keyword")
    if type_ == "alias":
        path = _text(definition.get("path"))
        return f"{ALIAS}{path}" if path else type_
    if type_ not in _GROUPS:
        return type_
    if type_ == "object" and definition.get("enabled", True) is not False:
        child = _text(definition.get("object_type"))
        if "*" in name:
            return child or type_
        if child or not has_children or definition.get("dynamic") in (True, "true"):
            return OPEN + child
    return type_ if type_ == "nested" or not has_children else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() and len(value) <= _MOST_CHARACTERS else ""
