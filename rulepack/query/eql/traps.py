"""Characters in an EQL query that nobody sees, and that Elasticsearch compares all the same."""

from __future__ import annotations

import re
import unicodedata

from rulepack.query.base import MAX_ERRORS, QueryError

# Control characters but tab and line ends, zero-width and bidirectional ones, and halves of characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)


def invisible(text: str) -> list[QueryError]:
    """One trap for each such character, at most MAX_ERRORS."""
    found = []
    for match in _INVISIBLE.finditer(text):
        character = match[0]
        name = unicodedata.name(character, "a control character").lower()
        message = f"an invisible character, U+{ord(character):04X} ({name})"
        hint = f"remove it, or write \\u{{{ord(character):04x}}} where it is meant"
        found.append(QueryError("trap", message, match.start(), match.end(), hint))
        if len(found) == MAX_ERRORS:
            break
    return found
