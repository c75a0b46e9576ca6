"""The files of a package, in a folder or in an archive that is never unpacked; and which names none of them has."""

from __future__ import annotations

import json
import math
import os
import re
import stat
import zipfile
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn

from rulepack.diagnostics import Code
from rulepack.frozen import frozen
from rulepack.package.codes import RP711, RP712, RP713

# Ten thousand rules for five stack versions have half of that.
MOST_BYTES = 4 * 1024**3
MOST_FILES = 250_000
NO_PACKAGE = "name a folder or .zip that `rulepack package` wrote"
AGAIN = "fetch the package again from where it was published"
# Of a list of files at the end of an archive, which is read as a whole.
_MOST_DIRECTORY = 64 * 1024**2
# A value of JSON takes a few bytes in a file and a hundred in memory.
_MOST_VALUES = 2_000_000
_PARTS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[,\[{]', re.DOTALL)
_PLAIN = 0o100000
_END, _END_64, _LOCATOR = 22, 56, 20

Say = Callable[[Code, str, str], None]


class RefusedError(Exception):
    """Nothing more can be said about a package."""

    def __init__(self, code: Code, message: str, file: str = "", hint: str = AGAIN) -> None:
        super().__init__(message)
        self.code, self.message, self.file, self.hint = code, message, file, hint


@frozen(slots=False)
class Files:
    """The files of a package by their paths in it, in a folder or an archive; `sizes` are in bytes."""

    name: str
    sizes: Mapping[str, int]
    folder: Path | None = None
    archive: zipfile.ZipFile | None = None
    top: str = ""

    def open(self, path: str) -> IO[bytes]:
        """A file to read from."""
        if self.archive is not None:
            return self.archive.open(f"{self.top}/{path}")
        assert self.folder is not None
        return (self.folder / path).open("rb")

    def read(self, path: str, most: int) -> bytes:
        """The content of a file; raises ValueError where it has more than `most` bytes."""
        with self.open(path) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise ValueError(f"it has more than {most:,} bytes")
        return data


def read_json(data: bytes) -> Any:
    """The value of a JSON text; raises ValueError for any other, and for one that would take up much memory."""
    # What stands in texts is no value; but to look closer takes longer, and hardly any file wants it.
    if sum(map(data.count, (b",", b"[", b"{"))) > _MOST_VALUES and _values(data) > _MOST_VALUES:
        raise ValueError(f"it holds more than {_MOST_VALUES:,} values")
    try:
        return json.loads(data, parse_constant=_no_number, parse_float=_number)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _number(text: str) -> float:
    return float(text) if math.isfinite(float(text)) else _no_number(text[:20])


def _values(data: bytes) -> int:
    """About how many values a JSON text has; not many more than too many are counted."""
    return sum(match[0][:1] != b'"' for match in islice(_PARTS.finditer(data), 4 * _MOST_VALUES))


def files_of(path: Path, say: Say) -> Files:
    """The files of a package; `say` is told of each that none has. Raises RefusedError for what cannot be one."""
    if path.is_symlink() or not (path.is_dir() or path.is_file()):
        what = "a link" if path.is_symlink() else "neither a folder nor a file"
        raise RefusedError(RP713, f"this is {what}, and no package", hint=NO_PACKAGE)
    files = _folder(path, say) if path.is_dir() else _archive(path, say)
    if len(files.sizes) > MOST_FILES or sum(files.sizes.values()) > MOST_BYTES:
        raise RefusedError(RP712, f"it has {len(files.sizes):,} files of {sum(files.sizes.values()):,} bytes")
    for name in sorted(files.sizes):
        reason = unsafe(name)
        if reason is not None:
            say(RP712, f"the name {name!r} {reason}", "")
    return files


def unsafe(name: str) -> str | None:
    """Why a name is none that a file of a package has; None for a good one."""
    if "\\" in name or name[1:2] == ":" or any(part in ("..", ".", "") for part in name.split("/")):
        return "leads out of the package"
    return None if name.isprintable() else "holds a character that does not show"


def _folder(root: Path, say: Say) -> Files:
    sizes: dict[str, int] = {}
    seen = 0
    for place, folders, names in os.walk(root, onerror=_unreadable):
        for name in (*folders, *names):
            path = Path(place, name)
            found = path.lstat()
            shown = path.relative_to(root).as_posix()
            if stat.S_ISREG(found.st_mode):
                sizes[shown] = found.st_size
            elif not stat.S_ISDIR(found.st_mode):
                say(RP712, "this is a link or a device, which no package holds", shown)
        seen += len(folders) + len(names)
        if seen > 2 * MOST_FILES:
            raise RefusedError(RP712, f"it has more than {MOST_FILES:,} files")
    return Files(root.name, sizes, folder=root)


def _unreadable(error: OSError) -> None:
    raise error


def _archive(path: Path, say: Say) -> Files:
    _refuse_odd_end(path)
    archive = zipfile.ZipFile(path)
    infos = archive.infolist()
    top = infos[0].filename.partition("/")[0] if infos else ""
    sizes: dict[str, int] = {}
    if any(info.compress_type != zipfile.ZIP_STORED and not info.is_dir() for info in infos):
        message = "its files are compressed, as in no package: somebody packed it anew"
        raise RefusedError(RP712, message, hint="unpack it and verify the folder, or fetch the package again")
    for info in infos:
        folder, slash, name = info.filename.partition("/")
        mode = info.external_attr >> 16
        if unsafe(info.filename.removesuffix("/")) is not None:
            say(RP712, f"the name {info.filename!r} {unsafe(info.filename.removesuffix('/'))}", "")
        elif stat.S_IFMT(mode) not in (0, _PLAIN) or info.is_dir():
            say(RP712, f"{info.filename!r} is no regular file", "")
        elif info.file_size != info.compress_size:
            say(RP712, f"{info.filename!r} says two sizes", "")
        elif not slash or folder != top:
            say(RP712, f"{info.filename!r} is outside of the package's one folder", "")
        elif name in sizes:
            say(RP712, f"{info.filename!r} is there twice", "")
        else:
            sizes[name] = info.file_size
    if sum(sizes.values()) > path.stat().st_size:
        say(RP712, "its files would be larger than the archive", "")
    return Files(top, sizes, archive=archive, top=top)


def _refuse_odd_end(path: Path) -> None:
    """Raise RefusedError for an archive whose list of files is huge, or not where rulepack's are: at the very end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END - _LOCATOR - _END_64))
        tail = file.read()
        end, locator, end_64 = tail[-_END:], tail[-_END - _LOCATOR : -_END], tail[: -_END - _LOCATOR]
        if not end.startswith(b"PK\5\6") or len(end) != _END or not end.endswith(b"\0\0"):
            if zipfile.is_zipfile(path):
                raise RefusedError(RP711, "the archive does not end as rulepack ends one: something was added")
            raise RefusedError(RP713, "this is no .zip archive, or only the beginning of one", hint=NO_PACKAGE)
        length, last = int.from_bytes(end[12:16], "little"), size - _END
        if locator.startswith(b"PK\6\7"):
            last -= _LOCATOR + _END_64
            if not end_64.startswith(b"PK\6\6") or int.from_bytes(locator[8:16], "little") != last:
                raise RefusedError(RP711, "the archive does not end as rulepack ends one")
            length = int.from_bytes(end_64[40:48], "little")
        if length > min(last, _MOST_DIRECTORY):
            raise RefusedError(RP712, f"its list of files would have {length:,} bytes")
        file.seek(last - length)
        entries = file.read(length).count(b"PK\1\2")
        if entries > MOST_FILES:
            raise RefusedError(RP712, f"it has {entries:,} files")
