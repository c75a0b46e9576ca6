"""Pages of a listing: what the query asks for, checked and cut out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rulepack.sandbox.answers import Payload, Request, refuse_body, siem

T = TypeVar("T")

ORDERS = ("asc", "desc")
FLAGS = ("true", "false")
PER_PAGE = 20


def whole(request: Request, name: str, default: int, least: int) -> int:
    """A whole number of the query."""
    text = request.query.get(name)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError:
        raise refuse_body([((name,), "Expected number, received nan")], "[request query]") from None
    if number < least:
        raise refuse_body([((name,), f"Number must be greater than or equal to {least}")], "[request query]")
    return number


def order(request: Request) -> str | None:
    """The `sort_order` of the query."""
    named = request.query.get("sort_order")
    if named is not None and named not in ORDERS:
        raise refuse_body(
            [(("sort_order",), f"Invalid enum value. Expected 'asc' | 'desc', received '{named}'")], "[request query]"
        )
    return named


def flag(request: Request, name: str) -> bool:
    """A yes or no of the query; no unless it says so."""
    text = request.query.get(name, "false")
    if text not in FLAGS:
        wrong = f"Invalid enum value. Expected 'true' | 'false', received '{text}'"
        raise refuse_body([((name,), wrong), ((name,), "Expected boolean, received string")], "[request query]")
    return text == "true"


def window(page: int, per_page: int, limit: int) -> slice:
    """The places of a page; Elasticsearch lists no further than its window."""
    if page * per_page > limit:
        raise siem(
            400,
            "search_phase_execution_exception: Result window is too large, "
            f"from + size must be less than or equal to: [{limit}] but was [{page * per_page}]",
        )
    return slice((page - 1) * per_page, page * per_page)


def sort_by(rows: list[T], value: Callable[[T], Any], direction: str | None) -> list[T]:
    """Rows by a value of any type; those without one come last, whatever the direction."""
    has = [row for row in rows if value(row) is not None]
    lacks = [row for row in rows if value(row) is None]
    has.sort(key=lambda row: _comparable(value(row)), reverse=direction == "desc")
    return has + lacks


def _comparable(value: Any) -> tuple[int, Any]:
    if isinstance(value, (bool, int, float)):
        return 0, value
    return 1, value if isinstance(value, str) else repr(value)


def value_of(row: Payload, path: str) -> Any:
    """What a dotted path leads to."""
    found: Any = row
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found
