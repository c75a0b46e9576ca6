"""Every route of the sandbox, written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from rulepack.sandbox import (
    connectors,
    exception_items,
    exception_lists,
    exporting,
    find,
    importing,
    installation,
    prebuilt,
    rules,
    value_lists,
)
from rulepack.sandbox.answers import Answer, Request
from rulepack.sandbox.context import Context, Settings

Handler = Callable[[Context, Request], Answer]

RULES = "/api/detection_engine/rules"
LISTS = "/api/exception_lists"
ITEMS = "/api/exception_lists/items"
VALUE_LISTS = "/api/lists"
CONNECTOR = "/api/actions/connector"
SPACE = "/api/spaces/space"
STATUS = "/api/status"


class Route(NamedTuple):
    """One method of one path; `{id}` at its end stands for one part, `privilege` is what a write needs.

    An `upload` takes a file, of any kind and a size of its own, where others take JSON.
    """

    method: str
    path: str
    handler: Handler
    privilege: str
    upload: bool = False


ROUTES = (
    Route("GET", STATUS, installation.status, ""),
    Route("GET", SPACE, installation.spaces, ""),
    Route("GET", f"{SPACE}/{{id}}", installation.space, ""),
    Route("POST", RULES, rules.create, "rules"),
    Route("PUT", RULES, rules.replace, "rules"),
    Route("PATCH", RULES, rules.patch, "rules"),
    Route("DELETE", RULES, rules.delete, "rules"),
    Route("GET", RULES, rules.read, "rules"),
    Route("GET", f"{RULES}/_find", find.find, "rules"),
    Route("POST", f"{RULES}/_import", importing.import_rules, "rules", upload=True),
    Route("POST", f"{RULES}/_export", exporting.export_rules, "rules"),
    Route("GET", f"{RULES}/prepackaged/_status", prebuilt.status, "rules"),
    Route("POST", LISTS, exception_lists.create, "exceptions"),
    Route("PUT", LISTS, exception_lists.replace, "exceptions"),
    Route("DELETE", LISTS, exception_lists.delete, "exceptions"),
    Route("GET", LISTS, exception_lists.read, "exceptions"),
    Route("GET", f"{LISTS}/_find", exception_lists.find, "exceptions"),
    Route("POST", ITEMS, exception_items.create, "exceptions"),
    Route("PUT", ITEMS, exception_items.replace, "exceptions"),
    Route("DELETE", ITEMS, exception_items.delete, "exceptions"),
    Route("GET", ITEMS, exception_items.read, "exceptions"),
    Route("GET", f"{ITEMS}/_find", exception_items.find, "exceptions"),
    Route("POST", f"{VALUE_LISTS}/index", value_lists.create_streams, "exceptions"),
    Route("GET", f"{VALUE_LISTS}/index", value_lists.read_streams, "exceptions"),
    Route("POST", VALUE_LISTS, value_lists.create, "exceptions"),
    Route("GET", VALUE_LISTS, value_lists.read, "exceptions"),
    Route("DELETE", VALUE_LISTS, value_lists.delete, "exceptions"),
    Route("GET", f"{VALUE_LISTS}/_find", value_lists.find, "exceptions"),
    Route("GET", f"{CONNECTOR}s", connectors.find, "connectors"),
    Route("POST", CONNECTOR, connectors.create, "connectors"),
    Route("POST", f"{CONNECTOR}/{{id}}", connectors.create, "connectors"),
    Route("PUT", f"{CONNECTOR}/{{id}}", connectors.replace, "connectors"),
    Route("GET", f"{CONNECTOR}/{{id}}", connectors.read, "connectors"),
    Route("DELETE", f"{CONNECTOR}/{{id}}", connectors.delete, "connectors"),
)
_BY_PATH = {(route.method, route.path): route for route in ROUTES}


def limit_of(method: str, path: str, settings: Settings) -> int:
    """How many bytes the body of a request may have."""
    route = _BY_PATH.get((method, path))
    return settings.import_limit if route is not None and route.upload else settings.body_limit


def find_route(request: Request) -> Route | None:
    """The route of a request; sets the id that its path ends with."""
    route = _BY_PATH.get((request.method, request.path))
    if route is None:
        parent, _, last = request.path.rpartition("/")
        route = _BY_PATH.get((request.method, f"{parent}/{{id}}")) if last else None
        if route is not None:
            request.path_id = unquote(last)
    return route
