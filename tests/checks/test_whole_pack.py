"""RP50x: rules that get in each other's way."""

import pytest
from support.samples import RULE, another, codes, make_pack

import rulepack

ID = "00000000-0000-4000-8000-000000000001"


def variant(number, name="Sample", *, deprecated=False):
    text = RULE.replace(ID, ID[:-1] + str(number)).replace('"Sample"', f'"{name}"')
    # Each looks for something else: what is alike in queries is no matter here.
    text = text.replace(": process", f": process and process.pid : {number}")
    return text.replace('"production"', '"deprecated"') if deprecated else text


def said(folder, *texts, **named):
    return [(found.span.file, found.code.id) for found in make_pack(folder, *texts, **named).diagnostics]


def test_every_later_rule_with_the_id_is_told_of_the_first(tmp_path):
    pack = make_pack(tmp_path, *(variant(1, f"Rule {number}") for number in range(3)))
    assert codes(pack) == ["RP501", "RP501"]
    for number, found in enumerate(pack.diagnostics, start=1):
        assert found.span.file == f"rules/rule_{number}.toml"
        assert found.message == f"rule_id {ID} is one that rules/rule_0.toml has already"
        (related,) = found.related
        assert (related.span.file, related.message) == ("rules/rule_0.toml", "the first one")
        assert related.span.line == found.span.line
    assert pack.by_id[ID].file == "rules/rule_0.toml"


def test_the_first_is_the_first_by_its_file(tmp_path):
    found = make_pack(tmp_path, b=variant(1, "B"), a=variant(1, "A"), a_z=variant(1, "C")).diagnostics
    assert [(one.span.file, one.related[0].span.file) for one in found] == [
        ("rules/a_z.toml", "rules/a.toml"),
        ("rules/b.toml", "rules/a.toml"),
    ]


def test_ids_differ_by_case(tmp_path):
    texts = RULE.replace(ID, "ab"), RULE.replace(ID, "AB").replace('"Sample"', '"Other"')
    assert "RP501" not in codes(make_pack(tmp_path, *texts))


def test_a_deprecated_rule_keeps_its_id_for_itself(tmp_path):
    assert said(tmp_path, variant(1, "A"), variant(1, "B", deprecated=True)) == [("rules/rule_1.toml", "RP501")]


def test_the_same_name_is_said_once(tmp_path):
    assert said(tmp_path, variant(1), variant(2), variant(3)) == [
        ("rules/rule_1.toml", "RP502"),
        ("rules/rule_2.toml", "RP502"),
    ]


def test_a_deprecated_rule_may_have_its_successors_name(tmp_path):
    assert said(tmp_path, variant(1), variant(2, deprecated=True)) == []


def test_deprecated_rules_among_themselves_may_not(tmp_path):
    assert said(tmp_path, variant(1, deprecated=True), variant(2, deprecated=True)) == [("rules/rule_1.toml", "RP502")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Shell in container", "Shell in Container"),
        ("Shell (container)", "Shell: container"),
        ("Shell.", "Shell!"),
        ("Caf\u00e9", "Cafe\u0301"),
        ("???", "!!!"),
    ],
)
def test_names_that_give_one_page(one, other, tmp_path):
    pack = make_pack(tmp_path, variant(1, one), variant(2, other))
    (found,) = pack.diagnostics
    assert (found.code.id, found.hint) == ("RP504", "rename one of the two rules")
    assert found.related[0].span.file == "rules/rule_0.toml"


def test_the_same_name_and_one_that_looks_like_it(tmp_path):
    assert said(tmp_path, variant(1, "Shell"), variant(2, "shell"), variant(3, "Shell")) == [
        ("rules/rule_1.toml", "RP504"),
        ("rules/rule_2.toml", "RP502"),
    ]


def test_rules_without_a_name_have_none_in_common(tmp_path):
    nameless = (variant(number).replace('name = "Sample"\n', "") for number in (1, 2))
    assert said(tmp_path, **dict(zip(("a_b", "a__b"), nameless, strict=True))) == [
        ("rules/a__b.toml", "RP102"),
        ("rules/a_b.toml", "RP102"),
    ]


def test_a_rule_with_another_mistake_is_compared_too(tmp_path):
    broken = variant(1, "Other").replace("risk_score = 21", "risk_score = 500")
    assert said(tmp_path, variant(1), broken) == [("rules/rule_1.toml", "RP101"), ("rules/rule_1.toml", "RP501")]


def numbered(number, more="", maturity="production"):
    text = variant(number, f"Sample {number}")
    return text.replace('"production"', f'"{maturity}"') + more


def of(code, pack):
    return [(found.span.file, found.message) for found in pack.diagnostics if found.code.id == code]


def test_a_tag_is_written_as_most_rules_have_it(tmp_path):
    tags = ["OS: Linux", "OS: linux", "OS: Linux", "OS:  Linux", "Other"]
    pack = make_pack(tmp_path, *(numbered(number, f'tags = ["{tag}"]\n') for number, tag in enumerate(tags)))
    assert of("RP506", pack) == [
        ("rules/rule_1.toml", 'other rules write the tag "OS: linux" as "OS: Linux" (2 of them)'),
        ("rules/rule_3.toml", 'other rules write the tag "OS: Linux" as "OS: Linux" (2 of them)'),
    ]


def test_of_two_spellings_that_are_equally_common_the_first_is_right(tmp_path):
    pack = make_pack(tmp_path, numbered(1, 'tags = ["A"]\n'), numbered(2, 'tags = ["a"]\n'))
    assert [file for file, _ in of("RP506", pack)] == ["rules/rule_1.toml"]


def test_the_tags_of_deprecated_rules_do_not_count(tmp_path):
    old = [numbered(number, 'tags = ["a"]\n', "deprecated") for number in (1, 2)]
    assert of("RP506", make_pack(tmp_path, *old, numbered(3, 'tags = ["A"]\n'))) == []


def test_two_spellings_in_one_rule_are_said_once(tmp_path):
    pack = make_pack(tmp_path, numbered(1, 'tags = ["A", "a"]\n'), numbered(2, 'tags = ["A"]\n'))
    assert of("RP506", pack) == []


def in_folders(folder, **texts):
    for name, text in texts.items():
        path = folder / "rules" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".toml").write_text(text, encoding="utf-8")
    return make_pack(folder)


def test_a_pack_that_keeps_deprecated_rules_apart_keeps_all_there(tmp_path):
    pack = in_folders(
        tmp_path,
        _deprecated__one=numbered(1, maturity="deprecated"),
        _deprecated__two=numbered(2),
        a___deprecated__three=numbered(3, maturity="deprecated"),
        a__four=numbered(4, maturity="deprecated"),
        a__five=numbered(5),
    )
    assert of("RP505", pack) == [
        ("rules/_deprecated/two.toml", "this rule is in a folder _deprecated, but not deprecated"),
        ("rules/a/four.toml", "this deprecated rule is not in a folder _deprecated"),
    ]


def test_a_pack_without_such_a_folder_may_have_deprecated_rules_anywhere(tmp_path):
    assert of("RP505", in_folders(tmp_path, a__one=numbered(1, maturity="deprecated"), two=numbered(2))) == []


@pytest.mark.parametrize(
    ("replacement", "message"),
    [
        ("00000000-0000-4000-8000-000000000002", None),
        ("00000000-0000-4000-8000-000000000003", 'the replacement is "Third", which is deprecated too'),
        ("00000000-0000-4000-8000-000000000001", "the replacement is the rule itself"),
        ("nobody", 'the pack has no rule "nobody"'),
    ],
)
def test_a_replacement_is_a_rule_in_use(tmp_path, replacement, message):
    gone = f'maturity = "deprecated"\ndeprecation_date = "2026/01/31"\nreplacement = "{replacement}"'
    texts = [another(name, number, f"c{number}") for number, name in ((1, "First"), (2, "Second"), (3, "Third"))]
    texts[0] = texts[0].replace('maturity = "production"', gone)
    texts[2] = texts[2].replace('maturity = "production"', gone.partition("\nreplacement")[0])
    pack = make_pack(tmp_path, *texts)
    assert [one.message for one in pack.diagnostics] == ([message] if message else [])
    # Of a few files, nobody can say what the others hold.
    alone = rulepack.load(tmp_path, (tmp_path / "rules" / "rule_0.toml",))
    assert [one.code.id for one in alone.diagnostics] == (["RP510"] if "itself" in str(message) else [])
