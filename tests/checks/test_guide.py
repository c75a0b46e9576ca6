"""RP42x: placeholders, plugins and Setup sections of investigation guides."""

import pytest
from support.samples import RULE, codes, make_pack

OSQUERY = '\n[[transform.osquery]]\nlabel = "Users"\nquery = "SELECT * FROM users"\n'
INVESTIGATE = (
    '\n[[transform.investigate]]\nlabel = "Same host"\nproviders = [[{excluded = false, field = "host.id", '
    'queryType = "phrase", value = "{{host.id}}", valueType = "string"}]]\n'
)


def with_guide(guide, more=""):
    return RULE + f"note = '''\n{guide}\n'''\n{more}"


def said(folder, text):
    return [(found.code.id, found.message, found.hint) for found in make_pack(folder, text).diagnostics]


@pytest.mark.parametrize(
    "guide",
    [
        "$osquery_0",
        "${osquery_0}",
        "Costs $$5, and $osquery_0",
        "$osquery_0 and once more $osquery_0",
        "`$osquery_0`",
        "$osquery_0. And $osquery",
        "$osquery_0, $user_0, $HOME, ${x}, $$osquery_9, $${osquery_9}, $osquery_9x",
    ],
)
def test_a_placeholder_that_has_its_plugin(guide, tmp_path):
    assert said(tmp_path, with_guide(guide, OSQUERY)) == []


@pytest.mark.parametrize(
    ("guide", "plugins", "message", "hint"),
    [
        (
            "$osquery_1",
            OSQUERY,
            "$osquery_1 has no plugin: there is 1 [[transform.osquery]]",
            "the last one is $osquery_0",
        ),
        (
            "${osquery_2}",
            OSQUERY * 2,
            "${osquery_2} has no plugin: there are 2 [[transform.osquery]]",
            "the last one is $osquery_1",
        ),
        (
            "$investigate_0",
            OSQUERY,
            "$investigate_0 has no plugin: there are 0 [[transform.investigate]]",
            "add [[transform.investigate]], or remove it",
        ),
        (
            "$osquery_0",
            "",
            "$osquery_0 has no plugin: there are 0 [[transform.osquery]]",
            "add [[transform.osquery]], or remove it",
        ),
        (
            "$$$osquery_0",
            "",
            "$osquery_0 has no plugin: there are 0 [[transform.osquery]]",
            "add [[transform.osquery]], or remove it",
        ),
    ],
)
def test_a_placeholder_without_a_plugin(guide, plugins, message, hint, tmp_path):
    assert [one for one in said(tmp_path, with_guide(guide, plugins)) if one[0] == "RP422"] == [
        ("RP422", message, hint)
    ]


def test_a_placeholder_is_shown_where_it_stands(tmp_path):
    (found,) = make_pack(tmp_path, with_guide("One\n\ntwo ${osquery_7} three")).diagnostics
    assert found.excerpt == "two ${osquery_7} three"
    assert (found.span.column, found.span.end_column) == (5, 17)


@pytest.mark.parametrize(("digits", "expected"), [(9, ["RP422"]), (400, []), (5000, [])])
def test_a_number_of_any_length_is_no_trouble(digits, expected, tmp_path):
    assert codes(make_pack(tmp_path, with_guide("$osquery_" + "9" * digits))) == expected


def test_a_plugin_that_no_placeholder_names(tmp_path):
    assert said(tmp_path, with_guide("$osquery_0 $$osquery_1", OSQUERY * 2 + INVESTIGATE)) == [
        (
            "RP423",
            "this plugin is not used: $osquery_1 is not in the investigation guide",
            "put $osquery_1 where the button should be",
        ),
        (
            "RP423",
            "this plugin is not used: $investigate_0 is not in the investigation guide",
            "put $investigate_0 where the button should be",
        ),
    ]


def test_plugins_without_a_guide(tmp_path):
    pack = make_pack(tmp_path, RULE + OSQUERY)
    assert codes(pack) == ["RP423"]
    assert pack.diagnostics[0].span.line == RULE.count("\n") + 2


def test_a_guide_with_both_kinds_of_plugins(tmp_path):
    assert said(tmp_path, with_guide("$osquery_0\n\n$investigate_0", OSQUERY + INVESTIGATE)) == []


def test_a_literal_plugin_is_the_authors_own(tmp_path):
    """Kibana reads it as it stands, so there is nothing to resolve and nothing unused."""
    guide = '!{osquery{"label":"Users","query":"SELECT * FROM users"}}\n!{investigate{"label":"x","providers":[]}}'
    assert said(tmp_path, with_guide(guide)) == []


@pytest.mark.parametrize(
    ("plugin", "expected"),
    [
        ('\n[[transform.osquery]]\nlabel = "Users"\n', ["RP102"]),
        ("\n[transform]\nosquery = 5\n", ["RP104"]),
        ('\n[[transform.osquery]]\nlabel = "Users"\nquery = "SELECT 1"\nlable = "x"\n', ["RP103"]),
    ],
)
def test_a_plugin_with_a_mistake_is_not_missing_besides(plugin, expected, tmp_path):
    assert codes(make_pack(tmp_path, with_guide("$osquery_0", plugin))) == expected


def test_a_guide_with_a_mistake_does_not_leave_its_plugins_unused(tmp_path):
    assert codes(make_pack(tmp_path, RULE + "note = 5\n" + OSQUERY)) == ["RP104"]


SETUP = "setup = 'Switch auditing on.'\n"


@pytest.mark.parametrize(
    ("guide", "line"),
    [
        ("## Setup\n\nDo this.", "## Setup"),
        ("## Triage\n\nLook.\n\n## setup ##\n\nDo this.", "## setup ##"),
        ("   ##   SETUP\t\nDo this.", "   ##   SETUP"),
        ("```\n## Setup\n```\n\n## Setup\n\nDo this.", "## Setup"),
        ("## Setup of the field\n\n## Setup", "## Setup"),
    ],
)
def test_a_setup_section_besides_a_setup_guide(guide, line, tmp_path):
    (found,) = make_pack(tmp_path, with_guide(guide) + SETUP).diagnostics
    assert (found.code.id, found.message) == ("RP424", "the guide has a Setup section besides the field setup")
    assert found.excerpt.rstrip() == line
    # The last line with these words: not the one in a fence, nor one that goes on.
    lines = guide.split("\n")
    assert found.span.line == RULE.count("\n") + 2 + max(at for at, text in enumerate(lines) if text.rstrip() == line)


@pytest.mark.parametrize(
    "guide",
    [
        "# Setup\n\nDo this.",
        "### Setup\n\nDo this.",
        "## Setup guide\n\nDo this.",
        "## Triage\n\nThe setup is described elsewhere.",
        "```\n## Setup\n```",
        "~~~~\n```\n## Setup\n```\n~~~~",
        "    ## Setup",
        "##Setup",
    ],
)
def test_what_is_no_setup_section(guide, tmp_path):
    assert codes(make_pack(tmp_path, with_guide(guide) + SETUP)) == []


def test_a_setup_section_alone_becomes_the_setup_guide(tmp_path):
    assert codes(make_pack(tmp_path, with_guide("## Setup\n\nDo this."))) == []
