"""What is known about the fields that a rule can use: known, not known, or not to be judged."""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from rulepack.frozen import frozen
from rulepack.likeness import WRONG_LETTER
from rulepack.reference.layer import ALIAS, Hit, Layer
from rulepack.reference.wildcard import Wildcard

# Fields of every document, which no schema lists.
# https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/document-metadata-fields
METADATA_FIELDS = {
    "_id": "keyword",
    "_index": "keyword",
    "_index_mode": "keyword",
    "_version": "long",
    "_ignored": "keyword",
    "_routing": "keyword",
    "_tier": "keyword",
    "_score": "double",
    "_source": "",
    "_size": "integer",
    "_doc_count": "integer",
}
# Types that queries treat alike, by the one that stands for them.
# https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/field-data-types
_FAMILIES = {"constant_keyword": "keyword", "wildcard": "keyword", "match_only_text": "text"}
_MOST_CLOSE = 3
_MOST_LABELS = 3
# Each is compared with every field. All public rules together have a dozen.
_MOST_PATTERNS = 500


@frozen
class Known:
    """A field that the data hold. `types` are all its types (empty where that cannot be told), ECS's first.

    `sources` are the labels of what knows it; `listed` is False for a name below a flattened or open field, which may
    as well be a slip of the finger.
    """

    types: tuple[str, ...]
    sources: tuple[str, ...]
    listed: bool = True


@frozen
class Unknown:
    """A field that is nowhere in what was searched.

    `complete` says that all fields of all of the rule's indices are known, so that it cannot exist; if not, `why` says
    what stands in the way. `searched` reads `ECS 9.4, endpoint 8.17.0`.
    """

    name: str
    complete: bool
    searched: str
    why: str
    schema: FieldSchema = field(compare=False, repr=False)

    @property
    def close(self) -> tuple[str, ...]:
        """What was probably meant, likeliest first; searched for when asked."""
        return self.schema.close(self.name)

    @property
    def slips(self) -> tuple[str, ...]:
        """Those of `close` that are one slip of the finger away: letters swapped, lost or doubled."""
        return self.schema.slips(self.name)


@frozen
class Unchecked:
    """A field of indices about which nothing is known: no error, but worth counting."""

    name: str
    why: str
    schema: FieldSchema = field(compare=False, repr=False)

    @property
    def close(self) -> tuple[str, ...]:
        """Fields of ECS that are spelled much like it."""
        return self.schema.close(self.name)

    @property
    def slips(self) -> tuple[str, ...]:
        """Those of `close` that are one slip of the finger away: letters swapped, lost or doubled."""
        return self.schema.slips(self.name)


Found: TypeAlias = Known | Unknown | Unchecked


class FieldSchema:
    """The fields of some indices: layers, ECS first, and why they may not be all.

    `gap` is empty if the layers list every field; `blind` says that nothing but ECS is known. Answers are remembered,
    so one schema is best shared by all rules with the same indices: `Reference.schema` sees to that.
    """

    def __init__(self, layers: tuple[Layer, ...], gap: str = "", *, blind: bool = False) -> None:
        self.layers = layers
        self.gap = gap
        self.blind = blind
        self._found: dict[str, Found] = {}
        self._type: dict[str, str | None] = {}
        self._close: dict[str, dict[str, float]] = {}
        self._patterns = 0

    @property
    def complete(self) -> bool:
        """Whether every field of the indices is known."""
        return not self.gap

    @property
    def searched(self) -> str:
        """What was searched, for people: `ECS 9.4, endpoint 8.17.0`, or `..., windows 3.4.0 and 4 more`."""
        labels = list(dict.fromkeys(layer.label for layer in self.layers if layer.label))
        more = len(labels) - _MOST_LABELS
        return ", ".join(labels[:_MOST_LABELS]) + (f" and {more} more" if more > 0 else "")

    def find(self, name: str) -> Found:
        """What is known about a field; a name with `*` is known if it matches any."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._look(name)
        return found

    def type_of(self, name: str, /) -> str | None:
        """The Elasticsearch type of a field, such as `keyword`; None where it is not known, or the sources disagree.

        Sources that differ within a family (keyword and wildcard, text and match_only_text) agree on the family.
        """
        if name not in self._type:
            types = self.types_of(name)
            families = {_FAMILIES.get(type_, type_) for type_ in types}
            self._type[name] = types[0] if len(types) == 1 else families.pop() if len(families) == 1 else None
        return self._type[name]

    def types_of(self, name: str) -> tuple[str, ...]:
        """All types that the sources give a field, ECS's first; none where it is not known."""
        found = self.find(name)
        return found.types if isinstance(found, Known) else ()

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The listed fields that a name with `*` matches, sorted."""
        compiled = Wildcard.of(pattern)
        return tuple(sorted({name for layer in self.layers for name in layer.matching(compiled)}))

    def close(self, name: str) -> tuple[str, ...]:
        """Listed fields that are spelled much like a name, likeliest first, at most three."""
        return tuple(self._distances(name))

    def slips(self, name: str) -> tuple[str, ...]:
        """Those that are one slip of the finger away: hardly anybody names two fields so that they are."""
        return tuple(other for other, distance in self._distances(name).items() if distance < WRONG_LETTER)

    def _distances(self, name: str) -> dict[str, float]:
        """How far the listed fields that are spelled much like a name are from it, the nearest first."""
        found = self._close.get(name)
        if found is None:
            distances: dict[str, float] = {}
            for layer in self.layers:
                for other, distance in layer.names.close(name).items():
                    distances[other] = min(distance, distances.get(other, distance))
            best = min(distances.values(), default=0.0)
            # What needs a second slip is no alternative to what needs one.
            near = [other for other, distance in distances.items() if distance < max(1.0, best + 0.5)]
            near.sort(key=lambda other: (distances[other], len(other), other))
            found = self._close[name] = {other: distances[other] for other in near[:_MOST_CLOSE]}
        return found

    def _look(self, name: str) -> Found:
        if name in METADATA_FIELDS:
            return Known(tuple(filter(None, (METADATA_FIELDS[name],))), ("Elasticsearch",))
        if "*" in name:
            return self._look_for_pattern(name)
        listed = [(layer, type_) for layer in self.layers if (type_ := layer.listed(name)) is not None]
        if listed:
            return self._known(listed)
        hits = [(layer, hit) for layer in self.layers if (hit := layer.find(name)) is not None]
        parents = [(layer, hit.type) for layer, hit in hits if hit.listed]
        if parents:
            return self._known(parents)
        if hits and all(hit.within for _, hit in hits) and self._is_doubtful(name, [hit for _, hit in hits]):
            return self._unknown(name, f"{hits[0][0].label} takes other fields in this place, too")
        if hits:
            return self._known([(layer, hit.type) for layer, hit in hits], listed=False)
        return self._unknown(name, self.gap)

    def _known(self, typed: list[tuple[Layer, str]], *, listed: bool = True) -> Known:
        types = dict.fromkeys(type_ for _, each in typed for type_ in self._types(each))
        # Of what Fleet and Elasticsearch put everywhere, nobody needs to know the source.
        sources = dict.fromkeys(layer.label for layer, _ in typed if layer.label)
        return Known(tuple(types), tuple(sources), listed)

    def _types(self, type_: str) -> tuple[str, ...]:
        """The type as Elasticsearch calls it: of an alias that of its target, which is no alias itself."""
        if not type_.startswith(ALIAS):
            return (type_,) if type_ else ()
        target = type_.removeprefix(ALIAS)
        hits = [hit for layer in self.layers if (hit := layer.find(target)) is not None]
        return tuple(hit.type for hit in hits if hit.type and not hit.type.startswith(ALIAS))

    def _look_for_pattern(self, name: str) -> Found:
        self._patterns += 1
        if self._patterns > _MOST_PATTERNS:
            return Unchecked(name, "there are too many names with stars", self)
        compiled = Wildcard.of(name)
        known = [layer for layer in self.layers if next(layer.matching(compiled), None) is not None]
        start = name.partition("*")[0]
        takers = [layer for layer in self.layers if layer.takes(start)]
        parent = start.rpartition(".")[0]
        if not known and parent:
            known = [layer for layer in takers if layer.find(f"{parent}.") is not None]
        if known:
            return self._known([(layer, "") for layer in known])
        return self._unknown(name, f"{takers[0].label} takes fields of any name" if takers else self.gap)

    def _unknown(self, name: str, why: str) -> Unknown | Unchecked:
        if self.blind:
            return Unchecked(name, self.gap, self)
        return Unknown(name, not why, self.searched, why, self)

    def _is_doubtful(self, name: str, hits: list[Hit]) -> bool:
        """Whether a name below an open field may be a slip of the finger, or nobody can tell."""
        if all(hit.vague for hit in hits):
            return True
        fields = {hit.within for hit in hits}
        return any(layer.beside(name, within) for within in fields for layer in self.layers)
