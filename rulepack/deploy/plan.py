"""Plan: what deploying would do, rule by rule; a value, made of a pack and of what Kibana has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from rulepack.deploy import diff, shape
from rulepack.deploy.change import WRITTEN, Change, Kind, Payload
from rulepack.frozen import frozen
from rulepack.pack import Pack
from rulepack.rule import Rule
from rulepack.stack import StackVersion

# The list of Elastic Defend's exceptions, which Kibana itself makes with the first rule that a space gets.
KIBANAS_OWN = ("endpoint_list", "agnostic")


@frozen
class Place:
    """Where a plan is for: Kibana's address, the space, and the version (None for serverless: always the newest)."""

    url: str
    space: str
    version: StackVersion | None

    def __str__(self) -> str:
        version = f"Kibana {self.version}" if self.version else "serverless Kibana"
        return f"space {self.space} of {self.url} ({version})"


@frozen
class Selection:
    """Which rules of the pack are meant, and which new ones are enabled.

    `maturity` are the values of [metadata] maturity that are deployed; `enable_new` is never, file (those whose file
    says so) or always; `files` restricts to some rule files.
    """

    maturity: tuple[str, ...] = ("production",)
    enable_new: str = "file"
    files: tuple[str, ...] | None = None

    def reason_against(self, rule: Rule, version: StackVersion | None) -> str | None:
        """Why a rule is not selected; None when it is."""
        if self.files is not None and rule.file not in self.files:
            return "not among the files named"
        if rule.deprecated:
            return "deprecated"
        if rule.metadata.maturity not in self.maturity:
            return f"maturity is {rule.metadata.maturity or 'not given'}"
        least = rule.metadata.min_stack_version
        if version is not None and least and StackVersion.parse(least) > version:
            return f"needs stack {least}, and Kibana is {version}"
        return None


@frozen(slots=False)
class Plan:
    """What is to become of every rule, in the order of Kind and then of files and names.

    `lists` are the exception lists of the space: Kibana's id by list_id and namespace_type; `prebuilt` is how many
    prebuilt rules there are.
    """

    pack_name: str
    place: Place
    changes: tuple[Change, ...]
    lists: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    prebuilt: int = 0

    @cached_property
    def by_kind(self) -> dict[Kind, tuple[Change, ...]]:
        """The changes of each kind; kinds without any are there with none."""
        return {kind: tuple(one for one in self.changes if one.kind is kind) for kind in Kind}

    @property
    def pending(self) -> tuple[Change, ...]:
        """What would be written."""
        return tuple(one for one in self.changes if one.kind in WRITTEN)

    @property
    def selected(self) -> int:
        """How many rules of the pack are meant for this place."""
        return sum(1 for one in self.changes if one.file is not None and one.kind is not Kind.NOT_SELECTED)

    def missing_lists(self, body: Payload) -> tuple[str, ...]:
        """The exception lists that a rule names and the space does not have."""
        named = ((one["list_id"], one["namespace_type"]) for one in body.get("exceptions_list") or ())
        return tuple(name for name, kind in named if (name, kind) not in {*self.lists, KIBANAS_OWN})

    @property
    def managed_tag(self) -> str:
        """The tag that says to people who manages a rule."""
        return f"{diff.MANAGED_BY}{self.pack_name}"


def make_plan(
    pack: Pack,
    place: Place,
    remote: Sequence[Payload],
    lists: Sequence[Payload] = (),
    selection: Selection | None = None,
) -> Plan:
    """The plan for a pack against the rules and exception lists that a space has; pure."""
    selection = selection or Selection()
    by_rule_id: dict[str, list[Payload]] = defaultdict(list)
    for payload in remote:
        by_rule_id[shape.text_of(payload.get("rule_id"))].append(payload)
    changes = [_change(pack, rule, place, by_rule_id.get(rule.rule_id, []), selection) for rule in pack.rules]
    changes += _others(pack, by_rule_id)
    order = list(Kind)
    return Plan(
        pack.project.name,
        place,
        tuple(sorted(changes, key=lambda one: (order.index(one.kind), one.file or "", one.name, one.rule_id))),
        MappingProxyType(shape.list_ids(lists)),
        sum(1 for payload in remote if is_prebuilt(payload)),
    )


def is_prebuilt(payload: Payload) -> bool:
    """Whether a rule in Kibana is one of Elastic's."""
    source = payload.get("rule_source")
    return bool(payload.get("immutable")) or (isinstance(source, dict) and source.get("type") == "external")


def _change(pack: Pack, rule: Rule, place: Place, found: list[Payload], selection: Selection) -> Change:
    """What is to become of a rule of the pack."""
    ids = tuple(str(payload["id"]) for payload in found)
    common: dict[str, Any] = {"rule_id": rule.rule_id, "name": rule.name, "file": rule.file, "ids": ids}
    reason = selection.reason_against(rule, place.version)
    if reason is not None:
        return Change(Kind.NOT_SELECTED, reason=reason, **common)
    if len(found) > 1:
        return Change(Kind.DUPLICATE, reason=f"Kibana has it {len(found)} times: {', '.join(ids)}", **common)
    body = pack.to_api(rule, place.version)
    if not found:
        body["enabled"] = _enable(body, selection.enable_new)
        return Change(Kind.CREATE, body=body, **common)
    (server,) = found
    if is_prebuilt(server):
        return Change(Kind.PREBUILT, reason="it is one of Elastic's prebuilt rules", **common)
    problem = shape.unreadable(server)
    if problem:
        return Change(Kind.UNREADABLE, reason=f"its {problem} in Kibana's answer", **common)
    if server.get("type") != rule.type:
        reason = f"it is a {server.get('type')} rule in Kibana and a {rule.type} rule in the file"
        return Change(Kind.BLOCKED, reason=reason, **common)
    fields = diff.compare(body, server)
    return Change(
        Kind.UPDATE if fields else Kind.UNCHANGED,
        revision=server.get("revision"),
        fields=fields,
        kibana_only=diff.only_in_kibana(body, server),
        body=body,
        **common,
    )


def _enable(body: Payload, enable_new: str) -> bool:
    """Whether a new rule is to run."""
    return {"never": False, "always": True}.get(enable_new, bool(body.get("enabled")))


def _others(pack: Pack, by_rule_id: dict[str, list[Payload]]) -> Iterator[Change]:
    """The rules that only Kibana has; prebuilt ones are many, and only counted."""
    for rule_id, found in by_rule_id.items():
        if rule_id in pack.by_id:
            continue
        for payload in found:
            if not is_prebuilt(payload):
                yield Change(
                    Kind.KIBANA_ONLY,
                    rule_id,
                    shape.text_of(payload.get("name")) or "(no name)",
                    ids=(str(payload["id"]),),
                )
