"""Files of a package: split where Kibana would not take them, whole or not there at all."""

import json

import pytest
from support.packages import contents, make, package, said, whole
from support.samples import EXCEPTIONS, RULE, another

from rulepack.errors import OutputError
from rulepack.package import write
from rulepack.package.write import Folder, Limits, line, pretty, put, replacing


def rules(count):
    return [another(f"Rule {number}", number, "process") for number in range(1, count + 1)]


def index(made, stack="9.3"):
    return json.loads((made.folder / stack / "index.json").read_text(encoding="utf-8"))


def test_one_file_has_all_where_that_is_small_enough(tmp_path):
    made = make(tmp_path / "p", *rules(5))
    size = (made.folder / "9.3" / "rules.ndjson").stat().st_size
    assert index(made) == {
        "stack": "9.3",
        "parts": [
            {
                "file": "rules.ndjson",
                "bytes": size,
                "objects": 5,
                "rules": 5,
                "exception_lists": 0,
                "exception_items": 0,
            }
        ],
        "reduced": [],
        "left_out": [],
    }


def test_parts_have_at_most_so_many_objects(tmp_path):
    made = make(tmp_path / "p", *rules(5), limits=Limits(objects=2))
    assert [(one["file"], one["objects"]) for one in index(made)["parts"]] == [
        ("rules-001.ndjson", 2),
        ("rules-002.ndjson", 2),
        ("rules-003.ndjson", 1),
    ]
    assert said(made.folder) == said(made.archive) == []


def test_parts_have_at_most_so_many_bytes(tmp_path):
    size = len((make(tmp_path / "one", *rules(1)).folder / "9.3" / "rules.ndjson").read_bytes())
    made = make(tmp_path / "p", *rules(5), limits=Limits(bytes=2 * size))
    parts = index(made)["parts"]
    assert [one["rules"] for one in parts] == [2, 2, 1]
    for one in parts:
        assert one["bytes"] == (made.folder / "9.3" / one["file"]).stat().st_size <= 2 * size


def test_a_rule_that_is_too_large_alone_is_a_part_of_its_own(tmp_path):
    made = make(tmp_path / "p", *rules(3), limits=Limits(bytes=10))
    assert [one["objects"] for one in index(made)["parts"]] == [1, 1, 1]
    assert said(made.folder) == []


def test_the_parts_together_are_what_one_file_would_be(tmp_path):
    whole_file = make(tmp_path / "one", *rules(5)).folder / "9.3" / "rules.ndjson"
    made = make(tmp_path / "p", *rules(5), limits=Limits(objects=2))
    parts = [(made.folder / "9.3" / one["file"]).read_bytes() for one in index(made)["parts"]]
    assert b"".join(parts) == whole_file.read_bytes()


def test_lists_stand_before_the_rules_that_name_them(tmp_path):
    made = make(tmp_path / "p", files={"a": RULE, "z": EXCEPTIONS}, limits=Limits(objects=1))
    assert [
        [name for name in ("exception_lists", "exception_items", "rules") if one[name]] for one in index(made)["parts"]
    ] == [["exception_lists"], ["exception_items"], ["rules"]]


def test_an_index_says_what_is_not_there_and_why(tmp_path):
    made = whole(tmp_path / "pack")
    late = {"rule_id": "00000000-0000-4000-8000-000000000003", "name": "Late"}
    reasons = ["min_stack_version is 9.5"]
    assert index(made)["left_out"] == [{**late, "reasons": reasons, "noted": True}]
    assert index(made, "9.5")["left_out"] == []


def test_a_stack_version_without_any_rule_has_an_empty_file(tmp_path):
    text = RULE.replace("[metadata]\n", '[metadata]\nmin_stack_version = "9.5"\n')
    made = make(tmp_path / "p", text, settings='stack = ["9.3", "9.5"]')
    assert (made.folder / "9.3" / "rules.ndjson").read_bytes() == b""
    assert index(made)["parts"][0]["objects"] == 0
    assert said(made.folder) == []


def test_each_rule_is_there_alone_field_by_field(golden, tmp_path):
    made = make(tmp_path / "p")
    golden("package/rule.json", (made.folder / made.manifest.rules[0].json).read_text(encoding="utf-8"))


def test_a_body_is_one_line_whatever_is_in_it():
    body = {"name": "a\nb\u2028\u0085\x00\ud800é", "n": 1}
    assert line(body).count(b"\n") == 1
    assert json.loads(line(body).decode("utf-8", "surrogatepass")) == body
    assert json.loads(pretty(body).decode("utf-8", "surrogatepass")) == body


def test_checksums_are_those_that_sha256sum_writes(tmp_path):
    made = make(tmp_path / "p")
    lines = (made.folder / "SHA256SUMS").read_text().splitlines()
    assert lines == sorted(lines, key=lambda text: text[66:])
    folder = Folder(tmp_path)
    folder.write("a/b", b"")
    assert folder.sums == {"a/b": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}


# In place


def test_a_package_takes_the_place_of_one_that_was_there(tmp_path):
    first = make(tmp_path / "p", *rules(2))
    before = contents(first.folder)
    (first.folder / "leftover").touch()
    assert contents(package(tmp_path / "p").folder) == before
    assert sorted(one.name for one in first.folder.parent.iterdir()) == ["acme-1.0", "acme-1.0.zip"]


@pytest.mark.parametrize("name", ["acme-1.0", "acme-1.0.zip"])
@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_no_package_stays_where_it_is(tmp_path, name, kind):
    make(tmp_path / "p")
    dist = tmp_path / "p" / "new"
    dist.mkdir()
    place = dist / name
    if kind == "folder":
        place.mkdir()
        (place / "mine").write_text("mine")
    elif kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(tmp_path / "p" / "rules")
    before = place.lstat()
    with pytest.raises(OutputError, match="is in the way, and no package"):
        package(tmp_path / "p", out="new")
    assert place.lstat() == before
    assert [one.name for one in dist.iterdir()] == [name]


def test_the_old_package_comes_back_where_the_new_one_cannot_be_put(tmp_path, monkeypatch):
    made = make(tmp_path / "p")
    before = contents(made.folder)
    real = write.Path.rename

    def rename(self, target):
        if ".rulepack-" in str(self) and self.name == "package":
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(write.Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        package(tmp_path / "p")
    monkeypatch.undo()
    assert contents(made.folder) == before
    assert sorted(one.name for one in made.folder.parent.iterdir()) == ["acme-1.0", "acme-1.0.zip"]


def test_nothing_is_left_behind_by_what_fails(tmp_path):
    out = tmp_path / "dist"

    def fail(error):
        with replacing(out) as temporary:
            (temporary / "half").write_text("half")
            raise error

    for error in (KeyboardInterrupt, ValueError, OSError(28, "No space left on device")):
        with pytest.raises((KeyboardInterrupt, ValueError, OutputError)):
            fail(error)
        assert not out.exists()
    out.mkdir()
    with pytest.raises(ValueError):
        fail(ValueError)
    assert list(out.iterdir()) == []


def test_no_space_is_said_with_the_folder(tmp_path):
    with pytest.raises(OutputError) as found, replacing(tmp_path):
        raise OSError(28, "No space left on device")
    assert found.value.message == f"cannot write to {tmp_path}: No space left on device"


def test_new_files_have_the_rights_that_any_new_file_has(tmp_path):
    made = make(tmp_path / "p")
    (tmp_path / "plain").touch()
    (tmp_path / "folder").mkdir()
    assert made.archive.stat().st_mode == (tmp_path / "plain").stat().st_mode
    for path in (made.folder, made.folder / "rules"):
        assert path.stat().st_mode == (tmp_path / "folder").stat().st_mode


def test_put_looks_at_all_places_first(tmp_path):
    for name in ("new", "newer", "taken"):
        (tmp_path / name).write_text(name)
    with pytest.raises(OutputError):
        put((tmp_path / "new", tmp_path / "free"), (tmp_path / "newer", tmp_path / "taken"))
    assert not (tmp_path / "free").exists()
