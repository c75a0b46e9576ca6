"""The old and the new value of a field as lines for people: short ones side by side, of long ones what differs."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

from rulepack.deploy.change import FieldChange
from rulepack.report.plain import visible

_SHORT = 60
_CONTEXT = 2
# From here on only the part of a line that differs is shown, with a little around it.
_WIDE = 100
_AROUND = 30
_MOST_WIDTH = 300
MOST_LINES = 200
# More lines than this are not compared: it takes long, and nobody reads it.
_MOST_COMPARED = 4000
# What GitHub (`##[`) and Azure DevOps (`##vso[`) obey anywhere in a line of a log.
_COMMAND = re.compile(r"##(?=\w*\[)")


def shown(text: str) -> str:
    """Text of a rule or of Kibana on one line of a log: nothing hidden, nothing that a terminal or a runner obeys."""
    return _COMMAND.sub("# #", visible(text))


def clipped(text: str, limit: int = _MOST_WIDTH) -> str:
    """The text, and an ellipsis for what is too much of it."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def field_lines(change: FieldChange, most: int = MOST_LINES) -> Iterator[str]:
    """A field's old and new value: `name: old -> new` where both are short, else the lines that differ.

    A line begins with `-` (old), `+` (new) or `|` (both): never with something of the value's own.
    """
    old, new = _as_json(change.old), _as_json(change.new)
    if len(old) <= _SHORT and len(new) <= _SHORT and r"\n" not in old + new:
        yield shown(f"{change.field}: {old} -> {new}")
        return
    yield shown(f"{change.field}:")
    lines = list(_difference(_lines(change.old), _lines(change.new)))
    yield from (f"  {sign} {shown(clipped(text))}" for sign, text in lines[:most])
    if len(lines) > most:
        yield f"  | and {len(lines) - most:,} more lines"


def _as_json(value: Any) -> str:
    """A value on one line; a word where there is none."""
    return "(none)" if value is None else json.dumps(value, ensure_ascii=False)


def _lines(value: Any) -> list[str]:
    """A value's lines: a text's own, or those of JSON; quoted where a blank at the end would not be seen."""
    if value is None:
        return []
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return [line if line == line.rstrip() else json.dumps(line, ensure_ascii=False) for line in text.split("\n")]


def _difference(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    """Signs and lines: those that differ, with a few around them."""
    if len(before) + len(after) > _MOST_COMPARED:
        yield "|", f"{len(before):,} lines -> {len(after):,} lines"
        return
    matcher = difflib.SequenceMatcher(None, before, after)
    for number, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
        if number:
            yield "|", "…"
        for tag, start, end, start_after, end_after in group:
            old, new = before[start:end], after[start_after:end_after]
            if tag == "equal":
                yield from (("|", line) for line in old)
                continue
            if len(old) == len(new):
                pairs = [_narrow(*pair) for pair in zip(old, new, strict=True)]
                old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            yield from (("-", line) for line in old)
            yield from (("+", line) for line in new)


def _narrow(old: str, new: str) -> tuple[str, str]:
    """Two long lines cut down to where they differ."""
    if max(len(old), len(new)) <= _WIDE:
        return old, new
    start = _same_start(old, new)
    same_end = _same_start(old[start:][::-1], new[start:][::-1])
    first = max(start - _AROUND, 0)

    def cut(text: str) -> str:
        last = min(len(text) - same_end + _AROUND, first + _MOST_WIDTH - 2)
        return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"

    return cut(old), cut(new)


def _same_start(old: str, new: str) -> int:
    """How many characters two texts begin with alike."""
    return next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
