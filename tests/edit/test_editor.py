"""Edits of TOML text: only what was meant changes, comments stay, and what cannot be done safely is refused."""

from collections import Counter

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from support.samples import SHARED, needs_shared

from rulepack.edit import Arrange, Delete, Editor, Insert, Move, Refused, Rename, Replace, Set
from rulepack.locator import comments

THREATS = """\
[rule]
name = "Shell" # n

# first entry
[[rule.threat]]
framework = "A"

  [rule.threat.tactic]
  id = "TA1"

  # why this one
  [[rule.threat.technique]]
  id = "T1"

  # the second
  [[rule.threat.technique]]
  id = "T2"

    [[rule.threat.technique.subtechnique]]
    id = "T2.001" # sub

# second entry
[[rule.threat]]
framework = "B"

  [rule.threat.tactic]
  id = "TA2"

# about new terms
[rule.new_terms]
field = "x"
"""
FIRST, SECOND = ("rule", "threat", 0), ("rule", "threat", 1)


def edited(text, *edits):
    editor = Editor(text)
    editor.apply(*edits)
    return editor.result


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ('a = "x" # why\n', Set(("a",), "y"), 'a = "y" # why\n'),
        ("a = 'x'\n", Set(("a",), "C:\\y"), "a = 'C:\\y'\n"),
        ("a = 'x'\n", Set(("a",), "it's"), 'a = "it\'s"\n'),
        ('a = """\nx"""\n', Set(("a",), "y\nz\n"), 'a = """\ny\nz\n"""\n'),
        ("a = '''\nx'''\n", Set(("a",), "y'''z"), 'a = """\ny\'\'\'z"""\n'),
        ('a = "x"\n', Set(("a",), 7), "a = 7\n"),
        ("a = 7", Set(("a",), value=True), "a = true"),
        ('t = { a = "x", b = 1 }\n', Set(("t", "a"), "y"), 't = { a = "y", b = 1 }\n'),
        ('t.a = "x"\nt.b = 1\n', Set(("t", "a"), "y"), 't.a = "y"\nt.b = 1\n'),
        ('a = ["x", "y"]\n', Set(("a", 1), "z"), 'a = ["x", "z"]\n'),
        ("a = '''\none  \ntwo'''\n", Replace(("a",), 3, 5, ""), "a = '''\none\ntwo'''\n"),
        ('a = "\\u00e9t\\u00e9"\n', Replace(("a",), 2, 3, "x"), 'a = "\\u00e9tx"\n'),
        ('a = "x"\n', Replace(("a",), 0, 1, 'say "x"'), 'a = "say \\"x\\""\n'),
        ("a = 'x'\n", Replace(("a",), 0, 0, "'"), 'a = "\'x"\n'),
        ("a = 1\nb = 2\n", Rename(("a",), "new name"), '"new name" = 1\nb = 2\n'),
        ("a = 1\nb = 2 # two\nc = 3\n", Delete(("b",)), "a = 1\n# two\nc = 3\n"),
        ('a = """\nx\ny"""\nb = 2\n', Delete(("a",)), "b = 2\n"),
        ("t = { a = 1, b = 2 }\n", Delete(("t", "a")), "t = { b = 2 }\n"),
        ("t = { a = 1, b = 2 }\n", Delete(("t", "b")), "t = { a = 1 }\n"),
        ("[t]\na = 1\nc = 3\n", Insert(("t", "b"), ["x"]), '[t]\na = 1\nb = ["x"]\nc = 3\n'),
        ("[t]\nz = 1\na = 3", Insert(("t", "b"), "x"), '[t]\nz = 1\na = 3\nb = "x"'),
        ("t = { a = 1 }\n", Insert(("t", "b"), 2.5), "t = { a = 1, b = 2.5 }\n"),
        ("[t]\n\n[u]\nx = 1\n", Insert(("t", "b"), 2), "[t]\nb = 2\n\n[u]\nx = 1\n"),
    ],
)
def test_a_key_changes_and_nothing_else(before, edit, after):
    assert edited(before, edit) == after


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ('a = ["b", "a"]\n', Arrange(("a",), (1, 0)), 'a = ["a", "b"]\n'),
        ('a = ["b", "a",]\n', Arrange(("a",), (1,)), 'a = ["a",]\n'),
        ('a = [\n    "b",\n    "a",\n]\n', Arrange(("a",), (0,)), 'a = [\n    "b",\n]\n'),
        ('a = ["b"]\n', Arrange(("a",), ()), "a = []\n"),
        (
            'a = [\n  # one\n  "b", # bb\n  "a"\n]\n',
            Arrange(("a",), (1, 0)),
            'a = [\n  "a",\n  # one\n  "b" # bb\n]\n',
        ),
        ('a = [\n  "b", # bb\n  "a",\n  "b",\n]\n', Arrange(("a",), (0, 1)), 'a = [\n  "b", # bb\n  "a",\n]\n'),
        ('a = ["b", "a"]\n', Delete(("a", 0)), 'a = ["a"]\n'),
        ("a = []\n", Insert(("a", 0), "x"), 'a = ["x"]\n'),
        ('a = ["b", "a"]\n', Insert(("a", 0), "x"), 'a = ["x", "b", "a"]\n'),
        ('a = ["b", "a"]\n', Insert(("a", 1), "x"), 'a = ["b", "x", "a"]\n'),
        ('a = ["b", "a"]\n', Insert(("a", 2), "x"), 'a = ["b", "a", "x"]\n'),
        ('a = [\n  "b",\n]\n', Insert(("a", 1), "x"), 'a = [\n  "b",\n  "x",\n]\n'),
        ('a = [\n  "b" # bb\n]\n', Insert(("a", 1), "x"), 'a = [\n  "b", # bb\n  "x"\n]\n'),
        ('a = [\n  # of b\n  "b",\n]\n', Insert(("a", 0), "x"), 'a = [\n  "x",\n  # of b\n  "b",\n]\n'),
    ],
)
def test_an_array_keeps_its_layout_and_its_comments(before, edit, after):
    assert edited(before, edit) == after


def test_a_table_moves_with_its_comments_and_all_within_it(golden):
    result = edited(THREATS, Move((*FIRST, "technique", 1), (*SECOND, "technique")))
    golden("edit/moved.toml", result)


def test_a_table_that_goes_leaves_its_comments(golden):
    golden("edit/deleted.toml", edited(THREATS, Delete((*FIRST, "technique", 1))))


def test_the_last_of_a_list_takes_the_list_along():
    technique = (*FIRST, "technique", 0)
    result = edited(THREATS, Delete((*FIRST, "technique", 1)), Delete(technique))
    assert "technique" not in tomli.loads(result)["rule"]["threat"][0]


def test_a_table_is_written_like_its_siblings(golden):
    value = {"framework": "C", "tactic": {"id": "TA3"}, "technique": [{"id": "T3", "subtechnique": [{"id": "T3.001"}]}]}
    golden("edit/inserted.toml", edited(THREATS, Insert(("rule", "threat", 1), value)))


def test_a_sub_table_moves_up_and_its_headers_with_it():
    result = edited(THREATS, Move((*FIRST, "technique", 1, "subtechnique", 0), (*SECOND, "technique")))
    assert '\n  [[rule.threat.technique]]\n  id = "T2.001" # sub\n' in result


def test_a_table_is_renamed_in_every_header():
    result = edited(THREATS, Rename(("rule", "new_terms"), "new terms"))
    assert '# about new terms\n[rule."new terms"]\nfield = "x"\n' in result


def test_at_the_end_of_a_file_no_blank_lines_are_left_over():
    text = THREATS.partition("\n# about")[0]
    assert edited(text + "\n", Delete(SECOND)).endswith('id = "T2.001" # sub\n\n# second entry\n\n')
    assert edited("[a]\nx = 1\n\n[[b]]\ny = 1\n\n[[b]]\ny = 2", Delete(("b", 1))) == "[a]\nx = 1\n\n[[b]]\ny = 1"


@pytest.mark.parametrize(
    "text", ["a = 1", "a = 1\n", "\ufeffa = 1\r\nb = '''\r\nx\r\n'''\r\n", "a = 1\r\nb = 2\n\r\nc = 3", "\n# only\na=1"]
)
def test_what_is_not_edited_comes_back_byte_for_byte(text):
    assert Editor(text).result == text


def test_line_ends_stay_as_they_are():
    mixed = "\ufeffa = 1\r\nb = 2\nc = 3\r\n# end"
    assert edited(mixed, Set(("b",), 5)) == "\ufeffa = 1\r\nb = 5\r\nc = 3\r\n# end"
    assert edited(mixed, Set(("c",), 5)) == "\ufeffa = 1\r\nb = 2\nc = 5\r\n# end"
    assert edited("a = 1\r\nb = 2\r\n", Insert(("aa",), 3)) == "a = 1\r\naa = 3\r\nb = 2\r\n"


@pytest.mark.parametrize(
    ("text", "edit", "reason"),
    [
        ("a = 1\n", Set(("b",), 1), "there is no b"),
        ("[a]\nb = 1\n", Set(("a",), 1), "table with a header"),
        ("a = 1\n", Insert(("a",), 2), "cannot be inserted"),
        ("a = [1]\n", Arrange(("a",), (1,)), "no such elements"),
        ("a = 'x'\n", Replace(("a",), 0, 2, ""), "no such characters"),
        ("a = [ 1, 2 # two\n, 3]\n", Arrange(("a",), (2, 1, 0)), "share a line"),
        ("a = [\n1,\n1, # again\n]\n", Arrange(("a",), (0,)), "has a comment"),
        ("[[a]]\nx = 1\n[b]\ny = 1\n[a.c]\nz = 1\n", Delete(("a", 0)), "stand between"),
        ("t.a = 1\nt.b = 2\n", Delete(("t",)), "several places"),
        ("a = [{ x = 1 }]\nb = [{ x = 2 }]\n", Move(("a", 0), ("b",)), "header"),
        ("a = 1\nb = 2\n", Rename(("a",), "b"), "there already"),
        ("a = 1\n", Set(("a",), object()), "cannot hold"),
    ],
)
def test_what_cannot_be_done_safely_is_refused_and_changes_nothing(text, edit, reason):
    editor = Editor(text)
    with pytest.raises(Refused, match=reason):
        editor.apply(edit)
    assert editor.result == text


def test_of_several_edits_all_are_made_or_none():
    editor = Editor("a = 1\n")
    with pytest.raises(Refused):
        editor.apply(Set(("a",), 2), Set(("b",), 2))
    assert editor.result == "a = 1\n"


def test_text_that_is_no_toml_is_refused():
    with pytest.raises(Refused, match="cannot be read as TOML"):
        Editor("a = = 1\n")


PATHS = [("a",), ("b",), ("b", 0), ("b", 1), ("t",), ("t", "x"), ("l",), ("l", 0), ("l", 1), ("l", 0, "y"), ("q", "r")]
VALUES = st.one_of(
    st.text(max_size=12), st.integers(-9, 9), st.booleans(), st.lists(st.text(max_size=3), max_size=2), st.floats()
)
EDITS = st.one_of(
    st.builds(Set, st.sampled_from(PATHS), VALUES),
    st.builds(Replace, st.sampled_from(PATHS), st.integers(0, 3), st.integers(0, 5), st.text(max_size=4)),
    st.builds(Rename, st.sampled_from(PATHS), st.sampled_from(["z", "a", "x y", ""])),
    st.builds(Delete, st.sampled_from(PATHS)),
    st.builds(Insert, st.sampled_from([*PATHS, ("t", "n"), ("b", 2), ("l", 2)]), VALUES),
    st.builds(Insert, st.sampled_from([("l", 2), ("l", 0), ("n",)]), st.just({"y": "new", "z": {"w": 1}})),
    st.builds(Arrange, st.just(("b",)), st.permutations([0, 1]).map(tuple)),
    st.builds(Move, st.sampled_from([("l", 0), ("l", 1)]), st.sampled_from([("t", "l"), ("m",), ("l", 1, "k")])),
)
LAYOUT = st.tuples(
    st.sampled_from(['a = "x" # A\n', "a = '''\nx y'''\n", 'a = """one \\\n  two"""\n', 'a="\\u0041b"\n']),
    st.sampled_from(['b = ["p", "q"]\n', 'b = [\n  "p", # P\n  # Q\n  "q"\n]\n', 'b = [ "p" ,"q", ] # B\n']),
    st.sampled_from(["q.r = 1\n", "q = { r = 1, s = 2 } # S\n", ""]),
    st.sampled_from(["\n# T\n[t]\nx = 1\n\n", "[t]\nx = 1 # X\n", "  [t]\n  x = '''\n[l]\n'''\n"]),
    st.sampled_from(
        [
            "# L\n[[l]]\ny = 'a'\n\n[[l]]\ny = 'b' # end",
            "[[l]]\ny = 'a'\n[l.z]\nv = 1\n# two\n[[l]]\ny = 'b'\n",
            "[[l]]\ny = 'a'\n\n# apart\n\n[u]\n\n[[l]]\ny = 'b'\n\n\n",
        ]
    ),
    st.sampled_from(["\n", "\r\n"]),
).map(lambda parts: "".join(parts[:-1]).replace("\n", parts[-1]))


@given(LAYOUT, st.lists(EDITS, max_size=4))
def test_whatever_the_edit_what_it_does_not_name_stays_and_so_do_comments(text, edits):
    editor = Editor(text)
    for edit in edits:
        before = editor.result
        touched = {edit.path[0], getattr(edit, "to", edit.path)[0], getattr(edit, "name", "")}
        try:
            editor.apply(edit)
        except Refused:
            touched = set()
        assert others(editor.result, touched) == others(before, touched)
        assert not remarks(before) - remarks(editor.result)
        assert all(line.endswith("\r") == ("\r" in text) for line in editor.result.split("\n")[:-1])


def others(text, touched):
    return repr({key: value for key, value in tomli.loads(text).items() if key not in touched})


def remarks(text):
    text = text.replace("\r\n", "\n")
    return Counter(text[start:end].rstrip() for start, end in comments(text))


@needs_shared
def test_every_public_rule_comes_back_as_it_was_and_changes_in_one_line():
    for path in sorted((SHARED / "corpus").rglob("*.toml"))[::25]:
        text = path.read_bytes().decode()
        editor = Editor(text)
        assert editor.result == text
        editor.apply(Set(("rule", "severity"), "other"))
        old, new = text.split("\n"), editor.result.split("\n")
        assert len(old) == len(new)
        assert sum(a != b for a, b in zip(old, new, strict=True)) == 1
