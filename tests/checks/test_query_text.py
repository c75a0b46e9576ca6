"""RP20x: what a query says as its language has it, at its place in the file, in each language and each place."""

import pytest
from support.samples import make_pack, searching, valid_text


def said(folder, text, settings=""):
    """Code, severity, message and the marked text of each diagnostic of a rule."""
    pack = make_pack(folder, text, settings=settings)
    lines = text.split("\n")
    return [
        (
            one.code.id,
            one.severity.label,
            one.message,
            lines[one.span.line - 1][one.span.column - 1 : end_column(one, lines)],
        )
        for one in pack.diagnostics
    ]


def end_column(one, lines):
    span = one.span
    return span.end_column - 1 if span.end_line == span.line else len(lines[span.line - 1])


@pytest.mark.parametrize(
    ("language", "query", "code", "marked"),
    [
        ("kuery", "process.name : (cmd.exe or", "RP201", "or"),
        ("lucene", "process.name:(cmd OR", "RP201", "("),
        ("eql", "process where process.name = 'a'", "RP201", "="),
        ("esql", "FROM logs-acme.app-default | WHER host.name == 1", "RP201", "WHER"),
        ("eql", "process where lenght(process.name) > 3", "RP202", "lenght"),
        ("esql", "FROM logs-acme.app-default | EVAL a = LENGHT(host.name)", "RP202", "LENGHT"),
        ("kuery", "process.pid : many", "RP203", "many"),
        ("lucene", "process.pid:many", "RP203", "many"),
        ("eql", 'process where process.pid == "4"', "RP203", '"4"'),
        ("esql", 'FROM logs-acme.app-default METADATA _id | WHERE process.pid == "a"', "RP203", '"a"'),
        ("esql", "FROM logs-acme.app-default | KEEP host.name | WHERE user.name IS NOT NULL", "RP206", "user.name"),
        ("esql", "ROW a = 1", "RP207", "ROW a = 1"),
        ("esql", "FROM logs-acme.app-default | WHERE host.name == ?a", "RP207", "?a"),
        ("eql", 'process where process.name == "cmd*"', "RP208", '"cmd*"'),
        ("lucene", "process.name:cmd or process.name:sh", "RP208", "or"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(language, query, code, marked, tmp_path):
    found = [(number, text) for number, _, _, text in said(tmp_path, searching(query, language)) if number < "RP21"]
    assert (code, marked) in found
    assert {number for number, _ in found} == {code}


@pytest.mark.parametrize(("quotes", "written"), [("'''", r"\s"), ('"""', r"\\s")])
def test_who_writes_backslashes_where_toml_reads_them_is_told(quotes, written, tmp_path):
    text = searching(f'process where process.args : "{written}"', "eql").replace("'''", quotes)
    (found,) = make_pack(tmp_path, text).diagnostics
    assert found.message == r"\s is no escape"
    assert found.hint.endswith("so that TOML leaves its backslashes alone") == (quotes == '"""')


def test_several_syntax_errors_are_told_at_once(tmp_path):
    query = 'process where process.name = "a" and process.pid = 4'
    assert [code for code, *_ in said(tmp_path, searching(query, "eql"))] == ["RP201", "RP201"]


def test_nothing_else_is_said_of_a_query_that_cannot_be_read(tmp_path):
    query = 'process where process.name in ("a", "a") and lenght(process.pid) == ("4"'
    assert {code for code, *_ in said(tmp_path, searching(query, "eql"))} == {"RP201"}


def test_the_query_for_indicators_is_read_as_well(tmp_path):
    lines = valid_text("threat_match").split("\n")
    text = "\n".join('threat_query = "a : ("' if line.startswith("threat_query") else line for line in lines)
    assert [(code, marked) for code, _, _, marked in said(tmp_path, text)] == [("RP201", "(")]


def test_queries_within_filters_are_read_as_well(tmp_path):
    more = "\n[[rule.filters]]\n[rule.filters.query.query_string]\nquery = 'a:('\n"
    assert [code for code, *_ in said(tmp_path, searching("event.kind : alert") + more)] == ["RP201"]


@pytest.mark.parametrize(
    ("stack", "least", "expected"),
    [
        ('"8.19"', "", "9.2.0"),
        ('"8.19", "9.3"', "", "9.2.0"),
        ('"9.2"', "", None),
        ('"8.19", "9.3"', "9.2.0", None),
    ],
)
def test_a_function_is_held_against_the_stacks_that_get_the_rule(stack, least, expected, tmp_path):
    query = "FROM logs-acme.app-default METADATA _id, _index, _version | EVAL a = URL_DECODE(url.path)"
    text = searching(query, "esql")
    if least:
        text = text.replace("[metadata]\n", f'[metadata]\nmin_stack_version = "{least}"\n')
    hints = [one.hint for one in make_pack(tmp_path, text, settings=f"stack = [{stack}]").diagnostics]
    wanted = f'set min_stack_version = "{expected}" in [metadata], or do without it'
    assert hints == ([wanted] if expected else [])


def test_types_are_not_judged_where_the_file_says_so(tmp_path):
    text = searching("process.pid : many")
    assert [code for code, *_ in said(tmp_path, text)] == ["RP203"]
    off = text.replace("[metadata]\n", "[metadata]\nquery_schema_validation = false\n")
    assert said(tmp_path, off) == []


def test_of_a_deprecated_rule_errors_are_warnings(tmp_path):
    text = searching("process.name : (").replace(
        'maturity = "production"', 'maturity = "deprecated"\ndeprecation_date = "2026/01/02"'
    )
    assert {(code, severity) for code, severity, _, _ in said(tmp_path, text) if code < "RP3"} == {("RP201", "warning")}
