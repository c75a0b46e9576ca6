"""`rulepack plan`: what deploying would do."""

from __future__ import annotations

from pathlib import Path

import click

from rulepack.cli.connect import Connection
from rulepack.cli.deploying import plan_options, prepare
from rulepack.cli.options import say, wants_colour

PENDING = 4


@click.command()
@plan_options
@click.option("--exit-code", is_flag=True, help="Exit with 4 when something would be created or updated.")
def plan(
    paths: tuple[Path, ...],
    connection: Connection,
    project_folder: Path | None,
    enable_new: str | None,
    locked: bool,
    allow_downgrade: bool,
    exit_code: bool,
    format_name: str,
    output: Path | None,
    colour: bool | None,
) -> int:
    """Say what `rulepack deploy` would do to the rules of a Kibana space, and do nothing.

    Compared are only fields that the files name. PATHS restrict it to some rule files or folders; or it is one package,
    a folder or a .zip, which is verified first. Credentials come from the variables RULEPACK_API_KEY, or
    RULEPACK_USERNAME and RULEPACK_PASSWORD, or those that the environment names.
    """
    from rulepack.deploy.apply import not_written  # noqa: PLC0415 (not needed for --help)
    from rulepack.report import plan as text  # noqa: PLC0415 (the same)
    from rulepack.report import plan_json, plan_markdown  # noqa: PLC0415 (the same)

    prepared = prepare(
        connection, paths, project_folder, colour, enable_new, locked=locked, allow_downgrade=allow_downgrade
    )
    if prepared is None:
        say("nothing was planned, because of the errors above", err=True)
        return 1
    made = prepared.plan
    prepared.client.close()
    if format_name == "text":
        shown = text.render(made, colour=output is None and wants_colour(colour))
    elif format_name == "json":
        shown = plan_json.render(made, tuple(not_written(made)))
    else:
        shown = plan_markdown.render(made)
    if output is None:
        say(shown.rstrip("\n"), for_programs=format_name != "text")
    else:
        from rulepack.files import write_text  # noqa: PLC0415 (not needed for --help)
        from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

        write_text(output, shown)
        say(f"{text.sentence(made)}: see {visible(str(output))}", err=True)
    return PENDING if exit_code and made.pending else 0
