"""Tree: the templates of one flavour of pages, a pack's own before rulepack's, and what is misplaced among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from rulepack.diagnostics import Diagnostic, Span
from rulepack.docs.codes import RP605
from rulepack.docs.write import MARKS, UNMARKED
from rulepack.errors import OutputError
from rulepack.fields import join_or
from rulepack.project import FLAVOURS, MARKDOWN, Project

SUFFIX = ".j2"
PARTS, STATIC = "parts", "static"
SITE = "site"
_TREES = (*FLAVOURS, SITE)


def default_templates() -> Path:
    """The folder of rulepack's own templates: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / MARKDOWN).is_dir():
            return folder
    raise OutputError("rulepack's own templates are missing", "install rulepack again")


class Tree:
    """The templates of a flavour by name, such as `once/index.md.j2`, and its static files by their path."""

    def __init__(self, project: Project, flavour: str, each: dict[str, frozenset[str]]) -> None:
        self.project = project
        self.flavour = flavour
        self.each = each
        self.found: list[Diagnostic] = []
        self.files: dict[str, Path] = dict(_files(default_templates() / flavour))
        if flavour != MARKDOWN:
            # What all flavours say alike, they say by the same parts.
            self.files = {**_parts(_files(default_templates() / MARKDOWN)), **self.files}
            self.files |= _parts(self._own(MARKDOWN))
        self.files.update(self._own(flavour))

    def _own(self, flavour: str) -> Iterator[tuple[str, Path]]:
        """The pack's own templates for a flavour."""
        folder, root = self.project.templates / flavour, self.project.root.resolve()
        for name, path in _files(folder):
            if path.resolve().is_relative_to(root):
                yield name, path
            else:
                message = f"{flavour}/{name} is a link that leads out of the project"
                self._misplaced(path, message, "put the template itself there")

    @property
    def pages(self) -> Iterator[tuple[str, str, str]]:
        """Every template that gives pages: its name, how often, and the path of its pages; says what is misplaced."""
        for name in sorted(self.files):
            folder, _, target = name.partition("/")
            if folder in (PARTS, STATIC) or self._is_misplaced(name, folder, target):
                continue
            yield name, folder, target.removesuffix(SUFFIX)

    @property
    def static(self) -> Iterator[tuple[str, Path]]:
        """Every file that is published as it is: its path, and where it is; says what is of no known kind."""
        for name, path in sorted(self.files.items()):
            folder, _, target = name.partition("/")
            if folder == STATIC and PurePosixPath(target).suffix not in (*MARKS, *UNMARKED):
                kinds = ", ".join((*MARKS, *UNMARKED))
                self._misplaced(path, f"rulepack does not publish this kind of file: {name}", f"there are {kinds}")
            elif folder == STATIC:
                yield target, path

    def _is_misplaced(self, name: str, folder: str, target: str) -> bool:
        """Whether a template is not where rulepack knows what to do with it; says so."""
        if not name.endswith(SUFFIX):
            self._misplaced(self.files[name], f"{name} is no template", f"templates end in {SUFFIX}")
            return True
        wanted = self.each.get(folder, frozenset()) if folder != "once" else frozenset()
        named = frozenset(one for one in ("folder", "slug") if f"{{{one}}}" in target)
        if (folder != "once" and folder not in self.each) or not target or named != wanted:
            folders = join_or(f"{one}/" for one in self.each)
            need = " and ".join(f"{{{one}}}" for one in sorted(wanted)) or "{slug}"
            hint = f"use once/, parts/, or {folders} with {need} in the name"
            self._misplaced(self.files[name], f"rulepack does not know how often to render {name}", hint)
            return True
        if PurePosixPath(target.removesuffix(SUFFIX)).suffix not in MARKS:
            hint = f"pages end in {', '.join(MARKS)}"
            self._misplaced(self.files[name], f"rulepack does not know this kind of page: {name}", hint)
            return True
        return False

    def _misplaced(self, path: Path, message: str, hint: str) -> None:
        self.found.append(Diagnostic(RP605, message, Span(self.project.display(path)), hint))


def strays(project: Project) -> Iterator[Diagnostic]:
    """What is in a pack's templates folder, but in no folder of a flavour."""
    for name, path in _files(project.templates):
        flavour, _, rest = name.partition("/")
        if flavour not in _TREES or not rest:
            hint = f"move it to {project.display(project.templates / MARKDOWN)}/"
            message = f"{name} is not in the folder {MARKDOWN}/"
            yield Diagnostic(RP605, message, Span(project.display(path)), hint)


def digest(project: Project) -> str:
    """Changes with any template, rulepack's own or the pack's."""
    found = blake2b(digest_size=16)
    for folder in (default_templates(), project.templates):
        for name, path in _files(folder):
            found.update(f"{name}\n".encode("utf-8", "surrogateescape"))
            found.update(blake2b(path.read_bytes()).digest())
    return found.hexdigest()


def _parts(files: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    """What other templates include."""
    return {name: path for name, path in files if name.startswith(f"{PARTS}/")}


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Every template and static file of a folder by name."""
    if not folder.is_dir():
        return []
    every = sorted(folder.rglob("*"))
    found = ((path.relative_to(folder).as_posix(), path) for path in every if path.is_file())
    return [(name, path) for name, path in found if name.endswith(SUFFIX) or f"{STATIC}/" in name]
