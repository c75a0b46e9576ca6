"""What a check is: @check, @pack_check, and the Context that a check is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import Any, TypeVar

from rulepack.checks.facts import Facts, ListFacts
from rulepack.checks.queries import RuleQuery, rule_queries
from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span, first
from rulepack.frozen import frozen
from rulepack.pack import Pack
from rulepack.project import Project
from rulepack.query import QueryError
from rulepack.reference import Attack, Ecs, FieldSchema, Reference
from rulepack.rule import Rule
from rulepack.schema import Path
from rulepack.source import Source
from rulepack.stack import StackVersion

T = TypeVar("T")


@frozen
class Found:
    """What a check says, before it is a diagnostic: message, place, hint, other places, severity at most."""

    message: str
    span: Span
    hint: str | None = None
    related: tuple[Related, ...] = ()
    severity: Severity = Severity.ERROR


@frozen
class _SureTypes:
    """The types of fields as far as they can be relied on: packages change a type now and then."""

    ecs: Ecs
    schema: FieldSchema

    def type_of(self, name: str, /) -> str | None:
        """The type of a field that ECS has, or that a complete schema has."""
        return self.schema.type_of(name) if self.schema.complete or name in self.ecs.fields else None


@frozen(slots=False)
class Context:
    """What a check may ask: the settings, the world's reference data, what queries say, and where things are.

    `source` gives the text of a file by its name, or None; it is asked only when a place in the file is needed.
    `whole` says that all files of the project are looked at, not a few of them; `lists` are their exception lists, once
    all are known.
    """

    project: Project
    reference: Reference
    source: Callable[[str], Source | None]
    whole: bool = True
    lists: tuple[ListFacts, ...] = ()

    @classmethod
    def of(cls, pack: Pack, reference: Reference | None = None, *, whole: bool = True) -> Context:
        """The context of a pack that is loaded."""
        return cls(pack.project, reference or Reference.of(pack.project), pack.sources.get, whole)

    @property
    def attack(self) -> Attack:
        """MITRE ATT&CK."""
        return self.reference.attack

    @property
    def ecs(self) -> Ecs:
        """The Elastic Common Schema."""
        return self.reference.ecs

    def queries(self, rule: Rule) -> tuple[RuleQuery, ...]:
        """Everything in a rule that is a query, parsed; the rule's own query first, if it has one."""
        found: tuple[RuleQuery, ...] = self._known_of(rule)["queries"]
        return found

    def query(self, rule: Rule) -> RuleQuery | None:
        """The rule's own query, if it has one that parses."""
        found: RuleQuery | None = self._known_of(rule)["query"]
        return found

    def problems(self, rule: Rule, one: RuleQuery) -> tuple[QueryError, ...]:
        """What is wrong with a query that parses, once the types of its fields are known."""
        return self.once(
            rule, one.path, lambda *_: one.query.problems(_SureTypes(self.ecs, self.schema(rule, one.index)))
        )

    def once(self, rule: Rule, key: object, make: Callable[[Rule, Context], T]) -> T:
        """What `make` gives for a rule, made once however many checks ask; `key` tells one thing from another."""
        known = self._known_of(rule)
        if key not in known:
            known[key] = make(rule, self)
        found: T = known[key]
        return found

    def _known_of(self, rule: Rule) -> dict[Any, Any]:
        """What is known of a rule already; its queries always are."""
        known = self._known
        # Every check of a rule asks, one rule after the other: trees of rules that are done with are let go.
        if known.get("rule") is not rule:
            known.clear()
            queries = tuple(rule_queries(rule, partial(self.refused, rule)))
            main = queries[0] if queries and queries[0].main and queries[0].query.sound else None
            known.update(rule=rule, queries=queries, query=main)
        return known

    def stacks(self, rule: Rule) -> tuple[StackVersion, ...]:
        """The stack versions of the pack that get this rule, lowest first; its own minimum if none of them does."""
        if rule.metadata.min_stack_version is None:
            return self.project.stack
        least = StackVersion.parse(rule.metadata.min_stack_version)
        return tuple(stack for stack in self.project.stack if stack >= least) or (least,)

    def judges_fields(self, rule: Rule) -> bool:
        """Whether the fields of a rule are looked up: not those of deprecated rules, or where the file says no."""
        return not rule.deprecated and rule.metadata.query_schema_validation is not False

    def schema(self, rule: Rule, index: tuple[str, ...]) -> FieldSchema:
        """What is known about the fields that a rule finds in some index patterns."""
        return self.once(rule, ("schema", index), lambda *_: self._schema(rule, index))

    def _schema(self, rule: Rule, index: tuple[str, ...]) -> FieldSchema:
        metadata = rule.metadata
        updated = metadata.updated_date or metadata.creation_date or ""
        return self.reference.schema(index, metadata.integrations, self.stacks(rule), updated)

    @cached_property
    def _known(self) -> dict[Any, Any]:
        return {}

    def at(self, rule: Rule, path: Path, message: str, hint: str | None = None, *, key: bool = False) -> Found:
        """A finding at a value of the rule's file, or at its name (`key`); at the nearest table if it is not there."""
        return Found(message, self.span(rule, path, key=key), hint)

    def inside(self, rule: Rule, path: Path, index: int, length: int, message: str, hint: str | None = None) -> Found:
        """A finding at some characters of a text in the rule's file."""
        return Found(message, self.inside_span(rule, path, index, length), hint)

    def inside_span(self, rule: Rule, path: Path, index: int, length: int) -> Span:
        """Where some characters of a text in the rule's file are."""
        source = self.source(rule.file)
        return source.inside(path, index, length) if source else Span(rule.file)

    def in_query(
        self, rule: Rule, one: RuleQuery, start: int, end: int, message: str, hint: str | None = None
    ) -> Found:
        """A finding between two characters of a query."""
        source = self.source(rule.file) if hint is not None and "\\" in hint else None
        if source is not None and source.reads_backslashes(one.path):
            hint = f"{hint}; put the query into ''' first, so that TOML leaves its backslashes alone"
        return self.inside(rule, one.path, start, max(end - start, 1), message, hint)

    def lacks(self, rule: Rule, name: str) -> bool:
        """Whether a rule is without a field because its file is; it may also be because its schema refused it."""
        return getattr(rule, name, None) is None and not self.names(rule, "rule", name)

    def refused(self, rule: Rule, name: str) -> bool:
        """Whether a rule is without a field because its schema refused what its file has there."""
        return getattr(rule, name, None) is None and self.names(rule, "rule", name)

    def made_up(self, rule: Rule, name: str) -> bool:
        """Whether a field that every rule has stands in for one that is missing or refused."""
        source = self.source(rule.file)
        table = source.data.get("rule") if source else None
        return isinstance(table, Mapping) and table.get(name) != getattr(rule, name)

    def names(self, rule: Rule, *path: str) -> bool:
        """Whether the rule's file has something there, be it good or refused."""
        source = self.source(rule.file)
        value: object = source.data if source else None
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value is not None

    def span(self, rule: Rule | Facts | ListFacts, path: Path, *, key: bool = False) -> Span:
        """Where something in the file of a rule or exception list is."""
        source = self.source(rule.file)
        return source.locate(path, part="key" if key else "value") if source else Span(rule.file)


RuleCheck = Callable[[Rule, Context], Iterator[Found]]
PackCheck = Callable[[Sequence[Facts], Context], Iterator[Found]]


@frozen
class Check:
    """A check: its code, and the function that looks at one rule or at the facts of all.

    `opt_in` names the set that it belongs to, if it only runs where the settings ask for that set.
    """

    code: Code
    of_rule: RuleCheck | None = None
    of_pack: PackCheck | None = None
    opt_in: str | None = None

    def on_rule(self, rule: Rule, context: Context) -> tuple[Diagnostic, ...]:
        """Every diagnostic of this check for a rule."""
        return tuple(on_rule((self,), rule, context))

    def on_pack(self, facts: Sequence[Facts], context: Context) -> Iterator[Diagnostic]:
        """Every diagnostic of this check for all rules together; of one file no more than of a rule alone."""
        by_file: dict[str, list[Found]] = {}
        for found in self.of_pack(facts, context) if self.of_pack is not None else ():
            by_file.setdefault(found.span.file, []).append(found)
        for of_file in by_file.values():
            yield from first(self.diagnostic(found, context) for found in of_file)

    def diagnostic(self, found: Found, context: Context, most: Severity = Severity.ERROR) -> Diagnostic:
        """What this check says, with its code and the line that it is about; `most` is how bad it is at most."""
        source = context.source(found.span.file)
        excerpt = source.line_text(found.span.line) if source else None
        severity = min(self.code.severity, found.severity, most)
        return Diagnostic(self.code, found.message, found.span, found.hint, found.related, severity, excerpt)


def on_rule(checks: Iterable[Check], rule: Rule, context: Context) -> Iterator[Diagnostic]:
    """Every diagnostic of some checks for a rule."""
    # Kibana never receives a deprecated rule: what is wrong with it is no reason to stop.
    most = Severity.WARNING if rule.deprecated else Severity.ERROR
    for one in checks:
        if one.of_rule is not None:
            found = one.of_rule(rule, context)
            # That there is nothing, as nearly always, a loop finds out faster than a call.
            for earliest in found:
                yield from first(one.diagnostic(each, context, most) for each in chain((earliest,), found))
                break


def _code(function: Callable[..., object], code_id: str, name: str, severity: Severity) -> Code:
    """A check's code; the docstring's first line is its summary, the rest its help."""
    summary, _, text = inspect.cleandoc(function.__doc__ or "").partition("\n")
    return Code(code_id, name, severity, summary.rstrip("."), text.strip())


def check(code_id: str, name: str, severity: Severity, *, opt_in: str | None = None) -> Callable[[RuleCheck], Check]:
    """Make a function over one rule a check."""
    return lambda function: Check(_code(function, code_id, name, severity), of_rule=function, opt_in=opt_in)


def pack_check(code_id: str, name: str, severity: Severity) -> Callable[[PackCheck], Check]:
    """Make a function over the facts of all rules a check."""
    return lambda function: Check(_code(function, code_id, name, severity), of_pack=function)
