"""Inline ignores: comments in a rule file that silence what checks find on a line or in a value, with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import islice

from rulepack import locator
from rulepack.checks.base import Check
from rulepack.diagnostics import MOST, Code, Diagnostic, Severity, Span
from rulepack.fields import spelled
from rulepack.frozen import frozen
from rulepack.likeness import closest
from rulepack.source import Source

RP008 = Code(
    "RP008",
    "invalid-ignore",
    Severity.WARNING,
    "A comment that should silence a finding has no reason, or cannot be read",
    "Why: without a reason nobody dares to remove it later, and with a code that no check has it does nothing. Such a "
    "comment does not count: what it should silence is still reported.\n\n"
    "Instead: write `# rulepack: ignore RP421 -- the reason`; several codes have commas between them, and RP42x stands "
    "for a range. The comment stands at the end of the line, on a line of its own directly above it, or, for a text or "
    "an array of several lines, above its key or after its closing quotes or bracket. What keeps a rule from being "
    "loaded cannot be ignored.",
)
RP009 = Code(
    "RP009",
    "unused-ignore",
    Severity.WARNING,
    "A comment that should silence a finding silences nothing",
    "Why: what it was for is corrected, or it stands in the wrong place; left there, it hides the next finding.\n\n"
    "Instead: remove the code from the comment, or the comment; or put it where the finding is.",
)
CODES = (RP008, RP009)

# What a file must hold to be looked at more closely.
MARK = "rulepack:"
_COMMENT = re.compile(r"#[ \t]*rulepack:[ \t]*(?P<word>[^\s,]*)[ \t]*")
_SELECTOR = re.compile(r"RP[0-9](?:[0-9][0-9x]|xx)")
_WORD = re.compile(r"[^\s,]+")
_FORM = "write `# rulepack: ignore RP421 -- the reason`"


@frozen
class Ignore:
    """A code or range that is ignored from one line to another, both included; `span` is where the comment names it."""

    selector: str
    first: int
    last: int
    span: Span

    def matches(self, code: str) -> bool:
        """Whether a code is the one, or in the range."""
        return fnmatchcase(code, self.selector.replace("x", "?"))


def read_ignores(source: Source, known: Collection[str]) -> tuple[tuple[Ignore, ...], tuple[Diagnostic, ...]]:
    """The ignores in a file, and what is wrong with comments that should be some; `known` are the codes of checks."""
    if MARK not in source.text:
        return (), ()
    found = list(islice(_read(source, known), MOST + 1))
    if len(found) > MOST:
        message = f"a file can have {MOST} ignores; this one and what follows do not count"
        last, _ = found[-1]
        found[-1] = (last, (message, "turn the check off for this file in the settings"))
    ignores = tuple(ignore for ignore, problem in found if problem is None)
    wrong = [
        source.diagnostic(RP008, problem[0], ignore.span, problem[1])
        for ignore, problem in found
        if problem is not None
    ]
    return ignores, tuple(wrong)


def _read(source: Source, known: Collection[str]) -> Iterator[tuple[Ignore, tuple[str, str] | None]]:
    """Every code that comments name, with what is wrong with it; a comment that is wrong as a whole is one of them."""
    comments = [source.span_at(*place) for place in locator.comments(source.text)]
    alone = {span.line for span in comments if not source.line_text(span.line)[: span.column - 1].strip()}
    values = _Values.of(source)
    for number, column in ((span.line, span.column) for span in comments):
        line = source.line_text(number)
        match = _COMMENT.search(line, column - 1)
        if match is None:
            continue
        codes, dashes, reason = line[match.end() :].partition("--")
        words = list(_WORD.finditer(line, match.end(), match.end() + len(codes)))
        first, last = values.lines(number, alone)
        problem = _problem(match["word"], [word[0] for word in words], reason if dashes else None)
        if problem is not None:
            span = Span(source.file, number, match.start() + 1, number, len(line.rstrip()) + 1)
            yield Ignore("", first, last, span), problem
            continue
        for word in words:
            span = Span(source.file, number, word.start() + 1, number, word.end() + 1)
            ignore = Ignore(word[0], first, last, span)
            yield ignore, _misfit(ignore, known)


def apply(
    found: Iterable[Diagnostic],
    ignores: Mapping[str, tuple[Ignore, ...]],
    checks: Iterable[Check],
    source: Callable[[str], Source | None],
    judged: Collection[str],
) -> list[Diagnostic]:
    """The findings that no ignore of their file silences, and what there is to say of ignores that silence nothing.

    `checks` are those that ran, `judged` the files in which they look at everything. Of an ignore that a check of the
    whole pack may need nothing is said, since a run over some files finds less; nor in a file with an error, since an
    error hides what else there is to find.
    """
    ran = {check.code.id: check for check in checks}
    left: list[Diagnostic] = []
    used: set[Ignore] = set()
    for one in found:
        # What keeps a rule from being loaded is no check's, and stays: the rule would be missing without a word.
        ones = ignores.get(one.span.file, ()) if one.code.id in ran else ()
        covering = [each for each in ones if each.first <= one.span.line <= each.last and each.matches(one.code.id)]
        used.update(covering)
        if not covering:
            left.append(one)
    broken = {one.span.file for one in left if one.severity is Severity.ERROR}
    for file, ones in ignores.items():
        for each in ones if file in judged and file not in broken else ():
            asked = [check for code, check in ran.items() if each.matches(code)] if each not in used else []
            if asked and all(check.of_pack is None for check in asked):
                left.append(_unused(each, source(file)))
    return left


def _unused(ignore: Ignore, source: Source | None) -> Diagnostic:
    lines = f"line {ignore.first}" if ignore.first == ignore.last else f"lines {ignore.first} to {ignore.last}"
    message = f"there is no {ignore.selector} to ignore on {lines}"
    hint = "remove it, or put the comment on the line of the finding"
    excerpt = source.line_text(ignore.span.line) if source else None
    return Diagnostic(RP009, message, ignore.span, hint, severity=RP009.severity, excerpt=excerpt)


def _problem(word: str, codes: list[str], reason: str | None) -> tuple[str, str] | None:
    """What is wrong with a comment as a whole, and what to do; None if its codes can be looked at."""
    if word != "ignore":
        return (
            f"a comment for rulepack says ignore, not {spelled(word)}" if word else "an empty comment for rulepack",
            _FORM,
        )
    if not codes:
        return "this comment names no code to ignore", _FORM
    if reason is None:
        if all(_SELECTOR.fullmatch(code) for code in codes):
            return "this comment ignores without a reason", f"add the reason: `-- ...` after {codes[-1]}"
        return "this comment has no -- before its reason", _FORM
    if not reason.strip(" \t-"):
        return "this comment ignores without a reason", "write the reason after --"
    return None


def _misfit(ignore: Ignore, known: Collection[str]) -> tuple[str, str] | None:
    """Why a code cannot be ignored, and what to do; None if it can."""
    code = ignore.selector
    if _SELECTOR.fullmatch(code) is None:
        near = closest(code, known)
        return (
            f"{spelled(code)} is neither a code nor a range",
            f"did you mean {near}?" if near else "use RP421 or RP42x",
        )
    if any(ignore.matches(one) for one in known):
        return None
    if code.startswith(("RP0", "RP1")):
        return f"{code} cannot be ignored: it is no check's", "correct what it says, or turn it down in the settings"
    return f"no check has the code {code}", "`rulepack explain` lists all codes"


@frozen
class _Values:
    """Which lines the keys and values of a file take: the last line by the first, and the first by the last."""

    last_of: Mapping[int, int]
    first_of: Mapping[int, int]

    @classmethod
    def of(cls, source: Source) -> _Values:
        last_of: dict[int, int] = {}
        first_of: dict[int, int] = {}
        for entry in source.entries.values():
            span = source.span_at(min(entry.key_start, entry.value_start), entry.value_end)
            last_of[span.line] = max(span.end_line, last_of.get(span.line, 0))
            first_of[span.end_line] = min(span.line, first_of.get(span.end_line, span.line))
        return cls(last_of, first_of)

    def lines(self, line: int, alone: Collection[int]) -> tuple[int, int]:
        """The first and the last line that a comment on a line is about; `alone` are the lines with comments only."""
        if line not in alone:
            return self.first_of.get(line, line), line
        following = line
        while following in alone:
            following += 1
        return line, self.last_of.get(following, line)
