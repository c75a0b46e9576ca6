"""`rulepack rename`: give a rule another name, wherever rulepack knows the old one."""

from __future__ import annotations

from pathlib import Path

import click

from rulepack.cli.lifecycle import carry, change_options, day_option, project_of, today


@click.command()
@click.argument("rule")
@click.argument("new_name")
@click.option(
    "--file",
    "to",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The path for its file. Default: a file that is called after the old name is called after the new one.",
)
@day_option
@change_options
def rename(
    rule: str,
    new_name: str,
    to: Path | None,
    day: str | None,
    dry_run: bool,
    yes: bool,
    colour: bool | None,
    project_folder: Path | None,
) -> int:
    """Give RULE, given by its rule_id, file or name, the name NEW_NAME.

    Changes its name, the heading of its guide, the files of exception lists that name it, and the name of its file if
    that follows from the old one. With a lock, it gets the next version, and the old address of its page leads to the
    new one. Shows the difference and asks before it writes; without a terminal, --yes must say so.
    """
    from rulepack import lifecycle  # noqa: PLC0415 (not needed for --help)

    project = project_of(project_folder)
    outcome = lifecycle.rename(project, rule, new_name, day or today(), to=to)
    return carry(project, outcome, "renamed", "Rename it?", dry_run=dry_run, yes=yes, colour=colour)
