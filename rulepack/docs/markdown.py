"""Plain text and foreign Markdown made safe for a Markdown page."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What can begin markup inside a line. `_` only at the edge of a word: inside one it is safe, and reads better bare.
_INLINE = re.compile(r"[\\`*\[\]<>$~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|!(?=\[)")
# What can begin a block at the start of a line.
_BLOCK = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|[-+](?=\s|$)|=+\s*$|-{2,}\s*$|\d{1,9}(?=[.)](?:\s|$)))")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_ORDINAL = re.compile(r"^(\s*\d{1,9})([.)])")
_LINK = re.compile(r"https?://[^\s<>\"'`|\\^{}]+", re.IGNORECASE)
# What opens an HTML tag, comment, declaration or an autolink that is no web or mail address.
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!(?:https?://|mailto:)[^\s<>]*>)")
_BAD_TARGET = re.compile(r"(\]\(|^\s{0,3}\[[^\]]+\]:)(?=\s*<?\s*(?:javascript|data|vbscript|file)\s*:)", re.IGNORECASE)
_FENCE = re.compile(r"^(\s*(?:(?:[-*+]|\d{1,9}[.)])\s+|>\s?)*)(`{3,}|~{3,})(.*)$")


def text(value: str) -> str:
    """A plain text as Markdown that shows just that, on one line; code spans in backticks stay code."""
    folded = " ".join(value.split())
    parts = []
    last = 0
    for match in _CODE_SPAN.finditer(folded):
        parts.append(_escape(folded[last : match.start()]))
        parts.append(match[0])
        last = match.end()
    parts.append(_escape(folded[last:]))
    result = "".join(parts)
    result = _ORDINAL.sub(r"\1\\\2", result)
    return _BLOCK.sub(lambda match: f"{match[1]}\\{match[2]}", result)


def _escape(value: str) -> str:
    """Escape what could begin markup; addresses stay as they are, so that they still work as links."""
    parts = []
    last = 0
    for match in _LINK.finditer(value):
        parts.append(_INLINE.sub(lambda found: "\\" + found[0], value[last : match.start()]))
        parts.append(match[0].replace("*", "%2A").replace("_", "_"))
        last = match.end()
    parts.append(_INLINE.sub(lambda found: "\\" + found[0], value[last:]))
    return "".join(parts)


def cell(markdown: str) -> str:
    """Markdown as the content of a table cell: on one line, without a bare `|`."""
    return " ".join(markdown.split()).replace("|", "\\|")


def code(value: str) -> str:
    """A text as a code span, whatever it holds."""
    folded = " ".join(str(value).split())
    if not folded:
        return "(empty)"
    runs = [len(run) for run in re.findall(r"`+", folded)]
    ticks = "`" * (1 if not runs else max(runs) + 1)
    edge = " " if folded.startswith("`") or folded.endswith("`") else ""
    return f"{ticks}{edge}{folded}{edge}{ticks}"


def fence(value: str, language: str = "") -> str:
    """A text as a fenced code block, whatever it holds; trailing white space of lines goes."""
    lines = [line.rstrip() for line in value.strip("\n").split("\n")]
    longest = max((len(match[0]) for line in lines for match in re.finditer(r"`{3,}", line)), default=2)
    ticks = "`" * max(3, longest + 1)
    return "\n".join((f"{ticks}{language}", *lines, ticks))


def link(address: str, label: str | None = None) -> str:
    """A link to a web address; anything else is shown as text, not linked."""
    address = address.strip()
    if _LINK.fullmatch(address) is None:
        return text(address)
    if label is None:
        return f"<{address}>"
    return f"[{text(label)}]({address.replace('(', '%28').replace(')', '%29')})"


def lines_with_code(markdown: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is code of a fenced block (its fences too)."""
    ticks: str | None = None
    for line in markdown.split("\n"):
        match = _FENCE.match(line)
        if ticks is not None:
            yield line, True
            if match and match[2][0] == ticks[0] and len(match[2]) >= len(ticks) and not match[3].strip():
                ticks = None
        elif match and not ("`" in match[3] and match[2][0] == "`"):
            ticks = match[2]
            yield line, True
        else:
            yield line, False


def defuse(line: str) -> str:
    """A line of Markdown without HTML and without links that run something; code spans stay as they are."""
    if "<" not in line and "](" not in line and "]:" not in line:
        return line
    parts = []
    last = 0
    for match in _CODE_SPAN.finditer(line):
        parts.append(_TAG.sub("&lt;", line[last : match.start()]))
        parts.append(match[0])
        last = match.end()
    parts.append(_TAG.sub("&lt;", line[last:]))
    return _BAD_TARGET.sub(lambda match: match[1][:-1] + "\\" + match[1][-1], "".join(parts))


def indent(markdown: str, width: int) -> str:
    """Every line but the blank ones moved right, as the content of a list item."""
    prefix = " " * width
    return "\n".join(prefix + line if line.strip() else "" for line in markdown.split("\n"))
