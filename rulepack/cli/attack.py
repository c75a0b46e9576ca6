"""`rulepack attack`: the rules' ATT&CK mapping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.fixing import show_diff, write_file
from rulepack.cli.options import colour_option, project_option, say, wants_colour
from rulepack.cli.trust import has_terminal

if TYPE_CHECKING:
    from rulepack.migrate import Migrated
    from rulepack.migrate.target import Target

INTERRUPTED = 130


@click.group()
def attack() -> None:
    """Work on the rules' mapping to MITRE ATT&CK."""


@attack.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--to", "version", required=True, metavar="VERSION", help="The version, such as 19.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--drop-deprecated", is_flag=True, help="Remove techniques that ATT&CK gave up without a replacement.")
@colour_option
@project_option
def migrate(
    paths: tuple[Path, ...],
    version: str,
    dry_run: bool,
    yes: bool,
    drop_deprecated: bool,
    colour: bool | None,
    project_folder: Path | None,
) -> int:
    """Move the ATT&CK mapping of the rules in PATHS (the project's rules by default) to another version of ATT&CK.

    Revoked techniques become those that replaced them, names and links become those of the version, and techniques go
    where their tactics went, tags `Tactic: ...` with them. Only [[rule.threat]] and these tags change; comments stay.
    Shows the difference and asks before it writes; without a terminal, --yes must say so. A threat entry with something
    that only a person can decide stays as it is and is listed; then the exit code is 1.
    """
    from rulepack import api  # noqa: PLC0415 (not needed for --help)

    target, migrated = api.migrate(project_folder or Path.cwd(), version, paths, drop_deprecated=drop_deprecated)
    changed = [one for one in migrated if one.changed]
    for one in changed:
        show_diff(one.file, one.before, one.after, colour=wants_colour(colour))
    _list_open(migrated)
    writes = bool(changed) and not dry_run
    if writes and not _confirmed(len(changed), target.version, yes=yes):
        say("nothing was written", err=True)
        return INTERRUPTED
    written = [one for one in changed if not writes or write_file(one.path, one.before, one.after)]
    _summary(migrated, written, target, wrote=writes)
    return int(len(written) < len(changed) or any(one.open for one in migrated))


def _confirmed(files: int, version: str, *, yes: bool) -> bool:
    """Ask on a terminal; refuse without one, unless told not to ask."""
    from rulepack.errors import UnsafePlan  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    if yes:
        return True
    if not has_terminal():
        raise UnsafePlan(
            "migrating changes rule files, and there is no terminal to ask on",
            "add --yes to write without asking, or --dry-run to write nothing",
        )
    return click.confirm(f"Move {counted(files, 'rule')} to ATT&CK {version}?", err=True)


def _list_open(migrated: tuple[Migrated, ...]) -> None:
    """List what is left for a person, at its place."""
    from rulepack.report.plain import visible  # noqa: PLC0415 (not needed for --help)

    for one in migrated:
        for left in one.open:
            hint = f" ({visible(left.hint)})" if left.hint else ""
            say(f"{visible(str(left.span))}: {visible(left.reason)}{hint}")


def _summary(migrated: tuple[Migrated, ...], written: list[Migrated], target: Target, *, wrote: bool) -> None:
    from rulepack.report.summary import counted  # noqa: PLC0415 (not needed for --help)

    moved = sum(one.moved for one in written)
    left = [one for one in migrated if one.open]
    if written:
        say(f"{counted(len(written), 'rule')} {'moved' if wrote else 'would move'} to ATT&CK {target.version}")
        say(f"  {counted(moved, 'technique')} under another tactic or id")
    else:
        say(f"no rule {'was' if wrote else 'needs to be'} changed for ATT&CK {target.version}")
    if left:
        places = counted(sum(len(one.open) for one in left), "place")
        say(f"  left for a person: {places} in {counted(len(left), 'file')}, listed above")
    if not target.knows_the_past:
        say(
            f"what ATT&CK {target.version} revoked or deprecated is not known here, only what is current; "
            "`rulepack reference update --attack FILE|URL` reads its STIX bundle",
            err=True,
        )
