"""Verifying packages: a changed byte, a missing file, and whatever somebody forged with checksums that are right."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.memory import PEAK
from support.packages import TINY, contents, copy, forge, make, members, said, seal, whole, write_zip, zipped
from support.samples import ROOT, RULE

from rulepack.errors import PackageError
from rulepack.package import files as files_module
from rulepack.package.read import looks_like_package, verify
from rulepack.stack import StackVersion

MANIFEST, INDEX, NDJSON, SUMS = "manifest.json", "9.3/index.json", "9.3/rules.ndjson", "SHA256SUMS"
RULE_JSON = "rules/00000000-0000-4000-8000-000000000001.json"

STEPS = pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.slow)])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The package of one rule for one stack version."""
    return make(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(tiny, tmp_path):
    return copy(tiny, tmp_path)


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    return whole(tmp_path_factory.mktemp("rich") / "pack")


def codes(path):
    return {code for code, _, _ in said(path)}


# As it was made


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_a_package_is_in_order_as_it_was_made(rich, kind):
    found = verify(getattr(rich, kind))
    assert found.diagnostics == ()
    assert found.package.manifest == rich.manifest
    assert found.files == 10
    assert [one.get("rule_id", one.get("item_id")) for one in found.package.bodies(StackVersion(9, 3))] == [
        None,
        "scanner-1",
        "00000000-0000-4000-8000-000000000001",
    ]


def test_an_archive_may_have_any_name_and_stand_anywhere(tiny, tmp_path):
    other = tmp_path / "ü b.ZIP"
    shutil.copy(tiny.archive, other)
    assert looks_like_package(other)
    assert said(other) == []


def test_a_folder_may_have_any_name(folder):
    assert said(folder.rename(folder.with_name("latest"))) == []


# One byte


@STEPS
def test_every_byte_of_every_file_of_a_folder_counts(folder, step):
    for name, content in contents(folder).items():
        path = folder / name
        for place in range(0, len(content), step):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            found = said(folder)
            assert found, f"{name}: byte {place} may be anything"
            # A digit of a checksum that is wrong is a file that is wrong.
            assert name in {file for _, file, _ in found} or name == SUMS
        path.write_bytes(content)
    assert said(folder) == []


@STEPS
def test_every_byte_of_an_archive_counts(tiny, tmp_path, step):
    content = tiny.archive.read_bytes()
    path = tmp_path / "a.zip"
    for place in range(0, len(content), step):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert said(path), f"byte {place} may be anything"


def test_a_changed_byte_in_an_archive_names_the_file(tiny, tmp_path):
    content = tiny.archive.read_bytes()
    path = tmp_path / "a.zip"
    for name, data in members(tiny.archive).items():
        place = content.index(data) + len(data) // 2
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        inner = name.partition("/")[2]
        assert inner in {file for _, file, _ in said(path)} or inner == SUMS


@pytest.mark.parametrize("place", [0, 1, 40, 500, -100, -23, -1])
def test_an_archive_that_was_cut_off_is_refused(tiny, tmp_path, place):
    path = tmp_path / "a.zip"
    path.write_bytes(tiny.archive.read_bytes()[:place])
    assert codes(path) <= {"RP711", "RP713"}


def test_what_stands_before_or_after_an_archive_counts(tiny, tmp_path):
    content = tiny.archive.read_bytes()
    path = tmp_path / "a.zip"
    for changed in (b"#!/bin/sh\n" + content, content + b"\0", content + content):
        path.write_bytes(changed)
        assert codes(path) & {"RP711", "RP712", "RP713"}
    shutil.copy(tiny.archive, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"trust me"
    assert said(path) == [("RP711", "", "the archive does not end as rulepack ends one: something was added")]


# Which files there are


def test_a_missing_file_is_named(folder):
    for name in contents(folder):
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        found = said(folder)
        assert (name == SUMS and found[0][0] == "RP713") or ("RP711", name, "the file is missing") in found
        (folder / name).write_bytes(content)


def test_a_file_too_many_is_named(folder):
    (folder / "9.3" / "extra.ndjson").write_text("{}\n")
    assert said(folder) == [("RP711", "9.3/extra.ndjson", "SHA256SUMS does not name this file")]
    seal(folder)
    assert said(folder) == [("RP714", "9.3/extra.ndjson", "the package has no use for this file")]


def test_a_folder_without_any_of_it_is_no_package(tmp_path):
    assert said(tmp_path) == [("RP713", "", "there is no SHA256SUMS, so this is no package")]
    (tmp_path / SUMS).write_text("")
    assert said(tmp_path) == [("RP711", SUMS, "line 1 is no checksum of a file, or one too many")]
    (tmp_path / SUMS).write_text(f"{'0' * 64}  README.md\n")
    assert ("RP711", "README.md", "the file is missing") in said(tmp_path)
    (tmp_path / "README.md").write_text("x")
    seal(tmp_path)
    assert said(tmp_path) == [("RP713", "", "there is no manifest.json, so this is no package")]


def test_nothing_but_files_and_folders_is_looked_at(folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert said(link) == [("RP713", "", "this is a link, and no package")]
    assert said(tmp_path / "nowhere.zip") == [("RP713", "", "this is neither a folder nor a file, and no package")]
    os.mkfifo(tmp_path / "pipe.zip")
    for odd in (tmp_path / "pipe.zip", "/dev/null", "/dev/zero"):
        assert codes(type(tmp_path)(odd)) == {"RP713"}


def test_links_and_devices_in_a_folder_are_refused_and_not_read(folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s")
    (folder / "a").symlink_to(secret)
    (folder / "b").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "c")
    what = "this is a link or a device, which no package holds"
    assert said(folder) == [("RP712", name, what) for name in "abc"]
    for name in "abc":
        (folder / name).unlink()
    moved = shutil.move(folder / MANIFEST, tmp_path / MANIFEST)
    (folder / MANIFEST).symlink_to(moved)
    assert said(folder) == [("RP712", MANIFEST, what)]


@pytest.mark.parametrize("name", ["a\nb", "\u202eknird", "\udcff", "tab\there"])
def test_a_name_that_does_not_show_is_refused(folder, name):
    (folder / name).write_text("x")
    ((code, _, message),) = said(folder)
    assert (code, message) == ("RP712", f"the name {name!r} holds a character that does not show")


# Archives that somebody made


def files_of(tiny):
    return list(members(tiny.archive).items())


@pytest.mark.parametrize(
    "name",
    [
        f"{TINY}/../../outside",
        "../outside",
        "/etc/outside",
        f"{TINY}//etc/outside",
        "C:/outside",
        f"{TINY}/C:/outside",
        f"{TINY}/..\\outside",
        f"{TINY}/./manifest.json",
        "..",
        "/",
    ],
)
def test_a_name_that_leads_out_of_an_archive_is_refused(tiny, tmp_path, name):
    path = write_zip(tmp_path / "a.zip", [*files_of(tiny), (name, b"x")])
    ((code, _, message),) = said(path)
    assert code == "RP712"
    assert message.endswith("leads out of the package")
    assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]


def entry(name, mode=stat.S_IFREG | 0o644, compress=zipfile.ZIP_STORED):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = compress
    return info


@pytest.mark.parametrize(
    ("info", "content", "said_of_it"),
    [
        (entry(f"{TINY}/a", stat.S_IFLNK | 0o777), b"/etc/passwd", "is no regular file"),
        (entry(f"{TINY}/a", stat.S_IFCHR | 0o600), b"", "is no regular file"),
        (entry(f"{TINY}/a", stat.S_IFIFO | 0o600), b"", "is no regular file"),
        (entry(f"{TINY}/a/", stat.S_IFDIR | 0o755), b"", "is no regular file"),
        (entry(f"{TINY}/a", compress=zipfile.ZIP_DEFLATED), b"0" * 50_000_000, "files are compressed"),
        (entry(f"{TINY}/a", compress=zipfile.ZIP_LZMA), b"0" * 1000, "files are compressed"),
        (entry("other/a"), b"", "is outside of the package's one folder"),
        (entry("a"), b"", "is outside of the package's one folder"),
    ],
)
def test_what_rulepack_never_puts_into_an_archive_is_refused(tiny, tmp_path, info, content, said_of_it):
    path = write_zip(tmp_path / "a.zip", [*files_of(tiny), (info, content)])
    ((code, _, message),) = said(path)
    assert code == "RP712"
    assert said_of_it in message


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(tiny, tmp_path):
    path = write_zip(tmp_path / "a.zip", [*files_of(tiny), (f"{TINY}/{MANIFEST}", b"{}")])
    assert said(path) == [("RP712", "", f"'{TINY}/{MANIFEST}' is there twice")]


def test_an_archive_that_lies_about_sizes_is_refused(tiny, tmp_path):
    content = bytearray(tiny.archive.read_bytes())
    place = content.index(b"PK\1\2")
    content[place + 20 : place + 28] = (2**31).to_bytes(4, "little") * 2
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    assert said(path) == [("RP712", "", "its files would be larger than the archive")]


def test_an_archive_in_the_wide_form_is_refused_where_it_need_not_be(tiny, tmp_path):
    """The same files, but said in zip64: nothing wrong with it, and not what rulepack writes."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files_of(tiny):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(content)
    assert codes(path) == {"RP711"}


def test_a_list_of_files_that_is_said_to_be_huge_is_not_read(tiny, tmp_path):
    content = tiny.archive.read_bytes()
    path = tmp_path / "a.zip"
    path.write_bytes(content[:-10] + (2**31).to_bytes(4, "little") + content[-6:])
    assert said(path) == [("RP712", "", "its list of files would have 2,147,483,648 bytes")]
    wide = b"PK\6\6" + bytes(36) + (2**40).to_bytes(8, "little") + bytes(8)
    locator = b"PK\6\7" + bytes(4) + (len(content) - 22).to_bytes(8, "little") + bytes(4)
    path.write_bytes(content[:-22] + wide + locator + content[-22:])
    assert said(path) == [("RP712", "", "its list of files would have 1,099,511,627,776 bytes")]
    path.write_bytes(content[:-22] + bytes(56) + locator + content[-22:])
    assert said(path) == [("RP711", "", "the archive does not end as rulepack ends one")]


def test_too_many_files_are_refused_before_they_are_listed(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(files_module, "MOST_FILES", 5)
    path = write_zip(tmp_path / "a.zip", files_of(tiny))
    assert said(path) == [("RP712", "", "it has 7 files")]
    many = tmp_path / "many"
    (many / "a").mkdir(parents=True)
    for number in range(20):
        (many / "a" / str(number)).touch()
    assert said(many) == [("RP712", "", "it has more than 5 files")]


def test_more_bytes_than_a_package_can_have_are_refused(folder, monkeypatch):
    monkeypatch.setattr(files_module, "MOST_BYTES", 1000)
    ((code, _, message),) = said(folder)
    assert code == "RP712"
    assert message.startswith("it has 7 files of 2,")


@pytest.mark.parametrize("files", [[], [("a/b", b"")], [("a", b"")], [(f"{TINY}/x", b"x")]])
def test_an_archive_of_something_else_is_no_package(tmp_path, files):
    path = write_zip(tmp_path / "a.zip", files)
    assert codes(path) & {"RP712", "RP713"}


def test_the_folder_in_an_archive_is_that_of_its_manifest(tiny, tmp_path):
    other = tmp_path / "acme-2.0"
    shutil.copytree(tiny.folder, other)
    assert codes(zipped(other)) == {"RP711"}
    same = tmp_path / TINY
    shutil.copytree(tiny.folder, same)
    assert said(zipped(same)) == []
    assert codes(zipped(same, at=(2020, 1, 1, 0, 0, 0))) == {"RP711"}


def test_a_forged_archive_says_what_a_forged_folder_says(folder):
    forge(folder, MANIFEST, lambda data: data["rules"][0].update(version=7))
    assert said(zipped(folder)) == said(folder)
    assert codes(folder) == {"RP714"}


# Files that contradict one another, with checksums that are right


def other_rule(data):
    data["rules"].append({**data["rules"][0], "rule_id": "other", "json": "rules/other.json"})


def twice(data):
    data["rules"].append(data["rules"][0])


@pytest.mark.parametrize(
    ("name", "change", "code", "message"),
    [
        (MANIFEST, twice, "RP714", "two rules have the rule_id 00000000-0000-4000-8000-000000000001"),
        (MANIFEST, twice, "RP714", "two rules have this file"),
        (MANIFEST, other_rule, "RP714", "the package is said to have this file, and there is none"),
        (MANIFEST, lambda d: d["rules"].clear(), "RP714", "the package has no use for this file"),
        (MANIFEST, lambda d: d["rules"][0].update(type="eql"), "RP714", "is another rule, version or type"),
        (MANIFEST, lambda d: d["rules"][0].update(version=2), "RP714", "is another rule, version or type"),
        (MANIFEST, lambda d: d["rules"][0].pop("stacks"), "RP714", "it does not say which stack versions get"),
        (MANIFEST, lambda d: d["rules"][0].pop("json"), "RP714", "where its body is"),
        (MANIFEST, lambda d: d["rules"][0].update(json="../../x"), "RP714", "and there is none"),
        (MANIFEST, lambda d: d["rules"][0].update(json=MANIFEST), "RP714", "has no use for this file"),
        (MANIFEST, lambda d: d["rules"][0].update(maturity="deprecated"), "RP714", "which stack versions get"),
        (MANIFEST, lambda d: d.update(stack=["9.3", "9.5"]), "RP713", "it lacks '9.5'"),
        (MANIFEST, lambda d: d.update(stack=[]), "RP713", "its stack versions are none"),
        (MANIFEST, lambda d: d.update(format=2), "RP713", "it has form 2, and this rulepack knows 1"),
        (MANIFEST, lambda d: d.update(format=10**4000), "RP713", "it has form a number of 13288 bits"),
        (MANIFEST, lambda d: d.pop("rules"), "RP713", "it lacks 'rules'"),
        (MANIFEST, lambda d: d.pop("format"), "RP713", "it does not say which form it has"),
        (
            MANIFEST,
            lambda d: d["exception_lists"].append(
                {"list_id": "x", "name": "x", "namespace_type": "single", "items": 0}
            ),
            "RP714",
            "the exception list x is missing",
        ),
        (MANIFEST, b"", "RP713", "is no JSON that can be used"),
        (MANIFEST, b"[" * 100_000, "RP713", "it is nested too deep"),
        (MANIFEST, b"\xff", "RP713", "is no JSON that can be used"),
        (MANIFEST, b"[]", "RP713", "it does not say which form it has"),
        (MANIFEST, b"[" + b"[]," * 1_000_001 + b"0]", "RP713", "it holds more than 2,000,000 values"),
        (INDEX, b"[" * 100_000, "RP714", "nested too deep"),
        (INDEX, b"{}", "RP714", "9.3/index.json does not name the files beside it"),
        (INDEX, b"null", "RP714", "9.3/index.json does not name the files beside it"),
        (INDEX, lambda d: d["parts"].clear(), "RP714", "does not name the files beside it"),
        (INDEX, lambda d: d["parts"][0].update(file="../../outside"), "RP714", "does not name the files beside it"),
        (INDEX, lambda d: d["parts"][0].update(file="/etc/passwd"), "RP714", "does not name the files beside it"),
        (INDEX, lambda d: d["parts"][0].update(file=".."), "RP714", "and there is none"),
        (INDEX, lambda d: d["parts"][0].update(file="index.json"), "RP714", "has no use for this file"),
        (INDEX, lambda d: d["parts"].append(d["parts"][0]), "RP714", "is there twice"),
        (NDJSON, b"", "RP714", "the rule 00000000-0000-4000-8000-000000000001 is missing for 9.3"),
        (NDJSON, b"x\n", "RP714", "line 1 of 9.3/rules.ndjson is no JSON"),
        (NDJSON, b"[1]\n", "RP714", "line 1 of 9.3/rules.ndjson is no object"),
        (NDJSON, b'{"a":' * 100_000 + b"\n", "RP714", "nested too deep"),
        (NDJSON, b'{"rule_id": "evil"}\n', "RP714", "the manifest does not have the rule evil for 9.3"),
        (NDJSON, b'{"list_id": "l"}\n', "RP714", "the manifest does not have the exception list l"),
        (NDJSON, b'{"list_id": "l", "item_id": "i"}\n', "RP714", "the manifest does not have the exception list l"),
        (NDJSON, b'{"list_id": ["l"]}\n', "RP714", "an object is neither a rule nor an exception list"),
        (NDJSON, b'{"list_id": "l", "item_id": 5}\n', "RP714", "an object is neither a rule nor an exception list"),
        (NDJSON, b'{"type": "unknown"}\n', "RP714", "an object is neither a rule nor an exception list"),
        (RULE_JSON, b"", "RP714", f"{RULE_JSON} is no JSON"),
        (RULE_JSON, b"[]", "RP714", "is another rule, version or type"),
        (RULE_JSON, b'{"rule_id": "x"}', "RP714", "is another rule, version or type"),
        (RULE_JSON, lambda d: d.update(name="Other"), "RP714", "is another rule, version or type"),
        (
            RULE_JSON,
            lambda d: d.update(tags=5),
            "RP714",
            "has tags otherwise: tags is an integer, but must be an array",
        ),
        (NDJSON, lambda d: d.update(exceptions_list="x"), "RP714", "has exceptions_list otherwise: "),
        (NDJSON, lambda d: d.update(evil=True), "RP714", "has evil otherwise: unknown field evil"),
        (NDJSON, lambda d: d.update(meta={"a": float("nan")}), "RP714", "NaN is no number of JSON"),
        (NDJSON, b'{"meta": 1e999999}', "RP714", "1e999999 is no number of JSON"),
        (NDJSON, lambda d: d.update(query="event.category : file"), "RP714", f"is otherwise in {RULE_JSON}"),
        (NDJSON, lambda d: d.update(enabled=True), "RP714", f"is otherwise in {RULE_JSON}"),
        (RULE_JSON, lambda d: d.update(severity="high"), "RP714", f"is otherwise in {RULE_JSON}"),
        (NDJSON, lambda d: d.pop("description"), "RP714", "has description otherwise: "),
    ],
)
def test_what_contradicts_the_manifest_is_refused(folder, name, change, code, message):
    forge(folder, name, change)
    found = said(folder)
    assert any(one[0] == code and message in one[2] for one in found), found


def test_what_older_stack_versions_get_is_what_people_look_at_but_for_what_they_lack(tmp_path):
    text = RULE.replace("[rule]", '[rule]\ninvestigation_fields = { field_names = ["user.name"] }')
    text = text.replace("[rule]", '[rule]\nnote = """\n## Triage\n\n## Setup\n\nInstall it.\n"""')
    settings = (
        'name = "acme"\nstack = ["8.2", "8.10", "9.3"]\nderived_fields = ["required_fields"]\nchecks.RP105 = "off"\n'
    )
    made = make(tmp_path / "p", text, settings=settings)
    assert [str(one.standing) for one in made.manifest.rules[0].fits] == ["reduced", "reduced", "full"]
    assert said(made.folder) == []
    for stack in ("8.2", "8.10", "9.3"):
        folder = copy(made, tmp_path / stack)
        forge(folder, f"{stack}/rules.ndjson", lambda data: data.update(risk_score=99))
        assert [(one[0], one[1]) for one in said(folder)] == [("RP714", f"{stack}/rules.ndjson")]


def test_exception_lists_are_those_of_the_manifest(rich, tmp_path):
    forge(copy(rich, tmp_path), MANIFEST, lambda data: data["exception_lists"][0].update(items=2))
    assert said(tmp_path / TINY) == [
        ("RP714", f"{stack}/index.json", "the exception list known-scanners has 1 items; manifest: 2")
        for stack in ("9.3", "9.5")
    ]


@pytest.mark.parametrize("text", [",", "[{", '\\"', "\\\\"])
def test_a_text_may_hold_whatever_json_is_made_of(tmp_path, text):
    """A guide of a megabyte in which there is nothing but commas is odd, and one value all the same."""
    guide = RULE.replace("[rule]", f"[rule]\nnote = '''{text * 1_100_000}'''")
    made = make(tmp_path / "p", guide, settings='name = "p"\nstack = ["9.3"]')
    body = files_module.read_json((made.folder / RULE_JSON).read_bytes())
    assert len(body["note"]) == len(text) * 1_100_000
    assert said(made.folder) == []


def test_two_rules_of_the_same_file_are_found_among_a_hundred_thousand(folder):
    def many(data):
        row = {**data["rules"][0], "stacks": {"9.3": "full"}}
        data["rules"] = [{**row, "rule_id": str(number)} for number in range(20_000)]

    forge(folder, MANIFEST, many)
    assert ("RP714", RULE_JSON, "20,000 rules have this file") in said(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\n", "line 1 is no checksum of a file, or one too many"),
        (f"{'0' * 64} *a\n", "line 1 is no checksum"),
        (f"{'0' * 64}  a\n" * 2, "line 2 is no checksum of a file, or one too many"),
        (f"{'0' * 64}  b\n{'0' * 64}  a\n", "its lines are not as rulepack writes them"),
        (f"{'0' * 64}  a", "its lines are not as rulepack writes them"),
        (f"{'0' * 64}  a\r\n", "line 1 is no checksum"),
    ],
)
def test_checksums_in_another_form_are_refused(folder, text, message):
    (folder / SUMS).write_bytes(text.encode())
    ((code, file, what),) = said(folder)
    assert (code, file) == ("RP711", SUMS)
    assert message in what


def test_checksums_of_files_elsewhere_are_those_of_missing_files(folder):
    with (folder / SUMS).open("a") as file:
        file.write(f"{'0' * 64}  ../../../etc/passwd\n")
    text = "".join(sorted((folder / SUMS).read_text().splitlines(keepends=True), key=lambda line: line[66:]))
    (folder / SUMS).write_text(text)
    assert said(folder) == [("RP711", "../../../etc/passwd", "the file is missing")]


def test_a_hundred_findings_are_enough(folder):
    for number in range(300):
        (folder / f"extra{number}").touch()
    assert len(said(folder)) == 100


def test_a_part_that_changes_after_it_was_verified_is_not_used(folder):
    found = verify(folder).package
    (folder / NDJSON).write_text("{}\n")
    with pytest.raises(PackageError, match="has changed since the package was verified"):
        list(found.bodies(StackVersion(9, 3)))


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield from places(part, (*path, step))


@given(st.sampled_from([MANIFEST, INDEX, SUMS, NDJSON, RULE_JSON, "CHANGELOG.md"]), st.binary(max_size=200))
@settings(max_examples=60)
def test_any_bytes_are_a_diagnostic_or_a_package(tiny, tmp_path_factory, name, content):
    folder = copy(tiny, tmp_path_factory.mktemp("any"))
    (folder / name).write_bytes(content)
    if name != SUMS:
        seal(folder)
    assert name == "CHANGELOG.md" or said(folder)
    said(folder)
    shutil.rmtree(folder)


@given(st.data())
@settings(max_examples=150)
def test_anything_odd_anywhere_in_a_manifest_or_an_index_is_a_diagnostic_or_a_package(tiny, tmp_path_factory, data):
    folder = copy(tiny, tmp_path_factory.mktemp("odd"))
    name = data.draw(st.sampled_from([MANIFEST, INDEX]))
    value = json.loads((folder / name).read_text())
    path = data.draw(st.sampled_from(list(places(value))[1:]))
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = data.draw(ODD)
    forge(folder, name, json.dumps(value).encode())
    found = verify(folder)
    if found.package is not None:
        for stack in found.package.manifest.stack:
            assert [one["rule_id"] for one in found.package.bodies(stack)] == ["00000000-0000-4000-8000-000000000001"]
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux counts it")
@pytest.mark.parametrize("name", [MANIFEST, INDEX, NDJSON, RULE_JSON])
@pytest.mark.parametrize("unit", [b"[],", b'"x",', b"{},", b" "])
def test_a_file_of_a_hundred_megabytes_takes_little_memory(folder, name, unit):
    forge(folder, name, b"[" + unit * (100_000_000 // len(unit)) + b"0]")
    program = f"""{PEAK}
from pathlib import Path
from rulepack.package.read import verify
found = verify(Path({str(folder)!r}))
print(len(found.diagnostics), peak())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    count, kilobytes = map(int, done.stdout.split())
    assert count
    assert kilobytes < 300_000
