"""The life of a rule: deprecated, restored, renamed; what becomes of its file, of what names it, of its lock entry."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from rulepack import loader
from rulepack.content import content
from rulepack.edit import Delete, Edit, Editor, Insert, Refused, Replace, Set
from rulepack.errors import OutputError, ProjectError
from rulepack.fields import join_and, quote
from rulepack.files import rewrite
from rulepack.frozen import frozen
from rulepack.likeness import closest
from rulepack.lock.entry import DEPRECATED
from rulepack.lock.store import FOLDER, read_lock, refuse_damaged, write_entries
from rulepack.lock.update import Locked, Step, step
from rulepack.project import Project
from rulepack.rule import Rule
from rulepack.rule.metadata import MATURITIES
from rulepack.slug import slug

RESTORED_TO = tuple(one for one in MATURITIES if one != DEPRECATED)
_METADATA = ("metadata",)
# What a deprecated rule says of that, and one that is in use does not.
_OF_DEPRECATED = ("deprecation_date", "deprecated_reason", "replacement")
_APART = "_deprecated"
_LONGEST = 100


@frozen
class Change:
    """What becomes of a file: its text before and after."""

    path: Path
    file: str
    before: str
    after: str


@frozen
class Outcome:
    """What becomes of a pack: the files that change, the rule's own last; where that goes; and the lock's entry.

    `rule` is the rule as it will be; `moved` is the path that its file gets, if another; `step` is None without a lock;
    `notes` say what is left for a person.
    """

    rule: Rule
    changes: tuple[Change, ...]
    step: Step | None
    moved: Path | None = None
    notes: tuple[str, ...] = ()


class _Files:
    """Every file of a project's rules folders, and the rule that somebody names."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.paths = {project.display(path): path for path in loader.files(project)}
        self.loaded = {file: loader.load_file(project, path) for file, path in self.paths.items()}
        self.rules = [one.rule for one in self.loaded.values() if one.rule is not None]

    def find(self, word: str, what: str = "rule") -> Rule:
        """The one rule that a file, a rule_id or a name is of; raises ProjectError."""
        file = self.project.display(_located(self.project, Path(word)))
        if file in self.loaded:
            rule = self.loaded[file].rule
            if rule is None:
                raise ProjectError(f"{file} holds no rule that can be read", "`rulepack validate` says why")
            return rule
        for named in ("rule_id", "name"):
            found = [rule for rule in self.rules if getattr(rule, named) == word]
            if len(found) > 1:
                raise ProjectError(
                    f"{len(found)} rules have the {named} {_quote(word)}: {join_and(rule.file for rule in found)}",
                    "name the file of the one that is meant",
                )
            if found:
                return found[0]
        raise ProjectError(f"there is no {what} {_quote(word)} in this pack", self._hint(word))

    def _hint(self, word: str) -> str:
        if word.lower().endswith(".toml") and Path(word).exists():
            folders = join_and(f"{self.project.display(folder)}/" for folder in self.project.rules)
            return f"that file is not in {folders}, where the rules of this project are"
        names = [text for rule in self.rules for text in (rule.name, rule.rule_id, rule.file)]
        near = closest(word, names)
        unread = [file for file, one in self.loaded.items() if one.rule is None and not one.exception_lists]
        count = f"{len(unread)} file{'' if len(unread) == 1 else 's'}"
        more = f"; {count} could not be read, such as {unread[0]}" if unread else ""
        return (f"did you mean {_quote(near)}?" if near else "give its rule_id, file or name") + more

    def change(self, rule: Rule, make: Callable[[dict[str, Any]], Iterator[Edit]]) -> tuple[Change, Rule]:
        """What becomes of a rule's file, and the rule that it holds then."""
        change = self.edited(rule.file, make)
        after = loader.load_file(self.project, change.path, change.after.encode())
        if after.rule is None or after.partial:
            # Where people find it in the file as it is now, if it is there already.
            found = self.loaded[rule.file].diagnostics or after.diagnostics
            said = f"{found[0].span}: {found[0].message}" if found else "it does not say what a rule must"
            raise ProjectError(
                f"{rule.file} would hold no sound rule: {said}", "correct that first; `rulepack validate` shows all"
            )
        return change, after.rule

    def edited(self, file: str, make: Callable[[dict[str, Any]], Iterator[Edit]]) -> Change:
        """What edits make of a file; each is made from the data that those before it left."""
        path = self.paths[file]
        read = loader.read_file(self.project, path)
        if not isinstance(read, bytes):
            raise ProjectError(f"cannot read {file}: {read.reason}", read.hint)
        text = read.decode()
        try:
            editor = Editor(text)
            for edit in make(editor.data):
                editor.apply(edit)
        except Refused as refused:
            raise ProjectError(f"rulepack cannot edit {file}: {refused}", "edit it by hand") from None
        return Change(path, file, text, editor.result)


def deprecate(project: Project, word: str, reason: str, day: str, *, replacement: str | None = None) -> Outcome:
    """What deprecating a rule does: `word` is its file, rule_id or name, `day` the day as YYYY-MM-DD.

    Raises ProjectError where the rule or its replacement is not what it must be.
    """
    files = _Files(project)
    rule = files.find(word)
    reason = " ".join(reason.split())
    if not reason or not reason.isprintable():
        raise ProjectError("the reason says nothing that can be read", "say in a sentence why the rule is given up")
    other = files.find(replacement, "replacement") if replacement is not None else None
    if other is not None and other.rule_id == rule.rule_id:
        raise ProjectError(f"{_quote(rule.name)} cannot replace itself", "name another rule, or none")
    if other is not None and other.deprecated:
        raise ProjectError(f"the replacement {_quote(other.name)} is deprecated itself", "name a rule that is in use")
    meta = rule.metadata
    same = (meta.deprecated_reason, meta.replacement) == (reason, other.rule_id if other is not None else None)
    if rule.deprecated and same:
        raise ProjectError(f"{_quote(rule.name)} is deprecated already, for that reason", "there is nothing to do")
    since = meta.deprecation_date if rule.deprecated and meta.deprecation_date else _slashed(day)

    def edits(data: dict[str, Any]) -> Iterator[Edit]:
        yield from _set(data, "maturity", DEPRECATED)
        yield from _set(data, "deprecation_date", since)
        yield from _set(data, "updated_date", _slashed(day))
        yield from _set(data, "deprecated_reason", reason)
        if other is not None:
            yield from _set(data, "replacement", other.rule_id)
        elif "replacement" in data["metadata"]:
            yield Delete(("metadata", "replacement"))

    change, after = files.change(rule, edits)
    notes = [
        f"{one.file} names this rule as its replacement: choose another for it"
        for one in files.rules
        if one.deprecated and one.metadata.replacement == rule.rule_id
    ]
    return Outcome(after, (change,), _step(project, after, day), None, (*notes, *_folder_notes(files, after)))


def restore(project: Project, word: str, day: str, *, maturity: str = "production") -> Outcome:
    """What taking a deprecated rule back into use does; raises ProjectError for one that is in use."""
    files = _Files(project)
    rule = files.find(word)
    if not rule.deprecated:
        raise ProjectError(f"{_quote(rule.name)} is not deprecated: {rule.file}", "there is nothing to restore")

    def edits(data: dict[str, Any]) -> Iterator[Edit]:
        yield from _set(data, "maturity", maturity)
        yield from _set(data, "updated_date", _slashed(day))
        yield from (Delete(("metadata", name)) for name in _OF_DEPRECATED if name in data["metadata"])

    change, after = files.change(rule, edits)
    return Outcome(after, (change,), _step(project, after, day), None, tuple(_folder_notes(files, after)))


def rename(project: Project, word: str, name: str, day: str, *, to: Path | None = None) -> Outcome:
    """What giving a rule another name does: to its file, its guide, exception lists that name it, and the lock.

    `to` is the path that its file gets; without it, a file that is called after the old name is called after the new
    one. Raises ProjectError for a name or a path that another has.
    """
    files = _Files(project)
    rule = files.find(word)
    name = name.strip()
    if not name or not name.isprintable():
        raise ProjectError(f"a rule cannot be called {_quote(name)}", "give a name of letters and digits on one line")
    _refuse_taken(files, rule, name)
    path = files.paths[rule.file]
    moved = _checked(project, path, to) if to is not None else _following(path, rule.name, name)
    if name == rule.name and moved is None:
        raise ProjectError(f"{rule.file} is called {_quote(name)} already", "there is nothing to do")

    def edits(data: dict[str, Any]) -> Iterator[Edit]:
        yield Set(("rule", "name"), name)
        yield from _headings(data["rule"].get("note"), rule.name, name)
        yield from _set(data, "updated_date", _slashed(day))

    change, _ = files.change(rule, edits)
    # As it will be: its file is part of what the lock keeps.
    after = loader.load_file(project, moved or path, change.after.encode()).rule
    assert after is not None
    others = tuple(_renamed_elsewhere(files, rule.name, name)) if name != rule.name else ()
    made = _step(project, after, day)
    notes = list(_settings_notes(project, rule.file)) if moved is not None else []
    if made is None and slug(name) != slug(rule.name):
        notes.append(f"there is no {FOLDER}/, so its page's old address is lost: run `rulepack lock` before renaming")
    return Outcome(after, (*others, change), made, moved, tuple(notes))


def carry_out(project: Project, outcome: Outcome) -> None:
    """Write what becomes of the files and the lock; raises OutputError where something cannot be written.

    The rule's own file comes last but for the lock, so that running the command again goes on where it stopped.
    """
    if outcome.moved is not None:
        _refuse_existing(outcome.changes[-1].path, outcome.moved)
    for one in outcome.changes:
        if one.before != one.after:
            rewrite(one.path, one.before, one.after)
    if outcome.moved is not None:
        try:
            outcome.moved.parent.mkdir(parents=True, exist_ok=True)
            outcome.changes[-1].path.rename(outcome.moved)
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(f"cannot rename {outcome.changes[-1].path}: {reason}", "rename it by hand") from error
    if outcome.step is not None:
        for _ in write_entries(project, (outcome.step.after,)):
            pass


def read_day(text: str) -> str:
    """A day that somebody wrote, YYYY-MM-DD or YYYY/MM/DD, as YYYY-MM-DD; raises ValueError."""
    day = date.fromisoformat(text.replace("/", "-")).isoformat()
    if day != text.replace("/", "-"):
        raise ValueError(text)
    return day


def _step(project: Project, rule: Rule, day: str) -> Step | None:
    """What becomes of a rule's entry in the lock; None where there is no lock."""
    lock = read_lock(project)
    if not lock.present:
        return None
    refuse_damaged(lock)
    try:
        return step(lock, Locked.of(rule, content(rule)), day, project.versions)
    except ValueError as error:
        raise ProjectError(f"{rule.file}: {error}", "give the rule a new rule_id, which begins at 1") from None


def _slashed(day: str) -> str:
    """A day as rule files have it."""
    return day.replace("-", "/")


def _set(data: dict[str, Any], name: str, value: str) -> Iterator[Edit]:
    """The edit that gives a key of [metadata] a value."""
    path = (*_METADATA, name)
    if not isinstance(data.get("metadata"), dict):
        raise Refused("it has no table [metadata]")
    if name not in data["metadata"]:
        yield Insert(path, value)
    elif data["metadata"][name] != value:
        yield Set(path, value)


def _folder_notes(files: _Files, rule: Rule) -> Iterator[str]:
    """Say where the file belongs now, in a pack that keeps deprecated rules in folders of their own."""
    apart = _APART in rule.file.split("/")[:-1]
    habit = any(_APART in one.file.split("/")[:-1] for one in files.rules)
    if rule.deprecated and habit and not apart:
        yield f"this pack keeps deprecated rules in folders called {_APART}: move {rule.file} to one"
    elif apart and not rule.deprecated:
        yield f"{rule.file} is in a folder for deprecated rules: move it out"


def _refuse_taken(files: _Files, rule: Rule, name: str) -> None:
    for other in files.rules:
        if other.rule_id == rule.rule_id:
            continue
        if other.name == name:
            raise ProjectError(f"{other.file} is called {_quote(name)} already", "choose another name")
        if other.deprecated == rule.deprecated and slug(other.name) == slug(name):
            raise ProjectError(
                f"{_quote(name)} would have the same page as {_quote(other.name)}, {other.file}", "choose another name"
            )


def _headings(note: object, old: str, new: str) -> Iterator[Edit]:
    """The edits that give the guide's heading `Investigating <name>` the new name, the last heading first."""
    if not isinstance(note, str):
        return
    pattern = rf"^[ ]{{0,3}}#{{1,6}}[ \t]+Investigating[ \t]+({re.escape(old)})[ \t]*#*[ \t]*$"
    for found in reversed(list(re.finditer(pattern, note, re.MULTILINE))):
        yield Replace(("rule", "note"), *found.span(1), new)


def _renamed_elsewhere(files: _Files, old: str, new: str) -> Iterator[Change]:
    """What becomes of files of exception lists that say which rules use them."""
    for file, one in files.loaded.items():
        meta = one.source.data.get("metadata") if one.source is not None else None
        names = meta.get("rule_names") if isinstance(meta, dict) else None
        if not isinstance(names, list) or old not in names:
            continue
        places = [number for number, each in enumerate(names) if each == old]
        yield files.edited(file, partial(_at_places, places, new))


def _at_places(places: list[int], new: str, _: dict[str, Any]) -> Iterator[Edit]:
    return (Set(("metadata", "rule_names", number), new) for number in places)


def _following(path: Path, old: str, new: str) -> Path | None:
    """The path that follows from the new name, for a file whose name follows from the old one."""
    before, after = file_stem(old), file_stem(new)
    return path.with_name(f"{after}.toml") if path.stem == before and after not in ("", before) else None


def file_stem(name: str) -> str:
    """The name of a rule as the name of its file, without the suffix: lower case, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower())[:_LONGEST].strip("_")


def _checked(project: Project, path: Path, to: Path) -> Path | None:
    """The path that somebody chose for a rule's file, if rules may be there; None if it is the one that it has."""
    target = _located(project, to)
    if target == path:
        return None
    if to.suffix != ".toml" or target.name.startswith(".") or not target.name.isprintable():
        raise ProjectError(f"{to} is no name for a rule file", "give it a name that ends in .toml")
    inside = [folder for folder in project.rules if target.is_relative_to(folder)]
    if not inside or any(part.startswith(".") for part in target.relative_to(inside[0]).parts):
        folders = join_and(f"{project.display(folder)}/" for folder in project.rules)
        raise ProjectError(f"{to} is not where rules of this project are", f"name a path in {folders}")
    if not Path(os.path.realpath(target)).is_relative_to(project.root):
        raise ProjectError(f"{to} leads out of the project through a link", "name a folder, not a link")
    return target


def _located(project: Project, path: Path) -> Path:
    """A path that somebody gave, below the project's folder where it leads there; a link at its end stays one."""
    plain = Path(os.path.abspath(path))  # noqa: PTH100 (the same)
    if plain.is_relative_to(project.root):
        return plain
    return Path(os.path.realpath(plain.parent), plain.name)


def _refuse_existing(path: Path, target: Path) -> None:
    """Raise OutputError if a file is in the way; one that only differs in case may be the file itself."""
    if os.path.lexists(target) and not (target.exists() and target.samefile(path) and not target.is_symlink()):
        raise OutputError(f"{target} is there already", "name another with --file")


def _settings_notes(project: Project, file: str) -> Iterator[str]:
    named: Iterable[str] = {one.place for one in project.severities if one.glob == file}
    yield from (f"{place} still names the file {file}: correct it" for place in sorted(named))


def _quote(name: str) -> str:
    """A name in quotes; those of rules are longer than most that messages quote."""
    return quote(name, 2 * _LONGEST)
