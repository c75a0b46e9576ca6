"""A line on a terminal that says how far something is, and vanishes in the end; without a terminal there is none."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Self

from rulepack.cli.options import say

_EVERY = 0.1


class Progress:
    """`with Progress("writing rules", 1460) as line: line.step()`; without a total it only says what goes on."""

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._next = 0.0
        self._on = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._write("\r\x1b[K")

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        self._draw()

    def note(self, text: str) -> None:
        """Say something that stays, also where there is no terminal."""
        self._write("\r\x1b[K")
        say(text, err=True)

    def _draw(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY
            count = "" if self._total is None else f" {self._done:,} of {self._total:,}"
            self._write(f"\r{self._what}{count} ...\x1b[K")

    def _write(self, text: str) -> None:
        if not self._on:
            return
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            self._on = False  # the terminal is gone; the work goes on
