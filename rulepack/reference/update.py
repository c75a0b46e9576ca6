"""A project's own reference data: an ATT&CK bundle or an ECS release, read once and kept in its reference folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from rulepack.errors import DataError
from rulepack.frozen import frozen
from rulepack.reference import ATTACK_FILE, ECS_FILE, attack_table, ecs, ecs_flat, stix, storage
from rulepack.reference.download import is_address, read_source, shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TIMEOUT = 30.0

_VERSION = re.compile(r"[0-9A-Za-z][\w.-]{0,31}")
_NAMED_VERSION = re.compile(r"(?<![\d.])\d+(?:\.\d+)+")
# How MITRE's repository names its releases; the file inside bears no number.
_ATTACK_TAG = re.compile(r"ATT&CK-v(\d+(?:\.\d+)*)", re.IGNORECASE)


@frozen
class Summary:
    """What an update wrote; its `str()` is one line for people."""

    file: Path
    title: str
    version: str
    counts: tuple[tuple[int, str], ...]
    note: str = ""

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {what}" for count, what in self.counts)
        return f"{self.title}{self.version and f' {self.version}'}: {counts}{self.note}"


def update_attack(source: str, folder: Path, *, version: str | None = None, timeout: float = TIMEOUT) -> Summary:
    """Read a STIX bundle of enterprise ATT&CK, a file or an http(s) address, and write the project's table from it.

    The version is the given one, or what the bundle says, or what its name says, or else its newest date. An earlier
    update is replaced. Raises `DataError` if the source cannot be read or used, `OutputError` if it cannot be written.
    """
    content = read_source(source, timeout)
    try:
        payload = storage.parse_json(content)
        version = _checked(version or stix.stated_version(payload) or _attack_version(source))
        table = stix.parse_bundle(payload, version)
    except storage.UnreadableError as error:
        hint = "give an enterprise ATT&CK bundle as MITRE publishes it: enterprise-attack.json"
        raise DataError(f"cannot use {shown(source)}: {error}", hint) from error
    path = folder / ATTACK_FILE
    storage.write_bytes(path, storage.pack(attack_table.KIND, attack_table.to_payload([table])))
    return Summary(path, "ATT&CK", table.version, _attack_counts(table))


def update_ecs(source: str, folder: Path, *, version: str | None = None, timeout: float = TIMEOUT) -> Summary:
    """Read `ecs_flat`, JSON or TypeScript, from a file or an http(s) address, and write the project's fields from it.

    The version is the given one, or what the source's name says, for the content does not. Raises as `update_attack`.
    """
    content = read_source(source, timeout)
    try:
        version = _checked(version or _last(_NAMED_VERSION.findall(_name(source, whole=is_address(source)))))
        schema = ecs_flat.parse_ecs(content, version or "")
    except storage.UnreadableError as error:
        hint = "give ecs_flat as JSON, or generated/ecs_flat.ts of the package @elastic/ecs"
        raise DataError(f"cannot use {shown(source)}: {error}", hint) from error
    if version is None:
        raise DataError(
            f"cannot tell the ECS version of {shown(source)}", "name the file after it, such as ecs-flat-9.4.0.json"
        )
    path = folder / ECS_FILE
    storage.write_bytes(path, storage.pack(ecs.KIND, schema.to_payload()))
    return Summary(path, "ECS", version, ((len(schema.fields), "fields"),))


def _attack_counts(table: attack_table.Table) -> tuple[tuple[int, str], ...]:
    active = [technique for technique in table.techniques if technique.status == "active"]
    subtechniques = sum(1 for technique in active if technique.parent_id)
    return (
        (len(table.tactics), "tactics"),
        (len(active) - subtechniques, "techniques"),
        (subtechniques, "sub-techniques"),
        (sum(1 for technique in table.techniques if technique.status == "revoked"), "revoked"),
        (sum(1 for technique in table.techniques if technique.status == "deprecated"), "deprecated"),
    )


def _checked(version: str | None) -> str | None:
    if version is not None and not _VERSION.fullmatch(version):
        raise storage.UnreadableError(f"{version!r} is no version")
    return version


def _attack_version(source: str) -> str | None:
    named = _NAMED_VERSION.findall(_name(source, whole=False))
    tagged = _ATTACK_TAG.findall(_name(source, whole=True)) if is_address(source) else []
    return _last([*tagged, *named])


def _name(source: str, *, whole: bool) -> str:
    """The file's name, or of an address the whole path: release tags stand there."""
    path = unquote(urlsplit(source).path) if is_address(source) else source
    return path if whole else re.split(r"[/\\]", path)[-1]


def _last(found: Iterable[str]) -> str | None:
    return next(reversed(list(found)), None)
