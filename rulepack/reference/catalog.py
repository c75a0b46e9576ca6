"""Which sources know the fields of a rule's indices, and whether they know all: from index patterns to a schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property

from rulepack.frozen import frozen
from rulepack.reference.ecs import Ecs
from rulepack.reference.integrations import Integrations
from rulepack.reference.layer import Layer
from rulepack.reference.own_fields import OwnFields, OwnIndex
from rulepack.reference.package import Package
from rulepack.reference.package_versions import newest
from rulepack.reference.schema import FieldSchema
from rulepack.reference.wildcard import Wildcard
from rulepack.stack import StackVersion

# Fields that Fleet, Elastic Agent and its metadata processors put into every data stream, beside ECS.
_FLEET = {
    "cloud.image.id": "keyword",
    "elastic_agent.id": "keyword",
    "elastic_agent.snapshot": "boolean",
    "elastic_agent.version": "keyword",
    "host.containerized": "boolean",
    "host.os.build": "keyword",
    "host.os.codename": "keyword",
    "input.type": "keyword",
    "log.flags": "keyword",
    "log.offset": "long",
}
# What alerts hold besides the fields of the events that they are about.
# https://www.elastic.co/docs/reference/security/fields-and-object-schemas/alert-schema
_ALERTS = {
    "kibana.alert.*": "object",
    "kibana.alert.depth": "long",
    "kibana.alert.original_time": "date",
    "kibana.alert.reason": "keyword",
    "kibana.alert.risk_score": "float",
    "kibana.alert.rule.name": "keyword",
    "kibana.alert.rule.rule_id": "keyword",
    "kibana.alert.rule.tags": "keyword",
    "kibana.alert.rule.threat.tactic.id": "keyword",
    "kibana.alert.rule.threat.tactic.name": "keyword",
    "kibana.alert.rule.threat.technique.id": "keyword",
    "kibana.alert.rule.threat.technique.name": "keyword",
    "kibana.alert.rule.type": "keyword",
    "kibana.alert.rule.uuid": "keyword",
    "kibana.alert.severity": "keyword",
    "kibana.alert.uuid": "keyword",
    "kibana.alert.workflow_status": "keyword",
    "kibana.space_ids": "keyword",
    "kibana.version": "version",
    "signal.*": "object",
}
# TYPE-DATASET-NAMESPACE, of which a pattern may leave out the end: logs-endpoint.events.process-*, logs-okta*
_DATA_STREAM = re.compile(r"(?:logs|metrics|traces|synthetics|profiling)-([a-z][a-z0-9_]*)([^-]*)(?:-.*)?", re.DOTALL)
_BEAT = re.compile(r"([a-z]+beat)\b.*", re.DOTALL)
_ALERT_INDEX = re.compile(r"\.(?:internal\.)?alerts-security\b.*|\.siem-signals\b.*", re.DOTALL)


@frozen
class _Part:
    """What is known about the indices of one pattern on one stack: layers, and what is missing ("" if nothing)."""

    layers: tuple[Layer, ...] = ()
    gap: str = ""
    dated: tuple[tuple[str, str], ...] = ()


@frozen(slots=False, eq=False)
class Catalog:
    """All sources of fields. Layers and schemas are made once, and shared."""

    ecs: Ecs
    integrations: Integrations
    own: OwnFields
    _schemas: dict[object, tuple[FieldSchema, FieldSchema, str]] = field(default_factory=dict)
    _layers: dict[object, tuple[Layer, ...]] = field(default_factory=dict)
    _parts: dict[object, _Part] = field(default_factory=dict)
    _own: dict[str, tuple[OwnIndex, ...]] = field(default_factory=dict)

    def schema(
        self, index: tuple[str, ...], integrations: tuple[str, ...], stacks: tuple[StackVersion, ...], updated: str
    ) -> FieldSchema:
        """The fields of some indices; see `Reference.schema`."""
        key = (index, integrations, stacks)
        if key not in self._schemas:
            self._schemas[key] = self._built(index, integrations, stacks)
        schema, older, dated = self._schemas[key]
        return older if dated and updated.replace("/", "-") > dated else schema

    def _built(
        self, index: tuple[str, ...], integrations: tuple[str, ...], stacks: tuple[StackVersion, ...]
    ) -> tuple[FieldSchema, FieldSchema, str]:
        """The schema, the same one for rules newer than its data, and the date that parts them."""
        patterns = tuple(dict.fromkeys(name for each in index if (name := _bare(each))))
        layers: dict[Layer, None] = {self._ecs_layer: None}
        gaps: list[str] = []
        dates: dict[str, str] = {}
        unnamed = [name for name in integrations if not self._is_named(name, patterns)]
        # Without a stack, the newest of each source counts.
        for stack in stacks or (None,):
            parts = [self._part(pattern, stack) for pattern in patterns]
            parts += [self._whole_package(name, stack) for name in unnamed]
            if not patterns:
                # A data view, or Kibana's default: the packages of the metadata need not be all that is in there.
                parts.append(_Part(gap="nothing says which indices these are"))
            for part in parts:
                layers.update(dict.fromkeys(part.layers))
            gaps.append(next((part.gap for part in parts if part.gap), self._ecs_gap(stack)))
            dates.update((date, label) for part in parts for date, label in part.dated)
        known = tuple(layers)
        # A name that the data of any one stack would have to hold, and do not, is wrong on that stack.
        gap = "" if "" in gaps else gaps[-1]
        blind = len([layer for layer in known if layer.label]) == 1 and bool(gap)
        schema = FieldSchema(known, gap, blind=blind)
        if gap or not dates:
            return schema, schema, ""
        oldest = min(dates)
        older = f"the fields of {dates[oldest]} are of {oldest}, and the rule was changed later"
        return schema, FieldSchema(known, older), oldest

    @cached_property
    def _ecs_layer(self) -> Layer:
        major_minor = ".".join(self.ecs.version.split(".")[:2])
        return Layer(f"ECS {major_minor}", self.ecs.fields)

    def _ecs_gap(self, stack: StackVersion | None) -> str:
        if stack is None or _triple(self.ecs.version)[:2] >= (stack.major, stack.minor):
            return ""
        return f"ECS {self.ecs.version} is older than the stack, {stack}"

    def _part(self, pattern: str, stack: StackVersion | None) -> _Part:
        key = (pattern, stack)
        if key not in self._parts:
            if pattern not in self._own:
                self._own[pattern] = self.own.about(pattern)
            self._parts[key] = self._with_own(pattern, self._part_of(pattern, stack), self._own[pattern])
        return self._parts[key]

    def _part_of(self, pattern: str, stack: StackVersion | None) -> _Part:
        if _ALERT_INDEX.fullmatch(pattern):
            return _Part(
                self._built_in("alerts", _ALERTS, "alerts"), "alerts hold the fields of the events they are about"
            )
        if match := _BEAT.fullmatch(pattern):
            return self._beat_part(match[1], stack)
        if match := _DATA_STREAM.fullmatch(pattern):
            return self._package_part(match[1], match[1] + match[2], stack)
        return _Part(gap=f"nothing is known about {pattern}")

    def _with_own(self, pattern: str, part: _Part, own: tuple[OwnIndex, ...]) -> _Part:
        """A part with what the pack's own field files say about the same indices."""
        if not own:
            return part
        layers = tuple(layer for each in own for layer in self._built_in(each, each.fields, each.label))
        gap = "" if any(each.complete and Wildcard.of(each.pattern).matches(pattern) for each in own) else part.gap
        return _Part((*part.layers, *layers), gap, part.dated if gap == part.gap else ())

    def _built_in(self, key: object, fields: dict[str, str], label: str) -> tuple[Layer, ...]:
        if key not in self._layers:
            self._layers[key] = (Layer(label, fields),)
        return self._layers[key]

    def _beat_part(self, beat: str, stack: StackVersion | None) -> _Part:
        beats = self.integrations.beats
        holding = [version for version, known in beats.versions.items() if beat in known] if beats else []
        version = newest(holding)
        if beats is None or version is None:
            return _Part(gap=f"nothing is known about {beat}")
        label = f"{beat} {version}"
        if ("beat", beat) not in self._layers:
            self._layers["beat", beat] = _layers(label, [beats.stream(version, beat).fields], exact=beats.exact)
        of_major = _triple(version)[:1] == (stack.major,) if stack else True
        old = stack is not None and _triple(version)[:2] < (stack.major, stack.minor)
        # A major version of Beats leaves modules out that the one before had.
        gap = "" if of_major and not old else f"{label} is {'older' if old else 'newer'} than the stack, {stack}"
        return _Part(self._layers["beat", beat], gap)

    def _whole_package(self, name: str, stack: StackVersion | None) -> _Part:
        """What is known about all data streams of a package, whichever there are."""
        key = (name, stack, "package")
        if key not in self._parts:
            self._parts[key] = self._package_part(name, f"{name}*", stack)
        return self._parts[key]

    def _package_part(self, name: str, dataset: str, stack: StackVersion | None) -> _Part:
        """What packages know about the data streams whose dataset matches."""
        known = self.integrations.names
        # In logs-okta*, the name of the package may go on; in logs-okta.* it ends.
        packages = [name] if name in known else []
        if dataset.startswith(f"{name}*"):
            packages += [each for each in known if each.startswith(name) and each != name]
        parts = [self._streams_part(self.integrations.package(each), dataset, stack) for each in packages]
        if not parts:
            return _Part(gap=f"nothing is known about the package {name}" if name else "")
        gap = next((part.gap for part in parts if part.gap), "")
        fleet = self._built_in("fleet", _FLEET, "")
        dated = tuple(date for part in parts for date in part.dated)
        return _Part((*fleet, *(layer for part in parts for layer in part.layers)), gap, dated)

    def _streams_part(self, package: Package, dataset: str, stack: StackVersion | None) -> _Part:
        version, gap = self.integrations.chosen(package, stack)
        label = f"{package.name} {version}"
        streams = package.matching(version, dataset)
        if not streams:
            return _Part(gap=f"{label} has no data stream {dataset}")
        key = (package.name, version, streams)
        if key not in self._layers:
            fields = [package.stream(version, stream).fields for stream in streams]
            self._layers[key] = _layers(label, fields, exact=package.exact)
        return _Part(self._layers[key], gap, ((package.dated, label),) if package.dated else ())

    @staticmethod
    def _is_named(name: str, patterns: Sequence[str]) -> bool:
        """Whether an index pattern names the package of an integration."""
        return any((match := _DATA_STREAM.fullmatch(each)) and match[1] == name for each in patterns)


def package_of(pattern: str) -> str | None:
    """The package that an index pattern names (`aws` of `logs-aws.cloudtrail-*`), cut off or not; None if none."""
    match = _DATA_STREAM.fullmatch(_bare(pattern))
    return match[1] if match else None


def _bare(pattern: str) -> str:
    """An index pattern without the cluster before it; empty for one that takes indices away."""
    name = pattern.strip().rpartition(":")[2]
    return "" if name.startswith("-") or pattern.startswith("-") else name


def _triple(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _layers(label: str, sources: Iterable[Mapping[str, str]], *, exact: bool) -> tuple[Layer, ...]:
    """One layer for all sources, and one more for each further type that they give a field."""
    merged: list[dict[str, str]] = [{}]
    for fields in sources:
        for name, type_ in _conflicts(merged, fields):
            place = next((each for each in merged if each.get(name, type_) == type_), None)
            if place is None:
                merged.append({name: type_})
            else:
                place[name] = type_
    return tuple(Layer(label, fields, exact) for fields in merged)


def _conflicts(merged: list[dict[str, str]], fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Adds fields to the first of the tables, but for those which it has with another type: these are given back."""
    first = merged[0]
    for name, type_ in fields.items():
        if first.setdefault(name, type_) != type_:
            yield name, type_
