"""`rulepack explain`: what a code means and what to do."""

from __future__ import annotations

import click

from rulepack.cli.options import say


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Say what CODE means, why it matters and what to do; without CODE, list all.

    CODE is an id such as RP301, or a name such as unknown-technique.
    """
    from rulepack.checks import CHECKS  # noqa: PLC0415 (not needed for --help)
    from rulepack.codes import BY_ID, CODES  # noqa: PLC0415 (the same)

    if code is None:
        width = max(len(one.name) for one in CODES)
        for one in CODES:
            say(f"{one.id}  {one.severity.label:7}  {one.name:{width}}  {one.summary}")
        return
    found = BY_ID.get(code.upper()) or next((one for one in CODES if one.name == code.lower()), None)
    if found is None:
        from rulepack.likeness import closest  # noqa: PLC0415 (only on errors)

        # Of an id, only letters that look like digits tell what was meant: any other is as near to many a code.
        digits = code.upper().replace("O", "0").replace("I", "1")
        near = digits if digits in BY_ID else closest(code, [one.name for one in CODES])
        hint = f" Did you mean {near}?" if near else " `rulepack explain` lists all codes."
        raise click.UsageError(f"there is no code {code!r}.{hint}")
    opt_in = next((check.opt_in for check in CHECKS if check.code is found), None)
    label = found.severity.label + (f", in the set {opt_in}" if opt_in else "")
    say(f"{found.id} {found.name} ({label})\n\n{found.summary}.\n\n{found.help}")
