"""The sandbox as one thing: started, looked into, disturbed, stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rulepack.sandbox import bodies, connectors, exception_bodies, exporting, rules
from rulepack.sandbox.analyst import Analyst
from rulepack.sandbox.answers import Payload
from rulepack.sandbox.context import Context, Settings
from rulepack.sandbox.desk import Desk, Logged
from rulepack.sandbox.faults import Faults
from rulepack.sandbox.server import Server
from rulepack.sandbox.state import State
from rulepack.sandbox.storage import SandboxError, Saver, load
from rulepack.stack import SERVERLESS, StackVersion

# What the facts that the sandbox is built on cover.
OLDEST = StackVersion(8, 11)


class Sandbox:
    """A stand-in for Kibana's detection engine on 127.0.0.1. It is not Kibana, and no rule runs in it.

    with Sandbox(port=0) as box:
        box.url, box.state, box.faults, box.requests, box.analyst("default")
    """

    def __init__(
        self,
        *,
        port: int = 0,
        version: str = "9.5.0",
        latency: float = 0.0,
        state_file: Path | str | None = None,
        spaces: Iterable[str] = ("default",),
        api_key: str | None = None,
        preconfigured: Iterable[Payload] = (),
        clock: Callable[[], datetime] | None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        """Bind the port and read the state file; `settings` are the others of `rulepack.sandbox.context.Settings`."""
        stack = _version(version)
        if stack == SERVERLESS:
            settings, stack = {"serverless": True, **settings}, stack.known
        bodies.prepare(stack, *rules.MODELS, *exception_bodies.MODELS, *connectors.MODELS, *exporting.MODELS)
        self.settings = Settings(version=stack, latency=latency, api_key=api_key, **settings)
        self.state = State(tuple(spaces), clock=clock, seed=seed)
        self.faults = Faults()
        given = [connectors.preconfigured(one) for one in (*connectors.system_connectors(), *preconfigured)]
        self._context = Context(self.settings, self.state, self.faults, {one["id"]: one for one in given})
        saver = None
        if state_file is not None:
            load(Path(state_file), self.state)
            saver = Saver(Path(state_file), self.state)
        self.desk = Desk(self._context, saver)
        self._server = Server(port, self.desk)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """Where to send requests."""
        return self._server.url

    @property
    def requests(self) -> list[Logged]:
        """Every request so far: method, path, status. Nothing of its headers is kept."""
        return self.desk.requests

    @property
    def bugs(self) -> list[str]:
        """Tracebacks of requests that the sandbox could not answer; empty unless it has a bug."""
        return self.desk.bugs

    def analyst(self, space: str = "default", *, user: str = "analyst") -> Analyst:
        """A person at work in a space's user interface."""
        return Analyst(self._context, space, user, self.desk.saver)


def _version(text: str) -> StackVersion:
    try:
        version = StackVersion.parse(text)
    except ValueError as error:
        raise SandboxError(str(error), "name a version such as 9.5.0") from error
    if version < OLDEST:
        raise SandboxError(f"the sandbox does not know Kibana {version}", f"name {OLDEST} or a newer version")
    return version
