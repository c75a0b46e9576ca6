"""The command line, run in this process: exit code, and what went to which stream."""

import sys
from io import BytesIO, TextIOWrapper
from typing import NamedTuple
from unittest import mock

from rulepack.cli.main import main


class Ran(NamedTuple):
    """What became of a command."""

    exit_code: int
    stdout: str
    stderr: str


class Stream(TextIOWrapper):
    """A stream as Python opens it on Linux, with its bytes kept; `terminal` makes it pass for a screen."""

    def __init__(self, *, terminal=False, encoding="utf-8"):
        super().__init__(BytesIO(), encoding=encoding, errors="strict", newline="\n", write_through=True)
        self.terminal = terminal

    def isatty(self):
        return self.terminal

    @property
    def written(self):
        return self.buffer.getvalue().decode(self.encoding)


def run(*arguments, terminal=False, encoding="utf-8"):
    """Run `rulepack` with arguments, as a shell would."""
    out, err = (Stream(terminal=terminal, encoding=encoding) for _ in range(2))
    words = ["rulepack", *map(str, arguments)]
    with (
        mock.patch.object(sys, "argv", words),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
    ):
        try:
            main()
        except SystemExit as exit_:
            code = exit_.code
        else:
            code = None
    return Ran(code, out.written, err.written)
