"""`rulepack deploy`: write what a plan wants written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.connect import Connection
from rulepack.cli.deploying import Prepared, plan_options, prepare
from rulepack.cli.options import report, say, wants_colour
from rulepack.cli.progress import Progress
from rulepack.cli.trust import has_terminal

if TYPE_CHECKING:
    from rulepack.deploy.apply import Applied
    from rulepack.deploy.plan import Plan

INTERRUPTED = 130
MOST_WARNINGS = 20
STOPPING = "stopping: the rules that are on their way arrive, no others are sent (Ctrl-C again: no report)"


@click.command()
@plan_options
@click.option("--yes", is_flag=True, help="Do not ask.")
def deploy(
    paths: tuple[Path, ...],
    connection: Connection,
    project_folder: Path | None,
    enable_new: str | None,
    locked: bool,
    allow_downgrade: bool,
    yes: bool,
    format_name: str,
    output: Path | None,
    colour: bool | None,
) -> int:
    """Create and update the pack's rules in a Kibana space; nothing is ever deleted.

    PATHS restrict it to some rule files or folders; or it is one package, a folder or a .zip, which is verified first,
    with its signatures where RULEPACK_VERIFIER names a command for that. The server gets what the pack has for the
    highest of its stack versions that is not above the server's.

    Shows the plan and asks before it changes anything; without a terminal, --yes must say so. Fields, tags, exception
    lists and actions that the files do not name stay as they are in Kibana. The exit code is 1 when any rule failed.
    """
    from rulepack.deploy.apply import apply_plan  # noqa: PLC0415 (not needed for --help)
    from rulepack.diagnostics import Severity  # noqa: PLC0415 (the same)
    from rulepack.report import plan as text  # noqa: PLC0415 (the same)

    prepared = prepare(
        connection, paths, project_folder, colour, enable_new, locked=locked, allow_downgrade=allow_downgrade
    )
    if prepared is None:
        say("nothing was deployed, because of the errors above", err=True)
        return 1
    # What programs read stands alone on the screen; words for people go beside it.
    aside = format_name != "text" and output is None
    made = prepared.plan
    say(text.render(made, colour=wants_colour(colour)).rstrip("\n"), err=aside)
    with prepared.client as client:
        if made.pending and not _confirmed(made, yes=yes):
            say("nothing was deployed", err=True)
            return INTERRUPTED
        with Progress("deploying", len(made.pending)) as line:
            applied = apply_plan(
                made,
                client,
                threads=prepared.threads,
                progress=lambda _: line.step(),
                on_interrupt=lambda: line.note(STOPPING),
            )
    try:
        _show(made, applied, format_name, output, colour=wants_colour(colour))
    finally:
        # Also when the result cannot be written to where it should go: Kibana has been changed.
        _report(prepared, applied, colour)
    return (
        INTERRUPTED if applied.interrupted else int(any(one.severity is Severity.ERROR for one in applied.diagnostics))
    )


def _confirmed(made: Plan, *, yes: bool) -> bool:
    """Ask on a terminal; refuse without one, unless told not to ask."""
    from rulepack.errors import UnsafePlan  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.plan_fields import shown  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    if yes:
        return True
    if not has_terminal():
        raise UnsafePlan(
            "deploying changes Kibana, and there is no terminal to ask on", "add --yes to deploy without asking"
        )
    return click.confirm(f"Write {counted(len(made.pending), 'rule')} to {shown(str(made.place))}?", err=True)


def _show(made: Plan, applied: Applied, format_name: str, output: Path | None, *, colour: bool) -> None:
    from rulepack.report import plan as text  # noqa: PLC0415 (not needed for --help)
    from rulepack.report import plan_json, plan_markdown  # noqa: PLC0415 (the same)

    if format_name == "text":
        shown = text.render_applied(made, applied, colour=colour and output is None)
    else:
        shown = {"json": plan_json, "markdown": plan_markdown}[format_name].render_applied(made, applied)
    if output is None:
        say(shown.rstrip("\n"), for_programs=format_name != "text")
    else:
        from rulepack.files import write_text  # noqa: PLC0415 (not needed for --help)
        from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

        write_text(output, shown)
        say(f"{text.applied_sentence(made, applied)}: see {visible(str(output))}", err=True)


def _report(prepared: Prepared, applied: Applied, colour: bool | None) -> None:
    """Say on stderr what went wrong, at the lines of the rules."""
    from rulepack.deploy.change import Kind  # noqa: PLC0415 (not needed for --help)
    from rulepack.deploy.codes import RP801  # noqa: PLC0415 (the same)

    # The plan has named the prebuilt rules already; where they are many, they would hide what matters.
    many = len(prepared.plan.by_kind[Kind.PREBUILT]) > MOST_WARNINGS
    worth = tuple(found for found in applied.diagnostics if not (many and found.code is RP801))
    if worth:
        rules = prepared.plan.package.manifest.rules
        report(worth, len(rules), prepared.files, "text", None, colour=colour, err=True)
    if applied.interrupted:
        say("interrupted; what was written stays, and deploying again goes on from there", err=True)
