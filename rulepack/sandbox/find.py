"""`_find`: a page of rules, filtered and sorted; it shows every rule, also those that share a rule_id."""

from __future__ import annotations

from rulepack.sandbox import paging, query
from rulepack.sandbox.answers import Answer, Request, refuse_body, siem
from rulepack.sandbox.context import Context
from rulepack.sandbox.wording import choices

# What can be sorted by, and where it is in a rule.
_LAST = "execution_summary.last_execution"
SORT_FIELDS = {
    "created_at": "created_at",
    "createdAt": "created_at",
    "enabled": "enabled",
    f"{_LAST}.date": f"{_LAST}.date",
    f"{_LAST}.metrics.execution_gap_duration_s": f"{_LAST}.metrics.execution_gap_duration_s",
    f"{_LAST}.metrics.total_indexing_duration_ms": f"{_LAST}.metrics.total_indexing_duration_ms",
    f"{_LAST}.metrics.total_search_duration_ms": f"{_LAST}.metrics.total_search_duration_ms",
    f"{_LAST}.status": f"{_LAST}.status",
    "name": "name",
    "risk_score": "risk_score",
    "riskScore": "risk_score",
    "severity": "severity",
    "updated_at": "updated_at",
    "updatedAt": "updated_at",
}


def find(context: Context, request: Request) -> Answer:
    """GET _find: in the order of their making, unless the query says otherwise."""
    page = paging.whole(request, "page", 1, 1)
    per_page = paging.whole(request, "per_page", paging.PER_PAGE, 0)
    direction = paging.order(request)
    field = request.query.get("sort_field")
    if field is not None and field not in SORT_FIELDS:
        text = f"Invalid enum value. Expected {choices(SORT_FIELDS)}, received '{field}'"
        raise refuse_body([(("sort_field",), text)], "[request query]")
    if (field is None) != (direction is None):
        raise siem(400, ['when "sort_order" and "sort_field" must exist together or not at all'])
    matches = query.compile_filter(request.query.get("filter"), query.rule_values)
    rows = [one for one in list(context.state.shelf("rules", request.space).documents.values()) if matches(one.data)]
    if field is not None:
        path = SORT_FIELDS[field]
        rows = paging.sort_by(rows, lambda row: paging.value_of(row.data, path), direction)
    cut = paging.window(page, per_page, context.settings.find_window)
    listed = ",".join(row.text for row in rows[cut])
    return Answer(200, f'{{"page":{page},"perPage":{per_page},"total":{len(rows)},"data":[{listed}]}}')
