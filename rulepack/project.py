"""Where things are and how they are set: the project's folders and [tool.rulepack]."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rulepack.diagnostics import Diagnostic, Severity
from rulepack.environment import MATURITIES, Environment, parse_environment
from rulepack.errors import ProjectError
from rulepack.fields import Choice, Flag, Json, Many, OneOrMany, Text, join_or, kind_of, quote
from rulepack.frozen import frozen
from rulepack.release import PACK_VERSION, Release, parse_release
from rulepack.schema import empty, key, model, parse
from rulepack.source import Source, read_source
from rulepack.stack import StackVersion

FIELDS = "fields"
# The folder of the lock: TOML files, and no rules.
LOCK = "rulepack.lock"
SETTINGS_FILES = ("rulepack.toml", "pyproject.toml")
NO_RULES = "name files or folders with rules, run rulepack inside a project, or set `rules` in [tool.rulepack]"
OFF = "off"
LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.INFO}
# Elastic's own policies for its public rules, good ones, but not everybody's; and one order for what has none.
CHECK_SETS = ("elastic", "tidy")
# What follows from a rule's query and [metadata], for who wants Kibana to show it.
DERIVED = ("related_integrations", "required_fields")
# What gives a rule its version: its content, which the lock follows; its file; or nobody but Kibana.
VERSIONS = FROM_CONTENT, FROM_FILE, FROM_KIBANA = ("content", "file", "kibana")
# What pages look like: GitHub's Markdown, or the pages of Elastic's documentation.
FLAVOURS = MARKDOWN, ELASTIC = ("markdown", "elastic")
METADATA_TYPES = ("string", "integer", "boolean", "date", "array")
_ADDRESS = re.compile(r"https?://(?![^/]*@)[^\s<>()\[\]\\`\"|]+")
_SELECTOR = re.compile(r"RP[0-9]{3}|RP[0-9]{2}x|RP[0-9]xx|RPxxx")


@model
class _Settings:
    """The table [tool.rulepack], or a whole rulepack.toml."""

    name: str | None = key(Text(empty=False), "The pack's name; the folder's name by default.")
    version: str | None = key(
        Text(pattern=PACK_VERSION, hint="use letters, digits, dots, - and _, such as 1.4.0"),
        "The version of the pack, for packages.",
    )
    versions: str | None = key(Choice(*VERSIONS), "What gives a rule its version.")
    rules: str | tuple[str, ...] | None = key(OneOrMany(least=1), "The folders with rules.")
    templates: str | None = key(Text(empty=False), "The folder with the pack's own templates.")
    docs: str | None = key(Text(empty=False), "The folder for generated pages.")
    flavour: str | None = key(Choice(*FLAVOURS), "What pages look like.")
    releases: Mapping[str, Any] | None = key(Json(table=True, sent=False), "The pack's earlier versions, and when.")
    fields: str | tuple[str, ...] | None = key(OneOrMany(least=1), "The pack's own field files, and folders with such.")
    stack: tuple[str, ...] | None = key(Many(Text(), least=1), "The stack versions that the pack is for.")
    source_url: str | None = key(
        Text(pattern=_ADDRESS, hint="use an address such as https://git.example.org/acme/rules/blob/main"),
        "Where the pack's files can be read, as a prefix for links.",
    )
    site_url: str | None = key(
        Text(pattern=_ADDRESS, hint="use an address such as https://detections.example.org/"),
        "Where the pages are published, for links from elsewhere.",
    )
    checks: Mapping[str, Any] | None = key(Json(table=True, sent=False), "Severities by code, and by path.")
    check_sets: tuple[str, ...] | None = key(Many(Choice(*CHECK_SETS)), "Sets of checks that only run when asked for.")
    derived_fields: tuple[str, ...] | None = key(Many(Choice(*DERIVED)), "Fields that bodies get besides.")
    metadata: Mapping[str, Any] | None = key(Json(table=True, sent=False), "The pack's own keys for [metadata].")
    maturity: tuple[str, ...] | None = key(Many(Choice(*MATURITIES), least=1), "Which rules are deployed.")
    environments: Mapping[str, Any] | None = key(Json(table=True, sent=False), "Where the pack is deployed to.")


@model
class _MetadataKey:
    """One entry of [tool.rulepack.metadata]."""

    type: str | None = key(Choice(*METADATA_TYPES), "What the value is; a string by default.")
    required: bool | None = key(Flag(), "Whether every rule must have it.")
    description: str | None = key(Text(), "What it is for.")


@frozen
class MetadataKey:
    """A key that this pack allows, or asks for, in [metadata] besides rulepack's own."""

    name: str
    type: str = "string"
    required: bool = False
    description: str | None = None
    place: str = field(default="", compare=False)


@frozen
class SeverityRule:
    """A severity (None for off) for codes that match `selector`, in files that match `glob`."""

    selector: str
    severity: Severity | None
    glob: str | None = None
    place: str = field(default="", compare=False)

    def applies(self, code: str, file: str) -> bool:
        """Whether this is about that code in that file."""
        pattern = self.selector.replace("x", "?")
        return fnmatchcase(code, pattern) and (self.glob is None or _matches(file, self.glob))

    @property
    def weight(self) -> tuple[bool, int]:
        """The more exact one wins: with a path before without, a code before a range."""
        return (self.glob is not None, -self.selector.count("x"))


@frozen(slots=False)
class Project:
    """A folder with rules, and its settings. Paths are absolute; `stack` is sorted, lowest first, `releases` by day."""

    root: Path
    name: str
    rules: tuple[Path, ...]
    templates: Path
    docs: Path
    stack: tuple[StackVersion, ...] = (StackVersion(8, 19), StackVersion(9, 3), StackVersion(9, 5))
    source_url: str | None = None
    severities: tuple[SeverityRule, ...] = ()
    check_sets: tuple[str, ...] = ()
    derived_fields: tuple[str, ...] = ()
    metadata: Mapping[str, MetadataKey] = field(default_factory=lambda: MappingProxyType({}))
    maturity: tuple[str, ...] = ("production",)
    environments: Mapping[str, Environment] = field(default_factory=lambda: MappingProxyType({}))
    fields: tuple[Path, ...] = ()
    version: str | None = None
    versions: str = FROM_CONTENT
    flavour: str = MARKDOWN
    releases: tuple[Release, ...] = ()
    # Whether the settings give it its name; else it has that of its folder, which is another in each clone.
    named: bool = False
    site_url: str | None = None

    def display(self, path: Path) -> str:
        """A path as diagnostics show it: relative to the root, with `/`."""
        prefix = f"{self.root}{os.sep}"
        if (text := str(path)).startswith(prefix) and ".." not in text:
            return text[len(prefix) :].replace(os.sep, "/")
        return Path(os.path.relpath(path, self.root)).as_posix()

    @property
    def reference(self) -> Path:
        """The folder that `rulepack reference update` writes to."""
        return self.root / ".rulepack" / "reference"

    def severity(self, found: Diagnostic) -> Severity | None:
        """The severity that the settings give a diagnostic; None turns it off, which RP0xx never are."""
        best: SeverityRule | None = None
        for rule in self.severities:
            if rule.applies(found.code.id, found.span.file) and (best is None or rule.weight >= best.weight):
                best = rule
        if best is None or (best.severity is None and found.code.id.startswith("RP0")):
            return found.severity
        return best.severity

    def rule_files(self, paths: tuple[Path, ...] = ()) -> list[Path]:
        """Every `.toml` under the paths (the rules folders by default), sorted, each once.

        Folders, links and devices that are named like a rule file, and all links to folders, are given too: reading
        them says what is wrong. Raises ProjectError for a path without any, and for a folder that cannot be read.
        """
        # With `rules = "."`, the settings are no rule.
        settings = set() if paths else {self.root / name for name in SETTINGS_FILES}
        every: set[Path] = set()
        for start in paths or self.rules:
            found = _toml_files(start)
            if not found:
                raise ProjectError(f"no rule files (*.toml) in {self.display(start)}", NO_RULES)
            every.update(found)
        # In whatever order they are named: of two rules that are alike, the later one is reported.
        return sorted(every - settings, key=Path.as_posix)


def _toml_files(start: Path) -> list[Path]:
    if not start.is_dir():
        return [start]
    found = []
    for folder, folders, files in os.walk(start, onerror=_unreadable):
        odd = [name for name in folders if _is_toml(name) or Path(folder, name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".") and name not in (*odd, LOCK)]
        named = [*(name for name in files if _is_toml(name)), *odd]
        found += [Path(folder, name) for name in named if not name.startswith(".")]
    return sorted(found, key=lambda path: path.as_posix())


def _is_toml(name: str) -> bool:
    return name.lower().endswith(".toml")


def _unreadable(error: OSError) -> None:
    """Stop at a folder that cannot be read: rules in it would be left out without a word."""
    raise ProjectError(f"cannot read the folder {error.filename}: {error.strerror}", "allow reading it") from error


def _matches(file: str, glob: str) -> bool:
    """Whether a path matches a glob in which `**` stands for any folders and a folder for all in it."""
    parts = file.split("/")
    # How many parts of the path the beginning of the glob can stand for; as a set, hostile globs take no longer.
    reached = {0}
    for part in glob.rstrip("/").split("/"):
        if part == "**":
            reached = set(range(min(reached, default=len(parts)), len(parts) + 1))
        else:
            pattern = part.replace("[", "[[]")
            reached = {count + 1 for count in reached if count < len(parts) and fnmatchcase(parts[count], pattern)}
    return bool(reached)


def find_project(start: Path) -> Project:
    """The project that a folder belongs to: the nearest one upwards with settings, or else the folder itself.

    Raises ProjectError when the settings make no sense; nothing else is read.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        for name in SETTINGS_FILES:
            project = _read_settings(folder, name)
            if project is not None:
                return project
    return _project(start, empty(_Settings), _Place(start / SETTINGS_FILES[0]))


@frozen
class _Place:
    """A settings file, and the table in it that is ours."""

    path: Path
    source: Source | None = None
    prefix: tuple[str, ...] = ()

    def at(self, where: tuple[str | int, ...]) -> str:
        """Where a setting is: file, line and column."""
        if self.source is None:
            return str(self.path)
        span = self.source.locate((*self.prefix, *where), part="key")
        return f"{self.path}:{span.line}:{span.column}"

    def error(self, where: tuple[str | int, ...], message: str, hint: str | None = None) -> ProjectError:
        """A ProjectError at a setting."""
        return ProjectError(f"{self.at(where)}: {message}", hint)


def _read_settings(folder: Path, name: str) -> Project | None:
    """The project whose settings are in a file, or None when it has none."""
    path = folder / name
    if not os.path.lexists(path):
        return None
    if _is_blank(path):
        return _project(folder, empty(_Settings), _Place(path)) if name == SETTINGS_FILES[0] else None
    source = read_source(path, name)
    if isinstance(source, Diagnostic):
        raise ProjectError(f"{path}:{source.span.line}:{source.span.column}: {source.message}", source.hint)
    prefix: tuple[str, ...] = () if name == SETTINGS_FILES[0] else ("tool", "rulepack")
    data: Any = source.data
    for part in prefix:
        data = data.get(part) if isinstance(data, Mapping) else None
    if data is None:
        return None
    place = _Place(path, source, prefix)
    if not isinstance(data, Mapping):
        raise place.error((), "tool.rulepack must be a table")
    settings, problems = parse(_Settings, data)
    for where, problem in problems:
        raise place.error(where, problem.message, problem.hint)
    assert settings is not None
    return _project(folder, settings, place)


def _is_blank(path: Path) -> bool:
    """Whether a settings file holds comments at most: it marks the project's root, and leaves everything as it is."""
    try:
        # Nothing is opened that could wait for ever, as a pipe would.
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else ["?"]
    except (OSError, UnicodeDecodeError):
        return False
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


def _project(root: Path, settings: _Settings, place: _Place) -> Project:
    named = settings.rules or "rules"
    rules = (named,) if isinstance(named, str) else named
    return Project(
        root=root,
        name=settings.name or root.name or "pack",
        rules=tuple(_inside(root, folder, place, "rules", or_root=True) for folder in rules),
        templates=_inside(root, settings.templates or "templates", place, "templates"),
        docs=_inside(root, settings.docs or "docs-out", place, "docs"),
        source_url=settings.source_url,
        site_url=settings.site_url,
        version=settings.version,
        versions=settings.versions or FROM_CONTENT,
        flavour=settings.flavour or MARKDOWN,
        releases=tuple(sorted(_releases(settings.releases or {}, place), key=lambda one: (one.date, one.version))),
        named=settings.name is not None,
        fields=tuple(_own_fields(root, settings.fields, place)),
        severities=tuple(_severity_rules(settings.checks or {}, place)),
        check_sets=settings.check_sets or (),
        derived_fields=settings.derived_fields or (),
        metadata=MappingProxyType(dict(_metadata_keys(settings.metadata or {}, place))),
        maturity=settings.maturity or ("production",),
        environments=MappingProxyType(dict(_environments(settings.environments or {}, place))),
        **({"stack": _stacks(settings.stack, place)} if settings.stack else {}),
    )


def _inside(root: Path, folder: str, place: _Place, name: str, *, or_root: bool = False) -> Path:
    """A folder of the project; one outside is refused, since rulepack writes to and deletes from its folders."""
    if not folder.isprintable():
        raise place.error((name,), f"{name} holds a character that does not show", "use letters, digits, - and _")
    result = Path(os.path.normpath(root / folder))
    if not result.is_relative_to(root) or (result == root and not or_root):
        raise place.error((name,), f"{folder!r} is not a folder inside {root}", "name a folder within the project")
    if name == "docs" and any(part.startswith(".") for part in result.relative_to(root).parts):
        # A pull request must not have pages written to .github/workflows or .git/hooks.
        raise place.error((name,), f"{folder!r} is a hidden folder", "name one whose name does not begin with a dot")
    if not Path(os.path.realpath(result)).is_relative_to(root):
        raise place.error((name,), f"{folder!r} leads out of {root} through a symlink", "name a folder, not a link")
    return result


def _own_fields(root: Path, named: str | tuple[str, ...] | None, place: _Place) -> Iterator[Path]:
    """The field files that are named, which must be there; by default the folder fields/, if there is one."""
    if named is None:
        named = (FIELDS,) if (root / FIELDS).is_dir() else ()
    for path in (named,) if isinstance(named, str) else named:
        found = _inside(root, path, place, "fields")
        if not os.path.lexists(found):
            hint = "name a .toml or .json file with fields, or a folder with such"
            raise place.error(("fields",), f"fields: there is no {path!r} in {root}", hint)
        yield found


def _stacks(named: tuple[str, ...], place: _Place) -> tuple[StackVersion, ...]:
    try:
        return tuple(sorted({StackVersion.parse(one) for one in named}))
    except ValueError as error:
        hint = 'use versions such as stack = ["8.19", "9.3", "serverless"]'
        raise place.error(("stack",), f"stack: {error}", hint) from None


def _severity_rules(checks: Mapping[str, Any], place: _Place, glob: str | None = None) -> Iterator[SeverityRule]:
    for selector, value in checks.items():
        where = ("checks", selector) if glob is None else ("checks", glob, selector)
        if isinstance(value, Mapping) and glob is None:
            yield from _severity_rules(value, place, selector)
        elif _SELECTOR.fullmatch(selector) is None:
            hint = "use RP421, RP42x or RP4xx; paths hold tables"
            raise place.error(where, f"checks: {selector!r} is neither a code nor a range", hint)
        elif value == OFF and not selector.startswith("RP0"):
            yield SeverityRule(selector, None, glob, place.at(where))
        elif isinstance(value, str) and value in LEVELS:
            yield SeverityRule(selector, LEVELS[value], glob, place.at(where))
        else:
            levels = [f'"{level}"' for level in (*LEVELS, *(() if selector.startswith("RP0") else (OFF,)))]
            shown = quote(value) if isinstance(value, str) else kind_of(value)
            raise place.error(where, f"checks: {selector} cannot be {shown}", f"use {join_or(levels)}")


def _metadata_keys(declared: Mapping[str, Any], place: _Place) -> Iterator[tuple[str, MetadataKey]]:
    """The pack's own keys; a key's type may stand for its table."""
    for name, table in declared.items():
        entry, problems = parse(_MetadataKey, table if isinstance(table, Mapping) else {"type": table})
        for where, problem in problems:
            dotted = "".join(f".{part}" for part in where)
            raise place.error(("metadata", name, *where), f"metadata.{name}{dotted}: {problem.message}", problem.hint)
        assert entry is not None
        declared_at = place.at(("metadata", name))
        yield name, MetadataKey(name, entry.type or "string", bool(entry.required), entry.description, declared_at)


def _environments(declared: Mapping[str, Any], place: _Place) -> Iterator[tuple[str, Environment]]:
    for name, table in declared.items():
        found = parse_environment(name, table)
        if isinstance(found, Environment):
            yield name, found
            continue
        where, message, hint = found[0]
        raise place.error(("environments", name, *where), f"environments.{name}: {message}", hint)


def _releases(declared: Mapping[str, Any], place: _Place) -> Iterator[Release]:
    for version, value in declared.items():
        found = parse_release(version, value)
        if not isinstance(found, Release):
            raise place.error(("releases", version, *found[0]), f"releases: {found[1]}", found[2])
        yield found
