"""Conditions of ES|QL in the form that all languages share (rulepack.query.logic).

ES|QL knows true, false and null: a comparison with a field that has no value is null, and so is its negation, and WHERE
keeps neither. So `a != "x"` and `NOT a == "x"` demand that `a` has a value, which NOT in the shared form does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rulepack.query.esql import ast
from rulepack.query.esql.availability import walk
from rulepack.query.esql.inner import inner_query, moved, offsets
from rulepack.query.esql.render import render
from rulepack.query.logic import Always, And, Logic, Not, Opaque, Operator, Test, Value, conjunction, disjunction

_FOLDING: Final[dict[str, Callable[[str], str]]] = {"to_lower": str.lower, "to_upper": str.upper}
_ORDERS: Final[dict[str, Operator]] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def logic_of(node: ast.Expression, text: str, *, negated: bool = False) -> Logic:
    """What an event must fulfil for a condition to be true, or (`negated`) to be false; `text` is the query's."""
    if isinstance(node, ast.Not):
        return _from_its_word(logic_of(node.operand, text, negated=not negated), node)
    if isinstance(node, ast.And | ast.Or):
        parts = [logic_of(part, text, negated=negated) for part in node.parts]
        join = conjunction if isinstance(node, ast.And) != negated else disjunction
        return join(parts, node.start, node.end)
    if isinstance(node, ast.Literal):
        if isinstance(node.value, bool):
            return Always(node.value != negated, node.start, node.end)
        return Always(False, node.start, node.end) if node.kind == "null" else _opaque(node, negated=negated)  # noqa: FBT003
    if isinstance(node, ast.IsNull):
        return _is_null(node, negated=negated)
    if isinstance(node, ast.Function):
        return _call(node, text, negated=negated)
    test = _test(node)
    if test is None:
        return _opaque(node, negated=negated)
    return _has_value(test, negated=negated != _negates(node))


def _from_its_word(logic: Logic, node: ast.Not) -> Logic:
    """A negation of one condition, which stands from its NOT on."""
    if isinstance(logic, Not):
        return Not(logic.part, node.start, node.end)
    match logic:
        case And((Test(operator="exists") as exists, Not(part=Test() as test))) if test.field == exists.field:
            return And((exists, Not(test, node.start, node.end)), node.start, node.end)
    return logic


def _negates(node: ast.Expression) -> bool:
    if isinstance(node, ast.Comparison):
        return node.operator == "!="
    return isinstance(node, ast.Like | ast.In) and node.negated


def _has_value(test: Test, *, negated: bool) -> Logic:
    if not negated:
        return test
    exists = Test(test.field, "exists", start=test.start, end=test.end)
    return conjunction([exists, Not(test, test.start, test.end)], test.start, test.end)


def _is_null(node: ast.IsNull, *, negated: bool) -> Logic:
    if not isinstance(node.operand, ast.Column):
        return _opaque(node, negated=negated)
    test = Test(node.operand.name, "exists", start=node.start, end=node.end)
    return test if node.negated != negated else Not(test, node.start, node.end)


def _opaque(node: ast.Expression, *, negated: bool) -> Logic:
    names = dict.fromkeys(one.name for one in walk(node) if isinstance(one, ast.Column))
    written = f"NOT ({render(node)})" if negated else render(node)
    return Opaque(written, tuple(names), node.start, node.end)


def _test(node: ast.Expression) -> Test | None:
    """A comparison of a field with constants; None for anything else."""
    if isinstance(node, ast.Column):
        # A field that is true or false by itself.
        return Test(node.name, "is", (Value(True, start=node.start, end=node.end),), start=node.start, end=node.end)  # noqa: FBT003
    reader = _TESTS.get(type(node))
    return None if reader is None else reader(node)


def _comparison(node: ast.Comparison) -> Test | None:
    operand, operator, value = node.left, node.operator, node.right
    if isinstance(operand, ast.Literal):
        operand, operator, value = node.right, _MIRRORED.get(node.operator, node.operator), node.left
    named = _folded(operand)
    if named is None or not isinstance(value, ast.Literal) or value.kind == "null":
        return None
    if operator in _ORDERS and named[1]:
        return None
    return _make(node, named, _ORDERS.get(operator, "is"), (value,))


def _in(node: ast.In) -> Test | None:
    named = _folded(node.operand)
    values = tuple(value for value in node.values if isinstance(value, ast.Literal) and value.kind != "null")
    return None if named is None or len(values) < len(node.values) else _make(node, named, "is", values)


def _like(node: ast.Like) -> Test | None:
    named = _folded(node.operand)
    patterns = tuple(one for one in node.patterns if isinstance(one, ast.Literal) and isinstance(one.value, str))
    if named is None or len(patterns) < len(node.patterns):
        return None
    return _make(node, named, "like" if node.operator == "like" else "regex", patterns)


def _match(node: ast.Match) -> Test | None:
    if not (isinstance(node.column, ast.Column) and isinstance(node.value, ast.Literal)) or node.type is not None:
        return None
    return _make(node, (node.column.name, None), "match", (node.value,))


def _folded(node: ast.Expression) -> tuple[str, Callable[[str], str] | None] | None:
    """A field, or TO_LOWER or TO_UPPER of one, and what folds the case of its values; None for anything else."""
    if isinstance(node, ast.Column):
        return node.name, None
    if isinstance(node, ast.Function) and node.name in _FOLDING and len(node.arguments) == 1:
        argument = node.arguments[0]
        if isinstance(argument, ast.Column):
            return argument.name, _FOLDING[node.name]
    return None


def _make(
    node: ast.Expression,
    named: tuple[str, Callable[[str], str] | None],
    operator: Operator,
    literals: tuple[ast.Literal, ...],
) -> Test | None:
    name, fold = named
    values = []
    for literal in literals:
        if fold is not None and not (isinstance(literal.value, str) and fold(literal.value) == literal.value):
            # It can never be equal: not the same as a comparison without regard to case.
            return None
        parts, wild = wildcard_parts(str(literal.value)) if operator == "like" else ((), "")
        values.append(Value(literal.value, parts, wild, literal.start, literal.end))
    return Test(name, operator, tuple(values), fold is not None, node.start, node.end)


def wildcard_parts(pattern: str) -> tuple[tuple[str, ...], str]:
    r"""The literal texts and the wildcards of a LIKE pattern, in which `*`, `?` and `\` are escaped with `\`."""
    parts: list[str] = []
    wild: list[str] = []
    literal: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character in "*?":
            parts.append("".join(literal))
            wild.append(character)
            literal = []
        else:
            literal.append(next(characters, "\\") if character == "\\" else character)
    return (*parts, "".join(literal)), "".join(wild)


# ---- Functions -------------------------------------------------------------------------------------------------------


def _call(node: ast.Function, text: str, *, negated: bool) -> Logic:
    found = inner_query(node) if node.options is None else None
    if found is not None:
        query, literal = found
        if query.sound and len(query.steps) == 1:
            logic = moved(query.steps[0].logic, offsets(literal, text))
            return Not(logic, node.start, node.end) if negated else logic
        return _opaque(node, negated=negated)
    test = _function_test(node)
    if test is None:
        return _opaque(node, negated=negated)
    if node.name == "match":
        return Not(test, node.start, node.end) if negated else test
    return _has_value(test, negated=negated)


def _function_test(node: ast.Function) -> Test | None:
    if len(node.arguments) != 2 or node.options is not None:  # noqa: PLR2004 (a field and a value)
        return None
    operand, value = node.arguments
    if not (isinstance(operand, ast.Column) and isinstance(value, ast.Literal)):
        return None
    if node.name == "match":
        return _make(node, (operand.name, None), "match", (value,))
    if not isinstance(value.value, str) or node.name not in _AROUND:
        return None
    before, after = _AROUND[node.name]
    parts = (("",) if before else ()) + (value.value,) + (("",) if after else ())
    pattern = before + "".join(f"\\{one}" if one in "*?\\" else one for one in value.value) + after
    like = Value(pattern, parts, before + after, value.start, value.end)
    return Test(operand.name, "like", (like,), start=node.start, end=node.end)


_AROUND: Final = {"starts_with": ("", "*"), "ends_with": ("*", ""), "contains": ("*", "*")}
_TESTS: Final[dict[type, Callable[[Any], Test | None]]] = {
    ast.Comparison: _comparison,
    ast.In: _in,
    ast.Like: _like,
    ast.Match: _match,
}
