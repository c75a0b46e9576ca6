"""A small world of events, and what a condition says of each: to hold conclusions against."""

import itertools
import random
import re
from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from rulepack.query.implication import Fields
from rulepack.query.logic import Always, And, Nested, Not, Opaque, Or, Test, Value

# one: a keyword that holds one value; many: one that holds several; number: a whole number; text: analysed text;
# odd: one of which nothing is known, and which is text here; list.name: within the objects of a nested field.
TYPES = {"one": ("keyword",), "many": ("wildcard",), "number": ("long",), "text": ("text",), "list.name": ("keyword",)}
KEYWORDS = [(), ("a",), ("b",), ("A",), ("ab",), ("bab",), ("a-b",), ("",)]
SEVERAL = [(), ("a",), ("b",), ("a", "b"), ("ab", "A"), ("a-b", "ba")]
TEXTS = [(), ("a",), ("b a",), ("a-b",), ("ab b",), ("A b ab",), ("bab", "a")]
NUMBERS = [(), (0,), (1,), (2,), (10,)]
OBJECTS = [(), (("a",),), (("a",), ("b",)), ((), ("ab", "b"))]


def _every():
    combined = list(itertools.product(KEYWORDS, SEVERAL, NUMBERS, TEXTS, TEXTS, OBJECTS, (False, True)))
    random.Random(4).shuffle(combined)
    names = ("one", "many", "number", "text", "odd", "list", "opaque")
    # Outside of its objects, a nested field holds what all of them hold.
    return [
        {**dict(zip(names, values, strict=True)), "list.name": tuple(itertools.chain(*values[5]))}
        for values in combined[:150]
    ]


EVENTS = _every()


def fields(*, by_words):
    """What is known of the fields of this world."""
    return Fields(lambda name: TYPES.get(name, ()), lambda name: name in {"one", "number"}, by_words=by_words)


def holds(logic, event, *, by_words):
    """Whether an event fulfils a condition, by the definition of `rulepack.query.logic`."""
    if isinstance(logic, Test):
        return _passes(logic, event[logic.field], by_words=by_words and logic.field in {"text", "odd"})
    if isinstance(logic, Opaque):
        return event["opaque"]
    if isinstance(logic, Always):
        return logic.value
    if isinstance(logic, Not):
        return not holds(logic.part, event, by_words=by_words)
    if isinstance(logic, Nested):
        return any(holds(logic.part, {**event, "list.name": names}, by_words=by_words) for names in event["list"])
    join = all if isinstance(logic, And) else any
    return join(holds(part, event, by_words=by_words) for part in logic.parts)


def _passes(test, held, *, by_words):
    if test.operator == "exists":
        return bool(held)
    if test.operator in {"<", "<=", ">", ">="}:
        bound = int(test.values[0].value)
        compare = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__}[test.operator]
        return any(compare(one, bound) for one in held)
    equal = _equal_words if by_words else _equal
    return any(equal(test, value, one) for value in test.values for one in held)


def _equal(test, value, held):
    wanted, held = _pattern(test, value), str(held)
    if test.folded:
        return re.fullmatch(wanted, held, re.IGNORECASE) is not None
    return re.fullmatch(wanted, held) is not None


def _pattern(test, value):
    if test.operator == "is":
        return re.escape(str(value.value))
    marks = [{"*": ".*", "?": "."}[mark] for mark in value.wild]
    return "".join(re.escape(part) + mark for part, mark in zip(value.parts, [*marks, ""], strict=True))


def _equal_words(test, value, held):
    """A text holds the words of a value in a row, or a word that fits one of the patterns between its blanks."""
    words = re.findall(r"\w+", held.lower())
    if test.operator == "is":
        wanted = re.findall(r"\w+", str(value.value).lower())
        return bool(wanted) and any(words[at : at + len(wanted)] == wanted for at in range(len(words)))
    patterns = _pattern(test, value).lower().replace("\\ ", " ").split()
    return any(re.fullmatch(pattern, word) for pattern in patterns for word in words)


def _value(text, operator):
    if operator == "like":
        return Value(text, tuple(re.split("[*?]", text)), "".join(re.findall("[*?]", text)))
    return Value(text)


@cache
def comparisons(*, by_words):
    """Tests of this world's fields, by field; in languages that look for words, values are texts, nothing is folded."""
    names = ["one", "many", *(["text", "odd"] if by_words else [])]
    texts = {
        "is": st.sampled_from(["a", "b", "ab", "a-b", "A", "b a", ""]),
        "like": st.sampled_from(
            ["a*", "*b", "*a*", "a*b", "*a-b*", "b*", "*a b*", "*-b"] + ["?", "a?"] * (not by_words)
        ),
    }

    def test(name, operator):
        values = st.lists(texts[operator].map(lambda text: _value(text, operator)), min_size=1, max_size=3)
        folded = st.just(False) if by_words else st.booleans()  # noqa: FBT003
        return st.builds(lambda values, folded: Test(name, operator, tuple(values), folded), values, folded)

    def numbers(name):
        whole = st.sampled_from([0, 1, 2, 10]).map(lambda number: Value(str(number) if by_words else number))
        ranges = st.builds(
            lambda operator, value: Test(name, operator, (value,)), st.sampled_from(["<", "<=", ">", ">="]), whole
        )
        return ranges | st.lists(whole, min_size=1, max_size=2).map(lambda values: Test(name, "is", tuple(values)))

    found = {name: test(name, "is") | test(name, "like") for name in [*names, "list.name"]}
    return {**found, "number": numbers("number")}


@cache
def conditions(*, by_words):
    """Conditions of this world."""
    tests = dict(comparisons(by_words=by_words))
    nested = tests.pop("list.name").map(lambda part: Nested("list", part))
    exists = st.sampled_from(sorted(tests)).map(lambda name: Test(name, "exists"))
    leaves = st.one_of(*tests.values(), nested, exists, st.just(Opaque("f(a)")), st.booleans().map(Always))
    return st.recursive(leaves, _joined, max_leaves=8)


def _joined(inner):
    def flat(kind, parts):
        return kind(tuple(each for part in parts for each in (part.parts if isinstance(part, kind) else (part,))))

    several = st.lists(inner, min_size=2, max_size=4)
    return several.map(lambda parts: flat(And, parts)) | several.map(lambda parts: flat(Or, parts)) | inner.map(Not)


def placed(logic, start=1):
    """A condition in which every node and every value has a place of its own."""
    counter = itertools.count(start)

    def place(node):
        at = {"start": next(counter), "end": next(counter)}
        if isinstance(node, And | Or):
            return replace(node, parts=tuple(place(part) for part in node.parts), **at)
        if isinstance(node, Not | Nested):
            return replace(node, part=place(node.part), **at)
        if isinstance(node, Test):
            values = tuple(replace(one, start=next(counter), end=next(counter)) for one in node.values)
            return replace(node, values=values, **at)
        return replace(node, **at)

    return place(logic)


def without(logic, start, *, neutral=False):
    """A condition without the node or value that begins at a place; `neutral` leaves the rest as it is."""

    def take(node, joined=None):
        if node.start == start:
            return Always(neutral and joined is And)
        if isinstance(node, And | Or):
            return replace(node, parts=tuple(take(part, type(node)) for part in node.parts))
        if isinstance(node, Not | Nested):
            return replace(node, part=take(node.part))
        if isinstance(node, Test) and any(value.start == start for value in node.values):
            left = tuple(value for value in node.values if value.start != start)
            return replace(node, values=left) if left else Always(value=False)
        return node

    return take(logic)
