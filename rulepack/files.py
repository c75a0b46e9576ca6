"""Reading files with care, and writing them: whole or not at all."""

from __future__ import annotations

import errno
import math
import os
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

from rulepack.errors import OutputError

MAX_BYTES = 4 * 1024 * 1024

HINTS = {
    errno.ENOSPC: "free some space there, or write elsewhere",
    errno.EISDIR: "name a file, not a folder",
    errno.EEXIST: "a file is where a folder must be: move it away, or write elsewhere",
    errno.ENOTDIR: "a file is where a folder must be: move it away, or write elsewhere",
    errno.ENAMETOOLONG: "choose a shorter name",
}


class Unread(NamedTuple):
    """Why a file was not read, and what to do."""

    reason: str
    hint: str


def read_bytes(path: Path, root: Path | None = None, *, most: int = MAX_BYTES) -> bytes | Unread:
    """The bytes of a file, or why it was not read. Opens nothing but regular files of at most `most` bytes.

    A file that lies outside `root`, where a link leads, is not read.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 (of each file in each run)
        if root is not None and not _is_inside(path, root):
            return Unread(
                "the file is outside the project, where a symlink leads", "put a copy of the file in its place"
            )
        if stat.S_ISDIR(found.st_mode):
            return Unread("this is a folder, not a file", "give the folder a name that does not end in .toml")
        if not stat.S_ISREG(found.st_mode):
            kind = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}.get(stat.S_IFMT(found.st_mode), "a device")
            return Unread(f"this is {kind}, not a regular file", "remove it, or put a TOML file in its place")
        if found.st_size > most:
            return _too_large(found.st_size, most)
        with open(path, "rb") as opened:  # noqa: PTH123 (the same)
            content = opened.read(found.st_size + 1)
            if len(content) > found.st_size:  # it grew, or is in /proc, where all files say that they are empty
                content += opened.read(most)
    except (OSError, ValueError) as error:
        return _os_refusal(path, error)
    return content if len(content) <= most else _too_large(len(content), most)


def _is_inside(path: Path, root: Path) -> bool:
    place, inner = os.fspath(root), os.fspath(path)
    if inner.startswith(place.rstrip(os.sep) + os.sep) and os.pardir not in inner:
        # Where nothing on the way is a link, nothing leads out; that is told in a third of the time.
        for part in inner[len(place) :].lstrip(os.sep).split(os.sep):  # noqa: PTH206 (the same reason)
            place = f"{place}{os.sep}{part}"
            found = os.lstat(place)
            if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", False):
                break
        else:
            return True
    real, top = os.path.realpath(path, strict=True), os.path.realpath(root)
    return real.startswith(top.rstrip(os.sep) + os.sep)


def _too_large(size: int, most: int) -> Unread:
    megabytes, limit = math.ceil(size / 1024**2 * 10) / 10, most // 1024**2
    hint = "a rule file holds one rule: split it" if most == MAX_BYTES else "is it the file that was meant?"
    return Unread(f"the file has {megabytes} MB; the limit is {limit} MB", hint)


def _os_refusal(path: Path, error: OSError | ValueError) -> Unread:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOENT and path.is_symlink():
        return Unread("the symlink leads to a file that does not exist", "correct or remove the symlink")
    if number == errno.ELOOP:
        return Unread("the symlink leads in a circle", "correct or remove the symlink")
    if number in (errno.ENOENT, errno.ENOTDIR):
        return Unread("the file does not exist", "check the path; it may have been renamed or removed")
    if number in (errno.EACCES, errno.EPERM):
        return Unread("no permission to read the file", "allow reading, for example with `chmod u+r`")
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Unread(f"the file cannot be read: {reason}", "check the path and the disk")


def write_text(path: Path, text: str) -> None:
    """Write a file as UTF-8, in one step: a reader sees the old text or the new one, never half.

    Missing folders are made. Raises OutputError when it cannot be written.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            # A terminal or a pipe, such as /dev/stdout: there is nothing to replace.
            path.write_bytes(data)
            return
        # Any new file here would have these rights.
        umask = os.umask(0)
        os.umask(umask)
        _replace(path, data, 0o666 & ~umask)
    except OSError as error:
        hint = HINTS.get(error.errno or 0, "check that the folder is there and writable")
        raise OutputError(f"cannot write {path}: {error.strerror or error}", hint) from error


def rewrite(path: Path, before: str, after: str) -> None:
    """Give a file another text in place of the one it has, in one step; its rights stay, and a link stays a link.

    Raises OutputError when it cannot be written; when it is read-only, for replacing it would get around that; and
    when it does not hold the text `before` any more.
    """
    try:
        real = Path(os.path.realpath(path, strict=True))
        mode = stat.S_IMODE(real.stat().st_mode)
        if not mode & 0o222 or not os.access(real, os.W_OK):
            raise OutputError(f"cannot write {path}: the file is read-only", "allow writing, for example `chmod u+w`")
        if real.read_bytes() != before.encode():
            raise OutputError(f"cannot write {path}: it has changed meanwhile", "run the command again")
        _replace(real, after.encode(), mode)
    except OSError as error:
        hint = HINTS.get(error.errno or 0, "check that the file is there and its folder writable")
        raise OutputError(f"cannot write {path}: {error.strerror or error}", hint) from error


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Put a file in place at once; nothing is left behind when that fails."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".rulepack-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        # What mkstemp made is for its owner only.
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
