"""Pages to docs-out: write what changed, drop what is gone, or only compare."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Self

from rulepack.diagnostics import Diagnostic
from rulepack.docs.page import Page, spelling
from rulepack.docs.stamp import Stamp
from rulepack.errors import OutputError
from rulepack.files import HINTS
from rulepack.frozen import frozen

# The last line of every page. It is how rulepack knows its own pages, so that it never deletes or overwrites another's.
_SENTENCE = "Written by rulepack; changes here are overwritten."
MARKS = {
    ".md": f"<!-- {_SENTENCE} -->",
    ".html": f"<!-- {_SENTENCE} -->",
    ".xml": f"<!-- {_SENTENCE} -->",
    ".svg": f"<!-- {_SENTENCE} -->",
    ".css": f"/* {_SENTENCE} */",
    ".js": f"// {_SENTENCE}",
    ".yml": f"# {_SENTENCE}",
}
# What cannot say so itself is named in a file of its own.
UNMARKED = (".json", ".ndjson", ".csv")
LEDGER = ".rulepack-pages"
_LEDGER_HEAD = "# Files that rulepack wrote and that cannot say so themselves; it overwrites and deletes them."
_STAGING = ".rulepack-new-"
# Seconds after which nobody works on what was put aside.
_FORGOTTEN = 3600
SITE_FOLDER = "site/"
_ADDED, _CHANGED, _UNCHANGED = "added", "changed", "unchanged"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@frozen(slots=False)
class Written:
    """What became of the pages: paths relative to the output folder, sorted; and what is wrong with templates."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether the folder was not as it should be."""
        return bool(self.added or self.changed or self.removed)


def write_pages(pages: Iterable[Page], folder: Path, *, dry_run: bool = False) -> Written:
    """Make a folder hold just these pages, besides files that are not rulepack's; as `Writer` does."""
    writer = Writer(folder, dry_run=dry_run)
    with writer:
        for page in pages:
            writer.put(page.path, page.text)
        return writer.finish()


class Writer:
    """Makes a folder hold just some pages, besides files that are not rulepack's.

    What is new is put aside first, and into its place only by `finish`, all together: whatever goes wrong before, the
    old pages stay. Pages that are there already are not touched. Raises OutputError when a file that rulepack did not
    write is in the way of a page, and when the folder cannot be written. With `part`, `pages` or `site`, what there is
    of the other one stays.
    """

    def __init__(self, folder: Path, *, dry_run: bool = False, part: str = "") -> None:
        if folder.is_symlink():
            raise OutputError(f"{folder} is a link, and rulepack does not write through links", "remove the link")
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is in the way of a page", "move it away")
        self.folder = folder
        self.dry_run = dry_run
        self.part = part
        self.there = _Folder(folder)
        self.staging: Path | None = None
        self.is_new = self.moved = False
        self.staged: dict[str, str] = {}
        self.added: list[str] = []
        self.changed: list[str] = []
        self.unchanged: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.staging is not None:
            shutil.rmtree(self.staging, ignore_errors=True)
            self.staging = None
            if self.is_new and not self.moved:
                with suppress(OSError):
                    self.folder.rmdir()

    def stamp(self, path: str) -> Stamp:
        """The stamp of a page that is in its place now."""
        found = None if path in self.staged else self.there.stamp(path)
        return found or Stamp.of(os.stat(self.folder / path))  # noqa: PTH116 (of each page)

    def keep(self, path: str) -> None:
        """Take a page for what it should be, without looking."""
        self.unchanged.append(path)

    def put(self, path: str, text: str) -> None:
        """A page's text. It is compared with what is there, and put aside if it is another."""
        self.take(path, *self.prepare(path, text, len(self.staged)))

    def begin(self) -> None:
        """Make the folder for what is new, so that several processes can put their pages aside in it."""
        if self.staging is None and not self.dry_run:
            with _told(self.folder):
                self.is_new = not self.folder.exists()
                self.folder.mkdir(parents=True, exist_ok=True)
                self._clean()
                self.staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.folder))

    def _clean(self) -> None:
        """Remove what builds have left behind that were stopped a while ago."""
        for name in self.there.left:
            place = self.folder / name
            with suppress(OSError):
                if time.time() - place.stat().st_mtime > _FORGOTTEN:
                    shutil.rmtree(place)

    def prepare(self, path: str, text: str, number: int) -> tuple[str, str]:
        """Compare a text with what is there, and put it aside, as file `number`, if it is another.

        Gives whether the page is `added`, `changed` or `unchanged`, and where it was put; `take` wants to know.
        """
        data = _marked(path, text).encode("utf-8", "backslashreplace")
        old = self.there.read(path)
        # Git may check files out with other line ends; that makes no page stale.
        if old is not None and (old == data or old.replace(b"\r\n", b"\n") == data):
            return _UNCHANGED, ""
        return (_ADDED if old is None else _CHANGED), "" if self.dry_run else self._stage(number, data)

    def take(self, path: str, what: str, temporary: str) -> None:
        """Take note of a page that was prepared, maybe by another process."""
        {_ADDED: self.added, _CHANGED: self.changed, _UNCHANGED: self.unchanged}[what].append(path)
        if temporary:
            self.staged[path] = temporary

    def finish(self) -> Written:
        """Move what is new into its place, and delete the pages that are wanted no more."""
        self._put_ledger()
        wanted = (*self.added, *self.changed, *self.unchanged)
        removed = [path for path in self.there.removed(wanted) if self._is_of_part(path)]
        if not self.dry_run:
            self.moved = True
            with _told(self.folder):
                for folder in dict.fromkeys(path.rpartition("/")[0] for path in self.staged):
                    (self.folder / folder).mkdir(parents=True, exist_ok=True)
                for path, temporary in self.staged.items():
                    os.replace(temporary, f"{self.folder}/{path}")  # noqa: PTH105 (thousands of times)
            for path in removed:
                self._remove(path)
        ledger = {LEDGER}
        added, changed, gone, unchanged = (
            tuple(sorted(set(paths) - ledger)) for paths in (self.added, self.changed, removed, self.unchanged)
        )
        return Written(added, changed, gone, unchanged)

    def _is_of_part(self, path: str) -> bool:
        """Whether a path is of what is written, not of what stays."""
        return not self.part or path.startswith(SITE_FOLDER) == (self.part == "site")

    def _put_ledger(self) -> None:
        """The names of the files that cannot say whose they are."""
        kept = (one for one in self.there.ledger if one in self.there.stats and not self._is_of_part(one))
        named = sorted(one for one in (*self.added, *self.changed, *self.unchanged, *kept) if one.endswith(UNMARKED))
        if named:
            self.take(LEDGER, *self.prepare(LEDGER, "\n".join((_LEDGER_HEAD, *named)) + "\n", -1))

    def _stage(self, number: int, data: bytes) -> str:
        self.begin()
        temporary = f"{self.staging}{os.sep}{number}"
        with _told(self.folder):
            # Neither mkstemp nor open: there are thousands, and nobody else is in the folder.
            opened = os.open(temporary, _NEW, 0o666)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(opened, rest) :]
            finally:
                os.close(opened)
        return temporary

    def _remove(self, path: str) -> None:
        """Delete a page, and the folders that it leaves empty."""
        target = self.folder / path
        try:
            target.unlink()
            for parent in target.parents:
                if parent == self.folder or any(parent.iterdir()):
                    break
                parent.rmdir()
        except OSError as error:
            raise OutputError(
                f"cannot delete {target}: {error.strerror or error}", "check the folder's rights"
            ) from error


class _told:  # noqa: N801 (used as a function)
    """Tells an error of the system in words."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            place = error.filename or self.folder
            hint = HINTS.get(error.errno or 0, "check that the folder is there and writable")
            raise OutputError(f"cannot write {place}: {error.strerror or error}", hint) from error


def _marked(path: str, text: str) -> str:
    """The page's text with the mark as its last line, where its kind has one."""
    pure = PurePosixPath(path)
    if path == LEDGER:
        return text
    if pure.is_absolute() or ".." in pure.parts or pure.suffix not in (*MARKS, *UNMARKED):
        kinds = ", ".join((*MARKS, *UNMARKED))
        raise OutputError(f"a template cannot write {path}", f"pages are files within docs-out of the kinds {kinds}")
    if pure.suffix in UNMARKED:
        return text
    return f"{text.rstrip()}\n\n{MARKS[pure.suffix]}\n"


class _Folder:
    """What is in the output folder: looked at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stats: dict[str, os.stat_result] = {}
        # Folders, and what is neither a folder nor a regular file: links, pipes.
        self.folders: set[str] = set()
        self.odd: set[str] = set()
        # What builds have left behind that were stopped, or still need.
        self.left: list[str] = []
        self._walk("")
        self.ledger = self._ledger()

    def _ledger(self) -> frozenset[str]:
        if LEDGER not in self.stats:
            return frozenset()
        try:
            text = (self.folder / LEDGER).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return frozenset()
        return frozenset(line for line in text.splitlines() if line.endswith(UNMARKED))

    def stamp(self, path: str) -> Stamp | None:
        """What tells a file that was not touched; None where there is none."""
        found = self.stats.get(path)
        return None if found is None else Stamp.of(found)

    def read(self, path: str) -> bytes | None:
        """The bytes of a page that is there already; refuses what rulepack did not write."""
        target = self.folder / path
        if path not in self.stats:
            self._refuse(path)
            return None
        try:
            data = target.read_bytes()
        except OSError as error:
            raise OutputError(
                f"cannot read {target}: {error.strerror or error}", "check the folder's rights"
            ) from error
        if not self._is_own(path, data):
            raise OutputError(
                f"{target} was not written by rulepack and is in the way of a page", "move it away, or rename the rule"
            )
        return data

    def _refuse(self, path: str) -> None:
        """Raise OutputError if something else is where a page must be, or a folder on the way to it."""
        above = path.rpartition("/")[0]
        if path in self.folders:
            raise OutputError(f"{self.folder / path} is in the way of a page", "move it away")
        if path in self.odd or (above and above not in self.folders):
            for place in (*reversed(PurePosixPath(path).parents), PurePosixPath(path)):
                shown = self.folder / place
                if str(place) in self.odd and shown.is_symlink():
                    raise OutputError(
                        f"{shown} is a link, and rulepack does not write through links", "remove the link"
                    )
                if str(place) in self.odd or str(place) in self.stats:
                    raise OutputError(f"{shown} is in the way of a page", "move it away")

    def _walk(self, within: str) -> None:
        """Note everything in a folder, but what is behind links to folders."""
        try:
            with os.scandir(self.folder / within if within else self.folder) as entries:
                every = list(entries)
        except OSError:
            return
        if within and any(entry.name == LEDGER for entry in every):
            # Another build has its pages there.
            return
        for entry in every:
            path = f"{within}/{entry.name}" if within else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name.startswith(_STAGING):
                    self.left.append(path)
                else:
                    self.folders.add(path)
                    self._walk(path)
            elif entry.is_file(follow_symlinks=False):
                self.stats[path] = entry.stat(follow_symlinks=False)
            else:
                self.odd.add(path)

    def _is_own(self, path: str, data: bytes) -> bool:
        """Whether a file says that rulepack wrote it, or the ledger says it of it."""
        suffix = PurePosixPath(path).suffix
        if path == LEDGER:
            return True
        if suffix in UNMARKED:
            return path in self.ledger
        mark = MARKS.get(suffix)
        return mark is not None and data.rstrip().rpartition(b"\n")[2] == mark.encode()

    def removed(self, wanted: Iterable[str]) -> list[str]:
        """The pages that rulepack wrote and wants no more.

        A file system may give back another spelling of a name than was written: such a file is the page itself.
        """
        wanted = dict.fromkeys(wanted)
        others = sorted(path for path in self.stats if path not in wanted)
        if not others:
            return []
        spellings = {spelling(path): path for path in wanted}
        found = []
        for path in others:
            if self._is_own(path, _tail(self.folder / path)):
                other = spellings.get(spelling(path))
                if other is None or not _same(self.folder / path, self.folder / other):
                    found.append(path)
        return found


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _tail(path: Path) -> bytes:
    """The end of a file, enough to see the mark."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 256))
            return file.read()
    except OSError:
        return b""
