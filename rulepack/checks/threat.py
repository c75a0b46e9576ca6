"""RP30x: tactics and techniques against MITRE ATT&CK."""

from __future__ import annotations

from collections.abc import Iterator

from rulepack.checks.base import Context, Found, check
from rulepack.diagnostics import Related, Severity
from rulepack.fields import quote, short, spelled
from rulepack.rule import Rule
from rulepack.rule.threat import Subtechnique, Tactic, Technique
from rulepack.schema import Path

_UPDATE = "if it is newer than rulepack's tables, or revoked, run `rulepack reference update --attack FILE|URL`"


def attack_entries(rule: Rule, context: Context) -> list[tuple[Path, Tactic | Technique | Subtechnique]]:
    """Every tactic, technique and sub-technique of ATT&CK; other frameworks are not rulepack's to judge."""
    return context.once(rule, attack_entries, lambda *_: list(_of_attack(rule, context)))


def _of_attack(rule: Rule, context: Context) -> Iterator[tuple[Path, Tactic | Technique | Subtechnique]]:
    is_atlas = context.attack.is_atlas
    for path, tactic in rule.tactics():
        if not is_atlas(tactic.id):
            yield path, tactic
    for path, _, technique in rule.techniques():
        if not is_atlas(technique.id):
            yield path, technique
    for path, _, subtechnique in rule.subtechniques():
        if not is_atlas(subtechnique.id):
            yield path, subtechnique


def _names(entry: Tactic | Technique | Subtechnique, context: Context) -> set[str]:
    """Every name that any version of ATT&CK has for an id."""
    known = context.attack.tactics(entry.id) if isinstance(entry, Tactic) else context.attack.techniques(entry.id)
    return {one.name for one in known}


@check("RP301", "unknown-technique", Severity.WARNING)
def unknown_technique(rule: Rule, context: Context) -> Iterator[Found]:
    """A tactic or technique id is not in any version of MITRE ATT&CK that rulepack knows.

    Why: dashboards and coverage maps group by ids, so the rule is missing from them.

    Instead: correct the id. If ATT&CK has it and rulepack's tables do not yet, `rulepack reference update --attack`
    reads a newer STIX bundle, which also says what took the place of an id that was revoked.
    """
    for path, entry in attack_entries(rule, context):
        if _names(entry, context):
            continue
        kind = "tactic" if isinstance(entry, Tactic) else "technique"
        near = context.attack.close(entry.name) or context.attack.close(entry.id)
        hint = f"did you mean {near}? {_UPDATE}" if near else _UPDATE
        yield context.at(rule, (*path, "id"), f"{kind} {spelled(entry.id)} is not in MITRE ATT&CK", hint)


@check("RP302", "technique-not-in-tactic", Severity.WARNING)
def technique_not_in_tactic(rule: Rule, context: Context) -> Iterator[Found]:
    """A technique stands under a tactic that it does not serve, or a sub-technique under another technique.

    Why: the rule appears in the wrong column of the ATT&CK matrix.

    Instead: move the technique to a threat entry of a tactic that has it; the hint names them.
    """
    attack = context.attack
    for path, threat, technique in rule.techniques():
        if not attack.techniques(technique.id) or not attack.tactics(threat.tactic.id):
            continue
        if not attack.in_tactic(technique.id, threat.tactic.id):
            tactics = {tactic for one in attack.techniques(technique.id) for tactic in one.tactics}
            names = sorted({one.name for tactic in tactics for one in attack.tactics(tactic)})
            # RP303 says that the file calls it otherwise.
            served = _names(threat.tactic, context)
            called = threat.tactic.name if threat.tactic.name in served else " or ".join(sorted(served))
            message = f"{technique.id} {short(technique.name)} is not a technique of {called}"
            yield context.at(rule, (*path, "id"), message, f"it belongs to {', '.join(names)}")
    for path, technique, subtechnique in rule.subtechniques():
        parent = subtechnique.id.partition(".")[0]
        # RP301 says it of an id that is unknown; which one belongs under which is then a guess.
        known = attack.is_known(technique.id) and attack.is_known(subtechnique.id)
        if known and parent != technique.id:
            message = f"{subtechnique.id} is not a sub-technique of {technique.id}"
            yield context.at(rule, (*path, "id"), message, f"put it under {parent}")


@check("RP303", "name-mismatch", Severity.WARNING)
def name_mismatch(rule: Rule, context: Context) -> Iterator[Found]:
    """The name of a tactic or technique is not the one that ATT&CK gives this id.

    Why: one of the two is wrong, and readers trust the name while dashboards trust the id.

    Instead: use the name that the hint gives, or the id that belongs to the name.
    """
    for path, entry in attack_entries(rule, context):
        names = _names(entry, context)
        if names and entry.name not in names:
            right = " or ".join(sorted(names))
            attack = context.attack
            named = attack.tactic_by_name(entry.name) if isinstance(entry, Tactic) else attack.by_name(entry.name)
            other = f", or {named.id} if {named.name} is meant" if named is not None and named.id != entry.id else ""
            yield context.at(
                rule, (*path, "name"), f"{entry.id} is not called {quote(entry.name)}", f"use {right}{other}"
            )


@check("RP304", "revoked-technique", Severity.WARNING)
def revoked_technique(rule: Rule, context: Context) -> Iterator[Found]:
    """A technique has been revoked or deprecated by ATT&CK.

    Why: dashboards and coverage maps group by current ids, so the rule drops out of them.

    Instead: use the technique that replaced it; the hint names it.
    """
    for path, entry in attack_entries(rule, context):
        status = context.attack.status(entry.id)
        if status is None or status.state == "active":
            continue
        hint = f"use {status.replaced_by}" if status.replaced_by is not None else "choose a current technique"
        message = f"{entry.id} {short(entry.name)} is {status.state} in ATT&CK {status.version}"
        yield context.at(rule, (*path, "id"), message, hint)


@check("RP305", "wrong-reference", Severity.WARNING)
def wrong_reference(rule: Rule, context: Context) -> Iterator[Found]:
    """The link of a tactic or technique is not the page of its id.

    Why: an analyst who follows the link reads about something else.

    Instead: use the address that the hint gives.
    """
    for path, entry in attack_entries(rule, context):
        right = context.attack.url(entry.id) if context.attack.is_known(entry.id) else None
        if right is not None and entry.reference.rstrip("/") != right.rstrip("/"):
            message = f"{quote(entry.reference)} is not the page of {entry.id}"
            yield context.at(rule, (*path, "reference"), message, f"use {right}")


@check("RP306", "repeated-threat", Severity.WARNING)
def repeated_threat(rule: Rule, context: Context) -> Iterator[Found]:
    """A tactic has two threat entries, or a technique stands twice under one tactic.

    Why: Kibana shows it twice, and whoever adds a technique finds two places for it.

    Instead: put all techniques of a tactic into one entry, and all sub-techniques of a technique under it.
    """
    if not any(map(_repeats, _siblings(rule))):
        return
    seen: dict[tuple[str, ...], Path] = {}
    for key, path, name in _placed(rule):
        known = seen.setdefault(key, path)
        if known is not path:
            related = Related(context.span(rule, known), "the first one")
            message = f"{key[-1]} {short(name)} is there already"
            yield Found(message, context.span(rule, path), "join the two entries", (related,))


def _siblings(rule: Rule) -> Iterator[list[str]]:
    """The ids of entries that stand side by side: tactics, techniques of each, sub-techniques of each."""
    threats = rule.threat or ()
    yield [threat.tactic.id for threat in threats]
    for threat in threats:
        yield [technique.id for technique in threat.technique or ()]
        for technique in threat.technique or ():
            yield [one.id for one in technique.subtechnique or ()]


def _repeats(ids: list[str]) -> bool:
    return len(ids) > 1 and len(set(ids)) < len(ids)


def _placed(rule: Rule) -> Iterator[tuple[tuple[str, ...], Path, str]]:
    """Every tactic, technique and sub-technique: its id behind those that it is under, its path, its name."""
    for number, threat in enumerate(rule.threat or ()):
        path: Path = ("rule", "threat", number)
        above = (threat.framework, threat.tactic.id)
        yield above, (*path, "tactic", "id"), threat.tactic.name
        for index, technique in enumerate(threat.technique or ()):
            under = (*path, "technique", index)
            yield (*above, technique.id), (*under, "id"), technique.name
            for last, one in enumerate(technique.subtechnique or ()):
                yield (*above, technique.id, one.id), (*under, "subtechnique", last, "id"), one.name
