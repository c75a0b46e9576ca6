"""A package read back: every file held against its checksum, and nothing taken that rulepack does not write itself."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from rulepack.diagnostics import MOST, Code, Diagnostic, Span, sort
from rulepack.errors import PackageError
from rulepack.frozen import frozen
from rulepack.package.archive import moment, write_archive
from rulepack.package.codes import RP711, RP713, RP714
from rulepack.package.consistent import MOST_LINE, SIGNATURE, contradictions, objects, parts_of
from rulepack.package.files import AGAIN, MOST_FILES, NO_PACKAGE, Files, RefusedError, files_of, read_json
from rulepack.package.manifest import ForeignError, Manifest, PackagedRule, parse_manifest
from rulepack.package.write import MANIFEST, SUMS, sums_of
from rulepack.stack import StackVersion

Payload = dict[str, Any]

_MOST_SUMS = 64 * 1024**2
# A hundred thousand rules have half of that.
_MOST_MANIFEST = 128 * 1024**2
_SUM = re.compile(r"([0-9a-f]{64})  ([^\x00-\x1f\\]+)")
_CHUNK = 1 << 20
_MAKE = "make it again with `rulepack package`"


@frozen(slots=False)
class PackageFile:
    """A package: its manifest, where its bodies are, and the checksums that they have."""

    manifest: Manifest
    files: Files
    signatures: tuple[str, ...] = ()
    sums: Mapping[str, str] | None = None

    @property
    def rendered_sums(self) -> bytes:
        """SHA256SUMS as it was when it was verified."""
        return sums_of(self.sums or {})

    def bodies(self, stack: StackVersion) -> Iterator[Payload]:
        """Every object for a stack version, in the order of the files: exception lists, their items, rules.

        Raises PackageError where a file is not the one that was verified.
        """
        self._same(f"{stack}/index.json")
        for path in parts_of(self.files, stack):
            self._same(path)
            yield from objects(self.files, path)

    def newest(self, rule: PackagedRule) -> Payload:
        """The body of a rule for the newest stack version that it fits; {} for a rule without one."""
        body: Payload = read_json(self.files.read(rule.json, MOST_LINE)) if rule.json else {}
        return body

    def _same(self, path: str) -> None:
        if self.sums is not None and _digest(self.files, path) != self.sums.get(path):
            raise PackageError(f"{path} has changed since the package was verified", "let nobody write to it")


@frozen
class Verified:
    """What a look at a package gave: the package if nothing is wrong with it, or else what is."""

    package: PackageFile | None
    diagnostics: tuple[Diagnostic, ...] = ()
    files: int = 0


def looks_like_package(path: Path) -> bool:
    """Whether a path is meant as a package: a .zip, or a folder with a manifest or checksums."""
    return path.suffix.lower() == ".zip" or any(os.path.isfile(path / one) for one in (MANIFEST, SUMS))  # noqa: PTH113 (never raises)


def verify(path: Path) -> Verified:
    """Read a package, a folder or a .zip, and hold everything in it against everything else; nothing is unpacked.

    Whatever is wrong is in the result, at the file that it is about.
    """
    reader = _Reader(path)
    package = reader.read()
    return Verified(None if reader.found else package, sort(reader.found), reader.count)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[Diagnostic] = []
        self.count = 0

    def say(self, code: Code, message: str, file: str = "", hint: str = AGAIN) -> None:
        if len(self.found) < MOST:
            span = Span(f"{self.path}/{file}" if file else str(self.path))
            self.found.append(Diagnostic(code, message, span, hint, severity=code.severity))

    def read(self) -> PackageFile | None:
        try:
            return self._read()
        except RefusedError as error:
            self.say(error.code, error.message, error.file, error.hint)
        except (OSError, zipfile.BadZipFile, ValueError, RuntimeError, EOFError) as error:
            self.say(RP711, f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return None

    def _read(self) -> PackageFile | None:
        files = files_of(self.path, self.say)
        self.count = len(files.sizes)
        if self.found:
            return None
        if SUMS not in files.sizes:
            raise RefusedError(RP713, f"there is no {SUMS}, so this is no package", hint=NO_PACKAGE)
        sums = _sums(files)
        self._hold_against(files, sums)
        manifest = _manifest(files)
        signatures = tuple(sorted(name for name in files.sizes if SIGNATURE.fullmatch(name)))
        if not self.found:
            self._consistent(manifest, files)
        if not self.found and files.archive is not None:
            self._canonical(manifest, files)
        return PackageFile(manifest, files, signatures, sums)

    def _hold_against(self, files: Files, sums: Mapping[str, str]) -> None:
        for name in sorted(sums.keys() - files.sizes.keys()):
            self.say(RP711, "the file is missing", name)
        for name in sorted(files.sizes.keys() - sums.keys() - {SUMS}):
            if SIGNATURE.fullmatch(name) is None:
                self.say(RP711, f"{SUMS} does not name this file", name, "remove it, if you put it there")
        for name in sorted(sums.keys() & files.sizes.keys()):
            try:
                right = _digest(files, name) == sums[name]
            except (OSError, zipfile.BadZipFile, RuntimeError, EOFError) as error:
                self.say(RP711, f"the file cannot be read: {getattr(error, 'strerror', None) or error}", name)
                continue
            if not right:
                self.say(RP711, f"the file is not the one that {SUMS} names: its content is another", name)

    def _consistent(self, manifest: Manifest, files: Files) -> None:
        try:
            for one in contradictions(manifest, files):
                self.say(one.code, one.message, one.file, _MAKE)
        except ValueError as error:
            # The checksums are right: somebody made it so.
            self.say(RP714, f"something in it is not as rulepack writes it: {error}", hint=_MAKE)

    def _canonical(self, manifest: Manifest, files: Files) -> None:
        """Hold an archive against the one that rulepack would write: what is in no file of it counts as well."""
        at = moment(manifest.created)

        def members() -> Iterator[tuple[str, IO[bytes], int]]:
            for name in sorted(files.sizes):
                with files.open(name) as file:
                    yield f"{files.top}/{name}", file, files.sizes[name]

        with tempfile.TemporaryFile() as ours, self.path.open("rb") as theirs:
            write_archive(ours, members(), at)
            ours.seek(0)
            if files.top != manifest.name or not _same(ours, theirs):
                self.say(RP711, "the archive is not as rulepack writes it: something besides its files was changed")


def _sums(files: Files) -> dict[str, str]:
    sums: dict[str, str] = {}
    try:
        text = files.read(SUMS, _MOST_SUMS).decode()
    except ValueError as error:
        raise RefusedError(RP711, f"cannot be read: {error}", SUMS) from None
    if text.count("\n") > MOST_FILES:
        raise RefusedError(RP711, f"it names more than {MOST_FILES:,} files", SUMS)
    for number, row in enumerate(text.removesuffix("\n").split("\n"), 1):
        match = _SUM.fullmatch(row)
        if match is None or match[2] in sums:
            raise RefusedError(RP711, f"line {number} is no checksum of a file, or one too many", SUMS)
        sums[match[2]] = match[1]
    if "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())) != text:
        raise RefusedError(RP711, "its lines are not as rulepack writes them", SUMS)
    return sums


def _manifest(files: Files) -> Manifest:
    if MANIFEST not in files.sizes:
        raise RefusedError(RP713, f"there is no {MANIFEST}, so this is no package", hint=NO_PACKAGE)
    try:
        return parse_manifest(read_json(files.read(MANIFEST, _MOST_MANIFEST)))
    except ForeignError as error:
        hint = "update rulepack, if a newer one made the package"
        raise RefusedError(RP713, f"{MANIFEST} cannot be used: {error}", MANIFEST, hint) from None
    except ValueError as error:
        raise RefusedError(RP713, f"{MANIFEST} is no JSON that can be used: {error}", MANIFEST) from None


def _digest(files: Files, name: str) -> str:
    digest = hashlib.sha256()
    with files.open(name) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _same(one: IO[bytes], other: IO[bytes]) -> bool:
    while True:
        ours, theirs = one.read(_CHUNK), other.read(_CHUNK)
        if ours != theirs:
            return False
        if not ours:
            return True
