"""Investigation and setup guides as part of a page: headings nested, plugins as titled blocks, no HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import takewhile

from rulepack.docs import markdown
from rulepack.emit import PLACEHOLDER
from rulepack.rule.transform import Investigate, Osquery, Provider, Transform
from rulepack.schema import parse

_HEADING = re.compile(r"^( {0,3})(#{1,6})([ \t]+.*|)$")
_SETEXT = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_ITEM = re.compile(r"^(\s*)([-*+]|\d{1,9}[.)])(\s+)")
_LITERAL = re.compile(r"!\{(osquery|investigate)(\{)")
_DEEPEST = 6

Plugin = Osquery | Investigate


def render(guide: str, transform: Transform, *, top: int = 3, title: str | None = None) -> str:
    """A guide as Markdown whose highest heading is of level `top`.

    Its lists, quotes, tables and code stay as they are. A first heading that only repeats `title`, the heading that the
    page puts above, is left out. Placeholders without a plugin stay as code; the checks report them.
    """
    lines = list(_atx(_without_title(guide.strip("\n").split("\n"), title)))
    marked = list(markdown.lines_with_code("\n".join(lines)))
    levels = [len(match[2]) for line, code in marked if not code and (match := _HEADING.match(line))]
    shift = top - min(levels, default=top)
    result: list[str] = []
    for line, code in marked:
        if code:
            result.append(line)
        elif match := _HEADING.match(line):
            level = min(_DEEPEST, max(1, len(match[2]) + shift))
            result.append(f"{'#' * level}{markdown.defuse(match[3])}")
        else:
            if _starts_list(line, result):
                result.append("")
            result += _plugins(line, transform)
    return "\n".join(result).strip("\n")


def _starts_list(line: str, before: list[str]) -> bool:
    """Whether a line is a list's first item right below a paragraph; not every Markdown reader sees a list there."""
    if line[:2] not in {"- ", "* ", "+ "} or not before or not _is_paragraph(before[-1]):
        return False
    paragraph = takewhile(str.strip, reversed(before))
    return not any(_ITEM.match(one) or one.lstrip().startswith("|") for one in paragraph)


def _without_title(lines: list[str], title: str | None) -> list[str]:
    """The lines without a first heading that says what the page's own heading says."""
    if title is None:
        return lines
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return lines
    match = _HEADING.match(lines[first])
    if match is not None and match[3].strip(" \t#").lower() == title.lower():
        return lines[first + 1 :]
    return lines


def _atx(lines: list[str]) -> Iterator[str]:
    """The lines with underlined headings turned into `#` ones, so that they can be shifted like the others."""
    pending: str | None = None
    for line, code in markdown.lines_with_code("\n".join(lines)):
        underline = None if code else _SETEXT.match(line)
        if pending is not None and underline is not None and _is_paragraph(pending):
            yield ("# " if underline[1][0] == "=" else "## ") + pending.strip()
            pending = None
            continue
        if pending is not None:
            yield pending
        pending = None
        if code:
            yield line
        else:
            pending = line
    if pending is not None:
        yield pending


def _is_paragraph(line: str) -> bool:
    """Whether a line can be the text of an underlined heading."""
    return bool(line.strip()) and not _HEADING.match(line) and not _ITEM.match(line) and line.lstrip()[0] not in ">|"


def _plugins(line: str, transform: Transform) -> Iterator[str]:
    """A line with its placeholders replaced by the plugins' blocks.

    Where nothing else is on the line the block takes its place; else it follows below.
    """
    found = list(_find(line, transform))
    if not found:
        yield markdown.defuse(line)
        return
    item = _ITEM.match(line)
    width = len(item[0]) if item else len(line) - len(line.lstrip())
    rest = "".join(part for part in _between(line, found))[width:] if len(found) == 1 else line
    if not rest.strip():
        _, _, plugin = found[0]
        block = markdown.indent(_block(plugin), width)
        yield (item[0] if item else " " * width) + block[width:]
        return
    parts = []
    last = 0
    for start, end, plugin in found:
        # At the end of a line the block below says it all; within a sentence a name must stand in.
        parts += [markdown.defuse(line[last:start]), _title(plugin) if line[end:].strip() else ""]
        last = end
    yield "".join((*parts, markdown.defuse(line[last:]))).rstrip()
    for _, _, plugin in found:
        yield ""
        yield markdown.indent(_block(plugin), width)
    yield ""


def _between(line: str, found: list[tuple[int, int, Plugin]]) -> Iterator[str]:
    last = 0
    for start, end, _ in found:
        yield line[last:start]
        last = end
    yield line[last:]


def _find(line: str, transform: Transform) -> Iterator[tuple[int, int, Plugin]]:
    """The plugins of a line: placeholders that [transform] answers, and plugins written out as Kibana stores them."""
    if "$" in line and (transform.osquery is not None or transform.investigate is not None):
        for match in PLACEHOLDER.finditer(line):
            if not match["dollar"]:
                plugin = transform.plugin(match["kind"] or match["kind2"], int(match["number"] or match["number2"]))
                if plugin is not None:
                    yield match.start(), match.end(), plugin
    if "!{" in line:
        for match in _LITERAL.finditer(line):
            try:
                data, end = json.JSONDecoder().raw_decode(line, match.start(2))
            except ValueError:
                continue
            model = Osquery if match[1] == "osquery" else Investigate
            plugin, _ = parse(model, data)
            if plugin is not None and line[end : end + 1] == "}":
                yield match.start(), end + 1, plugin


def _title(plugin: Plugin) -> str:
    kind = "Osquery" if isinstance(plugin, Osquery) else "Investigate"
    # Many labels begin with the kind already: "Osquery - Retrieve DNS Cache".
    label = re.sub(rf"^{kind}\s*[-:]\s*", "", plugin.label, flags=re.IGNORECASE)
    return f"**{kind}: {markdown.text(label)}**"


def _block(plugin: Plugin) -> str:
    """A plugin as a titled block: what the button says, and what it does."""
    if isinstance(plugin, Osquery):
        return "\n".join(_osquery(plugin))
    return "\n".join(_investigate(plugin))


def _osquery(plugin: Osquery) -> Iterator[str]:
    yield _title(plugin)
    yield ""
    yield markdown.fence(plugin.query, "sql")
    if plugin.ecs_mapping:
        yield ""
        yield "| ECS field | Filled from |"
        yield "|---|---|"
        for name, source in plugin.ecs_mapping.items():
            value = source.get("field", source.get("value", "")) if isinstance(source, dict) else source
            yield f"| {markdown.cell(markdown.code(name))} | {markdown.cell(markdown.code(str(value)))} |"


def _investigate(plugin: Investigate) -> Iterator[str]:
    yield _title(plugin)
    if plugin.description:
        yield ""
        yield markdown.text(plugin.description)
    if plugin.relativeFrom or plugin.relativeTo:
        yield ""
        start = f"from {markdown.code(plugin.relativeFrom)} " if plugin.relativeFrom else ""
        end = f"to {markdown.code(plugin.relativeTo)}" if plugin.relativeTo else "on"
        yield f"Time range: {start}{end}"
    yield ""
    several = len(plugin.providers) > 1
    yield "| Any of | Field | Condition | Value |" if several else "| Field | Condition | Value |"
    yield "|---|---|---|---|" if several else "|---|---|---|"
    for number, group in enumerate(plugin.providers, 1):
        for provider in group:
            yield (f"| {number} " if several else "") + _provider(provider)


def _provider(provider: Provider) -> str:
    if provider.queryType == "range":
        verb = "is not in" if provider.excluded else "is in"
    else:
        verb = "is not" if provider.excluded else "is"
    return (
        f"| {markdown.cell(markdown.code(provider.field))} | {verb} | {markdown.cell(markdown.code(provider.value))} |"
    )
