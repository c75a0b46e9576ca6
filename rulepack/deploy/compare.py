"""A server as one side of a comparison: whole, or only in what the other side names."""

from __future__ import annotations

from collections.abc import Sequence

from rulepack.content import of_body
from rulepack.deploy import diff, shape
from rulepack.deploy.change import Payload
from rulepack.deploy.plan import Place, choose_target, is_prebuilt
from rulepack.fit import Standing
from rulepack.package.compare import Comparison, Kind, RuleChange, Side, arranged
from rulepack.package.manifest import PackagedRule


def own_rules(remote: Sequence[Payload]) -> dict[str, Payload]:
    """The rules of a server that are not Elastic's, by rule_id; of several with one, the first."""
    found: dict[str, Payload] = {}
    for payload in remote:
        if not is_prebuilt(payload) and shape.unreadable(payload) is None:
            found.setdefault(payload["rule_id"], payload)
    return found


def server_side(label: str, remote: Sequence[Payload]) -> Side:
    """The rules of a server as a side: what Kibana itself makes of a rule is left out."""
    bodies = {rule_id: _bare(payload) for rule_id, payload in own_rules(remote).items()}
    rules = {rule_id: _packaged(rule_id, body) for rule_id, body in bodies.items()}
    return Side(label, rules, lambda rule, _: bodies[rule.rule_id])


def against_server(place: Place, remote: Sequence[Payload], new: Side) -> Comparison:
    """What a side would change on a server: only fields that it names, with Kibana's own ways evened out.

    Of the side, what it has for the stack version that the server gets is compared. Raises Incompatible when that is
    nothing.
    """
    target = choose_target(place, new.stack)
    there = own_rules(remote)
    changes = []
    same = 0
    for rule_id, rule in sorted(new.rules.items()):
        server = there.pop(rule_id, None)
        if not rule.fits or rule.fit(target).standing is Standing.LEFT_OUT:
            if server is not None:
                kind, why = (
                    (Kind.DEPRECATED, rule.reason) if rule.deprecated else (Kind.REMOVED, rule.fit(target).reasons[0])
                )
                changes.append(RuleChange(kind, rule_id, rule.name, rule.file, server.get("version"), reason=why))
            continue
        body = dict(new.body(rule, target))
        if server is None:
            changes.append(RuleChange(Kind.ADDED, rule_id, rule.name, rule.file, None, rule.version))
            continue
        fields = tuple(one for one in diff.compare(body, server) if one.field != "version")
        version = server.get("version") if isinstance(server.get("version"), int) else None
        if not fields and rule.version in (None, version):
            same += 1
            continue
        renamed = server.get("name") if server.get("name") != rule.name else None
        changes.append(
            RuleChange(Kind.CHANGED, rule_id, rule.name, rule.file, version, rule.version, fields, old_name=renamed)
        )
    changes += [
        RuleChange(Kind.REMOVED, rule_id, shape.text_of(payload.get("name")), "", payload.get("version"))
        for rule_id, payload in there.items()
    ]
    return Comparison(str(place), new.label, arranged(changes), same, new.unread)


def _bare(payload: Payload) -> Payload:
    body = {name: value for name, value in payload.items() if name not in diff.SERVER_ONLY}
    tags = [tag for tag in body.get("tags") or () if not diff.is_bookkeeping(tag)]
    return {**body, "tags": tags}


def _packaged(rule_id: str, body: Payload) -> PackagedRule:
    version = body.get("version")
    return PackagedRule(
        rule_id,
        shape.text_of(body.get("name")),
        shape.text_of(body.get("type")),
        "",
        of_body(body).hash,
        version=version if isinstance(version, int) else None,
        json=rule_id,
    )
