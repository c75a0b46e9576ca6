"""Updates of integrations and Beats from folders and files: what is kept, and what is refused."""

import gzip
import json

import pytest
from support.integrations import FILES, MANIFEST, V8, V9, unpacked, zipped

from rulepack.errors import DataError, OutputError
from rulepack.reference import Known, Reference
from rulepack.reference.update_fields import update_beats, update_integrations
from rulepack.stack import StackVersion

ECS = Reference().ecs
MANIFESTS = {"acme": {"2.1.0": {"conditions": {"kibana": {"version": "^9.0.0"}}}}}
SCHEMAS = {"acme": {"2.1.0": {"log": {"acme.line": "long"}}}}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "reference"


@pytest.fixture
def source(tmp_path):
    def write(content, name="fields.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    return write


def update(folder, *sources, **more):
    return str(update_integrations(sources, folder, ECS, **more))


def versions(folder):
    return tuple(Reference(folder).integrations.package("acme").versions)


def of_version(version, condition="^9.0.0"):
    manifest = MANIFEST.replace("2.1.0", version).replace("^8.17.0 || ^9.0.0", condition)
    return {**FILES, "manifest.yml": manifest}


def failure(folder, *sources):
    with pytest.raises(DataError) as caught:
        update(folder, *sources)
    assert caught.value.hint
    assert not folder.exists()
    return caught.value.message


@pytest.mark.parametrize("layout", ["zips", "registry", "repository", "itself", "one zip"])
def test_folders_of_packages_are_read(tmp_path, folder, layout):
    packages = tmp_path / "packages"
    packages.mkdir()
    if layout == "zips":
        (packages / "acme-2.1.0.zip").write_bytes(zipped())
        (packages / "README.md").write_text("ours", encoding="utf-8")
    elif layout == "one zip":
        packages = tmp_path / "acme.zip"
        packages.write_bytes(zipped())
    else:
        inside = {"registry": "acme/2.1.0", "repository": "packages/acme", "itself": "."}[layout]
        unpacked(packages / inside)
    expected = "integrations: 1 packages with fields, 1 versions of them, 1 packages with manifests"
    assert update(folder, str(packages)) == expected
    schema = Reference(folder).schema(("logs-acme.log-*",), (), (V9,))
    assert (schema.complete, schema.type_of("acme.line")) == (True, "long")


def test_detection_rules_files_come_together(folder, source):
    update(
        folder,
        source(MANIFESTS, "manifests.json"),
        source(gzip.compress(json.dumps(SCHEMAS).encode()), "2024-07.json.gz"),
    )
    reference = Reference(folder)
    assert reference.integrations.package("acme").dated == "2024-07"
    schema = reference.schema(("logs-acme.log-*",), (), (V9,), "2024/06/30")
    assert (schema.complete, schema.find("acme.line")) == (True, Known(("long",), ("acme 2.1.0",)))
    assert not reference.schema(("logs-acme.log-*",), (), (V9,), "2024/08/01").complete


def test_files_from_the_web_are_read(folder, web):
    update(folder, web.add("/m.json", json.dumps(MANIFESTS).encode()), web.add("/acme-2.1.0.zip", zipped()))
    assert versions(folder) == ("2.1.0",)


def test_only_versions_that_matter_for_a_stack_are_kept(tmp_path, folder):
    packages = tmp_path / "packages"
    packages.mkdir()
    held = {
        "1.0.0": "^7.0.0",
        "1.1.0": "^8.0.0",
        "1.2.0": "^8.0.0",
        "2.0.0": "^9.0.0",
        "2.1.0": "^9.0.0",
        "3.0.0": "^12.0.0",
    }
    for version, condition in held.items():
        (packages / f"{version}.zip").write_bytes(zipped(of_version(version, condition)))
    update(folder, str(packages))
    # The newest for 8.x and for 9.x, and the newest of all.
    assert versions(folder) == ("1.2.0", "2.1.0", "3.0.0")
    update(folder, str(packages), stacks=(StackVersion(7, 17),))
    assert versions(folder) == ("1.0.0", "1.2.0", "2.1.0", "3.0.0")


def test_an_update_adds_to_what_is_there(folder, source):
    update(folder, source(zipped(of_version("1.0.0", "^8.0.0")), "one.zip"))
    update(folder, source(zipped(of_version("2.0.0", "^9.0.0")), "two.zip"))
    assert versions(folder) == ("1.0.0", "2.0.0")
    update(folder, source(zipped(of_version("2.1.0", "^9.0.0")), "three.zip"))
    assert versions(folder) == ("1.0.0", "2.1.0")
    update(folder, source({"other": {"1.0.0": {"log": {"a": "ip"}}}}))
    assert versions(folder) == ("1.0.0", "2.1.0")
    assert Reference(folder).integrations.names == ("acme", "other")


def test_the_same_sources_in_any_order_give_the_same_bytes(tmp_path, source):
    sources = [source(MANIFESTS, "m.json"), source(SCHEMAS, "s.json")]
    for name, order in (("a", sources), ("b", sources[::-1])):
        update(tmp_path / name, *order)
        update(tmp_path / name, *order)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.gz"))
    assert [path.as_posix() for path in files] == ["integrations.json.gz", "packages/acme.json.gz"]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_fields_without_manifests_are_not_complete_on_a_stack(folder, source):
    update(folder, source(SCHEMAS))
    schema = Reference(folder).schema(("logs-acme.*",), (), (V8,))
    assert (schema.complete, schema.type_of("acme.line")) == (False, "long")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not JSON"),
        (b"<html>", "it is not JSON"),
        (b"{}", "there are no packages in it"),
        (b"\x1f\x8bno", "its gzip"),
        (gzip.compress(b"{}", mtime=0)[:-5], "its gzip ends too early"),
        (b"PK\x03\x04no", "it is no zip that can be read"),
        (b'{"logs-acme.*": {"a": "ip"}}', "such a file is a pack's own, for fields/"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(folder, source, content, reason):
    path = source(content)
    message = failure(folder, path)
    assert message.startswith(f"cannot use {path}: ")
    assert reason in message


def test_a_folder_without_packages_and_a_path_that_is_not_there_are_refused(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    assert failure(folder, str(tmp_path / "empty")) == f"there are no packages in {tmp_path / 'empty'}"
    assert "No such file" in failure(folder, str(tmp_path / "nowhere"))
    assert "File name too long" in failure(folder, "x" * 5000)
    assert "cannot read" in failure(folder, "a\x00b")


def test_folders_are_not_searched_for_ever(tmp_path, folder):
    deep = tmp_path / "a" / "b" / "c" / "d" / "e"
    unpacked(deep)
    assert failure(folder, str(tmp_path / "a")) == f"there are no packages in {tmp_path / 'a'}"
    update(folder, str(tmp_path / "a" / "b"))
    assert versions(folder) == ("2.1.0",)


def test_one_bad_package_of_a_folder_is_named_and_nothing_is_written(tmp_path, folder):
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "acme.zip").write_bytes(zipped())
    (packages / "bad.zip").write_bytes(b"PK")
    assert failure(folder, str(packages)).startswith(f"cannot use {packages / 'bad.zip'}: it is no zip")


def test_a_folder_that_cannot_be_written_is_said(tmp_path, source):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError):
        update(tmp_path / "taken", source(SCHEMAS))


BEATS = {"acmebeat": {"folders": {"_meta": {"files": {"fields.yml": [{"name": "acme.line", "type": "long"}]}}}}}


def test_beats_are_read_with_the_version_of_the_name(folder, source):
    summary = update_beats(source(BEATS, "v9.4.4.json"), folder)
    assert str(summary) == "Beats 9.4.4: 1 Beats, 1 fields"
    assert Reference(folder).schema(("acmebeat-*",), (), (V9,)).find("acme.line") == Known(
        ("long",), ("acmebeat 9.4.4",)
    )


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (BEATS, "beats.json", "cannot tell the version of"),
        ([], "beats-9.4.4.json", "Beats by name are expected"),
        (b"<html>", "beats-9.4.4.json", "it is not JSON"),
    ],
)
def test_beats_that_cannot_be_used_are_refused(folder, source, content, name, reason):
    with pytest.raises(DataError, match=reason) as caught:
        update_beats(source(content, name), folder)
    assert caught.value.hint
    assert not folder.exists()
