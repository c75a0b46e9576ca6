"""`rulepack lock`: give every rule that changed its next version; check, repair or import the lock."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.connect import Connection, connection_options
from rulepack.cli.options import project_option, report, report_options, say

if TYPE_CHECKING:
    from rulepack.lock.update import Step
    from rulepack.locking import Rules
    from rulepack.project import Project

_LISTED = 60


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; report rules whose version is not as it must be.")
@click.option("--base", metavar="REV", help="With --check or --resolve: no version may go back behind this revision's.")
@click.option("--resolve", "resolving", is_flag=True, help="Repair files of the lock that git could not merge.")
@click.option("--remove", is_flag=True, help="Also rules that are gone without having been deprecated.")
@click.option("--adopt", is_flag=True, help="Go above the versions that the rules of a Kibana have: see --env, --url.")
@click.option(
    "--import",
    "import_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Begin with the versions of detection-rules' version.lock.json.",
)
@click.option(
    "--deprecated",
    "deprecated_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --import: its deprecated_rules.json.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@project_option
@connection_options
@report_options
def lock(
    check: bool,
    base: str | None,
    resolving: bool,
    remove: bool,
    adopt: bool,
    import_file: Path | None,
    deprecated_file: Path | None,
    dry_run: bool,
    project_folder: Path | None,
    connection: Connection,
    format_name: str,
    output: Path | None,
    fail_on: str,
    colour: bool | None,
) -> int:
    """Give every rule that is new or has changed its next version, and say which of its fields changed.

    Versions are kept in rulepack.lock/, a small file for each rule, to be committed with the rules. What counts is what
    a rule does and what an analyst reads: dates, comments, the layout of a file, the order of tags and the white space
    of a query give no version. `rulepack lock --check` is for CI.

    \b
    Examples:
      rulepack lock
      rulepack lock --check --base origin/main
      rulepack lock --import etc/version.lock.json
    """  # noqa: D301 (click looks for this character)
    from rulepack import api, locking  # noqa: PLC0415 (not needed for --help)

    _refuse_together(check=check, resolve=resolving, adopt=adopt, imports=import_file is not None, remove=remove)
    if base is not None and not (check or resolving):
        raise click.UsageError("--base goes with --check or --resolve")
    if deprecated_file is not None and import_file is None:
        raise click.UsageError("--deprecated goes with --import")
    if not check and (format_name != "text" or output is not None):
        raise click.UsageError("--format and --output go with --check")
    folder = project_folder or Path.cwd()
    if check:
        return _check(folder, base, format_name, output, fail_on, colour)
    project = api.project(folder)
    rules = locking.read_rules(project)
    if rules.unread:
        files = tuple(sorted(rules.unread))
        report(rules.diagnostics, len(rules.known) + len(files), files, format_name, output, colour=colour, err=True)
        say("nothing was locked: what these files hold is not known", err=True)
        return 1
    if resolving:
        return _resolve(project, rules, base, dry_run=dry_run)
    if import_file is not None:
        return _import(project, rules, import_file, deprecated_file, dry_run=dry_run)
    if adopt:
        locking.refuse_file_versions(project, "--adopt")
    servers = _servers(project, connection) if adopt else None
    return _update(project, rules, servers, remove=remove, dry_run=dry_run)


def _refuse_together(*, check: bool, resolve: bool, adopt: bool, imports: bool, remove: bool) -> None:
    if sum((check, resolve, adopt, imports)) > 1:
        raise click.UsageError("--check, --resolve, --adopt and --import exclude one another")
    if remove and (check or resolve or imports):
        raise click.UsageError("--remove goes with none of --check, --resolve and --import")


def _check(
    folder: Path, base: str | None, format_name: str, output: Path | None, fail_on: str, colour: bool | None
) -> int:
    from rulepack import api, locking  # noqa: PLC0415 (not needed for --help)
    from rulepack.diagnostics import Severity  # noqa: PLC0415 (the same)

    start = time.perf_counter()
    project = api.project(folder)
    checked = locking.examine(project, base)
    found = checked.diagnostics
    files = tuple(project.display(path) for path in project.rule_files())
    report(
        found,
        checked.rules,
        files,
        format_name,
        output,
        colour=colour,
        seconds=time.perf_counter() - start,
    )
    return int(any(one.severity >= Severity[fail_on.upper()] for one in found))


def _update(project: Project, rules: Rules, servers: dict[str, int] | None, *, remove: bool, dry_run: bool) -> int:
    from rulepack import locking  # noqa: PLC0415 (not needed for --help)

    steps = locking.update(project, rules, locking.today(os.environ), remove=remove, servers=servers)
    _write(project, steps, dry_run=dry_run)
    left = locking.left_to_do(project, rules)
    if left:
        report(left, len(steps), (), "text", None, err=True)
    return int(any(one.severity.label == "error" for one in left))


def _write(project: Project, steps: tuple[Step, ...], *, dry_run: bool) -> None:
    """Say what becomes of each rule, and write it."""
    from rulepack.lock.store import FOLDER, write_entries  # noqa: PLC0415 (not needed for --help)
    from rulepack.lock.update import What  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    pending = [one for one in steps if one.what is not What.SAME or one.before != one.after]
    for one in pending[:_LISTED]:
        say(_line(one))
    if len(pending) > _LISTED:
        say(f"  and {len(pending) - _LISTED:,} more")
    counts = {what: sum(1 for one in steps if one.what is what) for what in What}
    if not dry_run:
        for _ in write_entries(project, (one.after for one in steps)):
            pass
    parts = [f"{count:,} {what}" for what, count in counts.items() if count and what is not What.SAME]
    verb = "would be " if dry_run and parts else ""
    say(f"{counted(len(steps), 'rule')} in {FOLDER}/: {verb}{', '.join(parts) or 'nothing changed'}")


_MARKS = {"new": "+", "changed": "~", "raised": "~", "removed": "-"}


def _line(one: Step) -> str:
    """What becomes of one rule, on one line."""
    from rulepack.fields import join_and  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    before, after = one.before, one.after
    number = (
        f"{before.version} -> {after.version}"
        if before is not None and before.version != after.version
        else str(after.version)
    )
    why = str(one.what)
    if before is None or before.version != after.version:
        why = join_and(one.fields) or join_and(after.history[0].changed).strip("()") or why
    return f"  {_MARKS.get(one.what, ' ')} {number:>8}  {visible(after.name)}  {visible(after.file)}  ({visible(why)})"


def _resolve(project: Project, rules: Rules, base: str | None, *, dry_run: bool) -> int:
    from rulepack import locking  # noqa: PLC0415 (not needed for --help)
    from rulepack.lock.store import FOLDER, write_entries  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    entries, unresolved = locking.repair(project, rules, locking.today(os.environ), base)
    if not dry_run:
        for _ in write_entries(project, entries):
            pass
    for entry in entries:
        say(f"  {entry.version:>8}  {visible(entry.name)}  {FOLDER}/{visible(entry.path)}")
    for one in unresolved:
        say(f"{FOLDER}/{visible(one.name)}: not repaired: {visible(one.reason)}", err=True)
    if unresolved:
        way = f"`git checkout --ours -- {FOLDER}/{visible(unresolved[0].name)}`"
        say(f"  hint: take one side with {way}, then run `rulepack lock --resolve --base MERGE_HEAD`", err=True)
    verb = "would be repaired" if dry_run else "repaired"
    if entries or not unresolved:
        say(f"{counted(len(entries), 'file')} {verb}" if entries else "nothing to repair")
    if entries and not dry_run:
        say(f"now: git add {FOLDER}")
    return int(bool(unresolved))


def _import(project: Project, rules: Rules, path: Path, deprecated: Path | None, *, dry_run: bool) -> int:
    from rulepack import locking  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    steps, elsewhere = locking.import_lock(project, rules, path, deprecated, locking.today(os.environ))
    _write(project, steps, dry_run=dry_run)
    if elsewhere:
        verb = "is" if elsewhere == 1 else "are"
        say(f"{counted(elsewhere, 'rule')} of {visible(path.name)} {verb} not in this pack, and left out")
    return 0


def _servers(project: Project, connection: Connection) -> dict[str, int]:
    """The highest version of each rule of a space."""
    from rulepack.cli.connect import choose, connect  # noqa: PLC0415 (not needed for --help)
    from rulepack.deploy.remote import read_remote  # noqa: PLC0415 (the same)

    highest: dict[str, int] = {}
    with connect(connection, choose(connection, project)) as client:
        for rule in read_remote(client).rules:
            rule_id, version = rule.get("rule_id"), rule.get("version")
            if isinstance(rule_id, str) and isinstance(version, int):
                highest[rule_id] = max(version, highest.get(rule_id, 0))
    return highest
