"""The version lock of elastic/detection-rules, version.lock.json and deprecated_rules.json, as entries of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rulepack.errors import ProjectError
from rulepack.fields import MAX_INTEGER, short_number
from rulepack.files import Unread, read_bytes
from rulepack.frozen import frozen
from rulepack.lock.entry import IMPORTED, Day, Entry, Event
from rulepack.lock.update import Locked, new_entry

# The largest lock that we know of has a megabyte.
MAX_BYTES = 64 * 1024**2


@frozen
class Imported:
    """The version of one rule in another tool's lock.

    `version` is the highest that it has anywhere. `others` are those for single stack versions, below or beside it: a
    fork keeps older stack versions at a version of their own (`previous`), with room up to the next hundred, and some
    get another content (`stack_emit`).
    """

    version: int
    others: tuple[tuple[str, int], ...] = ()
    deprecated: str | None = None
    reason: str | None = None


def read_import(lock: Path, deprecated: Path | None = None) -> dict[str, Imported]:
    """The versions in a version.lock.json, by rule_id, with what a deprecated_rules.json says.

    Raises ProjectError, which names the place, where a file cannot be read or is none of these.
    """
    found = {rule_id: _imported(lock, rule_id, table) for rule_id, table in _tables(lock).items()}
    if deprecated is None:
        return found
    for rule_id, table in _tables(deprecated).items():
        known = found.get(rule_id, Imported(1))
        day = str(table.get("deprecation_date") or "").replace("/", "-")
        try:
            Day().deserialize(day)
        except ValueError:
            raise _wrong(deprecated, rule_id, f"deprecation_date cannot be {day!r}") from None
        reason = table.get("deprecated_reason")
        found[rule_id] = replace(known, deprecated=day, reason=reason if isinstance(reason, str) and reason else None)
    return found


def entry_of(imported: Imported, rule: Locked, day: str) -> Entry:
    """The entry of a rule whose version comes from another lock: its content counts as that version's."""
    events = [Event(version=imported.version, date=day, changed=(IMPORTED,), stack=None)]
    events += [
        Event(version=version, stack=stack, date=day, changed=(IMPORTED,))
        for stack, version in imported.others
        if version < imported.version
    ]
    entry = replace(new_entry(rule, day, events[0]), history=tuple(sorted(events, key=lambda event: -event.version)))
    if not rule.deprecated:
        return entry
    return replace(entry, reason=rule.reason or imported.reason, deprecated=imported.deprecated or day)


def _tables(path: Path) -> dict[str, Mapping[str, Any]]:
    content = read_bytes(path, most=MAX_BYTES)
    if isinstance(content, Unread):
        raise ProjectError(f"cannot read {path}: {content.reason}", content.hint)
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{path} is no JSON: {error}", "name the version.lock.json of detection-rules") from error
    if not isinstance(data, dict) or not all(isinstance(table, dict) for table in data.values()):
        raise ProjectError(
            f"{path} is no version lock of detection-rules: it does not hold a table for each rule_id",
            "name its etc/version.lock.json, and etc/deprecated_rules.json with --deprecated",
        )
    return data


def _imported(path: Path, rule_id: str, table: Mapping[str, Any]) -> Imported:
    top = _version(path, rule_id, table)
    others = dict(_others(path, rule_id, table))
    least = table.get("min_stack_version")
    if isinstance(least, str) and others:
        others[least] = top
    return Imported(max((top, *others.values())), tuple(sorted(others.items())))


def _others(path: Path, rule_id: str, table: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name in ("previous", "stack_emit"):
        stacks = table.get(name) or {}
        if not isinstance(stacks, dict) or not all(isinstance(one, dict) for one in stacks.values()):
            raise _wrong(path, rule_id, f"{name} holds no table for each stack version")
        for stack, one in stacks.items():
            yield stack, _version(path, rule_id, one)


def _version(path: Path, rule_id: str, table: Mapping[str, Any]) -> int:
    version = table.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise _wrong(path, rule_id, "version is no whole number")
    if not 1 <= version < MAX_INTEGER:
        raise _wrong(path, rule_id, f"version is {short_number(version)}, out of range")
    return version


def _wrong(path: Path, rule_id: str, message: str) -> ProjectError:
    return ProjectError(f"{path}: {rule_id}: {message}", "correct it there, or take the entry out")
