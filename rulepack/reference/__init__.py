"""What the world says: ATT&CK and ECS behind one handle, opened when first asked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rulepack.reference import attack_table, ecs, storage
from rulepack.reference.attack import Attack
from rulepack.reference.ecs import Ecs

__all__ = ["ATTACK_FILE", "DATA", "ECS_FILE", "Attack", "Ecs", "Reference"]

DATA = Path(__file__).parent / "data"
ATTACK_FILE = f"{attack_table.KIND}.json.gz"
ECS_FILE = f"{ecs.KIND}.json.gz"


@dataclass(frozen=True)
class Reference:
    """The reference data that is shipped, and a project's own, which `rulepack reference update` writes.

    `folder` may be missing or empty. Its ATT&CK versions are added to the shipped ones; its ECS replaces the shipped
    one. Nothing is opened before it is asked for, and everything only once. Files that are missing or damaged raise
    `DataError`.
    """

    folder: Path | None = None

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
    def fingerprint(self) -> str:
        """Changes when any data does: twelve hexadecimal digits over the files in use, without parsing them.

        Versions alone would not do: a project may read another bundle of the same version.
        """
        files = (*self._attack_files(), self._ecs_file())
        digests = [hashlib.sha256(storage.read_bytes(path)).digest() for path in files]
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
