"""Python data as TOML, in many spellings: what a person would write, and what a person never would.

tomlkit is not used: it refuses values that rulepack must survive, such as lone control characters and huge numbers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def write(data: dict[str, Any], rng: random.Random) -> str:
    """A document whose data is `data`; the spelling of each string and table is drawn by `rng`."""
    return "\n".join(_tables(data, (), rng)) + "\n"


def _tables(table: dict[str, Any], path: tuple[str, ...], rng: random.Random) -> Iterator[str]:
    later = []
    for name, value in table.items():
        inner = isinstance(value, dict) or (_is_tables(value))
        if inner and rng.random() < 0.9:
            later.append((name, value))
        else:
            yield f"{key(name)} = {inline(value, rng)}"
    for name, value in later:
        here = (*path, name)
        header = ".".join(map(key, here))
        for entry in value if isinstance(value, list) else [value]:
            yield f"[[{header}]]" if isinstance(value, list) else f"[{header}]"
            yield from _tables(entry, here, rng)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def key(name: str) -> str:
    return name if name and set(name) <= _BARE else _basic(name)


def inline(value: Any, rng: random.Random) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value, rng)
    if isinstance(value, int):
        return _integer(value, rng)
    if isinstance(value, float):
        return ("nan" if math.isnan(value) else f"{'-' * (value < 0)}inf") if not math.isfinite(value) else repr(value)
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(inline(one, rng) for one in value)}]"
    return f"{{{', '.join(f'{key(name)} = {inline(one, rng)}' for name, one in value.items())}}}"


def _integer(value: int, rng: random.Random) -> str:
    if value >= 0 and (value.bit_length() > 10_000 or rng.random() < 0.05):
        return rng.choice((hex, oct, bin))(value)
    return str(value)


def _string(value: str, rng: random.Random) -> str:
    plain = all(char.isprintable() or char in "\t\n" for char in value)
    if plain and "'''" not in value and not value.endswith("'") and ("\n" in value or rng.random() < 0.1):
        return f"'''{rng.choice(('', chr(10)))}{value}'''" if value[:1] != "\n" else f"'''\n{value}'''"
    if plain and "'" not in value and "\n" not in value and rng.random() < 0.2:
        return f"'{value}'"
    if "\n" in value and rng.random() < 0.5:
        return f'"""\n{_escaped(value, keep=chr(10))}"""'
    return _basic(value)


def _basic(value: str) -> str:
    return f'"{_escaped(value)}"'


def _escaped(value: str, keep: str = "") -> str:
    return "".join(
        char
        if char in keep or (char.isprintable() and char not in '"\\')
        else f"\\{char}"
        if char in '"\\'
        else f"\\u{ord(char):04X}"
        if ord(char) <= 0xFFFF
        else f"\\U{ord(char):08X}"
        for char in value
    )
