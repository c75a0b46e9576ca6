"""The installation itself: its status, and its spaces."""

from __future__ import annotations

from typing import Any

from rulepack.sandbox.answers import Answer, Payload, Request, core, ok
from rulepack.sandbox.context import Context

NAME = "rulepack sandbox (not Kibana)"


def status(context: Context, request: Request) -> Answer:
    """GET /api/status: everything is available; without credentials, no more than that."""
    if not request.user:
        return ok({"status": {"overall": {"level": "available"}}})
    settings = context.settings
    level: Payload = {"level": "available", "summary": "A stand-in: no rule runs here", "meta": {}}
    answer: dict[str, Any] = {
        "name": NAME,
        "uuid": "00000000-0000-4000-8000-000000000000",
        "version": {
            "number": settings.version_text,
            "build_hash": "0" * 40,
            "build_number": 0,
            "build_snapshot": False,
            "build_flavor": "serverless" if settings.serverless else "traditional",
            "build_date": "1970-01-01T00:00:00.000Z",
        },
        "status": {"overall": level, "core": {"elasticsearch": level, "savedObjects": level}, "plugins": {}},
        "metrics": {
            "collection_interval_in_millis": 5000,
            "last_updated": context.state.now(),
            "elasticsearch_client": {"totalActiveSockets": 0, "totalIdleSockets": 0, "totalQueuedRequests": 0},
        },
    }
    return ok(answer)


def spaces(context: Context, request: Request) -> Answer:  # noqa: ARG001 (the signature of a route)
    """GET: all spaces."""
    return ok(list(context.state.spaces.values()))


def space(context: Context, request: Request) -> Answer:
    """GET: one space; the only way to learn that a space is not there."""
    found = context.state.spaces.get(request.path_id)
    if found is None:
        raise core(404, "Not Found")
    return ok(found)
