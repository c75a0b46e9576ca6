r"""Text made safe to show: what a terminal or a reader would not see becomes a visible escape, `\x1b` or `<U+202E>`."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Letters and marks that draw nothing, so that two names that look alike can differ.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_BYTE = 0xFF
# Vowels and finals that a terminal draws into the syllable before them.
_JOINING_JAMO = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))


def is_hidden(char: str) -> bool:
    """Whether this character acts on its surroundings or on the terminal instead of showing itself.

    Controls, format characters (bidi, joiners, tags), lone surrogates, line separators; also private and unassigned
    ones, of which nobody can say what they do. Spaces of any width are not hidden.
    """
    if char in _BLANK:
        return True
    return not char.isprintable() and unicodedata.category(char) != "Zs"


class Escapes(dict[int, str]):
    """A table for `str.translate` that shows hidden characters in the way given, asking once for each."""

    def __init__(self, show: Callable[[str], str]) -> None:
        super().__init__()
        self._show = show

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = shown = self._show(char) if is_hidden(char) else char
        return shown


def _show(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    return f"\\x{code:02x}" if code <= _BYTE and char != "\xad" else f"<U+{code:04X}>"


_VISIBLE = Escapes(_show)


def visible(text: str) -> str:
    """The text on one line, with every hidden character shown as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_VISIBLE)


def width(text: str) -> int:
    """How many columns a terminal needs for text without hidden characters."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me") or any(ord(char) in jamo for jamo in _JOINING_JAMO):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
