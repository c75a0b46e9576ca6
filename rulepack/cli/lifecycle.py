"""What `rulepack deprecate`, `restore` and `rename` have in common: show, ask, write, and say what was done."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rulepack.cli.fixing import show_diff
from rulepack.cli.options import colour_option, project_option, say, wants_colour
from rulepack.cli.trust import has_terminal

if TYPE_CHECKING:
    from rulepack.lifecycle import Outcome
    from rulepack.lock.update import Step
    from rulepack.project import Project

F = TypeVar("F", bound=Callable[..., Any])
INTERRUPTED = 130


def change_options(function: F) -> F:
    """`--dry-run`, `--yes`, `--color` and `--project`."""
    function = colour_option(function)
    function = click.option("--yes", is_flag=True, help="Do not ask.")(function)
    function = click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")(function)
    return project_option(function)


def day_option(function: F) -> F:
    """`--date`."""
    return click.option(
        "--date",
        "day",
        callback=_day,
        metavar="DATE",
        help="The day of it, such as 2026-01-31. Default: today, in UTC.",
    )(function)


def _day(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    from rulepack.lifecycle import read_day  # noqa: PLC0415 (not needed for --help)

    try:
        return read_day(text) if text is not None else None
    except ValueError:
        raise click.BadParameter(f"{text!r} is no day: write days as 2026-01-31") from None


def today() -> str:
    """The day that goes into files, as YYYY-MM-DD."""
    from rulepack import locking  # noqa: PLC0415 (not needed for --help)

    return locking.today(os.environ)


def carry(
    project: Project, outcome: Outcome, done: str, question: str, *, dry_run: bool, yes: bool, colour: bool | None
) -> int:
    """Show what becomes of the files, ask, write it, and say what is `done`; gives the exit code."""
    from rulepack import lifecycle  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    for one in outcome.changes:
        show_diff(one.file, one.before, one.after, colour=wants_colour(colour))
    if outcome.moved is not None:
        old, new = outcome.changes[-1].file, outcome.rule.file
        say(f"rename {visible(old)}\n    to {visible(new)}")
    if not dry_run:
        if not _confirmed(question, yes=yes):
            say("nothing was written", err=True)
            return INTERRUPTED
        lifecycle.carry_out(project, outcome)
    would = "would be " if dry_run else ""
    say(f"{would}{done}: {visible(outcome.rule.name)}, {visible(outcome.rule.file)}")
    if outcome.step is not None:
        say(f"  {_locked(outcome.step, would)}")
    for note in outcome.notes:
        say(f"note: {visible(note)}", err=True)
    return 0


def _confirmed(question: str, *, yes: bool) -> bool:
    """Ask on a terminal; refuse without one, unless told not to ask."""
    from rulepack.errors import UnsafePlan  # noqa: PLC0415 (not needed for --help)

    if yes:
        return True
    if not has_terminal():
        raise UnsafePlan(
            "this changes files, and there is no terminal to ask on",
            "add --yes to write without asking, or --dry-run to write nothing",
        )
    return click.confirm(question, err=True)


def _locked(step: Step, would: str) -> str:
    """What becomes of the lock, in words."""
    from rulepack.fields import join_and  # noqa: PLC0415 (not needed for --help)
    from rulepack.lock.store import FOLDER  # noqa: PLC0415 (the same)

    before, after = step.before, step.after
    if before is None or before.version == after.version:
        version = f"version {after.version}"
    else:
        version = f"version {before.version} -> {after.version} ({join_and(step.fields)} changed)"
    return f"{FOLDER}/{after.path}: {would and 'would be '}{after.status}, {version}"


def project_of(folder: Path | None) -> Project:
    """The project that the command is for."""
    from rulepack import api  # noqa: PLC0415 (not needed for --help)

    return api.project(folder or Path.cwd())
