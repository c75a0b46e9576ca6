"""A TOML file is read or refused with one diagnostic at the best place."""

import os
import socket
import time
from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from rulepack import files
from rulepack.diagnostics import Code, Diagnostic, Related, Severity, Span
from rulepack.files import MAX_BYTES
from rulepack.source import CODES, MAX_DEPTH, Source, parse_source, read_source

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"
RULE = """\
[metadata]
maturity = "production"

[rule]
name = "A \\"name\\""
query = '''
process where
  name == "ü"
'''
tags = [
  "a",
  "b",
]
[[rule.threat]]
framework = "MITRE ATT&CK"
"""


@pytest.fixture
def source():
    found = parse_source("rules/a.toml", RULE)
    assert isinstance(found, Source)
    return found


def refused(found):
    assert isinstance(found, Diagnostic)
    assert found.code in CODES
    assert found.hint
    assert len(found.message) <= 100
    assert found.message.isprintable()
    assert not found.message.endswith(".")
    return found


def place(span):
    return span.line, span.column, span.end_line, span.end_column


# --- a source that could be read -------------------------------------------------------------------------------------


def test_a_source_has_text_and_data(source):
    assert source.data == tomli.loads(RULE)
    assert source.text == RULE
    assert source == parse_source("rules/a.toml", RULE)
    assert source != parse_source("rules/b.toml", RULE)
    assert len({source, parse_source("rules/a.toml", RULE)}) == 1


def test_entries_are_located_when_first_asked_for(source):
    assert "entries" not in vars(source)
    assert source.entries is source.entries


@pytest.mark.parametrize(
    ("path", "part", "expected"),
    [
        (("metadata",), "value", (1, 1, 1, 11)),
        (("metadata",), "key", (1, 2, 1, 10)),
        (("rule", "name"), "key", (5, 1, 5, 5)),
        (("rule", "name"), "value", (5, 8, 5, 20)),
        (("rule", "query"), "value", (6, 9, 9, 4)),
        (("rule", "tags", 1), "value", (12, 3, 12, 6)),
        (("rule", "threat", 0), "key", (14, 3, 14, 14)),
    ],
)
def test_keys_and_values_are_located(source, path, part, expected):
    assert source.locate(path, part=part) == Span("rules/a.toml", *expected)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("rule", "severity"), (4, 1, 4, 7)),
        (("rule", "threat", 0, "tactic", "id"), (14, 1, 14, 16)),
        (("rule", "threat", 7), (14, 1, 14, 16)),
        (("rule", "tags", 9), (10, 1, 10, 5)),
        (("rule", "name", "x"), (5, 1, 5, 5)),
        (("transform",), (1, 1, 1, 1)),
        ((), (1, 1, 1, 1)),
    ],
)
@pytest.mark.parametrize("part", ["key", "value"])
def test_what_is_not_there_is_located_at_its_nearest_parent(source, path, expected, part):
    assert place(source.locate(path, part=part)) == expected


@pytest.mark.parametrize(
    ("path", "index", "length", "expected"),
    [
        (("rule", "query"), 0, 7, (7, 1, 7, 8)),
        (("rule", "query"), 25, 1, (8, 12, 8, 13)),
        (("rule", "query"), 0, 999, (7, 1, 9, 1)),
        (("rule", "query"), 28, 0, (9, 1, 9, 1)),
        (("rule", "name"), 2, 1, (5, 11, 5, 13)),
        (("rule", "name"), 3, 4, (5, 13, 5, 17)),
        (("rule", "tags", 0), 0, 1, (11, 4, 11, 5)),
        (("rule", "tags"), 0, 1, (10, 8, 13, 2)),
        (("rule", "missing"), 5, 1, (4, 1, 4, 7)),
        ((), 5, 1, (1, 1, 1, 1)),
    ],
)
def test_characters_inside_a_string_are_located(source, path, index, length, expected):
    assert place(source.inside(path, index, length)) == expected


def test_spans_outside_the_text_are_brought_to_its_edge(source):
    assert place(source.span_at(-5, 3)) == (1, 1, 1, 4)
    assert place(source.span_at(10**9, 10**9)) == (16, 1, 16, 1)
    assert place(source.span_at(20, 5)) == place(source.span_at(20, 20))


def test_lines(source):
    assert source.line_text(2) == 'maturity = "production"'
    assert [source.line_text(line) for line in (0, 16, 17, -1)] == [""] * 4
    unfinished = parse_source("a", "x = 1\ny = 2")
    assert unfinished.line_text(2) == "y = 2"


def test_a_diagnostic_shows_its_line(source):
    code = Code("RP999", "test", Severity.WARNING, "Test", "Why")
    related = (Related(Span("other.toml"), "there"),)
    found = source.diagnostic(code, "message", source.locate(("rule", "name")), "hint", related)
    assert (found.excerpt, found.severity, found.hint) == ('name = "A \\"name\\""', Severity.WARNING, "hint")
    assert found.related == related
    assert source.diagnostic(code, "m", Span("other.toml"), severity=Severity.INFO).severity is Severity.INFO
    assert source.diagnostic(code, "m", Span("other.toml")).excerpt is None


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_text(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = '''\r\nx'''\r\n")
    found = read_source(path, "a.toml")
    assert found.text == "a = 1\nb = '''\nx'''\n"
    assert found.data == {"a": 1, "b": "x"}
    assert place(found.locate(("b",), part="key")) == (2, 1, 2, 2)


# --- files that cannot be read ---------------------------------------------------------------------------------------


def read(path, root=None):
    found = refused(read_source(path, "rules/x.toml", root))
    assert found.code.id == "RP001"
    assert found.span.file == "rules/x.toml"
    return found


def test_a_missing_file(tmp_path):
    assert read(tmp_path / "x.toml").message == "the file does not exist"


def test_a_file_used_as_a_folder(tmp_path):
    (tmp_path / "x").write_text("")
    assert read(tmp_path / "x" / "y.toml").message == "the file does not exist"


def test_a_folder_with_the_name_of_a_file(tmp_path):
    (tmp_path / "x.toml").mkdir()
    assert read(tmp_path / "x.toml").message == "this is a folder, not a file"


def test_a_named_pipe_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "x.toml")
    assert read(tmp_path / "x.toml").message == "this is a named pipe, not a regular file"


def test_a_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("x.toml")
        assert read(tmp_path / "x.toml").message == "this is a socket, not a regular file"


def test_a_device(tmp_path):
    (tmp_path / "x.toml").symlink_to("/dev/zero")
    assert read(tmp_path / "x.toml").message == "this is a device, not a regular file"


def test_a_symlink_inside_the_root_is_followed(tmp_path):
    (tmp_path / "a.toml").write_text("x = 1")
    (tmp_path / "b.toml").symlink_to("a.toml")
    assert read_source(tmp_path / "b.toml", "b.toml", tmp_path).data == {"x": 1}


def test_a_root_that_is_a_symlink_itself(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.toml").write_text("x = 1")
    (tmp_path / "root").symlink_to("real")
    assert read_source(tmp_path / "root" / "a.toml", "a.toml", tmp_path / "root").data == {"x": 1}


@pytest.mark.parametrize("name", ["link.toml", "folder/x.toml"])
def test_a_symlink_that_leads_outside_the_root(tmp_path, name):
    (tmp_path / "root").mkdir()
    (tmp_path / "root-and-more").mkdir()
    (tmp_path / "root-and-more" / "x.toml").write_text("x = 1")
    (tmp_path / "root" / "link.toml").symlink_to(tmp_path / "root-and-more" / "x.toml")
    (tmp_path / "root" / "folder").symlink_to(tmp_path / "root-and-more")
    path = tmp_path / "root" / name
    assert "outside the project" in read(path, tmp_path / "root").message
    assert read_source(path, "x.toml").data == {"x": 1}


def test_a_dangling_symlink(tmp_path):
    (tmp_path / "x.toml").symlink_to("nowhere")
    assert read(tmp_path / "x.toml", tmp_path).message == "the symlink leads to a file that does not exist"


def test_a_symlink_to_itself(tmp_path):
    (tmp_path / "x.toml").symlink_to("x.toml")
    assert read(tmp_path / "x.toml", tmp_path).message == "the symlink leads in a circle"


def test_a_file_without_permission_to_read(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("x = 1")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user (root) may read everything")
    assert read(path).message == "no permission to read the file"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied"), "no permission to read the file"),
        (OSError(5, "Input/output error"), "the file cannot be read: Input/output error"),
    ],
)
def test_an_error_while_opening(tmp_path, monkeypatch, error, message):
    def fail(*_):
        raise error

    path = tmp_path / "x.toml"
    path.write_text("x = 1")
    monkeypatch.setattr(files, "open", fail, raising=False)
    assert read(path).message == message


def test_a_name_that_no_file_can_have(tmp_path):
    assert read(tmp_path / "x\0.toml").message.startswith("the file cannot be read: ")
    assert read(tmp_path / ("x" * 999)).message.startswith("the file cannot be read: ")


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "x.toml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    monkeypatch.setattr(files, "open", None, raising=False)
    assert read(path).message == "the file has 4.1 MB; the limit is 4 MB"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_file_whose_size_is_wrong_is_read_to_its_end():
    """Files in /proc say that they are empty, like one that grows while it is read."""
    found = refused(read_source(Path("/proc/self/status"), "x.toml"))
    assert found.code.id == "RP002"


def test_the_largest_file_is_read(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("x = 1\n" + "#" * (MAX_BYTES - 6))
    assert read_source(path, "x.toml").data == {"x": 1}


@pytest.mark.parametrize("content", [b"", b" \n\t\n", b"# only\n# comments", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    found = read(path)
    assert found.message == "the file is empty"
    assert "[rule]" in found.hint


def test_a_byte_that_is_no_utf_8(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes("\ufeffx = 1\r\n# ü".encode() + b"caf\xe9\r\n")
    found = read(path)
    assert found.message == "byte 0xE9 is not UTF-8"
    assert found.hint == "save the file as UTF-8 (in Windows-1252, that byte is é)"
    assert place(found.span) == (2, 7, 2, 8)
    assert found.excerpt == "# ücaf\ufffd"


def test_a_byte_that_is_no_character_anywhere(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b"x = '\x81'")
    assert read(path).hint == "save the file as UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_a_file_in_utf_16(tmp_path, encoding):
    path = tmp_path / "x.toml"
    path.write_bytes("x = 1".encode(encoding))
    found = read(path)
    assert "UTF-16" in found.message
    assert "UTF-8" in found.hint


def test_a_nul_character(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b"x = 1\r\ny = '\0'")
    found = read(path)
    assert "U+0000" in found.message
    assert place(found.span) == (2, 6, 2, 7)


# --- text that is no TOML --------------------------------------------------------------------------------------------

# The text; where the diagnostic is; part of what it says; part of its hint.
SYNTAX = [
    # strings
    ('x = 1\ny = "abc\nz = 2\n', (2, 5, 2, 6), "begins here is not closed on its line", 'close it with "'),
    ("y = 'abc\nz = 2\n", (1, 5, 1, 6), "begins here is not closed on its line", "close it with '"),
    ("y = 'abc\nz = 'b'\n", (1, 5, 1, 6), "begins here is not closed on its line", "close it with '"),
    ('x = ["a', (1, 6, 1, 7), "begins here is not closed on its line", ""),
    ('x = 1\ny = """abc\nz = 2\n', (2, 5, 2, 8), "begins here is never closed", 'close it with """'),
    ("y = '''abc\n'' z", (1, 5, 1, 8), "begins here is never closed", "close it with '''"),
    ("q = '''\na\n\nnote = '''b'''\n", (1, 5, 1, 8), "until the quotes of `note` on line 4", "close it with '''"),
    ("q = '''\na\nnote = '''\n# B\n- it's\n'''", (1, 5, 1, 8), "until the quotes of `note` on line 3", "with '''"),
    ('x = "a"b"', (1, 8, 1, 9), "unexpected text after the end of a string", 'is written \\"'),
    ("x = 'it's'", (1, 9, 1, 10), "unexpected text after the end of a string", ""),
    (r'x = "\s+"', (1, 6, 1, 8), r"`\s` is not an escape", "write \\\\"),
    (r'x = "C:\Users"', (1, 8, 1, 10), r"`\U` must be followed by the 8", "write \\\\"),
    (r'x = "\uD800"', (1, 6, 1, 8), r"`\u` must be followed by the 4", ""),
    ('x = """\na \\ b"""', (2, 3, 2, 5), r"`\ ` is not an escape", ""),
    # characters
    ('x = "a\x1bb"', (1, 7, 1, 8), "control character U+001B", "\\u001B"),
    ("x = 'a\x07'", (1, 7, 1, 8), "control character U+0007", "delete it"),
    ("# \x7f", (1, 3, 1, 4), "control character U+007F", "delete it"),
    ("x = 1\ry = 2", (1, 6, 1, 7), "carriage return (U+000D)", "LF or CRLF"),
    ("x = \u201cabc\u201d", (1, 5, 1, 6), "U+201C is a typographic quotation mark", 'type "'),
    ("x =\u00a01", (1, 4, 1, 5), "U+00A0 looks like a space", "delete it"),
    # keys
    ("a = 1\nb = 2\na = 3\n", (3, 1, 3, 2), "`a` is given twice, first on line 1", "keep only one"),
    ("[rule]\nname = 1\n[rule]\n", (3, 2, 3, 6), "`rule` is given twice, first on line 1", "keep only one"),
    ("[[a]]\n[a.b]\n[a.b]\n", (3, 2, 3, 5), "`a.b` is given twice, first on line 2", ""),
    ("[a]\n[[a]]\n", (2, 3, 2, 4), "`a` is given twice, first on line 1", ""),
    ("a = 1\na = {b = 2}", (2, 1, 2, 2), "`a` is given twice, first on line 1", ""),
    ("a = {b = 1, b = 2}", (1, 13, 1, 14), "`a.b` is given twice, first on line 1", ""),
    ("a = 1\n[a.b]\n", (2, 2, 2, 5), "`a.b` cannot be added to `a`, which is complete on line 1", ""),
    ("[a.b]\n[a]\nb.c = 2", (3, 3, 3, 4), "`a.b.c` cannot be added to `a.b`", ""),
    ('x = 1\nname: "x"', (2, 5, 2, 6), "`=` is missing", "`key = value`"),
    ("größe = 1", (1, 3, 1, 4), "`=` is missing", "needs quotes"),
    ("über = 1", (1, 1, 1, 2), "`ü` cannot be part of a name", "quotes"),
    ("= 1", (1, 1, 1, 2), "a name is missing", ""),
    ("[]", (1, 2, 1, 3), "a name is missing", ""),
    ("[rule\nx = 1", (1, 6, 1, 6), "expected ']'", "toml.io"),
    # values
    ("risk_score = = 47", (1, 14, 1, 15), "`=` is not a TOML value", "one equals sign"),
    ("x = \ny = 1", (1, 5, 1, 5), "a value is missing", ""),
    ("x = high", (1, 5, 1, 9), "`high` is not a TOML value", 'text needs quotes: "high"'),
    ("x = True", (1, 5, 1, 9), "`True` is not a TOML value", "lower case"),
    ("x = None", (1, 5, 1, 9), "`None` is not a TOML value", "no null"),
    ("x = 007", (1, 5, 1, 8), "`007` is not a TOML value", ""),
    ("x = 2025/12/15", (1, 5, 1, 15), "`2025/12/15` is not a TOML value", ""),
    ("x = 2025-02-30", (1, 5, 1, 15), "`2025-02-30` is not a TOML value", ""),
    ("x = 1 2", (1, 7, 1, 8), "unexpected `2` after", "own line"),
    ("x = a\x1bb", (1, 5, 1, 8), "`aU+001Bb` is not a TOML value", ""),
    ("x = " + "y" * 100, (1, 5, 1, 105), "yyy…` is not a TOML value", ""),
    # brackets
    ('x = ["a",\n"b"\ny = 1', (1, 5, 1, 6), "the array that begins here is never closed", "close it with ]"),
    ('x = ["a",\ny = 1', (1, 5, 1, 6), "the array that begins here is never closed", ""),
    ('x = ["a",\n\n[[rule.threat]]', (1, 5, 1, 6), "the array that begins here is never closed", ""),
    ("x = [1, 2\n", (1, 5, 1, 6), "the array that begins here is never closed", ""),
    ("x = {a = 1\n", (1, 5, 1, 6), "the inline table that begins here is never closed", "close it with }"),
    ('x = [\n"a"\n"b"]', (3, 1, 3, 2), "a comma is missing before this value", "close the array with ]"),
    ("x = {a = 1 b = 2}", (1, 12, 1, 13), "a comma is missing before this key", ""),
    ("x = [1; 2]", (1, 7, 1, 8), "`;` stands where a comma or `]` must", ""),
    # what would be too much
    ("x = " + "[" * 65 + "]" * 65, (1, 69, 1, 70), "nested more than 64 deep", "ten levels"),
    ("x = " + "{a = " * 300, (1, 6 + 5 * 63, 1, 7 + 5 * 63), "nested more than 64 deep", ""),
    ("x = 1\n" + "a." * 64 + "a = 1", (2, 1, 2, 2), "nested more than 64 deep", ""),
    ("x = 1\n[" + "a." * 2000 + "a]", (2, 2, 2, 3), "nested more than 64 deep", ""),
    ("x = 1\ny = " + "1" * 5000, (2, 5, 2, 5005), "thousands of digits", "quotes"),
    ("x = ['1', -1" + "_1" * 5000 + "]", (1, 11, 1, 10013), "thousands of digits", ""),
    ("x = 0x" + "f" * 5000, (1, 5, 1, 5007), "thousands of digits", ""),
]


@pytest.mark.parametrize(("text", "expected", "message", "hint"), SYNTAX, ids=[repr(case[0][:30]) for case in SYNTAX])
def test_wrong_toml_is_explained(text, expected, message, hint):
    found = parse_source("a.toml", text)
    assert isinstance(found, Diagnostic)
    assert found.code.id == "RP002"
    assert message in found.message
    assert place(found.span) == expected
    assert hint in refused(found).hint


def test_a_key_given_twice_points_at_the_first():
    (related,) = parse_source("a.toml", "[rule]\nname = 1\nname = 2\n").related
    assert place(related.span) == (2, 1, 2, 5)


def test_nesting_up_to_the_limit_is_read():
    depth = MAX_DEPTH - 1
    assert isinstance(parse_source("a", "x = " + "[" * depth + "1" + "]" * depth), Source)
    assert isinstance(parse_source("a", "a." * depth + "a = 1"), Source)
    assert isinstance(parse_source("a", "# " + "[" * 999 + "\nx = '" + "[{" * 999 + "'\n" + "[[a]]\n" * 999), Source)


@pytest.mark.parametrize("text", ["[", "{a=", "[{a=", "{a.b.c.d=["])
def test_endless_nesting_ends_nothing(text):
    assert refused(parse_source("a", "x = " + text * (MAX_BYTES // 8))).code.id == "RP002"


def test_long_numbers_that_can_be_read():
    assert isinstance(parse_source("a", f"x = 1.{'1' * 5000}\ny = '0x{'f' * 5000}'"), Source)


def test_another_error_of_the_reader_is_a_diagnostic_too(monkeypatch):
    def fail(_):
        raise ValueError("a\x1bb")

    monkeypatch.setattr(tomli, "loads", fail)
    assert parse_source("a", "x = 1").message == "the file cannot be read: aU+001Bb"


def test_an_error_that_is_not_known_keeps_its_words(monkeypatch):
    def fail(text):
        raise tomli.TOMLDecodeError("Something new", text, 2)

    monkeypatch.setattr(tomli, "loads", fail)
    found = parse_source("a", "x = 1")
    assert (found.message, place(found.span)) == ("something new", (1, 3, 1, 4))


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from([*"ab=.,#[]{}'\"\\ \n\t1ü\x00\r\u201c"]), max_size=30))
def test_any_text_gives_a_source_or_one_diagnostic(text):
    found = parse_source("a", text)
    if isinstance(found, Source):
        assert found.data == tomli.loads(text)
    else:
        assert found.message.isprintable()


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(RULE)), st.sampled_from([*"=.,#[]{}'\"\\ \n1", "", "'''", '"""', "[rule]\n"]), st.integers(0, 9)
)
def test_any_slip_in_a_rule_gives_a_source_or_one_diagnostic(at, typed, deleted):
    found = parse_source("a", RULE[:at] + typed + RULE[at + deleted :])
    if isinstance(found, Diagnostic):
        assert found.message.isprintable()
        assert len(found.message) <= 100
        assert found.span.line <= RULE.count("\n") + 2


def test_codes_explain_themselves():
    assert [code.id for code in CODES] == ["RP001", "RP002"]
    assert all("Why: " in code.help and "Instead: " in code.help for code in CODES)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/corpus, beside the project's folder")
def test_every_public_rule_is_read():
    for path in sorted(CORPUS.rglob("*.toml")):
        assert isinstance(read_source(path, path.name, CORPUS), Source), path


def measure():
    """Print milliseconds a file; run by hand: python -c 'import test_source; test_source.measure()'."""
    files = sorted(CORPUS.rglob("*.toml"))
    texts = [path.read_text(encoding="utf-8") for path in files]
    work = {
        "tomli alone": lambda: [tomli.loads(text) for text in texts],
        "parse_source": lambda: [parse_source("x", text) for text in texts],
        "read_source": lambda: [read_source(path, "x") for path in files],
        "read_source with root": lambda: [read_source(path, "x", CORPUS) for path in files],
    }
    for name, run in work.items():
        times = []
        for _ in range(5):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        print(name, round(min(times) / len(files) * 1000, 3), "ms a file")


@pytest.mark.parametrize("end", ["", "=======\nseverity = 'low'\n>>>>>>> theirs\n"])
def test_what_git_could_not_merge_is_called_so(end):
    found = parse_source("rules/a.toml", f"[rule]\n<<<<<<< ours\nseverity = 'high'\n{end}")
    assert (found.message, found.span.line) == ("git could not merge this file", 2)
    assert found.hint == "resolve the conflict that it marks"
