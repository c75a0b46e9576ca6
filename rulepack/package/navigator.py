"""Layers for MITRE's ATT&CK Navigator: which techniques the rules detect, of the whole pack and by part.

The format is 4.5: https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerv4.5.md
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from rulepack.frozen import frozen
from rulepack.reference import Attack
from rulepack.rule import Rule
from rulepack.rule.threat import ATTACK
from rulepack.slug import slug

FORMAT = "4.5"
# The Navigator that came with this form of layers.
_NAVIGATOR = "5.1.0"
_COLOURS = ("#e8f1fa", "#1f6fb4")
# How the tags of rules begin that say what a rule is about.
_PARTS = {"platform": "OS: ", "data-source": "Data Source: "}

Place = tuple[str, str]


@frozen
class Mapped:
    """What a layer needs of a rule: its name, its tags, and the tactics and techniques that it is mapped to."""

    name: str
    tags: tuple[str, ...]
    places: tuple[Place, ...]

    @classmethod
    def of(cls, rule: Rule) -> Mapped:
        """What a rule says of itself; mappings to other frameworks are none here."""
        places = []
        for threat in rule.threat or ():
            if threat.framework == ATTACK:
                for technique in threat.technique or ():
                    places.append((threat.tactic.id, technique.id))
                    places += [(threat.tactic.id, sub.id) for sub in technique.subtechnique or ()]
        return cls(rule.name, rule.tags or (), tuple(dict.fromkeys(places)))


@frozen
class Layer:
    """A layer that can be made: the name of its file, what it is called and about, and the rules in it."""

    file: str
    name: str
    description: str
    rules: tuple[Mapped, ...]
    matrix: Matrix

    def text(self) -> str:
        """The layer as JSON."""
        return render(self.name, self.description, self.rules, self.matrix)


def layers(pack: str, rules: Iterable[Mapped], attack: Attack) -> Iterator[Layer]:
    """Every layer: all.json, then one for each platform and each data source that tags name."""
    listed = tuple(rules)
    matrix = Matrix.of(attack, {place for rule in listed for place in rule.places})
    yield Layer("all.json", pack, f"All rules of {pack}", listed, matrix)
    for part, prefix in _PARTS.items():
        found: dict[str, list[Mapped]] = defaultdict(list)
        for rule in listed:
            for tag in rule.tags:
                if tag.startswith(prefix):
                    found[tag.removeprefix(prefix)].append(rule)
        by_name: dict[str, tuple[str, list[Mapped]]] = {}
        for name, chosen in sorted(found.items()):
            # Two tags that differ in case or signs only are one part.
            _, there = by_name.setdefault(f"{part}-{slug(name)}.json", (name, []))
            there += chosen
        for file, (name, chosen) in sorted(by_name.items()):
            described = f"Rules of {pack} with the tag {prefix}{name}"
            yield Layer(file, f"{pack}: {name}", described, tuple(chosen), matrix)


def layer(name: str, description: str, rules: Iterable[Mapped], attack: Attack, version: str | None = None) -> str:
    """One layer of some rules, by default in the version of ATT&CK that most of them are mapped to."""
    listed = tuple(rules)
    return render(
        name, description, listed, Matrix.of(attack, {one for rule in listed for one in rule.places}, version)
    )


@frozen
class Matrix:
    """A version of ATT&CK: where mappings can be, and what the Navigator calls its tactics."""

    version: str
    places: frozenset[Place]
    shortnames: dict[str, str]

    @classmethod
    def of(cls, attack: Attack, used: set[Place], version: str | None = None) -> Matrix:
        """The version that is named, or else that has most of some places."""
        version = version or attack.version_of(used)
        columns = attack.matrix(version)
        return cls(version, attack.places(version), {one.tactic.id: one.tactic.shortname for one in columns})


def render(name: str, description: str, rules: Iterable[Mapped], matrix: Matrix) -> str:
    """One layer: a technique's score is how many rules detect it, and its comment names them."""
    names: dict[Place, dict[str, None]] = defaultdict(dict)
    for rule in rules:
        for place in rule.places:
            if place in matrix.places:
                names[place][rule.name] = None
    parents = {technique.partition(".")[0] for _, technique in names if "." in technique}
    techniques = [
        {
            "techniqueID": technique,
            "tactic": matrix.shortnames[tactic],
            "score": len(found),
            "comment": "\n".join(sorted(found)),
            "enabled": True,
            "showSubtechniques": technique in parents,
        }
        for (tactic, technique), found in sorted(names.items(), key=lambda one: (one[0][1], one[0][0]))
    ]
    most = max((len(found) for found in names.values()), default=1)
    layer: dict[str, Any] = {
        "name": name,
        "versions": {"attack": matrix.version.partition(".")[0], "navigator": _NAVIGATOR, "layer": FORMAT},
        "domain": "enterprise-attack",
        "description": description,
        "sorting": 3,
        "hideDisabled": False,
        "techniques": techniques,
        "gradient": {"colors": list(_COLOURS), "minValue": 0, "maxValue": most},
        "legendItems": [],
        "metadata": [],
        "showTacticRowBackground": False,
        "selectTechniquesAcrossTactics": False,
        "selectSubtechniquesWithParent": False,
    }
    return json.dumps(layer, ensure_ascii=False, indent=1) + "\n"
