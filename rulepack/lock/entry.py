"""Entry: what the lock keeps of one rule; Event: one version of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rulepack.fields import MAX_INTEGER, Choice, Field, Json, Many, Text, Whole, quote, refuse
from rulepack.schema import key, model, tables
from rulepack.slug import slug

# The form of the files. One from a rulepack that writes another form is refused, not guessed at.
FORMAT = 1
ACTIVE, DEPRECATED, REMOVED = STATUSES = ("active", "deprecated", "removed")
# What stands in place of fields where a version is no change of the rule's content.
ADDED, ADOPTED, IMPORTED, MERGED = "(new)", "(adopted)", "(imported)", "(merged)"
# A history is short: whoever wants all of it asks git.
MOST_EVENTS = 50
_HASH = re.compile(r"[0-9]+:[0-9a-f]{40}")
_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_DIGITS = 12


class Day(Field):
    """A day as YYYY-MM-DD, as a string."""

    want = "a string"

    def deserialize(self, value: Any) -> str:
        """The string itself."""
        if not isinstance(value, str):
            raise self.wrong_type(value)
        try:
            sound = date.fromisoformat(value).isoformat() == value
        except ValueError:
            sound = False
        if not sound:
            raise refuse("value", f"{self.label} cannot be {quote(value)}", 'write days as "2026-01-31"')
        return value


@model
class Event:
    """A version of a rule: since when, and which of its fields changed with it."""

    version: int = key(Whole(least=1, required=True), "The version.")
    date: str = key(Day(required=True), "The day it was locked.")
    changed: tuple[str, ...] = key(Many(Text(), required=True), "The fields that changed, or (new).")
    stack: str | None = key(Text(empty=False), "The stack version that this version is for, if not for all.")


@model
class Entry:
    """What the lock keeps of one rule."""

    lock: int = key(Whole(least=1, required=True), "The form of this file.")
    rule_id: str = key(Text(empty=False, required=True), "The rule.")
    name: str = key(Text(empty=False, required=True), "Its name.")
    type: str = key(Text(empty=False, required=True), "Its type.")
    file: str = key(Text(empty=False, required=True), "Its file, relative to the project.")
    status: str = key(Choice(*STATUSES, required=True), "Whether it is active, deprecated or removed.")
    reason: str | None = key(Text(empty=False), "Why it was deprecated.")
    replacement: str | None = key(Text(empty=False), "The rule_id of the rule that replaces it.")
    version: int = key(Whole(least=1, required=True), "Its version.")
    hash: str = key(Text(pattern=_HASH, required=True), "What its content is.")
    created: str = key(Day(required=True), "The day it came into the lock.")
    updated: str = key(Day(required=True), "The day of its version.")
    deprecated: str | None = key(Day(), "The last day it was deprecated, which a restored rule keeps.")
    removed: str | None = key(Day(), "The day it was removed.")
    former: tuple[str, ...] | None = key(Many(Text(empty=False)), "Names that its page had before.")
    fields: Mapping[str, Any] = key(Json(table=True, required=True), "A digest of each of its fields.")
    history: tuple[Event, ...] = key(tables(Event, required=True), "Its versions, the newest first.")

    @property
    def path(self) -> str:
        """The name of its file in the lock's folder."""
        return file_name(self.rule_id)

    @property
    def highest(self) -> int:
        """The highest version that it ever had."""
        return max((self.version, *(event.version for event in self.history)))


def file_name(rule_id: str) -> str:
    """The file of a rule in the lock: its rule_id, if that is a name that every file system can hold."""
    if _SAFE.fullmatch(rule_id) and slug(rule_id) == rule_id:
        return f"{rule_id}.toml"
    # Upper and lower case are the same to some file systems.
    return f"{slug(rule_id)[:60]}.{hashlib.sha256(rule_id.encode()).hexdigest()[:_DIGITS]}.toml"


def render(entry: Entry) -> str:
    """The text of an entry's file; the same entry gives the same bytes."""
    return "\n".join(_lines(entry)) + "\n"


def _lines(entry: Entry) -> Iterator[str]:
    yield "# Written by `rulepack lock`. If git could not merge it: `rulepack lock --resolve`."
    for name in ("lock", "rule_id", "name", "type", "file", "status", "reason", "replacement", "version", "hash"):
        yield from _pair(name, getattr(entry, name))
    for name in ("created", "updated", "deprecated", "removed", "former"):
        yield from _pair(name, getattr(entry, name))
    yield "\n[fields]"
    for name, value in sorted(entry.fields.items()):
        yield f"{name if name.replace('_', '').isalnum() and name.isascii() else _text(name)} = {_text(str(value))}"
    for event in entry.history:
        yield "\n[[history]]"
        for name in ("version", "stack", "date", "changed"):
            yield from _pair(name, getattr(event, name))


def _pair(name: str, value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        yield f"{name} = [{', '.join(map(_text, value))}]"
    elif value is not None:
        yield f"{name} = {value if isinstance(value, int) else _text(str(value))}"


def _text(value: str) -> str:
    """A string as TOML has it: JSON's escapes are TOML's too, but for one character that TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def next_version(version: int) -> int:
    """The version after one; raises ValueError where JavaScript, in which Kibana is written, can count no further."""
    if version >= MAX_INTEGER:
        raise ValueError(f"version {version} is the highest that there can be")
    return version + 1
