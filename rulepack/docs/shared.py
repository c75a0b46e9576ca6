"""What two rules can have in common, how much that counts, and how it is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple

from rulepack.docs.brief import Brief


class Kind(NamedTuple):
    """A kind of things that rules can have in common.

    `worth` is what one counts for each time that it is half as frequent; of what is more frequent than a half, `common`
    times halved, none counts. `most` is what all of the kind can count together, so that long lists do not outweigh
    everything else.
    """

    worth: int
    common: int
    most: int


_SUB, _TECHNIQUE, _FIELD, _VALUE, _WORD, _TACTIC, _SOURCE, _INTEGRATION, _INDEX, _PLATFORM, _TYPE = range(11)
KINDS: tuple[Kind, ...] = (
    Kind(7, 0, 105),
    Kind(6, 0, 90),
    Kind(4, 2, 60),
    Kind(4, 2, 72),
    Kind(3, 3, 30),
    Kind(3, 0, 12),
    Kind(5, 0, 24),
    Kind(3, 0, 6),
    Kind(2, 0, 6),
    Kind(6, 0, 12),
    Kind(2, 0, 10),
)
# What begins here says what rules are about, and many have the same of it.
CONTEXT = _TACTIC
# These lead from a rule to others, the techniques before the rest.
LEADING = frozenset(range(_INTEGRATION + 1))
FIRST = frozenset((_SUB, _TECHNIQUE))
# Upper and lower case are the same in these.
FOLDED = frozenset((_VALUE, _WORD))
# A small pack is no less varied: what two of its ten rules share is as rare.
_LEAST_SCALE = 8
_MOST_REASONS = 3
_MOST_NAMED = 3
_LONGEST = 60
# A reason that is worth less than this part of the first is none.
_WEAK = 4
_NAME_WORD = re.compile(r"[^\W_]{3,}")
# Which events there are is said by fields that nearly every query has, even in packs too small to tell by counting.
_NO_FIELDS = frozenset(
    (
        "@timestamp",
        "data_stream.dataset",
        "data_stream.namespace",
        "data_stream.type",
        "event.action",
        "event.category",
        "event.dataset",
        "event.kind",
        "event.module",
        "event.outcome",
        "event.type",
        "host.os.type",
    )
)
# What these are compared with, and what else says nothing.
_NO_VALUE = re.compile(
    r".|true|false|[\W_]*|now\b.*|alert|authentication|change|creation|deletion|end|event|exec|failure|file|fork|info|"
    r"linux|macos|network|process|start|success|windows",
    re.IGNORECASE,
)
# A value that reads well, and does so in every place.
_PLAIN = re.compile(r"[\w.*\\/:@ -]{1,60}")
# The kinds that are said, and what of: a platform or a rule's type alone say little.
_DATA = {_SOURCE: "data source", _INTEGRATION: "integration", _INDEX: "index pattern"}
_REASONS = {_SUB: _TECHNIQUE, **dict.fromkeys(_DATA, _SOURCE)} | {
    kind: kind for kind in (_TECHNIQUE, _FIELD, _VALUE, _WORD, _TACTIC)
}


def scale_of(rules: int) -> int:
    """The binary digits of the number of rules: it is in such steps that things are rare."""
    return max(_LEAST_SCALE, rules.bit_length())


def weight_of(kind: int, scale: int, size: int) -> int:
    """What a thing is worth that so many rules have."""
    worth, common, _ = KINDS[kind]
    return worth * max(0, scale - common - size.bit_length())


def features_of(brief: Brief) -> Iterator[tuple[int, Iterable[str]]]:
    """What a rule can have in common with others, by kind; upper and lower case are the same in those of FOLDED."""
    places = brief.places
    yield _SUB, [one.subtechnique for one in places if one.subtechnique]
    yield _TECHNIQUE, [one.technique for one in places if one.technique and not one.subtechnique]
    yield _TACTIC, [one.tactic for one in places if not one.technique]
    yield _SOURCE, brief.data_sources
    yield _INTEGRATION, brief.integrations
    yield _INDEX, brief.index
    yield _PLATFORM, brief.platforms
    yield _FIELD, [one for one in brief.query_fields if one not in _NO_FIELDS]
    yield _VALUE, [one for one in brief.query_values if _NO_VALUE.fullmatch(one) is None]
    yield _WORD, _NAME_WORD.findall(brief.name)
    yield _TYPE, (brief.type,)


class Words:
    """Says why rules are related to one."""

    def __init__(self, brief: Brief, names: list[str]) -> None:
        self.brief = brief
        self.names = names

    def reasons(self, shared: Mapping[int, list[tuple[int, int]]]) -> tuple[str, ...]:
        """The strongest reasons: `shared` has of each kind what two rules share, each with what it is worth."""
        worth: dict[int, int] = {}
        for kind, found in shared.items():
            reason = _REASONS.get(kind)
            if reason is not None:
                worth[reason] = worth.get(reason, 0) + min(KINDS[kind].most, sum([one for one, _ in found]))
        if _TECHNIQUE in worth:
            # They say that already.
            worth.pop(_TACTIC, None)
        ranked = sorted([(-one, kind) for kind, one in worth.items()])[:_MOST_REASONS]
        said = [self._said(kind, shared) for one, kind in ranked if one * _WEAK <= ranked[0][0]]
        return tuple(filter(None, said))

    def _said(self, kind: int, shared: Mapping[int, list[tuple[int, int]]]) -> str:
        if kind == _TECHNIQUE:
            return _same("technique", self._techniques(self._named(_SUB, shared), self._named(_TECHNIQUE, shared)))
        if kind == _TACTIC:
            return _same("tactic", [self._tactics[one] for one in self._named(_TACTIC, shared)])
        if kind == _FIELD:
            return _same("field", self._named(_FIELD, shared))
        if kind == _VALUE:
            values = [
                one for one in map(self._values.__getitem__, self._named(_VALUE, shared)) if _PLAIN.fullmatch(one)
            ]
            return f"both look for {_list(values)}" if values else ""
        if kind == _WORD:
            return f"both names have {_list([self._words[one] for one in self._named(_WORD, shared)])}"
        data = next(one for one in _DATA if one in shared)
        names = frozenset(self._named(data, shared))
        # In the rule's order: which of many is the rarest says little.
        return _same(_DATA[data], [one for one in self._data[data] if one in names])

    def _named(self, kind: int, shared: Mapping[int, list[tuple[int, int]]]) -> list[str]:
        """What two rules share of one kind, the rarest first, without what is much less rare."""
        found = shared.get(kind)
        if found is None:
            return []
        ranked = sorted([(-weight, self.names[feature]) for weight, feature in found])
        return [name for weight, name in ranked if weight * 2 <= ranked[0][0]]

    def _techniques(self, subs: list[str], techniques: list[str]) -> list[str]:
        """Sub-techniques, then techniques that are not those of these, with their names."""
        above = {one.technique for one in self.brief.places if one.subtechnique in subs} if subs else ()
        return [self._places[one] for one in (*subs, *(one for one in techniques if one not in above))]

    @cached_property
    def _places(self) -> dict[str, str]:
        return {one.id: f"{one.id} {one.name}" for one in self.brief.places}

    @cached_property
    def _tactics(self) -> dict[str, str]:
        return {one.tactic: one.tactic_name for one in self.brief.places}

    @cached_property
    def _values(self) -> dict[str, str]:
        return {one.casefold(): one for one in self.brief.query_values}

    @cached_property
    def _words(self) -> dict[str, str]:
        return {one.casefold(): one for one in _NAME_WORD.findall(self.brief.name)}

    @cached_property
    def _data(self) -> dict[int, tuple[str, ...]]:
        return {_SOURCE: self.brief.data_sources, _INTEGRATION: self.brief.integrations, _INDEX: self.brief.index}


def _same(noun: str, values: list[str]) -> str:
    """`same technique T1059 Command and Scripting Interpreter`."""
    shown = values[:_MOST_NAMED]
    return f"same {noun}{'s' if len(shown) > 1 else ''} {', '.join(map(_short, shown))}"


def _list(values: list[str]) -> str:
    return ", ".join([f"`{one}`" for one in values[:_MOST_NAMED]])


@lru_cache(maxsize=4096)
def _short(value: str) -> str:
    """A text on one line, cut where it is long, without what does not show."""
    plain = " ".join("".join([char if char.isprintable() else " " for char in value]).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1].rstrip()}…"
