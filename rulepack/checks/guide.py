"""RP42x: investigation guide and setup guide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from rulepack.checks.base import Context, Found, check
from rulepack.checks.outline import is_code, outline, repeated, skipped_levels
from rulepack.diagnostics import Related, Severity, Span
from rulepack.emit import PLACEHOLDER, find_setup, plugin_text
from rulepack.fields import quote
from rulepack.rule import Rule
from rulepack.schema import Path

_NOTE, _SETUP = ("rule", "note"), ("rule", "setup")
# The level of the heading whose section becomes the setup guide.
_SETUP_LEVEL = 2
# A plugin as Kibana's Markdown has it, up to the brace with which its JSON begins.
_PLUGIN = re.compile(r"!\{(osquery|investigate)\{")
# What a heading's words do not begin with.
_MARKS = re.compile(r"#{1,6}[ \t]")
# Links that are none, by what gives them away; each begins with a character that is rare, which makes it fast.
_LINKS = (
    (re.compile(r"\] {1,3}\(https?://[^\s()]*\)"), "a blank parts a link's text from its address", "remove the blank"),
    (re.compile(r"\]\([ \t]*\)"), "this link has no address", "put the address between ( and )"),
    (
        re.compile(r"\]\(https?://[^\s()]*[ \t]+[^\s\"'()][^()\n]*\)"),
        "a link's address has a blank in it",
        "write the blank as %20, or end the address with )",
    ),
    (
        re.compile(r"\]\(https?://[^\s()]*$(?!\n[ \t]*[\"')])", re.MULTILINE),
        "this link is never closed",
        "close it with )",
    ),
    (re.compile(r"\)\[https?://[^\s\]]*\]"), "this link is the wrong way round", "write [text](address)"),
)
# No request may be longer, unless who runs Kibana allows it (`server.maxPayload`).
_MOST_BYTES = 1024 * 1024


def _placeholders(guide: str) -> Iterator[tuple[re.Match[str], str, int]]:
    """Every `$osquery_0` of a guide: where, which kind, which number."""
    for match in PLACEHOLDER.finditer(guide):
        if not match["dollar"]:
            yield match, match["kind"] or match["kind2"], int(match["number"] or match["number2"])


def _guides(rule: Rule) -> Iterator[tuple[Path, str]]:
    """The investigation guide and the setup guide, each with its path."""
    if rule.note is not None:
        yield _NOTE, rule.note
    if rule.setup is not None:
        yield _SETUP, rule.setup


def _at(context: Context, rule: Rule, path: Path, place: tuple[int, int]) -> Span:
    return context.inside_span(rule, path, place[0], place[1] - place[0])


@check("RP421", "heading-level-skipped", Severity.INFO)
def heading_level_skipped(rule: Rule, context: Context) -> Iterator[Found]:
    """A heading of a guide is more than one level below the one before it.

    Why: tables of contents, and people who have a page read out to them, go by levels; a level that is skipped looks
    as if a section were missing.

    Instead: use one # more than the heading above.
    """
    for path, guide in _guides(rule):
        for heading, before in skipped_levels(outline(guide).headings):
            message = f"a heading of level {heading.level} follows one of level {before.level}"
            span = _at(context, rule, path, (heading.start, heading.end))
            related = Related(_at(context, rule, path, (before.start, before.end)), "the heading before")
            yield Found(message, span, f"use {'#' * (before.level + 1)}", (related,))


@check("RP422", "unresolved-placeholder", Severity.WARNING)
def unresolved_placeholder(rule: Rule, context: Context) -> Iterator[Found]:
    """A placeholder in the investigation guide has no plugin in [transform].

    Why: an analyst sees `$osquery_0` where a button should be.

    Instead: add the plugin, or correct the number; they count from 0 for each kind.
    """
    if rule.note is None or "$" not in rule.note:
        return
    for match, kind, number in _placeholders(rule.note):
        refused = getattr(rule.transform, kind) is None and context.names(rule, "transform", kind)
        if rule.transform.plugin(kind, number) is None and not refused:
            there = len(getattr(rule.transform, kind) or ())
            hint = f"the last one is ${kind}_{there - 1}" if there else f"add [[transform.{kind}]], or remove it"
            message = f"{match[0]} has no plugin: there {'is' if there == 1 else 'are'} {there} [[transform.{kind}]]"
            yield context.inside(rule, _NOTE, match.start(), len(match[0]), message, hint)


@check("RP423", "unused-plugin", Severity.WARNING)
def unused_plugin(rule: Rule, context: Context) -> Iterator[Found]:
    """A plugin in [transform] is not used in the investigation guide.

    Why: nobody will ever see it; often a placeholder has the wrong number.

    Instead: put its placeholder into the guide, or remove the plugin.
    """
    if rule.note is None and context.names(rule, "rule", "note"):
        return
    used = {(kind, number) for _, kind, number in _placeholders(rule.note or "")}
    for kind in ("osquery", "investigate"):
        for number in range(len(getattr(rule.transform, kind) or ())):
            if (kind, number) not in used:
                message = f"this plugin is not used: ${kind}_{number} is not in the investigation guide"
                hint = f"put ${kind}_{number} where the button should be"
                yield context.at(rule, ("transform", kind, number), message, hint)


@check("RP424", "two-setup-guides", Severity.WARNING)
def two_setup_guides(rule: Rule, context: Context) -> Iterator[Found]:
    """The investigation guide has a Setup section although the rule has a setup guide.

    Why: Kibana shows the field `setup` on a tab of its own; the section stays in the guide and readers find two.

    Instead: move the section's text into `setup`.
    """
    if rule.setup is None or rule.note is None or "setup" not in rule.note.casefold():
        return
    lines = rule.note.split("\n")
    section = find_setup(lines)
    if section is not None:
        start = sum(len(line) + 1 for line in lines[: section[0]])
        message = "the guide has a Setup section besides the field setup"
        yield context.inside(rule, _NOTE, start, len(lines[section[0]]), message, "move its text into setup")


@check("RP425", "guide-too-long", Severity.ERROR)
def guide_too_long(rule: Rule, context: Context) -> Iterator[Found]:
    """The investigation guide, with its plugins in place, is longer than Kibana takes.

    Why: Kibana refuses a request of more than 1 MB, and every `$osquery_0` stands for the whole plugin.

    Instead: shorten the guide, or put each plugin into it once.
    """
    plugins = rule.transform.osquery or rule.transform.investigate
    # A character has four bytes at most.
    if rule.note is None or (not plugins and len(rule.note) * 4 <= _MOST_BYTES):
        return
    lengths: dict[tuple[str, int], int] = {}
    total = len(rule.note.encode())
    for _, kind, number in _placeholders(rule.note) if plugins else ():
        if (kind, number) not in lengths:
            plugin = rule.transform.plugin(kind, number)
            lengths[kind, number] = len(plugin_text(kind, plugin).encode()) if plugin else 0
        total += lengths[kind, number]
    if total > _MOST_BYTES:
        message = f"with its plugins in place the guide has {total / _MOST_BYTES:,.1f} MB; Kibana takes 1 MB at most"
        yield context.at(rule, _NOTE, message, "shorten it, or put each plugin into it once", key=True)


@check("RP426", "repeated-heading", Severity.INFO)
def repeated_heading(rule: Rule, context: Context) -> Iterator[Found]:
    """A guide has the same heading twice in one section.

    Why: links to a heading reach the first one only, and readers cannot tell the two apart; often a section was copied
    and never changed.

    Instead: give the second one a name of its own, or join the two sections.
    """
    for path, guide in _guides(rule):
        for heading, before in repeated(outline(guide).headings):
            message = f"the heading {quote(heading.title)} is there already"
            span = _at(context, rule, path, (heading.start, heading.end))
            related = Related(_at(context, rule, path, (before.start, before.end)), "the first one")
            yield Found(message, span, "rename it, or join the two sections", (related,))


@check("RP427", "setup-stays-in-guide", Severity.WARNING)
def setup_stays_in_guide(rule: Rule, context: Context) -> Iterator[Found]:
    """The investigation guide has a Setup section that is not recognised as one.

    Why: a section with the heading `## Setup` becomes the setup guide, which Kibana shows on a tab of its own. With
    another level or a colon it stays where it is, and the rule has no setup guide.

    Instead: write the heading as `## Setup`, or put the section's text into the field `setup`.
    """
    if rule.note is None or rule.setup is not None or "etup" not in rule.note.casefold():
        return
    headings = outline(rule.note).headings
    setup = [heading for heading in headings if heading.title.rstrip(": ").casefold() == "setup"]
    if any(heading.level == _SETUP_LEVEL and not heading.title.endswith(":") for heading in setup):
        return
    for heading in setup[:1]:
        span = _at(context, rule, _NOTE, (heading.start, heading.end))
        yield Found("this Setup section stays in the investigation guide", span, "write ## Setup")


@check("RP428", "literal-plugin", Severity.WARNING)
def literal_plugin(rule: Rule, context: Context) -> Iterator[Found]:
    """A guide holds a plugin as Kibana writes it, `!{osquery{...}}`, not as a placeholder.

    Why: it is JSON on one line, in which nobody sees a mistake, and with a mistake an analyst gets text for a button.

    Instead: declare the plugin in [[transform.osquery]] or [[transform.investigate]] and put `$osquery_0` or
    `$investigate_0` in its place.
    """
    if rule.note is None or "!{" not in rule.note:
        return
    for match in _PLUGIN.finditer(rule.note):
        if is_code(rule.note, match.start()):
            continue
        problem = _plugin_problem(rule.note, match.end() - 1)
        if problem is not None:
            message = f"this plugin cannot be read: {problem[1]}"
            hint = f"correct the JSON, or use [[transform.{match[1]}]]"
            yield context.inside(rule, _NOTE, problem[0], 1, message, hint)
            continue
        found = context.inside(
            rule,
            _NOTE,
            match.start(),
            len(match[0]),
            f"this {match[1]} plugin is written out",
            f"declare it in [[transform.{match[1]}]], and write ${match[1]}_0",
        )
        yield replace(found, severity=Severity.INFO)


def _plugin_problem(guide: str, start: int) -> tuple[int, str] | None:
    """Where and why the JSON of a plugin that begins at `start` cannot be read; None if it can."""
    try:
        _, end = json.JSONDecoder().raw_decode(guide, start)
    except json.JSONDecodeError as error:
        # Where the rest of the guide was taken for JSON, it is the plugin that is not complete.
        place = error.pos if guide.find("\n", start, error.pos) < 0 else start
        return place, error.msg[:1].lower() + error.msg[1:]
    except RecursionError:
        return start, "it is nested too deep"
    return None if guide.startswith("}", end) else (end, "the second } is missing at its end")


@check("RP429", "broken-markdown", Severity.WARNING)
def broken_markdown(rule: Rule, context: Context) -> Iterator[Found]:
    """A guide holds a link, a heading or a block of code that Markdown does not take for one.

    Why: the analyst sees brackets and number signs in place of a link or a heading, and behind a block of code that is
    never closed all the rest of the guide as code.

    Instead: write links as `[text](address)` without blanks, headings with a blank behind the #, and end each block of
    code with the same marks as it begins.
    """
    for path, guide in _guides(rule):
        for start, end, message, hint in _broken(guide):
            yield context.inside(rule, path, start, end - start, message, hint)


def _broken(guide: str) -> Iterator[tuple[int, int, str, str]]:
    found = outline(guide)
    for start, end in found.glued:
        yield start, end, "this is no heading: there is no blank after the #", "put a blank after the last #"
    for heading in found.headings:
        if _MARKS.match(heading.title):
            yield heading.start, heading.end, "this heading has its # twice", "remove the second ones"
    if found.open_fence is not None:
        yield *found.open_fence, "this block of code is never closed", "end it with a line of the same marks"
    for pattern, message, hint in _LINKS:
        for match in pattern.finditer(guide):
            if not is_code(guide, match.start()):
                yield match.start(), match.end(), message, hint
