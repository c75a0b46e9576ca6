"""A pack's own field files: what is in indices that neither ECS, an integration nor a Beat describes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from rulepack.diagnostics import Diagnostic
from rulepack.errors import ProjectError
from rulepack.frozen import frozen
from rulepack.likeness import closest
from rulepack.reference import storage
from rulepack.reference.wildcard import Wildcard
from rulepack.source import Source, read_source

COMPLETE = "complete"
# https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/field-data-types
FIELD_TYPES = (
    *("keyword", "constant_keyword", "wildcard", "text", "match_only_text", "search_as_you_type", "semantic_text"),
    *("long", "integer", "short", "byte", "double", "float", "half_float", "scaled_float", "unsigned_long"),
    *("boolean", "date", "date_nanos", "ip", "version", "binary", "geo_point", "geo_shape", "point", "shape"),
    *("long_range", "integer_range", "double_range", "float_range", "date_range", "ip_range"),
    *(
        "object",
        "nested",
        "flattened",
        "alias",
        "histogram",
        "aggregate_metric_double",
        "dense_vector",
        "sparse_vector",
    ),
    *("murmur3", "rank_feature", "rank_features", "percolator", "join", "completion", "token_count", "passthrough"),
)
_SHAPE = 'write field = "type" below an index pattern, as in ["logs-acme.*"] and "acme.user" = "keyword"'
_SUFFIXES = (".toml", ".json")
_MOST_BYTES = 20_000_000
_MOST_LEVELS = 60


@frozen(slots=False, eq=False)
class OwnIndex:
    """The fields of one index pattern of a field file; `complete` says that there are no others (besides ECS's)."""

    pattern: str
    fields: dict[str, str]
    label: str
    complete: bool = False


@frozen(slots=False, eq=False)
class OwnFields:
    """The field files of a project: TOML or JSON, in folders or named one by one; opened when first asked.

    Each maps index patterns to fields to types, as in detection-rules' non-ecs-schema.json; names may be nested or
    dotted. `complete = true` beside the fields of a pattern says that all are listed. Files that cannot be used raise
    `ProjectError` with the place.
    """

    paths: tuple[Path, ...] = ()
    root: Path | None = None

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The field files, sorted by folder."""
        files = tuple(path for each in self.paths for path in _files(each))
        for path in files:
            self._stay_inside(path)
        return files

    @cached_property
    def indices(self) -> tuple[OwnIndex, ...]:
        """The index patterns of all files."""
        return tuple(index for path in self.files for index in _read(path, self._shown(path)))

    def about(self, pattern: str) -> tuple[OwnIndex, ...]:
        """What the files say about the indices of a pattern, or some of them."""
        return tuple(each for each in self.indices if overlaps(pattern, each.pattern)) if self.paths else ()

    def digest(self) -> bytes:
        """Changes when any of the files does."""
        digests = [hashlib.sha256(_content(path, self._shown(path))).digest() for path in self.files]
        return hashlib.sha256(b"".join(digests)).digest() if digests else b""

    def _stay_inside(self, path: Path) -> None:
        """Refuse a link that leads out of the project: errors show what is in a file, which may be a secret."""
        if self.root is not None and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root)):
            raise ProjectError(
                f"{self._shown(path)}: it is outside the project, where a symlink leads", "put a copy in its place"
            )

    def _shown(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.root)).as_posix() if self.root else str(path)


def overlaps(one: str, other: str) -> bool:
    """Whether two index patterns have indices in common, as far as one of them holds the other."""
    return one == other or bool(Wildcard.of(one).matches(other) or Wildcard.of(other).matches(one))


def _files(path: Path) -> list[Path]:
    # A name that is too long is none that can be asked whether it is a folder.
    if not (os.path.lexists(path) and path.is_dir()):
        return [path]
    try:
        names = sorted(each.name for each in path.iterdir())
    except OSError as error:
        raise ProjectError(f"cannot read the folder {path}: {error.strerror}", "allow reading it") from error
    return [path / name for name in names if name.endswith(_SUFFIXES) and not name.startswith(".")]


def _content(path: Path, shown: str) -> bytes:
    try:
        if not path.is_file():
            raise ProjectError(f"{shown}: it is not a regular file", "name a .toml or .json file with fields")
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ProjectError(f"{shown}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > _MOST_BYTES:
        raise ProjectError(f"{shown}: it is larger than {_MOST_BYTES // 1_000_000} MB", "split it")
    return content


def _read(path: Path, shown: str) -> Iterator[OwnIndex]:
    content = _content(path, shown)
    if path.suffix == ".json":
        yield from _Reader(shown, None).indices(_json(content, shown))
        return
    if not content.strip():
        raise ProjectError(f"{shown}: the file is empty", _SHAPE)
    source = read_source(path, shown)
    if isinstance(source, Diagnostic):
        raise ProjectError(f"{shown}:{source.span.line}:{source.span.column}: {source.message}", source.hint)
    yield from _Reader(shown, source).indices(source.data)


def _json(content: bytes, shown: str) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ProjectError(f"{shown}:{error.lineno}:{error.colno}: it is not JSON: {error.msg}", _SHAPE) from error
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{shown}: it is not JSON that can be used: {_reason(error)}", _SHAPE) from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


@frozen
class _Reader:
    """Reads one file's data; in TOML it can say where something is, in JSON what its name is."""

    shown: str
    source: Source | None

    def indices(self, data: Any) -> Iterator[OwnIndex]:
        if not isinstance(data, Mapping):
            raise self._error((), "index patterns with their fields are expected", _SHAPE)
        for pattern, table in data.items():
            if not isinstance(table, Mapping):
                raise self._error((pattern,), f"{_quoted(pattern)} must be an index pattern with its fields", _SHAPE)
            if not pattern.strip() or not pattern.isprintable():
                raise self._error((pattern,), f"{_quoted(pattern)} is no index pattern", _SHAPE)
            complete = table.get(COMPLETE)
            own = {name: each for name, each in table.items() if not (name == COMPLETE and isinstance(each, bool))}
            fields = dict(sorted(self._fields(pattern, own)))
            yield OwnIndex(pattern, fields, self.shown, complete is True)

    def _fields(self, pattern: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Fields and types, nested names joined; without recursion, for JSON may be nested deeply."""
        waiting: list[tuple[tuple[str, ...], Any]] = [((name,), each) for name, each in table.items()]
        while waiting:
            names, value = waiting.pop()
            path = (pattern, *names)
            if not names[-1] or not names[-1].isprintable():
                raise self._error(path, f"{_quoted(names[-1])} is no field name", _SHAPE)
            if isinstance(value, Mapping):
                if len(names) > _MOST_LEVELS:
                    raise self._error(path, f"fields are nested in more than {_MOST_LEVELS} levels", _SHAPE)
                waiting += [((*names, name), each) for name, each in value.items()]
            elif isinstance(value, str) and value in FIELD_TYPES:
                # Only which fields are listed is said here: below an object, there may be others.
                yield ".".join(names), "object:" if value == "object" else value
            else:
                raise self._error(path, f"{_quoted(value)} is no field type", _type_hint(value))

    def _error(self, path: tuple[str, ...], message: str, hint: str) -> ProjectError:
        if self.source is not None:
            span = self.source.locate(path)
            return ProjectError(f"{self.shown}:{span.line}:{span.column}: {message}", hint)
        where = f"{' > '.join(map(_quoted, path))}: " if path else ""
        return ProjectError(f"{self.shown}: {where}{message}", hint)


def _type_hint(value: Any) -> str:
    if not isinstance(value, str):
        return _SHAPE
    close = closest(value, FIELD_TYPES)
    return f"did you mean {close}?" if close else "use a type of Elasticsearch, such as keyword, long, date or ip"


def _quoted(value: Any) -> str:
    text = storage.one_line(value if isinstance(value, str) else json.dumps(value, default=str))
    return f'"{text}"'
