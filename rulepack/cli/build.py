"""`rulepack build`: validate, then write the pages and the web catalogue."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.options import project_option, report, report_options, say

if TYPE_CHECKING:
    from rulepack.docs.write import Written

_LISTED = 40
# As `rulepack.project` has them, which --help does not wait for.
FLAVOURS = ("markdown", "elastic")


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and list the pages if any is out of date.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where to. Default: docs-out/."
)
@click.option(
    "--flavour",
    type=click.Choice(FLAVOURS),
    help="Pages for GitHub and any Markdown site, or as Elastic's documentation has them. Default: the settings' own.",
)
@click.option(
    "--only",
    type=click.Choice(["pages", "site"]),
    help="Only the Markdown pages, or only the web catalogue. Default: both.",
)
@click.option(
    "--source-rev",
    metavar="REV",
    help="For pages that are published: link to this revision, and show what commits changed in each rule.",
)
@click.option("--no-cache", is_flag=True, help="Make every page anew; the result is the same.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes work at a time, where there is much. Default: one for each processor.",
)
@project_option
@report_options
def build(
    check: bool,
    out: Path | None,
    flavour: str | None,
    only: str | None,
    no_cache: bool,
    jobs: int | None,
    source_rev: str | None,
    project_folder: Path | None,
    format_name: str,
    output: Path | None,
    fail_on: str,
    colour: bool | None,
) -> int:
    r"""Validate the rules, then write their pages to docs-out/ and a web catalogue to docs-out/site/.

    Only what changed since the last build is made again; pages that are wanted no more are deleted; files that rulepack
    did not write are never touched. Nothing is written when there is an error.

    \b
    Examples:
      rulepack build                            all pages and the web catalogue
      rulepack build --check                    in CI: is what is committed current?
      rulepack build --only site --source-rev HEAD --out public    to publish
    """
    from rulepack import api, building  # noqa: PLC0415 (not needed for --help)
    from rulepack.cache import cache_folder  # noqa: PLC0415 (the same)
    from rulepack.diagnostics import Severity  # noqa: PLC0415 (the same)
    from rulepack.docs.tree import SITE  # noqa: PLC0415 (the same)
    from rulepack.processes import processors  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    start = time.perf_counter()
    project = api.project(project_folder or Path.cwd())
    built = building.build(
        project,
        out.absolute() if out else None,
        None if no_cache else cache_folder(os.environ),
        flavours=(*([flavour or project.flavour] if only != SITE else []), *([SITE] if only != "pages" else [])),
        dry_run=check,
        jobs=jobs or processors(),
        source_rev=source_rev,
    )
    written, diagnostics = built.written, built.diagnostics
    seconds = time.perf_counter() - start
    found = built.validation
    report(diagnostics, found.rules, found.files, format_name, output, colour=colour, seconds=seconds)
    failed = any(found.severity >= Severity[fail_on.upper()] for found in diagnostics)
    if any(found.severity is Severity.ERROR for found in diagnostics):
        say("no page was written, because of the errors above", err=True)
        return 1
    folder = visible(project.display(out.absolute() if out else project.docs))
    # A report on the screen that a program reads is not mixed with words for people.
    _summary(written, folder, check=check, err=format_name != "text" and output is None)
    return int(failed or (check and written.stale))


def _summary(written: Written, folder: str, *, check: bool, err: bool) -> None:
    """What became of the pages, in words."""
    from rulepack.report.plain import visible  # noqa: PLC0415 (not needed for --help)

    if check and written.stale:
        verbs = {"added": "missing", "changed": "out of date", "removed": "no longer needed"}
        stale = [(path, verb) for kind, verb in verbs.items() for path in getattr(written, kind)]
        for path, verb in stale[:_LISTED]:
            say(f"  {verb}: {folder}/{visible(path)}", err=err)
        if len(stale) > _LISTED:
            say(f"  and {len(stale) - _LISTED:,} more", err=err)
        count = f"{len(stale):,} page{'s' if len(stale) != 1 else ''}"
        say(f"{folder}/ is out of date: {count}. Run `rulepack build` and commit the result.", err=err)
        return
    parts = [
        f"{len(paths):,} {verb}"
        for paths, verb in ((written.added, "new"), (written.changed, "changed"), (written.removed, "removed"))
        if paths
    ]
    total = len(written.added) + len(written.changed) + len(written.unchanged)
    say(f"{total:,} page{'s' if total != 1 else ''} in {folder}/: {', '.join(parts) or 'nothing changed'}", err=err)
