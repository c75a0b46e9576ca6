"""RP40x: rule_id and file name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulepack.checks.base import Context, Found, check
from rulepack.diagnostics import Severity, Span
from rulepack.fields import quote
from rulepack.rule import Rule

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FILE_NAME = re.compile(r"[a-z0-9_]+\.toml")


@check("RP401", "file-name", Severity.WARNING)
def file_name(rule: Rule, context: Context) -> Iterator[Found]:
    """A file name has other characters than lower-case letters, digits and underscores.

    Why: blanks and capitals make trouble in shells, in links, and on file systems that do not tell case.

    Instead: rename the file, for example to `execution_shell_in_container.toml`.
    """
    name = rule.file.rpartition("/")[2]
    if _FILE_NAME.fullmatch(name) is None:
        better = re.sub(r"[^a-z0-9]+", "_", name.lower().removesuffix(".toml")).strip("_") or "rule"
        span = context.span(rule, ())
        yield Found(
            f"file name {quote(name)} is not lower-case letters, digits and _",
            Span(span.file),
            f"call it {better}.toml",
        )


@check("RP402", "rule-id-no-uuid", Severity.WARNING)
def rule_id_no_uuid(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule_id is not a lower-case UUID.

    Why: Kibana takes any text, but a rule_id must be unique for ever and in every space, and other tools insist on
    UUIDs.

    Instead: `uuidgen | tr A-Z a-z` makes one. Do not change the rule_id of a rule that is deployed already: turn this
    check off for its file instead.
    """
    # The file's name stands in for an id that is missing or refused.
    made_up = rule.rule_id == rule.file
    if not rule.deprecated and not made_up and _UUID.fullmatch(rule.rule_id) is None:
        hint = "for a new rule, make one with `uuidgen`; keep the id of a deployed rule"
        yield context.at(rule, ("rule", "rule_id"), f"rule_id {quote(rule.rule_id)} is not a lower-case UUID", hint)
