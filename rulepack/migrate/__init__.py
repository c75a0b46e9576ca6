"""Moves the ATT&CK mapping of rules to another version: only threat tables and tactic tags of their files change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rulepack import loader
from rulepack.diagnostics import Span
from rulepack.edit import Editor, Refused
from rulepack.frozen import frozen
from rulepack.migrate.mapping import THREAT, Left, Mapper
from rulepack.migrate.tags import tag_edits
from rulepack.migrate.target import Target
from rulepack.project import Project
from rulepack.rule.threat import ATTACK
from rulepack.source import Source

__all__ = ["Migrated", "Open", "migrate_file", "migrate_project"]

# No rule needs a hundred; more would be a circle.
_MOST_STEPS = 2_000


@frozen
class Open:
    """Something that a person must decide: where, why, and what may help."""

    span: Span
    reason: str
    hint: str | None = None


@frozen
class Migrated:
    """What becomes of a file: its text before and after, how many techniques change their place, what is left open."""

    path: Path
    file: str
    before: str
    after: str
    moved: int = 0
    open: tuple[Open, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything of the file changes."""
        return self.before != self.after


def migrate_project(
    project: Project, target: Target, paths: tuple[Path, ...] = (), *, drop_deprecated: bool = False
) -> Iterator[Migrated]:
    """What becomes of every rule under the paths (the project's rules folders by default). Nothing is written.

    Raises ProjectError when there is no file at all.
    """
    for path in loader.files(project, paths):
        yield migrate_file(project, path, target, drop_deprecated=drop_deprecated)


def migrate_file(project: Project, path: Path, target: Target, *, drop_deprecated: bool = False) -> Migrated:
    """What becomes of one rule file; one that cannot be read, or whose threat tables are wrong, is left open."""
    content = loader.read_file(project, path)
    loaded = loader.load_file(project, path, content)
    if loaded.source is None or not isinstance(content, bytes):
        found = loaded.diagnostics[0]
        return Migrated(path, loaded.file, "", "", open=(Open(found.span, found.message, found.hint),))
    text = content.decode()
    if not loaded.source.data.get("rule") or "threat" not in loaded.source.data["rule"]:
        return Migrated(path, loaded.file, text, text)
    if loaded.rule is None or loaded.rule.threat is None:
        hint = "`rulepack validate` says what; correct that first"
        reason = "the threat tables have errors"
        return Migrated(path, loaded.file, text, text, open=(Open(loaded.source.locate(THREAT), reason, hint),))
    return _migrated(path, loaded.source, text, Mapper(target, drop_deprecated))


def _migrated(path: Path, source: Source, text: str, mapper: Mapper) -> Migrated:
    left = tuple(sorted((_open(source, one) for one in mapper.left(source.data)), key=_in_reading_order))
    if mapper.step(source.data) is None:
        return Migrated(path, source.file, text, text, open=left)
    try:
        editor = Editor(text)
        _carry_out(editor, mapper)
    except Refused as refused:
        reason = f"rulepack cannot rewrite this file: {refused}"
        hint = "move this rule by hand"
        return Migrated(path, source.file, text, text, open=(*left, Open(source.locate(THREAT), reason, hint)))
    moved = len(_placed(editor.data) - _placed(source.data))
    return Migrated(path, source.file, text, editor.result, moved, left)


def _carry_out(editor: Editor, mapper: Mapper) -> None:
    """Make every edit that the rule needs, or raise Refused."""
    before = editor.data
    mapper.follows.clear()
    for _ in range(_MOST_STEPS):
        steps = mapper.step(editor.data)
        if steps is None:
            break
        editor.apply(*steps)
    else:
        raise Refused("its techniques would be moved in a circle")
    tags = editor.data["rule"].get("tags")
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        order = [tactic.name for tactic in mapper.target.table.tactics]
        follows = {name: sorted(heirs, key=order.index) for name, heirs in mapper.follows.items()}
        editor.apply(*tag_edits(tags, _tactics(before), _tactics(editor.data), follows))
    if _rest(editor.data) != _rest(before):
        raise Refused("more than the threat tables would change")


def _placed(data: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Every technique and sub-technique with the tactic that it stands under."""
    found: set[tuple[str, str]] = set()
    for entry in data["rule"].get("threat") or []:
        for technique in entry.get("technique") or []:
            named = (technique, *(technique.get("subtechnique") or []))
            found |= {(entry["tactic"]["id"], one["id"]) for one in named}
    return found


def _open(source: Source, left: Left) -> Open:
    return Open(source.locate(left.path), left.reason, left.hint)


def _in_reading_order(one: Open) -> tuple[int, int]:
    return one.span.line, one.span.column


def _tactics(data: Mapping[str, Any]) -> set[str]:
    return {entry["tactic"]["name"] for entry in data["rule"].get("threat") or [] if entry["framework"] == ATTACK}


def _rest(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data without what a migration may change."""
    rule = {name: value for name, value in data["rule"].items() if name not in ("threat", "tags")}
    return {**data, "rule": rule}
