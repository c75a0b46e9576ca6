"""`rulepack stacks`: which stack version gets which rule."""

from __future__ import annotations

from pathlib import Path

import click

from rulepack.cli.options import project_option, show_text, text_options, wants_colour, warn_of_unread


@click.command()
@click.option("--all", "every", is_flag=True, help="Also rules that every version gets whole.")
@project_option
@text_options("text", "markdown", "json")
def stacks(every: bool, project_folder: Path | None, format_name: str, output: Path | None, colour: bool | None) -> int:
    """Show for each rule which of the pack's stack versions gets it: full, reduced, or not at all, and why.

    The versions are `stack` in the settings. What decides what a rule matches, whether it alerts or who is told is
    never taken out of a rule: a version that lacks it does not get the rule. Without --all, only rules that some
    version does not get whole are listed. The exit code is 1 when a rule is left out that its min_stack_version does
    not keep out.
    """
    from rulepack import api  # noqa: PLC0415 (not needed for --help)
    from rulepack.fit import Standing  # noqa: PLC0415 (the same)
    from rulepack.package.checkout import Checkout  # noqa: PLC0415 (the same)
    from rulepack.report import stacks as table  # noqa: PLC0415 (the same)

    project = api.project(project_folder or Path.cwd())
    checkout = Checkout(project)
    unread = []
    rules = []
    for file, rule in checkout.files():
        if rule is None:
            unread.append(file)
        elif not rule.deprecated:
            rules.append(checkout.maker.make(rule).packaged)
    if format_name == "json":
        text = table.render_json(rules, project.stack)
    elif format_name == "markdown":
        text = table.render_markdown(rules, project.stack, every=every)
    else:
        text = table.render(rules, project.stack, every=every, colour=output is None and wants_colour(colour))
    show_text(text, output, for_programs=format_name != "text")
    if unread:
        warn_of_unread(unread)
    unplanned = any(one.standing is Standing.LEFT_OUT and not one.noted for rule in rules for one in rule.fits)
    return int(unplanned or bool(unread))
