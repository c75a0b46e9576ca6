"""Run a plan: all of its rules, several at a time, to the end or to where somebody stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from rulepack.deploy import codes
from rulepack.deploy.change import Kind
from rulepack.deploy.plan import Plan
from rulepack.deploy.write import SETTLE, Outcome, Result, Writer, say
from rulepack.diagnostics import Diagnostic, sort
from rulepack.frozen import frozen
from rulepack.kibana import Client

BEHIND_HINT = (
    "deploy what is newest; `rulepack lock --adopt` goes above Kibana's, --allow-downgrade goes back on purpose"
)
# Why a plan does not write a rule that is selected: the code, and the field that it is said at.
_NOT_WRITTEN = {
    Kind.DUPLICATE: (codes.RP803, "rule_id"),
    Kind.PREBUILT: (codes.RP801, "rule_id"),
    Kind.BLOCKED: (codes.RP805, "type"),
    Kind.BEHIND: (codes.RP807, "version"),
    Kind.UNREADABLE: (codes.RP806, "rule_id"),
}


@frozen(slots=False)
class Applied:
    """What became of a plan: an outcome for each rule that was to be written, in the plan's order.

    `diagnostics` are those of all outcomes and of the rules that a plan never writes, sorted; for the rules that were
    not attempted there is one. `stopped` says why there are any; `interrupted`, that somebody wanted it so.
    """

    outcomes: tuple[Outcome, ...]
    diagnostics: tuple[Diagnostic, ...]
    stopped: str | None = None
    interrupted: bool = False

    def count(self, result: Result) -> int:
        """How many rules came out so."""
        return sum(1 for one in self.outcomes if one.result is result)


def apply_plan(
    plan: Plan,
    client: Client,
    *,
    threads: int = 8,
    progress: Callable[[Outcome], None] = lambda _: None,
    on_interrupt: Callable[[], None] = lambda: None,
    settle: float = SETTLE,
) -> Applied:
    """Write what a plan wants written; goes on after a rule that fails, stops when Kibana is gone or refuses us.

    An interrupt (Ctrl-C) lets the rules that are on their way arrive and sends no others; `on_interrupt` may say so. A
    second one is raised. `progress` is called from this thread, after each rule.
    """
    writer = Writer(plan, client, settle)
    outcomes: dict[Future[Outcome], Outcome] = {}
    interrupted = False

    def collect() -> None:
        for future in as_completed([one for one in futures if one not in outcomes]):
            outcomes[future] = future.result()
            progress(outcomes[future])

    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(writer.write, change) for change in plan.pending]
        try:
            collect()
        except KeyboardInterrupt:
            interrupted = True
            writer.stop("interrupted")
            on_interrupt()
            try:
                collect()
            except KeyboardInterrupt:
                client.close()  # nobody tries again any more
                raise
        except BaseException:
            writer.stop("there is a bug")
            raise
    done = tuple(outcomes[future] for future in futures)
    found = [*not_written(plan), *(said for outcome in done for said in outcome.diagnostics)]
    found += _not_attempted(plan, done, writer.stopped or "")
    return Applied(done, sort(found), writer.stopped, interrupted)


def not_written(plan: Plan) -> Iterator[Diagnostic]:
    """What there is to say about the pack's rules that a plan does not write although they are selected."""
    for kind, (code, field) in _NOT_WRITTEN.items():
        for change in plan.by_kind[kind]:
            hint = BEHIND_HINT if kind is Kind.BEHIND else None
            yield say(plan.package, change, code, f"not deployed: {change.reason}", field, hint)
    # A rule that was written once without its lists looks the same as one with them.
    for change in plan.by_kind[Kind.UNCHANGED]:
        for name in plan.missing_lists(change.body):
            message = f"space {plan.place.space} has no exception list {name}, which the rule names"
            yield say(plan.package, change, codes.RP804, message, "exceptions_list", "create the list in Kibana")


def _not_attempted(plan: Plan, outcomes: tuple[Outcome, ...], why: str) -> list[Diagnostic]:
    """One word for all the rules that were not sent; a thousand would hide the reason."""
    left = [one.change for one in outcomes if one.result is Result.NOT_ATTEMPTED]
    if not left:
        return []
    others = f", nor were {len(left) - 1:,} others" if len(left) > 1 else ""
    return [say(plan.package, left[0], codes.RP904, f"not sent{others}: {why}")]
