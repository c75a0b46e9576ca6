"""`rulepack package`: the pack as files that can be deployed, published, or carried to where there is no network."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.options import project_option, report, say
from rulepack.environment import MATURITIES

if TYPE_CHECKING:
    from rulepack.diagnostics import Diagnostic
    from rulepack.fit import Fit
    from rulepack.packaging import Made
    from rulepack.validation import Validation

SIGNER = "RULEPACK_SIGNER"
_LISTED = 20
_MEGABYTE = 1_000_000


@click.command()
@click.option("--version", "version", metavar="VERSION", help="The package's version.  [default: that of the settings]")
@click.option("--since", metavar="PACKAGE|REV", help="What the changelog begins with: a package, or a git revision.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to.  [default: dist/ in the project]",
)
@click.option("--sign", metavar="COMMAND", envvar=SIGNER, help="A command that signs SHA256SUMS, such as `gpg -b -a`.")
@click.option("--force", is_flag=True, help="Replace a signed package of that name that has other content.")
@click.option(
    "--maturity",
    multiple=True,
    type=click.Choice(MATURITIES),
    help="Which rules; may be given several times.  [default: `maturity` of the settings]",
)
@project_option
def package(
    version: str | None,
    since: str | None,
    out: Path | None,
    sign: str | None,
    force: bool,
    maturity: tuple[str, ...],
    project_folder: Path | None,
) -> int:
    """Write the pack as a package, dist/<pack>-<version>/ and the same as .zip.

    In it: for each stack version rules.ndjson, which Kibana imports as it is (in parts where it would be too large,
    with the exception lists); every rule as JSON; manifest.json, CHANGELOG.md, layers for the ATT&CK Navigator,
    SHA256SUMS. The same commit gives the same bytes everywhere. Rules must be without errors, the lock up to date.

    \b
    Examples:
      rulepack package --version 1.4.0 --since v1.3.0
      rulepack package --sign "gpg --batch --armor --detach-sign"
      rulepack verify dist/acme-1.4.0.zip
    """  # noqa: D301 (click looks for this character)
    from rulepack import api, locking, packaging, sides  # noqa: PLC0415 (not needed for --help)
    from rulepack.lock.store import FOLDER  # noqa: PLC0415 (the same)
    from rulepack.processes import processors  # noqa: PLC0415 (the same)
    from rulepack.project import FROM_CONTENT  # noqa: PLC0415 (the same)
    from rulepack.report.comparison_markdown import changelog  # noqa: PLC0415 (the same)

    start = time.perf_counter()
    project = api.project(project_folder or Path.cwd())
    found = api.validate(project.root, cache=True, jobs=processors())
    if found.failed:
        return _refused(tuple(one for one in found.diagnostics if one.severity.label == "error"), found)
    with ExitStack() as stack:
        chosen = maturity or None
        named = sides.side_of(project, since, base=Path.cwd(), maturity=chosen) if since is not None else None
        side = stack.enter_context(named) if named is not None else None
        order = packaging.Order(changelog, version, side, sign, chosen, force=force)
        try:
            made = packaging.make_package(project, out or project.root / "dist", order, os.environ)
        except packaging.StaleLockError:
            errors = tuple(one for one in locking.check_project(project) if one.severity.label == "error")
            if not errors:
                # The settings have it that `validate` and `lock --check` do not mind.
                raise
            return _refused(errors, found)
    # Versions that are kept in files or by Kibana need no lock.
    locked = project.versions != FROM_CONTENT or (project.root / FOLDER).is_dir()
    if not project.named:
        say(
            "warning: `name` is not in the settings, so the package is named after the folder, as no other clone's",
            err=True,
        )
    _summary(made, time.perf_counter() - start, locked=locked)
    return 0


def _refused(errors: tuple[Diagnostic, ...], found: Validation) -> int:
    report(errors, found.rules, found.files, "text", None, err=True)
    say("no package was made, because of the errors above", err=True)
    return 1


def _summary(made: Made, seconds: float, *, locked: bool) -> None:
    """What was made, for which stack versions, and which rules some of them do not get."""
    from rulepack.fit import Standing  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    rules = [rule for rule in made.manifest.rules if rule.fits]
    for stack in made.manifest.stack:
        fits = [rule.fit(stack) for rule in rules]
        kinds = {kind: sum(1 for one in fits if one.standing is kind) for kind in Standing}
        extra = [f"{kinds[kind]:,} {kind}" for kind in (Standing.REDUCED, Standing.LEFT_OUT) if kinds[kind]]
        there = counted(kinds[Standing.FULL] + kinds[Standing.REDUCED], "rule")
        say(f"  {stack!s:>10}  {there}" + (f" ({', '.join(extra)})" if extra else ""))
    # What a rule's own min_stack_version keeps from a stack version is as it should be.
    unplanned = [(rule, lacking) for rule in rules if (lacking := [one for one in rule.fits if _is_unplanned(one)])]
    for rule, lacking in unplanned[:_LISTED]:
        reasons = dict.fromkeys(reason for one in lacking for reason in one.reasons)
        stacks = ", ".join(str(one.stack) for one in lacking)
        say(f"    left out of {stacks}: {visible(rule.name)} ({visible('; '.join(reasons))})")
    if len(unplanned) > _LISTED:
        say(f"    and {len(unplanned) - _LISTED:,} more: `rulepack stacks` lists all")
    if not locked:
        hint = "run `rulepack lock`, and commit what it writes"
        say(f"warning: there is no rulepack.lock, so rules have the version of their files or none: {hint}", err=True)
    if made.replaced:
        say("warning: a package of that name was there, with other content; it is replaced", err=True)
    if made.comparison is not None and not made.comparison.changes and not made.comparison.lists:
        since = visible(made.comparison.old)
        say(
            f"warning: nothing differs from {since}, so the changelog is empty: is it what was packaged last?", err=True
        )
    if made.manifest.modified:
        say("warning: the package holds changes that are not committed; its manifest says so", err=True)
    signed = f", signed: {', '.join(made.signatures)}" if made.signatures else ""
    size = f"{made.bytes / 1_000_000:.1f} MB" if made.bytes > _MEGABYTE else f"{made.bytes / 1_000:.0f} kB"
    say(f"{made.folder} ({size}) in {seconds:.1f} s{signed}")
    say(f"{made.archive}")
    say(f"SHA-256 of SHA256SUMS: {made.sums}")


def _is_unplanned(fit: Fit) -> bool:
    return str(fit.standing) == "left out" and not fit.noted
