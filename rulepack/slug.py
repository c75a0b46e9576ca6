"""The name of a rule as a file name and an anchor."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_SEPARATORS = re.compile(r"[\W_]+")
# File systems allow 255 bytes; Windows allows about as many for the whole path.
LONGEST = 120
_DIGITS = 8
# Names that Windows keeps for devices, whatever comes after a dot.
_DEVICE = re.compile(r"con|prn|aux|nul|(?:com|lpt)[\d¹²³]")


def slug(name: str) -> str:
    """Lower case, every run of characters that are no letters or digits one dash: `ATT&CK (v2)` is `att-ck-v2`.

    A name without any letter or digit gives `rule`; composed and decomposed accents give the same. A very long name is
    cut, and ends in digits that tell it from others that begin alike.
    """
    # Lower case first: it can take a letter apart, such as a Turkish capital I.
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).lower())
    result = _SEPARATORS.sub("-", folded).strip("-") or "rule"
    if len(result.encode()) > LONGEST:
        digits = hashlib.sha256(result.encode()).hexdigest()[:_DIGITS]
        head = result.encode()[: LONGEST - _DIGITS - 1].decode(errors="ignore").rstrip("-")
        return f"{head}-{digits}"
    return f"{result}-rule" if _DEVICE.fullmatch(result) else result
