"""A package on disk: written rule by rule, so that ten thousand take little more memory than ten; whole, or not."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from rulepack.errors import OutputError
from rulepack.fit import Standing
from rulepack.frozen import frozen
from rulepack.package.manifest import PackagedRule
from rulepack.stack import StackVersion

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
CHANGELOG = "CHANGELOG.md"
INDEX = "index.json"
# Kibana takes 10,485,760 bytes and fewer than 10,000 objects in one import, form data around the file included.
MOST_BYTES = 10_000_000
MOST_OBJECTS = 9_999

Payload = dict[str, Any]


@frozen
class Limits:
    """How large one file for Kibana's import may be."""

    bytes: int = MOST_BYTES
    objects: int = MOST_OBJECTS


# Made once: json.dumps would make them anew for each of half a million calls.
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_spaced = json.JSONEncoder(ensure_ascii=False).encode


def line(body: Payload) -> bytes:
    """A body as one line of NDJSON."""
    return _compact(body).encode("utf-8", "surrogatepass") + b"\n"


def pretty(body: Payload) -> bytes:
    """A body as JSON for people: a line for each field."""
    fields = (f"  {_spaced(name)}: {_spaced(value)}" for name, value in body.items())
    return ("{\n" + ",\n".join(fields) + "\n}\n").encode("utf-8", "surrogatepass")


def sums_of(digests: Mapping[str, str]) -> bytes:
    """SHA256SUMS for files by their paths, as `sha256sum --check` reads it: SHA-256 in hexadecimal, sorted by path."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())).encode()


class Folder:
    """A package's folder while it is being written: files by their paths in it, and a checksum of each."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sums: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """The SHA-256 of all that was written so far, in hexadecimal."""
        return hashlib.sha256(sums_of(self.sums)).hexdigest()

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file."""
        with self.open(path) as file:
            file.write(data)

    @contextmanager
    def open(self, path: str) -> Iterator[HashingFile]:
        """A file to write to, piece by piece."""
        file = self.begin(path)
        try:
            yield file
        finally:
            self.end(path, file)

    def begin(self, path: str) -> HashingFile:
        """Open a file; `end` closes it."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return HashingFile(target.open("wb"))

    def end(self, path: str, file: HashingFile) -> None:
        """Close a file, and note its checksum."""
        file.close()
        self.sums[path] = file.digest

    def rename(self, old: str, new: str) -> None:
        """Give a finished file another name."""
        (self.root / old).rename(self.root / new)
        self.sums[new] = self.sums.pop(old)

    def finish(self) -> None:
        """Write the checksums of all files."""
        (self.root / SUMS).write_bytes(sums_of(self.sums))


class HashingFile:
    """A file that is written, with its size and its checksum."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Write some bytes."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def close(self) -> None:
        """Write nothing more."""
        self._file.close()

    @property
    def digest(self) -> str:
        """The SHA-256 of all that was written, in hexadecimal."""
        return self._hash.hexdigest()


class StackFiles:
    """What Kibana imports for one stack version: rules.ndjson, or parts of it where that would be too large.

    Exception lists come first, so that the lists of a rule are there before the rule.
    """

    def __init__(self, folder: Folder, stack: StackVersion, limits: Limits) -> None:
        self.folder, self.stack, self.limits = folder, stack, limits
        self.parts: list[dict[str, Any]] = []
        self.left_out: list[Payload] = []
        self.reduced: list[Payload] = []
        self._file: HashingFile | None = None

    def add(self, kind: str, body: Payload) -> None:
        """Add an object: a rule, an exception list or an exception item (`kind` as the index counts them)."""
        self.add_line(kind, line(body))

    def add_line(self, kind: str, data: bytes) -> None:
        """Add an object that is a line already."""
        part = self.parts[-1] if self.parts else None
        if (
            part is None
            or part["objects"] >= self.limits.objects
            or (part["objects"] and part["bytes"] + len(data) > self.limits.bytes)
        ):
            part = self._begin()
        assert self._file is not None
        self._file.write(data)
        part["bytes"] += len(data)
        part["objects"] += 1
        part[kind] += 1

    def note(self, rule: PackagedRule) -> None:
        """Keep in the index what becomes of a rule that is not here, or not whole."""
        fit = rule.fit(self.stack)
        row: Payload = {"rule_id": rule.rule_id, "name": rule.name, "reasons": list(fit.reasons)}
        if fit.standing is Standing.LEFT_OUT:
            self.left_out.append({**row, "noted": fit.noted})
        elif fit.standing is Standing.REDUCED:
            self.reduced.append({**row, "dropped": list(fit.dropped)})

    def close(self) -> None:
        """Close the last part and write the index."""
        if not self.parts:
            self._begin()
        self._end()
        if len(self.parts) == 1:
            name = f"{self.stack}/rules.ndjson"
            self.folder.rename(self.parts[0]["file"], name)
            self.parts[0]["file"] = name
        parts = [{**part, "file": part["file"].partition("/")[2]} for part in self.parts]
        index = {"stack": str(self.stack), "parts": parts, "reduced": self.reduced, "left_out": self.left_out}
        self.folder.write(f"{self.stack}/{INDEX}", pretty(index))

    def abandon(self) -> None:
        """Close what is open, after a failure."""
        if self._file is not None:
            self._file.close()

    def _begin(self) -> dict[str, Any]:
        self._end()
        name = f"{self.stack}/rules-{len(self.parts) + 1:03}.ndjson"
        counts = dict.fromkeys(("bytes", "objects", "rules", "exception_lists", "exception_items"), 0)
        self.parts.append({"file": name, **counts})
        self._file = self.folder.begin(name)
        return self.parts[-1]

    def _end(self) -> None:
        if self._file is not None:
            self.folder.end(self.parts[-1]["file"], self._file)
            self._file = None


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder beside others in `out`, which whoever writes it puts in place with `put`; gone if that fails."""
    there = os.path.lexists(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".rulepack-", dir=out))
    except OSError as error:
        raise _cannot(out, error) from error
    try:
        yield temporary
    except OSError as error:
        raise _cannot(out, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not there:
            with suppress(OSError):
                out.rmdir()  # if nothing was put into it


def put(*pairs: tuple[Path, Path]) -> None:
    """Put finished folders and files in their places; what stood there before goes, if it is a package.

    Raises OutputError for anything else that stands in one of the places; then nothing is put anywhere.
    """
    for new, place in pairs:
        if place.is_symlink() or (place.exists() and not _is_own(place, new)):
            raise OutputError(
                f"{place} is in the way, and no package", "move it away, or name another folder with --out"
            )
    for new, place in pairs:
        _put(new, place)


def _put(new: Path, place: Path) -> None:
    if place.is_dir():
        old = place.with_name(f".rulepack-old-{place.name}")
        shutil.rmtree(old, ignore_errors=True)
        place.rename(old)
        try:
            new.rename(place)
        except BaseException:
            old.rename(place)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        new.replace(place)
    with suppress(OSError):
        # What mkdtemp made is for its owner only.
        umask = os.umask(0)
        os.umask(umask)
        place.chmod((0o777 if place.is_dir() else 0o666) & ~umask)


def _is_own(place: Path, new: Path) -> bool:
    if new.is_dir():
        return place.is_dir() and (place / SUMS).is_file() and (place / MANIFEST).is_file()
    try:
        with zipfile.ZipFile(place) as archive:
            names = {name.partition("/")[2] for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, ValueError, RuntimeError, EOFError):
        return False
    return {SUMS, MANIFEST} <= names


def _cannot(out: Path, error: OSError) -> OutputError:
    return OutputError(f"cannot write to {out}: {error.strerror or error}", "check that there is space and permission")


def write_rules(
    folder: Folder,
    stack: tuple[StackVersion, ...],
    objects: Iterable[tuple[str, Payload]],
    rules: Iterable[tuple[PackagedRule, Callable[[StackVersion], Payload]]],
    limits: Limits | None = None,
) -> Iterator[PackagedRule]:
    """Write all rules for all stack versions, and each newest body by itself; gives the rules as they are written.

    `objects` are the exception lists and items, each with how the index counts it.
    """
    files = [StackFiles(folder, one, limits or Limits()) for one in stack]
    try:
        for kind, body in objects:
            for file in files:
                file.add(kind, body)
        for rule, body_for in rules:
            newest: Payload | None = None
            data = b""
            for file in files if rule.fits else ():
                file.note(rule)
                if rule.fit(file.stack).standing is not Standing.LEFT_OUT:
                    body = body_for(file.stack)
                    # Nearly always it is the one that the stack version before has.
                    if body is not newest:
                        newest, data = body, line(body)
                    file.add_line("rules", data)
            if newest is not None:
                folder.write(rule.json, pretty(newest))
            yield rule
        for file in files:
            file.close()
    finally:
        for file in files:
            file.abandon()
