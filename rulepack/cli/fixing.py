"""`rulepack validate --fix` and `--diff`: show what can be corrected, write it, say what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rulepack.cli.options import say, show_error

if TYPE_CHECKING:
    from rulepack.fixing import Fixed
    from rulepack.validation import Validation


def fix_findings(
    project_folder: Path | None, found: Validation, *, write: bool, show: bool, colour: bool, aside: bool
) -> bool:
    """Correct what can be corrected safely, or only show it; gives whether every file could be written.

    `aside` says that the screen is for what a program reads: words for people go to stderr.
    """
    from rulepack import api  # noqa: PLC0415 (not needed for --help)

    fixed = []
    for one in api.fixes(project_folder or Path.cwd(), found):
        if show:
            show_diff(one.file, one.before, one.after, colour=colour, err=aside)
        fixed.append(one)
    written = [one for one in fixed if not one.changed or not write or write_file(one.path, one.before, one.after)]
    _summary(written, write=write, err=aside)
    return len(written) == len(fixed)


def show_diff(file: str, before: str, after: str, *, colour: bool, err: bool = False) -> None:
    """Show what changes in a file, if anything does."""
    from rulepack.report import patch  # noqa: PLC0415 (not needed for --help)

    if shown := patch.render(file, before, after, colour=colour):
        say(shown, err=err)


def write_file(path: Path, before: str, after: str) -> bool:
    """Write a file that was read as `before`; gives whether that worked, and says why not."""
    from rulepack.errors import OutputError  # noqa: PLC0415 (not needed for --help)
    from rulepack.files import rewrite  # noqa: PLC0415 (the same)

    try:
        rewrite(path, before, after)
    except OutputError as error:
        show_error(error)
        return False
    return True


def _summary(fixed: Iterable[Fixed], *, write: bool, err: bool) -> None:
    """How many findings were or could be corrected, by code, and what was left because of how a file is written."""
    from rulepack.codes import BY_ID  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)
    from rulepack.report.summary import counted  # noqa: PLC0415 (the same)

    counts: Counter[str] = Counter()
    files = 0
    for one in fixed:
        counts.update(dict(one.counts))
        files += one.changed
        for skipped in one.skipped:
            place = visible(str(skipped.found.span))
            say(f"{place}: {skipped.found.code.id} was not corrected: {visible(skipped.reason)}", err=True)
    total = counted(sum(counts.values()), "finding")
    if not files:
        say("nothing to correct automatically" if not write else "nothing was corrected automatically", err=err)
        return
    done = f"corrected {total}" if write else f"{total} can be corrected"
    say(f"{done} in {counted(files, 'file')}{'' if write else ': --fix does so'}", err=err)
    for code, count in sorted(counts.items()):
        say(f"  {count:>5,}  {code} {BY_ID[code].name}", err=err)
    say("", err=err)
