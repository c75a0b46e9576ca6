"""The name of a rule as a file name and an anchor."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"[\W_]+")


def slug(name: str) -> str:
    """Lower case, every run of characters that are no letters or digits one dash: `ATT&CK (v2)` is `att-ck-v2`.

    A name without any letter or digit gives `rule`; composed and decomposed accents give the same.
    """
    return _SEPARATORS.sub("-", unicodedata.normalize("NFC", name).lower()).strip("-") or "rule"
