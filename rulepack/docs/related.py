"""Which rules are related to a rule, and why: by what they detect, how, and in which data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from itertools import chain

from rulepack.docs.brief import Brief
from rulepack.docs.shared import CONTEXT, FIRST, FOLDED, KINDS, LEADING, Words, features_of, scale_of, weight_of
from rulepack.frozen import frozen
from rulepack.processes import spread

LIMIT = 5
# Rules that have less in common are not related.
_LEAST = 12
# How many rules are looked at for each: as many as its rarest features lead to. It keeps the time linear.
_MOST_LOOKED_AT = 512
# How a rule's number is kept beside another number.
_BITS = 32
_MASK = (1 << _BITS) - 1


_COUNTS = tuple(one.name for one in fields(Brief) if one.name not in ("description", "events", "updated", "version"))


@frozen
class Related:
    """A rule that is related to another: where its page is (`path` without a kind), and why, strongest reason first.

    The reasons are plain text, which may hold parts of rules.
    """

    name: str
    path: str
    rule_id: str
    file: str
    reasons: tuple[str, ...] = ()

    @classmethod
    def to(cls, brief: Brief, reasons: Iterable[str] = ()) -> Related:
        """The rule that a brief is about."""
        return cls(brief.name, brief.path, brief.rule_id, brief.file, tuple(reasons))


def by_tags(brief: Brief, briefs: Iterable[Brief], limit: int = LIMIT) -> tuple[Related, ...]:
    """The rules with most of a rule's tags, the newest first, as sites made with Hugo find related pages.

    Rules that were updated later than this one are left out, and deprecated ones. Every tag counts the same.
    """
    own = frozenset(brief.tags)
    found = [
        (len(own.intersection(one.tags)), one)
        for one in briefs
        if one.file != brief.file and not one.deprecated and one.updated <= brief.updated
    ]
    ranked = sorted((pair for pair in found if pair[0]), key=lambda pair: pair[1].file)
    ranked.sort(key=lambda pair: (pair[0], pair[1].updated), reverse=True)
    return tuple(
        Related.to(one, (f"{count} of the same tags" if count > 1 else "one of the same tags",))
        for count, one in ranked[:limit]
    )


def related(briefs: Sequence[Brief], limit: int = LIMIT, *, jobs: int = 1) -> dict[str, tuple[Related, ...]]:
    """The rules related to each, most first, by the rule's file.

    They share techniques, data, or what their queries look at and look for; what few rules have in common counts more
    than what many have. A deprecated rule is related to none; it has related rules itself, first of all its
    replacement. What takes part in this and how much it counts depends on rough numbers of rules only, so that one
    changed rule seldom changes the results of those that have little to do with it. Up to `jobs` processes look for
    them at a time, where there are many rules.
    """
    index = _Index(briefs)
    files = [brief.file for brief in briefs]
    numbers = index.by_file
    found = spread(lambda file: index.related(numbers[file], limit), files, jobs)
    return dict(zip(files, found, strict=True))


def related_again(
    before: Sequence[Brief], after: Sequence[Brief], results: Mapping[str, tuple[Related, ...]], limit: int = LIMIT
) -> dict[str, tuple[Related, ...]]:
    """What `related(after, limit)` gives, from what `related(before, limit)` gave."""
    former = {brief.file: brief for brief in before}
    current = {brief.file for brief in after}
    gone = [brief for brief in before if brief.file not in current]
    changed = [number for number, brief in enumerate(after) if _differs(former.get(brief.file), brief)]
    gone += [former[after[number].file] for number in changed if after[number].file in former]
    if not changed and not gone and len(before) == len(after):
        return dict(results)
    index = _Index(after)
    again = index.touched(changed, gone, results, limit)
    return {
        brief.file: index.related(number, limit) if again is None or number in again else results[brief.file]
        for number, brief in enumerate(after)
    }


def _differs(before: Brief | None, after: Brief) -> bool:
    """Whether a rule is another one for what counts here, which is nearly all but its description and its dates."""
    if before is after:
        return False
    return before is None or any(getattr(before, name) != getattr(after, name) for name in _COUNTS)


class _Index:
    """What the rules of a pack have in common, each feature a number. Only living rules are found by it."""

    def __init__(self, briefs: Sequence[Brief]) -> None:
        self.briefs = briefs
        self.numbers: list[dict[str, int]] = [{} for _ in KINDS]
        self.kinds: list[int] = []
        self.names: list[str] = []
        self.having: list[list[int]] = []
        self.every = [self._of(brief) for brief in briefs]
        living = 0
        for number, brief in enumerate(briefs):
            if not brief.deprecated:
                living += 1
                for feature in self.every[number]:
                    self.having[feature].append(number)
        self.scale = scale_of(living)
        self.weights = [
            weight_of(kind, self.scale, len(rules)) for kind, rules in zip(self.kinds, self.having, strict=True)
        ]
        weights = self.weights
        kinds = self.kinds
        self.own = [frozenset([one for one in features if weights[one]]) for features in self.every]
        self.context = [frozenset([one for one in own if kinds[one] >= CONTEXT]) for own in self.own]
        # Many have the same context, by whose number what it is worth is found.
        different: dict[frozenset[int], int] = {}
        self.contexts = [different.setdefault(one, len(different)) for one in self.context]

    def _of(self, brief: Brief) -> dict[int, None]:
        """The features of a rule."""
        found: dict[int, None] = {}
        for kind, names in features_of(brief):
            numbers = self.numbers[kind]
            for name in names:
                number = numbers.get(name)
                found[self._new(kind, name) if number is None else number] = None
        return found

    def _new(self, kind: int, name: str) -> int:
        """The number of a feature that has none yet by this name."""
        folded = name.casefold() if kind in FOLDED else name
        number = self.numbers[kind].get(folded)
        if number is None:
            number = self.numbers[kind][folded] = len(self.kinds)
            self.kinds.append(kind)
            self.names.append(folded)
            self.having.append([])
        self.numbers[kind][name] = number
        return number

    @cached_property
    def by_id(self) -> dict[str, int]:
        """The living rule with each rule_id, by file the first."""
        ordered = sorted(range(len(self.briefs)), key=lambda number: self.briefs[number].file, reverse=True)
        return {self.briefs[number].rule_id: number for number in ordered if not self.briefs[number].deprecated}

    @cached_property
    def by_file(self) -> dict[str, int]:
        """The rules by their files."""
        return {brief.file: number for number, brief in enumerate(self.briefs)}

    def related(self, number: int, limit: int) -> tuple[Related, ...]:
        """The rules related to one."""
        brief = self.briefs[number]
        first = self.by_id.get(brief.replacement) if brief.deprecated and brief.replacement else None
        found = [] if first is None else [Related.to(self.briefs[first], ("replaces this rule",))]
        ranked = [other for other in self._ranked(number, limit + 1) if other != first][: limit - len(found)]
        if ranked:
            say = Words(brief, self.names)
            found += [Related.to(self.briefs[other], say.reasons(self._shared(number, other))) for other in ranked]
        return tuple(found)

    def _leading(self, number: int) -> list[int]:
        """The features by which others are found for a rule, and that count; the rarest, all together not too many.

        As it is the sizes' powers of two that count, one more rule seldom changes which these are.
        """
        kinds, names = self.kinds, self.names
        own = [one for one in self.own[number] if kinds[one] in LEADING]
        ordered = sorted([(len(self.having[one]).bit_length(), kinds[one], names[one], one) for one in own])
        left = _MOST_LOOKED_AT
        leading: list[int] = []
        for first in (True, False):
            for size, kind, _, feature in ordered:
                if (kind in FIRST) is first:
                    left -= 1 << size
                    if left < 0:
                        return leading
                    leading.append(feature)
        return leading

    def _ranked(self, number: int, limit: int) -> list[int]:
        """The rules most like one."""
        by_kind: dict[int, list[int]] = {}
        for feature in self._leading(number):
            by_kind.setdefault(self.kinds[feature], []).append(feature)
        total: dict[int, int] = {}
        for kind, features in sorted(by_kind.items()):
            if kind >= CONTEXT:
                total = {**dict.fromkeys(chain.from_iterable([self.having[one] for one in features]), 0), **total}
            elif not total:
                total = self._by_kind(kind, features)
            else:
                for other, worth in self._by_kind(kind, features).items():
                    total[other] = total.get(other, 0) + worth
        total.pop(number, None)
        most = self._worth(self.context[number])
        near: dict[int, int] = {}
        best: list[tuple[int, str, str, int]] = []
        # As numbers, which are sorted fastest: the rules with most in common first.
        for packed in sorted([other - (worth << _BITS) for other, worth in total.items()]):
            worth, other = -(packed >> _BITS), packed & _MASK
            if len(best) == limit and worth + most < -best[-1][0]:
                break
            context = self.contexts[other]
            if context not in near:
                near[context] = self._worth(self.context[number] & self.context[other])
            worth += near[context]
            if worth >= _LEAST and (len(best) < limit or worth >= -best[-1][0]):
                brief = self.briefs[other]
                best = sorted((*best, (-worth, brief.path, brief.file, other)))[:limit]
        return [key[-1] for key in best]

    def _by_kind(self, kind: int, features: list[int]) -> dict[int, int]:
        """The rules that have some of the features of one kind, and what these are worth."""
        if len(features) == 1:
            return dict.fromkeys(self.having[features[0]], min(self.weights[features[0]], KINDS[kind].most))
        found: dict[int, int] = {}
        for feature in features:
            weight = self.weights[feature]
            for other in self.having[feature]:
                found[other] = found.get(other, 0) + weight
        most = KINDS[kind].most
        for other, worth in found.items():
            if worth > most:
                found[other] = most
        return found

    def _worth(self, features: Iterable[int]) -> int:
        """What some features are worth together."""
        found: dict[int, int] = {}
        for feature in features:
            kind = self.kinds[feature]
            found[kind] = found.get(kind, 0) + self.weights[feature]
        return sum([min(worth, KINDS[kind].most) for kind, worth in found.items()])

    def _shared(self, number: int, other: int) -> dict[int, list[tuple[int, int]]]:
        """What two rules have in common, by kind: what each is worth, and its number."""
        found: dict[int, list[tuple[int, int]]] = {}
        for feature in self.own[number] & self.own[other]:
            found.setdefault(self.kinds[feature], []).append((self.weights[feature], feature))
        return found

    def touched(
        self, changed: Iterable[int], gone: Iterable[Brief], results: Mapping[str, tuple[Related, ...]], limit: int
    ) -> set[int] | None:
        """The rules whose results can be others than before; None if all can.

        `changed` are new rules and those that were otherwise before; `gone` is how those were, and removed rules.
        """
        again = set(changed)
        now = [self.briefs[number] for number in again]
        otherwise = self._weighing_otherwise(gone, now)
        if otherwise is None:
            return None
        files = {one.file for one in (*gone, *now)}
        ids = {one.rule_id for one in (*gone, *now)}
        # Where nothing weighs otherwise, only a rule that has changed itself can come into a list, or leave it.
        rivals = [
            (number, frozenset(one for one in self.own[number] if self.kinds[one] in LEADING))
            for number in again
            if not self.briefs[number].deprecated
        ]
        for number, brief in enumerate(self.briefs):
            if number not in again and (
                (otherwise and not otherwise.isdisjoint(self.every[number]))
                or (brief.deprecated and brief.replacement in ids)
                or any(one.file in files for one in results[brief.file])
                or self._gives_way(number, rivals, results[brief.file], limit)
            ):
                again.add(number)
        return again

    def _weighing_otherwise(self, gone: Iterable[Brief], now: Iterable[Brief]) -> set[int] | None:
        """The features that were worth something else when there were some rules and others not; None if all were."""
        more: Counter[int] = Counter()
        living = sum(not brief.deprecated for brief in self.briefs)
        known = len(self.weights)
        for sign, briefs in ((1, gone), (-1, now)):
            for brief in briefs:
                if not brief.deprecated:
                    living += sign
                    for feature in self._of(brief):
                        more[feature] += sign
        if scale_of(living) != self.scale:
            return None
        return {
            feature
            for feature, count in more.items()
            if feature < known
            and weight_of(self.kinds[feature], self.scale, len(self.having[feature]) + count) != self.weights[feature]
        }

    def _gives_way(
        self, number: int, rivals: Iterable[tuple[int, frozenset[int]]], former: tuple[Related, ...], limit: int
    ) -> bool:
        """Whether one of some rules is more like a rule than the last that is related to it."""
        own = self.own[number]
        others = [
            other
            for other, telling in rivals
            if not own.isdisjoint(telling) and self._worth(own & self.own[other]) >= _LEAST
        ]
        if not others or len(former) < limit:
            return bool(others)
        leading = frozenset(self._leading(number))
        last = self._key(number, leading, self.by_file[former[-1].file])
        return any(self._key(number, leading, other) < last for other in others)

    def _key(self, number: int, leading: frozenset[int], other: int) -> tuple[int, str, str]:
        """What the rules related to one are sorted by: how much is the same, then by path."""
        brief, own = self.briefs[other], self.own[other]
        telling = [one for one in leading & own if self.kinds[one] < CONTEXT]
        return -self._worth(telling) - self._worth(self.context[number] & own), brief.path, brief.file
