"""The inside of a paragraph of foreign Markdown, disarmed: no HTML, no links that run something, no formulas.

What is left reads as before: code spans keep every character, and what is escaped shows as it stood.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from rulepack.emit import PLACEHOLDER

# A plugin, as the guide has it, stands between two PLUGINs. JOINED is a line break that became a blank.
PLUGIN, JOINED = "\x01", "\x02"

# All that can begin something; the rest is copied.
_TOKEN = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)"
    r"|(?P<bracket>\](?=[(:]))"
    r"|(?P<address>https?://(?:[^\s<>`\\\[\]()|$]|\$(?![${oi]))+)"
    r"|(?P<angle><)"
    r"|(?P<literal>!\{(?:osquery|investigate)(?=\{))"
    r"|(?P<dollar>\$)"
)
# A paragraph without any of these needs nothing, if each line has an even number of backticks.
_SUSPICIOUS = re.compile(r"[<$\\]|``|\]\(|\]:|!\{")
# Any other `<` before one of the second's begins a tag, a comment, or an address that may run something.
_AUTOLINK = re.compile(r"<(?:https?://|mailto:)[^\s<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[A-Za-z/!?]")
# The target and title of a link.
_TAIL = re.compile(
    r"\(\s*(?:<(?P<angled>(?:[^<>\\\n]|\\.)*)>|(?P<bare>(?!<)(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*))"
    r"""(?P<title>\s+(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?\s*\)""",
    re.DOTALL,
)
_ESCAPABLE = re.compile(r"(\\.)|`", re.DOTALL)
_DEFINED = re.compile(r":\s*<?([^\s>]*)")
# A web or mail address, or a place within the pages.
_HARMLESS = re.compile(r"https?://|mailto:|[^\s:&\\]*(?:[/?#]|$)", re.IGNORECASE)


# To say where JSON is broken takes longer, the longer the text is; nobody writes more such plugins into a paragraph.
_MOST_BROKEN = 100


@lru_cache(maxsize=16384)
def disarm(paragraph: str) -> str:
    """The text of a paragraph, a heading or a table's cell without what could do harm in a page.

    The lines of a code span are joined, with JOINED between them, and backticks that open nothing are escaped: no
    reader of Markdown can take code for something else then, however it divides the lines.
    """
    if _SUSPICIOUS.search(paragraph) is None and not (
        "`" in paragraph and any(line.count("`") % 2 for line in paragraph.split("\n"))
    ):
        return paragraph
    return "".join(_disarmed(paragraph))


def _disarmed(text: str) -> Iterator[str]:
    runs = _runs(text)
    opened = text.find("[")
    position = broken = 0
    while match := _TOKEN.search(text, position):
        yield text[position : match.start()]
        start, position = match.span()
        sign = match[0]
        if sign[0] == "`":
            shown, position = _code(text, start, sign, runs)
            yield shown
        elif sign == "]":
            shown, position = _bracket(text, start, linked=0 <= opened < start)
            yield shown
        elif sign == "<":
            shown, position = _angle(text, start)
            yield shown
        elif sign == "$":
            placeholder = PLACEHOLDER.match(text, start)
            position = placeholder.end() if placeholder else position
            yield f"{PLUGIN}{placeholder[0]}{PLUGIN}" if placeholder else "\\$"
        elif sign[0] == "!":
            end = _literal_end(text, position) if broken < _MOST_BROKEN else None
            broken += end is None
            position = end or position
            yield f"{PLUGIN}{_on_one_line(text[start:end])}{PLUGIN}" if end else sign
        else:
            yield sign
    yield text[position:]


def _runs(text: str) -> dict[int, list[int]]:
    """Where runs of backticks begin, by their length."""
    runs: dict[int, list[int]] = {}
    for match in re.finditer("`+", text):
        runs.setdefault(len(match[0]), []).append(match.start())
    return runs


def _code(text: str, start: int, ticks: str, runs: dict[int, list[int]]) -> tuple[str, int]:
    """A code span and its end; or the backticks alone, escaped."""
    end = start + len(ticks)
    places = runs.get(len(ticks), [])
    following = bisect_left(places, end)
    # In a definition such as `[a`]: b` the bracket counts, not the code.
    if following == len(places) or (text[0] == "[" and "]:" in text[end : places[following]]):
        return "\\`" * len(ticks), end
    content = text[end : places[following]]
    end = places[following] + len(ticks)
    if PLACEHOLDER.fullmatch(content) and content != "$$":
        return f"{PLUGIN}{content}{PLUGIN}", end
    return f"{ticks}{_on_one_line(content)}{ticks}", end


def _bracket(text: str, start: int, *, linked: bool) -> tuple[str, int]:
    """The end of a link's text, if one began: with the link's target, or escaped so that it is none."""
    if text[start + 1] == ":":
        defined = _DEFINED.match(text, start + 1)
        return ("]" if defined and defined[1] and _HARMLESS.match(defined[1]) else "\\]"), start + 1
    tail = _TAIL.match(text, start + 1) if linked else None
    if tail is None:
        return "\\]", start + 1
    target = tail["bare"]
    if target is None:
        target = tail["angled"].replace(" ", "%20").replace("(", "%28").replace(")", "%29")
    if _HARMLESS.match(target) is None:
        return "\\]", start + 1
    target = target.replace("`", "%60").replace("<", "%3C")
    title = _ESCAPABLE.sub(lambda found: found[1] or "\\`", (tail["title"] or "").strip().replace("<", "&lt;"))
    gap = JOINED * (tail[0].count("\n") - title.count("\n")) or (" " if title else "")
    return f"]({target}{gap}{_on_one_line(title)})", tail.end()


def _angle(text: str, start: int) -> tuple[str, int]:
    """An autolink to a web or mail address and its end, or the bracket made harmless."""
    if match := _AUTOLINK.match(text, start):
        return match[0], match.end()
    return ("&lt;" if _TAG.match(text, start) else "<"), start + 1


def _literal_end(text: str, start: int) -> int | None:
    """The end of a plugin that is written out, whose JSON begins at `start`; None if that is no JSON."""
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return end + 1 if text[end : end + 1] == "}" else None


def _on_one_line(text: str) -> str:
    return text.replace("\n", JOINED)
