"""What `plan` and `deploy` have in common: load, check, select, ask Kibana, compare."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rulepack.cli.connect import Connection, choose, connect, connection_options
from rulepack.cli.options import project_option, report, say, text_options
from rulepack.cli.progress import Progress
from rulepack.environment import ENABLE_NEW
from rulepack.frozen import frozen
from rulepack.project import LOCK

if TYPE_CHECKING:
    from rulepack.deploy.plan import Plan
    from rulepack.diagnostics import Diagnostic
    from rulepack.kibana import Client
    from rulepack.pack import Pack
    from rulepack.package.package import Package
    from rulepack.project import Project

F = TypeVar("F", bound=Callable[..., Any])

# A command that checks the signatures of packages, named outside of the pack; `rulepack verify` has it too.
VERIFIER = "RULEPACK_VERIFIER"
PLAN_FORMATS = ("text", "json", "markdown")
_OPTIONS = (
    click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path)),
    connection_options,
    project_option,
    click.option("--enable-new", type=click.Choice(ENABLE_NEW), help="Which new rules are enabled.  [default: file]"),
    click.option("--locked", is_flag=True, help="Refuse when rulepack.lock is not up to date, as CI should."),
    click.option("--allow-downgrade", is_flag=True, help="Write rules of which Kibana has a higher version, too."),
    text_options(*PLAN_FORMATS),
)


def plan_options(function: F) -> F:
    """The paths, the way to Kibana and the way to show it: what `plan` and `deploy` both take."""
    decorated: Any = function
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: F = decorated
    return result


@frozen(slots=False)
class Prepared:
    """A client, and the plan between a package and what the client's space has; `files` are the pack's."""

    client: Client
    plan: Plan
    threads: int
    files: tuple[str, ...] = ()


def prepare(
    connection: Connection,
    paths: tuple[Path, ...],
    project_folder: Path | None,
    colour: bool | None,
    enable_new: str | None,
    *,
    locked: bool,
    allow_downgrade: bool,
) -> Prepared | None:
    """Everything up to the plan; None when the pack or the package has errors, which are then reported on stderr."""
    from rulepack import api  # noqa: PLC0415 (not needed for --help)
    from rulepack.deploy.plan import Selection, make_plan  # noqa: PLC0415 (the same)
    from rulepack.deploy.remote import read_remote  # noqa: PLC0415 (the same)
    from rulepack.errors import ProjectError  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    project = api.project(project_folder or Path.cwd())
    environment = choose(connection, project)
    named = _package_path(paths)
    taken = _read(named, colour) if named is not None else _load(project, paths, colour, locked=locked)
    if taken is None:
        return None
    package, files, chosen = taken
    client = connect(connection, environment)
    with Progress(f"reading the rules of {visible(client.url)}"):
        remote = read_remote(client, package.manifest.stack[0])
    selection = Selection(
        environment.maturity or _maturity(project, package, named),
        enable_new or environment.enable_new,
        chosen,
        allow_downgrade,
    )
    plan = make_plan(package, remote.place, remote.rules, remote.lists, selection)
    if not plan.selected:
        reasons = sorted({change.reason or "" for change in plan.changes if change.file is not None})
        raise ProjectError(
            f"none of the {len(package.manifest.rules):,} rules is selected for {plan.place}: {'; '.join(reasons)}",
            "`maturity` in the settings says which rules are deployed",
        )
    return Prepared(client, plan, environment.concurrency, files)


_Taken = tuple["Package", tuple[str, ...], "tuple[str, ...] | None"]


def _package_path(paths: tuple[Path, ...]) -> Path | None:
    """The package that the paths name; None where they name rules."""
    from rulepack.package.read import looks_like_package  # noqa: PLC0415 (not needed for --help)

    packages = [path for path in paths if looks_like_package(path)]
    if packages and len(paths) > 1:
        raise click.UsageError("a package is deployed as a whole: name it alone")
    return packages[0] if packages else None


def _read(path: Path, colour: bool | None) -> _Taken | None:
    """A package's rules, once all of it is verified, and its signatures too where RULEPACK_VERIFIER says by what."""
    from rulepack import packaging  # noqa: PLC0415 (not needed for --help)
    from rulepack.package.package import Package  # noqa: PLC0415 (the same)
    from rulepack.package.read import verify  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    found = verify(path)
    if found.package is None:
        report(found.diagnostics, found.files, (str(path),), "text", None, colour=colour, noun="file", err=True)
        return None
    verifier = os.environ.get(VERIFIER)
    if verifier:
        packaging.check_signatures(found.package, verifier)
    package = Package.read(found.package)
    manifest = package.manifest
    commit = f" (commit {manifest.commit[:12]})" if manifest.commit else ""
    signed = f", signed: {', '.join(found.package.signatures)}" if verifier else ""
    say(f"{visible(manifest.name + commit)}: all {counted(found.files, 'file')} verified{signed}", err=True)
    return package, tuple(rule.file for rule in package.manifest.rules), None


def _load(project: Project, paths: tuple[Path, ...], colour: bool | None, *, locked: bool) -> _Taken | None:
    """The rules of the checkout as a package in memory, and those of them that the paths name."""
    from rulepack import api, locking  # noqa: PLC0415 (not needed for --help)
    from rulepack.diagnostics import Severity, sort  # noqa: PLC0415 (the same)
    from rulepack.lock.entry import file_name  # noqa: PLC0415 (the same)
    from rulepack.lock.store import read_lock  # noqa: PLC0415 (the same)
    from rulepack.package.package import Package  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    pack = api.load(project.root)
    lock = read_lock(project)
    found = sort([*pack.diagnostics, *lock.diagnostics])
    errors = tuple(one for one in found if one.severity is Severity.ERROR)
    if locked:
        stale = (one for one in locking.check_project(project) if one.severity is Severity.ERROR)
        # It says of files that cannot be read what the pack says of them.
        errors = tuple(dict.fromkeys((*errors, *stale)))
    named = _absolute(paths)
    elsewhere: tuple[Diagnostic, ...] = ()
    files = _below(named, pack)
    if named:
        # A hotfix need not wait for what is wrong with other rules.
        entries = {f"{LOCK}/{file_name(rule.rule_id)}" for rule in pack.rules if rule.file in files}
        concerns = [_concerns(one, project.root, named, entries) for one in errors]
        elsewhere = tuple(compress(errors, (not one for one in concerns)))
        errors = tuple(compress(errors, concerns))
    if elsewhere:
        say(
            f"warning: {counted(len(elsewhere), 'error')} in files that were not named, such as "
            f"{visible(str(elsewhere[0].span))}: {visible(elsewhere[0].message)}",
            err=True,
        )
    if errors:
        report(errors, len(pack.every), pack.files, "text", None, colour=colour, err=True)
        return None
    package = Package.of(pack, lock)
    if pack.exception_lists:
        lists = counted(len(pack.exception_lists), "exception list")
        say(f"note: the pack's {lists}: not written; `rulepack package` has them for Kibana's import", err=True)
    if package.stale:
        say(
            f"warning: {counted(len(package.stale), 'rule')} changed since rulepack.lock was written; each is planned "
            "with the version that `rulepack lock` gives it. Run it, and commit what it writes",
            err=True,
        )
    if named and not files:
        others = any((project.root / one.file).is_relative_to(path) for one in pack.exception_lists for path in named)
        only = ", only exception lists, which `rulepack package` has for Kibana's import" if others else ""
        raise click.UsageError(f"no rule of the pack is in the paths named{only}")
    return package, pack.files, tuple(files) if named else None


def _absolute(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(Path(os.path.abspath(path)) for path in paths)  # noqa: PTH100 (keeps links)


def _below(named: tuple[Path, ...], pack: Pack) -> dict[str, None]:
    """The rule files that are, or are below, what was named; in their order, and quick to look up."""
    root = pack.project.root
    return {rule.file: None for rule in pack.rules if any((root / rule.file).is_relative_to(path) for path in named)}


def _concerns(found: Diagnostic, root: Path, named: tuple[Path, ...], entries: set[str]) -> bool:
    """Whether something that was found is about the rules that are named: at one of their files, or because of one.

    `entries` are their files in the lock.
    """
    files = [root / one.file for one in (found.span, *(other.span for other in found.related))]
    inside = any(file.is_relative_to(path) for file in files for path in named)
    return inside or found.span.file in entries or found.span.file == LOCK


def _maturity(project: Project, package: Package, path: Path | None) -> tuple[str, ...]:
    """Which rules are meant: what the settings say; of a package, all that it was made with."""
    if path is None:
        return project.maturity
    return tuple(sorted({rule.maturity or "" for rule in package.manifest.rules}))
