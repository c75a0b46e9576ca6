"""Which stack version gets how much of which rule: as text, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rulepack.fit import Fit, Standing
from rulepack.package.manifest import PackagedRule
from rulepack.report import json
from rulepack.report.markdown import cell
from rulepack.report.plain import visible, width
from rulepack.report.plan_fields import clipped
from rulepack.report.summary import counted
from rulepack.stack import StackVersion

FORMAT = 1
_WORDS = {Standing.FULL: "full", Standing.REDUCED: "reduced", Standing.LEFT_OUT: "-"}
_COLOURS = {Standing.FULL: "32", Standing.REDUCED: "33", Standing.LEFT_OUT: "31"}
_MOST_NAME = 70
_MOST_REASON = 160


def render(rules: Sequence[PackagedRule], stack: Sequence[StackVersion], *, every: bool, colour: bool = False) -> str:
    """A line for each rule that some version gets otherwise than whole (`every`: for all), and the counts.

    Rules that share why stand together, with the reasons above them; those that are whole everywhere come last.
    """
    shown = [rule for rule in rules if every or not _is_full(rule)]
    column = max([*(width(_name(rule)) for rule in shown), len("rule")], default=0)
    groups: dict[tuple[str, ...], list[PackagedRule]] = {}
    for rule in shown:
        groups.setdefault(tuple(reasons(rule)), []).append(rule)
    lines = [f"  {'rule':{column}}  {'  '.join(f'{one!s:>10}' for one in stack)}"] if shown else []
    for why, group in sorted(groups.items(), key=lambda one: not one[0]):
        lines += ["", *(f"  {visible(clipped(reason, _MOST_REASON))}" for reason in why)]
        for rule in group:
            cells = "  ".join(_cell(rule.fit(one), colour=colour) for one in stack)
            lines.append(f"  {_name(rule)}{' ' * (column - width(_name(rule)))}  {cells}")
    return "\n".join([*lines, *([""] if lines else []), *_counts(rules, stack), ""])


def _name(rule: PackagedRule) -> str:
    return f"  {visible(clipped(rule.name, _MOST_NAME))}"


def _cell(fit: Fit, *, colour: bool) -> str:
    word = f"{_WORDS[fit.standing]:>10}"
    # What the rule's own minimum says is nothing to worry about.
    code = "2" if fit.noted else _COLOURS[fit.standing]
    return f"\x1b[{code}m{word}\x1b[0m" if colour else word


def _is_full(rule: PackagedRule) -> bool:
    return all(one.standing is Standing.FULL for one in rule.fits)


def reasons(rule: PackagedRule) -> Iterator[str]:
    """Why a rule is not whole everywhere: each reason once, with the versions that it is about."""
    found: dict[str, list[str]] = {}
    for one in rule.fits:
        for reason in one.reasons:
            what = f"without {', '.join(one.dropped)}: {reason}" if one.dropped else reason
            found.setdefault(what, []).append(str(one.stack))
    for reason, versions in found.items():
        yield f"{', '.join(versions)}: {reason}"


def _counts(rules: Sequence[PackagedRule], stack: Sequence[StackVersion]) -> Iterator[str]:
    for one in stack:
        kinds = _count(rules, one)
        yield f"{one!s:>10}  {', '.join(f'{kinds[kind]:,} {kind}' for kind in Standing if kinds[kind]) or 'no rule'}"


def _count(rules: Sequence[PackagedRule], stack: StackVersion) -> dict[Standing, int]:
    found = [rule.fit(stack).standing for rule in rules]
    return {kind: found.count(kind) for kind in Standing}


def render_markdown(rules: Sequence[PackagedRule], stack: Sequence[StackVersion], *, every: bool) -> str:
    """The same as a table for a page or a job summary."""
    shown = [rule for rule in rules if every or not _is_full(rule)]
    lines = [f"### {counted(len(rules), 'rule')} on {counted(len(stack), 'stack version')}", ""]
    if shown:
        head = " | ".join(map(str, stack))
        lines += [f"| Rule | {head} | Why |", f"|---|{'---|' * len(stack)}---|"]
        for rule in shown:
            cells = " | ".join(str(rule.fit(one).standing) for one in stack)
            why = "<br>".join(cell(clipped(reason, _MOST_REASON)) for reason in reasons(rule))
            lines.append(f"| {cell(rule.name)} | {cells} | {why} |")
        lines.append("")
    counts = (line.split(maxsplit=1) for line in _counts(rules, stack))
    return "\n".join([*lines, *(f"- {version}: {found}" for version, found in counts)]) + "\n"


def render_json(rules: Sequence[PackagedRule], stack: Sequence[StackVersion]) -> str:
    """The same for programs: every rule, with its standing on every version."""
    return json.encode(
        {
            "format": FORMAT,
            "stack": [str(one) for one in stack],
            "counts": {str(one): {str(kind): count for kind, count in _count(rules, one).items()} for one in stack},
            "rules": [
                {
                    "rule_id": rule.rule_id,
                    "name": rule.name,
                    "file": rule.file,
                    "stacks": {str(one.stack): _fit(one) for one in rule.fits},
                }
                for rule in rules
            ],
        }
    )


def _fit(one: Fit) -> dict[str, object]:
    return {
        "standing": str(one.standing),
        "dropped": list(one.dropped),
        "reasons": list(one.reasons),
        "noted": one.noted,
    }
