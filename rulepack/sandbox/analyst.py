"""What people do in Kibana's user interface while nobody is looking.

    box.analyst("default").edit(rule_id="...", name="Another name")

A rule is named by its rule_id, or by `id` where several share one. Every method gives back a copy of what it changed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rulepack.sandbox import defaults, prebuilt, rules
from rulepack.sandbox.answers import Payload
from rulepack.sandbox.connectors import put_connector
from rulepack.sandbox.context import Context
from rulepack.sandbox.exception_items import put_item
from rulepack.sandbox.exception_lists import ITEMS, LISTS, put_list, touch
from rulepack.sandbox.prechecks import RULE_DEFAULT
from rulepack.sandbox.state import EVERYWHERE
from rulepack.sandbox.storage import Saver

_LOOK_BACK = re.compile(r"now-(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Analyst:
    """A person at work in one space."""

    def __init__(self, context: Context, space: str, user: str, saver: Saver | None) -> None:
        self.context = context
        self.state = context.state
        self.space = space
        self.user = user
        self._saver = saver

    def rule(self, rule_id: str | None = None, *, id: str | None = None) -> Payload:  # noqa: A002 (Kibana's name)
        """A rule as it is now; KeyError if there is none."""
        with self._change():
            return copy.deepcopy(self._pick(rule_id, id))

    def create(self, body: Payload) -> Payload:
        """Make a rule from a body that fits (nobody checks)."""
        with self._change():
            return self._put(rules.new_rule(self.context, copy.deepcopy(body), self.user))

    def edit(self, rule_id: str | None = None, *, id: str | None = None, **fields: Any) -> Payload:  # noqa: A002
        """Change fields in the form and save it; None takes a field away.

        The form writes more than was changed: the look-back in seconds, and what it needs for itself into `meta`.
        """
        with self._change():
            old = self._pick(rule_id, id)
            body = {**rules.client_part(old), **copy.deepcopy(fields)}
            body = {name: value for name, value in body.items() if value is not None}
            if "from" not in fields:
                body["from"] = _in_seconds(body["from"])
            meta = {"from": _beyond_interval(body), "kibana_siem_app_url": "http://localhost:5601/app/security"}
            body["meta"] = {**body.get("meta", {}), **meta}
            return self._revise(old, body)

    def enable(self, rule_id: str | None = None, *, id: str | None = None) -> Payload:  # noqa: A002
        """Switch a rule on; its revision stays."""
        return self._switch(rule_id, id, on=True)

    def disable(self, rule_id: str | None = None, *, id: str | None = None) -> Payload:  # noqa: A002
        """Switch a rule off; its revision stays."""
        return self._switch(rule_id, id, on=False)

    def add_tag(self, rule_id: str | None, tag: str, *, id: str | None = None) -> Payload:  # noqa: A002
        """Add a tag by a bulk edit, which leaves `meta` alone."""
        with self._change():
            old = self._pick(rule_id, id)
            return self._revise(old, {**rules.client_part(old), "tags": [*old["tags"], tag]})

    def add_action(
        self,
        rule_id: str | None,
        *,
        connector_id: str | None = None,
        params: Payload | None = None,
        id: str | None = None,  # noqa: A002
    ) -> Payload:
        """Have a rule send something; makes a connector unless it is told one."""
        with self._change():
            old = self._pick(rule_id, id)
            if connector_id is None:
                made = {"name": "Analyst's", "connector_type_id": ".webhook"}
                connector_id = put_connector(self.context, self.space, made)["id"]
            known = self.context.preconfigured | {one["id"]: one for one in self.state.shelf("connectors", self.space)}
            action = {
                "id": connector_id,
                "action_type_id": known[connector_id]["connector_type_id"],
                "group": "default",
                "params": copy.deepcopy(params) or {"body": "{}"},
            }
            return self._revise(old, {**rules.client_part(old), "actions": [*old["actions"], action]})

    def add_exception_list(
        self,
        rule_id: str | None,
        list_id: str | None = None,
        *,
        type: str = "detection",  # noqa: A002 (Kibana's name)
        namespace_type: str = "single",
        id: str | None = None,  # noqa: A002
    ) -> Payload:
        """Link an exception list to a rule; makes the list if it is not there. Gives back the rule."""
        with self._change():
            old = self._pick(rule_id, id)
            home = EVERYWHERE if namespace_type == "agnostic" else self.space
            found = self.state.shelf(LISTS, home).find("list_id", list_id) if list_id else []
            body: Payload = {"name": list_id or "Analyst's", "description": "By an analyst.", "type": type}
            body |= {"list_id": list_id} if list_id else {}
            linked = found[0] if found else put_list(self.context, home, body, self.user)
            link = {name: linked[name] for name in ("id", "list_id", "type", "namespace_type")}
            return self._revise(old, {**rules.client_part(old), "exceptions_list": [*old["exceptions_list"], link]})

    def add_unknown_field(
        self,
        rule_id: str | None,
        name: str = "future_field",
        value: Any = True,  # noqa: FBT002 (any JSON value)
        *,
        id: str | None = None,  # noqa: A002
    ) -> Payload:
        """Set a field that rulepack has never heard of, as a newer Kibana would."""
        with self._change():
            old = self._pick(rule_id, id)
            self.context.newer_fields.add(name)
            return self._revise(old, {**rules.client_part(old), name: copy.deepcopy(value)})

    def delete(self, rule_id: str | None = None, *, id: str | None = None) -> Payload:  # noqa: A002
        """Delete a rule."""
        with self._change():
            return copy.deepcopy(self.state.drop("rules", self.space, self._pick(rule_id, id)["id"]).data)

    def recreate(self, rule_id: str | None = None, *, id: str | None = None) -> Payload:  # noqa: A002
        """Delete a rule and make the same again: the rule_id is the old one, `id` is not."""
        with self._change():
            old = self.state.drop("rules", self.space, self._pick(rule_id, id)["id"]).data
            return self._copy(old, rule_id=old["rule_id"])

    def duplicate(self, rule_id: str | None = None, *, id: str | None = None) -> Payload:  # noqa: A002
        """Duplicate a rule: tags and all, another name and rule_id, switched off, never prebuilt."""
        with self._change():
            old = self._pick(rule_id, id)
            links = [self._own_list(link) for link in old["exceptions_list"]]
            name = f"{old['name']} [Duplicate]"
            return self._copy(old, rule_id=self.state.new_id(), name=name, enabled=False, exceptions_list=links)

    def twin(self, rule_id: str | None = None, *, id: str | None = None, **fields: Any) -> Payload:  # noqa: A002
        """Make a second rule with the same rule_id, as a lost race does."""
        with self._change():
            old = self._pick(rule_id, id)
            return self._copy(old, rule_id=old["rule_id"], **copy.deepcopy(fields))

    def run(
        self,
        rule_id: str | None = None,
        *,
        status: str = "succeeded",
        id: str | None = None,  # noqa: A002
    ) -> Payload:
        """Let a rule look as if it had run: an execution_summary appears, and nothing else changes."""
        orders = {"succeeded": 0, "going to run": 10, "running": 15, "partial failure": 20, "failed": 30}
        with self._change():
            last = {
                "date": self.state.now(),
                "status": status,
                "status_order": orders[status],
                "message": "Rule execution completed successfully" if status == "succeeded" else status,
                "metrics": {"total_search_duration_ms": 12, "total_indexing_duration_ms": 3},
            }
            return self._put({**self._pick(rule_id, id), "execution_summary": {"last_execution": last}})

    def offer_prebuilt(self, body: Payload, *, version: int = 1) -> None:
        """Have Elastic offer a prebuilt rule, or a new version of it: a create body with a rule_id."""
        with self._change():
            asset = {**rules.client_part(body), "rule_id": body["rule_id"], "version": version}
            self.state.assets[body["rule_id"], version] = copy.deepcopy(asset)
            self.state.changes += 1

    def install_prebuilt(self, rule_id: str, *, version: int | None = None) -> Payload:
        """Install a prebuilt rule that is on offer, switched off; the newest version unless another is named."""
        with self._change():
            settings = self.context.settings
            origin = prebuilt.origin(settings, prebuilt.external(settings))
            rule = rules.new_rule(self.context, self._asset(rule_id, version), self.user, origin)
            return self._put({**rule, "enabled": False})

    def upgrade_prebuilt(self, rule_id: str, *, version: int | None = None) -> Payload:
        """Bring an installed prebuilt rule to another version; its switch, actions and exceptions stay."""
        with self._change():
            old = self._pick(rule_id, None)
            kept = {name: old[name] for name in ("enabled", "actions", "exceptions_list")}
            return self._revise(old, {**self._asset(rule_id, version), **kept})

    def add_exception_item(self, list_id: str, *, namespace_type: str = "single", **fields: Any) -> Payload:
        """Add an item to an exception list."""
        entry = {"field": "host.name", "type": "match", "operator": "included", "value": "known-good"}
        body = {"list_id": list_id, "name": "Known good", "description": "", "type": "simple", "entries": [entry]}
        home = EVERYWHERE if namespace_type == "agnostic" else self.space
        with self._change():
            return copy.deepcopy(put_item(self.context, home, {**body, **copy.deepcopy(fields)}, self.user))

    def edit_exception_item(self, item_id: str, *, namespace_type: str = "single", **fields: Any) -> Payload:
        """Change fields of an exception item; its `_version` changes too."""
        return self._edit_listed(ITEMS, "item_id", item_id, namespace_type, fields)

    def edit_exception_list(self, list_id: str, *, namespace_type: str = "single", **fields: Any) -> Payload:
        """Change fields of an exception list; its `_version` changes too."""
        return self._edit_listed(LISTS, "list_id", list_id, namespace_type, fields)

    def _edit_listed(self, kind: str, name: str, value: str, namespace_type: str, fields: Payload) -> Payload:
        home = EVERYWHERE if namespace_type == "agnostic" else self.space
        with self._change():
            old = self.state.shelf(kind, home).find(name, value)[0]
            return copy.deepcopy(touch(self.context, kind, home, {**old, **copy.deepcopy(fields)}, self.user))

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Hold the state, then save it: with the state held, a save that is under way would wait for ever."""
        with self.state.lock:
            yield
        if self._saver is not None:
            self._saver.commit()

    def _pick(self, rule_id: str | None, id_: str | None) -> Payload:
        shelf = self.state.shelf("rules", self.space)
        found = [shelf.get(id_)] if id_ is not None else shelf.find("rule_id", rule_id or "")
        if not found or found[0] is None:
            raise KeyError(f"there is no rule {id_ or rule_id} in the space {self.space}")
        return found[0]

    def _asset(self, rule_id: str, version: int | None) -> Payload:
        versions = [number for one, number in self.state.assets if one == rule_id]
        return copy.deepcopy(self.state.assets[rule_id, max(versions) if version is None else version])

    def _revise(self, old: Payload, body: Payload) -> Payload:
        return self._put(rules.revise(self.context, old, body, self.user))

    def _switch(self, rule_id: str | None, id_: str | None, *, on: bool) -> Payload:
        with self._change():
            old = self._pick(rule_id, id_)
            stamp = {"updated_at": self.state.now(), "updated_by": self.user}
            return self._put({**old, "enabled": on, **stamp})

    def _copy(self, old: Payload, **fields: Any) -> Payload:
        actions = [{**action, "uuid": self.state.new_id()} for action in old["actions"]]
        return self._put(
            rules.new_rule(self.context, {**rules.client_part(old), "actions": actions, **fields}, self.user)
        )

    def _own_list(self, link: Payload) -> Payload:
        """The link for a duplicate: shared lists are shared, a rule's own list is copied with its items."""
        if link["type"] != RULE_DEFAULT:
            return link
        found = self.state.shelf(LISTS, self.space).find("list_id", link["list_id"])
        if not found:
            return link
        body = {name: found[0][name] for name in ("name", "description", "type", "tags", "os_types")}
        made = put_list(self.context, self.space, body, self.user)
        for item in self.state.shelf(ITEMS, self.space).find("list_id", link["list_id"]):
            words = {name: item[name] for name in ("name", "description", "type", "entries", "tags", "os_types")}
            put_item(self.context, self.space, {**words, "list_id": made["list_id"]}, self.user)
        return {name: made[name] for name in ("id", "list_id", "type", "namespace_type")}

    def _put(self, rule: Payload) -> Payload:
        return copy.deepcopy(self.state.put("rules", self.space, rule).data)


def _in_seconds(look_back: str) -> str:
    """`now-6m` as the form writes it, `now-360s`."""
    match = _LOOK_BACK.fullmatch(look_back)
    return f"now-{int(match[1]) * _SECONDS[match[2]]}s" if match else look_back


def _beyond_interval(body: Payload) -> str:
    """How far the rule looks back beyond its interval, as the form shows it."""
    match = _LOOK_BACK.fullmatch(body["from"])
    if match is None:
        return "0s"
    beyond = int(match[1]) * _SECONDS[match[2]] - (defaults.seconds_of(body["interval"]) or 0)
    return f"{max(beyond, 0)}s" if beyond % 60 else f"{max(beyond, 0) // 60}m"
