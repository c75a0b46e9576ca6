"""Brief: what all pages but its own say of a rule; plain values, so that they can be kept from run to run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

from rulepack.checks.queries import RuleQuery, rule_queries
from rulepack.docs import words
from rulepack.docs.history import Record
from rulepack.docs.page import spelling
from rulepack.frozen import frozen
from rulepack.lock.entry import Entry
from rulepack.query import LANGUAGES
from rulepack.query.base import Query
from rulepack.rule import Rule
from rulepack.rule.threat import ATTACK
from rulepack.slug import slug

# How the tags of rules begin that say what a rule is about.
PLATFORM, DATA_SOURCE = "OS: ", "Data Source: "
_PLATFORM_NAMES = {"windows": "Windows", "linux": "Linux", "macos": "macOS"}
# What is of interest on few pages besides the rule's own. Whoever looks at it depends on it: `rulepack.docs.page`.
DEEP = frozenset(("description", "index", "query_fields", "query_values"))
# Values of a query that are kept: what a reader might look for, and what two rules can have in common.
_LONGEST_VALUE = 80
_MOST_VALUES = 200


class Place(NamedTuple):
    """What a rule is mapped to: a tactic (`technique` and `subtechnique` empty), or something below it.

    Ids and names are the file's own; `framework` is `MITRE ATT&CK` for nearly all.
    """

    framework: str
    tactic: str
    tactic_name: str
    technique: str = ""
    technique_name: str = ""
    subtechnique: str = ""
    subtechnique_name: str = ""

    @property
    def id(self) -> str:
        """The id of what it is mapped to, whichever kind that is."""
        return self.subtechnique or self.technique or self.tactic

    @property
    def name(self) -> str:
        """The name of what it is mapped to."""
        return self.subtechnique_name or self.technique_name or self.tactic_name


class Version(NamedTuple):
    """A version of a rule: its number, its day, the names of what changed, and the stack version that it is for."""

    version: int
    date: str
    changed: tuple[str, ...]
    stack: str = ""


@frozen(slots=False)
class Brief:
    """A rule in few words. Days are `2026-11-21`, or empty; texts are as the file has them, on one line.

    `language` is empty for a rule without a query; `version` None where nothing gives the rule one. `places` are what
    the rule is mapped to, in the file's order: each tactic, then each technique, each followed by its sub-techniques.
    `query_fields` and `query_values` are what its queries name, each once; a value is as the query means it. From the
    lock: `former` are names that its page had before, `once_deprecated` tells whether it was ever among the deprecated,
    and `events` are its versions, the newest first. `fits` tells whether any stack version of the pack takes it.
    """

    file: str
    rule_id: str
    name: str
    type: str
    language: str
    severity: str
    risk_score: int
    description: str
    building_block: bool = False
    deprecated: bool = False
    maturity: str = ""
    version: int | None = None
    created: str = ""
    updated: str = ""
    deprecation_date: str = ""
    reason: str = ""
    replacement: str = ""
    min_stack: str = ""
    tags: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    data_sources: tuple[str, ...] = ()
    integrations: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    query_fields: tuple[str, ...] = ()
    query_values: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    once_deprecated: bool = False
    events: tuple[Version, ...] = ()
    fits: bool = True

    @classmethod
    def of(cls, rule: Rule, record: Record | None = None, queries: Iterable[RuleQuery] | None = None) -> Brief:
        """What a rule's file and its record in the lock say; its queries are read if they are not given."""
        meta = rule.metadata
        read = rule_queries(rule, lambda _: False) if queries is None else queries
        every = tuple(one.query for one in read)
        tags = rule.tags or ()
        platforms = (
            *(tag.removeprefix(PLATFORM) for tag in tags if tag.startswith(PLATFORM)),
            *(_PLATFORM_NAMES[name] for name in meta.os_type_list or ()),
        )
        return cls(
            rule.file,
            rule.rule_id,
            _line(rule.name),
            rule.type,
            rule.query_language or "",
            rule.severity,
            rule.risk_score,
            _line(rule.description),
            rule.building_block_type is not None,
            rule.deprecated,
            meta.maturity or "",
            rule.version if record is None else record.version,
            words.date(meta.creation_date or ""),
            words.date(meta.updated_date or ""),
            words.date(meta.deprecation_date or ""),
            _line(meta.deprecated_reason or ""),
            meta.replacement or "",
            meta.min_stack_version or "",
            tags,
            tuple(dict.fromkeys(platforms)),
            _once(tag.removeprefix(DATA_SOURCE) for tag in tags if tag.startswith(DATA_SOURCE)),
            _once((*meta.integrations, *(one.package for one in rule.related_integrations or ()))),
            tuple(getattr(rule, "index", None) or ()),
            tuple(_places(rule)),
            _once(use.name for query in every for use in _uses(query)),
            _once(_values(every))[:_MOST_VALUES],
            *_locked(record.entry if record is not None else None),
        )

    @cached_property
    def slug(self) -> str:
        """The name as a file name."""
        return slug(self.name)

    @cached_property
    def digest(self) -> str:
        """Changes with anything of it."""
        return blake2b(json.dumps(self.to_json()).encode(), digest_size=12).hexdigest()

    @cached_property
    def listed(self) -> str:
        """Changes with anything that lists of rules show: all but what is `DEEP`."""
        shown = [getattr(self, name) for name in _NAMES if name not in DEEP]
        return blake2b(json.dumps(shown).encode(), digest_size=12).hexdigest()

    @property
    def type_label(self) -> str:
        """The rule type in words."""
        return words.TYPE_LABELS[self.type]

    @property
    def language_label(self) -> str:
        """The query language in words; empty for rules without a query."""
        return LANGUAGES[self.language].label if self.language else ""

    @cached_property
    def path(self) -> str:
        """The path of the rule's page in docs-out, without its kind: `rules/suspicious-shell`."""
        return f"rules/deprecated/{self.slug}" if self.deprecated else f"rules/{self.slug}"

    @cached_property
    def spelling(self) -> str:
        """The path as a file system has it that ignores case."""
        return spelling(self.path)

    @cached_property
    def techniques(self) -> tuple[str, ...]:
        """The ids of ATT&CK's techniques, each once; a sub-technique stands for its technique."""
        below = {place.technique for place in self.places if place.subtechnique}
        named = (place for place in self.places if place.framework == ATTACK and place.technique)
        return _once(place.id for place in named if place.subtechnique or place.technique not in below)

    @cached_property
    def tactics(self) -> tuple[str, ...]:
        """The names of the tactics, of every framework, each once."""
        return _once(place.tactic_name for place in self.places)

    def to_json(self) -> list[Any]:
        """The values, in order, for JSON."""
        return [getattr(self, name) for name in _NAMES]

    @classmethod
    def from_json(cls, values: Iterable[Any], digest: str, listed: str, slug: str) -> Brief:
        """The brief whose values, in order, JSON has kept; raises TypeError or ValueError for anything else.

        `digest`, `listed` and `slug` are those that it had, which take longer to find out than all else.
        """
        made = dict(zip(_NAMES, values, strict=True))
        for name in _TUPLES:
            made[name] = tuple(made[name])
        made["places"] = tuple(map(Place._make, made["places"]))
        made["events"] = tuple(
            Version(number, day, tuple(changed), stack) for number, day, changed, stack in made["events"]
        )
        brief = object.__new__(cls)
        # In a tenth of the time that the constructor takes, of each rule in each build.
        brief.__dict__.update(made, digest=digest, listed=listed, slug=slug)
        return brief


_NAMES = tuple(one.name for one in fields(Brief))
_TUPLES = tuple(one.name for one in fields(Brief) if one.default == ())


def _locked(entry: Entry | None) -> tuple[tuple[str, ...], bool, tuple[Version, ...]]:
    """What the lock's entry says: the values of `former`, `once_deprecated` and `events`."""
    if entry is None:
        return (), False, ()
    former = _once((*(entry.former or ()), slug(entry.name)))
    events = tuple(Version(one.version, one.date, one.changed, one.stack or "") for one in entry.history)
    return former, entry.deprecated is not None, events


def _line(text: str) -> str:
    return " ".join(text.split())


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _places(rule: Rule) -> Iterator[Place]:
    for threat in rule.threat or ():
        above = (threat.framework, threat.tactic.id, threat.tactic.name)
        yield Place(*above)
        for technique in threat.technique or ():
            yield Place(*above, technique.id, technique.name)
            for sub in technique.subtechnique or ():
                yield Place(*above, technique.id, technique.name, sub.id, sub.name)


def _uses(query: Query) -> Iterator[Any]:
    """The uses of fields, as far as the query can be read."""
    if query.sound:
        yield from query.fields


def _values(queries: Iterable[Query]) -> Iterator[str]:
    for query in queries:
        for use in _uses(query):
            for value in use.values:
                if isinstance(value, str) and value and len(value) <= _LONGEST_VALUE:
                    yield _line(value)
