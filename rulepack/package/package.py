"""Package: what is deployed, be it made of a checkout or read from files: one thing, whichever way it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from rulepack.fit import Standing
from rulepack.frozen import frozen
from rulepack.lock.store import Lock, read_lock
from rulepack.pack import Pack
from rulepack.package.make import Maker
from rulepack.package.manifest import Manifest, PackagedRule
from rulepack.package.read import PackageFile
from rulepack.project import FROM_CONTENT
from rulepack.reference import Reference
from rulepack.source import Source
from rulepack.stack import StackVersion

Payload = dict[str, Any]


@frozen(slots=False)
class Package:
    """The rules of a package, and how to get the body of one for a stack version that it fits.

    `sources` has the texts of the rules' files, so that something can be said at a line of them; a package that was
    read from files has none. `stale` are the files of rules that have changed since they were locked, where
    the lock gives them their versions. `broken` are name and file, by rule_id, of rules that the checkout has but that
    nothing can be made of.
    """

    manifest: Manifest
    body: Callable[[PackagedRule, StackVersion], Payload]
    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    stale: tuple[str, ...] = ()
    broken: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, pack: Pack, lock: Lock | None = None) -> Package:
        """The package of a checkout, in memory, with all its rules; the lock is the project's own by default.

        A rule that has changed since it was locked has the version that it would be given.
        """
        lock = lock or read_lock(pack.project)
        maker = Maker(pack.project, lock, Reference.of(pack.project))
        made = [maker.make(rule) for rule in pack.rules]
        by_file = {one.packaged.file: one for one in made}
        manifest = Manifest(
            pack.project.name,
            pack.project.version or "",
            pack.project.stack,
            tuple(one.packaged for one in made),
        )
        counted = lock.present and pack.project.versions == FROM_CONTENT
        stale = tuple(one.packaged.file for one in made if counted and _is_stale(lock, one.packaged))
        return cls(
            manifest, lambda rule, stack: by_file[rule.file].body(stack), pack.sources, stale, _broken(pack, lock)
        )

    @classmethod
    def read(cls, file: PackageFile) -> Package:
        """The package of a verified file; its bodies are read when the first of a stack version is asked for."""
        known: dict[StackVersion, dict[str, Payload]] = {}

        def body(rule: PackagedRule, stack: StackVersion) -> Payload:
            if stack not in known:
                known[stack] = {str(one["rule_id"]): one for one in file.bodies(stack) if "rule_id" in one}
            return known[stack][rule.rule_id]

        return cls(file.manifest, body)

    def rules(self, stack: StackVersion) -> Iterator[PackagedRule]:
        """The rules that a stack version gets."""
        return (rule for rule in self.manifest.rules if rule.fits and rule.fit(stack).standing is not Standing.LEFT_OUT)


def _broken(pack: Pack, lock: Lock) -> Mapping[str, tuple[str, str]]:
    """Rules whose files are wrong; of a file that is no TOML at all, the lock says which rule it held."""
    read = {rule.file for rule in pack.every}
    unread = {file for file in pack.files if file not in read}
    found = {entry.rule_id: (entry.name, entry.file) for entry in lock.living if entry.file in unread}
    found.update((rule.rule_id, (rule.name, rule.file)) for rule in pack.partial)
    good = {rule.rule_id for rule in pack.rules}
    return MappingProxyType({rule_id: known for rule_id, known in found.items() if rule_id not in good})


def _is_stale(lock: Lock, rule: PackagedRule) -> bool:
    entry = lock.entries.get(rule.rule_id)
    return entry is None or entry.hash != rule.hash
