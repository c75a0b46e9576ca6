"""FORMATS: the ways to show what rulepack has to say, one line each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rulepack.frozen import frozen

if TYPE_CHECKING:
    from rulepack.diagnostics import Code, Diagnostic

WIDTH = 100


@frozen
class Result:
    """What one run found, and what it looked at: all that any format needs.

    `diagnostics` are in reading order (`rulepack.diagnostics.sort`); `rules` and `files` are how many were read;
    `codes` are all that exist, found or not; `checked` names every file read; `notes` are sentences about the run.
    `noun` is what was looked at, if that is no rules: `rules` is then how many of them there were.
    """

    diagnostics: tuple[Diagnostic, ...]
    rules: int
    files: int
    codes: tuple[Code, ...]
    version: str
    seconds: float | None = None
    checked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    noun: str = "rule"


@frozen
class Format:
    """One way to show a result; its module is imported when it is first used.

    Only a `styled` format minds the terminal; the others give the same bytes everywhere.
    """

    module: str
    styled: bool = False

    def __call__(self, result: Result, *, width: int = WIDTH, colour: bool = False) -> str:
        """The result as text that ends in a line break, ready to be written as UTF-8."""
        render = import_module(self.module).render
        text: str = render(result, width=width, colour=colour) if self.styled else render(result)
        return text


FORMATS: dict[str, Format] = {
    "text": Format("rulepack.report.text", styled=True),
    "json": Format("rulepack.report.json"),
    "sarif": Format("rulepack.report.sarif"),
    "github": Format("rulepack.report.github"),
    "junit": Format("rulepack.report.junit"),
    "markdown": Format("rulepack.report.markdown"),
}
