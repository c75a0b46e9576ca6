"""Tables of a file as models: what is wrong with one is a diagnostic at its place, and the rest is still of use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from rulepack import schema
from rulepack.diagnostics import Code, Diagnostic, Severity, first
from rulepack.fields import Problem, kind_of, quote, spelled
from rulepack.likeness import closest
from rulepack.project import MetadataKey
from rulepack.source import Source

RP101 = Code(
    "RP101",
    "invalid-value",
    Severity.ERROR,
    "A field has a value that Kibana refuses",
    "Why: Kibana answers with an error, and the rule or the exception list is not deployed.\n\n"
    "Instead: use one of the values that the hint names.",
)
RP102 = Code(
    "RP102",
    "missing-field",
    Severity.ERROR,
    "A field that rules of this type, or exception lists and their items, must have is not there",
    "Why: Kibana refuses what lacks it, or rulepack cannot tell which rule, list or item it is.\n\n"
    "Instead: add the field to the table that the diagnostic points at.",
)
RP103 = Code(
    "RP103",
    "unknown-field",
    Severity.ERROR,
    "A field is not one that rules of this type, or exception lists and their items, have",
    "Why: Kibana drops such a field without a word, so a misspelt field looks deployed and does nothing.\n\n"
    "Instead: correct the name or remove the field. A key of your own belongs in [metadata], declared under "
    "[tool.rulepack.metadata].",
)
RP104 = Code(
    "RP104",
    "wrong-type",
    Severity.ERROR,
    "A field has a value of another type than it must have",
    'Why: Kibana refuses it. TOML keeps types apart: 47 is an integer, "47" a string, 2026-01-01 a date.\n\n'
    "Instead: write the value as the message says; quotes make anything a string.",
)
RP106 = Code(
    "RP106",
    "control-character",
    Severity.ERROR,
    "A text holds a control character or one that reverses the direction of writing",
    "Why: such characters are invisible in a review, can make a terminal or a page show something else than what is "
    "there, and match nothing in a query.\n\n"
    "Instead: remove the character. In a query, write the escape of the query language in a '''literal''' string.",
)
CODES = (RP101, RP102, RP103, RP104, RP106)

_BY_KIND = {"value": RP101, "missing": RP102, schema.UNKNOWN: RP103, "type": RP104}
# C0 and C1 controls but tab and line feed, and what reverses the direction of writing.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# What follows the backslash of an escape in a basic string that puts one into its value.
_ESCAPED = "[bfre]|x[01][0-9a-fA-F]|x[789][0-9a-fA-F]|u00[01789][0-9a-fA-F]|u20[26][0-9a-fA-F]|U0000"
_CONTROL_ESCAPE = re.compile(rf"\\(?:{_ESCAPED})")
# Two backslashes stand for one, so that only the last of an odd number begins an escape.
_BACKSLASHES = re.compile(rf"(\\++)({_ESCAPED})?")
# The bytes of UTF-8 that are in none of these characters: nearly all files have no other.
_HARMLESS = bytes({*range(256)} - ({*range(0x20), 0x7F, 0xC2, 0xE2} - {*b"\t\n"}))
_DATE = re.compile(r"[0-9]{4}[/-][0-9]{2}[/-][0-9]{2}")


def unknown_tables(source: Source, known: Iterable[str], shown: str) -> Iterator[Diagnostic]:
    """What stands at the top of a file without being a table that such files have; `shown` says which those are."""
    known = tuple(known)
    for name in source.data:
        if name not in known:
            near = closest(name, known)
            hint = f"did you mean {near}?" if near else shown
            span = source.locate((name,), part="key")
            yield source.diagnostic(RP103, f"unknown table or field {spelled(name)}", span, hint)


def read_table(
    source: Source,
    name: str,
    cls: type[schema.T],
    *,
    without: Iterable[str] = (),
    beside: Mapping[str, Any] = MappingProxyType({}),
    explain: Callable[[schema.Path, Problem], Problem] = lambda _, problem: problem,
) -> tuple[schema.T | None, list[Diagnostic]]:
    """The model of a top-level table. One with problems is tried again without the fields that have them."""
    table = source.data.get(name, {})
    if not isinstance(table, Mapping):
        return None, [diagnostic(source, (name,), no_table(name, table))]
    left_out = set(without)
    if left_out:
        table = {key: value for key, value in table.items() if key not in left_out}
    result, problems = schema.parse(cls, table, beside)
    if not problems:
        return result, []
    found = list(first(diagnostic(source, (name, *path), explain(path, problem)) for path, problem in problems))
    bad = {path[0] for path, _ in problems if path}
    result, _ = schema.parse(cls, {key: value for key, value in table.items() if key not in bad}, beside)
    return result, found


def read_metadata(
    source: Source, cls: type[schema.T], declared: Mapping[str, MetadataKey], *, demand: bool = True
) -> tuple[schema.T, list[Diagnostic]]:
    """The [metadata] of a file, with the pack's own keys, which are `declared`, apart in its attribute `own`.

    Those that are required are asked for only if `demand` says so.
    """
    table = source.data.get("metadata", {})
    own = {name: table[name] for name in declared if name in table} if isinstance(table, Mapping) else {}
    found = []
    if declared and isinstance(table, Mapping):
        asked = declared if demand else {name: declared[name] for name in own}
        found = [diagnostic(source, ("metadata", *path), problem) for path, problem in _own_problems(own, asked)]
    beside = {"own": MappingProxyType(own)} if own else {}
    metadata, problems = read_table(source, "metadata", cls, without=own.keys(), beside=beside)
    return metadata or schema.empty(cls), found + problems


def _own_problems(own: Mapping[str, Any], declared: Mapping[str, MetadataKey]) -> Iterator[tuple[schema.Path, Problem]]:
    """What is wrong with the pack's own metadata keys."""
    for name, entry in declared.items():
        if name not in own:
            if entry.required:
                hint = entry.description or f"this pack asks for it under [tool.rulepack.metadata], as {entry.type}"
                yield (name,), Problem("missing", f"missing required field {name}", hint)
            continue
        value = own[name]
        want: type = {"string": str, "date": str, "integer": int, "boolean": bool, "array": list}[entry.type]
        if not isinstance(value, want) or (want is int and isinstance(value, bool)):
            article = "an" if entry.type[0] in "aio" else "a"
            needed = "a string" if want is str else f"{article} {entry.type}"
            message = f"{spelled(name)} is {kind_of(value)}, but must be {needed}"
            hint = entry.description or "this pack says so under [tool.rulepack.metadata]"
            yield (name,), Problem("type", message, "put quotes around it" if want is str else hint)
        elif entry.type == "date" and _DATE.fullmatch(str(value)) is None:
            yield (name,), Problem("value", f"{name} cannot be {quote(str(value))}", 'write dates as "2026/01/31"')


def no_table(name: str, value: object) -> Problem:
    """What to say of something else in the place of a table."""
    message = f"{name} is {kind_of(value)}, but must be a table"
    return Problem("type", message, f"write the header [{name}], in single brackets, and its fields below")


def diagnostic(source: Source, path: schema.Path, problem: Problem) -> Diagnostic:
    """A problem with a value as a diagnostic at its place: a missing field at its table, an unknown one at its name."""
    if problem.kind == "missing":
        span = source.locate(path[:-1])
    else:
        span = source.locate(path, part="key" if problem.kind == schema.UNKNOWN else "value")
    return source.diagnostic(_BY_KIND[problem.kind], problem.message, span, problem.hint)


def control_characters(source: Source) -> Iterator[Diagnostic]:
    """Control characters in any text or name, at their place; a cheap look at the file comes first."""
    if not _may_hold_control(source.text):
        return
    for path, text, is_key in _texts(source.data, ()):
        match = _CONTROL.search(text)
        if match is not None:
            name = next(part for part in reversed(path) if isinstance(part, str))
            span = source.locate(path, part="key") if is_key else source.inside(path, match.start())
            holder = "the name of this key" if is_key else spelled(name)
            message = f"{holder} holds the control character U+{ord(match[0]):04X}"
            yield source.diagnostic(RP106, message, span, "remove it")


def _may_hold_control(text: str) -> bool:
    suspect = text.encode("utf-8", "surrogatepass").translate(None, _HARMLESS)
    if suspect and _CONTROL.search(text):
        return True
    if _CONTROL_ESCAPE.search(text) is None:
        return False
    return any(escape and len(run) % 2 for run, escape in _BACKSLASHES.findall(text))


def _texts(value: Any, path: schema.Path) -> Iterator[tuple[schema.Path, str, bool]]:
    """Every text below a value, and every name of a key (True)."""
    if isinstance(value, str):
        yield path, value, False
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield (*path, name), name, True
            yield from _texts(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
