"""The .zip of a package: the same files give the same bytes, with any Python and any zlib, as nothing is compressed."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO

_FIRST = (1980, 1, 1, 0, 0, 0)
_LAST_YEAR = 2107
_REGULAR = 0o100644
_UNIX = 3

Moment = tuple[int, int, int, int, int, int]


def moment(created: str | None) -> Moment:
    """When all files of an archive say that they were made: the manifest's time, in UTC; 1980 where it has none."""
    if created is None:
        return _FIRST
    at = datetime.fromisoformat(created).astimezone(UTC)
    if not _FIRST[0] <= at.year <= _LAST_YEAR:
        return _FIRST
    return (at.year, at.month, at.day, at.hour, at.minute, at.second // 2 * 2)


def write_archive(target: BinaryIO, files: Iterable[tuple[str, IO[bytes], int]], at: Moment) -> None:
    """Write an archive of files, each with its name, what it is read from, and its size; sorted by name."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=True) as archive:
        for name, source, size in files:
            info = zipfile.ZipInfo(name, at)
            info.create_system = _UNIX
            info.external_attr = _REGULAR << 16
            info.file_size = size
            with archive.open(info, "w") as member:
                shutil.copyfileobj(source, member, 1 << 20)


def archive_folder(folder: Path, target: Path, top: str, at: Moment) -> None:
    """Write the archive of a folder, in which everything stands below a folder of the name `top`."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def opened() -> Iterable[tuple[str, IO[bytes], int]]:
        for path in paths:
            with (folder / path).open("rb") as file:
                yield f"{top}/{path}", file, (folder / path).stat().st_size

    with target.open("wb") as file:
        write_archive(file, opened(), at)
