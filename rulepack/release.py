"""Release: a version of the pack that was given out, and when, [releases]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from rulepack.fields import Text
from rulepack.frozen import frozen
from rulepack.schema import Path, key, model, parse

# It goes into links and names of files as it is.
PACK_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HINT = 'write days as "2026-01-31"'


@model
class _Release:
    """An entry of [releases]."""

    date: str = key(Text(pattern=_DAY, hint=_HINT, required=True), "The day it was released.")
    notes: str | None = key(Text(), "What there is to say of it.")


@frozen
class Release:
    """A version of the pack, the day it was released as `2026-01-31`, and what there is to say of it."""

    version: str
    date: str
    notes: str = ""


def parse_release(version: str, value: Any) -> Release | tuple[Path, str, str | None]:
    """A release, or the first thing that is wrong with it: path, message and hint. A day may stand for its table."""
    if PACK_VERSION.fullmatch(version) is None:
        return (), f"{version!r} is no version", "such as 1.4.0, in quotes"
    found, problems = parse(_Release, value if isinstance(value, Mapping) else {"date": value})
    for path, problem in problems:
        return path if isinstance(value, Mapping) else (), f"{version}: {problem.message}", problem.hint
    assert found is not None
    try:
        date.fromisoformat(found.date)
    except ValueError:
        return ("date",) if isinstance(value, Mapping) else (), f"{version}: there is no day {found.date}", _HINT
    return Release(version, found.date, " ".join((found.notes or "").split()))
