"""Corrects what can be corrected safely: file by file, until the checks find nothing more that they could correct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from rulepack import checks, loader, locator
from rulepack.checks.base import Context
from rulepack.checks.fixes import FIXES, edits_for
from rulepack.diagnostics import Diagnostic
from rulepack.edit import Arrange, Edit, Editor, Refused, Set
from rulepack.frozen import frozen
from rulepack.project import Project
from rulepack.reference import Reference
from rulepack.source import Source

# Correcting one thing can show another; what takes longer than this goes in a circle.
_MOST_ROUNDS = 10
_OF_PACK = frozenset(check.code.id for check in checks.CHECKS if check.of_pack is not None)


@frozen
class Skipped:
    """A finding that has a safe correction which this file does not let us make, and why."""

    found: Diagnostic
    reason: str


@frozen
class Fixed:
    """What becomes of a file: its text before and after, how often each code was corrected, and what was skipped."""

    path: Path
    file: str
    before: str
    after: str
    counts: tuple[tuple[str, int], ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything of the file changes."""
        return self.before != self.after


def fix_files(project: Project, found: Iterable[Diagnostic]) -> Iterator[Fixed]:
    """What becomes of every file with a finding that may be corrected. Nothing is written.

    Each such file is read and checked again, so that what is corrected is what is there now.
    """
    reference = Reference.of(project)
    by_file: dict[str, list[Diagnostic]] = {}
    for one in found:
        if one.code.id in FIXES:
            by_file.setdefault(one.span.file, []).append(one)
    for file, ones in by_file.items():
        fixed = _File(project, reference, project.root / file).fix(ones)
        if fixed is not None and (fixed.changed or fixed.skipped):
            yield fixed


class _File:
    """One file on its way from what it was to what the checks find nothing to correct in."""

    def __init__(self, project: Project, reference: Reference, path: Path) -> None:
        self.project, self.reference, self.path = project, reference, path
        self.counts: Counter[str] = Counter()
        self.skipped: dict[str, Skipped] = {}

    def fix(self, found: list[Diagnostic]) -> Fixed | None:
        """What becomes of the file; None if it cannot be read any more."""
        content = loader.read_file(self.project, self.path)
        if not isinstance(content, bytes) or loader.load_file(self.project, self.path, content).source is None:
            return None
        before = content.decode()
        editor = Editor(before)
        # Only a look at all rules finds these: they are not found again, so they must still be there.
        of_pack = [one for one in found if one.code.id in _OF_PACK]
        for _ in range(_MOST_ROUNDS):
            loaded = loader.load_file(self.project, self.path, editor.result.encode())
            if loaded.source is None or not self._round(loaded, loaded.source, editor, of_pack):
                break
            of_pack = []
        counts = tuple(sorted(self.counts.items()))
        file = self.project.display(self.path)
        return Fixed(self.path, file, before, editor.result, counts, tuple(self.skipped.values()))

    def _round(self, loaded: loader.Loaded, source: Source, editor: Editor, of_pack: list[Diagnostic]) -> bool:
        """Correct what there is to say of the file as it is now; gives whether that was anything."""
        context = Context(self.project, self.reference, {source.file: source}.get)
        examined = checks.examine(loaded.file, loaded.rule, loaded.diagnostics, context)
        there = [one for one in of_pack if one.excerpt == source.line_text(one.span.line)]
        done: set[tuple[Edit, ...]] = set()
        changed: set[locator.Path] = set()
        rearranged = False
        for one in (*there, *checks.conclude([examined], context)):
            edits = tuple(edits_for(one, source, context))
            # An array whose elements change their places makes later paths wrong: that has a round of its own.
            rearranges = any(isinstance(edit, Arrange) for edit in edits)
            if not edits or (edits not in done and (rearranged or (rearranges and done))):
                continue
            # What another correction has made of a value is looked at in the next round, not overwritten.
            if edits not in done and any(isinstance(edit, Set) and edit.path in changed for edit in edits):
                continue
            try:
                editor.apply(*(edits if edits not in done else ()))
            except Refused as refused:
                self.skipped.setdefault(f"{one.code.id} {one.message}", Skipped(one, str(refused)))
                continue
            self.counts[one.code.id] += 1
            done.add(edits)
            changed.update(edit.path for edit in edits)
            rearranged = rearranges
        return bool(done)
