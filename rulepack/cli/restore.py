"""`rulepack restore`: take a deprecated rule back into use."""

from __future__ import annotations

from pathlib import Path

import click

from rulepack.cli.lifecycle import carry, change_options, day_option, project_of, today


@click.command()
@click.argument("rule")
@click.option("--maturity", default="production", show_default=True, metavar="WORD", help="What it is from now on.")
@day_option
@change_options
def restore(
    rule: str,
    maturity: str,
    day: str | None,
    dry_run: bool,
    yes: bool,
    colour: bool | None,
    project_folder: Path | None,
) -> int:
    """Take RULE, given by its rule_id, file or name, back into use after it was deprecated.

    Sets maturity and updated_date, removes what [metadata] says of the deprecation, and brings its entry in
    rulepack.lock/ up to date. Shows the difference and asks before it writes; without a terminal, --yes must say so.
    """
    from rulepack import lifecycle  # noqa: PLC0415 (not needed for --help)
    from rulepack.fields import join_or  # noqa: PLC0415 (the same)

    if maturity not in lifecycle.RESTORED_TO:
        raise click.BadParameter(f"{maturity!r} is none: use {join_or(lifecycle.RESTORED_TO)}", param_hint="--maturity")
    project = project_of(project_folder)
    outcome = lifecycle.restore(project, rule, day or today(), maturity=maturity)
    return carry(project, outcome, "restored", "Restore it?", dry_run=dry_run, yes=yes, colour=colour)
