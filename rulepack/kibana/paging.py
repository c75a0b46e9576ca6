"""Everything that a `_find` finds, over all its pages and past its window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rulepack.errors import Incompatible, TargetError
from rulepack.frozen import frozen
from rulepack.kibana.client import Client, Payload

PER_PAGE = 1000
# Elasticsearch shows no more than this many of one search.
WINDOW = 10_000

# Filters that each split everything into parts without overlap.
Splits = Sequence[Sequence[str]]


@frozen(slots=False)
class _Reading:
    """What was found, by id, and how many the server said there are; None when it said different numbers."""

    entries: dict[str, Payload]
    total: int | None

    @property
    def complete(self) -> bool:
        return len(self.entries) == self.total


def read_all(client: Client, path: str, params: Mapping[str, str | int], splits: Splits = ()) -> list[Payload]:
    """All entries, oldest first.

    Pages move when somebody writes, or when entries of one moment swap places: what was found is compared with the
    total, and read again once. Never gives a part of them as if it were all.
    """
    first = _read(client, path, params, "", splits)
    if first.complete:
        return _sorted(first)
    second = _read(client, path, params, "", splits)
    if second.complete:
        return _sorted(second)
    both = _Reading(first.entries | second.entries, second.total)
    if both.complete:
        return _sorted(both)
    message = f"what {client.url}{path} lists in space {client.space!r} changes while it is read"
    raise TargetError(message, "try again when nobody else writes to this space")


def _sorted(reading: _Reading) -> list[Payload]:
    return sorted(reading.entries.values(), key=lambda entry: (str(entry.get("created_at", "")), entry["id"]))


def _read(client: Client, path: str, params: Mapping[str, str | int], only: str, splits: Splits) -> _Reading:
    """The entries that pass the filter `only`, in parts when they are more than the window."""
    reading, total = _read_pages(client, path, {**params, **({"filter": only} if only else {})})
    if total <= WINDOW:
        return reading
    if not splits:
        message = f"{client.url}{path} finds {total} of one kind, of which it shows no more than {WINDOW}"
        raise TargetError(message, "use a space with fewer of them")
    parts = [_read(client, path, params, f"({only}) and ({one})" if only else one, splits[1:]) for one in splits[0]]
    entries = {name: entry for part in parts for name, entry in part.entries.items()}
    steady = sum(part.total or 0 for part in parts) == total and all(part.total is not None for part in parts)
    return _Reading(entries, total if steady else None)


def _read_pages(client: Client, path: str, params: Mapping[str, str | int]) -> tuple[_Reading, int]:
    """Page after page; only the first one when there are more than the window holds."""
    entries: dict[str, Payload] = {}
    totals: set[int] = set()
    page = 0
    while True:
        page += 1
        found, size, total = _parse(client, path, client.get(path, {**params, "page": page, "per_page": PER_PAGE}))
        entries.update(found)
        totals.add(total)
        if not found or page * size >= total or total > WINDOW:
            return _Reading(entries, total if len(totals) == 1 else None), total


def _parse(client: Client, path: str, answer: Payload) -> tuple[dict[str, Payload], int, int]:
    """A page's entries by id, its size and the total; rules say `perPage`, lists `per_page`."""
    data, total, size = answer.get("data"), answer.get("total"), answer.get("perPage", answer.get("per_page"))
    usable = isinstance(data, list) and all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in data)
    if not isinstance(data, list) or not usable or not isinstance(total, int) or not isinstance(size, int) or size < 1:
        message = f"{client.url}{path} answers with JSON of another shape than Kibana's"
        raise Incompatible(message, "check the address of Kibana, and its version")
    return {one["id"]: one for one in data}, size, total
