"""`rulepack deploy`: write what a plan wants written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.connect import Connection, connection_options
from rulepack.cli.deploying import PLAN_FORMATS, prepare
from rulepack.cli.options import project_option, report, say, wants_colour
from rulepack.environment import ENABLE_NEW

if TYPE_CHECKING:
    from rulepack.deploy.apply import Applied
    from rulepack.deploy.plan import Plan


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@connection_options
@project_option
@click.option("--enable-new", type=click.Choice(ENABLE_NEW), help="Which new rules are enabled.  [default: file]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(PLAN_FORMATS),
    default="text",
    show_default=True,
    help="How to show it.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the result to a file."
)
@click.option(
    "--color/--no-color",
    "colour",
    default=None,
    help="Colours on or off. Default: on in a terminal, unless NO_COLOR is set.",
)
def deploy(
    paths: tuple[Path, ...],
    connection: Connection,
    project_folder: Path | None,
    enable_new: str | None,
    yes: bool,
    format_name: str,
    output: Path | None,
    colour: bool | None,
) -> int:
    """Create and update the pack's rules in a Kibana space; nothing is ever deleted.

    Shows the plan and asks before it changes anything; without a terminal, --yes must say so. Fields, tags, exception
    lists and actions that the files do not name stay as they are in Kibana. The exit code is 1 when any rule failed.
    """
    from rulepack.deploy.apply import apply_plan  # noqa: PLC0415 (not needed for --help)
    from rulepack.diagnostics import Severity  # noqa: PLC0415 (the same)
    from rulepack.report import plan as text  # noqa: PLC0415 (the same)

    prepared = prepare(connection, paths, project_folder, colour, enable_new)
    if prepared is None:
        say("nothing was deployed, because of the errors above", err=True)
        return 1
    # What programs read stands alone on the screen; words for people go beside it.
    aside = format_name != "text" and output is None
    made = prepared.plan
    say(text.render(made, colour=wants_colour(colour)).rstrip("\n"), err=aside)
    with prepared.client as client:
        if made.pending:
            _confirm(made, yes=yes)
        applied = apply_plan(made, prepared.pack, client, threads=prepared.threads)
    _show(made, applied, format_name, output)
    if applied.diagnostics:
        report(prepared.pack, applied.diagnostics, "text", None, colour=colour, err=True)
    return int(any(found.severity is Severity.ERROR for found in applied.diagnostics))


def _confirm(made: Plan, *, yes: bool) -> None:
    """Ask on a terminal; refuse without one, unless told not to ask."""
    from rulepack.errors import UnsafePlan  # noqa: PLC0415 (not needed for --help)

    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UnsafePlan(
            "deploying changes Kibana, and there is no terminal to ask on", "add --yes to deploy without asking"
        )
    click.confirm(f"Write {len(made.pending):,} rules to {made.place}?", abort=True, err=True)


def _show(made: Plan, applied: Applied, format_name: str, output: Path | None) -> None:
    from rulepack.report import plan as text  # noqa: PLC0415 (not needed for --help)
    from rulepack.report import plan_json, plan_markdown  # noqa: PLC0415 (the same)

    renderers = {"text": text, "json": plan_json, "markdown": plan_markdown}
    shown = renderers[format_name].render_applied(made, applied)
    if output is None:
        say(shown.rstrip("\n"))
    else:
        from rulepack.files import write_text  # noqa: PLC0415 (not needed for --help)

        write_text(output, shown)
        say(f"{text.applied_sentence(made, applied)}: see {output}", err=True)
