"""Where things are and how they are set: the project's folders and [tool.rulepack]."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rulepack.diagnostics import Diagnostic, Severity
from rulepack.errors import ProjectError
from rulepack.fields import Choice, Flag, Json, Many, OneOrMany, Text
from rulepack.schema import empty, key, model, parse
from rulepack.source import Source, read_source
from rulepack.stack import StackVersion

SETTINGS_FILES = ("rulepack.toml", "pyproject.toml")
OFF = "off"
LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.INFO}
METADATA_TYPES = ("string", "integer", "boolean", "date", "array")
_SELECTOR = re.compile(r"RP\d{3}|RP\d{2}x|RP\dxx|RPxxx")


@model
class _Settings:
    """The table [tool.rulepack], or a whole rulepack.toml."""

    name: str | None = key(Text(empty=False), "The pack's name; the folder's name by default.")
    rules: str | tuple[str, ...] | None = key(OneOrMany(least=1), "The folders with rules.")
    templates: str | None = key(Text(empty=False), "The folder with the pack's own templates.")
    docs: str | None = key(Text(empty=False), "The folder for generated pages.")
    stack: tuple[str, ...] | None = key(Many(Text(), least=1), "The stack versions that the pack is for.")
    source_url: str | None = key(Text(empty=False), "Where the pack's files can be read, as a prefix for links.")
    checks: Mapping[str, Any] | None = key(Json(table=True), "Severities by code, and by path.")
    metadata: Mapping[str, Any] | None = key(Json(table=True), "The pack's own keys for [metadata].")


@model
class _MetadataKey:
    """One entry of [tool.rulepack.metadata]."""

    type: str | None = key(Choice(*METADATA_TYPES), "What the value is; a string by default.")
    required: bool | None = key(Flag(), "Whether every rule must have it.")
    description: str | None = key(Text(), "What it is for.")


@dataclass(frozen=True, slots=True)
class MetadataKey:
    """A key that this pack allows, or asks for, in [metadata] besides rulepack's own."""

    name: str
    type: str = "string"
    required: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """A severity (None for off) for codes that match `selector`, in files that match `glob`."""

    selector: str
    severity: Severity | None
    glob: str | None = None

    def applies(self, code: str, file: str) -> bool:
        """Whether this is about that code in that file."""
        pattern = self.selector.replace("x", "?")
        return fnmatchcase(code, pattern) and (self.glob is None or _matches(file, self.glob))

    @property
    def weight(self) -> tuple[bool, int]:
        """The more exact one wins: with a path before without, a code before a range."""
        return (self.glob is not None, -self.selector.count("x"))


@dataclass(frozen=True)
class Project:
    """A folder with rules, and its settings. Paths are absolute; `stack` is sorted, lowest first."""

    root: Path
    name: str
    rules: tuple[Path, ...]
    templates: Path
    docs: Path
    stack: tuple[StackVersion, ...] = (StackVersion(8, 19), StackVersion(9, 3), StackVersion(9, 5))
    source_url: str | None = None
    severities: tuple[SeverityRule, ...] = ()
    metadata: Mapping[str, MetadataKey] = field(default_factory=lambda: MappingProxyType({}))

    def display(self, path: Path) -> str:
        """A path as diagnostics show it: relative to the root, with `/`."""
        return Path(os.path.relpath(path, self.root)).as_posix()

    @property
    def reference(self) -> Path:
        """The folder that `rulepack reference update` writes to."""
        return self.root / ".rulepack" / "reference"

    def severity(self, found: Diagnostic) -> Severity | None:
        """The severity that the settings give a diagnostic; None turns it off."""
        best: SeverityRule | None = None
        for rule in self.severities:
            if rule.applies(found.code.id, found.span.file) and (best is None or rule.weight >= best.weight):
                best = rule
        return found.severity if best is None else best.severity

    def rule_files(self, paths: tuple[Path, ...] = ()) -> Iterator[Path]:
        """Every `.toml` under the paths (the rules folders by default), sorted, each once.

        Folders, links and devices that are named like a rule file are given too: reading them says what is wrong.
        """
        seen: set[Path] = set()
        for start in paths or self.rules:
            for path in _toml_files(start):
                if path not in seen:
                    seen.add(path)
                    yield path


def _toml_files(start: Path) -> Iterator[Path]:
    if not start.is_dir():
        yield start
        return
    found = []
    for folder, folders, files in os.walk(start):
        odd = [name for name in folders if name.endswith(".toml")]
        folders[:] = [name for name in folders if not name.startswith(".") and name not in odd]
        found += [Path(folder, name) for name in (*files, *odd) if name.endswith(".toml") and not name.startswith(".")]
    yield from sorted(found, key=lambda path: path.as_posix())


def _matches(file: str, glob: str) -> bool:
    """Whether a path matches a glob in which `**` stands for any folders and a folder for all in it."""
    pattern = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    )
    return re.fullmatch(pattern + "(?:/.*)?", file) is not None


def find_project(start: Path) -> Project:
    """The project that a folder belongs to: the nearest one upwards with settings, or else the folder itself."""
    start = start.resolve()
    for folder in (start, *start.parents):
        for name in SETTINGS_FILES:
            project = _read_settings(folder, name)
            if project is not None:
                return project
    return _project(start, empty(_Settings), start / SETTINGS_FILES[0])


def _read_settings(folder: Path, name: str) -> Project | None:
    """The project whose settings are in a file, or None when it has none."""
    path = folder / name
    if not path.is_file():
        return None
    if name == SETTINGS_FILES[0] and _is_blank(path):
        return _project(folder, empty(_Settings), path)
    source = read_source(path, name)
    if isinstance(source, Diagnostic):
        if name == "pyproject.toml" and source.code.id == "RP001":
            return None
        raise ProjectError(f"{path}:{source.span.line}:{source.span.column}: {source.message}", source.hint)
    prefix: tuple[str, ...] = () if name == "rulepack.toml" else ("tool", "rulepack")
    data: Any = source.data
    for part in prefix:
        data = data.get(part) if isinstance(data, Mapping) else None
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise ProjectError(f"{path}: tool.rulepack must be a table")
    settings, problems = parse(_Settings, data)
    for where, problem in problems:
        raise _settings_error(path, source, (*prefix, *where), problem.message, problem.hint)
    assert settings is not None
    return _project(folder, settings, path)


def _is_blank(path: Path) -> bool:
    """Whether a settings file holds comments at most: it marks the project's root, and leaves everything as it is."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


def _settings_error(
    path: Path, source: Source | None, where: tuple[str | int, ...], message: str, hint: str | None
) -> ProjectError:
    place = str(path)
    if source is not None:
        span = source.locate(where, part="key")
        place += f":{span.line}:{span.column}"
    return ProjectError(f"{place}: {message}", hint)


def _project(root: Path, settings: _Settings, path: Path) -> Project:
    named = settings.rules or "rules"
    return Project(
        root=root,
        name=settings.name or root.name or "pack",
        rules=tuple(
            _inside(root, folder, path, or_root=True) for folder in ((named,) if isinstance(named, str) else named)
        ),
        templates=_inside(root, settings.templates or "templates", path),
        docs=_inside(root, settings.docs or "docs-out", path),
        source_url=settings.source_url,
        severities=tuple(_severity_rules(settings.checks or {}, path)),
        metadata=MappingProxyType(dict(_metadata_keys(settings.metadata or {}, path))),
        **({"stack": _stacks(settings.stack, path)} if settings.stack else {}),
    )


def _inside(root: Path, folder: str, path: Path, *, or_root: bool = False) -> Path:
    """A folder of the project; one outside is refused, since rulepack writes to and deletes from its folders."""
    result = Path(os.path.normpath(root / folder))
    if not result.is_relative_to(root) or (result == root and not or_root):
        raise ProjectError(f"{path}: {folder!r} is not a folder inside {root}", "name a folder within the project")
    return result


def _stacks(named: tuple[str, ...], path: Path) -> tuple[StackVersion, ...]:
    try:
        return tuple(sorted({StackVersion.parse(one) for one in named}))
    except ValueError as error:
        raise ProjectError(f"{path}: stack: {error}", 'use versions such as stack = ["8.19", "9.3"]') from None


def _severity_rules(checks: Mapping[str, Any], path: Path, glob: str | None = None) -> Iterator[SeverityRule]:
    for selector, value in checks.items():
        if isinstance(value, Mapping) and glob is None:
            yield from _severity_rules(value, path, selector)
        elif _SELECTOR.fullmatch(selector) is None:
            raise ProjectError(
                f"{path}: checks: {selector!r} is neither a code nor a range",
                "use RP421, RP42x or RP4xx; paths hold tables",
            )
        elif value == OFF and not selector.startswith("RP0"):
            yield SeverityRule(selector, None, glob)
        elif value in LEVELS:
            yield SeverityRule(selector, LEVELS[value], glob)
        else:
            choices = 'use "error", "warning" or "info"' + ("" if selector.startswith("RP0") else ' or "off"')
            raise ProjectError(f"{path}: checks: {selector} cannot be {value!r}", choices)


def _metadata_keys(declared: Mapping[str, Any], path: Path) -> Iterator[tuple[str, MetadataKey]]:
    for name, table in declared.items():
        entry, problems = parse(
            _MetadataKey,
            {"type": table} if isinstance(table, str) else table if isinstance(table, Mapping) else {"type": table},
        )
        for where, problem in problems:
            raise ProjectError(
                f"{path}: metadata.{name}{''.join(f'.{part}' for part in where)}: {problem.message}", problem.hint
            )
        assert entry is not None
        yield name, MetadataKey(name, entry.type or "string", bool(entry.required), entry.description)
