"""SOURCE_DATE_EPOCH: the time that whoever builds names, so that what is made of the same input has the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from rulepack.errors import ProjectError


def named_moment(environment: Mapping[str, str]) -> datetime | None:
    """The moment that SOURCE_DATE_EPOCH names, in UTC; None where it is not set, or empty.

    Raises ProjectError when it is no number of seconds (https://reproducible-builds.org/specs/source-date-epoch/).
    """
    named = environment.get("SOURCE_DATE_EPOCH")
    try:
        return datetime.fromtimestamp(int(named), UTC) if named else None
    except (ValueError, OverflowError, OSError):
        raise ProjectError(f"SOURCE_DATE_EPOCH is {named!r}", "set it to seconds since 1970, or not at all") from None
