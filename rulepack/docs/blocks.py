"""The block structure of Markdown: which lines are headings, text or code, and inside which quotes and list items.

It follows CommonMark with GitHub's tables, but knows no HTML blocks: a guide's HTML is shown as text, so its lines are
text like any other. Whether `<b>` is code or must be disarmed depends on all the lines before it, which is why a guess
by regular expression will not do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

HEADING, TEXT, TABLE, FENCED, INDENTED, BLANK, BREAK = (
    "heading",
    "text",
    "table",
    "fenced",
    "indented",
    "blank",
    "break",
)

_ATX = re.compile(r"(#{1,6})(?:[ \t]+(.*))?$")
_ATX_END = re.compile(r"(?:^|[ \t])#+$")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*$")
_BREAK = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})")
_MARKER = re.compile(r"(?:[-*+]|(\d{1,9})[.)])(?=[ \t]|$)")
_DELIMITER = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_DELIMITER_START = ("|", ":", "-")
_DEFINITION = re.compile(r"\[[^\]]+\]:")
_START = re.compile(r"#{1,6}(?=[ \t]|$)|[-+*](?=[ \t]|$)|>|~~~|(?:=+|-+)[ \t]*$|(?:[*_-][ \t]*){3,}$|\[(?=[^\]]+\]:)")
_ORDINAL = re.compile(r"(\d{1,9})(?=[.)](?:[ \t]|$))")
# What can begin anything but a paragraph.
_STARTS = frozenset("#`~*-_+=>0123456789")
_BLANKS = re.compile(" *")
_BAR = re.compile(r"(?<!\\)\|")
# The part of a line that can hold the marks of quotes and list items.
_HEAD = re.compile(r"[ \t>*+\-0-9.)]*")
_TAB = 4
_CODE_INDENT = 4
_QUOTE = 0
_DEEPEST = 100


@dataclass(slots=True)
class Block:
    """Some lines that belong together, each as what quotes and lists put before it and its own text.

    `inner` is what a further line needs before it to be in the same quotes and list items. Lines of fenced code, blank
    lines and breaks are kept as they stand, with nothing before the text; of a heading and of indented code there is
    the content alone. `unclosed` is the fence that a code block lacks at its end. `glued` tells that a list begins
    right below a paragraph, outside of other lists and quotes.
    """

    kind: str
    inner: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    level: int = 0
    unclosed: str = ""
    glued: bool = False


def blocks(markdown: str) -> list[Block]:
    """The blocks of a text, in order."""
    parser = _Parser()
    for line in markdown.split("\n"):
        parser.add(line)
    return parser.found


def is_delimiter(line: str) -> bool:
    """Whether a line can be the one below a table's header."""
    return line[:1] in _DELIMITER_START and ("|" in line or ":" in line) and _DELIMITER.match(line) is not None


def as_text(line: str) -> str:
    """A line of text that nobody can take for the beginning of anything else."""
    if is_delimiter(line) or _START.match(line):
        return "\\" + line
    return _ORDINAL.sub(r"\1\\", line, count=1) if _ORDINAL.match(line) else line


def cells(row: str) -> list[str]:
    """The cells of a table's row; `"|".join()` gives the row again."""
    return _BAR.split(row)


class _Parser:
    """Reads line by line. `containers` are the open quotes (0) and list items (the width of their indentation)."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self.containers: list[int] = []
        self.leaf: Block | None = None
        self.fence = ""
        self.empty_item = False

    def add(self, raw: str) -> None:
        """Take the next line."""
        if not self.containers and not self.fence and raw[:1].isalpha():
            # By far the most frequent line: a paragraph begins or goes on.
            leaf = self.leaf if self.leaf is not None and self.leaf.kind != INDENTED else self._open(TEXT)
            if leaf.kind == TEXT:
                leaf.lines.append(("", raw))
                return
        line = _expanded(raw) if "\t" in raw else raw
        position, matched = self._match_containers(line)
        if self.leaf is not None and matched == len(self.containers):
            if self.fence:
                self._fenced(raw, line[position:])
                return
            blank = not line[position:].strip()
            if self.leaf.kind == INDENTED and (blank or _indent(line, position) >= _CODE_INDENT):
                self.leaf.lines.append((self._inner(), _without_columns(raw, position + _CODE_INDENT)))
                return
        self._open_containers(raw, line, position, matched)

    def _match_containers(self, line: str) -> tuple[int, int]:
        """Where the content begins after the marks of the open containers, and how many of these go on."""
        position = 0
        for number, container in enumerate(self.containers):
            indent = _indent(line, position)
            if container == _QUOTE:
                if indent >= _CODE_INDENT or line[position + indent : position + indent + 1] != ">":
                    return position, number
                position = _after_quote(line, position + indent)
            elif position + indent == len(line):
                # An item that began with an empty line ends at the next one.
                if self.empty_item and number == len(self.containers) - 1:
                    return position, number
                position = min(len(line), position + container)
            elif indent < container:
                return position, number
            else:
                position += container
        return position, len(self.containers)

    def _fenced(self, raw: str, content: str) -> None:
        """A line of a fenced code block, or its end."""
        assert self.leaf is not None
        self.leaf.lines.append(("", raw))
        ending = content.strip(" \t")
        if ending.startswith(self.fence) and not ending.strip(self.fence[0]) and _indent(content, 0) < _CODE_INDENT:
            self.leaf.unclosed = self.fence = ""
            self.leaf = None

    def _open_containers(self, raw: str, line: str, position: int, matched: int) -> None:
        """Open the quotes and list items that begin on a line, then see what they hold."""
        paragraph = self.leaf is not None and self.leaf.kind == TEXT
        glued = False
        while True:
            indent = _indent(line, position)
            rest = line[position + indent :]
            if indent >= _CODE_INDENT or rest[:1] not in _STARTS:
                break
            directly = paragraph and matched == len(self.containers)
            if (directly and _UNDERLINE.match(rest)) or _BREAK.match(rest):
                break
            if matched == _DEEPEST:
                # Nobody writes that deep: what comes is text, and so disarmed.
                break
            if rest[:1] == ">":
                self._close(matched)
                self.containers.append(_QUOTE)
                self.empty_item = False
                position = _after_quote(line, position + indent)
            elif match := _MARKER.match(rest):
                after = rest[match.end() :]
                empty = not after.strip()
                if directly and (empty or match[1] not in {None, "1"}):
                    break
                glued = glued or (directly and not self.containers)
                spaces = _indent(after, 0)
                width = indent + match.end() + (1 if empty or spaces > _CODE_INDENT else spaces)
                self._close(matched)
                self.containers.append(width)
                self.empty_item = empty
                position = min(len(line), position + width)
            else:
                break
            matched += 1
            paragraph = False
        self._leaf(raw, line, position, matched)
        self.found[-1].glued = self.found[-1].glued or glued

    def _leaf(self, raw: str, line: str, position: int, matched: int) -> None:
        """What a line holds after the marks of its containers."""
        indent = _indent(line, position)
        before, rest = line[: position + indent], line[position + indent :]
        lazy = matched < len(self.containers)
        leaf = self.leaf
        paragraph = leaf is not None and leaf.kind == TEXT
        if indent < _CODE_INDENT and rest[:1] in _STARTS:
            if match := _ATX.match(rest):
                self._close(matched)
                self._open(
                    HEADING, (before, _ATX_END.sub("", (match[2] or "").strip(" \t")).rstrip()), level=len(match[1])
                )
                self.leaf = None
                return
            if match := _FENCE.match(rest):
                self._close(matched)
                self.fence = match[1] or match[2]
                self._open(FENCED, ("", raw)).unclosed = self.fence
                return
            if leaf is not None and paragraph and not lazy and self._underline(leaf, rest):
                return
            if _BREAK.match(rest):
                self._close(matched)
                self._open(BREAK, ("", raw))
                self.leaf = None
                return
        elif indent >= _CODE_INDENT and rest and not paragraph:
            self._close(matched)
            self._open(INDENTED, (line[:position], _without_columns(raw, position + _CODE_INDENT)))
            return
        if leaf is not None and rest and (paragraph or (leaf.kind == TABLE and not lazy)):
            if paragraph and not lazy and indent < _CODE_INDENT and self._table(leaf, before, rest):
                return
            leaf.lines.append((before, rest))
            return
        self._close(matched)
        if rest:
            self._open(TEXT, (before, rest))
        else:
            self.found.append(Block(BLANK, self._inner(), [("", raw)]))

    def _underline(self, leaf: Block, rest: str) -> bool:
        """Turn the paragraph into a heading if this line underlines it."""
        if _UNDERLINE.match(rest) is None or _DEFINITION.match(leaf.lines[0][1]):
            return False
        words = " ".join(text.strip() for _, text in leaf.lines)
        leaf.kind, leaf.level, leaf.lines = HEADING, 1 if rest[0] == "=" else 2, [(leaf.lines[0][0], words)]
        self.leaf = None
        return True

    def _table(self, leaf: Block, before: str, rest: str) -> bool:
        """Begin a table if this line is the one below a table's header, which is the paragraph's last line."""
        header = leaf.lines[-1][1]
        if "|" not in header or not is_delimiter(rest) or _columns(header) != _columns(rest):
            return False
        if len(leaf.lines) == 1:
            leaf.kind = TABLE
        else:
            self._open(TABLE, leaf.lines.pop())
        assert self.leaf is not None
        self.leaf.lines.append((before, rest))
        return True

    def _open(self, kind: str, *lines: tuple[str, str], level: int = 0) -> Block:
        self.leaf = Block(kind, self._inner(), list(lines), level)
        self.found.append(self.leaf)
        self.empty_item = False
        return self.leaf

    def _close(self, matched: int) -> None:
        """Close the leaf, and the containers from a number on."""
        self.leaf = None
        self.fence = ""
        if matched < len(self.containers):
            del self.containers[matched:]
            self.empty_item = False

    def _inner(self) -> str:
        """What a line needs before it to be in the open quotes and list items."""
        return "".join("> " if one == _QUOTE else " " * one for one in self.containers) if self.containers else ""


def _expanded(line: str) -> str:
    """The line with the tabs before its content as blanks."""
    head = _HEAD.match(line)
    assert head is not None
    return head[0].expandtabs(_TAB) + line[head.end() :]


def _without_columns(line: str, columns: int) -> str:
    """The line from a column on; what is left of a tab that reaches across it are blanks."""
    column = 0
    for index, character in enumerate(line):
        if column >= columns:
            return " " * (column - columns) + line[index:]
        column += _TAB - column % _TAB if character == "\t" else 1
    return ""


def _indent(line: str, position: int) -> int:
    """How many blanks there are from a position on."""
    found = _BLANKS.match(line, position)
    assert found is not None
    return found.end() - position


def _after_quote(line: str, position: int) -> int:
    """The position after a `>` and the blank that belongs to it."""
    return position + 1 + (line[position + 1 : position + 2] == " ")


def _columns(row: str) -> int:
    return len(cells(row.strip().removeprefix("|").removesuffix("|")))
