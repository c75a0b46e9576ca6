"""Elastic's own `ecs_flat`: JSON, or the TypeScript file of the package `@elastic/ecs`, to fields, types and values."""

from __future__ import annotations

import json
import re
from typing import Any

from rulepack.reference.ecs import Ecs, Values
from rulepack.reference.storage import UnreadableError, parse_json, unpack

_EXPORT = re.compile(rb"\bexport\s+const\s+\w+\s*(?::[^=]+)?=\s*")
# Of a TypeScript literal, what JSON writes differently: quotes, bare keys, comments and trailing commas.
_TOKEN = re.compile(
    r"""
    (?P<string> '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" )
    | (?P<word> [A-Za-z_$][\w$]* )
    | (?P<drop> /\*.*?\*/ | //[^\n]* | ,(?=\s*[}\]]) | ;\s*$ )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r'\\(x[0-9A-Fa-f]{2}|.)|"', re.DOTALL)
_JSON_ESCAPES = frozenset('"\\/bfnrtu')


def parse_ecs(content: bytes, version: str) -> Ecs:
    """All that rulepack knows of a version of ECS; the content, which may be gzip, does not say which.

    Raises `UnreadableError` with the reason.
    """
    flat = _read(content)
    fields = _types(flat)
    values: dict[str, Values] = {}
    for name, field in flat.items():
        for key, closed in (("allowed_values", True), ("expected_values", False)):
            if listed := _list(name, field, key):
                values[name] = Values(tuple(_value(name, each) for each in listed), closed)
    return Ecs(
        version,
        fields,
        frozenset(name for name, field in flat.items() if "array" in _list(name, field, "normalize")),
        values,
        _event_types(flat.get("event.category", {})),
    )


def _read(content: bytes) -> dict[str, Any]:
    content = unpack(content)
    if export := _EXPORT.search(content):
        content = _to_json(content[export.end() :])
    flat = parse_json(content)
    if not isinstance(flat, dict):
        raise UnreadableError("it is not ecs_flat: fields by name are expected")
    if not flat:
        raise UnreadableError("it is not ecs_flat: there are no fields in it")
    return flat


def _types(flat: dict[str, Any]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, field in flat.items():
        fields[name] = _type(name, field)
        for multi in _list(name, field, "multi_fields"):
            fields[_text(name, multi, "flat_name")] = _type(name, multi)
    return fields


def _event_types(category: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """What event.type is expected for each value of event.category, where ECS says so."""
    return {
        _value("event.category", each): tuple(map(str, _list("event.category", each, "expected_event_types")))
        for each in _list("event.category", category, "allowed_values")
        if isinstance(each, dict) and "expected_event_types" in each
    }


def _value(name: str, listed: Any) -> str:
    """A value of a list: a text, or a table with its name."""
    return listed if isinstance(listed, str) else _text(name, listed, "name")


def _type(name: str, field: Any) -> str:
    return _text(name, field, "type")


def _text(name: str, field: Any, key: str) -> str:
    value = field.get(key) if isinstance(field, dict) else None
    if not isinstance(value, str):
        raise UnreadableError(f"it is not ecs_flat: {name} has no {key}")
    return value


def _list(name: str, field: dict[str, Any], key: str) -> list[Any]:
    listed = field.get(key, [])
    if not isinstance(listed, list):
        raise UnreadableError(f"it is not ecs_flat: {key} of {name} is no list")
    return listed


def _to_json(literal: bytes) -> bytes:
    try:
        text = literal.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError("it is not UTF-8") from error
    return _TOKEN.sub(_token, text.rstrip()).encode()


def _token(match: re.Match[str]) -> str:
    token = match[0]
    if match["drop"]:
        return ""
    if match["word"]:
        return token if token in ("true", "false", "null") else json.dumps(token)
    return f'"{_ESCAPE.sub(_escape, token[1:-1])}"'


def _escape(match: re.Match[str]) -> str:
    escaped = match[1]
    if escaped is None:
        return '\\"'
    if len(escaped) > 1:
        return f"\\u00{escaped[1:]}"
    return match[0] if escaped in _JSON_ESCAPES else escaped
