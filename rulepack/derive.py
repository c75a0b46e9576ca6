"""Fields that follow from others: the integrations that a rule needs, and the fields that its query uses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rulepack.query import Query, parse
from rulepack.reference import FieldSchema, Known, Reference
from rulepack.rule import Rule
from rulepack.rule.base import RelatedIntegration, RequiredField, SearchRule
from rulepack.rule.query import SavedQueryRule
from rulepack.stack import NEWEST, StackVersion

# From this version on, Elastic's packages say `>=` where they said `^` before.
_AT_LEAST = StackVersion(9, 5)
_DATASETS = ("event.dataset", "data_stream.dataset")


def derive(rule: Rule, names: tuple[str, ...], reference: Reference, stack: StackVersion | None) -> Rule:
    """The rule with the fields of these names, where its file does not have them and something follows for them.

    `names` may hold `related_integrations` and `required_fields`; `stack` None stands for the newest known.
    """
    found: dict[str, Any] = {}
    stack = (stack or NEWEST).known
    if "related_integrations" in names and rule.related_integrations is None:
        found["related_integrations"] = related_integrations(rule, reference, stack)
    if "required_fields" in names and rule.required_fields is None:
        found["required_fields"] = required_fields(rule, reference, stack)
    known = {name: value for name, value in found.items() if value}
    return replace(rule, **known) if known else rule


def related_integrations(rule: Rule, reference: Reference, stack: StackVersion) -> tuple[RelatedIntegration, ...]:
    """The integrations of a rule's [metadata], each with the lowest version of the highest major that runs on a stack.

    Of a package with several integrations, those are named whose datasets the query names. What the file itself names
    stays as it is. Packages without a known version for the stack are left out; `rulepack reference update
    --integrations` makes them known.
    """
    if rule.related_integrations is not None:
        return rule.related_integrations
    manifests = reference.integrations.manifests
    mark = ">=" if stack >= _AT_LEAST else "^"
    datasets = _datasets(rule)
    found: dict[tuple[str, str | None], RelatedIntegration] = {}
    for package in dict.fromkeys(rule.metadata.integrations):
        version = manifests.related(package, stack)
        if version is None:
            continue
        templates = manifests.policy_templates(package, version)
        streams = sorted(stream for name, stream in datasets if name == package) or [""]
        # A package with one integration only does not name it.
        for integration in (stream if stream in templates else None for stream in streams):
            entry = RelatedIntegration(package=package, version=f"{mark}{version}", integration=integration)
            found.setdefault((package, integration), entry)
    return tuple(sorted(found.values(), key=lambda one: (one.package, one.integration or "")))


def _datasets(rule: Rule) -> set[tuple[str, str]]:
    """The datasets that a rule's query names, as package and data stream: `aws.cloudtrail` is of aws."""
    query = _query(rule)
    uses = query.fields if query is not None else ()
    values = (value for use in uses if use.name in _DATASETS for value in use.values if isinstance(value, str))
    return {(package, stream) for package, dot, stream in (value.partition(".") for value in values) if dot}


def _query(rule: Rule) -> Query | None:
    """The rule's query, if it has one that can be read."""
    text: str | None = getattr(rule, "query", None)
    if not text or not text.strip() or rule.query_language is None or isinstance(rule, SavedQueryRule):
        return None
    query = parse(rule.query_language, text)
    return query if query.sound else None


def required_fields(rule: Rule, reference: Reference, stack: StackVersion) -> tuple[RequiredField, ...]:
    """The fields that a rule's KQL or EQL query uses, sorted by name, with their types.

    ECS knows a field's type first, then the integrations and Beats of the rule's indices; what none of them knows is
    `unknown`. What the file names itself stays as it is. ES|QL computes its columns, so nothing follows from its query.
    """
    if rule.required_fields is not None:
        return rule.required_fields
    query = _query(rule)
    if query is None or query.language not in ("kuery", "eql") or not isinstance(rule, SearchRule):
        return ()
    schema = reference.schema(rule.index or (), rule.metadata.integrations, (stack,))
    # Words without a field are searched for in all fields, which are none in particular.
    names = sorted({use.name for use in query.fields} - {"*"})
    return tuple(_required(name, reference, schema) for name in names)


def _required(name: str, reference: Reference, schema: FieldSchema) -> RequiredField:
    ecs = reference.ecs.type_of(name)
    if ecs is not None:
        return RequiredField(name=name, type=ecs, ecs=True)
    found = schema.find(name)
    # Below a flattened field, every name has a place, and none a type of its own.
    types = found.types if isinstance(found, Known) and found.listed else ()
    return RequiredField(name=name, type=types[0] if types else "unknown", ecs=False)
