"""The catalogue's data: what the home page shows, sorts and filters of every rule, as one compact JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rulepack.docs.brief import Brief
from rulepack.docs.words import TYPE_LABELS
from rulepack.query import LANGUAGES
from rulepack.rule.base import SEVERITIES

# Told to the pages' scripts, which say so when they are of another version than the data.
FORMAT = 1
_DEPRECATED, _BUILDING_BLOCK = 1, 2


def ordered(briefs: Iterable[Brief]) -> tuple[Brief, ...]:
    """The rules in the order by which the catalogue and the search number them: a new rule comes last."""
    return tuple(sorted(briefs, key=lambda brief: (brief.created, brief.rule_id, brief.file)))


def catalogue(briefs: Sequence[Brief]) -> str:
    """The data of the rules, which are `ordered`, as JSON.

    `rules` has a column for each thing, in which a rule's number is its place. Facets are numbers of `facets`' names,
    places those of `places`: the number of a tactic and the id of a technique, or nothing.
    """
    platforms, sources, integrations, tags = _Names(), _Names(), _Names(), _Names()
    severities, types, languages = _Names(SEVERITIES), _Names(), _Names()
    tactics, places = _Names(), _Names()
    for one in briefs:
        platforms.add(one.platforms)
        sources.add(one.data_sources)
        integrations.add(one.integrations)
        tags.add(one.tags)
        types.add((TYPE_LABELS[one.type],))
        languages.add((LANGUAGES[one.language].label,) if one.language else ())
        tactics.add(f"{place.tactic} {place.tactic_name}" for place in one.places)
    for one in briefs:
        places.add(_places(one, tactics))
    data = {
        "format": FORMAT,
        "facets": {
            "platform": platforms.names,
            "source": sources.names,
            "integration": integrations.names,
            "severity": severities.names,
            "type": types.names,
            "language": languages.names,
            "tag": tags.names,
        },
        "tactics": [name.split(" ", 1) for name in tactics.names],
        "techniques": _technique_names(briefs),
        "places": [[int(number), technique] for number, _, technique in (name.partition(" ") for name in places.names)],
        "rules": {
            "name": [one.name for one in briefs],
            "description": [one.description for one in briefs],
            "slug": [one.slug for one in briefs],
            "id": [one.rule_id for one in briefs],
            "risk": [one.risk_score for one in briefs],
            "updated": [one.updated for one in briefs],
            "flags": [one.deprecated * _DEPRECATED + one.building_block * _BUILDING_BLOCK for one in briefs],
            "severity": [severities.number(one.severity) for one in briefs],
            "type": [types.number(TYPE_LABELS[one.type]) for one in briefs],
            "language": [languages.number(LANGUAGES[one.language].label) if one.language else -1 for one in briefs],
            "platform": [platforms.numbers(one.platforms) for one in briefs],
            "source": [sources.numbers(one.data_sources) for one in briefs],
            "integration": [integrations.numbers(one.integrations) for one in briefs],
            "tag": [tags.numbers(one.tags) for one in briefs],
            "place": [places.numbers(_places(one, tactics)) for one in briefs],
        },
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


class _Names:
    """Names, sorted once all are known, and their numbers."""

    def __init__(self, fixed: Iterable[str] = ()) -> None:
        self._fixed = tuple(fixed)
        self._found: set[str] = set()
        self._numbers: dict[str, int] = {}

    def add(self, names: Iterable[str]) -> None:
        """Take names; not after the first number was asked for."""
        self._found.update(names)

    @property
    def names(self) -> list[str]:
        """All names, in order."""
        if not self._numbers:
            rest = sorted(self._found.difference(self._fixed), key=lambda name: (name.casefold(), name))
            self._numbers = {name: number for number, name in enumerate((*self._fixed, *rest))}
        return list(self._numbers)

    def number(self, name: str) -> int:
        """A name's number."""
        if not self._numbers:
            _ = self.names
        return self._numbers[name]

    def numbers(self, names: Iterable[str]) -> list[int]:
        """The numbers of some names, each once."""
        return list(dict.fromkeys(map(self.number, names)))


def _places(brief: Brief, tactics: _Names) -> list[str]:
    """What a rule is mapped to: the deepest of each, and a tactic for itself only where nothing is below it."""
    above = {(place.tactic, place.technique) for place in brief.places if place.subtechnique}
    below = {place.tactic for place in brief.places if place.technique}
    found = []
    for place in brief.places:
        deepest = place.subtechnique or ((place.tactic, place.technique) not in above and place.technique)
        if deepest or place.tactic not in below:
            found.append(f"{tactics.number(f'{place.tactic} {place.tactic_name}')} {deepest or ''}")
    return found


def _technique_names(briefs: Iterable[Brief]) -> dict[str, str]:
    """The names of techniques and sub-techniques by id; of several names the first in order."""
    found: dict[str, Any] = {}
    for brief in briefs:
        for place in brief.places:
            for any_id, name in (
                (place.technique, place.technique_name),
                (place.subtechnique, place.subtechnique_name),
            ):
                if any_id and (any_id not in found or name < found[any_id]):
                    found[any_id] = name
    return dict(sorted(found.items()))
