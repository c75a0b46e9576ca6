"""Fields from one source: ECS, a package, a Beat, a file of the pack's own; and what they say about other names."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from itertools import takewhile

from rulepack.frozen import frozen
from rulepack.reference.close import Names, Slips
from rulepack.reference.wildcard import Wildcard

# How a source's fields say more than a type. `object:TYPE` takes any field below it, of that type (`object:` of any);
# `alias:NAME` is another name of a field; `group` and a bare `object` or `nested` hold the fields that are listed.
OPEN = "object:"
ALIAS = "alias:"
_CONTAINERS = frozenset({"object", "nested", "group", "array"})
# Multi-fields that Elastic's packages and Beats put below texts and keywords.
_MULTI_FIELDS = {"text": "match_only_text", "keyword": "keyword", "caseless": "keyword"}
_TEXTS = frozenset({"keyword", "wildcard", "text", "match_only_text", "constant_keyword"})


@frozen
class Hit:
    """What a layer says about a name: its type ("" if that cannot be told), and whether the name itself is listed.

    An alias has `alias:TARGET` for its type. `within` is the open field below which a name is one of any, beside those
    that are listed ("" if there is none); `vague` says that of this field no more is known than some of its fields.
    """

    type: str
    listed: bool = True
    within: str = ""
    vague: bool = False


@frozen(slots=False, eq=False)
class Layer:
    """The fields of one source, sorted by name. `label` is what people call it, such as `endpoint 8.17.0`.

    `exact` says that multi-fields are listed, too; of some sources it is only known which fields there are.
    """

    label: str
    fields: Mapping[str, str]
    exact: bool = True
    _slips: dict[str, Slips] = field(default_factory=dict, repr=False)
    _parents: dict[str, Hit | None] = field(default_factory=dict, repr=False)

    def listed(self, name: str) -> str | None:
        """The type of a name that it lists ("" if that cannot be told); None if it does not list it."""
        type_ = self.fields.get(name)
        return None if type_ is None else _resolved(type_)

    def find(self, name: str) -> Hit | None:
        """What it says about a name, listed or not; None if nothing."""
        type_ = self.listed(name)
        if type_ is not None:
            return Hit(type_)
        if self._is_parent(name):
            return Hit("object")
        return self._below(name) or self._matched(name)

    def matching(self, pattern: Wildcard) -> Iterator[str]:
        """The listed names that a pattern matches."""
        start = pattern.parts[0]
        place = bisect_left(self._sorted, start)
        return filter(pattern.matches, takewhile(lambda name: name.startswith(start), self._sorted[place:]))

    def takes(self, start: str) -> bool:
        """Whether it has fields that take any others, of which some may begin with a text."""
        return any(each.startswith(start) or start.startswith(f"{each}.") for each in self._open)

    def beside(self, name: str, within: str) -> bool:
        """Whether one slip of the finger makes a name of one that is listed below the same field."""
        if within not in self._slips:
            start = f"{within}." if within else ""
            place = bisect_left(self._sorted, start)
            below = takewhile(lambda each: each.startswith(start), self._sorted[place:])
            self._slips[within] = Slips(each.removeprefix(start) for each in below)
        return self._slips[within].holds(name.removeprefix(f"{within}."))

    @cached_property
    def names(self) -> Names:
        """Its names, made ready to be searched for close ones."""
        return Names(name for name in self._sorted if "*" not in name)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.fields)

    def _is_parent(self, name: str) -> bool:
        start = f"{name}."
        place = bisect_left(self._sorted, start)
        return place < len(self._sorted) and self._sorted[place].startswith(start)

    def _below(self, name: str) -> Hit | None:
        """What the nearest field above a name says about it."""
        parent, dot, last = name.rpartition(".")
        multi = _MULTI_FIELDS.get(last)
        if dot and not self.exact and multi and self.fields.get(parent) in _TEXTS:
            return Hit(multi, listed=False)
        if parent not in self._parents:
            self._parents[parent] = self._child_of(parent)
        return self._parents[parent]

    def _child_of(self, parent: str) -> Hit | None:
        """What a field, or else the nearest field above it, says about any name below it."""
        while parent:
            type_ = self.fields.get(parent)
            if type_ == "flattened":
                return Hit("flattened", listed=False, within=parent)
            if type_ is not None and type_.startswith(OPEN):
                child = type_.removeprefix(OPEN)
                return Hit(child, listed=False, within=parent, vague=not child and self._is_parent(parent))
            if type_ in _CONTAINERS and not self._is_parent(parent):
                return Hit("", listed=False, within=parent)
            if type_ is not None:
                return None
            parent = parent.rpartition(".")[0]
        return None

    def _matched(self, name: str) -> Hit | None:
        for pattern, within, type_ in self._patterns:
            if pattern.matches(name):
                child = "" if type_ in ("object", "group") else type_.removeprefix(OPEN)
                return Hit(child, listed=False, within=within)
        return None

    @cached_property
    def _open(self) -> tuple[str, ...]:
        """The fields that take any others below them."""
        fields = [name for name, type_ in self.fields.items() if type_ == "flattened" or type_.startswith(OPEN)]
        childless = [name for name, type_ in self.fields.items() if type_ in _CONTAINERS and not self._is_parent(name)]
        return (*fields, *childless, *(within for _, within, _ in self._patterns))

    @cached_property
    def _patterns(self) -> tuple[tuple[Wildcard, str, str], ...]:
        """The names with wildcards, each for any part of a name or several; what stands before them; their types."""
        listed = [entry for entry in self.fields.items() if "*" in entry[0]]
        return tuple((Wildcard.of(name), name.partition("*")[0].rstrip("."), type_) for name, type_ in listed)


def _resolved(type_: str) -> str:
    """The type as Elasticsearch calls it; an alias stays as it is, since its target may be in another layer."""
    if type_.startswith(OPEN) or type_ == "group":
        return "object"
    # Packages of a long time ago have `array` for a field of any type, and `alias` without saying of what.
    return "" if type_ in ("array", "alias") else type_
