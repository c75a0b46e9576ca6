"""What of ATT&CK the rules cover, and what changed in that, as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from rulepack.docs.coverage import Coverage, CoveredTactic, CoveredTechnique
from rulepack.docs.coverage_compare import CountChange, CoverageChange
from rulepack.docs.coverage_wanted import share
from rulepack.report import plain
from rulepack.report.plan_fields import clipped, shown
from rulepack.report.summary import counted

WIDTH = 100
# Narrower than this, lines may overflow.
_LEAST = 60
_BAR = 10
# A character that is in no text that is shown.
_GLUE = "\0"
_GREEN, _YELLOW, _RED, _DIM, _BOLD = "32", "33", "31", "2", "1"


def render(coverage: Coverage, rules: int, *, every: bool = False, width: int = WIDTH, colour: bool = False) -> str:
    """A line for each tactic; then for each, its techniques with how many rules detect them; then the sum.

    What no rule detects is one line of ids for each tactic, or with `every` stands among the rest.
    """
    width = max(width, _LEAST)
    lines = list(_overview(coverage.tactics, width, colour=colour))
    for one in coverage.tactics:
        if one.rules or every:
            lines += ["", *_tactic(one, width, every=every, colour=colour)]
    for title, count in (("mapped elsewhere", len(coverage.elsewhere)), ("without a mapping", len(coverage.unmapped))):
        if count:
            noun = "mapping" if title.startswith("mapped") else "rule"
            lines += ["", f"{counted(count, noun)} {title}: see the coverage page"]
    return "\n".join([*lines, "", *_wrapped(sentence(coverage, rules), width), ""])


def sentence(coverage: Coverage, rules: int) -> str:
    """`ATT&CK 18.1: 12 of 14 tactics, 98 of 216 techniques (45.3%), 120 of 475 sub-techniques; 1,550 active rules`."""
    subs = coverage.subtechniques
    below = f", {subs[0]} of {counted(subs[1], 'sub-technique')}" if subs[1] else ""
    tactics = f"{coverage.covered_tactics} of {counted(len(coverage.tactics), 'tactic')}"
    return f"ATT&CK {coverage.version}: {tactics}, {techniques(coverage)}{below}; {counted(rules, 'active rule')}"


def techniques(coverage: Coverage) -> str:
    """`98 of 216 techniques (45.3%)`."""
    covered, every = coverage.techniques
    return f"{covered} of {counted(every, 'technique')} ({share((covered, every))})"


def _overview(tactics: Iterable[CoveredTactic], width: int, *, colour: bool) -> Iterator[str]:
    listed = list(tactics)
    names = {one.tactic.id: shown(one.tactic.name) for one in listed}
    column = min(max(map(plain.width, names.values()), default=0), width - 46)
    for one in listed:
        covered, every = len(one.covered), len(one.techniques)
        filled = -(-covered * _BAR // every) if every else 0
        bar = f"[{_styled('#' * filled, _GREEN, colour=colour)}{'.' * (_BAR - filled)}]"
        name = _padded(clipped(names[one.tactic.id], column), column)
        yield f"{one.tactic.id:6}  {name}  {bar} {covered:3} of {every:3}  {counted(len(one.rules), 'rule'):>11}"


def _tactic(one: CoveredTactic, width: int, *, every: bool, colour: bool) -> Iterator[str]:
    yield _styled(f"{shown(one.tactic.name)} ({one.tactic.id})", _BOLD, colour=colour)
    for technique in one.techniques if every else one.covered:
        yield f"{technique.count:6,}  {technique.technique.id}  {clipped(shown(technique.technique.name), width - 15)}"
        below = sorted((sub for sub in technique.subtechniques if sub.rules or every), key=lambda sub: sub.technique.id)
        # No sub-technique is taken apart by the end of a line.
        words = ", ".join(_subtechnique(sub, width - 15).replace(" ", _GLUE) for sub in below)
        yield from (line.replace(_GLUE, " ") for line in _wrapped(words, width, " " * 15))
    if one.alone:
        yield f"{len(one.alone):6,}  {'-':5}  (no technique named)"
    gaps = "" if every else " ".join(sorted(technique.technique.id for technique in one.uncovered))
    for line in _wrapped(f"not covered: {gaps}" if gaps else "", width, " " * 8):
        yield _styled(line, _DIM, colour=colour)


def _subtechnique(one: CoveredTechnique, width: int) -> str:
    number = one.technique.id.partition(".")[2]
    return f".{number} {clipped(shown(one.technique.name), width - 10)} {one.count:,}"


def render_changes(
    change: CoverageChange, old: str, new: str, rules: int, *, width: int = WIDTH, colour: bool = False
) -> str:
    """What is covered now and was not (`+`), is not any more (`-`), and by more or fewer rules (`~`); and the sums."""
    width = max(width, _LEAST)
    lines = [f"{shown(old)} -> {shown(new)}", ""]
    for mark, code, group in (
        ("+", _GREEN, change.gained),
        ("-", _RED, change.lost),
        ("~", _YELLOW, change.counts),
    ):
        lines += [_styled(f"{mark} {what(one, width)}", code, colour=colour) for one in group]
    if not change.changes:
        lines.append("no difference")
    before = f"before: {techniques(change.old)}, {counted(change.old.subtechniques[0], 'sub-technique')}"
    return "\n".join([*lines, "", *_wrapped(before, width), *_wrapped(sentence(change.new, rules), width), ""])


def what(one: CountChange, width: int = 2 * WIDTH) -> str:
    """`T1059.001 PowerShell (2 rules)`, `T1003 OS Credential Dumping (was 3 rules)`, or `... (4 -> 6 rules)`."""
    if not one.old:
        counts = counted(one.new, "rule")
    elif not one.new:
        counts = f"was {counted(one.old, 'rule')}"
    else:
        counts = f"{one.old:,} -> {counted(one.new, 'rule')}"
    return f"{one.technique.id} {clipped(shown(one.technique.name), max(width - 35, 10))} ({counts})"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines of a width; no id is taken apart."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _padded(text: str, column: int) -> str:
    return text + " " * max(column - plain.width(text), 0)


def _styled(text: str, code: str, *, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour and text else text
