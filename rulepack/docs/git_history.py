"""What became of each rule, commit by commit and field by field: for sites and packages made of one revision.

Committed pages have none of this: they would be out of date in the moment in which they are committed.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from rulepack.content import Content, changed_fields, content_of
from rulepack.docs.source_links import SourceLinks, source_links
from rulepack.emit import to_api
from rulepack.errors import GitError, ProjectError
from rulepack.files import MAX_BYTES
from rulepack.frozen import frozen
from rulepack.git import Commit, Repository, find_repository
from rulepack.loader import load_file
from rulepack.lock.entry import Entry, file_name
from rulepack.lock.store import FOLDER as LOCK
from rulepack.lock.store import Lock, read_entry
from rulepack.lock.version import version_of
from rulepack.processes import spread
from rulepack.project import Project
from rulepack.rule import Rule
from rulepack.source import Source, source_of

# A page is for those who use the rule; who wants all of it asks git.
MOST = 10
# How many commits of a rule are looked at for those in which something changed that counts.
_MOST_LOOKED_AT = 100
# What is longer, or has several lines, is shown as lines that went and came.
_SHORT = 100
_CONTEXT = 2
_MOST_LINES = 200
# Two texts of so many lines are compared in a moment, much longer ones are not.
_MOST_COMPARED = 2000
_LONGEST_LINE = 1000


@frozen
class FieldChange:
    """A field that a commit changed: what it was and what it is, as text; None where it was not there.

    Of long values there is `diff` instead: lines that begin with `-`, `+` or a blank.
    """

    field: str
    before: str | None
    after: str | None
    diff: str = ""


@frozen
class Revision:
    """A commit that changed what counts of a rule: its full id and day, and the version that the rule had then.

    `changes` are the fields that changed, by name; in the commit that brought the rule, there are none. `url` leads to
    the commit, where that can be known.
    """

    commit: str
    date: str
    version: int | None
    subject: str
    changes: tuple[FieldChange, ...] = ()
    url: str = ""

    @property
    def short(self) -> str:
        """The beginning of the commit's id, as people write it."""
        return self.commit[:10]


@frozen
class SourceRevision:
    """The revision that pages are made from: its full id, and where it can be read, if that is known."""

    commit: str
    links: SourceLinks | None = None


@frozen
class _State:
    """What a rule's file became in a commit: ids of its content, and of its lock's entry at that time."""

    commit: Commit
    content: str
    entry: str


def source_revision(project: Project, revision: str) -> SourceRevision:
    """The revision of a project by its name.

    Raises GitError where there is no repository or no such revision, and where the history was not fetched.
    """
    repository = find_repository(project.root)
    commit = repository.commit(revision)
    if repository.shallow:
        raise GitError(
            "this clone is shallow: it does not have the history of the rules",
            "fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow",
        )
    return SourceRevision(commit, source_links(project.source_url, commit, _place(repository, project)))


def refuse_others(project: Project, source: SourceRevision) -> None:
    """Raise ProjectError if the rules are not those of a revision: pages would say of it what is not so."""
    repository = find_repository(project.root)
    there = {name: _plain(content) for name, content in repository.files(source.commit, *project.rules)}
    top = repository.root.resolve()
    paths = {path.resolve().relative_to(top).as_posix(): path for path in project.rule_files() if path.is_file()}
    others = [name for name, path in paths.items() if there.get(name) != _plain(path.read_bytes())]
    others += [name for name in there if name.endswith(".toml") and name not in paths]
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        message = f"{min(others)}{more}: not as in {source.commit[:10]}"
        raise ProjectError(message, "check out that revision, or commit what changed")


def _plain(content: bytes) -> bytes:
    """Git may check files out with other line ends."""
    return content.replace(b"\r\n", b"\n")


def revisions(
    project: Project, source: SourceRevision, rules: Mapping[str, str], *, jobs: int = 1
) -> Mapping[str, tuple[Revision, ...]]:
    """What became of each rule up to a revision: by rule_id the last commits that changed it, the newest first.

    `rules` are rule_ids by file, relative to the project; files are followed through renames. Commits in which nothing
    changed that counts are left out, and so are states of a file that cannot be read.
    """
    repository = find_repository(project.root)
    states = dict(_states(repository, project, source.commit, rules))
    with ExitStack() as stack:
        reader = _Reader(project, repository, stack)

        def of_file(file: str) -> tuple[Revision, ...]:
            return tuple(_revisions(reader, rules[file], states.get(file, ()), source.links))

        files = sorted(rules)
        found = zip(files, spread(of_file, files, jobs), strict=True)
        return MappingProxyType({rules[file]: one for file, one in found if one})


def _place(repository: Repository, project: Project) -> str:
    """The project's folder within its repository, empty for the top."""
    place = PurePosixPath(Path(os.path.relpath(project.root.resolve(), repository.root.resolve())).as_posix())
    return "" if place == PurePosixPath() else str(place)


def _states(
    repository: Repository, project: Project, commit: str, rules: Mapping[str, str]
) -> Iterator[tuple[str, tuple[_State, ...]]]:
    """The states of each rule's file, the newest first."""
    place = _place(repository, project)
    start = f"{place}/" if place else ""
    lock = f"{start}{LOCK}/"
    entries = repository.tree(commit, project.root / LOCK)
    # By the path that a file has in the commit that is looked at.
    there = repository.tree(commit, *project.rules)
    following = {path: file for file in rules if (path := f"{start}{file}") in there}
    found: dict[str, list[_State]] = {}
    for one in repository.log(commit, *project.rules, project.root / LOCK):
        moved = []
        for change in one.changes:
            if (file := following.get(change.path)) is None or not change.new:
                continue
            del following[change.path]
            states = found.setdefault(file, [])
            entry = entries.get(lock + file_name(rules[file]), "")
            states.append(_State(replace(one, changes=()), change.new, entry))
            if change.old and len(states) <= _MOST_LOOKED_AT:
                moved.append((change.old_path, file))
        following.update(moved)
        for change in one.changes:
            if change.path.startswith(lock):
                entries.pop(change.path, None)
                if change.old:
                    entries[change.old_path] = change.old
    return ((file, tuple(states)) for file, states in found.items())


@frozen
class _Read:
    """A rule as it was, its body for Kibana, and what of it counts."""

    rule: Rule
    body: Mapping[str, Any]
    content: Content


class _Reader:
    """Reads rules and the lock's entries as they were; each process that does has a git of its own."""

    def __init__(self, project: Project, repository: Repository, stack: ExitStack) -> None:
        self.project = project
        self.repository = repository
        self.stack = stack
        self.process = 0
        self.read: Callable[[str], bytes]

    def _content(self, blob: str) -> bytes:
        if self.process != os.getpid():
            self.process = os.getpid()
            self.read = self.stack.enter_context(self.repository.contents())
        return self.read(blob)

    def rule(self, blob: str, rule_id: str) -> _Read | None:
        """A rule; None where there is no whole one."""
        content = self._content(blob)
        if len(content) > MAX_BYTES:
            return None
        loaded = load_file(self.project, self.project.root / f"{rule_id}.toml", content)
        if loaded.rule is None or loaded.partial:
            return None
        body = to_api(loaded.rule)
        return _Read(loaded.rule, body, content_of(loaded.rule, body))

    def entry(self, blob: str) -> Entry | None:
        """An entry of the lock."""
        source = source_of(self._content(blob), LOCK)
        return read_entry(source)[0] if isinstance(source, Source) else None


def _revisions(
    reader: _Reader, rule_id: str, states: Sequence[_State], links: SourceLinks | None
) -> Iterator[Revision]:
    """The commits in which a rule changed."""
    newer: tuple[_State, _Read] | None = None
    count = 0
    for state in states[:_MOST_LOOKED_AT]:
        found = reader.rule(state.content, rule_id)
        if found is None:
            continue
        if found.rule.rule_id != rule_id:
            # Another rule's file, of which this one was made.
            break
        if newer is not None and (changes := tuple(_changes(found, newer[1]))):
            yield _revision(reader, *newer, changes, links)
            count += 1
            if count == MOST:
                return
        newer = (state, found)
    if newer is not None and len(states) <= _MOST_LOOKED_AT:
        yield _revision(reader, *newer, (), links)


def _revision(
    reader: _Reader, state: _State, found: _Read, changes: tuple[FieldChange, ...], links: SourceLinks | None
) -> Revision:
    commit, rule = state.commit, found.rule
    entry = reader.entry(state.entry) if state.entry else None
    lock = Lock({rule.rule_id: entry}, present=True) if entry is not None else Lock()
    version = version_of(lock, rule, found.content.hash, reader.project.versions)
    day = datetime.fromtimestamp(commit.time, UTC).date().isoformat()
    url = links.of(commit.id) if links is not None else ""
    return Revision(commit.id, day, version, commit.subject, changes, url)


def _changes(before: _Read, after: _Read) -> Iterator[FieldChange]:
    """The fields that count and differ, and whether the rule was given up."""
    if before.rule.deprecated != after.rule.deprecated:
        yield FieldChange("maturity", before.rule.metadata.maturity, after.rule.metadata.maturity)
    for name in changed_fields(before.content.digests, after.content.digests):
        yield _field_change(name, before.body.get(name), after.body.get(name))


def _field_change(name: str, old: Any, new: Any) -> FieldChange:
    before, after = (None if value is None else _text(value) for value in (old, new))
    if all(value is None or (len(value) <= _SHORT and "\n" not in value.strip()) for value in (before, after)):
        return FieldChange(name, before, after)
    return FieldChange(name, before, after, _diff(*("" if value is None else _text(value, 2) for value in (old, new))))


def _text(value: Any, indent: int | None = None) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=indent, default=list)


def _diff(before: str, after: str) -> str:
    """The lines that went and came, with some around them; of very much, the beginning."""
    old, new = ([line.rstrip()[:_LONGEST_LINE] for line in text.strip("\n").splitlines()] for text in (before, after))
    if max(len(old), len(new)) > _MOST_COMPARED:
        return f"- {_counted(len(old))}\n+ {_counted(len(new))}"
    # The first two lines would name files.
    lines = list(difflib.unified_diff(old, new, lineterm="", n=_CONTEXT))[2:]
    more = [f"  {_counted(len(lines) - _MOST_LINES)} more"] if len(lines) > _MOST_LINES else []
    return "\n".join((*lines[:_MOST_LINES], *more))


def _counted(lines: int) -> str:
    return f"{lines:,} line{'' if lines == 1 else 's'}"
