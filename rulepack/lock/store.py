"""The lock on disk: every entry read with what is wrong with it, and written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from sys import intern
from types import MappingProxyType

from rulepack.diagnostics import Diagnostic, Span, sort
from rulepack.errors import OutputError, ProjectError
from rulepack.fields import short_number
from rulepack.files import read_bytes, write_text
from rulepack.frozen import frozen
from rulepack.lock.codes import RP704
from rulepack.lock.entry import FORMAT, REMOVED, Entry, file_name, render
from rulepack.project import LOCK, Project
from rulepack.schema import parse
from rulepack.source import Source, source_of

FOLDER = LOCK
# How git begins the lines around the two sides of what it could not merge.
MARKERS = ("<<<<<<< ", "=======", ">>>>>>> ")
_RESOLVE = "`rulepack lock --resolve` repairs it"
_RESTORE = "bring the file back from git, for example with `git restore`"
# An entry has a few kilobytes.
_MOST_BYTES = 1024**2


@frozen(slots=False)
class Lock:
    """The entries of all rules by rule_id, and what is wrong with the files.

    `present` says whether there is a lock at all; `conflicted` has the text of each file that git could not merge, by
    its name in the folder; `root` is the project's folder where the files are on a disk.
    """

    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    diagnostics: tuple[Diagnostic, ...] = ()
    present: bool = False
    conflicted: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    root: Path | None = None

    @cached_property
    def living(self) -> tuple[Entry, ...]:
        """The entries of rules that are not removed, by rule_id."""
        return tuple(entry for _, entry in sorted(self.entries.items()) if entry.status != REMOVED)

    def span(self, rule_id: str, name: str) -> Span:
        """Where something stands in an entry's file; the file is read again for that, which happens to few."""
        file = f"{FOLDER}/{file_name(rule_id)}"
        source = _content(self.root / file, file, self.root) if self.root is not None else None
        return source.locate((name,)) if isinstance(source, Source) and name in source.data else Span(file)


def read_lock(project: Project) -> Lock:
    """The lock of a project; what is wrong with its files is in the result.

    Raises ProjectError where something else is in its place.
    """
    folder = project.root / FOLDER
    if not os.path.lexists(folder):
        return Lock()
    if folder.is_symlink() or not folder.is_dir():
        raise ProjectError(
            f"{FOLDER} is no folder", "move it away: rulepack keeps a file for each rule in a folder of that name"
        )
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".toml"))  # noqa: PTH208 (of 100,000 files)
    except OSError as error:
        raise ProjectError(f"cannot read {FOLDER}: {error.strerror}", "allow reading it") from error
    contents = ((name, _content(folder / name, f"{FOLDER}/{name}", project.root)) for name in names)
    return read_sources(contents, project.root)


def read_sources(files: Iterable[tuple[str, Source | Diagnostic]], root: Path | None = None) -> Lock:
    """A lock of files by name, each read already."""
    entries: dict[str, Entry] = {}
    found: list[Diagnostic] = []
    conflicted: dict[str, str] = {}
    for name, source in files:
        if isinstance(source, Source) and has_markers(source.text):
            conflicted[name] = source.text
            found.append(unmerged(source, _RESOLVE))
            continue
        if isinstance(source, Diagnostic):
            found.append(Diagnostic(RP704, source.message, source.span, source.hint, excerpt=source.excerpt))
            continue
        entry, problems = read_entry(source, name)
        found += problems
        if entry is not None:
            entries[entry.rule_id] = entry
    return Lock(MappingProxyType(entries), sort(found), True, MappingProxyType(conflicted), root)  # noqa: FBT003 (present)


def refuse_damaged(lock: Lock) -> None:
    """Raise ProjectError if a file of the lock cannot be read: versions would be given out twice."""
    if lock.diagnostics:
        first = lock.diagnostics[0]
        more = f" (and {len(lock.diagnostics) - 1} more)" if len(lock.diagnostics) > 1 else ""
        raise ProjectError(f"{first.span}: {first.message}{more}", first.hint)


def _content(path: Path, file: str, root: Path) -> Source | Diagnostic:
    content = read_bytes(path, root, most=_MOST_BYTES)
    if isinstance(content, bytes) and b"\n<<<<<<< " in b"\n" + content:
        # No TOML, and known for what it is.
        return Source(file, content.decode("utf-8", "replace").replace("\r\n", "\n"), {})
    source = source_of(content, file)
    # Whatever a rule's author would be told to do: nobody writes these by hand.
    return replace(source, hint=_RESTORE) if isinstance(source, Diagnostic) and isinstance(content, bytes) else source


def unmerged(source: Source, hint: str) -> Diagnostic:
    """What to say of a file with markers, at the first of them."""
    line = next(n for n, text in enumerate(source.text.split("\n"), 1) if text.startswith(MARKERS[0]))
    span = Span(source.file, line, 1, line, len(MARKERS[0]))
    return source.diagnostic(RP704, "git could not merge this file", span, hint)


def has_markers(text: str) -> bool:
    """Whether a text is one that git could not merge."""
    return any(line.startswith(MARKERS[0]) for line in text.split("\n"))


def read_entry(source: Source, name: str | None = None) -> tuple[Entry | None, list[Diagnostic]]:
    """The entry of a file, and what is wrong with it; `name` is the file's own, which must be the rule's."""
    form = source.data.get("lock")
    if isinstance(form, int) and form > FORMAT:
        message = f"written by a newer rulepack, in form {short_number(form)}; this one knows {FORMAT}"
        return None, [source.diagnostic(RP704, message, source.locate(("lock",)), "update rulepack")]
    entry, problems = parse(Entry, source.data)
    found = [source.diagnostic(RP704, problem.message, source.locate(where), _RESTORE) for where, problem in problems]
    if entry is None:
        return None, found
    if name is not None and name != entry.path:
        message = f"the file of {entry.rule_id} is called {entry.path}"
        return None, [source.diagnostic(RP704, message, source.locate(("rule_id",)), "give it that name")]
    odd = next((one for one, digest in entry.fields.items() if not isinstance(digest, str)), None)
    if odd is not None:
        message = f"fields.{odd} is no string"
        return None, [source.diagnostic(RP704, message, source.locate(("fields", odd)), _RESTORE)]
    # The names of fields are the same in all entries, of which there can be many.
    return replace(entry, fields={intern(one): digest for one, digest in entry.fields.items()}), []


def write_entries(project: Project, entries: Iterable[Entry]) -> Iterator[Path]:
    """Write the files of entries, each in one step; gives the path of each that was not so already.

    Raises OutputError when one cannot be written; those before it are then written, and running again goes on.
    """
    folder = project.root / FOLDER
    if folder.is_symlink():
        raise OutputError(f"{folder} is a link, and rulepack does not write through links", "remove the link")
    for entry in entries:
        path, text = folder / entry.path, render(entry)
        if path.is_symlink():
            raise OutputError(f"{path} is a link, and rulepack does not write through links", "remove the link")
        # Git may check files out with other line ends.
        if not path.is_file() or path.read_bytes().replace(b"\r\n", b"\n") != text.encode():
            write_text(path, text)
            yield path


def entry_digests(project: Project) -> Iterator[tuple[str, str]]:
    """Every file of the lock by its name, and a digest of what is in it; nothing where there is no lock."""
    folder = project.root / FOLDER
    if folder.is_dir() and not folder.is_symlink():
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 (of 100,000 files)
            if name.endswith(".toml"):
                content = read_bytes(folder / name, project.root)
                known = content if isinstance(content, bytes) else repr(content).encode()
                yield name, blake2b(known, digest_size=20).hexdigest()
