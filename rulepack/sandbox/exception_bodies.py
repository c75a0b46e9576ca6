"""What exception lists, their items and value lists look like in a body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rulepack.fields import Choice, Json, Many, Text, Whole
from rulepack.rule.action import EXCEPTION_LIST_TYPES
from rulepack.sandbox import bodies
from rulepack.sandbox.answers import Payload, js_type, refuse_body
from rulepack.sandbox.wording import Issue, choices
from rulepack.schema import Path, Table, key, model, tables
from rulepack.stack import StackVersion

OS_TYPES = ("linux", "macos", "windows")
NAMESPACES = ("agnostic", "single")
OPERATORS = ("excluded", "included")
VALUE_LIST_TYPES = (
    *("binary", "boolean", "byte", "date", "date_nanos", "date_range", "double", "double_range", "float"),
    *("float_range", "geo_point", "geo_shape", "half_float", "integer", "integer_range", "ip", "ip_range"),
    *("keyword", "long", "long_range", "shape", "short", "text"),
)


def _text() -> Any:
    """A string with a visible character, which must be there."""
    return Text(empty=False, required=True)


@model
class ListBody:
    """A new exception list."""

    list_id: str | None = key(Text(empty=False), "Its id for people; Kibana makes one up.")
    name: str = key(Text(required=True), "Its name.")
    description: str = key(Text(required=True), "What it is for.")
    type: str = key(Choice(*EXCEPTION_LIST_TYPES, required=True), "What kind of list.")
    namespace_type: str | None = key(Choice(*NAMESPACES), "For all spaces, or for this one.")
    tags: tuple[str, ...] | None = key(Many(Text()), "Words to find it by.")
    os_types: tuple[str, ...] | None = key(Many(Choice(*OS_TYPES)), "For which operating systems.")
    meta: Mapping[str, Any] | None = key(Json(table=True), "Free data.")
    version: int | None = key(Whole(least=1), "The author's version number.")


@model
class ListUpdate(ListBody):
    """A changed exception list: named by its id or list_id, and by the version that the change is based on."""

    id: str | None = key(Text(empty=False), "Its id.")
    _version: str | None = key(Text(), "The version that the change is based on.")


@model
class Comment:
    """A remark on an item; one with an id is there already."""

    comment: str = key(_text(), "The remark.")
    id: str | None = key(Text(empty=False), "Its id, if it is there already.")


@model
class ItemFields:
    """An exception item."""

    item_id: str | None = key(Text(empty=False), "Its id for people; Kibana makes one up.")
    name: str = key(_text(), "Its name.")
    description: str = key(Text(required=True), "Why it is an exception.")
    type: str = key(Choice("simple", required=True), "Always `simple`.")
    namespace_type: str | None = key(Choice(*NAMESPACES), "That of its list.")
    entries: tuple[Any, ...] = key(Many(Json(), required=True), "The conditions, all of which must hold.")
    tags: tuple[str, ...] | None = key(Many(Text(empty=False)), "Words to find it by.")
    os_types: tuple[str, ...] | None = key(Many(Choice(*OS_TYPES)), "For which operating systems.")
    comments: tuple[Comment, ...] | None = key(tables(Comment), "Remarks.")
    expire_time: str | None = key(Text(), "When it ends.")
    meta: Mapping[str, Any] | None = key(Json(table=True), "Free data.")


@model
class ItemBody(ItemFields):
    """A new item of a list."""

    list_id: str = key(_text(), "The list that it belongs to.")


@model
class ItemUpdate(ItemFields):
    """A changed item, whole: what it leaves out is gone."""

    list_id: str | None = key(Text(empty=False), "Its list, which stays whatever this says.")
    id: str | None = key(Text(empty=False), "Its id.")
    _version: str | None = key(Text(), "The version that the change is based on.")


@model
class Match:
    """A field has a value; or one that fits a pattern."""

    type: str = key(Choice("match", "wildcard", required=True), "Which of the two.")
    field: str = key(_text(), "The field.")
    operator: str = key(Choice(*OPERATORS, required=True), "Whether it must be so, or must not.")
    value: str = key(_text(), "The value.")


@model
class MatchAny:
    """A field has one of several values."""

    type: str = key(Choice("match_any", required=True), "Always `match_any`.")
    field: str = key(_text(), "The field.")
    operator: str = key(Choice(*OPERATORS, required=True), "Whether it must be so, or must not.")
    value: tuple[str, ...] = key(Many(Text(empty=False), least=1, required=True), "The values.")


@model
class Exists:
    """A field is there."""

    type: str = key(Choice("exists", required=True), "Always `exists`.")
    field: str = key(_text(), "The field.")
    operator: str = key(Choice(*OPERATORS, required=True), "Whether it must be so, or must not.")


@model
class ValueListName:
    """A value list by its id."""

    id: str = key(_text(), "Its id.")
    type: str = key(Choice(*VALUE_LIST_TYPES, required=True), "What it holds.")


@model
class InList:
    """A field has a value of a value list."""

    type: str = key(Choice("list", required=True), "Always `list`.")
    field: str = key(_text(), "The field.")
    operator: str = key(Choice(*OPERATORS, required=True), "Whether it must be so, or must not.")
    list: ValueListName = key(Table(ValueListName, required=True), "The list.")


@model
class Nested:
    """Conditions on one object of a nested field."""

    type: str = key(Choice("nested", required=True), "Always `nested`.")
    field: str = key(_text(), "The nested field.")
    entries: tuple[Any, ...] = key(Many(Json(), least=1, required=True), "The conditions.")


@model
class ValueListBody:
    """A new value list."""

    id: str | None = key(Text(empty=False), "Its id; Kibana makes one up.")
    name: str = key(_text(), "Its name.")
    description: str = key(_text(), "What it is for.")
    type: str = key(Choice(*VALUE_LIST_TYPES, required=True), "What it holds.")
    serializer: str | None = key(Text(), "How values are read.")
    deserializer: str | None = key(Text(), "How values are written.")
    meta: Mapping[str, Any] | None = key(Json(table=True), "Free data.")
    version: int | None = key(Whole(least=1), "The author's version number.")


ENTRIES: dict[str, type] = {
    "match": Match,
    "match_any": MatchAny,
    "wildcard": Match,
    "exists": Exists,
    "list": InList,
    "nested": Nested,
}
WITHIN_NESTED = ("match", "match_any", "exists")
MODELS: tuple[type, ...] = (ListBody, ListUpdate, ItemBody, ItemUpdate, ValueListBody, *ENTRIES.values())


def read_body(cls: type, raw: Payload, stack: StackVersion) -> Payload:
    """A body that fits a model, or a refusal."""
    body, issues = bodies.conform(cls, raw, stack)
    if isinstance(body.get("entries"), list):
        body["entries"] = _entries(body["entries"], ("entries",), ENTRIES, issues, stack)
    expiry = body.get("expire_time")
    if isinstance(expiry, str) and not _is_time(expiry):
        issues.append((("expire_time",), "Invalid datetime"))
    if issues:
        raise refuse_body(issues)
    return body


def _entries(
    entries: list[Any], path: Path, known: Mapping[str, type], issues: list[Issue], stack: StackVersion
) -> list[Any]:
    """Entries stripped, each by the model of its type; what is wrong goes to `issues`."""
    result = []
    for number, raw in enumerate(entries):
        here = (*path, number)
        if not isinstance(raw, dict):
            issues.append((here, f"Expected object, received {js_type(raw)}"))
            continue
        kind = raw.get("type")
        cls = known.get(kind) if isinstance(kind, str) else None
        if cls is None:
            issues.append(((*here, "type"), f"Invalid discriminator value. Expected {choices(known)}"))
            continue
        entry, found = bodies.conform(cls, raw, stack)
        issues += [((*here, *inner), text) for inner, text in found]
        if cls is Nested and isinstance(entry.get("entries"), list):
            inside = {name: ENTRIES[name] for name in WITHIN_NESTED}
            entry["entries"] = _entries(entry["entries"], (*here, "entries"), inside, issues, stack)
        result.append(entry)
    return result


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
