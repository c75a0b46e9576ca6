"""Page: a path in docs-out and a text."""

from __future__ import annotations

from rulepack.frozen import frozen


@frozen
class Page:
    """A page to be written: `path` relative to the output folder, with `/`; `text` ends with one line break."""

    path: str
    text: str
