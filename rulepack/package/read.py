"""A package read back: every file held against its checksum, and nothing taken that rulepack does not write itself."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

from rulepack.diagnostics import MOST, Code, Diagnostic, Span, sort
from rulepack.fit import Standing
from rulepack.frozen import frozen
from rulepack.package.archive import moment, write_archive
from rulepack.package.codes import RP711, RP712, RP713, RP714
from rulepack.package.manifest import ForeignError, Manifest, PackagedRule, parse_manifest
from rulepack.package.write import INDEX, MANIFEST, SUMS
from rulepack.stack import StackVersion

Payload = dict[str, Any]

# Ten thousand rules for five stack versions have half of that.
MOST_BYTES = 4 * 1024**3
MOST_FILES = 250_000
# The largest rule file has four megabytes; escapes of JSON make more of them.
_MOST_LINE = 32 * 1024**2
_MOST_SUMS = 64 * 1024**2
_SUM = re.compile(r"([0-9a-f]{64})  ([^\x00-\x1f\\]+)")
_SIGNATURE = re.compile(rf"{SUMS}\.[A-Za-z0-9.]{{1,20}}")
_CHUNK = 1 << 20
_AGAIN = "fetch the package again from where it was published"
_PLAIN = 0o100000


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


@frozen(slots=False)
class PackageFile:
    """A package: its manifest, and where its bodies are."""

    manifest: Manifest
    files: Files
    signatures: tuple[str, ...] = ()

    def bodies(self, stack: StackVersion) -> Iterator[Payload]:
        """Every object for a stack version, in the order of the files: exception lists, their items, rules."""
        index = json.loads(self.files.read(f"{stack}/{INDEX}", _MOST_SUMS))
        for part in index["parts"]:
            path = f"{stack}/{part['file']}"
            if self.files.sizes[path] > _MOST_LINE:
                raise ValueError(f"{path} has more bytes than Kibana would take")
            with self.files.open(path) as file:
                for line in file:
                    yield json.loads(line)

    def newest(self, rule: PackagedRule) -> Payload:
        """The body of a rule for the newest stack version that it fits; {} for a rule without one."""
        body: Payload = json.loads(self.files.read(rule.json, _MOST_LINE)) if rule.json else {}
        return body


@frozen
class Verified:
    """What a look at a package gave: the package if nothing is wrong with it, or else what is."""

    package: PackageFile | None
    diagnostics: tuple[Diagnostic, ...] = ()
    files: int = 0


def looks_like_package(path: Path) -> bool:
    """Whether a path is meant as a package: a .zip, or a folder with a manifest or checksums."""
    return path.suffix.lower() == ".zip" or (path.is_dir() and any((path / one).is_file() for one in (MANIFEST, SUMS)))


def verify(path: Path) -> Verified:
    """Read a package, a folder or a .zip, and hold everything in it against everything else; nothing is unpacked.

    Whatever is wrong is in the result, at the file that it is about.
    """
    reader = _Reader(path)
    package = reader.read()
    return Verified(None if reader.found else package, sort(reader.found), reader.count)


class _RefusedError(Exception):
    """Nothing more can be said about a package."""


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[Diagnostic] = []
        self.count = 0

    def say(self, code: Code, message: str, file: str = "", hint: str = _AGAIN) -> None:
        if len(self.found) < MOST:
            span = Span(f"{self.path}/{file}" if file else str(self.path))
            self.found.append(Diagnostic(code, message, span, hint, severity=code.severity))

    def refuse(self, code: Code, message: str, file: str = "", hint: str = _AGAIN) -> _RefusedError:
        self.say(code, message, file, hint)
        return _RefusedError()

    def read(self) -> PackageFile | None:
        try:
            files = self._files()
            self.count = len(files.sizes)
            sums = self._sums(files)
            self._hold_against(files, sums)
            manifest = self._manifest(files)
            signatures = tuple(sorted(name for name in files.sizes if _SIGNATURE.fullmatch(name)))
            package = PackageFile(manifest, files, signatures)
            if not self.found:
                self._consistent(package, set(sums))
                self._canonical(package)
        except _RefusedError:
            return None
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            self.say(RP714, f"something in it is not as rulepack writes it: {error!r}")
            return None
        except (OSError, zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError, EOFError) as error:
            self.say(RP711, f"cannot be read: {getattr(error, 'strerror', None) or error}")
            return None
        return package

    # Which files there are

    def _files(self) -> Files:
        if self.path.is_symlink() or not (self.path.is_dir() or self.path.is_file()):
            hint = "name a folder or .zip that `rulepack package` wrote"
            what = "a link" if self.path.is_symlink() else "neither a folder nor a file"
            raise self.refuse(RP713, f"this is {what}, and no package", hint=hint)
        files = self._folder() if self.path.is_dir() else self._archive()
        if len(files.sizes) > MOST_FILES or sum(files.sizes.values()) > MOST_BYTES:
            raise self.refuse(RP712, f"it has {len(files.sizes):,} files of {sum(files.sizes.values()):,} bytes")
        for name in sorted(files.sizes):
            reason = _unsafe(name)
            if reason is not None:
                self.say(RP712, f"the name {name!r} {reason}")
        if self.found:
            raise _RefusedError
        if SUMS not in files.sizes:
            hint = "name a folder or .zip that `rulepack package` wrote"
            raise self.refuse(RP713, f"there is no {SUMS}, so this is no package", hint=hint)
        return files

    def _folder(self) -> Files:
        sizes: dict[str, int] = {}
        for place, folders, names in os.walk(self.path):
            for name in (*folders, *names):
                path = Path(place, name)
                found = path.lstat()
                shown = path.relative_to(self.path).as_posix()
                if stat.S_ISREG(found.st_mode):
                    sizes[shown] = found.st_size
                elif not stat.S_ISDIR(found.st_mode):
                    self.say(RP712, "this is a link or a device, which no package holds", shown)
            if len(sizes) > MOST_FILES:
                break
        return Files(self.path.name, sizes, folder=self.path)

    def _archive(self) -> Files:
        if not zipfile.is_zipfile(self.path):
            raise self.refuse(
                RP713, "this is no .zip archive", hint="name a folder or .zip that `rulepack package` wrote"
            )
        archive = zipfile.ZipFile(self.path)
        infos = archive.infolist()
        if len(infos) > MOST_FILES:
            raise self.refuse(RP712, f"it has {len(infos):,} files")
        top = infos[0].filename.partition("/")[0] if infos else ""
        sizes: dict[str, int] = {}
        for info in infos:
            folder, slash, name = info.filename.partition("/")
            mode = info.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, _PLAIN) or info.is_dir():
                self.say(RP712, f"{info.filename!r} is no regular file")
            elif info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
                self.say(RP712, f"{info.filename!r} is compressed, which nothing in a package is")
            elif not slash or folder != top:
                self.say(RP712, f"{info.filename!r} is outside of the package's one folder")
            elif name in sizes:
                self.say(RP712, f"{info.filename!r} is there twice")
            sizes[name] = info.file_size
        if sum(sizes.values()) > self.path.stat().st_size:
            self.say(RP712, "its files would be larger than the archive")
        if self.found:
            raise _RefusedError
        return Files(top, sizes, archive=archive, top=top)

    # What is in them

    def _sums(self, files: Files) -> dict[str, str]:
        sums: dict[str, str] = {}
        try:
            text = files.read(SUMS, _MOST_SUMS).decode()
        except ValueError as error:
            raise self.refuse(RP711, f"cannot be read: {error}", SUMS) from None
        for number, row in enumerate(text.removesuffix("\n").split("\n"), 1):
            match = _SUM.fullmatch(row)
            if match is None or match[2] in sums:
                raise self.refuse(RP711, f"line {number} is no checksum of a file, or one too many", SUMS)
            sums[match[2]] = match[1]
        if "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())) != text:
            raise self.refuse(RP711, "its lines are not as rulepack writes them", SUMS)
        return sums

    def _hold_against(self, files: Files, sums: Mapping[str, str]) -> None:
        for name in sorted(sums.keys() - files.sizes.keys()):
            self.say(RP711, "the file is missing", name)
        for name in sorted(files.sizes.keys() - sums.keys() - {SUMS}):
            if _SIGNATURE.fullmatch(name) is None:
                self.say(RP711, f"{SUMS} does not name this file", name, "remove it, if you put it there")
        for name in sorted(sums.keys() & files.sizes.keys()):
            if _digest(files, name) != sums[name]:
                self.say(RP711, f"the file is not the one that {SUMS} names: its content is another", name)

    def _manifest(self, files: Files) -> Manifest:
        if MANIFEST not in files.sizes:
            raise self.refuse(RP713, f"there is no {MANIFEST}, so this is no package")
        try:
            return parse_manifest(files.read(MANIFEST, MOST_BYTES // 4).decode())
        except (ForeignError, UnicodeDecodeError) as error:
            hint = "update rulepack, if a newer one made the package"
            raise self.refuse(RP713, f"{MANIFEST} cannot be used: {error}", MANIFEST, hint) from None

    # Whether all says the same

    def _consistent(self, package: PackageFile, listed: set[str]) -> None:
        manifest = package.manifest
        again = "make it again with `rulepack package`"
        by_id: dict[str, PackagedRule] = {}
        for rule in manifest.rules:
            if by_id.setdefault(rule.rule_id, rule) is not rule:
                self.say(RP714, f"two rules have the rule_id {rule.rule_id}", MANIFEST, again)
        names = [rule.json for rule in manifest.rules if rule.json]
        for name in sorted({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()):
            self.say(RP714, "two rules have this file", name, again)
        for name in sorted({*names} - listed):
            self.say(RP714, "the manifest names this file, and there is none", name, again)
        if self.found:
            return
        for rule in manifest.rules:
            if rule.json:
                self._body_fits(rule, self._json(package, rule.json), rule.json)
        for stack in manifest.stack:
            self._stack_fits(package, stack, by_id)

    def _json(self, package: PackageFile, name: str) -> Payload:
        body = json.loads(package.files.read(name, _MOST_LINE))
        return body if isinstance(body, dict) else {}

    def _body_fits(self, rule: PackagedRule, body: Payload, name: str) -> None:
        if (body.get("rule_id"), body.get("version"), body.get("type")) != (rule.rule_id, rule.version, rule.type):
            message = f"{rule.rule_id} is another rule, version or type than the manifest says"
            self.say(RP714, message, name, "make it again with `rulepack package`")

    def _stack_fits(self, package: PackageFile, stack: StackVersion, by_id: Mapping[str, PackagedRule]) -> None:
        again = "make it again with `rulepack package`"
        file = f"{stack}/{INDEX}"
        wanted = {
            rule.rule_id for rule in by_id.values() if rule.fits and rule.fit(stack).standing is not Standing.LEFT_OUT
        }
        seen: set[str] = set()
        for body in package.bodies(stack):
            if not isinstance(body, dict) or "rule_id" not in body:
                continue
            rule_id = str(body["rule_id"])
            if rule_id in seen:
                self.say(RP714, f"the rule {rule_id} is there twice", file, again)
            elif rule_id not in wanted:
                self.say(RP714, f"the manifest does not have the rule {rule_id} for {stack}", file, again)
            else:
                self._body_fits(by_id[rule_id], body, file)
            seen.add(rule_id)
        for rule_id in sorted(wanted - seen):
            self.say(RP714, f"the rule {rule_id} is missing for {stack}", file, again)

    def _canonical(self, package: PackageFile) -> None:
        """Hold an archive against the one that rulepack would write: what is in no file of it counts as well."""
        files = package.files
        if files.archive is None or self.found:
            return
        at = moment(package.manifest.created)

        def members() -> Iterator[tuple[str, IO[bytes], int]]:
            for name in sorted(files.sizes):
                with files.open(name) as file:
                    yield f"{files.top}/{name}", file, files.sizes[name]

        with tempfile.TemporaryFile() as ours, self.path.open("rb") as theirs:
            write_archive(ours, members(), at)
            ours.seek(0)
            if files.top != package.manifest.name or not _same(ours, theirs):
                self.say(RP711, "the archive is not as rulepack writes it: something besides its files was changed")


def _unsafe(name: str) -> str | None:
    """Why a name is none that a package has; None for a good one."""
    path = PurePosixPath(name)
    if not name or name.startswith("/") or "\\" in name or (len(name) > 1 and name[1] == ":"):
        return "leads out of the package"
    if any(part in ("..", ".", "") for part in name.split("/")) or path.is_absolute():
        return "leads out of the package"
    return None if name.isprintable() else "holds a character that does not show"


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
