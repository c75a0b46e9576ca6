"""State: what is kept from build to build, so that only what changed is made again; without it all is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from rulepack.cache import Cache, digest_of
from rulepack.docs.related import Related
from rulepack.docs.stamp import Stamp
from rulepack.frozen import frozen

# One document each, so that a run reads no more than it needs.
_WHOLE, _ROWS, _PAGES, _INDEX, _RELATED = "whole", "rows", "pages", "index", "related"


@frozen
class Made:
    """A page as the last build left it: the key of what it was made of, how far it looked, and its file's stamp.

    `fed` is a digest of the page that it was made of, empty for one that was made of none.
    """

    key: str
    looked: int
    stamp: Stamp
    fed: str = ""


class State:
    """What the last build into a folder knew; all is empty where there was none, or anything is damaged.

    `whole` is what it was made of and what it said; `rows` has each file's digest and what the file gave; `pages` has
    every page by its path. `fingerprint` stands for all that pages depend on besides the pack's files.
    """

    def __init__(self, cache_folder: Path | None, out: Path, fingerprint: str) -> None:
        self._cache = Cache(cache_folder, out, fingerprint, "-pages") if cache_folder is not None else None

    def _read(self, name: str) -> Any:
        answer = self._cache.get(name, digest_of(name.encode())) if self._cache is not None else None
        if answer is None:
            return None
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def whole(self) -> dict[str, Any]:
        """What the last build was made of (`digest`), and what it said."""
        found = self._read(_WHOLE)
        return found if isinstance(found, dict) else {}

    @cached_property
    def rows(self) -> dict[str, list[Any]]:
        """Of each file: its digest, and what it gave."""
        found = self._read(_ROWS)
        return found if isinstance(found, dict) else {}

    @cached_property
    def pages(self) -> dict[str, Made]:
        """Every page of the last build."""
        found = self._read(_PAGES)
        try:
            return {
                path: Made(key, looked, Stamp(*stamp), fed)
                for path, (key, looked, fed, *stamp) in (found or {}).items()
            }
        except (TypeError, ValueError, AttributeError):
            return {}

    @cached_property
    def index(self) -> Any:
        """What is known of the search index, as `Indexed` has it for JSON."""
        return self._read(_INDEX)

    @cached_property
    def related(self) -> dict[str, tuple[Related, ...]]:
        """The rules related to each, by file."""
        try:
            return {
                file: tuple(Related(name, path, any_id, other, tuple(why)) for name, path, any_id, other, why in found)
                for file, found in (self._read(_RELATED) or {}).items()
            }
        except (TypeError, ValueError, AttributeError, IndexError):
            return {}

    def save(
        self,
        whole: dict[str, Any],
        rows: dict[str, list[Any]],
        pages: dict[str, Made],
        index: list[Any],
        related: Mapping[str, tuple[Related, ...]],
    ) -> None:
        """Keep what this build knows; where it cannot be kept, nothing is said."""
        if self._cache is None:
            return
        flat = {path: [made.key, made.looked, made.fed, *made.stamp] for path, made in pages.items()}
        links = {
            file: [[one.name, one.path, one.rule_id, one.file, one.reasons] for one in found]
            for file, found in related.items()
        }
        values = {_WHOLE: whole, _ROWS: rows, _PAGES: flat, _INDEX: index, _RELATED: links}
        for name, value in values.items():
            self._cache.put(name, digest_of(name.encode()), json.dumps(value, separators=(",", ":")))
        self._cache.save()
