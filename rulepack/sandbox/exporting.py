"""`_export`: rules as the lines of a file, with their exception lists and connectors, and a line that counts them."""

from __future__ import annotations

from rulepack.fields import Text
from rulepack.sandbox import bodies, connectors, paging
from rulepack.sandbox.answers import Answer, Payload, Request, core, js_type, read_json, refuse_body, siem, write_json
from rulepack.sandbox.context import CUSTOMIZABLE, Context
from rulepack.sandbox.exception_lists import ENDPOINT_LIST, ITEMS, LISTS, home_of
from rulepack.sandbox.ndjson import KIND, write_lines
from rulepack.sandbox.saved_connectors import OBJECT_TYPE, export_line
from rulepack.sandbox.state import Document
from rulepack.schema import key, model, tables

FILE_NAME = "export.ndjson"


@model
class ExportedRule:
    """One rule to export."""

    rule_id: str = key(Text(required=True), "Which.")


@model
class ExportBody:
    """Which rules to export."""

    objects: tuple[ExportedRule, ...] = key(tables(ExportedRule, required=True), "Which rules.")


MODELS: tuple[type, ...] = (ExportBody,)


def export_rules(context: Context, request: Request) -> Answer:
    """POST: the rules that the body names, or all of them."""
    bare = paging.flag(request, "exclude_export_details")
    file_name = request.query.get("file_name", FILE_NAME)
    if not (file_name.isprintable() and file_name.isascii()):
        raise core(500, 'Invalid character in header content ["Content-Disposition"]')
    wanted = _wanted(context, request)
    with context.state.lock:
        _check_limit(context, request, wanted)
        documents, missing = _rules(context, request.space, wanted)
        lines = [_text(document) for document in documents]
        if not bare:
            # Without the details there is nothing but rules.
            listed, items = _exceptions(context, request, documents)
            sent, lost = _connectors(context, request.space, documents)
            lines += [*listed, *sent]
            lines.append(write_json(_details(documents, missing, (listed, items), sent, lost)))
    disposition = ("Content-Disposition", f'attachment; filename="{file_name}"')
    return Answer(200, write_lines(lines), KIND, (disposition,))


def _wanted(context: Context, request: Request) -> list[str] | None:
    """The rule_ids that the body names; None for all rules."""
    raw = read_json(request.body)
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise refuse_body([((), f"Expected object, received {js_type(raw)}")])
    body, issues = bodies.conform(ExportBody, raw, context.settings.version)
    if issues:
        raise refuse_body(issues)
    return [one["rule_id"] for one in body["objects"]]


def _is_exported(context: Context, rule: Payload) -> bool:
    return not rule["immutable"] or context.settings.version >= CUSTOMIZABLE


def _check_limit(context: Context, request: Request, wanted: list[str] | None) -> None:
    """Refuse more than the limit: of rules that are wanted, or of rules that are there at all."""
    limit = context.settings.rules_limit
    there = sum(_is_exported(context, rule) for rule in context.state.shelf("rules", request.space))
    if there > limit or (wanted is not None and len(wanted) > limit):
        raise siem(400, f"Can't export more than {limit} rules")


def _rules(context: Context, space: str, wanted: list[str] | None) -> tuple[list[Document], list[str]]:
    """The rules to export, one for each rule_id if these were named; and the rule_ids that no rule has."""
    shelf = context.state.shelf("rules", space)
    if wanted is None:
        return [one for one in shelf.documents.values() if _is_exported(context, one.data)], []
    found, missing = [], []
    for rule_id in wanted:
        rules = [rule for rule in shelf.find("rule_id", rule_id) if _is_exported(context, rule)]
        if rules:
            found.append(shelf.documents[rules[-1]["id"]])
        else:
            missing.append(rule_id)
    return found, missing


def _text(document: Document) -> str:
    """A rule as a line: when it ran is no part of it."""
    if "execution_summary" not in document.data:
        return document.text
    return write_json({name: value for name, value in document.data.items() if name != "execution_summary"})


def _exceptions(context: Context, request: Request, documents: list[Document]) -> tuple[list[str], int]:
    """The lines of the lists that rules link to, each followed by its items, newest first; how many items they are."""
    links = {link["id"]: link for document in documents for link in document.data["exceptions_list"]}
    lines: list[str] = []
    items = 0
    for id_, link in links.items():
        home = home_of(request, link["namespace_type"])
        lists = context.state.shelf(LISTS, home)
        if link["list_id"] == ENDPOINT_LIST or lists.get(id_) is None:
            continue
        lines.append(lists.documents[id_].text)
        shelf = context.state.shelf(ITEMS, home)
        found = shelf.find("list_id", lists.documents[id_].data["list_id"])
        found.sort(key=lambda item: str(item["created_at"]), reverse=True)
        lines += [shelf.documents[item["id"]].text for item in found]
        items += len(found)
    return lines, items


def _connectors(context: Context, space: str, documents: list[Document]) -> tuple[list[str], list[Payload]]:
    """The lines of the connectors that rules use, but for those of the installation; and those that are not there."""
    ids = dict.fromkeys(action["id"] for document in documents for action in document.data["actions"])
    shelf = context.state.shelf(connectors.KIND, space)
    lines: list[str] = []
    lost: list[Payload] = []
    for id_ in ids:
        found = shelf.get(id_)
        if id_ in context.preconfigured:
            continue
        if found is None:
            lost.append({"id": id_, "type": OBJECT_TYPE})
        else:
            lines.append(write_json(export_line(found)))
    return lines, lost


def _details(
    documents: list[Document],
    missing: list[str],
    exceptions: tuple[list[str], int],
    sent: list[str],
    lost: list[Payload],
) -> Payload:
    """The last line: what the file has, and what it lacks."""
    listed, items = exceptions
    return {
        "exported_count": len(documents) + len(listed) + len(sent),
        "exported_rules_count": len(documents),
        "missing_rules": [{"rule_id": rule_id} for rule_id in missing],
        "missing_rules_count": len(missing),
        "exported_exception_list_count": len(listed) - items,
        "exported_exception_list_item_count": items,
        "missing_exception_list_item_count": 0,
        "missing_exception_list_items": [],
        "missing_exception_lists": [],
        "missing_exception_lists_count": 0,
        "exported_action_connector_count": len(sent),
        "missing_action_connection_count": len(lost),
        "missing_action_connections": lost,
        "excluded_action_connection_count": 0,
        "excluded_action_connections": [],
    }
