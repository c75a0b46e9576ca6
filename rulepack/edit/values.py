"""Values as TOML text: the one place that uses tomlkit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from rulepack.edit.operations import Refused

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONG = 3


def write_key(name: str) -> str:
    """A key as TOML text, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else write_value(name)


def write_value(value: Any) -> str:
    """A value as TOML text on one line; raises Refused for what TOML cannot hold."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{write_key(name)} = {write_value(each)}" for name, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(write_value, value))}]"
    try:
        return str(tomlkit.item(value).as_string())
    except (TOMLKitError, ValueError, TypeError) as error:
        raise Refused(f"TOML cannot hold {value!r}") from error


def write_like(value: Any, old: str) -> str:
    """A value as TOML text; a string in the quotes of the text that it replaces, if they can hold it."""
    if not isinstance(value, str) or old[:1] not in ("'", '"'):
        return write_value(value)
    quote = old[:1]
    long = old.startswith(quote * _LONG) and len(old) >= 2 * _LONG
    if "\n" in value and not long:
        return _string(value)
    try:
        text = _string(value, literal=quote == "'", multiline=long)
    except Refused:
        text = _string(value, multiline=long)
    if long and (old[_LONG:].startswith("\n") or value.startswith("\n")):
        return f"{text[:_LONG]}\n{text[_LONG:]}"
    return text


def write_part(part: str, old: str) -> str | None:
    """Some characters as they stand in a string like `old`, between its quotes; None if it cannot hold them."""
    quote = old[:1]
    long = old.startswith(quote * _LONG) and len(old) >= 2 * _LONG
    if "\n" in part and not long:
        return None
    if quote == "'":
        return None if "'" in part or not part.replace("\n", "").replace("\t", "").isprintable() else part
    width = _LONG if long else 1
    return _string(part, multiline=long)[width:-width]


def _string(value: str, *, literal: bool = False, multiline: bool = False) -> str:
    try:
        return tomlkit.string(value, literal=literal, multiline=multiline).as_string()
    except (TOMLKitError, ValueError) as error:
        raise Refused(f"a string of that kind cannot hold {value[:40]!r}") from error
