"""Comments that silence findings: where they count, what they silence, and what is said when they are wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import RULE, codes, make_pack

import rulepack
from rulepack import checks
from rulepack.checks.base import Context
from rulepack.checks.examined import Examined
from rulepack.checks.ignores import read_ignores
from rulepack.codes import BY_ID
from rulepack.source import parse_source

# RP402 on the line of rule_id, and RP422 in the third line of the guide.
ID = 'rule_id = "00000000-0000-4000-8000-000000000001"'
BAD_ID = 'rule_id = "mine"'
GUIDE = "note = '''\n## Look\n\n$osquery_0\n'''"


def with_id(line):
    return RULE.replace(ID, line)


def said(folder, text, **more):
    return [(found.code.id, found.message, found.hint) for found in make_pack(folder, text, **more).diagnostics]


@pytest.mark.parametrize(
    "line",
    [
        f"{BAD_ID} # rulepack: ignore RP402 -- older than this pack",
        f"{BAD_ID}#rulepack:ignore RP402--older",
        f"{BAD_ID} # an old one # rulepack: ignore RP402 -- older than this pack",
        f"{BAD_ID} # rulepack: ignore RP40x -- older than this pack",
        f"{BAD_ID} # rulepack: ignore RP4xx -- older than this pack",
        f"# rulepack: ignore RP402 -- older than this pack\n{BAD_ID}",
        f"# rulepack: ignore RP402 -- older than this pack\n# rules of 2019\n\t{BAD_ID}",
    ],
)
def test_a_comment_silences_a_finding_on_its_line(line, tmp_path):
    assert codes(make_pack(tmp_path, with_id(line))) == []


@pytest.mark.parametrize(
    "guide",
    [
        "# rulepack: ignore RP422 -- the plugin follows\n" + GUIDE,
        GUIDE + " # rulepack: ignore RP422 -- the plugin follows",
    ],
)
def test_a_comment_silences_a_finding_in_a_text_of_several_lines(guide, tmp_path):
    assert codes(make_pack(tmp_path, f"{RULE}{guide}\n")) == []


def test_a_comment_covers_a_header(tmp_path):
    text = RULE.replace('index = ["acme-*"]\n', "")
    assert codes(make_pack(tmp_path, text)) == ["RP442"]
    header = "[rule] # rulepack: ignore RP442 -- the space decides"
    assert codes(make_pack(tmp_path, text.replace("[rule]", header))) == []
    header = "# rulepack: ignore RP442 -- the space decides\n[rule]"
    assert codes(make_pack(tmp_path, text.replace("[rule]", header))) == []


def test_a_comment_on_the_first_line_covers_what_is_said_of_the_file_as_a_whole(tmp_path):
    comment = "# rulepack: ignore RP401 -- the name is fixed by another tool\n"
    assert codes(make_pack(tmp_path, **{"Big-Name": comment + RULE})) == []


def test_a_comment_silences_a_finding_of_the_whole_pack(tmp_path):
    second = (
        RULE.replace("0001", "0002")
        .replace(": process", ": file")
        .replace('"Sample"', '"Sample" # rulepack: ignore RP502 -- moving it')
    )
    assert codes(make_pack(tmp_path, RULE, second)) == []
    # And nothing is said of it where only this file is read.
    assert rulepack.load(tmp_path, (tmp_path / "rules" / "rule_1.toml",)).diagnostics == ()


@pytest.mark.parametrize(
    "text",
    [
        # In a text it is text.
        RULE.replace(ID, BAD_ID) + "note = 'x # rulepack: ignore RP402 -- y'\n",
        RULE.replace(ID, BAD_ID) + "note = '''\n# rulepack: ignore RP402 -- y\n'''\n",
        RULE.replace(ID, BAD_ID) + 'note = """\n# rulepack: ignore RP402\\"""\n"""\n',
        # And a comment that speaks to nobody is just that.
        with_id(f"# see the docs of rulepack: they say why\n{BAD_ID}"),
    ],
)
def test_what_is_no_such_comment(text, tmp_path):
    assert codes(make_pack(tmp_path, text)) == ["RP402"]


@pytest.mark.parametrize(
    ("comment", "message", "hint"),
    [
        ("ignore RP402", "this comment ignores without a reason", "add the reason: `-- ...` after RP402"),
        ("ignore RP402 --", "this comment ignores without a reason", "write the reason after --"),
        (
            "ignore RP402 because it is old",
            "this comment has no -- before its reason",
            "write `# rulepack: ignore RP421 -- the reason`",
        ),
        ("ignore -- old", "this comment names no code to ignore", "write `# rulepack: ignore RP421 -- the reason`"),
        ("ignore", "this comment names no code to ignore", "write `# rulepack: ignore RP421 -- the reason`"),
        ("", "an empty comment for rulepack", "write `# rulepack: ignore RP421 -- the reason`"),
        (
            "disable RP402 -- old",
            "a comment for rulepack says ignore, not disable",
            "write `# rulepack: ignore RP421 -- the reason`",
        ),
        ("ignore rp402 -- old", "rp402 is neither a code nor a range", "did you mean RP402?"),
        ("ignore names -- old", "names is neither a code nor a range", "use RP421 or RP42x"),
        ("ignore RPxxx -- old", "RPxxx is neither a code nor a range", "use RP421 or RP42x"),
        (
            "ignore RP999 -- old",
            "no check has the code RP999",
            "`rulepack explain` lists all codes",
        ),
        (
            "ignore RP002 -- old",
            "RP002 cannot be ignored: it is no check's",
            "correct what it says, or turn it down in the settings",
        ),
        (
            "ignore RP103 -- old",
            "RP103 cannot be ignored: it is no check's",
            "correct what it says, or turn it down in the settings",
        ),
    ],
)
def test_a_comment_that_does_not_count(comment, message, hint, tmp_path):
    pack = make_pack(tmp_path, with_id(f"{BAD_ID} # rulepack: {comment}"))
    wrong = [found for found in pack.diagnostics if found.code.id == "RP008"]
    assert [(found.message, found.hint) for found in wrong] == [(message, hint)]
    assert sorted(codes(pack)) == ["RP008", "RP402"]


def test_a_wrong_code_is_shown_where_it_stands_and_leaves_the_others_be(tmp_path):
    (found,) = make_pack(tmp_path, with_id(f"{BAD_ID} # rulepack: ignore RP999, RP402 -- old")).diagnostics
    line = found.excerpt
    assert line[found.span.column - 1 : found.span.end_column - 1] == "RP999"


def test_an_ignore_that_silences_nothing_is_said(tmp_path):
    (found,) = make_pack(tmp_path, with_id(f"{ID} # rulepack: ignore RP402 -- old")).diagnostics
    line = 1 + RULE[: RULE.index(ID)].count("\n")
    assert (found.code.id, found.message) == ("RP009", f"there is no RP402 to ignore on line {line}")
    assert found.excerpt[found.span.column - 1 : found.span.end_column - 1] == "RP402"


def test_each_code_of_a_comment_must_be_of_use(tmp_path):
    text = with_id(f"{BAD_ID} # rulepack: ignore RP402, RP422 -- old")
    assert [one[:2] for one in said(tmp_path, text)] == [("RP009", "there is no RP422 to ignore on line 12")]


def test_a_blank_line_parts_a_comment_from_what_it_is_about(tmp_path):
    assert codes(make_pack(tmp_path, with_id(f"# rulepack: ignore RP402 -- old\n\n{BAD_ID}"))) == ["RP009", "RP402"]


def test_a_comment_above_covers_no_more_than_one_value(tmp_path):
    text = RULE.replace("[rule]", "# rulepack: ignore RP402 -- old\n[rule]").replace(ID, BAD_ID)
    assert sorted(codes(make_pack(tmp_path, text))) == ["RP009", "RP402"]


@pytest.mark.parametrize(
    "text",
    [
        # The error may hide what the comment is for.
        with_id(f"{ID} # rulepack: ignore RP402 -- old").replace("risk_score = 21", 'risk_score = "21"'),
        # This check has not looked.
        with_id(f"{ID} # rulepack: ignore RP50x -- old"),
    ],
)
def test_an_ignore_that_may_be_of_use_another_time_is_left_alone(text, tmp_path):
    assert "RP009" not in codes(make_pack(tmp_path, text))


def test_what_keeps_a_rule_from_being_loaded_is_said_in_spite_of_a_range(tmp_path):
    text = RULE.replace("risk_score = 21", 'risk_score = "21" # rulepack: ignore RP1xx -- leave it')
    assert codes(make_pack(tmp_path, text)) == ["RP104"]


def test_a_severity_of_the_settings_does_not_matter_to_an_ignore(tmp_path):
    text = with_id(f"{BAD_ID} # rulepack: ignore RP402 -- old")
    for level in ("error", "info", "off"):
        assert said(tmp_path, text, settings=f'checks.RP402 = "{level}"') == []


def test_checking_again_says_the_same(tmp_path):
    text = with_id(f"{BAD_ID} # rulepack: ignore RP402, RP422 -- old\n# rulepack: ignore") + "note = '$osquery_0'\n"
    pack = make_pack(tmp_path, text, settings='checks.RP422 = "error"')
    assert rulepack.check(pack) == pack.diagnostics


def test_ignores_survive_the_cache(tmp_path):
    text = with_id(f"{BAD_ID} # rulepack: ignore RP402, RP999 -- old") + GUIDE + " # rulepack: ignore RP501 -- x\n"
    pack = make_pack(tmp_path, text)
    context = Context.of(pack)
    examined = checks.examine(pack.files[0], pack.rules[0], (), context)
    assert [one.selector for one in examined.ignores] == ["RP402", "RP501"]
    again = Examined.from_json(examined.to_json(), BY_ID)
    assert again == examined
    assert checks.conclude([again], context) == pack.diagnostics


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_comment_is_read_and_every_place_is_on_its_line(comment):
    line = f"name = 'x' # rulepack: {comment}"
    source = parse_source("a.toml", f"[rule]\n{line}\n")
    ignores, wrong = read_ignores(source, BY_ID)
    assert ignores or wrong
    for span in (*(one.span for one in ignores), *(one.span for one in wrong)):
        assert (span.line, span.end_line) == (2, 2)
        assert 1 <= span.column < span.end_column <= len(line) + 1


def test_a_file_full_of_comments_is_no_trouble(tmp_path):
    comment = "# rulepack: ignore RP402 -- old\n"
    pack = make_pack(tmp_path, RULE.replace(ID, comment * 30_000 + ID))
    assert codes(pack).count("RP009") == 100
    assert [found.message for found in pack.diagnostics if found.code.id == "RP008"] == [
        "a file can have 100 ignores; this one and what follows do not count"
    ]
