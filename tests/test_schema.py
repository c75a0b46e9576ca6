"""Models: what one `key(...)` line gives, and every refusal with the path to its place."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.samples import RULE, VALID, make_pack

from rulepack import schema
from rulepack.fields import Choice, Flag, Json, Many, OneOrMany, Problem, Text, Whole
from rulepack.project import _Settings
from rulepack.rule import RULE_TYPES
from rulepack.rule.metadata import Metadata
from rulepack.rule.transform import Transform
from rulepack.schema import Table, dump, empty, fold_lines, key, keys, model, parse, tables, walk
from rulepack.source import parse_source
from rulepack.stack import StackVersion

TABLE = "give it a [header] of its own, or write { key = value }"
SINGLE = "write its header in single brackets, and only once"


@model
class Leaf:
    """The innermost table."""

    name: str = key(Text(empty=False, required=True, hint="give it a name"), "Its name.")
    size: int | None = key(Whole(least=1), "Its size.", since="9.2")
    words: tuple[str, ...] | None = key(Many(Text()), "Some words.", fold=True)


@model
class Branch:
    """A table with tables."""

    leaf: Leaf = key(Table(Leaf, required=True), "One leaf.")
    leaves: tuple[Leaf, ...] | None = key(tables(Leaf, least=1), "More leaves.")
    grid: tuple[tuple[Leaf, ...], ...] | None = key(Many(Many(Table(Leaf))), "Leaves in rows.")
    from_: str | None = key(Text(), "A name that Python does not allow.", name="from")
    colour: str | None = key(Choice("red", "green"), "A choice.", since="9.2", informs=True)
    secret: str | None = key(Text(), "Not for Kibana.", sent=False)
    extra: object = key(Json(), "Anything.")


def said(data, cls=Branch):
    made, found = parse(cls, data)
    assert (made is None) is bool(found)
    return [(path, problem.kind, problem.message, problem.hint) for path, problem in found]


def test_a_table_becomes_a_model():
    made, found = parse(Branch, {"leaf": {"name": "a", "words": ["x"]}, "from": "b", "leaves": [{"name": "c"}]})
    assert found == []
    assert made.leaf == Leaf(name="a", words=("x",))
    assert made.leaves == (Leaf(name="c"),)
    assert made.from_ == "b"
    assert (made.colour, made.leaf.size) == (None, None)


def test_a_model_is_frozen_and_takes_arguments_by_name():
    leaf = Leaf(name="a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        leaf.name = "b"
    with pytest.raises(TypeError):
        Leaf("a")
    with pytest.raises(TypeError):
        Leaf()


def test_a_model_without_required_fields_can_be_empty():
    @model
    class Loose:
        """Nothing is required."""

        name: str | None = key(Text(), "A name.")

    assert empty(Loose) == Loose(name=None)


def test_what_is_declared_is_kept():
    declared = keys(Branch)
    assert list(declared) == ["leaf", "leaves", "grid", "from_", "colour", "secret", "extra"]
    assert declared["from_"].name == "from"
    assert (declared["colour"].since, declared["colour"].informs) == (StackVersion(9, 2), True)
    assert not declared["secret"].sent
    assert keys(Branch) is declared


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, [(("leaf",), "missing", "missing required field leaf", "add leaf = { ... }")]),
        ({"leaf": {}}, [(("leaf", "name"), "missing", "missing required field name", "give it a name")]),
        ({"leaf": "a"}, [(("leaf",), "type", "leaf is a string, but must be a table", TABLE)]),
        ({"leaf": None}, [(("leaf",), "type", "leaf is null, but must be a table", TABLE)]),
        ({"leaf": [{"name": "a"}]}, [(("leaf",), "type", "leaf is an array, but must be a table", SINGLE)]),
        (
            {"leaf": {"name": "a", "size": 0}},
            [(("leaf", "size"), "value", "size is 0, out of range", "use 1 or more")],
        ),
        (
            {"leaf": {"name": "a"}, "from": 5},
            [(("from",), "type", "from is an integer, but must be a string", "put quotes around it")],
        ),
        (
            {"leaf": {"name": "a"}, "from_": "b"},
            [(("from_",), "unknown", "unknown field from_", "did you mean from?")],
        ),
        ({"leaf": {"name": "a"}, "leaves": []}, [(("leaves",), "value", "leaves is empty", "name at least 1")]),
        (
            {"leaf": {"name": "a"}, "leaves": [{"name": "b"}, {"name": "", "nmae": "c"}, 5]},
            [
                (("leaves", 1, "name"), "value", "name is empty", "give it a name"),
                (("leaves", 1, "nmae"), "unknown", "unknown field nmae", "did you mean name?"),
                (("leaves", 2), "type", "leaves is an integer, but must be a table", TABLE),
            ],
        ),
        (
            {"leaf": {"name": "a"}, "grid": [[{"name": "b"}], [{"name": "c"}, {"name": 5}]]},
            [(("grid", 1, 1, "name"), "type", "name is an integer, but must be a string", "put quotes around it")],
        ),
        (
            {"leaf": {"name": "a"}, "extra": {"x": [float("inf")]}},
            [(("extra", "x", 0), "value", "inf cannot be sent to Kibana", "use a finite number")],
        ),
        (
            {"leaf": {"name": "a"}, "leaves": [{"name": "b", "words": ["x", 5]}]},
            [(("leaves", 0, "words", 1), "type", "words is an integer, but must be a string", "put quotes around it")],
        ),
    ],
)
def test_every_problem_has_the_path_to_its_place(data, expected):
    assert said(data) == expected


def test_a_misspelt_required_field_is_said_once():
    assert said({"leaf": {"nmae": "a"}}) == [
        (("leaf", "nmae"), "unknown", "unknown field nmae", "did you mean name?"),
    ]


def test_a_required_field_that_is_missing_besides_another_misspelling_is_said():
    assert [one[0] for one in said({"leaf": {"sise": 5}})] == [("leaf", "name"), ("leaf", "sise")]


def test_a_required_field_that_is_wrong_is_said_besides_what_resembles_it():
    assert sorted(one[0] for one in said({"leaf": {"name": "", "nmae": "a"}})) == [("leaf", "name"), ("leaf", "nmae")]


def test_a_list_of_mistakes_comes_to_an_end():
    found = said({"leaf": {"name": "a"}, "leaves": [{"name": 5}] * 1000})
    assert 100 <= len(found) <= 110
    assert [one[0] for one in found[:2]] == [("leaves", 0, "name"), ("leaves", 1, "name")]


def test_many_unknown_fields_are_all_named():
    found = said({"leaf": {"name": "a"}, **{f"field_{number}": 1 for number in range(500)}})
    assert {one[1] for one in found} == {"unknown"}
    assert len(found) == 500


@pytest.mark.parametrize("name", ["", " ", "name ", "a\nb", "x" * 500, "\u202ename"])
def test_an_unknown_field_of_any_name_is_shown_on_one_line(name):
    ((path, _, message, _),) = said({"leaf": {"name": "a"}, name: 1})
    assert path == (name,)
    assert "\n" not in message
    assert len(message) <= 100


def test_a_model_walks_through_everything_that_it_names():
    made, _ = parse(Branch, {"leaf": {"name": "a", "size": 2}, "leaves": [{"name": "b"}], "extra": {"x": 1}})
    assert [(path, value) for path, _, value in walk(made, ("rule",))] == [
        (("rule", "leaf"), made.leaf),
        (("rule", "leaf", "name"), "a"),
        (("rule", "leaf", "size"), 2),
        (("rule", "leaves"), made.leaves),
        (("rule", "leaves", 0, "name"), "b"),
        (("rule", "extra"), {"x": 1}),
    ]


def test_a_model_is_dumped_as_the_file_has_it():
    data = {
        "leaf": {"name": "a", "words": ["one\n two", " three "]},
        "grid": [[{"name": "b"}], []],
        "from": "c",
        "extra": {"x": [1, {}]},
    }
    made, _ = parse(Branch, {**data, "secret": "s"})
    assert dump(made) == {**data, "leaf": {"name": "a", "words": ["one two", "three"]}}


@pytest.mark.parametrize(("stack", "there"), [("9.1", False), ("9.2", True), ("9.3", True), (None, True)])
def test_an_older_stack_goes_without_what_informs(stack, there):
    made, _ = parse(Branch, {"leaf": {"name": "a", "size": 2}, "colour": "red"})
    dumped = dump(made, StackVersion.parse(stack) if stack else None)
    assert ("colour" in dumped) is there
    # What does something stays: leaving it out would make another rule of it.
    assert dumped["leaf"]["size"] == 2


@pytest.mark.parametrize(
    ("text", "folded"),
    [("", ""), (" a ", "a"), ("a\nb", "a b"), ("\n  a,\n\n  b\n", "a,  b"), ("a  b", "a  b"), ("\n", "")],
)
def test_lines_are_folded(text, folded):
    assert fold_lines(text) == folded


# Every model of rulepack, on data of any kind

KEYS = sorted({one.name for cls in RULE_TYPES.values() for one in keys(cls).values()})
SCALAR = st.one_of(
    st.sampled_from(["", "query", "now-5m", "5m", "low", "MITRE ATT&CK", "equals", "mapping", "2026/01/01"]),
    st.text(max_size=4),
    st.integers(min_value=-5, max_value=120),
    st.booleans(),
    st.none(),
    st.floats(),
    st.dates(),
)
ANY = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=10,
)
MODELS = [*RULE_TYPES.values(), Metadata, Transform, _Settings, Branch]


def near(field):
    """Data that is close to what a field takes, and often beside it."""
    if isinstance(field, Many):
        return st.lists(near(field.inner), max_size=2) | SCALAR
    if isinstance(field, Table):
        return table(field.cls) | SCALAR
    if isinstance(field, Choice):
        return st.sampled_from(field.choices) | SCALAR
    if isinstance(field, Json):
        return ANY
    if isinstance(field, OneOrMany):
        return SCALAR | st.lists(SCALAR, max_size=2)
    assert isinstance(field, (Text, Whole, Flag))
    return SCALAR


def table(cls):
    known = {one.name: st.deferred(lambda one=one: near(one.field)) for one in keys(cls).values()}
    return st.builds(
        lambda right, odd: {**odd, **right},
        st.fixed_dictionaries({}, optional=known),
        st.dictionaries(st.text(max_size=6), SCALAR, max_size=1),
    )


def check_problems(cls, data):
    made, found = parse(cls, data)
    assert (made is None) is bool(found)
    for path, problem in found:
        assert isinstance(problem, Problem)
        assert problem.kind in {"type", "value", "missing", schema.UNKNOWN}
        assert "\n" not in problem.message
        assert leads_somewhere(data, path if problem.kind != "missing" else path[:-1]), (path, problem)
    if made is not None:
        # What was accepted is accepted again, and only a stack can take something from it.
        dump(made, StackVersion(8, 0))
        assert parse(cls, plain(made))[0] == made


def leads_somewhere(data, path):
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def plain(value):
    """A model as the table that it came from."""
    if dataclasses.is_dataclass(value):
        named = ((one.name, getattr(value, attribute)) for attribute, one in keys(type(value)).items())
        return {name: plain(item) for name, item in named if item is not None}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(MODELS), st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), ANY, max_size=6))
def test_data_of_any_kind_is_accepted_or_refused_with_places(cls, data):
    check_problems(cls, data)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.sampled_from(MODELS).flatmap(lambda cls: st.tuples(st.just(cls), table(cls))))
def test_data_that_is_nearly_right_is_accepted_or_refused_with_places(drawn):
    check_problems(*drawn)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=100)
@given(st.sampled_from(sorted(VALID.glob("*.toml"))), st.data())
def test_a_rule_with_one_value_exchanged_is_accepted_or_refused_with_places(path, data):
    text = path.read_text(encoding="utf-8")
    rule = parse_source(path.name, text).data["rule"]
    name = data.draw(st.sampled_from(sorted(rule)))
    rule[name] = data.draw(near(next(one.field for one in keys(RULE_TYPES[rule["type"]]).values() if one.name == name)))
    check_problems(RULE_TYPES[path.stem], rule)


# From a model to a diagnostic


def test_each_problem_is_said_at_its_place(tmp_path):
    text = RULE + '[[rule.severity_mapping]]\nfield = "a"\nopertor = "equals"\nvalue = 5\n'
    pack = make_pack(tmp_path, text)
    start = RULE.count("\n")
    assert [(one.code.id, one.span.line - start, one.span.column, one.message) for one in pack.diagnostics] == [
        ("RP102", 1, 1, "missing required field severity"),
        ("RP103", 3, 1, "unknown field opertor"),
        ("RP104", 4, 9, "value is an integer, but must be a string"),
    ]
