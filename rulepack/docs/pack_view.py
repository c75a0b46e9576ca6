"""PackView: the pack as templates see it; it notes how far they look, so that pages that need not change stay."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath

from rulepack.docs import exports
from rulepack.docs.brief import Brief
from rulepack.docs.coverage import Coverage
from rulepack.docs.history import FormerPage, former_pages
from rulepack.docs.listing import Kind, Listing, everything, kinds
from rulepack.docs.page import BRIEFS, OWN, RULES
from rulepack.docs.shelf import Shelf
from rulepack.docs.view import RuleView
from rulepack.package.make import Maker
from rulepack.package.navigator import Layer
from rulepack.reference import Reference
from rulepack.reference.attack import NOTICE
from rulepack.rule.base import SEVERITIES


class PackView:
    """The pack as templates see it; what begins with `_` they do not see.

    `briefs` are what pages about many rules are made of: `rules` and `deprecated` are the whole rules, and a page that
    asks for them is made again whenever any rule changes.
    """

    def __init__(self, shelf: Shelf, reference: Reference) -> None:
        self._shelf = shelf
        self._reference = reference
        self._looked = OWN

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
        self._look(BRIEFS)
        return self._active

    @property
    def deprecated_briefs(self) -> tuple[Brief, ...]:
        """The deprecated rules, by name, in brief."""
        self._look(BRIEFS)
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
        self._look(BRIEFS)
        return self._coverage

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Every way to divide the rules: by tactic, technique, data source, platform, tag and so on."""
        self._look(BRIEFS)
        return self._kinds

    @property
    def everything(self) -> Listing:
        """All rules as a listing, whose pages are by letter."""
        self._look(BRIEFS)
        return self._everything

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
    def _kinds(self) -> tuple[Kind, ...]:
        return kinds(self._active, self._reference.attack)

    @cached_property
    def _everything(self) -> Listing:
        return everything(self._active)

    @cached_property
    def _layers(self) -> tuple[tuple[str, Layer], ...]:
        return tuple(exports.coverage_layers(self.name, self._active, self._reference.attack))

    def _former(self, folder: str) -> tuple[FormerPage, ...]:
        """The addresses in a folder that pages of rules had before."""
        return former_pages((*self._active, *self._deprecated), folder)

    def _digest(self, brief: Brief) -> str:
        """Changes with all that a rule's own page is made of."""
        other = self._replacement(brief)
        return " ".join((self._shelf.digests[brief.file], *((other.name, other.path) if other else ())))

    def _view(self, brief: Brief) -> RuleView:
        """A whole rule, as its own page shows it."""
        shelf = self._shelf
        rule = shelf.read(brief.file)
        fits = () if brief.deprecated else self._maker.fits(rule)
        return RuleView(rule, self._base, shelf.record(brief), self._replacement(brief), fits)

    def _replacement(self, brief: Brief) -> Brief | None:
        """The rule to use instead of a deprecated one, if that has a page."""
        named = brief.replacement if brief.deprecated and brief.replacement != brief.rule_id else None
        return self._shelf.by_id.get(named) if named else None

    @cached_property
    def _base(self) -> str:
        """Where the pack's files can be read: an address, or a way from docs-out."""
        project = self._shelf.project
        base = project.source_url or PurePosixPath(Path(os.path.relpath(project.root, project.docs))).as_posix()
        return base.rstrip("/")

    @cached_property
    def _maker(self) -> Maker:
        return Maker(self._shelf.project, self._shelf.lock, self._reference)


def _by_name(briefs: Iterable[Brief]) -> tuple[Brief, ...]:
    return tuple(sorted(briefs, key=lambda brief: (brief.name.casefold(), brief.rule_id)))
