"""PackView: the pack as templates see it; it notes how far they look, so that pages that need not change stay."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from rulepack import emit
from rulepack.derive import derive
from rulepack.docs import exports
from rulepack.docs.brief import Brief
from rulepack.docs.catalogue import ordered
from rulepack.docs.changes import Change, Changelog, Recent, changelog, changes, recent
from rulepack.docs.coverage import Coverage
from rulepack.docs.elastic import ElasticPack
from rulepack.docs.history import FormerPage, former_pages
from rulepack.docs.index_jobs import Index
from rulepack.docs.listing import Kind, Listing, everything, kinds
from rulepack.docs.page import LISTED, OWN, RULES, digest_of
from rulepack.docs.removed import RemovedPage, Retired, deprecated_rules, removed_pages, removed_rules
from rulepack.docs.shelf import Shelf
from rulepack.docs.tree import SITE
from rulepack.docs.view import RuleView
from rulepack.fit import Fit, Standing
from rulepack.frozen import frozen
from rulepack.package.make import Maker, versioned
from rulepack.package.navigator import Layer
from rulepack.project import ELASTIC, MARKDOWN
from rulepack.reference import Reference
from rulepack.reference.attack import NOTICE
from rulepack.rule import Rule
from rulepack.rule.base import SEVERITIES


@frozen
class Settings:
    """What pages say of the pack as such: its name, the stack versions that it is for, its version or nothing."""

    name: str
    stack: tuple[str, ...]
    version: str


class PackView:
    """The pack as templates see it; what begins with `_` they do not see.

    `briefs` are what pages about many rules are made of: `rules` and `deprecated` are the whole rules, and a page that
    asks for them is made again whenever any rule changes.
    """

    def __init__(self, shelf: Shelf, reference: Reference) -> None:
        self._shelf = shelf
        self._reference = reference
        self._looked = OWN
        self._fitted: tuple[str, tuple[Fit, ...]] = ("", ())

    def __repr__(self) -> str:
        return f"PackView({self.name!r})"

    def _look(self, far: int) -> None:
        self._looked = max(self._looked, far)

    @property
    def name(self) -> str:
        """The pack's name."""
        return self._shelf.project.name

    @property
    def stack(self) -> tuple[str, ...]:
        """The stack versions that the pack is for."""
        return tuple(map(str, self._shelf.project.stack))

    @property
    def version(self) -> str:
        """The pack's version; empty without one."""
        return self._shelf.project.version or ""

    @property
    def attack_notice(self) -> str:
        """The line that MITRE asks for where its names are shown."""
        return NOTICE

    @property
    def briefs(self) -> tuple[Brief, ...]:
        """The rules that are not deprecated, by name, in brief."""
        self._look(LISTED)
        return self._active

    @property
    def deprecated_briefs(self) -> tuple[Brief, ...]:
        """The deprecated rules, by name, in brief."""
        self._look(LISTED)
        return self._deprecated

    @property
    def rules(self) -> tuple[RuleView, ...]:
        """The rules that are not deprecated, by name."""
        self._look(RULES)
        return tuple(map(self._view, self._active))

    @property
    def deprecated(self) -> tuple[RuleView, ...]:
        """The deprecated rules, by name."""
        self._look(RULES)
        return tuple(map(self._view, self._deprecated))

    @property
    def coverage(self) -> Coverage:
        """What of ATT&CK the rules cover."""
        self._look(LISTED)
        return self._coverage

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Every way to divide the rules: by tactic, technique, data source, platform, tag and so on."""
        self._look(LISTED)
        return self._kinds

    @cached_property
    def elastic(self) -> ElasticPack:
        """The pack as Elastic's documentation has packages of rules; names of pages need no look at the rules."""
        every = (*self._active, *self._deprecated)
        return ElasticPack(self._shelf.project, every, lambda: self._look(LISTED))

    @property
    def everything(self) -> Listing:
        """All rules as a listing, whose pages are by letter."""
        self._look(LISTED)
        return self._everything

    @property
    def changes(self) -> tuple[Change, ...]:
        """What happened to the rules, the newest first."""
        self._look(LISTED)
        return self._changes

    @property
    def changelog(self) -> Changelog:
        """The same, as pages."""
        self._look(LISTED)
        return self._changelog

    @property
    def recent(self) -> Recent:
        """The rules that were written last, and those that were changed last."""
        self._look(LISTED)
        return recent(self._active, self._changes)

    @property
    def deprecated_rules(self) -> tuple[Retired, ...]:
        """The deprecated rules, with what the lock knows of that."""
        self._look(LISTED)
        return deprecated_rules(self._shelf.briefs, self._shelf.lock)

    @property
    def removed_rules(self) -> tuple[Retired, ...]:
        """The rules that the pack does not have any more."""
        self._look(LISTED)
        return self._removed

    def by_severity(self) -> list[tuple[str, int]]:
        """How many rules there are of each severity, worst first."""
        return [(severity, self._count("severity")[severity]) for severity in reversed(SEVERITIES)]

    def by_type(self) -> list[tuple[str, int]]:
        """How many rules there are of each type, most first."""
        return sorted(self._count("type_label").items(), key=lambda one: (-one[1], one[0]))

    def by_language(self) -> list[tuple[str, int]]:
        """How many rules there are of each query language, most first; of those without a query nothing is said."""
        counts = self._count("language_label")
        del counts[""]
        return sorted(counts.items(), key=lambda one: (-one[1], one[0]))

    def by_year(self) -> list[tuple[str, int, int]]:
        """Year, how many of the rules were created in it, and how many were last changed in it; newest first."""
        created = Counter(brief.created[:4] for brief in self.briefs)
        updated = Counter(brief.updated[:4] for brief in self.briefs)
        years = sorted({*created, *updated} - {""}, reverse=True)
        return [(year, created[year], updated[year]) for year in years]

    def _count(self, name: str) -> Counter[str]:
        return Counter(getattr(brief, name) for brief in self.briefs)

    @cached_property
    def _active(self) -> tuple[Brief, ...]:
        return _by_name(brief for brief in self._shelf.briefs if not brief.deprecated)

    @cached_property
    def _deprecated(self) -> tuple[Brief, ...]:
        return _by_name(brief for brief in self._shelf.briefs if brief.deprecated)

    @cached_property
    def _coverage(self) -> Coverage:
        return Coverage.of(self._active, self._reference.attack)

    @cached_property
    def _changes(self) -> tuple[Change, ...]:
        return changes(self._shelf.briefs, self._shelf.lock, self._shelf.project.versions)

    @cached_property
    def _changelog(self) -> Changelog:
        return changelog(self._changes)

    @cached_property
    def _removed(self) -> tuple[Retired, ...]:
        return removed_rules(self._shelf.briefs, self._shelf.lock)

    def _removed_pages(self, folder: str) -> tuple[RemovedPage, ...]:
        """The addresses in a folder that pages of removed rules had."""
        return removed_pages(self._removed, folder)

    @cached_property
    def _kinds(self) -> tuple[Kind, ...]:
        return kinds(self._active, self._reference.attack)

    @cached_property
    def _everything(self) -> Listing:
        return everything(self._active)

    def _layer_digest(self, layer: Layer) -> str:
        """Changes with anything that a layer shows."""
        if layer.file not in self._layer_digests:
            self._layer_digests[layer.file] = digest_of(layer.name, layer.matrix.version, *map(repr, layer.rules))
        return self._layer_digests[layer.file]

    @cached_property
    def _layer_digests(self) -> dict[str, str]:
        return {}

    @cached_property
    def _layers(self) -> tuple[tuple[str, Layer], ...]:
        return tuple(exports.coverage_layers(self.name, self._active, self._reference.attack))

    def _former(self, folder: str) -> tuple[FormerPage, ...]:
        """The addresses in a folder that pages of rules had before."""
        return former_pages((*self._active, *self._deprecated), folder)

    def _digest(self, brief: Brief, flavour: str) -> str:
        """Changes with all that a rule's own page is made of."""
        others = [self._replacement(brief), *(self._neighbours[brief.file] if flavour == SITE else ())]
        named = (f"{other.name} {other.path}" if other else "" for other in others)
        related = (f"{one.name} {one.path} {one.reasons}" for one in self._shelf.related.get(brief.file, ()))
        past = (f"{one.commit} {one.version}" for one in self._shelf.revisions.get(brief.rule_id, ()))
        return "\n".join((self._shelf.digests[brief.file], self._listed, *named, *related, *past))

    @cached_property
    def _listed(self) -> str:
        return digest_of(*map(str, self._exception_names.items()))

    def _view(self, brief: Brief, flavour: str = MARKDOWN) -> RuleView:
        """A whole rule, as its own page shows it."""
        shelf = self._shelf
        rule = shelf.read(brief.file)
        fits = self._fits(brief, rule)
        view = RuleView(
            rule,
            self._base,
            shelf.record(brief),
            self._replacement(brief),
            fits,
            exception_names=self._exception_names,
            known=brief,
            related=shelf.related.get(brief.file, ()),
            revisions=shelf.revisions.get(brief.rule_id, ()),
        )
        if flavour == ELASTIC:
            return replace(view, place=self.elastic.place)
        if flavour == SITE:
            before, after = self._neighbours[brief.file]
            ndjson = f"{brief.path}.ndjson" if self._has_body(brief) else ""
            return replace(view, previous=before, next=after, toml=shelf.text(brief.file), ndjson=ndjson)
        return view

    def _fits(self, brief: Brief, rule: Rule) -> tuple[Fit, ...]:
        """How a rule fits the stack versions of the pack; kept for the other pages of the same rule."""
        if self._fitted[0] != brief.file:
            self._fitted = (brief.file, () if brief.deprecated else self._maker.fits(rule))
        return self._fitted[1]

    def _body(self, brief: Brief) -> dict[str, Any]:
        """The body of a rule for the newest stack version that takes it, with the version that it has."""
        rule = self._shelf.read(brief.file)
        stack = next(one.stack for one in reversed(self._fits(brief, rule)) if one.standing is not Standing.LEFT_OUT)
        derived = self._shelf.project.derived_fields
        body = emit.shared_body(derive(rule, derived, self._reference, stack) if derived else rule, stack)
        return versioned(body, brief.version)

    def _has_body(self, brief: Brief) -> bool:
        """Whether any stack version of the pack takes the rule."""
        return not brief.deprecated and brief.fits

    @cached_property
    def _ordered(self) -> tuple[Brief, ...]:
        return ordered((*self._active, *self._deprecated))

    @cached_property
    def _index(self) -> Index:
        shelf = self._shelf
        return Index([brief.file for brief in self._ordered], shelf.tokens, shelf.indexed, shelf.former_tokens)

    @cached_property
    def _neighbours(self) -> dict[str, tuple[Brief | None, Brief | None]]:
        """The rules before and after each, by name; the deprecated ones are among themselves."""
        found: dict[str, tuple[Brief | None, Brief | None]] = {}
        for listed in (self._active, self._deprecated):
            for before, brief, after in zip((None, *listed), listed, (*listed[1:], None), strict=False):
                found[brief.file] = (before, after)
        return found

    @cached_property
    def _exception_names(self) -> Mapping[str, str]:
        return MappingProxyType(self._shelf.exception_names)

    def _replacement(self, brief: Brief) -> Brief | None:
        """The rule to use instead of a deprecated one, if that has a page."""
        named = brief.replacement if brief.deprecated and brief.replacement != brief.rule_id else None
        return self._shelf.by_id.get(named) if named else None

    @cached_property
    def _base(self) -> str:
        """Where the pack's files can be read: an address, or a way from docs-out."""
        project, source = self._shelf.project, self._shelf.source
        if source is not None and source.links is not None:
            return source.links.base
        base = (
            project.source_url
            or PurePosixPath(Path(os.path.relpath(project.root, self._shelf.out or project.docs))).as_posix()
        )
        return base.rstrip("/")

    @cached_property
    def _maker(self) -> Maker:
        return Maker(self._shelf.project, self._shelf.lock, self._reference)


def _by_name(briefs: Iterable[Brief]) -> tuple[Brief, ...]:
    return tuple(sorted(briefs, key=lambda brief: (brief.name.casefold(), brief.rule_id)))
