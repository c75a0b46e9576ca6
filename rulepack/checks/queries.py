"""The queries of a rule: its own, the one for indicators, and those inside filters and actions, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rulepack.query import LANGUAGES, Query, parse
from rulepack.rule import Rule
from rulepack.rule.base import SearchRule
from rulepack.rule.threat_match import ThreatMatchRule
from rulepack.schema import Path


@dataclass(frozen=True, slots=True)
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


_READY = ("kuery", "lucene", "eql")


def rule_queries(rule: Rule) -> Iterator[RuleQuery]:
    """Every query of a rule, the rule's own first. Blank ones are none."""
    index = (rule.index or ()) if isinstance(rule, SearchRule) else ()
    language = rule.query_language
    text: str | None = getattr(rule, "query", None)
    if text and text.strip() and language in _READY:
        query = parse(language, text)
        named = tuple(name for name, _, _ in query.indices) if language == "esql" and query.sound else index
        yield RuleQuery(("rule", "query"), language, query, named, main=True)
    if isinstance(rule, ThreatMatchRule) and rule.threat_query.strip():
        language = rule.threat_language or "kuery"
        yield RuleQuery(("rule", "threat_query"), language, parse(language, rule.threat_query), rule.threat_index)
