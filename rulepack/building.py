"""Building: a project's files to its pages; what did not change since the last time is neither read nor made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from rulepack import loader, validation
from rulepack.cache import digest_of as blake
from rulepack.cache import digest_of_code
from rulepack.checks.examined import diagnostic_from_json, diagnostic_to_json
from rulepack.checks.queries import RuleQuery
from rulepack.codes import BY_ID
from rulepack.diagnostics import Diagnostic, Severity, sort
from rulepack.docs.brief import Brief
from rulepack.docs.git_history import Revision, refuse_others, revisions, source_revision
from rulepack.docs.index_jobs import Indexed
from rulepack.docs.page import OWN, Job, Keys, digest_of
from rulepack.docs.related import Related, related, related_again
from rulepack.docs.shelf import Shelf, brief_of, words_of
from rulepack.docs.state import Made, State
from rulepack.docs.tree import SITE
from rulepack.docs.tree import digest as templates_digest
from rulepack.docs.write import Writer, Written
from rulepack.errors import OutputError
from rulepack.frozen import frozen
from rulepack.loader import Loaded
from rulepack.lock.entry import file_name
from rulepack.lock.store import Lock, entry_digests, read_lock
from rulepack.package.make import Maker
from rulepack.processes import spread
from rulepack.project import MARKDOWN, Project
from rulepack.reference import Reference
from rulepack.rule import Rule
from rulepack.validation import Validation

# Of how many files the rules are kept from validation until their pages are made. One takes 30 kB.
_MOST_KEPT = 3_000
# What a file gave.
_RULE, _LISTS = "rule", "lists"


@frozen
class Built:
    """What a build gave: what there is to say of the rules, and what became of the pages."""

    validation: Validation
    written: Written

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything there is to say."""
        return sort([*self.validation.diagnostics, *self.written.diagnostics])


def build(
    project: Project,
    out: Path | None = None,
    cache_folder: Path | None = None,
    *,
    flavours: tuple[str, ...] = (MARKDOWN, SITE),
    dry_run: bool = False,
    jobs: int = 1,
    source_rev: str | None = None,
) -> Built:
    """Validate a project's files and make a folder (the project's `docs` by default) hold its pages.

    With a cache folder, pages that need not change are not made again; the result is the same. Up to `jobs` processes
    check files and make pages at a time, where there are many. With `source_rev`, pages link to that revision, and show
    what became of each rule up to it. With `dry_run` nothing is written; nothing is written
    either when there is an error in the pack or in a template. Raises ProjectError when there is no file at all, and
    OutputError when the folder cannot be written.
    """
    return _Build(
        project, out or project.docs, cache_folder, flavours, dry_run=dry_run, jobs=jobs, source_rev=source_rev
    ).built


class _Result(NamedTuple):
    """What a job gave: how far it looked, and what `Writer.prepare` said; or why its template failed."""

    looked: int = OWN
    fed: str = ""
    what: str = ""
    temporary: str = ""
    failure: Diagnostic | None = None


class _Build:
    """One build."""

    def __init__(
        self,
        project: Project,
        out: Path,
        cache_folder: Path | None,
        flavours: tuple[str, ...],
        *,
        dry_run: bool,
        jobs: int,
        source_rev: str | None,
    ) -> None:
        self.project = project
        self.out = out
        self.cache_folder = cache_folder
        self.flavours = flavours
        self.dry_run = dry_run
        self.jobs = jobs
        if project.root.is_relative_to(out.resolve()):
            raise OutputError(f"{out} has the pack itself in it", "name a folder that is for pages only")
        self.reference = Reference.of(project)
        self.source = source_revision(project, source_rev) if source_rev is not None else None
        if self.source is not None:
            refuse_others(project, self.source)
        self.paths = {project.display(path): path for path in loader.files(project)}
        self.digests = {file: self._digest(path) for file, path in self.paths.items()}
        self.locked = dict(entry_digests(project))
        self.state = State(cache_folder, out.absolute(), self._fingerprint)
        self.kept: dict[str, Loaded] = {}
        self.looked: dict[str, list[Any]] = {}
        self.index: list[Any] = []
        self.links: Mapping[str, tuple[Related, ...]] = {}

    @cached_property
    def built(self) -> Built:
        """What came of it."""
        with Writer(self.out, dry_run=self.dry_run, part=self._part) as writer:
            known = self._nothing_changed(writer)
            if known is not None:
                return known
            self._lock  # noqa: B018 (before there are several processes that would each read it)
            found = validation.validate(
                self.project,
                (),
                self.cache_folder,
                jobs=self.jobs,
                look=self._seen,
                seen=self.looked,
                digests={file: bytes.fromhex(digest) for file, digest in self.digests.items() if digest},
            )
            if found.failed:
                return Built(found, Written())
            rows = self._rows()
            written, pages = self._make(writer, rows)
        if not self.dry_run and not written.diagnostics:
            whole = {
                "digest": self._whole,
                "said": [diagnostic_to_json(one) for one in found.diagnostics],
                "rules": found.rules,
                "notes": found.notes,
            }
            self.state.save(whole, rows, pages, self.index, self.links)
        return Built(found, written)

    @property
    def _part(self) -> str:
        """What of docs-out is built, if it is not all."""
        if SITE not in self.flavours:
            return "pages"
        return "site" if len(self.flavours) == 1 else ""

    def _nothing_changed(self, writer: Writer) -> Built | None:
        """What the last build said, if nothing has changed since: neither the pack's files nor the pages."""
        whole, pages = self.state.whole, self.state.pages
        if whole.get("digest") != self._whole or not pages:
            return None
        if any(writer.there.stamp(path) != made.stamp for path, made in pages.items()):
            return None
        try:
            said = tuple(diagnostic_from_json(one, BY_ID) for one in whole["said"])
            found = Validation(said, whole["rules"], tuple(self.paths), tuple(whole["notes"]))
        except (ValueError, KeyError, TypeError):
            return None
        for path in pages:
            writer.keep(path)
        return Built(found, writer.finish())

    def _rows(self) -> dict[str, list[Any]]:
        """Of each file its digest, and what it gave: a rule in brief, exception lists by name, or nothing."""
        known = self.state.rows
        rows: dict[str, list[Any]] = {}
        for file in self.paths:
            row = known.get(file)
            if row is None or row[0] != self._own(file, row):
                row = self.looked.get(file) or self._row(self._loaded(file))
            rows[file] = row
        return rows

    def _seen(self, loaded: Loaded, queries: tuple[RuleQuery, ...]) -> list[Any]:
        """What is kept of a file that validation had to read; the rule itself only where this is the only process."""
        if len(self.kept) < _MOST_KEPT:
            self.kept[loaded.file] = replace(loaded, source=None)
        return self._row(loaded, queries)

    def _row(self, loaded: Loaded, queries: tuple[RuleQuery, ...] | None = None) -> list[Any]:
        """What a file gave, as it is kept."""
        if loaded.rule is not None and not loaded.partial:
            brief = brief_of(loaded.rule, self._maker, queries)
            words = words_of(loaded.rule, brief) if SITE in self.flavours else ""
            row = ["", _RULE, brief.to_json(), brief.rule_id, words, brief.digest, brief.listed, brief.slug]
        else:
            names = [(one.list_id, one.namespace_type, one.container.name) for one in loaded.exception_lists]
            row = ["", _LISTS, names, "", ""]
        row[0] = self._own(loaded.file, row)
        return row

    def _own(self, file: str, row: list[Any]) -> str:
        """Changes with all that a file's own page is made of: the file, and its rule's entry in the lock."""
        entry = self.locked.get(file_name(row[3]), "") if row[3] else ""
        return f"{self.digests[file]}{entry}"

    def _make(self, writer: Writer, rows: dict[str, list[Any]]) -> tuple[Written, dict[str, Made]]:
        """Make the pages that need be; gives what became of them, and what to know of each the next time."""
        # Not before: where nothing changed, nobody waits for Jinja2.
        from rulepack.docs.site import Plan  # noqa: PLC0415

        plan = Plan(self._shelf(rows), self.reference, self.flavours)
        if SITE in self.flavours:
            self.index = plan.pack._index.indexed.to_json()  # noqa: SLF001 (what templates do not see)
        keys = Keys(self._every(plan.shelf.briefs), self._whole)
        pages: dict[str, Made] = {}
        due: list[Job] = []
        for job in plan.jobs:
            old = self.state.pages.get(job.path)
            if old is not None and old.stamp != writer.there.stamp(job.path):
                old = None
            if old is not None and old.key != keys.of(job, old.looked):
                old = _as_fed(job, old, keys)
            if old is not None:
                pages[job.path] = old
                writer.keep(job.path)
            else:
                due.append(job)
        found = list(plan.diagnostics)
        made: dict[str, tuple[str, int, str]] = {}
        failures: dict[str, Diagnostic] = {}
        for job, result in self._results(due, writer):
            if result.failure is not None:
                # Of a template that fails, one failure is enough.
                failures.setdefault(job.template, result.failure)
            else:
                writer.take(job.path, result.what, result.temporary)
                made[job.path] = (keys.of(job, result.looked), result.looked, result.fed)
        found += failures.values()
        if any(one.severity is Severity.ERROR for one in found):
            return Written(diagnostics=sort(found)), {}
        written = writer.finish()
        if not self.dry_run:
            pages |= {path: Made(key, far, writer.stamp(path), fed) for path, (key, far, fed) in made.items()}
        return replace(written, diagnostics=sort(found)), pages

    def _results(self, due: list[Job], writer: Writer) -> Iterator[tuple[Job, _Result]]:
        """What jobs give. All pages of a rule are made by one process, which reads the rule once."""
        groups: dict[str, list[int]] = {}
        for number, job in enumerate(due):
            groups.setdefault(job.about or f"/{number}", []).append(number)
        if due:
            writer.begin()

        def make(group: str) -> list[tuple[int, _Result]]:
            return [(number, _result(due[number], number, writer)) for number in groups[group]]

        for results in spread(make, tuple(groups), self.jobs):
            yield from ((due[number], result) for number, result in results)

    def _shelf(self, rows: dict[str, list[Any]]) -> Shelf:
        briefs = tuple(Brief.from_json(row[2], *row[5:]) for row in rows.values() if row[1] == _RULE)
        return Shelf(
            self.project,
            briefs,
            MappingProxyType({file: row[0] for file, row in rows.items()}),
            self._rule,
            self._text,
            self._lock,
            lambda: tuple(
                one
                for file, row in rows.items()
                if row[1] == _LISTS and row[2]
                for one in self._loaded(file).exception_lists
            ),
            {name[0]: " ".join(name[2].split()) for row in rows.values() if row[1] == _LISTS for name in row[2]},
            digest_of(*(row[0] for row in rows.values() if row[1] == _LISTS)),
            {file: row[4] for file, row in rows.items()},
            Indexed.from_json(self.state.index),
            {file: row[4] for file, row in self.state.rows.items()},
            self._related(briefs, rows),
            self.source,
            self._revisions(briefs),
            self.out,
        )

    def _related(self, briefs: tuple[Brief, ...], rows: dict[str, list[Any]]) -> Mapping[str, tuple[Related, ...]]:
        """The rules related to each; where most are as they were, only those of the others are looked for."""
        former = {file: row for file, row in self.state.rows.items() if row[1] == _RULE}
        if former and former.keys() == self.state.related.keys():
            here = {brief.file: brief for brief in briefs}
            before = [
                here[file] if file in here and rows[file] is row else Brief.from_json(row[2], *row[5:])
                for file, row in former.items()
            ]
            self.links = related_again(before, briefs, self.state.related)
        else:
            self.links = related(briefs, jobs=self.jobs)
        return self.links

    def _revisions(self, briefs: tuple[Brief, ...]) -> Mapping[str, tuple[Revision, ...]]:
        """What became of each rule, where pages are made of a revision."""
        if self.source is None:
            return {}
        return revisions(self.project, self.source, {brief.file: brief.rule_id for brief in briefs}, jobs=self.jobs)

    def _every(self, briefs: tuple[Brief, ...]) -> tuple[str, str]:
        """What changes with anything that lists of rules show, and with anything of all rules in brief."""
        lock = [f"{name} {one}" for name, one in self.locked.items()]
        listed = digest_of(*(brief.listed for brief in briefs), *lock)
        return listed, digest_of(*(brief.digest for brief in briefs), *lock)

    def _rule(self, file: str) -> Rule:
        rule = self._loaded(file).rule
        assert rule is not None
        return rule

    def _loaded(self, file: str) -> Loaded:
        """What a file gives; read again if it was not kept."""
        found = self.kept.get(file)
        if found is None:
            found = replace(loader.load_file(self.project, self.paths[file]), source=None)
            if len(self.kept) < _MOST_KEPT:
                self.kept[file] = found
        return found

    def _text(self, file: str) -> str:
        content = loader.read_file(self.project, self.paths[file])
        return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""

    def _digest(self, path: Path) -> str:
        content = loader.read_file(self.project, path)
        return blake(content).hex() if isinstance(content, bytes) else ""

    @cached_property
    def _lock(self) -> Lock:
        return read_lock(self.project)

    @cached_property
    def _maker(self) -> Maker:
        return Maker(self.project, self._lock, self.reference)

    @cached_property
    def _whole(self) -> str:
        """Changes with any file of the pack."""
        named = (f"{name} {digest}" for named in (self.digests, self.locked) for name, digest in named.items())
        return digest_of(*named)

    @cached_property
    def _fingerprint(self) -> str:
        """Changes with all that pages depend on besides the pack's files."""
        parts = (digest_of_code(), self.reference.fingerprint, repr(self.project), templates_digest(self.project))
        source = self.source.commit if self.source is not None else ""
        return digest_of(*parts, *self.flavours, source)


def _result(job: Job, number: int, writer: Writer) -> _Result:
    """What a job gives, put aside under a number."""
    # As above.
    from rulepack.docs.site import TemplateFailedError  # noqa: PLC0415

    try:
        text, looked = job.make()
    except TemplateFailedError as error:
        return _Result(failure=error.diagnostic)
    fed = digest_of(job.feed()[0]) if job.feed is not None else ""
    return _Result(looked, fed, *writer.prepare(job.path, text, number))


def _as_fed(job: Job, old: Made, keys: Keys) -> Made | None:
    """A page that is made of another one which says what it said before; None for any other page."""
    # As above.
    from rulepack.docs.site import TemplateFailedError  # noqa: PLC0415

    if job.feed is None or not old.fed:
        return None
    try:
        text, looked = job.feed()
    except TemplateFailedError:
        return None
    return Made(keys.of(job, looked), looked, old.stamp, old.fed) if digest_of(text) == old.fed else None
