"""Shelf: the rules of a pack as pages need them: all in brief, and a whole one when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from types import MappingProxyType

from rulepack.checks.queries import RuleQuery
from rulepack.content import content
from rulepack.docs.brief import Brief
from rulepack.docs.history import Record
from rulepack.exception_list import ExceptionList
from rulepack.frozen import frozen
from rulepack.lock.store import Lock
from rulepack.lock.version import version_of
from rulepack.pack import Pack
from rulepack.project import FROM_KIBANA, Project
from rulepack.rule import Rule
from rulepack.source import Source


@frozen(slots=False)
class Shelf:
    """The rules of a project. `read` gives the rule of a file, `text` the file's text.

    `briefs` are of all rules, the deprecated ones too, in the order of their files; `digests` change with all that a
    rule's own page is made of: its file, and its entry in the lock. `exception_lists` gives those of the
    pack.
    """

    project: Project
    briefs: tuple[Brief, ...]
    digests: Mapping[str, str]
    read: Callable[[str], Rule]
    text: Callable[[str], str]
    lock: Lock = field(default_factory=Lock)
    exception_lists: Callable[[], tuple[ExceptionList, ...]] = tuple

    @classmethod
    def of_pack(cls, pack: Pack, lock: Lock) -> Shelf:
        """The shelf of a pack that is in memory."""
        rules = {rule.file: rule for rule in pack.rules}
        briefs = tuple(brief_of(rule, lock, pack.project) for rule in pack.rules)

        def text(file: str) -> str:
            source = pack.sources.get(file)
            return source.text if isinstance(source, Source) else ""

        return cls(
            pack.project,
            briefs,
            MappingProxyType({brief.file: brief.digest for brief in briefs}),
            rules.__getitem__,
            text,
            lock,
            lambda: pack.exception_lists,
        )

    @cached_property
    def by_id(self) -> Mapping[str, Brief]:
        """The first rule with each rule_id."""
        found: dict[str, Brief] = {}
        for brief in self.briefs:
            found.setdefault(brief.rule_id, brief)
        return MappingProxyType(found)

    def record(self, brief: Brief) -> Record | None:
        """What the lock has of a rule; None where there is no lock, or where versions are Kibana's own."""
        if not self.lock.present or self.project.versions == FROM_KIBANA:
            return None
        return Record(brief.version, self.lock.entries.get(brief.rule_id))


def brief_of(rule: Rule, lock: Lock, project: Project, queries: tuple[RuleQuery, ...] | None = None) -> Brief:
    """A rule in brief, with what the lock has of it; `queries` are its own, where they are known already."""
    if not lock.present or project.versions == FROM_KIBANA:
        return Brief.of(rule, queries=queries)
    version = version_of(lock, rule, content(rule).hash, project.versions)
    return Brief.of(rule, Record(version, lock.entries.get(rule.rule_id)), queries)
