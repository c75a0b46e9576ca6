"""What can be changed in a TOML file, as values, and what each change does to the file's data."""

from __future__ import annotations

import copy
from typing import Any, TypeAlias

from rulepack.frozen import frozen
from rulepack.locator import Path


class Refused(Exception):  # noqa: N818 (what happened to the edit, not a kind of error)
    """An edit that cannot be made without harm to the file; its text says why, in words for people."""


@frozen
class Set:
    """Another value for a key or an array element that is there; a string keeps its kind of quotes where it can."""

    path: Path
    value: Any


@frozen
class Replace:
    """Other text for the characters `start` to `end` (exclusive) of the string at `path`."""

    path: Path
    start: int
    end: int
    text: str


@frozen
class Rename:
    """Another name for a key or a table."""

    path: Path
    name: str


@frozen
class Delete:
    """A key, a table or an array element goes; comments that belong to it stay where they were."""

    path: Path


@frozen
class Insert:
    """A key that is not there yet, or an element in front of the one that has this index now.

    A table, and an element of a list of tables, is written with a header where its siblings are.
    """

    path: Path
    value: Any


@frozen
class Arrange:
    """An array's elements in another order, given as their indices now; those left out go, their comments stay."""

    path: Path
    order: tuple[int, ...]


@frozen
class Move:
    """An element of a list of tables goes to the end of another such list, which may not be there yet."""

    path: Path
    to: Path


Edit: TypeAlias = Set | Replace | Rename | Delete | Insert | Arrange | Move


def value_at(data: Any, path: Path) -> Any:
    """What is at a path of the data; raises Refused if there is nothing."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            raise Refused(f"there is no {shown(path)}") from None
    return data


def shown(path: Path) -> str:
    """A path for people: `rule.threat[0].tactic`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def changed(data: dict[str, Any], edit: Edit) -> dict[str, Any]:
    """The data as they must be after the edit; raises Refused for an edit that makes no sense."""
    data = copy.deepcopy(data)
    parent, last = value_at(data, edit.path[:-1]), edit.path[-1]
    if isinstance(edit, Insert):
        _insert(parent, last, copy.deepcopy(edit.value))
    elif isinstance(edit, (Delete, Move)):
        value = value_at(parent, (last,))
        # Both paths are those before the edit.
        target = value_at(data, edit.to[:-1]) if isinstance(edit, Move) else None
        del parent[last]
        if isinstance(edit, Move):
            _append(target, edit.to[-1], value)
        _drop_empty(data, edit.path[:-1], value)
    elif isinstance(edit, Rename):
        if not isinstance(parent, dict) or edit.name in parent:
            raise Refused(f"{edit.name} is there already, or {shown(edit.path)} has no name")
        parent[edit.name] = value_at(parent, (last,))
        del parent[last]
    else:
        parent[last] = _new_value(value_at(parent, (last,)), edit)
    return data


def _new_value(value: Any, edit: Set | Replace | Arrange) -> Any:
    if isinstance(edit, Set):
        return copy.deepcopy(edit.value)
    if isinstance(edit, Replace):
        if not isinstance(value, str) or not 0 <= edit.start <= edit.end <= len(value):
            raise Refused(f"{shown(edit.path)} has no such characters")
        return value[: edit.start] + edit.text + value[edit.end :]
    if not isinstance(value, list) or not set(edit.order) <= set(range(len(value))):
        raise Refused(f"{shown(edit.path)} has no such elements")
    return [value[index] for index in edit.order]


def _insert(parent: Any, last: str | int, value: Any) -> None:
    if isinstance(parent, list) and isinstance(last, int) and last <= len(parent):
        parent.insert(last, value)
    elif isinstance(parent, dict) and isinstance(last, str) and last not in parent:
        parent[last] = value
    else:
        raise Refused(f"{last} cannot be inserted there")


def _append(parent: Any, name: str | int, value: Any) -> None:
    target = parent.setdefault(name, []) if isinstance(parent, dict) else None
    if not isinstance(target, list) or not isinstance(value, dict):
        raise Refused(f"only a table can move, and only into a list of tables, which {name} is not")
    target.append(value)


def _drop_empty(data: dict[str, Any], path: Path, was: Any) -> None:
    """A list of tables that has lost its last one is not there any more: no header is left to make it."""
    parent = value_at(data, path)
    if isinstance(parent, list) and not parent and isinstance(was, dict):
        del value_at(data, path[:-1])[path[-1]]
