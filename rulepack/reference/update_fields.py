"""A project's own fields of integrations and Beats: read from registries, folders and files, and kept small."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from rulepack.errors import DataError
from rulepack.reference import manifests, package, schema_files, storage
from rulepack.reference.archives import Files, FolderFiles, ZippedFiles
from rulepack.reference.download import is_address, read_dated, read_source, shown
from rulepack.reference.ecs import Ecs
from rulepack.reference.gathered import Gathered, Schemas, needed
from rulepack.reference.integrations import BEATS_FILE, MANIFESTS_FILE, Integrations
from rulepack.reference.manifests import Manifests
from rulepack.reference.package import Package
from rulepack.reference.package_files import MANIFEST, read_package
from rulepack.reference.package_versions import is_version
from rulepack.reference.registry import read_registry
from rulepack.reference.update import TIMEOUT, Summary
from rulepack.stack import StackVersion

# Minor versions that packs are written for, besides those that a project names: a later change of its setting should
# not need a new update.
_STACKS = tuple(
    StackVersion(major, minor) for major, minors in ((8, range(17, 20)), (9, range(10))) for minor in minors
)
_HINT = (
    "give a package registry, a folder of packages (zips or unpacked), or detection-rules' integration-schemas.json.gz "
    "and integration-manifests.json.gz by name"
)
_ZIP_MAGIC = b"PK\x03\x04"
_NAMED_DAY = re.compile(r"(?<!\d)20\d\d-\d\d(?:-\d\d)?(?!\d)")
_NAMED_VERSION = re.compile(r"(?<![\d.])\d+\.\d+\.\d+(?![\d.]*\d)")
# What an address ends with that leads to a file; any other is a registry.
_FILE_ENDINGS = (".json", ".json.gz", ".gz", ".zip")
_FOLDERS_DEEP = 3


def is_registry(source: str) -> bool:
    """Whether a source is the address of a package registry, rather than a file or folder, here or elsewhere."""
    return is_address(source) and not urlsplit(source).path.endswith(_FILE_ENDINGS)


def update_integrations(
    sources: Sequence[str],
    folder: Path,
    ecs: Ecs,
    *,
    packages: Collection[str] = (),
    stacks: tuple[StackVersion, ...] = (),
    timeout: float = TIMEOUT,
) -> Summary:
    """Read packages from registries, folders and files, and write those versions that matter into a project's folder.

    Of a registry, `packages` are read, for `stacks`; of the others, all that they hold. What earlier updates wrote is
    kept, as far as it still matters. Raises `DataError` if a source cannot be read or used, and then writes nothing,
    or `OutputError` if something cannot be written.
    """
    stored = Integrations(folder)
    gathered = Gathered()
    for source in sources:
        gathered.add(_read(source, ecs, packages, stacks, timeout))
    known = Gathered(manifests={name: dict(each) for name, each in stored.manifests.packages.items()})
    for name in stored.names:
        if name in gathered.schemas or name in gathered.manifests:
            known.add_package(stored.package(name))
    known.add(gathered)
    written = {}
    for name, schemas in sorted(known.schemas.items()):
        kept = needed(schemas.versions, known.manifests.get(name, {}), (*_STACKS, *stacks))
        versions = {version: streams for version, streams in schemas.versions.items() if version in kept}
        written[name] = Package.of(name, versions, exact=schemas.exact, dated=schemas.dated)
    for name, each in written.items():
        storage.write_bytes(stored.path(name), storage.pack(package.KIND, each.to_payload()))
    all_manifests = Manifests(known.manifests)
    path = folder / MANIFESTS_FILE
    storage.write_bytes(path, storage.pack(manifests.KIND, all_manifests.to_payload()))
    counts = (
        (len(written), "packages with fields"),
        (sum(len(each.versions) for each in written.values()), "versions of them"),
        (len(all_manifests.packages), "packages with manifests"),
    )
    missing = ", ".join(map(storage.one_line, gathered.missing))
    return Summary(path, "integrations", "", counts, f"; not found: {missing}" if missing else "")


def update_beats(source: str, folder: Path, *, version: str | None = None, timeout: float = TIMEOUT) -> Summary:
    """Read the fields of Beats, a file or an http(s) address in detection-rules' form, and write them for a project.

    The version is the given one, or what the source's name says. Raises as `update_integrations`.
    """
    content = read_source(source, timeout)
    named = _NAMED_VERSION.findall(source)
    version = version or (named[-1] if named else None)
    if version is None or not is_version(version):
        raise DataError(
            f"cannot tell the version of {shown(source)}", "name the file after it, such as beats-9.4.4.json.gz"
        )
    try:
        beats = schema_files.read_beats(storage.parse_json(content), version)
    except storage.UnreadableError as error:
        hint = "give the fields of Beats as detection-rules has them: etc/beats_schemas/v9.4.4.json.gz"
        raise DataError(f"cannot use {shown(source)}: {error}", hint) from error
    path = folder / BEATS_FILE
    storage.write_bytes(path, storage.pack(package.KIND, beats.to_payload()))
    return Summary(path, "Beats", version, ((len(beats.versions[version]), "Beats"), (beats.count, "fields")))


def _read(
    source: str, ecs: Ecs, packages: Collection[str], stacks: tuple[StackVersion, ...], timeout: float
) -> Gathered:
    if is_registry(source):
        return read_registry(source, sorted(packages), stacks or _STACKS, ecs.type_of, timeout)
    if not is_address(source) and os.path.lexists(source) and Path(source).is_dir():
        return _read_folder(Path(source), ecs)
    answer = read_dated(source, timeout)
    try:
        if answer.content.startswith(_ZIP_MAGIC):
            return _package(ZippedFiles(answer.content), ecs)
        content = storage.parse_json(answer.content)
        days = _NAMED_DAY.findall(source)
        return schema_files.read_packages(content, days[-1] if days else "")
    except storage.UnreadableError as error:
        raise DataError(f"cannot use {shown(source)}: {error}", _HINT) from error


def _read_folder(folder: Path, ecs: Ecs) -> Gathered:
    """All packages in a folder, and in folders in it: zips, and folders with a manifest.yml."""
    gathered = Gathered()
    for path, files in _packages_in(folder):
        try:
            gathered.add(_package(files if files is not None else ZippedFiles(read_source(str(path), TIMEOUT)), ecs))
        except storage.UnreadableError as error:
            raise DataError(f"cannot use {path}: {error}", _HINT) from error
    if not gathered.schemas and not gathered.manifests:
        raise DataError(f"there are no packages in {folder}", _HINT)
    return gathered


def _packages_in(folder: Path) -> Iterator[tuple[Path, Files | None]]:
    waiting = [(folder, 0)]
    while waiting:
        place, depth = waiting.pop()
        if (place / MANIFEST).is_file():
            yield place, FolderFiles(place)
            continue
        try:
            entries = sorted(place.iterdir(), reverse=True)
        except OSError as error:
            raise DataError(f"cannot read {place}: {error.strerror or error}", _HINT) from error
        yield from ((path, None) for path in reversed(entries) if path.suffix == ".zip" and path.is_file())
        if depth < _FOLDERS_DEEP:
            waiting += [(path, depth + 1) for path in entries if path.is_dir() and not path.is_symlink()]


def _package(files: Files, ecs: Ecs) -> Gathered:
    found = read_package(files, ecs.type_of)
    schemas = {found.name: Schemas({found.version: dict(found.streams)})} if found.streams else {}
    return Gathered({found.name: {found.version: found.manifest}}, schemas)
