"""What a KQL query demands of an event, and the fields it uses.

How Kibana compares (kbn-es-query, `functions/is.ts`), as far as it can be told without the fields' types:

- A quoted value, and an unquoted one of one word, is `is`: all of a keyword field, or the phrase in a text field.
- An unquoted value of several words is `match`: all of a keyword field, but any of the words in a text field.
- An unquoted value with `*` is `like`; `*` alone is `exists`. A quoted star is a star.
- Values stay texts, apart from unquoted true, false and null: `5` is "5", and Elasticsearch makes a number of it.
- A field name with `*` stands for any of several fields, and free text for all of them: both are opaque.
"""

from __future__ import annotations

from rulepack.query.base import FieldUse
from rulepack.query.kql.ast import And, Is, Literal, Nested, Node, Not, Or, Range, Wildcard, name_of, text_of
from rulepack.query.kql.render import render
from rulepack.query.logic import (
    Always,
    Logic,
    Opaque,
    Operator,
    Scalar,
    Step,
    Test,
    Value,
    conjunction,
    disjunction,
)
from rulepack.query.logic import Nested as NestedLogic
from rulepack.query.logic import Not as NotLogic


def fields(tree: Node) -> tuple[FieldUse, ...]:
    """Every use of a field in a tree, in the order of the text."""
    uses: list[FieldUse] = []
    _collect(tree, "", uses)
    return tuple(uses)


def _collect(node: Node, path: str, uses: list[FieldUse]) -> None:
    if isinstance(node, Is):
        field = node.field
        if field is not None:
            values: list[Scalar] = []
            exists = _gather(node.values, values)
            name = path + name_of(field)
            pattern = isinstance(field, Wildcard)
            if exists:
                uses.append(FieldUse(name, field.start, field.end, "exists", pattern=pattern))
            else:
                uses.append(FieldUse(name, field.start, field.end, "compared", ":", tuple(values), pattern=pattern))
    elif isinstance(node, (And, Or)):
        for part in node.parts:
            _collect(part, path, uses)
    elif isinstance(node, Not):
        _collect(node.part, path, uses)
    elif isinstance(node, Range):
        field = node.field
        values = [_scalar(node.value)]
        pattern = isinstance(field, Wildcard)
        name = path + name_of(field)
        uses.append(FieldUse(name, field.start, field.end, "compared", node.operator, tuple(values), pattern=pattern))
    elif isinstance(node, Nested):
        _collect(node.query, f"{path}{name_of(node.field)}.", uses)


def _scalar(value: Literal | Wildcard) -> Scalar:
    return text_of(value) if isinstance(value, Wildcard) else value.value


def _gather(node: Node, values: list[Scalar]) -> bool:
    """Add the values of a comparison to a list; whether each of them is nothing but a star."""
    if isinstance(node, Literal):
        values.append(node.value)
        return False
    if isinstance(node, Wildcard):
        values.append(text_of(node))
        return node.alone
    if isinstance(node, Not):
        return _gather(node.part, values)
    if isinstance(node, (And, Or)):
        alone = [_gather(part, values) for part in node.parts]
        return all(alone)
    return False


def steps(tree: Node) -> tuple[Step, ...]:
    """The one step of a KQL query."""
    logic = _logic(tree, "")
    return (Step(logic, start=tree.start, end=tree.end),)


def _logic(node: Node, path: str) -> Logic:
    if isinstance(node, Is):
        return _is(node, path)
    if isinstance(node, Or):
        return disjunction([_logic(part, path) for part in node.parts], node.start, node.end)
    if isinstance(node, And):
        return conjunction([_logic(part, path) for part in node.parts], node.start, node.end)
    if isinstance(node, Not):
        return NotLogic(_logic(node.part, path), node.start, node.end)
    if isinstance(node, Nested):
        inner = path + name_of(node.field)
        return NestedLogic(inner, _logic(node.query, f"{inner}."), node.start, node.end)
    if isinstance(node, Range):
        name = path + name_of(node.field)
        if isinstance(node.field, Wildcard):
            return Opaque(render(node), (name,), node.start, node.end)
        value = Value(_scalar(node.value), start=node.value.start, end=node.value.end)
        return Test(name, node.operator, (value,), start=node.start, end=node.end)
    raise TypeError(f"{type(node).__name__} is a value, and no query")


def _is(node: Is, path: str) -> Logic:
    alone = isinstance(node.values, Wildcard) and node.values.alone
    if node.field is None:
        return Always(True, node.start, node.end) if alone else Opaque(render(node), (), node.start, node.end)  # noqa: FBT003
    name = path + name_of(node.field)
    if isinstance(node.field, Wildcard):
        if alone and name == "*":
            return Always(True, node.start, node.end)  # noqa: FBT003 (a condition that always holds)
        return Opaque(render(node), (name,), node.start, node.end)
    return _values(name, node.values, node.start, node.end)


def _values(name: str, node: Node, start: int, end: int) -> Logic:
    """The values of a field; those of one operator that are joined with `or` become one test."""
    if isinstance(node, (Literal, Wildcard)):
        operator, values = _compared(node)
        return Test(name, operator, values, start=start, end=end)
    if isinstance(node, Not):
        return NotLogic(_values(name, node.part, node.part.start, node.part.end), start, end)
    if isinstance(node, And):
        return conjunction([_values(name, part, part.start, part.end) for part in node.parts], start, end)
    if not isinstance(node, Or):
        raise TypeError(f"{type(node).__name__} is no value")
    tests: dict[Operator, list[Value]] = {}
    others: list[Logic] = []
    for part in node.parts:
        if isinstance(part, (Literal, Wildcard)):
            operator, values = _compared(part)
            tests.setdefault(operator, []).extend(values)
        else:
            others.append(_values(name, part, part.start, part.end))
    whole: list[Logic] = [Test(name, key, tuple(values), start=start, end=end) for key, values in tests.items()]
    return disjunction(whole + others, start, end)


def _compared(node: Literal | Wildcard) -> tuple[Operator, tuple[Value, ...]]:
    if isinstance(node, Wildcard):
        if node.alone:
            return "exists", ()
        return "like", (Value(text_of(node), node.parts, "*" * (len(node.parts) - 1), node.start, node.end),)
    value = Value(node.value, start=node.start, end=node.end)
    if node.quoted or not isinstance(node.value, str) or len(node.value.split()) < 2:  # noqa: PLR2004 (several words)
        return "is", (value,)
    return "match", (value,)
