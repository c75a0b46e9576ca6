"""Which versions of integration packages there are, and on which stack versions each runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rulepack.frozen import frozen
from rulepack.reference.package_versions import admits, is_version, newest, sort_key
from rulepack.stack import StackVersion

KIND = "integrations"
_FOREIGN = "its rows are not as rulepack writes them"


@frozen
class Manifest:
    """What a version of a package says of itself: the stack versions it runs on, and its policy templates."""

    condition: str
    policy_templates: tuple[str, ...] = ()

    def admits(self, stack: StackVersion) -> bool:
        """Whether it can be installed on a stack version."""
        return admits(self.condition, stack)


@frozen(eq=False)
class Manifests:
    """The manifests of all known packages: package to version to manifest."""

    packages: Mapping[str, Mapping[str, Manifest]]

    def versions(self, package: str, stack: StackVersion) -> tuple[str, ...]:
        """The versions of a package that run on a stack version, lowest first; previews only if there is nothing else.

        Empty for a package that is not known.
        """
        known = self.packages.get(package, {})
        fitting = sorted((version for version, each in known.items() if each.admits(stack)), key=sort_key)
        released = tuple(version for version in fitting if sort_key(version)[1])
        return released or tuple(fitting)

    def newest(self, package: str, stack: StackVersion) -> str | None:
        """The highest version of a package that runs on a stack version."""
        return newest(self.versions(package, stack))

    def related(self, package: str, stack: StackVersion) -> str | None:
        """The version that related_integrations names: the lowest of the highest major that runs on a stack version.

        A rule works with this one and all later of its major. None if the package is not known, or none runs there.
        """
        versions = self.versions(package, stack)
        if not versions:
            return None
        major = sort_key(versions[-1])[0][0]
        return next(version for version in versions if sort_key(version)[0][0] == major)

    def policy_templates(self, package: str, version: str) -> tuple[str, ...]:
        """The policy templates of a version of a package, which a related integration may name."""
        manifest = self.packages.get(package, {}).get(version)
        return manifest.policy_templates if manifest else ()

    def to_payload(self) -> dict[str, Any]:
        """The manifests as they are stored: versions by what they say, since most say the same."""
        return {"packages": {name: list(_rows(versions)) for name, versions in sorted(self.packages.items())}}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Manifests:
        """The manifests of a stored file; raises `ValueError` if it is not what `to_payload` makes."""
        packages: dict[str, dict[str, Manifest]] = {}
        texts: list[Any] = []
        sound = True
        try:
            for name, rows in payload["packages"].items():
                packages[name] = {}
                for condition, templates, versions in rows:
                    texts += [condition, *templates]
                    sound = sound and all(map(is_version, versions))
                    packages[name].update(dict.fromkeys(versions, Manifest(condition, tuple(templates))))
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            raise ValueError(_FOREIGN) from error
        if not sound or {*map(type, texts)} - {str}:
            raise ValueError(_FOREIGN)
        return cls(packages)


def _rows(versions: Mapping[str, Manifest]) -> Iterator[list[Any]]:
    """Manifests and the versions that have them, in the order of the first of these."""
    by_manifest: dict[Manifest, list[str]] = {}
    for version in sorted(versions, key=sort_key):
        by_manifest.setdefault(versions[version], []).append(version)
    for manifest, same in by_manifest.items():
        yield [manifest.condition, manifest.policy_templates, same]
