"""Which pages there are: the template tree read as a plan, and rendered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from jinja2 import Template

from rulepack.diagnostics import Diagnostic, Severity, Span, sort
from rulepack.docs import environment
from rulepack.docs.codes import RP603, RP605
from rulepack.docs.coverage import Coverage
from rulepack.docs.elastic import ElasticPack, Letter, place_of, version_of
from rulepack.docs.history import FormerPage, Record, former_pages
from rulepack.docs.page import Page, spelling
from rulepack.docs.view import PLACE, RuleView
from rulepack.docs.write import MARKS
from rulepack.errors import OutputError
from rulepack.fields import join_or
from rulepack.frozen import frozen
from rulepack.lock.store import Lock, read_lock
from rulepack.pack import Pack
from rulepack.package.make import Maker
from rulepack.project import ELASTIC, FLAVOURS, MARKDOWN, Project
from rulepack.reference import Reference
from rulepack.reference.attack import NOTICE
from rulepack.rule import Rule
from rulepack.rule.base import SEVERITIES
from rulepack.slug import slug

SUFFIX = ".j2"
PARTS = "parts"


@frozen(slots=False)
class Site:
    """All pages of a pack, sorted by path, and what is wrong with its templates."""

    pages: tuple[Page, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a template has an error, so that pages are missing."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


@frozen(slots=False)
class PackView:
    """The pack as templates see it; what begins with `_` they do not see."""

    _pack: Pack
    _reference: Reference
    _lock: Lock = field(default_factory=Lock)
    _flavour: str = MARKDOWN

    def __repr__(self) -> str:
        return f"PackView({self.name!r})"

    @property
    def name(self) -> str:
        """The pack's name."""
        return self._pack.project.name

    @property
    def stack(self) -> tuple[str, ...]:
        """The stack versions that the pack is for."""
        return tuple(map(str, self._pack.project.stack))

    @cached_property
    def rules(self) -> tuple[RuleView, ...]:
        """The rules that are not deprecated, by name."""
        return self._views(self._pack.active)

    @cached_property
    def deprecated(self) -> tuple[RuleView, ...]:
        """The deprecated rules, by name."""
        return self._views(self._pack.deprecated)

    @property
    def version(self) -> str:
        """The pack's version; raises ProjectError for a pack that has none."""
        return version_of(self._pack.project)

    @cached_property
    def elastic(self) -> ElasticPack:
        """The pack as Elastic's documentation has packages of rules."""
        briefs = tuple(view.brief for view in (*self.rules, *self.deprecated))
        return ElasticPack(self._pack.project, briefs, self._lock.entries)

    @property
    def attack_notice(self) -> str:
        """The line that MITRE asks for where its names are shown."""
        return NOTICE

    @cached_property
    def coverage(self) -> Coverage:
        """What of ATT&CK the rules cover."""
        return Coverage.of(self.rules, self._reference.attack)

    def by_severity(self) -> list[tuple[str, int]]:
        """How many rules there are of each severity, worst first."""
        return [
            (severity, sum(1 for view in self.rules if view.rule.severity == severity))
            for severity in reversed(SEVERITIES)
        ]

    def by_type(self) -> list[tuple[str, int]]:
        """How many rules there are of each type, most first."""
        counts: dict[str, int] = {}
        for view in self.rules:
            counts[view.type_label] = counts.get(view.type_label, 0) + 1
        return sorted(counts.items(), key=lambda one: (-one[1], one[0]))

    def former(self, folder: str) -> tuple[FormerPage, ...]:
        """The addresses in a folder that pages of rules had before."""
        return former_pages((*self.rules, *self.deprecated), folder)

    def _views(self, rules: tuple[Rule, ...]) -> tuple[RuleView, ...]:
        views = [self._view(rule) for rule in rules]
        return tuple(sorted(views, key=lambda view: (view.rule.name.casefold(), view.rule.rule_id)))

    def _view(self, rule: Rule) -> RuleView:
        project = self._pack.project
        base = project.source_url or PurePosixPath(Path(os.path.relpath(project.root, project.docs))).as_posix()
        base = base.rstrip("/")
        named = rule.metadata.replacement if rule.deprecated else None
        other = self._pack.by_id.get(named) if named != rule.rule_id and named else None
        record = Record.of(rule, self._lock, project.versions)
        fits = () if rule.deprecated else self._maker.fits(rule)
        replacement = RuleView(other, base, place=self._place) if other else None
        return RuleView(rule, base, record, replacement, fits, exception_names=self._exception_names, place=self._place)

    @cached_property
    def _place(self) -> tuple[str, str]:
        return place_of(self._pack.project) if self._flavour == ELASTIC else PLACE

    @cached_property
    def _exception_names(self) -> dict[str, str]:
        return {one.list_id: " ".join(one.container.name.split()) for one in self._pack.exception_lists}

    @cached_property
    def _maker(self) -> Maker:
        return Maker(self._pack.project, self._lock, self._reference)


# How often a template is rendered, by the folder that it is in, and what it is given besides `pack`.
EACH: dict[str, tuple[str, Callable[[PackView], tuple[RuleView | FormerPage | Letter, ...]]]] = {
    "each-rule": ("view", lambda pack: pack.rules),
    "each-deprecated-rule": ("view", lambda pack: pack.deprecated),
    "each-former-page": ("former", lambda pack: pack.former("rules")),
    "each-former-deprecated-page": ("former", lambda pack: pack.former("rules/deprecated")),
    "each-letter": ("letter", lambda pack: pack.elastic.letters),
    "each-update-letter": ("letter", lambda pack: pack.elastic.update_letters),
}


def default_templates() -> Path:
    """The folder of rulepack's own templates: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / MARKDOWN).is_dir():
            return folder
    raise OutputError("rulepack's own templates are missing", "install rulepack again")


def render(pack: Pack, reference: Reference | None = None, flavour: str = MARKDOWN) -> Site:
    """Every page of a pack: its own templates win over rulepack's, file by file.

    Raises ProjectError for a flavour that needs what the settings do not have.
    """
    if flavour == ELASTIC:
        version_of(pack.project)
    plan = _Plan(pack.project, flavour)
    lock = read_lock(pack.project)
    plan.found += _of_lock(pack.project, lock)
    view = PackView(pack, reference or Reference.of(pack.project), lock, flavour)
    jinja = environment.make(plan.files)
    for name, path in sorted(plan.files.items()):
        folder, _, target = name.partition("/")
        if folder == PARTS or plan.is_misplaced(name):
            continue
        try:
            for page in _render_one(jinja.get_template(name), folder, target, view):
                if not plan.add(page, path):
                    break
        except _RenderError as error:
            plan.fail(error.cause, path, f" (for {error.rule})")
        except Exception as error:  # noqa: BLE001 (whatever a template does is said at its place)
            plan.fail(error, path)
    return Site(tuple(page for _, page in sorted(plan.pages.items())), sort(plan.found))


def _of_lock(project: Project, lock: Lock) -> Iterator[Diagnostic]:
    """What is wrong with the lock: pages would show other versions than the rules have, and lose old addresses."""
    for found in lock.diagnostics:
        if (severity := project.severity(found)) is not None:
            yield replace(found, severity=severity)


class _Plan:
    """The template tree, the pages that it has given so far, and what is wrong with it."""

    def __init__(self, project: Project, flavour: str) -> None:
        self.project = project
        self.flavour = flavour
        self.found: list[Diagnostic] = []
        # What all flavours say of a rule alike, they say by the same parts.
        shared = _parts(_templates(default_templates() / MARKDOWN))
        self.files = {**shared, **_templates(default_templates() / flavour)}
        own: dict[str, dict[str, Path]] = {name: {} for name in FLAVOURS}
        self.pages: dict[str, Page] = {}
        self.taken: dict[str, Path] = {}
        root = project.root.resolve()
        for name, path in _templates(project.templates).items():
            of, _, rest = name.partition("/")
            if not path.resolve().is_relative_to(root):
                self._misplaced(
                    path, f"{name} is a link that leads out of the project", "put the template itself there"
                )
            elif of not in FLAVOURS or not rest:
                hint = f"move it to {project.display(project.templates / flavour)}/"
                self._misplaced(path, f"{name} is not in the folder {flavour}/", hint)
            else:
                own[of][rest] = path
        self.files |= _parts(own[MARKDOWN]) | own[flavour]

    def is_misplaced(self, name: str) -> bool:
        """Whether a template is not where rulepack knows what to do with it; says so."""
        folder, _, target = name.partition("/")
        if (folder != "once" and folder not in EACH) or not target or ("{slug}" in target) != (folder in EACH):
            folders = join_or(f"{name}/" for name in EACH)
            hint = f"use once/, parts/, or {folders} with {{slug}} in the name"
            self._misplaced(self.files[name], f"rulepack does not know how often to render {name}", hint)
            return True
        if PurePosixPath(target.removesuffix(SUFFIX)).suffix not in MARKS:
            hint = f"pages end in {', '.join(MARKS)}"
            self._misplaced(self.files[name], f"rulepack does not know this kind of page: {name}", hint)
            return True
        return False

    def add(self, page: Page, path: Path) -> bool:
        """Take a page; False if there is one of that name already, to a file system that ignores case too."""
        key = spelling(page.path)
        if key in self.taken:
            message = f"{page.path} is already written by {self.project.display(self.taken[key])}"
            self.found.append(Diagnostic(RP603, message, Span(self.project.display(path)), "rename one"))
            return False
        self.taken[key] = path
        self.pages[page.path] = page
        return True

    def fail(self, error: Exception, path: Path, about: str = "") -> None:
        """Say that a template failed."""
        self.found.append(environment.failure(error, path, self.project.root, about))

    def _misplaced(self, path: Path, message: str, hint: str) -> None:
        self.found.append(Diagnostic(RP605, message, Span(self.project.display(path)), hint))


class _RenderError(Exception):
    """A template failed for one rule."""

    def __init__(self, cause: Exception, rule: str) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.rule = rule


def _templates(folder: Path) -> dict[str, Path]:
    """The templates of a folder by name."""
    if not folder.is_dir():
        return {}
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob(f"*{SUFFIX}") if path.is_file()}


def _parts(files: dict[str, Path]) -> dict[str, Path]:
    """What other templates include."""
    return {name: path for name, path in files.items() if name.startswith(f"{PARTS}/")}


def _render_one(template: Template, folder: str, target: str, view: PackView) -> Iterator[Page]:
    target = target.removesuffix(SUFFIX)
    if "{version}" in target:
        target = target.replace("{version}", slug(view.version))
    if folder == "once":
        yield Page(target, _tidy(template.render(pack=view)))
        return
    name, choose = EACH[folder]
    for one in choose(view):
        try:
            text = template.render({"pack": view, name: one})
        except Exception as error:
            raise _RenderError(error, one.slug if isinstance(one, Letter) else one.rule.file) from error
        yield Page(target.replace("{slug}", one.slug), _tidy(text))


def _tidy(text: str) -> str:
    """A page with one line break at its end."""
    return text.strip("\n") + "\n"
