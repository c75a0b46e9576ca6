"""The rules of an import, each on its own: checked, linked to exception lists, created or overwritten."""

from __future__ import annotations

from collections import Counter

from rulepack.sandbox import bodies, defaults, prebuilt, prechecks, rules
from rulepack.sandbox.answers import Payload, Refusal, Request, siem
from rulepack.sandbox.context import BULK_IMPORT, CUSTOMIZABLE, IMPORT_UNLICENSED, ZOD_4, Context, Settings
from rulepack.sandbox.exception_lists import LISTS, home_of
from rulepack.sandbox.ndjson import failure
from rulepack.sandbox.transport import has_connectors
from rulepack.sandbox.wording import UNDEFINED, join_issues

CUSTOMIZING_LICENCES = ("trial", "enterprise")
# What an older Kibana calls a rule whose line it could not read.
NAMELESS = {"rule_id": "(unknown id)"}


class Candidate:
    """A line that may become a rule: what its type knows of it, and what it was."""

    __slots__ = ("body", "line")

    def __init__(self, body: Payload, line: Payload) -> None:
        self.body = body
        self.line = line

    @property
    def rule_id(self) -> str:
        """The rule that it is about."""
        return str(self.body["rule_id"])


class RuleImport:
    """One import's rules under way: what went wrong, how many are in, how many of these were so already."""

    def __init__(self, context: Context, request: Request, *, overwrite: bool) -> None:
        self.context = context
        self.request = request
        self.overwrite = overwrite
        # Kibana lists its errors in this order.
        self.unreadable: list[Payload] = []
        self.repeated: list[Payload] = []
        self.failed: list[Payload] = []
        self.without_connector: list[Payload] = []
        self.counts = Counter[str]()
        self._prebuilt = set[str]()
        self._raced: bool | None = None

    @property
    def errors(self) -> list[Payload]:
        """Everything that went wrong."""
        return [*self.unreadable, *self.repeated, *self.failed, *self.without_connector]

    def read(self, lines: list[Payload | str]) -> list[Candidate]:
        """Lines that fit; the last one of those with the same rule_id."""
        nameless = NAMELESS if self.context.settings.version < ZOD_4 else {}
        candidates: dict[str, Candidate] = {}
        for line in lines:
            candidate = line if isinstance(line, str) else read_rule(line, self.context.settings)
            if isinstance(candidate, str):
                self.unreadable.append(failure(400, candidate, **nameless))
                continue
            rule_id = candidate.rule_id
            if rule_id in candidates and not self.overwrite:
                text = f'More than one rule with rule-id: "{rule_id}" found'
                self.repeated.append(failure(400, text, rule_id=rule_id))
            candidates[rule_id] = candidate
        return list(candidates.values())

    def run(self, candidates: list[Candidate], *, secrets: bool) -> None:
        """Import what can be imported; `secrets` says whether connectors of actions must have theirs."""
        self._prebuilt = {rule_id for rule_id, _ in self.context.state.assets}
        calm = [one for one in candidates if not one.body.get("actions")]
        acting = [one for one in candidates if one.body.get("actions")]
        for candidate in [*calm, *filter(self._has_connectors, acting)]:
            try:
                self._import(candidate, secrets=secrets)
            except Refusal as refusal:
                status = 409 if isinstance(refusal, Conflict) else 400
                message = refusal.worded(self.context.settings.zod_version).message
                self.failed.append(failure(status, message, rule_id=candidate.rule_id))

    def _has_connectors(self, candidate: Candidate) -> bool:
        """Whether all connectors of a rule's actions are there, or an error."""
        ids = {"rule_id": candidate.rule_id}
        if isinstance(candidate.line.get("id"), str):
            ids["id"] = candidate.line["id"]
        if not has_connectors(self.request, self.context.settings):
            text = (
                "You may not have actions privileges required to import rules with actions: Unauthorized to get actions"
            )
            self.without_connector.append(failure(403, text, **ids))
            return False
        shelf = self.context.state.shelf("connectors", self.request.space)
        named = [action["id"] for action in candidate.body["actions"]]
        missing = [id_ for id_ in named if id_ not in self.context.preconfigured and shelf.get(id_) is None]
        if missing:
            text = f"Rule actions reference the following missing action IDs: {','.join(missing)}"
            self.without_connector.append(failure(404, text, **ids))
        return not missing

    def _import(self, candidate: Candidate, *, secrets: bool) -> None:
        context, space = self.context, self.request.space
        body = self._versioned(candidate.body)
        prechecks.check_licence(body["type"], context.settings)
        origin = self._origin(body)
        body = {**body, "exceptions_list": self._linked(body)}
        old = self._existing(candidate.rule_id)
        if old is None:
            rule = rules.new_rule(context, body, self.request.user, origin)
            rules.check_alerting(context, space, rule, "create", secrets=secrets)
        elif not self.overwrite:
            raise Conflict
        else:
            rules.check_type(old, body)
            body = {"enabled": old["enabled"], **body, **rules.newer_part(context, candidate.line)}
            rule = rules.revise(context, old, body, self.request.user, origin)
            rules.check_alerting(context, space, rule, "update", secrets=secrets)
            if context.settings.version >= BULK_IMPORT and not _changed(old, rule):
                self.counts.update(("success", "unchanged"))
                return
        context.state.put("rules", space, rule)
        self.counts["success"] += 1

    def _existing(self, rule_id: str) -> Payload | None:
        """The rule that is there, unless another import looked at the same time."""
        found = self.context.state.shelf("rules", self.request.space).find("rule_id", rule_id)
        if not found:
            return None
        if self._raced is None:
            self._raced = self.context.faults.take_race(self.request)
        return None if self._raced else found[0]

    def _versioned(self, body: Payload) -> Payload:
        if "version" in body:
            return body
        if self._is_prebuilt(body):
            rule_id = body["rule_id"]
            raise siem(400, f'Prebuilt rules must specify a "version" to be imported. [rule_id: {rule_id}]')
        return {**body, "version": 1}

    def _is_prebuilt(self, body: Payload) -> bool:
        return body["rule_id"] in self._prebuilt and self.context.settings.version >= CUSTOMIZABLE

    def _origin(self, body: Payload) -> Payload:
        """Where a rule is from: a known rule_id makes it prebuilt, and its asset tells whether it is customised."""
        settings = self.context.settings
        if not self._is_prebuilt(body):
            return prebuilt.origin(settings, prebuilt.INTERNAL)
        base = self.context.state.assets.get((body["rule_id"], body["version"]))
        if base is None:
            source = prebuilt.external(settings, has_base=False, customized=True)
        else:
            completed = defaults.complete(rules.client_part(body), self.context.state.new_id)
            source = prebuilt.from_base(self.context, base, completed)
        unlicensed = settings.version < IMPORT_UNLICENSED and settings.licence not in CUSTOMIZING_LICENCES
        if unlicensed and source["is_customized"]:
            raise siem(
                400,
                "Importing prebuilt rules is not supported if the they were modified. "
                f"Upgrade your license to import modified prebuilt rules [rule_id: {body['rule_id']}].",
            )
        return prebuilt.origin(settings, source)

    def _linked(self, body: Payload) -> list[Payload]:
        """The links to exception lists that are there, with the ids that these have here; an error for each other."""
        kept = []
        for link in body.get("exceptions_list") or ():
            home = home_of(self.request, link["namespace_type"])
            found = self.context.state.shelf(LISTS, home).find("list_id", link["list_id"])
            if found and found[0]["type"] == link["type"]:
                kept.append({**link, "id": found[0]["id"]})
                continue
            text = (
                f'Rule with rule_id: "{body["rule_id"]}" references a non existent exception list of list_id: '
                f'"{link["list_id"]}". Reference has been removed.'
            )
            self.failed.append(failure(400, text, rule_id=body["rule_id"]))
        return kept


class Conflict(Refusal):
    """There is a rule with that rule_id already, and it is not to be overwritten."""

    def __init__(self) -> None:
        super().__init__(siem(409, "Rule with this rule_id already exists").answer)


def read_rule(line: Payload, settings: Settings) -> Candidate | str:
    """A line as a rule to import, or what is wrong with it."""
    fields = line.get("investigation_fields")
    if isinstance(fields, list):
        # As 8.10 had them.
        line = {name: value for name, value in line.items() if name != "investigation_fields"}
        if fields:
            line["investigation_fields"] = {"field_names": fields}
    body, issues = bodies.typed_issues(line, settings.version)
    if "rule_id" not in line:
        issues.append((("rule_id",), f"Expected string, {UNDEFINED}"))
    if issues:
        return join_issues(issues, settings.zod_version)
    try:
        prechecks.check_body(body, settings, creating=True)
    except Refusal as refusal:
        return refusal.answer.message
    return Candidate(body, line)


def _changed(old: Payload, new: Payload) -> bool:
    return rules.differs(old, new) or old["enabled"] != new["enabled"]
