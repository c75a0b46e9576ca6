"""RP503, RP509: exception lists that rules name, and that get in each other's way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rulepack.checks.base import Context, Found, pack_check
from rulepack.checks.facts import Facts, ListFacts
from rulepack.diagnostics import Related, Severity
from rulepack.exception_list import ENDPOINT_LIST, TABLE
from rulepack.fields import spelled
from rulepack.likeness import closest
from rulepack.schema import Path


@pack_check("RP503", "unknown-exception-list", Severity.INFO)
def unknown_exception_list(rules: Sequence[Facts], context: Context) -> Iterator[Found]:
    """A rule names an exception list that is not in the pack, although others are.

    Why: the rule makes alerts of what the list should keep from it, unless somebody makes the list in Kibana. A pack
    without files of exception lists has them all in Kibana, and hears nothing of this; nor does a rule that names the
    list `endpoint_list`, which Kibana makes.

    Instead: correct the id or the namespace, or add the list. Ignore this for a list that is kept in Kibana.
    """
    if not context.whole or not context.lists:
        return
    known = {(one.list_id, one.namespace_type) for one in context.lists}
    by_id = {one.list_id: one for one in context.lists}
    for rule in rules:
        for number, (list_id, namespace) in enumerate(() if rule.deprecated else rule.exceptions):
            if list_id == ENDPOINT_LIST or (list_id, namespace) in known:
                continue
            path = ("rule", "exceptions_list", number)
            other = by_id.get(list_id)
            if other is None:
                message = f"no file of the pack has the exception list {spelled(list_id)}"
                near = closest(list_id, by_id)
                hint = f"did you mean {near}?" if near else "add the list, or correct the id"
                yield Found(message, context.span(rule, (*path, "list_id")), hint)
            else:
                message = f"the exception list {spelled(list_id)} is {other.namespace_type}, not {namespace}"
                related = Related(context.span(other, (TABLE, other.index, "container")), "the list")
                hint = f"write {other.namespace_type}, or correct the list"
                yield Found(message, context.span(rule, (*path, "namespace_type")), hint, (related,))


@pack_check("RP509", "duplicate-exception-list", Severity.ERROR)
def duplicate_exception_list(_: Sequence[Facts], context: Context) -> Iterator[Found]:
    """Two exception lists have the same list_id, or two of their items the same item_id.

    Why: Kibana keeps one for each id, so that one of the two is lost. A list that is for all spaces and one that is for
    a single space may share an id; items may not, as Kibana imports only one of them.

    Instead: give the copy an id of its own, or put the items into one list.
    """
    seen: dict[tuple[str, ...], tuple[ListFacts, Path]] = {}
    for one in context.lists:
        for key, path in _ids(one):
            first, place = seen.setdefault(key, (one, path))
            if (first, place) != (one, path):
                field, value = key[:2]
                message = f"{field} {spelled(value)} is one that {first.file} has already"
                hint = "give this one a new id, or put the two together"
                yield Found(
                    message, context.span(one, path), hint, (Related(context.span(first, place), "the first one"),)
                )


def _ids(one: ListFacts) -> Iterator[tuple[tuple[str, ...], Path]]:
    """What must be there once only: the name of the field, its value and what else counts; and where it is."""
    if one.list_id:
        yield ("list_id", one.list_id, one.namespace_type), (TABLE, one.index, "container", "list_id")
    for number, item_id in enumerate(one.items):
        if item_id:
            yield ("item_id", item_id), (TABLE, one.index, "items", number, "item_id")
