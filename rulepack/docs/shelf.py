"""Shelf: the rules of a pack as pages need them: all in brief, and a whole one when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from rulepack.checks.queries import RuleQuery
from rulepack.content import content
from rulepack.docs import search
from rulepack.docs.brief import Brief
from rulepack.docs.git_history import Revision, SourceRevision
from rulepack.docs.history import Record
from rulepack.docs.index_jobs import Indexed
from rulepack.docs.related import Related, related
from rulepack.exception_list import ExceptionList
from rulepack.fit import Standing
from rulepack.frozen import frozen
from rulepack.lock.store import Lock
from rulepack.lock.version import version_of
from rulepack.pack import Pack
from rulepack.package.make import Maker
from rulepack.project import FROM_KIBANA, Project
from rulepack.reference import Reference
from rulepack.rule import Rule
from rulepack.source import Source


@frozen(slots=False)
class Shelf:
    """The rules of a project. `read` gives the rule of a file, `text` the file's text.

    `briefs` are of all rules, the deprecated ones too, in the order of their files; `digests` change with all that a
    rule's own page is made of: its file, and its entry in the lock. `exception_lists` gives those of the
    pack, and `exception_names` has their names by list_id; `lists` changes with them. `tokens` has the words of each
    rule for the search, `indexed` and `former_tokens` what is known of the last index. `related` has the rules
    related to each, by file. `source` is the revision that pages are made from, if they are to say so, and `revisions`
    what became of each rule up to it, by rule_id. `out` is the folder that pages go to, if not the project's own.
    """

    project: Project
    briefs: tuple[Brief, ...]
    digests: Mapping[str, str]
    read: Callable[[str], Rule]
    text: Callable[[str], str]
    lock: Lock = field(default_factory=Lock)
    exception_lists: Callable[[], tuple[ExceptionList, ...]] = tuple
    exception_names: Mapping[str, str] = field(default_factory=dict)
    lists: str = ""
    tokens: Mapping[str, str] = field(default_factory=dict)
    indexed: Indexed | None = None
    former_tokens: Mapping[str, str] = field(default_factory=dict)
    related: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)
    source: SourceRevision | None = None
    revisions: Mapping[str, tuple[Revision, ...]] = field(default_factory=dict)
    out: Path | None = None

    @classmethod
    def of_pack(cls, pack: Pack, lock: Lock) -> Shelf:
        """The shelf of a pack that is in memory."""
        rules = {rule.file: rule for rule in pack.rules}
        maker = Maker(pack.project, lock, Reference.of(pack.project))
        briefs = tuple(brief_of(rule, maker) for rule in pack.rules)

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
            {one.list_id: " ".join(one.container.name.split()) for one in pack.exception_lists},
            tokens={brief.file: words_of(rules[brief.file], brief) for brief in briefs},
            related=related(briefs),
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


def brief_of(rule: Rule, maker: Maker, queries: tuple[RuleQuery, ...] | None = None) -> Brief:
    """A rule in brief, with what the lock has of it; `queries` are its own, where they are known already."""
    lock, project = maker.lock, maker.project
    record = None
    if lock.present and project.versions != FROM_KIBANA:
        version = version_of(lock, rule, content(rule).hash, project.versions)
        record = Record(version, lock.entries.get(rule.rule_id))
    fits = rule.deprecated or any(one.standing is not Standing.LEFT_OUT for one in maker.fits(rule))
    return replace(Brief.of(rule, record, queries), fits=fits)


def words_of(rule: Rule, brief: Brief) -> str:
    """The words of a rule for the search, as one text."""
    return " ".join(search.tokens(rule, brief))
