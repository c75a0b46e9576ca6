"""What becomes of a project's lock: brought up to date, checked, repaired, or begun from another tool's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rulepack import loader
from rulepack.content import content
from rulepack.diagnostics import Diagnostic, Severity, Span, sort
from rulepack.epoch import named_moment
from rulepack.errors import ProjectError
from rulepack.exception_list import holds_exceptions
from rulepack.frozen import frozen
from rulepack.git import Repository, find_repository
from rulepack.lock import check
from rulepack.lock.codes import RP704
from rulepack.lock.entry import Entry, file_name
from rulepack.lock.imported import Imported, entry_of, read_import
from rulepack.lock.resolve import Unresolved, resolve
from rulepack.lock.store import FOLDER, MARKERS, Lock, has_markers, read_lock, read_sources, refuse_damaged, unmerged
from rulepack.lock.update import Locked, Step, What, gone, step
from rulepack.project import FROM_FILE, FROM_KIBANA, Project
from rulepack.source import Source, source_of


def today(environment: Mapping[str, str]) -> str:
    """The day that a lock is written at, as YYYY-MM-DD: SOURCE_DATE_EPOCH if that is set, or else now, in UTC.

    Raises ProjectError when SOURCE_DATE_EPOCH is no number of seconds.
    """
    return (named_moment(environment) or datetime.now(UTC)).date().isoformat()


@frozen
class Rules:
    """The rules of a project as the lock looks at them, by rule_id; files that gave none, and what is wrong there."""

    known: Mapping[str, Locked]
    unread: frozenset[str] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()


def read_rules(project: Project) -> Rules:
    """Read every rule file of a project, and keep of each only what the lock looks at.

    Raises ProjectError where two files have one rule_id: a version could not tell which of them it is about.
    """
    known: dict[str, Locked] = {}
    unread = set()
    found: list[Diagnostic] = []
    for loaded, rule, problems in _read(project):
        found += problems
        if rule is None:
            unread.add(loaded.file)
        else:
            known[rule.rule_id] = rule
    return Rules(known, frozenset(unread), sort(found))


def _read(project: Project) -> Iterator[tuple[loader.Loaded, Locked | None, tuple[Diagnostic, ...]]]:
    """Every file of a rule, as the lock looks at it; or None, and why what it holds is not known.

    Raises ProjectError where two files have one rule_id, and where there is no rule at all.
    """
    files: dict[str, str] = {}
    empty = True
    for path in loader.files(project):
        loaded = loader.load_file(project, path)
        if not holds_rule(loaded):
            continue
        empty = False
        left = _unmerged(loaded.source)
        if loaded.rule is None or loaded.partial or left:
            errors = tuple(one for one in loaded.diagnostics if project.severity(one) is Severity.ERROR)
            yield loaded, None, left or errors
            continue
        rule = Locked.of(loaded.rule, content(loaded.rule))
        other = files.setdefault(rule.rule_id, rule.file)
        if other != rule.file:
            raise ProjectError(
                f"{other} and {rule.file} have the same rule_id", "give the copy one of its own; `uuidgen` makes one"
            )
        yield loaded, rule, ()
    if empty:
        raise ProjectError("there is no rule in this pack", "the lock is about rules: add one")


def _unmerged(source: Source | None) -> tuple[Diagnostic, ...]:
    """What to say of a rule file that git could not merge: it can still be TOML, with the markers in a query."""
    if source is None or not has_markers(source.text):
        return ()
    lines = source.text.split("\n")
    if not all(any(line.startswith(mark) for line in lines) for mark in MARKERS):
        return ()
    return (unmerged(source, "merge it by hand first, then the lock"),)


def holds_rule(loaded: loader.Loaded) -> bool:
    """Whether a file is one for a rule, be it good or broken."""
    return loaded.source is None or not holds_exceptions(loaded.source.data)


def update(
    project: Project, rules: Rules, day: str, *, remove: bool = False, servers: Mapping[str, int] | None = None
) -> tuple[Step, ...]:
    """What `rulepack lock` would do: a step for each rule, by file; those of rules that are gone come last.

    `servers` has the highest version of each rule on the servers from which the pack is adopted. Raises ProjectError
    when the lock cannot be read, and when a version would be higher than there can be.
    """
    lock = read_lock(project)
    refuse_damaged(lock)
    by_file = sorted(rules.known.values(), key=lambda rule: rule.file)
    steps = [_step(lock, rule, day, project.versions, (servers or {}).get(rule.rule_id, 0)) for rule in by_file]
    return (*steps, *gone(lock, rules.known, day, remove=remove))


def refuse_file_versions(project: Project, what: str) -> None:
    """Raise ProjectError where versions are kept in the files, so that the lock cannot begin with others."""
    if project.versions == FROM_FILE:
        raise ProjectError(f'{what} makes no sense with versions = "file"', "raise `version` in the files above those")


def left_to_do(project: Project, rules: Rules) -> tuple[Diagnostic, ...]:
    """What is wrong with the lock that an update does not mend: RP702, RP703."""
    found = _placed(check.check_lock(read_lock(project), rules.known))
    return sort([_with_severity(project, one) for one in found if project.severity(one) is not None])


def _step(lock: Lock, rule: Locked, day: str, policy: str, server: int) -> Step:
    try:
        return step(lock, rule, day, policy, server)
    except ValueError as error:
        raise ProjectError(f"{rule.file}: {error}", "give the rule a new rule_id, which begins at 1") from None


def import_lock(
    project: Project, rules: Rules, path: Path, deprecated: Path | None, day: str
) -> tuple[tuple[Step, ...], int]:
    """The steps to a lock with the versions of detection-rules' lock; and how many of its rules the pack has not.

    Raises ProjectError when one of the files cannot be read, when it has none of the pack's rules, and when the project
    has a lock already.
    """
    refuse_file_versions(project, "importing")
    if read_lock(project).present:
        raise ProjectError(f"there is a {FOLDER} already", "move it away first: importing begins a new one")
    imported = read_import(path, deprecated)
    if not imported.keys() & rules.known.keys():
        raise ProjectError(f"{path} has none of this pack's rules", "is it the lock of these rules?")
    steps = []
    for rule in sorted(rules.known.values(), key=lambda one: one.file):
        found: Imported | None = imported.get(rule.rule_id)
        new = entry_of(found, rule, day) if found is not None else step(Lock(), rule, day, project.versions).after
        steps.append(Step(What.NEW, None, new))
    return tuple(steps), len(imported.keys() - rules.known.keys())


def repair(
    project: Project, rules: Rules, day: str, base: str | None = None
) -> tuple[tuple[Entry, ...], tuple[Unresolved, ...]]:
    """The entries that `rulepack lock --resolve` writes, and the files that it cannot repair.

    `base` names a revision whose versions must not be given out again.
    """
    lock = read_lock(project)
    damaged = [one for one in lock.diagnostics if Path(one.span.file).name not in lock.conflicted]
    if damaged:
        refuse_damaged(replace(lock, diagnostics=tuple(damaged)))
    before = lock_at(project, base) if base is not None else None
    found = tuple(resolve(lock, rules.known, day, before, project.versions))
    return (
        tuple(one for one in found if isinstance(one, Entry)),
        tuple(one for one in found if isinstance(one, Unresolved)),
    )


def lock_at(project: Project, revision: str) -> Lock:
    """The lock as a commit has it; raises GitError when git does not know it."""
    repository = find_repository(project.root)
    return read_sources(_sources(project, repository, repository.commit(revision)))


def _sources(project: Project, repository: Repository, commit: str) -> Iterator[tuple[str, Source | Diagnostic]]:
    for path, content_ in repository.files(commit, project.root / FOLDER):
        name = os.path.basename(path)  # noqa: PTH119 (git's own paths)
        if name.endswith(".toml"):
            yield name, source_of(content_, f"{FOLDER}/{name}")


@frozen
class Checked:
    """What a look at a project's lock gave: what is wrong, and how many rules there are."""

    diagnostics: tuple[Diagnostic, ...]
    rules: int


def check_project(project: Project, base: str | None = None) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a project's lock, as `examine` finds it."""
    return examine(project, base).diagnostics


def examine(project: Project, base: str | None = None) -> Checked:
    """Everything that is wrong with a project's lock: RP701 to RP704, and rules that cannot be read; sorted by place.

    `base` names a revision: since its common ancestor with HEAD, no version may have gone back. Raises ProjectError
    where there is no rule, and where two have one rule_id.
    """
    lock = read_lock(project)
    if not lock.present and project.versions != FROM_KIBANA:
        message = f"there is no {FOLDER}"
        none = Diagnostic(RP704, message, Span(FOLDER), "run `rulepack lock` and commit what it writes")
        return Checked((none,), sum(1 for _ in loader.files(project)))
    found = list(lock.diagnostics)
    damaged = {Path(one.span.file).name for one in lock.diagnostics}
    there: set[str] = set()
    unread: set[str] = set()
    for loaded, rule, problems in _read(project):
        # Of a file that cannot be read nobody knows what its content is, and so whether its version is right.
        found += problems
        if rule is None:
            unread.add(loaded.file)
            continue
        there.add(rule.rule_id)
        problem = None if file_name(rule.rule_id) in damaged else check.check_rule(lock, rule, project.versions)
        if problem is not None:
            found.append(_at_rule(problem, loaded.source, rule.file))
    read = len(there)
    # What a file that cannot be read would have held is not gone.
    there.update(entry.rule_id for entry in lock.living if entry.file in unread)
    found += _placed(check.check_lock(lock, there))
    if base is not None:
        repository = find_repository(project.root)
        ancestor = repository.merge_base(repository.commit(base), repository.commit())
        before = read_sources(_sources(project, repository, ancestor))
        damaged |= {Path(one.span.file).name for one in before.diagnostics}
        found += [_of_base(one, base) for one in before.diagnostics]
        found += [
            one for one in _placed(check.check_since(lock, before, base)) if Path(one.span.file).name not in damaged
        ]
    said = sort([_with_severity(project, one) for one in found if project.severity(one) is not None])
    return Checked(said, read + len(unread))


def _of_base(found: Diagnostic, base: str) -> Diagnostic:
    """Something wrong with a file of the lock at another revision: what it had cannot be compared."""
    message = f"as it was at {base}, it cannot be compared: {found.message}"
    return replace(found, message=message, severity=Severity.WARNING, hint="correct it there", excerpt=None)


def _with_severity(project: Project, found: Diagnostic) -> Diagnostic:
    severity = project.severity(found)
    assert severity is not None
    return replace(found, severity=severity)


def _placed(problems: Iterable[check.Problem]) -> Iterator[Diagnostic]:
    return (check.diagnostic(problem, Span(FOLDER)) for problem in problems)


def _at_rule(problem: check.Problem, source: Source | None, file: str) -> Diagnostic:
    """A problem at a field of the rule's file; at its rule_id where the file does not have the field."""
    if source is None:
        return check.diagnostic(problem, Span(file))
    table = source.data.get("rule", {})
    name = problem.field if problem.field in table else "rule_id"
    span = source.locate(("rule", str(name)))
    return check.diagnostic(problem, span, source.line_text(span.line))
