"""A rule as the body for Kibana: what is changed on the way, and what must not be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import RULE, make_pack, valid_text

from rulepack import StackVersion, schema
from rulepack.emit import split_setup
from rulepack.rule import RULE_TYPES

PARAGRAPH = '"""\n  One line,\n\tand another;\n\n  the last.  \n"""'
FOLDED = "One line, and another;  the last."
INFORMING = {"setup", "related_integrations", "required_fields", "investigation_fields"}


def body(folder, text, stack=None):
    pack = make_pack(folder, text)
    (rule,) = pack.rules
    return pack.to_api(rule, stack)


def models():
    """Every model that a rule is made of."""
    seen = []

    def visit(cls):
        if cls not in seen:
            seen.append(cls)
            for key in schema.keys(cls).values():
                inner = schema._model_inside(key.field)
                if inner is not None:
                    visit(inner)

    for cls in RULE_TYPES.values():
        visit(cls)
    return seen


@pytest.mark.parametrize("rule_type", RULE_TYPES)
def test_the_smallest_rule_of_each_type(rule_type, tmp_path, golden):
    text = json.dumps(body(tmp_path, valid_text(rule_type)), indent=2) + "\n"
    golden(f"emit/{rule_type}.json", text)


def test_a_body_has_only_what_the_file_names(tmp_path):
    assert set(body(tmp_path, RULE)) == {
        *("name", "rule_id", "type", "description", "severity", "risk_score"),
        *("index", "language", "query"),
    }


def test_a_body_is_plain_json(tmp_path):
    for rule_type in RULE_TYPES:
        made = body(tmp_path, valid_text(rule_type))
        assert json.loads(json.dumps(made)) == made


def test_a_body_is_the_callers_own(tmp_path):
    text = RULE + '[[rule.actions]]\nid = "1"\naction_type_id = ".slack"\nparams = { message = "m" }\n'
    pack = make_pack(tmp_path, text)
    first = pack.to_api(pack.rules[0])
    first["actions"][0]["params"]["message"] = "changed"
    first["index"].append("changed")
    assert pack.to_api(pack.rules[0])["actions"][0]["params"] == {"message": "m"}
    assert pack.rules[0].actions[0].params == {"message": "m"}


# Folding


def test_what_is_folded():
    folded = {key.name for cls in models() for key in schema.keys(cls).values() if key.fold}
    assert folded == {
        *("name", "description", "license", "tags", "references", "false_positives"),
        "threat_query",
    }


def test_lines_of_prose_become_one(tmp_path):
    text = RULE.replace('"A sample."', PARAGRAPH) + f"false_positives = [{PARAGRAPH}, 'Two.']\n"
    made = body(tmp_path, text)
    assert made["description"] == FOLDED
    assert made["false_positives"] == [FOLDED, "Two."]


def test_lines_of_the_query_for_indicators_become_one(tmp_path):
    text = valid_text("threat_match").replace('"*:*"', "'''\na : 1 and\n  b : 2\n'''")
    assert body(tmp_path, text)["threat_query"] == "a : 1 and b : 2"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("query", "\tprocess where true  \n\n  // a comment\n"),
        ("note", "# Guide\n\n```\n  code  \n```\n\n\ttab\n\n\n"),
        ("setup", "\n\n## Steps\n\n1. One\n   two  \n"),
        ("timeline_title", " two  blanks "),
    ],
)
def test_everything_else_keeps_every_character(field, text, tmp_path):
    rule = RULE[: RULE.index("query = '''")] + "timeline_id = 't'\ntimeline_title = 'T'\nquery = 'q'\n"
    lines = [line for line in rule.split("\n") if not line.startswith(f"{field} = ")]
    assert body(tmp_path, "\n".join(lines) + f"{field} = {json.dumps(text)}\n")[field] == text


def test_what_a_connector_is_sent_keeps_every_character(tmp_path):
    message = "{{context.rule.name}}\n\n  {{#context.alerts}}\n  - {{_id}}  \n{{/context.alerts}}\n"
    text = (
        RULE
        + '[[rule.actions]]\nid = "1"\naction_type_id = ".slack"\n[rule.actions.params]\nnumber = 1.5\n'
        + f'list = [1, "a", true]\nmessage = {json.dumps(message)}\n'
    )
    assert body(tmp_path, text)["actions"][0]["params"] == {"number": 1.5, "list": [1, "a", True], "message": message}


# What is never sent


def test_what_is_not_sent():
    kept = {(cls.__name__, key.name) for cls in models() for key in schema.keys(cls).values() if not key.sent}
    assert kept == {
        *((cls.__name__, name) for cls in RULE_TYPES.values() for name in ("threat_mappings", "revision")),
        ("RequiredField", "ecs"),
        ("NewTermsRule", "new_terms"),
    }


def test_what_is_not_sent_is_not_in_the_body(tmp_path):
    text = (
        RULE
        + 'revision = 7\n[[rule.required_fields]]\nname = "host.id"\ntype = "keyword"\necs = true\n'
        + '[[rule.threat_mappings]]\nframework = "MITRE ATT&CK"\nversion = "19.0"\n'
    )
    made = body(tmp_path, text)
    assert made["required_fields"] == [{"name": "host.id", "type": "keyword"}]
    assert not {"revision", "threat_mappings", "metadata", "transform", "file"} & set(made)


# Stack versions


def test_what_only_informs():
    assert {key.name for cls in models() for key in schema.keys(cls).values() if key.informs} == INFORMING


INFORMATION = (
    'setup = "s"\n[[rule.related_integrations]]\npackage = "system"\nversion = "^1.0.0"\n'
    '[[rule.required_fields]]\nname = "host.id"\ntype = "keyword"\n'
    '[rule.investigation_fields]\nfield_names = ["host.id"]\n'
)


@pytest.mark.parametrize(
    ("stack", "there"),
    [
        ("8.2", set()),
        ("8.2.9", set()),
        ("8.3", INFORMING - {"investigation_fields"}),
        ("8.10.4", INFORMING - {"investigation_fields"}),
        ("8.11", INFORMING),
        ("9.5", INFORMING),
        (StackVersion(8, 11), INFORMING),
        (None, INFORMING),
    ],
)
def test_an_older_stack_goes_without_what_only_informs(stack, there, tmp_path):
    made = body(tmp_path, RULE + INFORMATION, stack)
    assert set(made) & INFORMING == there


def test_what_does_something_goes_to_every_stack(tmp_path):
    text = RULE + '[rule.alert_suppression]\ngroup_by = ["host.id"]\n'
    assert "alert_suppression" in body(tmp_path, text, "8.0")


def test_a_stack_that_is_none(tmp_path):
    with pytest.raises(ValueError, match="'latest' is not a stack version"):
        body(tmp_path, RULE, "latest")


# Plugins

OSQUERY = (
    "\n[[transform.osquery]]\nquery = '''\nSELECT *\n  FROM users\n'''\nlabel = \"Größe & <co>\"\n"
    '[transform.osquery.ecs_mapping."user.name"]\nfield = "username"\n'
)
INVESTIGATE = (
    '\n[[transform.investigate]]\nlabel = "Same host"\nrelativeTo = "now"\nrelativeFrom = "now-1h"\nproviders = [[{'
    'valueType = "string", excluded = false, value = "{{host.id}}", queryType = "phrase", field = "host.id"}]]\n'
)
BUTTON = (
    '!{osquery{"ecs_mapping":{"user.name":{"field":"username"}},"label":"Größe & <co>",'
    '"query":"SELECT *\\n  FROM users\\n"}}'
)
TIMELINE = (
    '!{investigate{"label":"Same host","providers":[[{"excluded":false,"field":"host.id","queryType":"phrase",'
    '"value":"{{host.id}}","valueType":"string"}]],"relativeFrom":"now-1h","relativeTo":"now"}}'
)


@pytest.mark.parametrize(
    ("guide", "expected"),
    [
        ("$osquery_0", BUTTON),
        ("${osquery_0}!", f"{BUTTON}!"),
        ("$investigate_0 and $osquery_0", f"{TIMELINE} and {BUTTON}"),
        ("$osquery_1 ${investigate_9}", "$osquery_1 ${investigate_9}"),
        ("$osquery_0x $osquery_ $osquery", "$osquery_0x $osquery_ $osquery"),
        ("$$osquery_0", "$osquery_0"),
        ("$$$osquery_0", f"${BUTTON}"),
        ("$$5 $$", "$5 $"),
        ("$HOME ${x} $1 \\$", "$HOME ${x} $1 \\$"),
        ("!{osquery{}}", "!{osquery{}}"),
    ],
)
def test_plugins_take_the_place_of_their_placeholders(guide, expected, tmp_path):
    text = RULE + f"note = '''\n{guide}'''\n" + OSQUERY + INVESTIGATE
    assert body(tmp_path, text)["note"] == expected


@pytest.mark.parametrize("guide", ["$osquery_0", "$$osquery_0 $$ ${investigate_0}"])
def test_without_plugins_a_guide_is_left_alone(guide, tmp_path):
    assert body(tmp_path, RULE + f"note = '{guide}'\n")["note"] == guide


def test_other_texts_are_not_looked_at(tmp_path):
    text = RULE + "note = '$osquery_0 $investigate_0'\nsetup = '$osquery_0 $$'\n" + OSQUERY + INVESTIGATE
    assert body(tmp_path, text)["setup"] == "$osquery_0 $$"


# The Setup section

GUIDES = [
    pytest.param("## Setup\nDo this.", "", "Do this.", id="nothing else"),
    pytest.param("## Triage\n\nLook.\n\n## Setup\n\nDo this.\n", "## Triage\n\nLook.", "Do this.", id="at the end"),
    pytest.param("## Setup\n\nDo this.\n\n## Triage\n\nLook.\n", "## Triage\n\nLook.", "Do this.", id="at the start"),
    pytest.param("## Setup\n\nDo\n\n### More\n\nthat", "### More\n\nthat", "Do", id="ends at a lower heading"),
    pytest.param("## Setup\n\nDo\n# Top", "# Top", "Do", id="ends at a higher heading"),
    pytest.param("## Setup\n## Triage", "## Triage", "", id="empty"),
    pytest.param("## Setup", "", "", id="empty at the end"),
    pytest.param("a\n## SETUP ##\nb", "a", "b", id="capitals and closing marks"),
    pytest.param("a\n   ##\tsetup\t\nb", "a", "b", id="tabs and blanks"),
    pytest.param("a\n## Setup\nb\n## Setup\nc", "a\n## Setup\nc", "b", id="the first of two"),
    pytest.param("```\n## Setup\n```\n## Setup\nb", "```\n## Setup\n```", "b", id="not the one in a fence"),
    pytest.param("## Setup\n```\n# comment\n```\nb\n# x", "# x", "```\n# comment\n```\nb", id="a fence in it"),
    pytest.param("~~~\n```\n## Setup\n~~~\n## Setup\nb", "~~~\n```\n## Setup\n~~~", "b", id="a fence of waves"),
    pytest.param("````\n```\n## Setup\n````\n## Setup\nb", "````\n```\n## Setup\n````", "b", id="a longer fence"),
    pytest.param("## Setup\n#hashtag\n    # code\nb", "", "#hashtag\n    # code\nb", id="what is no heading in it"),
]


@pytest.mark.parametrize(("guide", "rest", "setup"), GUIDES)
def test_the_setup_section_becomes_the_setup_guide(guide, rest, setup, tmp_path):
    made = body(tmp_path, RULE + f"note = {json.dumps(guide)}\n")
    assert (made["note"], made["setup"]) == (rest, setup)


@pytest.mark.parametrize(("guide", "rest", "setup"), GUIDES[:1])
def test_a_stack_without_setup_guides_keeps_the_section(guide, rest, setup, tmp_path):  # noqa: ARG001
    made = body(tmp_path, RULE + f"note = {json.dumps(guide)}\n", "8.2")
    assert (made["note"], made.get("setup")) == (guide, None)


@pytest.mark.parametrize("guide", [param.values[0] for param in GUIDES[:3]])
def test_a_setup_guide_of_its_own_wins(guide, tmp_path):
    made = body(tmp_path, RULE + f"note = {json.dumps(guide)}\nsetup = 'My own.'\n")
    assert (made["note"], made["setup"]) == (guide, "My own.")


@pytest.mark.parametrize(
    "guide",
    ["# Setup\nb", "### Setup\nb", "## Setup guide\nb", "##Setup\nb", "    ## Setup\nb", "```\n## Setup\nb", "b"],
)
def test_what_is_no_setup_section_stays(guide, tmp_path):
    made = body(tmp_path, RULE + f"note = {json.dumps(guide)}\n")
    assert (made["note"], made.get("setup")) == (guide, None)


def test_plugins_of_the_setup_section_go_with_it(tmp_path):
    made = body(tmp_path, RULE + "note = '''\na\n## Setup\n$osquery_0\n'''\n" + OSQUERY)
    assert (made["note"], made["setup"]) == ("a", BUTTON)


LINES = st.sampled_from(["## Setup", "## Triage", "# Top", "```", "~~~~", "text", "", "   ## setup ##", "### Setup"])


@given(st.lists(LINES | st.text(alphabet="# \tsetup`~x", max_size=12), max_size=12).map("\n".join))
def test_splitting_loses_no_line_but_the_heading(guide):
    rest, setup = split_setup(guide)
    if setup is None:
        assert rest == guide
    else:
        before = sorted(line for line in guide.split("\n") if line)
        after = sorted(line for line in (*rest.split("\n"), *setup.split("\n")) if line)
        (heading,) = {line for line in before if before.count(line) > after.count(line)}
        assert heading.strip(" \t#").lower() == "setup"


# Shapes that Kibana insists on

THREAT = (
    '[[rule.threat]]\nframework = "MITRE ATT&CK"\ntactic = { id = "TA0002", name = "Execution", reference = "r" }\n'
)


def test_a_tactic_alone_has_no_techniques(tmp_path):
    technique = 'technique = [{ id = "T1059", name = "n", reference = "r" }]\n'
    first, second = body(tmp_path, RULE + THREAT + THREAT + technique)["threat"]
    assert first["technique"] == []
    assert second["technique"] == [{"id": "T1059", "name": "n", "reference": "r"}]


@pytest.mark.parametrize(
    ("kind", "frequency", "expected"),
    [
        (".slack", "", {"summary": True, "notifyWhen": "onActiveAlert", "throttle": None}),
        (".slack", ', throttle = "1h"', {"summary": True, "notifyWhen": "onActiveAlert", "throttle": "1h"}),
        (".cases", "", {"summary": True, "notifyWhen": "onActiveAlert"}),
        (".workflows", "", {"summary": True, "notifyWhen": "onActiveAlert"}),
        (".cases", ', throttle = "1h"', {"summary": True, "notifyWhen": "onActiveAlert", "throttle": "1h"}),
    ],
)
def test_a_frequency_without_a_throttle_says_so(kind, frequency, expected, tmp_path):
    text = (
        RULE
        + f'[[rule.actions]]\nid = "1"\naction_type_id = "{kind}"\nparams = {{}}\n'
        + f'frequency = {{ summary = true, notifyWhen = "onActiveAlert"{frequency} }}\n'
    )
    assert body(tmp_path, text)["actions"][0]["frequency"] == expected


def test_an_action_without_a_frequency_gets_none(tmp_path):
    text = RULE + '[[rule.actions]]\nid = "1"\naction_type_id = ".slack"\nparams = {}\n'
    assert body(tmp_path, text)["actions"] == [{"id": "1", "action_type_id": ".slack", "params": {}}]


def test_new_terms_are_flat_whichever_shape_the_file_has(tmp_path):
    table = valid_text("new_terms")
    flat = (
        table.partition("[rule.new_terms]")[0] + 'new_terms_fields = ["user.name"]\nhistory_window_start = "now-7d"\n'
    )
    for text in (table, flat):
        made = body(tmp_path, text)
        assert made["new_terms_fields"] == ["user.name"]
        assert made["history_window_start"] == "now-7d"
        assert "new_terms" not in made


@pytest.mark.parametrize("field", ['""', '"host.id"', "[]", '["a", "b"]'])
def test_a_field_of_two_shapes_keeps_the_files(field, tmp_path):
    made = body(tmp_path, valid_text("threshold").replace('["host.id"]', field))
    assert made["threshold"]["field"] == json.loads(field)
