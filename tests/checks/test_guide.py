"""RP42x: placeholders, plugins, headings, links and Setup sections of guides."""

import time

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


def test_a_literal_plugin_works_and_hides_mistakes(tmp_path):
    guide = '!{osquery{"label":"Users","query":"SELECT * FROM users"}}\n!{investigate{"label":"x","providers":[]}}'
    pack = make_pack(tmp_path, with_guide(guide))
    assert [(found.code.id, found.severity.label, found.message) for found in pack.diagnostics] == [
        ("RP428", "info", "this osquery plugin is written out"),
        ("RP428", "info", "this investigate plugin is written out"),
    ]


@pytest.mark.parametrize(
    ("plugin", "message", "column"),
    [
        ('!{osquery{"label": "Users"', "this plugin cannot be read: expecting ',' delimiter", 10),
        ('!{osquery{"label": "Users"}', "this plugin cannot be read: the second } is missing at its end", 28),
        ("!{investigate{label: 1}}", None, 15),
        ("!{osquery{" + '"a":{' * 100_000, "this plugin cannot be read: it is nested too deep", 10),
    ],
)
def test_a_literal_plugin_that_cannot_be_read(plugin, message, column, tmp_path):
    (found,) = make_pack(tmp_path, with_guide(plugin)).diagnostics
    assert (found.code.id, found.severity.label, found.span.column) == ("RP428", "warning", column)
    assert message is None or found.message == message


@pytest.mark.parametrize("guide", ["`!{osquery{...}}`", "```\n!{osquery{...}}\n```", "!{insight{}}", "!{ osquery }"])
def test_what_is_no_literal_plugin(guide, tmp_path):
    assert codes(make_pack(tmp_path, with_guide(guide))) == []


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
    ],
)
def test_what_is_no_setup_section(guide, tmp_path):
    assert codes(make_pack(tmp_path, with_guide(guide) + SETUP)) == []


def test_a_setup_section_alone_becomes_the_setup_guide(tmp_path):
    assert codes(make_pack(tmp_path, with_guide("## Setup\n\nDo this."))) == []


@pytest.mark.parametrize(
    ("guide", "line"),
    [
        ("# Setup\n\nDo this.", "# Setup"),
        ("## Triage\n\n### Setup\n\nDo this.", "### Setup"),
        ("## Setup:\n\nDo this.", "## Setup:"),
        ("## setup :\n\nDo this.", "## setup :"),
    ],
)
def test_a_setup_section_that_stays_in_the_guide(guide, line, tmp_path):
    (found,) = make_pack(tmp_path, with_guide(guide)).diagnostics
    assert (found.code.id, found.message) == ("RP427", "this Setup section stays in the investigation guide")
    assert found.excerpt == line


@pytest.mark.parametrize(
    "guide",
    [
        "## Setup\n\n### Setup\n\nDo this.",
        "## Setup guide\n\nDo this.",
        "### Setup of the field",
        "```\n# Setup\n```",
        "    # Setup",
        "## Triage\n\nSetup\n",
    ],
)
def test_what_is_no_setup_section_that_stays(guide, tmp_path):
    assert codes(make_pack(tmp_path, with_guide(guide))) == []


@pytest.mark.parametrize(
    ("guide", "excerpt"),
    [
        ("## A\n\n#### B", "#### B"),
        ("# A\n\n### B\n\n#### C", "### B"),
        ("## A\n\n### B\n\n## C\n\n#####\tD #", "#####\tD #"),
    ],
)
def test_a_level_that_is_skipped(guide, excerpt, tmp_path):
    (found,) = make_pack(tmp_path, with_guide(guide)).diagnostics
    assert (found.code.id, found.excerpt) == ("RP421", excerpt)


@pytest.mark.parametrize(
    "guide",
    [
        "### A\n\n#### B\n\n## C",
        "## A\n\n```\n#### B\n```",
        "## A\n\n- ```\n  #### B\n  ```\n- more\n\n    ```\n#### B\n    ```",
        "## A\n\n> ~~~~\n> ```\n#### B\n> ~~~~",
        "## A\n\n    #### B",
        "## A\n\n```inline``` code\n\n### B",
        "## A\n\n#### \\\n".replace("#### ", "x #### "),
    ],
)
def test_levels_that_follow_one_another(guide, tmp_path):
    assert codes(make_pack(tmp_path, with_guide(guide))) == []


def test_a_heading_that_is_there_twice(tmp_path):
    (found,) = make_pack(tmp_path, with_guide("## A\n\n### Look\n\n### Ask\n\n### look ##")).diagnostics
    assert (found.code.id, found.message, found.excerpt) == (
        "RP426",
        'the heading "look" is there already',
        "### look ##",
    )
    assert found.related[0].span.line == found.span.line - 4


@pytest.mark.parametrize(
    "guide", ["## A\n\n### Look\n\n## B\n\n### Look", "## A\n\n### A", "## C\n\n## C#", "##\n\n##"]
)
def test_headings_that_may_be_alike(guide, tmp_path):
    assert codes(make_pack(tmp_path, with_guide(guide))) == []


@pytest.mark.parametrize(
    ("guide", "marked"),
    [
        ("##Setup", "##Setup"),
        ("## ## Triage", "## ## Triage"),
        ("Read [this] (https://a.example/b).", "] (https://a.example/b)"),
        ("Read [this]() and that.", "]()"),
        ("Read [this](https://a.example/b c).", "](https://a.example/b c)"),
        ("Read [this](https://a.example/b", "](https://a.example/b"),
        ("Read (this)[https://a.example/b].", ")[https://a.example/b]"),
        ("Text\n\n```sql\nSELECT 1", "```sql"),
        ("Text\n\n````\nSELECT 1\n```", "````"),
        ("Text\n\n- ~~~\n  SELECT 1", "~~~"),
    ],
)
def test_markdown_that_shows_as_it_is_written(guide, marked, tmp_path):
    for field in ("note", "setup"):
        text = with_guide(guide).replace("note =", f"{field} =")
        (found,) = make_pack(tmp_path, text).diagnostics
        assert found.code.id == "RP429"
        assert found.excerpt[found.span.column - 1 : found.span.end_column - 1].removeprefix("- ") == marked


@pytest.mark.parametrize(
    "guide",
    [
        "`[this] (https://a.example/b)` and ``a ` [this]()``",
        "A `span\n[this]() of two lines` of code",
        "```\n##Setup\n[this]() [that](https://a.example/b\n```",
        "> ```\n> [this]()\n> ```",
        "    [this]()\n\n\t[this] (https://a.example/b)",
        "[this](https://a.example/b \"A title\") [that](https://a.example/b 'A title') [x](https://a.example/b (t))",
        '[this](https://a.example/b\n"A title")',
        "[1] (see below), (note)[1] and f(x)[0]; [this](<https://a.example/b c>)",
        "[this](https://a.example/wiki/B_(c)) and [that](#anchor) and [those](mailto:a@b.example)",
        "#hashtag and #1 and #!/bin/sh\n#region\n####### seven",
        "Text\n\n```sql\nSELECT 1\n````  \n\n~~~\n```\n~~~",
        "Text ``` not a block\n\n```not``` a block\n",
        "1. One\n   ```\n   a\n   ```\n2. Two\n      ```\n   b\n```\n",
    ],
)
def test_markdown_that_is_right(guide, tmp_path):
    assert codes(make_pack(tmp_path, with_guide(guide))) == []


@pytest.mark.parametrize(
    "text",
    [
        "`" * 300_000,
        "` `` ``` ` `` [a]() " * 20_000,
        "](https://" * 40_000,
        "[a]( " + " " * 400_000,
        "```\n[a]()\n```\n" * 20_000,
        "## A\n### B\n" * 20_000,
        "- " * 200_000 + "```",
        "`a\n[b]()\n\n" * 30_000,
    ],
)
def test_a_hostile_guide_takes_no_longer(text, tmp_path):
    start = time.perf_counter()
    make_pack(tmp_path, with_guide(text))
    assert time.perf_counter() - start < 4
