"""The queries of a rule: its own, the one for indicators, and those inside filters and actions, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rulepack import schema
from rulepack.frozen import frozen
from rulepack.query import LANGUAGES, Query, parse
from rulepack.query.filters import FilterField, InnerQuery, read_actions, read_filters
from rulepack.rule import Rule
from rulepack.rule.base import SearchRule
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.schema import Path

# What the queries of actions look at: the alerts of the space.
ALERTS = (".alerts-security.alerts-default",)


@frozen
class RuleQuery:
    """A query in a rule: where it stands in the file, what it says, and the index patterns that it searches.

    `main` is the rule's own query. `index` is empty where the file does not say what is searched (a data view, or the
    defaults of the space).
    """

    path: Path
    language: str
    query: Query
    index: tuple[str, ...]
    main: bool = False


def rule_queries(rule: Rule, refused: Callable[[str], bool]) -> Iterator[RuleQuery]:
    """Every query of a rule, the rule's own first. Blank ones are none.

    `refused` tells of a field that is None whether the file has a value for it that is none. A query whose language is
    such cannot be read: that it is in the default language would be guesswork.
    """
    index = (rule.index or ()) if isinstance(rule, SearchRule) else ()
    language = None if refused("language") else rule.query_language
    text: str | None = getattr(rule, "query", None)
    if text and text.strip() and language in LANGUAGES:
        query = parse(language, text)
        named = tuple(name for name, _, _ in query.indices) if language == "esql" and query.sound else index
        yield RuleQuery(("rule", "query"), language, query, named, main=True)
    if isinstance(rule, ThreatMatchRule) and rule.threat_query.strip() and not refused("threat_language"):
        language = rule.threat_language or "kuery"
        yield RuleQuery(("rule", "threat_query"), language, parse(language, rule.threat_query), rule.threat_index)
    for path, where, inner, _ in _filters_and_actions(rule):
        for one in inner:
            if one.text.strip():
                yield RuleQuery((*path, *one.path), one.language, parse(one.language, one.text), where)


def filter_fields(rule: Rule) -> Iterator[tuple[Path, FilterField, tuple[str, ...]]]:
    """Every field that the filters of a rule and of its actions name outside of queries: path, use, and its indices."""
    for path, where, _, fields in _filters_and_actions(rule):
        yield from (((*path, *one.path), one, where) for one in fields)


_Read = tuple[Path, tuple[str, ...], tuple[InnerQuery, ...], tuple[FilterField, ...]]


def _filters_and_actions(rule: Rule) -> Iterator[_Read]:
    """What stands in filters and actions: where, the indices that it is about, its queries and its fields."""
    for name, where in (("filters", "index"), ("threat_filters", "threat_index")):
        filters = getattr(rule, name, None)
        if filters:
            read = read_filters(filters)
            yield ("rule", name), getattr(rule, where, None) or (), read.queries, read.fields
    if rule.actions:
        fields, queries = read_actions([schema.dump(action) for action in rule.actions])
        yield ("rule", "actions"), ALERTS, queries, fields
