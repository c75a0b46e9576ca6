"""One rule of a plan: read again, written, and the answer compared with what was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from rulepack.deploy import codes, diff, shape
from rulepack.deploy.change import Change, FieldChange, Kind, Payload
from rulepack.deploy.plan import Plan, is_prebuilt
from rulepack.diagnostics import Code, Diagnostic, Severity, Span
from rulepack.errors import LostAnswer, Refused, Rejected, TargetError, Unreachable
from rulepack.frozen import frozen
from rulepack.kibana import Client
from rulepack.kibana.rules import create_rule, get_rule, update_rule
from rulepack.package.package import Package
from rulepack.rule import RULE_TYPES
from rulepack.schema import keys

# How long to wait for a request whose answer was lost to take effect, before it is sent again: seconds.
SETTLE = 2.0
# How often a creation is sent at most, each time after a look whether the one before took effect.
SENDS = 5
# So many rules refused (403) and none written: it is not these rules, it is us.
HOPELESS = 10
_CONFLICT = 409


class Result(StrEnum):
    """What became of a change."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    NOT_ATTEMPTED = "not attempted"


@frozen
class Outcome:
    """What became of one rule, and what there is to say about it."""

    change: Change
    result: Result
    diagnostics: tuple[Diagnostic, ...] = ()


def say(
    package: Package, change: Change, code: Code, message: str, field: str = "rule_id", hint: str | None = None
) -> Diagnostic:
    """Something to say at a field of the rule's file; where the file does not name it, at its rule_id."""
    source = package.sources.get(change.file or "")
    if source is None:
        file = change.file or package.manifest.pack
        return Diagnostic(code, message, Span(file), hint, severity=code.severity)
    table = source.data.get("rule")
    named = field if isinstance(table, dict) and field in table else "rule_id"
    found = source.diagnostic(
        code, message, source.locate(("rule", named), part="key" if named != "rule_id" else "value"), hint
    )
    return replace(found, severity=code.severity)


class Writer:
    """Writes the rules of one plan, from several threads; `stop` has it send nothing more."""

    def __init__(self, plan: Plan, client: Client, settle: float = SETTLE) -> None:
        self._plan = plan
        self._client = client
        self._settle = settle
        self._lock = threading.Lock()
        self._written = 0
        self._refused = 0
        # Why nothing more is sent, once that is so.
        self.stopped: str | None = None

    def stop(self, why: str) -> None:
        """Send nothing more; what is on its way is brought to its end."""
        with self._lock:
            self.stopped = self.stopped or why

    def write(self, change: Change) -> Outcome:
        """Create or update one rule, unless stopped; whatever the target does to it becomes a diagnostic."""
        if self.stopped is not None:
            return Outcome(change, Result.NOT_ATTEMPTED)
        try:
            outcome = self._create(change) if change.kind is Kind.CREATE else self._update(change)
        except Rejected as error:
            said = tuple(
                self._say(change, codes.RP901, f"Kibana refused it ({error.status}): {text}", hint=error.hint)
                for text in error.messages
            )
            return Outcome(change, Result.FAILED, said)
        except TargetError as error:
            return self._failed(change, error)
        with self._lock:
            self._written += outcome.result in {Result.CREATED, Result.UPDATED}
        return outcome

    def _failed(self, change: Change, error: TargetError) -> Outcome:
        """A rule that did not get through: whether it may be there, and whether to go on with the others."""
        code, hint = codes.RP904, error.hint
        if isinstance(error, LostAnswer):
            code, hint = codes.RP903, "look at `rulepack plan`, which shows what is there; deploying again is safe"
        elif isinstance(error, Refused):
            # A 401 is about the key. A 403 may be about this rule alone: its actions need a privilege, its machine
            # learning a licence.
            about_the_key = error.status == 401  # noqa: PLR2004 (HTTP's number for it)
            code = codes.RP904 if about_the_key else codes.RP901
            with self._lock:
                self._refused += 1
                hopeless = self._refused >= HOPELESS and not self._written
            if about_the_key or hopeless:
                self.stop(error.message)
        elif isinstance(error, Unreachable):
            self.stop(error.message)
        return Outcome(change, Result.FAILED, (self._say(change, code, error.message, hint=hint),))

    def _say(
        self, change: Change, code: Code, message: str, field: str = "rule_id", hint: str | None = None
    ) -> Diagnostic:
        return say(self._plan.package, change, code, message, field, hint)

    def _fail(self, change: Change, code: Code, message: str, field: str = "rule_id") -> Outcome:
        return Outcome(change, Result.FAILED, (self._say(change, code, message, field),))

    # New rules

    def _create(self, change: Change) -> Outcome:
        tags = diff.join_tags(change.body.get("tags") or (), (), self._plan.managed_tag)
        body = self._with_list_ids({**change.body, "tags": tags})
        missing = self._plan.missing_lists(change.body)
        held_back = bool(missing and body.get("enabled"))
        if held_back:
            body["enabled"] = False
        said = self._about_lists(change, missing, ", so the rule was created disabled" if held_back else "")
        try:
            answer = self._send(change, body)
        except Rejected as error:
            # Taken already: by our own request whose answer was lost before, or by somebody else.
            there = get_rule(self._client, rule_id=change.rule_id) if error.status == _CONFLICT else None
            if there is None:
                raise
            if shape.unreadable(there) or diff.compare(body, there):
                return self._fail(change, codes.RP802, "somebody created a rule with this rule_id in the meantime")
            answer = there
        said += self._verify(change, body, answer)
        return Outcome(change, Result.FAILED if said else Result.CREATED, tuple(said))

    def _send(self, change: Change, body: Payload) -> Payload:
        """Create a rule. After a lost answer: look whether it is there, give it time, send again if it never came."""
        for sends in range(1, SENDS + 1):
            try:
                return create_rule(self._client, body)
            except LostAnswer as error:
                for wait in (0.0, self._settle):
                    time.sleep(wait)
                    there = self._look(change, error)
                    if there is not None:
                        return there
                if sends == SENDS or self.stopped is not None:
                    raise
        raise AssertionError  # the loop returns or raises

    def _look(self, change: Change, lost: LostAnswer) -> Payload | None:
        """Whether a rule whose creation got no answer is there."""
        try:
            return get_rule(self._client, rule_id=change.rule_id)
        except Unreachable as error:
            self.stop(error.message)
            raise lost from None

    # Rules that are there

    def _update(self, change: Change) -> Outcome:
        server = get_rule(self._client, id=change.ids[0])
        if server is None:
            return self._fail(change, codes.RP802, "the rule was deleted in Kibana in the meantime")
        problem = shape.unreadable(server)
        if problem:
            return self._fail(change, codes.RP806, f"not written: its {problem} in Kibana's answer")
        if is_prebuilt(server):
            return self._fail(change, codes.RP802, "it became one of Elastic's prebuilt rules in the meantime")
        now = diff.compare(change.body, server)
        if not now:
            return Outcome(change, Result.UNCHANGED)
        moved = _moved(change.fields, now)
        if moved:
            message = f"{', '.join(moved)} changed in Kibana after the plan was made"
            return self._fail(change, codes.RP802, message, moved[0])
        body = self._with_list_ids(diff.overlay(change.body, server, self._plan.managed_tag))
        problem = shape.unsendable(body)
        if problem:
            return self._fail(change, codes.RP806, f"not written: its {problem} in Kibana's answer")
        missing = self._plan.missing_lists(change.body)
        held_back = bool(missing and body.get("enabled") and not server.get("enabled"))
        if held_back:
            body["enabled"] = False
        said = self._about_lists(change, missing, ", so the rule was not enabled" if held_back else "")
        answer = self._put(change, body)
        said += self._verify(change, {name: body[name] for name in (*change.body, "tags") if name in body}, answer)
        said += self._raced(change, server, answer)
        failed = any(one.severity is Severity.ERROR for one in said)
        return Outcome(change, Result.FAILED if failed else Result.UPDATED, tuple(said))

    def _put(self, change: Change, body: Payload) -> Payload:
        try:
            return update_rule(self._client, body)
        except Unreachable as error:
            self.stop(error.message)
            message = f"it is not known whether {change.rule_id} was updated: {error.message}"
            raise LostAnswer(message, error.hint) from None

    def _raced(self, change: Change, before: Payload, after: Payload) -> list[Diagnostic]:
        """Kibana has no locks: a revision that grew by more than one shows that somebody saved between."""
        old, new = before.get("revision"), after.get("revision")
        if not isinstance(old, int) or not isinstance(new, int) or new - old <= 1:
            return []
        grew = f"its revision went from {old} to {new}"
        if not after.get("actions"):
            return [self._say(change, codes.RP802, f"somebody saved the rule at the same moment: {grew}")]
        # Kibana counts each saving of a rule with actions, so also ours when it was sent again after a lost answer.
        message = f"perhaps somebody saved the rule at the same moment: {grew}"
        return [replace(self._say(change, codes.RP802, message), severity=Severity.WARNING)]

    # What both have

    def _with_list_ids(self, body: Payload) -> Payload:
        """The body with this space's ids of the exception lists that it names; a file can know one space's only."""
        if not body.get("exceptions_list"):
            return body
        ids = self._plan.lists
        lists = [
            {**one, "id": ids[key]} if (key := (one["list_id"], one["namespace_type"])) in ids else one
            for one in body["exceptions_list"]
        ]
        return {**body, "exceptions_list": lists}

    def _names_switch(self, change: Change) -> bool:
        rules = self._plan.package.manifest.rules
        rule = next((one for one in rules if one.rule_id == change.rule_id), None)
        return rule is not None and "enabled" in self._plan.package.body(rule, self._plan.target)

    def _about_lists(self, change: Change, missing: Sequence[str], consequence: str) -> list[Diagnostic]:
        where = f"space {self._plan.place.space}"
        # A file that does not name the switch leaves it alone once the rule is there; a new rule's body always does.
        again = self._names_switch(change)
        hint = f"create the list, then {'deploy again' if again or not consequence else 'enable the rule in Kibana'}"
        return [
            self._say(
                change, codes.RP804, f"{where} has no exception list {name}{consequence}", "exceptions_list", hint
            )
            for name in missing
        ]

    def _verify(self, change: Change, sent: Payload, answer: Payload) -> list[Diagnostic]:
        """What was sent and did not come back."""
        problem = shape.unreadable(answer)
        if problem is None and answer["rule_id"] != change.rule_id:
            problem = "rule_id is another"
        if problem is not None:
            return [self._say(change, codes.RP806, f"sent, and its {problem} in Kibana's answer")]
        said = []
        for name in diff.not_kept(sent, answer):
            since = _since(str(answer["type"]), name)
            needs = f"; it needs stack {since}" if since else ""
            said.append(self._say(change, codes.RP902, f"Kibana did not keep {name}{needs}", name))
        return said


def _moved(planned: tuple[FieldChange, ...], now: tuple[FieldChange, ...]) -> list[str]:
    """The fields that differ otherwise than the plan said: somebody changed them since."""
    shown = {change.field: change.old for change in planned}
    return [
        change.field
        for change in now
        if change.field not in shown or (shown[change.field] != change.old and change.field not in diff.JOINED)
    ]


def _since(rule_type: str, name: str) -> str | None:
    """The first stack version that has a field."""
    model = RULE_TYPES.get(rule_type)
    key = next((one for one in keys(model).values() if one.name == name), None) if model else None
    return str(key.since) if key is not None and key.since is not None else None
