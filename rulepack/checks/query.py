"""RP204, RP44x: whether there is a query, and data for it to search."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.checks.base import Context, Found, check
from rulepack.diagnostics import Severity
from rulepack.rule import Rule
from rulepack.rule.base import SearchRule
from rulepack.rule.query import SavedQueryRule

# What says where to search.
_WHERE = ("index", "data_view_id")


@check("RP204", "empty-query", Severity.ERROR)
def empty_query(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule has no query, and no filters either.

    Why: without both it would make an alert of every event, or Kibana refuses it.

    Instead: write the query, or filters.
    """
    if rule.query_language is None or isinstance(rule, SavedQueryRule):
        return
    query = getattr(rule, "query", None)
    filters = getattr(rule, "filters", None)
    if filters or (filters is None and context.names(rule, "rule", "filters")):
        return
    if context.lacks(rule, "query"):
        yield context.at(rule, ("rule",), "missing required field query", "write the query, or filters")
    elif query is not None and not query.strip():
        yield context.at(rule, ("rule", "query"), "the query is empty", "write the query, or filters", key=True)


@check("RP441", "index-and-data-view", Severity.WARNING)
def index_and_data_view(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule names index patterns and a data view.

    Why: Kibana takes both and searches the data view only, so the index patterns mislead whoever reads the rule.

    Instead: remove `index` or `data_view_id`.
    """
    if isinstance(rule, SearchRule) and rule.index and rule.data_view_id:
        message = "index and data_view_id are both there; Kibana searches the data view only"
        yield context.at(rule, ("rule", "index"), message, "remove one of the two", key=True)


@check("RP442", "no-index", Severity.WARNING)
def no_index(rule: Rule, context: Context) -> Iterator[Found]:
    """A rule names neither index patterns nor a data view.

    Why: Kibana then searches the default indices of the space's advanced settings, which differ from space to space and
    are far more than the rule needs.

    Instead: name the index patterns of the data that the rule is for.
    """
    if not isinstance(rule, SearchRule) or rule.deprecated:
        return
    refused = any(getattr(rule, name) is None and context.names(rule, "rule", name) for name in _WHERE)
    if not rule.index and not rule.data_view_id and not refused:
        message = "no index patterns and no data view: Kibana will search its default indices"
        yield context.at(rule, ("rule",), message, 'add index = ["logs-..."]')
