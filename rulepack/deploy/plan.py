"""Plan: what deploying would do, rule by rule; a value, made of a package and of what Kibana has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from rulepack.deploy import diff, shape
from rulepack.deploy.change import WRITTEN, Change, Kind, Payload
from rulepack.errors import Incompatible
from rulepack.fit import Standing, target_for
from rulepack.frozen import frozen
from rulepack.package.manifest import PackagedRule
from rulepack.package.package import Package
from rulepack.stack import SERVERLESS, StackVersion

_BETWEEN = (9, 0)
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
    says so) or always; `files` restricts to some rule files; `allow_downgrade` lets rules go back behind a version that
    Kibana has.
    """

    maturity: tuple[str, ...] = ("production",)
    enable_new: str = "file"
    files: tuple[str, ...] | None = None
    allow_downgrade: bool = False

    def reason_against(self, rule: PackagedRule, target: StackVersion) -> str | None:
        """Why a rule is not selected for a target of the package; None when it is."""
        if self.files is not None and rule.file not in self.files:
            return "not among the files named"
        if rule.deprecated:
            return "deprecated"
        if rule.maturity not in self.maturity:
            return f"maturity is {rule.maturity or 'not given'}"
        fit = rule.fit(target)
        if fit.standing is Standing.LEFT_OUT:
            # Of what the file's own minimum says, the comment would be the longest part.
            return f"left out of {target}: {fit.reasons[0].partition(': ')[0] if fit.noted else fit.reasons[0]}"
        return None


@frozen(slots=False)
class Plan:
    """What is to become of every rule of a package, in the order of Kind and then of files and names.

    `target` is the stack version of the package that the place gets. `lists` are the exception lists of the space:
    Kibana's id by list_id and namespace_type; `prebuilt` is how many prebuilt rules there are.
    """

    package: Package
    place: Place
    target: StackVersion
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
        return f"{diff.MANAGED_BY}{self.package.manifest.pack}"


def make_plan(
    package: Package,
    place: Place,
    remote: Sequence[Payload],
    lists: Sequence[Payload] = (),
    selection: Selection | None = None,
) -> Plan:
    """The plan for a package against the rules and exception lists that a space has; pure.

    Raises Incompatible when the package is for newer stack versions only.
    """
    selection = selection or Selection()
    manifest = package.manifest
    target = choose_target(place, manifest.stack)
    by_rule_id: dict[str, list[Payload]] = defaultdict(list)
    for payload in remote:
        by_rule_id[shape.text_of(payload.get("rule_id"))].append(payload)
    changes = [_change(package, rule, target, by_rule_id.get(rule.rule_id, []), selection) for rule in manifest.rules]
    changes += _others(package, by_rule_id)
    order = list(Kind)
    return Plan(
        package,
        place,
        target,
        tuple(sorted(changes, key=lambda one: (order.index(one.kind), one.file or "", one.name, one.rule_id))),
        MappingProxyType(shape.list_ids(lists)),
        sum(1 for payload in remote if is_prebuilt(payload)),
    )


def choose_target(place: Place, stack: tuple[StackVersion, ...]) -> StackVersion:
    """The stack version of a pack that a place gets; raises Incompatible when all of them are newer."""
    target = target_for(place.version, stack)
    if target is None:
        raise too_old(place.url, place.version, stack[0])
    if place.version is not None and (place.version.major, place.version.minor) == _BETWEEN > (target.major, 99):
        # What came with 8.19 and 9.1 at once is not in 9.0.
        raise Incompatible(
            f"{place.url} is Kibana {place.version}, which lacks some of what {target} has",
            'have "9.0" in the pack\'s `stack`, or update Kibana',
        )
    return target


def too_old(url: str, version: StackVersion | None, lowest: StackVersion) -> Incompatible:
    """What to say of a Kibana that is older than all that a pack is for."""
    wanted = "serverless only" if lowest == SERVERLESS else f"{lowest} and newer"
    return Incompatible(
        f"{url} is Kibana {version}, and the pack is for {wanted}",
        "update Kibana, or have its version in the pack's `stack`",
    )


def is_prebuilt(payload: Payload) -> bool:
    """Whether a rule in Kibana is one of Elastic's."""
    source = payload.get("rule_source")
    return bool(payload.get("immutable")) or (isinstance(source, dict) and source.get("type") == "external")


def _change(
    package: Package, rule: PackagedRule, target: StackVersion, found: list[Payload], selection: Selection
) -> Change:
    """What is to become of a rule of the package."""
    ids = tuple(str(payload["id"]) for payload in found)
    common: dict[str, Any] = {"rule_id": rule.rule_id, "name": rule.name, "file": rule.file, "ids": ids}
    reason = selection.reason_against(rule, target)
    if reason is not None:
        if rule.deprecated and any(payload.get("enabled") for payload in found):
            reason = "deprecated, and still enabled in Kibana: switch it off there"
        return Change(Kind.NOT_SELECTED, reason=reason, **common)
    if len(found) > 1:
        return Change(Kind.DUPLICATE, reason=f"Kibana has it {len(found)} times: {', '.join(ids)}", **common)
    body = package.body(rule, target)
    if not found:
        body = {**body, "enabled": _enable(body, selection.enable_new)}
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
    body, kept = (body, ()) if selection.allow_downgrade else _without_lower_version(body, server)
    fields = diff.compare(body, server)
    if kept and fields:
        reason = f"Kibana has version {server['version']}, above the pack's {rule.version}, and another content"
        return Change(Kind.BEHIND, reason=reason, fields=fields, **common)
    return Change(
        Kind.UPDATE if fields else Kind.UNCHANGED,
        revision=server.get("revision"),
        fields=fields,
        kibana_only=(*kept, *(one for one in diff.only_in_kibana(body, server) if not kept or one != "version")),
        body=body,
        **common,
    )


def _enable(body: Payload, enable_new: str) -> bool:
    """Whether a new rule is to run."""
    return {"never": False, "always": True}.get(enable_new, bool(body.get("enabled")))


def _without_lower_version(body: Payload, server: Payload) -> tuple[Payload, tuple[str, ...]]:
    """The body without its version where Kibana has a higher one, which must not go back; and what is kept so."""
    ours, theirs = body.get("version"), server.get("version")
    if not isinstance(ours, int) or not isinstance(theirs, int) or theirs <= ours:
        return body, ()
    rest = {name: value for name, value in body.items() if name != "version"}
    return rest, (f"version {theirs}, above the pack's {ours} (`rulepack lock --adopt` goes above it)",)


def _others(package: Package, by_rule_id: dict[str, list[Payload]]) -> Iterator[Change]:
    """The rules that only Kibana has, and those whose files are wrong; prebuilt ones are many, and only counted."""
    for rule_id, (name, file) in package.broken.items():
        yield Change(Kind.NOT_SELECTED, rule_id, name, file, reason="its file has errors")
    ours = {*package.broken, *(rule.rule_id for rule in package.manifest.rules)}
    for rule_id, found in by_rule_id.items():
        if rule_id in ours:
            continue
        for payload in found:
            if not is_prebuilt(payload):
                yield Change(
                    Kind.KIBANA_ONLY,
                    rule_id,
                    shape.text_of(payload.get("name")) or "(no name)",
                    ids=(str(payload["id"]),),
                )
