"""RP40x: rule_id and file name."""

import pytest
from support.samples import RULE, codes, make_pack

UUID = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("Shell", "shell.toml"),
        ("shell-in-container", "shell_in_container.toml"),
        ("shell in  container", "shell_in_container.toml"),
        ("shell.v2", "shell_v2.toml"),
        ("größe", "gr_e.toml"),
        ("__", None),
        ("---", "rule.toml"),
        ("shell_2", None),
    ],
)
def test_a_file_name_is_lower_case_letters_digits_and_underscores(name, better, tmp_path):
    pack = make_pack(tmp_path, **{name: RULE})
    expected = [] if better is None else [("RP401", f"call it {better}")]
    assert [(found.code.id, found.hint) for found in pack.diagnostics] == expected
    assert all(str(found.span) == f"rules/{name}.toml:1:1" for found in pack.diagnostics)


def test_folders_are_named_as_one_likes(tmp_path):
    folder = tmp_path / "rules" / "Änderungen & mehr"
    folder.mkdir(parents=True)
    (folder / "rule.toml").write_text(RULE, encoding="utf-8")
    assert codes(make_pack(tmp_path)) == []


@pytest.mark.parametrize("rule_id", [UUID.upper().replace("0", "A"), UUID.replace("-", ""), UUID + "0", "my-rule"])
def test_a_rule_id_is_a_lower_case_uuid(rule_id, tmp_path):
    (found,) = make_pack(tmp_path, RULE.replace(UUID, rule_id)).diagnostics
    assert (found.code.id, found.message) == ("RP402", f'rule_id "{rule_id}" is not a lower-case UUID')


@pytest.mark.parametrize(("rule_id", "code"), [("", "RP102"), ('rule_id = " "\n', "RP101"), ("rule_id = 5\n", "RP104")])
def test_a_rule_id_that_is_not_there_is_not_in_the_wrong_form_besides(rule_id, code, tmp_path):
    assert codes(make_pack(tmp_path, RULE.replace(f'rule_id = "{UUID}"\n', rule_id))) == [code]


def test_the_id_of_a_deprecated_rule_stays_as_it_is(tmp_path):
    text = RULE.replace(UUID, "my-rule")
    assert codes(make_pack(tmp_path, text)) == ["RP402"]
    assert codes(make_pack(tmp_path, text.replace('"production"', '"deprecated"'))) == []
