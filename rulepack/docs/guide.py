"""Investigation and setup guides as part of a page: headings nested, plugins as titled blocks, no HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rulepack.docs import markdown, plugins
from rulepack.docs.blocks import (
    BLANK,
    BREAK,
    FENCED,
    HEADING,
    INDENTED,
    TABLE,
    Block,
    as_text,
    blocks,
    cells,
    is_delimiter,
)
from rulepack.docs.inline import JOINED, PLUGIN, disarm
from rulepack.docs.plugins import Plugin
from rulepack.emit import NO_PLUGINS
from rulepack.rule.transform import Transform

DEEPEST = 6
_CLOSING = re.compile(r"(^|[ \t])(#+)$")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_INFO = re.compile(r"^(.*?(?:`{3,}|~{3,})[ \t]*[\w+#.-]*).*$")
_JOINS = re.compile(f"{JOINED}+")
# A sentence that ends before its plugin needs no name in the plugin's place.
_SENTENCE_ENDS = (".", ":", ";", "!", "?", ")")


def render(guide: str, transform: Transform, *, top: int = 3, title: str | None = None) -> str:
    """A guide as Markdown whose highest heading is of level `top`.

    Its lists, quotes, tables and code stay as they are. A first heading that only repeats `title`, the heading that the
    page puts above, is left out. Placeholders without a plugin stay as code; the checks report them.
    """
    if transform == NO_PLUGINS:
        return _without_plugins(guide, top, title)
    return _render(guide, transform, top, title)


@lru_cache(maxsize=1024)
def _without_plugins(guide: str, top: int, title: str | None) -> str:
    # Many rules share a setup guide.
    return _render(guide, NO_PLUGINS, top, title)


def _render(guide: str, transform: Transform, top: int, title: str | None) -> str:
    found = _without_title(blocks(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", guide).strip("\n")), title)
    used = sorted({block.level for block in found if block.kind == HEADING})
    # Levels that the guide skips are skipped here no more, so that six are nearly always enough.
    levels = {level: min(DEEPEST, top + number) for number, level in enumerate(used)}
    writer = _Writer(transform, levels)
    for block in found:
        writer.add(block)
    return writer.text()


def _without_title(found: list[Block], title: str | None) -> list[Block]:
    """The blocks without a first heading that says what the page's own heading says."""
    first = next((number for number, block in enumerate(found) if block.kind != BLANK), None)
    if title is None or first is None or found[first].kind != HEADING:
        return found
    words = " ".join(found[first].lines[0][1].split())
    return found[first + 1 :] if words.casefold() == title.casefold() else found


class _Writer:
    """Puts blocks together again. After `gap` is set, what follows is kept apart by a blank line."""

    def __init__(self, transform: Transform, levels: dict[int, int]) -> None:
        self.transform = transform
        self.levels = levels
        self.lines: list[str] = []
        self.gap: str | None = None
        self.unclosed = ""

    def text(self) -> str:
        """The whole text; code that the guide leaves open is closed, or it would take the rest of the page."""
        return "\n".join((*self.lines, self.unclosed) if self.unclosed else self.lines).strip("\n")

    def add(self, block: Block) -> None:
        """Write a block."""
        self.unclosed = block.inner + block.unclosed if block.unclosed else ""
        if block.kind == BLANK:
            self.gap = None
            self.lines += [line.rstrip() for _, line in block.lines]
            return
        if block.glued and self.gap is None:
            # Not every reader of Markdown sees a list right below a paragraph.
            self.gap = ""
        if block.kind == BREAK:
            self._put([line for _, line in block.lines])
        elif block.kind == FENCED:
            # What follows the language would be a table's header to some readers.
            self._put([_INFO.sub(r"\1", block.lines[0][1]), *(line for _, line in block.lines[1:])])
        elif block.kind == INDENTED:
            self._indented(block)
        elif block.kind == HEADING:
            self._heading(block)
        elif block.kind == TABLE:
            self._table(block)
        else:
            self._paragraph(block)

    def _put(self, lines: Iterable[str]) -> None:
        if self.gap is not None:
            self.lines.append(self.gap)
            self.gap = None
        self.lines += lines

    def _indented(self, block: Block) -> None:
        """Indented code as a fenced block: what is above it cannot draw it into a paragraph then."""
        lines = [line for _, line in block.lines]
        blank = len(lines) - len("\n".join(lines).rstrip().split("\n"))
        lines = lines[: len(lines) - blank]
        mark = markdown.ticks("\n".join(lines))
        after = (*lines, mark, *[""] * blank)
        self._put([block.lines[0][0] + mark, *(_after(block.inner, line) for line in after)])

    def _heading(self, block: Block) -> None:
        before, words = block.lines[0]
        shown, found = self._named(disarm(words))
        shown = _CLOSING.sub(r"\1\\\2", shown)
        self._put([f"{before}{'#' * self.levels[block.level]} {shown}".rstrip()])
        self._blocks(found, block.inner)

    def _table(self, block: Block) -> None:
        """A table's rows, cell by cell: a bar ends a cell even within code."""
        rows: list[str] = []
        every: list[Plugin] = []
        for before, row in block.lines:
            named = [self._named(disarm(one)) for one in cells(row)]
            rows.append(before + "|".join("\\|".join(cells(shown)) for shown, _ in named))
            every += [plugin for _, found in named for plugin in found]
        self._put(rows)
        self._blocks(every, block.inner)

    def _paragraph(self, block: Block) -> None:
        shown = disarm("\n".join(line for _, line in block.lines)).split("\n")
        number = 0
        for line in shown:
            before = block.lines[number][0]
            if number and (before != block.inner or self.gap is not None):
                # Further to the left or right than it need be, or below a plugin's block that has ended the paragraph.
                before, words = block.inner, as_text(line)
            else:
                # No table's header is above it, but not every reader of Markdown agrees.
                words = "\\" + line if is_delimiter(line) else line
            if PLUGIN in words:
                self._line(before, words, block.inner, first=number == 0)
            else:
                self._put([before + (_JOINS.sub(" ", words) if JOINED in words else words)])
            number += 1 + line.count(JOINED)

    def _line(self, before: str, line: str, inner: str, *, first: bool) -> None:
        """A line with its plugins below it, or in its place where there is nothing else on it."""
        shown, found = self._named(line)
        if found:
            shown = shown.rstrip()
        names = " ".join(map(plugins.title, found))
        if found and " ".join(shown.split()) == names:
            self.gap = self.gap if first else inner.rstrip()
            self._blocks(found, inner, before if first else inner)
            return
        titled = True
        if found and shown.endswith(names):
            words = shown.removesuffix(names).rstrip()
            if words.endswith(_SENTENCE_ENDS):
                shown = words
            else:
                titled = len(found) > 1
        self._put([before + shown])
        self._blocks(found, inner, titled=titled)

    def _named(self, line: str) -> tuple[str, list[Plugin]]:
        """A line with the names of its plugins in their places, and the plugins."""
        if PLUGIN not in line:
            return _JOINS.sub(" ", line), []
        parts = line.split(PLUGIN)
        found: list[Plugin] = []
        for number in range(1, len(parts), 2):
            plugin = plugins.resolve(parts[number].replace(JOINED, "\n"), self.transform)
            if isinstance(plugin, str):
                parts[number] = plugin
            else:
                parts[number] = plugins.title(plugin)
                found.append(plugin)
        return _JOINS.sub(" ", "".join(parts)), found

    def _blocks(self, found: list[Plugin], inner: str, before: str | None = None, *, titled: bool = True) -> None:
        """The plugins' blocks, each apart from what is around it; the first begins with `before` if there is one."""
        for plugin in found:
            lines = [plugins.title(plugin), "", *plugins.body(plugin).split("\n")][0 if titled else 2 :]
            if before is None:
                self.gap = inner.rstrip()
            self._put([(inner if before is None else before) + lines[0], *(_after(inner, line) for line in lines[1:])])
            self.gap = inner.rstrip()
            before = None


def _after(inner: str, line: str) -> str:
    """A line with what its quotes and list items need before it."""
    return inner + line if line else inner.rstrip()
