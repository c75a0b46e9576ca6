"""What an exception list is: its container, its items and their entries, as files hold them and as Kibana imports them.

A file has them as `[[exceptions]]`: a `container` and `items` each. Kibana is sent what the file names, under the same
names, and what follows: an item's list and namespace are those of its container.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from rulepack import schema
from rulepack.fields import Choice, Field, Flag, Json, Many, Problem, RefusedError, Text, Whole, join_or, quote, refuse
from rulepack.rule.action import EXCEPTION_LIST_TYPES
from rulepack.schema import Path, Table, empty, key, model, tables

Payload = dict[str, Any]

# The top-level table that makes a file one of exception lists.
TABLE = "exceptions"
DEFAULT_NAMESPACE = "single"
NAMESPACES = ("agnostic", DEFAULT_NAMESPACE)
# Kibana makes this list itself, for the exceptions of Elastic Defend.
ENDPOINT_LIST = "endpoint_list"
OS_TYPES = ("linux", "macos", "windows")
OPERATORS = ("included", "excluded")
# What a value list can hold: Elasticsearch's field types.
VALUE_TYPES = (
    *("binary", "boolean", "byte", "date", "date_nanos", "date_range", "double", "double_range", "float"),
    *("float_range", "geo_point", "geo_shape", "half_float", "integer", "integer_range", "ip", "ip_range"),
    *("keyword", "long", "long_range", "shape", "short", "text"),
)
_MATURITIES = ("development", "experimental", "beta", "production", "deprecated")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")


class _Moment(Text):
    """A point in time as Kibana writes it, in UTC."""

    def __init__(self) -> None:
        super().__init__(pattern=_MOMENT, hint='use a time in UTC such as "2026-12-31T00:00:00Z"')

    def deserialize(self, value: Any) -> str:
        """The string itself, if there is such a day and such a time of day."""
        text = super().deserialize(value)
        try:
            # To the second: Python reads no more than six digits of a fraction.
            datetime.fromisoformat(text[:19])
        except ValueError:
            raise refuse("value", f"{self.label} cannot be {quote(text)}", "there is no such day or time") from None
        return text


class _Entry(Field):
    """A condition, whose type says what else it has; `types` are those that may stand here."""

    want = "a table"

    def __init__(self, *types: str) -> None:
        self.types = types
        super().__init__()

    def deserialize(self, value: Any) -> Any:
        """The model of the table."""
        if not isinstance(value, Mapping):
            raise self.wrong_type(value)
        if "type" not in value:
            hint = f"use {join_or(self.types)}"
            raise RefusedError([Problem("missing", "missing required field type", hint, ("type",))])
        named = Choice(*self.types)
        named.call("type")
        try:
            cls = ENTRY_TYPES[named.deserialize(value["type"])]
        except RefusedError as refused:
            raise RefusedError([replace(one, path=("type",)) for one in _listed(refused)]) from None
        entry, problems = schema.parse(cls, value)
        if entry is None:
            raise RefusedError([replace(_of_entry(value["type"], path, one), path=path) for path, one in problems])
        return entry


def _listed(refused: RefusedError) -> list[Problem]:
    assert isinstance(refused.problems, list)
    return refused.problems


def _of_entry(kind: str, path: Path, problem: Problem) -> Problem:
    """Say what entries of other types have, where one has too much or something else."""
    if problem.kind == schema.UNKNOWN and len(path) == 1:
        name = str(path[0])
        owners = [other for other, cls in ENTRY_TYPES.items() if name in schema.keys(cls)]
        if owners:
            hint = f"entries of type {join_or(owners)} have one; remove it, or correct the type"
            return replace(problem, message=f"{kind} entries have no field {name}", hint=hint)
    if problem.kind == "type" and path == ("value",) and kind == "match" and "an array" in problem.message:
        return replace(problem, hint='write one text in quotes; for several, use type = "match_any"')
    return problem


class _Entries(Many):
    """The conditions of an item."""

    def __init__(self, *types: str) -> None:
        super().__init__(_Entry(*types), least=1, required=True)

    def deserialize(self, value: Any) -> tuple[Any, ...]:
        """The models of the tables."""
        entries = super().deserialize(value)
        in_lists = [number for number, entry in enumerate(entries) if isinstance(entry, ListEntry)]
        if in_lists and len(in_lists) < len(entries):
            message = "an entry of type list stands beside one of another type"
            hint = "give it an item of its own; Kibana refuses an item that has both"
            raise RefusedError([Problem("value", message, hint, (in_lists[0], "type"))])
        return entries

    def example(self) -> str:
        """How to add one."""
        return "add [[exceptions.items.entries]]"


def _name(required_for: str) -> Any:
    return Text(empty=False, required=True, hint=f"give {required_for} a name")


@model
class _Recorded:
    """What Kibana notes on its own; it may be in a file that was exported, and is never sent."""

    id: Any = key(Json(sent=False), "The id in Kibana.", sent=False)
    _version: Any = key(Json(sent=False), "The version in Kibana.", sent=False)
    created_at: Any = key(Json(sent=False), "When it was made.", sent=False)
    created_by: Any = key(Json(sent=False), "Who made it.", sent=False)
    updated_at: Any = key(Json(sent=False), "When it was last changed.", sent=False)
    updated_by: Any = key(Json(sent=False), "Who changed it last.", sent=False)
    tie_breaker_id: Any = key(Json(sent=False), "What puts those of one time in order.", sent=False)


@model
class _FieldEntry:
    """What all conditions on one field have in common."""

    field: str = key(Text(empty=False, required=True), "The field.")
    operator: str = key(Choice(*OPERATORS, required=True), "Whether it must be so, or must not.")


@model
class MatchEntry(_FieldEntry):
    """A field has a value, or one that fits a pattern."""

    type: str = key(Choice("match", "wildcard", required=True), "Which of the two.")
    value: str = key(Text(empty=False, required=True), "The value, or the pattern.")


@model
class MatchAnyEntry(_FieldEntry):
    """A field has one of several values."""

    type: str = key(Choice("match_any", required=True), "Always `match_any`.")
    value: tuple[str, ...] = key(Many(Text(empty=False), least=1, required=True), "The values.")


@model
class ExistsEntry(_FieldEntry):
    """A field is there."""

    type: str = key(Choice("exists", required=True), "Always `exists`.")


@model
class ValueListReference:
    """A value list, by its id."""

    id: str = key(Text(empty=False, required=True), "Its id.")
    type: str = key(Choice(*VALUE_TYPES, required=True), "What it holds.")


@model
class ListEntry(_FieldEntry):
    """A field has a value of a value list."""

    type: str = key(Choice("list", required=True), "Always `list`.")
    list: ValueListReference = key(Table(ValueListReference, required=True), "The value list.")


@model
class NestedEntry:
    """Conditions on one object of a nested field."""

    field: str = key(Text(empty=False, required=True), "The nested field.")
    type: str = key(Choice("nested", required=True), "Always `nested`.")
    entries: tuple[Entry, ...] = key(_Entries("match", "match_any", "exists"), "The conditions.")


Entry = MatchEntry | MatchAnyEntry | ExistsEntry | ListEntry | NestedEntry
ENTRY_TYPES: dict[str, type[Entry]] = {
    "match": MatchEntry,
    "match_any": MatchAnyEntry,
    "wildcard": MatchEntry,
    "exists": ExistsEntry,
    "list": ListEntry,
    "nested": NestedEntry,
}


@model
class Comment(_Recorded):
    """A remark on an item."""

    comment: str = key(Text(empty=False, required=True), "The remark.")


@model
class ExceptionItem(_Recorded):
    """An exception: what meets all its entries makes no alert."""

    item_id: str = key(
        Text(empty=False, required=True, hint="give it an id that never changes"), "The item's identity, for ever."
    )
    list_id: str | None = key(Text(empty=False), "The list that it belongs to; that of its container.")
    name: str = key(_name("the item"), "What it is called.")
    description: str = key(Text(required=True), "Why it is an exception.")
    type: str = key(Choice("simple", required=True), "Always `simple`.")
    namespace_type: str | None = key(Choice(*NAMESPACES), "That of its container.")
    tags: tuple[str, ...] | None = key(Many(Text(empty=False)), "Words to find it by.")
    os_types: tuple[str, ...] | None = key(Many(Choice(*OS_TYPES)), "The operating systems that it is for.")
    comments: tuple[Comment, ...] | None = key(tables(Comment), "Remarks.")
    expire_time: str | None = key(_Moment(), "When it ends.")
    meta: Mapping[str, Any] | None = key(Json(table=True), "Free data.")
    entries: tuple[Entry, ...] = key(_Entries(*ENTRY_TYPES), "The conditions, all of which must be met.")


@model
class ExceptionContainer(_Recorded):
    """The list itself, without its items."""

    list_id: str = key(
        Text(empty=False, required=True, hint="give it an id that never changes"), "The list's identity, for ever."
    )
    name: str = key(_name("the list"), "What it is called.")
    description: str = key(Text(required=True), "What it is for.")
    type: str = key(Choice(*EXCEPTION_LIST_TYPES, required=True), "What kind of list.")
    namespace_type: str | None = key(Choice(*NAMESPACES), "For all spaces, or for one; one is Kibana's default.")
    tags: tuple[str, ...] | None = key(Many(Text()), "Words to find it by.")
    os_types: tuple[str, ...] | None = key(Many(Choice(*OS_TYPES)), "The operating systems that it is for.")
    meta: Mapping[str, Any] | None = key(Json(table=True), "Free data.")
    version: int | None = key(Whole(least=1), "The author's version number.")
    immutable: bool | None = key(Flag(), "Kibana's own mark; never sent.", sent=False)


@model
class ExceptionMetadata:
    """What the pack says about exception lists, for people."""

    creation_date: str | None = key(Text(), "The day they were written, YYYY/MM/DD.")
    updated_date: str | None = key(Text(), "The day they were last changed, YYYY/MM/DD.")
    deprecation_date: str | None = key(Text(), "The day they were given up, YYYY/MM/DD.")
    maturity: str | None = key(Choice(*_MATURITIES), "How far they are; nothing depends on it.")
    comments: str | None = key(Text(), "A remark for maintainers.")
    list_name: str | None = key(Text(), "The name of the list.")
    rule_ids: tuple[str, ...] | None = key(Many(Text()), "The rules that name the list.")
    rule_names: tuple[str, ...] | None = key(Many(Text()), "The names of those rules.")
    own: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@model
class ExceptionList:
    """An exception list with its items: one of a file's `[[exceptions]]`.

    `file` is the path relative to the project, with `/`; `index` says which of the file's lists it is, from 0.
    """

    file: str = ""
    index: int = 0
    metadata: ExceptionMetadata = field(default_factory=lambda: empty(ExceptionMetadata))

    container: ExceptionContainer = key(Table(ExceptionContainer, required=True), "The list itself.")
    items: tuple[ExceptionItem, ...] | None = key(tables(ExceptionItem), "Its items.")

    @property
    def list_id(self) -> str:
        """The list's identity."""
        return self.container.list_id

    @property
    def namespace_type(self) -> str:
        """The namespace of the list and its items; Kibana's default where the file names none."""
        return self.container.namespace_type or DEFAULT_NAMESPACE

    @property
    def path(self) -> Path:
        """Where it is in its file."""
        return (TABLE, self.index)


def holds_exceptions(data: Mapping[str, Any]) -> bool:
    """Whether the data of a file are exception lists, not a rule."""
    return TABLE in data and "rule" not in data


def parse_list(
    table: Mapping[str, Any], beside: Mapping[str, Any] = MappingProxyType({})
) -> tuple[ExceptionList | None, list[tuple[Path, Problem]]]:
    """The list of one `[[exceptions]]` and all that is wrong with it, each with the path to its place.

    There is a list, without what nobody knows, even if there are unknown fields. `beside` are `file`, `index` and
    `metadata`.
    """
    made, problems = schema.parse(ExceptionList, table, beside)
    problems = [(path, _of_list(path, problem)) for path, problem in problems]
    unknown = [path for path, problem in problems if problem.kind == schema.UNKNOWN]
    if unknown and len(unknown) == len(problems):
        made, _ = schema.parse(ExceptionList, _without(table, unknown), beside)
    strays = list(_strays(table))
    return (None if strays else made), [*problems, *strays]


def _of_list(path: Path, problem: Problem) -> Problem:
    missing = path == ("container",) and problem.kind == "missing"
    return replace(problem, hint="add the table [exceptions.container]") if missing else problem


def _without(table: Mapping[str, Any], paths: list[Path]) -> Mapping[str, Any]:
    """A copy of a table without some keys at any depth."""
    result = copy.deepcopy(dict(table))
    for path in paths:
        owner: Any = result
        for part in path[:-1]:
            owner = owner[part]
        owner.pop(path[-1], None)
    return result


def _strays(table: Mapping[str, Any]) -> Iterator[tuple[Path, Problem]]:
    """Where an item says that it belongs to another list than the one that it stands in."""
    container, items = table.get("container"), table.get("items")
    if not isinstance(container, Mapping) or not isinstance(items, (list, tuple)):
        return
    own = {"list_id": container.get("list_id"), "namespace_type": container.get("namespace_type", DEFAULT_NAMESPACE)}
    for number, item in enumerate(items):
        for name, value in own.items() if isinstance(item, Mapping) else ():
            given = item.get(name)
            if isinstance(given, str) and isinstance(value, str) and given.strip() and given != value:
                message = f"{name} is {quote(given)}, but that of the list is {quote(value)}"
                hint = f"leave {name} out, or move the item to its own list"
                yield ("items", number, name), Problem("value", message, hint)


def to_api(exceptions: ExceptionList) -> Payload:
    """The body of the list itself, without its items: only fields that the file names."""
    # A copy: who changes the body does not change the list.
    return copy.deepcopy(schema.dump(exceptions.container))


def item_to_api(item: ExceptionItem, exceptions: ExceptionList) -> Payload:
    """The body of an item of a list: only fields that the file names, and the list that it belongs to."""
    follows = {"list_id": exceptions.list_id, "namespace_type": exceptions.namespace_type}
    return copy.deepcopy({**schema.dump(item), **follows})


def import_lines(exceptions: ExceptionList) -> Iterator[Payload]:
    """The lines that Kibana imports: the list, then its items in the order of the file."""
    yield to_api(exceptions)
    for item in exceptions.items or ():
        yield item_to_api(item, exceptions)
