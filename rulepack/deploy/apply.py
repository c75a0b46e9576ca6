"""Run a plan: each rule read again before it is written, each answer compared with what was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from rulepack.deploy import codes, diff
from rulepack.deploy.change import Change, FieldChange, Kind, Payload
from rulepack.deploy.plan import Plan
from rulepack.diagnostics import Code, Diagnostic, Span, sort
from rulepack.errors import LostAnswer, Refused, Rejected, TargetError, Unreachable
from rulepack.kibana import Client
from rulepack.kibana.rules import create_rule, get_rule, update_rule
from rulepack.pack import Pack
from rulepack.rule import RULE_TYPES
from rulepack.schema import keys

# How long to wait for a request whose answer was lost to take effect, before it is sent again: seconds.
SETTLE = 2.0
# The list of Elastic Defend's exceptions, which Kibana itself makes with the first rule that a space gets.
KIBANAS_OWN = ("endpoint_list", "agnostic")
# How often a creation is sent at most, each time after a look whether the one before took effect.
SENDS = 5


class Result(StrEnum):
    """What became of a change."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one rule, and what there is to say about it."""

    change: Change
    result: Result
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Applied:
    """What became of a plan: an outcome for each rule that was to be written, in the plan's order.

    `diagnostics` are those of all outcomes and of the rules that a plan never writes, sorted.
    """

    outcomes: tuple[Outcome, ...]
    diagnostics: tuple[Diagnostic, ...]

    def count(self, result: Result) -> int:
        """How many rules came out so."""
        return sum(1 for one in self.outcomes if one.result is result)


def apply_plan(
    plan: Plan,
    pack: Pack,
    client: Client,
    *,
    threads: int = 8,
    progress: Callable[[Outcome], None] = lambda _: None,
    settle: float = SETTLE,
) -> Applied:
    """Write what a plan wants written; goes on after a rule that fails, stops when Kibana is gone or refuses us."""
    run = _Run(plan, pack, client, settle)

    def one(change: Change) -> Outcome:
        outcome = run.apply(change)
        progress(outcome)
        return outcome

    with ThreadPoolExecutor(max_workers=threads) as pool:
        outcomes = tuple(pool.map(one, plan.pending))
    found = [*not_written(plan, pack), *(said for outcome in outcomes for said in outcome.diagnostics)]
    return Applied(outcomes, sort(found))


def not_written(plan: Plan, pack: Pack) -> Iterator[Diagnostic]:
    """What there is to say about the pack's rules that a plan does not write although they are selected."""
    for kind, code in ((Kind.DUPLICATE, codes.RP803), (Kind.PREBUILT, codes.RP801), (Kind.BLOCKED, codes.RP805)):
        for change in plan.by_kind[kind]:
            yield _diagnostic(
                pack, change, code, f"not deployed: {change.reason}", "rule_id" if kind is not Kind.BLOCKED else "type"
            )


def _diagnostic(
    pack: Pack, change: Change, code: Code, message: str, field: str = "rule_id", hint: str | None = None
) -> Diagnostic:
    """Something to say at a field of the rule's file; where the file does not name it, at its rule_id."""
    source = pack.sources.get(change.file or "")
    if source is None:
        return Diagnostic(code, message, Span(change.file or pack.project.name), hint, severity=code.severity)
    table = source.data.get("rule")
    named = field if isinstance(table, dict) and field in table else "rule_id"
    found = source.diagnostic(
        code, message, source.locate(("rule", named), part="key" if named != "rule_id" else "value"), hint
    )
    return replace(found, severity=code.severity)


class _Run:
    """One run of a plan: what its threads share."""

    def __init__(self, plan: Plan, pack: Pack, client: Client, settle: float) -> None:
        self.plan = plan
        self.pack = pack
        self.client = client
        self.settle = settle
        # Set when going on makes no sense; holds what happened.
        self.stopped: str | None = None
        self.lock = threading.Lock()

    def apply(self, change: Change) -> Outcome:
        """Create or update one rule."""
        if self.stopped is not None:
            why = self._say(change, codes.RP904, f"not sent: {self.stopped}")
            return Outcome(change, Result.NOT_ATTEMPTED, (why,))
        try:
            return self._create(change) if change.kind is Kind.CREATE else self._update(change)
        except Rejected as error:
            said = [
                self._say(change, codes.RP901, f"Kibana refused it ({error.status}): {text}", error.hint)
                for text in error.messages
            ]
            return Outcome(change, Result.FAILED, tuple(said))
        except LostAnswer as error:
            return Outcome(change, Result.FAILED, (self._say(change, codes.RP903, error.message, error.hint),))
        except TargetError as error:
            if isinstance(error, (Unreachable, Refused)):
                with self.lock:
                    self.stopped = self.stopped or error.message
            return Outcome(change, Result.FAILED, (self._say(change, codes.RP904, error.message, error.hint),))

    def _say(
        self, change: Change, code: Code, message: str, hint: str | None = None, field: str = "rule_id"
    ) -> Diagnostic:
        return _diagnostic(self.pack, change, code, message, field, hint)

    def _create(self, change: Change) -> Outcome:
        body, said = self._body_to_create(change)
        try:
            answer = self._send(change, body)
        except Rejected as error:
            # Taken already: by our own request whose answer was lost before, or by somebody else.
            there = get_rule(self.client, rule_id=change.rule_id) if error.status == 409 else None  # noqa: PLR2004
            if there is None:
                raise
            answer = there
            if diff.compare(body, there):
                message = "somebody created a rule with this rule_id in the meantime"
                return Outcome(change, Result.FAILED, (*said, self._say(change, codes.RP802, message)))
        said += self._verify(change, body, answer)
        return Outcome(change, Result.FAILED if said else Result.CREATED, tuple(said))

    def _body_to_create(self, change: Change) -> tuple[Payload, list[Diagnostic]]:
        """The body with the tag; not enabled while an exception list that it names is missing."""
        tags = diff.join_tags(change.body.get("tags") or (), (), self.plan.managed_tag)
        body = self._with_list_ids({**change.body, "tags": tags})
        missing = self._missing_lists(change.body)
        if not missing or not body.get("enabled"):
            return body, self._about_lists(change, missing, "")
        return {**body, "enabled": False}, self._about_lists(change, missing, ", so the rule was created disabled")

    def _with_list_ids(self, body: Payload) -> Payload:
        """The body with this space's ids of the exception lists that it names; a file can know one space's only."""
        if "exceptions_list" not in body:
            return body
        lists = [
            {**one, "id": self.plan.lists.get((one["list_id"], one["namespace_type"]), one["id"])}
            for one in body["exceptions_list"]
        ]
        return {**body, "exceptions_list": lists}

    def _missing_lists(self, body: Payload) -> list[str]:
        return [
            one["list_id"]
            for one in body.get("exceptions_list") or ()
            if (one["list_id"], one["namespace_type"]) not in {*self.plan.lists, KIBANAS_OWN}
        ]

    def _about_lists(self, change: Change, missing: list[str], consequence: str) -> list[Diagnostic]:
        where = f"space {self.plan.place.space}"
        return [
            self._say(
                change,
                codes.RP804,
                f"{where} has no exception list {name}{consequence}",
                "create the list, then deploy again",
                "exceptions_list",
            )
            for name in missing
        ]

    def _send(self, change: Change, body: Payload) -> Payload:
        """Create a rule. After a lost answer: look whether it is there, give it time, send again if it never came."""
        for sends in range(1, SENDS + 1):
            try:
                return create_rule(self.client, body)
            except LostAnswer:
                for wait in (0.0, self.settle):
                    time.sleep(wait)
                    there = get_rule(self.client, rule_id=change.rule_id)
                    if there is not None:
                        return there
                if sends == SENDS:
                    raise
        raise AssertionError  # the loop returns or raises

    def _update(self, change: Change) -> Outcome:
        server = get_rule(self.client, id=change.ids[0])
        if server is None:
            gone = self._say(change, codes.RP802, "the rule was deleted in Kibana in the meantime")
            return Outcome(change, Result.FAILED, (gone,))
        now = diff.compare(change.body, server)
        if not now:
            return Outcome(change, Result.UNCHANGED)
        moved = _moved(change.fields, now)
        if moved:
            message = f"{', '.join(moved)} changed in Kibana after the plan was made"
            return Outcome(change, Result.FAILED, (self._say(change, codes.RP802, message, field=moved[0]),))
        body = self._with_list_ids(diff.overlay(change.body, server, self.plan.managed_tag))
        said: list[Diagnostic] = []
        missing = self._missing_lists(change.body)
        if missing and body.get("enabled") and not server.get("enabled"):
            body["enabled"] = False
            said = self._about_lists(change, missing, ", so the rule was not enabled")
        elif missing:
            said = self._about_lists(change, missing, "")
        answer = update_rule(self.client, body)
        said += self._verify(change, {name: body[name] for name in (*change.body, "tags") if name in body}, answer)
        said += self._raced(change, server, answer)
        return Outcome(change, Result.FAILED if said else Result.UPDATED, tuple(said))

    def _raced(self, change: Change, before: Payload, after: Payload) -> list[Diagnostic]:
        """Kibana has no locks: a revision that grew by more than one shows that somebody saved between."""
        steps = int(after.get("revision", 0)) - int(before.get("revision", 0))
        if steps <= 1:
            return []
        grew = f"its revision went from {before.get('revision')} to {after.get('revision')}"
        message = f"somebody saved the rule at the same moment: {grew}"
        return [self._say(change, codes.RP802, message)]

    def _verify(self, change: Change, sent: Payload, answer: Payload) -> list[Diagnostic]:
        """What was sent and did not come back."""
        said = []
        for name in diff.not_kept({key: value for key, value in sent.items() if key != "rule_id"}, answer):
            since = _since(str(sent.get("type", answer.get("type"))), name)
            needs = f"; it needs stack {since}" if since else ""
            message = f"Kibana did not keep {name}{needs}"
            said.append(self._say(change, codes.RP902, message, field=name))
        return said


def _moved(planned: tuple[FieldChange, ...], now: tuple[FieldChange, ...]) -> list[str]:
    """The fields that differ otherwise than the plan said: somebody changed them since."""
    shown = {change.field: change.old for change in planned}
    return [change.field for change in now if change.field not in shown or shown[change.field] != change.old]


def _since(rule_type: str, name: str) -> str | None:
    """The first stack version that has a field."""
    model = RULE_TYPES.get(rule_type)
    key = next((one for one in keys(model).values() if one.name == name), None) if model else None
    return str(key.since) if key is not None and key.since is not None else None
