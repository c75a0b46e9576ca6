"""What `plan` and `deploy` have in common: load, check, select, ask Kibana, compare."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rulepack.cli.connect import Connection, choose, connect, connection_options
from rulepack.cli.options import project_option, report
from rulepack.cli.progress import Progress
from rulepack.environment import ENABLE_NEW
from rulepack.frozen import frozen

if TYPE_CHECKING:
    from rulepack.deploy.plan import Plan
    from rulepack.kibana import Client
    from rulepack.pack import Pack

F = TypeVar("F", bound=Callable[..., Any])

PLAN_FORMATS = ("text", "json", "markdown")
_OPTIONS = (
    click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path)),
    connection_options,
    project_option,
    click.option("--enable-new", type=click.Choice(ENABLE_NEW), help="Which new rules are enabled.  [default: file]"),
    click.option(
        "--format",
        "format_name",
        type=click.Choice(PLAN_FORMATS),
        default="text",
        show_default=True,
        help="How to show it.",
    ),
    click.option(
        "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it to a file."
    ),
    click.option(
        "--color/--no-color",
        "colour",
        default=None,
        help="Colours on or off. Default: on in a terminal, unless NO_COLOR is set.",
    ),
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
    """A pack without errors, a client, and the plan between them."""

    pack: Pack
    client: Client
    plan: Plan
    threads: int


def prepare(
    connection: Connection,
    paths: tuple[Path, ...],
    project_folder: Path | None,
    colour: bool | None,
    enable_new: str | None,
) -> Prepared | None:
    """Everything up to the plan; None when the pack has errors, which are then reported on stderr."""
    from rulepack import api  # noqa: PLC0415 (not needed for --help)
    from rulepack.deploy.plan import Selection, make_plan  # noqa: PLC0415 (the same)
    from rulepack.deploy.remote import read_remote  # noqa: PLC0415 (the same)
    from rulepack.diagnostics import Severity  # noqa: PLC0415 (the same)
    from rulepack.errors import ProjectError  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    pack = api.load(project_folder or Path.cwd())
    environment = choose(connection, pack.project)
    errors = tuple(found for found in pack.diagnostics if found.severity is Severity.ERROR)
    if errors:
        report(errors, len(pack.every), pack.files, "text", None, colour=colour, err=True)
        return None
    files = _files(pack, paths)
    client = connect(connection, environment)
    with Progress(f"reading the rules of {visible(client.url)}"):
        remote = read_remote(client, pack.project.stack[0])
    selection = Selection(environment.maturity or pack.project.maturity, enable_new or environment.enable_new, files)
    plan = make_plan(pack, remote.place, remote.rules, remote.lists, selection)
    if not plan.selected:
        reasons = sorted({change.reason or "" for change in plan.changes if change.file is not None})
        raise ProjectError(
            f"none of the {len(pack.rules):,} rules is selected for {plan.place}: {'; '.join(reasons)}",
            "`maturity` in the settings says which rules are deployed",
        )
    return Prepared(pack, client, plan, environment.concurrency)


def _files(pack: Pack, paths: tuple[Path, ...]) -> tuple[str, ...] | None:
    """The rule files that the paths name; None for all."""
    if not paths:
        return None
    named = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 (keeps links)
    root = pack.project.root
    files = tuple(rule.file for rule in pack.rules if any((root / rule.file).is_relative_to(path) for path in named))
    if not files:
        raise click.UsageError("no rule of the pack is in the paths named")
    return files
