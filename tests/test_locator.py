"""Every key and value of any TOML text is found, and every character of every string."""

import math
import time
from pathlib import Path

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rulepack import locator
from rulepack.locator import Entry, locate_all, string_offset, string_range

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"


def paths(value, path=()):
    """Every path in some data, with what is there."""
    if path:
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from paths(inner, (*path, name))


def check(text, *, strings=True):
    """Compare every entry, and the characters of strings, with what tomli makes of the text; gives their number."""
    entries = locate_all(text)
    found = dict(paths(tomli.loads(text)))
    assert set(entries) == set(found)
    for path, value in found.items():
        check_entry(text, path, entries[path], value)
        if isinstance(value, str) and (strings or path[-1] == "query"):
            check_string(text, entries[path], value)
    return len(found)


def check_entry(text, path, entry, value):
    written = text[entry.value_start : entry.value_end]
    key = text[entry.key_start : entry.key_end]
    is_element = isinstance(path[-1], int)
    if entry.value_start <= entry.key_start and not (is_element and written == key):  # a header or a dotted key
        assert isinstance(value, (dict, list))
        assert written.startswith("[") == written.endswith("]")
        assert tomli.loads(written if written[0] == "[" else f"{written} = 1")
    else:
        assert repr(tomli.loads(f"x = {written}")["x"]) == repr(value)
        assert locator.is_string(text, entry) == isinstance(value, str)
    if is_element and written == key:
        assert (entry.key_start, entry.key_end) == (entry.value_start, entry.value_end)
    else:
        (*_, (last, _)) = paths(tomli.loads(f"{key} = 1"))
        assert last[-1] == (path[-2] if is_element else path[-1])


def check_string(text, entry, value):
    before = entry.value_start
    for index, char in enumerate(value):
        start, end = string_range(text, entry, index, 1)
        assert start == string_offset(text, entry, index) > before
        written = text[start:end]
        assert written == char or (written[0] == "\\" and tomli.loads(f'x = "{written}"')["x"] == char)
        before = start
    closing = text[string_offset(text, entry, len(value)) : entry.value_end]
    assert closing in ('"', "'", '"""', "'''")


# --- an emitter: TOML in every way it can be written -----------------------------------------------------------------

PLAIN = st.sampled_from([*"ab {}[]#=,.:0-", "ü", "漢", "\U0001f600", "\u2028", "\t", "\x85"])
ESCAPES = st.sampled_from(
    ["\\n", '\\"', "\\\\", "\\t", "\\b", "\\f", "\\r", "\\e", "\\x41", "\\u00e9", "\\U0001F600", "\\u0000"]
)
SPACE = st.sampled_from(["", "", " ", "\t", "  "])
BREAK = st.sampled_from(["", " ", "\n", "\n\n  ", " # ] } \" ' ''' \"\"\"\n\t", "#\n#x\n"])
NUMBERS = ["0", "-17", "+5", "1_000", "0xDEAD_beef", "0o755", "0b11", "1.5", "-0.0", "1e5", "6.02E-2_3", "inf", "-nan"]
TIMES = [
    "1979-05-27",
    "07:32:00",
    "07:32",
    "1979-05-27T07:32:00Z",
    "1979-05-27 07:32:00",
    "1979-05-27 07:32:00.5+01:00",
]
SCALARS = st.sampled_from([*NUMBERS, *TIMES, "true", "false"])


def joined(*parts, most=6):
    return st.lists(st.one_of(*parts), max_size=most).map("".join)


LITERAL = joined(PLAIN, st.sampled_from(['"', '"""', "\\"])).map(lambda text: f"'{text}'")
BASIC = joined(PLAIN, ESCAPES, st.just("'")).map(lambda text: f'"{text}"')
OPENING = st.sampled_from(["", "\n", "\n\n"])
LONG_LITERAL = st.builds(
    "'''{}{}{}'''".format,
    OPENING,
    joined(PLAIN, st.sampled_from(["\n", "\\", '"""', "'a", "''b"])),
    st.sampled_from(["", "'", "''"]),
)
LONG_BASIC = st.builds(
    '"""{}{}{}"""'.format,
    OPENING,
    joined(PLAIN, ESCAPES, st.sampled_from(["\n", '"a', '""b', "'''", "\\\n", "\\ \t\n \n\t", '\\"""c'])),
    st.sampled_from(["", '"', '""']),
)
STRINGS = st.one_of(LITERAL, BASIC, LONG_LITERAL, LONG_BASIC)


@st.composite
def names(draw, number, most=3):
    """A bare, quoted or dotted key; its number keeps it apart from its neighbours."""
    kinds = (f"k{number}", f"{number}", f'"k {number}"', f"'k.{number}'", f'"\\u006b{number}x"', f"-_{number}")
    parts = [
        draw(st.sampled_from(kinds)),
        *draw(st.lists(st.sampled_from(["a", '"a.b"', "'#'", '""']), max_size=most - 1)),
    ]
    return "".join(part if not at else f"{draw(SPACE)}.{draw(SPACE)}{part}" for at, part in enumerate(parts))


@st.composite
def values(draw, depth=0):
    kind = draw(st.integers(0, 9 if depth < 3 else 5))
    if kind <= 1:
        return draw(SCALARS)
    if kind <= 5:
        return draw(STRINGS)
    count = draw(st.integers(0, 3))
    items = [draw(values(depth + 1)) for _ in range(count)]
    if kind >= 8:
        items = [f"{draw(names(at))}{draw(SPACE)}={draw(SPACE)}{item}" for at, item in enumerate(items)]
    body = ",".join(f"{draw(BREAK)}{item}{draw(BREAK)}" for item in items)
    comma = draw(st.sampled_from(["", ","])) if items else ""
    inside = f"{body}{comma}{draw(BREAK)}"
    return f"{{{inside}}}" if kind >= 8 else f"[{inside}]"


@st.composite
def pairs(draw, most=4):
    lines = []
    for number in range(draw(st.integers(0, most))):
        name, value = draw(names(number)), draw(values())
        comment = draw(st.sampled_from(["", "", " # 'x\"", "\n", "\n# [a]\n"]))
        lines.append(f"{draw(SPACE)}{name}{draw(SPACE)}={draw(SPACE)}{value}{draw(SPACE)}{comment}\n")
    return "".join(lines)


@st.composite
def documents(draw):
    """A whole file: pairs, tables, lists of tables and tables under them."""
    text = [draw(BREAK), "\n", draw(pairs())]
    for number in range(draw(st.integers(0, 3))):
        name = f"t{number}" + draw(st.sampled_from(["", '."x y"', " . z"]))
        if draw(st.booleans()):
            # Its parts in any order: the longer header may come first.
            headers = draw(
                st.permutations([f"[{draw(SPACE)}{name}{draw(SPACE)}]", f"[{name}.sub]", f"[{name}.sub2.deep]"])
            )
            sections = headers[: draw(st.integers(1, 3))]
        else:
            under = [f"[{name}.sub]", f"[[{name}.'list']]", f"[{name}.'list'.\"a\"]"]
            sections = [
                header
                for _ in range(draw(st.integers(1, 3)))
                for header in (f"[[{draw(SPACE)}{name}{draw(SPACE)}]]", *under[: draw(st.integers(0, 3))])
            ]
        text += [
            f"{draw(SPACE)}{header}{draw(SPACE)}{draw(st.sampled_from(['', '# c']))}\n{draw(pairs(2))}"
            for header in sections
        ]
    return "".join(text)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_everything_in_any_document_is_located(text):
    check(text)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from([*"ab=.,#[]{}'\"\\ \n\t1u"]), max_size=40))
def test_text_that_is_no_toml_is_read_as_far_as_possible(text):
    entries = locate_all(text)
    for entry in entries.values():
        assert 0 <= entry.value_start <= entry.value_end <= len(text)
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return
    check(text)


# --- by hand ---------------------------------------------------------------------------------------------------------

RULE = """\
# a comment
[metadata]
maturity = "production"  # another

[rule]
name = 'Name'
tags = ["a", "b"]
query = '''
process where true
'''
[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA0002"
[[rule.threat]]
  [rule.threat.tactic]
  id = "TA0003"
"""


def parts(text, path):
    entry = locate_all(text)[path]
    return text[entry.key_start : entry.key_end], text[entry.value_start : entry.value_end]


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("metadata",), "metadata", "[metadata]"),
        (("metadata", "maturity"), "maturity", '"production"'),
        (("rule",), "rule", "[rule]"),
        (("rule", "tags"), "tags", '["a", "b"]'),
        (("rule", "tags", 1), '"b"', '"b"'),
        (("rule", "query"), "query", "'''\nprocess where true\n'''"),
        (("rule", "threat"), "rule.threat", "[[rule.threat]]"),
        (("rule", "threat", 1), "rule.threat", "[[rule.threat]]"),
        (("rule", "threat", 1, "tactic"), "rule.threat.tactic", "[rule.threat.tactic]"),
        (("rule", "threat", 1, "tactic", "id"), "id", '"TA0003"'),
    ],
)
def test_a_rule_is_located(path, key, value):
    assert parts(RULE, path) == (key, value)


def test_each_table_of_a_list_has_its_own_header():
    entries = locate_all(RULE)
    assert entries["rule", "threat"] == entries["rule", "threat", 0]
    assert entries["rule", "threat", 0].value_start < entries["rule", "threat", 1].value_start
    first, second = (entries["rule", "threat", number, "tactic", "id"] for number in (0, 1))
    assert RULE[first.value_start : first.value_end] == '"TA0002"'
    assert RULE[second.value_start : second.value_end] == '"TA0003"'


@pytest.mark.parametrize(
    ("text", "path", "key", "value"),
    [
        ("[a.b.c]\nx = 1", ("a",), "a", "[a.b.c]"),
        ("[a.b.c]\nx = 1", ("a", "b"), "b", "[a.b.c]"),
        ("[a.b.c]\nx = 1", ("a", "b", "c"), "a.b.c", "[a.b.c]"),
        ("[a.b]\n[ a ] # here\nx = 1", ("a",), "a", "[ a ]"),
        ("a . 'b'.c = 1", ("a",), "a", "a . 'b'.c"),
        ("a . 'b'.c = 1", ("a", "b"), "'b'", "a . 'b'.c"),
        ("a . 'b'.c = 1", ("a", "b", "c"), "c", "1"),
        ("x = {a.b = 1, c = [2]}", ("x", "a"), "a", "a.b"),
        ("x = {a.b = 1, c = [2]}", ("x", "c", 0), "2", "2"),
        ('"a\\u0062" = 1', ("ab",), '"a\\u0062"', "1"),
        ("x = 1979-05-27 07:32:00 # at", ("x",), "x", "1979-05-27 07:32:00"),
        ("x = [1979-05-27 , 2]", ("x", 0), "1979-05-27", "1979-05-27"),
        ("x = '''a'''''", ("x",), "x", "'''a'''''"),
        ('x = """a"""""\ny = 1', ("x",), "x", '"""a"""""'),
        ("x = [ # [\n  1, # ]\n\n  [2]\n]", ("x", 1, 0), "2", "2"),
    ],
)
def test_all_ways_to_write_a_key_and_a_value(text, path, key, value):
    assert parts(text, path) == (key, value)


@pytest.mark.parametrize(
    ("written", "offsets"),
    [
        ("'ab'", [1, 2, 3]),
        ("''", [1]),
        ("''''''", [3]),
        ("'''\nab'''", [4, 5, 6]),
        ("'''\n\na'''", [4, 5, 6]),
        ("'''a\\n'''", [3, 4, 5, 6]),
        ("'''a'''''", [3, 4, 5, 6]),
        ('"a\\nb"', [1, 2, 4, 5]),
        ('"\\u00e9\\U0001F600x"', [1, 7, 17, 18]),
        ('"\\x41\\e"', [1, 5, 7]),
        ('"""\n\\"a"""', [4, 6, 7]),
        ('"""a\\\n   b"""', [3, 9, 10]),
        ('"""\\ \n\n  a\\\n"""', [9, 12]),
        ('"""a\\\n\\\n\\tb"""', [3, 8, 10, 11]),
        ('"""a"""""', [3, 4, 5, 6]),
        ('"\\\\n"', [1, 3, 4]),
    ],
)
def test_the_place_of_each_character_of_a_string(written, offsets):
    text = f"x = {written}"
    entry = locate_all(text)["x",]
    value = tomli.loads(text)["x"]
    assert [string_offset(text, entry, index) - 4 for index in range(len(value) + 1)] == offsets
    assert string_offset(text, entry, len(value) + 10) - 4 == offsets[-1]
    assert string_offset(text, entry, -1) - 4 == offsets[0]
    check_string(text, entry, value)


def test_a_range_of_characters_takes_escapes_whole_and_leaves_line_ends_out():
    text = 'x = """a\\tb\\\n  c"""'
    entry = locate_all(text)["x",]
    assert [text[slice(*string_range(text, entry, 0, length))] for length in (0, 1, 2, 3)] == ["", "a", "a\\t", "a\\tb"]
    assert text[slice(*string_range(text, entry, 2, 2))] == "b\\\n  c"
    assert text[slice(*string_range(text, entry, 3, 99))] == "c"


def test_deep_nesting_is_read_without_recursion():
    text = "x = " + "[" * 5000 + "]" * 5000
    assert len(locate_all(text)) == 5000


def test_what_is_too_deep_is_found_at_once():
    assert locator.too_deep("a.b.c = 1", 3) is None
    assert locator.too_deep("a = 1\na.b.c = 1", 2) == 6
    assert locator.too_deep("[[a]]\n[a.b]", 2) == 6
    assert locator.too_deep("x = [[1]]", 2) == 6
    assert locator.too_deep("x = '[[[[' # [[[\ny = {a = 1}", 2) is None
    assert locator.too_deep("x = " + "[" * 1_000_000, 64) == 4 + 64
    assert locator.too_deep("a." * 1_000_000 + "a = 1", 64) == 0


def test_depth_of_data():
    assert not locator.is_deep({"a": {"b": 1}}, 2)
    assert locator.is_deep({"a": {"b": [1]}}, 2)
    assert not locator.is_deep({"a": math.inf, "b": "text"}, 1)


def test_a_dotted_key_that_begins_with_a_quote_is_no_string():
    entries = locate_all("'a'.b = 'c'\nd = ['e']")
    assert [locator.is_string("'a'.b = 'c'\nd = ['e']", entry) for entry in entries.values()] == [
        False,
        True,
        False,
        True,
    ]
    assert entries["d", 0] == Entry(17, 20, 17, 20)


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/corpus, beside the project's folder")
def test_every_value_of_the_public_rules_is_located():
    files = sorted(CORPUS.rglob("*.toml"))
    assert sum(check(path.read_text(encoding="utf-8"), strings=False) for path in files) > 100_000


def measure():
    """Print milliseconds a file; run by hand: python -c 'import test_locator; test_locator.measure()'."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(CORPUS.rglob("*.toml"))]
    for name, work in (("tomli", tomli.loads), ("locate_all", locate_all)):
        start = time.perf_counter()
        for text in texts:
            work(text)
        print(name, round((time.perf_counter() - start) / len(texts) * 1000, 3), "ms a file")
