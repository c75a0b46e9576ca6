"""Exception lists: create, replace, read, delete and find; deleting one leaves the links in rules."""

from __future__ import annotations

from rulepack.sandbox import paging, query
from rulepack.sandbox.answers import Answer, Payload, Request, ok, siem
from rulepack.sandbox.context import Context
from rulepack.sandbox.exception_bodies import ListBody, ListUpdate, read_body
from rulepack.sandbox.state import EVERYWHERE

LISTS = "exception_lists"
ITEMS = "exception_items"
ENDPOINT_LIST = "endpoint_list"


def create(context: Context, request: Request) -> Answer:
    """POST: a new list, unless there is one with its list_id."""
    body = read_body(ListBody, request.table(), context.settings.version)
    with context.state.lock:
        home = home_of(request, body.get("namespace_type"))
        list_id = body.get("list_id")
        if list_id is not None and context.state.shelf(LISTS, home).find("list_id", list_id):
            raise siem(409, f'exception list id: "{list_id}" already exists')
        return ok(put_list(context, home, body, request.user))


def put_list(context: Context, home: str, body: Payload, user: str, id_: str | None = None) -> Payload:
    """Store a new list and give it back; `home` is its space, or EVERYWHERE for an agnostic one."""
    made = {
        "os_types": [],
        "tags": [],
        "version": 1,
        "list_id": context.state.new_id(),
        **body,
        **born(context, user, id_),
        "namespace_type": "agnostic" if home == EVERYWHERE else "single",
        "immutable": False,
    }
    return context.state.put(LISTS, home, made).data


def born(context: Context, user: str, id_: str | None = None) -> Payload:
    """What every new list and item has from Kibana: ids, its first `_version`, who made it and when."""
    state = context.state
    now = state.now()
    return {
        "id": id_ or state.new_id(),
        "_version": state.new_version(),
        "tie_breaker_id": state.new_id(),
        "created_at": now,
        "created_by": user,
        "updated_at": now,
        "updated_by": user,
    }


def ensure_endpoint_list(context: Context, user: str) -> None:
    """Make the list that Elastic Defend keeps its exceptions in; Kibana does so with the first rule."""
    if not context.state.shelf(LISTS, EVERYWHERE).count("list_id", ENDPOINT_LIST):
        body = {
            "list_id": ENDPOINT_LIST,
            "name": "Endpoint Security Exception List",
            "description": "Exceptions of Elastic Defend.",
            "type": "endpoint",
        }
        put_list(context, EVERYWHERE, body, user, ENDPOINT_LIST)


def replace(context: Context, request: Request) -> Answer:
    """PUT: other words for a list; tags, meta and version stay when they are left out."""
    body = read_body(ListUpdate, request.table(), context.settings.version)
    if body.get("id") is None and body.get("list_id") is None:
        raise siem(404, "either id or list_id need to be defined")
    with context.state.lock:
        home = home_of(request, body.get("namespace_type"))
        old = find_list(context, home, body.get("id"), body.get("list_id"))
        check_version(old, body, "exception-list")
        kept = ("id", "list_id", "namespace_type", "_version")
        new = {**old, "os_types": [], **{name: value for name, value in body.items() if name not in kept}}
        return ok(touch(context, LISTS, home, new, request.user))


def touch(context: Context, kind: str, home: str, data: Payload, user: str) -> Payload:
    """Store a changed list or item with who changed it, when, and its next `_version`."""
    state = context.state
    stamp = {"updated_at": state.now(), "updated_by": user, "_version": state.new_version()}
    return state.put(kind, home, {**data, **stamp}).data


def read(context: Context, request: Request) -> Answer:
    """GET: the list that `id` or `list_id` names."""
    with context.state.lock:
        home, found = _named(context, request)
        return Answer(200, context.state.shelf(LISTS, home).documents[found["id"]].text)


def delete(context: Context, request: Request) -> Answer:
    """DELETE: the same list for the last time; its items go with it."""
    with context.state.lock:
        home, found = _named(context, request)
        for item in context.state.shelf(ITEMS, home).find("list_id", found["list_id"]):
            context.state.drop(ITEMS, home, item["id"])
        return Answer(200, context.state.drop(LISTS, home, found["id"]).text)


def find(context: Context, request: Request) -> Answer:
    """GET _find: lists of this space, of every space, or both."""
    rows = [row for space in namespaces(request) for row in context.state.shelf(LISTS, homed(request, space))]
    return ok(page_of(context, request, rows))


def page_of(context: Context, request: Request, rows: list[Payload]) -> Payload:
    """A page of lists or items, filtered and sorted as the query says."""
    page = paging.whole(request, "page", 1, 1)
    per_page = paging.whole(request, "per_page", paging.PER_PAGE, 1)
    direction = paging.order(request)
    matches = query.compile_filter(request.query.get("filter"), query.list_values)
    rows = [row for row in rows if matches(row)]
    field = request.query.get("sort_field")
    if field is not None:
        rows = paging.sort_by(rows, lambda row: paging.value_of(row, field), direction)
    cut = paging.window(page, per_page, context.settings.find_window)
    return {"data": rows[cut], "page": page, "per_page": per_page, "total": len(rows)}


def find_list(context: Context, home: str, id_: str | None, list_id: str | None) -> Payload:
    """The list with an id or list_id; 404 if there is none."""
    shelf = context.state.shelf(LISTS, home)
    if id_ is not None:
        found = shelf.get(id_)
        if found is None:
            raise siem(404, f'exception list id: "{id_}" does not exist')
        return found
    lists = shelf.find("list_id", list_id or "")
    if not lists:
        raise siem(404, f'exception list list_id: "{list_id}" does not exist')
    return lists[0]


def check_version(old: Payload, body: Payload, kind: str) -> None:
    """Refuse a change that is based on a version that has been changed since."""
    based = body.get("_version")
    if based is not None and based != old["_version"]:
        raise siem(
            409,
            f"[{kind}:{old['id']}]: version conflict, the change is based on {based}, "
            f"but the current version is {old['_version']}",
        )


def home_of(request: Request, namespace_type: str | None) -> str:
    """Where a list lives: in the space of the request, or everywhere."""
    return EVERYWHERE if namespace_type == "agnostic" else request.space


def homed(request: Request, namespace_type: str) -> str:
    """The same for a namespace type that the query names; refuses any other."""
    if namespace_type not in ("single", "agnostic"):
        raise siem(400, f'namespace_type must be "single" or "agnostic", not "{namespace_type}"')
    return home_of(request, namespace_type)


def namespaces(request: Request) -> list[str]:
    """The namespace types that the query names."""
    return request.query.get("namespace_type", "single").split(",")


def _named(context: Context, request: Request) -> tuple[str, Payload]:
    id_, list_id = request.query.get("id"), request.query.get("list_id")
    if id_ is None and list_id is None:
        raise siem(400, "id or list_id required")
    home = homed(request, namespaces(request)[0])
    return home, find_list(context, home, id_, list_id)
