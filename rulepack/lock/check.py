"""Whether a lock is what it must be: RP701 to RP703, each at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulepack.content import changed_fields
from rulepack.diagnostics import Diagnostic, Severity, Span
from rulepack.fields import join_and, quote
from rulepack.frozen import frozen
from rulepack.lock.codes import RP701, RP702, RP703
from rulepack.lock.entry import DEPRECATED, REMOVED, Entry
from rulepack.lock.store import FOLDER, Lock
from rulepack.lock.update import Locked
from rulepack.project import FROM_FILE, FROM_KIBANA

_RUN = "run `rulepack lock` and commit rulepack.lock/"
_MOST_NAMED = 4


@frozen
class Problem:
    """Something wrong with a rule's version: the code, where (a field of the rule's file, or a place in the lock)."""

    code: str
    message: str
    hint: str
    field: str | None = None
    span: Span | None = None


def check_rule(lock: Lock, rule: Locked, policy: str) -> Problem | None:
    """What is wrong with the version of a rule that is there; None if nothing is."""
    if policy == FROM_KIBANA:
        return None
    entry = lock.entries.get(rule.rule_id)
    own = rule.version if policy == FROM_FILE else None
    if policy == FROM_FILE and own is None:
        return Problem("RP701", "versions are kept in the files, and this one has none", "add version = 1", "rule_id")
    if entry is None or entry.status == REMOVED:
        return Problem("RP701", "the lock does not have this rule", _RUN, "rule_id")
    changed = entry.hash != rule.content.hash
    if own is not None and own < entry.version:
        message = f"version is {own}, and was {entry.version} before"
        return Problem("RP702", message, f"raise it to {entry.highest + 1}", "version")
    if changed and own in (None, entry.version):
        hint = _RUN if own is None else f"raise it to {entry.highest + 1}, then {_RUN}"
        return Problem("RP701", changed_since(entry, rule), hint, "rule_id" if own is None else "version")
    if own not in (None, entry.version):
        return Problem("RP701", f"version is {own}, and the lock has {entry.version}", _RUN, "version")
    if (entry.status == DEPRECATED) != rule.deprecated:
        now = "deprecated" if rule.deprecated else "no longer deprecated"
        return Problem("RP701", f"the rule is {now}, and the lock says {entry.status}", _RUN, "rule_id")
    return None


def changed_since(entry: Entry, rule: Locked) -> str:
    """What changed since a version: the names of the fields, a few of them."""
    fields = changed_fields(entry.fields, rule.content.digests)
    named = [*fields[:_MOST_NAMED], *([f"{len(fields) - _MOST_NAMED} more"] if len(fields) > _MOST_NAMED else [])]
    return f"{join_and(named) or 'the content'} changed since version {entry.version}"


def check_lock(lock: Lock, rule_ids: Iterable[str]) -> Iterator[Problem]:
    """What is wrong with entries: rules that are gone without having been deprecated, versions below their history."""
    there = set(rule_ids)
    for entry in lock.living:
        if entry.version < entry.highest:
            message = f"version is {entry.version}, and the history has {entry.highest}"
            hint = "`rulepack lock --resolve` raises it above all that were"
            yield Problem("RP702", message, hint, span=lock.span(entry.rule_id, "version"))
        if entry.rule_id not in there and entry.status != DEPRECATED:
            message = f"{quote(entry.name)} is gone without having been deprecated: {entry.file}"
            hint = (
                "bring the file back and run `rulepack deprecate`, or `rulepack lock --remove` if it was never in use"
            )
            yield Problem("RP703", message, hint, span=lock.span(entry.rule_id, "file"))


def check_since(lock: Lock, base: Lock, revision: str) -> Iterator[Problem]:
    """What is wrong with a lock that was another at a revision: versions that went back, entries that are gone."""
    repair = f"`rulepack lock --resolve --base {revision}` raises it above all that were"
    for rule_id, old in sorted(base.entries.items()):
        entry = lock.entries.get(rule_id)
        if entry is None:
            message = f"the entry of {quote(old.name)} is gone, and with it what versions it had"
            hint = f"bring {FOLDER}/{old.path} back from git"
            yield Problem("RP702", message, hint, span=Span(f"{FOLDER}/{old.path}"))
        elif entry.version < old.version:
            message = f"version is {entry.version}, and was {old.version} before"
            yield Problem("RP702", message, repair, span=lock.span(rule_id, "version"))
        elif entry.version == old.version and entry.hash != old.hash:
            message = f"version {entry.version} stood for another content before"
            yield Problem("RP702", message, repair, span=lock.span(rule_id, "version"))


_CODES = {code.id: code for code in (RP701, RP702, RP703)}


def diagnostic(problem: Problem, span: Span, excerpt: str | None = None) -> Diagnostic:
    """A problem as a diagnostic at a place."""
    return Diagnostic(
        _CODES[problem.code], problem.message, problem.span or span, problem.hint, (), Severity.ERROR, excerpt
    )
