"""`rulepack validate`: everything that is wrong, in one run."""

from __future__ import annotations

import time
from pathlib import Path

import click

from rulepack.cli.options import project_option, report, report_options, wants_colour


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes check files at a time, where there are many. Default: one for each processor.",
)
@click.option("--no-cache", is_flag=True, help="Check every file, also those that have not changed since last time.")
@click.option("--fix", is_flag=True, help="Correct in the files what can be corrected safely; report what remains.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; without --fix, nothing is written.")
@project_option
@report_options
def validate(
    paths: tuple[Path, ...],
    no_cache: bool,
    jobs: int | None,
    fix: bool,
    diff: bool,
    project_folder: Path | None,
    format_name: str,
    output: Path | None,
    fail_on: str,
    colour: bool | None,
) -> int:
    """Report everything that is wrong with the rules in PATHS (files or folders; the project's rules by default).

    Every finding has a code, its place and a hint; `rulepack explain CODE` says more. Severities are set under
    [tool.rulepack.checks]. The exit code is 1 when anything reaches --fail-on, and 3 when there is no rule file.
    """
    from rulepack import api  # noqa: PLC0415 (not needed for --help)
    from rulepack.diagnostics import Severity  # noqa: PLC0415 (the same)
    from rulepack.processes import processors  # noqa: PLC0415 (the same)

    start = time.perf_counter()
    found = api.validate(project_folder or Path.cwd(), paths, cache=not no_cache, jobs=jobs or processors())
    all_written = True
    if fix or diff:
        from rulepack.cli.fixing import fix_findings  # noqa: PLC0415 (not needed for --help)

        aside = format_name != "text" and output is None
        colours = wants_colour(colour)
        all_written = fix_findings(project_folder, found, write=fix, show=diff, colour=colours, aside=aside)
        if fix:
            found = api.validate(project_folder or Path.cwd(), paths, cache=not no_cache, jobs=jobs or processors())
    seconds = time.perf_counter() - start
    report(
        found.diagnostics,
        found.rules,
        found.files,
        format_name,
        output,
        colour=colour,
        seconds=seconds,
        notes=found.notes,
    )
    return int(not all_written or any(one.severity >= Severity[fail_on.upper()] for one in found.diagnostics))
