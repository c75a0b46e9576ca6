"""`rulepack coverage`: what of ATT&CK the rules cover, what changed in that, and whether it is enough."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.options import project_option, say, show_text, text_options, wants_colour, warn_of_unread

if TYPE_CHECKING:
    from rulepack.docs.brief import Brief
    from rulepack.docs.briefs import Briefs
    from rulepack.docs.coverage import Coverage
    from rulepack.docs.coverage_wanted import Chosen, Minimum
    from rulepack.project import Project
    from rulepack.reference import Attack

FORMATS = ("text", "json", "csv", "markdown", "navigator")
# What can show two revisions.
COMPARING = ("text", "json", "markdown")
NOW = "the working tree"
_MOST_NAMED = 10


@click.command()
@click.option("--base", metavar="REV", help="Show what changed in coverage since a git revision.")
@click.option("--technique", "techniques", multiple=True, metavar="ID", help="Only this technique. Repeatable.")
@click.option("--tactic", "tactics", multiple=True, metavar="ID", help="Only this tactic, by id or name. Repeatable.")
@click.option("--platform", "platforms", multiple=True, metavar="NAME", help="Only rules for it. Repeatable.")
@click.option(
    "--data-source", "data_sources", multiple=True, metavar="NAME", help="Only rules that use it. Repeatable."
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only rules with this tag. Repeatable.")
@click.option("--min", "minimum", metavar="N|N%", help="Fail where fewer techniques are covered.")
@click.option(
    "--require",
    multiple=True,
    metavar="IDS|FILE",
    help="Fail where one of these techniques is not covered: ids with commas between, or a file with one on each line.",
)
@project_option
@text_options(*FORMATS)
def coverage(
    base: str | None,
    techniques: tuple[str, ...],
    tactics: tuple[str, ...],
    platforms: tuple[str, ...],
    data_sources: tuple[str, ...],
    tags: tuple[str, ...],
    minimum: str | None,
    require: tuple[str, ...],
    project_folder: Path | None,
    format_name: str,
    output: Path | None,
    colour: bool | None,
) -> int:
    """Show what of MITRE ATT&CK the active rules cover: tactics, techniques, and how many rules detect each.

    --platform, --data-source and --tag choose rules: with one of the platforms, one of the data sources and one of the
    tags that are named. --technique and --tactic choose a part of the matrix, and --min counts in that part. A
    technique is covered when a rule names it or one of its sub-techniques. With --base, what is covered now and was not
    is shown, and the reverse. The exit code is 1 when --min or --require is not met.

    \b
    Examples:
      rulepack coverage --platform Windows
      rulepack coverage --base origin/main
      rulepack coverage --min 40% --require T1059,T1003.001
      rulepack coverage --format navigator --output layer.json
    """  # noqa: D301 (click looks for this character)
    from rulepack import api  # noqa: PLC0415 (not needed for --help)
    from rulepack.docs.briefs import Known, read_briefs  # noqa: PLC0415 (the same)
    from rulepack.docs.coverage import Coverage  # noqa: PLC0415 (the same)
    from rulepack.docs.coverage_wanted import Chosen, part  # noqa: PLC0415 (the same)
    from rulepack.reference import Reference  # noqa: PLC0415 (the same)

    least = _minimum(minimum)
    if base is not None and format_name not in COMPARING:
        raise click.UsageError(f"--base is shown as {', '.join(COMPARING)}, not as {format_name}")
    project = api.project(project_folder or Path.cwd())
    known: Known = {}
    now = read_briefs(project, known)
    attack = Reference.of(project).attack
    then = _then(project, base, known)
    chosen = Chosen(platforms, data_sources, tags)
    _refuse_unknown(chosen, (*now.every, *(then.every if then else ())))
    rules = chosen.of(now.active)
    # Filters must not change which version of ATT&CK is spoken of.
    version = Coverage.of(now.active, attack).version
    whole = Coverage.of(rules, attack, version)
    wanted = _tactic_ids(whole, tactics, attack), _technique_ids(whole, techniques, attack)
    required = _required(whole, require, attack)
    shown = part(whole, *wanted)
    if not shown.tactics:
        raise click.UsageError("these techniques are in none of these tactics")
    to_screen = output is None
    style = _Style(
        shutil.get_terminal_size((100, 24)).columns,
        every=shown is not whole,
        colour=to_screen and wants_colour(colour),
    )
    if then is not None and base is not None:
        before = part(Coverage.of(chosen.of(then.active), attack, version), *wanted)
        text = _changes(before, shown, base, len(rules), format_name, style)
    else:
        text = _table(project, shown, rules, attack, format_name, style)
    show_text(text, output, for_programs=format_name != "text")
    unread = (*now.unread, *(f"{base}:{file}" for file in (then.unread if then else ())))
    if unread:
        warn_of_unread(unread)
    return int(not _is_enough(whole, shown, required, least) or bool(unread))


class _Style:
    """How text looks: the terminal's width, whether what is not covered stands among the rest, and colours."""

    def __init__(self, width: int, *, every: bool, colour: bool) -> None:
        self.width = width
        self.every = every
        self.colour = colour


def _then(project: Project, base: str | None, known: dict[bytes, Brief | None]) -> Briefs | None:
    """The rules at a revision."""
    if base is None:
        return None
    from rulepack.docs.briefs import read_briefs  # noqa: PLC0415 (not needed for --help)
    from rulepack.sides import at_revision  # noqa: PLC0415 (the same)

    with ExitStack() as stack:
        return read_briefs(stack.enter_context(at_revision(project, base)), known)


def _table(
    project: Project, shown: Coverage, rules: tuple[Brief, ...], attack: Attack, format_name: str, style: _Style
) -> str:
    from rulepack.docs import exports  # noqa: PLC0415 (not needed for --help)
    from rulepack.report import coverage as table  # noqa: PLC0415 (the same)
    from rulepack.report import coverage_markdown  # noqa: PLC0415 (the same)

    if format_name == "json":
        return exports.coverage_json(shown, project.name, rules)
    if format_name == "csv":
        # As RFC 4180 has it; committed pages have the line ends that git leaves alone.
        return exports.coverage_csv(shown).replace("\n", "\r\n")
    if format_name == "markdown":
        return coverage_markdown.render(shown, len(rules))
    if format_name == "navigator":
        return exports.coverage_layer(shown, project.name, f"Rules of {project.name}", rules, attack)
    return table.render(shown, len(rules), every=style.every, width=style.width, colour=style.colour)


def _changes(before: Coverage, shown: Coverage, base: str, rules: int, format_name: str, style: _Style) -> str:
    from rulepack.docs.coverage_compare import compare  # noqa: PLC0415 (only with --base)
    from rulepack.report import coverage as table  # noqa: PLC0415 (the same)
    from rulepack.report import coverage_json, coverage_markdown  # noqa: PLC0415 (the same)

    change = compare(before, shown)
    if format_name == "json":
        return coverage_json.render_changes(change, base, NOW)
    if format_name == "markdown":
        return coverage_markdown.render_changes(change, base, NOW, rules)
    return table.render_changes(change, base, NOW, rules, width=style.width, colour=style.colour)


def _minimum(text: str | None) -> Minimum | None:
    from rulepack.docs.coverage_wanted import Minimum  # noqa: PLC0415 (not needed for --help)

    try:
        return Minimum.parse(text) if text is not None else None
    except ValueError as error:
        raise click.UsageError(f"--min: {error}") from None


def _refuse_unknown(chosen: Chosen, rules: tuple[Brief, ...]) -> None:
    """Refuse a platform, data source or tag that no rule has: of a misspelt one, nothing would be covered."""
    from rulepack.likeness import closest  # noqa: PLC0415 (only on errors)

    for kind, value, there in chosen.unknown(rules):
        near = closest(value, sorted(there))
        names = ", ".join(sorted(there)[:_MOST_NAMED]) or "none"
        hint = f"Did you mean {near!r}?" if near else f"Rules have: {names}."
        raise click.UsageError(f"no rule has the {kind} {value!r}. {hint}")


def _tactic_ids(whole: Coverage, words: tuple[str, ...], attack: Attack) -> tuple[str, ...]:
    from rulepack.docs.coverage_wanted import tactic_of  # noqa: PLC0415 (not needed for --help)

    found = []
    for word in words:
        tactic = tactic_of(whole, word)
        if tactic is None:
            raise _unknown("tactic", word, whole, attack)
        found.append(tactic.id)
    return tuple(found)


def _technique_ids(whole: Coverage, words: tuple[str, ...], attack: Attack) -> tuple[str, ...]:
    places = whole.places
    ids = [one.strip().upper() for word in words for one in word.split(",") if one.strip()]
    for any_id in ids:
        if any_id not in places:
            raise _unknown("technique", any_id, whole, attack)
    return tuple(ids)


def _required(whole: Coverage, words: tuple[str, ...], attack: Attack) -> tuple[str, ...]:
    """The ids that --require names, itself or in a file; each must be one of this version of ATT&CK."""
    known = {*whole.places, *(one.tactic.id for one in whole.tactics)}
    found = []
    for word in words:
        ids = [one.strip().upper() for one in word.split(",") if one.strip()]
        if not known.issuperset(ids) and Path(word).is_file():
            ids = _listed(Path(word))
        if not ids:
            raise click.UsageError(f"--require: {word!r} names no technique")
        for any_id in ids:
            if any_id not in known and not any(sign.isdigit() for sign in any_id):
                raise click.UsageError(f"--require: {word!r} is neither an id nor a file")
            if any_id not in known:
                raise _unknown("technique", any_id, whole, attack)
        found += ids
    return tuple(found)


def _listed(path: Path) -> list[str]:
    """The ids in a file: one on each line, with `#` before comments."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--require: cannot read {str(path)!r}: {error}") from None
    found = []
    for line in lines:
        # What follows the id may be the technique's name.
        words = line.partition("#")[0].split()
        found += [words[0].rstrip(",").upper()] if words else []
    return found


def _unknown(kind: str, word: str, whole: Coverage, attack: Attack) -> click.UsageError:
    from rulepack.likeness import slip  # noqa: PLC0415 (only on errors)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    names = {any_id: str(technique) for any_id, (technique, _) in whole.places.items()}
    names |= {one.tactic.id: str(one.tactic) for one in whole.tactics}
    # A slip of the finger is likelier than what looks most alike; there are too many ids for that.
    slips = sorted((far, any_id) for any_id in names if (far := slip(word.upper(), any_id)) is not None)
    other = attack.close(word)
    near = slips[0][1] if slips else other.id if other is not None else ""
    hint = f" Did you mean {visible(names[near])}?" if near in names else ""
    return click.UsageError(f"ATT&CK {whole.version} has no {kind} {visible(word)}.{hint}")


def _is_enough(whole: Coverage, shown: Coverage, required: tuple[str, ...], least: Minimum | None) -> bool:
    """Whether what must be covered is; says what is not."""
    from rulepack.docs.coverage_wanted import missing  # noqa: PLC0415 (not needed for --help)
    from rulepack.report.coverage import techniques  # noqa: PLC0415 (the same)
    from rulepack.report.plain import visible  # noqa: PLC0415 (the same)

    enough = True
    if least is not None and not least.is_met(shown):
        say(f"not enough is covered: {techniques(shown)}, and --min is {least}", err=True)
        enough = False
    lacking = missing(whole, required)
    if lacking:
        names = ", ".join(visible(str(one)) for one in lacking)
        say(f"not covered, and required: {names}", err=True)
    return enough and not lacking
