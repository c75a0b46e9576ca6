"""What of ATT&CK the rules cover, and what changed in that, as Markdown for a job summary."""

from __future__ import annotations

from rulepack.docs.coverage import Coverage
from rulepack.docs.coverage_compare import CoverageChange
from rulepack.report.coverage import sentence, techniques, what
from rulepack.report.markdown import cell


def render(coverage: Coverage, rules: int) -> str:
    """A table of the tactics, and one of each tactic's techniques that a rule detects."""
    lines = [f"### {cell(sentence(coverage, rules))}", ""]
    lines += ["| Tactic | ID | Rules | Techniques covered |", "|---|---|---:|---:|"]
    for one in coverage.tactics:
        count = f"{len(one.covered)} of {len(one.techniques)}"
        lines.append(f"| {cell(one.tactic.name)} | {one.tactic.id} | {len(one.rules):,} | {count} |")
    for one in coverage.tactics:
        if not one.rules:
            continue
        lines += ["", f"#### {cell(one.tactic.name)}", ""]
        if one.covered:
            lines += ["| Technique | ID | Rules |", "|---|---|---:|"]
        for technique in one.covered:
            lines.append(f"| {cell(technique.technique.name)} | {technique.technique.id} | {technique.count:,} |")
            lines += [
                f"| ↳ {cell(sub.technique.name)} | {sub.technique.id} | {sub.count:,} |"
                for sub in technique.subtechniques
                if sub.rules
            ]
        if one.covered and one.uncovered:
            lines.append("")
        if one.uncovered:
            lines.append(f"Not covered: {', '.join(sorted(technique.technique.id for technique in one.uncovered))}.")
    return "\n".join(lines) + "\n"


def render_changes(change: CoverageChange, old: str, new: str, rules: int) -> str:
    """What is covered now and was not, is not any more, and by more or fewer rules."""
    lines = [f"### {cell(old)} → {cell(new)}", ""]
    for title, group in (
        ("Covered now", change.gained),
        ("Not covered any more", change.lost),
        ("Other counts", change.counts),
    ):
        if group:
            lines += [f"#### {title}", "", *(f"- {cell(what(one))}" for one in group), ""]
    if not change.changes:
        lines += ["No difference.", ""]
    lines += [f"{cell(sentence(change.new, rules))}. Before: {cell(techniques(change.old))}."]
    return "\n".join(lines) + "\n"
