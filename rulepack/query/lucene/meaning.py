"""What a Lucene query demands of an event, and the fields that it uses.

There is no precedence. Each clause of a group is required (+), optional or prohibited (-): AND makes the clause before
it and the one behind it required, NOT makes one prohibited, OR changes nothing. What is required must hold, what is
prohibited must not, and the optional clauses count (any of them must hold) only where nothing is required. So
`a OR b AND c` is `+b +c`, and `a OR NOT b` is `a -b`. A group that only prohibits matches all the rest: Elasticsearch
adds that, Lucene alone would find nothing.
Source: https://lucene.apache.org/core/9_12_0/queryparser/org/apache/lucene/queryparser/classic/QueryParser.html,
https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-query-string-query#query-string-syntax
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from rulepack.query.base import FieldUse
from rulepack.query.logic import Always, Logic, Not, Opaque, Operator, Or, Test, Value, conjunction, disjunction
from rulepack.query.lucene.ast import Bad, Clause, Field, Group, Leaf, Part, Phrase, Range, Regex, Wildcard, Word, Words
from rulepack.query.lucene.render import render

EXISTS: Final = "_exists_"
Occur = Literal["required", "optional", "prohibited"]
Comparison = tuple[str, Operator, Value | None]


def occurs(clauses: tuple[Clause, ...]) -> list[Occur]:
    """What each clause of a group is, once its neighbours' AND has been taken into account."""
    found: list[Occur] = []
    for clause in clauses:
        if clause.joint == "AND" and found and found[-1] == "optional":
            found[-1] = "required"
        if clause.sign == "NOT":
            found.append("prohibited")
        else:
            found.append("required" if clause.sign == "+" or clause.joint == "AND" else "optional")
    return found


def logic(node: Part, field: str | None = None) -> Logic:
    """The condition that a part of a query is, where `field` is the one that it searches (None for all)."""
    if isinstance(node, Group):
        return _group(node, field)
    if isinstance(node, Field):
        condition = logic(node.part, node.name)
        return _spread(condition, node.start, node.end) if isinstance(node.part, Group) else _widened(condition, node)
    return _leaf(node, field)


def _group(node: Group, field: str | None) -> Logic:
    required: list[Logic] = []
    optional: list[Logic] = []
    prohibited: list[Logic] = []
    for clause, occur in zip(node.clauses, occurs(node.clauses), strict=True):
        condition = logic(clause.part, field)
        if occur == "required":
            required.append(condition)
        elif occur == "optional":
            optional.append(condition)
        else:
            prohibited.append(Not(condition, clause.start, clause.end))
    if optional and not required:
        required = [disjunction(optional, node.start, node.end)]
    return conjunction([*required, *prohibited], node.start, node.end)


def _spread(condition: Logic, start: int, end: int) -> Logic:
    """`field:(a OR b)` as one test with two values, one for each operator, as the other languages have it."""
    if not isinstance(condition, Or):
        return condition
    tests: dict[tuple[str, Operator], list[Value]] = {}
    others: list[Logic] = []
    for part in condition.parts:
        if isinstance(part, Test) and part.operator in {"is", "like", "regex", "match"}:
            tests.setdefault((part.field, part.operator), []).extend(part.values)
        else:
            others.append(part)
    whole: list[Logic] = [Test(*key, tuple(values), start=start, end=end) for key, values in tests.items()]
    return disjunction(whole + others, start, end)


def _widened(condition: Logic, node: Field) -> Logic:
    """A test of one field with the place of the field's name in it."""
    if isinstance(condition, Test):
        return Test(condition.field, condition.operator, condition.values, condition.folded, node.start, node.end)
    return condition


def _leaf(node: Leaf, field: str | None) -> Logic:
    start, end = node.start, node.end
    if isinstance(node, Wildcard) and node.alone and field in {None, "*"}:
        return Always(True, start, end)  # noqa: FBT003 (the first is its value)
    if isinstance(node, Bad):
        return Opaque("", (), start, end)
    comparisons = compare(node, field) if field is not None and "*" not in field else None
    if comparisons is None:
        shown = render(node)
        if field is None:
            return Opaque(shown, (), start, end)
        return Opaque(f"{field}:{shown}", (field,) if field not in {"*", EXISTS} else (), start, end)
    return conjunction(
        [Test(name, operator, (value,) if value else (), False, start, end) for name, operator, value in comparisons],  # noqa: FBT003
        start,
        end,
    )


def compare(node: Leaf, field: str) -> list[Comparison] | None:
    """The comparisons that a term is, all of which must hold; None where it is none that has a name (fuzzy search)."""
    if field == EXISTS:
        return [(node.text, "exists", None)] if isinstance(node, Word | Phrase) and "*" not in node.text else None
    if isinstance(node, Wildcard):
        if node.alone:
            return [(field, "exists", None)]
        text = "".join(part + wild for part, wild in zip(node.parts, [*node.wild, ""], strict=True))
        return [(field, "like", Value(text, node.parts, node.wild, node.start, node.end))]
    if isinstance(node, Regex):
        return [(field, "regex", Value(node.pattern, (), "", node.start, node.end))]
    if isinstance(node, Range):
        low, high = node.low, node.high
        found: list[Comparison] = []
        if low is not None:
            found.append((field, ">=" if node.with_low else ">", Value(low, (), "", node.start, node.end)))
        if high is not None:
            found.append((field, "<=" if node.with_high else "<", Value(high, (), "", node.start, node.end)))
        return found or [(field, "exists", None)]
    if isinstance(node, Words):
        return [(field, "match", Value(" ".join(node.texts), (), "", node.start, node.end))]
    if isinstance(node, Bad) or node.fuzzy is not None:
        return None
    operator, text = shorthand(node.text) if isinstance(node, Word) else ("is", node.text)
    return [(field, operator, Value(text, (), "", node.start, node.end))]


def shorthand(text: str) -> tuple[Operator, str]:
    """The operator that a term begins with (`>=10`), and the value behind it; `is` where it begins with none."""
    if len(text) > 1 and text[0] in "<>":
        if text[1] == "=" and len(text) > len(">="):
            return (">=" if text[0] == ">" else "<="), text[2:]
        return (">" if text[0] == ">" else "<"), text[1:]
    return "is", text


def field_uses(node: Group) -> Iterator[FieldUse]:
    """Every use of a field: one for each operator that the values of one mention of it are compared with."""
    for field, parts in mentions(node):
        if field.name == EXISTS:
            for leaf in parts:
                if isinstance(leaf, Word | Phrase):
                    yield FieldUse(leaf.text, leaf.start, leaf.end, "exists", pattern="*" in leaf.text)
        elif field.name != "*":
            for operator, values in _comparisons(field.name, parts).items():
                yield FieldUse(
                    field.name,
                    field.start,
                    field.name_end,
                    "exists" if operator == "exists" else "compared",
                    None if operator == "exists" else operator,
                    tuple(values),
                    pattern="*" in field.name,
                )


def _comparisons(name: str, parts: list[Leaf]) -> dict[str, list[str]]:
    """The values that a field is compared with, by operator; `~` is a fuzzy term or phrase."""
    found: dict[str, list[str]] = {}
    for leaf in parts:
        compared = compare(leaf, name)
        if compared is None:
            found.setdefault("~", []).extend([leaf.text] if isinstance(leaf, Word | Phrase) else [])
        for _, operator, value in compared or ():
            found.setdefault(operator, []).extend([str(value.value)] if value else [])
    return found


def mentions(node: Part) -> Iterator[tuple[Field, list[Leaf]]]:
    """Every field in the order of the text, with the terms that are searched in it."""
    if isinstance(node, Group):
        for clause in node.clauses:
            yield from mentions(clause.part)
    elif isinstance(node, Field):
        leaves: list[Leaf] = []
        inner: list[Field] = []
        _collect(node.part, leaves, inner)
        yield node, leaves
        for field in inner:
            yield from mentions(field)


def _collect(node: Part, leaves: list[Leaf], fields: list[Field]) -> None:
    """The terms of a group but for those of other fields, which are collected apart."""
    if isinstance(node, Group):
        for clause in node.clauses:
            _collect(clause.part, leaves, fields)
    elif isinstance(node, Field):
        fields.append(node)
    else:
        leaves.append(node)
