"""Plain text made Markdown: filters that show a value as it is, whatever it holds."""

from __future__ import annotations

import re
from functools import lru_cache

# Code spans stay, addresses become links, and the rest is escaped where it could begin markup. `_` is safe between
# letters or digits, and reads better bare there.
_CODE = r"(?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
_LINK = r"(?P<link>\[(?P<label>[^\[\]`<]+)\]\((?P<target>https?://[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)\))"
_ADDRESS = r"(?P<address>https?://[^\s<>\"`]+)"
_SPECIAL = r"&(?=#?\w+;)|<(?=[A-Za-z/!?])|[\\`*\[\]$~]|(?<![^\W_])_|_(?![^\W_])"
_LABEL = re.compile(f"{_CODE}|{_SPECIAL}")
_TEXT = re.compile(f"{_CODE}|{_ADDRESS}|{_SPECIAL}", re.IGNORECASE)
_PROSE = re.compile(f"{_CODE}|{_LINK}|{_ADDRESS}|{_SPECIAL}", re.IGNORECASE)
_ENTITIES = {"&": "&amp;", "<": "&lt;"}
# What can begin a block at the start of a line; and what a heading takes for its own end.
_START = re.compile(r"#{1,6}(?=\s|$)|[-+](?=\s|$)|=+$|-{2,}$|>")
_ORDINAL = re.compile(r"(\d{1,9})(?=[.)](?:\s|$))")
_END = re.compile(r"(^|\s)(?=#+$)")
_WHOLE_ADDRESS = re.compile(r"https?://[^\s<>\x00-\x20]+", re.IGNORECASE)
# What ends the sentence rather than the address in it, and brackets that the address did not open.
_NOT_AT_END = ".,;:!?'*_~"
_PAIRS = {")": "(", "]": "["}
_TICKS = re.compile("`+")
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
# Marks, embeddings, overrides and isolates of direction, and characters without width that join nothing.
_HIDDEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")


@lru_cache(maxsize=16384)
def text(value: str) -> str:
    """A plain text as Markdown that shows just that, on one line; code spans in backticks stay code."""
    return _escaped(value, _TEXT)


def label(value: str) -> str:
    """The same for the text of a link, in which an address can be no link of its own."""
    return _escaped(value, _LABEL)


def prose(value: str) -> str:
    """The same for sentences, in which Markdown links to web addresses stay links too."""
    return _escaped(value, _PROSE)


def _escaped(value: str, tokens: re.Pattern[str]) -> str:
    folded = visible(" ".join(value.split()))
    parts = []
    position = 0
    while match := tokens.search(folded, position):
        parts.append(folded[position : match.start()])
        position = match.end()
        found = match.groupdict()
        if found["code"]:
            parts.append(match[0])
        elif found.get("link"):
            parts.append(link(match["target"], match["label"]))
        elif found.get("address"):
            address = _without_end(match[0])
            position = match.start() + len(address)
            parts.append(f"<{address}>")
        else:
            parts.append(_ENTITIES.get(match[0], "\\" + match[0]))
    parts.append(folded[position:])
    return unlike_a_block("".join(parts))


def _without_end(address: str) -> str:
    """An address without the punctuation of the sentence that it ends."""
    while address[-1] in _NOT_AT_END or (
        address[-1] in _PAIRS and address.count(address[-1]) > address.count(_PAIRS[address[-1]])
    ):
        address = address[:-1]
    return address


def unlike_a_block(line: str) -> str:
    """A line that cannot be taken for a heading, a list item or a break, and loses nothing as a heading's text."""
    if _START.match(line):
        line = "\\" + line
    elif line[:1].isdigit():
        line = _ORDINAL.sub(r"\1\\", line, count=1) if _ORDINAL.match(line) else line
    return _END.sub(r"\1\\", line) if line.endswith("#") else line


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return _NOT_IN_ANCHORS.sub("", heading.lower()).replace(" ", "-")


def visible(value: str) -> str:
    """A text in which what would turn the reading of the page around, or hide in a name, is shown: `(U+202E)`.

    The joiners that scripts and signs need stay.
    """
    return value if value.isascii() else _HIDDEN.sub(lambda found: f"(U+{ord(found[0]):04X})", value)


def cell(markdown: str) -> str:
    """Markdown as the content of a table cell: on one line, without a bare `|`."""
    if "\n" in markdown:
        markdown = " ".join(markdown.split())
    return markdown.strip().replace("|", "\\|")


def code(value: str) -> str:
    """A text as a code span, whatever it holds."""
    folded = visible(" ".join(str(value).split()))
    if "`" not in folded:
        return f"`{folded}`" if folded else "(empty)"
    mark = "`" * (1 + max(len(run) for run in _TICKS.findall(folded)))
    edge = " " if folded.startswith("`") or folded.endswith("`") else ""
    return f"{mark}{edge}{folded}{edge}{mark}"


def fence(value: str, language: str = "") -> str:
    """A text as a fenced code block, whatever it holds; empty lines around it and blanks at line ends go."""
    lines = [visible(line.rstrip()) for line in value.strip("\n").split("\n")]
    mark = ticks(value)
    return "\n".join((f"{mark}{language}", *lines, mark))


def ticks(value: str) -> str:
    """The backticks that can fence a text: more than it holds in a row."""
    longest = max(map(len, _TICKS.findall(value)), default=0) if "```" in value else 0
    return "`" * max(3, longest + 1)


def link(address: str, name: str | None = None) -> str:
    """A link to a web address; anything else is shown as text, not linked."""
    address = address.strip()
    if _WHOLE_ADDRESS.fullmatch(address) is None:
        return text(address if name is None else name)
    if name is None:
        return f"<{address}>"
    target = address.replace("&", "&amp;").replace("\\", "%5C").replace("(", "%28").replace(")", "%29")
    return f"[{label(name)}]({target})"
