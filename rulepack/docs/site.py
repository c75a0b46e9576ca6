"""Which pages there are: the template tree read as a plan, and rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Template

from rulepack.diagnostics import Diagnostic, Severity, Span, sort
from rulepack.docs import environment
from rulepack.docs.coverage import Coverage
from rulepack.docs.page import Page
from rulepack.docs.view import RuleView
from rulepack.errors import OutputError
from rulepack.pack import Pack
from rulepack.reference import Reference
from rulepack.reference.attack import NOTICE
from rulepack.rule.base import SEVERITIES

SUFFIX = ".j2"
PARTS = "parts"
FLAVOUR = "markdown"


@dataclass(frozen=True)
class Site:
    """All pages of a pack, sorted by path, and what is wrong with its templates."""

    pages: tuple[Page, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a template has an error, so that pages are missing."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


@dataclass(frozen=True)
class PackView:
    """The pack as templates see it."""

    pack: Pack
    reference: Reference

    @property
    def name(self) -> str:
        """The pack's name."""
        return self.pack.project.name

    @property
    def stack(self) -> tuple[str, ...]:
        """The stack versions that the pack is for."""
        return tuple(map(str, self.pack.project.stack))

    @cached_property
    def rules(self) -> tuple[RuleView, ...]:
        """The rules that are not deprecated, by name."""
        return self._views(self.pack.active)

    @cached_property
    def deprecated(self) -> tuple[RuleView, ...]:
        """The deprecated rules, by name."""
        return self._views(self.pack.deprecated)

    @property
    def attack_notice(self) -> str:
        """The line that MITRE asks for where its names are shown."""
        return NOTICE

    @cached_property
    def coverage(self) -> Coverage:
        """What of ATT&CK the rules cover."""
        return Coverage.of(self.rules, self.reference.attack)

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

    def _views(self, rules: tuple[Any, ...]) -> tuple[RuleView, ...]:
        source_url = self.pack.project.source_url
        views = [RuleView(rule, self.reference.attack, source_url) for rule in rules]
        return tuple(sorted(views, key=lambda view: (view.rule.name.casefold(), view.rule.rule_id)))


# How often a template is rendered, by the folder that it is in, and what it is given besides `pack`.
EACH: dict[str, tuple[str, Callable[[PackView], tuple[RuleView, ...]]]] = {
    "each-rule": ("view", lambda pack: pack.rules),
    "each-deprecated-rule": ("view", lambda pack: pack.deprecated),
}


def default_templates() -> Path:
    """The folder of rulepack's own templates: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / FLAVOUR).is_dir():
            return folder
    raise OutputError("rulepack's own templates are missing", "install rulepack again")


def render(pack: Pack, reference: Reference | None = None) -> Site:
    """Every page of a pack: its own templates win over rulepack's, file by file."""
    files = _templates(default_templates() / FLAVOUR) | _templates(pack.project.templates / FLAVOUR)
    view = PackView(pack, reference or Reference(pack.project.reference))
    jinja = environment.make(files)
    root = pack.project.root
    pages: dict[str, tuple[Page, Path]] = {}
    found: list[Diagnostic] = []
    for name, path in sorted(files.items()):
        folder, _, target = name.partition("/")
        if folder == PARTS:
            continue
        if (folder != "once" and folder not in EACH) or not target or ("{slug}" in target) != (folder in EACH):
            message = f"rulepack does not know how often to render {name}"
            hint = "use once/, each-rule/ or each-deprecated-rule/ with {slug} in the name, or parts/"
            found.append(Diagnostic(environment.RP605, message, Span(pack.project.display(path)), hint))
            continue
        try:
            template = jinja.get_template(name)
            for page in _render_one(template, folder, target, view):
                if page.path in pages:
                    message = f"{page.path} is already written by {pack.project.display(pages[page.path][1])}"
                    found.append(Diagnostic(environment.RP603, message, Span(pack.project.display(path)), "rename one"))
                    break
                pages[page.path] = (page, path)
        except _RenderError as error:
            found.append(environment.failure(error.cause, path, root, f" (for {error.rule})" if error.rule else ""))
        except Exception as error:  # noqa: BLE001 (whatever a template does is said at its place)
            found.append(environment.failure(error, path, root))
    return Site(tuple(page for _, (page, _) in sorted(pages.items())), sort(found))


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


def _render_one(template: Template, folder: str, target: str, view: PackView) -> Iterator[Page]:
    target = target.removesuffix(SUFFIX)
    if folder == "once":
        yield Page(target, _tidy(template.render(pack=view)))
        return
    name, choose = EACH[folder]
    for one in choose(view):
        try:
            text = template.render({"pack": view, name: one})
        except Exception as error:
            raise _RenderError(error, one.rule.file) from error
        yield Page(target.replace("{slug}", one.slug), _tidy(text))


def _tidy(text: str) -> str:
    """A page with one line break at its end."""
    return text.strip("\n") + "\n"
