"""Characters in an EQL query that nobody sees, and that Elasticsearch compares all the same."""

from __future__ import annotations

import re

from rulepack.query.base import MAX_ERRORS, QueryError

# Control characters but tab and line ends, zero-width and bidirectional ones, and halves of characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SURROGATES = range(0xD800, 0xE000)


def invisible(text: str) -> list[QueryError]:
    """One error for each such character, at most MAX_ERRORS: traps, and halves of characters."""
    found = []
    for match in _INVISIBLE.finditer(text):
        code = ord(match[0])
        if code in _SURROGATES:
            message = f"U+{code:04X} is half of a character, which no file can hold"
            found.append(QueryError("syntax", message, *match.span(), "remove it, or write the whole character"))
        else:
            hint = f"remove it, or write it as \\u{{{code:04x}}} where it is meant"
            found.append(QueryError("trap", f"the invisible character U+{code:04X}", *match.span(), hint))
        if len(found) == MAX_ERRORS:
            break
    return found
