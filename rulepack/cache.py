"""What an unchanged file said last time, kept from run to run; without it all is the same, but slower.

A cache is input: whoever could write into it could make a broken rule look clean. It is therefore in the user's own
cache folder, never in the project, where a pull request could bring one along.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from rulepack import __version__

PACKAGE = Path(__file__).parent
# How long to wait for another rulepack that writes; it is only a cache.
_PATIENCE = 1.0
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS about (fingerprint TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS said (file TEXT PRIMARY KEY, digest BLOB NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID",
)


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Where caches are: RULEPACK_CACHE_DIR, or `rulepack` in the user's cache folder; None where there is no home."""
    named = environment.get("RULEPACK_CACHE_DIR")
    if named:
        return Path(named)
    base = environment.get("XDG_CACHE_HOME") or environment.get("LOCALAPPDATA")
    if base and Path(base).is_absolute():
        return Path(base) / "rulepack"
    with contextlib.suppress(RuntimeError):
        return Path.home() / ".cache" / "rulepack"
    return None


def digest_of(content: bytes) -> bytes:
    """What tells one content of a file from another."""
    return hashlib.blake2b(content, digest_size=20).digest()


def digest_of_code() -> str:
    """Changes with any file of rulepack itself."""
    code = hashlib.blake2b(__version__.encode(), digest_size=16)
    for folder, folders, files in os.walk(PACKAGE):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            found = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 (a thousand times, in each run)
            code.update(f"{name}:{found.st_size}:{found.st_mtime_ns};".encode())
    return code.hexdigest()


def seal_of(digest: bytes, answer: str) -> bytes:
    """Tells whether an answer is the one that a content was given: a disk may lose a bit, which SQLite does not see."""
    return digest_of(digest + answer.encode("utf-8", "surrogatepass"))


class Cache:
    """The answers of one project. `fingerprint` stands for all else that they depend on; others are forgotten.

    Nothing is raised: what cannot be read is not there, and what cannot be written is not kept. Answers are texts, and
    whoever reads them must take them for what they are: something that was on a disk.
    """

    def __init__(self, folder: Path, project: Path, fingerprint: str, kind: str = "") -> None:
        name = hashlib.blake2b(os.fsencode(project), digest_size=8).hexdigest()
        self.path = folder / f"{project.name or 'pack'}-{name}{kind}.sqlite"
        self.fingerprint = fingerprint
        self._known = dict(self._read())
        self._new: dict[str, tuple[bytes, str]] = {}

    def get(self, file: str, digest: bytes) -> str | None:
        """What a file with that content said, or None."""
        seal, answer = self._known.get(file, (b"", ""))
        return answer if seal == seal_of(digest, answer) else None

    def put(self, file: str, digest: bytes, answer: str) -> None:
        """Remember what a file said; `save` keeps it. A name that is no Unicode cannot be kept."""
        if not any("\ud800" <= char <= "\udfff" for char in file):
            self._new[file] = (seal_of(digest, answer), answer)

    def save(self, present: set[str] | None = None) -> None:
        """Write what is new. With `present`, the files that there are now, what others said is forgotten."""
        gone = set() if present is None else self._known.keys() - present
        if not self._new and not gone:
            return
        with contextlib.suppress(sqlite3.Error, OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._write(gone)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise  # locked, read-only, disk full
                self.path.unlink()
                self._write(gone)

    def _read(self) -> Iterator[tuple[str, tuple[bytes, str]]]:
        try:
            if not self.path.is_file():
                return
            # Read-only, so that looking never makes a file or waits for a writer.
            with contextlib.closing(
                sqlite3.connect(f"{self.path.as_uri()}?mode=ro", timeout=_PATIENCE, uri=True)
            ) as db:
                if db.execute("SELECT fingerprint FROM about").fetchall() != [(self.fingerprint,)]:
                    return
                rows = db.execute("SELECT file, digest, answer FROM said").fetchall()
        except (sqlite3.Error, OSError, ValueError):
            return
        for file, digest, answer in rows:
            if isinstance(file, str) and isinstance(digest, bytes) and isinstance(answer, str):
                yield file, (digest, answer)

    def _write(self, gone: set[str]) -> None:
        with contextlib.closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as db:
            # Losing the last run's answers in a power failure costs a second; waiting for the disk costs one each time.
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                db.execute(statement)
            if db.execute("SELECT fingerprint FROM about").fetchall() != [(self.fingerprint,)]:
                db.execute("DELETE FROM about")
                db.execute("DELETE FROM said")
                db.execute("INSERT INTO about VALUES (?)", (self.fingerprint,))
            db.executemany("DELETE FROM said WHERE file = ?", [(file,) for file in gone])
            rows = [(file, digest, answer) for file, (digest, answer) in self._new.items()]
            db.executemany("INSERT OR REPLACE INTO said VALUES (?, ?, ?)", rows)
            db.execute("COMMIT")
