"""Names of fields and indices in which `*` stands for anything."""

from __future__ import annotations

from functools import lru_cache

from rulepack.frozen import frozen


@frozen
class Wildcard:
    """A pattern: the texts between its stars. Without a star, it matches itself only."""

    parts: tuple[str, ...]

    @classmethod
    def of(cls, pattern: str) -> Wildcard:
        """Read a pattern; the same text gives the same object, as long as it is remembered."""
        return _read(pattern)

    def matches(self, text: str) -> bool:
        """Whether the pattern matches a text as a whole, in one pass over it, however many stars there are."""
        first, *others = self.parts
        if not others:
            return text == first
        last = others.pop()
        end = len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last) and len(first) <= end):
            return False
        place = len(first)
        for part in others:
            place = text.find(part, place, end)
            if place < 0:
                return False
            place += len(part)
        return True


@lru_cache(maxsize=4096)
def _read(pattern: str) -> Wildcard:
    return Wildcard(tuple(pattern.split("*")))
