"""Files to Pack: read, find the rule's type, validate its shape, collect every diagnostic."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rulepack import schema
from rulepack.diagnostics import Code, Diagnostic, Severity, Span, first, sort
from rulepack.errors import ProjectError
from rulepack.fields import Problem, join_or, kind_of, quote, spelled
from rulepack.files import Unread, read_bytes
from rulepack.frozen import frozen
from rulepack.likeness import closest
from rulepack.pack import Pack
from rulepack.project import NO_RULES, MetadataKey, Project
from rulepack.rule import RULE_TYPES, Rule
from rulepack.rule.metadata import Metadata
from rulepack.rule.transform import Transform
from rulepack.source import Source, source_of

RP101 = Code(
    "RP101",
    "invalid-value",
    Severity.ERROR,
    "A field has a value that Kibana refuses",
    "Why: Kibana answers such a rule with an error, and the rule is not deployed.\n\n"
    "Instead: use one of the values that the hint names.",
)
RP102 = Code(
    "RP102",
    "missing-field",
    Severity.ERROR,
    "A field that every rule of this type must have is not there",
    "Why: Kibana refuses a rule without it, or rulepack cannot tell which rule it is.\n\n"
    "Instead: add the field to the table that the diagnostic points at.",
)
RP103 = Code(
    "RP103",
    "unknown-field",
    Severity.ERROR,
    "A field is not one that rules of this type have",
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
RP110 = Code(
    "RP110",
    "unknown-rule-type",
    Severity.ERROR,
    "The rule's type is not one that Kibana has",
    "Why: the type decides which fields a rule has and how it runs, so nothing else of the rule can be checked.\n\n"
    "Instead: use query, saved_query, eql, esql, threshold, threat_match, machine_learning or new_terms.",
)
CODES = (RP101, RP102, RP103, RP104, RP106, RP110)

_BY_KIND = {"value": RP101, "missing": RP102, schema.UNKNOWN: RP103, "type": RP104}
# What stands in for what a rule lacks, besides its file's name for its name and id.
_STAND_INS = MappingProxyType({"description": "", "severity": "low", "risk_score": 0})
TABLES = ("metadata", "rule", "transform")
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


@frozen
class Loaded:
    """What a file gave: its text if it could be read, its rule if one could be made out, what is wrong with its shape.

    A `partial` rule is one whose shape is wrong, without the fields that are.
    """

    file: str
    source: Source | None = None
    rule: Rule | None = None
    partial: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()


def load(project: Project, paths: tuple[Path, ...] = ()) -> Pack:
    """Read every rule file under the paths (the project's rules folders by default).

    What is wrong with a file is in the pack's diagnostics. A rule whose shape is wrong is among the pack's partial
    rules, without the fields that are wrong. Raises ProjectError when there is no file at all.
    """
    loaded = [load_file(project, path) for path in files(project, paths)]
    rules = [one for one in loaded if one.rule is not None]
    return Pack(
        project,
        tuple(one.rule for one in rules if one.rule is not None and not one.partial),
        tuple(one.rule for one in rules if one.rule is not None and one.partial),
        sort([found for one in loaded for found in one.diagnostics]),
        MappingProxyType({one.file: one.source for one in loaded if one.source is not None}),
        tuple(one.file for one in loaded),
    )


def files(project: Project, paths: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Every rule file under the paths (the project's rules folders by default).

    Raises ProjectError when there is none, and when the settings declare a metadata key that is rulepack's own.
    """
    taken = sorted({key.name for key in schema.keys(Metadata).values()} & project.metadata.keys())
    if taken:
        place = project.metadata[taken[0]].place
        message = f"{place}: the settings declare metadata.{taken[0]}, which is a key of rulepack's own"
        raise ProjectError(message, "choose another name")
    for folder in () if paths else project.rules:
        if not folder.exists():
            raise ProjectError(f"there is no folder {project.display(folder)}/ in {project.root}", NO_RULES)
    yield from project.rule_files(paths)


def read_file(project: Project, path: Path) -> bytes | Unread:
    """The content of a rule file, or why it was not read."""
    if path.is_symlink() and path.is_dir():
        # Following it could lead anywhere, or in circles; leaving it out must not pass unnoticed.
        hint = "put the folder itself here, or name it in `rules` of [tool.rulepack]"
        return Unread("this is a link to a folder, and rulepack does not follow those", hint)
    # As text first, since Path takes longer to compare paths than the system to read a file.
    within = str(path).startswith(f"{project.root}{os.sep}") or path.is_relative_to(project.root)
    # A link must not lead out of the project, or for files elsewhere out of their own folder.
    return read_bytes(path, project.root if within else path.parent)


def load_file(project: Project, path: Path, content: bytes | Unread | None = None) -> Loaded:
    """The rule of one file, which is read if its content is not given; whatever is wrong with it is in the result."""
    file = project.display(path)
    source = source_of(read_file(project, path) if content is None else content, file)
    if isinstance(source, Diagnostic):
        return Loaded(file, diagnostics=(source,))
    rule, found = read_rule(source, project.metadata)
    found += _odd_name(source)
    partial = any(project.severity(one) is Severity.ERROR for one in found) or _is_made_up(rule, source)
    return Loaded(file, source, rule, partial, tuple(found))


def _odd_name(source: Source) -> Iterator[Diagnostic]:
    """A path that no page could show as it is: with control characters, overrides, or bytes that are no UTF-8."""
    odd = next((char for char in source.file if not char.isprintable()), None)
    if odd is not None:
        message = f"the file's path holds U+{ord(odd):04X}, which does not show"
        yield source.diagnostic(RP106, message, Span(source.file), "rename the file or its folder")


def read_rule(
    source: Source, own_keys: Mapping[str, MetadataKey] | None = None
) -> tuple[Rule | None, list[Diagnostic]]:
    """The rule in a file, None where it cannot be made out, and what there is to say about its shape.

    In a rule that lacks what all rules need, something stands in for that, so that checks see the rest. One that lacks
    what its type needs is a plain Rule, with what all types have and the file gives.
    """
    found = list(first(_top_level(source)))
    metadata, problems = _metadata(source, own_keys or {})
    found += problems
    transform, problems = _table(source, "transform", Transform)
    found += problems
    beside = {"file": source.file, "metadata": metadata, "transform": transform or schema.empty(Transform)}
    rule, problems = _rule(source, beside)
    found += problems
    if metadata.maturity == "deprecated":
        # Kibana never receives it: what is wrong with it is worth knowing, and no reason to stop.
        found = [replace(one, severity=min(one.severity, Severity.WARNING)) for one in found]
    # Not these: its page would show something else than what is there.
    found += first(_control_characters(source))
    return rule, found


def _top_level(source: Source) -> Iterator[Diagnostic]:
    for name in ("metadata", "rule"):
        if name not in source.data:
            span = source.span_at(0, 0)
            yield source.diagnostic(
                RP102, f"missing table [{name}]", span, "a rule file has the tables [metadata] and [rule]"
            )
    for name in source.data:
        if name not in TABLES:
            near = closest(name, TABLES)
            hint = f"did you mean {near}?" if near else "a rule file has the tables [metadata], [rule] and [transform]"
            yield source.diagnostic(
                RP103, f"unknown table or field {spelled(name)}", source.locate((name,), part="key"), hint
            )


def _metadata(source: Source, own_keys: Mapping[str, MetadataKey]) -> tuple[Metadata, list[Diagnostic]]:
    table = source.data.get("metadata", {})
    own = {name: table[name] for name in own_keys if name in table} if isinstance(table, Mapping) else {}
    found = []
    if own_keys and isinstance(table, Mapping):
        found = [_diagnostic(source, ("metadata", *path), problem) for path, problem in _own_problems(own, own_keys)]
    metadata, problems = _table(source, "metadata", Metadata, without=own.keys())
    metadata = metadata or schema.empty(Metadata)
    return (replace(metadata, own=MappingProxyType(own)) if own else metadata), found + problems


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


def _rule(source: Source, beside: Mapping[str, Any]) -> tuple[Rule | None, list[Diagnostic]]:
    table = source.data.get("rule")
    if table is None:
        return None, []
    if not isinstance(table, Mapping):
        return None, [_diagnostic(source, ("rule",), _no_table("rule", table))]
    named = table.get("type")
    rule_type = RULE_TYPES.get(named) if isinstance(named, str) else None
    if rule_type is None:
        return None, [_type_problem(source, table)]
    rule, found = _table(source, "rule", rule_type, beside=beside)
    return rule or _right_part(rule_type, table, beside) or _right_part(Rule, table, beside), found


def _right_part(cls: type[Rule], table: Mapping[str, Any], beside: Mapping[str, Any]) -> Rule | None:
    """What a type has, as far as it is right; what else all rules need is made up, and only checks will see it."""
    names = {one.name for one in schema.keys(cls).values()}
    known = {name: value for name, value in table.items() if name in names}
    _, problems = schema.parse(cls, known)
    bad = {path[0] for path, _ in problems if path}
    right = {name: value for name, value in known.items() if name not in bad}
    rule, _ = schema.parse(cls, {**_STAND_INS, "name": beside["file"], "rule_id": beside["file"], **right}, beside)
    return rule


def _is_made_up(rule: Rule | None, source: Source) -> bool:
    """Whether a rule has something that its file does not."""
    table = source.data.get("rule", {})
    return rule is not None and (
        type(rule) is Rule or any(table.get(name) != getattr(rule, name) for name in ("name", "rule_id", *_STAND_INS))
    )


# What people take for the name of a rule type.
_TYPES_ELSEWHERE = {
    "kql": 'use query, with language = "kuery"',
    "kuery": 'use query, with language = "kuery"',
    "lucene": 'use query, with language = "lucene"',
    "indicator_match": "use threat_match",
    "es|ql": "use esql",
    "ml": "use machine_learning",
}


def _type_problem(source: Source, table: Mapping[str, Any]) -> Diagnostic:
    if "type" not in table:
        return _diagnostic(
            source, ("rule", "type"), Problem("missing", "missing required field type", f"use {join_or(RULE_TYPES)}")
        )
    named = table["type"]
    span = source.locate(("rule", "type"))
    if not isinstance(named, str):
        return source.diagnostic(
            RP104, f"type is {kind_of(named)}, but must be a string", span, f"use {join_or(RULE_TYPES)}"
        )
    near = closest(named, RULE_TYPES)
    meant = f"did you mean {near}?" if near else f"use {join_or(RULE_TYPES)}"
    hint = _TYPES_ELSEWHERE.get(named.lower(), meant)
    return source.diagnostic(RP110, f"unknown rule type {quote(named)}", span, hint)


def _table(
    source: Source,
    name: str,
    cls: type[schema.T],
    *,
    without: Iterable[str] = (),
    beside: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[schema.T | None, list[Diagnostic]]:
    """The model of a top-level table. One with problems is tried again without the fields that have them."""
    table = source.data.get(name, {})
    if not isinstance(table, Mapping):
        return None, [_diagnostic(source, (name,), _no_table(name, table))]
    left_out = set(without)
    if left_out:
        table = {key: value for key, value in table.items() if key not in left_out}
    result, problems = schema.parse(cls, table, beside)
    if not problems:
        return result, []
    found = list(first(_diagnostic(source, (name, *path), _foreign(cls, path, problem)) for path, problem in problems))
    bad = {path[0] for path, _ in problems if path}
    result, _ = schema.parse(cls, {key: value for key, value in table.items() if key not in bad}, beside)
    return result, found


def _no_table(name: str, value: object) -> Problem:
    message = f"{name} is {kind_of(value)}, but must be a table"
    return Problem("type", message, f"write the header [{name}], in single brackets, and its fields below")


def _foreign(cls: type, path: schema.Path, problem: Problem) -> Problem:
    """Say which rule type an unknown field belongs to."""
    if problem.kind != schema.UNKNOWN or len(path) != 1 or not issubclass(cls, Rule):
        return problem
    name = str(path[0])
    owners = [kind for kind, one in RULE_TYPES.items() if any(key.name == name for key in schema.keys(one).values())]
    if not owners:
        return problem
    own_type = next(kind for kind, one in RULE_TYPES.items() if one is cls)
    return replace(
        problem,
        message=f"{own_type} rules have no field {name}",
        hint=f"it belongs to {join_or(owners)} rules; Kibana would drop it without a word",
    )


def _diagnostic(source: Source, path: schema.Path, problem: Problem) -> Diagnostic:
    """A problem with a value as a diagnostic at its place: a missing field at its table, an unknown one at its name."""
    if problem.kind == "missing":
        span = source.locate(path[:-1])
    else:
        span = source.locate(path, part="key" if problem.kind == schema.UNKNOWN else "value")
    return source.diagnostic(_BY_KIND[problem.kind], problem.message, span, problem.hint)


def _control_characters(source: Source) -> Iterator[Diagnostic]:
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
