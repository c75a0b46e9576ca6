"""Changes of files as a unified diff, for people: what a terminal would not show becomes visible."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from rulepack.report.plain import visible

_CONTEXT = 3
_COLOURS = {"-": "31", "+": "32", "@": "36"}


def render(file: str, before: str, after: str, *, colour: bool = False) -> str:
    """The difference between two texts of a file; empty if there is none. Line ends are not compared."""
    name = visible(file)
    lines = list(difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}", "", "", _CONTEXT, ""))
    return "".join(f"{shown}\n" for shown in _painted(lines, colour=colour))


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    last = lines.pop()
    return [*lines, f"{last}\n"] if last else lines


def _painted(lines: list[str], *, colour: bool) -> Iterator[str]:
    for number, line in enumerate(lines):
        # A line that ends the file without a line break is marked, as diff does.
        shown = line[:1] + "\t".join(map(visible, line[1:].removesuffix("\n").split("\t")))
        style = "1" if number < 2 else _COLOURS.get(line[:1])  # noqa: PLR2004 (the two lines that name the file)
        yield f"\x1b[{style}m{shown}\x1b[0m" if colour and style else shown
        if line.endswith("\n"):
            yield "\\ No newline at end of file"
