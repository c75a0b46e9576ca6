"""The library's verbs: load, check, validate, build. The command line uses these too."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rulepack import checks, loader, validation
from rulepack.cache import cache_folder
from rulepack.diagnostics import Diagnostic
from rulepack.errors import ProjectError
from rulepack.likeness import closest
from rulepack.pack import Pack
from rulepack.project import Project, find_project
from rulepack.reference import Reference
from rulepack.validation import Validation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rulepack.docs.write import Written
    from rulepack.fixing import Fixed
    from rulepack.migrate import Migrated
    from rulepack.migrate.target import Target


def load(path: str | Path = ".", paths: tuple[str | Path, ...] = ()) -> Pack:
    """Read a project's rules and check them.

    `path` is the project's folder or one inside it; `paths` are the files and folders to read (the project's rules
    folders by default). The pack's `diagnostics` hold everything that is wrong, with the severities that the settings
    give; nothing about a file's content is raised. Raises ProjectError when there is no project, no file, or the
    settings are broken.
    """
    project, absolute = _found(path, paths)
    pack = loader.load(project, absolute)
    return replace(pack, diagnostics=checks.run(pack, whole=not paths))


def validate(
    path: str | Path = ".", paths: tuple[str | Path, ...] = (), *, cache: bool = False, jobs: int = 1
) -> Validation:
    """Everything that is wrong with a project's rules, as `load` finds it, without keeping the rules.

    With `cache`, what files said that have not changed since is taken from the user's cache folder
    (RULEPACK_CACHE_DIR). Many files are checked by up to `jobs` processes at a time, where the system can fork. Raises
    as `load` does.
    """
    project, absolute = _found(path, paths)
    return validation.validate(project, absolute, cache_folder(os.environ) if cache else None, jobs=jobs)


def project(path: str | Path = ".") -> Project:
    """A project's folders and settings; nothing else is read. Raises ProjectError as `load` does."""
    return _found(path, ())[0]


def fixes(path: str | Path, found: Validation) -> Iterator[Fixed]:
    """What becomes of the files in which something was found that can be corrected safely. Nothing is written.

    `rulepack.files.rewrite` writes a text in place of the one that was read.
    """
    from rulepack import fixing  # noqa: PLC0415 (tomlkit is not needed for checking)

    return fixing.fix_files(find_project(Path(path)), found.diagnostics)


def migrate(
    path: str | Path, version: str, paths: tuple[str | Path, ...] = (), *, drop_deprecated: bool = False
) -> tuple[Target, tuple[Migrated, ...]]:
    """What becomes of a project's rules in a version of ATT&CK. Nothing is written, as with `fixes`.

    Raises as `load` does, and DataError for a version of which nothing is known here.
    """
    from rulepack.migrate import migrate_project  # noqa: PLC0415 (tomlkit is not needed for checking)
    from rulepack.migrate.target import Target  # noqa: PLC0415 (the same)

    project, absolute = _found(path, paths)
    target = Target.of(Reference.of(project).attack, version)
    return target, tuple(migrate_project(project, target, absolute, drop_deprecated=drop_deprecated))


def _found(path: str | Path, paths: tuple[str | Path, ...]) -> tuple[Project, tuple[Path, ...]]:
    """The project, with settings that make sense, and the paths made absolute."""
    start = Path(path)
    if not start.is_dir():
        raise ProjectError(f"{start} is not a folder", "name the project's folder")
    project = find_project(start)
    _know_codes(project)
    # Not resolve(): a link must be seen as the link that it is.
    return project, tuple(Path(os.path.abspath(one)) for one in paths)  # noqa: PTH100


def _know_codes(project: Project) -> None:
    """Refuse settings for a code that does not exist: a misspelt one would turn down nothing, or another check."""
    named = [rule for rule in project.severities if "x" not in rule.selector]
    if not named:
        return
    from rulepack.codes import BY_ID  # noqa: PLC0415 (only for settings that name codes)

    for rule in named:
        if rule.selector not in BY_ID:
            near = closest(rule.selector, [code for code in BY_ID if code.startswith(rule.selector[:-2])])
            hint = (f"did you mean {near}? " if near else "") + "`rulepack explain` lists all codes"
            raise ProjectError(f"{rule.place}: there is no code {rule.selector}", hint)


def check(pack: Pack) -> tuple[Diagnostic, ...]:
    """Everything there is to say about a pack, sorted by place: what loading said, and what the checks say."""
    return checks.run(pack)


def build(
    pack: Pack,
    out: str | Path | None = None,
    *,
    flavours: tuple[str, ...] = (),
    dry_run: bool = False,
) -> Written:
    """Render the pack's pages and write them to `out` (the project's `docs` folder by default).

    `flavours` are `markdown` or `elastic` (what the settings name; `elastic` needs a version of the pack there, and
    raises ProjectError without one) and `site`, the web catalogue; by default both.
    Gives what was added, changed, removed and left as it was, and what is wrong with templates; with `dry_run` nothing
    is written. Nothing is written either when there is an error in the pack or in a template. Raises OutputError when
    a file cannot be written.
    """
    from rulepack import docs  # noqa: PLC0415 (Jinja2 is not needed for checking)
    from rulepack.docs.write import Written, write_pages  # noqa: PLC0415 (the same)

    if pack.failed:
        return Written(diagnostics=pack.diagnostics)
    site = docs.render(pack, None, *(flavours or (pack.project.flavour, "site")))
    if site.failed:
        return Written(diagnostics=site.diagnostics)
    written = write_pages(site.pages, Path(out) if out is not None else pack.project.docs, dry_run=dry_run)
    return replace(written, diagnostics=site.diagnostics)
