"""Pages to docs-out: write what changed, drop what is gone, or only compare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rulepack.diagnostics import Diagnostic
from rulepack.docs.page import Page, spelling
from rulepack.errors import OutputError
from rulepack.files import write_text
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


def write_pages(pages: tuple[Page, ...], folder: Path, *, dry_run: bool = False) -> Written:
    """Make a folder hold just these pages, besides files that are not rulepack's.

    Pages that are there already are not touched. Raises OutputError, before anything is written, when a file that
    rulepack did not write is in the way of a page.
    """
    wanted = {page.path: _marked(page) for page in pages}
    added, changed, unchanged = [], [], []
    for path, text in wanted.items():
        old = _read(folder, path)
        if old is None:
            added.append(path)
        # Git may check files out with other line ends; that makes no page stale.
        elif old.replace(b"\r\n", b"\n") == text.encode("utf-8", "backslashreplace"):
            unchanged.append(path)
        else:
            changed.append(path)
    removed = _removed(folder, wanted)
    if not dry_run:
        for path in (*added, *changed):
            write_text(folder / path, wanted[path])
        for path in removed:
            _remove(folder, path)
    return Written(tuple(sorted(added)), tuple(sorted(changed)), tuple(sorted(removed)), tuple(sorted(unchanged)))


def _marked(page: Page) -> str:
    """The page's text with the mark as its last line."""
    path = PurePosixPath(page.path)
    if path.is_absolute() or ".." in path.parts or path.suffix not in MARKS:
        kinds = ", ".join(MARKS)
        raise OutputError(
            f"a template cannot write {page.path}", f"pages are files within docs-out of the kinds {kinds}"
        )
    return f"{page.text.rstrip()}\n\n{MARKS[path.suffix]}\n"


def _read(folder: Path, path: str) -> bytes | None:
    """The bytes of a page that is there already; refuses what rulepack did not write."""
    target = folder / path
    try:
        for place in (*(folder / parent for parent in reversed(PurePosixPath(path).parents)), target):
            if place.is_symlink():
                raise OutputError(f"{place} is a link, and rulepack does not write through links", "remove the link")
            if not place.exists():
                return None
            if not (place.is_file() if place == target else place.is_dir()):
                raise OutputError(f"{place} is in the way of a page", "move it away")
        data = target.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read {target}: {error.strerror or error}", "check the folder's rights") from error
    if not _is_own(data, target.suffix):
        raise OutputError(
            f"{target} was not written by rulepack and is in the way of a page", "move it away, or rename the rule"
        )
    return data


def _is_own(data: bytes, suffix: str) -> bool:
    """Whether a file's last line is the mark."""
    mark = MARKS.get(suffix)
    return mark is not None and data.rstrip().rpartition(b"\n")[2] == mark.encode()


def _removed(folder: Path, wanted: dict[str, str]) -> list[str]:
    """The pages that rulepack wrote and wants no more.

    A file system may give back another spelling of a name than was written: such a file is the page itself.
    """
    spellings = {spelling(path): path for path in wanted}
    found = []
    for path in _own_pages(folder):
        if path not in wanted:
            other = spellings.get(spelling(path))
            if other is None or not (folder / other).exists() or not (folder / path).samefile(folder / other):
                found.append(path)
    return found


def _own_pages(folder: Path) -> Iterator[str]:
    """Every page in the folder that rulepack wrote."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not Path(place, name).is_symlink())
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix in MARKS and not path.is_symlink() and path.is_file() and _is_own(_tail(path), path.suffix):
                yield path.relative_to(folder).as_posix()


def _tail(path: Path) -> bytes:
    """The end of a file, enough to see the mark."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 256))
            return file.read()
    except OSError:
        return b""


def _remove(folder: Path, path: str) -> None:
    """Delete a page, and the folders that it leaves empty."""
    target = folder / path
    try:
        target.unlink()
        for parent in target.parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()
    except OSError as error:
        raise OutputError(f"cannot delete {target}: {error.strerror or error}", "check the folder's rights") from error
