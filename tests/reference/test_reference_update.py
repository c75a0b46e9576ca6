"""Updating a project's reference data, from files and from a web server."""

from __future__ import annotations

import gzip
import json
import socket
from pathlib import Path

import pytest
from support.bundles import bundle, small, tactic, technique

from rulepack.errors import DataError
from rulepack.reference import ATTACK_FILE, ECS_FILE, Reference, download, storage
from rulepack.reference.update import update_attack, update_ecs

SMALL = json.dumps(small()).encode()
NAMELESS = json.dumps(bundle(*small()["objects"][1:])).encode()
FLAT = b'{"agent.id": {"type": "keyword"}}'


@pytest.fixture
def source(tmp_path):
    def write(content, name="bundle.json"):
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return write


@pytest.fixture
def folder(tmp_path):
    return tmp_path / ".rulepack" / "reference"


def failure(update, source, folder, **more):
    with pytest.raises(DataError) as caught:
        update(source, folder, **more)
    assert caught.value.hint
    assert not folder.exists()
    return caught.value


def test_a_bundle_from_a_file(source, folder):
    summary = update_attack(source(SMALL), folder)
    assert str(summary) == "ATT&CK 20.1: 2 tactics, 2 techniques, 1 sub-techniques, 1 revoked, 1 deprecated"
    assert summary.file == folder / ATTACK_FILE
    attack = Reference(folder).attack
    assert attack.versions == ("17.0", "19", "20.1")
    assert str(attack.status("T1086").replaced_by) == "T1059.004 Unix Shell"


def test_a_bundle_from_the_web(web, folder):
    address = web.add("/enterprise-attack.json", SMALL)
    assert update_attack(address, folder).version == "20.1"


def test_the_same_bundle_gives_the_same_bytes(source, folder, tmp_path):
    update_attack(source(SMALL), folder)
    update_attack(source(gzip.compress(SMALL), "other.json.gz"), tmp_path / "other")
    assert (folder / ATTACK_FILE).read_bytes() == (tmp_path / "other" / ATTACK_FILE).read_bytes()


def test_an_update_replaces_the_one_before(source, folder):
    update_attack(source(SMALL), folder)
    update_attack(source(SMALL), folder, version="21")
    assert Reference(folder).attack.versions == ("17.0", "19", "21")


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("enterprise-attack-18.1.json", "18.1"),
        ("enterprise-attack.json", "2026-05-01"),
        ("attack2.json", "2026-05-01"),
    ],
)
def test_the_version_of_a_bundle_that_does_not_say_it(source, folder, name, version):
    assert update_attack(source(NAMELESS, name), folder).version == version


def test_the_version_in_an_address(web, folder):
    assert update_attack(web.add("/cti/ATT%26CK-v19.2/stix-2.1/attack.json", NAMELESS), folder).version == "19.2"
    assert update_attack(web.add("/2.1/enterprise-attack-18.1.json", NAMELESS), folder).version == "18.1"
    assert update_attack(web.add("/2.1/attack.json", NAMELESS), folder).version == "2026-05-01"


def test_the_given_version_counts(source, folder):
    assert update_attack(source(SMALL), folder, version="20").version == "20"


def test_a_version_that_is_none(source, folder):
    error = failure(update_attack, source(SMALL), folder, version="a b")
    assert error.message.endswith("'a b' is no version")


def test_ecs_as_json(source, folder):
    summary = update_ecs(source(gzip.compress(FLAT), "ecs-flat-9.5.0.json.gz"), folder)
    assert str(summary) == "ECS 9.5.0: 1 fields"
    assert Reference(folder).ecs.type_of("agent.id") == "keyword"


def test_ecs_as_typescript_from_the_web(web, folder):
    address = web.add("/ecs/v9.6.1/generated/ecs_flat.ts", b"export const EcsFlat = { 'a.b': { type: 'ip' } };")
    assert update_ecs(address, folder).version == "9.6.1"
    assert Reference(folder).ecs.fields == {"a.b": "ip"}
    assert (folder / ECS_FILE).exists()


def test_ecs_that_is_none(source, folder):
    path = source(b"[]", "ecs-flat-9.5.0.json")
    error = failure(update_ecs, path, folder)
    assert error.message == f"cannot use {path}: it is not ecs_flat: fields by name are expected"


def test_ecs_without_a_version(source, folder):
    path = source(FLAT, "ecs_flat.json")
    error = failure(update_ecs, path, folder)
    assert error.message == f"cannot tell the ECS version of {path}"
    assert update_ecs(path, folder, version="9.5").version == "9.5"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!doctype html>", "it is not JSON (Expecting value: line 1 column 1 (char 0))"),
        (b"", "it is not JSON"),
        (b"\x80\x81", "it is not JSON"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"type": "report"}', 'it is not a STIX bundle (no "type": "bundle")'),
        (gzip.compress(SMALL)[:-20], "its gzip ends too early"),
        (b"\x1f\x8b" + SMALL, "its gzip is damaged"),
        (json.dumps(bundle(tactic("TA0001", "A"))).encode(), "it holds no active enterprise techniques"),
        (json.dumps(bundle(tactic("TA0001", "A"), technique("T1001", 5))).encode(), "T1001 has no name"),
    ],
)
def test_a_bundle_that_is_none(source, folder, content, reason):
    path = source(content)
    error = failure(update_attack, path, folder)
    assert error.message.startswith(f"cannot use {path}: {reason}")


def test_a_bad_source_leaves_the_data_as_it_was(source, folder):
    update_attack(source(SMALL), folder)
    before = (folder / ATTACK_FILE).read_bytes()
    with pytest.raises(DataError):
        update_attack(source(b"{}"), folder)
    assert (folder / ATTACK_FILE).read_bytes() == before


def test_a_file_that_is_not_there(folder, tmp_path):
    error = failure(update_attack, str(tmp_path / "none.json"), folder)
    assert error.message == f"cannot read {tmp_path / 'none.json'}: No such file or directory"
    assert "cannot read" in failure(update_ecs, str(tmp_path), folder).message
    assert "cannot read" in failure(update_ecs, "a\0b", folder).message


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/a.json"])
def test_other_addresses_are_refused(folder, address):
    assert failure(update_attack, address, folder).message == f"cannot read {address}: neither http nor https"


@pytest.mark.parametrize(
    ("status", "text"), [(404, "404 Not Found"), (500, "500 Internal Server Error"), (204, "204 No")]
)
def test_a_server_that_refuses(web, folder, status, text):
    address = web.add("/a.json", status=status)
    error = failure(update_attack, address, folder)
    assert error.message.startswith(f"cannot download {address}: the server says {text}")
    assert "give the file" in error.hint


def test_secrets_in_an_address_are_not_shown(web, folder):
    address = web.address.replace("://", "://user:secret@") + "/a.json?token=secret"
    assert failure(update_attack, address, folder).message == (
        f"cannot download {web.address}/a.json: the server says 404 Not Found"
    )


def test_a_server_that_does_not_answer_in_time(web, folder):
    web.answers["/a.json"] = lambda: (200, {}, b"") if web.stopped.wait() else (500, {}, b"")
    error = failure(update_attack, f"{web.address}/a.json", folder, timeout=0.05)
    assert error.message == f"cannot download {web.address}/a.json: no answer within 0.05 s"


def test_a_server_that_drips(web, folder, monkeypatch):
    monkeypatch.setattr(download, "SECONDS_LIMIT", -1)
    assert "it takes longer than" in failure(update_attack, web.add("/a.json", SMALL), folder).message


def test_a_server_that_breaks_off(web, folder):
    address = web.add("/a.json", SMALL, Content_Length=str(len(SMALL) + 1))
    assert failure(update_attack, address, folder).message.endswith("it cannot be reached, or broke off")


def test_a_server_that_is_not_there(folder):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    error = failure(update_attack, f"http://127.0.0.1:{port}/a.json", folder)
    assert error.message.endswith("it cannot be reached, or broke off")


def test_a_server_without_tls(web, folder):
    address = web.address.replace("http://", "https://") + "/a.json"
    assert failure(update_attack, address, folder).message.endswith("its certificate was not accepted")


def test_an_answer_that_is_not_encoded_as_it_says(web, folder):
    address = web.add("/a.json", SMALL, Content_Encoding="gzip")
    assert failure(update_attack, address, folder).message.endswith("cannot be read (ContentDecodingError)")


def test_an_encoded_answer(web, folder):
    address = web.add("/a.json", gzip.compress(SMALL), Content_Encoding="gzip")
    assert update_attack(address, folder).version == "20.1"


@pytest.mark.parametrize("address", ["http://", "http://[::1/a.json"])
def test_an_address_that_is_none(folder, address):
    assert failure(update_attack, address, folder).message.endswith(": it is no usable address")


def test_files_and_answers_that_are_too_large(web, source, folder, monkeypatch):
    monkeypatch.setattr(storage, "SIZE_LIMIT", 10)
    for large in (
        source(SMALL),
        web.add("/a.json", SMALL),
        web.add("/b.json", gzip.compress(SMALL), Content_Encoding="gzip"),
    ):
        assert failure(update_attack, large, folder).message == f"cannot use {large}: it is larger than 0 MB"


def test_redirects_are_followed(web, folder):
    web.add("/new/a.json", SMALL)
    web.add("/b.json", status=301, Location="new/a.json")
    address = web.add("/a.json", status=302, Location=f"{web.address}/b.json")
    assert update_attack(address, folder).version == "20.1"


def test_redirects_without_end(web, folder):
    address = web.add("/a.json", status=302, Location="/a.json")
    assert failure(update_attack, address, folder).message.endswith("it redirects more than 5 times")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a.json"])
def test_redirects_away_from_http_are_refused(web, folder, target):
    address = web.add("/a.json", status=302, Location=target)
    assert failure(update_attack, address, folder).message.endswith(f"it redirects to {target}, which is not followed")


def test_redirects_from_https_to_http_are_refused():
    with pytest.raises(DataError, match="which is not followed"):
        download._Download("https://a", 1)._redirected("https://a", "http://b/c")


def test_mitres_bundle(shared, folder):
    summary = update_attack(str(shared / "attack" / "enterprise-attack-18.1.json"), folder)
    assert str(summary) == "ATT&CK 18.1: 14 tactics, 216 techniques, 475 sub-techniques, 132 revoked, 12 deprecated"
    attack = Reference(folder).attack
    assert attack.versions == ("17.0", "18.1", "19")
    status = attack.status("T1547.011")
    assert (status.state, str(status.replaced_by)) == ("revoked", "T1647 Plist File Modification")
    assert attack.is_known("T1547.011")
    assert str(attack.close("T1547.011")) == "T1647 Plist File Modification"


def test_elastics_fields(shared, folder):
    summary = update_ecs(str(shared / "fields" / "ecs-flat-9.4.0.json.gz"), folder)
    assert str(summary) == "ECS 9.4.0: 2725 fields"
    shipped = Path(download.__file__).parent / "data" / ECS_FILE
    assert gzip.decompress((folder / ECS_FILE).read_bytes()) == gzip.decompress(shipped.read_bytes())
