"""Faults on demand: what goes wrong between a client and a real Kibana, one request at a time.

    box.faults.add(Fault.reset_after(method="POST", path="/api/detection_engine/rules", times=1))

Each fault hits the requests that fit its `method`, `path` (without the space; `*` stands for anything), `space` and
`where` (a function of the request), after letting `skip` of them pass, and `times` of them (None: all).
"""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, TypedDict, Unpack

from rulepack.sandbox.answers import Answer, Request, core_answer

Where = Callable[[Request], bool]
# How an answer arrives: whole, never (the connection is reset), cut off, with half of its JSON, or late.
Delivery = Literal["whole", "reset", "cut", "half", "slow"]

RACE = "race"


class Aim(TypedDict, total=False):
    """Which requests a fault hits; see `Fault`."""

    method: str | None
    path: str | None
    space: str | None
    where: Where | None
    times: int | None
    skip: int


@dataclass(slots=True)
class Fault:
    """One fault: which requests it hits, and what becomes of them. Make one with a method such as `reset_after`."""

    name: str
    method: str | None = None
    path: str | None = None
    space: str | None = None
    where: Where | None = None
    times: int | None = 1
    skip: int = 0

    # What is sent in place of the real answer; without it the request is answered as ever.
    answer: Callable[[Request], Answer] | None = None
    # Whether Kibana carries the request out all the same.
    applied: bool = True
    delivery: Delivery = "whole"
    seconds: float = 0.0
    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None
    hits: int = field(default=0, init=False)

    @classmethod
    def latency(cls, seconds: float, **aim: Unpack[Aim]) -> Self:
        """The request waits before Kibana looks at it."""
        return cls("latency", seconds=seconds, **aim)

    @classmethod
    def slow(cls, seconds: float, **aim: Unpack[Aim]) -> Self:
        """The request is carried out at once, but its answer comes this much later."""
        return cls("slow", delivery="slow", seconds=seconds, **aim)

    @classmethod
    def starting(cls, *, retry_after: int | None = 30, **aim: Unpack[Aim]) -> Self:
        """503 in plain text with Retry-After: Kibana is not ready yet. Nothing is carried out."""
        headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
        answer = Answer(503, "Kibana server is not ready yet", "text/plain; charset=utf-8", headers)
        return cls("starting", answer=lambda _: answer, applied=False, **aim)

    @classmethod
    def too_many(cls, *, retry_after: int | None = None, **aim: Unpack[Aim]) -> Self:
        """429, without Retry-After as from Kibana's routes, or with. Nothing is carried out."""
        headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
        answer = replace(core_answer(429, "Too Many Requests"), headers=headers)
        return cls("too many", answer=lambda _: answer, applied=False, **aim)

    @classmethod
    def proxy(cls, status: int = 502, *, applied: bool = False, **aim: Unpack[Aim]) -> Self:
        """A proxy answers for Kibana, in HTML; with `applied`, Kibana did its part and the proxy lost the answer."""
        title = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}
        text = title.get(status, str(status))
        page = f"<html><head><title>{text}</title></head><body><center><h1>{text}</h1></center></body></html>\r\n"
        answer = Answer(status, page, "text/html")
        return cls("proxy", answer=lambda _: answer, applied=applied, **aim)

    @classmethod
    def error(
        cls, status: int = 500, message: str = "Internal Server Error", *, applied: bool = False, **aim: Unpack[Aim]
    ) -> Self:
        """An error in the shape of Kibana's core."""
        return cls("error", answer=lambda _: core_answer(status, message), applied=applied, **aim)

    @classmethod
    def unauthorized(cls, **aim: Unpack[Aim]) -> Self:
        """401, as from a key that was revoked a moment ago."""
        return cls("unauthorized", answer=lambda _: core_answer(401, "Unauthorized"), applied=False, **aim)

    @classmethod
    def forbidden(cls, privilege: str = "rules-all", **aim: Unpack[Aim]) -> Self:
        """403, as from a key that lacks a privilege."""
        return cls("forbidden", answer=lambda request: forbidden(request, privilege), applied=False, **aim)

    @classmethod
    def reset_before(cls, **aim: Unpack[Aim]) -> Self:
        """The connection is reset, and Kibana never saw the request."""
        return cls("reset before", applied=False, delivery="reset", **aim)

    @classmethod
    def reset_after(cls, **aim: Unpack[Aim]) -> Self:
        """The connection is reset after Kibana carried the request out: the client cannot know."""
        return cls("reset after", delivery="reset", **aim)

    @classmethod
    def cut(cls, **aim: Unpack[Aim]) -> Self:
        """The request is carried out, but the connection ends in the middle of the answer."""
        return cls("cut", delivery="cut", **aim)

    @classmethod
    def truncated(cls, **aim: Unpack[Aim]) -> Self:
        """The request is carried out; the answer is whole for HTTP, but only half of the JSON."""
        return cls("truncated", delivery="half", **aim)

    @classmethod
    def race(cls, **aim: Unpack[Aim]) -> Self:
        """A create does not see the rule with the same rule_id, as if both had looked before either wrote.

        Nor does an import see any rule. Counts only where it matters: where a rule_id is there already.
        """
        return cls(RACE, **aim)

    @classmethod
    def meanwhile(cls, do: Callable[[], object], *, after: bool = False, **aim: Unpack[Aim]) -> Self:
        """Someone else acts just before the request is carried out, or just after it, before its answer is sent."""
        return cls("meanwhile", before=None if after else do, after=do if after else None, **aim)

    def fits(self, request: Request) -> bool:
        """Whether a request is one that this fault is for."""
        return (
            (self.method is None or self.method == request.method)
            and (self.path is None or fnmatch.fnmatchcase(request.path, self.path))
            and (self.space is None or self.space == request.space)
            and (self.where is None or self.where(request))
        )


def forbidden(request: Request, privilege: str) -> Answer:
    """403: what Kibana says when a privilege is missing for a route."""
    return core_answer(
        403,
        f"API [{request.method} {request.path}] is unauthorized for user, "
        f"this action is granted by the Kibana privileges [{privilege}]",
    )


class Faults:
    """The faults that wait for their requests; the oldest that fits a request hits it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Have these faults hit, beginning with the next request."""
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    @property
    def waiting(self) -> list[Fault]:
        """The faults that have hits left."""
        with self._lock:
            return list(self._waiting)

    def take(self, request: Request) -> Fault | None:
        """The fault that hits a request, if any; counts it."""
        return self._take(request, lambda fault: fault.name != RACE) if self._waiting else None

    def take_race(self, request: Request) -> bool:
        """Whether a create may overlook the rule that is there; counts it."""
        return bool(self._waiting) and self._take(request, lambda fault: fault.name == RACE) is not None

    def _take(self, request: Request, kind: Callable[[Fault], Any]) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if not kind(fault) or not fault.fits(request):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None
