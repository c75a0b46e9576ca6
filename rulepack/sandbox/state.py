"""What the sandbox holds: spaces, rules by id (two may share a rule_id), exception lists, connectors, assets."""

from __future__ import annotations

import base64
import copy
import random
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from rulepack.sandbox.answers import Payload, write_json

# The home of what belongs to no space: exception lists that are agnostic, and their items.
EVERYWHERE = "*"
# What each kind of thing is found by, besides its id.
KINDS: dict[str, tuple[str, ...]] = {
    "rules": ("rule_id",),
    "exception_lists": ("list_id",),
    "exception_items": ("item_id", "list_id"),
    "value_lists": (),
    "connectors": (),
}


class Document:
    """One stored thing. Its data is never changed in place: a change stores another document under the same id."""

    __slots__ = ("_text", "data")

    def __init__(self, data: Payload) -> None:
        self.data = data
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The data as JSON, made once: it is sent, listed and saved many times."""
        if self._text is None:
            self._text = write_json(self.data)
        return self._text


class Shelf:
    """All things of one kind in one space: by id in the order of their making, and by the keys of the kind."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.documents: dict[str, Document] = {}
        self._by: dict[str, dict[str, dict[str, None]]] = {name: {} for name in names}

    def __len__(self) -> int:
        return len(self.documents)

    def __iter__(self) -> Iterator[Payload]:
        return (document.data for document in list(self.documents.values()))

    def get(self, id_: str) -> Payload | None:
        """The thing with an id."""
        document = self.documents.get(id_)
        return None if document is None else document.data

    def find(self, name: str, value: str) -> list[Payload]:
        """All things whose key `name` has a value, oldest first."""
        return [self.documents[id_].data for id_ in self._by[name].get(value, ())]

    def count(self, name: str, value: str) -> int:
        """How many things `find` would give."""
        return len(self._by[name].get(value, ()))

    def put(self, data: Payload) -> Document:
        """Store a thing, in the place of the one with the same id if there is one."""
        before = self.documents.get(data["id"])
        document = self.documents[data["id"]] = Document(data)
        for name, ids in self._by.items():
            if before is not None and before.data[name] != data[name]:
                del ids[before.data[name]][data["id"]]
            ids.setdefault(data[name], {})[data["id"]] = None
        return document

    def drop(self, id_: str) -> Document:
        """Take a thing away."""
        document = self.documents.pop(id_)
        for name, ids in self._by.items():
            del ids[document.data[name]][id_]
        return document


class State:
    """Everything that requests change. Whoever changes it holds `lock` from the first look to the last write."""

    def __init__(
        self,
        spaces: tuple[str, ...] = ("default",),
        *,
        clock: Callable[[], datetime] | None = None,
        seed: int | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.spaces: dict[str, Payload] = {}
        self.assets: dict[tuple[str, int], Payload] = {}
        self.changes = 0
        self._shelves: dict[tuple[str, str], Shelf] = {}
        self._clock = clock or (lambda: datetime.now(UTC))
        self._last = datetime.min.replace(tzinfo=UTC)
        self._random = random.Random(seed)  # noqa: S311 (ids that a test can foretell, no secrets)
        for name in dict.fromkeys(("default", *spaces)):
            self.add_space(name)

    def add_space(self, name: str) -> None:
        """Make a space; rules may live in one that was never made, as in Kibana."""
        reserved = {"_reserved": True} if name == "default" else {}
        shown = "Default" if name == "default" else name
        self.spaces[name] = {"id": name, "name": shown, "disabledFeatures": [], **reserved}

    def shelf(self, kind: str, space: str) -> Shelf:
        """The shelf of a kind in a space."""
        found = self._shelves.get((kind, space))
        if found is None:
            with self.lock:
                found = self._shelves.setdefault((kind, space), Shelf(KINDS[kind]))
        return found

    def shelves(self) -> list[tuple[str, str, Shelf]]:
        """Every shelf with its kind and space."""
        return [(kind, space, shelf) for (kind, space), shelf in sorted(self._shelves.items(), key=lambda one: one[0])]

    def put(self, kind: str, space: str, data: Payload) -> Document:
        """Store a thing and count the change."""
        self.changes += 1
        return self.shelf(kind, space).put(data)

    def drop(self, kind: str, space: str, id_: str) -> Document:
        """Take a thing away and count the change."""
        self.changes += 1
        return self.shelf(kind, space).drop(id_)

    def new_id(self) -> str:
        """A new UUID of version 4."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def now(self) -> str:
        """The time as Kibana writes it. Later than any given before, so that a change always shows in it."""
        with self.lock:
            self._last = max(self._clock(), self._last + timedelta(milliseconds=1))
            return f"{self._last:%Y-%m-%dT%H:%M:%S}.{self._last.microsecond // 1000:03d}Z"

    def new_version(self) -> str:
        """What `_version` of an exception list becomes with its next change."""
        return base64.b64encode(f"[{self.changes + 1},1]".encode()).decode()

    def rules(self, space: str = "default") -> list[Payload]:
        """Copies of all rules of a space, oldest first."""
        return self._copies("rules", space)

    def exception_lists(self, space: str = "default") -> list[Payload]:
        """Copies of the exception lists of a space, then of those that are for every space."""
        return self._copies("exception_lists", space) + self._copies("exception_lists", EVERYWHERE)

    def exception_items(self, space: str = "default") -> list[Payload]:
        """Copies of the exception items of a space, then of those that are for every space."""
        return self._copies("exception_items", space) + self._copies("exception_items", EVERYWHERE)

    def connectors(self, space: str = "default") -> list[Payload]:
        """Copies of the connectors of a space."""
        return self._copies("connectors", space)

    def _copies(self, kind: str, space: str) -> list[Payload]:
        with self.lock:
            return copy.deepcopy(list(self.shelf(kind, space)))
