"""The lines of a file of rules: read, sorted by what they are, and what to say of one that cannot be taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rulepack.sandbox.answers import MAX_DEPTH, Payload, decode, nested_too_deep, siem

KIND = "application/ndjson"
# How much of a long line its error shows, on both sides of the place.
_WINDOW = 10


@dataclass(slots=True)
class Lines:
    """The lines of a file: exception lists and items, connectors, and rules; a text is what is wrong with a line."""

    exceptions: list[Payload] = field(default_factory=list)
    connectors: list[Payload] = field(default_factory=list)
    rules: list[Payload | str] = field(default_factory=list)


def read_lines(data: bytes, most_rules: int, limit: int) -> Lines:
    """The lines of a file; refuses one with more than `most_rules` rules, which the refusal calls more than `limit`."""
    lines = Lines()
    for text in _texts(data):
        line = _line(text)
        if isinstance(line, dict):
            if "exported_count" in line:
                continue
            if not line.keys().isdisjoint(("list_id", "item_id", "entries")):
                lines.exceptions.append(line)
                continue
            if "attributes" in line:
                lines.connectors.append(line)
                continue
        elif line is None:
            continue
        # JavaScript takes a number or an array for an object that has none of the fields.
        lines.rules.append(line if isinstance(line, (dict, str)) else {})
        if len(lines.rules) > most_rules:
            raise siem(500, f"Can't import more than {limit} rules")
    return lines


def write_lines(texts: list[str]) -> str:
    """Texts as the lines of a file."""
    return "".join(f"{text}\n" for text in texts)


def failure(status: int, message: str, **ids: str) -> Payload:
    """What an import says of one thing that it could not do; `ids` name the thing."""
    return {**ids, "error": {"status_code": status, "message": message}}


def _texts(data: bytes) -> Iterator[str]:
    for line in data.split(b"\n"):
        # Kibana's decoder puts a mark in the place of what is no UTF-8, and its trim takes a byte order mark away.
        text = line.decode("utf-8", "replace")
        if text.strip("\ufeff \t\r\v\f\u00a0"):
            yield text


def _line(text: str) -> Any:
    """The value of a line, or a text that says why it has none."""
    try:
        value = decode(text)
    except json.JSONDecodeError as error:
        return _complaint(text, error.pos)
    except (ValueError, RecursionError):
        return "a number or a depth that the sandbox does not take"
    if isinstance(value, str):
        return {}
    if nested_too_deep(value, text.count("[") + text.count("{")):
        return f"nested more than {MAX_DEPTH} levels deep"
    return value


def _complaint(text: str, at: int) -> str:
    """What JavaScript's parser says of a text that is no JSON from a place on."""
    if at >= len(text.rstrip()):
        return "Unexpected end of JSON input"
    before, after = (0, len(text)) if len(text) <= 2 * _WINDOW else (max(at - _WINDOW, 0), at + _WINDOW)
    shown = f'{"..." if before else ""}"{text[before:after]}"{"..." if after < len(text) else ""}'
    return f"Unexpected token '{text[at]}', {shown} is not valid JSON"
