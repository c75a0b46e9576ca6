"""`rulepack sandbox`: a stand-in for Kibana on this machine, to try deploying before pointing at a real one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from rulepack.cli.options import say

GREETING = """\
This is NOT Kibana. It is a stand-in for its detection engine, and no rule runs in it.
It stands in for version {version}, listens on this machine only, and takes any API key.
{kept}

{url}

To try next, in another terminal:
  export RULEPACK_API_KEY=sandbox
  rulepack plan --url {url}
  rulepack deploy --url {url}

Ctrl-C stops it.\
"""


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=5601, show_default=True, help="0 takes any free one.")
@click.option(
    "--state",
    "state_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep what is deployed in a file. Default: forget it at the end.",
)
@click.option("--version", default="9.5.0", show_default=True, help="The version of Kibana, or `serverless`.")
@click.option("--latency", type=click.FloatRange(0), default=0, metavar="MS", help="How much slower to answer.")
@click.option("--space", "spaces", multiple=True, metavar="NAME", help="A space to have besides `default`; repeatable.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each request, as in a terminal.")
def sandbox(
    port: int, state_file: Path | None, version: str, latency: float, spaces: tuple[str, ...], *, verbose: bool
) -> int:
    """Start a stand-in for Kibana's detection engine on this machine, to try `plan` and `deploy`.

    It is NOT Kibana: it takes rules, exception lists and connectors as Kibana would, and refuses what Kibana would
    refuse, but runs no rule. It answers to 127.0.0.1 only, and to any API key.
    """
    from rulepack.sandbox import Sandbox  # noqa: PLC0415 (not needed for --help)
    from rulepack.sandbox.desk import Logged  # noqa: PLC0415 (the same)

    def show(entry: Logged, seconds: float) -> None:
        say(f"{entry.method} {entry.path} {entry.status or 'reset'} {seconds * 1000:.0f} ms", err=True)

    box = Sandbox(port=port, version=version, latency=latency / 1000, state_file=state_file, spaces=spaces)
    if verbose or sys.stderr.isatty():
        box.desk.listener = show
    kept = f"{state_file} keeps what you deploy." if state_file else "What you deploy is gone when it stops."
    try:
        with box:
            say(
                GREETING.format(
                    version="serverless" if box.settings.serverless else box.settings.version_text,
                    kept=kept,
                    url=box.url,
                )
            )
            box.desk.stopping.wait()
    except KeyboardInterrupt:
        say("stopped", err=True)
    for bug in box.bugs:
        say(bug, err=True)
    return 0
