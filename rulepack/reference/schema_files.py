"""Files of fields as detection-rules ships them: packages by version, their manifests, and Beats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rulepack.reference.field_tree import flatten
from rulepack.reference.gathered import Gathered, Schemas
from rulepack.reference.layer import OPEN
from rulepack.reference.manifests import Manifest
from rulepack.reference.package import Package, Stream
from rulepack.reference.package_versions import is_version
from rulepack.reference.storage import UnreadableError, one_line

# The jobs of machine-learning packages stand among the data streams; they have no fields.
_JOBS = "jobs"
_MOST_LEVELS = 20
_NO_FIELDS = frozenset({"testdata", "tests", "test", "scripts"})


def read_packages(content: Any, dated: str = "") -> Gathered:
    """Packages by version: their manifests, or the fields of their data streams; `dated` is of when they are.

    Raises `UnreadableError` with the reason for anything else.
    """
    gathered = Gathered()
    for name, versions in _table(content, "packages by name are expected").items():
        if "*" in name:
            raise UnreadableError(f"{one_line(name)} is an index pattern: such a file is a pack's own, for fields/")
        for version, each in _table(versions, f"versions of {one_line(name)} are expected").items():
            _check(name, version)
            table = _table(each, f"{name} {version} is no table")
            if "conditions" in table or "policy_templates" in table:
                gathered.manifests.setdefault(name, {})[version] = manifest_of(table)
            else:
                schemas = gathered.schemas.setdefault(name, Schemas(exact=False, dated=dated))
                schemas.versions[version] = dict(_streams(f"{name} {version}", table))
    if not gathered.manifests and not gathered.schemas:
        raise UnreadableError("there are no packages in it")
    return gathered


def manifest_of(table: dict[str, Any]) -> Manifest:
    """The manifest of a package version, as in manifest.yml, the registry's answers, or detection-rules' files.

    Policy templates are names, or tables with names; the condition may be dotted, as in old packages.
    """
    conditions = table.get("conditions")
    conditions = conditions if isinstance(conditions, dict) else {}
    kibana = conditions.get("kibana")
    condition = kibana.get("version") if isinstance(kibana, dict) else conditions.get("kibana.version")
    listed = table.get("policy_templates")
    names = (
        [each.get("name") if isinstance(each, dict) else each for each in listed] if isinstance(listed, list) else []
    )
    templates = tuple(name for name in names if isinstance(name, str))
    return Manifest(condition if isinstance(condition, str) else "", templates)


def read_beats(content: Any, version: str) -> Package:
    """Beats: each a tree of folders with fields.yml files in them, as in the repository of Beats.

    Raises `UnreadableError` with the reason for anything else.
    """
    beats = _table(content, "Beats by name are expected")
    common = _beat_fields(beats.get("libbeat", {}))
    streams = {
        name: Stream(dict(sorted({**common, **_beat_fields(tree)}.items())))
        for name, tree in beats.items()
        if name.isprintable() and name != "libbeat"
    }
    if not any(stream.fields for stream in streams.values()):
        raise UnreadableError("there are no fields of Beats in it")
    return Package.of("beats", {version: streams})


def _streams(label: str, table: dict[str, Any]) -> Iterator[tuple[str, Stream]]:
    for stream, listed in table.items():
        if stream == _JOBS and isinstance(listed, list):
            continue
        fields = _table(listed, f"fields of {label} {one_line(stream)} are expected")
        for name, type_ in fields.items():
            if not (isinstance(type_, str) and (name + type_).isprintable() and name):
                raise UnreadableError(f"{label} {one_line(stream)}: {one_line(name)} has no type")
        # Options were lost in these files, so that any object may take other fields.
        stored = {name: OPEN if type_ == "object" and "*" not in name else type_ for name, type_ in fields.items()}
        yield stream, Stream(stored)


def _check(name: str, version: str) -> None:
    if not name.replace("_", "").replace("-", "").isalnum() or not name.isascii():
        raise UnreadableError(f"{one_line(name)!r} is no name of a package")
    if not is_version(version):
        raise UnreadableError(f"{one_line(version)!r} of {name} is no version such as 8.17.0")


def _table(value: Any, reason: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError(reason)
    return value


def _beat_fields(tree: Any) -> dict[str, str]:
    """All fields below a Beat's folder: its own, and those of its modules, inputs, protocols and processors."""
    fields: dict[str, str] = {}
    # Each with what stands before its names, and whether it is a module.
    waiting: list[tuple[str, Any, str, bool, int]] = [("", tree, "", False, 0)]
    while waiting:
        own_name, folder, prefix, is_module, depth = waiting.pop()
        if depth > _MOST_LEVELS:
            raise UnreadableError("its folders are nested too deeply")
        folders = _table(_table(folder, "a folder is no table").get("folders", {}), "folders are no table")
        files = _table(_table(folders.get("_meta", {}), "a folder is no table").get("files", {}), "files are no table")
        definitions = [listed for name, listed in sorted(files.items()) if name.startswith("fields") and listed]
        for listed in definitions:
            fields.update(flatten(listed, prefix))
        # What the parts of a module define stands, in the whole, below the last group that the module itself begins.
        below = _last_group(definitions) if is_module else ""
        for name, each in folders.items():
            if name != "_meta" and name not in _NO_FIELDS:
                waiting.append((name, each, below, own_name == "module", depth + 1))
    return fields


def _last_group(definitions: list[Any]) -> str:
    chapters = [each for listed in definitions for each in listed if isinstance(each, dict)]
    listed = chapters[-1].get("fields") if chapters else None
    last = listed[-1] if isinstance(listed, list) and listed else None
    return str(last["name"]) if isinstance(last, dict) and last.get("type") == "group" and "name" in last else ""
