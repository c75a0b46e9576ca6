"""What can stand on a side of a comparison: a package, a project as it is, or as it was at a revision."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rulepack.errors import GitError, PackageError
from rulepack.git import Repository, find_repository
from rulepack.package.checkout import Checkout, content_paths
from rulepack.package.compare import Payload, Side
from rulepack.package.manifest import PackagedRule
from rulepack.package.package import Package
from rulepack.package.read import PackageFile, looks_like_package, verify
from rulepack.project import SETTINGS_FILES, Project, find_project
from rulepack.stack import StackVersion


def package_side(file: PackageFile) -> Side:
    """A package as one side of a comparison."""
    package = Package.read(file)

    def body(rule: PackagedRule, stack: StackVersion | None) -> Payload:
        return file.newest(rule) if stack is None else package.body(rule, stack)

    manifest = file.manifest
    return Side(manifest.name, {rule.rule_id: rule for rule in manifest.rules}, body, manifest.stack)


def open_package(path: Path) -> PackageFile:
    """A package that is in order; raises PackageError, which names the file, for any other."""
    found = verify(path)
    if found.package is None:
        first = found.diagnostics[0]
        more = f" (and {len(found.diagnostics) - 1} more)" if len(found.diagnostics) > 1 else ""
        raise PackageError(f"{first.span.file}: {first.message}{more}", first.hint)
    return found.package


@contextmanager
def side_of(project: Project, name: str, *, base: Path) -> Iterator[Side]:
    """A side by its name: a package's path, `.` for the project as it is, or a revision of its repository.

    Raises PackageError for a package that is not in order, and GitError for what is no revision.
    """
    path = base / name
    if looks_like_package(path):
        yield package_side(open_package(path))
    elif name == ".":
        yield Checkout(project, "the working tree").side(project.maturity)
    else:
        with at_revision(project, name) as other:
            yield Checkout(other, name).side(other.maturity)


@contextmanager
def at_revision(project: Project, revision: str) -> Iterator[Project]:
    """The project as it was at a revision, in a folder of its own that is gone afterwards."""
    repository = find_repository(project.root)
    commit = repository.commit(revision)
    with tempfile.TemporaryDirectory(prefix="rulepack-") as temporary:
        # Links in the name of the folder for temporary files would make every file look as if it lay elsewhere.
        root = Path(temporary).resolve() / project.root.relative_to(repository.root)
        _extract(repository, commit, project, root.parent if root.name == "" else Path(temporary).resolve())
        if not root.is_dir():
            raise GitError(f"{revision} has no {project.root.name}/", "name a revision that has the pack")
        yield replace(find_project(root), name=project.name)


def _extract(repository: Repository, commit: str, project: Project, into: Path) -> None:
    # Its own settings say where its rules were: those come first.
    settings = tuple(project.root / name for name in SETTINGS_FILES)
    _place(repository.files(commit, *settings), into)
    root = into / project.root.relative_to(repository.root)
    root.mkdir(parents=True, exist_ok=True)
    then = find_project(root)
    paths = [project.root / path.relative_to(then.root) for path in content_paths(then)]
    paths += [project.root / name for name in ("fields",)]
    _place(repository.files(commit, *dict.fromkeys(paths)), into)


def _place(files: Iterator[tuple[str, bytes]], into: Path) -> None:
    for path, content in files:
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
