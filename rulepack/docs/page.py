"""Page: a path in docs-out and a text; Job: how a page comes to be, and what its text depends on."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from hashlib import blake2b

from rulepack.frozen import frozen


@frozen
class Page:
    """A page to be written: `path` relative to the output folder, with `/`; `text` ends with one line break."""

    path: str
    text: str


@frozen
class Job:
    """A page that can be made: its path, a digest of what it always depends on, and how its text is made.

    Calling `make` gives the text and how far it looked beyond that: `OWN`, `LISTED`, `BRIEFS` or `RULES`. `template` is
    the template that it comes from, empty for what is made without one: of a template that fails, one failure is
    enough. `about` is the file of the rule that it is about, if it is one: who makes all jobs of a rule reads it once.
    What is made of another page has that as its `feed`: where that is as it was, the rest need not be made again.
    """

    path: str
    base: str
    make: Callable[[], tuple[str, int]]
    template: str = ""
    about: str = ""
    feed: Callable[[], tuple[str, int]] | None = None


# How far the text of a page looks: no further than its job says; at what lists show of all rules; at all of their
# briefs; at the whole of others.
OWN, LISTED, BRIEFS, RULES = 0, 1, 2, 3


def spelling(path: str) -> str:
    """A page's path as a file system has it that ignores case and how accents are composed."""
    return unicodedata.normalize("NFC", path).casefold()


def digest_of(*parts: str) -> str:
    """A short digest of some texts."""
    return blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Keys:
    """The key of a page: a digest of all that it was made of, as far as it looked."""

    def __init__(self, every: tuple[str, str], whole: str) -> None:
        self.beyond = {OWN: "", LISTED: f" {every[0]}", BRIEFS: f" {every[1]}", RULES: f" {whole}"}

    def of(self, job: Job, looked: int) -> str:
        """The key of a job that looks so far; empty for a number that means nothing."""
        return digest_of(job.base, self.beyond[looked]) if looked in self.beyond else ""
