"""Writing files: whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from rulepack.errors import OutputError

_HINTS = {
    errno.ENOSPC: "free some space there, or write elsewhere",
    errno.EISDIR: "name a file, not a folder",
    errno.EEXIST: "a file is where a folder must be: move it away, or write elsewhere",
    errno.ENOTDIR: "a file is where a folder must be: move it away, or write elsewhere",
    errno.ENAMETOOLONG: "choose a shorter name",
}


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
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".rulepack-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            # What mkstemp made is for its owner only; give it the rights that any new file here would have.
            umask = os.umask(0)
            os.umask(umask)
            Path(temporary).chmod(0o666 & ~umask)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "check that the folder is there and writable")
        raise OutputError(f"cannot write {path}: {error.strerror or error}", hint) from error
