"""The search index as pages: of a changed rule, only the files are made again that have words of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rulepack.docs import search
from rulepack.docs.page import OWN, Job, digest_of
from rulepack.frozen import frozen

FOLDER = "site/data/search"
_LIST = "index.json"


@frozen
class Indexed:
    """What is kept of an index: a digest of which rule has which number, and one of each file's text by its name.

    `heads` are how its words begin.
    """

    order: str
    files: Mapping[str, str]
    heads: tuple[str, ...]

    def to_json(self) -> list[Any]:
        """The values for JSON."""
        return [self.order, dict(self.files), self.heads]

    @classmethod
    def from_json(cls, values: Any) -> Indexed | None:
        """What `to_json` gave; None for anything else."""
        match values:
            case [str(order), dict(files), [*heads]]:
                sound = all(isinstance(one, str) for one in (*files.values(), *heads))
                return cls(order, files, tuple(heads)) if sound else None
            case _:
                return None


class Index:
    """The index of some rules: `files` are theirs in the catalogue's order, `tokens` the words of each, by file.

    `before` and `former` are what was kept of the last index and the words that it was made of.
    """

    def __init__(
        self,
        files: Sequence[str],
        tokens: Mapping[str, str],
        before: Indexed | None,
        former: Mapping[str, str],
    ) -> None:
        self.tokens = [tokens[file].split() for file in files]
        length = search.head_length(self.tokens)
        self.order = digest_of(str(length), *files)
        self.texts: dict[str, str] = {}
        self.digests: dict[str, str] = {}
        self.heads: tuple[str, ...] = ()
        if before is None or before.order != self.order or any(file not in former for file in files):
            self._take(dict(search.shards(self.tokens)))
            return
        heads: set[str] = set()
        for file in files:
            if former[file] != tokens[file]:
                heads |= search.touched(former[file].split(), tokens[file].split(), length)
        starts = tuple(search.file_name(head).removesuffix(".json") for head in heads)
        self.heads = before.heads
        self.digests = {name: one for name, one in before.files.items() if not (starts and name.startswith(starts))}
        if heads:
            self._take(dict(search.shards(self.tokens, heads, before.heads)))

    @property
    def indexed(self) -> Indexed:
        """What is to be kept of it."""
        return Indexed(self.order, dict(sorted(self.digests.items())), self.heads)

    def jobs(self) -> Iterator[Job]:
        """A page for each file."""
        for name, digest in self.digests.items():
            yield Job(f"{FOLDER}/{name}", digest, partial(self._make, name))

    def _take(self, texts: Mapping[str, str]) -> None:
        self.texts.update(texts)
        self.heads = search.heads_of(texts[_LIST])
        self.digests.update({name: digest_of(text) for name, text in texts.items()})

    def _make(self, name: str) -> tuple[str, int]:
        if name not in self.texts:
            # It should be there as it was, and is not.
            self._take(dict(search.shards(self.tokens)))
        return self.texts[name], OWN
