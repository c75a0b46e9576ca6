"""Versions of integration packages, and the conditions by which they say which stack versions they run on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

from rulepack.stack import StackVersion

Triple: TypeAlias = tuple[int, int, int]
SortKey: TypeAlias = tuple[Triple, bool, str]

_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})(?:-([0-9A-Za-z.-]{1,60}))?(?:\+[0-9A-Za-z.-]{1,60})?")
_COMPARISON = re.compile(
    r"(\^|~|>=|<=|>|<|=|)\s*v?([0-9]{1,9}|[xX*])(?:\.([0-9]{1,9}|[xX*]))?(?:\.([0-9]{1,9}|[xX*]))?(-[0-9A-Za-z.-]+)?"
)
_NAMED_PATCH = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}\.([0-9]{1,9})")
# The last patch of a minor version, which nobody knows; any number that none will reach.
_LAST = 10**9


def is_version(text: str) -> bool:
    """Whether it is a package version such as 8.17.0, or 1.2.3-beta.1."""
    return _VERSION.fullmatch(text) is not None


@lru_cache(maxsize=8192)
def sort_key(version: str) -> SortKey:
    """Orders package versions, a preview before the version it leads to; raises ValueError for what is none."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is no package version such as 8.17.0")
    major, minor, patch, preview = match.groups()
    return (int(major), int(minor), int(patch)), preview is None, preview or ""


def newest(versions: Iterable[str]) -> str | None:
    """The highest of some versions; a preview only if there is nothing else."""
    ordered = sorted(versions, key=sort_key)
    released = [version for version in ordered if sort_key(version)[1]]
    return next(reversed(released or ordered), None)


@lru_cache(maxsize=4096)
def admits(condition: str, stack: StackVersion) -> bool:
    """Whether a package with this `conditions.kibana.version` can be installed on a stack version, on any patch of it.

    The condition is a range as npm has it: `^8.17.0 || ~9.1.4`, `>=8.0.0 <9.0.0`. One that cannot be read admits none,
    an empty one all: https://github.com/elastic/package-spec (conditions) and https://github.com/npm/node-semver#ranges
    """
    # What it says can only change at the patches that it names.
    named = {int(patch) for patch in _NAMED_PATCH.findall(condition)}
    patches = {stack.patch, _LAST, *(patch for patch in named if patch > stack.patch)}
    versions = [(stack.major, stack.minor, patch) for patch in sorted(patches)]
    return any(_range_admits(each, version) for each in condition.split("||") for version in versions)


def _range_admits(condition: str, version: Triple) -> bool:
    text = condition.strip()
    if " - " in text:
        low, _, high = text.partition(" - ")
        text = f">={low.strip()} <={high.strip()}"
    place = 0
    while place < len(text):
        match = _COMPARISON.match(text, place)
        if match is None or not _holds(match, version):
            return False
        place = match.end()
        while place < len(text) and text[place] in " ,":
            place += 1
    return True


def _holds(match: re.Match[str], version: Triple) -> bool:
    operator = match[1]
    given = [int(part) for part in match.group(2, 3, 4) if part is not None and part.isdigit()]
    low = (*given, 0, 0, 0)[:3]
    # Where the first number that may vary ends: 8.17 stands for all of 8.17.x.
    after = (*given[:-1], given[-1] + 1, 0, 0)[:3] if given else (_LAST,) * 3
    if operator == "^":
        # Up to the next of the first number that is not 0.
        fixed = next((index for index, part in enumerate(given) if part), len(given) - 1)
        return low <= version < ((*given[:fixed], given[fixed] + 1, 0, 0)[:3] if given else after)
    if operator == "~":
        return low <= version < ((*given[:1], given[1] + 1, 0)[:3] if len(given) > 1 else after)
    whole = len(given) == len(low)
    answers = {
        ">=": version >= low,
        "<": version < low,
        ">": version > low if whole else version >= after,
        "<=": version <= low if whole else version < after,
    }
    return answers.get(operator, version == low if whole else low <= version < after)
