"""What differs between two packages, revisions or servers, as Markdown; and the changelog of a package."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulepack.package.compare import Comparison, Kind, RuleChange
from rulepack.package.manifest import Manifest
from rulepack.report.comparison import notes, sentence, versions
from rulepack.report.markdown import cell
from rulepack.report.plan_fields import clipped, field_lines
from rulepack.report.summary import counted

_TITLES = {
    Kind.ADDED: "New",
    Kind.CHANGED: "Changed",
    Kind.DEPRECATED: "Deprecated",
    Kind.RESTORED: "Restored",
    Kind.REMOVED: "Removed",
}
_MOST_LINES = 40
_MOST_VALUE = 300
_TICKS = re.compile("`+")


def render(comparison: Comparison) -> str:
    """Each rule that differs, field by field, under a heading for each kind of change."""
    head = f"### {cell(comparison.old)} → {cell(comparison.new)}"
    return "\n".join([head, "", f"{cell(sentence(comparison))}.", *_sections(comparison, "####")]) + "\n"


def changelog(manifest: Manifest, comparison: Comparison | None) -> str:
    """CHANGELOG.md of a package: what is new, changed field by field, or deprecated since another one.

    Without another one to begin with, it says what there is.
    """
    lines = [f"# {cell(manifest.pack)} {cell(manifest.version)}", ""]
    if comparison is not None:
        lines += [f"Since {cell(comparison.old)}: {cell(sentence(comparison))}.", *_sections(comparison, "##")]
        return "\n".join(lines) + "\n"
    current = [rule for rule in manifest.rules if not rule.deprecated]
    old = [rule for rule in manifest.rules if rule.deprecated]
    stacks = ", ".join(map(str, manifest.stack))
    lines += [f"{counted(len(current), 'rule')} for stack {stacks}. Not compared with an earlier package.", ""]
    lines += ["## Rules", ""]
    for rule in sorted(current, key=lambda one: (one.name.casefold(), one.rule_id)):
        lines.append(f"- {cell(rule.name)}{f' (version {rule.version})' if rule.version else ''}")
    if old:
        lines += ["", "## Deprecated", ""]
        lines += [
            f"- {cell(rule.name)}{f': {cell(rule.reason)}' if rule.reason else ''}"
            for rule in sorted(old, key=lambda one: (one.name.casefold(), one.rule_id))
        ]
    return "\n".join(lines) + "\n"


def _sections(comparison: Comparison, level: str) -> Iterator[str]:
    for kind, title in _TITLES.items():
        changes = comparison.of(kind)
        if not changes:
            continue
        yield from ("", f"{level} {title}", "")
        for change in changes:
            yield from _entry(change)
    if comparison.lists:
        yield from ("", f"{level} Exception lists", "")
    for change in comparison.lists:
        yield from _entry(change, str(change.kind))


def _entry(change: RuleChange, what: str = "") -> Iterator[str]:
    version = what or versions(change)
    yield f"- **{cell(clipped(change.name, _MOST_VALUE))}**{f' ({version})' if version else ''}"
    for note in notes(change):
        yield f"  - {cell(clipped(note, _MOST_VALUE))}"
    for field in change.fields:
        lines = [clipped(line, _MOST_VALUE) for line in field_lines(field, _MOST_LINES)]
        if len(lines) == 1:
            yield f"  - {_code(lines[0])}"
            continue
        fence = "`" * max(3, 1 + max((len(run) for line in lines for run in _TICKS.findall(line)), default=0))
        yield f"  - {_code(lines[0].removesuffix(':'))}"
        yield from ("", f"    {fence}diff", *(f"    {line.strip()}" for line in lines[1:]), f"    {fence}", "")


def _code(text: str) -> str:
    """A text as a code span, whatever it holds."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    marks = "`" * (longest + 1)
    return f"{marks} {text} {marks}" if longest else f"`{text}`"
