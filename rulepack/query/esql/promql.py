"""The options of a PROMQL command, its name, and the PromQL query, which is another language and kept as text."""

from __future__ import annotations

import re
from typing import Final

from rulepack.query.esql.ast import Column, Literal
from rulepack.query.esql.pipeline import Option

_SPACES: Final = r"(?:[ \t\r\n]+|//[^\r\n]*)*+"
_OPTION = re.compile(
    _SPACES
    + r"""(?P<name>\w++)\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s(),"'=]++(?:\s*,\s*[^\s(),"'=]++)*+(?!\s*=))(?!\s*\()"""
)
_NAMED = re.compile(_SPACES + r"(?P<name>\w++|`[^`]+`)\s*=(?=[^=~])")
_COMMA = re.compile(_SPACES + r",?" + _SPACES)


def read_promql(text: str, start: int, end: int) -> tuple[tuple[Option, ...], Column | None, str]:
    """The options, the name and the query of what stands between two places."""
    options = []
    position = start
    while match := _OPTION.match(text, position, end):
        place, value_end = match.start("name"), match.end("value")
        value = Literal(match["value"].strip("\"'"), "string", start=match.start("value"), end=value_end)
        options.append(Option(match["name"], value, start=place, end=value_end))
        comma = _COMMA.match(text, value_end, end)
        position = comma.end() if comma else value_end
    name = None
    if match := _NAMED.match(text, position, end):
        name = Column(match["name"].strip("`"), start=match.start("name"), end=match.end("name"))
        position = match.end()
    return tuple(options), name, text[position:end].strip()
