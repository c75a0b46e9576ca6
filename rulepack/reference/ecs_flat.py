"""Elastic's own `ecs_flat`: JSON, or the TypeScript file of the package `@elastic/ecs`, to fields and their types."""

from __future__ import annotations

import json
import re
from typing import Any

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


def parse_flat(content: bytes) -> dict[str, str]:
    """Field to type, multi-fields included; gzip is unpacked. Raises `UnreadableError` with the reason."""
    content = unpack(content)
    if export := _EXPORT.search(content):
        content = _to_json(content[export.end() :])
    flat = parse_json(content)
    if not isinstance(flat, dict):
        raise UnreadableError("it is not ecs_flat: fields by name are expected")
    fields: dict[str, str] = {}
    for name, field in flat.items():
        fields[name] = _type(name, field)
        for multi in _multi_fields(name, field):
            fields[_text(name, multi, "flat_name")] = _type(name, multi)
    if not fields:
        raise UnreadableError("it is not ecs_flat: there are no fields in it")
    return fields


def _type(name: str, field: Any) -> str:
    return _text(name, field, "type")


def _text(name: str, field: Any, key: str) -> str:
    value = field.get(key) if isinstance(field, dict) else None
    if not isinstance(value, str):
        raise UnreadableError(f"it is not ecs_flat: {name} has no {key}")
    return value


def _multi_fields(name: str, field: dict[str, Any]) -> list[Any]:
    multi_fields = field.get("multi_fields", [])
    if not isinstance(multi_fields, list):
        raise UnreadableError(f"it is not ecs_flat: multi_fields of {name} is no list")
    return multi_fields


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
