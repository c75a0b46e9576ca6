"""Coverage for other programs: JSON, CSV, and layers for MITRE's ATT&CK Navigator.

The JSON has `format`, a number that changes when names or meanings in it do; more names may come without that:

- `pack`, `attack` (the version of ATT&CK), `notice` (the line that MITRE asks for), `rules` (how many there are);
- `tactics`, `techniques`, `subtechniques`: how many are `covered`, `of` how many; each counts once, in however many
  tactics it is;
- `matrix`: each tactic with `id`, `name`, `shortname`, `count` (rules that are mapped to it in any way), `alone` (those
  that name no technique with it), and `techniques`. A technique has `id`, `name`, `count` (its rules and those of its
  sub-techniques), `rules` (those that detect just it) and `subtechniques`, which have the same but for the last;
- `elsewhere`: mappings that this version of ATT&CK does not have there (`framework`, `tactic`, `id`, `name`, `rules`);
- `unmapped`: the rules without any mapping;
- `names`: the names of all rules by their rule_id. In all other places a rule is its rule_id.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from rulepack.docs.brief import Brief
from rulepack.docs.coverage import Coverage, CoveredTactic, CoveredTechnique
from rulepack.package.navigator import Layer, Mapped, layers
from rulepack.package.navigator import layer as layer_of
from rulepack.reference import Attack
from rulepack.reference.attack import NOTICE
from rulepack.rule.threat import ATTACK

FORMAT = 1
FOLDER = "coverage"
_COLUMNS = ("tactic_id", "tactic", "technique_id", "technique", "subtechnique_id", "subtechnique", "rules", "names")
# What spreadsheets take for a formula when a cell begins with it, and how much they take in one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_MOST_IN_CELL = 30_000


def coverage_json(coverage: Coverage, pack: str, rules: Iterable[Brief]) -> str:
    """The coverage by some rules as JSON in the form above."""
    return json.dumps(coverage_data(coverage, pack, rules), indent=1) + "\n"


def coverage_data(coverage: Coverage, pack: str, rules: Iterable[Brief]) -> dict[str, Any]:
    """What `coverage_json` writes."""
    listed = tuple(rules)
    return {
        "format": FORMAT,
        "pack": pack,
        "attack": coverage.version,
        "notice": NOTICE,
        "rules": len(listed),
        "tactics": {"covered": coverage.covered_tactics, "of": len(coverage.tactics)},
        "techniques": _of(coverage.techniques),
        "subtechniques": _of(coverage.subtechniques),
        "matrix": [_tactic(one) for one in coverage.tactics],
        "elsewhere": [
            {"framework": one.framework, "tactic": one.tactic, "id": one.id, "name": one.name, "rules": _ids(one.rules)}
            for one in coverage.elsewhere
        ],
        "unmapped": _ids(coverage.unmapped),
        "names": {brief.rule_id: brief.name for brief in sorted(listed, key=lambda brief: brief.rule_id)},
    }


def _of(counts: tuple[int, int]) -> dict[str, int]:
    return {"covered": counts[0], "of": counts[1]}


def _ids(rules: Iterable[Brief]) -> list[str]:
    return [brief.rule_id for brief in rules]


def _tactic(one: CoveredTactic) -> dict[str, Any]:
    return {
        "id": one.tactic.id,
        "name": one.tactic.name,
        "shortname": one.tactic.shortname,
        "count": len(one.rules),
        "alone": _ids(one.alone),
        "techniques": [
            {**_technique(cell), "subtechniques": [_technique(sub) for sub in cell.subtechniques]}
            for cell in one.techniques
        ],
    }


def _technique(one: CoveredTechnique) -> dict[str, Any]:
    return {"id": one.technique.id, "name": one.technique.name, "count": one.count, "rules": _ids(one.rules)}


def coverage_csv(coverage: Coverage) -> str:
    """The coverage as CSV: a row for each technique and sub-technique of each tactic, covered or not.

    It is that of RFC 4180, but that lines end as those of all pages do: git could change others.

    `rules` counts as `CoveredTechnique.count` does; `names` are those of the rules that detect just it.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for column in coverage.tactics:
        for technique in column.techniques:
            above = (column.tactic.id, column.tactic.name, technique.technique.id, technique.technique.name)
            writer.writerow(map(_cell, (*above, "", "", str(technique.count), _names(technique.rules))))
            for sub in technique.subtechniques:
                row = (*above, sub.technique.id, sub.technique.name, str(sub.count), _names(sub.rules))
                writer.writerow(map(_cell, row))
    return written.getvalue()


def _names(rules: tuple[Brief, ...]) -> str:
    names: list[str] = []
    length = 0
    for brief in rules:
        length += len(brief.name) + 2
        if length > _MOST_IN_CELL:
            return "; ".join([*names, f"and {len(rules) - len(names):,} more"])
        names.append(brief.name)
    return "; ".join(names)


def _cell(value: str) -> str:
    """A value that no spreadsheet takes for a formula: the apostrophe says that it is text."""
    value = value.replace("\0", "\ufffd")
    return f"'{value}" if value.startswith(_FORMULA) else value


def mapped(brief: Brief) -> Mapped:
    """A rule as layers have it."""
    places = [(one.tactic, one.id) for one in brief.places if one.framework == ATTACK and one.technique]
    return Mapped(brief.name, brief.tags, tuple(dict.fromkeys(places)))


def coverage_layer(coverage: Coverage, title: str, description: str, rules: Iterable[Brief], attack: Attack) -> str:
    """One layer of some rules, in the version of ATT&CK that the coverage is in."""
    return layer_of(title, description, map(mapped, rules), attack, coverage.version)


def coverage_layers(pack: str, rules: Iterable[Brief], attack: Attack) -> Iterator[tuple[str, Layer]]:
    """The layers of a pack's rules by their paths in docs-out: all, and by platform and by data source."""
    for layer in layers(pack, map(mapped, rules), attack):
        yield f"{FOLDER}/{layer.file}", layer
