"""A pack's own field files: TOML and detection-rules' JSON, and places for what is wrong in them."""

import json

import pytest
from support.samples import RULE, make_pack

from rulepack.errors import ProjectError
from rulepack.project import find_project
from rulepack.reference import Known, Reference, Unknown, own_fields
from rulepack.reference.own_fields import FIELD_TYPES, OwnFields, overlaps
from rulepack.stack import StackVersion

V9 = StackVersion(9, 4)
ACME = """\
["logs-acme.*"]
complete = true
"acme.user" = "keyword"
acme.score.total = "long"
acme.details = "flattened"

["mine-*"]
complete = "keyword"
data = "object"
"""


def read(folder, text, name="acme.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return OwnFields((path,), folder)


def error(folder, text, name="acme.toml"):
    with pytest.raises(ProjectError) as caught:
        _ = read(folder, text, name).indices
    assert caught.value.hint
    return caught.value


def test_toml_names_may_be_dotted_or_nested(tmp_path):
    acme, mine = read(tmp_path, ACME).indices
    assert (acme.pattern, acme.complete, acme.label) == ("logs-acme.*", True, "acme.toml")
    assert acme.fields == {"acme.details": "flattened", "acme.score.total": "long", "acme.user": "keyword"}
    # Only true and false are no types: a field may well be called complete.
    assert (mine.fields["complete"], mine.complete) == ("keyword", False)


def test_the_json_of_detection_rules_says_the_same(tmp_path):
    content = {"logs-acme.*": {"complete": True, "acme.user": "keyword", "acme": {"score": {"total": "long"}}}}
    (index,) = read(tmp_path, json.dumps(content), "acme.json").indices
    assert index.fields == {"acme.score.total": "long", "acme.user": "keyword"}
    assert index.complete


def test_a_complete_file_makes_its_indices_known(tmp_path):
    read(tmp_path, ACME)
    schema = Reference(None, (tmp_path,), tmp_path).schema(("logs-acme.audit-*",), (), (V9,))
    assert schema.find("acme.score.total") == Known(("long",), ("acme.toml",))
    found = schema.find("acme.suer")
    assert isinstance(found, Unknown)
    assert (found.complete, found.searched, found.close) == (True, "ECS 9.4, acme.toml", ("acme.user",))


def test_any_other_file_only_adds_fields(tmp_path):
    read(tmp_path, ACME)
    reference = Reference(None, (tmp_path,), tmp_path)
    found = reference.schema(("mine-*",), (), (V9,)).find("other")
    assert (found.complete, found.why) == (False, "nothing is known about mine-*")
    # An index pattern that is wider than the file's is not made complete by it.
    assert reference.schema(("logs-*",), (), (V9,)).find("acme.suer").complete is False
    assert reference.schema(("mine-1",), (), (V9,)).find("data.any").listed is False


def test_the_folder_fields_is_read_without_a_setting(tmp_path):
    make_pack(tmp_path, RULE)
    assert find_project(tmp_path).fields == ()
    (tmp_path / "fields").mkdir()
    (tmp_path / "fields" / "acme.toml").write_text(ACME, encoding="utf-8")
    (tmp_path / "fields" / "README.md").write_text("ours", encoding="utf-8")
    reference = Reference.of(find_project(tmp_path))
    assert [index.label for index in reference.own.indices] == ["fields/acme.toml", "fields/acme.toml"]
    assert reference.fingerprint != Reference().fingerprint


def test_a_setting_names_files_and_folders(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.json").write_text('{"mine-*": {"x": "ip"}}', encoding="utf-8")
    (tmp_path / "c.toml").write_text(ACME, encoding="utf-8")
    make_pack(tmp_path, RULE, settings='fields = ["a", "c.toml"]\n')
    labels = {index.label for index in Reference.of(find_project(tmp_path)).own.indices}
    assert labels == {"a/b.json", "c.toml"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('"nope"', "there is no 'nope' in"),
        (f'"{"x" * 300}"', "there is no"),
        ('"../x"', "is not a folder inside"),
    ],
)
def test_a_setting_that_leads_nowhere_is_said_with_its_place(tmp_path, value, message):
    make_pack(tmp_path, RULE)
    (tmp_path / "rulepack.toml").write_text(f"fields = {value}\n", encoding="utf-8")
    with pytest.raises(ProjectError, match=message) as caught:
        find_project(tmp_path)
    assert "rulepack.toml:1:1: " in caught.value.message


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('["a"]\nb = "keywrod"\n', 'acme.toml:2:5: "keywrod" is no field type', "did you mean keyword?"),
        ("", "acme.toml: the file is empty", "write field"),
        ('["a"]\nb = "zebra"\n', 'acme.toml:2:5: "zebra" is no field type', "use a type of Elasticsearch"),
        ('["a"]\nb = 5\n', 'acme.toml:2:5: "5" is no field type', "write field"),
        ('["a"]\nb.c = ["ip"]\n', 'acme.toml:2:7: "["ip"]" is no field type', "write field"),
        ('a = "keyword"\n', 'acme.toml:1:5: "a" must be an index pattern with its fields', "write field"),
        ('["a"]\nb = \n', "acme.toml:2:", ""),
        ('["a"]\n"" = "ip"\n', 'acme.toml:2:6: "" is no field name', "write field"),
        ('[" "]\nb = "ip"\n', '" " is no index pattern', "write field"),
    ],
)
def test_what_is_wrong_in_toml_is_said_with_its_place(tmp_path, text, message, hint):
    found = error(tmp_path, text)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "acme.json:1:2: it is not JSON: "),
        ("[]", "acme.json: index patterns with their fields are expected"),
        ('{"a": {"b": {"c": "keywrod"}}}', 'acme.json: "a" > "b" > "c": "keywrod" is no field type'),
        ('{"a": {"b": NaN}}', "acme.json: it is not JSON that can be used: NaN is no JSON"),
        ('{"a": {"b": null}}', 'acme.json: "a" > "b": "null" is no field type'),
        ('{"a":' * 100_000, "it is nested too deeply"),
        ('{"a": {"b": ' + '{"c": ' * 100 + '"ip"' + "}" * 102, "fields are nested in more than 60 levels"),
        ('{"a": {"b\\u0000": "ip"}}', "is no field name"),
        ('{"a": {"b": "' + "x" * 500_000 + '"}}', "is no field type"),
        ("\x00", "it is not JSON"),
    ],
)
def test_what_is_wrong_in_json_is_said(tmp_path, text, message):
    found = error(tmp_path, text, "acme.json")
    assert message in found.message
    assert len(found.message) < 600


def test_a_file_that_is_no_text_or_no_file_is_said(tmp_path):
    (tmp_path / "acme.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ProjectError, match="it is not JSON"):
        _ = OwnFields((tmp_path / "acme.json",)).indices
    (tmp_path / "in" / "folder.toml").mkdir(parents=True)
    with pytest.raises(ProjectError, match="not a regular file"):
        _ = OwnFields((tmp_path / "in",)).indices


def test_a_link_out_of_the_project_is_not_read(tmp_path):
    """What is wrong with a field file is shown, and a pull request could have shown what only the machine may know."""
    (tmp_path / "secret.toml").write_text('["logs-*"]\ntoken = "hunter2"\n', encoding="utf-8")
    folder = tmp_path / "pack" / "fields"
    folder.mkdir(parents=True)
    (folder / "acme.toml").symlink_to(tmp_path / "secret.toml")
    own = OwnFields((folder,), tmp_path / "pack")
    with pytest.raises(ProjectError, match=r"^fields/acme.toml: it is outside the project") as caught:
        _ = own.indices
    assert caught.value.hint
    with pytest.raises(ProjectError, match="outside the project"):
        own.digest()
    (folder / "acme.toml").unlink()
    (folder / "acme.toml").symlink_to(folder / "other.toml")
    (folder / "other.toml").write_text('["logs-*"]\ntoken = "keyword"\n', encoding="utf-8")
    assert {index.pattern for index in OwnFields((folder,), tmp_path / "pack").indices} == {"logs-*"}


def test_a_file_that_is_gone_or_far_too_large_is_said(tmp_path, monkeypatch):
    with pytest.raises(ProjectError, match="not a regular file"):
        _ = OwnFields((tmp_path / "gone.json",)).indices
    with pytest.raises(ProjectError, match="cannot be read"):
        _ = OwnFields((tmp_path / ("x" * 300 + ".json"),)).indices
    monkeypatch.setattr(own_fields, "_MOST_BYTES", 10)
    assert "it is larger than" in error(tmp_path, '{"mine-*": {"x": "ip"}}', "acme.json").message


def test_every_type_of_ecs_is_a_field_type():
    assert set(Reference().ecs.fields.values()) <= set(FIELD_TYPES)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("logs-acme.*", "logs-acme.audit-*", True),
        ("logs-acme.audit-*", "logs-*", True),
        ("logs-acme.*", "logs-acme.*", True),
        ("logs-acme.*", "logs-other.*", False),
        ("mine", "mine", True),
    ],
)
def test_which_patterns_are_about_the_same_indices(one, other, expected):
    assert overlaps(one, other) is expected


def test_the_public_schema_of_detection_rules_can_be_moved_over(shared):
    own = OwnFields((shared / "fields" / "non-ecs-schema.json",))
    assert len(own.indices) == 28
    assert all(index.fields for index in own.indices)
