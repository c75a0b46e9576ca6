"""What ES|QL queries use, demand and need."""

import pytest

from rulepack.query import logic as form
from rulepack.query import parse
from rulepack.query.logic import Always, And, Not, Opaque, Or, Value
from rulepack.stack import StackVersion


def uses(text):
    query = parse("esql", text)
    for use in query.fields:
        assert text[use.start : use.end].replace("`", "") == use.name
    return [(use.name, use.how, use.operator, use.values) for use in query.fields]


def test_fields_of_the_data_with_what_is_done_with_them():
    text = """FROM logs-* METADATA _id
| WHERE user.name == "root" AND source.port IN (1, 2) AND `host.name` LIKE "web*" AND agent.id IS NOT NULL AND 5 < size
| EVAL low = TO_LOWER(process.name), sum = a + 1
| STATS hits = COUNT(*), ips = VALUES(source.ip) BY user.name, low
| SORT hits, user.name
| KEEP hits, user.name, low
"""
    assert uses(text) == [
        ("user.name", "compared", "==", ("root",)),
        ("source.port", "compared", "in", (1, 2)),
        ("host.name", "compared", "like", ("web*",)),
        ("agent.id", "exists", None, ()),
        ("size", "compared", ">", (5,)),
        ("process.name", "function", None, ()),
        ("a", "calculated", None, ()),
        ("source.ip", "function", None, ()),
        ("user.name", "grouped", None, ()),
        ("user.name", "sorted", None, ()),
        ("user.name", "kept", None, ()),
    ]


def test_computed_columns_are_no_fields():
    assert uses('FROM l | EVAL a = 1 | RENAME a AS b | WHERE b == 1 AND _fork == "x"') == [
        ("_fork", "compared", "==", ("x",))
    ]
    assert uses("FROM l | STATS c = COUNT(*) | WHERE c > 1") == []


def test_patterns_of_fields():
    query = parse("esql", "FROM l | EVAL Esql.x = 1 | KEEP Esql.*, aws.*, *")
    assert [(use.name, use.pattern) for use in query.fields] == [("aws.*", True)]


@pytest.mark.parametrize("name", ["Esql.scroe", "Esql.scor", "Esql.scores", "Esql.acore"])
def test_a_field_that_may_be_a_misspelt_column_names_it(name):
    (use,) = parse("esql", f"FROM l | EVAL Esql.score = 1 | WHERE {name} > 1").fields
    assert (use.name, use.near) == (name, "Esql.score")


@pytest.mark.parametrize("name", ["Esql.scores.x", "Esql.socer", "user.name"])
def test_a_field_with_a_name_of_its_own_is_near_nothing(name):
    (use,) = parse("esql", f"FROM l | EVAL Esql.score = 1 | WHERE {name} > 1").fields
    assert use.near is None


def test_behind_a_lookup_join_a_field_may_come_from_there():
    query = parse("esql", "FROM l | WHERE a == 1 | LOOKUP JOIN names ON id | WHERE b == 1")
    assert [(use.name, use.how, use.optional) for use in query.fields] == [
        ("a", "compared", False), ("id", "join", False), ("b", "compared", True),
    ]  # fmt: skip


def test_fields_in_inner_queries_stand_where_they_are():
    text = 'FROM l | WHERE KQL("user.name: \\"a b\\" and host.name: c") AND QSTR("""process.pid:5""")'
    query = parse("esql", text)
    assert [use.name for use in query.fields] == ["user.name", "host.name", "process.pid"]
    for use in query.fields:
        assert text[use.start : use.end] == use.name


# ---- Logic -----------------------------------------------------------------------------------------------------------


def logic(condition):
    (step,) = parse("esql", f"FROM l | WHERE {condition}").steps
    return step.logic


def test_a_condition_is_taken_apart():
    assert logic('a == "x" AND (b IN (1, 2) OR c > 3) AND d IS NULL') == And((
        form.Test("a", "is", (Value("x"),)),
        Or((form.Test("b", "is", (Value(1), Value(2))), form.Test("c", ">", (Value(3),)))),
        Not(form.Test("d", "exists")),
    ))  # fmt: skip


@pytest.mark.parametrize("condition", ['a != "x"', 'NOT a == "x"', 'a NOT IN ("x")', '"x" != a'])
def test_what_is_not_equal_has_a_value(condition):
    assert logic(condition) == And((form.Test("a", "exists"), Not(form.Test("a", "is", (Value("x"),)))))


def test_not_goes_inwards():
    assert logic("NOT (a == 1 OR NOT b == 2)") == And((
        form.Test("a", "exists"), Not(form.Test("a", "is", (Value(1),))), form.Test("b", "is", (Value(2),)),
    ))  # fmt: skip
    assert logic("NOT (a IS NULL)") == form.Test("a", "exists")
    assert logic("NOT true") == Always(False)  # noqa: FBT003


def test_patterns_and_case():
    assert logic(r'a LIKE "x*\\*?"') == form.Test("a", "like", (Value(r"x*\*?", ("x", "*", ""), "*?"),))
    assert logic('TO_LOWER(a) == "x"') == form.Test("a", "is", (Value("x"),), folded=True)
    assert logic('a RLIKE "x.*"') == form.Test("a", "regex", (Value("x.*"),))
    assert logic('STARTS_WITH(a, "x*")') == form.Test("a", "like", (Value(r"x\**", ("x*", ""), "*"),))
    assert logic('MATCH(a, "x")') == logic('a : "x"') == form.Test("a", "match", (Value("x"),))
    assert isinstance(logic('TO_LOWER(a) == "X"'), Opaque)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a", form.Test("a", "is", (Value(True),))),  # noqa: FBT003
        ("NULL", Always(False)),  # noqa: FBT003
        ("5 > a", form.Test("a", "<", (Value(5),))),
        ('NOT STARTS_WITH(a, "x")', And((form.Test("a", "exists"), Not(logic('STARTS_WITH(a, "x")'))))),
        ('NOT MATCH(a, "x")', Not(form.Test("a", "match", (Value("x"),)))),
        ('NOT KQL("a: x")', Not(logic('KQL("a: x")'))),
    ],
)
def test_other_forms(condition, expected):
    assert logic(condition) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "a == b", "a + 1 == 2", "LENGTH(a) > 2", "a IN (b, 1)", 'TO_LOWER(a) > "x"', "TO_LOWER(a) IS NULL",
        'CIDR_MATCH(a, "10.0.0.0/8")', 'MATCH(a, "x", {"boost": 2})', "STARTS_WITH(a, b)", "a == NULL", 'KQL("(")',
    ],
)  # fmt: skip
def test_what_is_left_as_it_is_written(condition):
    query = parse("esql", f"FROM l | WHERE {condition}")
    (step,) = query.steps
    assert isinstance(step.logic, Opaque)
    assert query.text[step.logic.start : step.logic.end] == condition
    (negated,) = parse("esql", f"FROM l | WHERE NOT ({condition})").steps
    assert negated.logic.text == f"NOT ({step.logic.text})"


def test_inner_logic_keeps_its_places():
    text = 'FROM l | WHERE KQL("""a: (x or "y z") and not b: { c > 5 }""")'
    (step,) = parse("esql", text).steps
    stack = [step.logic]
    places = {}
    while stack:
        node = stack.pop()
        stack += getattr(node, "parts", ()) if isinstance(node, And | Or) else ()
        stack += [node.part] if hasattr(node, "part") else []
        if isinstance(node, form.Test):
            places[node.field] = [text[value.start : value.end] for value in node.values]
    assert places == {"a": ["x", '"y z"'], "b.c": ["5"]}


@pytest.mark.parametrize(
    "command",
    ["RENAME a AS x", 'GROK a "%{WORD:x}"', 'DISSECT a "%{x}"', 'COMPLETION x = a WITH {"inference_id": "i"}'],
)
def test_conditions_on_what_a_command_sets_are_left_with_it(command):
    (step,) = parse("esql", f'FROM l | {command} | WHERE x == "y"').steps
    assert isinstance(step.logic, Opaque)
    assert " | WHERE x ==" in step.logic.text


def test_a_query_of_subqueries_is_one_text():
    (step,) = parse("esql", "FROM a, (FROM b | WHERE c == 1) | WHERE d == 2").steps
    assert isinstance(step.logic, Opaque)


def test_kql_is_read_where_it_stands():
    text = 'FROM l | WHERE KQL("user.name: root")'
    (step,) = parse("esql", text).steps
    assert isinstance(step.logic, form.Test)
    assert (step.logic.field, text[step.logic.start : step.logic.end]) == ("user.name", "user.name: root")


def test_what_is_not_taken_apart_is_one_text():
    (step,) = parse("esql", "FROM l | WHERE a == 1 | EVAL b = a + 1 | WHERE b > 2 AND c == 3").steps
    first, second, opaque = step.logic.parts
    assert (first.field, second.field) == ("a", "c")
    assert isinstance(opaque, Opaque)
    assert "b > 2" in opaque.text
    assert opaque.fields == ("a",)


def test_columns_for_show_do_not_count():
    one = parse("esql", "FROM l | WHERE a == 1 | EVAL b = a + 1 | KEEP a, b").steps
    two = parse("esql", "FROM l | WHERE a == 1").steps
    assert one[0].logic == two[0].logic


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("STATS c = COUNT(*) BY a | WHERE c > 1", "STATS c = COUNT(*) BY a | WHERE c > 2"),
        ("EVAL x = a | WHERE x == 1", "EVAL x = b | WHERE x == 1"),
        ("MV_EXPAND a | WHERE a == 1", "WHERE a == 1"),
        ("WHERE a == 1 | LIMIT 1", "LIMIT 1 | WHERE a == 1"),
        ('WHERE a == "1"', "WHERE a == 1"),
        ("WHERE NOT f(a)", "WHERE f(a)"),
    ],
)
def test_different_queries_do_not_look_alike(one, two):
    assert parse("esql", f"FROM l | {one}").steps[0].logic != parse("esql", f"FROM l | {two}").steps[0].logic


def test_spaces_and_case_of_words_do_not_count():
    one = parse("esql", "FROM l | STATS c = COUNT(*) BY a | WHERE c > 1").steps
    two = parse("esql", "from l | stats c = count( * ) by a\n| where c>1").steps
    assert one[0].logic == two[0].logic


# ---- Features and indices --------------------------------------------------------------------------------------------


def features(commands):
    text = f"FROM logs-* | {commands}"
    return [(one.name, str(one.since), text[one.start : one.end]) for one in parse("esql", text).features]


@pytest.mark.parametrize(
    ("commands", "needed"),
    [
        ("WHERE a == 1 | STATS c = COUNT(*) WHERE b == 1 BY a | KEEP c", []),
        ("LOOKUP JOIN names ON a", [("LOOKUP JOIN", "8.18", "LOOKUP")]),
        (
            "LOOKUP JOIN names ON a, b",
            [("LOOKUP JOIN", "8.18", "LOOKUP"), ("LOOKUP JOIN on several fields", "9.2", "a, b")],
        ),
        ("INLINE STATS c = COUNT(*)", [("INLINE STATS", "9.2", "INLINE")]),
        ('WHERE a LIKE ("x*", "y*")', [("LIKE with a list of patterns", "8.19", 'a LIKE ("x*", "y*")')]),
        ('WHERE mv_contains(a, "x")', [("function mv_contains", "9.2", "mv_contains")]),
        ('WHERE KQL("a:1")', [("function kql", "8.18", "KQL")]),
        ("SAMPLE 0.5", [("SAMPLE", "8.19", "SAMPLE")]),
        (
            "LOOKUP JOIN n ON a == b",
            [("LOOKUP JOIN", "8.18", "LOOKUP"), ("LOOKUP JOIN on an expression", "9.2", "a == b")],
        ),
        (
            'COMPLETION a WITH {"inference_id": "x"}',
            [
                ("COMPLETION", "8.19", "COMPLETION"),
                ("COMPLETION with a map of options", "9.2", '{"inference_id": "x"}'),
            ],
        ),
        ("LIMIT 5 BY a", [("LIMIT BY", "9.4", "LIMIT 5 BY a")]),
        ("CHANGE_POINT a ON b BY c", [("CHANGE_POINT", "8.19", "CHANGE_POINT"), ("CHANGE_POINT BY", "9.5", "c")]),
        ("URI_PARTS a = b", [("URI_PARTS", "9.4", "URI_PARTS")]),
        ("IP_LOCATION a = b", [("IP_LOCATION", "9.5", "IP_LOCATION")]),
        ('WHERE MATCH(a, "x", {"boost": 2})', [("options of match", "8.18", '{"boost": 2}')]),
        ("WHERE f(a)", []),
        (
            'FORK (WHERE a == 1) (WHERE CONTAINS(b, "x"))',
            [("FORK", "8.19", "FORK"), ("function contains", "9.2", "CONTAINS")],
        ),
    ],
)
def test_what_a_stack_version_must_have(commands, needed):
    assert features(commands) == needed


def test_sources_that_a_stack_version_must_have():
    text = 'SET time_zone = "UTC"; TS logs-*::failures, (FROM b) | LIMIT 5'
    assert [(one.name, str(one.since)) for one in parse("esql", text).features] == [
        ("SET", "9.3"), ("TS", "9.2"), ("a selector of an index", "8.19"), ("a query in parentheses in FROM", "9.4"),
    ]  # fmt: skip


def test_what_came_with_8_19_is_not_in_9_0():
    (feature,) = parse("esql", "FROM l | SAMPLE 0.5").features
    assert [feature.available(StackVersion.parse(one)) for one in ("8.18", "8.19.3", "9.0.2", "9.1", "9.4")] == [
        False, True, False, True, True,
    ]  # fmt: skip


def test_indices_with_their_places():
    text = 'FROM logs-a*, -logs-a.test*, remote:logs-b, (FROM "logs-c" | LIMIT 1) METADATA _id | LOOKUP JOIN names ON x'
    found = parse("esql", text).indices
    assert [name for name, _, _ in found] == ["logs-a*", "-logs-a.test*", "remote:logs-b", "logs-c"]
    for name, start, end in found:
        assert text[start:end].strip('"') == name
