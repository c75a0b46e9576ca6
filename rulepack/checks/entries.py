"""RP415-RP417, RP420: lists of texts: tags, references, index patterns, authors, false positives."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from rulepack.checks.base import Context, Found, check
from rulepack.diagnostics import Related, Severity
from rulepack.fields import quote
from rulepack.rule import Rule

_LISTS = ("author", "false_positives", "index", "references", "tags", "threat_index")
# Lists whose order means nothing to Kibana, nor to readers.
_ORDERLESS = ("index", "tags", "threat_index")
_ADDRESS = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)
_HOST = re.compile(r"(?:www\.|[\w-]+(?:\.[\w-]+)+/)\S+")


def _lists(rule: Rule) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every list of texts that the rule has, with its name."""
    for name in _LISTS:
        entries: tuple[str, ...] | None = getattr(rule, name, None)
        if entries:
            yield name, entries


@check("RP415", "duplicate-entry", Severity.WARNING)
def duplicate_entry(rule: Rule, context: Context) -> Iterator[Found]:
    """The same tag, reference, index pattern, author or false positive is there twice.

    Why: it says nothing more, and often another one was meant. Tags that differ in capitals only are the same to
    whoever reads them, and two to Kibana.

    Instead: remove the second one, or write what was meant.
    """
    for name, entries in _lists(rule):
        if len({entry.casefold() for entry in entries} if name == "tags" else set(entries)) == len(entries):
            continue
        seen: dict[str, int] = {}
        for number, entry in enumerate(entries):
            known = seen.setdefault(entry.casefold() if name == "tags" else entry, number)
            if known != number:
                path = ("rule", name)
                message = f"{quote(entry)} is in {name} already"
                message += f", as {quote(entries[known])}" if entries[known] != entry else ""
                related = Related(context.span(rule, (*path, known)), "the first one")
                yield Found(message, context.span(rule, (*path, number)), "remove one of the two", (related,))


@check("RP416", "blank-around-entry", Severity.WARNING)
def blank_around_entry(rule: Rule, context: Context) -> Iterator[Found]:
    """A tag, reference, index pattern, author or false positive is empty, or begins or ends with a blank.

    Why: nobody sees the blank, and to Kibana it makes another tag; an index pattern with one finds nothing.

    Instead: remove the blank, or the empty entry.
    """
    for name, entries in _lists(rule):
        for number, entry in enumerate(entries):
            # What is for people goes to Kibana with all blanks folded, so that it may stand on lines of its own.
            if not entry.strip():
                yield context.at(rule, ("rule", name, number), f"an entry of {name} is empty", "remove it")
            elif entry != entry.strip() and name != "false_positives":
                message = f"there is a blank before or after {quote(entry)}"
                yield context.at(rule, ("rule", name, number), message, "remove the blank")


@check("RP417", "reference-no-link", Severity.WARNING)
def reference_no_link(rule: Rule, context: Context) -> Iterator[Found]:
    """A reference is not the address of a page.

    Why: Kibana shows references as links, and its form refuses to save a rule with something else among them.

    Instead: write an address that begins with https://, without blanks; what is no page belongs into the guide.
    """
    for number, entry in enumerate(rule.references or ()):
        text = entry.strip()
        if not text or _ADDRESS.fullmatch(text):
            continue
        hint = f"write https://{text}" if _HOST.fullmatch(text) else "use an address such as https://example.org/page"
        message = f"the reference {quote(entry)} is not the address of a page"
        yield context.at(rule, ("rule", "references", number), message, hint)


@check("RP420", "unsorted-list", Severity.INFO, opt_in="tidy")
def unsorted_list(rule: Rule, context: Context) -> Iterator[Found]:
    """Tags or index patterns are not in the order of the alphabet.

    Why: their order says nothing, so two people who add an entry each put it somewhere else, and merges conflict.

    Instead: sort them; `rulepack validate --fix` does, and keeps comments. The set `tidy` asks for it.
    """
    for name in _ORDERLESS:
        entries: tuple[str, ...] = getattr(rule, name, None) or ()
        for number, (before, entry) in enumerate(itertools.pairwise(entries), 1):
            if alphabetic(entry) < alphabetic(before):
                message = f"{quote(entry)} comes before {quote(before)} in the alphabet"
                yield context.at(rule, ("rule", name, number), message, "sort the list")
                break


def alphabetic(entry: str) -> tuple[str, str]:
    """What entries are sorted by: their letters first, then the capitals among them."""
    return entry.casefold(), entry
