"""`rulepack deprecate`: give a rule up, and say why."""

from __future__ import annotations

from pathlib import Path

import click

from rulepack.cli.lifecycle import carry, change_options, day_option, project_of, today


@click.command()
@click.argument("rule")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in a sentence: its page and the lock show it.")
@click.option("--replacement", metavar="RULE", help="The rule to use instead: its rule_id, file or name.")
@day_option
@change_options
def deprecate(
    rule: str,
    reason: str,
    replacement: str | None,
    day: str | None,
    dry_run: bool,
    yes: bool,
    colour: bool | None,
    project_folder: Path | None,
) -> int:
    """Mark RULE, given by its rule_id, file or name, as deprecated.

    Sets maturity, deprecation_date, deprecated_reason, replacement and updated_date in its [metadata], with comments
    kept, and its entry in rulepack.lock/, if there is one. Its page stays and says so; its old address leads there.
    Shows the difference and asks before it writes; without a terminal, --yes must say so.
    """
    from rulepack import lifecycle  # noqa: PLC0415 (not needed for --help)

    project = project_of(project_folder)
    outcome = lifecycle.deprecate(project, rule, reason, day or today(), replacement=replacement)
    return carry(project, outcome, "deprecated", "Deprecate it?", dry_run=dry_run, yes=yes, colour=colour)
