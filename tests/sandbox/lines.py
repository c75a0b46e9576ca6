"""Lines of files that are imported, and what to say of the answers."""

from sandbox.kit import BODIES

RULE = {**BODIES["query"], "rule_id": "rule-1"}
LIST = {"list_id": "l", "name": "n", "description": "d", "type": "detection"}
ENTRY = {"field": "host.name", "type": "match", "operator": "included", "value": "v"}
ITEM = {"list_id": "l", "item_id": "i", "name": "n", "description": "d", "type": "simple", "entries": [ENTRY]}
LINK = {"id": "elsewhere", "list_id": "l", "namespace_type": "single", "type": "detection"}
CONNECTOR = {
    "id": "mail",
    "type": "action",
    "attributes": {"actionTypeId": ".email", "name": "Mail", "isMissingSecrets": True, "config": {"from": "a@b.c"}},
    "references": [],
}
ACTION = {"id": "mail", "action_type_id": ".email", "group": "default", "params": {"to": ["a@b.c"]}}
PREBUILT = {**RULE, "rule_id": "pre-1", "author": ["Elastic"], "license": "Elastic License v2"}


def rule(rule_id, **fields):
    return {**RULE, "rule_id": rule_id, **fields}


def counts(answer):
    return answer["success"], answer["success_count"], answer["rules_count"]


def failure(status, message, **ids):
    return {**ids, "error": {"status_code": status, "message": message}}


def stored(box):
    return [one["rule_id"] for one in box.state.rules()]
