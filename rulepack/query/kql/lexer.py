r"""The smallest parts of KQL: what a space, a word, a quoted text and an escape are.

After Kibana's grammar (kbn-es-query, `grammar.peggy`), with what follows from its order of choices:
`\not` is a line break and "ot", and `not` with a space behind it ends a text even within a word.
"""

from __future__ import annotations

import re
from typing import Final

from rulepack.query.kql.ast import Literal, Wildcard

SPACE: Final = r" \t\r\n\u00a0"
# What JavaScript's trim() takes away.
TRIMMED: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

OPERATORS: Final = frozenset({"and", "or", "not"})
GAP: Final = re.compile(f"[{SPACE}]*+")
# Its one group is set for `and`.
JOINT: Final = re.compile(f"[{SPACE}]++(?:([aA][nN][dD])|[oO][rR])[{SPACE}]++")
NOT: Final = re.compile(f"[nN][oO][tT][{SPACE}]++")
# What stands between a field and its values.
MARK: Final = re.compile(f"[{SPACE}]*+(:|<=?|>=?)[{SPACE}]*+")
QUOTED: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
WORDS: Final = re.compile(
    rf"""(?:
        [^\\():<>"{{}}nN{SPACE}]++
        |[nN](?![oO][tT][{SPACE}])
        |[{SPACE}](?!(?:[aA][nN][dD]|[oO][rR])[{SPACE}])
        |\\(?:[trn\\():<>"*{{}}]|u[0-9a-fA-F]{{4}}|[oO][rR]|[aA][nN][dD]|[nN][oO][tT])
    )++""",
    re.VERBOSE,
)
# A text that means what it says: no escape, no wildcard, nothing to trim.
PLAIN: Final = re.compile(r"[A-Za-z0-9_.@/+%-]++")

_CONSTANTS: Final[dict[str, str | bool | None]] = {"null": None, "true": True, "false": False}
_ESCAPED_IN_QUOTES: Final = re.compile(r'\\(?:([trn])|u([0-9a-fA-F]{4})|([\\"]))')
_ESCAPED_OR_STAR: Final = re.compile(
    r'(\*)|\\(?:([trn])|u([0-9a-fA-F]{4})|([\\():<>"*{}]|[oO][rR]|[aA][nN][dD]|[nN][oO][tT]))'
)
_WHITE: Final = {"t": "\t", "r": "\r", "n": "\n"}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def quoted(raw: str, start: int) -> Literal:
    """A text in quotes: `raw` with them, which stands at `start`."""
    value = raw[1:-1]
    if "\\" in value:
        value = _joined(_ESCAPED_IN_QUOTES.sub(_meant_in_quotes, value))
    return Literal(value, True, start, start + len(raw))  # noqa: FBT003 (the second is `quoted`)


def words(raw: str, start: int) -> Literal | Wildcard:
    """A text without quotes: `raw` as it stands at `start`, with the spaces around it."""
    if PLAIN.fullmatch(raw):
        end = start + len(raw)
        return Literal(_CONSTANTS.get(raw, raw), False, start, end)  # noqa: FBT003 (see above)
    tail = raw.rstrip(TRIMMED)
    end = start + (len(tail) or len(raw))
    start += len(tail) - len(tail.lstrip(TRIMMED))
    parts = _parts(raw)
    if len(parts) > 1:
        return Wildcard(_trimmed(parts), start, end)
    value = parts[0].strip(TRIMMED)
    return Literal(_CONSTANTS.get(value, value), False, start, end)  # noqa: FBT003 (see above)


def _parts(raw: str) -> list[str]:
    """The texts between the wildcards, escapes undone."""
    if "\\" not in raw:
        return raw.split("*")
    parts = [""]
    at = 0
    pieces: list[str] = []
    for found in _ESCAPED_OR_STAR.finditer(raw):
        pieces.append(raw[at : found.start()])
        at = found.end()
        star, white, code, itself = found.groups()
        if star:
            parts[-1] = "".join(pieces)
            pieces = []
            parts.append("")
        else:
            pieces.append(_meaning(white, code, itself))
    pieces.append(raw[at:])
    parts[-1] = "".join(pieces)
    return [_joined(part) for part in parts]


def _trimmed(parts: list[str]) -> tuple[str, ...]:
    parts[0] = parts[0].lstrip(TRIMMED)
    parts[-1] = parts[-1].rstrip(TRIMMED)
    return tuple(parts)


def _meant_in_quotes(found: re.Match[str]) -> str:
    return _meaning(*found.groups())


def _meaning(white: str | None, code: str | None, itself: str | None) -> str:
    if white:
        return _WHITE[white]
    return chr(int(code, 16)) if code else itself or ""


def _joined(text: str) -> str:
    """The text with the two halves of a character put together, as JavaScript does."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
