"""The desk that every request passes: faults, what Kibana's core asks, the route, the state file, the log."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from typing import NamedTuple

from rulepack.errors import OutputError
from rulepack.sandbox import transport
from rulepack.sandbox.answers import Answer, Refusal, Request, core, core_answer
from rulepack.sandbox.context import Context
from rulepack.sandbox.faults import Delivery, Fault
from rulepack.sandbox.routes import STATUS, Route, find_route, limit_of
from rulepack.sandbox.storage import Saver


class Logged(NamedTuple):
    """One request as the log keeps it: the path as it was sent, without the query; status 0 when it got no answer."""

    method: str
    path: str
    status: int


class Outcome(NamedTuple):
    """An answer and how it is to arrive."""

    answer: Answer
    delivery: Delivery = "whole"
    seconds: float = 0.0


class Desk:
    """Takes requests, gives outcomes. `bugs` has the traceback of every request that made the sandbox itself fail."""

    def __init__(self, context: Context, saver: Saver | None = None) -> None:
        self.context = context
        self.saver = saver
        self.requests: list[Logged] = []
        self.bugs: list[str] = []
        self.stopping = threading.Event()
        self.listener: Callable[[Logged, float], None] | None = None

    def serve(self, request: Request, sent_path: str, *, oversized: bool = False) -> Outcome:
        """What becomes of a request."""
        start = time.perf_counter()
        outcome = self._outcome(request, oversized=oversized)
        entry = Logged(request.method, sent_path, 0 if outcome.delivery == "reset" else outcome.answer.status)
        self.requests.append(entry)
        if self.listener is not None:
            self.listener(entry, time.perf_counter() - start)
        return outcome

    def _outcome(self, request: Request, *, oversized: bool) -> Outcome:
        fault = self.context.faults.take(request)
        wait = self.context.settings.latency
        if fault is not None and fault.delivery != "slow":
            wait += fault.seconds
        if wait:
            self.stopping.wait(wait)
        if fault is None:
            return Outcome(self._answer(request, oversized=oversized))
        return self._faulty(fault, request, oversized=oversized)

    def _faulty(self, fault: Fault, request: Request, *, oversized: bool) -> Outcome:
        if fault.before is not None:
            fault.before()
        answer = self._answer(request, oversized=oversized) if fault.applied else Answer(500)
        if fault.after is not None:
            fault.after()
        if fault.answer is not None:
            answer = fault.answer(request)
        return Outcome(answer, fault.delivery, fault.seconds)

    def _answer(self, request: Request, *, oversized: bool) -> Answer:
        before = self.context.state.changes
        try:
            answer = self._routed(request, oversized=oversized)
            if self.saver is not None and self.context.state.changes != before:
                self.saver.commit()
        except Refusal as refusal:
            answer = refusal.worded(self.context.settings.zod_version)
        except OutputError as error:
            return core_answer(500, f"the sandbox could not save its state: {error.message}")
        except Exception:  # noqa: BLE001 (a bug of ours must not look like a fault of the network)
            self.bugs.append(traceback.format_exc())
            return core_answer(500, "the sandbox itself failed; this is a bug in rulepack")
        versioned = (*answer.headers, (transport.VERSION_HEADER, transport.API_VERSION))
        return Answer(answer.status, answer.text, answer.content_type, versioned)

    def _routed(self, request: Request, *, oversized: bool) -> Answer:
        """The checks in the order in which Kibana's core makes them, then the route."""
        settings = self.context.settings
        route = find_route(request)
        try:
            request.user = transport.authenticate(request, settings)
        except Refusal:
            if route is None or route.path != STATUS:
                raise
        if oversized:
            limit = limit_of(request.method, request.path, settings)
            raise core(413, f"Payload content length greater than maximum allowed: {limit}")
        if route is None:
            raise core(404, "Not Found")
        return self._checked(route, request)

    def _checked(self, route: Route, request: Request) -> Answer:
        settings = self.context.settings
        if not route.upload:
            transport.check_media_type(request)
        transport.check_headers(request, settings)
        if route.privilege:
            transport.check_privilege(request, route.privilege, settings)
        return route.handler(self.context, request)
