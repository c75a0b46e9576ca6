"""What stops rulepack: the exception tree.

    RulepackError            message, hint, exit_code = 3
    ├── ProjectError         no project, bad [tool.rulepack]
    ├── DataError            reference data missing or unreadable
    ├── OutputError          a file cannot be written
    ├── GitError             no git, no repository, or not what is asked of it
    ├── PackageError         a package is damaged, unsafe, or none
    ├── TargetError          a Kibana cannot be used
    │   ├── Unreachable      no connection, no trust (TLS), no answer in time
    │   ├── Refused          401, 403: the credentials or a privilege
    │   ├── Incompatible     not a Kibana, or one too old
    │   ├── LostAnswer       sent once, and nobody knows whether it was carried out
    │   └── Rejected         the server refuses this one body
    └── UnsafePlan           over a limit, or nobody there to ask

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


class GitError(RulepackError):
    """There is no git, no repository, or it does not have what is asked of it."""


class PackageError(RulepackError):
    """A package cannot be used: damaged, unsafe, from a newer rulepack, or none at all."""


class UnsafePlan(RulepackError):  # noqa: N818 (the plan is what is unsafe)
    """A plan needs somebody's word before it is carried out."""


class TargetError(RulepackError):
    """A Kibana cannot be used, or did not do what was asked of it."""


class Unreachable(TargetError):  # noqa: N818 (it is the target that is unreachable)
    """No connection, no trust (TLS), or no usable answer within the time that was given."""


class Refused(TargetError):  # noqa: N818 (what happened to us, not a kind of error)
    """The credentials are not accepted (`status` 401), or a privilege is missing (403)."""

    def __init__(self, message: str, hint: str | None = None, *, status: int = 403) -> None:
        super().__init__(message, hint)
        self.status = status


class Incompatible(TargetError):  # noqa: N818 (it is the target that is incompatible)
    """What answers is not a Kibana, or one that rulepack does not speak with."""


class LostAnswer(TargetError):  # noqa: N818 (the answer is what is lost)
    """A request that must not be sent twice was sent, and no answer came back: read back what became of it."""


class Rejected(TargetError):  # noqa: N818 (it is the body that is rejected)
    """The server refuses this one request: its `status`, and its own words as `messages`."""

    def __init__(self, message: str, hint: str | None = None, *, status: int, messages: tuple[str, ...]) -> None:
        super().__init__(message, hint)
        self.status = status
        self.messages = messages
