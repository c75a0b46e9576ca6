"""One integration package as it is stored: its versions, their data streams, and the fields of each, shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, TypeAlias

from rulepack.frozen import frozen
from rulepack.reference.package_versions import is_version
from rulepack.reference.wildcard import Wildcard

KIND = "package"
FOREIGN = "its rows are not as rulepack writes them"
# Data stream (its folder) to the fields in it.
Streams: TypeAlias = Mapping[str, "Stream"]


@frozen
class Stream:
    """The fields of a data stream by name. `dataset` is empty where only the folder's name is known."""

    fields: Mapping[str, str]
    dataset: str = ""


@frozen(slots=False, eq=False)
class Package:
    """A package's fields: `rows` are the groups of names that streams share, `versions` which stream has which.

    `exact` says that its multi-fields are known; `dated` is the day, month or year from which the data are ("" if
    unknown): a rule that was changed later may know more.
    """

    name: str
    rows: tuple[tuple[str, str], ...]
    versions: Mapping[str, Mapping[str, tuple[str, tuple[int, ...]]]]
    exact: bool = True
    dated: str = ""
    _streams: dict[tuple[str, str], Stream] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, name: str, versions: Mapping[str, Streams], *, exact: bool = True, dated: str = "") -> Package:
        """The package that has these streams; fields that are in the same streams become one row."""
        places: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for version, streams in sorted(versions.items()):
            for stream, each in sorted(streams.items()):
                for entry in each.fields.items():
                    places.setdefault(entry, []).append((version, stream))
        groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
        for (field_name, type_), found_in in sorted(places.items()):
            groups.setdefault((type_, tuple(found_in)), []).append(field_name)
        numbers: dict[tuple[str, str], list[int]] = {}
        stored_rows: list[tuple[str, str]] = []
        for number, ((type_, where), names) in enumerate(sorted(groups.items(), key=lambda group: group[1][0])):
            stored_rows.append((type_, "\n".join(names)))
            for place in where:
                numbers.setdefault(place, []).append(number)
        stored = {
            version: {
                stream: (each.dataset, tuple(numbers.get((version, stream), ())))
                for stream, each in sorted(streams.items())
            }
            for version, streams in sorted(versions.items())
        }
        return cls(name, tuple(stored_rows), stored, exact, dated)

    def stream(self, version: str, stream: str) -> Stream:
        """The fields of a data stream of a version; raises KeyError if it has none of that name."""
        key = (version, stream)
        if key not in self._streams:
            dataset, numbers = self.versions[version][stream]
            fields: dict[str, str] = {}
            for number in numbers:
                type_, names = self.rows[number]
                fields.update(dict.fromkeys(names.split("\n"), type_))
            self._streams[key] = Stream(fields, dataset)
        return self._streams[key]

    def streams(self, version: str) -> dict[str, Stream]:
        """All data streams of a version."""
        return {stream: self.stream(version, stream) for stream in self.versions[version]}

    def matching(self, version: str, dataset: str) -> tuple[str, ...]:
        """The data streams whose dataset an index pattern names: `endpoint.events.*`, `aws.cloudtrail`, `okta*`.

        Where only the folder of a stream is known, the dataset's last part is compared with it.
        """
        pattern = Wildcard.of(dataset)
        last = Wildcard.of(dataset.rpartition(".")[2])
        return tuple(
            stream
            for stream, (known, _) in self.versions[version].items()
            if pattern.matches(known or f"{self.name}.{stream}")
            or (not known and "." in dataset and last.matches(stream))
        )

    @cached_property
    def count(self) -> int:
        """How many names it knows over all versions."""
        return len({name for _, names in self.rows for name in names.split("\n")})

    def to_payload(self) -> dict[str, Any]:
        """The package as it is stored."""
        return {
            "name": self.name,
            "exact": self.exact,
            "dated": self.dated,
            "versions": self.versions,
            "rows": self.rows,
        }

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Package:
        """The package of a stored file; raises `ValueError` if it is not what `to_payload` makes."""
        try:
            rows = tuple((type_, names) for type_, names in payload["rows"])
            versions = {
                version: {stream: (dataset, tuple(numbers)) for stream, (dataset, numbers) in streams.items()}
                for version, streams in payload["versions"].items()
            }
            package = cls(payload["name"], rows, versions, payload["exact"], payload["dated"])
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            raise ValueError(FOREIGN) from error
        stored = [each for streams in versions.values() for each in streams.values()]
        texts = (package.name, package.dated, *versions, *(text for row in rows for text in row))
        numbers = [number for _, each in stored for number in each]
        sound = (
            {*map(type, texts), *(type(dataset) for dataset, _ in stored)} == {str}
            and type(package.exact) is bool
            and versions
            and all(map(is_version, versions))
            and not {*map(type, numbers)} - {int}
            and all(0 <= number < len(rows) for number in numbers)
        )
        if not sound:
            raise ValueError(FOREIGN)
        return package
