"""How Kibana words what is wrong with a body: in the words of zod 3, and from 9.4 on in those of zod 4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Where in a body, and what is wrong there, in the words of zod 3. What is not there was "received undefined".
Issue = tuple[tuple[str | int, ...], str]

# Kibana names this many problems of a body and counts the rest.
SHOWN = 5
UNDEFINED = "received undefined"

_TYPE = re.compile(r"Expected (\w+), received (\w+)")
_LITERAL = re.compile(r'Invalid literal value, expected (".*")')
_ENUM = re.compile(r"Invalid enum value\. Expected (.+), received .*", re.DOTALL)
_COUNT = re.compile(r"(Array|String) must contain at (most|least) (\d+) (?:element|character)\(s\)")
_BOUND = re.compile(r"Number must be (less|greater) than or equal to (-?\d+)")
_UNITS = {"Array": "items", "String": "characters"}
# Texts that changed as a whole.
_NEWER = {
    "Invalid": r"Invalid string: must match pattern /^[1-9]\d*[smhd]$/",
    "Invalid uuid": "Invalid UUID",
    "Invalid datetime": "Invalid ISO datetime",
}


def choices(names: Iterable[str]) -> str:
    """Names as zod 3 lists what a value may be."""
    return " | ".join(f"'{name}'" for name in names)


def join_issues(issues: Sequence[Issue], zod: int = 3) -> str:
    """At most five problems, then how many more."""
    shown = [f"{'.'.join(map(str, path))}: {word(text, zod)}" if path else word(text, zod) for path, text in issues]
    if len(issues) > SHOWN:
        shown[SHOWN:] = [f"and {len(issues) - SHOWN} more"]
    return ", ".join(shown)


def word(text: str, zod: int) -> str:
    """A problem in the words of one version of zod."""
    if zod == 3:  # noqa: PLR2004 (the version)
        return "Required" if text.endswith(UNDEFINED) else text
    return _newer(text)


def _newer(text: str) -> str:
    if found := _TYPE.fullmatch(text):
        expected, received = found.groups()
        if expected == "integer":
            expected, received = "int", "number"
        return f"Invalid input: expected {expected}, received {'NaN' if received == 'nan' else received}"
    if found := _LITERAL.fullmatch(text):
        return f"Invalid input: expected {found[1]}"
    if found := _ENUM.fullmatch(text):
        options = found[1].replace(" | ", "|").replace("'", '"')
        return f"Invalid option: expected one of {options}"
    if found := _COUNT.fullmatch(text):
        kind, side, number = found.groups()
        return f"{_size(side)}: expected {kind.lower()} to have {_sign(side)}{number} {_UNITS[kind]}"
    if found := _BOUND.fullmatch(text):
        side = "most" if found[1] == "less" else "least"
        return f"{_size(side)}: expected number to be {_sign(side)}{found[2]}"
    if text.startswith("Invalid discriminator value"):
        return "Invalid input"
    return _NEWER.get(text, text)


def _size(side: str) -> str:
    return "Too big" if side == "most" else "Too small"


def _sign(side: str) -> str:
    return "<=" if side == "most" else ">="
