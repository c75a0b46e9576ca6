"""Rules, one at a time: create, replace, patch, delete and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulepack.rule import RULE_TYPES, Rule
from rulepack.sandbox import bodies, contract, defaults, prebuilt, prechecks
from rulepack.sandbox.answers import Answer, Misfit, Payload, Request, refuse_body, siem, siem_answer
from rulepack.sandbox.context import Context
from rulepack.sandbox.exception_lists import ensure_endpoint_list
from rulepack.sandbox.state import Document

# A change of nothing else leaves the revision alone.
NO_REVISION = frozenset({"enabled", "updated_at", "updated_by", "revision", "execution_summary"})
# What Kibana's serverless offering may add to a rule when it stores one.
UIAM_TAG = "Missing Universal Api Key"


def create(context: Context, request: Request) -> Answer:
    """POST: a new rule, unless there is one with its rule_id."""
    body = bodies.rule_body(request.table(), context.settings.version)
    prechecks.check_body(body, context.settings, creating=True)
    with context.state.lock:
        rule_id = body.get("rule_id")
        taken = rule_id is not None and context.state.shelf("rules", request.space).find("rule_id", rule_id)
        if taken and not context.faults.take_race(request):
            raise siem(409, f'rule_id: "{rule_id}" already exists')
        ensure_endpoint_list(context, request.user)
        prechecks.check_default_list(context, request.space, body)
        prechecks.check_licence(body["type"], context.settings)
        rule = new_rule(context, body, request.user)
        check_alerting(context, request.space, rule, "create")
        return _answer(context.state.put("rules", request.space, rule))


def replace(context: Context, request: Request) -> Answer:
    """PUT: all of a rule anew, but for what `defaults.KEPT_BY_PUT` names."""
    raw = request.table()
    body = bodies.rule_body(raw, context.settings.version)
    id_, rule_id = _selectors(raw)
    prechecks.check_body(body, context.settings)
    with context.state.lock:
        prechecks.check_default_list(context, request.space, body, rule_id or id_)
        old = find_rule(context, request.space, id_, rule_id)
        check_type(old, body)
        kept = {name: old[name] for name in defaults.KEPT_BY_PUT}
        prebuilt.check_customizable(old, body, partial=False)
        return _update(context, request, old, {**kept, **body, **newer_part(context, raw)})


def patch(context: Context, request: Request) -> Answer:
    """PATCH: some fields of a rule; a field cannot be taken away."""
    raw = request.table()
    body, issues = bodies.rule_issues(Rule, raw, context.settings.version, partial=True)
    if issues:
        raise refuse_body(issues)
    id_, rule_id = _selectors(raw)
    prechecks.check_body(body, context.settings)
    with context.state.lock:
        prechecks.check_default_list(context, request.space, body, rule_id or id_)
        old = find_rule(context, request.space, id_, rule_id)
        # The type in the body is ignored; what belongs to a type is held against the type that the rule has.
        own, issues = bodies.rule_issues(RULE_TYPES[old["type"]], raw, context.settings.version, partial=True)
        if issues:
            raise Misfit(issues, lambda text: siem_answer(400, text))
        prechecks.check_body(own, context.settings)
        prebuilt.check_customizable(old, own, partial=True)
        own.pop("type", None)
        return _update(context, request, old, {**client_part(old), **own})


def read(context: Context, request: Request) -> Answer:
    """GET: the rule that `id` or `rule_id` names; of several with one rule_id, the oldest."""
    id_, rule_id = _query_selectors(request)
    with context.state.lock:
        rule = find_rule(context, request.space, id_, rule_id)
        return _answer(context.state.shelf("rules", request.space).documents[rule["id"]])


def delete(context: Context, request: Request) -> Answer:
    """DELETE: the same rule, for the last time."""
    id_, rule_id = _query_selectors(request)
    with context.state.lock:
        rule = find_rule(context, request.space, id_, rule_id)
        return _answer(context.state.drop("rules", request.space, rule["id"]))


def new_rule(context: Context, body: Payload, user: str, origin: Payload | None = None) -> Payload:
    """The rule that a body makes, with all that Kibana adds; `origin` says where it is from, if it is prebuilt."""
    now = context.state.now()
    server = {
        "id": context.state.new_id(),
        "rule_id": context.state.new_id() if body.get("rule_id") is None else body["rule_id"],
        "created_at": now,
        "created_by": user,
        "updated_at": now,
        "updated_by": user,
        "revision": 0,
        **(origin or prebuilt.origin(context.settings, prebuilt.INTERNAL)),
    }
    return _with_tag(context, {**server, **defaults.complete(body, context.state.new_id), **server})


def revise(
    context: Context, old: Payload, body: Mapping[str, Any], user: str, origin: Payload | None = None
) -> Payload:
    """What becomes of a rule with a new body: a revision more if anything changed, or if it has actions at all.

    `origin` says where it is from from now on; without it, it stays prebuilt, or one's own.
    """
    server = {name: old[name] for name in defaults.SERVER_FIELDS if name in old}
    rule = {**server, **defaults.complete(body, context.state.new_id), **server}
    rule |= prebuilt.origin(context.settings, prebuilt.rule_source(context, old, rule)) if origin is None else origin
    rule["updated_at"] = context.state.now()
    rule["updated_by"] = user
    rule = _with_tag(context, rule)
    # Kibana compares stored actions with sent ones, which have another shape, so that they always differ.
    if differs(old, rule) or rule["actions"]:
        rule["revision"] = old["revision"] + 1
    return rule


def differs(old: Payload, new: Payload) -> bool:
    """Whether two states of a rule differ in what counts as a revision."""
    return any(new.get(name) != old.get(name) for name in {*new, *old} - NO_REVISION)


def check_type(old: Payload, body: Payload) -> None:
    """Refuse another type: Kibana validates the params with the schema of the type that the rule has."""
    if body["type"] != old["type"]:
        issue = (("type",), f'Invalid literal value, expected "{old["type"]}"')
        raise Misfit([issue], lambda text: siem_answer(400, f"params invalid: {text}"))


def newer_part(context: Context, raw: Payload) -> Payload:
    """What of a body a newer Kibana would know: an analyst set it, and whoever writes the rule may send it back."""
    return {name: raw[name] for name in context.newer_fields if name in raw}


def client_part(rule: Payload) -> Payload:
    """What of a rule a body may hold."""
    return {name: value for name, value in rule.items() if name not in defaults.SERVER_FIELDS}


def find_rule(context: Context, space: str, id_: str | None, rule_id: str | None) -> Payload:
    """The rule with an id, or the oldest with a rule_id; 404 if there is none."""
    shelf = context.state.shelf("rules", space)
    if id_ is not None:
        rule = shelf.get(id_)
        if rule is None:
            raise siem(404, f'id: "{id_}" not found')
        return rule
    rules = shelf.find("rule_id", rule_id or "")
    if not rules:
        raise siem(404, f'rule_id: "{rule_id}" not found')
    return rules[0]


def check_alerting(context: Context, space: str, rule: Payload, verb: str, *, secrets: bool = True) -> None:
    """Refuse what the alerting framework refuses: intervals, actions, connectors that are not there.

    Connectors need to have their secrets too, but for an import that brings connectors.
    """
    shelf = context.state.shelf("connectors", space)
    used = {
        action["id"]: context.preconfigured.get(action["id"]) or shelf.get(action["id"]) for action in rule["actions"]
    }
    prechecks.check_alerting(rule, verb, used, secrets=secrets)


def _update(context: Context, request: Request, old: Payload, body: Payload) -> Answer:
    prechecks.check_licence(old["type"], context.settings)
    rule = revise(context, old, body, request.user)
    check_alerting(context, request.space, rule, "update")
    return _answer(context.state.put("rules", request.space, rule))


def _with_tag(context: Context, rule: Payload) -> Payload:
    if not context.settings.serverless or UIAM_TAG in rule["tags"]:
        return rule
    return {**rule, "tags": [*rule["tags"], UIAM_TAG]}


def _selectors(body: Payload) -> tuple[str | None, str | None]:
    id_, rule_id = body.get("id"), body.get("rule_id")
    if "id" in body and not contract.is_uuid(id_):
        raise refuse_body([(("id",), "Invalid uuid")])
    prechecks.check_selectors(body)
    return id_, rule_id


def _query_selectors(request: Request) -> tuple[str | None, str | None]:
    id_ = request.query.get("id")
    if id_ is not None and not contract.is_uuid(id_):
        raise refuse_body([(("id",), "Invalid uuid")], "[request query]")
    prechecks.check_selectors(request.query)
    return id_, request.query.get("rule_id")


def _answer(document: Document) -> Answer:
    return Answer(200, document.text)


# The models are built on first use, and two threads that are first at once would see half of one.
MODELS: tuple[type, ...] = (*RULE_TYPES.values(), Rule, *contract.ENDPOINT_PARAMS.values(), contract.OsqueryParams)
