"""Stack versions: parse, compare, show."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SERVERLESS = "serverless"
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True, order=True)
class StackVersion:
    """A version of the Elastic Stack; 9.3 and 9.3.0 are the same. Serverless is one above all of them."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> StackVersion:
        """Read `9.3`, `9.3.0` or `serverless`; raises ValueError for anything else."""
        if text.strip() == _SERVERLESS:
            return SERVERLESS
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            msg = f"{text!r} is not a stack version such as 9.3"
            raise ValueError(msg)
        major, minor, patch = match.groups()
        return cls(int(major), int(minor), int(patch or 0))

    @property
    def known(self) -> StackVersion:
        """The newest version that data are about, in place of serverless; any other version itself."""
        return NEWEST if self == SERVERLESS else self

    def __str__(self) -> str:
        if self == SERVERLESS:
            return _SERVERLESS
        return f"{self.major}.{self.minor}" + (f".{self.patch}" if self.patch else "")


# Elastic's serverless offering has no version: it gets everything first. Its parts are beyond what `parse` can read.
SERVERLESS = StackVersion(10_000, 0)
# The newest version of which rulepack knows what it has.
NEWEST = StackVersion(9, 5)
