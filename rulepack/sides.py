"""What can stand on a side of a comparison: a package, a project as it is, or as it was at a revision."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from rulepack.errors import GitError, PackageError, ProjectError
from rulepack.git import Repository, find_repository
from rulepack.package.checkout import Checkout, content_paths
from rulepack.package.compare import Payload, Side, lists_of
from rulepack.package.files import NO_PACKAGE
from rulepack.package.manifest import PackagedRule
from rulepack.package.package import Package
from rulepack.package.read import PackageFile, looks_like_package, verify
from rulepack.project import FIELDS, SETTINGS_FILES, Project, find_project
from rulepack.source import Source, read_source
from rulepack.stack import StackVersion


def package_side(file: PackageFile) -> Side:
    """A package as one side of a comparison."""
    package = Package.read(file)

    def body(rule: PackagedRule, stack: StackVersion | None) -> Payload:
        return file.newest(rule) if stack is None else package.body(rule, stack)

    manifest = file.manifest
    # They stand before the rules, and are the same for each stack version.
    lists = lists_of(takewhile(lambda one: "rule_id" not in one, file.bodies(manifest.stack[-1])))
    rules = {rule.rule_id: rule for rule in manifest.rules}
    return Side(manifest.name, rules, body, manifest.stack, lists=lists, exact=True)


def open_package(path: Path) -> PackageFile:
    """A package that is in order; raises PackageError, which names the file, for any other."""
    found = verify(path)
    if found.package is None:
        first = found.diagnostics[0]
        more = f" (and {len(found.diagnostics) - 1} more)" if len(found.diagnostics) > 1 else ""
        raise PackageError(f"{first.span.file}: {first.message}{more}", first.hint)
    return found.package


@contextmanager
def side_of(project: Project, name: str, *, base: Path, maturity: tuple[str, ...] | None = None) -> Iterator[Side]:
    """A side by its name: a package's path, `.` for the project as it is, or a revision of its repository.

    Of a project, rules of some maturities are taken: by default those that its settings have packaged. Raises
    PackageError for a package that is not in order, and GitError for what is no revision.
    """
    path = base / name
    if looks_like_package(path):
        yield package_side(open_package(path))
    elif name == ".":
        yield Checkout(project, "the working tree").side(maturity or project.maturity)
    else:
        with at_revision(project, name, path) as other:
            yield Checkout(other, name).side(maturity or other.maturity)


@contextmanager
def at_revision(project: Project, revision: str, path: Path | None = None) -> Iterator[Project]:
    """The project as it was at a revision, in a folder of its own that is gone afterwards.

    `path` is what the revision would be if it were meant as a path: then a folder that is no package is named as such,
    and that there is no package. Without it, only a revision can be meant.
    """
    try:
        repository = find_repository(project.root)
        commit = repository.commit(revision)
    except GitError as error:
        if revision and path is not None and os.path.lexists(path):
            raise PackageError(f"{revision} is no package, and no revision", NO_PACKAGE) from None
        if path is None:
            raise
        raise GitError(f"{error.message}; and there is no package {revision!r}", error.hint) from None
    with tempfile.TemporaryDirectory(prefix="rulepack-") as temporary:
        # Links in the name of the folder for temporary files would make every file look as if it lay elsewhere.
        top = Path(temporary).resolve()
        try:
            then = _extract(repository, commit, project, top)
        except ProjectError as error:
            # Its files are gone when somebody reads this.
            place = str(top / project.root.relative_to(repository.root))
            message = error.message.replace(f"{place}{os.sep}", "").replace(place, "the pack")
            raise ProjectError(f"at {revision}: {message}", error.hint) from None
        if then is None:
            raise GitError(f"{revision} has no {project.root.name}/", "name a revision that has the pack")
        yield replace(then, name=project.name)


def _extract(repository: Repository, commit: str, project: Project, top: Path) -> Project | None:
    """Write the files of a commit that make up the project as it was; None where there were none."""
    # Its own settings say where its rules were: those come first, and the field files that they name.
    root = top / project.root.relative_to(repository.root)
    settings = [project.root / name for name in SETTINGS_FILES]
    written = _place(repository.files(commit, *settings), top)
    named = [project.root / name for name in _field_files(root)]
    written += _place(repository.files(commit, *(path for path in named if path.is_relative_to(project.root))), top)
    root.mkdir(parents=True, exist_ok=True)
    if not any((root / name).is_file() for name in SETTINGS_FILES):
        # Without settings of its own, those of a folder further up would be taken for them.
        (root / SETTINGS_FILES[0]).write_text("", encoding="utf-8")
    then = find_project(root)
    if then.root != root:
        (root / SETTINGS_FILES[0]).write_text("", encoding="utf-8")
        then = find_project(root)
    paths = [project.root / path.relative_to(then.root) for path in content_paths(then)]
    written += _place(repository.files(commit, *dict.fromkeys(paths)), top)
    return then if written else None


def _field_files(root: Path) -> Iterator[str]:
    """The field files and folders that settings name: they must be there before the settings are read for good."""
    yield FIELDS
    for name in SETTINGS_FILES:
        source = read_source(root / name, name) if (root / name).is_file() else None
        table: Any = source.data if isinstance(source, Source) else {}
        for part in () if name == SETTINGS_FILES[0] else ("tool", "rulepack"):
            table = table.get(part) if isinstance(table, Mapping) else None
        value = table.get("fields") if isinstance(table, Mapping) else None
        for one in (value,) if isinstance(value, str) else value if isinstance(value, Iterable) else ():
            if isinstance(one, str) and one:
                yield one


def _place(files: Iterator[tuple[str, bytes]], into: Path) -> int:
    """Write files below a folder; gives how many. A tree that somebody made by hand can have names that lead out."""
    count = 0
    for path, content in files:
        target = Path(os.path.normpath(into / path))
        if not target.is_relative_to(into):
            raise GitError(f"the commit has a file {path!r}, which leads out of its tree", "do not use it")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        count += 1
    return count
