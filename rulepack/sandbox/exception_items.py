"""Exception items: create, overwrite, read, delete and find."""

from __future__ import annotations

from typing import Any

from rulepack.sandbox.answers import Answer, Payload, Request, ok, siem
from rulepack.sandbox.context import Context
from rulepack.sandbox.exception_bodies import ItemBody, ItemUpdate, read_body
from rulepack.sandbox.exception_lists import (
    ITEMS,
    LISTS,
    born,
    check_version,
    find_list,
    home_of,
    homed,
    namespaces,
    page_of,
    touch,
)
from rulepack.sandbox.state import EVERYWHERE

# What a body that leaves these out resets them to.
RESET: dict[str, Any] = {"tags": [], "os_types": [], "comments": []}


def create(context: Context, request: Request) -> Answer:
    """POST: a new item of a list that must be there."""
    body = read_body(ItemBody, request.table(), context.settings.version)
    with context.state.lock:
        home = home_of(request, body.get("namespace_type"))
        if not context.state.shelf(LISTS, home).count("list_id", body["list_id"]):
            raise siem(404, f'exception list id: "{body["list_id"]}" does not exist')
        item_id = body.get("item_id")
        shelf = context.state.shelf(ITEMS, home)
        if item_id is not None and shelf.count("item_id", item_id):
            raise siem(409, f'exception list item id: "{item_id}" already exists')
        if shelf.count("list_id", body["list_id"]) >= context.settings.items_limit:
            raise siem(400, f"exception list has {context.settings.items_limit} items, which is as many as it may have")
        return ok(put_item(context, home, body, request.user))


def put_item(context: Context, home: str, body: Payload, user: str) -> Payload:
    """Store a new item and give it back."""
    made = {
        **RESET,
        "item_id": context.state.new_id(),
        **body,
        **born(context, user),
        "comments": new_comments(context, body, [], user),
        "namespace_type": "agnostic" if home == EVERYWHERE else "single",
    }
    return context.state.put(ITEMS, home, made).data


def replace(context: Context, request: Request) -> Answer:
    """PUT: an item whole; what the body leaves out is gone."""
    body = read_body(ItemUpdate, request.table(), context.settings.version)
    if body.get("id") is None and body.get("item_id") is None:
        raise siem(404, "either id or item_id need to be defined")
    with context.state.lock:
        home = home_of(request, body.get("namespace_type"))
        old = _find_item(context, home, body.get("id"), body.get("item_id"))
        check_version(old, body, "exception-list")
        kept = ("id", "item_id", "list_id", "namespace_type", "tie_breaker_id", "created_at", "created_by")
        new = {
            **RESET,
            **{name: value for name, value in body.items() if name != "_version"},
            **{name: old[name] for name in kept},
            "comments": new_comments(context, body, old["comments"], request.user),
        }
        return ok(touch(context, ITEMS, home, new, request.user))


def read(context: Context, request: Request) -> Answer:
    """GET: the item that `id` or `item_id` names."""
    with context.state.lock:
        home, found = _named(context, request)
        return Answer(200, context.state.shelf(ITEMS, home).documents[found["id"]].text)


def delete(context: Context, request: Request) -> Answer:
    """DELETE: the same item for the last time."""
    with context.state.lock:
        home, found = _named(context, request)
        return Answer(200, context.state.drop(ITEMS, home, found["id"]).text)


def find(context: Context, request: Request) -> Answer:
    """GET _find: the items of one list or of several, each with its namespace type."""
    lists = [one for one in request.query.get("list_id", "").split(",") if one]
    if not lists:
        raise siem(400, "list_id must be named")
    spaces = namespaces(request)
    if len(spaces) != len(lists):
        raise siem(400, f"list_id names {len(lists)} lists, but namespace_type has {len(spaces)} values")
    rows: list[Payload] = []
    with context.state.lock:
        for list_id, space in zip(lists, spaces, strict=True):
            home = homed(request, space)
            find_list(context, home, None, list_id)
            rows += context.state.shelf(ITEMS, home).find("list_id", list_id)
    return ok(page_of(context, request, rows))


def _find_item(context: Context, home: str, id_: str | None, item_id: str | None) -> Payload:
    shelf = context.state.shelf(ITEMS, home)
    if id_ is not None:
        found = shelf.get(id_)
        if found is None:
            raise siem(404, f'exception list item id: "{id_}" does not exist')
        return found
    items = shelf.find("item_id", item_id or "")
    if not items:
        raise siem(404, f'exception list item item_id: "{item_id}" does not exist')
    return items[0]


def _named(context: Context, request: Request) -> tuple[str, Payload]:
    id_, item_id = request.query.get("id"), request.query.get("item_id")
    if id_ is None and item_id is None:
        raise siem(400, "id or item_id required")
    home = homed(request, namespaces(request)[0])
    return home, _find_item(context, home, id_, item_id)


def new_comments(context: Context, body: Payload, old: list[Payload], user: str) -> list[Payload]:
    """The comments of a body: those with a known id as they were, the others new."""
    known = {comment["id"]: comment for comment in old}
    state = context.state
    return [
        known.get(comment.get("id"))
        or {"id": state.new_id(), "comment": comment["comment"], "created_at": state.now(), "created_by": user}
        for comment in body.get("comments") or ()
    ]
