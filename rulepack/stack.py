"""Stack versions: parse, compare, show."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True, order=True)
class StackVersion:
    """A version of the Elastic Stack; 9.3 and 9.3.0 are the same."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> StackVersion:
        """Read `9.3` or `9.3.0`; raises ValueError for anything else."""
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            msg = f"{text!r} is not a stack version such as 9.3"
            raise ValueError(msg)
        major, minor, patch = match.groups()
        return cls(int(major), int(minor), int(patch or 0))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}" + (f".{self.patch}" if self.patch else "")
