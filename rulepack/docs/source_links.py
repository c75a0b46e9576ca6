"""Links to the commit that pages were made from, where the address of the source is of a kind that we know."""

from __future__ import annotations

import re
from urllib.parse import quote

from rulepack.frozen import frozen

# How an address goes on after the repository's own: at GitHub and many others, at GitLab, at Forgejo and Gitea.
_KNOWN = re.compile(r"(?P<repository>https?://[^/\s?#]+/[^\s?#]+?)(?P<kind>/-/blob|/blob|/src/branch)/[^\s?#]+")
_FILES = {"/blob": "/blob", "/-/blob": "/-/blob", "/src/branch": "/src/commit"}
_COMMITS = {"/blob": "/commit", "/-/blob": "/-/commit", "/src/branch": "/commit"}


@frozen
class SourceLinks:
    """Where commits and their files can be read.

    `commit` is the address of the one that pages are made from, `base` that of the project's folder in it, `commits`
    what all commits' addresses begin with.
    """

    commit: str
    base: str
    commits: str

    def of(self, commit: str) -> str:
        """The address of another commit, by its full id."""
        return self.commits + commit

    def file(self, path: str) -> str:
        """The address of a file of the project, as it is in that commit."""
        return f"{self.base}/{quote(path)}"


def source_links(source_url: str | None, commit: str, folder: str = "") -> SourceLinks | None:
    """The links for a commit; None where the address is none of those that we know.

    `source_url` is where the project's files can be read on a branch, `folder` the project's place in its repository,
    empty for the top: which part of the address is the branch's name does not matter then.
    """
    found = _KNOWN.fullmatch((source_url or "").rstrip("/"))
    if found is None:
        return None
    repository, kind = found["repository"], found["kind"]
    base = f"{repository}{_FILES[kind]}/{commit}"
    place = quote(folder.strip("/"))
    commits = f"{repository}{_COMMITS[kind]}/"
    return SourceLinks(commits + commit, f"{base}/{place}" if place else base, commits)
