"""The ground models stand on: @model, key(), tables in tables, and loading and dumping by them.

A model is a frozen dataclass whose fields are declared once with `key(...)`: the TOML name, what it holds, since which
stack version Kibana has it, and how it goes out. From that one line come the dataclass field, the marshmallow schema
(built when first used) and the Kibana form. A field that the file does not name is None in the model: rulepack never
fills in defaults, so that it only ever writes what a file says.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

from marshmallow import RAISE, Schema, ValidationError, fields, post_load

from rulepack.fields import Field, Many, Problem, closest, spelled
from rulepack.stack import StackVersion

T = TypeVar("T")
Path = tuple[str | int, ...]
UNKNOWN = "unknown"
# Looking for what was meant takes time, and a table with more unknown names is not one of typing errors.
_MOST_GUESSES = 100
NOT_A_TABLE = "not a table"


@dataclass(frozen=True, slots=True)
class Key:
    """What `key(...)` says about one field of a model."""

    field: fields.Field[Any]
    name: str
    doc: str
    since: StackVersion | None
    fold: bool
    informs: bool
    sent: bool


def key(
    field: fields.Field[Any],
    doc: str,
    *,
    name: str | None = None,
    since: str | None = None,
    fold: bool = False,
    informs: bool = False,
    sent: bool = True,
) -> Any:
    """Declare a model's field.

    `name` is the name in the file where Python insists on another; `since` the first stack version that takes it;
    `fold` joins its lines with single blanks on the way out; `informs` says that it changes neither what matches nor
    who is told, so an older stack may go without it; `sent=False` keeps it out of the body for Kibana.
    """
    declared = {
        "field": field,
        "name": name,
        "doc": doc,
        "since": since,
        "fold": fold,
        "informs": informs,
        "sent": sent,
    }
    if field.required:
        return dataclasses.field(metadata={"key": declared})
    return dataclasses.field(default=None, metadata={"key": declared})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(key, dataclasses.field))
def model(cls: type[T]) -> type[T]:
    """Make a class a model: a frozen dataclass with slots, all arguments by name."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


# Filled when a model is first used; functools.cache does not take a class for hashable where types are checked.
_KEYS: dict[type, dict[str, Key]] = {}
_SCHEMAS: dict[type, Schema] = {}
_FIELDS: dict[type, dict[str, tuple[str, fields.Field[Any]]]] = {}
_NEWEST: dict[type, StackVersion] = {}
_REQUIRED: dict[type, frozenset[str]] = {}


def keys(cls: type) -> dict[str, Key]:
    """The declared fields of a model by attribute name, in the order of the file."""
    if cls not in _KEYS:
        _KEYS[cls] = {}
        for attribute in dataclasses.fields(cls):
            declared = attribute.metadata.get("key")
            if declared is not None:
                since = StackVersion.parse(declared["since"]) if declared["since"] else None
                name = declared["name"] or attribute.name
                _KEYS[cls][attribute.name] = Key(**{**declared, "name": name, "since": since})
    return _KEYS[cls]


class _ModelSchema(Schema):
    """A marshmallow schema that gives back its model."""

    model_class: type

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": UNKNOWN, "type": NOT_A_TABLE}  # noqa: RUF012 (marshmallow's own form)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.model_class(**data)


def empty(cls: type[T]) -> T:
    """A model that names nothing."""
    return cls()


def schema_of(cls: type) -> Schema:
    """The one marshmallow schema instance of a model."""
    if cls not in _SCHEMAS:
        declared: dict[str, Any] = {}
        for attribute, one in keys(cls).items():
            if one.name != attribute:
                one.field.data_key = one.name
            declared[attribute] = one.field
        schema_class = type(f"{cls.__name__}Schema", (_ModelSchema,), {**declared, "model_class": cls})
        _SCHEMAS[cls] = schema_class()
    return _SCHEMAS[cls]


def load(cls: type[T], data: Mapping[str, Any]) -> T:
    """A model of a table; raises marshmallow's ValidationError with all that is wrong."""
    found = _load_sound(cls, data)
    if found is not None:
        return found
    loaded: T = schema_of(cls).load(data)
    return loaded


def _load_sound(cls: type[T], data: Mapping[str, Any]) -> T | None:
    """The model of a table in which nothing is wrong, as nearly all are; None for others.

    Marshmallow asks for each of fifty fields whether it is there, which takes longer than all else.
    """
    if cls not in _FIELDS:
        loaded = schema_of(cls).load_fields
        _FIELDS[cls] = {one.name: (attribute, loaded[attribute]) for attribute, one in keys(cls).items()}
        _REQUIRED[cls] = frozenset(name for name, (_, field) in _FIELDS[cls].items() if field.required)
    if not _REQUIRED[cls] <= data.keys():
        return None
    known = _FIELDS[cls]
    found = {}
    for name, value in data.items():
        if name not in known:
            return None
        attribute, field = known[name]
        try:
            found[attribute] = field.deserialize(value, name, data)
        except ValidationError:
            return None
    return cls(**found)


class Table(Field):
    """A table of its own model; the name of the model's schema is looked up when first used."""

    want = "a table"

    def __init__(self, cls: type, **kwargs: Any) -> None:
        self.cls = cls
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002 (signature)
        if not isinstance(value, Mapping):
            raise self.wrong_type(value)
        return load(self.cls, value)


def tables(cls: type, **kwargs: Any) -> Many:
    """An array of tables of one model."""
    return Many(Table(cls), **kwargs)


def parse(cls: type[T], data: Mapping[str, Any]) -> tuple[T | None, list[tuple[Path, Problem]]]:
    """Make a model from a table; when it does not fit, None and every problem with the path to its place."""
    try:
        return load(cls, data), []
    except ValidationError as error:
        return None, list(_flatten(error.messages, (), cls))


def _flatten(messages: Any, path: Path, cls: type | None) -> Iterator[tuple[Path, Problem]]:
    """Marshmallow's nested errors as (path, problem), the path in the file's own names."""
    if isinstance(messages, dict):
        known = {one.name: one for one in keys(cls).values()} if cls is not None else {}
        unknown = [name for name, found in messages.items() if isinstance(found, list) and UNKNOWN in found]
        meant = {name: closest(name, known) for name in unknown[:_MOST_GUESSES]}
        suggested = set(meant.values())
        for name, found in messages.items():
            if name in suggested and _only_missing(found):
                continue  # `severty` already says what became of `severity`
            if isinstance(found, list) and UNKNOWN in found:
                near = meant.get(name)
                hint = f"did you mean {near}?" if near else "correct its name, or remove it"
                yield (*path, name), Problem(UNKNOWN, f"unknown field {spelled(name)}", hint)
            else:
                inner = _model_inside(known[name].field) if name in known else cls if isinstance(name, int) else None
                yield from _flatten(found, (*path, name), inner)
    else:
        for problem in messages:
            yield (*path, *problem.path), problem


def _only_missing(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, Problem) and one.kind == "missing" for one in found)


def _model_inside(field: fields.Field[Any]) -> type | None:
    """The model of a table or of an array of tables."""
    if isinstance(field, Many):
        return _model_inside(field.inner)
    return field.cls if isinstance(field, Table) else None


def newest(cls: type) -> StackVersion:
    """The first stack version that has every field of a model, those of the tables in it included."""
    if cls not in _NEWEST:
        found = [StackVersion(0, 0)]
        for one in keys(cls).values():
            found += [one.since] if one.since is not None else []
            inner = _model_inside(one.field)
            found += [newest(inner)] if inner is not None else []
        _NEWEST[cls] = max(found)
    return _NEWEST[cls]


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Key, Any]]:
    """Every field that a model names, at any depth: path in the file, declaration, value."""
    for attribute, one in keys(type(value)).items():
        item = getattr(value, attribute)
        if item is None:
            continue
        here = (*path, one.name)
        yield here, one, item
        if dataclasses.is_dataclass(item):
            yield from walk(item, here)
        elif isinstance(item, tuple):
            for index, part in enumerate(item):
                if dataclasses.is_dataclass(part):
                    yield from walk(part, (*here, index))


def dump(value: Any, stack: StackVersion | None = None) -> dict[str, Any]:
    """A model as plain JSON data: only what the file names, in the file's names, folded where declared.

    Fields that only inform are left out for a `stack` that does not have them yet.
    """
    result = {}
    for attribute, one in keys(type(value)).items():
        item = getattr(value, attribute)
        if item is None or not one.sent:
            continue
        if one.informs and stack is not None and one.since is not None and stack < one.since:
            continue
        result[one.name] = _dump_item(item, stack, fold=one.fold)
    return result


def _dump_item(item: Any, stack: StackVersion | None, *, fold: bool) -> Any:
    if isinstance(item, str):
        return fold_lines(item) if fold else item
    if isinstance(item, tuple):
        return [_dump_item(part, stack, fold=fold) for part in item]
    if dataclasses.is_dataclass(item):
        return dump(item, stack)
    return item


def fold_lines(text: str) -> str:
    """The text on one line: every line stripped, joined with single blanks."""
    if "\n" not in text:
        return text.strip()
    return " ".join(line.strip() for line in text.strip().split("\n"))
