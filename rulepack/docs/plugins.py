"""Plugins of an investigation guide as titled blocks: what the button says, and what it does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rulepack.docs.markdown import cell, code, fence, text
from rulepack.emit import PLACEHOLDER
from rulepack.rule.transform import Investigate, Osquery, Provider, Transform
from rulepack.schema import parse

Plugin = Osquery | Investigate
_MODELS: dict[str, type[Osquery | Investigate]] = {"osquery": Osquery, "investigate": Investigate}
_LITERAL = re.compile(r"!\{(osquery|investigate)(\{.*\})\}", re.DOTALL)


def resolve(found: str, transform: Transform) -> Plugin | str:
    """The plugin that a guide's `$osquery_0` or `!{osquery{...}}` stands for; or the Markdown to show in its place."""
    if literal := _LITERAL.fullmatch(found):
        return _written_out(literal[1], literal[2]) or code(found)
    match = PLACEHOLDER.fullmatch(found)
    assert match is not None
    if match["dollar"]:
        # As Kibana's package has it: where there are plugins, two dollar signs are one.
        return "\\$" if transform.osquery is not None or transform.investigate is not None else "\\$\\$"
    return transform.plugin(match["kind"] or match["kind2"], int(match["number"] or match["number2"])) or code(found)


def title(plugin: Plugin) -> str:
    """What the button says."""
    kind = "Osquery" if isinstance(plugin, Osquery) else "Investigate"
    # Many labels begin with the kind already: "Osquery - Retrieve DNS Cache".
    label = re.sub(rf"^{kind}\s*[-:]\s*", "", plugin.label, flags=re.IGNORECASE)
    return f"**{kind}: {text(label)}**"


def body(plugin: Plugin) -> str:
    """What the button does."""
    return "\n".join(_osquery(plugin) if isinstance(plugin, Osquery) else _investigate(plugin))


def _written_out(kind: str, data: str) -> Plugin | None:
    """The plugin that some JSON describes; None if it describes none."""
    try:
        return parse(_MODELS[kind], json.loads(data))[0]
    except (ValueError, RecursionError):
        return None


def _osquery(plugin: Osquery) -> Iterator[str]:
    yield fence(plugin.query, "sql")
    if plugin.ecs_mapping:
        yield ""
        yield "| ECS field | Filled from |"
        yield "|---|---|"
        for name, source in plugin.ecs_mapping.items():
            value = source.get("field", source.get("value", "")) if isinstance(source, dict) else source
            values = value if isinstance(value, list | tuple) else (value,)
            yield f"| {cell(code(name))} | {', '.join(cell(code(str(one))) for one in values)} |"


def _investigate(plugin: Investigate) -> Iterator[str]:
    if plugin.description:
        yield text(plugin.description)
        yield ""
    if plugin.relativeFrom or plugin.relativeTo:
        start = f"from {code(plugin.relativeFrom)} " if plugin.relativeFrom else ""
        end = f"to {code(plugin.relativeTo)}" if plugin.relativeTo else "on"
        yield f"Time range: {start}{end}"
        yield ""
    several = len(plugin.providers) > 1
    if several:
        yield "Events that meet all conditions of any group:"
        yield ""
    yield "| Group | Field | Condition | Value |" if several else "| Field | Condition | Value |"
    yield "|---|---|---|---|" if several else "|---|---|---|"
    for number, group in enumerate(plugin.providers, 1):
        for provider in group:
            yield (f"| {number} " if several else "") + _provider(provider)


def _provider(provider: Provider) -> str:
    """A condition as the rest of a row."""
    verb = (
        ("is not in" if provider.excluded else "is in")
        if provider.queryType == "range"
        else ("is not" if provider.excluded else "is")
    )
    return f"| {cell(code(provider.field))} | {verb} | {cell(code(provider.value))} |"
