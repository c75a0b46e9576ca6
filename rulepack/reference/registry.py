"""A package registry, Elastic's or a mirror of it: which versions there are, and the fields of those that matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from rulepack.errors import DataError
from rulepack.reference import storage
from rulepack.reference.archives import ZippedFiles
from rulepack.reference.download import Dated, read_dated, shown
from rulepack.reference.gathered import Gathered, Schemas, needed
from rulepack.reference.manifests import Manifest
from rulepack.reference.package_files import read_package
from rulepack.reference.package_versions import is_version
from rulepack.reference.schema_files import manifest_of
from rulepack.stack import StackVersion

_NAME = re.compile(r"[a-z0-9_-]{1,100}")
_HINT = "give the address of a package registry, as Kibana has it in xpack.fleet.registryUrl"


def read_registry(
    address: str,
    packages: Iterable[str],
    stacks: tuple[StackVersion, ...],
    ecs_type: Callable[[str], str | None],
    timeout: float,
) -> Gathered:
    """The manifests of some packages, and the fields of the version that runs on each stack version.

    Packages that the registry does not have are `missing`. Raises `DataError` if it cannot be reached or understood,
    or has none of them.
    https://github.com/elastic/package-registry (search, and the `download` of its answers)
    """
    return _Registry(address.rstrip("/") + "/", stacks, ecs_type, timeout).read(packages)


class _Registry:
    def __init__(
        self, base: str, stacks: tuple[StackVersion, ...], ecs_type: Callable[[str], str | None], timeout: float
    ) -> None:
        self.base = base
        self.stacks = stacks
        self.ecs_type = ecs_type
        self.timeout = timeout

    def read(self, packages: Iterable[str]) -> Gathered:
        gathered = Gathered()
        for name in packages:
            # What a rule calls an integration may be anything, and goes into the address.
            answer, downloads = self._versions(name) if _NAME.fullmatch(name) else (Dated(b""), {})
            manifests = {version: manifest for version, (manifest, _) in downloads.items()}
            if not manifests:
                gathered.missing.append(name)
                continue
            gathered.manifests[name] = manifests
            schemas = Schemas(dated=answer.day)
            for version in sorted(needed(manifests, manifests, self.stacks)):
                address = downloads[version][1]
                if address:
                    schemas.versions[version] = self._streams(address, name, version)
            if schemas.versions:
                gathered.schemas[name] = schemas
        if not gathered.manifests:
            wanted = ", ".join(map(storage.one_line, gathered.missing[:5]))
            reason = f"it has none of the packages that rules use ({wanted})" if wanted else "no rule uses a package"
            raise DataError(f"nothing to read from {shown(self.base)}: {reason}", _HINT)
        return gathered

    def _versions(self, name: str) -> tuple[Dated, dict[str, tuple[Manifest, str]]]:
        """What the registry says about all versions of a package, and where each can be had."""
        address = urljoin(self.base, f"search?package={name}&all=true")
        answer = read_dated(address, self.timeout)
        try:
            listed = storage.parse_json(answer.content)
        except storage.UnreadableError as error:
            raise self._strange(address, str(error)) from error
        if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
            raise self._strange(address, "a list of packages is expected")
        found: dict[str, tuple[Manifest, str]] = {}
        for each in listed:
            version = each.get("version")
            # Without filters, a mirror may answer with other packages, too.
            if each.get("name") == name and isinstance(version, str) and is_version(version):
                found[version] = manifest_of(each), self._download(each.get("download"))
        return answer, found

    def _download(self, path: Any) -> str:
        """Where a package is: on the registry itself, wherever its answer points."""
        if not isinstance(path, str) or not path.isprintable():
            return ""
        address = urljoin(self.base, path)
        return address if urlsplit(address)[:2] == urlsplit(self.base)[:2] else ""

    def _streams(self, address: str, name: str, version: str) -> dict[str, Any]:
        content = read_dated(address, self.timeout).content
        try:
            package = read_package(ZippedFiles(content), self.ecs_type)
        except storage.UnreadableError as error:
            raise self._strange(address, str(error)) from error
        if (package.name, package.version) != (name, version):
            raise self._strange(address, f"it is {package.name} {package.version}, not {name} {version}")
        return dict(package.streams)

    @staticmethod
    def _strange(address: str, reason: str) -> DataError:
        return DataError(f"cannot use the answer of {shown(address)}: {reason}", _HINT)
