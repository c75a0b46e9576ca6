"""One published package, zipped or not: its manifest, and the fields of its data streams."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rulepack.frozen import frozen
from rulepack.reference.archives import Files
from rulepack.reference.field_tree import flatten
from rulepack.reference.manifests import Manifest
from rulepack.reference.package import Stream
from rulepack.reference.package_versions import is_version
from rulepack.reference.schema_files import manifest_of
from rulepack.reference.storage import UnreadableError, one_line
from rulepack.reference.yaml_files import parse_yaml

MANIFEST = "manifest.yml"
_NAME = re.compile(r"[a-z0-9_]{1,100}")
_DATASET = re.compile(r"[a-z0-9_.*]{1,200}")
# data_stream/NAME/fields/*.yml, and the results of transforms, which are kept in indices of their own.
_FIELDS = re.compile(r"(?:data_stream|elasticsearch/transform)/([^/]{1,100})/fields/[^/]+\.ya?ml")
# A package whose data streams are named when it is set up has its fields at the top.
_TOP_FIELDS = re.compile(r"fields/[^/]+\.ya?ml")


@frozen
class PackageFile:
    """A version of a package: what its manifest says, and its data streams."""

    name: str
    version: str
    manifest: Manifest
    streams: Mapping[str, Stream]


def read_package(files: Files, ecs_type: Callable[[str], str | None]) -> PackageFile:
    """A package from its files; `ecs_type` gives the type of a field for which it refers to ECS.

    Raises `UnreadableError` with the reason.
    """
    names = files.names()
    if MANIFEST not in names:
        raise UnreadableError("there is no manifest.yml in it")
    manifest = _yaml(files, MANIFEST, dict)
    name, version = manifest.get("name"), str(manifest.get("version"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnreadableError(f"{one_line(str(name))!r} in its manifest.yml is no name of a package")
    if not is_version(version):
        raise UnreadableError(f"{one_line(version)!r} in its manifest.yml is no version such as 8.17.0")
    fields: dict[str, dict[str, str]] = {}
    for path in names:
        match = _FIELDS.fullmatch(path)
        if match or _TOP_FIELDS.fullmatch(path):
            own = fields.setdefault(match[1] if match else name, {})
            definitions = _yaml(files, path, list)
            try:
                own.update(flatten(definitions, external=ecs_type))
            except UnreadableError as error:
                raise UnreadableError(f"{path}: {error}") from error
    streams = {}
    for stream, listed in fields.items():
        dataset, templates = _stream_manifest(files, names, name, stream)
        streams[stream] = Stream(dict(sorted({**listed, **templates}.items())), dataset)
    return PackageFile(name, version, manifest_of(manifest), streams)


def _stream_manifest(files: Files, names: tuple[str, ...], name: str, stream: str) -> tuple[str, dict[str, str]]:
    """The dataset of a data stream, and the fields that its dynamic templates give a type."""
    path = f"data_stream/{stream}/{MANIFEST}"
    if path not in names:
        return f"{name}.{stream}", {}
    manifest = _yaml(files, path, dict)
    dataset = manifest.get("dataset")
    if not isinstance(dataset, str) or not _DATASET.fullmatch(dataset):
        dataset = f"{name}.{stream}"
    return dataset, dict(_templates(manifest.get("elasticsearch")))


def _templates(settings: Any) -> Iterator[tuple[str, str]]:
    """Names with wildcards and their types, from the dynamic templates of a data stream's mappings.

    https://www.elastic.co/docs/manage-data/data-store/mapping/dynamic-templates
    """
    for key in ("index_template", "mappings", "dynamic_templates"):
        settings = settings.get(key) if isinstance(settings, dict) else None
    for each in settings if isinstance(settings, list) else ():
        for template in each.values() if isinstance(each, dict) else ():
            if not isinstance(template, dict):
                continue
            mapping = template.get("mapping")
            type_ = mapping.get("type") if isinstance(mapping, dict) else None
            paths = template.get("path_match")
            for path in paths if isinstance(paths, list) else [paths]:
                if isinstance(path, str) and path.strip("*.") and path.isprintable():
                    yield path, type_ if isinstance(type_, str) and type_.isprintable() else "object"


def _yaml(files: Files, path: str, kind: type) -> Any:
    try:
        content = parse_yaml(files.read(path))
    except UnreadableError as error:
        raise UnreadableError(f"{path}: {error}") from error
    # An empty file has no fields.
    content = kind() if content is None else content
    if not isinstance(content, kind):
        raise UnreadableError(f"{path}: a {'table' if kind is dict else 'list'} is expected")
    return content
