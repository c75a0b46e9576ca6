"""What an update has read: manifests and fields of packages by name and version, and how they come together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rulepack.reference.manifests import Manifest
from rulepack.reference.package import Package, Stream
from rulepack.reference.package_versions import SortKey, newest, sort_key
from rulepack.stack import StackVersion


@dataclass(slots=True)
class Schemas:
    """The fields of versions of one package. `exact` says that multi-fields are listed; `dated` of when they are."""

    versions: dict[str, dict[str, Stream]] = field(default_factory=dict)
    exact: bool = True
    dated: str = ""


@dataclass(slots=True)
class Gathered:
    """What one source gave, or several; `missing` are the packages that were looked for in vain."""

    manifests: dict[str, dict[str, Manifest]] = field(default_factory=dict)
    schemas: dict[str, Schemas] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def add(self, other: Gathered) -> None:
        """Take over what another source gave, which wins over what was there."""
        self.missing += other.missing
        for name, versions in other.manifests.items():
            self.manifests.setdefault(name, {}).update(versions)
        for name, schemas in other.schemas.items():
            mine = self.schemas.get(name)
            if mine is None:
                self.schemas[name] = schemas
                continue
            # All are as old as what gave the newest version.
            mine.dated = max((_newest_key(mine), mine.dated), (_newest_key(schemas), schemas.dated))[1]
            mine.versions.update(schemas.versions)
            mine.exact = mine.exact and schemas.exact

    def add_package(self, package: Package) -> None:
        """Take over the fields that are stored already."""
        versions = {version: package.streams(version) for version in package.versions}
        self.add(Gathered(schemas={package.name: Schemas(versions, package.exact, package.dated)}))


def _newest_key(schemas: Schemas) -> SortKey:
    return max(map(sort_key, schemas.versions))


def needed(versions: Iterable[str], manifests: Mapping[str, Manifest], stacks: Iterable[StackVersion]) -> set[str]:
    """Of the versions of a package, the newest that runs on each stack version, and the newest of all."""
    held = list(versions)
    kept = {newest(held)}
    for stack in stacks:
        kept.add(newest(each for each in held if each in manifests and manifests[each].admits(stack)))
    return {version for version in kept if version is not None}
