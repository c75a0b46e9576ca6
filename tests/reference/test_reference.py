"""The handle: lazily opened, a project's data on top of the shipped, and damaged files named."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from rulepack import reference as room
from rulepack.errors import DataError, OutputError
from rulepack.reference import ATTACK_FILE, DATA, ECS_FILE, Reference, attack_table, ecs, storage
from rulepack.reference.attack import NOTICE
from rulepack.reference.attack_table import Table, Tactic, Technique

OWN = Table(
    "18.1",
    (Tactic("TA0002", "Execution", "execution"),),
    (Technique("T1647", "Plist", ("TA0002",)), Technique("T1547.011", "Plist", (), "T1647", "revoked")),
)


def write_own(folder, *tables):
    storage.write_bytes(folder / ATTACK_FILE, storage.pack(attack_table.KIND, attack_table.to_payload(tables)))


def test_importing_opens_nothing_and_loads_no_web_client():
    code = "import sys, rulepack.reference.update; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_is_opened_before_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(room, "DATA", Path("nowhere"))
    Reference(Path("nowhere"))


def test_everything_is_opened_once():
    reference = Reference()
    assert reference.attack is reference.attack
    assert reference.ecs is reference.ecs


@pytest.mark.parametrize("folder", [None, Path("not/there")])
def test_without_a_folder_of_its_own_a_project_has_what_is_shipped(folder):
    assert Reference(folder).attack.versions == ("17.0", "19")
    assert Reference(folder).fingerprint == Reference().fingerprint


def test_a_projects_versions_are_added(tmp_path):
    write_own(tmp_path, OWN)
    attack = Reference(tmp_path).attack
    assert attack.versions == ("17.0", "18.1", "19")
    status = attack.status("T1547.011")
    assert (status.state, str(status.replaced_by), status.version) == (
        "revoked",
        "T1647 Plist File Modification",
        "18.1",
    )


def test_a_projects_own_ecs_replaces_the_shipped_one(tmp_path):
    own = ecs.Ecs("99.0", {"a": "keyword"})
    storage.write_bytes(tmp_path / ECS_FILE, storage.pack(ecs.KIND, own.to_payload()))
    reference = Reference(tmp_path)
    assert (reference.ecs.version, reference.ecs.fields) == ("99.0", {"a": "keyword"})
    assert reference.attack.versions == ("17.0", "19")


def test_the_fingerprint_tells_data_apart_but_not_folders(tmp_path):
    other = Table(OWN.version, OWN.tactics, OWN.techniques[:1])
    write_own(tmp_path / "a", OWN)
    write_own(tmp_path / "b", OWN)
    write_own(tmp_path / "c", other)
    a, b, c = (Reference(tmp_path / each).fingerprint for each in "abc")
    assert a == b
    assert len({a, c, Reference().fingerprint}) == 3
    assert len(a) == 12


def truncated(path):
    path.write_bytes((DATA / path.name).read_bytes()[:-100])


def not_gzip(path):
    path.write_bytes(b"\x1f\x8bnot really")


def not_json(path):
    path.write_bytes(gzip.compress(b"{"))


def other_kind(path):
    path.write_bytes(storage.pack("other", {}))


def other_format(path):
    kind = path.name.partition(".")[0]
    path.write_bytes(gzip.compress(json.dumps({"kind": kind, "format": 99}).encode()))


def other_rows(path):
    path.write_bytes(storage.pack(path.name.partition(".")[0], {"versions": [[1]], "version": "1"}))


def a_folder(path):
    path.mkdir()


@pytest.mark.parametrize("kind", ["attack", "ecs"])
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncated, "its gzip ends too early"),
        (not_gzip, "its gzip is damaged"),
        (not_json, "it is not JSON"),
        (other_kind, "it does not hold"),
        (other_format, "another version of rulepack wrote it"),
        (other_rows, "its rows are not as rulepack writes them"),
        (a_folder, "it is not a regular file"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(tmp_path, kind, damage, reason):
    path = tmp_path / f"{kind}.json.gz"
    damage(path)
    with pytest.raises(DataError) as caught:
        getattr(Reference(tmp_path), kind)
    assert str(path) in caught.value.message
    assert reason in caught.value.message
    assert f"rulepack reference update --{kind}" in caught.value.hint


def test_a_shipped_file_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "DATA", tmp_path)
    for ask in ("attack", "ecs", "fingerprint"):
        with pytest.raises(DataError, match="reference data is missing: ") as caught:
            getattr(Reference(), ask)
        assert "install rulepack again" in caught.value.hint


def test_a_folder_out_of_reach_is_not_passed_over(tmp_path):
    with pytest.raises(DataError, match="File name too long"):
        _ = Reference(tmp_path / ("x" * 300)).attack


def test_a_file_that_unpacks_to_too_much_is_refused():
    with pytest.raises(storage.UnreadableError, match="larger than 0 MB"):
        storage.parse_json(gzip.compress(b" " * 5000), size_limit=1000)


def test_unpacking_takes_no_more_memory_than_the_content():
    content = gzip.compress(b" " * 50_000)
    tracemalloc.start()
    assert len(storage.unpack(content)) == 50_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_gzip_may_be_several_in_a_row():
    assert storage.unpack(gzip.compress(b"[1,") + gzip.compress(b"2]") + bytes(512)) == b"[1,2]"
    with pytest.raises(storage.UnreadableError, match="its gzip is damaged"):
        storage.unpack(gzip.compress(b"[1]") + b"more")


def test_writing_replaces_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "new" / "file"
    storage.write_bytes(path, b"one")
    storage.write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write") as caught:
        storage.write_bytes(tmp_path / "file" / "deeper", b"")
    assert "folder" in caught.value.hint


def test_a_failed_write_leaves_the_old_content_and_no_rest(tmp_path):
    path = tmp_path / "taken"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(OutputError):
        storage.write_bytes(path, b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("name", [ATTACK_FILE, ECS_FILE])
def test_shipped_files_bear_no_time_and_are_as_the_program_writes_them(name):
    content = (DATA / name).read_bytes()
    assert content[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    reference = Reference()
    again = {
        ATTACK_FILE: storage.pack("attack", attack_table.to_payload(reference.attack.tables)),
        ECS_FILE: storage.pack("ecs", reference.ecs.to_payload()),
    }[name]
    # Unpacked, for the packed bytes depend on the zlib at hand.
    assert gzip.decompress(again) == gzip.decompress(content)


def test_mitres_notice_is_in_the_data_and_beside_it():
    assert json.loads(gzip.decompress((DATA / ATTACK_FILE).read_bytes()))["notice"] == NOTICE
    readme = " ".join((DATA / "README.md").read_text(encoding="utf-8").replace("\n>", "").split())
    assert NOTICE in readme
    assert "Apache-2.0" in readme
