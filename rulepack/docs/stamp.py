"""Stamp: what tells a file that nobody touched since it was written, without reading it."""

from __future__ import annotations

import os
from typing import NamedTuple


class Stamp(NamedTuple):
    """Size, times in nanoseconds, and number of a file. A file that was written to has another."""

    size: int
    changed: int
    status: int
    number: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        """The stamp of a file, of what the system says of it."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
