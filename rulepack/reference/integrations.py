"""The integration packages and Beats that a project has read in: opened one by one, when asked."""

from __future__ import annotations

import os
from dataclasses import field
from functools import cached_property
from pathlib import Path

from rulepack.frozen import frozen
from rulepack.reference import manifests, package, storage
from rulepack.reference.manifests import Manifests
from rulepack.reference.package import Package
from rulepack.reference.package_versions import newest, sort_key
from rulepack.stack import StackVersion

MANIFESTS_FILE = f"{manifests.KIND}.json.gz"
BEATS_FILE = "beats.json.gz"
PACKAGES = "packages"
_ENDING = ".json.gz"
INTEGRATIONS_HINT = "write it again with `rulepack reference update --integrations URL|FOLDER|FILE`"
BEATS_HINT = "write it again with `rulepack reference update --beats FILE|URL`"


@frozen(slots=False, eq=False)
class Integrations:
    """What `rulepack reference update` wrote into a folder, which may be missing. Damaged files raise `DataError`."""

    folder: Path | None = None
    _packages: dict[str, Package] = field(default_factory=dict, repr=False)
    _chosen: dict[tuple[str, StackVersion | None], tuple[str, str]] = field(default_factory=dict, repr=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The packages whose fields are known, sorted."""
        if self.folder is None:
            return ()
        try:
            found = [path.name for path in (self.folder / PACKAGES).iterdir()]
        except OSError:
            return ()
        return tuple(sorted(name.removesuffix(_ENDING) for name in found if name.endswith(_ENDING) and name[0] != "."))

    @cached_property
    def manifests(self) -> Manifests:
        """The manifests of all known packages; none if no update wrote any."""
        path = self.folder / MANIFESTS_FILE if self.folder else None
        if path is None or not os.path.lexists(path):
            return Manifests({})
        payload = storage.read_payload(path, manifests.KIND, INTEGRATIONS_HINT)
        try:
            return Manifests.from_payload(payload)
        except ValueError as error:
            raise storage.damaged(path, str(error), INTEGRATIONS_HINT) from error

    @cached_property
    def beats(self) -> Package | None:
        """The fields of Beats, each Beat as a data stream; None if no update wrote them."""
        path = self.folder / BEATS_FILE if self.folder else None
        if path is None or not os.path.lexists(path):
            return None
        return _read(path, BEATS_HINT)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files in use."""
        if self.folder is None:
            return ()
        others = (self.folder / MANIFESTS_FILE, self.folder / BEATS_FILE)
        return (*(path for path in others if os.path.lexists(path)), *map(self.path, self.names))

    def path(self, name: str) -> Path:
        """The file of a package."""
        return (self.folder or Path()) / PACKAGES / f"{name}{_ENDING}"

    def package(self, name: str) -> Package:
        """A package of `names`."""
        if name not in self._packages:
            self._packages[name] = _read(self.path(name), INTEGRATIONS_HINT)
        return self._packages[name]

    def chosen(self, package: Package, stack: StackVersion | None) -> tuple[str, str]:
        """The version of a package whose fields count on a stack version, and why they may not be all ("" if they are).

        It is the newest that can be installed there, of those whose fields are known; else the newest of these. Without
        a stack version, every version can be installed.
        """
        key = (package.name, stack)
        if key not in self._chosen:
            self._chosen[key] = self._choose(package, stack)
        return self._chosen[key]

    def _choose(self, package: Package, stack: StackVersion | None) -> tuple[str, str]:
        known = self.manifests.packages.get(package.name, {})
        fitting = [each for each in package.versions if stack is None or (each in known and known[each].admits(stack))]
        best = newest(fitting or package.versions)
        assert best is not None
        label = f"{package.name} {best}"
        latest = newest(known) if stack is None else self.manifests.newest(package.name, stack)
        if latest is not None and sort_key(latest) > sort_key(best):
            return best, f"{label} is older than {latest}"
        if not fitting or latest not in (None, best):
            return best, f"{label} does not run on {stack}, and the fields of no version that does are known"
        return best, ""


def _read(path: Path, hint: str) -> Package:
    payload = storage.read_payload(path, package.KIND, hint)
    try:
        return Package.from_payload(payload)
    except ValueError as error:
        raise storage.damaged(path, str(error), hint) from error
