"""`rulepack diff`: what differs between two packages, revisions, or a package and a server."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from rulepack.cli.connect import Connection, connection_options
from rulepack.cli.options import project_option, show_text, text_options, wants_colour, warn_of_unread

if TYPE_CHECKING:
    from rulepack.deploy.remote import Remote
    from rulepack.package.compare import Comparison, Side
    from rulepack.project import Project

DIFFERENT = 4
SERVER = "env:"


@click.command()
@click.argument("old")
@click.argument("new", default=".")
@click.option("--exit-code", is_flag=True, help="Exit with 4 when anything differs.")
@project_option
@connection_options
@text_options("text", "markdown", "json")
def diff(
    old: str,
    new: str,
    exit_code: bool,
    project_folder: Path | None,
    connection: Connection,
    format_name: str,
    output: Path | None,
    colour: bool | None,
) -> int:
    """Compare OLD with NEW, rule by rule and field by field.

    Each is a package (a folder or a .zip), a git revision, `.` for the rules as they are (the default for NEW), or
    `env:NAME` for what an environment of the settings has now (`env:` with --url for any other). With a server on one
    side, only fields that the rules name are compared, as `rulepack plan` does.

    \b
    Examples:
      rulepack diff v1.3.0
      rulepack diff v1.3.0 v1.4.0 --format markdown
      rulepack diff dist/acme-1.3.0.zip dist/acme-1.4.0.zip
      rulepack diff env:production dist/acme-1.4.0.zip
    """  # noqa: D301 (click looks for this character)
    from rulepack import api  # noqa: PLC0415 (not needed for --help)
    from rulepack.report import comparison, comparison_json, comparison_markdown  # noqa: PLC0415 (the same)

    if _told() and not old.startswith(SERVER) and not new.startswith(SERVER):
        raise click.UsageError("neither side is a server: name one as env: or env:NAME, as in `rulepack diff env:`")
    project = api.project(project_folder or Path.cwd())
    with ExitStack() as stack:
        compared = _compare(project, old, new, connection, stack)
        if format_name == "json":
            text = comparison_json.render(compared)
        elif format_name == "markdown":
            text = comparison_markdown.render(compared)
        else:
            text = comparison.render(compared, colour=output is None and wants_colour(colour))
    show_text(text, output, for_programs=format_name != "text")
    if compared.unread:
        warn_of_unread(compared.unread)
        return 1
    return DIFFERENT if exit_code and (compared.changes or compared.lists) else 0


def _told() -> bool:
    """Whether the command line itself names a server; a variable may be there for other commands."""
    source = click.get_current_context().get_parameter_source
    return any(source(name) is ParameterSource.COMMANDLINE for name in ("environment", "url", "space"))


def _compare(project: Project, old: str, new: str, connection: Connection, stack: ExitStack) -> Comparison:
    from rulepack.package.compare import compare  # noqa: PLC0415 (not needed for --help)

    if old.startswith(SERVER) == new.startswith(SERVER):
        return compare(_side(project, old, connection, stack), _side(project, new, connection, stack))
    from rulepack.deploy.compare import against_server  # noqa: PLC0415 (only for servers)
    from rulepack.package.compare import turned  # noqa: PLC0415 (the same)

    server, ours = (old, new) if old.startswith(SERVER) else (new, old)
    side = _side(project, ours, connection, stack)
    there = _server(project, server, connection)
    found = against_server(there.place, there.rules, side)
    return found if server is old else turned(found)


def _side(project: Project, name: str, connection: Connection, stack: ExitStack) -> Side:
    from rulepack import sides  # noqa: PLC0415 (not needed for --help)

    if name.startswith(SERVER):
        from rulepack.deploy.compare import server_side  # noqa: PLC0415 (only for servers)

        there = _server(project, name, connection)
        return server_side(str(there.place), there.rules)
    return stack.enter_context(sides.side_of(project, name, base=Path.cwd()))


def _server(project: Project, name: str, connection: Connection) -> Remote:
    """What a server has."""
    from dataclasses import replace  # noqa: PLC0415 (not needed for --help)

    from rulepack.cli.connect import choose, connect  # noqa: PLC0415 (the same)
    from rulepack.deploy.remote import read_remote  # noqa: PLC0415 (the same)

    named = name.removeprefix(SERVER) or connection.environment
    chosen = replace(connection, environment=named)
    with connect(chosen, choose(chosen, project)) as client:
        return read_remote(client)
