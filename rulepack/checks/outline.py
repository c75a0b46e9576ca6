"""Outline: headings, code and broken pieces of a guide, found line by line; a Markdown parser would take too long."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from rulepack.frozen import frozen

_FENCE = re.compile(r"(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_CONTAINERS = re.compile(r"(?:[ \t]|>|[-*+](?=[ \t])|[0-9]{1,9}[.)](?=[ \t]))*")
# A heading, or what was meant to be one. It begins with a line feed, as such are found at once; beginnings of lines are
# looked for one by one.
_HEADING = re.compile(
    r"\n {0,3}(?:(?P<marks>#{1,6})(?:[ \t]+(?P<title>[^\n]*))?(?=\n|\Z)|#{2,6}[A-Za-z][^\n]*)",
)
_CODE_SPAN = re.compile(r"(?<!`)(`{1,20})(?!`)(?:.*?[^`])\1(?!`)", re.DOTALL)
_BLANK = re.compile(r"\n[ \t]*\n")


@frozen
class Heading:
    """A heading: its level, its words, and where its line is in the text."""

    level: int
    title: str
    start: int
    end: int


@frozen
class Outline:
    """What the beginnings of lines tell: headings, blocks of code (start and end), and what was meant to be some.

    `glued` are lines such as `##Setup`; `open_fence` is where a block of code begins that nothing ends.
    """

    headings: tuple[Heading, ...] = ()
    code: tuple[tuple[int, int], ...] = ()
    glued: tuple[tuple[int, int], ...] = ()
    open_fence: tuple[int, int] | None = None


# The checks of a rule ask one after the other for the same two texts.
@lru_cache(maxsize=4)
def outline(text: str) -> Outline:
    """The outline of a Markdown text."""
    headings: list[Heading] = []
    glued: list[tuple[int, int]] = []
    code, open_fence = _blocks(text) if "```" in text or "~~~" in text else ((), None)
    # With a line feed put before the text, the place of one is that of the line behind it.
    for found in _HEADING.finditer(f"\n{text}"):
        start, end = found.start(), found.end() - 1
        if code and _within(code, start):
            continue
        marks, title = found.groups()
        if marks:
            headings.append(Heading(len(marks), _closed((title or "").strip()), start, end))
        else:
            glued.append((start, end))
    return Outline(tuple(headings), code, tuple(glued), open_fence)


def _blocks(text: str) -> tuple[tuple[tuple[int, int], ...], tuple[int, int] | None]:
    """Every block of code, and where one begins that nothing ends."""
    code: list[tuple[int, int]] = []
    fence, opened, position = "", (0, 0), 0
    for line in text.split("\n"):
        start, position = position, position + len(line) + 1
        marker = _fence(line)
        if fence:
            if marker and marker["fence"].startswith(fence) and not marker["info"].strip():
                code.append((opened[0], position))
                fence = ""
        elif marker:
            fence, opened = marker["fence"], (start, start + len(line))
    if fence:
        code.append((opened[0], len(text)))
    return tuple(code), opened if fence else None


def _fence(line: str) -> re.Match[str] | None:
    """The marks with which a line begins or ends a block of code; in a list or a quotation they stand further in."""
    if "```" not in line and "~~~" not in line:
        return None
    containers = _CONTAINERS.match(line)
    return _FENCE.match(line, containers.end() if containers else 0)


def _closed(title: str) -> str:
    """A heading's words without the marks that may close it."""
    bare = title.rstrip("#")
    return bare.rstrip() if bare != title and (not bare or bare[-1] in " \t") else title


def is_code(text: str, position: int) -> bool:
    """Whether a place in a Markdown text is in a block of code or a code span, or in a line indented like code."""
    line = text.rfind("\n", 0, position) + 1
    return text.startswith(("    ", "\t"), line) or any(
        _within(ranges, position) for ranges in (outline(text).code, _spans(text))
    )


def _within(ranges: tuple[tuple[int, int], ...], position: int) -> bool:
    number = bisect_right(ranges, position, key=lambda one: one[0]) - 1
    return number >= 0 and position < ranges[number][1]


@lru_cache(maxsize=4)
def _spans(text: str) -> tuple[tuple[int, int], ...]:
    """Every code span outside blocks of code; one never reaches across a blank line."""
    found: list[tuple[int, int]] = []
    position = 0
    for start, end in (*outline(text).code, (len(text), len(text))):
        while position < start:
            blank = _BLANK.search(text, position, start)
            stop = blank.start() if blank else start
            found += (span.span() for span in _CODE_SPAN.finditer(text, position, stop))
            position = blank.end() if blank else start
        position = max(position, end)
    return tuple(found)


def skipped_levels(headings: tuple[Heading, ...]) -> Iterator[tuple[Heading, Heading]]:
    """Each heading that is more than one level below the one before it, with that one."""
    for before, heading in itertools.pairwise(headings):
        if heading.level > before.level + 1:
            yield heading, before


def repeated(headings: tuple[Heading, ...]) -> Iterator[tuple[Heading, Heading]]:
    """Each heading that has the same words as an earlier one of its level under the same parent, with that one."""
    above: list[Heading] = []
    seen: dict[tuple[int, int, str], Heading] = {}
    for heading in headings:
        while above and above[-1].level >= heading.level:
            above.pop()
        key = (above[-1].start if above else -1, heading.level, heading.title.casefold())
        if key in seen and heading.title:
            yield heading, seen[key]
        seen.setdefault(key, heading)
        above.append(heading)
