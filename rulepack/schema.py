"""The ground models stand on: @model, key(), tables in tables, and loading and dumping by them.

A model is a frozen dataclass whose fields are declared once with `key(...)`: the TOML name, what it holds, since which
stack version Kibana has it, and how it goes out. From that one line come the dataclass field, the marshmallow schema
(built when something is wrong, see `judge`) and the Kibana form. A field that the file does not name is None in the
model: rulepack never fills in defaults, so that it only ever writes what a file says.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, dataclass_transform

from rulepack.fields import Field, Many, Problem, RefusedError, spelled
from rulepack.frozen import frozen
from rulepack.likeness import closest
from rulepack.stack import StackVersion

T = TypeVar("T")
Path = tuple[str | int, ...]
_NOTHING: Mapping[str, Any] = MappingProxyType({})
UNKNOWN = "unknown"
# Looking for what was meant takes time, and a table with more unknown names is not one of typing errors.
_MOST_GUESSES = 100


@frozen
class Key:
    """What `key(...)` says about one field of a model."""

    field: Field
    name: str
    doc: str
    since: StackVersion | None
    fold: bool
    informs: bool
    sent: bool


def key(
    field: Field,
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
    return frozen(kw_only=True)(cls)


# Filled when a model is first used; functools.cache does not take a class for hashable where types are checked.
_KEYS: dict[type, dict[str, Key]] = {}
_SHAPES: dict[type, tuple[dict[str, tuple[str, Field]], frozenset[str]]] = {}
_NEWEST: dict[type, StackVersion] = {}


def keys(cls: type) -> dict[str, Key]:
    """The declared fields of a model by attribute name, in the order of the file."""
    if cls not in _KEYS:
        found = {}
        for attribute in dataclasses.fields(cls):
            declared = attribute.metadata.get("key")
            if declared is not None:
                since = StackVersion.parse(declared["since"]) if declared["since"] else None
                name = declared["name"] or attribute.name
                found[attribute.name] = Key(**{**declared, "name": name, "since": since})
                declared["field"].call(name)
        # Only now: another thread must not see half of it.
        _KEYS[cls] = found
    return _KEYS[cls]


def empty(cls: type[T]) -> T:
    """A model that names nothing."""
    return cls()


def load(cls: type[T], data: Mapping[str, Any], beside: Mapping[str, Any] = _NOTHING) -> T:
    """A model of a table, and of what is `beside` it by attribute; raises RefusedError with all that is wrong."""
    found = _load_sound(cls, data, beside)
    if found is None:
        from rulepack.judge import verdict  # noqa: PLC0415 (marshmallow takes longer to import than a rule to check)

        raise RefusedError(verdict(cls, data))
    return found


def _load_sound(cls: type[T], data: Mapping[str, Any], beside: Mapping[str, Any]) -> T | None:
    """The model of a table in which nothing is wrong, as nearly all are; None for others."""
    if cls not in _SHAPES:
        declared = keys(cls)
        _SHAPES[cls] = (
            {one.name: (attribute, one.field) for attribute, one in declared.items()},
            frozenset(one.name for one in declared.values() if one.field.required),
        )
    known, required = _SHAPES[cls]
    if not required <= data.keys():
        return None
    found = dict(beside)
    for name, value in data.items():
        if name not in known:
            return None
        attribute, field = known[name]
        try:
            found[attribute] = field.deserialize(value)
        except RefusedError:
            return None
    return cls(**found)


class Table(Field):
    """A table of its own model."""

    want = "a table"

    def __init__(self, cls: type, *, required: bool = False) -> None:
        self.cls = cls
        super().__init__(required=required)

    def deserialize(self, value: Any) -> Any:
        """The model of the table."""
        # A dict, as nearly all are, is told from an abstract Mapping in a tenth of the time.
        if not isinstance(value, (dict, Mapping)):
            raise self.wrong_type(value)
        return load(self.cls, value)


def tables(cls: type, **kwargs: Any) -> Many:
    """An array of tables of one model."""
    return Many(Table(cls), **kwargs)


def parse(
    cls: type[T], data: Mapping[str, Any], beside: Mapping[str, Any] = _NOTHING
) -> tuple[T | None, list[tuple[Path, Problem]]]:
    """Make a model from a table; when it does not fit, None and every problem with the path to its place.

    `beside` are the attributes that stand beside the table, not in it.
    """
    try:
        return load(cls, data, beside), []
    except RefusedError as refused:
        return None, list(_flatten(refused.problems, (), cls))


def _flatten(messages: Any, path: Path, cls: type | None) -> Iterator[tuple[Path, Problem]]:
    """Nested problems as (path, problem), the path in the file's own names."""
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


def _model_inside(field: Field) -> type | None:
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
