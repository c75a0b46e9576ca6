"""What stops rulepack: the exception tree.

    RulepackError            message, hint, exit_code = 3
    ├── ProjectError         no project, bad [tool.rulepack]
    ├── DataError            reference data missing or unreadable
    └── OutputError          a file cannot be written

What is wrong with *content* (a rule, a template) is never an exception: it is a `rulepack.diagnostics.Diagnostic`.
"""

from __future__ import annotations


class RulepackError(Exception):
    """Stops the program: no edit under `rules/` or `templates/` would fix it.

    `message` says what is wrong, `hint` what to do next; the command line prints both and exits with `exit_code`.
    """

    exit_code = 3

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ProjectError(RulepackError):
    """The project cannot be used: no rules folder, or settings that make no sense."""


class DataError(RulepackError):
    """Reference data (ATT&CK, ECS) is missing or cannot be read."""


class OutputError(RulepackError):
    """A file or folder cannot be written."""
