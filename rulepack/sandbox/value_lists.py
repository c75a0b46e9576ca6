"""Value lists, as far as a deployer meets them: their data streams must be there before the first one."""

from __future__ import annotations

from rulepack.sandbox.answers import Answer, Payload, Request, ok, siem
from rulepack.sandbox.context import Context
from rulepack.sandbox.exception_bodies import ValueListBody, read_body
from rulepack.sandbox.exception_lists import born, page_of

KIND = "value_lists"
# The data streams of a space stand on the shelf of lists, under an id that no list can have.
STREAMS = ""


def create_streams(context: Context, request: Request) -> Answer:
    """POST index: make the data streams of the space."""
    with context.state.lock:
        if _has_streams(context, request):
            raise siem(409, f'data stream: ".lists-{request.space}" and ".items-{request.space}" already exists')
        context.state.put(KIND, request.space, {"id": STREAMS})
    return ok({"acknowledged": True})


def read_streams(context: Context, request: Request) -> Answer:
    """GET index: whether they are there."""
    if not _has_streams(context, request):
        raise siem(404, f'data stream ".lists-{request.space}" and data stream ".items-{request.space}" does not exist')
    return ok({"list_index": True, "list_item_index": True})


def create(context: Context, request: Request) -> Answer:
    """POST: a new list."""
    body = read_body(ValueListBody, request.table(), context.settings.version)
    with context.state.lock:
        if not _has_streams(context, request):
            raise siem(
                400,
                "To create a list, the data stream must exist first. "
                f'Data stream ".lists-{request.space}" does not exist',
            )
        id_ = body.get("id") or context.state.new_id()
        if context.state.shelf(KIND, request.space).get(id_) is not None:
            raise siem(409, f'list id: "{id_}" already exists')
        made = {"version": 1, **body, **born(context, request.user, id_), "immutable": False}
        return Answer(200, context.state.put(KIND, request.space, made).text)


def read(context: Context, request: Request) -> Answer:
    """GET: one list."""
    return ok(_find(context, request))


def delete(context: Context, request: Request) -> Answer:
    """DELETE: one list for the last time."""
    with context.state.lock:
        return ok(context.state.drop(KIND, request.space, _find(context, request)["id"]).data)


def find(context: Context, request: Request) -> Answer:
    """GET _find: all lists of the space."""
    rows = [row for row in context.state.shelf(KIND, request.space) if row["id"] != STREAMS]
    return ok({**page_of(context, request, rows), "cursor": "WzBd"})


def _has_streams(context: Context, request: Request) -> bool:
    return context.state.shelf(KIND, request.space).get(STREAMS) is not None


def _find(context: Context, request: Request) -> Payload:
    id_ = request.query.get("id", "")
    found = context.state.shelf(KIND, request.space).get(id_) if id_ else None
    if found is None:
        raise siem(404, f'list id: "{id_}" does not exist')
    return found
