"""KQL as filters of `_find` use it: `field: value` with `*`, groups of values, `and`, `or` and `not`.

What is beyond it (ranges, free text, nested fields) is refused rather than guessed at, and so is a trap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from rulepack.query import kql
from rulepack.query.kql import ast
from rulepack.sandbox.answers import Payload, siem

Values = Callable[[Payload, str], list[Any]]
Match = Callable[[Payload], bool]

_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")

# Attributes of a rule outside its params, by the name in a filter.
_RULE_ATTRIBUTES = {
    "name": "name",
    "name.keyword": "name",
    "tags": "tags",
    "enabled": "enabled",
    "createdBy": "created_by",
    "createdAt": "created_at",
    "updatedBy": "updated_by",
    "updatedAt": "updated_at",
    "revision": "revision",
    "schedule.interval": "interval",
    "actions.actionTypeId": "actions.action_type_id",
    "actions.group": "actions.group",
}
_RULE_PREFIX = "alert.attributes."
_LIST_PREFIXES = ("exception-list.attributes.", "exception-list-agnostic.attributes.")
# Read as text: a value matches words of it, whatever their case.
_TEXT_FIELDS = ("name", "description")


class KqlError(ValueError):
    """A filter that is beyond the part of KQL that the sandbox knows."""


def compile_filter(text: str | None, values: Values) -> Match:
    """The filter as a function of a row; `values` finds what a field of it holds. Refuses what it cannot read."""
    if text is None or not text.strip():
        return lambda _: True
    query = kql.parse(text)
    if query.errors or query.tree is None:
        raise siem(400, f"KQLSyntaxError: {query.errors[0].message}")
    try:
        return _match(query.tree, None, values)
    except KqlError as error:
        raise siem(400, f"KQLSyntaxError: {error}") from None


def rule_values(rule: Payload, field: str) -> list[Any]:
    """What a field of a rule holds, by its name in a filter."""
    if field == "alert.id":
        return [f"alert:{rule['id']}"]
    if not field.startswith(_RULE_PREFIX):
        raise siem(400, f"This key '{field}' needs to be wrapped by the saved object type alert: Bad Request")
    name = field.removeprefix(_RULE_PREFIX)
    if name.startswith("params."):
        return list(_collect(rule, [_snake(step) for step in name.split(".")[1:]]))
    if name not in _RULE_ATTRIBUTES:
        raise siem(400, f"This key '{field}' does NOT exist in alert saved object index patterns: Bad Request")
    return list(_collect(rule, _RULE_ATTRIBUTES[name].split(".")))


def list_values(row: Payload, field: str) -> list[Any]:
    """What a field of an exception list or item holds, by its name in a filter."""
    for prefix in _LIST_PREFIXES:
        if field.startswith(prefix):
            return list(_collect(row, field.removeprefix(prefix).removesuffix(".keyword").split(".")))
    raise siem(400, f"This key '{field}' needs to be wrapped by the saved object type: Bad Request")


def _snake(name: str) -> str:
    return _CAMEL.sub(r"_\1", name).lower()


def _collect(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _collect(one, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _collect(value[path[0]], path[1:])


def _match(node: ast.Node, field: str | None, values: Values) -> Match:
    """What a tree asks of a row; `field` is set for values, which are all that stand below a field."""
    match node:
        case ast.Or():
            parts = [_match(part, field, values) for part in node.parts]
            return lambda row: any(part(row) for part in parts)
        case ast.And():
            parts = [_match(part, field, values) for part in node.parts]
            return lambda row: all(part(row) for part in parts)
        case ast.Not():
            inner = _match(node.part, field, values)
            return lambda row: not inner(row)
        case ast.Is(field=ast.Literal() as name):
            return _match(node.values, ast.name_of(name), values)
        case ast.Literal() | ast.Wildcard() if field is not None:
            return _compare(field, node, values)
    raise KqlError("the sandbox knows `field: value` only")


def _compare(field: str, wanted: ast.Literal | ast.Wildcard, values: Values) -> Match:
    """Whether any value of the field is the one wanted; of text, whether it has any of the words, or the phrase."""
    if isinstance(wanted, ast.Wildcard) and wanted.alone:
        return lambda row: bool(values(row, field))
    parts = wanted.parts if isinstance(wanted, ast.Wildcard) else (ast.text_of(wanted),)
    if field.rpartition(".")[2] in _TEXT_FIELDS:
        phrase = isinstance(wanted, ast.Literal) and wanted.quoted
        texts = parts if phrase else "*".join(parts).split()
        words = "|".join(re.escape(text) if phrase else ".*".join(map(re.escape, text.split("*"))) for text in texts)
        has = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.DOTALL | re.IGNORECASE).search
    else:
        has = re.compile(".*".join(map(re.escape, parts)), re.DOTALL).fullmatch
    return lambda row: any(has(_as_text(value)) for value in values(row, field))


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
