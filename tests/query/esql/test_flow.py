"""Columns followed through pipelines, and expressions judged: what is wrong is found where it is, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.query import parse

TYPES = {
    "user.name": "keyword",
    "message": "text",
    "source.ip": "ip",
    "source.port": "long",
    "source.bytes": "long",
    "@timestamp": "date",
    "process.pid": "integer",
    "process.args": "keyword",
    "cloud.failed": "boolean",
    "package.version": "version",
    "source.geo.location": "geo_point",
    "labels": "flattened",
    "ratio": "double",
}


class Types:
    """Fields and their types, as the fields of a pack are known."""

    def type_of(self, name, /):
        return TYPES.get(name)


def errors(text):
    """Everything wrong with a query, its fields' types known: (kind, message, what it points at, hint)."""
    query = parse("esql", text)
    found = [*query.errors, *query.problems(Types())]
    return [(error.kind, error.message, text[error.start : error.end], error.hint) for error in found]


# ---- Columns ---------------------------------------------------------------------------------------------------------

GONE = [
    (
        'FROM logs-*\n| KEEP host.name, user.name\n| WHERE event.action == "x"',
        "column event.action is gone since KEEP in line 2 of the query",
        "event.action",
        "add it there",
    ),
    (
        "FROM logs-* | STATS hits = COUNT(*) BY user.name | WHERE source.ip IS NOT NULL",
        "column source.ip is gone since STATS in line 1 of the query",
        "source.ip",
        "add it to BY, or add VALUES(source.ip)",
    ),
    (
        "FROM logs-*\n| DROP user.name\n| SORT user.name",
        "column user.name is gone since DROP in line 2 of the query",
        "user.name",
        "drop it later",
    ),
    (
        "FROM logs-* | RENAME user.name AS who | KEEP user.name",
        "column user.name is now called who",
        "user.name",
        "RENAME in line 1 of the query renames it: use who",
    ),
    (
        "FROM logs-* | STATS Esql.hits = COUNT(*) BY user.name | WHERE Esql.hist > 3",
        "there is no column Esql.hist after STATS in line 1 of the query",
        "Esql.hist",
        "did you mean Esql.hits?",
    ),
    (
        "FROM logs-* | STATS COUNT(*) BY user.name | WHERE `count(*)` > 3",
        "there is no column count(*) after STATS in line 1 of the query",
        "`count(*)`",
        "did you mean COUNT(*)?",
    ),
    (
        'FROM logs-* | KEEP user.* | WHERE host.name == "a"',
        "column host.name is gone since KEEP in line 1 of the query",
        "host.name",
        "add it there",
    ),
    (
        'FROM logs-* | DROP user.* | WHERE user.name == "a"',
        "column user.name is gone since DROP in line 1 of the query",
        "user.name",
        "drop it later",
    ),
    ("FROM logs-* | STATS c = COUNT(*) | KEEP Esql.*", "no column matches Esql.*", "Esql.*", None),
    (
        'FROM logs-* | WHERE _index == "a"',
        "there is no column _index without METADATA _index",
        "_index",
        "add METADATA _index to FROM",
    ),
    (
        "FROM logs-* | STATS c = COUNT(*) BY user.name | EVAL user.name = NULL | DROP c | KEEP c",
        "column c is gone since DROP in line 1 of the query",
        "c",
        "drop it later",
    ),
    (
        "FROM logs-* | KEEP a, b | FORK (WHERE a == 1) (WHERE c == 2) | KEEP a, _fork",
        "column c is gone since KEEP in line 1 of the query",
        "c",
        "add it there",
    ),
    (
        "FROM (FROM a | KEEP x), (FROM b | KEEP y) | WHERE z == 1",
        "column z is gone since KEEP in line 1 of the query",
        "z",
        "add it there",
    ),
]


@pytest.mark.parametrize(("text", "message", "place", "hint"), GONE)
def test_a_column_that_a_command_took_away(text, message, place, hint):
    assert errors(text) == [("column", message, place, hint)]


@pytest.mark.parametrize(
    "text",
    [
        'FROM logs-* METADATA _id, _version | KEEP _id, _version, user.* | WHERE user.name == "a" AND _id == "1"',
        "FROM logs-* | STATS COUNT(*) BY user.name | WHERE `COUNT(*)` > 3",
        "FROM logs-* | STATS c = COUNT(*) BY day = DATE_TRUNC(1 day, @timestamp) | SORT day | KEEP c, day",
        "FROM logs-* | EVAL a = 1, b = a + 1 | KEEP b",
        "FROM logs-* | KEEP * | WHERE anything == 1",
        'FROM logs-* | KEEP user.name | EVAL host.name = "x" | WHERE host.name == "x"',
        "FROM logs-* | DROP a | EVAL a = 1 | WHERE a == 1",
        'FROM logs-* | DROP a | LOOKUP JOIN names ON b | WHERE a == "x"',
        'FROM logs-* | STATS c = COUNT(*) BY b | ENRICH policy ON b | WHERE new == "x"',
        'FROM logs-* | STATS c = COUNT(*) BY b | ENRICH policy ON b WITH new = old | WHERE new == "x"',
        'FROM l | KEEP a | GROK a "%{IP:client.ip} %{NUMBER:size:int}" | WHERE size > 5 OR client.ip == "a"',
        'FROM logs-* | KEEP message | DISSECT message "%{one} %{two}" | WHERE one == two',
        'FROM logs-* | INLINE STATS c = COUNT(*) BY user.name | WHERE c > 3 AND host.name == "a"',
        'FROM logs-* | KEEP a | FORK (EVAL x = 1) (EVAL y = 2) | WHERE x == 1 OR y == 2 OR _fork == "fork1"',
        "FROM (FROM a | KEEP x), (FROM b | KEEP y) | WHERE x == 1 AND y == 2",
        "FROM a, (FROM b | KEEP y) | WHERE x == 1",
        'FROM logs-* | KEEP a | COMPLETION a WITH {"inference_id": "x"} | KEEP completion',
        "FROM logs-* | KEEP @timestamp, a | CHANGE_POINT a | KEEP type, pvalue",
        "FROM logs-* | KEEP a | URI_PARTS parts = a | KEEP parts.domain",
        "FROM logs-* | STATS a = VALUES(user.name) BY user.name | EVAL user.name = MV_FIRST(a)",
        "FROM logs-* | RENAME a AS b, b AS c | KEEP c",
        "FROM logs-* | WHERE _id IS NOT NULL",
        "FROM logs-* | KEEP a | ENRICH p ON a WITH b* | WHERE bc == 1",
        'FROM logs-* | KEEP a | RERANK "x" ON a WITH {"inference_id": "i"} | SORT _score',
        "FROM logs-* METADATA _score, _id | FORK (WHERE a == 1) (WHERE b == 2) | FUSE | SORT _score | KEEP _fork",
        "FROM logs-* | STATS c = COUNT(*) BY b | LOOKUP JOIN n ON b == x | WHERE y == 1",
        "FROM logs-* | KEEP a, b | CHANGE_POINT a ON b AS t, p BY a | KEEP t, p",
        "FROM logs-* | MMR ON a LIMIT 3",
        "TS logs-* | TS_INFO | WHERE anything == 1",
        "FROM logs-* | WHERE a IN (FROM b | KEEP c | WHERE c == 1) AND d == 2",
    ],
)
def test_columns_that_are_there(text):
    assert errors(text) == []


# ---- Types -----------------------------------------------------------------------------------------------------------

WRONG_TYPES = [
    (
        "user.name > 5",
        "user.name is keyword, but 5 is a number",
        "5",
        'use "5", or convert the field with TO_DOUBLE or TO_LONG',
    ),
    ('source.port == "443"', 'source.port is a number, but "443" is keyword', '"443"', "use 443 without quotes"),
    ("user.name == true", "user.name is keyword, but true is boolean", "true", 'use "true"'),
    (
        'source.ip == "10.0.0.0/8"',
        '"10.0.0.0/8" is not an IP address',
        '"10.0.0.0/8"',
        "use CIDR_MATCH for a range of addresses",
    ),
    ('source.ip IN ("10.0.0.1", "x")', '"x" is not an IP address', '"x"', None),
    (
        '@timestamp > "now-5m"',
        '"now-5m" is not a date',
        '"now-5m"',
        "use NOW() - 5 minutes, or a date such as 2026-01-31T00:00:00Z",
    ),
    ('source.port IN (1, "a")', 'source.port is a number, but "a" is keyword', '"a"', None),
    ('source.ip LIKE "10.*"', "LIKE needs a text, but source.ip is ip", "source.ip", "use CIDR_MATCH"),
    (
        'source.port RLIKE "1.*"',
        "RLIKE needs a text, but source.port is a number",
        "source.port",
        "use TO_STRING(source.port)",
    ),
    ("user.name", "the condition of WHERE must be true or false, but user.name is keyword", "user.name", None),
    (
        "cloud.failed AND source.port",
        "an operand of AND must be true or false, but source.port is a number",
        "source.port",
        None,
    ),
    ("NOT user.name", "the operand of NOT must be true or false, but user.name is keyword", "user.name", None),
    ("user.name + 1 > 2", "cannot calculate with user.name, which is keyword", "user.name", "use CONCAT to join texts"),
    ('source.port * "2" > 2', 'cannot calculate with "2", which is keyword', '"2"', 'use TO_DOUBLE("2")'),
    (
        "LENGTH(source.port) > 2",
        "length takes keyword, but source.port is a number",
        "source.port",
        "use TO_STRING(source.port)",
    ),
    (
        'CIDR_MATCH(user.name, "10.0.0.0/8")',
        "cidr_match takes ip, but user.name is keyword",
        "user.name",
        "it takes ip",
    ),
    (
        'LEFT(user.name, 1.5) == "a"',
        "left takes a whole number, but 1.5 is not a whole number",
        "1.5",
        "it takes a whole number",
    ),
    ("cloud.failed > true", "> cannot compare what is boolean", "cloud.failed > true", "use == or !="),
    (
        "CASE(user.name, 1, 2) == 1",
        "a condition of case must be true or false, but user.name is keyword",
        "user.name",
        None,
    ),
    (
        'COALESCE(user.name, source.port) == "a"',
        "values of coalesce differ: source.port is a number",
        "source.port",
        "the others are keyword",
    ),
    ("user.name::boat == 1", "there is no type boat", "boat", None),
    ("-user.name > 1", "user.name is keyword, which has no sign", "-user.name", None),
]


@pytest.mark.parametrize(("condition", "message", "place", "hint"), WRONG_TYPES)
def test_operands_that_do_not_fit(condition, message, place, hint):
    found = [error[1:] for error in errors(f"FROM logs-* | WHERE {condition}")]
    assert found == [(message, place, hint)]


@pytest.mark.parametrize(
    "condition",
    [
        'source.ip == "10.0.0.1" AND source.ip != "::1" AND source.ip IN ("10.0.0.1", "10.0.0.2")',
        '@timestamp > NOW() - 5 minutes AND @timestamp > "2026-01-01" AND @timestamp < "2026-01-01T00:00:00Z"',
        'package.version > "8.0" AND cloud.failed == "true" AND cloud.failed',
        'unknown.field > 5 AND unknown.field == "x" AND unknown.field LIKE "x*"',
        "source.bytes / source.port > 0.5 AND -source.port < 3",
        'TO_STRING(source.port) LIKE "4*" AND source.port::string == "443"',
        'message : "text" AND MATCH(message, "text", {"operator": "AND"})',
        "user.name == NULL OR NULL OR source.port + NULL > 1",
        'CASE(cloud.failed, "a", NULL) == "a" AND CASE(cloud.failed, 1, source.port > 4, 2, 3) == 2',
        'COALESCE(source.ip, "10.0.0.1") == "10.0.0.1"',
        'user.name == ["a", "b"] AND message : "x" AND user.name::string == "y"',
        "@timestamp > NOW() - (1 day + 2 hours) AND @timestamp < 1 day + NOW()",
        'DATE_DIFF("minute", @timestamp, NOW()) > 5 AND DATE_TRUNC(1 hour, @timestamp) == @timestamp',
        'LEFT(user.name, source.port) == "a" AND SUBSTRING(user.name, 1, 2) == message',
        'labels == "x" AND CIDR_MATCH(source.ip, "10.0.0.0/8", user.name)',
        '"10.0.0.1" == source.ip AND 443 == source.port',
        "NOT cloud.failed AND user.name IS NOT NULL AND source.ip IS NULL",
        'ST_DISTANCE(source.geo.location, TO_GEOPOINT("POINT(1 2)")) > 100',
    ],
)
def test_operands_that_fit(condition):
    assert errors(f"FROM logs-* | WHERE {condition}") == []


def test_types_are_known_of_computed_columns_too():
    text = 'FROM logs-* | EVAL size = LENGTH(x), low = TO_LOWER(x) | STATS n = MAX(size) BY low | WHERE n == "a"'
    assert [error[1] for error in errors(text)] == ['n is a number, but "a" is keyword']
    text = "FROM logs-* | STATS start = MIN(@timestamp) | WHERE start > 5"
    assert [error[1] for error in errors(text)] == ["start is a date, but 5 is a number"]


def test_without_types_nothing_is_said_of_fields():
    query = parse("esql", 'FROM logs-* | WHERE user.name > 5 AND source.ip LIKE "x"')
    assert query.errors == ()
    assert len(query.problems(Types())) == 2


# ---- Aggregates ------------------------------------------------------------------------------------------------------

MISPLACED = [
    ("WHERE COUNT(*) > 5", "aggregate function count outside STATS", "COUNT(*)"),
    ("STATS c = MAX(COUNT(*))", "aggregate function count within another", "COUNT(*)"),
    ("STATS c = COUNT(*) BY MAX(a)", "aggregate function max after BY", "MAX(a)"),
    ("STATS a", "column a is neither grouped nor aggregated", "a"),
    ("STATS c = COUNT(*) + a BY b", "column a is neither grouped nor aggregated", "a"),
    ("STATS c = 5", "5 is no aggregate, as STATS needs it", "5"),
    ("EVAL x = BUCKET(a, 5)", "bucket outside STATS ... BY", "BUCKET(a, 5)"),
    ('STATS c = COUNT(*) BY a | WHERE KQL("a:1")', "kql cannot stand after STATS", 'KQL("a:1")'),
    ('LIMIT 10 | WHERE a : "x"', ": cannot stand after LIMIT", 'a : "x"'),
]  # fmt: skip


@pytest.mark.parametrize(("commands", "message", "place"), MISPLACED)
def test_functions_where_they_may_not_stand(commands, message, place):
    found = errors(f"FROM logs-* | {commands}")
    assert [error[:3] for error in found] == [("semantics", message, place)]


@pytest.mark.parametrize(
    "commands",
    [
        "STATS c = COUNT(*) WHERE a == 1, d = ROUND(SUM(b) / COUNT(*), 2) BY g",
        "STATS c = COUNT(*) + g BY g",
        "STATS c = MV_SUM(VALUES(a)) BY BUCKET(@timestamp, 1 hour)",
        "STATS c = SUM(CASE(a == 1, 1, 0)) BY CATEGORIZE(message)",
        "INLINE STATS c = COUNT(*) BY g | WHERE c > 1",
        "STATS c = COUNT() | EVAL d = c * 2",
    ],
)
def test_functions_where_they_may_stand(commands):
    assert errors(f"FROM logs-* | {commands}") == []


def test_a_row_has_only_its_columns():
    (error,) = [error for error in errors('ROW a = 1 | WHERE a == "x"') if error[0] == "type"]
    assert error[1] == 'a is a number, but "x" is keyword'
    assert [error[1] for error in errors("ROW a = 1 | KEEP b") if error[0] == "column"] == ["there is no column b"]
    assert [error[1] for error in errors("SHOW INFO | KEEP version, b") if error[0] == "column"] == [
        "there is no column b"
    ]


def test_a_change_point_needs_its_time():
    (error,) = errors("FROM logs-* | STATS c = COUNT(*) BY b | CHANGE_POINT c")
    assert error[:3] == ("column", "CHANGE_POINT needs the column @timestamp, which is gone", "c")
    assert errors("FROM logs-* | STATS c = COUNT(*) BY b | CHANGE_POINT c ON b | KEEP type, pvalue") == []


def test_what_grok_captures_has_the_type_behind_its_name():
    grok = 'FROM logs-* | GROK message "%{WORD:a} %{NUMBER:b:int} %{WORD:c:boolean}"'
    assert errors(f'{grok} | WHERE a == "x" AND b > 5 AND c') == []
    assert [error[1] for error in errors(f'{grok} | WHERE b == "x"')] == ['b is a number, but "x" is keyword']


def test_an_unknown_function_is_reported_once():
    assert [error[1] for error in errors("FROM logs-* | STATS c = CUONT(a) | WHERE c > 1")] == [
        "unknown function cuont"
    ]


# ---- Inner queries ---------------------------------------------------------------------------------------------------


def test_what_is_wrong_in_an_inner_query_is_shown_there():
    text = 'FROM logs-* | WHERE KQL("source.port: abc")'
    assert [(kind, place) for kind, _, place, _ in errors(text)] == [("type", "abc")]
    text = 'FROM logs-* | WHERE KQL("""a: "b" and """)'
    (error,) = parse("esql", text).errors
    assert error.kind == "syntax"
    assert text.index('"""') < error.start <= text.rindex('"""')


def test_hostile_pipelines_are_left_at_some_point():
    many = " | ".join(f"EVAL a{number} = 1" for number in range(3000))
    text = f"FROM logs-* | {many} | " + " | ".join(["KEEP a*"] * 3000)
    assert errors(text) == []


COMMANDS = [
    "WHERE a == 1",
    'WHERE a : "x" OR KQL("b: c") AND b IN (1, a)',
    "EVAL a = b + 1, c = CASE(a > 1, b, c)",
    "STATS a = COUNT(*), VALUES(b) BY c",
    "INLINE STATS a = MAX(b) WHERE c == 1",
    "KEEP a, b*, *c",
    "DROP b*",
    "DROP a",
    "RENAME a AS b",
    "MV_EXPAND c",
    "SORT a, LENGTH(b)",
    "LIMIT 5",
    "LOOKUP JOIN names ON a",
    "ENRICH policy ON a WITH b",
    'DISSECT a "%{b} %{c}"',
    "FORK (WHERE a == 1) (KEEP b | EVAL c = NOW())",
    "WHERE a IN (FROM other | STATS b = COUNT(*) BY c | KEEP c)",
]


@given(st.lists(st.sampled_from(COMMANDS), max_size=8))
def test_any_pipeline_is_followed(commands):
    text = " | ".join(["FROM logs-*, (FROM x | KEEP a) METADATA _id", *commands])
    query = parse("esql", text)
    assert query.sound
    for found in (*query.errors, *query.problems(Types()), *query.fields, *query.features):
        assert 0 <= found.start < found.end <= len(text)
    (step,) = query.steps
    assert 0 <= step.logic.start <= step.logic.end <= len(text)
    # Whoever corrects one error at the end does not change what stands before it.
    shorter = parse("esql", " | ".join(["FROM logs-*, (FROM x | KEEP a) METADATA _id", *commands[:-1]]))
    assert [error for error in query.errors if error.end <= len(shorter.text)] == list(shorter.errors)
