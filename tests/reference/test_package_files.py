"""Published packages, zipped and not, and those that were made to do harm."""

import io
import os
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.integrations import FILES, MANIFEST, unpacked, zipped

from rulepack.reference import archives
from rulepack.reference.archives import FolderFiles, ZippedFiles
from rulepack.reference.package_files import read_package
from rulepack.reference.storage import UnreadableError

ECS = {"event.action": "keyword"}.get


def read(content):
    return read_package(ZippedFiles(content), ECS)


def refusal(content):
    with pytest.raises(UnreadableError) as caught:
        read(content)
    assert len(str(caught.value)) < 300
    return str(caught.value)


def test_a_package_gives_its_manifest_and_the_fields_of_its_streams():
    package = read(zipped())
    assert (package.name, package.version) == ("acme", "2.1.0")
    assert package.manifest.condition == "^8.17.0 || ^9.0.0"
    assert package.manifest.policy_templates == ("acme", "acme_cloud")
    audit, log = package.streams["audit"], package.streams["log"]
    assert (audit.dataset, log.dataset) == ("acme.events.audit", "acme.log")
    assert log.fields == {"acme.line": "long"}
    assert audit.fields == {
        "acme.audit.actor": "keyword",
        "acme.audit.actor.text": "match_only_text",
        "acme.audit.details": "flattened",
        "acme.audit.labels": "object:keyword",
        "acme.audit.metrics.*": "long",
        "acme.audit.parts": "nested",
        "acme.audit.parts.name": "keyword",
        "acme.audit.target.id": "long",
        "acme.audit.who": "alias:acme.audit.actor",
        "data_stream.dataset": "constant_keyword",
        "event.action": "keyword",
    }


def test_a_folder_and_a_zip_without_a_top_folder_say_the_same(tmp_path):
    assert read_package(FolderFiles(unpacked(tmp_path)), ECS) == read(zipped()) == read(zipped(top=""))


def test_dynamic_templates_transforms_and_input_packages_have_fields(tmp_path):
    templates = """
dataset: acme.log
elasticsearch:
  index_template:
    mappings:
      dynamic_templates:
        - numbers: {path_match: "acme.numbers.*", mapping: {type: double}}
        - any: {path_match: ["acme.any.*", "*"], mapping: {dynamic: true}}
        - types: {match_mapping_type: string, mapping: {type: keyword}}
        - odd
        - odder: [list]
"""
    files = {
        "manifest.yml": MANIFEST,
        "data_stream/log/manifest.yml": templates,
        "data_stream/log/fields/a.yml": "- name: x\n",
        "elasticsearch/transform/latest/fields/b.yml": "- name: y\n",
        "fields/c.yml": "- name: z\n",
    }
    streams = read_package(FolderFiles(unpacked(tmp_path, files)), ECS).streams
    assert streams["log"].fields == {"acme.any.*": "object", "acme.numbers.*": "double", "x": "keyword"}
    assert (streams["latest"].fields, streams["acme"].fields) == ({"y": "keyword"}, {"z": "keyword"})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"manifest.yml": "name: ../x\nversion: 1.0.0"}, "'../x' in its manifest.yml is no name of a package"),
        ({"manifest.yml": "name: acme\nversion: new"}, "'new' in its manifest.yml is no version such as 8.17.0"),
        ({"manifest.yml": "name: [acme]\nversion: 1.0.0"}, "is no name of a package"),
        ({"manifest.yml": "- name"}, "manifest.yml: a table is expected"),
        ({"manifest.yml": "<html>: ["}, "manifest.yml: it is not YAML"),
        ({"data_stream/log/fields/base.yml": "name: x"}, "data_stream/log/fields/base.yml: a list is expected"),
        ({"data_stream/log/fields/base.yml": "- x"}, "data_stream/log/fields/base.yml: a field of it is no table"),
        ({"data_stream/log/manifest.yml": "- x"}, "data_stream/log/manifest.yml: a table is expected"),
    ],
)
def test_a_package_that_is_none_is_refused(change, reason):
    assert reason in refusal(zipped({**FILES, **change}))


def test_a_manifest_of_odd_shapes_admits_nothing_false():
    odd = "name: acme\nversion: 1.0.0\nconditions: [1]\npolicy_templates: {a: b}\n"
    manifest = read(zipped({**FILES, "manifest.yml": odd})).manifest
    assert (manifest.condition, manifest.policy_templates) == ("", ())
    dotted = "name: acme\nversion: 1.0.0\nconditions: {kibana.version: ^8.0.0}\npolicy_templates: [a, 5, {name: b}]\n"
    manifest = read(zipped({**FILES, "manifest.yml": dotted})).manifest
    assert (manifest.condition, manifest.policy_templates) == ("^8.0.0", ("a", "b"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is no zip that can be read"),
        (b"<html>", "it is no zip that can be read"),
        (zipped()[:-30], "it is no zip that can be read"),
        (zipped()[50:], ""),
        (zipped({"docs/README.md": "x"}), "there is no manifest.yml in it"),
    ],
)
def test_what_is_no_package_is_refused(content, reason):
    assert reason in refusal(content)


@pytest.mark.parametrize("name", ["../manifest.yml", "/etc/passwd", "a/../../b", "a\\..\\b", "a\x01"])
def test_a_zip_that_leads_out_of_itself_is_refused(name):
    assert "leads out of it" in refusal(zipped({**FILES, name: "x"}, top=""))


def test_a_link_in_a_zip_is_refused():
    packed = io.BytesIO(zipped())
    with zipfile.ZipFile(packed, "a") as archive:
        link = zipfile.ZipInfo("acme-2.1.0/data_stream/log/fields/link.yml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert "is a link" in refusal(packed.getvalue())


def test_a_zip_bomb_is_not_unpacked(monkeypatch):
    bomb = {**FILES, "data_stream/log/fields/bomb.yml": "#" * 60_000_000}
    assert "is larger than 4 MB" in refusal(zipped(bomb, compression=zipfile.ZIP_DEFLATED))
    monkeypatch.setattr(archives, "MOST_BYTES_IN_ALL", 500)
    many = {**FILES, **{f"data_stream/log/fields/{number}.yml": "# " + "x" * 90 for number in range(9)}}
    monkeypatch.setattr(archives._Allowance.__init__, "__defaults__", (500,))
    assert "it is larger than" in refusal(zipped(many))


def test_a_zip_that_lies_about_sizes_and_sums_is_refused():
    content = zipped()
    wrong = zlib.crc32(b"- name: acme.line\n  type: long\n").to_bytes(4, "little")
    assert content.count(wrong) == 2
    assert "cannot be read" in refusal(content.replace(wrong, b"\0\0\0\0"))


def test_a_zip_with_too_many_files_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    assert refusal(zipped()) == "it holds more than 3 files"


@given(st.data())
def test_a_zip_damaged_anywhere_gives_a_package_or_a_reason(data):
    content = bytearray(zipped())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        package = read(bytes(content))
    except UnreadableError:
        return
    assert package.name


def test_links_and_pipes_in_a_folder_are_not_followed(tmp_path):
    folder = unpacked(tmp_path / "acme")
    (folder / "data_stream" / "log" / "fields" / "link.yml").symlink_to("/etc/passwd")
    with pytest.raises(UnreadableError, match=r"link\.yml in it is not a regular file"):
        read_package(FolderFiles(folder), ECS)
    (folder / "data_stream" / "log" / "fields" / "link.yml").unlink()
    os.mkfifo(folder / "data_stream" / "log" / "fields" / "pipe.yml")
    with pytest.raises(UnreadableError, match="not a regular file"):
        read_package(FolderFiles(folder), ECS)


def test_a_folder_with_too_many_files_and_one_that_is_gone_are_refused(tmp_path, monkeypatch):
    folder = unpacked(tmp_path / "acme")
    with pytest.raises(UnreadableError, match=r"nowhere\.yml in it cannot be read"):
        FolderFiles(folder).read("nowhere.yml")
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    with pytest.raises(UnreadableError, match="it holds more than 3 files"):
        read_package(FolderFiles(folder), ECS)
