"""What a check is: @check, @pack_check, and the Context that a check is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span, first
from rulepack.pack import Pack
from rulepack.project import Project
from rulepack.reference import Attack, Ecs, Reference
from rulepack.rule import Rule
from rulepack.schema import Path


@dataclass(frozen=True, slots=True)
class Found:
    """What a check says, before it is a diagnostic: message, place, hint, other places, severity at most."""

    message: str
    span: Span
    hint: str | None = None
    related: tuple[Related, ...] = ()
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class Context:
    """What a check may ask: the pack, the world's reference data, and where things are in a file."""

    pack: Pack
    reference: Reference

    @property
    def attack(self) -> Attack:
        """MITRE ATT&CK."""
        return self.reference.attack

    @property
    def ecs(self) -> Ecs:
        """The Elastic Common Schema."""
        return self.reference.ecs

    @property
    def project(self) -> Project:
        """The project and its settings."""
        return self.pack.project

    def at(self, rule: Rule, path: Path, message: str, hint: str | None = None, *, key: bool = False) -> Found:
        """A finding at a value of the rule's file, or at its name (`key`); at the nearest table if it is not there."""
        return Found(message, self.span(rule, path, key=key), hint)

    def inside(self, rule: Rule, path: Path, index: int, length: int, message: str, hint: str | None = None) -> Found:
        """A finding at some characters of a text in the rule's file."""
        return Found(message, self.pack.sources[rule.file].inside(path, index, length), hint)

    def lacks(self, rule: Rule, name: str) -> bool:
        """Whether a rule is without a field because its file is; it may also be because its schema refused it."""
        return getattr(rule, name, None) is None and not self.names(rule, "rule", name)

    def names(self, rule: Rule, *path: str) -> bool:
        """Whether the rule's file has something there, be it good or refused."""
        source = self.pack.sources.get(rule.file)
        value: object = source.data if source else None
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value is not None

    def span(self, rule: Rule, path: Path, *, key: bool = False) -> Span:
        """Where something of a rule is."""
        source = self.pack.sources.get(rule.file)
        return source.locate(path, part="key" if key else "value") if source else Span(rule.file)


RuleCheck = Callable[[Rule, Context], Iterator[Found]]
PackCheck = Callable[[Pack, Context], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its code, and the function that looks at one rule or at the whole pack."""

    code: Code
    of_rule: RuleCheck | None = None
    of_pack: PackCheck | None = None

    def run(self, pack: Pack, context: Context) -> Iterator[Diagnostic]:
        """Every diagnostic of this check for a pack."""
        if self.of_rule is not None:
            for rule in pack.every:
                # Kibana never receives a deprecated rule: what is wrong with it is no reason to stop.
                most = Severity.WARNING if rule.deprecated else Severity.ERROR
                yield from first(self._diagnostic(found, pack, most) for found in self.of_rule(rule, context))
        if self.of_pack is not None:
            for found in self.of_pack(pack, context):
                yield self._diagnostic(found, pack)

    def _diagnostic(self, found: Found, pack: Pack, most: Severity = Severity.ERROR) -> Diagnostic:
        source = pack.sources.get(found.span.file)
        excerpt = source.line_text(found.span.line) if source else None
        severity = min(self.code.severity, found.severity, most)
        return Diagnostic(self.code, found.message, found.span, found.hint, found.related, severity, excerpt)


def _code(function: Callable[..., object], code_id: str, name: str, severity: Severity) -> Code:
    """A check's code; the docstring's first line is its summary, the rest its help."""
    summary, _, text = inspect.cleandoc(function.__doc__ or "").partition("\n")
    return Code(code_id, name, severity, summary.rstrip("."), text.strip())


def check(code_id: str, name: str, severity: Severity) -> Callable[[RuleCheck], Check]:
    """Make a function over one rule a check."""
    return lambda function: Check(_code(function, code_id, name, severity), of_rule=function)


def pack_check(code_id: str, name: str, severity: Severity) -> Callable[[PackCheck], Check]:
    """Make a function over the whole pack a check."""
    return lambda function: Check(_code(function, code_id, name, severity), of_pack=function)
