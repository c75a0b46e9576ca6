"""Page: a path in docs-out and a text."""

from __future__ import annotations

import unicodedata

from rulepack.frozen import frozen


@frozen
class Page:
    """A page to be written: `path` relative to the output folder, with `/`; `text` ends with one line break."""

    path: str
    text: str


def spelling(path: str) -> str:
    """A page's path as a file system has it that ignores case and how accents are composed."""
    return unicodedata.normalize("NFC", path).casefold()
