"""From a file to a rule: tables, types, control characters, and rules that are half right."""

import pytest
from support.samples import EXCEPTIONS, RULE, codes, make_pack, valid_text

from rulepack.diagnostics import MOST
from rulepack.errors import ProjectError
from rulepack.loader import read_rule
from rulepack.rule import RULE_TYPES, Rule
from rulepack.source import parse_source

TYPES = "use query, saved_query, eql, esql, threshold, threat_match, machine_learning or new_terms"
METADATA = RULE[: RULE.index("[rule]")]


def said(folder, text):
    return [
        (one.code.id, str(one.span).partition(":")[2], one.message, one.hint)
        for one in make_pack(folder, text).diagnostics
    ]


def messages(folder, text):
    return [(code, message) for code, _, message, _ in said(folder, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (METADATA, [("RP102", "missing table [rule]")]),
        (RULE.removeprefix(METADATA), [("RP102", "missing table [metadata]")]),
        (
            "a = 1",
            [
                ("RP102", "missing table [metadata]"),
                ("RP102", "missing table [rule]"),
                ("RP103", "unknown table or field a"),
            ],
        ),
        (f"rule = 5\n{METADATA}", [("RP104", "rule is an integer, but must be a table")]),
        (METADATA + "[[rule]]\nname = 'a'", [("RP104", "rule is an array, but must be a table")]),
        ("metadata = 'x'\n" + RULE.removeprefix(METADATA), [("RP104", "metadata is a string, but must be a table")]),
        ("transform = []\n" + RULE, [("RP104", "transform is an array, but must be a table")]),
        (RULE + "[transfrom]\n", [("RP103", "unknown table or field transfrom")]),
        (RULE + "[internal]\n", [("RP103", "unknown table or field internal")]),
        (
            EXCEPTIONS + "[rule]\n",
            [("RP102", "missing required field type"), ("RP103", "a rule file has no exceptions")],
        ),
        (EXCEPTIONS + "[transform]\n", [("RP103", "unknown table or field transform")]),
    ],
)
def test_a_file_has_its_tables(text, expected, tmp_path):
    assert sorted(messages(tmp_path, text)) == sorted(expected)


def test_a_misspelt_table_is_told_what_was_meant(tmp_path):
    ((code, place, _, hint),) = said(tmp_path, RULE + "[transfrom]\n")
    assert (code, place, hint) == ("RP103", f"{RULE.count(chr(10)) + 1}:2", "did you mean transform?")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ("RP102", "7:1", "missing required field type", TYPES)),
        ("type = 5\n", ("RP104", "15:8", "type is an integer, but must be a string", TYPES)),
        ('type = ["query"]\n', ("RP104", "15:8", "type is an array, but must be a string", TYPES)),
        ('type = "Query"\n', ("RP110", "15:8", 'unknown rule type "Query"', "did you mean query?")),
        ('type = "treshold"\n', ("RP110", "15:8", 'unknown rule type "treshold"', "did you mean threshold?")),
        ('type = "KQL"\n', ("RP110", "15:8", 'unknown rule type "KQL"', 'use query, with language = "kuery"')),
        ('type = "sigma"\n', ("RP110", "15:8", 'unknown rule type "sigma"', TYPES)),
    ],
)
def test_a_rule_has_a_type(written, expected, tmp_path):
    (found,) = said(tmp_path, RULE.replace('type = "query"\n', written))
    assert found[0] == expected[0]
    assert found[2:] == expected[2:]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("description = 'a\x07b'".replace("\x07", "\\u0007").replace("'", '"'), (8, 17, 23)),
        ('description = "a\\u202Eb"', (8, 17, 23)),
        ('description = "a\\u0085b"', (8, 17, 23)),
        ('description = "a\\bb"', (8, 17, 19)),
        ("description = 'a\u202eb'", (8, 17, 18)),
        ("description = 'a\u2066b'", (8, 17, 18)),
        ("description = 'a\u0085b'", (8, 17, 18)),
    ],
)
def test_a_control_character_is_named_at_its_place(text, place, tmp_path):
    rule = RULE.replace('description = "A sample."', text)
    line = 1 + next(at for at, one in enumerate(rule.split("\n")) if one.startswith("description"))
    (found,) = make_pack(tmp_path, rule).diagnostics
    assert found.code.id == "RP106"
    assert found.message.startswith("description holds the control character U+")
    assert (found.span.line, found.span.column, found.span.end_column) == (line, *place[1:])


@pytest.mark.parametrize("text", ['"a\\tb\\nc"', '"a\\u00e9"', "'\\u202e'", '"\\\\u202e"', '"\u200d"'])
def test_what_is_no_control_character(text, tmp_path):
    assert codes(make_pack(tmp_path, RULE.replace('"A sample."', text))) == []


def test_a_control_character_is_found_wherever_it_is(tmp_path):
    text = RULE.replace('"acme-*"', '"acme-\\u0000*"') + '[transform]\nosquery = [{label = "\\u0001", query = "q"}]\n'
    assert [one for one in codes(make_pack(tmp_path, text)) if one != "RP423"] == ["RP106", "RP106"]


def test_of_many_mistakes_of_one_kind_the_first_hundred_are_said(tmp_path):
    entries = '[[rule.severity_mapping]]\nfield = "a"\noperator = "equals"\nvalue = 5\nseverity = "low"\n' * 300
    found = make_pack(tmp_path, RULE + entries).diagnostics
    assert {one.code.id for one in found} == {"RP104"}
    assert len(found) == MOST
    assert [one.message for one in found].count("value is an integer, but must be a string") == MOST - 1


def test_a_link_to_a_folder_is_said_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "rule.toml").write_text("a = = 1", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "linked").symlink_to(tmp_path / "elsewhere")
    (found,) = make_pack(tmp_path, RULE).diagnostics
    assert (found.code.id, str(found.span)) == ("RP001", "rules/linked:1:1")
    assert found.message == "this is a link to a folder, and rulepack does not follow those"


@pytest.mark.parametrize("rule_type", RULE_TYPES)
def test_a_rule_that_lacks_what_all_rules_need_keeps_its_type_and_the_rest(rule_type):
    lines = [line for line in valid_text(rule_type).split("\n") if not line.startswith("severity")]
    rule, found = read_rule(parse_source("rules/x.toml", "\n".join(lines)))
    assert [one.message for one in found] == ["missing required field severity"]
    assert type(rule) is RULE_TYPES[rule_type]
    assert (rule.name, rule.file) == (f"Smallest {rule_type} rule", "rules/x.toml")


@pytest.mark.parametrize("maturity", ["production", "deprecated"])
def test_a_rule_in_which_something_stands_in_for_what_its_file_lacks_is_partial(maturity, tmp_path):
    text = RULE.replace('severity = "low"', 'severity = "hihg"').replace("production", maturity)
    pack = make_pack(tmp_path, text.replace(": process", ": process and ("))
    assert (len(pack.rules), len(pack.partial)) == (0, 1)
    assert [one.code.id for one in pack.diagnostics] == ["RP101", "RP201"]


def test_a_rule_that_lacks_what_its_type_needs_keeps_what_all_types_have():
    text = valid_text("threshold").replace("value = 5", "")
    rule, found = read_rule(parse_source("rules/x.toml", text))
    assert [one.message for one in found] == ["missing required field value"]
    assert type(rule) is Rule
    assert (rule.name, rule.file) == ("Smallest threshold rule", "rules/x.toml")


def test_a_rule_keeps_what_is_right_of_it():
    rule, found = read_rule(parse_source("rules/x.toml", RULE + "enabled = 'yes'\nmax_signals = 50\n"))
    assert [one.code.id for one in found] == ["RP104"]
    assert (rule.enabled, rule.max_signals, rule.query) == (None, 50, "event.category : process\n")


def test_metadata_keeps_what_is_right_of_it():
    text = RULE.replace("[metadata]\n", "[metadata]\nintegration = 5\ncomments = 'c'\n")
    rule, found = read_rule(parse_source("rules/x.toml", text))
    assert [one.message for one in found] == ["integration is an integer, but must be a string or an array of strings"]
    assert (rule.metadata.comments, rule.metadata.integration) == ("c", None)


@pytest.mark.parametrize(
    ("rule_type", "field", "owners"),
    [
        ("query", "threshold = {field = [], value = 1}", "threshold rules"),
        ("esql", 'index = ["a"]', "query, saved_query, eql, threshold, threat_match or new_terms rules"),
        ("query", "anomaly_threshold = 5", "machine_learning rules"),
    ],
)
def test_a_field_of_other_types_is_told_whose_it_is(rule_type, field, owners, tmp_path):
    name = field.partition(" ")[0]
    text = valid_text(rule_type).replace("[rule]\n", f"[rule]\n{field}\n")
    ((code, _, message, hint),) = said(tmp_path, text)
    assert (code, message) == ("RP103", f"{rule_type} rules have no field {name}")
    assert hint == f"it belongs to {owners}; Kibana would drop it without a word"


def test_a_file_of_exception_lists_is_one_without_a_rule(tmp_path):
    pack = make_pack(tmp_path, RULE, EXCEPTIONS, more=EXCEPTIONS.replace("known-", "other-").replace("r-1", "r-2"))
    assert (codes(pack), len(pack.rules), len(pack.files)) == ([], 1, 3)
    assert [(one.file, one.index, one.list_id) for one in pack.exception_lists] == [
        ("rules/more.toml", 0, "other-scanners"),
        ("rules/rule_1.toml", 0, "known-scanners"),
    ]


def test_a_file_with_a_rule_and_exception_lists_is_told_to_become_two(tmp_path):
    text = RULE + EXCEPTIONS[EXCEPTIONS.index("[[exceptions]]") :]
    pack = make_pack(tmp_path, text)
    assert said(tmp_path, text) == [
        ("RP103", "18:3", "a rule file has no exceptions", "move them to a file of their own")
    ]
    assert (pack.exception_lists, len(pack.partial)) == ((), 1)


def test_a_misspelt_table_of_exception_lists_is_told_what_was_meant(tmp_path):
    hints = [
        hint for code, *_, hint in said(tmp_path, EXCEPTIONS.replace("exceptions", "exception")) if code == "RP103"
    ]
    assert hints == ["did you mean exceptions?"]


def test_a_file_with_an_error_gives_no_exception_lists_and_settings_say_what_one_is(tmp_path):
    text = EXCEPTIONS.replace("[exceptions.container]", "[exceptions.container]\nowner = 'soc'")
    assert (codes(pack := make_pack(tmp_path, text)), pack.exception_lists) == (["RP103"], ())
    pack = make_pack(tmp_path, text, settings='checks.RP103 = "warning"')
    assert (codes(pack), len(pack.exception_lists), pack.failed) == (["RP103"], 1, False)


def test_a_key_of_the_packs_own_cannot_take_the_place_of_rulepacks(tmp_path):
    with pytest.raises(ProjectError) as caught:
        make_pack(tmp_path, RULE, settings='metadata.maturity = "integer"')
    assert "metadata.maturity" in caught.value.message
