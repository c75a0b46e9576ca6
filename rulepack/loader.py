"""Files to Pack: read, find the rule's type, validate its shape, collect every diagnostic."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rulepack import schema
from rulepack.diagnostics import Code, Diagnostic, Severity, Span, first, sort
from rulepack.errors import ProjectError
from rulepack.exception_files import read_exceptions
from rulepack.exception_list import TABLE as EXCEPTIONS
from rulepack.exception_list import ExceptionList, holds_exceptions
from rulepack.fields import Problem, join_or, kind_of, quote
from rulepack.files import Unread, read_bytes
from rulepack.frozen import frozen
from rulepack.likeness import closest
from rulepack.pack import Pack
from rulepack.project import NO_RULES, MetadataKey, Project
from rulepack.rule import RULE_TYPES, Rule
from rulepack.rule.metadata import Metadata
from rulepack.rule.transform import Transform
from rulepack.source import Source, source_of
from rulepack.table import CODES as TABLE_CODES
from rulepack.table import (
    RP102,
    RP103,
    RP104,
    RP106,
    control_characters,
    diagnostic,
    no_table,
    read_metadata,
    read_table,
    unknown_tables,
)

RP110 = Code(
    "RP110",
    "unknown-rule-type",
    Severity.ERROR,
    "The rule's type is not one that Kibana has",
    "Why: the type decides which fields a rule has and how it runs, so nothing else of the rule can be checked.\n\n"
    "Instead: use query, saved_query, eql, esql, threshold, threat_match, machine_learning or new_terms.",
)
CODES = (*TABLE_CODES, RP110)

# What stands in for what a rule lacks, besides its file's name for its name and id.
_STAND_INS = MappingProxyType({"description": "", "severity": "low", "risk_score": 0})
TABLES = ("metadata", "rule", "transform")


@frozen
class Loaded:
    """What a file gave: its text if it could be read, its rule if one could be made out, what is wrong with its shape.

    A `partial` rule is one whose shape is wrong, without the fields that are. A file without a rule may have exception
    lists; one with an error in it gives none.
    """

    file: str
    source: Source | None = None
    rule: Rule | None = None
    partial: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    exception_lists: tuple[ExceptionList, ...] = ()


def load(project: Project, paths: tuple[Path, ...] = ()) -> Pack:
    """Read every file of rules and exception lists under the paths (the project's rules folders by default).

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
        tuple(exceptions for one in loaded for exceptions in one.exception_lists),
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
    """The rule or the exception lists of one file, which is read if its content is not given, and what is wrong."""
    file = project.display(path)
    source = source_of(read_file(project, path) if content is None else content, file)
    if isinstance(source, Diagnostic):
        return Loaded(file, diagnostics=(source,))
    if holds_exceptions(source.data):
        lists, found = read_exceptions(source, project.metadata)
        found += _odd_name(source)
        return Loaded(file, source, diagnostics=tuple(found), exception_lists=() if _fails(project, found) else lists)
    rule, found = read_rule(source, project.metadata)
    found += _odd_name(source)
    return Loaded(file, source, rule, _fails(project, found) or _is_made_up(rule, source), tuple(found))


def _fails(project: Project, found: Iterable[Diagnostic]) -> bool:
    return any(project.severity(one) is Severity.ERROR for one in found)


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
    metadata, problems = read_metadata(source, Metadata, own_keys or {})
    found += problems
    transform, problems = read_table(source, "transform", Transform)
    found += problems
    beside = {"file": source.file, "metadata": metadata, "transform": transform or schema.empty(Transform)}
    rule, problems = _rule(source, beside)
    found += problems
    if metadata.maturity == "deprecated":
        # Kibana never receives it: what is wrong with it is worth knowing, and no reason to stop.
        found = [replace(one, severity=min(one.severity, Severity.WARNING)) for one in found]
    # Not these: its page would show something else than what is there.
    found += first(control_characters(source))
    return rule, found


def _top_level(source: Source) -> Iterator[Diagnostic]:
    for name in ("metadata", "rule"):
        if name not in source.data:
            span = source.span_at(0, 0)
            yield source.diagnostic(
                RP102, f"missing table [{name}]", span, "a rule file has the tables [metadata] and [rule]"
            )
    if EXCEPTIONS in source.data and "rule" in source.data:
        span = source.locate((EXCEPTIONS,), part="key")
        yield source.diagnostic(RP103, f"a rule file has no {EXCEPTIONS}", span, "move them to a file of their own")
    shown = "a rule file has the tables [metadata], [rule] and [transform]"
    yield from unknown_tables(source, (*TABLES, EXCEPTIONS), shown)


def _rule(source: Source, beside: Mapping[str, Any]) -> tuple[Rule | None, list[Diagnostic]]:
    table = source.data.get("rule")
    if table is None:
        return None, []
    if not isinstance(table, Mapping):
        return None, [diagnostic(source, ("rule",), no_table("rule", table))]
    named = table.get("type")
    rule_type = RULE_TYPES.get(named) if isinstance(named, str) else None
    if rule_type is None:
        return None, [_type_problem(source, table)]
    rule, found = read_table(source, "rule", rule_type, beside=beside, explain=partial(_foreign, rule_type))
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
        return diagnostic(
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


def _foreign(cls: type[Rule], path: schema.Path, problem: Problem) -> Problem:
    """Say which rule type an unknown field belongs to."""
    if problem.kind != schema.UNKNOWN or len(path) != 1:
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
