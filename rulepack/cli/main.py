"""The group: finds the command, imports it when called, turns exceptions into exit codes."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click

from rulepack import __version__

# Every command: its module and attribute, and what `rulepack --help` says of it without importing it.
COMMANDS: dict[str, tuple[str, str]] = {
    "validate": ("rulepack.cli.validate:validate", "Report everything that is wrong with the rules."),
    "build": ("rulepack.cli.build:build", "Validate the rules and write their pages and web catalogue."),
    "serve": ("rulepack.cli.serve:serve", "Show the web catalogue that `build` wrote, on this machine."),
    "plan": ("rulepack.cli.plan:plan", "Show what deploying would do to the rules of a Kibana space."),
    "deploy": ("rulepack.cli.deploy:deploy", "Create and update rules in a Kibana space, as the plan says."),
    "lock": ("rulepack.cli.lock:lock", "Give every rule that changed its next version; check that in CI."),
    "deprecate": ("rulepack.cli.deprecate:deprecate", "Mark a rule as deprecated, with the reason and a replacement."),
    "restore": ("rulepack.cli.restore:restore", "Take a deprecated rule back into use."),
    "rename": ("rulepack.cli.rename:rename", "Give a rule another name, wherever rulepack knows the old one."),
    "package": ("rulepack.cli.package:package", "Write the pack as files to publish, import, or deploy elsewhere."),
    "diff": ("rulepack.cli.diff:diff", "Compare packages, revisions and servers, field by field."),
    "coverage": ("rulepack.cli.coverage:coverage", "Show what of ATT&CK the rules cover, and whether it is enough."),
    "stacks": ("rulepack.cli.stacks:stacks", "Show which stack version gets which rule, and why not."),
    "verify": ("rulepack.cli.verify:verify", "Check that a package is what was made."),
    "attack": ("rulepack.cli.attack:attack", "Move the rules' ATT&CK mapping to another version."),
    "explain": ("rulepack.cli.explain:explain", "Say what a code such as RP301 means and what to do."),
    "sandbox": ("rulepack.cli.sandbox:sandbox", "Start a stand-in for Kibana on this machine, to try deploying."),
    "reference": ("rulepack.cli.reference:reference", "Show or update what is known of ATT&CK, ECS and integrations."),
}

EXIT_CODES = """\b
Exit codes:
  0    done, nothing at or above the failing severity
  1    diagnostics at or above it, or `build --check` found stale pages
  2    wrong usage
  3    rulepack cannot work: no rules found, broken settings, Kibana out of reach
  4    only with --exit-code: `plan` would write something, or `diff` found a difference
  70   a bug in rulepack
  130  interrupted
"""
BUG = 70
INTERRUPTED = 130
# How many objects more than before there may be until Python looks which of them hold one another in a circle.
_ALLOCATIONS = 100_000


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names of all commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (the same)
        """The command with a name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names, or a suggestion."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from rulepack.likeness import closest  # noqa: PLC0415 (only on errors)

            near = closest(args[0], COMMANDS) if args else None
            if near and "Did you mean" not in error.message:
                raise click.UsageError(f"{error.message} Did you mean {near!r}?", ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (the same)
        """List the commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rulepack")
def rulepack() -> None:
    """Detection as code for Elastic Security: validate rules, render their documentation, deploy them to Kibana."""


def main() -> None:
    """Run the command line and exit; the one place where an exception becomes an exit code."""
    # Nearly all that a run makes it keeps: Python need not look through it again and again for what could be let go,
    # and once more before it ends. That would take a sixth of the time of a short run.
    gc.set_threshold(_ALLOCATIONS)
    code = _run()
    gc.freeze()
    sys.exit(code)


def _run() -> int:
    from rulepack.errors import RulepackError  # noqa: PLC0415 (not needed for --help)

    try:
        result = rulepack.main(prog_name="rulepack", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except RulepackError as error:
        from rulepack.cli.options import show_error  # noqa: PLC0415 (only on errors)

        show_error(error)
        return error.exit_code
    except OSError as error:
        from rulepack.cli.options import show_error, trouble  # noqa: PLC0415 (only on errors)

        show_error(trouble(error))
        return RulepackError.exit_code
    except Exception:  # noqa: BLE001 (a bug is shown with its traceback)
        import traceback  # noqa: PLC0415 (only on errors)

        click.echo(traceback.format_exc(), err=True)
        click.echo(
            f"This is a bug in rulepack {__version__}. Please report it with the lines above and the file that "
            "rulepack was reading.",
            err=True,
        )
        return BUG
    return result if isinstance(result, int) else 0
