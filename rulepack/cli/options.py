"""Options that commands share, and the one place that writes to the screen."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from rulepack.diagnostics import Diagnostic
    from rulepack.errors import RulepackError

F = TypeVar("F", bound=Callable[..., Any])

FORMAT_NAMES = ("text", "json", "sarif", "github", "junit", "markdown")
SEVERITY_NAMES = ("error", "warning", "info")


def project_option(function: F) -> F:
    """`--project DIR`."""
    return click.option(
        "--project",
        "project_folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="The project, or a folder in it. Default: the current folder.",
    )(function)


def colour_option(function: F) -> F:
    """`--color`."""
    return click.option(
        "--color/--no-color",
        "colour",
        default=None,
        help="Colours on or off. Default: on in a terminal, unless NO_COLOR is set.",
    )(function)


def format_options(*formats: str, what: str = "How to show it.") -> Callable[[F], F]:
    """`--format` and `--output`; the first format is the default."""

    def decorate(function: F) -> F:
        function = click.option(
            "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it to a file."
        )(function)
        return click.option(
            "--format",
            "format_name",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help=what,
        )(function)

    return decorate


def report_options(function: F) -> F:
    """`--format`, `--output`, `--fail-on` and `--color`."""
    function = colour_option(function)
    function = click.option(
        "--fail-on",
        type=click.Choice(SEVERITY_NAMES),
        default="error",
        show_default=True,
        help="The severity from which on the exit code is 1.",
    )(function)
    return format_options(*FORMAT_NAMES, what="How to report.")(function)


def text_options(*formats: str) -> Callable[[F], F]:
    """`--format`, `--output` and `--color`, for what is no list of diagnostics; the first format is the default."""
    return lambda function: format_options(*formats)(colour_option(function))


def show_text(text: str, output: Path | None, *, for_programs: bool) -> None:
    """Show a text on the screen, or write it to a file."""
    if output is None:
        say(text.rstrip("\n"), for_programs=for_programs)
        return
    from rulepack.files import write_text  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    write_text(output, text)
    say(f"see {visible(str(output))}", err=True)


def warn_of_unread(files: Sequence[str]) -> None:
    """Say which files could not be read, so that nobody takes the rest for all."""
    from rulepack.report.plain import visible  # noqa: PLC0415 (only where something is wrong)

    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    say(f"cannot be read: {visible(files[0])}{more}; `rulepack validate` says why", err=True)


def wants_colour(choice: bool | None) -> bool:
    """Whether to write colours: as chosen, else by NO_COLOR and FORCE_COLOR, else in a terminal only."""
    if choice is not None:
        return choice
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def say(text: str, *, err: bool = False, for_programs: bool = False) -> None:
    """Write a line to the screen; characters that the terminal's encoding lacks become escapes.

    Elsewhere than on a terminal, what is `for_programs` is UTF-8: with escapes, JSON would be none any more.
    """
    stream = sys.stderr if err else sys.stdout
    if stream is None:
        return  # closed from the start, as with `>&-`: nobody wants to hear it
    encoding = stream.encoding or "utf-8"
    as_it_is = for_programs and not stream.isatty()
    line = f"{text}\n".encode() if as_it_is else text.encode(encoding, "backslashreplace").decode(encoding) + "\n"
    try:
        click.echo(line, err=err, color=True, nl=False)
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; the work goes on, and the exit code stays what it is.
        mute(stream)
    except OSError as error:
        mute(stream)
        if not err:
            raise trouble(error) from error


def mute(stream: TextIO) -> None:
    """Let nothing more be written to a stream that takes nothing more, not even by Python when it ends."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def trouble(error: OSError) -> RulepackError:
    """What to say when the system does not let us: read a folder, or write where the shell sends the output."""
    from rulepack.errors import OutputError, RulepackError  # noqa: PLC0415 (only on errors)

    reason = error.strerror or str(error)
    if error.filename is not None:
        return RulepackError(
            f"cannot use {os.fsdecode(error.filename)}: {reason}", "check that it is there, and its rights"
        )
    if isinstance(error, FileNotFoundError):
        return RulepackError("the current folder is no longer there", "change into one that is")
    if sys.stdout is not None:
        mute(sys.stdout)
    return OutputError(f"cannot write the output: {reason}", "check where the output goes")


def show_error(error: RulepackError) -> None:
    """A RulepackError as message and hint, without a traceback."""
    from rulepack.report.plain import visible  # noqa: PLC0415 (only on errors)

    say(f"error: {visible(error.message)}", err=True)
    if error.hint:
        say(f"  hint: {visible(error.hint)}", err=True)


def report(
    diagnostics: tuple[Diagnostic, ...],
    rules: int,
    files: tuple[str, ...],
    format_name: str,
    output: Path | None,
    *,
    colour: bool | None = None,
    seconds: float | None = None,
    notes: tuple[str, ...] = (),
    noun: str = "rule",
    err: bool = False,
) -> None:
    """Show diagnostics in a format, on the screen (stderr with `err`) or in a file."""
    from rulepack import __version__  # noqa: PLC0415 (not needed for --help)
    from rulepack.codes import CODES  # noqa: PLC0415 (the same)
    from rulepack.report import FORMATS, Result  # noqa: PLC0415 (the same)

    result = Result(
        diagnostics=diagnostics,
        rules=rules,
        files=len(files),
        codes=CODES,
        version=__version__,
        # What programs read is the same each time; only people care how long it took.
        seconds=seconds if FORMATS[format_name].styled else None,
        checked=files,
        notes=notes,
        noun=noun,
    )
    to_screen = output is None
    width = shutil.get_terminal_size((100, 24)).columns
    text = FORMATS[format_name](result, width=width, colour=to_screen and wants_colour(colour))
    if output is None:
        say(text.rstrip("\n"), err=err, for_programs=not FORMATS[format_name].styled)
    else:
        from rulepack.files import write_text  # noqa: PLC0415 (not needed for --help)
        from rulepack.report.plain import visible  # noqa: PLC0415 (the same)
        from rulepack.report.summary import sentence  # noqa: PLC0415 (the same)

        write_text(output, text)
        say(f"{sentence(result)}: see {visible(str(output))}", err=True)
