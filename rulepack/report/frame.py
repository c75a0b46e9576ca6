"""One source line with carets under a span, cut to the width there is."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from rulepack.report import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rulepack.diagnostics import Span

TAB = 4
# Narrower than this, a frame shows nothing useful: then it may overflow.
LEAST = 24
CUT = "…"


class Frame(NamedTuple):
    """The line to show, and where below it the carets start and how many there are, in columns."""

    line: str
    left: int
    carets: int


class _Cell(NamedTuple):
    """How one character of the source is shown."""

    text: str
    width: int


def draw(excerpt: str, span: Span, room: int) -> Frame:
    """The excerpt with carets under what the span marks on its first line, at most `room` columns wide."""
    room = max(room, LEAST)
    source = excerpt.rstrip("\r\n")
    start = min(max(span.column - 1, 0), len(source))
    end = min(span.end_column - 1, len(source)) if span.end_line <= span.line else len(source)
    # A line can be megabytes long: what is further away than the room can never be seen.
    first, last = max(start - room, 0), start + room
    cells = list(_cells(source[first:last]))
    start, end = start - first, max(min(end, last) - first, start - first)
    while 0 < start < len(cells) and cells[start].width == 0:
        start -= 1  # a combining mark is drawn on the character before it
    edges = [0, *accumulate(cell.width for cell in cells)]
    low, high = _window(edges, start, end, room, more=(first > 0, last < len(source)))
    before, after = first + low > 0, first + high < len(source)
    line = (CUT if before else "") + "".join(cell.text for cell in cells[low:high]) + (CUT if after else "")
    return Frame(
        line,
        left=before + edges[start] - edges[low],
        carets=max(edges[min(end, high)] - edges[start], 1),
    )


def _cells(source: str) -> Iterable[_Cell]:
    column = 0
    for char in source:
        text = " " * (TAB - column % TAB) if char == "\t" else plain.visible(char)
        width = plain.width(text)
        column += width
        yield _Cell(text, width)


def _window(edges: list[int], start: int, end: int, room: int, *, more: tuple[bool, bool]) -> tuple[int, int]:
    """The first and the last cell to show (half open), so that the span is seen with as much around it as fits.

    `edges[i]` is the column where cell `i` starts; `more` says whether there is something before the first and after
    the last cell that can never be shown.
    """
    last = len(edges) - 1
    width = max(edges[-1], edges[start] + 1)
    if width + sum(more) <= room:
        return 0, last
    # Two columns are kept for the marks that say where it was cut.
    space = room - 2
    marked = max(edges[end] - edges[start], 1)
    aim = min(edges[start] - max(space - marked, 0) // 2, width - space)
    # Not a combining mark: it would be drawn on the mark that says where it was cut.
    low = next(index for index in range(last + 1) if index == start or aim <= edges[index] < edges[index + 1])
    high = max(index for index in range(start, last + 1) if edges[index] - edges[low] <= space)
    return low, high
