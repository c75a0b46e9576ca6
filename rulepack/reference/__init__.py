"""What the world says: ATT&CK, ECS and the fields of integrations behind one handle, opened when first asked."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

from rulepack.frozen import frozen
from rulepack.project import Project
from rulepack.reference import attack_table, ecs, storage
from rulepack.reference.attack import Attack
from rulepack.reference.catalog import Catalog
from rulepack.reference.ecs import Ecs
from rulepack.reference.integrations import Integrations
from rulepack.reference.own_fields import OwnFields
from rulepack.reference.schema import FieldSchema, Found, Known, Unchecked, Unknown
from rulepack.stack import StackVersion

__all__ = [
    "ATTACK_FILE",
    "DATA",
    "ECS_FILE",
    "Attack",
    "Ecs",
    "FieldSchema",
    "Found",
    "Integrations",
    "Known",
    "OwnFields",
    "Reference",
    "Unchecked",
    "Unknown",
]

DATA = Path(__file__).parent / "data"
ATTACK_FILE = f"{attack_table.KIND}.json.gz"
ECS_FILE = f"{ecs.KIND}.json.gz"


@frozen(slots=False)
class Reference:
    """The reference data that is shipped, and a project's own, which `rulepack reference update` writes.

    `folder` may be missing or empty. Its ATT&CK versions are added to the shipped ones; its ECS replaces the shipped
    one. `own_fields` are a project's own field files, and folders with such. Nothing is opened before it is asked for,
    and everything only once. Files that are missing or damaged raise `DataError`, a project's own `ProjectError`.
    """

    folder: Path | None = None
    own_fields: tuple[Path, ...] = ()
    root: Path | None = None

    @classmethod
    def of(cls, project: Project) -> Reference:
        """What a project knows: what is shipped, what it has read in, and its own field files."""
        return cls(project.reference, project.fields, project.root)

    @cached_property
    def attack(self) -> Attack:
        """MITRE ATT&CK, all versions."""
        return Attack.of(table for path in self._attack_files() for table in _read_attack(path))

    @cached_property
    def ecs(self) -> Ecs:
        """The Elastic Common Schema."""
        path = self._ecs_file()
        payload = storage.read_payload(path, ecs.KIND)
        try:
            return Ecs.from_payload(payload)
        except ValueError as error:
            raise storage.damaged(path, str(error)) from error

    @cached_property
    def integrations(self) -> Integrations:
        """The integration packages and Beats that the project has read in."""
        return Integrations(self.folder)

    @cached_property
    def own(self) -> OwnFields:
        """The project's own field files; paths in messages are relative to `root`."""
        return OwnFields(self.own_fields, self.root)

    def schema(
        self,
        index: tuple[str, ...],
        integrations: tuple[str, ...] = (),
        stacks: tuple[StackVersion, ...] = (),
        updated: str = "",
    ) -> FieldSchema:
        """The fields of the indices of a rule; the same arguments give the same object.

        `index` are its index patterns, `integrations` the packages of its metadata (for those that no pattern names),
        `stacks` the stack versions that it is for (none: the newest of each source), and `updated` the day of its last
        change (`2026/08/21` or `2026-08-21`): a schema of before that is not complete for it.
        """
        # Of serverless, what is known is what is known of the newest version; a stack twice would be looked at twice.
        known = tuple(dict.fromkeys(stack.known for stack in stacks))
        return self._catalog.schema(index, integrations, known, updated)

    @cached_property
    def _catalog(self) -> Catalog:
        return Catalog(self.ecs, self.integrations, self.own)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when any data does: twelve hexadecimal digits over the files in use, without parsing them.

        Versions alone would not do: a project may read another bundle of the same version.
        """
        files = (*self._attack_files(), self._ecs_file(), *self.integrations.files)
        digests = [hashlib.sha256(storage.read_bytes(path)).digest() for path in files]
        digests.append(self.own.digest())
        return hashlib.sha256(b"".join(digests)).hexdigest()[:12]

    def _attack_files(self) -> tuple[Path, ...]:
        own = self._own(ATTACK_FILE)
        return (DATA / ATTACK_FILE, own) if own else (DATA / ATTACK_FILE,)

    def _ecs_file(self) -> Path:
        return self._own(ECS_FILE) or DATA / ECS_FILE

    def _own(self, name: str) -> Path | None:
        if self.folder is None:
            return None
        path = self.folder / name
        try:
            return path if path.exists() else None
        except OSError:
            # It is there but out of reach: reading it says why, where the shipped data alone would say nothing.
            return path


def _read_attack(path: Path) -> tuple[attack_table.Table, ...]:
    payload = storage.read_payload(path, attack_table.KIND)
    try:
        return attack_table.from_payload(payload)
    except ValueError as error:
        raise storage.damaged(path, str(error)) from error
