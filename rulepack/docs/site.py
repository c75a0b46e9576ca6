"""Which pages there are: the template trees read as a plan, and rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Template

from rulepack.diagnostics import Diagnostic, Severity, Span, sort
from rulepack.docs import each, environment, html, products, tree
from rulepack.docs.codes import RP603
from rulepack.docs.elastic import version_of
from rulepack.docs.pack_view import PackView, Settings
from rulepack.docs.page import BRIEFS, OWN, Job, Page, digest_of, spelling
from rulepack.docs.shelf import Shelf
from rulepack.docs.tree import SITE, Tree
from rulepack.frozen import frozen
from rulepack.lock.store import Lock, read_lock
from rulepack.pack import Pack
from rulepack.project import ELASTIC, MARKDOWN, Project
from rulepack.reference import Reference
from rulepack.slug import slug

# Of the site: a Markdown page that has no HTML template of its own is shown in this one.
_FRAME = "parts/markdown_page.html.j2"


@frozen(slots=False)
class Site:
    """All pages of a pack, sorted by path, and what is wrong with its templates."""

    pages: tuple[Page, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a template has an error, so that pages are missing."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


class TemplateFailedError(Exception):
    """A template could not be rendered: `diagnostic` says where and why. It never leaves the room."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


def render(pack: Pack, reference: Reference | None = None, *flavours: str) -> Site:
    """Every page of a pack in memory: its own templates win over rulepack's, file by file.

    `flavours` are `markdown` (the default), `elastic` and `site`. Raises ProjectError for a flavour that needs what the
    settings do not have.
    """
    lock = read_lock(pack.project)
    plan = Plan(Shelf.of_pack(pack, lock), reference or Reference.of(pack.project), flavours or (MARKDOWN,))
    pages, found = [], list(plan.diagnostics)
    failed: set[str] = set()
    for job in plan.jobs:
        if job.template and job.template in failed:
            continue
        try:
            pages.append(Page(job.path, job.make()[0]))
        except TemplateFailedError as error:
            failed.add(job.template)
            found.append(error.diagnostic)
    return Site(tuple(sorted(pages, key=lambda page: page.path)), sort(found))


class Plan:
    """All pages that a pack's templates give, each as a job, and what is wrong with the templates and the lock."""

    def __init__(self, shelf: Shelf, reference: Reference, flavours: tuple[str, ...] = (MARKDOWN,)) -> None:
        self.shelf = shelf
        self.project = shelf.project
        if ELASTIC in flavours:
            version_of(self.project)
        self.pack = PackView(shelf, reference)
        self.flavours = flavours
        self.settings = Settings(self.project.name, self.pack.stack, self.pack.version)
        self.nav = _nav(self.pack) if SITE in flavours else ()
        self.found: list[Diagnostic] = [*tree.strays(self.project), *_of_lock(self.project, shelf.lock)]
        self.taken: dict[str, str] = {}
        self.jobs: list[Job] = []
        self._fill()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the trees and with the lock."""
        return sort(self.found)

    def _fill(self) -> None:
        pages: list[Job] = []
        for flavour in (MARKDOWN, ELASTIC):
            if flavour in self.flavours or (flavour == MARKDOWN and SITE in self.flavours):
                jobs = self._flavour(flavour, "")
                pages += jobs if flavour == MARKDOWN else ()
                if flavour in self.flavours:
                    self._take(jobs)
                    # The feed leads to pages as only this flavour has them.
                    self._take(products.of_pack(self.pack) if flavour == MARKDOWN else ())
        if SITE in self.flavours:
            site = self._flavour(SITE, "site/")
            self._take(site)
            self._take(self._framed(pages, {spelling(job.path) for job in site}))
            self._take(products.of_site(self.pack))

    def _flavour(self, flavour: str, prefix: str) -> list[Job]:
        """The jobs of one tree."""
        found = Tree(self.project, flavour, each.PLACEHOLDERS)
        jinja = environment.make({name: path for name, path in found.files.items() if name.endswith(tree.SUFFIX)})
        jobs: list[Job] = []
        about_nav = f" {digest_of(*map(repr, self.nav))}" if flavour == SITE else ""
        for name, folder, named in found.pages:
            target = named.replace("{version}", slug(version_of(self.project))) if "{version}" in named else named
            source = _Source(jinja, name, found.files[name], self.project.root)
            for path, base, about, values in self._items(flavour, folder, target):
                jobs.append(self._job(source, f"{prefix}{path}", f"{flavour}/{name} {base}{about_nav}", values, about))
        for target, file in found.static:
            jobs.append(Job(f"{prefix}{target}", "static", partial(self._static, file), str(file)))
        self.found += found.found
        return jobs

    def _items(
        self, flavour: str, folder: str, target: str
    ) -> Iterator[tuple[str, str, str, Callable[[], Mapping[str, Any]]]]:
        """The pages that one template gives: path, what its text depends on, whose it is, and the names it is given."""
        if folder == "once":
            yield target, "", "", dict
            return
        one = each.EACH[folder]
        for item in one.items(self.pack):
            fills = one.fill(item)
            path = target
            for name, value in fills.items():
                path = path.replace(f"{{{name}}}", value)
            yield (
                path,
                one.base(self.pack, item, flavour),
                one.about(item),
                partial(one.values, self.pack, item, flavour),
            )

    def _job(self, source: _Source, path: str, base: str, values: Callable[[], Mapping[str, Any]], about: str) -> Job:
        given = self._given(path)
        pack = self.pack

        def make() -> tuple[str, int]:
            pack._looked = OWN  # noqa: SLF001 (what templates do not see)
            text = source.render(given, values)
            return _tidy(text), source.looked(pack._looked, own=bool(about))  # noqa: SLF001 (the same)

        return Job(path, base, make, str(source.path), about)

    def _given(self, path: str) -> dict[str, Any]:
        """The names that every template is given; `root` is the way from the page to docs-out, or to the site."""
        root = "../" * (path.count("/") - path.startswith("site/"))
        return {"pack": self.pack, "root": root, "settings": self.settings, "nav": self.nav}

    def _framed(self, pages: Iterable[Job], there: set[str]) -> Iterator[Job]:
        """The Markdown pages that the site has no template for, as HTML."""
        found = Tree(self.project, SITE, each.PLACEHOLDERS)
        if _FRAME not in found.files:
            return
        jinja = environment.make({name: path for name, path in found.files.items() if name.endswith(tree.SUFFIX)})
        source = _Source(jinja, _FRAME, found.files[_FRAME], self.project.root)
        for job in pages:
            path = f"site/{PurePosixPath(job.path).with_suffix('.html')}"
            if job.path.endswith(".md") and spelling(path) not in there:
                yield self._frame(source, job, path)

    def _frame(self, source: _Source, job: Job, path: str) -> Job:
        given = self._given(path)
        pack = self.pack

        feed = cache(job.make)

        def make() -> tuple[str, int]:
            text, looked = feed()
            pack._looked = looked  # noqa: SLF001 (what templates do not see)
            title = text.partition("\n")[0].lstrip("# ")
            framed = source.render(given, lambda: {"title": title, "body": html.page(text)})
            return _tidy(framed), source.looked(pack._looked)  # noqa: SLF001 (the same)

        return Job(path, f"frame {job.base}", make, job.template, feed=feed)

    def _static(self, path: Path) -> tuple[str, int]:
        """A file that is published as it is; raises TemplateFailedError for one that is no text."""
        try:
            return path.read_text(encoding="utf-8"), OWN
        except (OSError, UnicodeDecodeError) as error:
            raise TemplateFailedError(environment.failure(error, path, self.project.root)) from error

    def _take(self, jobs: Iterable[Job]) -> None:
        """Take jobs, unless there is a page of that name already, to a file system that ignores case too."""
        for job in jobs:
            key = spelling(job.path)
            if key not in self.taken:
                self.taken[key] = job.template
                self.jobs.append(job)
            elif job.template:
                other = self.project.display(Path(self.taken[key])) if self.taken[key] else "rulepack itself"
                message = f"{job.path} is already written by {other}"
                span = Span(self.project.display(Path(job.template)))
                self.found.append(Diagnostic(RP603, message, span, "rename one"))


def _nav(pack: PackView) -> tuple[tuple[str, str], ...]:
    """The ways from the site's home to all pages that list rules: label and path."""
    kinds = ((kind.plural, f"{kind.path}.html") for kind in pack.kinds)
    rest = (
        ("Coverage", "coverage.html"),
        ("New and recently changed", "recent.html"),
        ("Changelog", "changelog.html"),
        ("Deprecated and removed rules", "deprecated.html"),
        ("Statistics", "statistics.html"),
    )
    return (("All rules by name", "all/index.html"), *kinds, *rest)


class _Source:
    """A template, compiled when it is first needed; what goes wrong in it is said at its place."""

    def __init__(self, jinja: environment.Environment, name: str, path: Path, root: Path) -> None:
        self.jinja = jinja
        self.name = name
        self.path = path
        self.root = root
        self.template: Template | None = None

    def looked(self, far: int, *, own: bool = False) -> int:
        """How far the last page looked: who looks at more of rules than lists show looks at briefs.

        `own` is for the page of one rule, which depends on all of that anyway.
        """
        return max(far, BRIEFS) if self.jinja.deep and not (own and far == OWN) else far

    def render(self, common: Mapping[str, Any], values: Callable[[], Mapping[str, Any]]) -> str:
        """The text for some values; raises TemplateFailedError."""
        about = ""
        try:
            if self.template is None:
                self.template = self.jinja.get_template(self.name)
            given = values()
            self.jinja.deep = False
            about = next((f" (for {one.rule.file})" for one in given.values() if hasattr(one, "rule")), "")
            return self.template.render({**common, **given})
        except Exception as error:
            raise TemplateFailedError(environment.failure(error, self.path, self.root, about)) from error


def _of_lock(project: Project, lock: Lock) -> Iterator[Diagnostic]:
    """What is wrong with the lock: pages would show other versions than the rules have, and lose old addresses."""
    for found in lock.diagnostics:
        if (severity := project.severity(found)) is not None:
            yield replace(found, severity=severity)


def _tidy(text: str) -> str:
    """A page with one line break at its end."""
    return text.strip("\n") + "\n"
