"""`rulepack verify`: whether a package is what was made."""

from __future__ import annotations

from pathlib import Path

import click

from rulepack.cli.deploying import VERIFIER
from rulepack.cli.options import FORMAT_NAMES, colour_option, format_options, report, say


@click.command()
@click.argument("package", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--with",
    "verifier",
    metavar="COMMAND",
    envvar=VERIFIER,
    help="A command that checks the signature; it is given the signature's file and SHA256SUMS.",
)
@format_options(*FORMAT_NAMES, what="How to report.")
@colour_option
def verify(
    package: Path,
    verifier: str | None,
    format_name: str,
    output: Path | None,
    colour: bool | None,
) -> int:
    """Hold every file of PACKAGE, a folder or a .zip, against its checksums and its manifest; works offline.

    Nothing is unpacked. Checksums alone show damage, not forgery: whoever changes a file can change them too. For that
    there are signatures, which `--with` has checked.

    \b
    Examples:
      rulepack verify dist/acme-1.4.0.zip
      rulepack verify acme-1.4.0.zip --with "gpg --verify"
    """  # noqa: D301 (click looks for this character)
    from rulepack import packaging  # noqa: PLC0415 (not needed for --help)
    from rulepack.package.read import verify as look  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    found = look(package)
    if found.package is None:
        report(found.diagnostics, found.files, (str(package),), format_name, output, colour=colour, noun="file")
        say(f"{visible(str(package))} must not be used", err=True)
        return 1
    manifest = found.package.manifest
    names = ", ".join(found.package.signatures)
    if verifier is not None:
        packaging.check_signatures(found.package, verifier)
        names = f"signed: {names}, which the verifier accepts"
    elif names:
        names = f"signed: {names}, not checked (--with COMMAND checks it)"
    aside = format_name != "text" and output is None
    if aside or output is not None:
        report((), found.files, (str(package),), format_name, output, colour=colour, noun="file")
    commit = f", commit {manifest.commit[:12]}{' with changes' if manifest.modified else ''}" if manifest.commit else ""
    stacks = ", ".join(map(str, manifest.stack))
    say(f"{visible(manifest.pack)} {visible(manifest.version)}{visible(commit)}, for stack {stacks}", err=aside)
    say(f"{counted(len(manifest.rules), 'rule')}, {counted(found.files, 'file')}: all in order", err=aside)
    say(names or "not signed", err=aside)
    return 0
