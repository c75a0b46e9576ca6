"""Which version a rule has: by the lock, by its file, or by nobody but Kibana."""

from __future__ import annotations

from rulepack.fields import MAX_INTEGER
from rulepack.lock.store import Lock
from rulepack.project import FROM_CONTENT, FROM_FILE
from rulepack.rule import Rule


def version_of(lock: Lock, rule: Rule, digest: str, policy: str) -> int | None:
    """The version of a rule whose content has this digest; None where rulepack gives it none.

    A rule that has changed since it was locked has the version that `rulepack lock` would give it. Without a lock it
    has what its file says.
    """
    if policy == FROM_CONTENT and lock.present:
        entry = lock.entries.get(rule.rule_id)
        if entry is None:
            return 1
        return entry.version if entry.hash == digest else min(entry.highest + 1, MAX_INTEGER)
    return rule.version if policy in (FROM_CONTENT, FROM_FILE) else None
