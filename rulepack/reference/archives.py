"""Packages as they are published, a zip or a folder: their files within limits, and nothing written anywhere."""

from __future__ import annotations

import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from rulepack.reference.storage import UnreadableError, one_line

# Far more than Elastic's largest package has; what is beyond was made to fill memory or time.
MOST_FILES = 50_000
MOST_BYTES = 4_000_000
MOST_BYTES_IN_ALL = 100_000_000
_FOLDERS_DEEP = 12
# What zipfile and the unpackers below it raise for damaged files; RuntimeError is for passwords and unknown methods.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError),
    *(RuntimeError, IndexError, KeyError, OverflowError),
)


class Files(Protocol):
    """The files of one package by their path in it, with `/`."""

    def names(self) -> tuple[str, ...]:
        """All paths, sorted."""

    def read(self, name: str) -> bytes:
        """The content of a file; raises `UnreadableError` with the reason."""


@dataclass(slots=True)
class _Allowance:
    """How much may still be read of a package."""

    left: int = MOST_BYTES_IN_ALL

    def take(self, name: str, size: int) -> None:
        self.left -= size
        if size > MOST_BYTES:
            raise UnreadableError(f"{one_line(name)} in it is larger than {MOST_BYTES // 1_000_000} MB")
        if self.left < 0:
            raise UnreadableError(f"it is larger than {MOST_BYTES_IN_ALL // 1_000_000} MB")


class ZippedFiles:
    """The files of a zip, without the folder `NAME-VERSION/` that all of them are in."""

    def __init__(self, content: bytes) -> None:
        self._allowance = _Allowance()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
            entries = self._zip.infolist()
        except _DAMAGE as error:
            raise UnreadableError(f"it is no zip that can be read ({one_line(str(error))})") from error
        if len(entries) > MOST_FILES:
            raise UnreadableError(f"it holds more than {MOST_FILES} files")
        for entry in entries:
            _refuse(entry)
        tops = {entry.filename.split("/")[0] for entry in entries}
        top = f"{tops.pop()}/" if len(tops) == 1 else ""
        files = (entry for entry in entries if not entry.is_dir())
        self._entries = {entry.filename.removeprefix(top): entry for entry in files}

    def names(self) -> tuple[str, ...]:
        """All paths, sorted."""
        return tuple(sorted(self._entries))

    def read(self, name: str) -> bytes:
        """The content of a file, however large the zip says that it is."""
        try:
            with self._zip.open(self._entries[name]) as file:
                content = file.read(MOST_BYTES + 1)
        except _DAMAGE as error:
            raise UnreadableError(f"{one_line(name)} in it cannot be read ({one_line(str(error))})") from error
        self._allowance.take(name, len(content))
        return content


class FolderFiles:
    """The files below a folder; links are refused, since they may lead anywhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._allowance = _Allowance()

    def names(self) -> tuple[str, ...]:
        """All paths, sorted."""
        return tuple(sorted(self._walk()))

    def read(self, name: str) -> bytes:
        """The content of a file."""
        path = self._folder / name
        try:
            # Nothing is opened that could wait for ever, as a pipe would.
            if not stat.S_ISREG(path.lstat().st_mode):
                raise UnreadableError(f"{one_line(name)} in it is not a regular file")
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            raise UnreadableError(f"{one_line(name)} in it cannot be read ({error})") from error
        self._allowance.take(name, len(content))
        return content

    def _walk(self) -> Iterator[str]:
        count = 0
        for folder, folders, files in os.walk(self._folder):
            inside = Path(folder).relative_to(self._folder)
            folders[:] = [] if len(inside.parts) > _FOLDERS_DEEP else sorted(each for each in folders if each[0] != ".")
            for name in files:
                count += 1
                if count > MOST_FILES:
                    raise UnreadableError(f"it holds more than {MOST_FILES} files")
                yield (inside / name).as_posix()


def _refuse(entry: zipfile.ZipInfo) -> None:
    """Stop at what no published package holds: ways out of the folder, and links."""
    path = PurePosixPath(entry.filename)
    odd = "\\" in entry.filename or not entry.filename.isprintable()
    if odd or not path.parts or path.is_absolute() or ".." in path.parts:
        raise UnreadableError(f"a file in it leads out of it: {one_line(entry.filename)}")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableError(f"a file in it is a link: {one_line(entry.filename)}")
