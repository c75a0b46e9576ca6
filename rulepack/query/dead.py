"""Dead logic: clauses that never hold, values that never count, exclusions that exclude everything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Literal

from rulepack.frozen import frozen
from rulepack.query.base import shown
from rulepack.query.implication import Fields, Reasoner, spelled_value
from rulepack.query.logic import Always, And, Logic, Nested, Not, Or, Test

# More parts than that are compared by equality only, or a hostile query would take minutes.
_MOST_PARTS = 100
# More than that no rule has by far; looking for what is there twice would take as long as all else with the query.
_MOST_LOOKED_AT = 10_000
# Characters of a value that a message shows: both ends, as paths and names often differ at the end only.
_SHOWN_HEAD = 14
_SHOWN_TAIL = 20

Kind = Literal["never", "idle", "shadowed", "duplicate", "excluded"]


@frozen
class Dead:
    """A piece of a query that does nothing, or makes it match nothing.

    `start` to `end` is the piece, `other_start` to `other_end` what makes it so. `kind`: `never` holds together with
    the other; `idle`: an exclusion that never holds; `shadowed`: all that it matches, the other matches; `duplicate` of
    the other; `excluded` by the other, or excludes all of it.
    """

    kind: Kind
    message: str
    start: int
    end: int
    other_start: int
    other_end: int


def dead_logic(logic: Logic, fields: Fields) -> Iterator[Dead]:
    """Every dead piece of a condition, given what is known about the fields in it."""
    yield from _Searcher(Reasoner(fields)).search(logic, (), wanted=True)


class _Searcher:
    def __init__(self, reasoner: Reasoner) -> None:
        self.reasoner = reasoner

    def search(self, logic: Logic, given: tuple[Logic, ...], *, wanted: bool) -> Iterator[Dead]:
        """Dead pieces of a condition where some others hold as well, those further out first.

        `wanted` is False for what is excluded.
        """
        if isinstance(logic, And | Or) and len(logic.parts) > _MOST_LOOKED_AT:
            return
        if isinstance(logic, And):
            yield from self._conjunction(logic, given, wanted=wanted)
        elif isinstance(logic, Or):
            yield from self._disjunction(logic, given, wanted=wanted)
        elif isinstance(logic, Not):
            # What is given outside is given inside as well.
            yield from self.search(logic.part, given, wanted=not wanted)
        elif isinstance(logic, Nested):
            yield from self.search(logic.part, (), wanted=wanted)
        elif isinstance(logic, Test):
            yield from self._inside_test(logic)

    def _conjunction(self, logic: And, given: tuple[Logic, ...], *, wanted: bool) -> Iterator[Dead]:
        parts = logic.parts
        few = len(parts) + len(given) <= _MOST_PARTS
        clash = next(self._clashes(parts, given, wanted=wanted), None) if few else None
        if clash is not None:
            yield clash
            return  # nothing in a clause that never holds is worth another word
        yield from self._repeated(parts)
        if few:
            yield from self._weakened(parts, given)
        for number, part in enumerate(parts):
            yield from self.search(part, (*given, *parts[:number], *parts[number + 1 :]) if few else (), wanted=wanted)

    def _disjunction(self, logic: Or, given: tuple[Logic, ...], *, wanted: bool) -> Iterator[Dead]:
        found = [*self._repeated(logic.parts), *self._across(logic.parts)]
        for part in logic.parts:
            clash = None if isinstance(part, And) else next(self._clashes((part,), given, wanted=wanted), None)
            found += [clash] if clash is not None else self.search(part, given, wanted=wanted)
        if len(logic.parts) <= _MOST_PARTS:
            found += self._absorbed(logic.parts)
        # A clause that is there twice is so for each way of looking at it.
        yield from {(one.start, one.end): one for one in reversed(found)}.values()

    def _clashes(self, parts: tuple[Logic, ...], given: tuple[Logic, ...], *, wanted: bool) -> Iterator[Dead]:
        """Conditions that never hold together, at least one of them among the parts."""
        for number, part in enumerate(parts):
            for other in (*given, *parts[:number]):
                if self._excludes(part, other):
                    # The exclusion is what is out of place, wherever it stands.
                    here, there = (other, part) if isinstance(other, Not) and other in parts else (part, other)
                    yield _clash(here, there, wanted=wanted)
            if isinstance(part, Not) and isinstance(part.part, And):
                others = (*given, *parts[:number], *parts[number + 1 :])
                reasons = [
                    next((one for one in others if self.reasoner.implies(one, each)), None) for each in part.part.parts
                ]
                if None not in reasons and reasons[0] is not None:
                    yield _clash(part, reasons[0], wanted=wanted)

    def _excludes(self, one: Logic, other: Logic) -> bool:
        if isinstance(one, Test) and isinstance(other, Test):
            return one.field == other.field and self.reasoner.exclude(one, other)
        if isinstance(one, Always) and not one.value:
            return True
        if isinstance(one, Not) and self.reasoner.implies(other, one.part):
            return True
        return isinstance(other, Not) and self.reasoner.implies(one, other.part)

    def _absorbed(self, parts: tuple[Logic, ...]) -> Iterator[Dead]:
        """Alternatives that match nothing which another does not match."""
        # Alternatives that are values are compared one by one, those of which case counts apart.
        folded = [part.folded if isinstance(part, Test) and part.operator in ("is", "like") else None for part in parts]
        if None not in folded and len(set(folded)) == 1:
            return
        keys = list(map(self.reasoner.key, parts))
        for number, part in enumerate(parts):
            for index, other in enumerate(parts):
                if keys[number] == keys[index] or folded[number] == folded[index] is not None:
                    continue
                # Of two that say the same, the later one is surplus.
                if self.reasoner.implies(part, other) and not (number < index and self.reasoner.implies(other, part)):
                    message = "all that this alternative matches, another one matches already"
                    yield Dead("shadowed", message, part.start, part.end, other.start, other.end)
                    break

    def _weakened(self, parts: tuple[Logic, ...], given: tuple[Logic, ...]) -> Iterator[Dead]:
        """Values of a test that an exclusion beside it takes away again."""
        exclusions = [
            (part, test)
            for part in (*given, *parts)
            if isinstance(part, Not)
            for test in (part.part.parts if isinstance(part.part, Or) else (part.part,))
            if isinstance(test, Test) and test.operator in ("is", "like")
        ]
        for part in parts:
            if not isinstance(part, Test) or part.operator not in ("is", "like") or len(part.values) == 1:
                continue
            for _, test in exclusions:
                if test.field != part.field:
                    continue
                left = set(self.reasoner.uncovered(part, test))
                for number, value in enumerate(part.values):
                    if number not in left:
                        message = f"{_shown(part, number)} is excluded again by a `not` beside it"
                        start, end = (value.start, value.end) if value.end else (part.start, part.end)
                        yield Dead("excluded", message, start, end, test.start, test.end)

    def _across(self, parts: tuple[Logic, ...]) -> Iterator[Dead]:
        """Values of one field in several alternatives: duplicates, and values that a wildcard matches anyway."""
        groups: dict[tuple[str, bool], dict[int, Test]] = defaultdict(dict)
        for part in parts:
            if isinstance(part, Test) and part.operator in ("is", "like"):
                # A clause that is there twice is no news value by value.
                groups[part.field, part.folded].setdefault(self.reasoner.key(part), part)
        for tests in groups.values():
            if len(tests) > 1:
                yield from self._values([*tests.values()])

    def _inside_test(self, test: Test) -> Iterator[Dead]:
        """Values of one list: duplicates, and values that a wildcard beside them matches anyway."""
        if test.operator in ("is", "like") and len(test.values) > 1:
            yield from self._values([test])

    def _values(self, tests: list[Test]) -> Iterator[Dead]:
        """Values that another one makes needless; of several tests only pairs from two: each is seen alone."""
        reasoner = self.reasoner
        globs = [glob for test in tests for glob in reasoner.globs(test, folded=test.folded)]
        wild = [index for index, glob in enumerate(globs) if glob.wild]
        if not wild and len({glob.text for glob in globs}) == len(globs):
            return  # as nearly always
        values = [(test, number) for test in tests for number in range(len(test.values))]
        across = len(tests) > 1
        first: dict[str, int] = {}
        if not reasoner.spend(len(wild) * len(values)):
            wild = []
        whole = not wild or reasoner.whole(tests[0].field)
        cores = [(other, globs[other].core) for other in wild]
        for index, (test, number) in enumerate(values):
            there = first.setdefault(globs[index].text, index)
            if there != index:
                if not across or values[there][0] is not test:
                    yield _needless("duplicate", f"{_shown(test, number)} is there twice", values[index], values[there])
                continue
            text = globs[index].text
            for other, core in cores:
                if (
                    core in text  # by which nearly all are told apart
                    and other != index
                    and not (across and values[other][0] is test)
                    and reasoner.covers(globs[other], globs[index], whole=whole)
                    # Of two that match the same, the later one is surplus.
                    and not (index < other and reasoner.covers(globs[index], globs[other], whole=whole))
                ):
                    narrow, wide = _shown(test, number), _shown(*values[other])
                    # Two long ones may differ only where they were cut.
                    message = f"{narrow} is matched by {wide if wide != narrow else 'another value'} already"
                    yield _needless("shadowed", message, values[index], values[other])
                    break

    def _repeated(self, parts: tuple[Logic, ...]) -> Iterator[Dead]:
        """Parts that are there twice."""
        seen: dict[int, Logic] = {}
        # That a field has a value is part of what ES|QL's `!=` and NOT say, and is written nowhere.
        unwritten = {(one.start, one.end) for part in parts if isinstance(part, Not) for one in (part, part.part)}
        # Nearly all are the only one of their kind and field, so that nothing of them has to be compared.
        kinds = list(map(_kind_of, parts))
        counts = Counter(kinds)
        for part, kind in zip(parts, kinds, strict=True):
            if counts[kind] == 1:
                continue
            if isinstance(part, Test) and part.operator == "exists" and (part.start, part.end) in unwritten:
                continue
            first = seen.setdefault(self.reasoner.key(part), part)
            if first is not part:
                yield Dead("duplicate", "this clause is there twice", part.start, part.end, first.start, first.end)


def _kind_of(logic: Logic) -> tuple[type, str]:
    """What two conditions that say the same have in common, told at once."""
    inner = logic.part if isinstance(logic, Not) else logic
    return type(logic), inner.field if isinstance(inner, Test) else ""


def _clash(here: Logic, there: Logic, *, wanted: bool) -> Dead:
    kind: Kind = "idle" if not wanted else "excluded" if isinstance(here, Not) else "never"
    effect = "finds" if wanted else "excludes"
    if kind == "excluded":
        message = "this excludes all that is asked for beside it"
    elif isinstance(here, Test):
        message = f"{shown(here.field)} is never {_demand(here)} here, so that this {effect} nothing"
    else:
        message = f"this never holds here, so that it {effect} nothing"
    # In a list of values that the language takes apart, the others have nothing to do with it.
    alone = isinstance(here, Test) and len(here.values) == 1 and here.end > here.values[0].end
    start, end = _place(here, 0) if isinstance(here, Test) and alone else (here.start, here.end)
    return Dead(kind, message, start, end, there.start, there.end)


def _demand(test: Test) -> str:
    """What a test asks of its field, for a message: `"cmd.exe" or 2 others`."""
    if not test.values:
        return "there"
    operator = f"{test.operator} " if test.operator in ("<", "<=", ">", ">=") else ""
    others = len(test.values) - 1
    more = f" or {others:,} other{'s' * (others > 1)}" if others else ""
    return f"{operator}{_shown(test, 0)}{more}"


def _needless(kind: Kind, message: str, here: tuple[Test, int], there: tuple[Test, int]) -> Dead:
    return Dead(kind, message, *_place(*here), *_place(*there))


def _place(test: Test, number: int) -> tuple[int, int]:
    """Where a value of a test is."""
    value = test.values[number]
    return (value.start, value.end) if value.end else (test.start, test.end)


def _shown(test: Test, number: int) -> str:
    text = spelled_value(test, number)
    if len(text) > _SHOWN_HEAD + _SHOWN_TAIL:
        text = f"{text[:_SHOWN_HEAD]}…{text[1 - _SHOWN_TAIL :]}"
    return f'"{shown(text)}"'
