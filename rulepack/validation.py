"""Validation: all there is to say about the files of a project; of files that did not change, from the cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from rulepack import checks, loader
from rulepack.cache import Cache, digest_of, digest_of_code
from rulepack.checks.base import Context
from rulepack.checks.examined import Examined
from rulepack.checks.queries import RuleQuery
from rulepack.codes import BY_ID
from rulepack.diagnostics import Diagnostic, Severity
from rulepack.files import Unread
from rulepack.frozen import frozen
from rulepack.loader import Loaded
from rulepack.processes import spread
from rulepack.project import Project
from rulepack.reference import Reference
from rulepack.source import Source, source_of

# Is shown a file that was read, and the queries of its rule.
Look = Callable[[Loaded, tuple[RuleQuery, ...]], Any]
# Of how many files the text is kept for findings about several rules. One takes 70 kB; 10,000 would fill the memory.
_MOST_SOURCES = 2_000


@frozen
class Validation:
    """What a look at a project's files gave: every diagnostic, how many rules there are, and the files' names.

    `notes` are sentences about the whole run, such as what could not be checked.
    """

    diagnostics: tuple[Diagnostic, ...]
    rules: int
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether anything is an error."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def validate(
    project: Project,
    paths: tuple[Path, ...] = (),
    cache_folder: Path | None = None,
    *,
    jobs: int = 1,
    look: Look | None = None,
    seen: dict[str, Any] | None = None,
    digests: Mapping[str, bytes] | None = None,
) -> Validation:
    """Check every rule file under the paths (the project's rules folders by default).

    With a cache folder, files that did not change since the last time are not checked again; many files are checked by
    `jobs` processes at a time. The result is the same. `look` is shown every file that had to be read, with the queries
    of its rule, and what it gives, which must be picklable, is put into `seen` by the file's name. `digests` are those
    of the files' contents, where they were read just before. Raises ProjectError when there is no file at all.
    """
    run = _Run(project, paths, cache_folder, jobs)
    run.look = look
    run.digests = digests or {}
    found = run.validation
    if seen is not None:
        seen.update(run.seen)
    return found


class _Run:
    """One validation: the files as they are now, and what is known of them."""

    def __init__(self, project: Project, paths: tuple[Path, ...], cache_folder: Path | None, jobs: int) -> None:
        self.project = project
        self.reference = Reference.of(project)
        self.paths = {project.display(path): path for path in loader.files(project, paths)}
        self.whole = not paths
        self.jobs = jobs
        self.look: Look | None = None
        self.seen: dict[str, Any] = {}
        self.digests: Mapping[str, bytes] = {}
        self.cache = Cache(cache_folder, project.root, self._fingerprint) if cache_folder is not None else None
        self.sources: dict[str, Source | None] = {}
        self.context = Context(project, self.reference, self._source, self.whole)

    @cached_property
    def validation(self) -> Validation:
        """What there is to say."""
        known = dict(self._remembered()) if self.cache is not None else {}
        new = [file for file in self.paths if file not in known]
        if self.cache is None and self.jobs == 1:
            # What is neither kept nor sent from process to process need not be made a text and back.
            known = {file: self._look(file, loader.read_file(self.project, self.paths[file])) for file in new}
        else:
            for file, (digest, answer, seen) in zip(new, spread(self._answer, new, self.jobs), strict=True):
                known[file] = _decoded(answer)
                self.seen[file] = seen
                if self.cache is not None and digest is not None:
                    self.cache.put(file, digest, answer)
        if self.cache is not None:
            self.cache.save(set(self.paths) if self.whole else None)
        examined = [known[file] for file in self.paths]
        rules = sum(1 for each in examined if each.facts is not None)
        return Validation(checks.conclude(examined, self.context), rules, tuple(self.paths), checks.notes(examined))

    def _remembered(self) -> Iterator[tuple[str, Examined]]:
        """What the cache knows of the files as they are now."""
        assert self.cache is not None
        for file, path in self.paths.items():
            digest = self.digests.get(file) or self._digest(path)
            answer = self.cache.get(file, digest) if digest is not None else None
            if answer is not None:
                # It was on a disk: it may be anything.
                with suppress(ValueError, KeyError, TypeError, RecursionError):
                    examined = _decoded(answer)
                    if examined.file == file:
                        yield file, examined

    def _digest(self, path: Path) -> bytes | None:
        content = loader.read_file(self.project, path)
        return digest_of(content) if isinstance(content, bytes) else None

    def _answer(self, file: str) -> tuple[bytes | None, str, Any]:
        """The digest of a file's content if it has one, what it says as text that can be kept, and what was seen."""
        content = loader.read_file(self.project, self.paths[file])
        digest = digest_of(content) if isinstance(content, bytes) else None
        answer = json.dumps(self._look(file, content).to_json(), separators=(",", ":"))
        return digest, answer, self.seen.pop(file, None)

    def _look(self, file: str, content: bytes | Unread) -> Examined:
        """What a file with that content says."""
        loaded = loader.load_file(self.project, self.paths[file], content)
        # For this file's checks; what they are done with is let go, or 10,000 rules would fill the memory.
        self.sources = {file: loaded.source}
        examined = checks.examine(file, loaded.rule, loaded.diagnostics, self.context)
        if self.look is not None:
            queries = self.context.queries(loaded.rule) if loaded.rule is not None else ()
            self.seen[file] = self.look(loaded, queries)
        return examined

    def _source(self, file: str) -> Source | None:
        """The text of a file; read once more for a place in a file that is long done with."""
        if file not in self.sources:
            while len(self.sources) >= _MOST_SOURCES:
                del self.sources[next(iter(self.sources))]
            path = self.paths.get(file)
            source = source_of(loader.read_file(self.project, path), file) if path is not None else None
            self.sources[file] = source if isinstance(source, Source) else None
        return self.sources[file]

    @cached_property
    def _fingerprint(self) -> str:
        """Changes with anything but the file that its answer depends on: rulepack itself, its data, the settings."""
        parts = (digest_of_code(), self.reference.fingerprint, repr(self.project))
        return hashlib.blake2b("\n".join(parts).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _decoded(answer: str) -> Examined:
    """What `_answer` says of a file; raises ValueError, KeyError or TypeError for another text."""
    return Examined.from_json(json.loads(answer), BY_ID)
