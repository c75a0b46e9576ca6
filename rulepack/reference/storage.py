"""Reference data on disk: gzipped JSON, read with care and written atomically, always to the same bytes."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import zlib
from typing import TYPE_CHECKING, Any

from rulepack.errors import DataError, OutputError

if TYPE_CHECKING:
    from pathlib import Path

# MITRE's largest bundle is about 50 MB; anything far beyond is a mistake, or a gzip made to fill the memory.
SIZE_LIMIT = 200_000_000
GZIP_MAGIC = b"\x1f\x8b"
FORMAT = 1


class UnreadableError(Exception):
    """Bytes that are not what they should be; whoever knows the file's name makes a `DataError` of it."""


def parse_json(content: bytes, size_limit: int = SIZE_LIMIT) -> Any:
    """JSON, gzipped or plain, as Python values; raises `UnreadableError` with the reason."""
    try:
        return json.loads(unpack(content, size_limit))
    except RecursionError as error:
        raise UnreadableError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise UnreadableError("it is not JSON (and not even text)") from error
    except ValueError as error:
        raise UnreadableError(f"it is not JSON ({error})") from error


def unpack(content: bytes, size_limit: int = SIZE_LIMIT) -> bytes:
    """The content without its gzip, if it has one; raises `UnreadableError` with the reason."""
    if content.startswith(GZIP_MAGIC):
        try:
            content = _gunzip(content, size_limit + 1)
        except EOFError as error:
            raise UnreadableError("its gzip ends too early") from error
        except zlib.error as error:
            raise UnreadableError(f"its gzip is damaged ({error})") from error
    if len(content) > size_limit:
        raise UnreadableError(f"it is larger than {size_limit / 1e6:.0f} MB")
    return content


def _gunzip(content: bytes, most: int) -> bytes:
    """What was packed, as far as the first `most` bytes; GzipFile would set aside that many from the beginning."""
    parts = []
    while content and most > 0:
        unpacker = zlib.decompressobj(wbits=31)
        parts.append(unpacker.decompress(content, most))
        most -= len(parts[-1])
        if most > 0 and not unpacker.eof:
            raise EOFError
        # A file may be several in a row, and padded at its end.
        content = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def read_bytes(path: Path) -> bytes:
    """The content of a data file; a `DataError` if there is none to read."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise damaged(path, "it is not a regular file")
        if found.st_size > SIZE_LIMIT:
            raise damaged(path, f"it is larger than {SIZE_LIMIT / 1e6:.0f} MB")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"reference data is missing: {path}", hint_for(path)) from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}", hint_for(path)) from error


def read_payload(path: Path, kind: str, hint: str | None = None) -> dict[str, Any]:
    """What `pack` was given: a `DataError` if the file is missing, damaged or another kind's, with the hint."""
    try:
        payload = parse_json(read_bytes(path))
    except UnreadableError as error:
        raise damaged(path, str(error), hint) from error
    if not isinstance(payload, dict) or payload.get("kind") != kind:
        raise damaged(path, f"it does not hold {kind} data", hint)
    if payload.get("format") != FORMAT:
        raise damaged(path, "another version of rulepack wrote it", hint)
    return payload


def damaged(path: Path, reason: str, hint: str | None = None) -> DataError:
    """The error for a data file that cannot be used."""
    return DataError(f"cannot use {path}: {reason}", hint or hint_for(path))


def hint_for(path: Path) -> str:
    """What to do about a data file that is missing or damaged."""
    kind = path.name.partition(".")[0]
    return (
        f"write it again with `rulepack reference update --{kind} FILE|URL`; "
        f"if it is the {path.name} that rulepack brings along, install rulepack again"
    )


def pack(kind: str, content: dict[str, Any]) -> bytes:
    """Gzipped JSON; the same content gives the same bytes."""
    payload = {"format": FORMAT, "kind": kind, **content}
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":")) + "\n"
    packed = io.BytesIO()
    # No time and no file name in the header: they would make every build differ.
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(text.encode())
    return packed.getvalue()


def write_bytes(path: Path, content: bytes) -> None:
    """Put the file in place at once: a reader sees the old content or the new, never half of it."""
    # Opened by hand, not with tempfile: that would leave the file unreadable for others.
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                file.write(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}", "check that the folder may be written to"
        ) from error


def one_line(text: str, most: int = 60) -> str:
    """A foreign text for a message: on one line, without characters that do not show, and not longer than `most`."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in text[: most + 1])
    return shown if len(text) <= most else f"{shown[: most - 1]}…"
