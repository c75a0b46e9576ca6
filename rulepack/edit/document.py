"""A TOML text with the places of all in it: which lines belong to a table, a key, a comment."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field
from functools import cached_property
from typing import Any, NamedTuple

from rulepack.edit.operations import Refused, shown
from rulepack.edit.values import write_key
from rulepack.frozen import frozen
from rulepack.locator import Entry, Path, comments, locate_all

Splice = tuple[int, int, str]

_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_COMMENT_LINE = re.compile(r"[ \t]*#[^\n]*(?:\n|$)")


class Header(NamedTuple):
    """The header of a table: which table, where its brackets begin and end, where the lines that belong to it begin."""

    path: Path
    start: int
    end: int
    lines: int


@frozen(slots=False)
class Document:
    """A text (lines end with LF) and its data."""

    text: str
    data: dict[str, Any] = field(repr=False)

    @cached_property
    def entries(self) -> dict[Path, Entry]:
        """Where each key and value is."""
        return locate_all(self.text)

    @cached_property
    def headers(self) -> tuple[Header, ...]:
        """Every header, in the order of the text."""
        by_start: dict[int, tuple[Path, int]] = {}
        for path, entry in self.entries.items():
            if self.has_header(path):
                known = by_start.get(entry.value_start)
                # A header is also the place of the list that its table is in, and of tables that only it makes.
                if known is None or len(path) > len(known[0]):
                    by_start[entry.value_start] = path, entry.value_end
        return tuple(
            Header(path, start, end, self._first_line(start)) for start, (path, end) in sorted(by_start.items())
        )

    @cached_property
    def _ends(self) -> list[int]:
        return sorted({entry.value_end for entry in self.entries.values()})

    def entry(self, path: Path) -> Entry:
        """Where a key and its value are; raises Refused if that cannot be said."""
        if path not in self.entries:
            raise Refused(f"{shown(path)} cannot be found in the text")
        return self.entries[path]

    def has_header(self, path: Path) -> bool:
        """Whether what is at the path is a table, or a list of tables, that a header makes."""
        entry = self.entries.get(path)
        return entry is not None and entry.value_start < entry.key_start and self.text[entry.value_start] == "["

    def is_inline(self, path: Path) -> bool:
        """Whether a key or element is inside an array or a table that is written as a value."""
        for length in range(1, len(path)):
            entry = self.entries.get(path[:length])
            opens = entry is not None and self.text[entry.value_start] in "[{"
            if opens and not self.has_header(path[:length]):
                return True
        return False

    def value_text(self, path: Path) -> str:
        """A value as it is written."""
        entry = self.entry(path)
        return self.text[entry.value_start : entry.value_end]

    def line_start(self, position: int) -> int:
        """Where the line begins that a position is on."""
        return self.text.rfind("\n", 0, position) + 1

    def line_end(self, position: int) -> int:
        """Where the next line begins; the end of the text on its last line."""
        end = self.text.find("\n", position)
        return end + 1 if end >= 0 else len(self.text)

    def indent(self, position: int) -> str:
        """What blanks a line begins with."""
        line = self.text[self.line_start(position) : self.line_end(position)]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def block(self, path: Path) -> tuple[int, int]:
        """The lines that belong to a table with a header and to all tables within it: comments above it, too.

        Raises Refused where other tables stand between them.
        """
        inside = [number for number, header in enumerate(self.headers) if header.path[: len(path)] == path]
        if not inside or self.headers[inside[0]].path != path or not self.has_header(path):
            raise Refused(f"{shown(path)} has no header of its own")
        if inside != list(range(inside[0], inside[-1] + 1)):
            raise Refused(f"other tables stand between those of {shown(path)}")
        following = inside[-1] + 1
        end = self.headers[following].lines if following < len(self.headers) else len(self.text)
        return self.headers[inside[0]].lines, end

    def content_end(self, start: int, end: int) -> int:
        """Where the last line of a block ends that holds more than blanks and comments standing apart."""
        last = self._ends[bisect_right(self._ends, end) - 1]
        position = self.line_end(max(last, start))
        while (match := _COMMENT_LINE.match(self.text, position)) and match.end() <= end and match.group():
            position = match.end()
        return min(position, end)

    def comments_in(self, start: int, end: int) -> list[str]:
        """The comments of a part of the text, in order."""
        return [self.text[a:b].rstrip() for a, b in comments(self.text) if start <= a < end]

    def with_names(self, start: int, end: int, path: Path, names: Path) -> str:
        """A part of the text in which all headers below `path` say `names` in place of it."""
        pieces, position = [], start
        for header in self.headers:
            if start <= header.start < end:
                if header.path[: len(path)] != path:
                    raise Refused(f"another table stands among those of {shown(path)}")
                rest = (*names, *header.path[len(path) :])
                dotted = ".".join(write_key(part) for part in rest if isinstance(part, str))
                written = f"[[{dotted}]]" if self.text.startswith("[[", header.start) else f"[{dotted}]"
                pieces += [self.text[position : header.start], written]
                position = header.end
        return "".join([*pieces, self.text[position:end]])

    def _first_line(self, start: int) -> int:
        """Where the lines begin that belong to a header: comments above it, up to a blank line behind other content.

        A comment right behind the content before, with a blank line below it, belongs to that content.
        """
        here = self.line_start(start)
        place = bisect_right(self._ends, here) - 1
        position = self.line_end(self._ends[place]) if place >= 0 else 0
        gap = position
        while gap < here:
            blank = _BLANK_LINES.match(self.text, gap)
            if blank:
                return min(blank.end(), here)
            gap = self.line_end(gap)
        return position


def splice(text: str, *changes: Splice) -> str:
    """The text with some parts replaced; parts do not overlap."""
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text
